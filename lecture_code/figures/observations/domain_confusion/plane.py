"""The toy in the plane: two features of both domains, and the classifier of domains,
while a network learns with one of three losses.

The points of seed 0 are drawn, the first that was tried. The caption tells how many
points of the target are right in each of five seeds.

`Plane` draws it, frame by frame, for `explore`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray
from torch import Tensor, nn

from lecture_code.observations.domain_confusion import (
    ALIGNMENTS,
    Alignment,
    AlignmentSettings,
    initial_alignment,
    minimise,
)
from lecture_code.observations.plane_domains import (
    PlaneData,
    PlaneSettings,
    plane_domains,
    plane_network,
)
from lecture_code.observations.representation import LEAST_STD
from lecture_code.show import METHOD_COLOURS, Picture, new_figure
from lecture_code.show.svg import FOREGROUND

Array = NDArray[np.float64]

LOSSES = ("none", *ALIGNMENTS)
BATCHES = (0, 20, *range(50, 401, 50))
SEEDS = (0, 1, 2, 3, 4)  # the points of the first are drawn
TURNED = PlaneSettings(n=200, spread=(0.3, 0.6), angle=30.0, shift=(0.6, 1.0))
WEIGHT = 1.0  # λ
RATE, CLASSIFIER_RATE = 3e-3, 1e-2
HALF_WIDTH = 4.6  # of the drawn part of the plane of features
TICKS = (-4, 0, 4)
STRAIGHT = 0.01  # sine of a turn that is left out, and length of a step
GRID = 31  # points along a side, where the classifier is asked
MARKS = ("o", "^")  # of the two classes
CORNERS = (
    np.array([[0.0, 0.0], [1e-3, 0.0]]),  # a dot: a short line with round ends
    np.array([[-0.07, -0.09], [0.07, -0.09], [0.0, 0.11], [-0.07, -0.09]]),
)
WIDTHS = (4.2, 1.0)  # of the lines that draw the marks [pt]
EVERY = 7  # so many points share a mark; shares are of all points
DOMAINS = ("source", "target")
COLOURS = (METHOD_COLOURS["simulation"], METHOD_COLOURS["reality"])


@dataclass(frozen=True, eq=False)
class Frame:
    """What a frame shows.

    Args:
        source, target: features of all points, (n, 2), standardised by the source.
        right: share of right answers in source and target.
        guessed: share of the points whose domain the classifier names.
        q: its probability of the target on the grid, (GRID, GRID).
    """

    source: Array
    target: Array
    right: tuple[float, float]
    guessed: float
    q: Array


@lru_cache(maxsize=len(SEEDS))
def plane_data(seed: int) -> PlaneData:
    """The points that are shown; the network learns from them."""
    return plane_domains(TURNED, np.random.default_rng([seed, 0]))


@lru_cache(maxsize=len(LOSSES) * len(SEEDS))
def frames(loss: str, seed: int) -> dict[int, Frame]:
    """The frames of one training, by number of batches.

    Args:
        loss: of `LOSSES`.
        seed: of points, network and batches.

    Raises:
        ValueError: the loss is unknown; the message lists the losses.
    """
    if loss not in LOSSES:
        raise ValueError(f"loss must be one of {', '.join(LOSSES)}; got {loss!r}")
    settings = AlignmentSettings(
        confusion=0.0 if loss == "none" else WEIGHT,
        pairs=0.0,
        alignment="confusion" if loss == "none" else loss,
        first=2 * BATCHES[-1],  # twice as many, so that the rate does not fall
        second=0,
        batch=64,
        rate=RATE,
        classifier_rate=CLASSIFIER_RATE,
    )
    data = plane_data(seed)
    network = plane_network(np.random.default_rng([seed, 1]))
    rng = np.random.default_rng([seed, 2])
    state = initial_alignment(network, settings, rng)
    shown = {}
    for batches in BATCHES:
        state = minimise(state, data.domains(), settings, batches - state.batches)
        shown[batches] = frame_of(state, data)
    return shown


def frame_of(state: Alignment, data: PlaneData) -> Frame:
    """What there is to be seen of a state."""
    with torch.no_grad():
        raw = state.network.raw(torch.cat([data.source, data.target]))
        n = len(data.source)
        f = (raw - raw[:n].mean(0)) / (raw[:n].std(0) + LEAST_STD)
        classes = np.concatenate([data.source_classes, data.target_classes])
        right = state.network.head(f).argmax(1).numpy() == classes
        domains = torch.arange(2).repeat_interleave(n)
        guessed = (state.classifier(f).argmax(1) == domains).float().mean()
    return Frame(
        np.asarray(f[:n], dtype=float),
        np.asarray(f[n:], dtype=float),
        (float(right[:n].mean()), float(right[n:].mean())),
        float(guessed),
        target_probability(state.classifier),
    )


def side() -> Array:
    """Where the classifier is asked, along a side."""
    return np.linspace(-HALF_WIDTH, HALF_WIDTH, GRID)


def target_probability(classifier: nn.Module) -> Array:
    """q of the target on a grid of features: rows upwards, columns to the right."""
    x, y = np.meshgrid(side(), side())
    points = torch.as_tensor(np.stack([x, y], axis=-1), dtype=torch.float32)
    with torch.no_grad():
        logits: Tensor = classifier(points.reshape(-1, 2))
        q = torch.softmax(logits, dim=1)[:, 1]
    return np.asarray(q.reshape(GRID, GRID), dtype=float)


class Plane:
    """The frames of the toy. Nothing is stored: it learns when it is first drawn."""

    losses = LOSSES
    batches = BATCHES

    def draw(self, loss: str = "confusion", batches: int = BATCHES[-1]) -> Picture:
        """Features of both domains, and where the classifier of domains changes over.

        Args:
            loss: of `LOSSES`; "none" is learning from the source alone.
            batches: of `BATCHES`.

        Raises:
            ValueError: there is no such loss, or no frame after so many batches.
        """
        shown = frames(loss, SEEDS[0])
        if batches not in shown:
            known = ", ".join(map(str, shown))
            raise ValueError(f"there are frames after {known} batches; got {batches}")
        frame = shown[batches]
        figure, axes = new_figure(height=4.2)
        if loss != "none":  # else the classifier learns nothing
            draw_classifier(axes, frame.q)
        data = plane_data(SEEDS[0])
        classes = data.source_classes, data.target_classes
        for parts in zip(
            (frame.source, frame.target), classes, COLOURS, DOMAINS, strict=True
        ):
            draw_points(axes, *parts)
        right = [round(100 * share) for share in frame.right]
        axes.set(
            xlim=(-HALF_WIDTH, HALF_WIDTH),
            ylim=(-HALF_WIDTH, HALF_WIDTH),
            xlabel="first feature",
            ylabel="second feature",
            xticks=TICKS,
            yticks=TICKS,
            title=f"right: source {right[0]} %, target {right[1]} %",
        )
        figure.legend(loc="lower center", ncols=2, columnspacing=1)
        figure.subplots_adjust(bottom=0.28)
        words = f"{said_of(frame, loss)} {in_all_seeds(loss, batches)}"
        return Picture(
            figure,
            alt=f"Two features of both domains after {batches} batches, loss {loss}. "
            f"Right in the source {right[0]} %, in the target {right[1]} %. "
            f"{words.replace('*', '')}",
            caption=words,
        )


def plane_numbers() -> dict[str, str]:
    """Loss -> share of the target that is right at the end, mean of the seeds [%]."""
    return {
        f"plane_{loss}": f"{100 * np.mean([end_of(loss, seed) for seed in SEEDS]):.0f}"
        for loss in LOSSES
    }


def end_of(loss: str, seed: int) -> float:
    """The share of the target that is right at the end of a training."""
    return frames(loss, seed)[BATCHES[-1]].right[1]


def said_of(frame: Frame, loss: str) -> str:
    """What the tint and the points of a frame mean."""
    words = "Circles and triangles are the two classes."
    if loss != "none":
        words = (
            "Where it is tinted, the classifier says *target*; on the line it cannot "
            f"tell. It is right on {100 * frame.guessed:.0f} % of the points."
        )
    if max(np.abs(frame.source).max(), np.abs(frame.target).max()) > HALF_WIDTH:
        words += " Points that lie outside are drawn at the edge."
    return words


def in_all_seeds(loss: str, batches: int) -> str:
    """A sentence on the share of the target that is right in each of `SEEDS`."""
    right = [frames(loss, seed)[batches].right[1] for seed in SEEDS]
    told = ", ".join(f"{100 * share:.0f}" for share in right)
    return (
        f"In {len(SEEDS)} seeds, the head is right on these shares of the target: "
        f"{told} %. The axes are the same for all batches, so that pictures can be "
        "compared."
    )


def draw_classifier(axes: Axes, q: Array) -> None:
    """Tint where the classifier says target, with a line where it cannot tell."""
    axes.grid(visible=False)
    tint = axes.contourf(
        side(), side(), q, levels=[0.5, 1.01], colors=[COLOURS[1]], alpha=0.12
    )
    parts = [part for path in tint.get_paths() for part in path.to_polygons()]
    if parts:
        corners = [
            Path(corners_of(np.asarray(part, dtype=float)), closed=True)
            for part in parts
        ]
        tint.set_paths([Path.make_compound_path(*corners)])
    if q.min() < 0.5 < q.max():
        axes.contour(side(), side(), q, levels=[0.5], colors=FOREGROUND)


def corners_of(polygon: Array) -> Array:
    """A closed polygon (n, 2) without the points in the middle of straight lines."""
    steps = np.diff(polygon, axis=0)
    here = polygon[1:][np.hypot(*steps.T) > STRAIGHT]
    before = here - np.roll(here, 1, axis=0)
    after = np.roll(here, -1, axis=0) - here
    turns = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    lengths = np.hypot(*before.T) * np.hypot(*after.T)
    kept = here[(np.abs(turns) > STRAIGHT * lengths) | ((before * after).sum(1) < 0)]
    return np.vstack([kept, kept[:1]])


def draw_points(
    axes: Axes, points: Array, classes: NDArray[np.int64], colour: str, name: str
) -> None:
    """The points of a domain, a mark for each class; what is outside is at the edge.

    The marks of a class are one path: small in SVG.
    """
    inside = np.clip(points, -HALF_WIDTH, HALF_WIDTH)[::EVERY]
    for which, (mark, corners) in enumerate(zip(MARKS, CORNERS, strict=True)):
        label = f"{name}, class {'AB'[which]}"
        shown = inside[classes[::EVERY] == which]
        codes = [Path.MOVETO, *[Path.LINETO] * (len(corners) - 1)]
        path = Path(
            (shown[:, None] + corners).reshape(-1, 2), np.tile(codes, len(shown))
        )
        patch = PathPatch(path, fc=colour, ec=colour, lw=WIDTHS[which])
        patch.set(capstyle="round", joinstyle="round", gid=label, zorder=3)
        axes.add_patch(patch)
        axes.plot([], [], mark, color=colour, ms=5, mec="none", label=label)
