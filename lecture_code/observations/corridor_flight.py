"""A robot that flies through corridors and sees them with one camera.

The robot chooses one of 15 aims: directions that lie evenly in its image, like the bins
of Sadeghi and Levine (2017), but in one row.

    (a)  angle_a = −atan(u_a tan 50°),   u_a = (2a + 1) / 15 − 1, from left to right
    (b)  heading ← heading + angle_a,   then 0.8 m straight on

A robot that reaches into a wall has crashed, and stays crashed. It decides once in each
control step, and then flies 0.8 m without looking.

Read `fly_step`, then `roll_out`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.vision import Looks, MapStack, draw_looks, see
from lecture_code.vision.grid_map import move, touching
from lecture_code.vision.map_checks import cells_of

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

N_AIMS = 15
WIDEST = math.radians(50)  # angle of the outer edge of the outermost aims
STEP = 0.8  # [m]
RADIUS = 0.2  # of the robot [m]
CHECK = 0.1  # the way is checked so often [m]
CLEARANCE = 0.3  # of a place where a robot may start [m]
ROUNDS = 1000  # in which a place is looked for
_MIDDLES = (2 * np.arange(N_AIMS) + 1) / N_AIMS - 1
AIMS: Array = -np.arctan(_MIDDLES * math.tan(WIDEST))  # (a)
"""Angle of each aim from the heading, from left to right, (15,) [rad]."""


@dataclass(frozen=True, eq=False)
class Flights:
    """N robots, each in a map.

    Args:
        stack: the maps.
        maps: number of each robot's map, (N,).
        poses: x and y [m] and heading [rad], (N, 3).
        looks: how the world looks to each robot.
        crashed: who has crashed, (N,).
        metres: flown so far, (N,).

    Raises:
        ValueError: the parts are not of one number of robots.
    """

    stack: MapStack
    maps: Ints
    poses: Array
    looks: Looks
    crashed: Bools
    metres: Array

    def __post_init__(self) -> None:
        n = len(self.maps)
        parts = {
            "poses": self.poses.shape == (n, 3),
            "looks": len(self.looks) == n,
            "crashed": self.crashed.shape == (n,),
            "metres": self.metres.shape == (n,),
        }
        for name, fits in parts.items():
            if not fits:
                raise ValueError(f"{name} must be those of {n} robots, as maps are")

    @classmethod
    def initial(
        cls, stack: MapStack, maps: Ints, poses: Array, looks: Looks
    ) -> Flights:
        """Robots that have not flown yet.

        Raises:
            ValueError: the parts are not of one number of robots, there is no such map,
                or a robot is outside of its map or reaches into a wall.
        """
        still = np.zeros(len(maps))
        robots = cls(stack, maps, poses, looks, still.astype(bool), still)
        x, y, _ = poses.T.copy()
        cells_of(stack, maps, x, y)
        inside = touching(stack.walls, stack.cell, maps, x, y, RADIUS)
        for n in np.flatnonzero(inside)[:1]:
            raise ValueError(f"robot {n} starts in a wall, at ({x[n]}, {y[n]})")
        return robots

    def __len__(self) -> int:
        return len(self.maps)

    def __getitem__(self, rows: NDArray[Any] | slice) -> Flights:
        """Some of the robots; a number may come several times."""
        return Flights(
            self.stack,
            self.maps[rows],
            self.poses[rows],
            self.looks[rows],
            self.crashed[rows],
            self.metres[rows],
        )

    def images(self, rng: np.random.Generator, noise: float | None = None) -> Any:
        """What the robots see, (N, 32, 64, 3), float32 between 0 and 1."""
        return see(self.stack, self.maps, self.poses, self.looks, rng, noise)


def _moved(
    stack: MapStack, maps: Ints, poses: Array, angles: Array, distance: float
) -> tuple[Array, Array, Bools]:
    """What `move` returns for this robot's size."""
    moved = move(stack.walls, stack.cell, maps, poses, angles, distance, CHECK, RADIUS)
    after, flown, crashed = moved
    return after, flown, crashed


def fly_step(flights: Flights, aims: Ints) -> Flights:
    """The robots after one control step; those that have crashed stay where they are.

    Args:
        flights: the robots.
        aims: number of each robot's aim, (N,).

    Raises:
        ValueError: there is another number of aims than of robots, or no such aim.
    """
    if aims.shape != (len(flights),):
        raise ValueError(f"{len(flights)} robots need one aim each; got {aims.shape}")
    for aim in aims[(aims < 0) | (aims >= N_AIMS)][:1]:
        raise ValueError(f"aims go from 0 to {N_AIMS - 1}; got {aim}")
    stack = flights.stack
    flying = ~flights.crashed
    poses, metres = flights.poses.copy(), flights.metres.copy()
    crashed = flights.crashed.copy()
    poses[flying], flown, crashed[flying] = _moved(
        stack, flights.maps[flying], poses[flying], AIMS[aims[flying]], STEP
    )  # turn to the aim, fly 0.8 m
    metres[flying] += flown
    return replace(flights, poses=poses, metres=metres, crashed=crashed)


def free_ahead(flights: Flights, distance: float) -> Bools:
    """Whether each robot could fly straight on for `distance` [m] in the direction of
    each aim, (N, 15).
    """
    n = len(flights)
    maps, poses = flights.maps.repeat(N_AIMS), flights.poses.repeat(N_AIMS, axis=0)
    _, _, crashed = _moved(flights.stack, maps, poses, np.tile(AIMS, n), distance)
    return np.asarray(~crashed.reshape(n, N_AIMS))


# robots and a generator -> the number of each robot's aim, (N,)
Policy = Callable[[Flights, np.random.Generator], Ints]


def fly(
    policy: Policy, start: Flights, steps: int, rng: np.random.Generator
) -> Iterator[Flights]:
    """The robots before each control step, and after the last; ends when all have
    crashed.

    Args:
        policy: chooses the aims.
        start: where the robots begin.
        steps: at most.
        rng: of the policy.
    """
    flights = start
    for _ in range(steps):
        flying = np.flatnonzero(~flights.crashed)
        if not len(flying):
            break
        yield flights
        aims = np.zeros(len(flights), dtype=np.int64)
        aims[flying] = policy(flights[flying], rng)
        flights = fly_step(flights, aims)
    yield flights


def roll_out(
    flights: Flights, policy: Policy, horizon: int, rng: np.random.Generator
) -> Iterator[Flights]:
    """15 branches for each robot, one for each aim, after each of the steps: the first
    step flies the aim, the others follow the policy.

    Args:
        flights: N robots; branch 15 n + a is robot n with aim a.
        policy: flies on after the first step.
        horizon: number of steps.
        rng: of the policy.
    """
    n = len(flights)
    branches = flights[np.repeat(np.arange(n), N_AIMS)]
    aims = np.tile(np.arange(N_AIMS), n)
    for t in range(horizon):
        flying = np.flatnonzero(~branches.crashed)
        if t and len(flying):
            aims[flying] = policy(branches[flying], rng)
        branches = fly_step(branches, aims)
        yield branches


def visited(
    policy: Policy, start: Flights, steps: int, rng: np.random.Generator
) -> tuple[Flights, Ints]:
    """All states of some flights that end in a crash or after so many steps.

    Returns:
        the states, and how many steps later each robot crashes; `steps` if it does not
        crash, or later.

    Raises:
        ValueError: there is no step.
    """
    if steps < 1:
        raise ValueError(f"a flight needs at least one step; got {steps}")
    *before, last = fly(policy, start, steps, rng)
    lengths = np.sum([~flights.crashed for flights in before], axis=0)  # [steps]
    ends = np.where(last.crashed, lengths - 1, 2 * steps)
    rows = [np.flatnonzero(~flights.crashed) for flights in before]
    left = [ends[row] - t for t, row in enumerate(rows)]
    maps = [flights.maps[row] for flights, row in zip(before, rows, strict=True)]
    poses = [flights.poses[row] for flights, row in zip(before, rows, strict=True)]
    states = Flights.initial(
        start.stack,
        np.concatenate(maps),
        np.concatenate(poses),
        start.looks[np.concatenate(rows)],
    )
    return states, np.minimum(np.concatenate(left), steps)


def random_flights(
    stack: MapStack,
    family: str,
    n: int,
    rng: np.random.Generator,
    *,
    ahead: float = 0.0,
    textures: int | None = None,
) -> Flights:
    """Robots at random places, in random maps, with random headings and looks.

    Args:
        stack: the maps.
        family: of the looks.
        n: how many.
        rng: draws everything.
        ahead: the way straight ahead that must be free [m].
        textures: use only the first so many textures of the family; None: all.

    Raises:
        ValueError: no place was free in so many rounds.
    """
    maps, poses = np.zeros(0, dtype=np.int64), np.zeros((0, 3))
    rows, columns = stack.walls.shape[1:]
    tries = 0
    while len(maps) < n:
        if (tries := tries + 1) > ROUNDS and not len(maps):
            raise ValueError(
                f"no place is {CLEARANCE} m away from all walls and free for {ahead} m "
                f"ahead, in {len(stack)} maps"
            )
        tried = rng.integers(len(stack), size=4 * n)
        x = rng.uniform(0, columns * stack.cell, 4 * n)
        y = rng.uniform(0, rows * stack.cell, 4 * n)
        heading = rng.uniform(-np.pi, np.pi, 4 * n)
        free = ~touching(stack.walls, stack.cell, tried, x, y, CLEARANCE)
        places = np.column_stack([x, y, heading])[free]
        still = np.zeros(len(places))
        way = max(ahead, CHECK)
        _, _, crashed = _moved(stack, tried[free], places, still, way)
        maps = np.concatenate([maps, tried[free][~crashed]])
        poses = np.concatenate([poses, places[~crashed]])
    looks = draw_looks(family, n, rng, textures)
    return Flights.initial(stack, maps[:n], poses[:n], looks)
