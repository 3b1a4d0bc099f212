"""Discs, capsules and rotated boxes: what a scene is made of.

All three are one shape, a box whose corners are rounded by a radius r:

    disc       no length, no width, radius r
    capsule    a length, no width, radius r: everything within r of a segment
    box        a length and a width, r = 0

so one formula draws them all:

    (1)  u = |x'| − a,  v = |y'| − b         x', y': in the frame of the shape
    (2)  distance = |(max(u, 0), max(v, 0))| + min(max(u, v), 0) − r

The distance is negative inside. A scene is a tuple of `Shapes`; the first lies at the
back. Each `Shapes` holds one shape in each of N scenes, and the name of its colour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

X, Y, ANGLE, HALF_LENGTH, HALF_WIDTH, RADIUS = range(6)  # places in a row of poses


@dataclass(frozen=True, eq=False)
class Shapes:
    """One shape in each of N scenes.

    Args:
        colour: name of its colour in the palette.
        poses: centre x and y [m], angle [rad], half length a and half width b [m], and
            rounding r [m], (N, 6).

    Raises:
        ValueError: the poses have another shape, are not finite, or a size is negative.
    """

    colour: str
    poses: Array

    def __post_init__(self) -> None:
        poses = np.array(self.poses, dtype=float)  # a copy
        if poses.ndim != 2 or poses.shape[1] != 6:
            raise ValueError(
                f"poses of {self.colour!r} must be (N, 6); got {poses.shape}"
            )
        if not np.isfinite(poses).all():
            raise ValueError(f"poses of {self.colour!r} must be finite")
        if (poses[:, HALF_LENGTH:] < 0).any():
            raise ValueError(
                f"lengths, widths and radii of {self.colour!r} must not be negative; "
                f"the smallest is {poses[:, HALF_LENGTH:].min()}"
            )
        object.__setattr__(self, "poses", poses)

    def __len__(self) -> int:
        return len(self.poses)

    @classmethod
    def discs(cls, colour: str, centres: ArrayLike, radius: ArrayLike) -> Shapes:
        """Discs around centres (N, 2) [m]; the radius [m] is one number or (N,)."""
        centres = _points("centres", colour, centres)
        return cls(colour, _rows(centres, 0.0, 0.0, 0.0, radius))

    @classmethod
    def capsules(
        cls, colour: str, starts: ArrayLike, ends: ArrayLike, radius: ArrayLike
    ) -> Shapes:
        """All points within a radius [m] of the segments between starts and ends (N, 2)
        [m].

        Raises:
            ValueError: there are not as many ends as starts.
        """
        starts = _points("starts", colour, starts)
        ends = _points("ends", colour, ends)
        if len(starts) != len(ends):
            raise ValueError(
                f"capsules of {colour!r} need as many ends as starts; got {len(ends)} "
                f"and {len(starts)}"
            )
        along = ends - starts
        angle = np.arctan2(along[:, 1], along[:, 0])
        half = np.hypot(along[:, 0], along[:, 1]) / 2
        return cls(colour, _rows((starts + ends) / 2, angle, half, 0.0, radius))

    @classmethod
    def boxes(
        cls, colour: str, centres: ArrayLike, sizes: ArrayLike, angle: ArrayLike
    ) -> Shapes:
        """Boxes around centres (N, 2) [m].

        Args:
            colour: name of their colour.
            centres: (N, 2) [m].
            sizes: length and width [m], (2,) or (N, 2).
            angle: of the length against x [rad], one number or (N,).
        """
        centres = _points("centres", colour, centres)
        half = np.broadcast_to(np.asarray(sizes, dtype=float) / 2, centres.shape)
        return cls(colour, _rows(centres, angle, half[:, 0], half[:, 1], 0.0))


def _points(what: str, colour: str, points: ArrayLike) -> Array:
    """Points as (N, 2), or an error that names them."""
    checked = np.asarray(points, dtype=float)
    if checked.ndim != 2 or checked.shape[1] != 2:
        raise ValueError(f"{what} of {colour!r} must be (N, 2); got {checked.shape}")
    return checked


def _rows(centres: Array, *columns: ArrayLike) -> Array:
    """Centres (N, 2) and further columns, each one number or (N,), side by side."""
    n = len(centres)
    return np.column_stack(
        [centres, *[np.broadcast_to(column, (n,)) for column in columns]]
    )
