"""The family of simulators as a plane, with a robot in it and a robot above it."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.show import GREY, METHOD_COLOURS, Picture, new_figure

SIMULATION = METHOD_COLOURS["simulation"]
REALITY = METHOD_COLOURS["reality"]
IDENTIFIED = METHOD_COLOURS["system identification"]


def _project(damping: float, mass: float, beyond: float = 0.0) -> NDArray[np.float64]:
    """A point of the slanted plane; no knob moves along its third direction."""
    return np.array([damping + 0.45 * mass, 0.55 * mass + beyond])


def _label(
    axes: Axes, point: NDArray[np.float64], words: str, colour: str, ha: str, va: str
) -> None:
    """Words at a place, aligned as matplotlib's `ha` and `va` say."""
    axes.text(point[0], point[1], words, color=colour, ha=ha, va=va)


def _plane(axes: Axes) -> None:
    """The family of simulators as a grid seen at a slant."""
    corners = [_project(*corner) for corner in ((0, 0), (1, 0), (1, 1), (0, 1))]
    axes.fill(*np.transpose(corners), color=GREY, alpha=0.14, linewidth=0)
    for i in np.linspace(0, 1, 6):
        for ends in (((i, 0), (i, 1)), ((0, i), (1, i))):
            line = np.transpose([_project(*end) for end in ends])
            axes.plot(*line, color=GREY, linewidth=0.6)
    _label(axes, _project(0.5, -0.09), "damping", GREY, "center", "top")
    _label(axes, _project(-0.04, 0.45), "mass", GREY, "right", "baseline")


def family() -> Picture:
    """A simulator as a point of a plane, a robot in the plane and a robot above it."""
    figure, axes = new_figure(height=3.1)
    _plane(axes)
    origin, inside = _project(0.36, 0.3), _project(0.2, 0.82)
    above, shadow = _project(0.85, 0.62, 0.62), _project(0.85, 0.62)
    arrow = {"arrowstyle": "-|>", "color": REALITY, "shrinkA": 7, "shrinkB": 8}
    for robot in (inside, above):
        axes.annotate("", robot, origin, arrowprops=arrow)
        axes.plot(*robot, "*", color=REALITY, markersize=17)
    gap = np.transpose([above, shadow])
    axes.plot(*gap, color=IDENTIFIED, linestyle=":", linewidth=1.6)
    axes.plot(*shadow, "X", color=IDENTIFIED, markersize=10)
    axes.plot(*origin, "o", color=SIMULATION, markersize=11)
    x, y = shadow
    axes.plot([x + 0.06, x + 0.31], [y, y], color=IDENTIFIED, linewidth=1)
    axes.text(origin[0], origin[1] - 0.13, "simulator φ₀", ha="center")
    wrong = "wrong parameters:\nthe robot is in the family"
    _label(axes, inside + np.array([0, 0.1]), wrong, REALITY, "center", "bottom")
    missing = "under-modelling:\nthe robot is not"
    _label(axes, above + np.array([0.07, 0]), missing, REALITY, "left", "center")
    best = "the best that\nyou can set"
    _label(axes, shadow + np.array([0.33, -0.02]), best, IDENTIFIED, "left", "center")
    axes.set(xlim=(-0.25, 2.05), ylim=(-0.15, 1.2))
    axes.axis("off")
    return Picture(
        figure,
        alt="A tilted plane, the family of all simulators, with damping and mass as "
        "its directions. The simulator φ₀ is a blue dot in it. A red star lies in the "
        "plane: a robot with wrong parameters. A second star hovers above the plane: "
        "an under-modelled robot. The point of the plane below it, a green cross, is "
        "the best that you can set.",
    )
