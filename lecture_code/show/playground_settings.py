"""What a playground shows, checked before anything is simulated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lecture_code.simulation import Policy, Trajectories, World, rollout

INTERFACE = (
    "action_delay",
    "backlash",
    "motor_noise",
    "motor_noise_correlation",
    "observation_noise",
)
"""Knobs between policy and model that the page knows."""
TASKS = ("Locomotion", "Reach")

Range = tuple[float, float]


@dataclass(frozen=True, eq=False)
class PlaygroundSettings:
    """What `playground` was asked for; the arguments are explained there.

    Raises:
        ValueError: a world, knob, policy or range that the page cannot show.
    """

    world: World
    simulator: World
    policies: Mapping[Any, Any]
    sliders: Mapping[str, Range]
    title: str
    names: tuple[str, str] = ("this world", "simulator")
    indexed_by: str = ""
    first: Any = None
    grounding: Any = None
    labels: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 5.0
    horizon: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        _check_worlds(self.world, self.simulator)
        if not self.policies:
            raise ValueError("a playground needs a policy")
        if self.first is not None and self.first not in self.policies:
            known = ", ".join(map(repr, self.policies))
            raise ValueError(f"no policy is called {self.first!r}; there are {known}")
        for name, ends in self.sliders.items():
            _check_slider(self.world, name, ends)
        if self.grounding is not None:
            _check_grounding(self.grounding)

    @property
    def position(self) -> int:
        """Position of the policy to begin with."""
        if self.first is None:
            return 0
        return list(self.policies).index(self.first)

    @property
    def policy(self) -> Policy:
        """The policy to begin with."""
        policy: Policy = list(self.policies.values())[self.position]
        return policy

    @property
    def worlds(self) -> tuple[World, World]:
        """The world in colour, and the grey one as it begins: grounded, where there is
        a grounding.
        """
        grey = self.simulator
        if self.grounding is not None:
            grey = grey.transformed(self.grounding)
        return self.world, grey

    def trajectories(self, world: World, number: int, steps: int) -> Trajectories:
        """Trajectories of the first policy: `number` of them, `steps` control steps."""
        rng = np.random.default_rng(self.seed)
        return rollout([world] * number, self.policy, steps, rng)


def _check_worlds(world: World, simulator: World) -> None:
    kind = type(world.task).__name__
    if kind not in TASKS:
        raise ValueError(
            f"{world.name} has a task of the kind {kind}, and a playground knows "
            f"{' and '.join(TASKS)}"
        )
    if world.model.nq != world.model.nv:
        raise ValueError(
            f"{world.name} turns freely in space, and a playground shows robots from "
            "the side, in the plane"
        )
    if simulator.name != world.name:
        raise ValueError(
            f"both robots of a playground are of one kind; got {world.name} and "
            f"{simulator.name}"
        )
    if world.transform is not None or simulator.transform is not None:
        raise ValueError(
            "a playground takes worlds without a transform: give the action "
            "transformation of the grey simulator as `grounding`"
        )


def _check_slider(world: World, name: str, ends: Range) -> None:
    knob = world.parameters.get(name)
    if knob is None:
        raise ValueError(
            f"unknown knob {name!r} of {world.name}; known: "
            f"{', '.join(world.parameters)}"
        )
    if knob.write is None and name not in INTERFACE:
        raise ValueError(
            f"{name} cannot be turned in the page; between policy and robot it "
            f"knows {', '.join(INTERFACE)}"
        )
    low, high = ends
    value = world.values[name]
    if not knob.low <= low <= value <= high <= knob.high or not low < high:
        raise ValueError(
            f"the slider of {name} must run within [{knob.low:g}, {knob.high:g}] "
            f"and hold the world's {value:g}; got {low:g} to {high:g}"
        )


def _check_grounding(grounding: Any) -> None:
    if getattr(grounding, "sample", False):
        raise ValueError(
            "the page shows what a grounding does on average: give one that does not "
            "sample"
        )
    if not callable(grounding):
        raise ValueError(
            f"grounding is a {type(grounding).__name__}, which no world can execute; "
            "give an ActionTransformation"
        )
