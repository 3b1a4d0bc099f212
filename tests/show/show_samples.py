"""A robot made by hand and pictures of it, for the tests of what the book shows."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lecture_code.show import Picture, RecordedRobot, Replay, new_figure


@dataclass
class View:
    """Capsules as the simulation room gives them."""

    radius: Any
    half_length: Any
    x: Any
    z: Any
    angle: Any


def make_view(frames: int, root: Any, capsules: int = 4, spin: float = 3.0) -> View:
    """A chain of capsules that turn as they go."""
    t = np.linspace(0, 1, frames)[:, None]
    g = np.arange(capsules)
    return View(
        radius=0.04 + 0.01 * g,
        half_length=0.2 - 0.02 * g,
        x=np.asarray(root)[:, None] + 0.1 * np.sin(7 * t + g),
        z=0.3 + 0.25 * g + 0.05 * np.cos(9 * t),
        angle=spin * t * (1 + g),
    )


def make_robot(
    name: str = "robot", frames: int = 150, speed: float = 2.0, **options: Any
) -> RecordedRobot:
    root = speed * np.linspace(0, 1.3, frames) ** 1.1
    return RecordedRobot(
        name,
        make_view(frames, root),
        root,
        rewards=np.linspace(1.0, 3.0, frames - 1),
        **options,
    )


def draw_replay(speed: float) -> Replay:
    return Replay([make_robot(speed=speed)], "a chain of capsules", dt=1 / 30)


def draw_line(slope: float, offset: float = 0.0) -> Picture:
    figure, axes = new_figure()
    axes.plot([0, 1], [offset, offset + slope], label="line")
    axes.set(xlabel="time [s]", ylabel="height [m]", ylim=(-5, 5))
    return Picture(
        figure, alt=f"A straight line of slope {slope} that starts at {offset}."
    )
