"""Pictures of the search for update rules: all rules by rank, the named ones labelled.

`rule_ranks` counts; everything else shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy.stats import rankdata

from lecture_code.experiments import Result
from lecture_code.experiments.gradients.architecture_search.rule_training import (
    SCANS,
    TRAINING,
    VALIDATION,
)
from lecture_code.show import GREY, PALETTE, Picture, Table, new_figure

Array = NDArray[np.float64]
TESTS = SCANS - TRAINING - VALIDATION
SIGNS = ("PowerSign", "AddSign")
FLOOR = 88  # [%], below which the picture is cut
LABELLED = ("SGD", "momentum", "Adam", *SIGNS)


@dataclass(frozen=True, eq=False)
class RuleRanks:
    """All different rules, in the order of the result.

    Args:
        rules: their formulas.
        accuracy: share of right test images, (N, seeds); 0 for a rule that ended after
            the tuning.
        rank: of the mean accuracy, 1 is the best, equals share a rank, (N,).
        seed_ranks: in each seed, (N, seeds).
        named: names of rules -> rows.
    """

    rules: list[str]
    accuracy: Array
    rank: Array
    seed_ranks: Array
    named: dict[str, int]

    @property
    def continued(self) -> NDArray[np.int64]:
        """Rows of the rules that were trained on all seeds, the best first."""
        rows = np.argsort(self.rank, kind="stable")
        learns: NDArray[np.bool_] = self.accuracy[rows].mean(axis=1) > 0
        return np.asarray(rows[learns], dtype=np.int64)


def rule_ranks(result: Result) -> RuleRanks:
    """The ranks in the result of `architecture_optimizers`."""
    seeds = len(result.seeds)
    counts = np.array([row or [0] * seeds for row in result.curves["test"]])
    return RuleRanks(
        result.curves["rule"],
        counts / TESTS,
        rankdata(-counts.sum(axis=1)),  # whole numbers, so that equals are equal
        rankdata(-counts, axis=0),
        result.curves["named"],
    )


def rules_by_rank(result: Result) -> Picture:
    """Test accuracy of every rule that learns, sorted, with the range of the seeds."""
    ranks = rule_ranks(result)
    rows = ranks.continued
    x = np.arange(1, len(rows) + 1)
    percent = 100 * ranks.accuracy[rows]
    mean = percent.mean(axis=1)
    figure, axes = new_figure(height=3.4)
    low, high = percent.min(axis=1), percent.max(axis=1)
    axes.vlines(x, low, high, color=GREY, alpha=0.3, linewidth=0.8)
    axes.plot(x, mean, ".", color=GREY, markersize=3)
    words = _label_named(axes, ranks, percent)
    axes.axvline(len(ranks.rules) / 10, color=GREY, linewidth=1.2, linestyle=":")
    axes.set(xscale="log", xlabel="rank", ylabel="test accuracy [%]")
    axes.set_ylim(FLOOR, np.ceil(high.max()) + 0.5)
    ticks = [tick for tick in (1, 3, 10, 30, 100, 300, 1000) if tick <= len(x)]
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.minorticks_off()
    alt = (
        f"Dots for {len(rows)} rules that learn, sorted from {mean[0]:.1f} to "
        f"{mean[-1]:.1f} % test accuracy; the picture ends at {FLOOR} %. Ranks of "
        f"named rules: {', '.join(words)}."
    )
    caption = (
        f"Rules that learn, of {len(ranks.rules):,} different ones. Dot: mean of "
        f"{len(result.seeds)} seeds; line: their range. Dotted: the best tenth. Rules "
        f"below {FLOOR} % are cut."
    )
    return Picture(figure, alt=alt, caption=caption)


def _label_named(axes: Axes, ranks: RuleRanks, percent: Array) -> list[str]:
    """Label the named rules, in the order of their ranks; their ranks in words.

    Args:
        axes: where the rules are drawn.
        ranks: of all rules.
        percent: test accuracy of the rules that go on, the best first, (n, seeds).
    """
    place = {int(row): i for i, row in enumerate(ranks.continued)}
    named = {name: ranks.named.get(name, -1) for name in LABELLED}
    shown = sorted((place[row], name) for name, row in named.items() if row in place)
    words = []
    for step, (i, name) in enumerate(shown):
        colour = PALETTE[1] if name in SIGNS else PALETTE[0]
        low, mean, high = percent[i].min(), percent[i].mean(), percent[i].max()
        axes.vlines(i + 1, low, high, color=colour, linewidth=1.6)
        axes.plot(i + 1, mean, "o", color=colour)
        axes.annotate(
            name,
            (i + 1, low),
            xytext=(0.04 + 0.17 * step, 0.12 if step % 2 else 0.28),
            textcoords="axes fraction",
            color=colour,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.8},
        )
        words.append(f"{name} {ranks.rank[named[name]]:g} with {mean:.1f} %")
    return words


def named_rules_table(result: Result) -> Table:
    """Rank, ranks in single seeds and accuracy of every named rule."""
    ranks = rule_ranks(result)
    rows: dict[str, dict[str, float | str | list[float]]] = {}
    for name, row in sorted(ranks.named.items(), key=lambda item: ranks.rank[item[1]]):
        seeds = ranks.seed_ranks[row]
        rows[name] = {
            "rule": ranks.rules[row],
            "rank": float(ranks.rank[row]),
            "in single seeds": f"{seeds.min():.0f} to {seeds.max():.0f}",
            "accuracy": (100 * ranks.accuracy[row]).tolist(),
            "rate": f"{result.curves['rate'][row]:.2g}",
        }
    return Table(
        rows,
        caption=f"Named rules among {len(ranks.rules):,} different rules, by the test "
        f"accuracy after {result.settings['steps']} steps: mean of "
        f"{len(result.seeds)} seeds for the rank; median and range for the "
        "accuracy. AddSign has a better rank than in any single seed: the "
        "rules ahead of it change from seed to seed. A hat means that an average is "
        "corrected for its start, as in Adam.",
        units={"accuracy": "%"},
        digits={"rank": 0, "accuracy": 1},
        corner="name",
    )


def best_rules_table(result: Result, most: int = 10) -> Table:
    """The best rules of one block, with the number of strings that do the same."""
    ranks = rule_ranks(result)
    strings = result.curves["strings"]
    rows: dict[str, dict[str, float | str | list[float]]] = {}
    for row in [row for row in ranks.continued if strings[row]][:most]:
        seeds = ranks.seed_ranks[row]
        rows[ranks.rules[row]] = {
            "rank": float(ranks.rank[row]),
            "in single seeds": f"{seeds.min():.0f} to {seeds.max():.0f}",
            "accuracy": (100 * ranks.accuracy[row]).tolist(),
            "strings": float(strings[row]),
        }
    return Table(
        rows,
        caption=f"The best {most} rules of one block. Strings: how many of the 4,096 "
        "do the same. Accuracy: median and range of the seeds. g³ ÷ g² is not "
        "quite g: a small number keeps the divisor away from zero, so steps with a "
        "tiny g shrink.",
        units={"accuracy": "%"},
        digits={"rank": 0, "accuracy": 1, "strings": 0},
        corner="rule",
    )


def transfer_table(transfer: Result) -> Table:
    """Test accuracy of the named and the found rules in every task, on fresh seeds."""
    rows: dict[str, dict[str, float | str | list[float]]] = {}
    for task, rules in transfer.curves.items():
        for rule, entry in rules.items():
            accuracy = (100 * np.array(entry["test"]) / TESTS).tolist()
            rows.setdefault(rule, {})[task] = accuracy
    tasks = list(transfer.curves)
    return Table(
        rows,
        caption="Test accuracy on five fresh seeds, with a rate of its own for each "
        "rule and task: median and range.",
        units=dict.fromkeys(tasks, "%"),
        best=dict.fromkeys(tasks, "high"),
        digits=1,
        corner="rule",
    )


def named_rank(result: Result, name: str) -> tuple[float, float, float]:
    """The rank of a named rule, and its lowest and highest rank in a single seed.

    Raises:
        ValueError: the result has no such rule; the message lists its rules.
    """
    ranks = rule_ranks(result)
    if name not in ranks.named:
        raise ValueError(f"no rule {name!r}; there are: {', '.join(ranks.named)}")
    row = ranks.named[name]
    seeds = ranks.seed_ranks[row]
    return float(ranks.rank[row]), float(seeds.min()), float(seeds.max())


def optimizer_numbers(result: Result) -> dict[str, str]:
    """The numbers that sentences may mention, by the name of their glue."""
    ranks = rule_ranks(result)
    mean = 100 * ranks.accuracy.mean(axis=1)
    numbers = {
        "rules_different": f"{len(ranks.rules):,}",
        "rules_learning": f"{len(ranks.continued)}",
        "rules_near_best": f"{np.sum(mean >= mean.max() - 1)}",
        "rules_best": ranks.rules[int(ranks.continued[0])],
    }
    for name in (name for name in ranks.named if name in LABELLED):
        rank, low, high = named_rank(result, name)
        numbers[f"rank_{name}"] = f"{rank:g}"
        numbers[f"ranks_{name}"] = f"{low:g} to {high:g}"
    return numbers
