"""How far does a robot fly that has never seen the picture it steers by?

* `cad2rl`: (CAD)²RL, pretraining alone, one texture, a left-right-straight classifier,
  and rules without a network.
* `cad2rl_longer`: (CAD)²RL and pretraining with three times as many rounds.

Protocol. All arms train on the 24 training maps and are tested on the 12 held-out maps,
in "real" looks, whose textures, lens and noise no arm has seen, and in new looks of the
training family. In each seed all arms fly from the same 200 places, for at most 250
steps of 0.8 m; measured is the way before the crash [m]. Every arm gets the same number
of batches: 1,500, and then two rounds of 750. (CAD)²RL labels 4,000 states by roll-outs
before each round; pretraining alone gets new states with labels of free space instead,
and starts the rounds from the very same network. The first tests stand behind the first
1,500 batches, so what the rounds bring is seen in each arm. No network is chosen by its
test: the last is reported.

The rules see the map; "exact roll-outs" goes on by the clearance rule.

What was piloted (one seed each). With steps of 0.25 to 0.4 m and wide corridors, exact
roll-outs showed that little was left to gain over pretraining. With steps of 0.8 m,
narrow corridors and many pillars, one iteration brought 55 to 97 m in training looks,
and 35 to 44 m in "real" looks. A random angle of view in training was tried and left
out: "real" flights became shorter.

Added after looking: `cad2rl_longer`, first with one seed, then with five as its ratio
had grown; and `looks.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.observations.cad2rl.arms import (
    ARMS,
    RULES,
    FlightArm,
    FlightSettings,
)
from lecture_code.experiments.observations.cad2rl.weights import rounded_network
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.observations.cad2rl import (
    Cad2rlSettings,
    Cad2rlState,
    free_space,
    greedy,
    label,
    minimise_loss,
    pretrain,
)
from lecture_code.observations.collision_net import (
    CollisionNet,
    Examples,
    FitSettings,
)
from lecture_code.observations.corridor_flight import Policy, fly, random_flights
from lecture_code.observations.flight_rules import (
    SteeringSettings,
    fit_steering,
    steer,
)
from lecture_code.vision import MapStack, held_out_maps, training_maps

NOTHING = Examples(np.zeros(0, int), np.zeros((0, 3)), np.zeros((0, 3)))
PROBES = ("probe pretraining", "probe labels", "probe flights")
PROBE = 2000  # with the seed: the generator of the probes
SMALL_STEPS: dict[str, Any] = {"free_states": 200, "states": 20, "pretraining": 3}
TESTS = 1000  # with the seed: the generator of the flights of a test


@cache
def maps(split: str) -> MapStack:
    """The maps of "training" and the "held-out" maps."""
    grids = training_maps() if split == "training" else held_out_maps()
    return MapStack.from_maps(grids)


def metres(
    policy: Policy, family: str, settings: FlightSettings, seed: int
) -> NDArray[np.float64]:
    """How far each robot flies in the held-out maps, (flights,) [m]."""
    start, rng = np.random.default_rng([TESTS, seed]).spawn(2)
    robots = random_flights(
        maps("held-out"), family, settings.flights, start, ahead=settings.ahead
    )
    *_, last = fly(policy, robots, settings.steps, rng)
    return last.metres


class FlightRun:
    """One arm and one seed: a first training and further rounds, with their tests.

    Args:
        settings: of the comparison.
        arm: what is trained.
        seed: of everything random.
    """

    def __init__(self, settings: FlightSettings, arm: FlightArm, seed: int) -> None:
        self.settings = settings
        self.arm = arm
        self.seed = seed
        self.method = replace(
            settings.method,
            distance=arm.distance,
            fit=replace(settings.method.fit, family=arm.family, textures=arm.textures),
        )
        self.rng = np.random.default_rng(seed)
        self.state: Cad2rlState | None = None
        further = ["label", "learn"] if arm.labels == "roll-outs" else ["learn"]
        self.stages = [*PROBES, "first", "test"]
        self.stages += settings.rounds * [*further, "test"]
        self.done = 0
        self.tests: dict[str, list[list[float]]] = {}
        self.reports: list[dict[str, float]] = []

    @property
    def progress(self) -> float:
        """Share of the stages that are done."""
        return self.done / len(self.stages)

    def advance(self) -> Record:
        """The next stage; a record of its numbers."""
        stage = self.stages[self.done]
        self.done += 1
        if stage in PROBES:
            return self.probe(stage)
        if stage == "test":
            return self.test()
        steps = {"first": self.first, "label": self.label, "learn": self.learn}
        self.state = steps[stage]()
        if stage != "label":
            self.reports.append(self.state.report)
        return self.state.report

    def probe(self, stage: str) -> Record:
        """Numbers of a small training that is thrown away: quick to replay."""
        rng = np.random.default_rng([PROBE, self.seed])
        stack = maps("training")
        small = replace(self.method, **SMALL_STEPS)
        state = pretrain(stack, small, rng)
        if stage == "probe pretraining":
            return state.report
        if stage == "probe labels":
            return label(state, stack, small, rng).report
        few = replace(self.settings, flights=20, steps=10)
        flown = metres(greedy(state.network), self.arm.family, few, self.seed)
        return {"metres": float(flown.mean())}

    def first(self) -> Cad2rlState:
        """The first training."""
        if self.arm.labels != "steering":
            return pretrain(maps("training"), self.method, self.rng)
        return self.steering(CollisionNet(self.rng), self.method.pretraining)

    def label(self) -> Cad2rlState:
        """New states with labels of roll-outs."""
        assert self.state is not None
        return label(self.state, maps("training"), self.method, self.rng)

    def learn(self) -> Cad2rlState:
        """A further round of training, on new states where roll-outs brought none."""
        assert self.state is not None
        state = self.state
        method = self.method
        stack = maps("training")
        if self.arm.labels == "steering":
            return self.steering(state.network, method.training)
        if self.arm.labels == "free space":
            new = free_space(stack, method.states, method, self.rng)
            state = replace(state, examples=state.examples.joined(new))
        return minimise_loss(state, stack, method.training, method, self.rng)

    def steering(self, network: CollisionNet, batches: int) -> Cad2rlState:
        """The classifier after so many batches."""
        settings = SteeringSettings(
            self.method.fit, self.method.free_states, self.arm.distance, self.arm.turn
        )
        stack = maps("training")
        network, loss = fit_steering(network, stack, batches, settings, self.rng)
        return Cad2rlState(network, NOTHING, {"loss": loss})

    def policy(self) -> Policy:
        """How the network flies now."""
        assert self.state is not None
        if self.arm.labels == "steering":
            return steer(self.state.network, self.arm.turn)
        return greedy(self.state.network)

    def test(self) -> Record:
        """Flights in "real" looks, in the looks of training, and in the arm's own."""
        record = {}
        for family in dict.fromkeys(("real", "training", self.arm.family)):
            flown = metres(self.policy(), family, self.settings, self.seed)
            self.tests.setdefault(family, []).append(flown.round(1).tolist())
            record[family] = float(flown.mean())
        return record

    def result(self) -> Record:
        """Metres of every flight of every test; reports; and the network's weights."""
        assert self.state is not None
        weights = rounded_network(self.state.network) if self.keeps_network else {}
        return {"tests": self.tests, "reports": self.reports, "weights": weights}

    @property
    def keeps_network(self) -> bool:
        """Whether the network goes into the result."""
        return self.settings.stored and self.seed == self.settings.seeds[0]


class RuleRun:
    """The rules of one seed.

    Args:
        settings: of the comparison.
        seed: of the flights.
    """

    def __init__(self, settings: FlightSettings, seed: int) -> None:
        self.settings = settings
        self.seed = seed
        self.flown: dict[str, list[float]] = {}

    @property
    def progress(self) -> float:
        """Share of the rules that have flown."""
        return len(self.flown) / len(RULES)

    def advance(self) -> Record:
        """The flights of the next rule."""
        name = list(RULES)[len(self.flown)]
        flown = metres(RULES[name], "real", self.settings, self.seed)
        self.flown[name] = flown.round(1).tolist()
        return {"metres": float(flown.mean())}

    def result(self) -> Record:
        """Metres of every flight, by rule."""
        return self.flown


def runs(settings: FlightSettings) -> dict[str, FlightRun | RuleRun]:
    """One run for each arm and seed, and one for the rules of each seed."""
    trained: dict[str, FlightRun | RuleRun] = {
        f"{name}/{seed}": FlightRun(settings, arm, seed)
        for seed in settings.seeds
        for name, arm in settings.arms.items()
    }
    if settings.rules:
        trained |= {f"rules/{seed}": RuleRun(settings, seed) for seed in settings.seeds}
    return trained


def summarise(
    settings: FlightSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """All flights of all seeds, by arm; the networks of the first seed."""
    curves: dict[str, Any] = {}
    arrays: dict[str, NDArray[Any]] = {}
    for name in settings.arms:
        outcomes = [results[f"{name}/{seed}"] for seed in settings.seeds]
        curves[name] = {
            "metres": {
                family: [run["tests"][family] for run in outcomes]
                for family in outcomes[0]["tests"]
            },
            "reports": [run["reports"] for run in outcomes],
        }
        for part, value in outcomes[0]["weights"].items():
            arrays[f"{name} {part}"] = value
    if settings.rules:
        outcomes = [results[f"rules/{seed}"] for seed in settings.seeds]
        curves["rules"] = {rule: [run[rule] for run in outcomes] for rule in RULES}
    return curves, arrays


SETTINGS = {
    "cad2rl": FlightSettings(ARMS, rules=True, stored=True),
    "cad2rl_longer": FlightSettings(
        {arm: ARMS[arm] for arm in ("CAD2RL", "pretraining")}, rounds=6
    ),
}
SMALL = Cad2rlSettings(
    free_states=40, states=20, pretraining=2, training=2, fit=FitSettings(batch=4)
)


def small_flights(settings: FlightSettings) -> FlightSettings:
    """The same path within seconds."""
    return replace(settings, seeds=(0,), method=SMALL, rounds=1, flights=3, steps=4)


EXPERIMENTS = tuple(
    Experiment(name, settings, small_flights(settings), runs, summarise)
    for name, settings in SETTINGS.items()
)
