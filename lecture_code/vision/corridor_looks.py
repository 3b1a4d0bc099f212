"""How corridors look to a robot: textures, colours, light and camera.

There are three main families of looks:

    training    a new look for each robot: textures, colours, light, height of the
                camera and of the walls, and pitch of the camera are random
    single      one texture, one light, one camera: the control
    real        textures of another kind, a lens with a 10 % wider view, dark corners,
                a darker tone curve, blur, and more noise

Three more families are as in training, but for one part of "real": its textures, its
lens (without the wider view), or its view. They show which part makes flights shorter.
"random lens" is as training, and draws the lens of each robot, too.

`raycaster.see` draws what a robot sees. Read `draw_looks`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from lecture_code.vision.grid_map import Array, Ints
from lecture_code.vision.lenses import draw_lenses, lens_of

HEIGHT, WIDTH = 32, 64  # of an image [pixel]
VIEW = math.radians(110)  # angle from the left edge of the image to the right edge
FOCAL = 12.0  # [rows]: one metre at a depth of one metre fills so many rows
CAMERA_HEIGHT, WALL_HEIGHT = 0.5, 1.2  # [m]
SINGLE_TEXTURE = 7  # of the training family
SHAPES = {"walls": (3,), "colours": (4, 3), "lenses": (3,)}  # of one robot
SINGLE_COLOURS = (0.3, 0.2, 0.8, 0.6)  # grey floor and ceiling, near and far


@dataclass(frozen=True, eq=False)
class Looks:
    """How the world looks to each of N robots.

    Args:
        family: one of `FAMILIES`, with its textures and its lens.
        walls: numbers of the three textures of the walls, (N, 3).
        colours: of the floor near and far, and of the ceiling near and far,
            (N, 4, 3).
        view: angle from the left edge of the image to the right edge, (N,) [rad].
        focal: rows that one metre at a depth of one metre fills, (N,).
        camera_height: above the floor, (N,) [m].
        wall_height: above the floor, (N,) [m].
        horizon: how far the horizon is below the middle of the image, (N,) [rows].
        light: factor of every pixel, (N,).
        fade: how fast light fades with depth, (N,) [1/m].
        lenses: gamma, vignette and blur of each robot, (N, 3); None: the family's lens.

    Raises:
        ValueError: there is no such family or texture, an array has another shape, the
            camera is not between floor and ceiling, or a number makes no picture.
    """

    family: str
    walls: Ints
    colours: Array
    view: Array
    focal: Array
    camera_height: Array
    wall_height: Array
    horizon: Array
    light: Array
    fade: Array
    lenses: Array | None = None

    def __post_init__(self) -> None:
        count = lens_of(self.family).count
        n = len(self.walls)
        for field in fields(self)[1:]:
            values = getattr(self, field.name)
            if values is None:  # the family's lens
                continue
            shape = SHAPES.get(field.name, ())
            shape = (n, *shape)
            if values.shape != shape:
                raise ValueError(
                    f"{field.name} of {n} looks must be {shape}; got {values.shape}"
                )
            if not np.isfinite(values).all():
                raise ValueError(f"{field.name} must be finite")
        if ((self.walls < 0) | (self.walls >= count)).any():
            raise ValueError(
                f"{self.family!r} has textures 0 to {count - 1}; walls have "
                f"{self.walls.min()} to {self.walls.max()}"
            )
        between = (self.camera_height > 0) & (self.camera_height < self.wall_height)
        for row in np.flatnonzero(~between)[:1]:
            raise ValueError(
                f"the camera must be between floor and ceiling; look {row} has it at "
                f"{self.camera_height[row]} m of {self.wall_height[row]} m"
            )
        if not ((self.view > 0) & (self.view < math.pi) & (self.focal > 0)).all():
            raise ValueError(
                "view must lie between 0 and 180°, and focal must be positive"
            )

    def __len__(self) -> int:
        return len(self.walls)

    def __getitem__(self, rows: NDArray[np.generic] | Sequence[int] | slice) -> Looks:
        """The looks of some robots.

        Args:
            rows: a slice, numbers of robots (a number may come several times), or
                True for each robot that is meant.
        """
        arrays = {field.name: getattr(self, field.name) for field in fields(self)[1:]}
        picked = {name: a[rows] for name, a in arrays.items() if a is not None}
        return replace(self, **picked)


def draw_looks(
    family: str, n: int, rng: np.random.Generator, textures: int | None = None
) -> Looks:
    """Looks for n robots.

    Args:
        family: one of `FAMILIES`.
        n: how many.
        rng: draws what the family does not fix.
        textures: use only the first so many textures of the family; None: all. The
            rest of the looks does not depend on it.

    Raises:
        ValueError: there is no such family, or the family has fewer textures.
    """
    count = lens_of(family).count
    chosen = count if textures is None else textures
    if not 1 <= chosen <= count:
        raise ValueError(f"{family!r} has 1 to {count} textures; got {textures}")
    if family == "single":
        return _single(n)
    walls = (chosen * rng.random((n, 3))).astype(np.int64)
    same = rng.random((n, 2)) < 0.5  # as the first wall
    walls[:, 1:] = np.where(same, walls[:, :1], walls[:, 1:])
    if family == "real":
        return _real(walls, rng)
    view = 1.1 * VIEW if family == "real view" else VIEW
    looks = replace(_training(walls, rng), family=family, view=np.full(n, view))
    if family == "random lens":
        return replace(looks, lenses=draw_lenses(n, rng))
    return looks


def _single(n: int) -> Looks:
    """One look for all robots."""
    colours = np.broadcast_to(np.array(SINGLE_COLOURS)[:, None], (n, 4, 3))
    return _looks("single", np.full((n, 3), SINGLE_TEXTURE), colours)


def _training(walls: Ints, rng: np.random.Generator) -> Looks:
    """A random look for each robot."""
    n = len(walls)
    colours = rng.uniform(0.05, 0.95, (n, 4, 3))
    camera_height = rng.uniform(0.35, 0.65, n)
    return _looks(
        "training",
        walls,
        colours,
        camera_height=camera_height,
        wall_height=camera_height + rng.uniform(0.5, 1.1, n),
        horizon=rng.uniform(-2, 2, n),
        light=rng.uniform(0.5, 1.2, n),
        fade=rng.uniform(0, 0.2, n),
    )


def _real(walls: Ints, rng: np.random.Generator) -> Looks:
    """A "real" look for each robot."""
    n = len(walls)
    return _looks(
        "real",
        walls,
        rng.uniform(0.25, 0.75, (n, 4, 3)),
        view=1.1 * VIEW,
        camera_height=rng.uniform(0.4, 0.6, n),
        horizon=rng.uniform(-1, 1, n),
        light=rng.uniform(0.7, 1.1, n),
        fade=0.1,
    )


def _looks(family: str, walls: Ints, colours: Array, **others: Array | float) -> Looks:
    """Looks whose other numbers are the same for every robot, unless given."""
    plain: dict[str, Array | float] = {
        "view": VIEW,
        "focal": FOCAL,
        "camera_height": CAMERA_HEIGHT,
        "wall_height": WALL_HEIGHT,
        "horizon": 0.0,
        "light": 1.0,
        "fade": 0.05,
    }
    n = len(walls)
    numbers = {
        name: np.full(n, value, dtype=float) for name, value in (plain | others).items()
    }
    return Looks(family, walls, np.array(colours), **numbers)
