"""What it costs and what it brings to add columns: parameters, returns, and what is
kept of the old domains.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib.axes import Axes

from lecture_code.experiments import Result
from lecture_code.experiments.observations.progressive_nets.first_columns import COLUMNS
from lecture_code.experiments.observations.progressive_nets.methods import (
    ADAPTER,
    NARROW,
)
from lecture_code.figures.observations.progressive_nets.readings import NEW, OLD
from lecture_code.figures.observations.progressive_nets.runs import COLOURS
from lecture_code.learning.columns import Column, ColumnSizes, number_of_parameters
from lecture_code.learning.episodes import frozen
from lecture_code.observations.progressive_nets import LateralSettings, ProgressiveNet
from lecture_code.show import GREY, METHOD_COLOURS, Picture, Table, new_figure

MOST = 8  # columns in the figure
KINDS = {
    "as wide as column 1, no adapters": (COLUMNS.sizes, 0, "--", OLD),
    "as wide, adapters": (COLUMNS.sizes, ADAPTER, "-", OLD),
    "narrow, no adapters": (NARROW, 0, "--", NEW),
    "narrow, adapters": (NARROW, ADAPTER, "-", NEW),
}
"""Kind of the new columns -> their sizes, adapter, line and colour."""
METHOD_COLOUR = {
    "third column": NEW,
    "second column": NEW,
    "fine-tuning": METHOD_COLOURS["fine-tuning"],
    "fine-tuning twice": METHOD_COLOURS["fine-tuning"],
    "head only": COLOURS["head only"],
}


@cache
def numbers_of_parameters(
    sizes: ColumnSizes, adapter: int, most: int = MOST
) -> list[int]:
    """Number of all parameters of nets with 1, 2, … columns, counted in real nets.

    Args:
        sizes: of every new column.
        adapter: channels of the adapters; 0 for none.
        most: number of columns of the last net.
    """
    rng = np.random.default_rng(0)
    net = ProgressiveNet.from_column(Column(COLUMNS.sizes, rng))
    counts = [number_of_parameters(net)]
    for _ in range(most - 1):
        old = frozen(net)
        assert isinstance(old, ProgressiveNet)
        net = old.grown(sizes, LateralSettings(adapter, head="own"), rng)
        counts.append(number_of_parameters(net))
    return counts


def growth_curves(third: Result) -> Picture:
    """Parameters against the number of columns, and the returns of the third domain.

    Args:
        third: `progressive_nets_third`.
    """
    figure, (above, below) = new_figure(2, 1, height=5.6)
    words = []
    for name, (sizes, adapter, line, colour) in KINDS.items():
        counts = np.array(numbers_of_parameters(sizes, adapter)) / 1000
        above.plot(np.arange(1, MOST + 1), counts, line, color=colour, label=name)
        words.append(f"{name} {counts[2]:,.0f} and {counts[-1]:,.0f}")
    above.set(xlabel="number of columns", ylabel="thousand parameters", ylim=(0, None))
    above.legend(loc="upper left")
    outcomes = _draw_returns(below, third)
    below.set_xlabel("return with a moving target")
    figure.subplots_adjust(left=0.29, top=0.97, bottom=0.1, hspace=0.4)
    return Picture(
        figure,
        alt="Above, thousand parameters of nets with 3 and with "
        f"{MOST} columns: {'; '.join(words)}. Below, median return with a moving "
        f"target, before and after training: {'; '.join(outcomes)}.",
        caption="Above: all parameters, frozen ones too. Below: median of "
        f"{len(third.seeds)} seeds before (open) and after "
        f"{third.settings['frames']:,} control steps (filled), at a learning rate of "
        f"{third.settings['rate']:g}; dots are seeds.",
    )


def _draw_returns(axes: Axes, third: Result) -> list[str]:
    """A row for each method; its medians in words."""
    methods = third.settings["methods"]
    words = []
    for place, method in enumerate(methods):
        entries = third.curves[method]
        colour = METHOD_COLOUR.get(method, GREY)
        before, after = (np.median(entries[when]) for when in ("before", "after"))
        axes.plot([before, after], [-place] * 2, color=colour, lw=1.5)
        axes.plot(entries["after"], [-place] * len(third.seeds), ".", color=colour)
        axes.plot(before, -place, "o", color=colour, mfc="none", ms=8)
        axes.plot(after, -place, "o", color=colour, ms=8)
        words.append(f"{method} {before:.1f} and {after:.1f}")
    axes.set_yticks([-place for place in range(len(methods))], methods)
    axes.set(ylim=(0.6 - len(methods), 0.6), xlim=(0, None))
    return words


def third_table(third: Result) -> Table:
    """Returns in all three domains after the last training, and what learnt in it.

    Args:
        third: `progressive_nets_third`.
    """
    rows: dict[str, dict[str, float | str]] = {}
    for method in third.settings["methods"]:
        entries = third.curves[method]
        rows[method] = {
            "moving target": float(np.median(entries["after"])),
            "A": kept(entries["A before"], entries["A after"]),
            "simulation": kept(
                entries["simulation before"], entries["simulation after"]
            ),
        }
    return Table(
        rows,
        caption="Median return with the moving target; median returns on A and in the "
        "simulation before → after this training",
        digits={"moving target": 1},
        corner="method",
    )


def kept(before: list[float], after: list[float]) -> str:
    """'37.1 → 33.4', or '37.1, kept' if no seed has changed."""
    if before == after:
        return f"{np.median(before):.1f}, kept"
    return f"{np.median(before):.1f} → {np.median(after):.1f}"
