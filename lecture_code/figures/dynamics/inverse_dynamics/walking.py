"""What the chapter *Inverse-dynamics transfer* shows of the robots with legs.

`targets` draws the returns under every target beside the paper's, `walking_leads` has
the leads of φ, and `samples` the control steps of the robot against a training from
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.experiments.results import Result
from lecture_code.figures.dynamics.inverse_dynamics.paper import SAMPLES, read_off
from lecture_code.figures.dynamics.inverse_dynamics.results import (
    COLOURS,
    MARKERS,
    ROBOTS,
    shown_level,
)
from lecture_code.figures.dynamics.inverse_dynamics.scores import (
    KNOWN,
    METHODS,
    SHIFTS,
    Scores,
)
from lecture_code.show import GREY, Picture, Table, new_figure

Array = NDArray[np.float64]

ENOUGH = 0.75  # share of the expert's return up to which control steps are counted


def targets(robots: Mapping[str, Scores], robot: str) -> Picture:
    """Returns under every target with their intervals, the ceiling, and the paper's
    values where somebody has read them off at this level.

    Args:
        robots: robot -> its scores.
        robot: one of them.
    """
    scores = robots[robot]
    rows = _targets(scores)
    height = 1.8 + 0.5 * len(rows)
    figure, axes = new_figure(height=height)
    words = []
    for place, (shift, level) in enumerate(rows):
        ends = _draw_target(axes, scores, shift, level, place)
        words.append(f"{shown_level(scores, shift, level)}: {ends}")
    for method, name in METHODS.items():
        axes.plot([], [], MARKERS[method], color=COLOURS[method], label=name)
    axes.plot([], [], "|", ms=13, mew=2, color=GREY, label="noise known")
    axes.axvline(1, color=GREY, lw=1, ls=":")
    caption = (
        f"{ROBOTS[robot]}. Filled: our {len(scores.result.seeds)} seeds with 95 % "
    )
    caption += "intervals."
    if _was_read(robot, rows):
        axes.plot([], [], "o", ms=9, mfc="none", color=GREY, label="paper")
        caption += " Open: the paper, read off by eye."
    names = [shown_level(scores, shift, level) for shift, level in rows]
    axes.set(yticks=[-place for place in range(len(rows))], yticklabels=names)
    axes.set(xlabel="normalised return", xlim=(-0.1, 1.3))
    axes.set_ylim(-len(rows) + 0.4, 0.6)
    figure.legend(loc="upper center", ncols=2, columnspacing=1, handletextpad=0.4)
    figure.subplots_adjust(left=0.4, top=1 - 0.95 / height, bottom=0.6 / height)
    return Picture(
        figure,
        alt=f"Normalised return of {ROBOTS[robot]}. {'. '.join(words)}.",
        caption=caption,
    )


def _targets(scores: Scores) -> list[tuple[str, float]]:
    """Shift and level of every target."""
    return [(shift, level) for shift in SHIFTS for level in scores.levels(shift)]


def _was_read(robot: str, rows: list[tuple[str, float]]) -> bool:
    """Whether somebody has read the paper's figure at one of these targets."""
    return any(
        level in read_off(robot, shift, method)
        for shift, level in rows
        for method in METHODS
    )


def _draw_target(
    axes: Axes, scores: Scores, shift: str, level: float, place: int
) -> str:
    """One row of `targets`; the estimates in words."""
    words = []
    for offset, (method, name) in zip((0.2, 0.0, -0.2), METHODS.items(), strict=True):
        estimate = scores.at(shift, level, method)
        colour = COLOURS[method]
        y = offset - place
        axes.plot([estimate.low, estimate.high], [y, y], color=colour, lw=2)
        axes.plot(estimate.mean, y, MARKERS[method], ms=6, color=colour)
        paper = read_off(scores.robot, shift, method).get(level)
        if paper is not None:
            axes.plot(paper, y, MARKERS[method], ms=9, mfc="none", color=colour)
        words.append(f"{name} {estimate}")
    if shift != "gravity":
        known = scores.at(shift, level, KNOWN)
        axes.plot(known.mean, -place, "|", ms=26, mew=2, color=GREY)
        words.append(f"noise known {known.mean:.2f}")
    return ", ".join(words)


def walking_leads(robots: Mapping[str, Scores], robot: str) -> Table:
    """The leads of φ with and without history over the expert, and of φ with history
    over φ without, under every target.

    Args:
        robots: robot -> its scores.
        robot: one of them.
    """
    scores = robots[robot]
    rows: dict[str, dict[str, float | str]] = {}
    for shift, level in _targets(scores):
        rows[shown_level(scores, shift, level)] = {
            "history over expert": str(scores.lead(shift, level, "k 2", "expert")),
            "no history over expert": str(scores.lead(shift, level, "k 1", "expert")),
            "history over no history": str(scores.lead(shift, level, "k 2", "k 1")),
        }
    return Table(
        rows,
        caption=f"{ROBOTS[robot]}: leads of φ with and without history in normalised "
        "return, with 95 % intervals",
        corner="target",
    )


def falls(scores: Scores) -> Table:
    """Control steps until a robot falls, under every target.

    Args:
        scores: of one robot.
    """
    curves = scores.result.curves
    most = scores.result.settings["horizon"]
    rows: dict[str, dict[str, float | str]] = {}
    for shift, level in _targets(scores):
        condition = scores.condition(shift, level)
        tests = {
            method.replace(" ", " = "): f"{condition} {method}" for method in METHODS
        }
        if shift != "gravity":
            tests["known"] = f"{condition} {KNOWN}"
        rows[shown_level(scores, shift, level)] = {
            name: float(np.mean([run[-1] for run in curves[test]["lengths"]]))
            for name, test in tests.items()
        }
    return Table(
        rows,
        caption=f"{ROBOTS[scores.robot]}: control steps until it falls, mean of the "
        f"seeds; at most {most}. φ has k = 1 or k = 2; *known* is the expert that "
        "knows the noise",
        digits=0,
        corner="target",
    )


def from_scratch(training: Result, share: float = ENOUGH) -> Array:
    """Control steps after which a training first earns a share of its final return,
    one a seed.

    Args:
        training: a result of `experiments.trainings`, such as `hopper`.
        share: of the final return.

    Raises:
        ValueError: a seed never earns that much.
    """
    needed = []
    curves = training.curves
    for steps, returns, final in zip(
        curves["steps"], curves["returns"], curves["final"], strict=True
    ):
        enough = np.asarray(returns) >= share * float(np.mean(final))
        if not enough.any():
            raise ValueError(f"a seed of {training.name} never earns {share:g} of it")
        needed.append(float(np.asarray(steps)[int(enough.argmax())]))
    return np.array(needed)


def until_enough(scores: Scores, shift: str, level: float, method: str) -> Array:
    """Control steps of the robot after which φ first has ¾ of the expert's return in
    the simulator, one a seed, (seeds,); NaN where it never has.
    """
    test = f"{scores.condition(shift, level)} {method}"
    enough = scores.normalised(test) >= ENOUGH
    steps = scores.samples(shift, level, method)
    first = np.take_along_axis(steps, enough.argmax(axis=1)[:, None], axis=1)[:, 0]
    return np.where(enough.any(axis=1), first, np.nan)


def thousands(steps: Array, tried: float) -> str:
    """'30', '15–45', '30 (3 of 5)' or '> 45': control steps of all seeds.

    Args:
        steps: until enough, one a seed; NaN where it was never enough.
        tried: control steps after which nobody looked any more.
    """
    there = steps[np.isfinite(steps)] / 1000
    if not len(there):
        return f"> {tried / 1000:,.0f}"
    low, high = (f"{end:,.0f}" for end in (there.min(), there.max()))
    words = low if low == high else f"{low}–{high}"
    return (
        words if len(there) == len(steps) else f"{words} ({len(there)} of {len(steps)})"
    )


def samples(
    robots: Mapping[str, Scores],
    trainings: Mapping[str, Result],
    rows: Mapping[str, tuple[str, str, float]],
) -> Table:
    """Control steps of the robot until φ has ¾ of the expert's return, those of a
    training from nothing, and the paper's.

    Args:
        robots: robot -> its scores.
        trainings: robot -> result of its training, where it was trained.
        rows: what stands in the first column -> robot, shift and level.
    """
    table: dict[str, dict[str, float | str]] = {}
    for name, (robot, shift, level) in rows.items():
        scores = robots[robot]
        cells: dict[str, float | str] = {}
        for method, words in (("k 2", "with history"), ("k 1", "no history")):
            steps = until_enough(scores, shift, level, method)
            tried = scores.samples(shift, level, method)[:, -1].min()
            cells[words] = thousands(steps, tried)
        nothing = "–"
        if robot in trainings:
            needed = from_scratch(trainings[robot])
            nothing = thousands(needed, needed.max())
        table[name] = cells | {"from nothing": nothing}
    for name, paper in SAMPLES.items():
        table[f"paper: {name}"] = dict(paper)
    return Table(
        table,
        caption="Thousands of control steps until ¾ of the expert's return: lowest–"
        "highest of five seeds, and in brackets how many seeds get there. With >, no "
        "seed gets there in all its rounds",
        corner="robot and target",
    )
