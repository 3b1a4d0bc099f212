"""Two columns and the laterals between them, as a drawing."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from lecture_code.show import GREY, METHOD_COLOURS, Picture, new_figure

OLD = METHOD_COLOURS["simulation"]
NEW = METHOD_COLOURS["progressive nets"]
LAYERS = ("conv 1", "conv 2", "dense", "head")
LEFT, RIGHT, STEP = 1.3, 4.9, 1.0  # middles of the columns, and from layer to layer


def two_columns() -> Picture:
    """A frozen wide column, a narrow column that learns, and laterals between them."""
    figure, axes = new_figure(height=3.6)
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.01, top=0.99)
    axes.axis("off")
    axes.set(xlim=(0, 6.4), ylim=(-0.55, 4.95))
    _box(axes, (LEFT + RIGHT) / 2, 0, "image $h_0$", GREY, 4.9)
    for layer, name in enumerate(LAYERS, start=1):
        height = layer * STEP
        _box(axes, LEFT, height, name, OLD, 1.7)
        _box(axes, RIGHT, height, name, NEW, 1.0)
        for middle, colour in ((LEFT, OLD), (RIGHT, NEW)):
            _arrow(axes, (middle, height - 0.72), (middle, height - 0.28), colour)
        if layer > 1:
            _arrow(axes, (LEFT + 0.9, height - 0.93), (RIGHT - 0.55, height), NEW)
    axes.text(3.15, 2.72, "$U$", color=NEW, ha="center", fontsize=12)
    axes.text(2.95, 3.72, "$U$: copied", color=NEW, ha="center")
    axes.text(LEFT + 0.12, 1.48, "$W^{(1)}$", color=OLD, va="center")
    axes.text(RIGHT + 0.12, 1.48, "$W^{(2)}$", color=NEW, va="center")
    axes.text(RIGHT - 0.12, 3.48, "$W^{(2)}$: 0", color=NEW, ha="right", va="center")
    axes.text(LEFT, 4.6, "simulation: frozen", color=OLD, ha="center")
    axes.text(RIGHT, 4.6, "robot: learns", color=NEW, ha="center")
    return Picture(
        figure,
        alt="Two columns of four layers stand on the same image. The left column is "
        "wide and frozen. The right column is narrow and learns. An arrow U leads "
        "from each layer of the left column into the next layer of the right column. "
        "The arrow into the right head is marked as copied, and the arrow W from the "
        "right dense layer into this head as 0.",
        caption="Purple learns, blue is frozen. No arrow leads back into the blue "
        "column. *Copied* and 0 say how the new head starts (line 3 of the algorithm "
        "below). Adapters V are left out.",
    )


def _box(axes: Axes, x: float, y: float, text: str, colour: str, width: float) -> None:
    """A layer: a frame with its name."""
    axes.text(x, y, text, ha="center", va="center", fontsize=10)
    box = FancyBboxPatch((x - width / 2, y - 0.2), width, 0.4, fc="none", ec=colour)
    box.set(boxstyle="round,pad=0.06", linewidth=2)
    axes.add_patch(box)


def _arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], colour: str
) -> None:
    """An arrow between two layers."""
    style = {"arrowstyle": "-|>", "color": colour, "lw": 1.5}
    axes.annotate("", end, start, arrowprops=style)
