"""What the chapter on EPOpt shows of the hard ensemble, where mass, friction, damping
and armature vary together: the tests of all policies, and their differences in pairs.

The functions take the committed result `epopt_mining` and its arrays.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from lecture_code.experiments.results import Result
from lecture_code.figures.dynamics.epopt.ensembles import (
    COLOURS,
    Arrays,
    arm_index,
    several,
)
from lecture_code.show import GREY, METHOD_COLOURS, Picture, Table, new_figure

Array = NDArray[np.float64]

START = "the start"
MINED = {
    START: GREY,
    "specialist": METHOD_COLOURS["trained on the mean robot"],
    "EPOpt(1)": COLOURS["EPOpt(1)"],
    "EPOpt(0.25)": COLOURS["EPOpt(0.1)"],
}
"""Policy in the hard ensemble -> colour."""
PAIRS = (
    ("EPOpt(0.25)", "EPOpt(1)"),
    ("EPOpt(0.25)", "specialist"),
    ("EPOpt(1)", "specialist"),
)
MEASURES = ("10th percentile", "mean", "stays up")


def trials_of(result: Result, arrays: Arrays, arm: str, kind: str = "greedy") -> Array:
    """Returns and lengths of an arm in the test worlds, (seeds, 2, worlds)."""
    if arm == START:
        return np.asarray(arrays["before"], dtype=float)
    return np.asarray(arrays[kind][arm_index(result, arm)], dtype=float)


def low_end(result: Result, arrays: Arrays, arm: str) -> Array:
    """10th percentile of the greedy returns over the test worlds, (seeds,)."""
    return measures_of(result, trials_of(result, arrays, arm))[MEASURES[0]]


def measures_of(result: Result, trials: Array) -> dict[str, Array]:
    """Measures of trials (seeds, 2, worlds): (seeds,) each; *stays up* in per cent."""
    returns, lengths = trials[:, 0], trials[:, 1]
    up = lengths == result.settings["test_horizon"]
    values = (
        np.percentile(returns, 10, axis=1),
        returns.mean(axis=1),
        100 * up.mean(axis=1),
    )
    return dict(zip(MEASURES, values, strict=True))


def mined(result: Result, arrays: Arrays) -> Picture:
    """The 10th percentile over the test worlds of every policy; lines join the policies
    of one seed.
    """
    low = np.array([low_end(result, arrays, arm) for arm in MINED])  # (arms, seeds)
    figure, axes = new_figure()
    axes.plot(np.arange(len(MINED)), low, color=GREY, lw=0.8, alpha=0.6)
    for x, (colour, values) in enumerate(zip(MINED.values(), low, strict=True)):
        axes.plot(np.full(len(values), x), values, "o", color=colour)
        axes.plot(x, np.median(values), "_", ms=30, mew=2.5, color=colour)
    axes.set_xticks(range(len(MINED)), list(MINED))
    axes.set(ylabel="10th percentile of the return", xlim=(-0.5, len(MINED) - 0.5))
    axes.set_ylim(bottom=0)
    pairs = zip(MINED, low, strict=True)
    words = [f"{arm}: {several(values)}" for arm, values in pairs]
    worlds = result.settings["test_worlds"]
    return Picture(
        figure,
        alt=f"10th percentile of the return over {worlds} worlds, five seeds each. "
        f"{'; '.join(words)}.",
        caption=f"Over the same {worlds} test worlds. A dot is a policy, a bar is the "
        "median, and a thin line joins the policies of one seed.",
    )


def mined_table(result: Result, arrays: Arrays, kind: str = "greedy") -> Table:
    """Every policy in the test worlds.

    Args:
        result, arrays: the result `epopt_mining`.
        kind: "greedy" or "exploring"; the start was tested greedily alone.
    """
    arms = [arm for arm in MINED if kind == "greedy" or arm != START]
    rows = {}
    for arm in arms:
        measures = measures_of(result, trials_of(result, arrays, arm, kind))
        rows[arm] = {name: values.tolist() for name, values in measures.items()}
    settings = result.settings
    return Table(
        rows,
        corner="policy",
        digits=0,
        units={"stays up": "%"},
        caption=f"Return over {settings['test_worlds']} worlds of the hard ensemble, "
        "five seeds: median (lowest–highest). "
        f"*Stays up*: for all {settings['test_horizon']:,} steps",
    )


def difference(
    result: Result, arrays: Arrays, pair: tuple[str, str], measure: str
) -> Array:
    """What the first of two arms has more than the second, in pairs of a seed."""
    first, second = (
        measures_of(result, trials_of(result, arrays, arm))[measure] for arm in pair
    )
    return first - second


def interval(differences: Array, level: float = 0.95) -> tuple[float, float, float]:
    """Mean of paired differences (seeds,), and the ends of Student's interval."""
    n = len(differences)
    error = differences.std(ddof=1) / np.sqrt(n)
    reach = float(student.ppf(0.5 + level / 2, n - 1) * error)
    mean = float(differences.mean())
    return mean, mean - reach, mean + reach


def pairs_table(result: Result, arrays: Arrays) -> Table:
    """Differences of the greedy tests in pairs of a seed, with intervals."""
    rows = {}
    for first, second in PAIRS:
        cells = {}
        for measure in ("10th percentile", "mean"):
            more = difference(result, arrays, (first, second), measure)
            mean, low, high = (f"{x + 0.0:+,.0f}" for x in interval(more))
            words = f"{mean} ({low} to {high}), {np.sum(more > 0)} of {len(more)}"
            cells[measure] = words.replace("-", "−")
        rows[f"{first} − {second}"] = cells
    return Table(
        rows,
        corner="difference",
        caption="In pairs of a seed: mean (95 % interval), and in how many pairs it is "
        "positive",
    )


def numbers_of_mining(result: Result, arrays: Arrays) -> dict[str, str]:
    """What the text says of the trainings and of the runs that went on."""
    settings = result.settings
    runs = dict(zip(settings["longer"], arrays["longer"], strict=True))
    low = {run: np.percentile(trials[0], 10) for run, trials in runs.items()}
    start = measures_of(result, trials_of(result, arrays, START))["stays up"]
    return {
        "common_worlds": str(settings["worlds"]),
        "mined_steps": f"{settings['steps'] / 1e6:g}",
        "mined_worlds": str(settings["test_worlds"]),
        "start_up": f"{np.median(start):.0f}",
        "longer_tail": f"{low['EPOpt(0.25)/0']:.0f}",
        "longer_mean": f"{low['EPOpt(1)/0']:.0f}",
    }
