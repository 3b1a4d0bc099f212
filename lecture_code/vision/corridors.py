"""Corridors for a robot that flies: maps to train in, and other maps to be tested in.

There are five kinds. In each a robot can fly on for ever:

    straight    two long corridors, joined at their ends
    L           a ring in the form of an L
    T           a ring with dead ends
    zig-zag     a corridor that turns back again and again
    pillars     a room with pillars

A corridor is two or three cells wide. Map i of a set depends only on the seed of the
set and on i. Read `zig_zag`, then `corridor_map`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lecture_code.vision.grid_map import Bools, GridMap

SIDE = 32  # cells of a map along x and along y
CELL = 0.5  # side of a cell [m]
TRAINING_MAPS, TRAINING_SEED = 24, 1
HELD_OUT_MAPS, HELD_OUT_SEED = 12, 2


@dataclass(frozen=True)
class CorridorPlan:
    """A map that is being carved out of solid wall.

    Args:
        walls: True where a cell is still wall, (SIDE, SIDE).
        width: of the corridors [cells].
        start: first row and first column that may be free.
        end: first row and first column after them.
    """

    walls: Bools
    width: int
    start: int
    end: int

    def carve_x(self, row: int, first: int, last: int) -> None:
        """A corridor along x: from column `first` up to column `last`, without it."""
        self.walls[row : row + self.width, first:last] = False

    def carve_y(self, column: int, first: int, last: int) -> None:
        """A corridor along y: from row `first` up to row `last`, without it."""
        self.walls[first:last, column : column + self.width] = False

    def carve_ring(self, low: int, high: int) -> None:
        """A ring from one side of the map to the other, and from row `low` to row
        `high`.
        """
        self.carve_x(low, self.start, self.end)
        self.carve_x(high - self.width, self.start, self.end)
        self.carve_y(self.start, low, high)
        self.carve_y(self.end - self.width, low, high)


def two_corridors(plan: CorridorPlan, rng: np.random.Generator) -> None:
    """Carve two long corridors that are joined at their ends."""
    height = int(rng.integers(2 * plan.width + 1, 14))
    low = int(rng.integers(1, SIDE - 1 - height))
    plan.carve_ring(low, low + height)


def ell(plan: CorridorPlan, rng: np.random.Generator) -> None:
    """Carve a ring in the form of an L."""
    width, start, end = plan.width, plan.start, plan.end
    inner = rng.integers(start + width + 3, end - width - 6, size=2)
    column, row = map(int, inner)  # of the inner corner
    plan.carve_x(start, start, column + width)
    plan.carve_y(start, start, end)
    plan.carve_x(end - width, start, end)
    plan.carve_y(end - width, row, end)
    plan.carve_x(row, column, end)
    plan.carve_y(column, start, row + width)


def tee(plan: CorridorPlan, rng: np.random.Generator) -> None:
    """Carve a ring with one or two dead ends."""
    width, start, end = plan.width, plan.start, plan.end
    plan.carve_ring(start, end)
    places = (start + width + 2, end - 2 * width - 2)
    length = int(rng.integers(width + 4, end - start - width - 2))
    plan.carve_y(int(rng.integers(*places)), start, start + length)
    if rng.random() < 0.5:
        length = int(rng.integers(width + 4, 9))
        plan.carve_x(int(rng.integers(*places)), end - length, end)


def zig_zag(plan: CorridorPlan, rng: np.random.Generator) -> None:
    """Carve a corridor that turns back again and again, and a way home beside it."""
    width, start, end = plan.width, plan.start, plan.end
    turn = end - width - int(rng.integers(4, 9))  # where the corridor turns back
    columns = range(start, end - width, width + int(rng.integers(2, 5)))
    for number, column in enumerate(columns):
        plan.carve_y(column, start, turn)
        if number + 1 < len(columns):
            row = start if number % 2 == 0 else turn - width
            plan.carve_x(row, column, columns[number + 1] + width)
    plan.carve_x(end - width, start, columns[-1] + width)
    plan.carve_y(columns[0], start, end)
    plan.carve_y(columns[-1], start, end)


def pillars(plan: CorridorPlan, rng: np.random.Generator) -> None:
    """Carve a room, and put 25 to 39 pillars into it."""
    start, end = plan.start, plan.end
    plan.walls[start:end, start:end] = False
    for _ in range(int(rng.integers(25, 40))):
        height, width = rng.integers(1, 4, size=2)
        row, column = rng.integers(start + 3, end - 5, size=2)
        plan.walls[row : row + height, column : column + width] = True


KINDS: dict[str, Callable[[CorridorPlan, np.random.Generator], None]] = {
    "straight": two_corridors,
    "L": ell,
    "T": tee,
    "zig-zag": zig_zag,
    "pillars": pillars,
}


def corridor_map(kind: str, rng: np.random.Generator) -> GridMap:
    """A map in which every free cell can be reached from every other.

    Args:
        kind: one of `KINDS`.
        rng: draws width, margins and the places of corners, ends or pillars.

    Raises:
        ValueError: there is no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"there is no kind {kind!r}; there is: {', '.join(KINDS)}")
    width = int(rng.integers(2, 4))
    start = int(rng.integers(1, 4))
    end = SIDE - 1 - int(rng.integers(0, 3))
    plan = CorridorPlan(np.ones((SIDE, SIDE), dtype=bool), width, start, end)
    KINDS[kind](plan, rng)
    return GridMap(without_pockets(plan.walls), CELL, kind)


def without_pockets(walls: Bools) -> Bools:
    """The walls (R, C) of a map, in which only the largest free region stays free."""
    left = ~walls
    largest = np.zeros_like(walls)
    while left.any():
        row, column = np.argwhere(left)[0]
        region = flood(walls, row, column)
        left &= ~region
        if region.sum() > largest.sum():
            largest = region
    return ~largest


def flood(walls: Bools, row: int, column: int) -> Bools:
    """Cells that can be reached from a free cell, over the sides of cells, (R, C).

    Args:
        walls: with a closed border, (R, C).
        row, column: of the free cell.
    """
    region = np.zeros_like(walls)
    region[row, column] = True
    size = 0
    while region.sum() > size:
        size = int(region.sum())
        grown = region.copy()
        grown[1:] |= region[:-1]
        grown[:-1] |= region[1:]
        grown[:, 1:] |= region[:, :-1]
        grown[:, :-1] |= region[:, 1:]
        region = grown & ~walls
    return region


def training_maps() -> list[GridMap]:
    """The 24 maps in which a robot learns."""
    return _maps(TRAINING_MAPS, TRAINING_SEED)


def held_out_maps() -> list[GridMap]:
    """The 12 maps in which a robot is only tested."""
    return _maps(HELD_OUT_MAPS, HELD_OUT_SEED)


def _maps(number: int, seed: int) -> list[GridMap]:
    """Maps of all kinds in turn."""
    kinds = list(KINDS)
    return [
        corridor_map(kinds[i % len(kinds)], np.random.default_rng([seed, i]))
        for i in range(number)
    ]
