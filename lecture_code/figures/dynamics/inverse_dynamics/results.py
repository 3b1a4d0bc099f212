"""What the chapter *Inverse-dynamics transfer* shows of its committed results.

`curves` has one robot and one kind of shift, beside what the paper's figure shows;
`leads` has the differences between methods, seed by seed. `walking.py` has the robots
that walk. Start with `curves`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.figures.dynamics.inverse_dynamics.paper import read_off
from lecture_code.figures.dynamics.inverse_dynamics.scores import (
    KNOWN,
    METHODS,
    PLANNERS,
    SHIFTS,
    SOFT,
    TRAINED,
    Estimate,
    Scores,
)
from lecture_code.show import GREY, METHOD_COLOURS, Picture, Table, new_figure
from lecture_code.show.figures import ORANGE

Array = NDArray[np.float64]

ROBOTS = {
    "heavy_arm": "heavy arm",
    "half_cheetah": "HalfCheetah",
    "hopper": "Hopper",
    "humanoid": "Humanoid",
}
"""Robot -> its name on the page."""
COLOURS = {
    "expert": METHOD_COLOURS["reality"],
    "k 1": ORANGE,
    "k 2": METHOD_COLOURS["inverse dynamics"],
}
"""Method of the result -> its colour on the page."""
TARGETS = {
    "gravity 60 %": ("gravity", 0.6),
    "gravity 100 %": ("gravity", 1.0),
    "independent noise": ("0", 0.6),
    "correlation 0.9": ("0.9", 0.6),
    "constant noise": ("1", 0.6),
    "constant noise, σ = 0.3": ("1", 0.3),
}
"""Target on the arm -> its shift and its level."""
CEILINGS = {KNOWN: "noise known", TRAINED: "trained there"}
"""Ceiling -> its name in the figure."""
MARKERS = {"expert": "s", "k 1": "^", "k 2": "o"}
ASIDE = {"expert": -0.015, "k 1": 0.0, "k 2": 0.015}  # of a level of noise


def curves(robots: Mapping[str, Scores], robot: str, shift: str) -> Picture:
    """Scores against the size of a shift, ours and the paper's.

    Args:
        robots: robot -> its scores.
        robot: one of them.
        shift: a name of `SHIFTS`.
    """
    scores = robots[robot]
    levels = scores.levels(shift)
    figure, axes = new_figure(height=3.6)
    words = []
    for method, name in METHODS.items():
        last = _draw_method(axes, scores, shift, method)
        words.append(f"{name} {last}")
    best = TRAINED if shift == "gravity" else KNOWN
    if f"{scores.condition(shift, levels[-1])} {best}" in scores.rounds:
        name = CEILINGS[best]
        ceiling = [scores.at(shift, level, best) for level in levels]
        heights = [estimate.mean for estimate in ceiling]
        places = [_x(shift, level) for level in levels]
        style = "--" if len(levels) > 2 else "_"  # two levels are no curve
        axes.plot(places, heights, style, color=GREY, ms=18, mew=1.5, label=name)
        words.append(f"{name} {ceiling[-1]}")
    label = "gravity [%]" if shift == "gravity" else "noise σ"
    axes.set(xlabel=label, ylabel="normalised return", ylim=(-0.12, 1.15))
    read = {level for method in METHODS for level in read_off(robot, shift, method)}
    if read:
        axes.plot([], [], "o", ms=8, mfc="none", color=GREY, label="paper")
    if len(levels) < 3:
        ticks = sorted(read.union(levels))
        axes.set(xlim=(levels[0] - 0.15, levels[-1] + 0.15), xticks=ticks)
    figure.legend(loc="upper center", ncols=2, columnspacing=1, handletextpad=0.4)
    figure.subplots_adjust(top=1 - 0.95 / 3.6)
    most = _x(shift, levels[-1])
    unit = " %" if shift == "gravity" else ""
    return Picture(
        figure,
        alt=f"Normalised return of the {ROBOTS[robot]} against {SHIFTS[shift]}. At "
        f"{most:g}{unit}, with 95 % intervals: {'; '.join(words)}.",
        caption=f"{ROBOTS[robot][0].upper()}{ROBOTS[robot][1:]}, {SHIFTS[shift]}. "
        f"Filled: our {len(scores.result.seeds)} seeds with 95 % intervals. Open: the "
        "paper, read off by eye.",
    )


def _draw_method(axes: Axes, scores: Scores, shift: str, method: str) -> Estimate:
    """One method's curve with its intervals, and the paper's; the estimate at the
    largest level.
    """
    colour = COLOURS[method]
    marker = MARKERS[method]
    levels = scores.levels(shift)
    estimates = [scores.at(shift, level, method) for level in levels]
    joined = len(levels) > 2  # two levels are no curve: they stand side by side
    aside = 0.0 if joined else ASIDE[method]
    xs = [_x(shift, level) + aside for level in levels]
    ys = [estimate.mean for estimate in estimates]
    below = [estimate.mean - estimate.low for estimate in estimates]
    above = [estimate.high - estimate.mean for estimate in estimates]
    label = METHODS[method]
    axes.errorbar(
        xs,
        ys,
        [below, above],
        ms=6,
        capsize=3,
        label=label,
        color=colour,
        marker=marker,
        ls="-" if joined else "none",
    )
    paper = read_off(scores.robot, shift, method)
    places = [_x(shift, level) for level in paper]
    axes.plot(
        places,
        list(paper.values()),
        ls=":" if len(paper) > 2 else "none",
        lw=1,
        ms=8,
        mfc="none",
        color=colour,
        marker=marker,
    )
    return estimates[-1]


def _x(shift: str, level: float) -> float:
    """The place of a level: gravity in percent, noise as it is."""
    return 100 * level if shift == "gravity" else level


def shown_level(scores: Scores, shift: str, level: float) -> str:
    """'gravity 100 %' or 'constant noise, σ = 0.6'."""
    if shift == "gravity":
        return f"gravity {100 * level:.0f} %"
    return f"{SHIFTS[shift]}, σ = {level:g}"


def rows_of(scores: Scores) -> list[tuple[str, float]]:
    """Shift and largest level of each shift; both ends where gravity goes both ways."""
    rows = []
    for shift in SHIFTS:
        levels = scores.levels(shift)
        if not levels:
            continue
        if levels[0] < scores.source < levels[-1]:
            rows.append((shift, levels[0]))
        rows.append((shift, levels[-1]))
    return rows


def leads(robots: Mapping[str, Scores], robot: str) -> Table:
    """The lead of φ over the expert, and of φ with history over φ without.

    Args:
        robots: robot -> its scores.
        robot: one of them.
    """
    scores = robots[robot]
    rows: dict[str, dict[str, float | str]] = {}
    for shift, level in rows_of(scores):
        rows[shown_level(scores, shift, level)] = {
            "over the expert": str(scores.lead(shift, level, "k 2", "expert")),
            "over no history": str(scores.lead(shift, level, "k 2", "k 1")),
            "return of the expert": str(scores.at(shift, level, "expert")),
        }
    name = ROBOTS[robot]
    return Table(
        rows,
        caption=f"{name[0].upper()}{name[1:]}: lead of φ with history in normalised "
        "return, with its 95 % interval",
        corner="target",
    )


def by_round(scores: Scores) -> Table:
    """Mean score of φ with history after every round, under the largest shifts.

    Args:
        scores: of one robot.
    """
    rows: dict[str, dict[str, float | str]] = {}
    for shift, level in rows_of(scores):
        condition = scores.condition(shift, level)
        means = scores.normalised(f"{condition} k 2").mean(axis=0)
        rows[shown_level(scores, shift, level)] = {
            f"round {number}": float(mean) for number, mean in enumerate(means, start=1)
        }
    steps = scores.samples("gravity", scores.levels("gravity")[-1], "k 2")[:, 0]
    name = ROBOTS[scores.robot]
    return Table(
        rows,
        caption=f"{name[0].upper()}{name[1:]}: normalised return of φ with history, "
        f"mean of the seeds. A round has about {np.mean(steps) / 1000:.1f} thousand "
        "control steps",
        digits=2,
        corner="target",
    )


def history_leads(scores: Scores) -> Picture:
    """The lead of φ with history over φ without, under every target.

    Args:
        scores: of one robot.
    """
    targets = [
        (shift, level)
        for shift in SHIFTS
        for level in scores.levels(shift)
        if (shift, level) != ("gravity", scores.source)
    ]
    figure, axes = new_figure(height=0.9 + 0.28 * len(targets))
    helped = []
    for place, (shift, level) in enumerate(targets):
        lead = scores.lead(shift, level, "k 2", "k 1")
        axes.plot([lead.low, lead.high], [-place] * 2, color=COLOURS["k 2"], lw=2)
        axes.plot(lead.mean, -place, "o", ms=6, color=COLOURS["k 2"])
        if lead.low > 0:
            helped.append(f"{shown_level(scores, shift, level)} {lead}")
    axes.axvline(0, color=GREY, lw=1)
    names = [shown_level(scores, shift, level) for shift, level in targets]
    axes.set(yticks=[-place for place in range(len(targets))], yticklabels=names)
    axes.set_xlabel("lead of history, normalised return")
    figure.subplots_adjust(left=0.43)
    return Picture(
        figure,
        alt="Lead of φ with history over φ without, with 95 % intervals. The interval "
        f"lies above zero for: {'; '.join(helped) or 'no target'}.",
        caption=f"{ROBOTS[scores.robot][0].upper()}{ROBOTS[scores.robot][1:]}, "
        f"{len(scores.result.seeds)} seeds, 95 % intervals.",
    )


def rivals(arm: Scores, target: str) -> Table:
    """All methods on the arm under one target, beside the paper's values.

    Args:
        arm: scores of the heavy arm, with the planners.
        target: a name of `TARGETS`.
    """
    shift, level = TARGETS[target]
    condition = arm.condition(shift, level)
    soft = {
        key: name for key, name in SOFT.items() if f"{condition} {key}" in arm.rounds
    }
    names = METHODS | soft | {planner: planner for planner in PLANNERS}
    if shift != "gravity":
        names[KNOWN] = "noise known"
    if f"{condition} {TRAINED}" in arm.rounds:
        names[TRAINED] = TRAINED
    rows: dict[str, dict[str, float | str]] = {}
    for method, name in names.items():
        estimate = arm.at(shift, level, method)
        paper = read_off("heavy_arm", shift, method.removeprefix("soft ")).get(level)
        rows[name] = {
            "return": estimate.mean,
            "interval": f"[{estimate.low:.2f}, {estimate.high:.2f}]".replace("-", "−"),
            "paper": "–" if paper is None else f"{paper:.2f}",
        }
    return Table(
        rows,
        caption=f"Heavy arm, {target}: normalised return, 95 % "
        "interval, and the paper's value where we could read it off",
        digits={"return": 2},
        corner="method",
    )
