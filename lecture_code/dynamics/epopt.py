"""EPOpt: a policy for a whole ensemble of simulators, trained on the worst of them.

Rajeswaran, Ghotra, Ravindran & Levine, "EPOpt: Learning Robust Neural Network Policies
Using Model Ensembles" (ICLR 2017), arXiv:1610.01283, Algorithm 1.

     2  for iteration i = 0, 1, 2, …
     3    for k = 1 … N
     4      sample model parameters p_k ~ P_ψ
     5      sample a trajectory τ_k from M(p_k) using policy π(θ_i)
     7    compute Q_ε = ε percentile of {R(τ_k)}
     8    select sub-set T = {τ_k : R(τ_k) ≤ Q_ε}
     9    update policy: θ_{i+1} = BatchPolOpt(θ_i, T)

Idea. Nobody knows the real robot's mass, but everybody can write down what it might be.
A policy trained on draws from that distribution works on average (ε = 1); trained on
the draws that it handles worst (ε = 0.1) it is meant to work nearly everywhere, because
whatever it neglects becomes its next lesson.

Read `iterate`, which is lines 3 to 9, and `epopt`, which is the loop. BatchPolOpt is
any `improve(policy, trajectories)`; with ε = 1 nothing is left of EPOpt but the
ensemble. `WorstWorlds` is lines 3 to 8 for another kind of BatchPolOpt: a search that
compares whole policies, such as `lecture_code.search.AugmentedRandomSearch`.

Deviations from the paper:
* R is the undiscounted return, as in the author's code; the text writes the discounted
  one.
* The paper keeps ε = 1 for its first 100 iterations. Here `warm_up` counts control
  steps, so that methods can be compared at equal steps.
* The baseline is fitted to all N trajectories of the iteration, and advantages are
  normalised over the selected ones together (the author's code does it for each
  trajectory by itself, which hides from the optimiser which world was the hard one).
* Control steps of trajectories that are not selected count as spent.
* `WorstWorlds` selects for each candidate anew: all candidates meet the same N worlds,
  and a candidate's value is its CVaR over these worlds. Linear policies have no noise,
  so ε selects worlds and their random starts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from lecture_code.learning.policies import LinearPolicy
from lecture_code.learning.risk import (
    conditional_value_at_risk,
    value_at_risk,
    worst,
)
from lecture_code.simulation import (
    Policy,
    Source,
    Trajectories,
    World,
    check_source,
    rollout,
)

Array = NDArray[np.float64]
P = TypeVar("P", bound=Policy)


class BatchPolOpt(Protocol[P]):
    """Any method that makes a better policy out of trajectories (line 9), such as
    `lecture_code.learning.trpo.TRPO`.
    """

    def __call__(
        self,
        policy: P,
        trajectories: Trajectories,
        background: Trajectories | None = None,
    ) -> P:
        """A better policy.

        Args:
            policy: the policy that made the trajectories.
            trajectories: the trajectories to improve on.
            background: all trajectories that the policy made, to fit whatever should
                know every world: a baseline.
        """


@dataclass(frozen=True, eq=False)
class Iteration(Generic[P]):
    """One turn of the loop: its worlds, its trajectories and its new policy.

    Args:
        index: i, 0 for the first.
        steps: control steps spent so far, this iteration's included.
        epsilon: ε of this iteration.
        worlds: M(p_k), N of them.
        batch: τ_k, N trajectories of the old policy.
        percentile: the ε percentile of the returns, Q_ε.
        chosen: indices of the selected trajectories, the sub-set T.
        policy: the policy after the update, π(θ_{i+1}).
    """

    index: int
    steps: int
    epsilon: float
    worlds: list[World]
    batch: Trajectories
    percentile: float
    chosen: NDArray[np.int64]
    policy: P

    def parameters(self, name: str) -> Array:
        """The value of one knob in each world, (N,)."""
        return np.array([world.values[name] for world in self.worlds])


def iterate(
    world: World,
    source: Source,
    policy: P,
    improve: BatchPolOpt[P],
    *,
    epsilon: float,
    n: int,
    horizon: int,
    rng: np.random.Generator,
    threads: int | None = None,
    previous: Iteration[P] | None = None,
) -> Iteration[P]:
    """One iteration of Algorithm 1: lines 3 to 9.

    Args:
        world: gives the knobs that the source does not draw.
        source: distribution of the knobs, P_ψ; empty for N copies of `world` itself, a
            specialist's lesson.
        policy: the policy before the update, π(θ_i).
        improve: batch policy optimisation, BatchPolOpt.
        epsilon: ε, the share of the trajectories that are chosen.
        n: N, the number of trajectories.
        horizon: T, control steps of a trajectory at most.
        rng: everything random comes from here.
        threads: as in `rollout`.
        previous: the iteration before, if there is one, from which the counts go on.

    Raises:
        ValueError: ε is not in (0, 1], n < 1, or the source does not fit the world.
    """
    check(world, source, epsilon, n)
    # Algorithm 1, lines 3 and 4
    worlds = world.sample(rng, n, **source) if source else [world] * n
    batch = rollout(worlds, policy, horizon, rng, threads=threads)  # line 5
    Q = value_at_risk(batch.returns, epsilon)  # line 7
    chosen = worst(batch.returns, epsilon)  # line 8
    improved = improve(policy, batch[chosen], batch)  # line 9
    index, steps = (previous.index + 1, previous.steps) if previous else (0, 0)
    steps += int(batch.lengths.sum())
    return Iteration(index, steps, epsilon, worlds, batch, Q, chosen, improved)


def epopt(
    world: World,
    source: Source,
    policy: P,
    improve: BatchPolOpt[P],
    *,
    epsilon: float,
    n: int,
    horizon: int,
    rng: np.random.Generator,
    warm_up: int = 0,
    threads: int | None = None,
) -> Iterator[Iteration[P]]:
    """Algorithm 1, for ever: take as many iterations as you like.

    Args:
        warm_up: control steps before which ε is 1.

    All other arguments, and the errors, are as in `iterate`.
    """
    check(world, source, epsilon, n)
    iteration = None
    while True:  # line 2
        spent = iteration.steps if iteration else 0
        share = 1.0 if spent < warm_up else epsilon
        iteration = iterate(
            world,
            source,
            policy,
            improve,
            epsilon=share,
            n=n,
            horizon=horizon,
            rng=rng,
            threads=threads,
            previous=iteration,
        )
        policy = iteration.policy
        yield iteration


class WorstWorlds:
    """f(θ): the mean return of a candidate in its worst share ε of common worlds.

    Lines 3 to 8 for a search over θ: maximising f is line 9.

    Args:
        world, source, epsilon, n, horizon, threads: as in `iterate`.
        policy: what θ belongs to.

    Raises:
        ValueError: see `iterate`.
    """

    def __init__(
        self,
        world: World,
        source: Source,
        policy: LinearPolicy,
        *,
        epsilon: float,
        n: int,
        horizon: int,
        threads: int | None = None,
    ) -> None:
        check(world, source, epsilon, n)
        self.world = world
        self.source = source
        self.policy = policy
        self.epsilon = epsilon
        self.n = n
        self.horizon = horizon
        self.threads = threads
        self.steps = 0  # control steps so far
        self.last: Trajectories | None = None  # of the latest candidates, row by row

    def __call__(self, thetas: Array, rng: np.random.Generator) -> Array:
        """CVaR_ε of the candidates (C, d) over the same N worlds, (C,)."""
        N = self.n
        # Algorithm 1, lines 3 and 4
        worlds = (
            self.world.sample(rng, N, **self.source)
            if self.source
            else [self.world] * N
        )
        policies = self.policy.at(np.repeat(thetas, N, axis=0))  # (C·N, d)
        places = worlds * len(thetas)
        batch = rollout(places, policies, self.horizon, rng, threads=self.threads)
        self.last = batch  # line 5
        self.steps += int(batch.lengths.sum())
        returns = batch.returns.reshape(len(thetas), N)
        tails = [conditional_value_at_risk(R, self.epsilon) for R in returns]
        return np.array(tails)  # lines 7 and 8


def check(world: World, source: Source, epsilon: float, n: int) -> None:
    """Refuse inputs that Algorithm 1 cannot work with.

    Raises:
        ValueError: see `iterate`.
    """
    check_source(world, source)
    if not 0 < epsilon <= 1:
        raise ValueError(f"epsilon must lie in (0, 1]; got {epsilon}")
    if n < 1:
        raise ValueError(f"n must be at least 1 trajectory; got {n}")
