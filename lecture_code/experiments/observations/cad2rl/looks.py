"""`cad2rl_looks`: which part of a "real" look makes flights shorter?

Protocol. The committed networks of the first seed of `cad2rl`, in 8 bits, fly in the
held-out maps: in looks of the training family, in looks that have one part of "real"
(its textures, its lens, or its view), and in "real" looks. The flights start from the
places of `cad2rl`. Added when the flights in "real" looks were seen to be less than
half as long as in looks of the training family.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import NDArray

from lecture_code.experiments.observations.cad2rl.arms import FlightSettings
from lecture_code.experiments.observations.cad2rl.flights import metres
from lecture_code.experiments.observations.cad2rl.weights import load_collision_net
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.observations.cad2rl import greedy


@dataclass(frozen=True)
class LookSettings:
    """What is tested.

    Args:
        arms: whose networks fly.
        families: of looks.
        seeds: of the flights.
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
    flights: int = 200
    steps: int = 250


class LookRun:
    """One network and the flights of one seed, family by family.

    Args:
        settings: of the experiment.
        arm: whose network flies.
        seed: of the flights.
    """

    def __init__(self, settings: LookSettings, arm: str, seed: int) -> None:
        self.settings = settings
        self.arm = arm
        self.seed = seed
        self.flown: dict[str, float] = {}

    @property
    def progress(self) -> float:
        """Share of the families that have been flown in."""
        return len(self.flown) / len(self.settings.families)

    def advance(self) -> Record:
        """The flights in the next family of looks."""
        family = self.settings.families[len(self.flown)]
        test = FlightSettings(
            {}, flights=self.settings.flights, steps=self.settings.steps
        )
        policy = greedy(load_collision_net(self.arm))
        mean = float(metres(policy, family, test, self.seed).mean())
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
SMOKE = replace(LOOKS, arms=("CAD2RL",), seeds=(0,), flights=3, steps=3)

EXPERIMENTS = (Experiment("cad2rl_looks", LOOKS, SMOKE, runs, summarise),)
