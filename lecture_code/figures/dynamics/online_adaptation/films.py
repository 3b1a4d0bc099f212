"""Films of the slot arm.

`film_attempts` draws attempts of one task over each other, in front of the slot.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.results import Result
from lecture_code.show import (
    GREY,
    METHOD_COLOURS,
    Picture,
    RecordedRobot,
    Replay,
    new_figure,
)
from lecture_code.show.figures import BLUE, GREEN, ORANGE, PURPLE, VERMILLION
from lecture_code.simulation import SideView
from lecture_code.simulation.slot_arm import (
    DEPTH,
    DT,
    LINKS,
    PEG,
    TOLERANCE,
    SlotArm,
    arm_view,
    tip,
)
from lecture_code.simulation.slot_attempts import draw_attempts

Array = NDArray[np.float64]

COLOURS = {
    "network": METHOD_COLOURS["online adaptation"],
    "network alone": ORANGE,
    "network + offset": BLUE,
    "mixture": GREEN,
    "least squares": PURPLE,
    "least squares alone": PURPLE,
    "no prior": GREY,
    "oracle": VERMILLION,
}
"""Method -> its colour on the page."""
WORDS = {"network": "with adaptation", "network alone": "without adaptation"}
NOMINAL = 0.5  # payload of the practised arm [kg]
WALL = np.array([0.09, 0.02])  # half length and half height of a wall [m]
LOOK = 0.35  # the camera looks at this x [m]


def stage_view(mouth: Array, frames: int) -> SideView:
    """The two walls of the slot and the beam that holds the arm, as capsules, for a
    mouth (2,) [m].
    """
    walls = np.array([0.06, -0.06])  # heights of their middles
    shape = (frames, 3)
    return SideView(
        np.array([0.02, 0.02, 0.03]),
        np.array([0.07, 0.07, 0.22]),
        np.broadcast_to([mouth[0] + 0.15, mouth[0] + 0.15, -0.12], shape),
        np.broadcast_to([*(mouth[1] + walls), 0.07], shape),
        np.zeros(shape),
    )


def film_attempts(
    title: str,
    paths: Mapping[str, Array],
    mouth: Array,
    names: Mapping[str, str],
    panels: int = 3,
) -> Replay:
    """Attempts of one task, drawn over each other in front of the slot.

    Args:
        title: above the view.
        paths: method -> states (T + 1, 6).
        mouth: of the slot, (2,) [m].
        names: method -> words for the key of colours.
        panels: number of pictures in the poster.
    """
    frames = len(next(iter(paths.values())))
    stage = stage_view(mouth, frames)
    robots = [RecordedRobot("slot", stage, np.full(frames, LOOK), colour=GREY)]
    for method, states in paths.items():
        still = np.full(len(states), LOOK)
        view = arm_view(SlotArm(), np.asarray(states[:, :3], float))
        robots.append(RecordedRobot(names[method], view, still, colour=COLOURS[method]))
    ends = ", ".join(names[method] for method in paths)
    alt = f"Side view of a three-link arm in front of a slot. {title}. In view: {ends}."
    return Replay(robots, title, dt=DT, alt=alt, panels=panels)


def missed(states: Array, mouth: Array) -> float:
    """Distance of the tip from its goal at the end of an attempt [mm]."""
    goal = mouth + np.array([DEPTH, 0.0])
    return float(1000 * np.linalg.norm(tip(states[-1, :3]) - goal))


def outcome_in_words(method: str, states: Array, mouth: Array) -> str:
    """What an attempt came to: 'with adaptation: ends 4 mm from its goal'."""
    words = WORDS.get(method, method)
    return f"{words}: ends {missed(states, mouth):.0f} mm from its goal"


def capsule_outline(wrist: Array, end: Array) -> Array:
    """Outline (P, 2) [m] of the last link from the wrist to its tip, both (2,)."""
    along = (end - wrist) / np.linalg.norm(end - wrist)
    across = np.array([-along[1], along[0]])
    turn = np.linspace(-np.pi / 2, np.pi / 2, 30)[:, None]
    cap = PEG * (np.cos(turn) * along + np.sin(turn) * across)
    return np.vstack([end - PEG * along + cap, wrist - cap])


def closeup(paths: Mapping[str, Array], mouth: Array) -> Picture:
    """The slot at the end of an attempt, enlarged: its walls, the goal with the limit
    of a success around it, and the last link of each arm.

    Args:
        paths: method -> states (T + 1, 6).
        mouth: of the slot, (2,) [m].
    """
    goal = mouth + np.array([DEPTH, 0.0])
    figure, axes = new_figure(height=3.4)
    for height in (0.06, -0.06):
        middle = mouth + np.array([0.15, height])
        corners = middle + WALL * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
        axes.fill(*(1000 * (corners - goal)).T, color=GREY)
    turn = np.linspace(0, 2 * np.pi, 60)
    limit = 1000 * TOLERANCE
    axes.plot(limit * np.cos(turn), limit * np.sin(turn), "--", color=GREY, lw=1)
    for method, states in paths.items():
        end = tip(states[-1, :3])
        angle = states[-1, :3].sum()
        wrist = end - LINKS[2] * np.array([np.sin(angle), -np.cos(angle)])
        link = 1000 * (capsule_outline(wrist, end) - goal)
        colour = COLOURS[method]
        axes.fill(*link.T, color=colour, alpha=0.7, lw=0, label=WORDS[method])
        axes.plot(*(1000 * (end - goal)), "o", color=colour, ms=6, mec="black")
    axes.set(xlim=(-190, 110), ylim=(-120, 120), aspect="equal")
    axes.set(xlabel="from the goal [mm]", ylabel="above the goal [mm]")
    axes.set(title="the slot at 5 s, enlarged")
    axes.set_xticks([-100, 0, 100])
    axes.set_yticks([-100, 0, 100])
    ends = "; ".join(outcome_in_words(n, path, mouth) for n, path in paths.items())
    return Picture(
        figure,
        alt=f"The slot at the end of the attempt, enlarged. {ends}.",
        caption="Dots: the tips. Dashed: the limit of a success, 2 cm. The orange tip "
        "is stuck in front of the lower wall.",
    )


def _heavy_attempt(
    result: Result, arrays: Mapping[str, Array]
) -> tuple[dict[str, Array], Array]:
    """The first attempt of the first seed with six times the payload: method -> states
    (T + 1, 6), and the mouth (2,) of the slot [m].
    """
    settings = result.settings
    rng = np.random.default_rng([settings["seeds"][0], 2])
    _, mouths = draw_attempts(settings["attempts"], rng)
    conditions = list(result.curves["cells"]["network"])
    place = conditions.index("payload 6")
    return {name: arrays[f"states/{name}"][place] for name in WORDS}, mouths[0]


def first_attempt(result: Result, arrays: Mapping[str, Array]) -> Replay:
    """Film of the first attempt of the first seed with six times the payload, with and
    without adaptation. Its still picture has the start and the end.

    Args:
        result: `online_adaptation`.
        arrays: its arrays.
    """
    paths, mouth = _heavy_attempt(result, arrays)
    names = {name: outcome_in_words(name, path, mouth) for name, path in paths.items()}
    title = "The payload is six times as heavy as in practice"
    return film_attempts(title, paths, mouth, names, panels=2)


def slot_at_the_end(result: Result, arrays: Mapping[str, Array]) -> Picture:
    """The slot at the end of `first_attempt`, enlarged."""
    return closeup(*_heavy_attempt(result, arrays))
