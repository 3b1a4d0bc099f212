"""Figures of layers that the page trains: shares of the work, and times of a step.

Start with `work_shares`. `milliseconds_of_a_step` is the measurement that `step_times`
shows.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from lecture_code.figures.gradients.mixture_of_experts.runs import (
    DENSE,
    IDLE,
    MIXTURE,
    UNBALANCED,
    axis_of_sorted_experts,
    seeded,
)
from lecture_code.gradients.mixture_of_experts import Experts, dense_mixture
from lecture_code.show import GREY, Picture, Table, new_figure

BUSIEST = 3  # experts that `work_shares` colours


def work_shares(shares: Tensor, every: int) -> Picture:
    """How the work is shared while a layer trains.

    Args:
        shares: share of the examples of each expert in each step, (steps, n).
        every: steps that are averaged for one point of the figure.
    """
    steps, n = shares.shape
    order = shares.mean(0).argsort(descending=True)
    means = shares[:, order].view(-1, every, n).mean(1).T.numpy()  # (n, points)
    figure, axes = new_figure()
    axes.stackplot(
        np.arange(every / 2, steps, every),
        means,
        colors=[UNBALANCED if rank < BUSIEST else GREY for rank in range(n)],
        edgecolor="white",
        linewidth=0.6,
        alpha=0.75,
    )
    axes.set(xlabel="training step", ylabel="share of the examples")
    axes.set(ylim=(0, 1), xlim=(every / 2, steps - every / 2))
    axes.grid(False)
    first, last = means[:BUSIEST, 0].sum(), means[:BUSIEST, -1].sum()
    idle = int((means[:, -1] < IDLE / n).sum())
    alt = (
        f"Stacked areas of the shares of {n} experts over {steps:,} training steps. "
        f"The three busiest experts, in colour, have {100 * first:.0f} % of the "
        f"examples at the start and {100 * last:.0f} % at the end. {idle} experts have "
        "next to nothing at the end."
    )
    caption = (
        "Each strip is an expert. The three busiest are coloured. The strips of "
        f"{idle} experts are too thin to be seen at the end."
    )
    return Picture(figure, alt=alt, caption=caption)


def load_before_and_after(loads: Mapping[str, Tensor]) -> Picture:
    """Sorted loads of two trained layers beside each other.

    Args:
        loads: name → load of each expert [fair shares], (n,); first the layer that
            nothing balances.
    """
    figure, axes = new_figure(height=2.7)
    words = []
    for (name, load), colour, left in zip(
        loads.items(), (UNBALANCED, MIXTURE), (-0.2, 0.2), strict=True
    ):
        heights = load.sort(descending=True).values.numpy()
        positions = np.arange(1, len(heights) + 1) + left
        axes.bar(positions, heights, 0.4, color=colour, label=name)
        idle = int((heights < IDLE).sum())
        words.append(f"{name}: {heights[0]:.1f} fair shares, {idle} idle experts")
    axes.axhline(1, color=GREY, linewidth=1.2, linestyle=":")
    axis_of_sorted_experts(axes, len(heights))
    axes.set_ylabel("load [fair shares]")
    axes.legend()
    alt = f"Bars of the sorted load. Busiest expert with {'; with '.join(words)}."
    caption = "Load on fresh examples, without noise. The dotted line is a fair share."
    return Picture(figure, alt=alt, caption=caption)


def trained_table(layers: Mapping[str, tuple[float, Tensor]], caption: str) -> Table:
    """Error and load of trained layers.

    Args:
        layers: name → error on fresh examples, and load [fair shares], (n,).
        caption: visible above the table.
    """
    rows = {
        name: {
            "error": error,
            "busiest expert": load.max().item(),
            "idle experts": int((load < IDLE).sum()),
        }
        for name, (error, load) in layers.items()
    }
    return Table(
        rows,
        caption=caption,
        units={"busiest expert": "fair shares"},
        best={"error": "low"},
        digits={"error": 3, "busiest expert": 1},
        corner="training",
    )


def milliseconds_of_a_step(n: int, *, dense: bool = False, repeats: int = 5) -> float:
    """Time of a step forward and backward through n experts, the best of a few [ms].

    Args:
        n: number of experts; two of them are asked.
        dense: ask all of them instead.
        repeats: how often the time is taken.
    """
    layer = Experts(n, 64, 64, 64, generator=seeded(0))
    x = torch.randn(512, 64, generator=seeded(1))
    kept = torch.randn(512, n, generator=seeded(2)).topk(2, dim=1)
    weights = kept.values.softmax(1)
    G = torch.zeros(512, n).scatter(1, kept.indices, weights)
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        y = dense_mixture(layer, x, G) if dense else layer(x, kept.indices, weights)
        y.sum().backward()
        best = min(best, time.perf_counter() - start)
    return 1000 * best


def step_times(sparse: Mapping[int, float], dense: Mapping[int, float]) -> Picture:
    """Times of a step [ms] against the number of experts."""
    figure, axes = new_figure()
    axes.plot(*_line(sparse), "o-", color=MIXTURE, label="two of n are asked")
    axes.plot(*_line(dense), "s--", color=DENSE, label="all are asked")
    axes.set(xscale="log", yscale="log", xlabel="number of experts n")
    axes.set_ylabel("a step [ms]")
    axes.set_xticks(list(sparse), [str(n) for n in sparse])
    axes.minorticks_off()
    axes.legend()
    n, most = max(dense), max(sparse)
    alt = (
        "Time of a step against the number of experts, both axes logarithmic. With "
        f"{n} experts a step takes {sparse[n]:.1f} ms if two are asked, and "
        f"{dense[n]:.1f} ms if all are asked. With {most} experts, of which two are "
        f"asked, a step takes {sparse[most]:.0f} ms."
    )
    caption = (
        "One step forward and backward on one thread of the machine that built this "
        "page: 512 examples, d = h = 64."
    )
    return Picture(figure, alt=alt, caption=caption)


def _line(values: Mapping[int, float]) -> tuple[Sequence[int], Sequence[float]]:
    return list(values), list(values.values())
