"""A policy that acts in a target world and is trained between its episodes there.

`Branch` is one continuation of a pretrained policy; `adaptation.py` decides what its
source is after each round.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.source_adaptation import (
    Adaptation,
    AdaptationSettings,
    act_and_adapt,
)
from lecture_code.experiments.dynamics.epopt.ensembles import trial
from lecture_code.experiments.dynamics.epopt.training import Training
from lecture_code.experiments.protocol import Record
from lecture_code.learning.gaussian_policy import GaussianPolicy
from lecture_code.simulation import Source, World, make_world

Array = NDArray[np.float64]

TRIALS = 40_000
"""Seed of the episodes in which a branch is tried, the same for all branches."""


def continuation(training: Training, world: World, seed: int) -> Training:
    """A training that goes on in `world` with another's policy and its own draws."""
    improve = training.improve.trpo
    settings = training.settings
    further = Training(settings, world, seed, improve.max_kl)
    further.policy, further.steps = training.policy, training.steps
    return further


def policy_of(training: Training) -> GaussianPolicy:
    """The present policy of a training, which must have begun."""
    assert training.policy is not None
    return training.policy


class Branch:
    """A policy in the making, and what it is trained on.

    Args:
        training: the training, which goes on.
        source: what it is trained on; empty for its own world.
        epsilon: ε of the training.
    """

    def __init__(self, training: Training, source: Source, epsilon: float) -> None:
        self.training = training
        self.source = source
        self.epsilon = epsilon
        self.returns: list[Array] = []
        self.left = 0
        """Control steps that are not yet spent.

        Negative where the last iteration went over; the next round then has fewer.
        """

    def adapt(
        self,
        target: World,
        settings: AdaptationSettings,
        rng: np.random.Generator,
    ) -> Adaptation[GaussianPolicy]:
        """Act for an episode in the target, and adapt the source to it."""
        adapted = act_and_adapt(
            Adaptation(self.source, policy_of(self.training)),
            make_world("hopper"),
            target,
            settings,
            horizon=self.training.settings.horizon,
            rng=rng,
            threads=1,
        )
        self.source = adapted.source
        return adapted

    def retrain(self) -> Record:
        """One iteration of training, paid from the steps that are left."""
        before = self.training.steps
        record = self.training.iterate(self.source, self.epsilon)
        self.left -= self.training.steps - before
        return record

    def try_in(self, target: World, episodes: int) -> None:
        """Try the present policy in the target; the training learns nothing from it."""
        policy = policy_of(self.training)
        horizon = self.training.settings.horizon
        rng = np.random.default_rng(TRIALS)
        self.returns.append(trial(policy, [target], episodes, horizon, rng)[0])
