"""Figures of the gate: the way of the gradient, one example, and what has no gradient.

Start with `gate_by_hand`, which shows H and G of one example.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle
from torch import Tensor

from lecture_code.figures.gradients.mixture_of_experts.runs import (
    MIXTURE,
    UNBALANCED,
    seeded,
)
from lecture_code.gradients.mixture_of_experts import noisy_top_k
from lecture_code.show import GREY, Picture, new_figure

LOGITS = {
    "clear favourite": (2.0, 0.6, 0.2, -0.4, -1.0, -1.6),
    "close race": (0.5, 0.4, 0.3, 0.2, 0.1, 0.0),
}
NOISE_SEED = 12  # of the noise in `gate_by_hand`, drawn once and then scaled
LEAST_NOISE = 1e-6  # stands for no noise
DRAWS = 4000  # of the noise, to count how often each expert is asked


def gradient_path() -> Picture:
    """One example, five experts of which two are asked, and the way of the gradient."""
    figure, axes = new_figure(height=3.1)
    axes.axis("off")
    axes.set(xlim=(0, 10), ylim=(-0.8, 5.2))
    for place, weight in enumerate((0, 0.7, 0, 0.3, 0)):
        _draw_expert(axes, place, weight)
    box = {"boxstyle": "round", "facecolor": "none", "edgecolor": GREY}
    axes.text(1.85, 2.5, "gate", ha="center", va="center", bbox=box)
    axes.plot([0.5, 1.2], [2.5, 2.5], color=GREY)
    axes.text(0.2, 2.5, "x", ha="center", va="center", fontsize=13)
    axes.text(9.8, 2.5, "y", ha="center", va="center", fontsize=13)
    for height, name in ((3.95, "logit 2 rises"), (1.05, "logit 4 falls")):
        axes.text(3.0, height, name, ha="center", va="center", color=UNBALANCED)
    axes.text(5, -0.4, "orange: the gradient", ha="center", color=UNBALANCED)
    alt = (
        "An example x enters a gate. Thick green lines lead to two of five experts, "
        "and their answers, times 0.7 and 0.3, meet in y. Orange arrows lead back "
        "from y along the green lines to the gate, where the logit of expert 2 rises "
        "and that of expert 4 falls. Thin grey lines lead to the three other experts "
        "and end there, without an arrow."
    )
    caption = (
        "Here a step of y towards the answer of expert 2 lowers the loss. The grey "
        "experts were not asked, so no arrow reaches them."
    )
    return Picture(figure, alt=alt, caption=caption)


def _draw_expert(axes: Axes, place: int, weight: float) -> None:
    """An expert: green with its weight and the gradient if it is asked, else grey."""
    height = 4.5 - place
    colour = MIXTURE if weight else GREY
    width = 1 + 6 * weight
    alpha = 1.0 if weight else 0.5
    axes.plot([2.5, 5.4], [2.5, height], linewidth=width, color=colour, alpha=alpha)
    tint = 0.25 if weight else 0.12
    box = Rectangle((5.4, height - 0.38), 2.0, 0.76, facecolor=colour, alpha=tint)
    axes.add_patch(box)
    name = f"expert {place + 1}"
    axes.text(6.4, height, name, ha="center", va="center", fontsize=10)
    if not weight:
        return
    axes.plot([7.4, 9.5], [height, 2.5], linewidth=width, color=colour)
    outside = 0.55 if height > 2.5 else -0.55
    middle = (height + 2.5) / 2 + outside
    axes.text(8.9, middle, f"× {weight}", color=MIXTURE, va="center")
    arrow = {"arrowstyle": "-|>", "color": UNBALANCED, "linewidth": 1.5}
    beside = -0.3 if height > 2.5 else 0.3  # of the green line, on its inner side
    rise = height - 2.5
    for tail, head in (
        ((8.5, 2.5 + 0.48 * rise), (7.6, 2.5 + 0.9 * rise)),
        ((5.2, 2.5 + 0.93 * rise), (3.6, 2.5 + 0.38 * rise)),
    ):
        start = (tail[0], tail[1] + beside)
        end = (head[0], head[1] + beside)
        axes.annotate("", end, start, arrowprops=arrow)


def gate_by_hand(k: int, noise: float, logits: str) -> Picture:
    """H and G of one example and six experts, and how often each expert is asked.

    Args:
        k: experts that are kept.
        noise: standard deviation of the noise of every logit.
        logits: a key of `LOGITS`.
    """
    clean = torch.tensor([LOGITS[logits]])
    scale = torch.full_like(clean, max(noise, LEAST_NOISE))
    epsilon = torch.randn(1, 6, generator=seeded(NOISE_SEED))
    noisy = clean + scale * epsilon
    kept = noisy.topk(k, dim=1)
    G = torch.zeros_like(clean).scatter(1, kept.indices, kept.values.softmax(1))
    asked = how_often_asked(k, noise, logits)
    figure, panels = new_figure(1, 3, height=3.0)
    _draw_bars(panels[0], "noisy logit, H", noisy[0], G[0], _limits(clean, noisy))
    _draw_bars(panels[1], "weight, G", G[0], G[0], (0, 1))
    _draw_bars(panels[2], "asked in … % of draws", 100 * asked, asked, (0, 100))
    panels[0].plot(range(1, 7), clean[0], "_", color=UNBALANCED, markersize=9)
    panels[1].set_xlabel("expert")
    keys = [Patch(color=MIXTURE, label="asked"), Patch(color=GREY, label="not asked")]
    figure.legend(handles=keys, loc="lower center", ncols=2)
    figure.subplots_adjust(left=0.12, bottom=0.32, wspace=0.75)
    weights = ", ".join(f"{weight:.2f}" for weight in G[0])
    shares = ", ".join(f"{100 * share:.0f}" for share in asked)
    alt = (
        f"Bars of six experts; {logits}, k = {k}, noise {noise:g}. The weights G in "
        f"this draw are {weights}. Over many draws the experts are asked for {shares} "
        "% of the examples."
    )
    first, last = (f"{100 * asked[expert]:.0f} %" for expert in (0, 5))
    caption = (
        "H and G: one draw of the noise; ticks are the logits without noise. Right: "
        f"{DRAWS:,} draws. The first expert is asked in {first} of them, the sixth in "
        f"{last}."
    )
    return Picture(figure, alt=alt, caption=caption)


def how_often_asked(k: int, noise: float, logits: str) -> Tensor:
    """Share of the draws of the noise in which each of six experts is kept, (6,)."""
    clean = torch.tensor([LOGITS[logits]]).expand(DRAWS, 6)
    scale = torch.full_like(clean, noise)
    return noisy_top_k(clean, scale, k, seeded(NOISE_SEED)).counts() / DRAWS


def _limits(clean: Tensor, noisy: Tensor) -> tuple[float, float]:
    """Ends of an axis on which both kinds of logits fit, in halves."""
    shown = torch.cat([clean, noisy, torch.zeros_like(clean)])
    low, high = 2 * shown.min() + LEAST_NOISE * 10, 2 * shown.max() - LEAST_NOISE * 10
    return low.floor().item() / 2, high.ceil().item() / 2


def _draw_bars(
    axes: Axes, label: str, values: Tensor, weights: Tensor, limits: tuple[float, float]
) -> None:
    """Bars of six experts, green where the expert is asked, on an axis with a label."""
    colours = [MIXTURE if weight > 0 else GREY for weight in weights]
    axes.bar(range(1, 7), values.numpy(), color=colours)
    ticks = sorted({limits[0], 0.0, limits[1]})
    axes.set(ylabel=label, ylim=limits, yticks=ticks, xticks=range(1, 7))
    axes.grid(False)


def pull_and_slope(pulls: Mapping[int, float]) -> Picture:
    """The gradient of the task by k, and the load of an expert with and without noise.

    Args:
        pulls: k → norm of the task's gradient in the gate's matrix.
    """
    figure, (left, right) = new_figure(1, 2, height=2.8)
    left.bar(range(len(pulls)), list(pulls.values()), color=MIXTURE)
    left.set_xticks(range(len(pulls)), [str(k) for k in pulls])
    left.set(xlabel="experts kept, k", ylabel="gradient in the gate")
    left.set_title("from the task")
    shifts = np.linspace(-3, 3, 241)
    for noise, name, colour in ((0.0, "count", UNBALANCED), (0.5, "load", MIXTURE)):
        loads = [_load_of_first(shift, noise) for shift in shifts]
        right.plot(shifts, loads, color=colour, label=name)
    right.set(xlabel="shift of its logit", ylabel="examples of an expert")
    right.set_title("load of an expert")
    right.legend()
    shown = ", ".join(f"{pull:.2g} at k = {k}" for k, pull in pulls.items())
    alt = (
        f"Left: norm of the task's gradient in the gate, {shown}. Right: as the logit "
        "of an expert is shifted, the number of its examples climbs in steps and is "
        "flat between the steps. With noise its load is a smooth curve."
    )
    caption = "Left: 512 examples. Right: 24 examples, four experts, k = 1."
    return Picture(figure, alt=alt, caption=caption)


def _load_of_first(shift: float, noise: float) -> float:
    """Load of the first of four experts for 24 examples, its logits shifted."""
    logits = torch.randn(24, 4, generator=seeded(3))
    logits[:, 0] += shift
    scale = torch.full_like(logits, noise) if noise else None
    return noisy_top_k(logits, scale, 1, seeded(4)).load()[0].item()
