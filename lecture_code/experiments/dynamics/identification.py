"""What does system identification win back?

The full-scale run behind the second half of the chapter *The reality gap*.

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

from lecture_code.dynamics.reality_gap import Identification, identify
from lecture_code.experiments.dynamics.experts import (
    ExpertRun,
    ExpertSettings,
    early_return,
    experts,
)
from lecture_code.experiments.dynamics.real_worlds import real_world
from lecture_code.experiments.policies import load_policy
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.simulation import Policy, Trajectories, make_world, rollout

Array = NDArray[np.float64]


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
        self.real_name = real
        self.source = source
        self.seed = seed
        self.real = real_world(settings.real[real])
        self.identification: Identification | None = None
        self.training: ExpertRun | None = None
        self.done = 0.0

    @property
    def progress(self) -> float:
        """Share of the training, or of the trial where there is no training."""
        return self.training.progress if self.training else self.done

    def advance(self) -> Record:
        """One generation of training; one trial of the nominal simulator's expert."""
        if self.source == "simulator":
            self.done = 1.0
            return {"early_return": early_return(self._trial())}
        self.training = self.training or self._start()
        return self.training.advance()

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

    def _start(self) -> ExpertRun:
        """The training, in the real world or in the simulator that it identifies."""
        world = self.real
        if self.source == "identified":
            self.identification = self._identify()
            world = self.identification.world
        return ExpertRun(self.settings.expert, world, self.seed)

    def _identify(self) -> Identification:
        policy = load_policy("half_cheetah", seed=self.seed)
        recording = record(self.settings, self.real_name, policy, self.seed)
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


EXPERIMENTS = (
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
