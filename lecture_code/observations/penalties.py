"""What holds a network back while it is fine-tuned, so that it forgets less.

θ₀ are the parameters before fine-tuning. Fine-tuning minimises L_target + λ × penalty
(the numbers of the equations go on from `fine_tuning.py`):

    (3)  L2-SP      ½ Σ_i (θ_i − θ₀,i)²                                      `L2SP`
    (4)  EWC        ½ Σ_i F_i (θ_i − θ₀,i)²                                  `EWC`
    (5)  rehearsal  L_source, on a batch of source examples             `Rehearsal`

L2-SP: Li, Grandvalet and Davoine, "Explicit Inductive Bias for Transfer Learning with
Convolutional Networks", ICML 2018, arXiv:1802.01483. All parameters have the same
stiffness: the further a parameter has moved, the stronger the pull. EWC: Kirkpatrick et
al., "Overcoming catastrophic forgetting in neural networks", PNAS 2017,
arXiv:1612.00796. A parameter that matters more for the source is stiffer:

    (6)  F_i = E_x E_y (∂ log p(y | x) / ∂θ_i)²      x ~ source, y ~ p(· | x) at θ₀

is the diagonal of the Fisher information. The labels y are drawn from the *network*.
With the true labels of the source (the "empirical Fisher") F is far smaller for a
network that has learnt these labels, because little is left to learn: then λ must be
larger. Rehearsal is the only one of the three that must keep source examples.

Deviations: L2-SP holds the head like all other layers, because source and target have
the same classes here; in the paper the head is new, and is pulled to 0.

Read `EWC`, then `fisher_diagonal`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.nn.functional import cross_entropy

from lecture_code.observations.layered_network import (
    LabelledInputs,
    LayeredNetwork,
    evaluating,
)

CHUNK_OF_SLOPES = 100  # examples whose gradients are in memory at once

Parameters = dict[str, Tensor]


def copied_parameters(network: nn.Module) -> Parameters:
    """A copy of the parameters by name, without gradients."""
    return {name: part.detach().clone() for name, part in network.named_parameters()}


@dataclass(frozen=True, eq=False)
class L2SP:
    """Eq. 3: half the squared distance to θ₀.

    Args:
        start: θ₀, by name.
    """

    start: Parameters

    def __call__(self, network: LayeredNetwork, rng: np.random.Generator) -> Tensor:
        """The penalty; nothing is drawn."""
        terms = [
            ((part - self.start[name]) ** 2).sum()
            for name, part in network.named_parameters()
        ]
        return torch.stack(terms).sum() / 2  # eq. 3


@dataclass(frozen=True, eq=False)
class EWC:
    """Eq. 4: half the squared distance to θ₀, in which each parameter counts F_i.

    Args:
        start: θ₀, by name.
        fisher: F, by name, see `fisher_diagonal`.

    Raises:
        ValueError: θ₀ and F have other names or shapes.
    """

    start: Parameters
    fisher: Parameters

    def __post_init__(self) -> None:
        shapes = [
            {name: tuple(part.shape) for name, part in parts.items()}
            for parts in (self.start, self.fisher)
        ]
        if shapes[0] != shapes[1]:
            raise ValueError(
                f"θ₀ and F must have the same parts; got {shapes[0]} and {shapes[1]}"
            )

    def __call__(self, network: LayeredNetwork, rng: np.random.Generator) -> Tensor:
        """The penalty; nothing is drawn."""
        terms = [
            (self.fisher[name] * (part - self.start[name]) ** 2).sum()
            for name, part in network.named_parameters()
        ]
        return torch.stack(terms).sum() / 2  # eq. 4


@dataclass(frozen=True, eq=False)
class Rehearsal:
    """Eq. 5: the loss on a random batch of the source.

    Args:
        source: examples that were kept.
        batch: how many are drawn at a time.

    Raises:
        ValueError: the batch has no example.
    """

    source: LabelledInputs
    batch: int = 32

    def __post_init__(self) -> None:
        if self.batch < 1:
            raise ValueError(f"batch must be 1 or more; got {self.batch}")

    def __call__(self, network: LayeredNetwork, rng: np.random.Generator) -> Tensor:
        """The loss on the examples that rng draws."""
        inputs, labels = self.source.drawn(self.batch, rng)
        return cross_entropy(network(inputs), labels)  # eq. 5


def fisher_diagonal(
    network: LayeredNetwork, inputs: Tensor, rng: np.random.Generator
) -> Parameters:
    """F, eq. 6, with one label for each input, drawn from the network.

    Args:
        network: at θ₀.
        inputs: of the source, (N, …).
        rng: draws the labels, y ~ p(· | x).
    """
    with torch.no_grad():
        p = torch.softmax(evaluating(network)(inputs), dim=1).double().numpy()
    draws = rng.random((len(p), 1))
    labels = (p.cumsum(axis=1) / p.sum(axis=1, keepdims=True) < draws).sum(axis=1)
    y = torch.from_numpy(labels)
    equal_weights = torch.full((len(p),), 1 / len(p))
    return squared_slopes(network, inputs, y, equal_weights)  # eq. 6


def expected_fisher(network: LayeredNetwork, inputs: Tensor) -> Parameters:
    """F, eq. 6, with the mean over all labels instead of one draw.

    Args:
        network: at θ₀.
        inputs: of the source, (N, …).
    """
    with torch.no_grad():
        p = torch.softmax(evaluating(network)(inputs), dim=1)  # (N, C)
    N, C = p.shape
    repeated = inputs.repeat_interleave(C, dim=0)
    labels = torch.arange(C).repeat(N)
    return squared_slopes(network, repeated, labels, p.flatten() / N)


def squared_slopes(
    network: LayeredNetwork, inputs: Tensor, labels: Tensor, weights: Tensor
) -> Parameters:
    """Σ_n w_n (∂ log p(y_n | x_n) / ∂θ_i)², by name of the parameter.

    Args:
        network: at θ₀, all of it in evaluation mode.
        inputs: x, (N, …).
        labels: y, (N,).
        weights: w, (N,).
    """
    still = evaluating(network)
    theta = copied_parameters(still)
    buffers = dict(still.named_buffers())

    def minus_log_p(theta: Parameters, x: Tensor, y: Tensor) -> Tensor:
        logits = functional_call(still, (theta, buffers), (x[None],))
        return cross_entropy(logits, y[None])

    slopes_of = vmap(grad(minus_log_p), in_dims=(None, 0, 0))
    sums = {name: torch.zeros_like(part) for name, part in theta.items()}
    for start in range(0, len(inputs), CHUNK_OF_SLOPES):
        rows = slice(start, start + CHUNK_OF_SLOPES)
        for name, slopes in slopes_of(theta, inputs[rows], labels[rows]).items():
            sums[name] += torch.tensordot(weights[rows], slopes**2, dims=1)
    return sums
