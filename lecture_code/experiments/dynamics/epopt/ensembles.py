"""How Hoppers are trained on ensembles and tried over masses and frictions: what the
full-scale runs of the chapter *EPOpt* share.

Read `Training`, one policy in the making, then `EnsembleRun`, which trains an arm to
its budget and tests it. Who is compared with whom stands in `epopt.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.epopt import iterate
from lecture_code.experiments.dynamics.experts import early_return
from lecture_code.experiments.protocol import Record
from lecture_code.learning.gaussian_policy import GaussianPolicy
from lecture_code.learning.trpo import TRPO, Step
from lecture_code.simulation import (
    Source,
    Trajectories,
    TruncatedGaussian,
    World,
    make_world,
    rollout,
)

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Arm:
    """Who is trained on what.

    Args:
        world: how its world differs from the nominal Hopper.
        source: knob -> (mean, std, low, high) of its ensemble; empty for a specialist.
        epsilon: after the warm-up.
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
    """How they are trained and tried.

    Args:
        arms: by name.
        seeds: one training of each arm.
        steps: control steps of a training, over which it may go by one iteration.
        warm_up: share of them before which ε is 1.
        n, horizon: trajectories of an iteration, and their control steps.
        hidden: of the policy.
        first: trajectories of the fresh policy, by which observations are normalised
            from then on; they count as spent.
        looks: a training is looked at after its first iteration and so often
            thereafter, at the masses `look_at` [kg], in `look_episodes` episodes each.
        masses, episodes: of the final sweep, [kg] and for each of them.
        frictions, map_masses, map_episodes: of the final map, in multiples of the
            robot's own, [kg], and for each cell.
        kept: of how many seeds the policies are kept.
    """

    arms: Mapping[str, Arm]
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    steps: int = 2_400_000
    warm_up: float = 2 / 3
    n: int = 120
    horizon: int = 500
    hidden: tuple[int, ...] = (32, 32)
    first: int = 20
    looks: int = 18
    look_at: tuple[float, ...] = (3.0, 4.5, 6.0, 7.5, 9.0)
    look_episodes: int = 5
    masses: tuple[float, ...] = tuple(np.linspace(3, 9, 13).tolist())
    episodes: int = 20
    frictions: tuple[float, ...] = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
    map_masses: tuple[float, ...] = (3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)
    map_episodes: int = 4
    kept: int = 5


def source_of(numbers: Mapping[str, tuple[float, float, float, float]]) -> Source:
    """A source from its numbers in the settings."""
    return {knob: TruncatedGaussian(*four) for knob, four in numbers.items()}


class Improver:
    """TRPO that remembers its last step, for the record."""

    def __init__(self, **settings: Any) -> None:
        self.trpo = TRPO(**settings)
        self.last: Step | None = None

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
    """A policy in the making: what `iterate` needs from one iteration to the next, and
    nothing that is large.

    Args:
        settings: as above.
        world: what the ensemble is made around.
        seed: of everything random.
        max_kl: δ of TRPO.
    """

    def __init__(
        self, settings: EnsembleSettings, world: World, seed: int, max_kl: float
    ) -> None:
        self.settings, self.world = settings, world
        self.rng = np.random.default_rng(seed)
        self.improve = Improver(max_kl=max_kl)
        self.policy: GaussianPolicy | None = None
        self.steps, self.kl, self.early = 0, 0.0, 0.0
        self.population: dict[str, Array] = {}

    def start(self, source: Source) -> GaussianPolicy:
        """A fresh policy, normalised by what it sees in its first falls."""
        fresh = GaussianPolicy.initial(
            self.world.observation_size,
            self.world.action_size,
            self.rng,
            hidden=self.settings.hidden,
        )
        worlds = (
            self.world.sample(self.rng, self.settings.first, **source)
            if source
            else [self.world] * self.settings.first
        )
        batch = rollout(worlds, fresh, self.settings.horizon, self.rng, threads=1)
        self.steps += int(batch.lengths.sum())
        return fresh.normalised_by(batch.observations[:, :-1][batch.mask])

    def iterate(self, source: Source, epsilon: float) -> Record:
        """One iteration of EPOpt."""
        policy = self.policy or self.start(source)
        n, horizon = self.settings.n, self.settings.horizon
        found = iterate(
            self.world,
            source,
            policy,
            self.improve,
            epsilon=epsilon,
            n=n,
            horizon=horizon,
            rng=self.rng,
            threads=1,
        )
        self.policy, self.steps = found.policy, self.steps + found.steps
        self.population = {
            "torso_mass": found.parameters("torso_mass"),
            "returns": found.batch.returns,
        }
        step, self.improve.last = self.improve.last, None
        assert step is not None
        return {
            "steps": self.steps,
            "early_return": early_return(found.batch),
            "kl": step.kl,
            "chosen": len(found.chosen),
        }


class EnsembleRun:
    """One training of one arm, and its tests."""

    def __init__(self, settings: EnsembleSettings, arm: Arm, seed: int) -> None:
        self.settings, self.arm = settings, arm
        self.training = Training(
            settings, make_world("hopper", **arm.world), seed, arm.max_kl
        )
        self.curve: dict[str, list[Any]] = {
            name: [] for name in ("steps", "looks", "training")
        }

    @property
    def progress(self) -> float:
        """Share of the control steps that are spent."""
        return min(1.0, self.training.steps / self.settings.steps)

    def advance(self) -> Record:
        """One iteration, and a look when it is time for one."""
        warm = self.progress < self.settings.warm_up
        record = self.training.iterate(
            source_of(self.arm.source), 1.0 if warm else self.arm.epsilon
        )
        if self.progress * self.settings.looks >= len(self.curve["steps"]):
            self.curve["steps"].append(self.training.steps)
            worlds = [{"torso_mass": mass} for mass in self.settings.look_at]
            self.curve["looks"].append(
                self.test(worlds, self.settings.look_episodes, seed=10_000).mean(axis=1)
            )
            self.curve["training"].append(
                float(self.training.population["returns"].mean())
            )
        return record

    def result(self) -> Record:
        """The learning curve, the final tests, the last population that was selected
        from, and the policy as it is stored.
        """
        settings, policy = self.settings, self.policy
        sweep = [{"torso_mass": mass} for mass in settings.masses]
        cells = [
            {"torso_mass": mass, "friction": friction}
            for mass in settings.map_masses
            for friction in settings.frictions
        ]
        shape = (len(settings.map_masses), len(settings.frictions))
        return {
            **self.curve,
            "sweep": self.test(
                sweep, settings.episodes, seed=20_000
            ),  # (masses, episodes)
            "map": self.test(cells, settings.map_episodes, seed=30_000)
            .mean(axis=1)
            .reshape(shape),
            "population": np.stack(
                [self.training.population[name] for name in ("torso_mass", "returns")]
            ),  # (2, N)
            **{name: getattr(policy, name) for name in ("theta", "centre", "spread")},
        }

    @property
    def policy(self) -> GaussianPolicy:
        """The present policy, rounded as it is stored: what is tested is what can be
        loaded.
        """
        policy = self.training.policy
        assert policy is not None
        return replace(
            policy,
            **{
                name: getattr(policy, name).astype(np.float32)
                for name in ("theta", "centre", "spread")
            },
        )

    def test(self, changes: list[dict[str, float]], episodes: int, seed: int) -> Array:
        """Returns of the mean action in some worlds, (worlds, episodes); the starts are
        the same for all arms and seeds.
        """
        return trial(
            self.policy,
            [make_world("hopper", **change) for change in changes],
            episodes,
            self.settings.horizon,
            seed,
        )


def trial(
    policy: GaussianPolicy, worlds: list[World], episodes: int, horizon: int, seed: int
) -> Array:
    """Returns of the mean action, (worlds, episodes)."""
    batch = rollout(
        [world for world in worlds for _ in range(episodes)],
        policy.greedy,
        horizon,
        np.random.default_rng(seed),
        threads=1,
    )
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
    """arm -> curves of all seeds; and arrays (arms, seeds, …), in the order of the
    settings.
    """
    curves = {
        name: {
            entry: [results[f"{name}/{seed}"][entry] for seed in settings.seeds]
            for entry in ("steps", "looks", "training")
        }
        for name in settings.arms
    }
    kept = dict.fromkeys(("theta", "centre", "spread"), settings.seeds[: settings.kept])
    return curves, {
        entry: np.array(
            [
                [
                    results[f"{name}/{seed}"][entry]
                    for seed in kept.get(entry, settings.seeds)
                ]
                for name in settings.arms
            ],
            dtype=np.float32,
        )
        for entry in ("sweep", "map", "population", *kept)
    }
