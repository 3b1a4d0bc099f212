"""What changes when the trainings are three and nine times as long.

Each length is a training of its own: its rate falls to zero over its last 30 %. Start
with `weights_over_steps` and `experts_over_steps`: each draws one difference in loss
against the number of training steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from lecture_code.experiments import Result
from lecture_code.figures.gradients.mixture_of_experts.runs import (
    BALANCED,
    MIXTURE,
    UNBALANCED,
    ablation_runs,
    difference_in_words,
    idle_counts,
    paired_difference,
    runs_of,
)
from lecture_code.show import GREY, PALETTE, Picture, Table, new_figure

FEW, MANY = 64, 256
"""The numbers of experts whose order depends on the length of the training."""

Pairs = Mapping[int, tuple[dict[str, Any], dict[str, Any]]]
"""Training steps → the runs of two settings, with the same seeds."""


def _draw_differences(axes: Axes, pairs: Pairs, colour: str, label: str) -> str:
    """The first setting's loss minus the second's, against the steps; in words too.

    Each dot is a seed. The bars are the 95 % intervals of the means.
    """
    differences = [paired_difference(*runs) for runs in pairs.values()]
    middle, low, high = np.array(differences).T
    axes.errorbar(
        list(pairs),
        middle,
        [middle - low, high - middle],
        color=colour,
        marker="o",
        ms=5,
        capsize=4,
        label=label,
    )
    for steps, (runs, others) in pairs.items():
        seeds = np.subtract(runs["test"], others["test"])
        axes.plot([steps] * len(seeds), seeds, ".", color=colour, ms=4, alpha=0.6)
    digits = 2 if abs(middle).max() > 0.02 else 4
    return "; ".join(
        f"{difference_in_words(*difference, digits)} after {steps:,} steps"
        for steps, difference in zip(pairs, differences, strict=True)
    )


def _steps_axis(axes: Axes, steps: Sequence[int]) -> None:
    """A logarithmic axis with a tick at each length, and a line at no difference."""
    axes.axhline(0, color=GREY, linewidth=1.2, linestyle=":")
    axes.set(xscale="log", xlabel="training steps")
    axes.set_xticks(steps, [f"{number:,}" for number in steps])
    axes.set_xlim(0.8 * min(steps), 1.25 * max(steps))
    axes.minorticks_off()


def weights_over_steps(balances: Sequence[Result]) -> Picture:
    """How much more than weights of 0.1 no balance costs, and weights of 1.

    Args:
        balances: the trainings with both balancing losses, the shortest first.
    """
    figure, axes = new_figure(height=3.2)
    words = []
    for weights, colour, name in (
        ((0.0, 0.0), UNBALANCED, "no balance"),
        ((1.0, 1.0), MIXTURE, "weights of 1"),
    ):
        pairs = {
            balance.settings["steps"]: (
                ablation_runs(balance, weights),
                ablation_runs(balance, BALANCED),
            )
            for balance in balances
        }
        words.append(f"{name}: {_draw_differences(axes, pairs, colour, name)}")
    _steps_axis(axes, list(pairs))
    axes.set_ylabel("loss above that of 0.1 [nats]")
    axes.legend()
    return Picture(
        figure,
        alt="Two lines of the test loss minus that with weights of 0.1, against the "
        "number of training steps. Means of five paired differences, with 95 % "
        f"intervals. {'. '.join(words).capitalize()}.",
        caption="How much larger the test loss is than with weights of 0.1. Dots: "
        "five seeds. Bars: the 95 % interval of their mean.",
    )


def experts_over_steps(
    patchworks: Sequence[Result], languages: Sequence[Result]
) -> Picture:
    """How much larger the test error is with 256 experts than with 64.

    Args:
        patchworks, languages: trainings of both tasks, the shortest first.
    """
    figure, panels = new_figure(1, 2, height=3.1)
    tasks = {"patchwork": patchworks, "language": languages}
    words = []
    for axes, (task, results) in zip(panels, tasks.items(), strict=True):
        pairs = {}
        for result in results:
            data = result.settings["data"][-1]
            many, few = (runs_of(result, n, data) for n in (MANY, FEW))
            pairs[result.settings["steps"]] = many, few
        colour = MIXTURE if task == "patchwork" else PALETTE[0]
        words.append(f"{task}: {_draw_differences(axes, pairs, colour, task)}")
        _steps_axis(axes, list(pairs))
        axes.set_title(task)
    panels[0].set_ylabel(f"error, {MANY} minus {FEW}")
    panels[1].set_ylabel(f"loss, {MANY} minus {FEW} [nats]")
    return Picture(
        figure,
        alt=f"Two panels of the test error of {MANY} experts minus that of {FEW}, "
        "against the number of training steps. Means of five paired differences, "
        f"with 95 % intervals. {'. '.join(words).capitalize()}.",
        caption=f"Below zero {MANY} experts are better than {FEW}. Dots: five "
        "seeds. Bars: the 95 % interval of their mean.",
    )


def lengths_table(balances: Sequence[Result]) -> Table:
    """The test loss with equal weights after each length of training.

    Args:
        balances: the trainings with both balancing losses, the shortest first.
    """
    results = {f"{balance.settings['steps']:,} steps": balance for balance in balances}
    rows = {
        f"{weight:g} and {weight:g}": {
            name: ablation_runs(result, (weight, weight))["test"]
            for name, result in results.items()
        }
        for weight in (0.0, 0.1, 1.0)
    }
    return Table(
        rows,
        caption="Test loss in nats a character: median and range of five seeds.",
        best=dict.fromkeys(results, "low"),
        digits=2,
        corner="weights",
    )


def longer_table(languages: Sequence[Result]) -> Table:
    """The loss with 64 and with 256 experts after each length of training.

    Args:
        languages: trainings of the language model, the shortest first.
    """
    rows: dict[str, dict[str, float | str]] = {}
    for result in languages:
        few, many = (runs_of(result, n, 0) for n in (FEW, MANY))
        rows[f"{result.settings['steps']:,}"] = {
            "difference": difference_in_words(*paired_difference(many, few)),
            f"{FEW} experts": float(np.median(few["test"])),
            f"{MANY} experts": float(np.median(many["test"])),
            f"idle of {MANY}": float(np.median(idle_counts(many))),
        }
    return Table(
        rows,
        caption=f"How much larger the loss is with {MANY} experts than with {FEW}, in "
        "nats: mean of five paired differences, with its 95 % interval. Then the "
        "medians of the loss and of the number of idle experts.",
        digits={f"{FEW} experts": 2, f"{MANY} experts": 2, f"idle of {MANY}": 0},
        corner="steps",
    )
