"""Searches over strings that are no controllers: random, local, and by evolution.

Each class has two methods: `ask` names the strings to train next, and `tell` brings
their rewards.

* Random search (`RandomStrings`): Li & Talwalkar, "Random Search and Reproducibility
  for Neural Architecture Search" (2019), arXiv:1902.07638. Every string is equally
  likely, whatever was seen.
* Local search (`LocalSearch`): White, Nolen & Savani, "Exploring the Loss Landscape in
  Neural Architecture Search" (2021), arXiv:2005.02960. Go to a better string that
  differs in one token; where there is none, begin again somewhere else.
* Regularised evolution (`RegularisedEvolution`): Real, Aggarwal, Huang & Le,
  "Regularized Evolution for Image Classifier Architecture Search" (2019),
  arXiv:1802.01548, Algorithm 1:

     1  the population is a queue of P random strings
     2  repeat: draw S strings from the queue, with replacement
     3          the parent is the one with the highest reward
     4          the child is the parent with one token changed
     5          train the child, and append it to the queue
     6          remove the oldest string of the queue

Idea. All searches pay for the same thing, one training of one child, so they are
compared after the same number of queries (`Queries`). Because of line 6, a string that
was lucky once dies like all others.

A query is one training. A string that is trained twice counts twice, and its two
rewards differ, because a training has a random seed. The plain answer of a search is
the string with the highest *observed* reward (`Queries.answers`): it may have been
lucky. A careful answer trains the k best strings (`Queries.best`) again.

Read `search_strings`, then `RegularisedEvolution`. REINFORCE behind the same two
methods is `architecture_search.ReinforceSearch`.

Deviations from the papers: a mutation draws a token with at least two choices, and then
one of its other choices; the paper mutates an operation or an input. Local search can
go to the first better string, too, and it remembers no rewards of earlier strings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lecture_code.gradients.reward_baselines import checked_rewards
from lecture_code.gradients.token_space import Strings, TokenSpace

Floats = NDArray[np.float64]


class StringSearch(Protocol):
    """A search over strings that maximises the reward. Only `tell` changes it."""

    def ask(self, rng: np.random.Generator) -> Strings:
        """The strings to train next, (N, T)."""

    def tell(self, strings: Strings, rewards: Floats) -> None:
        """Learn from the strings that were asked for last, or from the first of them.

        Raises:
            ValueError: not one finite reward for each string.
        """


@dataclass(frozen=True, eq=False)
class Queries:
    """Every query of a search, in order.

    Args:
        strings: one row for each training of a child, (Q, T).
        rewards: what each training gave, (Q,).
    """

    strings: Strings
    rewards: Floats

    @classmethod
    def none(cls, space: TokenSpace) -> Queries:
        """Before the first query."""
        return cls(no_strings(space), np.empty(0))

    @property
    def count(self) -> int:
        """How many trainings were paid; a repeated string counts each time."""
        return len(self.rewards)

    @property
    def distinct(self) -> int:
        """How many of the strings differ."""
        return len(np.unique(self.strings, axis=0))

    @property
    def answers(self) -> Strings:
        """The string with the highest observed reward after each query, (Q, T); the
        earlier one of equals.
        """
        best = np.maximum.accumulate(self.rewards)
        is_new = np.append(True, best[1:] > best[:-1])[: self.count]
        rows = np.maximum.accumulate(np.where(is_new, np.arange(self.count), 0))
        answers: Strings = self.strings[rows]
        return answers

    def best(self, k: int) -> Strings:
        """The k strings with the highest observed rewards, the highest first; fewer
        where fewer strings differ.
        """
        order = self.strings[np.argsort(-self.rewards, kind="stable")]
        _, first = np.unique(order, axis=0, return_index=True)
        best: Strings = order[np.sort(first)[:k]]
        return best

    def after(self, strings: Strings, rewards: Floats) -> Queries:
        """With the queries of one more turn: strings (N, T) and rewards (N,)."""
        return Queries(
            np.concatenate([self.strings, strings]),
            np.concatenate([self.rewards, rewards]),
        )


def search_strings(
    search: StringSearch,
    space: TokenSpace,
    query: Callable[[Strings, np.random.Generator], Floats],
    budget: int,
    rng: np.random.Generator,
) -> Iterator[Queries]:
    """All queries so far, after each turn, until the budget is spent.

    A turn that asks for more than is left gets only the first of its strings.

    Args:
        search: changed in place, turn by turn.
        space: the strings.
        query: query(strings (N, T), rng) -> rewards (N,).
        budget: number of queries.
        rng: draws the strings, and is handed to `query`.

    Raises:
        ValueError: the budget is below 1, or the search asks for nothing.
    """
    if budget < 1:
        raise ValueError(f"budget must be 1 query or more; got {budget}")
    queries = Queries.none(space)
    while queries.count < budget:
        strings = search.ask(rng)[: budget - queries.count]
        if not len(strings):
            raise ValueError(f"{type(search).__name__} asked for no string")
        rewards = checked_rewards(strings, query(strings, rng))
        search.tell(strings, rewards)
        queries = queries.after(strings, rewards)
        yield queries


@dataclass(frozen=True)
class RandomStrings:
    """Every string is equally likely, whatever was seen.

    Args:
        space: the strings.
        batch: how many are asked for at once.
    """

    space: TokenSpace
    batch: int = 1

    def __post_init__(self) -> None:
        if self.batch < 1:
            raise ValueError(f"batch must be 1 or more; got {self.batch}")

    def ask(self, rng: np.random.Generator) -> Strings:
        """Random strings, (batch, T)."""
        return self.space.uniform(self.batch, rng)

    def tell(self, strings: Strings, rewards: Floats) -> None:
        """Nothing is learnt; the rewards are only checked."""
        checked_rewards(strings, rewards)


class LocalSearch:
    """Go to a better neighbour; where there is none, begin again at a random string.

    Args:
        space: the strings.
        greedy: go to the first better neighbour, tried in random order. Otherwise try
            all neighbours, and go to the best one.
    """

    def __init__(self, space: TokenSpace, greedy: bool = False) -> None:
        self.space = space
        self.greedy = greedy
        self.restarts = 0
        self._begin_again()

    def _begin_again(self) -> None:
        self.reward = -np.inf
        self.untried = no_strings(self.space)
        self.best: tuple[float, Strings] | None = None

    def _stand_on(self, reward: float, string: Strings) -> None:
        self._begin_again()
        self.reward = reward
        self.untried = self.space.neighbours(string)

    def ask(self, rng: np.random.Generator) -> Strings:
        """A random string to begin with, (1, T), or neighbours: one, or all, (N, T)."""
        if not len(self.untried):
            return self.space.uniform(1, rng)
        if self.greedy:
            row = rng.integers(len(self.untried))
            return self.untried[row : row + 1].copy()
        return self.untried.copy()

    def tell(self, strings: Strings, rewards: Floats) -> None:
        """Go on, go to a better string, or begin again.

        Raises:
            ValueError: not one finite reward for each string.
        """
        rewards = checked_rewards(strings, rewards)
        if not len(self.untried):
            self._stand_on(float(rewards[0]), strings[0])
            return
        tried = (self.untried[:, None] == strings).all(axis=2).any(axis=1)
        self.untried = self.untried[~tried]
        top = int(rewards.argmax())
        if self.best is None or rewards[top] > self.best[0]:
            self.best = float(rewards[top]), strings[top].copy()
        if self.best[0] > self.reward and (self.greedy or not len(self.untried)):
            self._stand_on(*self.best)
        elif not len(self.untried):  # a local optimum
            self.restarts += 1
            self._begin_again()


class RegularisedEvolution:
    """Algorithm 1 of Real et al.

    Args:
        space: the strings.
        population: P, the length of the queue.
        sample: S, how many strings compete to become the parent.

    Raises:
        ValueError: a number is below 1, or no token has two choices.
    """

    def __init__(
        self, space: TokenSpace, population: int = 100, sample: int = 25
    ) -> None:
        if min(population, sample) < 1:
            raise ValueError(
                "population and sample must be 1 or more; got "
                f"{population} and {sample}"
            )
        if max(space.sizes) < 2:
            raise ValueError("no token has two choices, so nothing can be changed")
        self.space = space
        self.population = population
        self.sample = sample
        self.strings = no_strings(space)  # the queue, the oldest first
        self.rewards: Floats = np.empty(0)

    def ask(self, rng: np.random.Generator) -> Strings:
        """Random strings until the queue is full, then one child, (1, T)."""
        missing = self.population - len(self.strings)
        if missing > 0:
            return self.space.uniform(missing, rng)  # line 1
        rows = rng.integers(self.population, size=self.sample)  # line 2
        parent = self.strings[rows[self.rewards[rows].argmax()]]  # line 3
        return mutated(self.space, parent, rng)[None]  # line 4

    def tell(self, strings: Strings, rewards: Floats) -> None:
        """The children join the queue, and the oldest strings leave it.

        Raises:
            ValueError: not one finite reward for each string.
        """
        rewards = checked_rewards(strings, rewards)
        queue = np.concatenate([self.strings, strings])  # line 5
        self.strings = queue[-self.population :]  # line 6
        self.rewards = np.concatenate([self.rewards, rewards])[-self.population :]


def no_strings(space: TokenSpace) -> Strings:
    """No string at all, (0, T)."""
    return np.empty((0, len(space.tokens)), dtype=np.int64)


def mutated(space: TokenSpace, string: Strings, rng: np.random.Generator) -> Strings:
    """A string (T,) that differs from this string (T,) in one token."""
    open_tokens = [t for t, size in enumerate(space.sizes) if size > 1]
    t = open_tokens[int(rng.integers(len(open_tokens)))]
    child = string.copy()
    child[t] = (child[t] + rng.integers(1, space.sizes[t])) % space.sizes[t]
    return child
