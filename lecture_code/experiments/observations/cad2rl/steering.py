"""`cad2rl_steering`: are three directions too few, or are the answers wrong?

Protocol. Rules that see the map fly in the held-out maps, from the places of `cad2rl`.
"labels" is a left-right-straight classifier whose answers are all right, for several
distances that must be free ahead. "roll-outs, three aims" may fly left, straight on and
right, too. It tries all three for five steps, goes on by the labels, and takes the one
that survives longest. "roll-outs, 15 aims" does the same with all aims. Between the
first and the second only the answer differs, and between the second and the third only
the number of directions.

Known before: two seeds with 100 flights each. The labels flew 21, 49, 27 and 11 m,
three aims 171 m, and 15 aims 174 m.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import NDArray

from lecture_code.experiments.observations.cad2rl.arms import FlightSettings
from lecture_code.experiments.observations.cad2rl.flights import metres
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.observations.corridor_flight import Policy
from lecture_code.observations.flight_rules import (
    exact_rollouts,
    steering_rule,
    three_aims,
)


@dataclass(frozen=True)
class SteeringTest:
    """What is tested.

    Args:
        distances: that must be free ahead for the answer "straight on" [m].
        base: the distance of the labels by which roll-outs go on [m].
        horizon: steps of a roll-out.
        seeds: of the flights.
        flights: of a test.
        steps: of a flight, at most.
    """

    distances: tuple[float, ...] = (1.0, 1.5, 2.0, 3.0)
    base: float = 2.0
    horizon: int = 5
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    flights: int = 200
    steps: int = 250


def rules(settings: SteeringTest) -> dict[str, Policy]:
    """The rules by name."""
    base = steering_rule(settings.base)
    labels = {f"labels {d:g} m": steering_rule(d) for d in settings.distances}
    return labels | {
        "roll-outs, three aims": exact_rollouts(base, settings.horizon, three_aims()),
        "roll-outs, 15 aims": exact_rollouts(base, settings.horizon),
    }


class SteeringRun:
    """The flights of one seed, rule by rule.

    Args:
        settings: of the experiment.
        seed: of the flights.
    """

    def __init__(self, settings: SteeringTest, seed: int) -> None:
        self.settings = settings
        self.seed = seed
        self.flown: dict[str, float] = {}

    @property
    def progress(self) -> float:
        """Share of the rules that have flown."""
        return len(self.flown) / len(rules(self.settings))

    def advance(self) -> Record:
        """The flights of the next rule."""
        name, policy = list(rules(self.settings).items())[len(self.flown)]
        test = FlightSettings(
            {}, flights=self.settings.flights, steps=self.settings.steps
        )
        mean = float(metres(policy, "real", test, self.seed).mean())
        self.flown[name] = round(mean, 2)
        return {"metres": mean}

    def result(self) -> Record:
        """Mean metres by rule."""
        return self.flown


def runs(settings: SteeringTest) -> dict[str, SteeringRun]:
    """One run for each seed of flights."""
    return {f"rules/{seed}": SteeringRun(settings, seed) for seed in settings.seeds}


def summarise(
    settings: SteeringTest, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Mean metres of each seed, by rule."""
    flown = [results[f"rules/{seed}"] for seed in settings.seeds]
    return {name: [run[name] for run in flown] for name in rules(settings)}, {}


STEERING = SteeringTest()
SMOKE = replace(STEERING, seeds=(0,), flights=3, steps=3)

EXPERIMENTS = (Experiment("cad2rl_steering", STEERING, SMOKE, runs, summarise),)
