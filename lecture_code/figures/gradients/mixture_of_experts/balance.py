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
    difference_in_words,
    idle_counts,
    paired_difference,
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
        f"A language model whose {n} experts were trained without any rule for "
        "balance. Median of five trainings."
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
        caption="The short training, with weights of the importance loss and of the "
        "load loss: medians of five seeds, and the range of the loss. Idle: experts "
        "with less than a tenth of a fair share. Busiest: fair shares.",
        units={"loss": "nats"},
        best={"loss": "low", "busiest": "low"},
        digits={"loss": 2, "CV(Importance)": 2, "CV(load)": 2, "busiest": 1, "idle": 0},
        corner="weights",
    )


def lengths_table(balance: Result, longer: Result) -> Table:
    """The test loss with equal weights, after a short and after a long training."""
    results = {f"{r.settings['steps']:,} steps": r for r in (balance, longer)}
    rows = {
        f"{weights[0]:g} and {weights[1]:g}": {
            name: ablation_runs(result, weights)["test"]
            for name, result in results.items()
        }
        for weights in map(tuple, longer.settings["weights"])
    }
    return Table(
        rows,
        caption="Test loss in nats a character after a short and after a long "
        "training: median and range of five seeds.",
        best=dict.fromkeys(results, "low"),
        digits=2,
        corner="weights",
    )


def differences_table(balance: Result, longer: Result) -> Table:
    """What weights of 1 cost more than the other weights, in paired differences."""
    results = {f"{r.settings['steps']:,} steps": r for r in (balance, longer)}
    rows: dict[str, dict[str, str]] = {}
    for name, weights in (("than no balance", (0.0, 0.0)), ("than 0.1", BALANCED)):
        rows[name] = {}
        for steps, result in results.items():
            much = ablation_runs(result, (1.0, 1.0))
            difference = paired_difference(much, ablation_runs(result, weights))
            rows[name][steps] = difference_in_words(*difference)
    return Table(
        rows,
        caption="How much larger the loss is with weights of 1: mean of five paired "
        "differences, with its 95 % interval.",
        corner="larger",
    )
