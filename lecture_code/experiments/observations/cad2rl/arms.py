"""What is compared in the runs of *(CAD)²RL*: arms that are trained, and rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lecture_code.observations.cad2rl import Cad2rlSettings
from lecture_code.observations.corridor_flight import Policy
from lecture_code.observations.flight_rules import (
    at_random,
    clearance_rule,
    exact_rollouts,
    straight,
)

RULES: dict[str, Policy] = {
    "random": at_random,
    "straight": straight,
    "clearance 0.5 m": clearance_rule(0.5),
    "clearance 1 m": clearance_rule(1.0),
    "clearance 2 m": clearance_rule(2.0),
    "clearance 3 m": clearance_rule(3.0),
    "exact roll-outs": exact_rollouts(clearance_rule(2.0), 5),
}


@dataclass(frozen=True)
class FlightArm:
    """What is trained.

    Args:
        labels: "roll-outs", "free space", or "steering" for the classifier.
        family: of the looks in training.
        textures: how many of the family are used; None: all.
        distance: that must be free [m].
        turn: how many aims away from the outermost aim the classifier's turn is.
    """

    labels: str = "free space"
    family: str = "training"
    textures: int | None = None
    distance: float = 1.0
    turn: int = 0


ARMS = {
    "CAD2RL": FlightArm("roll-outs"),
    "pretraining": FlightArm(),
    "one texture": FlightArm("roll-outs", family="single"),
    "left-right-straight": FlightArm("steering", distance=2.0),
}


@dataclass(frozen=True)
class FlightSettings:
    """A comparison of arms.

    Args:
        arms: what is trained, by name.
        seeds: of networks, states, and flights of the test.
        method: settings of (CAD)²RL; the other arms take theirs from them.
        rounds: behind the first training.
        flights: of a test.
        steps: of a flight, at most.
        ahead: the free way at the start of a flight [m].
        rules: also test the rules that need no training.
        stored: keep the networks of the first seed.
    """

    arms: Mapping[str, FlightArm]
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    method: Cad2rlSettings = field(default_factory=Cad2rlSettings)
    rounds: int = 2
    flights: int = 200
    steps: int = 250
    ahead: float = 1.5
    rules: bool = False
    stored: bool = False
