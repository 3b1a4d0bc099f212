"""Grounded simulation learning: record the robot, correct the simulator, improve the
policy in it, and begin again.

Farchy, Barrett, MacAlpine & Stone, "Humanoid Robots Learning to Walk Faster: From the
Real World to Simulation and Back" (AAMAS 2013). The lecture's five steps:

    step 1   record the robot under the present policy θ
    step 2   ground: find φ* such that the simulator explains the recording
    step 3   improve θ in the grounded simulator: candidates Π_c
    step 4   try the candidates on the robot, keep the best
    step 5   again from step 1

Idea. A simulator is trusted only near what was recorded. So one learns a little in it,
asks the robot again, and corrects the simulator again. What φ is, is left open: masses
and dampings (`reality_gap.identify`), or a transformation of the actions
(`grounded_action_transformation.by_actions`).

Read `grounded_simulation_learning`, which is the five steps, then `improve`, which is
one generation of step 3. A turn of the loop is a frozen `Turn`; `improve` and
`Turn.tried` give the next one, so that a turn can be interrupted after any of them.

Deviations from the paper:
* A return is maximised where the paper minimises a cost.
* Candidates are the means of a black-box search after each of its generations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lecture_code.search import Search, next_generation
from lecture_code.simulation import Policy, Trajectories, World, rollout

Array = NDArray[np.float64]

Controller = Callable[[Array], Policy]
"""θ (d,), or (N, d) with one θ a row -> a policy: `LinearPolicy.at`, `WalkEngine.at`.
"""
RecordRobot = Callable[[Array, np.random.Generator], Trajectories]
"""The robot: θ (d,), rng -> a recording of it."""
Ground = Callable[[World, Trajectories, Array, np.random.Generator], World]
"""Simulator, recording of the robot, the θ that was recorded, rng -> grounded
simulator.
"""
Evaluate = Callable[[Array, np.random.Generator], Array]
"""J: candidates (n, d), rng -> their returns on the robot, (n,)."""


@dataclass(frozen=True)
class PolicySearch:
    """How a policy is improved in a simulator: `optimize` of the paper.

    Args:
        start: θ (d,) -> a search that starts at θ, for instance `lambda theta:
            CMAES(theta, 0.1, 24)`.
        controller: θ -> policy.
        horizon: control steps of an episode.
        generations: generations of a turn.
        threads: as in `rollout`.
    """

    start: Callable[[Array], Search]
    controller: Controller
    horizon: int
    generations: int
    threads: int | None = None


@dataclass(frozen=True, eq=False)
class Turn:
    """One turn of the loop, as far as it has come.

    Args:
        world: the grounded simulator.
        search: the search in `world`; `improve` changes a copy of it.
        candidates: Π_c, the mean of the search after each generation, (d,) each.
        returns: returns of the candidates on the robot; empty until they are tried.
        batch: the episodes of the last generation; None before the first.
    """

    world: World
    search: Search
    candidates: tuple[Array, ...] = ()
    returns: tuple[float, ...] = ()
    batch: Trajectories | None = None

    @classmethod
    def initial(cls, world: World, theta: Array, search: PolicySearch) -> Turn:
        """The turn before its first generation, at θ (d,)."""
        return cls(world, search.start(theta))

    def tried(self, returns: Array) -> Turn:
        """This turn with the returns of its candidates on the robot, (n,).

        Raises:
            ValueError: the number of returns is not the number of candidates.
        """
        if np.shape(returns) != (len(self.candidates),) or not self.candidates:
            raise ValueError(
                f"there must be one return for each of the {len(self.candidates)} "
                f"candidates; got shape {np.shape(returns)}"
            )
        return replace(self, returns=tuple(np.asarray(returns, dtype=float).tolist()))

    @property
    def best(self) -> int:
        """Index of the candidate with the highest return on the robot.

        Raises:
            ValueError: the candidates were not tried yet.
        """
        if not self.returns:
            raise ValueError("the candidates have no returns yet; see `Turn.tried`")
        return int(np.argmax(self.returns))

    @property
    def theta(self) -> Array:
        """The candidate that is best on the robot, (d,)."""
        return self.candidates[self.best]


def improve(turn: Turn, search: PolicySearch, rng: np.random.Generator) -> Turn:
    """The turn after one more generation: one more candidate."""
    state = deepcopy(turn.search)
    batches: list[Trajectories] = []

    def f(thetas: Array, rng: np.random.Generator) -> Array:
        worlds = [turn.world] * len(thetas)
        policy = search.controller(thetas)
        batch = rollout(worlds, policy, search.horizon, rng, threads=search.threads)
        batches.append(batch)
        return batch.returns

    mean = next_generation(state, f, rng).mean
    candidates = (*turn.candidates, mean)
    return replace(turn, search=state, candidates=candidates, batch=batches[-1])


def learn(
    world: World, theta: Array, search: PolicySearch, rng: np.random.Generator
) -> Turn:
    """All generations of a turn in `world`, from θ (d,)."""
    turn = Turn.initial(world, theta, search)
    for _ in range(search.generations):
        turn = improve(turn, search, rng)
    return turn


def grounded_simulation_learning(
    simulator: World,
    theta: Array,
    record: RecordRobot,
    ground: Ground,
    search: PolicySearch,
    J: Evaluate,
    rng: np.random.Generator,
) -> Iterator[Turn]:
    """The lecture's five steps, for ever: take as many turns as you like.

    Args:
        simulator: the simulator as it came.
        theta: θ₀, (d,).
        record: records the robot.
        ground: finds φ*.
        search: how a policy is improved in a simulator.
        J: the robot again: returns of candidates.
        rng: everything random comes from here.
    """
    while True:
        rng_robot, rng_ground, rng_improve, rng_J = rng.spawn(4)
        recording = record(theta, rng_robot)  # step 1, GAT line 3
        grounded = ground(simulator, recording, theta, rng_ground)  # step 2
        turn = learn(grounded, theta, search, rng_improve)  # step 3, GAT line 8
        turn = turn.tried(J(np.stack(turn.candidates), rng_J))  # step 4
        theta = turn.theta  # GAT line 9
        yield turn  # step 5
