"""What is forgotten, over the layers that learn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from lecture_code.experiments.observations.fine_tuning.grid import GridTrial
from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations.fine_tuning.grids import (
    AGAINST,
    PANELS,
    SHOWN_LABELS,
)
from lecture_code.figures.observations.fine_tuning.runs import (
    COMMON_RATE,
    LAYER_WAYS,
    Array,
    alike_on_scans,
    at_end,
    best_trial,
    spread,
)
from lecture_code.observations.fine_tuning import MENU
from lecture_code.show import Picture, Table, new_figure
from lecture_code.show.figures import BLUE, VERMILLION

BETWEEN = "0.72"  # a pale grey
LAYER_STYLES = dict(
    zip(
        LAYER_WAYS,
        (
            (VERMILLION, "-"),
            (BETWEEN, ":"),
            (BETWEEN, "-."),
            (BETWEEN, "--"),
            (BLUE, "-"),
        ),
        strict=True,
    )
)
"""Way in which the last k layers learn -> colour and line; grey in between."""
RATE_PLACES = {LAYER_WAYS[0]: (-10, -8, "right"), LAYER_WAYS[-1]: (10, 6, "left")}
"""Way whose rates are written -> shift in points, right and up, and alignment."""


def print_against_scans(result: Result, labels: int = SHOWN_LABELS) -> Picture:
    """Both accuracies at each rate: a curve for each number of layers.

    Args:
        result: `fine_tuning`.
        labels: n.
    """
    figure, axes = new_figure(height=3.6)
    words = []
    for k, (way, (colour, line)) in enumerate(LAYER_STYLES.items(), start=1):
        rates = result.settings["rates"][way]
        trials = [GridTrial(way, labels, rate) for rate in rates]
        means = np.array([both_at_end(result, trial).mean(1) for trial in trials])
        name = f"k = {k}"
        axes.plot(*means.T, "o", ls=line, color=colour, ms=4.5, label=name)
        best = trials.index(best_trial(result, way, labels))
        axes.plot(*means[best], "D", color=colour, ms=8)
        write_rates(axes, way, rates, means)
        places = ", ".join(f"{scans:.0f} and {kept:.0f}" for scans, kept in means)
        words.append(f"{name}: {places}")
    mark_asked(axes, result, labels)
    axes.set(xlabel="right on scans [%]", ylabel="right on print [%]")
    axes.margins(x=0.18)
    axes.legend(loc="lower left")
    return Picture(
        figure,
        alt="Right on scans and on print in percent, from the lowest to the highest "
        f"rate, means of the seeds. {'; '.join(words)}.",
        caption=f"After 200 batches of {MENU[AGAINST].batch}, drawn from {labels} "
        "labelled scans. A point is a rate, written for k = 1 and k = 5: mean of "
        f"{len(result.seeds)} seeds. Diamonds: the best rate for scans. Rings: the two "
        "networks of the question, and crosses are their seeds. Up and to the right is "
        "better.",
    )


def write_rates(axes: Axes, way: str, rates: Sequence[float], means: Array) -> None:
    """The rates beside the points of the first and the last way.

    Args:
        axes: with the points.
        way: of `LAYER_WAYS`; for those in between nothing is written.
        rates: of the points.
        means: the points, (rates, 2).
    """
    if way not in RATE_PLACES:
        return
    right, up, side = RATE_PLACES[way]
    for rate, place in zip(rates, means, strict=True):
        axes.annotate(
            f"{rate:g}",
            place,
            (right, up),
            textcoords="offset points",
            ha=side,
            va="center",
            fontsize=10,
            color=LAYER_STYLES[way][0],
        )


def mark_asked(axes: Axes, result: Result, labels: int) -> None:
    """A ring around the mean of each network of the question, crosses for its seeds."""
    for way, trial in alike_on_scans(result, labels).items():
        colour = LAYER_STYLES[way][0]
        runs = both_at_end(result, trial)
        axes.plot(*runs, "x", color=colour, ms=6)
        axes.plot(*runs.mean(1), "o", ms=14, mfc="none", mec=colour, mew=2)


def both_at_end(result: Result, trial: GridTrial) -> Array:
    """Right on scans and on print after the last batch, (2, seeds) [%]."""
    ends = [at_end(result, trial, entry) for entry in ("target", "source")]
    return np.stack(ends)


def layers_table(result: Result, labels: int = SHOWN_LABELS) -> Table:
    """The last k layers: best rate, scans and print.

    Args:
        result: `fine_tuning`.
        labels: n.
    """
    kept = at_end(result, best_trial(result, AGAINST, labels), "source")
    rows = {}
    for way in LAYER_WAYS:
        best = best_trial(result, way, labels)
        common = GridTrial(way, labels, COMMON_RATE)
        rows[f"{way}, rate {best.rate:g}"] = {
            "scans": spread(mean_of_seeds(at_end(result, best, "target"))),
            "print": spread(mean_of_seeds(at_end(result, best, "source"))),
            "gap": "–"
            if way == AGAINST
            else str(mean_of_seeds(kept - at_end(result, best, "source"))),
            **{
                f"{kind}, {COMMON_RATE:g}": spread(
                    mean_of_seeds(at_end(result, common, entry))
                )
                for entry, kind in PANELS.items()
            },
        }
    return Table(
        rows,
        caption=f"With {labels} labels, after 200 batches: mean of "
        f"{len(result.seeds)} seeds with 95 % interval, at the best rate of each. "
        "*Gap*: print of all layers minus print of this way, paired. Last columns: "
        f"the rate {COMMON_RATE:g} for all [%]",
        units={
            "scans": "%",
            "print": "%",
            "gap": "points",
        },
        corner="learns",
    )
