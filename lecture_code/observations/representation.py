"""A network in three parts, as domain confusion needs it: what a first layer sees, what
features follow, and what is answered.

    x --first--> conv1 --rest--> features f --head--> answer

A loss that pulls features of two images together can also be made small by shrinking
*all* features, and the head undoes the shrinking. Standardised features cannot shrink:

    f = (raw − m) / s        m, s: mean and standard deviation of the source batch

After training, m and s are running means of the batches. The digits' network does so.
The hook's network does not: there standardising costs accuracy and wins nothing, see
the arm "standardised" of the experiments.

The hook's network ends in a spatial softmax (Levine et al. 2016), which turns each map
of activations into one point of the image, a feature point:

    p_ij = exp(β a_ij) / Σ exp(β a),    point = (Σ p_ij x_j, Σ p_ij y_i)

Read `Representation`, then `SpatialSoftmax`.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lecture_code.data.digits import CLASSES, SIZE

MOMENTUM = 0.05  # of the running means of m and s
LEAST_STD = 1e-3  # what varies less is not blown up
SHARPNESS = 3.0  # β
MAPS = 16  # of each convolution


class SpatialSoftmax(nn.Module):
    """Maps (N, C, H, W) -> one point for each map, (N, 2C): all x, then all y.

    x grows to the right and y upwards, both from −1 to 1 over the image.

    Args:
        sharpness: β; the larger, the more the point is the place of the maximum.
    """

    def __init__(self, sharpness: float = SHARPNESS) -> None:
        super().__init__()
        self.sharpness = sharpness

    def forward(self, maps: Tensor) -> Tensor:
        """The points, (N, 2C)."""
        _, _, H, W = maps.shape
        p = torch.softmax(self.sharpness * maps.flatten(2), dim=-1)
        p = p.reshape(*maps.shape)
        x = (torch.arange(W) + 0.5) / W * 2 - 1
        y = 1 - (torch.arange(H) + 0.5) / H * 2
        return torch.cat([p.sum(2) @ x, p.sum(3) @ y], dim=1)


class Representation(nn.Module):
    """A first layer, the rest of the features, and a head.

    Args:
        first: inputs (N, …) -> activations of the first layer.
        rest: these -> raw features (N, F).
        head: features (N, F) -> answers.
        features: F.
        standardised: whether features are standardised.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        first: nn.Module,
        rest: nn.Module,
        head: nn.Module,
        features: int,
        *,
        standardised: bool = True,
    ) -> None:
        super().__init__()
        self.first = first
        self.rest = rest
        self.head = head
        self.n_features = features
        self.standardised = standardised
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("std", torch.ones(features))

    def raw(self, inputs: Tensor) -> Tensor:
        """Features before they are standardised, (N, F)."""
        features: Tensor = self.rest(self.first(inputs))
        return features

    def features(self, inputs: Tensor) -> Tensor:
        """f(x), (N, F), standardised by the running means."""
        return (self.raw(inputs) - self.mean) / self.std

    def forward(self, inputs: Tensor) -> Tensor:
        """Answers to inputs."""
        answers: Tensor = self.head(self.features(inputs))
        return answers

    def batch_features(self, source: Tensor, *others: Tensor) -> list[Tensor]:
        """f of a source batch and of other batches, by the moments of the source batch.

        Also moves the running means.
        """
        raw = [self.raw(batch) for batch in (source, *others)]
        if not self.standardised:
            return raw
        mean = raw[0].mean(0)
        std = raw[0].std(0) + LEAST_STD
        self.mean.lerp_(mean.detach(), MOMENTUM)
        self.std.lerp_(std.detach(), MOMENTUM)
        return [(batch - mean) / std for batch in raw]


def point_network(
    answers: int, rng: np.random.Generator, *, standardised: bool = False
) -> Representation:
    """Images (N, 3, 32, 32) -> feature points (N, 32) -> so many answers."""
    network = Representation(
        nn.Sequential(nn.Conv2d(3, MAPS, 5, stride=2, padding=2), nn.ReLU()),
        nn.Sequential(
            nn.Conv2d(MAPS, MAPS, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(MAPS, MAPS, 3, padding=1),
            SpatialSoftmax(),
        ),
        nn.Sequential(nn.Linear(2 * MAPS, 64), nn.ReLU(), nn.Linear(64, answers)),
        2 * MAPS,
        standardised=standardised,
    )
    draw_weights(network, rng)
    return network


def hook_network(
    rng: np.random.Generator, *, standardised: bool = False
) -> Representation:
    """Images (N, 3, 32, 32) -> place of the hook (N, 2), in decimetres."""
    return point_network(2, rng, standardised=standardised)


def digit_network(
    rng: np.random.Generator, *, standardised: bool = True
) -> Representation:
    """Images of digits (N, 3, 16, 16) -> logits of the classes (N, 10)."""
    side = SIZE // 4
    network = Representation(
        nn.Sequential(nn.Conv2d(3, MAPS, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        nn.Sequential(
            nn.Conv2d(MAPS, 2 * MAPS, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(2 * MAPS * side**2, 64),
        ),
        nn.Sequential(nn.ReLU(), nn.Linear(64, CLASSES)),
        64,
        standardised=standardised,
    )
    draw_weights(network, rng)
    return network


def draw_weights(network: nn.Module, rng: np.random.Generator) -> None:
    """Draw the weights of all layers, ~ N(0, 2 / inputs), in place; biases become 0."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            inputs = layer.weight[0].numel()
            drawn = rng.standard_normal(layer.weight.shape) * np.sqrt(2 / inputs)
            layer.weight.data = torch.as_tensor(drawn, dtype=torch.float32)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]


def network_inputs(images: NDArray[np.float32]) -> Tensor:
    """Images (N, H, W, 3) as a network wants them, (N, 3, H, W), around 0."""
    batch = torch.from_numpy(np.ascontiguousarray(images))
    return batch.permute(0, 3, 1, 2).contiguous() - 0.5
