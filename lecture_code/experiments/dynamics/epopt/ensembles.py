"""Hoppers trained on ensembles, and tried over masses and frictions.

The runs of the chapter *EPOpt*. Read `EnsembleRun`. The arms that are compared stand in
`comparison.py`; how a policy is trained stands in `training.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.dynamics.epopt.training import (
    Arm,
    EnsembleSettings,
    Training,
    source_of,
)
from lecture_code.experiments.protocol import Record
from lecture_code.learning.gaussian_policy import GaussianPolicy
from lecture_code.learning.networks import Standardiser
from lecture_code.simulation import World, make_world, rollout

Array = NDArray[np.float64]

EVALUATION, SWEEP, MAP = 10_000, 20_000, 30_000
"""Seeds of the episodes of an evaluation, of the final sweep and of the final map."""


class EnsembleRun:
    """One training of one arm, and its tests."""

    def __init__(self, settings: EnsembleSettings, arm: Arm, seed: int) -> None:
        self.settings = settings
        self.arm = arm
        self.training = Training(
            settings, make_world("hopper", **arm.world), seed, arm.max_kl
        )
        self.curve: dict[str, list[Any]] = {
            name: [] for name in ("steps", "evaluations", "training")
        }

    @property
    def progress(self) -> float:
        """Share of the control steps that are spent."""
        return min(1.0, self.training.steps / self.settings.steps)

    def advance(self) -> Record:
        """One iteration, and an evaluation when it is due."""
        warm = self.progress < self.settings.warm_up
        epsilon = 1.0 if warm else self.arm.epsilon
        record = self.training.iterate(source_of(self.arm.source), epsilon)
        if self.progress * self.settings.evaluations >= len(self.curve["steps"]):
            self._evaluate()
        return record

    def _evaluate(self) -> None:
        """Note the steps spent, the returns by mass, and the return in training."""
        worlds = [{"torso_mass": mass} for mass in self.settings.evaluation_masses]
        returns = self.test(worlds, self.settings.evaluation_episodes, EVALUATION)
        in_training = self.training.last_batch["returns"].mean()
        self.curve["steps"].append(self.training.steps)
        self.curve["evaluations"].append(returns.mean(axis=1))
        self.curve["training"].append(float(in_training))

    def result(self) -> Record:
        """The learning curve, the final tests, the last batch and the policy.

        From this batch EPOpt selects its tail; the policy is rounded as
        it is stored.
        """
        settings, policy = self.settings, self.policy
        sweep = [{"torso_mass": mass} for mass in settings.masses]
        cells = [
            {"torso_mass": mass, "friction": friction}
            for mass in settings.map_masses
            for friction in settings.frictions
        ]
        shape = (len(settings.map_masses), len(settings.frictions))
        by_cell = self.test(cells, settings.map_episodes, MAP)
        last_batch = self.training.last_batch
        return {
            **self.curve,
            "sweep": self.test(sweep, settings.episodes, SWEEP),  # (masses, episodes)
            "map": by_cell.mean(axis=1).reshape(shape),  # (masses, frictions)
            "last_batch": np.stack([last_batch["torso_mass"], last_batch["returns"]]),
            "theta": policy.theta,
            "mean": policy.standardiser.mean,
            "std": policy.standardiser.std,
        }

    @property
    def policy(self) -> GaussianPolicy:
        """The present policy, rounded as it is stored, so that tests are of that."""
        policy = self.training.policy
        assert policy is not None
        exact = (policy.theta, *policy.standardiser)
        theta, mean, std = (values.astype(np.float32) for values in exact)
        return replace(policy, theta=theta, standardiser=Standardiser(mean, std))

    def test(self, changes: list[dict[str, float]], episodes: int, start: int) -> Array:
        """Returns of the mean action in some worlds, (worlds, episodes).

        Args:
            changes: how each world differs from the nominal Hopper.
            episodes: episodes in each world.
            start: seed of the episodes, the same for all arms and trainings.
        """
        worlds = [make_world("hopper", **change) for change in changes]
        rng = np.random.default_rng(start)
        return trial(self.policy, worlds, episodes, self.settings.horizon, rng)


def trial(
    policy: GaussianPolicy,
    worlds: list[World],
    episodes: int,
    horizon: int,
    rng: np.random.Generator,
) -> Array:
    """Returns of the mean action, (worlds, episodes)."""
    copies = [world for world in worlds for _ in range(episodes)]
    batch = rollout(copies, policy.greedy, horizon, rng, threads=1)
    return batch.returns.reshape(len(worlds), episodes)


def runs(settings: EnsembleSettings) -> dict[str, EnsembleRun]:
    """One training for each arm and seed."""
    return {
        f"{name}/{seed}": EnsembleRun(settings, arm, seed)
        for name, arm in settings.arms.items()
        for seed in settings.seeds
    }


def summarise(
    settings: EnsembleSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Curves by arm and seed; arrays (arms, seeds, …) in the order of the settings."""
    curves = {
        name: {
            entry: [results[f"{name}/{seed}"][entry] for seed in settings.seeds]
            for entry in ("steps", "evaluations", "training")
        }
        for name in settings.arms
    }

    def stacked(entry: str, seeds: tuple[int, ...]) -> Array:
        by_arm = [
            [results[f"{name}/{seed}"][entry] for seed in seeds]
            for name in settings.arms
        ]
        return np.array(by_arm, dtype=np.float32)

    tests = ("sweep", "map", "last_batch")
    parts_of_policies = ("theta", "mean", "std")
    stored = settings.seeds[: settings.policies_stored]
    return curves, {
        **{entry: stacked(entry, settings.seeds) for entry in tests},
        **{entry: stacked(entry, stored) for entry in parts_of_policies},
    }
