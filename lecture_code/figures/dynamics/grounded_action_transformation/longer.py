"""What the chapter *Grounded action transformation* shows of its longer trials
(`grounding_long`) and of trials with a policy that looks at its robot
(`grounding_feedback`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.results import Result
from lecture_code.figures.dynamics.grounded_action_transformation.drawings import (
    COLOURS,
)
from lecture_code.figures.dynamics.grounded_action_transformation.results import (
    of_method,
    starts,
)
from lecture_code.show import GREY, Picture, Table, band, new_figure

Array = NDArray[np.float64]

EARLY, LATE = slice(5, 10), slice(-5, None)
"""Generations 6 to 10, and the last five."""


def early_and_late(
    trials: Result, robot: str, method: str, what: str = "robot"
) -> tuple[float, float]:
    """A curve's mean over generations 6 to 10 and over the last five, as medians over
    the trials.
    """
    line = of_method(trials, robot, method, what)
    early, late = (np.median(line[:, part].mean(axis=1)) for part in (EARLY, LATE))
    return float(early), float(late)


def longer_table(trials: Result, robot: str) -> Table:
    """Each method early and late: where it learns, and on the robot."""
    rows = {}
    for method in trials.settings["methods"]:
        own = early_and_late(trials, robot, method, "own")
        real = early_and_late(trials, robot, method)
        rows[method] = {
            "own, early": own[0],
            "own, late": own[1],
            "robot, early": real[0],
            "robot, late": real[1],
        }
    return Table(
        rows,
        digits=0,
        corner="method",
        caption=f"{robot.capitalize()}: return in the world of the search (own) and on "
        "the robot, in generations 6 to 10 (early) and in the last five of "
        f"{trials.settings['generations']} (late). Medians of {len(trials.seeds)} "
        "trials",
    )


def short_and_long(short: Result, trials: Result, robot: str) -> Table:
    """Final tests after the generations of both results, in the same trials: the mean
    and the range in one cell, so that the table fits a phone.
    """
    places = [short.seeds.index(seed) for seed in trials.seeds]
    rows = {}
    for method in trials.settings["methods"]:
        tests = {
            f"{result.settings['generations']} generations": finals
            for result, finals in (
                (short, of_method(short, robot, method)[places]),
                (trials, of_method(trials, robot, method)),
            )
        }
        rows[method] = {
            after: f"{x.mean():,.0f} ({x.min():,.0f}–{x.max():,.0f})".replace("-", "−")
            for after, x in tests.items()
        }
    return Table(
        rows,
        corner="method",
        caption=f"{robot.capitalize()}: return of the test on the robot in the same "
        f"{len(trials.seeds)} trials: mean (lowest–highest)",
    )


def lost(trials: Result, method: str, least: float = 50.0) -> int:
    """Trials on all robots in which the robot's return falls by more than `least`,
    from generations 6 to 10 to the last five.
    """
    curves = [
        of_method(trials, robot, method, "robot") for robot in trials.settings["real"]
    ]
    lines = np.concatenate(curves)
    early, late = (lines[:, part].mean(axis=1) for part in (EARLY, LATE))
    return int(np.sum(late < early - least))


def tuning_table(trials: Result, tuning: Result) -> Table:
    """What the tuning tried for each method that has a setting, and what was chosen."""
    rows = {}
    for method, key, symbol in (
        ("noise envelope", "std", "std"),
        ("GAT", "alpha", "α"),
        ("GAT with memory", "alpha", "α"),
    ):
        tried = [tuning.settings["methods"][f"{method}/{k}"][key] for k in range(3)]
        rows[method] = {
            "setting": symbol,
            "tried": ", ".join(f"{value:g}" for value in tried),
            "chosen": f"{trials.settings['methods'][method][key]:g}",
        }
    return Table(rows, corner="method")


def against_generation(trials: Result, method: str, robot: str) -> Picture:
    """Return of the generations' means where the method learns and on the robot."""
    generations = np.arange(1, trials.settings["generations"] + 1)
    figure, axes = new_figure()
    words = []
    for label, what, colour in (
        ("where it learns", "own", COLOURS[method]),
        ("on the robot", "robot", GREY),
    ):
        lines = of_method(trials, robot, method, what)
        band(axes, generations, lines, label, colour)
        tenth, last = np.median(lines, axis=0)[[9, -1]]
        words.append(f"{label} {tenth:.0f} and {last:.0f}")
    axes.set(xlabel="generation", ylabel="return", ylim=(-220, 760))
    axes.legend(loc="upper left", ncols=2)
    return Picture(
        figure,
        caption="Line: median of the trials on this robot. Band: lowest to highest.",
        alt=f"Robot: {robot}, method: {method}. Median return after 10 generations and "
        f"after the last: {', '.join(words)}.",
    )


def drifts(trials: Result) -> Picture:
    """One-step error of the grounded simulator along the walks that are learned."""
    generations = np.arange(1, trials.settings["generations"] + 1)
    robots = list(trials.settings["real"])
    figure, panels = new_figure(2, 1, sharex=True)
    words = []
    for axes, robot in zip(panels, robots, strict=True):
        for method in ("GAT", "GAT with memory"):
            lines = of_method(trials, robot, method, "error")
            band(axes, generations, lines, method, COLOURS[method])
            tenth, last = np.median(lines, axis=0)[[9, -1]]
            words.append(f"{robot}, {method}: {tenth:.2f} and {last:.2f}.")
        plain = of_method(trials, robot, "GAT with memory", "plain_error")
        colour = COLOURS["no grounding"]
        axes.plot(generations, np.median(plain, axis=0), color=colour, label="plain")
        axes.set(title=robot, ylabel="error in one step")
        axes.set_ylim(0, 1.5 * axes.get_ylim()[1])
    panels[-1].set_xlabel("generation")
    panels[-1].legend(loc="upper right", ncols=3)
    return Picture(
        figure,
        alt="One-step error of the grounded simulator along the walks that are being "
        f"learned. Medians after 10 generations and after the last. {' '.join(words)}",
        caption="On the robot's trajectories of each generation's walk: median and "
        "range of five trials. For the plain simulator the median.",
    )


def drift_table(trials: Result) -> Table:
    """The same errors early and late."""
    rows = {}
    for robot in trials.settings["real"]:
        for method in ("GAT", "GAT with memory"):
            early, late = early_and_late(trials, robot, method, "error")
            rows[f"{robot}, {method}"] = {"early": early, "late": late}
    return Table(rows, digits=2, caption="Error in one step along the learned walks")


def feedback_table(trials: Result) -> Table:
    """Linear feedback experts on the robot with wrong parameters."""
    (robot,) = trials.settings["real"]
    start = starts(trials, robot)
    rows = {}
    for method in trials.settings["methods"]:
        final = of_method(trials, robot, method)
        rows[method] = {
            "best": final.tolist(),
            "last": of_method(trials, robot, method, "robot")[:, -1].tolist(),
            "fails": int(np.sum(final <= start)),
            "best gen.": of_method(trials, robot, method, "best").mean(),
        }
    return Table(
        rows,
        digits={"best": 0, "last": 0, "fails": 0, "best gen.": 1},
        corner="method",
        caption=f"Return on the robot, {len(trials.seeds)} trials: median "
        f"(lowest–highest). θ₀ earns {np.median(start):.0f}. *Fails*: trials that do "
        "not beat θ₀. *Best gen.*: the best generation on average",
    )


def numbers_of_longer(trials: Result) -> dict[str, str]:
    """What the text says of `grounding_long`."""
    wrong, late = trials.settings["real"]
    peaks = of_method(trials, late, "parameters", "best")
    control = of_method(trials, wrong, "robot", "robot")
    early, late_ones = (control[:, part].mean(axis=1) for part in (EARLY, LATE))
    count = ("no", "one", "two", "three", "four", "five")
    return {
        "long_generations": str(trials.settings["generations"]),
        "lost": str(lost(trials, "GAT with memory")),
        "lost_plain": str(lost(trials, "no grounding")),
        "lost_gat": str(lost(trials, "GAT")),
        "lost_robot": str(lost(trials, "robot")),
        "n_long": str(len(trials.seeds) * len(trials.settings["real"])),
        "astray_best": f"{peaks.min()} to {peaks.max()}",
        "control_up": count[int(np.sum(late_ones > early))],
    }
