"""Figures of the gate: the way of the gradient, one example, and what has no gradient.

Start with `gate_by_hand`, which shows H, G and P of one example.
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
from lecture_code.gradients.mixture_of_experts import noisy_top_k, prob_in_top_k
from lecture_code.show import GREY, Picture, new_figure

LOGITS = {
    "clear favourite": (2.0, 0.6, 0.2, -0.4, -1.0, -1.6),
    "close race": (0.5, 0.4, 0.3, 0.2, 0.1, 0.0),
}
NOISE_SEED = 12  # of the noise in `gate_by_hand`, drawn once and then scaled
LEAST_NOISE = 1e-6  # stands for no noise, where the formula divides by it


def gradient_path() -> Picture:
    """One example, five experts of which two are asked, and the way of the gradient."""
    figure, axes = new_figure(height=3.0)
    axes.axis("off")
    axes.set(xlim=(0, 10), ylim=(-1.0, 5.0))
    for place, weight in enumerate((0, 0.7, 0, 0.3, 0)):
        _draw_expert(axes, place, weight)
    box = {"boxstyle": "round", "facecolor": "none", "edgecolor": GREY}
    axes.text(2.85, 2.5, "gate", ha="center", va="center", bbox=box)
    axes.plot([0.9, 2.2], [2.5, 2.5], color=GREY)
    axes.text(0.6, 2.5, "x", ha="center", va="center", fontsize=13)
    axes.text(9.2, 2.5, "y", ha="center", va="center", fontsize=13)
    arrow = {"arrowstyle": "-|>", "color": UNBALANCED}
    axes.annotate("", (2.6, -0.35), (9.2, -0.35), arrowprops=arrow)
    words = "the gradient comes back along the green lines"
    axes.text(5.2, -0.5, words, ha="center", va="top", color=UNBALANCED)
    alt = (
        "An example x enters a gate. Thick green lines lead to two of five experts, "
        "and their answers, times 0.7 and 0.3, meet in y. Thin grey lines lead to the "
        "three other experts and end there. An arrow leads back from y to the gate, "
        "along the green lines only."
    )
    return Picture(figure, alt=alt)


def _draw_expert(axes: Axes, place: int, weight: float) -> None:
    """One expert, green with its weight if it is asked, and grey if it is not."""
    height = 4.5 - place
    colour = MIXTURE if weight else GREY
    width = 1 + 6 * weight
    alpha = 1.0 if weight else 0.4
    axes.plot([3.3, 5.6], [2.5, height], linewidth=width, color=colour, alpha=alpha)
    tint = 0.2 if weight else 0.08
    box = Rectangle((5.6, height - 0.36), 1.7, 0.72, facecolor=colour, alpha=tint)
    axes.add_patch(box)
    axes.text(
        6.45, height, f"expert {place + 1}", ha="center", va="center", fontsize=10
    )
    if weight:
        axes.plot([7.3, 8.9], [height, 2.5], linewidth=width, color=colour)
        middle = height + (0.35 if height > 2.5 else -0.35)
        axes.text(8.15, middle, f"× {weight}", color=MIXTURE, va="center")


def gate_by_hand(k: int, noise: float, logits: str) -> Picture:
    """H, G and P of one example and six experts.

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
    P = prob_in_top_k(clean, noisy, scale, kept.indices)
    figure, panels = new_figure(1, 3, height=3.0)
    _draw_bars(panels[0], "logits H", noisy[0], G[0], _limits(clean, noisy))
    _draw_bars(panels[1], "weights G", G[0], G[0], (0, 1))
    _draw_bars(panels[2], "chance P", P[0], G[0], (0, 1))
    panels[0].plot(range(1, 7), clean[0], "_", color=UNBALANCED, markersize=9)
    panels[1].set_xlabel("expert")
    keys = [Patch(color=MIXTURE, label="asked"), Patch(color=GREY, label="not asked")]
    figure.legend(handles=keys, loc="lower center", ncols=2)
    figure.subplots_adjust(bottom=0.32)
    weights = ", ".join(f"{weight:.2f}" for weight in G[0])
    alt = (
        f"Bars of H, G and P of six experts; {logits}, k = {k}, noise {noise:g}. "
        f"The weights are {weights}."
    )
    caption = "Ticks in the first panel: the logits without noise."
    return Picture(figure, alt=alt, caption=caption)


def _limits(clean: Tensor, noisy: Tensor) -> tuple[float, float]:
    """Ends of an axis on which both kinds of logits fit, in halves."""
    shown = torch.cat([clean, noisy, torch.zeros_like(clean)])
    low, high = 2 * shown.min() + LEAST_NOISE * 10, 2 * shown.max() - LEAST_NOISE * 10
    return low.floor().item() / 2, high.ceil().item() / 2


def _draw_bars(
    axes: Axes, name: str, values: Tensor, weights: Tensor, limits: tuple[float, float]
) -> None:
    """Bars of six experts, green where the expert is asked."""
    colours = [MIXTURE if weight > 0 else GREY for weight in weights]
    axes.bar(range(1, 7), values.numpy(), color=colours)
    ticks = sorted({limits[0], 0.0, limits[1]})
    axes.set(title=name, ylim=limits, yticks=ticks, xticks=range(1, 7))
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
