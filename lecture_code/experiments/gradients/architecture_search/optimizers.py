"""Which update rule trains best? All rules of one block, and the named rules.

Protocol, written before the run. Task: a perceptron with 32 hidden ReLUs learns
scanned digits from 400 images; 200 steps with batches of 64. 400 other images are the
validation and 997 the test. A seed draws the parts, the first weights and the batches,
and is the same for all rules.

`architecture_optimizers`: the 4,096 strings of one block are sorted into sets that do
the same up to a positive factor (`same_rules`), because a rate makes up for a factor.
The shortest rule of each set is trained. PowerSign and AddSign, which need more
blocks, are trained beside them.

1. Tuning: every rule with seven rates, 0.0001 to 100, on the tuning seed. The rate with
   the most right validation images is kept, and of equals the smaller rate.
2. Rules with fewer than half of the validation images right end here: they share the
   last rank. All others are trained on five other seeds, with the kept rate, and with a
   rate that is half a power of ten lower and higher. Of these three, the rate with the
   most right validation images of all five seeds counts. Named rules are treated like
   all others.
3. Rules are ranked by their test images, which chose nothing. Reported: the rank of the
   mean over seeds among all different rules, with the ranks in the single seeds; the
   brief's question is whether PowerSign and AddSign are in the top tenth.

`architecture_optimizers_transfer`: a rank after 200 steps of a small net need not hold
elsewhere. The named rules and the five different rules with the best mean in the first
experiment (without rules that have a name) are trained on five fresh seeds: as before,
three times as long, and on a network with two convolutions. Each task has its own rate
for each rule: of eleven, in half powers of ten from 0.0001 to 10, the rate with the
most right validation images of all five seeds. Whether a best rate lies at the edge of
the grid is in the result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.gradients.architecture_search.rule_training import (
    VALIDATION,
    train_rules,
)
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.gradients.optimizer_search import (
    NAMED_RULES,
    formula,
    named_rule,
    rule_space,
    same_rules,
)
from lecture_code.gradients.token_space import Strings

LONGEST = max(map(len, NAMED_RULES.values()))
"""Blocks of the longest named rule."""
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class OptimizerSettings:
    """Which rules are trained, and how.

    Args:
        seeds: of the trainings that count.
        tuning_seed: of the trainings that choose a rate.
        rates: that are tried on the tuning seed.
        finer: factors of the kept rate that are tried on the other seeds.
        promising: right validation images without which a rule ends after the tuning.
        steps, batch: of a training.
        block: rules that are trained side by side.
        most: the number of different rules that are trained; 0 for all.
    """

    seeds: tuple[int, ...] = (1, 2, 3, 4, 5)
    tuning_seed: int = 0
    rates: tuple[float, ...] = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0)
    finer: tuple[float, ...] = (10**-0.5, 1.0, 10**0.5)
    promising: int = VALIDATION // 2
    steps: int = 200
    batch: int = 64
    block: int = 32
    most: int = 0


class RuleBlockRun:
    """The tuning and the trainings of a few rules; rules know nothing of each other."""

    def __init__(self, settings: OptimizerSettings, rules: Strings) -> None:
        self.settings = settings
        self.rules = rules
        self.tuning = np.zeros((len(rules), 0), dtype=np.int64)
        self.counts: list[Counts] = []

    @property
    def progress(self) -> float:
        """Share of the trainings that are done."""
        settings = self.settings
        done = self.tuning.shape[1]
        if done == len(settings.rates) and not len(self.continued):
            return 1.0
        further = len(settings.seeds) * len(settings.finer)
        return (done + len(self.counts)) / (len(settings.rates) + further)

    @property
    def continued(self) -> Counts:
        """Rows of the rules that go on after the tuning."""
        best = self.tuning.max(axis=1, initial=0)
        return np.flatnonzero(best >= self.settings.promising)

    def advance(self) -> Record:
        """Train every rule with the next rate, or with the next seed and factor.

        The record is how many validation images each rule gets right.
        """
        settings = self.settings
        if self.tuning.shape[1] < len(settings.rates):
            rate = settings.rates[self.tuning.shape[1]]
            rates = np.full(len(self.rules), rate)
            right = self._train(self.rules, rates, settings.tuning_seed)[0]
            self.tuning = np.column_stack([self.tuning, right])
            return {"validation": right}
        seed, factor = divmod(len(self.counts), len(settings.finer))
        rows = self.continued
        kept = np.array(settings.rates)[self.tuning[rows].argmax(axis=1)]
        rates = kept * settings.finer[factor]
        both = self._train(self.rules[rows], rates, settings.seeds[seed])
        self.counts.append(np.array(both))
        return {"validation": both[0]}

    def _train(
        self, rules: Strings, rates: NDArray[np.float64], seed: int
    ) -> tuple[Counts, Counts]:
        how = self.settings
        return train_rules(rules, rates, steps=how.steps, batch=how.batch, seed=seed)

    def result(self) -> Record:
        """Of each rule the counts of the tuning; of each that went on the rate, and the
        right validation and test images of every seed.
        """
        settings = self.settings
        rows = self.continued
        shape = (len(settings.seeds), len(settings.finer), 2, len(rows))
        counts = np.array(self.counts, dtype=np.int64).reshape(shape)
        factor = counts[:, :, 0].sum(axis=0).argmax(axis=0)  # (rows,)
        kept = np.array(settings.rates)[self.tuning[rows].argmax(axis=1)]
        best = counts[:, factor, :, np.arange(len(rows))]  # (rows, seeds, 2)
        return {
            "tuning": self.tuning,
            "continued": rows,
            "rate": kept * np.array(settings.finer)[factor],
            "validation": best[..., 0],
            "test": best[..., 1],
        }


@cache
def different_rules(most: int = 0) -> tuple[Strings, Counts]:
    """The shortest rule of each set that does the same, (N, 5), and for each of the
    strings of one block, in the order of `place`, the row of its set, (4096,).

    Args:
        most: only so many sets, the first; 0 for all. Strings of other sets have −1.
    """
    strings = rule_space().every_string()
    shortest_first = np.argsort([len(formula(s)) for s in strings], kind="stable")
    ordered = strings[shortest_first]
    rows, place = np.unique(
        same_rules(ordered, np.random.default_rng(0)), return_inverse=True
    )
    row_of_string = np.empty(len(strings), dtype=np.int64)
    row_of_string[shortest_first] = place
    n = most or len(rows)
    return ordered[rows[:n]], np.where(row_of_string < n, row_of_string, -1)


def runs(settings: OptimizerSettings) -> dict[str, RuleBlockRun]:
    """A run for every block of rules, and one for the longer named rules."""
    rules = different_rules(settings.most)[0]
    starts = range(0, len(rules), settings.block)
    blocks = {f"rules {i}": rules[i : i + settings.block] for i in starts}
    blocks["longer"] = np.array([named_rule(name, LONGEST) for name in longer_rules()])
    return {name: RuleBlockRun(settings, block) for name, block in blocks.items()}


def longer_rules() -> list[str]:
    """The named rules that need more than one block."""
    return [name for name, blocks in NAMED_RULES.items() if len(blocks) > 1]


def summarise(
    settings: OptimizerSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Lists with an entry for each rule, and the rows of the named rules.

    A rule that ended after the tuning has the rate 0 and no counts.
    """
    rules, row_of_string = different_rules(settings.most)
    names = longer_rules()
    words = [*map(formula, rules), *(formula(named_rule(name)) for name in names)]
    copies = np.bincount(row_of_string[row_of_string >= 0]).tolist()
    curves: dict[str, Any] = {"rule": words, "strings": copies + [0] * len(names)}
    for entry in ("tuning", "rate", "validation", "test"):
        curves[entry] = []
    for result in results.values():
        curves["tuning"] += result["tuning"].tolist()
        place = {int(row): i for i, row in enumerate(result["continued"])}
        for row in range(len(result["tuning"])):
            i = place.get(row)
            rate = 0.0 if i is None else float(result["rate"][i])
            curves["rate"].append(rate)
            for entry in ("validation", "test"):
                curves[entry].append([] if i is None else result[entry][i].tolist())
    space = rule_space()
    curves["named"] = {name: len(rules) + i for i, name in enumerate(names)}
    for name in NAMED_RULES.keys() - set(names):
        row = int(row_of_string[space.place(named_rule(name)[None])[0]])
        curves["named"] |= {name: row} if row >= 0 else {}
    return curves, {}


SETTINGS = OptimizerSettings()
SMOKE = replace(
    SETTINGS, seeds=(1, 2), rates=(0.01, 0.1), steps=3, block=8, most=16, promising=30
)
EXPERIMENTS = (Experiment("architecture_optimizers", SETTINGS, SMOKE, runs, summarise),)
