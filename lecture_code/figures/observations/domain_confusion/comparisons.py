"""The runs as pictures: every seed, and what the pairs explain."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from scipy.stats import spearmanr

from lecture_code.experiments.results import Result
from lecture_code.figures.observations.domain_confusion.runs import (
    CENTIMETRES,
    COLOURS,
    has_head,
    listed,
    of_seeds,
    percent,
)
from lecture_code.figures.observations.domain_confusion.sweeps import (
    arm_of,
    with_random,
)
from lecture_code.show import Picture, new_figure

PAIRED = ("weak pairs", "random pairs", "perfect pairs")
LEAST = 0.1  # shortest distance of a pair that is drawn [cm]


def all_runs(result: Result, weights: Mapping[str, Result]) -> Picture:
    """Success of every seed, for each arm that has a head.

    Args:
        result: `domain_confusion`.
        weights: see `sweeps.by_weight`.
    """
    curves = with_random(result, weights)
    arms = [arm for arm in curves if has_head(arm_of(arm))]
    figure, axes = new_figure(height=4.2)
    figure.subplots_adjust(left=0.34, right=0.98, top=0.98, bottom=0.13)
    words = []
    for row, arm in enumerate(arms):
        runs = percent(curves, arm)
        colour = COLOURS[arm_of(arm)]
        axes.barh(row, runs.mean(), 0.62, color=colour, alpha=0.35, lw=0)
        shifts = np.linspace(-0.16, 0.16, len(runs))
        axes.plot(runs, row + shifts, "o", color=colour, ms=5, mec="none")
        words.append(f"{arm} {runs.mean():.0f} ({runs.min():.0f} to {runs.max():.0f})")
    ceiling = percent(result.curves, "oracle").mean()
    axes.axvline(ceiling, color=COLOURS["oracle"], ls="--", lw=1.4)
    axes.set(xlim=(-2, 102), ylim=(len(arms) - 0.5, -0.5), xlabel="success [%]")
    axes.set_yticks(range(len(arms)), arms)
    axes.grid(visible=False, axis="y")
    return Picture(
        figure,
        alt=f"Success in percent, mean of the seeds and their range: {listed(words)}.",
        caption=f"Each dot is a seed, each bar the mean of {len(result.seeds)} seeds; "
        f"five seeds for random pairs with the smaller ν. "
        "Dashed: the mean of the oracle, which learns from 500 labelled “real” images. "
        "Autoencoders have no head of their own.",
    )


def explained(result: Result) -> Picture:
    """Success of every run with pairs, against the distance of the hooks of its pairs.

    Args:
        result: `domain_confusion`.
    """
    figure, axes = new_figure(height=3.4)
    figure.subplots_adjust(right=0.68)
    far: list[float] = []
    rates: list[float] = []
    words = []
    for arm in PAIRED:
        apart = CENTIMETRES * of_seeds(result.curves, arm, "pair distance")
        success = percent(result.curves, arm)
        shown = np.maximum(apart, LEAST)
        axes.plot(shown, success, "o", color=COLOURS[arm], ms=6, mec="none", label=arm)
        far += apart.tolist()
        rates += success.tolist()
        words.append(f"{arm} {apart.mean():.1f} cm and {success.mean():.0f} %")
    _label_distances(axes)
    figure.legend(loc="center left", bbox_to_anchor=(0.69, 0.55))
    rank = f"{spearmanr(far, rates).statistic:.2f}".replace("-", "−")
    return Picture(
        figure,
        alt="Success against the distance of the hooks of a pair, means of the seeds. "
        f"{listed(words)}. Rank correlation of all {len(far)} runs: {rank}.",
        caption="Each mark is a run, all with ν = 1; across: the median distance of "
        f"the hooks of its pairs. Rank correlation over all {len(far)} runs: {rank}.",
    )


def _label_distances(axes: Axes) -> None:
    """Axes of distances [cm] and of success [%]."""
    axes.set(xscale="log", xlabel="hooks of a pair apart [cm]", ylabel="success [%]")
    axes.set(xlim=(0.2, 60), ylim=(-3, 103))
    ticks = (0.3, 1, 3, 10, 30)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
