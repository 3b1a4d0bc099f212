"""A map of square cells that are wall or free, seen from above.

The cell in row r and column c reaches from (c, r) to (c + 1, r + 1), times the side of
a cell. So x grows with the column, y grows with the row, and a heading of 90° looks
along y. A robot is a disc.

Read `touches`: what a collision is. Then `cast`: how far a ray goes, and `move`.

Compiled functions call only compiled functions of their own file, because numba keeps
compiled code on the disk and notices a change only in the file that a function is in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lecture_code.compiling import compiler

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

DISTANCE, ALONG, ROW, COLUMN, SIDE = range(5)  # places in a row of hits
compiled = compiler()


@dataclass(frozen=True, eq=False)
class GridMap:
    """Cells of wall, with a closed border.

    Args:
        walls: True where a cell is wall, (R, C).
        cell: side of a cell [m].
        name: what errors call the map.

    Raises:
        ValueError: the border is open, no cell is free, or the cell has no size.
    """

    walls: Bools
    cell: float = 0.5
    name: str = "map"

    def __post_init__(self) -> None:
        walls = np.array(self.walls, dtype=bool)  # a copy
        if walls.ndim != 2 or min(walls.shape) < 3:
            raise ValueError(
                f"a map needs at least 3 rows and 3 columns; {self.name!r} has shape "
                f"{walls.shape}"
            )
        if not 0 < self.cell < math.inf:
            raise ValueError(
                f"the side of a cell of {self.name!r} must be positive; got {self.cell}"
            )
        border = np.ones_like(walls)
        border[1:-1, 1:-1] = False
        for row, column in np.argwhere(border & ~walls)[:1]:
            raise ValueError(
                f"the border of {self.name!r} must be wall; row {row}, column {column} "
                f"is free"
            )
        if walls.all():
            raise ValueError(f"{self.name!r} has no free cell")
        walls.setflags(write=False)
        object.__setattr__(self, "walls", walls)

    @property
    def size(self) -> tuple[float, float]:
        """Extent along x and along y [m]."""
        rows, columns = self.walls.shape
        return columns * self.cell, rows * self.cell


@dataclass(frozen=True, eq=False)
class MapStack:
    """Maps of one size and one cell, for the compiled loops.

    Args:
        walls: True where a cell is wall, (M, R, C).
        cell: side of a cell [m].
    """

    walls: Bools
    cell: float

    def __len__(self) -> int:
        return len(self.walls)

    @classmethod
    def from_maps(cls, maps: Sequence[GridMap]) -> MapStack:
        """The stack of M maps.

        Raises:
            ValueError: there is no map, or two maps differ in size or cell.
        """
        if not maps:
            raise ValueError("a stack needs at least one map")
        first = maps[0]
        for number, grid in enumerate(maps):
            if grid.walls.shape != first.walls.shape or grid.cell != first.cell:
                raise ValueError(
                    f"all maps of a stack need one size and one cell: map {number}, "
                    f"{grid.name!r}, has {grid.walls.shape} cells of {grid.cell} m, "
                    f"and {first.name!r} has {first.walls.shape} cells of "
                    f"{first.cell} m"
                )
        walls = np.stack([grid.walls for grid in maps])
        walls.setflags(write=False)
        return cls(walls, first.cell)


@compiled
def touches(walls, cell, x, y, radius):
    """Whether a disc reaches into a wall.

    Args:
        walls: (R, C).
        cell: side of a cell [m].
        x, y: centre of the disc [m].
        radius: of the disc [m], at most a cell.
    """
    rows, columns = walls.shape
    column = int(x / cell)
    row = int(y / cell)
    for r in range(row - 1, row + 2):
        for c in range(column - 1, column + 2):
            if 0 <= r < rows and 0 <= c < columns and not walls[r, c]:
                continue
            dx = max(c * cell - x, 0.0, x - (c + 1) * cell)
            dy = max(r * cell - y, 0.0, y - (r + 1) * cell)
            if dx * dx + dy * dy < radius * radius:
                return True
    return False


@compiled
def cast(walls, cell, x, y, angle):
    """How far a ray goes, and where it meets a wall.

    The ray jumps from one line between cells to the next: digital differential
    analysis.

    Args:
        walls: (R, C), with a closed border.
        cell: side of a cell [m].
        x, y: where the ray starts, in a free cell [m].
        angle: of the ray [rad].

    Returns:
        Distance [m]; place on the face of the wall, between 0 at its left end and 1 at
        its right end for somebody who looks at it; row and column of the cell of wall;
        side, 0 if the face is parallel to y and 1 if it is parallel to x.
    """
    dx = math.cos(angle)
    dy = math.sin(angle)
    px = x / cell
    py = y / cell
    column = int(px)
    row = int(py)
    every_x = abs(1 / dx) if dx != 0 else math.inf  # between two lines
    every_y = abs(1 / dy) if dy != 0 else math.inf
    next_x = math.inf if dx == 0 else (column + (dx > 0) - px) / dx
    next_y = math.inf if dy == 0 else (row + (dy > 0) - py) / dy
    distance = 0.0  # [cells]
    side = 0
    while not walls[row, column]:
        if next_x < next_y:
            distance = next_x
            next_x += every_x
            column += 1 if dx > 0 else -1
            side = 0
        else:
            distance = next_y
            next_y += every_y
            row += 1 if dy > 0 else -1
            side = 1
    across = py + distance * dy if side == 0 else px + distance * dx
    along = across - math.floor(across)
    if (side == 0 and dx > 0) or (side == 1 and dy < 0):
        along = 1 - along  # right of the viewer is where y, or x, is smaller
    return distance * cell, along, row, column, side


@compiled
def cast_rays(walls, cell, maps, x, y, angles):
    """W rays from each of N points.

    Args:
        walls: of M maps, (M, R, C).
        cell: side of a cell [m].
        maps: number of each point's map, (N,).
        x, y: the points, (N,) each [m].
        angles: of the rays, (N, W) [rad].

    Returns:
        Distance, place, row, column and side, as of `cast`, (N, W, 5).
    """
    N, W = angles.shape
    hits = np.empty((N, W, 5))
    for n in range(N):
        for i in range(W):
            hit = hits[n, i]
            hit[DISTANCE], hit[ALONG], hit[ROW], hit[COLUMN], hit[SIDE] = cast(
                walls[maps[n]], cell, x[n], y[n], angles[n, i]
            )
    return hits


@compiled
def touching(walls, cell, maps, x, y, radius):
    """Whether each of N discs touches, (N,); arguments as in `cast_rays`, `touches`."""
    inside = np.empty(len(x), np.bool_)
    for n in range(len(x)):
        inside[n] = touches(walls[maps[n]], cell, x[n], y[n], radius)
    return inside


@compiled
def move(walls, cell, maps, poses, angles, distance, check, radius):
    """N robots turn by `angles` and fly straight on for `distance`.

    Returns:
        poses after, (N, 3); metres flown, (N,); and who has crashed, (N,).
    """
    N = len(poses)
    after = poses.copy()
    flown = np.zeros(N)
    crashed = np.zeros(N, np.bool_)
    parts = math.ceil(distance / check - 1e-9)
    for n in range(N):
        heading = poses[n, 2] + angles[n]
        dx = math.cos(heading) * distance / parts
        dy = math.sin(heading) * distance / parts
        after[n, 2] = heading
        for part in range(parts):
            after[n, 0] += dx
            after[n, 1] += dy
            flown[n] = (part + 1) * distance / parts
            if touches(walls[maps[n]], cell, after[n, 0], after[n, 1], radius):
                crashed[n] = True
                break
    return after, flown, crashed
