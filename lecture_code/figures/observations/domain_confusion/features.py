"""What features hold: images of both worlds in two dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from lecture_code.experiments.observations.domain_confusion.arms import HookData
from lecture_code.experiments.observations.domain_confusion.measures import (
    domain_classifier,
    domain_error,
)
from lecture_code.figures.observations.domain_confusion.pairs import images_of_seed
from lecture_code.figures.observations.domain_confusion.runs import WORLDS
from lecture_code.observations.hook_scenes import LEFT, RIGHT
from lecture_code.observations.representation import Representation
from lecture_code.show import GREY, Picture, new_figure

Array = NDArray[np.float64]

SHOWN = 300  # images of each world
DOMAIN = "domain"
HOOK = "hook x"
BINS = 6  # colours for the hook's x
DOT, CROSS = 3.6, 0.9  # widths of the lines that draw them [pt]
TICKS = (-1, 0, 1)  # the farthest image of both worlds lies at ±1
ARM = 0.012  # of a cross, as a share of the axes


class Features:
    """Features of synthetic and "real" test images, and a classifier that tries to tell
    them apart.

    Args:
        networks: method -> network.
        data: the images; by default those of the seed that is shown.
    """

    def __init__(
        self, networks: Mapping[str, Representation], data: HookData | None = None
    ) -> None:
        self.networks = dict(networks)
        self.data = data or images_of_seed()

    @cached_property
    def maps(self) -> dict[str, tuple[Array, float]]:
        """Method -> features in two dimensions, (2, n, 2) for both worlds, scaled to
        lie within ±1; and the error of the classifier of domains.

        Across is what the classifier reads; the classifier has not seen these images.
        """
        synthetic, real = self.data.checks.images, self.data.tests.images
        found = {}
        for method, network in self.networks.items():
            classifier, features = domain_classifier(network, synthetic, real)
            features = features[:, :SHOWN].reshape(-1, features.shape[2])
            across = classifier.decision_function(features)
            w = classifier.coef_[0] / np.linalg.norm(classifier.coef_)
            up = PCA(1).fit_transform(features - np.outer(features @ w, w))[:, 0]
            plane = np.column_stack(
                [part / np.abs(part).max() for part in (across, up)]
            )
            error = domain_error(network, synthetic, real)
            found[method] = plane.reshape(2, -1, 2), error
        return found

    def poses(self) -> Array:
        """Places of the hooks of the images that are drawn, (2, n, 2) [m]."""
        parts = (self.data.checks.poses, self.data.tests.poses)
        half = min(map(len, parts)) // 2
        return np.stack([part[half : 2 * half][:SHOWN] for part in parts])

    def draw(self, method: str, colour: str) -> Picture:
        """The features of a method.

        Args:
            method: whose network.
            colour: "domain" or "hook x", what colours show.

        Raises:
            KeyError: there is no network of this method; the message lists methods.
            ValueError: the colour is unknown.
        """
        if method not in self.networks:
            known = ", ".join(self.networks)
            raise KeyError(f"no network of {method!r}; there are {known}")
        if colour not in (DOMAIN, HOOK):
            raise ValueError(f"colour must be {DOMAIN!r} or {HOOK!r}; got {colour!r}")
        plane, error = self.maps[method]
        n = plane.shape[1]
        figure, axes = new_figure(height=3.7)
        figure.subplots_adjust(left=0.14, right=0.68, top=0.91, bottom=0.15)
        if colour == DOMAIN:
            for points, name in zip(plane, WORLDS, strict=True):
                _marks(axes, points, name, WORLDS[name])
        else:
            _draw_places(axes, plane, self.poses()[:, :, 0])
        axes.axvline(0, color=GREY, ls=":", lw=1.4)
        _label(axes)
        figure.legend(
            *axes.get_legend_handles_labels(),
            loc="center left",
            bbox_to_anchor=(0.69, 0.5),
        )
        told = 100 * (1 - error)
        axes.set_title(f"{method}: domains told apart in {told:.0f} %")
        return Picture(
            figure,
            alt=f"Features of {n} synthetic and {n} “real” images in two dimensions, "
            f"{method}, coloured by {colour}. A new classifier of domains is wrong in "
            f"{100 * error:.0f} % of the images.",
            caption=f"Features of {n} synthetic test images (dots) and {n} “real” ones "
            "(crosses). A new linear classifier tells the worlds apart along the "
            "horizontal axis; it switches at the dotted line. The vertical axis shows "
            "the widest spread that remains. On both axes the farthest image "
            "lies at ±1. The classifier is wrong in "
            f"{100 * error:.0f} %; 50 % is chance.",
        )


def _label(axes: Axes) -> None:
    """Names and ticks of the two directions."""
    axes.set(
        xlim=(-1.05, 1.05),
        ylim=(-1.05, 1.05),
        xticks=TICKS,
        yticks=TICKS,
        xlabel="simulation or “real”: what the classifier reads",
        ylabel="widest spread of the rest",
    )


def _draw_places(axes: Axes, plane: Array, hooks: Array) -> None:
    """Both worlds, coloured by the hook's x (2, n) [m]."""
    edges = np.linspace(LEFT, RIGHT, BINS + 1)
    bins = np.clip(np.digitize(hooks, edges) - 1, 0, BINS - 1)
    shades = matplotlib.colormaps["plasma"](np.linspace(0.2, 0.88, BINS))
    for points, where, world in zip(plane, bins, WORLDS, strict=True):
        _marks(axes, points[:0], world, GREY)
        for number in range(BINS):
            colour = matplotlib.colors.to_hex(shades[number])
            _marks(axes, points[where == number], world, colour, legend=False)
    for number in range(BINS):
        middle = 100 * (edges[number] + edges[number + 1]) / 2
        colour = matplotlib.colors.to_hex(shades[number])
        name = f"x ≈ {middle:.0f} cm".replace("-", "−")
        axes.plot([], [], "s", color=colour, ms=7, label=name)


def _marks(
    axes: Axes, points: Array, world: str, colour: str, *, legend: bool = True
) -> None:
    """Dots for the simulation and crosses for "real", as one line each: small in SVG.

    Args:
        axes: where to draw.
        points: (n, 2).
        world: of `WORLDS`.
        colour: of the marks.
        legend: whether the legend has an entry.
    """
    real = world != next(iter(WORLDS))
    arms = np.array([[-ARM, -ARM], [ARM, ARM], [-ARM, ARM], [ARM, -ARM]]) * 2
    strokes = arms if real else np.array([[0.0, 0.0], [1e-3, 0.0]])
    vertices = (points[:, None] + strokes).reshape(-1, 2)
    codes = np.tile([Path.MOVETO, Path.LINETO], len(vertices) // 2)
    if len(vertices):
        style = {"fill": False, "ec": colour, "capstyle": "round"}
        line = PathPatch(Path(vertices, codes), lw=CROSS if real else DOT, **style)
        line.set_gid(f"{world} {len(points)}")
        axes.add_patch(line)
    if legend:
        shape = "x" if real else "o"
        axes.plot([], [], shape, color=colour, ms=5, label=world)
