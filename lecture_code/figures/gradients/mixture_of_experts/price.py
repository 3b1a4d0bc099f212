"""What a layer with n experts costs: the arithmetic of one example, and parameters."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from lecture_code.experiments import Result
from lecture_code.figures.gradients.mixture_of_experts.runs import MIXTURE, UNBALANCED
from lecture_code.show import GREY, PALETTE, Picture, new_figure

EXPERTS, GATE, NOISE = "experts", "gate", "noise of the gate"
PARTS = {EXPERTS: MIXTURE, GATE: UNBALANCED, NOISE: PALETTE[3]}
"""Parts of the arithmetic, in the order in which a bar stacks them, and colours."""


def relative_costs(language: Result, n: int) -> dict[str, float]:
    """Arithmetic of one example and parameters of a layer with n experts, relative to
    the dense layer.

    The noise of the gate has a matrix of its own, W_noise. Its product is needed in
    training only, but its parameters are always held.
    """
    d, h, k = (language.settings[name] for name in ("width", "hidden", "k"))
    dense = 2 * k * d * h  # products of an example, and parameters
    gate = d * n / dense if n > 1 else 0.0
    return {
        EXPERTS: 1.0,
        GATE: gate,
        NOISE: gate,
        "parameters": max(n, k) / k + 2 * gate,
    }


def price_of_experts(language: Result, n: int) -> Picture:
    """Left the n experts, of which k answer; right the arithmetic of one example."""
    costs = relative_costs(language, n)
    k = language.settings["k"]
    figure, (left, right) = new_figure(1, 2, height=2.9)
    _draw_experts(left, n, k)
    left.set_title(f"held: {_times(costs['parameters'])}")
    right.set_title(f"computed: {_times(costs[EXPERTS] + costs[GATE])}")
    _draw_arithmetic(right, costs)
    if n > 1:
        what = f"{n} experts, of which each example asks {k} (green)"
    else:
        what = f"One dense network, as wide as {k} experts"
    training = costs[EXPERTS] + costs[GATE] + costs[NOISE]
    words = (
        f"{what}. Relative to the dense layer: {_times(costs['parameters'])} the "
        f"parameters, {_times(costs[EXPERTS] + costs[GATE])} the arithmetic in use, "
        f"{_times(training)} in training."
    )
    alt = (
        "Left: a square for each expert, green if it answers. Right: a bar of the "
        f"arithmetic, stacked from experts, gate and noise of the gate. {words}"
    )
    return Picture(figure, alt=alt, caption=words)


def _times(ratio: float) -> str:
    """A ratio with at most three digits and without a power of ten: '130 ×'."""
    return f"{float(f'{ratio:.3g}'):g} ×"


def _draw_experts(axes: Axes, n: int, k: int) -> None:
    """A square for each expert; the dense network is one piece as wide as k squares."""
    side = 16  # squares in a row, of the largest layer
    axes.axis("off")
    axes.set(xlim=(0, side), ylim=(side, 0), aspect="equal", anchor="NW")
    if n == 1:
        axes.add_patch(Rectangle((0.1, 0.1), k - 0.2, 0.8, color=MIXTURE))
        return
    row = min(side, max(k, round(n**0.5)))
    asked = {1, n - 2}  # any two, apart
    for expert in range(n):
        corner = (expert % row + 0.1, expert // row + 0.1)
        colour, alpha = (MIXTURE, 1.0) if expert in asked else (GREY, 0.35)
        square = Rectangle(corner, 0.8, 0.8, facecolor=colour, alpha=alpha)
        axes.add_patch(square)


def _draw_arithmetic(axes: Axes, costs: dict[str, float]) -> None:
    """Stacked bars of the arithmetic, in use and in training."""
    for place, parts in ((0, (EXPERTS, GATE)), (1, (EXPERTS, GATE, NOISE))):
        bottom = 0.0
        for part in parts:
            axes.bar(place, costs[part], 0.6, bottom=bottom, color=PARTS[part])
            bottom += costs[part]
    for part, colour in PARTS.items():
        axes.bar(0, 0, color=colour, label=part)
    axes.set_xticks([0, 1], ["in use", "training"])
    axes.set(ylim=(0, 5.4), xlim=(-0.6, 1.6), ylabel="dense layers")
    axes.legend(loc="upper right", reverse=True, borderaxespad=0)
