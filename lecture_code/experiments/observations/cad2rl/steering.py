"""Are three directions too few, or are the answers wrong?

* `cad2rl_steering`: rules that see the map, for at most 250 steps (200 m).
* `cad2rl_steering_far`: three of these rules, for at most 1,000 steps (800 m).

Protocol. Rules that see the map fly in the held-out maps, from the places of `cad2rl`.
"labels" is a left-right-straight classifier whose answers are all right, for several
distances that must be free ahead. "roll-outs, three aims" may fly left, straight on and
right, too. It tries all three for five steps, goes on by the labels, and takes the one
that survives longest. "roll-outs, 15 aims" does the same with all aims. Between the
first and the second only the answer differs, and between the second and the third only
the number of directions.

Known before: two seeds with 100 flights each. The labels flew 21, 49, 27 and 11 m,
three aims 171 m, and 15 aims 174 m.

Added after looking. In `cad2rl_steering` most flights with roll-outs are still flying
when the test ends, so their means cannot show what 15 directions add. (In seed 0,
73.5 % of the flights with three aims reach 200 m.) `cad2rl_steering_far` therefore ends
after 800 m. It has fewer flights, 30 in each of five seeds, because far flights take
long to compute. All its rules fly from the same places, and the metres of every flight
are kept. Reported are the means, the shares that reach 200 m and 800 m, and the ratio
of 15 aims over three aims, seed by seed. All runs are reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
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
        self.flown: dict[str, NDArray[np.float64]] = {}

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
        self.flown[name] = metres(policy, "real", test, self.seed)
        return {"metres": float(self.flown[name].mean())}

    def result(self) -> Record:
        """Metres of every flight, by rule."""
        return self.flown


def runs(settings: SteeringTest) -> dict[str, SteeringRun]:
    """One run for each seed of flights."""
    return {f"rules/{seed}": SteeringRun(settings, seed) for seed in settings.seeds}


def summarise(
    settings: SteeringTest, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Mean metres of each seed, by rule."""
    flown = [results[f"rules/{seed}"] for seed in settings.seeds]
    curves = {
        name: [round(float(run[name].mean()), 2) for run in flown]
        for name in rules(settings)
    }
    return curves, {}


def every_flight(
    settings: SteeringTest, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Metres of every flight of each seed, by rule."""
    flown = [results[f"rules/{seed}"] for seed in settings.seeds]
    curves = {
        name: [run[name].round(1).tolist() for run in flown] for name in rules(settings)
    }
    return curves, {}


STEERING = SteeringTest()
FAR = SteeringTest(distances=(1.5,), flights=30, steps=1000)
SMOKE = replace(STEERING, seeds=(0,), flights=3, steps=3)
SMOKE_FAR = replace(FAR, seeds=(0,), flights=3, steps=3)

EXPERIMENTS = (
    Experiment("cad2rl_steering", STEERING, SMOKE, runs, summarise),
    Experiment("cad2rl_steering_far", FAR, SMOKE_FAR, runs, every_flight),
)
