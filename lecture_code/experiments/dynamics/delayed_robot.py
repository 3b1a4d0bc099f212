"""Does identification make the gap of a delayed robot wider? Five more seeds.

In the result `identification`, experts from the identified simulator earn less on the
robot with late motors than experts from the plain simulator. Five seeds cannot tell
whether this is chance. This run has five seeds that had no part in the question.

Protocol, written before the run. Each seed trains an expert in the simulator, records
it for ten seconds on the robot, identifies the simulator, and trains a second expert
there, with the same budget and tuning. Recording, identification and trial are those of
`identification`. Both experts are tried on the robot, and *at home*: in the world in
which they were trained.

The comparison pairs the two experts of a seed, in all ten seeds of both results. It
takes the median difference of their returns, with the interval from the second smallest
to the second largest difference. (For ten pairs, this interval holds the true median
with a probability of 97.9 %.) The page says "wider" only if the interval excludes zero,
and it also gives the count in the five new seeds, because the first five seeds
suggested the question. The returns at home show whether the second experts learnt
anything at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.reality_gap import Identification, identify
from lecture_code.experiments.dynamics.experts import ExpertRun, experts
from lecture_code.experiments.dynamics.real_worlds import real_world
from lecture_code.experiments.dynamics.reality_gap import (
    IdentificationSettings,
    record,
    trial,
)
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.simulation import World, make_world

Array = NDArray[np.float64]

LATE = "under-modelling"
SETTINGS = IdentificationSettings(
    seeds=(5, 6, 7, 8, 9), real={LATE: {"action_delay": 1}}
)
TRAINED_IN = ("simulator", "identified")


class TwoExpertsRun:
    """An expert from the simulator, then an expert from the identified simulator."""

    def __init__(self, settings: IdentificationSettings, seed: int) -> None:
        self.settings, self.seed = settings, seed
        self.simulator = make_world("half_cheetah")
        self.first = ExpertRun(settings.expert, self.simulator, seed)
        self.identification: Identification | None = None
        self.second: ExpertRun | None = None

    @property
    def progress(self) -> float:
        """Share of both trainings."""
        second = self.second.progress if self.second else 0.0
        return (self.first.progress + second) / 2

    def advance(self) -> Record:
        """One generation; between the trainings the simulator is identified."""
        if self.first.progress < 1:
            return self.first.advance()
        if self.second is None:
            recording = record(self.settings, LATE, self.first.policy, self.seed)
            self.identification = identify(
                self.simulator, recording, self.settings.knobs
            )
            world = self.identification.world
            self.second = ExpertRun(self.settings.expert, world, self.seed)
        return self.second.advance()

    def result(self) -> Record:
        """Returns of both experts on the robot and at home; the identification."""
        assert self.identification is not None and self.second is not None
        policies = (self.first.policy, self.second.policy)
        homes = (self.simulator, self.identification.world)
        robot = real_world(self.settings.real[LATE])

        def returns(worlds: tuple[World, World]) -> dict[str, float]:
            tried = zip(TRAINED_IN, worlds, policies, strict=True)
            return {
                name: float(trial(self.settings, world, policy).returns.mean())
                for name, world, policy in tried
            }

        result: dict[str, Any] = {
            "return": returns((robot, robot)),
            "at_home": returns(homes),
        }
        for name in ("values", "before", "after"):
            result[name] = getattr(self.identification, name)
        return result


def runs(settings: IdentificationSettings) -> dict[str, TwoExpertsRun]:
    """One run for each seed."""
    return {str(seed): TwoExpertsRun(settings, seed) for seed in settings.seeds}


def summarise(
    settings: IdentificationSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Returns by place and world of training, and the identifications, by seed."""
    ordered: list[dict[str, Any]] = [dict(results[str(s)]) for s in settings.seeds]
    curves: dict[str, Any] = {
        place: {name: [run[place][name] for run in ordered] for name in TRAINED_IN}
        for place in ("return", "at_home")
    }
    curves["values"] = {
        knob: [run["values"][knob] for run in ordered] for knob in settings.knobs
    }
    curves["explained"] = {
        when: [run[when] for run in ordered] for when in ("before", "after")
    }
    return curves, {}


EXPERIMENTS = (
    Experiment(
        "identification_delayed",
        SETTINGS,
        replace(
            SETTINGS,
            seeds=(5,),
            expert=experts("half_cheetah", smoke=True),
            episodes=2,
        ),
        runs,
        summarise,
    ),
)
