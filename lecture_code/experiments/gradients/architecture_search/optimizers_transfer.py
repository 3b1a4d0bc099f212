"""Does a rank of update rules hold elsewhere?

`architecture_optimizers_transfer`; the protocol stands in `optimizers.py`, with the
first experiment. The five rules in `FOUND` are filled in from its result. RMSProp and
SGD, which are named rules, took the second and the fourth place there; so `FOUND` has
the five best rules that have no name. This was written before the second run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.gradients.architecture_search.optimizers import LONGEST
from lecture_code.experiments.gradients.architecture_search.rule_training import (
    train_rules,
)
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.gradients.optimizer_search import (
    NAMED_RULES,
    Block,
    formula,
    named_rule,
    rule_of,
)
from lecture_code.gradients.token_space import Strings

FOUND: tuple[Block, ...] = (
    ("g", "g", "x", "√|x|", "÷"),
    ("g", "v̂", "x", "exp x", "÷"),
    ("g³", "g²", "x", "x", "÷"),
    ("m̂", "m̂", "x", "√|x|", "÷"),
    ("g", "g²", "x", "exp x", "×"),
)
"""The five best different rules of one block without a name, the best first."""


@dataclass(frozen=True)
class RuleTransferSettings:
    """Where the rules are tried again.

    Args:
        seeds: of the trainings; none of them chose a rule.
        found: rules beside the named rules.
        tasks: network and number of steps of each task.
        rates: that are tried in each task.
        batch: images of a step.
    """

    seeds: tuple[int, ...] = (6, 7, 8, 9, 10)
    found: tuple[Block, ...] = FOUND
    tasks: tuple[tuple[str, int], ...] = (
        ("perceptron", 200),
        ("perceptron", 600),
        ("convolution", 200),
    )
    rates: tuple[float, ...] = tuple(10 ** (i / 2 - 4) for i in range(11))
    batch: int = 64


class RuleTransferRun:
    """All rules in one task with one seed, rate after rate."""

    def __init__(
        self, settings: RuleTransferSettings, task: tuple[str, int], seed: int
    ) -> None:
        self.settings = settings
        self.task = task
        self.seed = seed
        self.counts: list[NDArray[np.int64]] = []

    @property
    def progress(self) -> float:
        """Share of the rates that are done."""
        return len(self.counts) / len(self.settings.rates)

    def advance(self) -> Record:
        """Train every rule with the next rate; the record is the right validation
        images of each.
        """
        rules = np.array(list(tried_rules(self.settings).values()))
        rates = np.full(len(rules), self.settings.rates[len(self.counts)])
        network, steps = self.task
        batch = self.settings.batch
        both = train_rules(
            rules, rates, network=network, steps=steps, batch=batch, seed=self.seed
        )
        self.counts.append(np.array(both))
        return {"validation": both[0]}

    def result(self) -> Record:
        """Right validation and test images, (rates, 2, rules)."""
        return {"counts": np.array(self.counts)}


def tried_rules(settings: RuleTransferSettings) -> dict[str, Strings]:
    """The strings of all rules by name; a found rule is named by its formula."""
    rules = {name: named_rule(name, LONGEST) for name in NAMED_RULES}
    for block in settings.found:
        rules[formula(rule_of([block]))] = rule_of([block], LONGEST)
    return rules


def task_name(task: tuple[str, int]) -> str:
    """'convolution, 200 steps'."""
    return f"{task[0]}, {task[1]} steps"


def runs(settings: RuleTransferSettings) -> dict[str, RuleTransferRun]:
    """A run for each task and seed."""
    return {
        f"{task_name(task)}/{seed}": RuleTransferRun(settings, task, seed)
        for task in settings.tasks
        for seed in settings.seeds
    }


def summarise(
    settings: RuleTransferSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """By task and rule: the rate, whether it lies at the edge, and the counts."""
    curves: dict[str, Any] = {}
    for task in settings.tasks:
        name = task_name(task)
        every = [results[f"{name}/{seed}"]["counts"] for seed in settings.seeds]
        counts = np.array(every)  # (seeds, rates, 2, rules)
        best = counts[:, :, 0].sum(axis=0).argmax(axis=0)  # (rules,)
        curves[name] = {}
        for row, rule in enumerate(tried_rules(settings)):
            at = int(best[row])
            curves[name][rule] = {
                "rate": settings.rates[at],
                "at the edge": at in (0, len(settings.rates) - 1),
                "validation": counts[:, at, 0, row].tolist(),
                "test": counts[:, at, 1, row].tolist(),
            }
    return curves, {}


SETTINGS = RuleTransferSettings()
SMOKE = replace(
    SETTINGS,
    seeds=(6, 7),
    found=(("g", "m̂", "x", "x", "+"),),
    tasks=(("perceptron", 3), ("convolution", 2)),
    rates=(0.01, 0.1),
)
EXPERIMENTS = (
    Experiment("architecture_optimizers_transfer", SETTINGS, SMOKE, runs, summarise),
)
