"""How wide is the gap, and does system identification close it?

The two full-scale runs behind the chapter *The reality gap*.

`reality_gap`: every expert of `experts.py` in worlds where one knob is turned.

`identification`: a HalfCheetah expert is recorded for ten seconds in a "real" world;
the simulator is identified from the recording; a new expert is trained in the
identified simulator, with the first expert's budget and tuning, and tried in the real
world. The positive control is an expert trained in the real world itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.reality_gap import Identification, identify, sweep
from lecture_code.experiments.dynamics.experts import (
    ExpertRun,
    ExpertSettings,
    early_return,
    experts,
)
from lecture_code.experiments.dynamics.real_worlds import in_units, real_world
from lecture_code.experiments.policies import load_policy
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.simulation import Policy, Trajectories, make_world, rollout

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SweepSettings:
    """Which knobs are turned, and how far.

    Args:
        robots: the robots whose experts are tried.
        seeds: the experts, by the seed of their training.
        grids: knob -> values; `torso_mass` in multiples of the robot's own.
        episodes, horizon: number and length of the episodes for each expert and value;
            every value has the same starts.
    """

    robots: tuple[str, ...] = ("hopper", "half_cheetah")
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    grids: Mapping[str, tuple[float, ...]] = field(
        default_factory=lambda: {
            "gravity": (-4.0, -6.0, -8.0, -9.0, -9.81, -10.5, -12.0, -14.0, -16.0),
            "torso_mass": (0.5, 0.7, 0.85, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0),
            "damping": (0.4, 0.6, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0),
            "friction": (0.25, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0, 3.0),
            "action_delay": (0, 1, 2, 3, 4),
            "motor_noise": (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6),
        }
    )
    episodes: int = 10
    horizon: int = 1000


class SweepRun:
    """One expert in all its worlds."""

    def __init__(self, settings: SweepSettings, robot: str, seed: int) -> None:
        self.settings = settings
        self.robot = robot
        self.seed = seed
        self.todo = [
            (knob, value) for knob, values in settings.grids.items() for value in values
        ]
        self.returns: dict[str, list[float]] = {knob: [] for knob in settings.grids}
        self.total = len(self.todo)

    @property
    def progress(self) -> float:
        """Share of the worlds in which the expert has been tried."""
        return 1 - len(self.todo) / self.total

    def advance(self) -> Record:
        """Try the expert in one world."""
        (knob, value), *self.todo = self.todo
        world = make_world(self.robot)
        settings = self.settings
        setting = in_units(world, knob, value)
        policy = load_policy(self.robot, seed=self.seed)
        returns = sweep(
            world,
            knob,
            [setting],
            policy,
            episodes=settings.episodes,
            horizon=settings.horizon,
            rng=np.random.default_rng(20_000),
            threads=1,
        )
        self.returns[knob].append(float(returns.mean()))
        return {"mean_return": self.returns[knob][-1]}

    def result(self) -> Record:
        """Mean return by knob and value."""
        return self.returns


def sweep_runs(settings: SweepSettings) -> dict[str, SweepRun]:
    """One run for each expert of each robot."""
    return {
        f"{robot}/{seed}": SweepRun(settings, robot, seed)
        for robot in settings.robots
        for seed in settings.seeds
    }


def sweep_summary(
    settings: SweepSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Mean returns (experts, values) by robot and knob; no arrays."""
    curves: dict[str, Any] = {}
    for robot in settings.robots:
        runs = [results[f"{robot}/{seed}"] for seed in settings.seeds]
        curves[robot] = {knob: [run[knob] for run in runs] for knob in settings.grids}
    return curves, {}


@dataclass(frozen=True)
class IdentificationSettings:
    """Which real worlds there are, and which knobs are identified.

    Args:
        seeds: one training for each real world and source.
        real: name -> how it differs from the simulator; masses in multiples of the
            robot's own.
        knobs: the knobs that are identified.
        recording: control steps recorded in the real world.
        expert: how every expert is trained.
        episodes: episodes of the trial in the real world.
    """

    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    real: Mapping[str, Mapping[str, float]] = field(
        default_factory=lambda: {
            "wrong parameters": {"damping": 0.7, "torso_mass": 1.3},
            "under-modelling": {"action_delay": 1},
        }
    )
    knobs: tuple[str, ...] = ("torso_mass", "damping")
    recording: int = 200
    expert: ExpertSettings = field(default_factory=lambda: experts("half_cheetah"))
    episodes: int = 20


def record(
    settings: IdentificationSettings, real: str, policy: Policy, seed: int
) -> Trajectories:
    """What a policy does on a real robot while it is recorded for identification.

    Args:
        settings: length of the recording, and the real robots.
        real: name of the real robot in the settings.
        policy: the expert that drives the robot.
        seed: of the expert; every expert has a start of its own.
    """
    rng = np.random.default_rng(40_000 + seed)
    return rollout(real_world(settings.real[real]), policy, settings.recording, rng)


class TransferRun:
    """One expert trained in one simulator, and tried in one real world."""

    def __init__(
        self, settings: IdentificationSettings, real: str, source: str, seed: int
    ) -> None:
        self.settings = settings
        self.source = source
        self.seed = seed
        self.real = real_world(settings.real[real])
        self.identification: Identification | None = None
        self.training: ExpertRun | None = None
        if source == "identified":
            self.identification = self._identify(real)
            world = self.identification.world
            self.training = ExpertRun(settings.expert, world, seed)
        elif source == "real":
            self.training = ExpertRun(settings.expert, self.real, seed)
        self.done = 0.0

    @property
    def progress(self) -> float:
        """Share of the training, or of the trial where there is no training."""
        return self.training.progress if self.training else self.done

    def advance(self) -> Record:
        """One generation of training; one trial of the nominal simulator's expert."""
        self.done = 1.0
        if self.training:
            return self.training.advance()
        return {"early_return": early_return(self._trial())}

    def result(self) -> Record:
        """The return in the real world, and the identification if there was one."""
        result: dict[str, Any] = {"return": float(self._trial().returns.mean())}
        if self.identification:
            for name in ("values", "before", "after"):
                result[name] = getattr(self.identification, name)
        return result

    def _trial(self) -> Trajectories:
        policy = (
            self.training.policy
            if self.training
            else load_policy("half_cheetah", seed=self.seed)
        )
        worlds = [self.real] * self.settings.episodes
        horizon = self.settings.expert.horizon
        rng = np.random.default_rng(30_000)
        return rollout(worlds, policy, horizon, rng, threads=1)

    def _identify(self, real: str) -> Identification:
        policy = load_policy("half_cheetah", seed=self.seed)
        recording = record(self.settings, real, policy, self.seed)
        return identify(make_world("half_cheetah"), recording, self.settings.knobs)


SOURCES = ("simulator", "identified", "real")
"""Where an expert is trained: in the nominal or the identified simulator, or in the
real world itself.
"""


def transfer_runs(settings: IdentificationSettings) -> dict[str, TransferRun]:
    """One training for each real world, source and seed."""
    return {
        f"{real}/{source}/{seed}": TransferRun(settings, real, source, seed)
        for real in settings.real
        for source in SOURCES
        for seed in settings.seeds
    }


def transfer_summary(
    settings: IdentificationSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Returns by real world, source and seed; and the identifications by seed."""
    curves: dict[str, Any] = {}
    for real in settings.real:
        by_source = {
            source: [results[f"{real}/{source}/{seed}"] for seed in settings.seeds]
            for source in SOURCES
        }
        identified = by_source["identified"]
        curves[real] = {
            "return": {
                source: [run["return"] for run in runs]
                for source, runs in by_source.items()
            },
            "values": {
                knob: [run["values"][knob] for run in identified]
                for knob in settings.knobs
            },
            "explained": {
                when: [run[when] for run in identified] for when in ("before", "after")
            },
        }
    return curves, {}


_SMOKE_GRIDS = {"gravity": (-9.81, -4.0), "torso_mass": (1.0,), "action_delay": (0, 2)}

EXPERIMENTS = (
    Experiment(
        "reality_gap",
        SweepSettings(),
        SweepSettings(seeds=(0,), grids=_SMOKE_GRIDS, episodes=2, horizon=50),
        sweep_runs,
        sweep_summary,
    ),
    Experiment(
        "identification",
        IdentificationSettings(),
        IdentificationSettings(
            seeds=(0,), expert=experts("half_cheetah", smoke=True), episodes=2
        ),
        transfer_runs,
        transfer_summary,
    ),
)
