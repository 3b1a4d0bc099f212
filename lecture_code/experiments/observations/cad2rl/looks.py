"""`cad2rl_looks`: which part of a "real" look makes flights shorter?

Protocol. (CAD)²RL and pretraining are trained as in `cad2rl`, in each of its five
seeds: from the same generator, so the networks are those of `cad2rl` up to rounding on
another processor. After two rounds each network flies in the held-out maps: in looks of
the training family, in looks that have one part of "real" (its textures, its lens, or
its view), and in "real" looks. The flights of a seed start from the places of `cad2rl`.
Metres in training looks and in "real" looks are those of the last test of the training.

Added when the flights in "real" looks were seen to be less than half as long as in
looks of the training family. At first, only the networks of the first seed flew, from
five sets of places: their lens left 51 % of the metres of (CAD)²RL, and their textures
94 %. Then the networks of all seeds were trained again, and the runs of the first seed
alone were replaced. All runs are reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.observations.cad2rl.arms import ARMS, FlightSettings
from lecture_code.experiments.observations.cad2rl.flights import (
    SMALL,
    FlightRun,
    metres,
)
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.observations.cad2rl import Cad2rlSettings

TESTED = ("training", "real")
"""Families in which a training tests its network."""


@dataclass(frozen=True)
class LookSettings:
    """What is trained and tested.

    Args:
        arms: that are trained again.
        families: of looks.
        seeds: of networks and flights.
        method: settings of (CAD)²RL.
        rounds: behind the first training.
        flights: of a test.
        steps: of a flight, at most.
    """

    arms: tuple[str, ...] = ("CAD2RL", "pretraining")
    families: tuple[str, ...] = (
        "training",
        "real textures",
        "real lens",
        "real view",
        "real",
    )
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    method: Cad2rlSettings = field(default_factory=Cad2rlSettings)
    rounds: int = 2
    flights: int = 200
    steps: int = 250

    @property
    def comparison(self) -> FlightSettings:
        """The training and its tests, as in `cad2rl`."""
        return FlightSettings(
            {arm: ARMS[arm] for arm in self.arms},
            self.seeds,
            self.method,
            self.rounds,
            self.flights,
            self.steps,
        )


class LookRun:
    """One arm and one seed: the training, then the flights family by family.

    Args:
        settings: of the experiment.
        arm: what is trained.
        seed: of training and flights.
    """

    def __init__(self, settings: LookSettings, arm: str, seed: int) -> None:
        self.settings = settings
        self.training = FlightRun(settings.comparison, ARMS[arm], seed)
        learning = [stage for stage in self.training.stages if stage != "test"]
        self.training.stages = [*learning, "test"]  # only the last network is tested
        self.flown: dict[str, float] = {}

    @property
    def progress(self) -> float:
        """Share of training and families that is done."""
        flown = len(self.flown) / len(self.settings.families)
        return 0.8 * self.training.progress + 0.2 * flown

    def advance(self) -> Record:
        """The next stage of the training, or the flights in the next family."""
        training = self.training
        if training.progress < 1:
            return training.advance()
        family = self.settings.families[len(self.flown)]
        if family in TESTED:
            mean = float(np.mean(training.tests[family][-1]))
        else:
            flown = metres(training.policy(), family, training.settings, training.seed)
            mean = float(flown.mean())
        self.flown[family] = round(mean, 2)
        return {"metres": mean}

    def result(self) -> Record:
        """Mean metres by family."""
        return self.flown


def runs(settings: LookSettings) -> dict[str, LookRun]:
    """One run for each network and seed of flights."""
    return {
        f"{arm}/{seed}": LookRun(settings, arm, seed)
        for arm in settings.arms
        for seed in settings.seeds
    }


def summarise(
    settings: LookSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Mean metres of each seed, by network and family."""
    curves = {
        arm: {
            family: [results[f"{arm}/{seed}"][family] for seed in settings.seeds]
            for family in settings.families
        }
        for arm in settings.arms
    }
    return curves, {}


LOOKS = LookSettings()
SMOKE = replace(
    LOOKS, arms=("CAD2RL",), seeds=(0,), method=SMALL, rounds=1, flights=3, steps=3
)

EXPERIMENTS = (Experiment("cad2rl_looks", LOOKS, SMOKE, runs, summarise),)
