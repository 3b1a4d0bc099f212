"""Train small networks on scanned digits, each with an update rule of its own.

A network is a function of one flat vector of weights, so that `torch.func.vmap` trains
R copies at once. All copies begin with the same weights and see the same batches; they
differ in rule and rate only.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.func import grad, vmap
from torch.nn.functional import cross_entropy

from lecture_code.data.digits import CLASSES, SCAN_SIZE, Digits, scanned_digits
from lecture_code.gradients.optimizer_search import RuleState, rule_step
from lecture_code.gradients.token_space import Strings

SCANS = 1797
TRAINING, VALIDATION = 400, 400
"""Scans to learn from, and to choose rates by; all others are for the test."""
HIDDEN = 32
CHANNELS = 8
KERNEL = 3


@dataclass(frozen=True, eq=False)
class RuleTask:
    """Scanned digits in three parts, each with images (N, 64) and labels (N,)."""

    training: tuple[Tensor, Tensor]
    validation: tuple[Tensor, Tensor]
    test: tuple[Tensor, Tensor]


@cache
def rule_task(seed: int) -> RuleTask:
    """The scans; each seed has parts of its own."""
    rng = np.random.default_rng([17, seed])
    training, rest = scanned_digits(rng, tests=SCANS - TRAINING, size=SCAN_SIZE)
    validation, test = rest.split(VALIDATION, rng)
    return RuleTask(*(_flat(part) for part in (training, validation, test)))


def _flat(digits: Digits) -> tuple[Tensor, Tensor]:
    images = torch.from_numpy(digits.images[..., 0]).flatten(1)
    return images, torch.from_numpy(digits.labels)


@dataclass(frozen=True)
class FlatNetwork:
    """A network whose weights are one flat vector.

    Args:
        shapes: of its matrices and biases; a bias has one entry.
        answer: those, images (N, 64) -> logits (N, 10).
    """

    shapes: tuple[tuple[int, ...], ...]
    answer: Callable[[list[Tensor], Tensor], Tensor]

    def parts(self, weights: Tensor) -> list[Tensor]:
        """The matrices and biases in a vector (P,)."""
        sizes = [math.prod(shape) for shape in self.shapes]
        pieces = torch.split(weights, sizes)
        return [p.reshape(shape) for p, shape in zip(pieces, self.shapes, strict=True)]

    def logits(self, weights: Tensor, images: Tensor) -> Tensor:
        """Logits (N, 10) of images (N, 64) for weights (P,)."""
        return self.answer(self.parts(weights), images)

    def initial(self, generator: torch.Generator) -> Tensor:
        """Fresh weights (P,): matrices ~ N(0, 2 / inputs), biases 0."""
        fresh = []
        for shape in self.shapes:
            draws = torch.randn(shape, generator=generator)
            std = math.sqrt(2 / math.prod(shape[1:])) if len(shape) > 1 else 0.0
            fresh.append(std * draws.flatten())
        return torch.cat(fresh)


def _perceptron(parts: list[Tensor], images: Tensor) -> Tensor:
    for W, b in zip(parts[:-2:2], parts[1:-2:2], strict=True):
        images = (images @ W.T + b).relu()
    return images @ parts[-2].T + parts[-1]


def _convolution(parts: list[Tensor], images: Tensor) -> Tensor:
    W1, b1, W2, b2, W3, b3 = parts
    x = images.reshape(-1, SCAN_SIZE, SCAN_SIZE, 1)
    x = (_patches(x) @ W1.T + b1).relu()  # (N, 6, 6, C)
    x = (_patches(x) @ W2.T + b2).relu()  # (N, 4, 4, C)
    return x.flatten(1) @ W3.T + b3


def _patches(x: Tensor) -> Tensor:
    """Images (N, h, w, C) as patches (N, h − 2, w − 2, 9 C)."""
    height, width = (size - KERNEL + 1 for size in x.shape[1:3])
    shifts = [(i, j) for i in range(KERNEL) for j in range(KERNEL)]
    return torch.cat([x[:, i : i + height, j : j + width] for i, j in shifts], dim=3)


PIXELS = SCAN_SIZE**2
LEFT = (SCAN_SIZE - 2 * (KERNEL - 1)) ** 2
"""Pixels after two convolutions."""
NETWORKS = {
    "perceptron": FlatNetwork(
        ((HIDDEN, PIXELS), (HIDDEN,), (CLASSES, HIDDEN), (CLASSES,)), _perceptron
    ),
    "convolution": FlatNetwork(
        (
            (CHANNELS, KERNEL**2),
            (CHANNELS,),
            (CHANNELS, KERNEL**2 * CHANNELS),
            (CHANNELS,),
            (CLASSES, LEFT * CHANNELS),
            (CLASSES,),
        ),
        _convolution,
    ),
}
"""The networks that rules train, by name."""


def train_rules(
    rules: Strings,
    rates: NDArray[np.float64],
    *,
    network: str = "perceptron",
    steps: int = 200,
    batch: int = 64,
    seed: int = 0,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Train a network with each rule, and count the right answers.

    Args:
        rules: (R, 5 · D).
        rates: (R,).
        network: a key of `NETWORKS`.
        steps: number of updates.
        batch: images of an update, drawn with replacement.
        seed: of the parts, the initial weights and the batches.

    Returns:
        How many of the validation images, and of the test images, each network names
        rightly, (R,) and (R,).

    Raises:
        ValueError: the network is unknown.
    """
    if network not in NETWORKS:
        raise ValueError(f"no network {network!r}; there are: {', '.join(NETWORKS)}")
    net = NETWORKS[network]
    task = rule_task(seed)
    generator = torch.Generator().manual_seed(seed)
    state = RuleState.initial(net.initial(generator), len(rules))
    strings = torch.from_numpy(rules)
    sizes = torch.from_numpy(rates).float()
    images, labels = task.training

    def loss(weights: Tensor, x: Tensor, y: Tensor) -> Tensor:
        return cross_entropy(net.logits(weights, x), y)

    slopes = vmap(grad(loss), in_dims=(0, None, None))

    def gradient_on(x: Tensor, y: Tensor) -> Callable[[Tensor], Tensor]:
        return lambda weights: slopes(weights, x, y)

    for _ in range(steps):
        i = torch.randint(len(labels), (batch,), generator=generator)
        state = rule_step(state, strings, sizes, gradient_on(images[i], labels[i]))
    answers = vmap(net.logits, in_dims=(0, None))
    right = [
        (answers(state.weights, part[0]).argmax(dim=2) == part[1]).sum(dim=1).numpy()
        for part in (task.validation, task.test)
    ]
    return right[0], right[1]
