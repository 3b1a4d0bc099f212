"""What the chapter *Grounded action transformation* shows of its trials
(`grounding_finished`, and `grounding` with a first walk that is not finished): the
lecture's columns, a dot for every trial, and paired intervals.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.experiments.results import Result
from lecture_code.figures.dynamics.grounded_action_transformation.drawings import (
    COLOURS,
)
from lecture_code.figures.dynamics.grounded_action_transformation.results import (
    gained,
    of_method,
    starts,
)
from lecture_code.show import GREY, Picture, Table, new_figure

Array = NDArray[np.float64]

PAIRS = (
    ("GAT", "no grounding"),
    ("GAT with memory", "no grounding"),
    ("GAT", "noise envelope"),
    ("GAT with memory", "noise envelope"),
    ("GAT", "parameters"),
    ("GAT with memory", "parameters"),
    ("noise envelope", "no grounding"),
    ("parameters", "no grounding"),
    ("GAT with memory", "GAT"),
    ("GAT", "robot, 24 walks"),
    ("GAT with memory", "robot, 24 walks"),
    ("GAT", "robot, 48 walks"),
    ("GAT with memory", "robot, 48 walks"),
    ("robot", "GAT"),
)
"""Methods that are compared trial by trial, where the trials have both."""
RESAMPLES = 10_000
"""Bootstrap samples of an interval."""


def successes(trials: Result, robot: str, method: str) -> NDArray[np.bool_]:
    """Whether a method's test earns more than θ₀, (trials,)."""
    return of_method(trials, robot, method) > starts(trials, robot)


def improvement(trials: Result, robot: str, method: str) -> float:
    """How much more the method's walks earn than θ₀, in % of the mean over trials."""
    final = of_method(trials, robot, method)
    start = starts(trials, robot)
    return float(100 * (final.mean() / start.mean() - 1))


def best_generation(trials: Result, robot: str, method: str) -> float:
    """The mean number of the best generation, over the trials that succeed."""
    best = of_method(trials, robot, method, "best")
    return float(best[successes(trials, robot, method)].mean())


def lecture_columns(trials: Result, robot: str, method: str) -> dict[str, str]:
    """The lecture's columns for a method on one of our robots."""
    cells = {
        "% improve": f"{improvement(trials, robot, method):.0f}",
        "failures": str(np.sum(~successes(trials, robot, method))),
        "best generation": f"{best_generation(trials, robot, method):.1f}",
    }
    return {name: cell.replace("-", "−") for name, cell in cells.items()}


def lecture_table(trials: Result) -> Table:
    """The lecture's columns, with both of our robots in each cell."""
    wrong, late = trials.settings["real"]
    rows = {}
    for method in trials.settings["methods"]:
        second = lecture_columns(trials, wrong, method)
        rows[method] = {
            name: f"{cell} / {second[name]}"
            for name, cell in lecture_columns(trials, late, method).items()
        }
    return Table(
        rows,
        corner="method",
        caption=f"In each cell: {late} / {wrong}, {len(trials.seeds)} trials each. *% "
        "improve*: gain in mean return over θ₀ on the robot. *Best generation*: mean "
        "over the trials without failure; the rivals have fewer generations",
    )


def error_table(trials: Result) -> Table:
    """One-step error of the world in which each method searches, on fresh recordings of
    θ₀; without the methods whose world is the robot.
    """
    wrong, late = trials.settings["real"]
    rows = {
        method: {
            robot: float(of_method(trials, robot, method, "start_error").mean())
            for robot in (late, wrong)
        }
        for method in trials.settings["methods"]
        if not method.startswith("robot")
    }
    caption = "Error in one step of the world of the search: means of "
    return Table(
        rows, corner="method", digits=2, caption=f"{caption}{len(trials.seeds)} trials"
    )


def paired(
    trials: Result, robot: str, method: str, other: str
) -> tuple[float, float, float]:
    """How much more a method earns than another: the mean over trials, and the ends of
    its 95 % bootstrap interval.
    """
    ours, theirs = (of_method(trials, robot, name) for name in (method, other))
    return with_interval(ours - theirs)


def with_interval(differences: Array) -> tuple[float, float, float]:
    """The mean of differences (trials,), and the ends of its 95 % bootstrap
    interval.
    """
    rng = np.random.default_rng(0)
    rows = rng.integers(len(differences), size=(RESAMPLES, len(differences)))
    low, high = np.percentile(differences[rows].mean(axis=1), [2.5, 97.5])
    return float(differences.mean()), float(low), float(high)


def interval(low: float, high: float) -> str:
    """'-20 to 130' for the ends of an interval.

    An end that would be rounded to zero gets decimals, so that its sign is seen.
    """
    digits = 0
    while digits < 3 and 0 in (round(low, digits), round(high, digits)):
        digits += 1
    return f"{low:.{digits}f} to {high:.{digits}f}"


def paired_table(trials: Result) -> Table:
    """Paired differences of returns, with their intervals, on both robots."""
    wrong, late = trials.settings["real"]
    rows = {}
    for pair in PAIRS:
        if not set(pair) <= set(trials.settings["methods"]):
            continue
        intervals = {robot: paired(trials, robot, *pair) for robot in (late, wrong)}
        rows[" − ".join(pair)] = {
            robot: f"{mean:.0f} ({interval(low, high)})".replace("-", "−")
            for robot, (mean, low, high) in intervals.items()
        }
    return Table(
        rows,
        corner="difference in return",
        caption=f"Mean over {len(trials.seeds)} trials, with the 95 % bootstrap "
        "interval",
    )


def protocol(trials: Result) -> Table:
    """How the trials were made."""
    settings = trials.settings
    methods = settings["methods"]
    rows = {
        "trials on each robot": f"{len(trials.seeds)}, each with a θ₀ of its own",
        "search": f"CMA-ES, {settings['generations']} generations of "
        f"{settings['population']} walks, the same draws for every method",
        "looks at the robot": f"{settings['evaluation_episodes']} walks after each "
        "generation; the best generation is kept",
        "test on the robot": f"{settings['test_episodes']} walks from other starts",
        "failure": "the test earns no more than θ₀",
        "noise envelope": "Gaussian noise on the actions in the simulator, std "
        f"{methods['noise envelope']['std']:g}",
        "parameters": "grounding by identified mass and damping, from "
        f"{settings['identification_trajectories']} recorded walks",
        "GAT": f"α = {methods['GAT']['alpha']:g}, "
        f"{settings['grounding']['trajectories']} recorded walks",
        "GAT with memory": f"α = {methods['GAT with memory']['alpha']:g}, "
        f"{settings['grounding']['trajectories']} recorded walks, two earlier actions",
        "robot": "the search runs on the robot itself: the ceiling",
    }
    return Table({label: {"here": words} for label, words in rows.items()})


def gains(trials: Result) -> Picture:
    """A dot for every trial: what each method gained over θ₀ on each robot."""
    robots = list(trials.settings["real"])[::-1]  # as in the text: late and slack first
    methods = list(trials.settings["methods"])
    figure, panels = new_figure(2, 1, height=6.2, sharex=True)
    figure.subplots_adjust(bottom=0.22)
    words = []
    for axes, robot in zip(panels, robots, strict=True):
        medians = []
        for x, method in enumerate(methods):
            _dots(axes, x, gained(trials, robot, method), COLOURS[method])
            medians.append(f"{method} {np.median(gained(trials, robot, method)):.0f}")
        axes.axhline(0, color=GREY, lw=1)
        axes.set(title=robot, ylabel="gain in return over θ₀")
        words.append(f"{robot}: {', '.join(medians)}.")
    panels[-1].set_xticks(
        range(len(methods)), methods, rotation=50, ha="right", rotation_mode="anchor"
    )
    return Picture(
        figure,
        alt="For each robot and method a dot a trial shows the gain in return over θ₀ "
        f"on the robot, and a bar shows the median. Medians: {' '.join(words)}",
        caption="Dots on or below the grey line are failures; bars are medians.",
    )


def _dots(axes: Axes, x: int, values: Array, colour: str) -> None:
    shift = np.linspace(-0.2, 0.2, len(values))
    axes.plot(x + shift, values, "o", ms=5, color=colour, alpha=0.7)
    middle = [np.median(values)] * 2
    axes.plot([x - 0.3, x + 0.3], middle, color=colour, lw=3)


def wins(trials: Result, robot: str, method: str, other: str) -> int:
    """Trials in which a method ends above another method."""
    ours, theirs = (of_method(trials, robot, name) for name in (method, other))
    return int(np.sum(ours > theirs))


def numbers_of_trials(trials: Result, tuning: Result) -> dict[str, str]:
    """What the text says of `grounding` and of its tuning."""
    wrong, late = trials.settings["real"]
    words = {}
    for name, robot in (("late", late), ("wrong", wrong)):
        mean, low, high = paired(trials, robot, "GAT", "no grounding")
        words[f"{name}_gain"] = f"{mean:.0f}"
        words[f"{name}_interval"] = interval(low, high)
        words[f"{name}_wins"] = str(wins(trials, robot, "GAT", "no grounding"))
    astray = np.median(of_method(trials, late, "parameters", "robot")[:, -1])
    return words | {
        "n_trials": str(len(trials.seeds)),
        "n_tuning": str(len(tuning.seeds)),
        "n_identified": str(trials.settings["identification_trajectories"]),
        "n_recorded": str(trials.settings["grounding"]["trajectories"]),
        "astray": f"{astray:.0f}",
    }
