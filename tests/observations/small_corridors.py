"""Small maps, and robots in them, for the tests of flight through corridors."""

import math

import numpy as np

from lecture_code.observations.corridor_flight import (
    N_AIMS,
    Flights,
    random_flights,
)
from lecture_code.vision import GridMap, MapStack, draw_looks

RNG = np.random.default_rng


def stack_of(*maps):
    """A stack of walls in cells of half a metre."""
    return MapStack.from_maps([GridMap(np.array(walls, bool)) for walls in maps])


def hall(rows=16, columns=16):
    """A stack of one empty room."""
    walls = np.ones((rows, columns), bool)
    walls[1:-1, 1:-1] = False
    return stack_of(walls)


def corner():
    """A stack of one corridor, 1.5 m wide, with a corner. It leads along x, for y from
    1 m to 2.5 m, up to x = 6.5 m; then to the left, for x from 5 m to 6.5 m.
    """
    walls = np.ones((15, 15), bool)
    walls[2:5, 1:13] = False
    walls[2:14, 10:13] = False
    return stack_of(walls)


def pillars(n=2, size=18, seed=3):
    """A stack of n rooms with random pillars; 8 m by 8 m of floor if size is 18."""
    rng = RNG(seed)
    walls = np.ones((n, size, size), bool)
    walls[:, 1:-1, 1:-1] = rng.random((n, size - 2, size - 2)) < 0.08
    return stack_of(*walls)


def robots(stack, *poses, maps=None, family="single"):
    """Robots at these poses."""
    maps = np.zeros(len(poses), np.int64) if maps is None else np.array(maps)
    looks = draw_looks(family, len(poses), RNG(0))
    return Flights.initial(stack, maps, np.array(poses, float), looks)


def scattered(n=20, seed=0, stack=None, family="single", **options):
    """Robots at random places."""
    stack = pillars() if stack is None else stack
    return random_flights(stack, family, n, RNG(seed), **options)


def mirrored(flights):
    """Map and robots, mirrored: left is right."""
    stack = flights.stack
    other = MapStack(np.ascontiguousarray(stack.walls[:, :, ::-1]), stack.cell)
    x, y, heading = flights.poses.T
    width = stack.walls.shape[2] * stack.cell
    poses = np.column_stack([width - x, y, math.pi - heading])
    return Flights(
        other, flights.maps, poses, flights.looks, flights.crashed, flights.metres
    )


def mirrored_policy(policy):
    """The policy of a robot that sees the world in a mirror."""
    return lambda flights, rng: N_AIMS - 1 - policy(mirrored(flights), rng)
