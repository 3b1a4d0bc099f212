"""One policy in many worlds: films, and returns while a knob is turned.

Each function takes worlds, episodes or the committed result `reality_gap`. It returns a
shown thing whose alt text is made from the same numbers. Start with `sweeps`: it shows
the returns of ten experts in changed worlds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments import Result
from lecture_code.show import (
    GREY,
    METHOD_COLOURS,
    Picture,
    Replay,
    Table,
    band,
    film,
    new_figure,
)
from lecture_code.show.page import quantity
from lecture_code.simulation import Policy, Trajectories, World, rollout

Array = NDArray[np.float64]

REALITY = METHOD_COLOURS["reality"]
ROBOTS = {"half_cheetah": "HalfCheetah", "hopper": "Hopper"}
KNOBS = {
    "gravity": "gravity [m/s²]",
    "torso_mass": "torso mass [× nominal]",
    "damping": "joint damping [× nominal]",
    "friction": "friction [× nominal]",
    "action_delay": "action delay [control steps]",
    "motor_noise": "motor noise, std",
}
NOMINAL = {"gravity": -9.81, "action_delay": 0, "motor_noise": 0.0}  # others: 1
TURNED = {  # a change of the world -> the knob and its value in the grid
    "gravity −12 m/s²": ("gravity", -12.0),
    "a fifth more friction": ("friction", 1.2),
    "actions 1 control step late": ("action_delay", 1),
    "motor noise 0.2": ("motor_noise", 0.2),
}


def two_worlds(
    real: World,
    simulator: World,
    policy: Policy,
    *,
    name: str,
    title: str,
    steps: int,
    start: int = 0,
) -> Replay:
    """One policy on a "real" robot and in the simulator, from the same start.

    Args:
        real: the world of the robot in colour.
        simulator: the world of the grey robot.
        policy: what both robots follow.
        name: of the real robot, for the key of colours.
        title: visible above the film.
        steps: length of the film, in control steps.
        start: which of the starts that the generator 0 draws is filmed.
    """

    def run(world: World) -> Trajectories:
        return rollout([world] * (start + 1), policy, steps, np.random.default_rng(0))

    robots = [
        film(name, real, run(real), start, colour=REALITY),
        film("simulator", simulator, run(simulator), start, ghost=True),
    ]
    return Replay(robots, title, dt=simulator.dt)


def knob_table(world: World) -> Table:
    """Every knob of a world with its nominal value, and where it acts."""
    return Table(
        {
            knob.name.replace("_", " "): {
                "nominal value": quantity(knob.nominal, knob.unit),
                "acts in": "the model" if knob.write else "between policy and model",
            }
            for knob in world.parameters.values()
        },
        corner="knob",
    )


def _index(result: Result, knob: str, value: float) -> int:
    """Where a value stands in a knob's grid."""
    return list(result.settings["grids"][knob]).index(value)


def relative(result: Result, robot: str, knob: str) -> Array:
    """Returns divided by what the same expert earns in the simulator.

    Args:
        result: the committed result `reality_gap`.
        robot: "half_cheetah" or "hopper".
        knob: which knob was turned.

    Returns:
        One row an expert, one column a value of the knob: (experts, values).
    """
    returns = np.array(result.curves[robot][knob])
    nominal = _index(result, knob, NOMINAL.get(knob, 1.0))
    return np.asarray(returns / returns[:, nominal, None])


def kept(result: Result, robot: str, knob: str, value: float) -> Array:
    """Share of its return that each expert keeps at one value of a knob: (experts,)."""
    return np.asarray(relative(result, robot, knob)[:, _index(result, knob, value)])


def largest_gain(result: Result) -> float:
    """The most that any expert earns more in another world, as a share of its return
    in the simulator.
    """
    best = [
        relative(result, robot, knob).max()
        for robot in ROBOTS
        for knob in result.settings["grids"]
    ]
    return float(max(best) - 1)


def sweeps(result: Result) -> Picture:
    """Returns of all experts of both robots while one knob is turned: six panels."""
    figure, panels = new_figure(3, 2, height=7.4, sharey=True)
    grids: Mapping[str, Sequence[float]] = result.settings["grids"]
    for axes, (knob, grid) in zip(panels.flat, grids.items(), strict=True):
        for robot, name in ROBOTS.items():
            band(axes, grid, relative(result, robot, knob), name)
        axes.axhline(1, color=GREY, linewidth=0.8, linestyle=":")
        axes.plot(NOMINAL.get(knob, 1.0), 1, "o", color=GREY, markersize=5)
        axes.set(xlabel=KNOBS[knob], ylim=(-0.3, 1.3))
    for axes in panels[:, 0]:
        axes.set_ylabel("return [of nominal]")
    panels[0, 0].legend(loc="lower center")
    turned = {"damping": 0.75, "friction": 1.2, "action_delay": 1, "motor_noise": 0.3}
    words = []
    for knob, value in turned.items():
        shares = [
            f"{name} {100 * np.median(kept(result, robot, knob, value)):.0f} %"
            for robot, name in ROBOTS.items()
        ]
        words.append(f"{KNOBS[knob].split(' [')[0]} {value:g}: {', '.join(shares)}")
    return Picture(
        figure,
        alt="Six panels: return relative to nominal against gravity, torso mass, joint "
        "damping, friction, action delay and motor noise, for five HalfCheetah and "
        f"five Hopper experts. Medians of what is kept: {'; '.join(words)}.",
        caption="Lines are the median of the experts, bands reach from the worst to "
        "the best. The grey dot is the simulator's own value.",
    )


def kept_table(result: Result) -> Table:
    """Share of its return that an expert keeps in four changed worlds."""
    rows: dict[str, dict[str, list[float]]] = {
        words: {
            name: (100 * kept(result, robot, knob, value)).tolist()
            for robot, name in ROBOTS.items()
        }
        for words, (knob, value) in TURNED.items()
    }
    return Table(
        rows,
        caption="Return that is kept: median of five experts, with the lowest and the "
        "highest.",
        units=dict.fromkeys(ROBOTS.values(), "%"),
        digits=0,
        corner="the real world",
    )
