"""Scans that are near to print, and scans that are far from it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lecture_code.experiments.results import Result
from lecture_code.figures.observations.fine_tuning.grids import (
    SOLVED,
    solved_probe_right,
)
from lecture_code.figures.observations.fine_tuning.runs import (
    SCANS,
    Array,
    at_end,
    best_trial,
)
from lecture_code.show import GREY, Picture, new_figure

MOST_LABELS = 300  # n, at which frozen features are compared with none
WAYS_SHOWN = ("scratch", "linear probe", SOLVED, "all")


def right_on_scans(result: Result, probe: Result, way: str) -> Array:
    """What a way reads of the scans with `MOST_LABELS` labels, (seeds,) [%].

    Args:
        result: `fine_tuning` or `fine_tuning_turned`.
        probe: the solved probe on the same scans.
        way: of `WAYS_SHOWN`.
    """
    if way == SOLVED:
        return solved_probe_right(probe, MOST_LABELS)
    return at_end(result, best_trial(result, way, MOST_LABELS), "target")


def near_and_far(pairs: Mapping[str, tuple[Result, Result]]) -> Picture:
    """Right on scans: a dot for each seed, and a line for the mean.

    Args:
        pairs: title of a panel -> a grid, and the solved probe on the same scans.
    """
    figure, panels = new_figure(1, len(pairs), height=3.2, sharey=True)
    figure.subplots_adjust(left=0.1, right=0.99, bottom=0.24, top=0.9, wspace=0.06)
    words = []
    for axes, (title, (result, probe)) in zip(panels, pairs.items(), strict=True):
        means = []
        for place, way in enumerate(WAYS_SHOWN):
            runs = right_on_scans(result, probe, way)
            colour = GREY if way == "scratch" else SCANS
            across = place + np.linspace(-0.15, 0.15, len(runs))
            axes.plot(across, runs, "o", color=colour, ms=5)
            axes.hlines(runs.mean(), place - 0.3, place + 0.3, color=colour, lw=2)
            means.append(f"{way} {runs.mean():.0f}")
        names = [way.replace(" ", "\n") for way in WAYS_SHOWN]
        axes.set_xticks(range(len(names)), names)
        axes.set_title(title)
        words.append(f"{title}: {', '.join(means)}")
    panels[0].set_ylabel("right on scans [%]")
    return Picture(
        figure,
        alt=f"Right on scans in percent, means of the seeds. {'; '.join(words)}.",
        caption=f"With {MOST_LABELS} labels, each way at its best rate. Dots are "
        f"{len(result.seeds)} seeds, lines their means.",
    )
