"""One repeat of one searcher on a table: what the runs of `searchers.py` are made of.

Read `one_search`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.gradients.architecture_search.table import load_table
from lecture_code.experiments.protocol import Record
from lecture_code.gradients.architecture_search import (
    Query,
    ReinforceSearch,
    SearchSettings,
)
from lecture_code.gradients.architecture_table import ArchitectureTable, reward
from lecture_code.gradients.child_networks import DIGIT_SPACE
from lecture_code.gradients.string_controllers import LogitController, LSTMController
from lecture_code.gradients.string_search import (
    LocalSearch,
    Queries,
    RandomStrings,
    RegularisedEvolution,
    StringSearch,
    search_strings,
)
from lecture_code.gradients.token_space import Strings, TokenSpace

Floats = NDArray[np.float64]
BLOCK = 10
"""Queries whose rewards are averaged in a curve."""
CONFIRMED = 10
"""Strings that are trained again before an answer is given."""
WITHOUT_NOISE = "digits without noise"
"""The committed table, where a query pays the mean reward over the seeds."""


@dataclass(frozen=True)
class SearcherChoice:
    """One searcher with its settings; what a kind does not use stays at zero.

    Args:
        kind: "random", "local", "evolution", "lstm" or "logits".
        greedy: of local search.
        population, sample: P and S of evolution.
        children, rate, entropy: m, Adam's rate and the entropy's weight of REINFORCE.
    """

    kind: str
    greedy: bool = False
    population: int = 0
    sample: int = 0
    children: int = 0
    rate: float = 0.0
    entropy: float = 0.0


@dataclass(frozen=True)
class SearcherSettings:
    """Which searchers, for how long, on which table.

    Args:
        searchers: name -> searcher.
        queries: budget of one search.
        points: after how many queries the regrets are noted.
        curves: whether more than the regrets is kept.
        table: of `table_named`; its name says what a query pays, too.
        seeds: one repeat for each.
    """

    searchers: dict[str, SearcherChoice]
    queries: int = 500
    points: tuple[int, ...] = (25, 50, 100, 150, 200, 300, 400, 500)
    curves: bool = True
    table: str = "digits"
    seeds: tuple[int, ...] = field(default_factory=lambda: tuple(range(200)))


@cache
def table_named(name: str) -> ArchitectureTable:
    """The committed table, or one that nobody trained.

    Raises:
        ValueError: there is no such table.
    """
    if name in ("digits", WITHOUT_NOISE):
        return load_table()
    if name == "synthetic":
        return ArchitectureTable.synthetic(DIGIT_SPACE, np.random.default_rng(0))
    raise ValueError(
        f"table must be digits, {WITHOUT_NOISE} or synthetic; got {name!r}"
    )


def payment(name: str) -> Query:
    """What a query pays at the table of this name: the reward of one training, or
    `WITHOUT_NOISE` the mean reward of the string.
    """
    table = table_named(name)

    def one_training(strings: Strings, rng: np.random.Generator) -> Floats:
        return reward(table.query(strings, rng))

    def mean_reward(strings: Strings, rng: np.random.Generator) -> Floats:
        return table.rewards[table.space.place(strings)]

    return mean_reward if name == WITHOUT_NOISE else one_training


def searcher_of(
    choice: SearcherChoice, space: TokenSpace, rng: np.random.Generator
) -> StringSearch:
    """The searcher before its first query; `rng` draws a controller's parameters.

    Raises:
        ValueError: there is no such kind.
    """
    match choice.kind:
        case "random":
            return RandomStrings(space)
        case "local":
            return LocalSearch(space, choice.greedy)
        case "evolution":
            return RegularisedEvolution(space, choice.population, choice.sample)
        case "lstm" | "logits":
            settings = SearchSettings(
                choice.children, choice.rate, entropy=choice.entropy
            )
            if choice.kind == "lstm":
                return ReinforceSearch(LSTMController(space, rng), settings)
            return ReinforceSearch(LogitController(space), settings)
    raise ValueError(f"there is no kind of searcher {choice.kind!r}")


def one_search(settings: SearcherSettings, choice: SearcherChoice, seed: int) -> Record:
    """One repeat of one searcher.

    Returns:
        observed, confirmed, found: see `regrets_at`.
        excess: the plain answer's observed accuracy minus its mean, at the end.
        distinct: strings that differ.
        place: of the plain answer in the space, at the end.
        reward: expected reward of the strings that were asked for, (blocks,).
        entropy: of the controller before each block [nats], (blocks,); 0 without one.
    """
    table = table_named(settings.table)
    query = payment(settings.table)
    first, later = np.random.default_rng(seed).spawn(2)
    searcher = searcher_of(choice, table.space, first)
    entropies: list[float] = []
    queries = Queries.none(table.space)
    turns = search_strings(searcher, table.space, query, settings.queries, later)
    for queries in turns:
        new = queries.count - len(entropies)
        entropies += new * [entropy_of_search(searcher)]
    row = table.space.place(queries.answers[-1:])[0]
    expected = table.rewards[table.space.place(queries.strings)]
    return regrets_at(settings, table, queries) | {
        "excess": np.cbrt(queries.rewards.max()) - table.values[row],
        "distinct": queries.distinct,
        "place": int(row),
        "reward": expected.reshape(-1, BLOCK).mean(axis=1),
        "entropy": np.array(entropies).reshape(-1, BLOCK).mean(axis=1),
    }


def regrets_at(
    settings: SearcherSettings, table: ArchitectureTable, queries: Queries
) -> dict[str, Any]:
    """Three regrets after each number of queries in the settings, (points,) each.

    Returns:
        observed, of the string with the highest observed reward; confirmed, of the best
        of the ten strings with the highest observed rewards, after each of them was
        trained with every seed of the table; found, of the best of all strings that
        were asked for.
    """
    regret = table.regret(queries.strings)
    observed = table.regret(queries.answers)
    points = settings.points
    beginnings = [Queries(queries.strings[:n], queries.rewards[:n]) for n in points]
    return {
        "observed": observed[np.array(points) - 1],
        "confirmed": np.array(
            [table.regret(first.best(CONFIRMED)).min() for first in beginnings]
        ),
        "found": np.minimum.accumulate(regret)[np.array(points) - 1],
    }


def entropy_of_search(searcher: StringSearch) -> float:
    """Entropy [nats] of a controller when it wrote its last batch; 0 without one."""
    if isinstance(searcher, ReinforceSearch):
        return float(searcher.state.entropy.sum())
    return 0.0
