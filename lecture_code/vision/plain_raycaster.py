"""The raycaster in plain words: one ray, one square of wall and one pixel at a time.
The oracle of the tests.
"""

from __future__ import annotations

import math

import numpy as np

from lecture_code.vision.corridor_looks import HEIGHT, WIDTH, Looks
from lecture_code.vision.grid_map import Array, GridMap, Ints, MapStack
from lecture_code.vision.rasteriser import Images
from lecture_code.vision.raycaster import MIXING, NEAREST
from lecture_code.vision.textures import Textures

Hit = tuple[float, float, int, int, float]  # see `plain_cast`


def plain_cast(grid: GridMap, x: float, y: float, angle: float) -> Hit:
    """The nearest of all squares of wall that a ray meets.

    Returns:
        Distance [m], place on the face from left (0) to right (1), row and column of
        the square, and the cosine of the angle between the ray and the face's normal.
    """
    hits = []
    for row, column in np.argwhere(grid.walls):
        entry = _enter(x, y, angle, column * grid.cell, row * grid.cell, grid.cell)
        if entry is not None:
            distance, along, slant = entry
            hits.append((distance, along, int(row), int(column), slant))
    return min(hits)


def _enter(
    x: float, y: float, angle: float, left: float, low: float, side: float
) -> tuple[float, float, float] | None:
    """Distance, place on the face and slant where a ray enters a square; None if the
    ray does not meet the square.

    A face is met where the ray goes against its normal, and only between its ends.
    """
    right, high = left + side, low + side
    faces = [  # normal, left end and right end of somebody who looks at the face
        ((-1, 0), (left, high), (left, low)),
        ((1, 0), (right, low), (right, high)),
        ((0, -1), (left, low), (right, low)),
        ((0, 1), (right, high), (left, high)),
    ]
    for normal, start, end in faces:
        against = -(normal[0] * math.cos(angle) + normal[1] * math.sin(angle))
        if against <= 0:
            continue
        away = normal[0] * (x - start[0]) + normal[1] * (y - start[1])
        distance = away / against
        hit = (x + distance * math.cos(angle), y + distance * math.sin(angle))
        along = sum((h - s) * (e - s) for h, s, e in zip(hit, start, end, strict=True))
        along /= side**2
        if distance >= 0 and 0 <= along <= 1:
            return distance, along, against
    return None


def plain_views(
    stack: MapStack, maps: Ints, poses: Array, textures: Textures, looks: Looks
) -> Images:
    """The same as `raycaster.cast_views`."""
    images = np.empty((len(poses), HEIGHT, WIDTH, 3), dtype=np.float32)
    for n, (x, y, heading) in enumerate(poses):
        grid = GridMap(stack.walls[maps[n]], stack.cell)
        for i in range(WIDTH):
            u = 2 * (i + 0.5) / WIDTH - 1
            offset = -math.atan(u * math.tan(looks.view[n] / 2))  # eq. 1
            hit = plain_cast(grid, x, y, heading + offset)
            depth = max(hit[0] * math.cos(offset), NEAREST)  # eq. 2
            for j in range(HEIGHT):
                images[n, j, i] = _pixel(j, depth, hit, grid, textures, looks, n)
    return images


def _pixel(
    j: int,
    depth: float,
    hit: Hit,
    grid: GridMap,
    textures: Textures,
    looks: Looks,
    n: int,
) -> Array:
    """Colour of the pixel in row j of a column, for robot n, (3,)."""
    _, along, row, column, slant = hit
    above = HEIGHT / 2 + looks.horizon[n] - (j + 0.5)  # rows above the horizon
    z = above * depth / looks.focal[n]  # eq. 3: height above the camera
    to_floor = looks.camera_height[n]
    to_ceiling = looks.wall_height[n] - to_floor
    if -to_floor < z <= to_ceiling:
        size = textures.shape[1]
        v = int((to_ceiling - z) / (to_ceiling + to_floor) * size)
        u = min(int(along * size), size - 1)
        texture = textures[looks.walls[n, _kind_of(grid, row, column)]]
        colour = (0.8 + 0.2 * slant) * texture[v, u]
    else:
        height = to_ceiling if above > 0 else to_floor
        depth = height * looks.focal[n] / abs(above)
        near = math.exp(-depth / (MIXING * grid.cell))
        colours = looks.colours[n, 2:] if above > 0 else looks.colours[n, :2]
        colour = near * colours[0] + (1 - near) * colours[1]
    return np.asarray(looks.light[n] * math.exp(-looks.fade[n] * depth) * colour)


def _kind_of(grid: GridMap, row: int, column: int) -> int:
    """Which of the three textures a cell has: by the steps from the map's middle."""
    rows, columns = grid.walls.shape
    steps = abs(row - (rows - 1) / 2) + abs(column - (columns - 1) / 2)
    return int(steps) % 3
