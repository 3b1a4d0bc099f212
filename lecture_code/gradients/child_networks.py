"""Children that read scanned digits, and the small space of their strings.

Zoph & Le, "Neural Architecture Search with Reinforcement Learning" (2017),
arXiv:1611.01578, sections 3.1 and 4.1: a string says which network to build. The
network (the *child*) is trained from random weights, and its accuracy on validation
images judges the string. Here a string has seven tokens, and there are 1,458 strings,
so that all of them can be trained.

What a string builds, for images x of 8 × 8 pixels:

    (1)  h₁ = activation(W₁ ∗ x + b₁)          filters1 maps, kernel1 × kernel1
    (2)  h₂ = activation(W₂ ∗ h₁ + b₂)         filters2 maps, kernel2 × kernel2
    (3)  h  = h₂, or with skip: h₁ and h₂, one behind the other
    (4)  p  = pool(h)                          none, or 2 × 2 to the largest or the mean
    (5)  logits = W p + b                      10 classes

Zeros around the maps keep their size. With filters2 = 0 there is no second layer: then
h = h₁, and the tokens kernel2 and skip have no effect. Such strings are *aliases*: they
build the same child. Of the 1,458 strings, 486 have no second layer; they build only 81
children, so there are 1,053 different children.

Read `DigitNetwork.forward`, then `train_child`.

Deviations from the paper: the space of section 3.1 is in `architecture_space`. This
space has square filters and two layers at most. The activation and the pooling are
tokens; the paper chooses them by hand. The training is short, with Adam and without
augmentation, weight decay or batch normalisation, and the accuracy is that of the last
epoch, not the highest of the last five.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, cross_entropy, max_pool2d

from lecture_code.gradients.token_space import Strings, Token, TokenSpace

SIDE, CLASSES_OF_DIGITS = 8, 10
DIGIT_SPACE = TokenSpace(
    (
        Token("filters1", (4, 8, 16)),
        Token("kernel1", (1, 3, 5)),
        Token("filters2", (0, 8, 16)),
        Token("kernel2", (1, 3, 5)),
        Token("activation", ("relu", "tanh", "sigmoid")),
        Token("skip", (0, 1)),
        Token("pool", ("none", "max", "average")),
    )
)
"""All strings that describe a child for digits."""
WITHOUT_SECOND_LAYER = ("kernel2", "skip")
"""Tokens without effect when filters2 = 0."""
Function = Callable[[Tensor], Tensor]
ACTIVATIONS: dict[str, Function] = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}
POOLS: dict[str, Function] = {
    "none": lambda maps: maps,
    "max": lambda maps: max_pool2d(maps, 2),
    "average": lambda maps: avg_pool2d(maps, 2),
}


def canonical(strings: Strings) -> Strings:
    """The representatives of strings (N, 7): of all strings that build the same child,
    the first in `TokenSpace.every_string`.

    Raises:
        ValueError: a token is out of range, named.
    """
    DIGIT_SPACE.check(strings)
    names = [token.name for token in DIGIT_SPACE.tokens]
    filters2 = names.index("filters2")
    absent = strings[:, filters2] == DIGIT_SPACE.tokens[filters2].choices.index(0)
    representatives = strings.copy()
    for name in WITHOUT_SECOND_LAYER:
        representatives[absent, names.index(name)] = 0
    return representatives


def representative_places() -> NDArray[np.int64]:
    """The place of the representative of each string, (1458,)."""
    return DIGIT_SPACE.place(canonical(DIGIT_SPACE.every_string()))


class DigitNetwork(nn.Module):
    """The child of one string: images (N, 1, 8, 8) -> logits (N, 10).

    Args:
        string: (7,), of `DIGIT_SPACE`.
        generator: draws all weights and biases uniformly from ±1/√(inputs of a unit).

    Raises:
        ValueError: a token is out of range, named.
    """

    def __init__(self, string: Strings, generator: torch.Generator) -> None:
        super().__init__()
        words = DIGIT_SPACE.values(string)
        filters1 = int(words["filters1"])
        filters2 = int(words["filters2"])
        self.activation = str(words["activation"])
        self.skip = bool(words["skip"])
        self.pool = str(words["pool"])
        kernel1 = int(words["kernel1"])
        kernel2 = int(words["kernel2"])
        self.layer1 = same_size(1, filters1, kernel1, generator)
        self.layer2: nn.Conv2d | None = None
        maps = filters1  # of h
        if filters2:
            self.layer2 = same_size(filters1, filters2, kernel2, generator)
            maps = filters1 + filters2 if self.skip else filters2
        side = SIDE if self.pool == "none" else SIDE // 2
        head = nn.Linear(maps * side**2, CLASSES_OF_DIGITS, device="meta")
        self.head = head.to_empty(device="cpu")
        draw_uniformly(self.head, generator)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of images (N, 1, 8, 8), (N, 10)."""
        activation = ACTIVATIONS[self.activation]
        h = activation(self.layer1(images))  # eq. 1, (N, filters1, 8, 8)
        if self.layer2 is not None:
            h2 = activation(self.layer2(h))  # eq. 2, (N, filters2, 8, 8)
            h = torch.cat((h, h2), dim=1) if self.skip else h2  # eq. 3
        p = POOLS[self.pool](h)  # eq. 4
        logits: Tensor = self.head(p.flatten(1))  # eq. 5
        return logits


def same_size(
    inputs: int, filters: int, kernel: int, generator: torch.Generator
) -> nn.Conv2d:
    """A fresh convolution with odd kernel that keeps the size of its maps."""
    layer = nn.Conv2d(inputs, filters, kernel, padding=kernel // 2, device="meta")
    layer = layer.to_empty(device="cpu")  # no draw from the global generator
    draw_uniformly(layer, generator)
    return layer


def draw_uniformly(layer: nn.Conv2d | nn.Linear, generator: torch.Generator) -> None:
    """Draw the weights and biases of a layer, in place."""
    bound = layer.weight[0].numel() ** -0.5
    for parameter in layer.parameters():
        nn.init.uniform_(parameter, -bound, bound, generator=generator)


@dataclass(frozen=True)
class ChildSettings:
    """How a child is trained; all children in the same way.

    Args:
        epochs: how often the training sees each image.
        batch: number of images of a step; the last batch of an epoch may be smaller.
        rate: step size of Adam.
    """

    epochs: int = 8
    batch: int = 20
    rate: float = 3e-3


def train_child(
    child: nn.Module,
    images: Tensor,
    labels: Tensor,
    settings: ChildSettings,
    generator: torch.Generator,
) -> list[float]:
    """Train a child in place; gives the mean loss of each epoch's batches, (epochs,).

    Args:
        child: images -> logits.
        images: (N, 1, 8, 8).
        labels: classes, (N,).
        settings: how long, and how fast.
        generator: draws the order of the images in each epoch.
    """
    optimiser = torch.optim.Adam(child.parameters(), lr=settings.rate, fused=True)
    means = []
    for _ in range(settings.epochs):
        losses = []
        order = torch.randperm(len(images), generator=generator)
        for rows in torch.split(order, settings.batch):
            loss = cross_entropy(child(images[rows]), labels[rows])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            losses.append(loss.detach())
        means.append(torch.stack(losses).mean().item())
    return means


def number_right(child: nn.Module, images: Tensor, labels: Tensor) -> int:
    """How many images get the right class from the child."""
    with torch.no_grad():
        return int((child(images).argmax(dim=1) == labels).sum())
