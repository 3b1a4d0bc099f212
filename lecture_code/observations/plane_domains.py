"""Two domains in the plane, small enough to draw: a toy for *Domain confusion*.

A point has one of two classes. In the source the classes are blobs, one to the left and
one to the right. The target is the same picture, turned and shifted, and it may hold
more points of one class than of the other.

    (1)  x_S ~ N(±c, σ²)                x_T = R(angle) x_S + shift

A network has two features, so that they can be drawn as they are.

Read `plane_domains`, then `plane_network`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lecture_code.observations.representation import Representation, draw_weights
from lecture_code.observations.two_domains import TwoDomains

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

FEATURES = 2
HIDDEN = 32  # units of each hidden layer
CENTRE = (1.0, 0.0)  # of the second class; the first one is opposite


@dataclass(frozen=True)
class PlaneSettings:
    """Where the points are.

    Args:
        n: points of each domain.
        spread: σ of a blob, along x and y.
        angle: by which the target is turned [degree].
        shift: of the target, (2,).
        share: of the second class in the target, 0 to 1; in the source it is ½.

    Raises:
        ValueError: there are fewer than two points, or the share is no share.
    """

    n: int = 300
    spread: tuple[float, float] = (0.35, 0.7)
    angle: float = 35.0
    shift: tuple[float, float] = (1.0, 1.2)
    share: float = 0.5

    def __post_init__(self) -> None:
        if self.n < 2:
            raise ValueError(f"each domain needs two points or more; got n = {self.n}")
        if not 0 <= self.share <= 1:
            raise ValueError(f"a share must be from 0 to 1; got {self.share}")


@dataclass(frozen=True, eq=False)
class PlaneData:
    """Points of both domains with their classes.

    Args:
        source, target: points (n, 2).
        source_classes, target_classes: 0 or 1, (n,).
    """

    source: Tensor
    source_classes: Ints
    target: Tensor
    target_classes: Ints

    def domains(self) -> TwoDomains:
        """What a network learns from: the classes of the target are left out."""
        labels = torch.as_tensor(self.source_classes)
        return TwoDomains(self.source, labels, self.target, cross_entropy)


def plane_domains(settings: PlaneSettings, rng: np.random.Generator) -> PlaneData:
    """Points of both domains.

    Args:
        settings: where they are.
        rng: draws the points; as many numbers for every share, angle and shift.
    """
    source_classes = classes_of(settings.n, 0.5)
    target_classes = classes_of(settings.n, settings.share)
    source = blobs(source_classes, settings.spread, rng)
    target = blobs(target_classes, settings.spread, rng)
    c, s = np.cos(np.deg2rad(settings.angle)), np.sin(np.deg2rad(settings.angle))
    R = np.array([[c, -s], [s, c]])
    turned = target @ R.T + np.array(settings.shift)  # eq. 1
    return PlaneData(
        torch.as_tensor(source, dtype=torch.float32),
        source_classes,
        torch.as_tensor(turned, dtype=torch.float32),
        target_classes,
    )


def classes_of(n: int, share: float) -> Ints:
    """n classes, first all 0 and then all 1, of which this share is 1."""
    return np.asarray(np.arange(n) >= n - round(n * share), dtype=np.int64)


def blobs(
    classes: Ints, spread: tuple[float, float], rng: np.random.Generator
) -> Array:
    """A point for each class, ~ N(±c, σ²), (n, 2)."""
    centres = np.where(classes[:, None] == 1, 1.0, -1.0) * np.array(CENTRE)
    return np.asarray(centres + rng.standard_normal((len(classes), 2)) * spread)


def plane_network(
    rng: np.random.Generator, *, standardised: bool = True
) -> Representation:
    """Points (N, 2) -> logits of the two classes (N, 2), by way of two features."""
    network = Representation(
        nn.Sequential(nn.Linear(2, HIDDEN), nn.ReLU()),
        nn.Sequential(
            nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, FEATURES)
        ),
        nn.Linear(FEATURES, 2),
        FEATURES,
        standardised=standardised,
    )
    draw_weights(network, rng)
    return network


def share_right(network: Representation, points: Tensor, classes: Ints) -> float:
    """Share of the points (N, 2) whose class the network names."""
    with torch.no_grad():
        answers = network(points).argmax(dim=1).numpy()
    return float(np.mean(answers == classes))
