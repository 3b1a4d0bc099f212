"""The network that turns both pictures into features, and both heads, as a drawing."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from lecture_code.figures.observations.pretraining.boards import shown_triples
from lecture_code.show import GREY, Picture, new_figure
from lecture_code.show.figures import BLUE

TRIPLE = 0  # of `shown_triples`
SIDE = 2.0  # of a picture
ABOVE, MIDDLE, BELOW = 4.5, 2.75, 1.0  # heights of before, inverse model and after
NETWORK, FEATURES, HEADS, ANSWERS = 3.05, 4.7, 7.15, 9.7  # middles of the columns
KEPT, GONE = BLUE, GREY


def shared_network() -> Picture:
    """One network makes features of both pictures; the inverse model and the forward
    model stand behind them.
    """
    figure, axes = new_figure(height=3.4)
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.01, top=0.99)
    axes.axis("off")
    triples = shown_triples()
    shown = ((ABOVE, "before", triples.before), (BELOW, "after", triples.after))
    for height, name, pictures in shown:
        low = height - SIDE / 2
        edges = (0, SIDE, low, low + SIDE)
        axes.imshow(pictures[TRIPLE], extent=edges, interpolation="none")
        axes.text(SIDE / 2, low + SIDE + 0.12, name, ha="center")
        draw_box(axes, NETWORK, height, r"$\psi$", KEPT, 0.8)
        draw_arrow(axes, (SIDE + 0.05, height), (NETWORK - 0.5, height))
        draw_arrow(axes, (NETWORK + 0.5, height), (FEATURES - 0.6, height))
    axes.plot([NETWORK] * 2, [BELOW + 0.5, ABOVE - 0.5], ":", color=KEPT, lw=1.5)
    axes.text(NETWORK + 0.12, MIDDLE, "same\nweights", color=KEPT, va="center")
    draw_box(axes, FEATURES, ABOVE, "$x$", KEPT, 0.8)
    draw_box(axes, FEATURES, BELOW, "$x$\N{PRIME}", KEPT, 0.8)
    axes.text((NETWORK + FEATURES) / 2, 5.3, "kept", color=KEPT, ha="center")
    draw_heads(axes)
    axes.set(xlim=(-0.1, 10.7), ylim=(-0.15, 6.75), aspect="equal")
    return Picture(
        figure,
        alt="The pictures before and after each go through a network psi with the same "
        "weights. It makes features x and x'. The inverse model predicts the poke from "
        "x and x'. The forward model predicts x' from x and the poke. The network is "
        "kept, and both models are thrown away after the training.",
        caption="Both pictures go through the same network ψ, which makes the features "
        "*x* and *x*′. The network is kept. The dashed models are thrown away after "
        "the training.",
    )


def draw_heads(axes: Axes) -> None:
    """Both heads with what they see and what they predict."""
    width = 2.3
    draw_box(axes, HEADS, ABOVE, "forward\nmodel", GONE, width, dashed=True)
    draw_box(axes, HEADS, MIDDLE, "inverse\nmodel", GONE, width, dashed=True)
    left, right = HEADS - width / 2 - 0.1, HEADS + width / 2 + 0.1
    side = FEATURES + 0.5
    draw_arrow(axes, (side, ABOVE), (left, ABOVE))
    draw_arrow(axes, (side, ABOVE - 0.25), (left, MIDDLE + 0.25))
    draw_arrow(axes, (side, BELOW + 0.25), (left, MIDDLE - 0.25))
    draw_arrow(axes, (HEADS, 5.85), (HEADS, ABOVE + 0.55))
    axes.text(HEADS, 5.95, "the poke $u$", ha="center")
    for height, words in ((ABOVE, "$x$\N{PRIME}?"), (MIDDLE, "$u$?")):
        draw_arrow(axes, (right, height), (ANSWERS - 0.35, height))
        axes.text(ANSWERS, height, words, ha="center", va="center")
    axes.text(HEADS, 1.55, "thrown away", color=GONE, ha="center")


def draw_box(
    axes: Axes,
    x: float,
    y: float,
    text: str,
    colour: str,
    width: float,
    *,
    dashed: bool = False,
) -> None:
    """A frame with its name around a middle."""
    axes.text(x, y, text, ha="center", va="center")
    box = FancyBboxPatch((x - width / 2, y - 0.4), width, 0.8, fc="none", ec=colour)
    box.set(boxstyle="round,pad=0.06", linewidth=2, linestyle="--" if dashed else "-")
    axes.add_patch(box)


def draw_arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float]
) -> None:
    """An arrow from one part to the next."""
    style = {"arrowstyle": "-|>", "color": GREY, "lw": 1.5, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", end, start, arrowprops=style)
