"""Shapes become pixels: N scenes in one compiled loop.

A pixel whose middle is nearer than half a pixel to an edge is covered in part, so that
edges do not jump from pixel to pixel when a shape moves:

    (1)  share = ½ − distance, between 0 and 1       distance of `shapes.py` [pixel]
    (2)  pixel ← (1 − share) pixel + share colour    from the back to the front

Of every shape only the rows and columns are visited that it can reach. The share is
exact for an edge that is parallel to the pixels, and nearly so for others. A shape that
is thinner than a pixel is drawn too heavily: (1) sees only its nearest edge.

Read `paint`. The same in plain words is `plain.py`, and the tests demand equal pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lecture_code.compiling import compiler
from lecture_code.vision.camera import Camera
from lecture_code.vision.shapes import Shapes

Images = NDArray[np.float32]
compiled = compiler()


@compiled
def paint(images, poses, colours):
    """Paint the shapes of N scenes over their images, in place.

    Args:
        images: (N, H, W, 3), float32.
        poses: (K, N, 6), in pixels.
        colours: (K, 3), float32.
    """
    N, H, W, _ = images.shape
    for n in range(N):
        for k in range(len(poses)):
            x, y, angle, a, b, r = poses[k, n]
            c, s = math.cos(angle), math.sin(angle)
            reach_x = abs(c) * a + abs(s) * b + r + 0.5
            reach_y = abs(s) * a + abs(c) * b + r + 0.5
            left = max(0, math.ceil(x - reach_x - 0.5))
            right = min(W, math.floor(x + reach_x - 0.5) + 1)
            top = max(0, math.ceil(y - reach_y - 0.5))
            bottom = min(H, math.floor(y + reach_y - 0.5) + 1)
            for i in range(top, bottom):
                dy = i + 0.5 - y
                for j in range(left, right):
                    dx = j + 0.5 - x
                    u = abs(c * dx + s * dy) - a
                    v = abs(c * dy - s * dx) - b
                    outside = math.sqrt(max(u, 0.0) ** 2 + max(v, 0.0) ** 2)
                    distance = outside + min(max(u, v), 0.0) - r
                    share = min(max(0.5 - distance, 0.0), 1.0)  # eq. 1
                    for channel in range(3):
                        pixel = images[n, i, j, channel]
                        colour = colours[k, channel]
                        images[n, i, j, channel] = pixel + share * (colour - pixel)


@compiled
def add_noise(images, bank, pieces, std):
    """Add noise to images (N, H·W·3), in place.

    Args:
        images: float32.
        bank: noise, ~ N(0, 1), (B,), float32.
        pieces: where each image's piece of the bank starts, (N,).
        std: standard deviation of the noise.
    """
    scale = np.float32(std)
    for n in range(len(images)):
        for i in range(images.shape[1]):
            images[n, i] += scale * bank[pieces[n] + i]


def rasterise(
    scene: Sequence[Shapes],
    colours: NDArray[np.float32],
    camera: Camera,
    background: Images,
) -> Images:
    """Images (N, H, W, 3) of N scenes.

    Args:
        scene: the shapes, those at the back first; N in each.
        colours: of each of them, (K, 3), between 0 and 1.
        camera: where the camera stands.
        background: what is behind the shapes, (H, W, 3).

    Raises:
        ValueError: the scene is empty, or its parts do not fit together.
    """
    check_scene(scene, colours, camera, background)
    images = np.repeat(background[None].astype(np.float32), len(scene[0]), axis=0)
    poses = np.stack([camera.to_pixels(shapes.poses) for shapes in scene])
    paint(images, poses, np.asarray(colours, dtype=np.float32))
    return images


def check_scene(
    scene: Sequence[Shapes],
    colours: NDArray[np.float32],
    camera: Camera,
    background: Images,
) -> None:
    """Refuse a scene whose parts do not fit together.

    Raises:
        ValueError: names the part, what it has, and what it needs.
    """
    if not scene:
        raise ValueError("a scene needs at least one shape")
    for shapes in scene:
        if len(shapes) != len(scene[0]):
            raise ValueError(
                f"there are {len(shapes)} of {shapes.colour!r}, and {len(scene[0])} of "
                f"{scene[0].colour!r}: all shapes of a scene need the same number"
            )
    if colours.shape != (len(scene), 3):
        raise ValueError(
            f"colours must be ({len(scene)}, 3), one for each shape; got "
            f"{colours.shape}"
        )
    if background.shape != (camera.height, camera.width, 3):
        raise ValueError(
            f"the background must be ({camera.height}, {camera.width}, 3); got "
            f"{background.shape}"
        )
