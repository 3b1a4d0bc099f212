"""Maps and robots from above, and the pictures that robots see."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.path import Path
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray

from lecture_code.observations.corridor_flight import AIMS, N_AIMS, Flights
from lecture_code.show import GREY
from lecture_code.show.figures import VERMILLION
from lecture_code.vision import GridMap, MapStack, draw_looks
from lecture_code.vision.corridor_looks import HEIGHT, WIDTH

Array = NDArray[np.float64]

CRASH = VERMILLION  # colour of the place where a robot has crashed
BODY = Path([(-0.8, -0.65), (1.0, 0.0), (-0.8, 0.65), (-0.35, 0.0), (-0.8, -0.65)])
"""A robot that looks along x."""


def draw_map(axes: Axes, walls: NDArray[np.bool_], cell: float) -> None:
    """Walls as grey cells, seen from above.

    Args:
        axes: where to draw.
        walls: True where a cell is wall, (R, C).
        cell: its side [m].
    """
    picture = np.zeros((*walls.shape, 4))
    picture[walls] = (*to_rgb(GREY), 0.55)
    rows, columns = walls.shape
    extent = (0.0, columns * cell, 0.0, rows * cell)
    axes.imshow(picture, extent=extent, origin="lower", interpolation="none")
    axes.set(xlim=extent[:2], ylim=extent[2:], aspect="equal")
    axes.axis("off")


def draw_robot(axes: Axes, pose: Array, colour: str, size: float = 11) -> None:
    """A robot at its pose, x and y [m] and heading [rad].

    Args:
        axes: where to draw.
        pose: of the robot, (3,).
        colour: of the robot.
        size: of the drawing [pt]; it does not show the size of the robot.
    """
    turned = BODY.transformed(Affine2D().rotate(float(pose[2])))
    marker: Any = turned
    axes.plot(pose[0], pose[1], marker=marker, ms=size, color=colour, mec="none")


def draw_path(axes: Axes, poses: Array, colour: str, crashed: bool) -> None:
    """The way of a robot with a dot for each control step, and a cross if it crashed.

    Args:
        axes: where to draw.
        poses: before each step and after the last, (T, 3).
        colour: of the way.
        crashed: whether the way ends in a crash.
    """
    axes.plot(*poses[:, :2].T, ".-", color=colour, lw=1.4, ms=4)
    if crashed:
        axes.plot(*poses[-1, :2], "x", color=CRASH, ms=11, mew=2.8)
    else:
        draw_robot(axes, poses[-1], colour)


def draw_picture(axes: Axes, image: NDArray[Any]) -> None:
    """What a robot sees, (H, W, 3) between 0 and 1, each pixel a square."""
    extent = (-1.0, 1.0, -HEIGHT / WIDTH, HEIGHT / WIDTH)
    levels = np.round(255 * np.asarray(image, dtype=float)).astype(np.uint8)
    axes.imshow(levels, extent=extent, interpolation="none")
    axes.axis("off")


def columns_of_aims(view: float) -> Array:
    """Where the aims lie in a picture, from −1 at its left edge to 1, (15,).

    Args:
        view: angle from the left edge of the picture to the right edge [rad].
    """
    return np.asarray(-np.tan(AIMS) / np.tan(view / 2))


def draw_scores(
    axes: Axes, scores: Array, view: float, colour: str, chosen: int | None
) -> None:
    """A bar of Q for each aim, below its column of the picture.

    Args:
        axes: where to draw, as wide as the picture.
        scores: Q of each aim, (15,).
        view: angle of the picture [rad].
        colour: of the aim that is chosen; the others are grey.
        chosen: its number, or None.
    """
    at = columns_of_aims(view)
    colours = [colour if aim == chosen else GREY for aim in range(N_AIMS)]
    axes.bar(at, scores, 0.8 * (at[1] - at[0]), color=colours)
    axes.set(xlim=(-1, 1), ylim=(0, 1), xticks=[], yticks=[0, 1])
    axes.grid(visible=False)


def placed(grid: GridMap, pose: Array, family: str, seed: int, n: int = 1) -> Flights:
    """n robots at one pose, each with a look of its own.

    Args:
        grid: their map.
        pose: x and y [m] and heading [rad].
        family: of the looks.
        seed: draws the looks.
        n: number of robots.
    """
    looks = draw_looks(family, n, np.random.default_rng(seed))
    stack = MapStack.from_maps([grid])
    poses = np.tile(pose, (n, 1))
    return Flights.initial(stack, np.zeros(n, dtype=np.int64), poses, looks)


def in_degrees(aim: int) -> str:
    """'48° left', '0°', or '48° right'."""
    angle = round(float(np.degrees(AIMS[aim])))
    side = " left" * (angle > 0) + " right" * (angle < 0)
    return f"{abs(angle)}°{side}"
