"""Pictures of the controller: how it writes a string, and what a batch teaches it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch
from numpy.typing import NDArray

from lecture_code.figures.gradients.architecture_search.play import WORDS
from lecture_code.gradients.token_space import Strings, TokenSpace
from lecture_code.show import GREY, METHOD_COLOURS, Picture, new_figure
from lecture_code.show.svg import FOREGROUND

REINFORCE = METHOD_COLOURS["REINFORCE"]
SHOWN = 4  # tokens in the picture of the controller


def controller_writes(space: TokenSpace, string: Strings) -> Picture:
    """The controller as it writes the first tokens of a string.

    Args:
        space: the strings.
        string: one string, (T,).
    """
    words = [f"{WORDS[k]}: {value}" for k, value in space.values(string).items()]
    figure, axes = new_figure(height=3.0)
    axes.axis("off")
    axes.set(xlim=(-0.75, SHOWN + 0.1), ylim=(-0.4, 3.6))
    for t in range(SHOWN):
        _draw_box(axes, t, 1.0, "LSTM", REINFORCE)
        _draw_box(axes, t, 2.0, "softmax", GREY)
        axes.text(t, 3.2, words[t].replace(": ", ":\n"), ha="center", va="center")
        _draw_arrow(axes, (t, 1.3), (t, 1.7), REINFORCE)
        _draw_arrow(axes, (t, 2.3), (t, 2.8), GREY)
        axes.text(t, -0.05, f"$a_{t}$" if t else "start", ha="center", va="center")
        _draw_arrow(axes, (t, 0.2), (t, 0.7), GREY)
        if t + 1 < SHOWN:
            _draw_arrow(axes, (t + 0.38, 1.0), (t + 0.62, 1.0), REINFORCE)
    axes.text(SHOWN - 0.4, 1.0, "…", ha="center", va="center")
    for t in range(SHOWN - 1):  # what is written is the next input
        way = [(t + 0.36, 3.2), (t + 0.5, 3.2), (t + 0.5, -0.05), (t + 0.7, -0.05)]
        axes.plot(*zip(*way, strict=True), "--", color=GREY, linewidth=1.2)
        _draw_arrow(axes, (t + 0.7, -0.05), (t + 0.88, -0.05), GREY)
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.01, top=0.99)
    alt = (
        f"A row of {SHOWN} LSTM boxes from left to right. Each has an arrow up to a "
        "softmax, and from there to a written choice: "
        f"{', '.join(words[:SHOWN])}. The input of each box but the first is the "
        "choice before it."
    )
    return Picture(
        figure,
        alt=alt,
        caption="The controller writes a string, one token after the other.",
    )


def _draw_box(axes: Axes, x: float, y: float, word: str, colour: str) -> None:
    box = FancyBboxPatch(
        (x - 0.34, y - 0.28),
        0.68,
        0.56,
        boxstyle="round,pad=0.02",
        facecolor=colour,
        edgecolor=colour,
        alpha=0.25,
    )
    axes.add_patch(box)
    axes.text(x, y, word, ha="center", va="center")


def _draw_arrow(
    axes: Axes, tail: tuple[float, float], head: tuple[float, float], colour: str
) -> None:
    arrow = {"arrowstyle": "-|>", "color": colour, "linewidth": 1.5}
    axes.annotate("", head, tail, arrowprops=arrow)


def gradient_noise(
    estimates: Mapping[str, NDArray[np.float64]], exact: NDArray[np.float64]
) -> Picture:
    """How far single estimates lie from the exact gradient, along that gradient.

    Args:
        estimates: baseline -> one estimate a batch, (batches, parameters).
        exact: the gradient by enumeration, (parameters,).
    """
    figure, axes = new_figure(height=2.4)
    size = float(np.linalg.norm(exact))
    names = list(estimates)
    for row, name in enumerate(names):
        along = estimates[name] @ exact / size**2  # 1: the exact gradient
        height = len(names) - 1 - row
        spots = np.random.default_rng(row).uniform(-0.28, 0.28, len(along))
        axes.plot(along, height + spots, ".", color=REINFORCE, alpha=0.35, markersize=4)
        axes.plot(along.mean(), height, "|", color=FOREGROUND, markersize=20, zorder=3)
    axes.axvline(1, color=GREY, linewidth=1.2)
    axes.set_yticks(range(len(names)), names[::-1])
    axes.set(xlabel="step along the exact gradient (1 = exact)")
    axes.grid(axis="y", visible=False)
    figure.subplots_adjust(left=0.27, bottom=0.24, right=0.97, top=0.97)
    steps = {name: estimates[name] @ exact / size**2 for name in names}
    told = "; ".join(f"{n} {a.mean():.2f} and {a.std():.1f}" for n, a in steps.items())
    alt = (
        "Clouds of dots, one row for each baseline. A dot is the estimate of one "
        "batch, and 1 is exact. Mean and standard deviation of each row: "
        f"{told}."
    )
    caption = (
        "Each dot is one batch; an upright tick is their mean. The grey line is the "
        "exact gradient."
    )
    return Picture(figure, alt=alt, caption=caption)
