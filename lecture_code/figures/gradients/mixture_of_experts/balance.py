"""The failure of an unbalanced mixture, and what the two balancing losses do."""

from __future__ import annotations

import numpy as np

from lecture_code.experiments import Result
from lecture_code.figures.gradients.mixture_of_experts.runs import (
    BALANCED,
    IDLE,
    MIXTURE,
    UNBALANCED,
    ablation_runs,
    axis_of_sorted_experts,
    idle_counts,
)
from lecture_code.show import GREY, Picture, Table, band, new_figure

WEIGHT_PAIRS = ((0.0, 0.0), (0.1, 0.0), (0.0, 0.1), BALANCED, (1.0, 1.0))


def idle_experts(balance: Result) -> Picture:
    """The failure: how the work is shared when nothing asks for balance."""
    runs = ablation_runs(balance, (0.0, 0.0))
    load = np.median(runs["load"], axis=0)  # (n,), the busiest first
    idle = int(np.sum(load < IDLE))
    n = len(load)
    figure, axes = new_figure()
    axes.bar(range(1, n + 1), load, color=UNBALANCED)
    axes.axhline(1, color=GREY, linewidth=1.2, linestyle=":")
    axes.text(n, 1.15, "fair share", ha="right", va="bottom")
    axes.text(n - idle / 2, 2.6, f"{idle} idle experts", ha="center", fontsize=12)
    axes.plot([n - idle + 0.6, n + 0.4], [2.4, 2.4], color=GREY, linewidth=1.2)
    axis_of_sorted_experts(axes, n)
    axes.set_ylabel("work [fair shares]")
    alt = (
        f"Bars of the work of {n} experts, sorted. The busiest expert does "
        f"{load[0]:.1f} fair shares. {idle} experts do less than a tenth of a fair "
        "share each, so that their bars can hardly be seen."
    )
    caption = (
        f"A language model whose {n} experts were trained for "
        f"{balance.settings['steps']:,} steps without any rule for balance. Median of "
        "five trainings."
    )
    return Picture(figure, alt=alt, caption=caption)


def load_by_weights(balance: Result, w_importance: float, w_load: float) -> Picture:
    """The sorted load of all experts for one pair of weights."""
    runs = ablation_runs(balance, (w_importance, w_load))
    loss = np.median(runs["test"])
    top = np.median(runs["max_load"])
    idle = np.median(idle_counts(runs))
    load = np.array(runs["load"])  # (seeds, n)
    figure, axes = new_figure(height=2.8)
    colour = MIXTURE if w_importance or w_load else UNBALANCED
    band(axes, range(1, load.shape[1] + 1), load, "load", colour)
    axes.axhline(1, color=GREY, linewidth=1.2, linestyle=":")
    axis_of_sorted_experts(axes, load.shape[1])
    axes.set_ylabel("load [fair shares]")
    axes.set(ylim=(0, 10), title=f"test loss {loss:.2f}, busiest {top:.1f}")
    words = (
        f"Weights {w_importance:g} and {w_load:g}: {idle:.0f} idle experts, "
        f"{top:.1f} fair shares for the busiest, a test loss of {loss:.2f} nats a "
        "character."
    )
    alt = f"The sorted loads of {load.shape[1]} experts. {words}"
    caption = f"{words} Medians of five seeds, and the range of the loads."
    return Picture(figure, alt=alt, caption=caption)


def ablation_table(balance: Result) -> Table:
    """Both balancing losses switched on and off."""
    rows = {}
    for weights in WEIGHT_PAIRS:
        runs = ablation_runs(balance, weights)
        rows[f"{weights[0]:g} and {weights[1]:g}"] = {
            "loss": runs["test"],
            "idle": float(np.median(idle_counts(runs))),
            "busiest": float(np.median(runs["max_load"])),
            "CV(Importance)": float(np.median(runs["cv_importance"])),
            "CV(load)": float(np.median(runs["cv_load"])),
        }
    return Table(
        rows,
        caption="Weights of the importance loss and of the load loss: medians of five "
        "seeds, and the range of the loss. Busiest: fair shares.",
        units={"loss": "nats"},
        best={"loss": "low", "busiest": "low"},
        digits={"loss": 2, "CV(Importance)": 2, "CV(load)": 2, "busiest": 1, "idle": 0},
        corner="weights",
    )
