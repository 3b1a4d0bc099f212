"""How large the new column must be: return against the number of trained parameters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

from lecture_code.experiments import Result
from lecture_code.figures.observations.progressive_nets.rates import TRAINED
from lecture_code.figures.observations.progressive_nets.readings import (
    AS_IT_IS,
    HEADS,
    measured,
)
from lecture_code.figures.observations.progressive_nets.runs import (
    COLOURS,
    MARKERS,
    Array,
)
from lecture_code.show import Picture, new_figure

HEAD = "head only"
SHIFT = {"frozen copy": 0.95}  # else two bars near 100,000 overlap


def capacity_curves(
    parts: Result, columns: Result, domain: str, comparison: Result | None = None
) -> Picture:
    """Median return and range of the seeds, for each size of the new column.

    Args:
        parts: `progressive_nets_parts`.
        columns: `progressive_nets_columns`, for the first column as it is.
        domain: the robot.
        comparison: `progressive_nets`; then the head of column 1 alone is shown, too.
    """
    figure, axes = new_figure(height=3.1)
    words = _draw_sizes(axes, parts, domain)
    before = np.median(columns.curves["simulation"]["tests"][domain])
    axes.axhline(before, color=AS_IT_IS, ls="--", lw=1.5, label="column 1 as it is")
    words.append(f"column 1 as it is: {before:.1f}")
    if comparison is not None:
        alone = comparison.curves[f"{domain} {HEAD} {parts.settings['rate']:g}"]
        (value,) = _draw_ranges(axes, HEAD, [TRAINED[HEAD]], [alone["after"]], HEAD)
        words.append(f"{HEAD}: {value:.1f} with {TRAINED[HEAD]}")
    axes.set(xscale="log", xlabel="parameters that learn", ylabel="return")
    axes.set(xlim=(600, 200_000), ylim=(0, None))
    axes.set_xticks([1e3, 1e4, 1e5], ["1,000", "10,000", "100,000"])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.legend(loc="lower right")
    return Picture(
        figure,
        alt=f"Median return on robot {domain} against the number of parameters that "
        f"learn. {'; '.join(words)}.",
        caption=f"Robot {domain}, {parts.settings['frames']:,} control steps. Median "
        f"and range of {len(parts.seeds)} seeds. Filters and dense layer: "
        f"{', '.join(str(tuple(widths)) for widths in parts.settings['widths'])}. "
        "Frozen copies are drawn 5 % to the left, so that no bar hides another.",
    )


def _draw_sizes(axes: Axes, parts: Result, domain: str) -> list[str]:
    """A curve for each method; its points in words."""
    words = []
    for method in parts.settings["resized"]:
        sizes = [tuple(widths) for widths in parts.settings["widths"]]
        groups = [measured(parts, domain, method, widths) for widths in sizes]
        counts = [group["parameters"] for group in groups]
        places = [count * SHIFT.get(method, 1) for count in counts]
        returns = [group["after"] for group in groups]
        middle = _draw_ranges(axes, method, places, returns, HEADS[method])
        pairs = zip(counts, middle, strict=True)
        points = ", ".join(f"{m:.1f} with {n:,}" for n, m in pairs)
        words.append(f"{HEADS[method]}: {points} parameters")
    return words


def _draw_ranges(
    axes: Axes,
    method: str,
    places: Sequence[float],
    returns: Sequence[Sequence[float]],
    label: str,
) -> Array:
    """Medians with the range of their seeds; the medians."""
    middle = np.median(returns, axis=1)
    axes.errorbar(
        places,
        middle,
        [middle - np.min(returns, axis=1), np.max(returns, axis=1) - middle],
        color=COLOURS[method],
        marker=MARKERS[method],
        ms=6,
        capsize=3,
        label=label,
    )
    return np.asarray(middle, dtype=float)
