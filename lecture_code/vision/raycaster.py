"""What a robot sees in a map of walls: one ray for each column of the image.

    (1)  offset = −atan(u tan(view / 2)),   u from −1 (left edge) to 1 (right edge)
    (2)  depth = distance · cos(offset)
    (3)  a height z above the camera is drawn z · focal / depth rows above the horizon

A ray is as long as the way to the wall. Rays at the edges of the image are longer, so
without (2) a flat wall would look bent, as through a fish-eye. A collision knows
nothing of (2). Equation (3) also gives the depth of the floor or the ceiling in a row.
Brightness falls with depth, and the robot carries a lamp:

    (4)  brightness = light · exp(−fade · depth) · (0.8 + 0.2 |cos(slant)|)

where the slant is the angle between the ray and the normal of the wall; floor and
ceiling have no such factor. Their colours change from near to far over four cells.

Each cell of wall has one of three textures. Which one depends on the steps, along rows
and columns, from the middle of the map to the cell. So nothing in a picture changes
when the map and the robot are turned by 90° together.

Read `paint_views`, then `see`. The same in plain words is `plain_raycaster.py`.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from lecture_code.compiling import compiler
from lecture_code.vision.appearance import BANK
from lecture_code.vision.corridor_looks import HEIGHT, WIDTH, Looks
from lecture_code.vision.grid_map import Array, Ints, MapStack, cast_rays
from lecture_code.vision.lenses import lens_of, through_lenses
from lecture_code.vision.map_checks import check_free
from lecture_code.vision.rasteriser import Images, add_noise
from lecture_code.vision.textures import Textures

X, Y, HEADING = range(3)  # places in a row of poses
NEAREST = 1e-3  # depth of a wall [m], at least
MIXING = 4.0  # cells over which the colours of floor and ceiling change
NOISE_SEED = 5
compiled = compiler()


@compiled
def paint_views(
    images, hits, headings, offsets, cells, textures, walls, colours, optics
):
    """Paint what N robots see, in place.

    Args:
        images: (N, H, W, 3), float32.
        hits: where the rays meet walls, of `cast_rays`, (N, W, 5).
        headings: of the robots, (N,) [rad].
        offsets: of the rays from the heading, (N, W) [rad].
        cells: rows and columns of a map, and the side of a cell [m].
        textures: (T, S, S, 3), float32.
        walls: numbers of three textures, (N, 3).
        colours: floor near and far, ceiling near and far, (N, 4, 3).
        optics: focal, height of camera and wall, horizon, light and fade, (N, 6).
    """
    N, H, W, _ = images.shape
    S = textures.shape[1]
    rows, columns, cell = cells
    for n in range(N):
        focal, low, high, shift, light, fade = optics[n]
        paint_floor_and_ceiling(images[n], colours[n], optics[n], MIXING * cell)
        horizon = 0.5 * H + shift
        for i in range(W):
            distance, along, row, column, side = hits[n, i]
            angle = headings[n] + offsets[n, i]
            depth = max(distance * math.cos(offsets[n, i]), NEAREST)  # eq. 2
            top = horizon - (high - low) * focal / depth  # eq. 3
            bottom = horizon + low * focal / depth
            slant = math.cos(angle) if side == 0 else math.sin(angle)
            brightness = light * math.exp(-fade * depth) * (0.8 + 0.2 * abs(slant))
            steps = abs(2 * row + 1 - rows) + abs(2 * column + 1 - columns)
            texture = textures[walls[n, int(steps) // 2 % 3]]
            u = min(int(along * S), S - 1)
            first = max(math.ceil(top - 0.5), 0)  # the middle of a row is in the wall
            last = min(math.ceil(bottom - 0.5), H)
            for j in range(first, last):
                v = min(int((j + 0.5 - top) / (bottom - top) * S), S - 1)
                for k in range(3):
                    images[n, j, i, k] = brightness * texture[v, u, k]


@compiled
def paint_floor_and_ceiling(image, colours, optics, mixing):
    """Paint the floor below the horizon and the ceiling above it, in place.

    Args:
        image: (H, W, 3), float32.
        colours, optics: of one robot, as in `paint_views`.
        mixing: depth over which colours change [m].
    """
    H, W, _ = image.shape
    focal, low, high, shift, light, fade = optics
    for j in range(H):
        below = j + 0.5 - 0.5 * H - shift  # rows below the horizon
        height = low if below > 0 else high - low
        depth = height * focal / max(abs(below), 1e-6)  # eq. 3, for the depth
        near = math.exp(-depth / mixing)
        brightness = light * math.exp(-fade * depth)  # eq. 4
        first = 0 if below > 0 else 2
        for k in range(3):
            colour = near * colours[first, k] + (1 - near) * colours[first + 1, k]
            for i in range(W):
                image[j, i, k] = brightness * colour


def column_offsets(view: ArrayLike, width: int = WIDTH) -> Array:
    """Angles of the columns of an image from the heading, left is positive, (…, W).

    Args:
        view: angle from the left edge to the right edge [rad].
        width: W, of the image [pixel].
    """
    u = (2 * np.arange(width) + 1) / width - 1
    return np.asarray(-np.arctan(u * np.tan(np.asarray(view)[..., None] / 2)))  # eq. 1


def cast_views(
    stack: MapStack, maps: Ints, poses: Array, textures: Textures, looks: Looks
) -> Images:
    """What N robots would see without lens and noise, (N, H, W, 3); pixels may be
    above 1.

    Args:
        stack, maps, poses, looks: as in `see`, which checks them.
        textures: all that the looks name by number, (T, S, S, 3).
    """
    offsets = column_offsets(looks.view)
    x, y, headings = poses.T.copy()
    angles = headings[:, None] + offsets
    hits = cast_rays(stack.walls, stack.cell, maps, x, y, angles)
    images = np.empty((len(poses), HEIGHT, WIDTH, 3), dtype=np.float32)
    paint_views(
        images,
        hits,
        headings,
        offsets,
        (*stack.walls.shape[1:], stack.cell),
        textures,
        np.ascontiguousarray(looks.walls),
        np.ascontiguousarray(looks.colours),
        optics_of(looks),
    )
    return images


def optics_of(looks: Looks) -> Array:
    """Focal, heights of camera and wall, horizon, light and fade, (N, 6)."""
    return np.column_stack(
        [
            looks.focal,
            looks.camera_height,
            looks.wall_height,
            looks.horizon,
            looks.light,
            looks.fade,
        ]
    )


def see(
    stack: MapStack,
    maps: Ints,
    poses: Array,
    looks: Looks,
    rng: np.random.Generator,
    noise: float | None = None,
) -> Images:
    """What N robots see, (N, 32, 64, 3), float32 between 0 and 1.

    Args:
        stack: the maps.
        maps: number of each robot's map, (N,).
        poses: x and y [m] and heading [rad] of each robot, (N, 3).
        looks: how the world looks to each robot; N.
        rng: chooses the noise of each image.
        noise: standard deviation of the noise of a pixel; None: the family's, 0: none.

    Raises:
        ValueError: the parts do not fit together, or a robot is in a wall or outside
            of its map.
    """
    maps, poses = check_views(stack, maps, poses, looks)
    lens = lens_of(looks.family)
    images = cast_views(stack, maps, poses, lens.textures(lens.count), looks)
    images = np.clip(images, 0, 1, out=images)
    if looks.lenses is None:
        images = lens.through(images)
    else:
        images = through_lenses(images, looks.lenses)
    std = lens.noise if noise is None else noise
    if std:
        size = HEIGHT * WIDTH * 3
        pieces = rng.integers(BANK - size, size=len(images))
        add_noise(images.reshape(-1, size), noise_bank(), pieces, std)
        np.clip(images, 0, 1, out=images)
    return images


@cache
def noise_bank() -> Images:
    """A long row of noise, ~ N(0, 1), of which each image uses a piece."""
    rng = np.random.default_rng(NOISE_SEED)
    bank = rng.standard_normal(BANK, dtype=np.float32)
    bank.setflags(write=False)
    return bank


def check_views(
    stack: MapStack, maps: ArrayLike, poses: ArrayLike, looks: Looks
) -> tuple[Ints, Array]:
    """Maps (N,) and poses (N, 3), if they fit to the stack and to the looks.

    Raises:
        ValueError: names the part that does not fit, or the robot that cannot be where
            it is.
    """
    maps = np.ascontiguousarray(maps, np.int64)
    poses = np.asarray(poses, float)
    if poses.ndim != 2 or poses.shape[1] != 3:
        raise ValueError(
            f"poses must be (N, 3): x, y and heading of each robot; got {poses.shape}"
        )
    if maps.shape != (len(poses),):
        raise ValueError(
            f"maps must be ({len(poses)},), one number for each robot; got {maps.shape}"
        )
    if len(looks) != len(poses):
        raise ValueError(f"there are {len(poses)} robots, and {len(looks)} looks")
    if not np.isfinite(poses[:, HEADING]).all():
        raise ValueError("headings must be finite")
    check_free(stack, maps, poses[:, X], poses[:, Y])
    return maps, poses
