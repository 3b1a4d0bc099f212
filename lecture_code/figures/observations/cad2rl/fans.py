"""What a roll-out label is made of: the ways of all aims in an L corner."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from lecture_code.figures.observations.cad2rl.from_above import (
    draw_map,
    draw_robot,
    in_degrees,
    placed,
)
from lecture_code.observations.cad2rl import Cad2rlSettings, rollout_labels
from lecture_code.observations.corridor_flight import (
    N_AIMS,
    Policy,
    free_ahead,
    roll_out,
)
from lecture_code.observations.flight_rules import clearance_rule
from lecture_code.show import GREY, Picture, new_figure
from lecture_code.show.figures import BLUE, VERMILLION
from lecture_code.vision import GridMap, held_out_maps

Array = NDArray[np.float64]

MAP = 11  # of the held-out maps: an L
POSE = np.array([1.1, 12.7, 1.5])  # before a corner to the right
WINDOW = (0.0, 7.0, 10.6, 15.4)  # x from and to, y from and to [m]
HORIZONS = (1, 2, 3, 4, 5, 6, 7, 8)
"""Values of H for a slider."""


class Fan:
    """The roll-outs of all aims from one pose.

    After the first step the clearance rule flies on, so no network is needed.

    Args:
        pose: x and y [m], heading [rad].
        grid: the map; None for the held-out L.
        base: flies on after the first step; None for the clearance rule of 2 m.
        distance: that must be free for the other label [m].
    """

    def __init__(
        self,
        pose: Array = POSE,
        grid: GridMap | None = None,
        base: Policy | None = None,
        distance: float = Cad2rlSettings().distance,
    ) -> None:
        self.grid = held_out_maps()[MAP] if grid is None else grid
        self.base = clearance_rule(2.0) if base is None else base
        self.distance = distance
        self.robot = placed(self.grid, pose, "single", 0)

    def labels(self, horizon: int) -> Array:
        """The roll-out label of each aim, (15,)."""
        rng = np.random.default_rng(0)
        return np.asarray(rollout_labels(self.robot, self.base, horizon, rng)[0])

    def free(self) -> NDArray[np.bool_]:
        """The free-space label of each aim, (15,)."""
        return np.asarray(free_ahead(self.robot, self.distance)[0])

    def ways(self, horizon: int) -> list[Array]:
        """The way of each aim, before the first step and after each step in which the
        robot flies, 15 times (T, 3).
        """
        start = self.robot[np.zeros(N_AIMS, dtype=np.int64)]
        rng = np.random.default_rng(0)
        states = [start, *roll_out(self.robot, self.base, horizon, rng)]
        ways = []
        for aim in range(N_AIMS):
            flown = sum(not state.crashed[aim] for state in states[:-1])
            ways.append(np.array([s.poses[aim] for s in states[: flown + 1]]))
        return ways

    def draw(self, horizon: int = 5) -> Picture:
        """The ways on the map, and below them both labels of each aim.

        Args:
            horizon: H.
        """
        labels = self.labels(horizon)
        free = self.free()
        figure, axes = new_figure(3, 1, height=5.0)
        axes[0].set_position([0.02, 0.43, 0.96, 0.56])
        axes[1].set_position([0.2, 0.26, 0.78, 0.13])
        axes[2].set_position([0.2, 0.115, 0.78, 0.1])
        self._draw_ways(axes[0], self.ways(horizon), labels)
        _draw_labels(axes[1], labels, f"y, H = {horizon}")
        _draw_labels(axes[2], free.astype(float), f"free {self.distance:g} m")
        axes[1].set_xticklabels([])
        axes[2].set_xlabel("aim")
        whole = int((labels == 1).sum())
        at_once = int((labels == 0).sum())
        return Picture(
            figure,
            alt=f"The ways of 15 aims in an L corner, H = {horizon}. Roll-outs: "
            f"{whole} aims survive all steps, {at_once} crash in the first, and "
            f"{N_AIMS - whole - at_once} crash later. Free space: {int(free.sum())} "
            f"aims are free for {self.distance:g} m.",
            caption="Each way takes one aim first, and then follows the clearance "
            "rule. Blue ways survive all H steps; the redder a way is, the earlier it "
            "crashes. Below: the label of a roll-out, and the label of free space.",
        )

    def _draw_ways(self, axes: Axes, ways: list[Array], labels: Array) -> None:
        """The ways from above, the best above the others; crosses where they crash."""
        draw_map(axes, self.grid.walls, self.grid.cell)
        for aim in np.argsort(labels, kind="stable"):
            way = ways[aim]
            colour = survival_colour(labels[aim])
            axes.plot(*way[:, :2].T, ".-", color=colour, lw=1.4, ms=4)
            if labels[aim] < 1:
                axes.plot(*way[-1, :2], "x", color=colour, ms=6, mew=1.8)
        draw_robot(axes, self.robot.poses[0], GREY, size=13)
        axes.set(xlim=WINDOW[:2], ylim=WINDOW[2:])


def _draw_labels(axes: Axes, labels: Array, name: str) -> None:
    """A bar for each aim, from left to right."""
    colours = [survival_colour(label) for label in labels]
    axes.bar(np.arange(N_AIMS), labels, 0.8, color=colours)
    axes.plot(
        np.flatnonzero(labels == 0), 0 * labels[labels == 0], "x", color=VERMILLION
    )
    ticks = [0, N_AIMS // 2, N_AIMS - 1]
    axes.set_xticks(ticks, [in_degrees(tick) for tick in ticks])
    axes.set(ylim=(0, 1.05), yticks=[0, 1], xlim=(-0.8, N_AIMS - 0.2))
    axes.set_ylabel(name, rotation=0, ha="right", va="center")
    axes.grid(visible=False)


def survival_colour(label: float) -> Any:
    """From vermillion for 0 over grey to blue for 1."""
    low, middle, high = (np.array(to_rgb(each)) for each in (VERMILLION, GREY, BLUE))
    if label < 0.5:
        return tuple(low + 2 * label * (middle - low))
    return tuple(middle + (2 * label - 1) * (high - middle))
