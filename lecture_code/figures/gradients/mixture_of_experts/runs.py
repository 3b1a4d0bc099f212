"""The runs in the mixture's committed results, and the numbers that the text mentions.

The chapter has three kinds of results: `mixture_balance`, `mixture_capacity` (here
`language`) and `mixture_patchwork`, each with trainings of two or three lengths. Start
with `runs_of`, which gives the runs of one setting.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy import stats

from lecture_code.experiments import Result
from lecture_code.show import METHOD_COLOURS

MIXTURE = METHOD_COLOURS["mixture of experts"]
DENSE = METHOD_COLOURS["baseline"]
UNBALANCED = METHOD_COLOURS["unbalanced mixture"]
BALANCED = (0.1, 0.1)  # weights of the importance loss and of the load loss
IDLE = 0.1  # [fair share]: an expert with less is called idle


def seeded(seed: int) -> torch.Generator:
    """A random generator that starts from this seed."""
    return torch.Generator().manual_seed(seed)


def runs_of(
    result: Result, experts: int, data: int, weights: tuple[float, float] = BALANCED
) -> dict[str, Any]:
    """The curves of all seeds of one setting.

    Args:
        result: a result of a mixture experiment.
        experts: number of experts n.
        data: number of training examples; 0 stands for all of them.
        weights: weight of the importance loss and of the load loss.

    Raises:
        ValueError: the result has no such runs; the message lists its runs.
    """
    key = (
        f"{experts} experts, {data or 'all'} data, w {weights[0]:g} and {weights[1]:g}"
    )
    if key not in result.curves:
        known = "; ".join(result.curves)
        raise ValueError(f"{result.name} has no runs {key!r}; it has: {known}")
    runs: dict[str, Any] = result.curves[key]
    return runs


def over_experts(result: Result, data: int, entry: str) -> NDArray[np.float64]:
    """One entry of all seeds against the number of experts, (seeds, numbers)."""
    numbers_of_experts = result.settings["experts"]
    return np.array([runs_of(result, n, data)[entry] for n in numbers_of_experts]).T


def idle_counts(runs: dict[str, Any]) -> NDArray[np.int64]:
    """Number of idle experts in each seed, (seeds,)."""
    idle: NDArray[np.int64] = np.sum(np.array(runs["load"]) < IDLE, axis=1)
    return idle


def paired_difference(
    runs: dict[str, Any], others: dict[str, Any]
) -> tuple[float, float, float]:
    """Mean of the seeds' differences in test loss, with its 95 % interval.

    The interval is Student's, for the paired differences of runs with the same seed.
    """
    differences = np.array(runs["test"]) - np.array(others["test"])
    n = len(differences)
    middle = float(differences.mean())
    reach = float(stats.t.ppf(0.975, n - 1) * differences.std(ddof=1) / n**0.5)
    return middle, middle - reach, middle + reach


def difference_in_words(middle: float, low: float, high: float, digits: int = 2) -> str:
    """A difference with its interval, with signs: "+0.10 (+0.08 to +0.12)"."""
    numbers = (f"{number:+.{digits}f}" for number in (middle, low, high))
    words = "{} ({} to {})".format(*numbers)
    return words.replace("-", "−")


def axis_of_sorted_experts(axes: Axes, n: int) -> None:
    """Name the axis of n sorted experts, with ticks at the first and every n / 4."""
    axes.set(xlabel="expert, the busiest first", xlim=(0.2, n + 0.8))
    step = max(n // 4, 2)
    axes.set_xticks([1, *range(step, n + 1, step)])


def ablation_runs(balance: Result, weights: tuple[float, float]) -> dict[str, Any]:
    """The runs of the balance experiment with these weights."""
    return runs_of(balance, balance.settings["experts"][0], 0, weights)


def numbers(
    balances: Sequence[Result],
    patchworks: Sequence[Result],
    languages: Sequence[Result],
) -> dict[str, str]:
    """The numbers that the chapter's sentences mention, by the name of their glue.

    Args:
        balances, patchworks, languages: the trainings, the shortest first.
    """
    alone = idle_counts(ablation_runs(balances[-1], (0.0, 0.0)))
    domain = np.median(over_experts(languages[1], 0, "information"), axis=0)
    patch = np.median(over_experts(patchworks[1], 100_000, "information"), axis=0)
    gains = [
        patches[0] / patches[3]
        for result in patchworks
        for patches in [np.median(over_experts(result, 100_000, "test"), axis=0)]
    ]
    idle = [
        f"{100 * np.median(idle_counts(runs_of(result, 256, 0))) / 256:.0f} %"
        for result in languages
    ]
    return {
        "n_balance": f"{balances[0].settings['experts'][0]}",
        "idle_none": f"{min(alone)} to {max(alone)}",
        "balance_steps": f"{balances[-1].settings['steps']:,}",
        "patch_gain_short": f"{gains[0]:.0f}",
        "patch_gain_long": f"{gains[1]:.0f}",
        "idle_short": idle[0],
        "idle_long": idle[1],
        "idle_longest": idle[2],
        "few_characters": f"{3 * languages[0].settings['data'][0]:,}",
        "info_16": f"{100 * domain[2]:.0f} %",
        "info_256": f"{100 * domain[4]:.0f} %",
        "info_patch": f"{100 * patch[3]:.0f} %",
    }
