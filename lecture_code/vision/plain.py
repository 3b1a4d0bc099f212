"""The rasteriser in plain words: one image and one shape at a time, every pixel of
the image at once. The oracle of the tests.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lecture_code.vision.camera import Camera
from lecture_code.vision.rasteriser import Images, check_scene
from lecture_code.vision.shapes import Array, Shapes


def distance(pose: Array, x: Array, y: Array) -> Array:
    """Distance [pixel] of points from a shape, negative inside.

    Args:
        pose: of the shape, (6,) [pixel].
        x, y: the points, (H, W) each [pixel].
    """
    centre_x, centre_y, angle, a, b, r = pose
    c, s = np.cos(angle), np.sin(angle)
    dx, dy = x - centre_x, y - centre_y
    u, v = np.abs(c * dx + s * dy) - a, np.abs(c * dy - s * dx) - b
    outside = np.hypot(np.maximum(u, 0), np.maximum(v, 0))
    return np.asarray(outside + np.minimum(np.maximum(u, v), 0) - r)


def plain_rasterise(
    scene: Sequence[Shapes],
    colours: NDArray[np.float32],
    camera: Camera,
    background: Images,
) -> Images:
    """The same as `rasteriser.rasterise`."""
    check_scene(scene, colours, camera, background)
    columns, rows = np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5
    x, y = np.meshgrid(columns, rows)
    images = []
    for n in range(len(scene[0])):
        image = background.astype(float)
        for shapes, colour in zip(scene, colours, strict=True):
            (pose,) = camera.to_pixels(shapes.poses[n : n + 1])
            share = np.clip(0.5 - distance(pose, x, y), 0, 1)[..., None]  # eq. 1
            image = (1 - share) * image + share * colour  # eq. 2
        images.append(image)
    return np.array(images, dtype=np.float32)
