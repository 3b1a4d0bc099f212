"""The book's figures: one style, one palette, one colour per method. A `Picture` (in
`picture.py`) puts a figure on a page.

    figure, axes = new_figure()
    band(axes, x, curves, label="CMA-ES", colour=METHOD_COLOURS["CMA-ES"])
    axes.set(xlabel="gravity [m/s²]", ylabel="return")
    Picture(figure, alt="Return against gravity: ...")

The palette is that of Okabe and Ito, *Color Universal Design* (2008), which readers of
every colour vision can tell apart. Text and axes take the text colour of the page, so
that a figure is readable in light and dark.
"""

from __future__ import annotations

from typing import Any, Literal

import matplotlib
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from .svg import FOREGROUND

BLUE, VERMILLION, GREEN = "#0072b2", "#d55e00", "#009e73"
ORANGE, SKY, PURPLE, YELLOW = "#e69f00", "#56b4e9", "#cc79a7", "#f0e442"
GREY = "#808589"
PALETTE = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY)

WIDTH, HEIGHT = 5.2, 3.0  # [in]: letters of 10 points are 9.3 px high on a phone
MAX_WIDTH = 600  # [CSS px]: and 16 px, that of the text, on a desk
MARGINS = {"left": 0.75, "right": 0.15, "bottom": 0.56, "top": 0.28}
"""Around the axes [in]; fixed, so that a flipbook's axes stand still."""

STYLE: Any = {  # matplotlib's own names
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "text.color": FOREGROUND,
    "axes.edgecolor": FOREGROUND,
    "axes.labelcolor": FOREGROUND,
    "axes.titlecolor": FOREGROUND,
    "xtick.color": FOREGROUND,
    "ytick.color": FOREGROUND,
    "grid.color": FOREGROUND,
    "grid.alpha": 0.13,
    "grid.linewidth": 0.7,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=PALETTE),
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.labelsize": 11,
    "font.size": 11,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "lines.linewidth": 2.0,
    "lines.solid_capstyle": "round",
    "mathtext.fontset": "dejavusans",
    "svg.fonttype": "none",
    "svg.hashsalt": "crossing the reality gap",
}


class Colours(dict[str, str]):
    """Colours by name; an unknown name is answered by a list of the known ones."""

    def __missing__(self, name: str) -> str:
        raise KeyError(
            f"no colour for {name!r}; METHOD_COLOURS knows {', '.join(self)}"
        )


METHOD_COLOURS = Colours(
    {
        # who is moving
        "simulation": BLUE,
        "reality": VERMILLION,
        "nominal": GREY,
        "baseline": GREY,
        # which robot
        "HalfCheetah": PURPLE,
        "Hopper": ORANGE,
        "Walker2d": SKY,
        # how a policy is found
        "augmented random search": ORANGE,
        "cross-entropy method": GREEN,
        "RWR": SKY,
        "PoWER": PURPLE,
        "PI²": VERMILLION,
        "CMA-ES": BLUE,
        "no noise": GREEN,
        "constant noise": ORANGE,
        "decreasing noise": BLUE,
        "policy gradient": GREEN,
        # how the gap is crossed
        "system identification": GREEN,
        "online adaptation": SKY,
        "grounded action transformation": GREEN,
        "GAT with memory": SKY,
        "grounding by parameters": PURPLE,
        "domain randomisation": ORANGE,
        "trained on the light robot": SKY,
        "trained on the mean robot": BLUE,
        "trained on the heavy robot": GREEN,
        "EPOpt": PURPLE,
        "inverse dynamics": SKY,
        "fine-tuning": ORANGE,
        "progressive nets": PURPLE,
        "CAD2RL": GREEN,
        "domain confusion": SKY,
        # how a gradient passes a discrete choice
        "mixture of experts": GREEN,
        "unbalanced mixture": VERMILLION,
        "exact": GREY,
        "score function": BLUE,
        "Gumbel-softmax": VERMILLION,
        "straight-through": ORANGE,
        "straight-through Gumbel": ORANGE,
        "constant baseline": SKY,
        "optimal baseline": GREEN,
        "REBAR": PURPLE,
        # who designs a network
        "REINFORCE": BLUE,
        "REINFORCE without memory": SKY,
        "regularised evolution": ORANGE,
        "local search": GREEN,
        "random search": GREY,
    }
)


def new_figure(
    rows: int = 1,
    columns: int = 1,
    *,
    width: float = WIDTH,
    height: float | None = None,
    **subplots: Any,
) -> tuple[Figure, Any]:
    """A figure in the book's style, with its axes, as `Figure.subplots` gives them.

    Sets matplotlib's defaults to the book's.

    Args:
        rows, columns: panels.
        width, height: size [in]; one row is 3 in high, each further row adds 2.4 in.
        subplots: passed to `Figure.subplots`, for instance `sharey=True`.
    """
    matplotlib.rcParams.update(STYLE)
    height = HEIGHT + 2.4 * (rows - 1) if height is None else height
    figure = Figure(figsize=(width, height))
    panel_width = (width - MARGINS["left"] - MARGINS["right"]) / columns
    panel_height = (height - MARGINS["bottom"] - MARGINS["top"]) / rows
    gap = 0.3 if subplots.get("sharey") else 0.75  # [in]
    figure.subplots_adjust(
        left=MARGINS["left"] / width,
        right=1 - MARGINS["right"] / width,
        bottom=MARGINS["bottom"] / height,
        top=1 - MARGINS["top"] / height,
        wspace=gap / (panel_width - gap * (columns - 1) / columns)
        if columns > 1
        else None,
        hspace=0.85 / (panel_height - 0.85 * (rows - 1) / rows) if rows > 1 else None,
    )
    return figure, figure.subplots(rows, columns, **subplots)


def band(
    axes: Axes,
    x: ArrayLike,
    curves: ArrayLike,
    label: str,
    colour: str | None = None,
    *,
    centre: Literal["median", "mean"] = "median",
) -> None:
    """Draw what several seeds did: a line for their centre and a band for their spread.

    Args:
        axes: where to draw.
        x: shape (n,).
        curves: one row per seed, shape (seeds, n).
        label: for the legend.
        colour: of line and band; by default the colour of the method `label`.
        centre: "median" with a band from the lowest to the highest seed, or "mean" with
            a band of one standard deviation to each side.

    Raises:
        ValueError: the shapes disagree.
    """
    xs, ys = np.asarray(x, dtype=float), np.asarray(curves, dtype=float)
    if ys.ndim != 2 or xs.shape != ys.shape[1:]:
        raise ValueError(
            f"curves must be (seeds, n) for x of shape (n,); got curves {ys.shape} and "
            f"x {xs.shape}"
        )
    colour = METHOD_COLOURS[label] if colour is None else colour
    if centre == "median":
        middle = np.median(ys, axis=0)
        low = ys.min(axis=0)
        high = ys.max(axis=0)
    else:
        middle, spread = ys.mean(axis=0), ys.std(axis=0)
        low, high = middle - spread, middle + spread
    axes.fill_between(xs, low, high, color=colour, alpha=0.2, linewidth=0)
    axes.plot(xs, middle, color=colour, label=label)
