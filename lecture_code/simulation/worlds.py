"""Worlds: a robot with a value for each knob. "Sim" and "real" are both worlds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lecture_code.simulation.mujoco_import import mujoco
from lecture_code.simulation.parameters import (
    Parameter,
    check_values,
    standard_parameters,
    write_values,
)
from lecture_code.simulation.robots import ROBOTS, Robot
from lecture_code.simulation.tasks import Task

Array = NDArray[np.float64]
Transform = Callable[[NDArray[Any], Array, np.random.Generator], Array]
"""(observations (t + 1, N, S), actions (t + 1, N, A), rng) -> the actions (N, A) that
step t executes: it gets all that was seen and said, the latest last.
"""


class Distribution(Protocol):
    """Anything with scipy's `rvs`, for instance `scipy.stats.truncnorm(…)`."""

    def rvs(self, size: int, random_state: np.random.Generator) -> Any:
        """`size` independent draws."""


@dataclass(frozen=True, eq=False)
class World:
    """A robot's model and task, with a value for each knob; immutable.

    Args:
        robot: the nominal robot.
        changes: the knobs that differ from nominal.
        transform: what stands between the policy and the motors, or None; see
            `transformed`.
    """

    robot: Robot
    changes: Mapping[str, float]
    transform: Transform | None = None

    @property
    def name(self) -> str:
        """The robot's name, as in `make_world`."""
        return self.robot.name

    @property
    def task(self) -> Task:
        """What the robot is used for."""
        return self.robot.task

    @property
    def parameters(self) -> dict[str, Parameter]:
        """The knobs by name."""
        return _parameters(self.robot.name)

    @property
    def values(self) -> dict[str, float]:
        """The value of every knob."""
        return {
            name: self.changes.get(name, knob.nominal)
            for name, knob in self.parameters.items()
        }

    @property
    def dt(self) -> float:
        """Duration of one control step [s]."""
        return float(self.model.opt.timestep) * self.task.frame_skip

    @property
    def action_size(self) -> int:
        """Number of motors, A."""
        return int(self.model.nu)

    @property
    def control_limits(self) -> tuple[Array, Array]:
        """Lowest and highest control of every motor, (A,) each."""
        low, high = np.array(self.model.actuator_ctrlrange).T
        return low, high

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """Shape of what the policy sees: (S,), or (H, W, 3) where a camera sees."""
        return self.task.observation_shape(self.model.nq, self.model.nv)

    @property
    def observation_dtype(self) -> np.dtype[Any]:
        """Type of the numbers in an observation."""
        return np.dtype(self.task.observation_dtype)

    @property
    def observation_size(self) -> int:
        """Number of numbers in an observation: S of a state vector."""
        return math.prod(self.observation_shape)

    @cached_property
    def model(self) -> mujoco.MjModel:
        """The compiled model, made once for each world, in about 2 ms."""
        return self.spec().compile()

    def spec(self) -> mujoco.MjSpec:
        """A new description of the nominal robot, with this world's knobs in it."""
        spec = self.robot.load()
        write_values(spec, self.parameters, self.changes)
        return spec

    def change(self, **values: float) -> World:
        """The same world with some knobs set: `world.change(gravity=-13)`.

        Raises:
            ValueError: an unknown knob, or a value outside its bounds.
        """
        knobs = self.parameters
        merged = self.values | check_values(knobs, values, self.name)
        changes = {
            name: value
            for name, value in merged.items()
            if value != knobs[name].nominal
        }
        return replace(self, changes=changes)

    def transformed(self, transform: Transform | None) -> World:
        """The same world, in which `transform` changes what the policy says before
        anything else happens to it; None takes a transform away.

        The trajectories record, and the reward charges, what the policy said.
        """
        return replace(self, transform=transform)

    def sample(
        self,
        rng: np.random.Generator,
        n: int,
        **distributions: tuple[float, float] | Distribution,
    ) -> list[World]:
        """n worlds with some knobs drawn at random, the others as here.

        Args:
            rng: the source of randomness.
            n: how many worlds.
            distributions: for each knob `(low, high)` for a uniform draw, or a
                distribution with scipy's `rvs`.
        """
        draws = {}
        streams = rng.spawn(len(distributions))
        for name, stream in zip(distributions, streams, strict=True):
            distribution = distributions[name]
            if isinstance(distribution, tuple):
                draws[name] = stream.uniform(*distribution, size=n)
            else:
                draws[name] = np.asarray(distribution.rvs(size=n, random_state=stream))
        return [
            self.change(**{name: float(draw[i]) for name, draw in draws.items()})
            for i in range(n)
        ]

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self.robot.name, dict(self.changes), self.transform)

    def __repr__(self) -> str:
        changes = "".join(f", {name}={value:g}" for name, value in self.changes.items())
        behind = ".transformed(…)" if self.transform is not None else ""
        return f"make_world({self.name!r}{changes}){behind}"


def make_world(name: str, **values: float) -> World:
    """A world by its robot's name, with some knobs set.

    Args:
        name: "hopper", "half_cheetah", "walker2d", "humanoid", "two_link_arm" or
            "heavy_arm".
        values: as in `World.change`.

    Raises:
        ValueError: an unknown robot or knob, or a value outside its bounds.
    """
    if name not in ROBOTS:
        raise ValueError(f"unknown world {name!r}; known: {', '.join(ROBOTS)}")
    return World(ROBOTS[name], {}).change(**values)


def _restore(
    name: str, changes: dict[str, float], transform: Transform | None = None
) -> World:
    return make_world(name, **changes).transformed(transform)


@cache
def _parameters(name: str) -> dict[str, Parameter]:
    return standard_parameters(ROBOTS[name].load(), ROBOTS[name].trunk)
