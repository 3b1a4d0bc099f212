"""Recurrent cells as trees with their equations, and what the search for cells found.

Read `draw_tree`: everything flows upwards, from x_t and h_{t−1} at the leaves to h_t.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch
from numpy.typing import NDArray

from lecture_code.experiments import Result
from lecture_code.experiments.gradients.architecture_search.trained_cells import (
    COMPARISON,
)
from lecture_code.experiments.summaries import Interval, mean_of_seeds
from lecture_code.gradients.cell_formulas import KNOWN_CELLS, formulas_of
from lecture_code.gradients.recurrent_cells import CellTree
from lecture_code.show import GREY, METHOD_COLOURS, Picture, Table, new_figure
from lecture_code.show.svg import FOREGROUND

HIDDEN = METHOD_COLOURS["REINFORCE"]
MEMORY = METHOD_COLOURS["regularised evolution"]
NAMES = {
    "random": "random search",
    "evolution": "regularised evolution",
    "REINFORCE": "REINFORCE",
}
SIGNS = {"add": "+", "elem_mult": r"$\odot$"}
FUNCTIONS = {"identity": "", "tanh": "tanh", "sigmoid": "σ", "relu": "ReLU"}
WIDTH = 5.2  # [in]
BOX = (0.56, 0.4)  # width and height of a node [in]
LEVEL = 0.86  # from level to level [in]
LINE = 0.22  # from equation to equation [in]
MOST_EQUATIONS = 8  # more do not fit below a tree


def shown_cells() -> dict[str, CellTree]:
    """The cells that have a name, and then the two that the search found."""
    arms = COMPARISON.arms()
    found = {name: arm for name, arm in arms.items() if isinstance(arm, CellTree)}
    return KNOWN_CELLS | found


def cell_picture(name: str, cells: Mapping[str, CellTree] | None = None) -> Picture:
    """A cell as a tree, with its equations below if they are few.

    Args:
        name: of the cell.
        cells: all cells, by name; `shown_cells()` if None.

    Raises:
        ValueError: there is no such cell.
    """
    known = dict(shown_cells() if cells is None else cells)
    if name not in known:
        raise ValueError(f"no cell {name!r}; there are: {', '.join(known)}")
    tree = known[name]
    formulas = formulas_of(tree)
    shown = formulas if len(formulas) <= MOST_EQUATIONS else ()
    below = LINE * len(shown) + 0.6
    levels = 1 + max(level for _, level in places_of(tree))
    height = below + LEVEL * levels + 0.35
    figure, axes = new_figure(width=WIDTH, height=height)
    figure.subplots_adjust(left=0, right=1, bottom=0, top=1)
    axes.axis("off")
    axes.set(xlim=(0, WIDTH), ylim=(-below, height - below))  # in inches
    draw_tree(axes, tree)
    for line, formula in enumerate(shown):
        at = (WIDTH / 2, -0.72 - LINE * line)
        axes.text(*at, f"${formula.latex}$", ha="center", va="center")
    memory = f"c at time t − 1 enters at node {tree.cell_to}"
    words = " ".join(formula.words for formula in formulas)
    alt = f"A tree with {tree.base} leaves, {name}. {words}"
    caption = (
        "Below the bar of a node: how its two inputs are combined. Above the bar: its "
        f"activation, if it has one. Orange: {memory}, and c at time t is taken from "
        f"node {tree.cell_from} before the activation."
    )
    return Picture(figure, alt=alt, caption=caption)


def places_of(tree: CellTree) -> list[tuple[float, int]]:
    """Of each node its column, between its children, and its level; leaves are 0."""
    places = [(float(leaf), 0) for leaf in range(tree.base)]
    for node in range(tree.base, len(tree.nodes)):
        children = tree.children(node)
        assert children is not None
        left, right = (places[child] for child in children)
        places.append(((left[0] + right[0]) / 2, 1 + max(left[1], right[1])))
    return places


def draw_tree(axes: Axes, tree: CellTree) -> None:
    """The tree on axes in inches, the leaves' middles at height 0.2."""
    step = min(1.5, (WIDTH - 0.7) / (tree.base - 1))
    start = (WIDTH - step * (tree.base - 1)) / 2
    spots = [(start + step * x, 0.2 + LEVEL * y) for x, y in places_of(tree)]
    for node, (x, y) in enumerate(spots):
        children = tree.children(node)
        if children is None:
            _arrow(axes, (x, y - 0.48), (x, y - 0.21), GREY)
            if tree.base == 2:
                axes.text(x, y - 0.6, "$x_t$, $h_{t-1}$", ha="center", va="center")
        for child in children or ():
            tail = (spots[child][0], spots[child][1] + _top(tree, child))
            _arrow(axes, tail, (x + 0.3 * np.sign(tail[0] - x) * BOX[0], y - 0.2))
        _draw_node(axes, tree, node, (x, y))
    if tree.base > 2:
        words = "each leaf: $x_t$ and $h_{t-1}$"
        axes.text(WIDTH / 2, -0.4, words, ha="center", va="center")
    x, y = spots[-1]
    top = y + _top(tree, len(spots) - 1)
    _arrow(axes, (x, top), (x, top + 0.22), HIDDEN)
    axes.text(x + 0.08, top + 0.16, "$h_t$", va="center", color=HIDDEN)


def _top(tree: CellTree, node: int) -> float:
    """How far above its middle a node ends [in]."""
    return 0.5 if node == tree.cell_to else 0.2


def _draw_node(
    axes: Axes, tree: CellTree, node: int, spot: tuple[float, float]
) -> None:
    """A box with activation and sign; above it the cell inject, beside it c_t."""
    x, y = spot
    wide, high = BOX
    function = FUNCTIONS[tree.nodes[node].activate]
    sign = SIGNS[tree.nodes[node].combine]
    _box(axes, (x - wide / 2, y - high / 2), high, HIDDEN)
    if function:
        axes.text(x, y + 0.1, function, ha="center", va="center")
        axes.text(x, y - 0.1, sign, ha="center", va="center")
        axes.plot([x - wide / 2, x + wide / 2], [y, y], color=HIDDEN, linewidth=0.8)
    else:
        axes.text(x, y, sign, ha="center", va="center")
    if node == tree.cell_from:
        _arrow(axes, (x + wide / 2, y), (x + wide / 2 + 0.24, y), MEMORY)
        axes.text(x + wide / 2 + 0.27, y, "$c_t$", va="center", color=MEMORY)
    if node == tree.cell_to:
        inject = tree.inject
        _box(axes, (x - wide / 2, y + high / 2 + 0.03), 0.26, MEMORY)
        words = f"{SIGNS[inject.combine]} {FUNCTIONS[inject.activate]}".strip()
        axes.text(x, y + high / 2 + 0.16, words, ha="center", va="center", fontsize=10)
        level = y + high / 2 + 0.16
        side = 1 if x > WIDTH / 2 + 0.01 else -1  # away from the edge to the parent
        edge = x + side * wide / 2
        _arrow(axes, (edge + side * 0.24, level), (edge, level), MEMORY)
        at = (edge + side * 0.16, level + 0.17)
        axes.text(*at, "$c_{t-1}$", ha="center", va="center", color=MEMORY)


def _box(axes: Axes, corner: tuple[float, float], high: float, colour: str) -> None:
    box = FancyBboxPatch(
        corner,
        BOX[0],
        high,
        boxstyle="round,pad=0,rounding_size=0.05",
        facecolor=colour,
        edgecolor=colour,
        alpha=0.25,
    )
    axes.add_patch(box)


def _arrow(
    axes: Axes,
    tail: tuple[float, float],
    head: tuple[float, float],
    colour: str = FOREGROUND,
) -> None:
    style = {
        "arrowstyle": "-|>",
        "color": colour,
        "lw": 1.2,
        "shrinkA": 0,
        "shrinkB": 0,
    }
    axes.annotate("", head, tail, arrowprops=style)


def searchers_table(result: Result) -> Table:
    """Of each searcher what its children and its answers were worth."""
    rows = {}
    for name, label in NAMES.items():
        curve = result.curves[name]
        children = np.array(curve["perplexities"])
        half = children.shape[1] // 2
        rows[label] = {
            "first half of the queries": np.median(children[:, :half], axis=1).tolist(),
            "second half": np.median(children[:, half:], axis=1).tolist(),
            "best child": children.min(axis=1).tolist(),
            "answer, trained long": curve["trained"],
        }
    return Table(
        rows,
        caption="Perplexity on the validation text: the median child of the first and "
        "of the second half of a search, its best child, and its answer after the long "
        f"training. Median, lowest and highest of {len(result.seeds)} searches.",
        digits=2,
        corner="searcher",
    )


def comparison_table(result: Result, longer: Result) -> Table:
    """The trained cells beside torch's layers: perplexity, and difference to the LSTM.

    Args:
        result: all arms.
        longer: some of the arms, trained for more steps.
    """
    rows: dict[str, dict[str, float | str]] = {arm: {} for arm in result.curves}
    for found in (result, longer):
        steps = f"{found.settings['training']['steps']:,}"
        for arm, curve in found.curves.items():
            rows[arm][f"{steps} steps"] = mean(curve)
            rows[arm][f"minus LSTM ({steps})"] = (
                "" if arm == "LSTM" else behind_lstm(found, arm)
            )
    sizes = [curve["parameters"] for curve in result.curves.values()]
    return Table(
        rows,
        caption=f"Mean perplexity on the test text, {len(result.seeds)} seeds, each "
        "arm at its best rate; the paired difference from the LSTM with half of its "
        f"95 % interval. From {min(sizes):,} to {max(sizes):,} parameters.",
        digits=2,
        corner="recurrent layer",
    )


def behind_lstm(result: Result, arm: str) -> str:
    """Test perplexity of an arm minus that of the LSTM, paired by seed."""
    test = {name: np.array(result.curves[name]["test"]) for name in (arm, "LSTM")}
    return difference(test[arm] - test["LSTM"])


def difference(values: NDArray[np.float64]) -> str:
    """The mean of paired differences, and half of its interval: "+0.10 ± 0.02"."""
    found: Interval = mean_of_seeds(values)
    words = f"{found.value:+.2f} ± {found.high - found.value:.2f}"
    return words.replace("-", "−").replace(" ", "\N{NO-BREAK SPACE}")


def sums_table(comparison: Result, sums: Result) -> Table:
    """Test perplexity of the cells as they were found, and with a sum for a product.

    Args:
        comparison: all arms.
        sums: the cells with one product made a sum, named "<cell>, sum".
    """
    rows: dict[str, dict[str, float | str]] = {}
    for arm, curve in comparison.curves.items():
        if f"{arm}, sum" in sums.curves:
            changed = sums.curves[f"{arm}, sum"]
            rows[arm] = {
                "as found": mean(curve),
                "a sum for its product": mean(changed),
                "difference": difference(
                    np.array(changed["test"]) - np.array(curve["test"])
                ),
            }
    return Table(
        rows,
        caption=f"Mean perplexity on the test text, {len(comparison.seeds)} seeds, "
        "each at its best rate; the paired difference with half of its 95 % interval. "
        "One token of each cell is changed.",
        digits=2,
        corner="cell",
    )


def mean(curve: Mapping[str, list[float]]) -> float:
    """Mean test perplexity of an arm over its seeds."""
    return float(np.mean(curve["test"]))
