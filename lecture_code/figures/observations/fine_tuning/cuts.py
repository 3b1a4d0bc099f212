"""Where a network is cut: the curves of Yosinski et al."""

from __future__ import annotations

import numpy as np

from lecture_code.experiments.observations.fine_tuning.splits import (
    BASE,
    SPLITS,
    best_split,
)
from lecture_code.experiments.results import Result
from lecture_code.figures.observations.fine_tuning.runs import Array, of_trial
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

PANELS = {
    "copied layers are frozen": ("AnB", "BnB", "random nB"),
    "copied layers learn": ("AnB⁺", "BnB⁺"),
}
"""Title of a panel -> its curves."""


def cut_curves(result: Result) -> Picture:
    """Accuracy on the classes B against n, the number of copied layers.

    Args:
        result: `fine_tuning_splits`.
    """
    figure, panels = new_figure(1, 2, height=3.4, sharey=True)
    figure.subplots_adjust(left=0.12, right=0.98, bottom=0.18, top=0.9, wspace=0.08)
    cuts = np.array(SPLITS.cuts)
    base = best_split(result.curves, SPLITS, BASE, 0)
    level = of_trial(result, base.name, "target").mean()
    words = []
    for axes, (title, curves) in zip(panels, PANELS.items(), strict=True):
        axes.axhline(level, color=GREY, lw=1.2)
        for number, curve in enumerate(curves):
            colour, line = CURVE_STYLES[curve]
            runs = right_on_b(result, curve)
            across = cuts + 0.12 * (number - 1)
            dots = np.repeat(across, runs.shape[1])
            axes.plot(dots, runs.ravel(), "o", color=colour, ms=3.5, mec="none")
            axes.plot(across, runs.mean(1), line, color=colour, label=curve)
            words.append(f"{curve} {', '.join(f'{mean:.0f}' for mean in runs.mean(1))}")
        axes.set(title=title, xlabel="n, layers that are copied", xticks=cuts)
        axes.legend(loc="lower left")
    panels[0].set_ylabel("right on B [%]")
    return Picture(
        figure,
        alt=f"Right on the classes B in percent for n from 1 to {cuts[-1]}, means of "
        f"the seeds: {'; '.join(words)}. Without copied layers: {level:.0f}.",
        caption=f"Dots are {len(result.seeds)} seeds, lines their means. Thin line: "
        "all layers are fresh. Each point has its own best rate.",
    )


def right_on_b(result: Result, curve: str) -> Array:
    """Right on the classes B at each cut, at its own best rate, (cuts, seeds) [%]."""
    names = [best_split(result.curves, SPLITS, curve, n).name for n in SPLITS.cuts]
    return np.stack([of_trial(result, name, "target") for name in names])
