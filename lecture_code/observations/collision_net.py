"""A small network that scores every aim of a flying robot in one pass, and how it
learns from examples.

It is fully convolutional, so a column of the image and the aim in its direction meet in
one column of the last layer. The methods of the chapter share it; they differ in their
labels and in their loss.

Read `CollisionNet`, then `fit_network`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lecture_code.observations.corridor_flight import Flights
from lecture_code.observations.representation import draw_weights
from lecture_code.vision import MapStack, draw_looks

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
# logits (N, 15) and labels (N, …) -> a number
Loss = Callable[[Tensor, Tensor], Tensor]

CHUNK = 2048  # images that are drawn at once


class CollisionNet(nn.Module):
    """Scores of all aims in one pass: images (N, 3, 32, 64) -> logits of Q, (N, 15).

    The first layers halve rows and columns, and the next reduce the rows to one. Of the
    64 columns 15 remain: one for each aim. The fifth layer looks to both sides.

    Args:
        rng: draws the weights, ~ N(0, 2 / inputs); biases are 0.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 16, 5, stride=2, padding=2),  # 16 rows, 32 columns
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=(1, 0)),  # 8 rows, 15 columns
            nn.ReLU(),
            nn.Conv2d(32, 32, 3, stride=(2, 1), padding=1),  # 4 rows
            nn.ReLU(),
            nn.Conv2d(32, 48, (4, 3), padding=(0, 1)),  # 1 row
            nn.ReLU(),
            nn.Conv2d(48, 48, (1, 5), padding=(0, 4), dilation=(1, 2)),
            nn.ReLU(),
            nn.Conv2d(48, 1, 1),
        )
        draw_weights(self, rng)  # ~ N(0, 2 / inputs)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of Q, (N, 15)."""
        if images.shape[1:] != (3, 32, 64):
            raise ValueError(
                f"images must be (N, 3, 32, 64); got {tuple(images.shape)}"
            )
        logits: Tensor = self.layers(images)[:, 0, 0]
        return logits


@dataclass(frozen=True)
class FitSettings:
    """How a network learns from examples.

    Args:
        family: of the looks.
        textures: how many of the family are used; None: all.
        batch: images of a batch.
        rate: of Adam; it falls to zero in the second half.
    """

    family: str = "training"
    textures: int | None = None
    batch: int = 128
    rate: float = 1e-3


@dataclass(frozen=True)
class Examples:
    """States with a label for each aim; how the states look is drawn anew each time.

    Args:
        maps, poses: of the states, (N,) and (N, 3).
        labels: (N, …), one row for each state.

    Raises:
        ValueError: the parts are not of one number of states.
    """

    maps: Ints
    poses: Array
    labels: Array

    def __post_init__(self) -> None:
        numbers = len(self.maps), len(self.poses), len(self.labels)
        if len(set(numbers)) > 1:
            raise ValueError(
                "maps, poses and labels must be those of one number of states; got "
                f"{numbers[0]}, {numbers[1]} and {numbers[2]}"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def joined(self, others: Examples) -> Examples:
        """These and the other examples."""
        return Examples(
            np.concatenate([self.maps, others.maps]),
            np.concatenate([self.poses, others.poses]),
            np.concatenate([self.labels, others.labels]),
        )

    def report(self) -> dict[str, float]:
        """Mean of the labels, and the share of states with labels that differ."""
        y = self.labels
        mixed = y.max(axis=1) > y.min(axis=1)
        return {"label": float(y.mean()), "mixed": float(mixed.mean())}


def scores(
    network: nn.Module, flights: Flights, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Q of every aim, (N, 15); `rng` draws the noise of the images."""
    parts = []
    for first in range(0, len(flights), CHUNK):
        images = flights[first : first + CHUNK].images(rng)
        with torch.no_grad():
            parts.append(network(as_batch(images)).sigmoid().numpy())
    return np.concatenate(parts)


def as_batch(images: NDArray[np.float32]) -> Tensor:
    """Images (N, H, W, 3) as a network wants them, (N, 3, H, W)."""
    return torch.from_numpy(images).permute(0, 3, 1, 2)


def fit_network(
    network: CollisionNet,
    stack: MapStack,
    examples: Examples,
    loss: Loss,
    batches: int,
    settings: FitSettings,
    rng: np.random.Generator,
) -> tuple[CollisionNet, float]:
    """A copy of the network after so many batches, and its mean loss.

    Each batch sees its states in new looks.

    Raises:
        ValueError: there are no examples.
    """
    if not len(examples):
        raise ValueError("a network needs at least one example to learn from")
    network = copy.deepcopy(network)
    optimiser = torch.optim.Adam(network.parameters(), settings.rate)
    total = 0.0
    for batch in range(batches):
        for group in optimiser.param_groups:
            group["lr"] = settings.rate * min(1.0, 2 * (1 - batch / batches))
        rows = rng.integers(len(examples), size=settings.batch)
        looks = draw_looks(settings.family, len(rows), rng, settings.textures)
        robots = Flights.initial(
            stack, examples.maps[rows], examples.poses[rows], looks
        )
        y = torch.as_tensor(examples.labels[rows], dtype=torch.float32)
        value = loss(network(as_batch(robots.images(rng))), y)
        optimiser.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        total += value.item()
    return network, total / max(batches, 1)
