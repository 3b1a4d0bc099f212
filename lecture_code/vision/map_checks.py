"""Questions about a map, in NumPy: how far it is to a wall, whether discs collide, and
whether points are where a robot can be.

The loops are those of `grid_map.py`; here arguments are checked. Read `ray_distances`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lecture_code.vision.grid_map import (
    DISTANCE,
    Array,
    Bools,
    GridMap,
    Ints,
    MapStack,
    cast_rays,
    touching,
)


def ray_distances(
    grid: GridMap, x: ArrayLike, y: ArrayLike, angles: ArrayLike
) -> Array:
    """Distance from points to the first wall [m], in the shape of the arguments.

    Args:
        grid: the map.
        x, y: where the rays start [m].
        angles: of the rays [rad]; x, y and angles are broadcast.

    Raises:
        ValueError: a point is in a wall or outside, or an angle is not finite.
    """
    x, y, angles = np.broadcast_arrays(*(np.asarray(a, float) for a in (x, y, angles)))
    if not np.isfinite(angles).all():
        raise ValueError("angles must be finite")
    stack = MapStack.from_maps([grid])
    maps = np.zeros(x.size, np.int64)
    check_free(stack, maps, x.ravel(), y.ravel())
    hits = cast_rays(
        stack.walls, stack.cell, maps, x.ravel(), y.ravel(), angles.reshape(-1, 1)
    )
    return np.asarray(hits[:, 0, DISTANCE].reshape(x.shape))


def collides(grid: GridMap, x: ArrayLike, y: ArrayLike, radius: float) -> Bools:
    """Whether discs reach into a wall, in the shape of the arguments.

    Args:
        grid: the map.
        x, y: centres of the discs [m]; they are broadcast.
        radius: of the discs [m], at most a cell.

    Raises:
        ValueError: a centre is outside of the map, or the radius is too large.
    """
    if not 0 < radius <= grid.cell:
        raise ValueError(
            f"the radius must be positive and at most a cell of {grid.name!r}, "
            f"{grid.cell} m; got {radius}"
        )
    x, y = np.broadcast_arrays(*(np.asarray(a, float) for a in (x, y)))
    stack = MapStack.from_maps([grid])
    maps = np.zeros(x.size, np.int64)
    cells_of(stack, maps, x.ravel(), y.ravel())
    inside = touching(stack.walls, stack.cell, maps, x.ravel(), y.ravel(), radius)
    return np.asarray(inside.reshape(x.shape))


def cells_of(stack: MapStack, maps: Ints, x: Array, y: Array) -> tuple[Ints, Ints]:
    """Rows and columns of the cells in which N points lie, (N,) each.

    Raises:
        ValueError: there is no such map, or a point is outside of its map.
    """
    for number in maps[(maps < 0) | (maps >= len(stack))][:1]:
        raise ValueError(f"there is no map {number}; the stack has {len(stack)}")
    rows, columns = stack.walls.shape[1:]
    row, column = np.floor(y / stack.cell), np.floor(x / stack.cell)
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    for n in np.flatnonzero(~inside)[:1]:  # or not a number
        raise ValueError(
            f"point {n}, ({x[n]}, {y[n]}), is outside of its map, which is "
            f"{columns * stack.cell} m by {rows * stack.cell} m"
        )
    return row.astype(np.int64), column.astype(np.int64)


def check_free(stack: MapStack, maps: Ints, x: Array, y: Array) -> None:
    """Refuse points that are not in a free cell: a ValueError names the first."""
    row, column = cells_of(stack, maps, x, y)
    for n in np.flatnonzero(stack.walls[maps, row, column])[:1]:
        raise ValueError(
            f"point {n}, ({x[n]}, {y[n]}), is in a wall: row {row[n]}, column "
            f"{column[n]} of map {maps[n]}"
        )
