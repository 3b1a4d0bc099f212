"""Where the camera stands: from metres to pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lecture_code.vision.shapes import ANGLE, HALF_LENGTH, Array, X, Y


@dataclass(frozen=True)
class Camera:
    """A camera that looks down on a plane.

    The middle of pixel (row i, column j) is at (j + ½, i + ½); rows grow downwards, y
    grows upwards.

    Args:
        height, width: of the image [pixel].
        view: width of the part of the plane that is in the image [m].
        centre: what is in the middle of the image, (x, y) [m].
        rotation: of the camera, counter-clockwise [rad]; the scene turns clockwise.

    Raises:
        ValueError: a size is not positive.
    """

    height: int = 32
    width: int = 32
    view: float = 2.4
    centre: tuple[float, float] = (0.0, 0.0)
    rotation: float = 0.0

    def __post_init__(self) -> None:
        for name in ("height", "width", "view"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive; got {getattr(self, name)}")

    @property
    def scale(self) -> float:
        """Pixels in a metre."""
        return self.width / self.view

    def to_pixels(self, poses: Array) -> Array:
        """Poses (N, 6) in pixels of poses (N, 6) in metres; see `Shapes`."""
        seen = poses.copy()
        x, y = (poses[:, [X, Y]] - self.centre).T
        c, s = np.cos(self.rotation), np.sin(self.rotation)
        seen[:, X] = self.width / 2 + self.scale * (c * x + s * y)
        seen[:, Y] = self.height / 2 - self.scale * (c * y - s * x)
        seen[:, ANGLE] = self.rotation - poses[:, ANGLE]  # rows grow downwards
        seen[:, HALF_LENGTH:] *= self.scale
        return seen

    def grid(self) -> tuple[Array, Array]:
        """x and y [m] of the middle of every pixel, (H, W) each."""
        right = (np.arange(self.width) + 0.5 - self.width / 2) / self.scale
        up = (self.height / 2 - np.arange(self.height) - 0.5) / self.scale
        u, v = np.meshgrid(right, up)
        c, s = np.cos(self.rotation), np.sin(self.rotation)
        return self.centre[0] + c * u - s * v, self.centre[1] + s * u + c * v
