"""A network that is a chain of layers, so that one can say "the last k layers".

    inputs --1--> … --L−1--> features --L--> logits

The last layer is the head. A layer is a linear map with what follows it: perhaps a
normalisation, an activation, perhaps pooling. It has parameters, which are learnt, and
perhaps buffers: the running means of a normalisation, which move whenever the layer
sees a batch while it is in training mode. A layer that is frozen must keep both.

Read `LayeredNetwork`, then `LayeredNetwork.let_learn`.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lecture_code.data.digits import CLASSES, SIZE
from lecture_code.observations.representation import draw_weights, network_inputs

WIDTHS = (8, 16, 32)  # maps of the three convolutions
HIDDEN_UNITS = 64  # of the dense layer


@dataclass(frozen=True, eq=False)
class LabelledInputs:
    """What is learnt from.

    Args:
        inputs: (N, …).
        labels: classes, (N,).

    Raises:
        ValueError: there are no inputs, or not as many labels as inputs.
    """

    inputs: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        if not len(self.inputs):
            raise ValueError("there are no inputs: learning needs at least one")
        if len(self.labels) != len(self.inputs):
            raise ValueError(
                f"there are {len(self.inputs)} inputs and {len(self.labels)} labels"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def drawn(self, batch: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Inputs and labels of a random batch, none twice; of all if there are fewer.

        Args:
            batch: number of examples.
            rng: draws them.
        """
        rows = torch.from_numpy(rng.permutation(len(self))[:batch])
        return self.inputs[rows], self.labels[rows]


class LayeredNetwork(nn.Module):
    """Inputs (N, …) -> logits (N, C), by one layer after the other.

    Args:
        layers: from the inputs to the head.

    Raises:
        ValueError: there are fewer than two layers, so no features before the head.
    """

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        if len(layers) < 2:
            raise ValueError(
                f"a network needs features and a head, two layers or more; got "
                f"{len(layers)}"
            )
        self.layers = nn.ModuleList(layers)

    def __len__(self) -> int:
        return len(self.layers)

    def activations(self, inputs: Tensor, n: int) -> Tensor:
        """What leaves the first n layers; of all but the head these are the features.

        Raises:
            ValueError: there are not so many layers.
        """
        check_number_of_layers(n, len(self))
        for layer in self.layers[:n]:
            inputs = layer(inputs)
        return inputs

    def forward(self, inputs: Tensor) -> Tensor:
        """Logits of the classes, (N, C)."""
        return self.activations(inputs, len(self))

    def let_learn(self, learning: Sequence[bool]) -> None:
        """Say of each layer whether it may change; the others are frozen, in place.

        A frozen layer has no gradients, and it is in evaluation mode: a normalisation
        then uses its running means, and does not move them.
        """
        for layer, learns in zip(self.layers, learning, strict=True):
            layer.requires_grad_(learns)
            layer.train(learns)


def check_number_of_layers(n: int, layer_count: int) -> None:
    """Refuse a number of layers that is not from 0 to all.

    Raises:
        ValueError: tells how many layers there are.
    """
    if not 0 <= n <= layer_count:
        raise ValueError(
            f"the number of layers must be from 0 to {layer_count}; got {n}"
        )


def transplanted(
    donor: LayeredNetwork, fresh: LayeredNetwork, n: int
) -> LayeredNetwork:
    """A new network: the first n layers of the donor, all others of the fresh network.

    Args:
        donor: has learnt.
        fresh: of the same kind.
        n: number of layers.

    Raises:
        ValueError: there are not so many layers, or the two differ in their number.
    """
    if len(donor) != len(fresh):
        raise ValueError(
            f"donor and fresh network must be of one kind; they have {len(donor)} and "
            f"{len(fresh)} layers"
        )
    check_number_of_layers(n, len(donor))
    layers = [*donor.layers[:n], *fresh.layers[n:]]
    return LayeredNetwork([copy.deepcopy(layer) for layer in layers])


def five_layers(
    rng: np.random.Generator, *, classes: int = CLASSES, normalised: bool = False
) -> LayeredNetwork:
    """Images of digits (N, 1, 16, 16) -> logits: three convolutions, a dense layer, and
    the head. With ten classes it has 39,370 parameters.

    Args:
        rng: draws the weights.
        classes: C.
        normalised: whether a batch normalisation follows each convolution.
    """
    side = SIZE // 4
    maps = (1, *WIDTHS)
    layers: list[nn.Module] = []
    for number in range(len(WIDTHS)):
        inputs, outputs = maps[number], maps[number + 1]
        parts: list[nn.Module] = [nn.Conv2d(inputs, outputs, 3, padding=1)]
        parts += [nn.BatchNorm2d(outputs)] if normalised else []
        parts += [nn.ReLU()]
        parts += [nn.MaxPool2d(2)] if number < 2 else []
        layers.append(nn.Sequential(*parts))
    dense = nn.Linear(WIDTHS[-1] * side**2, HIDDEN_UNITS)
    layers.append(nn.Sequential(nn.Flatten(), dense, nn.ReLU()))
    layers.append(nn.Linear(HIDDEN_UNITS, classes))
    network = LayeredNetwork(layers)
    draw_weights(network, rng)
    return network


def grey_inputs(images: NDArray[np.float32]) -> Tensor:
    """Images of digits (N, H, W, 3), whose channels are alike, as this network wants
    them: one channel, (N, 1, H, W), around 0.
    """
    return network_inputs(images)[:, :1].contiguous()


def share_of_right(network: LayeredNetwork, data: LabelledInputs) -> float:
    """Accuracy: the share of inputs whose largest logit is that of their label."""
    with torch.no_grad():
        answered = evaluating(network)(data.inputs).argmax(dim=1)
    return float((answered == data.labels).double().mean())


def evaluating(network: LayeredNetwork) -> LayeredNetwork:
    """A copy in evaluation mode."""
    return copy.deepcopy(network).eval()
