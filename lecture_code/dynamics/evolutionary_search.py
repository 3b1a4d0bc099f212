"""Evolutionary search for a policy: the return of an episode is all that it sees.

The lecture's five steps, and where they are:

    1  generate a population   θ_e ~ N(μ, Σ)                   `search.ask`
    2  evaluate each of them   U_e = return of π_θe's episode  `EpisodeReturn`
    3  select the fittest      w_e = weights(U)                `search.weights`
    4  reproduce               μ⁺, Σ⁺ = weighted fit           `search.tell`
    5  repeat                                                  `train`

Idea. A search of `lecture_code.search` knows nothing of robots. What makes it a policy
search is the function that it climbs: build the policy, let the robot live an episode,
report one number. Everything else that happened in the episode, a thousand states and
rewards, is thrown away.

Read `EpisodeReturn.__call__` first, then `train`.

Deviations from the lecture:
* Observations are normalised by what was seen so far, as in V2 of augmented random
  search (Mania, Guy & Recht, 2018). So f changes a little from generation to
  generation; it settles as the count grows.
* `survival` leaves the reward for being alive out of what the search sees, as the same
  paper does for Hopper: with it, standing still is a hill of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lecture_code.learning import LinearPolicy, RunningStandardiser
from lecture_code.search import Search, next_generation
from lecture_code.simulation import Trajectories, World, rollout

Array = NDArray[np.float64]


class EpisodeReturn:
    """f(θ): one episode for each candidate, and its return.

    Args:
        world: where the robot lives.
        horizon: control steps of an episode.
        survival: reward for each step alive that f leaves out.
        threads: as in `rollout`.
    """

    def __init__(
        self,
        world: World,
        horizon: int = 1000,
        survival: float = 0.0,
        threads: int | None = None,
    ) -> None:
        self.world = world
        self.horizon = horizon
        self.survival = survival
        self.threads = threads
        self.standardiser = RunningStandardiser(world.observation_size)
        self.steps = 0  # control steps so far
        self.last: Trajectories | None = None  # the latest population's episodes

    @property
    def size(self) -> int:
        """d, the number of parameters of the policy."""
        return self.world.observation_size * self.world.action_size

    def policy(self, theta: Array) -> LinearPolicy:
        """π_θ, (d,), or one policy a row, (N, d), with the observations standardised by
        what was seen so far.
        """
        return LinearPolicy(theta, self.standardiser.now)

    def __call__(self, thetas: Array, rng: np.random.Generator) -> Array:
        """U (N,) of the candidates (N, d): each lives one episode of its own."""
        batch = self.last = self.episodes(self.policy(thetas), len(thetas), rng)
        self.steps += int(batch.lengths.sum())
        self.standardiser.add(batch.observations[:, :-1][batch.mask])
        return np.asarray(batch.returns - self.survival * batch.lengths)

    def episodes(
        self, policy: LinearPolicy, n: int, rng: np.random.Generator
    ) -> Trajectories:
        """n episodes of one policy, or of a policy for each row; they count for
        nothing.
        """
        return rollout(
            [self.world] * n, policy, self.horizon, rng, threads=self.threads
        )


@dataclass(frozen=True, eq=False)
class Progress:
    """The state of a training after one generation."""

    generation: int
    """1 after the first."""
    steps: int
    """Control steps so far."""
    returns: Array
    """Returns of the population, as the search was told them, (N,)."""
    policy: LinearPolicy
    """The search's mean, as a policy."""


def train(
    search: Search, f: EpisodeReturn, rng: np.random.Generator
) -> Iterator[Progress]:
    """Search for a policy, for ever: take as many generations as you like.

    Args:
        search: over `f.size` parameters; changed in place, generation by generation.
        f: the function that it climbs.
        rng: everything random comes from here.
    """
    record = None
    while True:
        record = next_generation(search, f, rng, record)
        policy = f.policy(record.mean)
        generation = record.index + 1
        yield Progress(generation, f.steps, record.returns, policy)
