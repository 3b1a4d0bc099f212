"""Success for each λ and ν."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from lecture_code.experiments.results import Result
from lecture_code.figures.observations.domain_confusion.runs import (
    CENTIMETRES,
    cell_of,
    of_seeds,
    percent,
)
from lecture_code.show import Picture, new_figure
from lecture_code.show.svg import FOREGROUND

Array = NDArray[np.float64]

ARM = "weak pairs"
DARK = 55.0  # cells with a larger success [%] have white numbers


class WeightGrid:
    """The stored runs for each λ and ν.

    Args:
        result: `domain_confusion_grid`.
    """

    def __init__(self, result: Result) -> None:
        self.result = result
        self.confusions = [float(value) for value in result.settings["confusions"]]
        self.weights = [float(value) for value in result.settings["pairs"]]
        (self.gap,) = (float(value) for value in result.settings["gaps"])

    def runs(self, confusion: float, pairs: float) -> Array:
        """Success of all seeds [%], (seeds,).

        Args:
            confusion: λ.
            pairs: ν.

        Raises:
            KeyError: there are no such runs; the message lists the cells.
        """
        return percent(cell_of(self.result, confusion, pairs, self.gap), ARM)

    @property
    def means(self) -> Array:
        """Mean success [%]; a row for each λ, a column for each ν."""
        return np.array(
            [
                [self.runs(lam, nu).mean() for nu in self.weights]
                for lam in self.confusions
            ]
        )

    def best(self) -> tuple[float, float]:
        """λ and ν of the cell with the largest mean."""
        row, column = np.unravel_index(self.means.argmax(), self.means.shape)
        return self.confusions[int(row)], self.weights[int(column)]

    def draw(self, confusion: float, pairs: float) -> Picture:
        """All cells as a heat map; one of them is marked.

        Args:
            confusion: λ of the marked cell.
            pairs: its ν.

        Raises:
            KeyError: there is no such cell; the message lists the cells.
        """
        cell = cell_of(self.result, confusion, pairs, self.gap)
        runs = self.runs(confusion, pairs)
        figure, axes = new_figure(height=3.3)
        figure.subplots_adjust(left=0.13, right=0.98, top=0.9, bottom=0.17)
        _draw_cells(axes, self.means)
        at = self.weights.index(pairs), self.confusions.index(confusion)
        corner = at[0] - 0.5, at[1] - 0.5
        axes.add_patch(Rectangle(corner, 1, 1, fill=False, ec=FOREGROUND, lw=3))
        axes.set_xticks(range(len(self.weights)), [f"{nu:g}" for nu in self.weights])
        axes.set_yticks(
            range(len(self.confusions)), [f"{lam:g}" for lam in self.confusions]
        )
        axes.set(xlabel="ν, weight of the pairs", ylabel="λ, weight of confusion")
        axes.set_title(f"λ = {confusion:g}, ν = {pairs:g}: {runs.mean():.0f} % success")
        told = percent(cell, ARM, "domain error").mean()
        error = CENTIMETRES * of_seeds(cell, ARM, "error").mean()
        each = " and ".join(f"{run:.0f}" for run in runs)
        best = self.best()
        return Picture(
            figure,
            alt=f"Mean success for each λ and ν. Marked: λ = {confusion:g}, "
            f"ν = {pairs:g}, {runs.mean():.0f} %. Best: λ = {best[0]:g}, "
            f"ν = {best[1]:g}, {self.means.max():.0f} %.",
            caption=f"Success [%] in “real” images, mean of {len(runs)} seeds that no "
            f"other comparison uses. Marked: {each} %, median error {error:.1f} cm, "
            f"domain error {told:.0f} %.",
        )


def _draw_cells(axes: Axes, means: Array) -> None:
    """A cell for each mean [%], with its number."""
    axes.imshow(means, cmap="Blues", vmin=0, vmax=100, aspect="auto", origin="lower")
    axes.grid(visible=False)
    for (row, column), value in np.ndenumerate(means):
        colour = "white" if value > DARK else "#111111"
        axes.text(column, row, f"{value:.0f}", ha="center", va="center", color=colour)
