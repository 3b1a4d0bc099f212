"""Which column is read where: average perturbation sensitivity as a heat map."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from lecture_code.experiments import Result
from lecture_code.experiments.observations.progressive_nets.parts import PLACES, noise
from lecture_code.figures.observations.progressive_nets.readings import (
    HEADS,
    NEW,
    measured,
)
from lecture_code.observations.usage import shares
from lecture_code.show import Picture, new_figure

Array = NDArray[np.float64]

LAYERS = ("1st convolution", "2nd convolution", "dense")
COLUMNS = ("column 1", "column 2")


def usage(parts: Result, domain: str, method: str) -> Array:
    """Shares (seeds, columns, layers) of all seeds that learnt.

    Args:
        parts: `progressive_nets_parts`.
        domain: the robot.
        method: of the comparison.
    """
    entries = measured(parts, domain, method)
    found = []
    for row in range(len(parts.seeds)):
        values = [entries[noise(place)][row] for place in PLACES]
        if None not in values:
            found.append(shares(np.reshape(values, (len(COLUMNS), len(LAYERS)))))
    return np.array(found).reshape(-1, len(COLUMNS), len(LAYERS))


def usage_map(parts: Result, domain: str) -> Picture:
    """One map for each head: rows are layers, columns are columns.

    Args:
        parts: `progressive_nets_parts`.
        domain: the robot.
    """
    methods = parts.settings["methods"]
    figure, panels = new_figure(1, len(methods), height=2.6)
    figure.subplots_adjust(left=0.25, right=0.99, bottom=0.12, top=0.86, wspace=0.1)
    words = []
    learnt = []
    for axes, method in zip(panels, methods, strict=True):
        found = usage(parts, domain, method)
        learnt.append(f"{len(found)} of {len(parts.seeds)} ({HEADS[method]})")
        _draw_map(axes, found)
        axes.set_title(HEADS[method])
        if len(found):
            middle = ", ".join(f"{share:.2f}" for share in np.median(found, 0)[1])
            words.append(f"{HEADS[method]} {middle}")
    panels[0].set_yticks(np.arange(len(LAYERS)) + 0.5, LAYERS)
    return Picture(
        figure,
        alt=f"Maps of average perturbation sensitivity on robot {domain}. Share of the "
        "second column in the first convolution, the second convolution and the dense "
        f"layer: {'; '.join(words) or 'nobody learnt'}.",
        caption=f"Robot {domain}. Median share of each column in the sensitivity of a "
        "layer: of the seeds that learnt, "
        f"{', '.join(learnt)}.",
    )


def _draw_map(axes: Axes, found: Array) -> None:
    """Median shares in words and as strength of colour; "–" if nobody learnt."""
    middle = np.median(found, axis=0) if len(found) else np.full((2, 3), np.nan)
    for (column, layer), share in np.ndenumerate(middle):
        known = np.isfinite(share)
        alpha = 0.1 + 0.7 * share if known else 0.0
        axes.add_patch(
            Rectangle((column, layer), 1, 1, fc=NEW, ec="none", alpha=float(alpha))
        )
        text = f"{share:.2f}" if known else "–"
        axes.text(column + 0.5, layer + 0.5, text, ha="center", va="center")
    axes.set(xlim=(0, len(COLUMNS)), ylim=(0, len(LAYERS)), yticks=[])
    axes.set_xticks(np.arange(len(COLUMNS)) + 0.5, ["col. 1", "col. 2"])
    axes.tick_params(length=0)
    axes.grid(visible=False)
    for side in axes.spines.values():
        side.set_visible(False)
