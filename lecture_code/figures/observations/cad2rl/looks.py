"""One pose in many looks."""

from __future__ import annotations

import numpy as np

from lecture_code.figures.observations.cad2rl.from_above import draw_picture, placed
from lecture_code.show import Picture, new_figure
from lecture_code.vision import held_out_maps

MAP = 4  # of the held-out maps: a room with pillars
POSE = np.array([2.2, 6.4, 0.2])  # x and y [m], heading [rad]
PANELS = [("training", seed) for seed in (3, 1, 2, 0, 4, 5)]
PANELS += [("single", 0), ("real", 0), ("real", 1)]
"""Family and seed of each picture."""


def gallery() -> Picture:
    """What a robot sees from one place: six training looks, the single look, and two
    "real" looks.
    """
    grid = held_out_maps()[MAP]
    figure, axes = new_figure(3, 3, height=3.6)
    figure.subplots_adjust(
        left=0.01, right=0.99, top=0.93, bottom=0.01, wspace=0.04, hspace=0.3
    )
    for panel, (family, seed) in zip(axes.ravel(), PANELS, strict=True):
        robot = placed(grid, POSE, family, seed)
        draw_picture(panel, robot.images(np.random.default_rng(seed))[0])
        panel.set_title(f"“{family}”" if family == "real" else family)
    return Picture(
        figure,
        alt="Nine pictures of 32 × 64 pixels from one place before some pillars. Six "
        "training looks differ in textures, colours, light and camera. The single look "
        "has one texture. Two “real” looks have other textures, a wider view, dark "
        "corners and blur.",
        caption="The same place in nine looks. Training draws a new look for each "
        "picture. A network of one texture sees only the *single* look. No network has "
        "seen a “real” look.",
    )
