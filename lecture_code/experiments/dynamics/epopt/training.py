"""How a Hopper is trained on an ensemble, in all full-scale runs of *EPOpt*.

Read `Training`, one policy that is being trained. The runs to a budget and their tests
stand in `ensembles.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.epopt import iterate
from lecture_code.experiments.dynamics.experts import early_return
from lecture_code.experiments.protocol import Record
from lecture_code.learning.gaussian_policy import GaussianPolicy
from lecture_code.learning.trpo import TRPO, Improvement
from lecture_code.simulation import (
    Source,
    Trajectories,
    TruncatedGaussian,
    World,
    rollout,
)

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Arm:
    """A kind of training: on which world or ensemble, and how.

    Args:
        world: how the arm's world differs from the nominal Hopper.
        source: knob -> (mean, std, low, high) of the ensemble; empty for a specialist.
        epsilon: ε after the warm-up.
        max_kl: δ of TRPO.
    """

    world: Mapping[str, float] = field(default_factory=dict)
    source: Mapping[str, tuple[float, float, float, float]] = field(
        default_factory=dict
    )
    epsilon: float = 1.0
    max_kl: float = 0.03


@dataclass(frozen=True)
class EnsembleSettings:
    """How policies are trained and tried.

    Args:
        arms: by name.
        seeds: one training of each arm.
        steps: control steps of a training, over which it may go by one iteration.
        warm_up: share of the steps before which ε is 1.
        trajectories, horizon: trajectories of an iteration, and their control steps.
        hidden: widths of the policy's hidden layers.
        first_trajectories: trajectories of the fresh policy, by which observations are
            standardised from then on; they count as spent.
        evaluations: how often a training is evaluated, beside the evaluation after its
            first iteration.
        evaluation_masses, evaluation_episodes: masses [kg] of an evaluation, and
            episodes for each mass.
        masses, episodes: masses of the final sweep [kg], and episodes for each mass.
        frictions: frictions of the final map, in multiples of the robot's own.
        map_masses, map_episodes: masses of the map [kg], and episodes for each cell.
        policies_stored: number of policies of each arm that the result stores, those of
            the first seeds.
    """

    arms: Mapping[str, Arm]
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    steps: int = 2_400_000
    warm_up: float = 2 / 3
    trajectories: int = 120
    horizon: int = 500
    hidden: tuple[int, ...] = (32, 32)
    first_trajectories: int = 20
    evaluations: int = 18
    evaluation_masses: tuple[float, ...] = (3.0, 4.5, 6.0, 7.5, 9.0)
    evaluation_episodes: int = 5
    masses: tuple[float, ...] = tuple(np.linspace(3, 9, 13).tolist())
    episodes: int = 20
    frictions: tuple[float, ...] = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
    map_masses: tuple[float, ...] = (3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)
    map_episodes: int = 4
    policies_stored: int = 5


def source_of(numbers: Mapping[str, tuple[float, float, float, float]]) -> Source:
    """A source from its numbers in the settings."""
    return {knob: TruncatedGaussian(*four) for knob, four in numbers.items()}


class Improver:
    """TRPO that remembers its last step, for the record."""

    def __init__(self, **settings: Any) -> None:
        self.trpo = TRPO(**settings)
        self.last: Improvement | None = None

    def __call__(
        self,
        policy: GaussianPolicy,
        trajectories: Trajectories,
        background: Trajectories | None = None,
    ) -> GaussianPolicy:
        """As `TRPO.__call__`."""
        self.last = self.trpo.step(policy, trajectories, background)
        return self.last.policy


class Training:
    """A policy that is being trained: what one iteration hands to the next.

    Args:
        settings: how policies are trained and tried.
        world: the world whose knobs the ensemble varies.
        seed: seed of everything random.
        max_kl: δ of TRPO.
    """

    def __init__(
        self, settings: EnsembleSettings, world: World, seed: int, max_kl: float
    ) -> None:
        self.settings = settings
        self.world = world
        self.rng = np.random.default_rng(seed)
        self.improve = Improver(max_kl=max_kl)
        self.policy: GaussianPolicy | None = None
        self.steps = 0
        self.last_batch: dict[str, Array] = {}

    def start(self, source: Source) -> GaussianPolicy:
        """A fresh policy, standardised by the observations of its first episodes."""
        fresh = GaussianPolicy.initial(
            self.world.observation_size,
            self.world.action_size,
            self.rng,
            hidden=self.settings.hidden,
        )
        n = self.settings.first_trajectories
        worlds = (
            self.world.sample(self.rng, n, **source) if source else [self.world] * n
        )
        batch = rollout(worlds, fresh, self.settings.horizon, self.rng, threads=1)
        self.steps += int(batch.lengths.sum())
        return fresh.standardised_by(batch.observations[:, :-1][batch.mask])

    def iterate(self, source: Source, epsilon: float) -> Record:
        """One iteration of EPOpt."""
        iteration = iterate(
            self.world,
            source,
            self.policy or self.start(source),
            self.improve,
            epsilon=epsilon,
            n=self.settings.trajectories,
            horizon=self.settings.horizon,
            rng=self.rng,
            threads=1,
        )
        self.policy = iteration.policy
        self.steps += iteration.steps
        self.last_batch = {
            "torso_mass": iteration.parameters("torso_mass"),
            "returns": iteration.batch.returns,
        }
        step = self.improve.last
        self.improve.last = None
        assert step is not None
        return {
            "steps": self.steps,
            "early_return": early_return(iteration.batch),
            "kl": step.kl,
            "chosen": len(iteration.chosen),
        }
