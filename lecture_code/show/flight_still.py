"""The still pictures of `<corridor-flight>`, which are there before its script and
without it: the map with the robot, and the picture that the robot sees.
"""

from __future__ import annotations

import io
from base64 import b64encode

import numpy as np
from matplotlib.image import imsave
from numpy.typing import NDArray

from lecture_code.vision import GridMap, Looks, MapStack, ray_distances, see
from lecture_code.vision.raycaster import column_offsets

from .figures import GREEN, SKY, VERMILLION

Array = NDArray[np.float64]
MARGIN = 0.25  # of wall around what is free [m]
ARM = 1.3  # length of the line that shows the heading [m]


def map_svg(
    stack: MapStack,
    pose: Array,
    look: Looks,
    radius: float,
    goal: tuple[float, float] | None = None,
) -> str:
    """The first map from above, with the robot, what it sees and its goal, as SVG.

    Args:
        stack: the maps.
        pose: x, y and heading of the robot, (3,) [m, m, rad].
        look: with the angle of view, of one robot.
        radius: of the robot [m].
        goal: x and y of a ring [m], or None.
    """
    walls = stack.walls[0]
    cell = stack.cell
    free = np.argwhere(~walls)
    low, left = cell * free.min(axis=0) - MARGIN
    high, right = cell * (free.max(axis=0) + 1) + MARGIN
    box = f"{left:g} {-high:g} {right - left:g} {high - low:g}"
    x, y, heading = pose
    nose = f"M{x:.2f} {-y:.2f}l{ARM * np.cos(heading):.2f} {-ARM * np.sin(heading):.2f}"
    ring = ""
    if goal is not None:
        at = f'cx="{goal[0]:.2f}" cy="{-goal[1]:.2f}"'
        ring = f'<circle {at} r=".25" fill="none" stroke="{GREEN}" stroke-width=".1"/>'
    return (
        f'<svg class="rg-poster" viewBox="{box}" aria-hidden="true">'
        f'<path class="rg-floor" d="{_floor(walls, cell)}"/>'
        f'<path d="{_sight(stack, pose, look)}" fill="{SKY}" fill-opacity=".3"/>'
        f'<path d="{nose}" stroke="{VERMILLION}" stroke-width=".06"/>'
        f'<circle cx="{x:.2f}" cy="{-y:.2f}" r="{radius:g}" fill="{VERMILLION}"/>'
        f"{ring}</svg>"
    )


def _floor(walls: NDArray[np.bool_], cell: float) -> str:
    """The free cells as a path: a rectangle for each run along a row."""
    parts = []
    for row, line in enumerate(walls):
        edges = np.flatnonzero(np.diff(line.astype(int)))  # wall, free, wall, …
        for first, last in edges.reshape(-1, 2) + 1:
            wide = (last - first) * cell
            parts.append(
                f"M{first * cell:g} {-(row + 1) * cell:g}h{wide:g}v{cell:g}h{-wide:g}z"
            )
    return "".join(parts)


def _sight(stack: MapStack, pose: Array, look: Looks) -> str:
    """What the robot sees of the map, as a path."""
    x, y, heading = pose
    angles = heading + column_offsets(look.view)[0]
    distances = ray_distances(GridMap(stack.walls[0], stack.cell), x, y, angles)
    ends = zip(
        x + distances * np.cos(angles), y + distances * np.sin(angles), strict=True
    )
    return f"M{x:.2f} {-y:.2f}" + "".join(f"L{a:.2f} {-b:.2f}" for a, b in ends) + "z"


def picture_img(stack: MapStack, pose: Array, look: Looks) -> str:
    """The picture that the robot sees in the first map, without noise, as an image of
    32 × 64 pixels.

    Args:
        stack: the maps.
        pose: x, y and heading, (1, 3) [m, m, rad].
        look: of one robot.
    """
    maps = np.zeros(1, dtype=np.int64)
    image = see(stack, maps, pose, look, np.random.default_rng(0), noise=0)[0]
    file = io.BytesIO()
    imsave(file, (255 * image).astype(np.uint8), format="png")
    address = f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"
    height, width, _ = image.shape
    size = f'width="{width}" height="{height}"'
    return f'<img src="{address}" alt="The picture that the robot sees" {size}>'
