"""The two worlds as pictures: images with crisp pixels, the hook, and an answer."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from numpy.typing import NDArray

from lecture_code.observations.hook_scenes import (
    TOLERANCE,
    HookScene,
    eye,
    mixed,
)
from lecture_code.show import Picture, new_figure
from lecture_code.vision import Camera

Array = NDArray[np.float64]

GAPS = (0.0, 0.5, 1.0, 1.5, 2.0)
NAMES = {0.0: "0: simulation", 1.0: "1: “real”"}  # of gaps
SCENE_SEED = 3  # generator of the scene that `worlds` shows
RING, CROSS = "#ffffff", "#111111"  # on an image both are seen in light and dark


def draw_scene(axes: Axes, image: NDArray[np.float32]) -> None:
    """An image (H, W, 3) between 0 and 1, each pixel a square."""
    levels = np.round(255 * np.asarray(image, dtype=float)).astype(np.uint8)
    height, width = image.shape[:2]
    axes.imshow(levels, extent=(0, width, height, 0), interpolation="none")
    axes.axis("off")


def in_pixels(camera: Camera, place: Array) -> Array:
    """Where a place (2,) [m] is in an image: column and row, (2,) [pixel]."""
    pose = np.zeros((1, 6))
    pose[0, :2] = place
    return np.asarray(camera.to_pixels(pose)[0, :2])


def mark_answer(axes: Axes, gap: float, hook: Array, answer: Array) -> None:
    """The hook as a ring of the tolerance, the answer as a cross, and a line between.

    Args:
        axes: with the image.
        gap: of its world.
        hook: true place, (2,) [m].
        answer: of the network, (2,) [m].
    """
    camera, _ = mixed(gap)
    true, said = (in_pixels(camera, place) for place in (hook, answer))
    edge = camera.width - 0.8
    said = np.clip(said, 0.8, edge)
    radius = TOLERANCE * camera.scale
    for colour, width in ((CROSS, 3.4), (RING, 1.6)):
        ring = Circle((true[0], true[1]), radius, fill=False, ec=colour, lw=width)
        axes.add_patch(ring)
    axes.plot(*np.column_stack([true, said]), color=CROSS, lw=1.4)
    axes.plot(*said, "x", color=RING, ms=12, mew=4.2)
    axes.plot(*said, "x", color=CROSS, ms=11, mew=2.2)


def worlds() -> Picture:
    """One scene at five gaps, from the simulation to twice the "real" world."""
    scene = HookScene.drawn(1, np.random.default_rng(SCENE_SEED))
    wide = _worlds(scene, *new_figure(1, len(GAPS), height=1.35))
    narrow = _worlds(scene, *new_figure(2, 3, height=3.6))
    return Picture(
        wide,
        alt="One scene with a red hook and a blue arm at five gaps. At gap 0 colours "
        "are plain and light is even. With the gap the arm becomes reddish, a pattern "
        "and a slope of light appear on the board, and the image is blurred, noisy "
        "and a little turned.",
        caption="The same hook and the same arm at five gaps. Gap 0 is the "
        "simulation, and gap 1 the chapter’s “real” world.",
        phone=narrow,
    )


def _worlds(scene: HookScene, figure: Figure, axes: NDArray[np.object_]) -> Figure:
    """A panel for each gap."""
    rows = 1 if axes.ndim == 1 else len(axes)
    figure.subplots_adjust(
        left=0.01, right=0.99, bottom=0.01, top=0.85 if rows == 1 else 0.93
    )
    figure.subplots_adjust(wspace=0.06, hspace=0.2)
    for panel in axes.ravel():
        panel.axis("off")
    for panel, gap in zip(axes.ravel(), GAPS, strict=False):
        noise = np.random.default_rng(SCENE_SEED)
        draw_scene(panel, eye(gap).look(scene.shapes(), noise)[0])
        name = NAMES.get(gap, f"{gap:g}")
        panel.set_title(name if rows > 1 else f"gap {gap:g}")
    return figure
