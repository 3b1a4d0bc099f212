"""Where a network is cut: the curves of Yosinski et al."""

from __future__ import annotations

import numpy as np

from lecture_code.experiments.observations.fine_tuning.splits import (
    BASE,
    SPLITS,
    best_split,
)
from lecture_code.experiments.results import Result
from lecture_code.figures.observations.fine_tuning.runs import of_trial
from lecture_code.show import GREY, Picture, new_figure
from lecture_code.show.figures import BLUE, ORANGE, SKY, VERMILLION

CURVE_STYLES = {
    "AnB": (VERMILLION, "-"),
    "AnB⁺": (ORANGE, "--"),
    "BnB": (BLUE, "-"),
    "BnB⁺": (SKY, "--"),
    "random nB": (GREY, ":"),
}
"""Curve -> colour and line."""


AT_END = {"AnB": 0.25, "random nB": -0.25}  # curves with a label, and where [%]


def cut_curves(result: Result) -> Picture:
    """Accuracy on the classes B against n, the number of copied layers.

    Args:
        result: `fine_tuning_splits`.
    """
    figure, axes = new_figure(height=3.6)
    figure.subplots_adjust(top=0.8, bottom=0.17, right=0.86)
    cuts = np.array(SPLITS.cuts)
    words = []
    for number, (curve, (colour, line)) in enumerate(CURVE_STYLES.items()):
        names = [best_split(result.curves, SPLITS, curve, n).name for n in SPLITS.cuts]
        runs = np.stack([of_trial(result, name, "target") for name in names])
        across = cuts + 0.06 * (number - 2)
        dots = np.repeat(across, runs.shape[1])
        axes.plot(dots, runs.ravel(), "o", color=colour, ms=3.5, mec="none")
        axes.plot(across, runs.mean(1), line, color=colour, label=curve)
        if curve in AT_END:
            place = cuts[-1] + 0.15, runs[-1].mean() + AT_END[curve]
            axes.text(*place, curve, color=colour, va="center", clip_on=False)
        words.append(f"{curve} {', '.join(f'{mean:.0f}' for mean in runs.mean(1))}")
    base = best_split(result.curves, SPLITS, BASE, 0)
    level = of_trial(result, base.name, "target").mean()
    axes.axhline(level, color=GREY, lw=1.2)
    axes.set(xlabel="n, layers that are copied", ylabel="right on B [%]", xticks=cuts)
    figure.legend(loc="upper center", ncols=3, columnspacing=1.2)
    return Picture(
        figure,
        alt=f"Right on the classes B in percent for n from 1 to {cuts[-1]}, means of "
        f"the seeds: {'; '.join(words)}. Without copied layers: {level:.0f}.",
        caption=f"Dots are {len(result.seeds)} seeds, lines their means. Solid and "
        "dotted: the copied layers are frozen; dashed: they learn, too. Thin line: "
        "all layers are fresh. Each point has its own best rate.",
    )
