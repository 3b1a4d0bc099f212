"""What a progressive net uses: laterals that are switched off, and noise that it can
bear.

Rusu, Rabinowitz, Desjardins, Soyer, Kirkpatrick, Kavukcuoglu, Pascanu & Hadsell,
"Progressive neural networks" (2016), arXiv:1606.04671: average perturbation sensitivity
(APS).

    (1)  h_i^(k)  becomes  h_i^(k) + σ s_i^(k) n,    n ~ N(0, 1), new in every step
    (2)  Λ_i^(k) = 1 / σ at which the return has halved; 0 if no noise halves it
    (3)  APS_i^(k) = Λ_i^(k) / Σ_k Λ_i^(k)

i is a layer, k a column, and s_i^(k) is the root mean square of h_i^(k).

Idea. Noise does no harm in a feature that nobody reads. The more the newest column
relies on a layer, the less noise is needed there to spoil what it does. A lateral that
is set to zero answers a simpler question: can the net do without it?

(1) disturbs all that reads the layer: the next layer of its own column, and the
laterals. Noise in the first layer of an old column so travels on in this column.

Read `sensitivity`, then `DisturbedColumn.activations`.

Deviations from the paper:
* Noise is measured in units of s_i^(k), the size of the layer's own activations.
  Otherwise a layer of large numbers would seem to matter little.
* Λ is one over the size of the noise, not one over its variance.
* σ is found by bisection, as if the return fell steadily with the noise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from lecture_code.learning.columns import Activations, Column, as_input, product
from lecture_code.observations.progressive_nets import ProgressiveNet

Array = NDArray[np.float64]


def without_laterals(net: ProgressiveNet, layers: Collection[int]) -> ProgressiveNet:
    """A copy of the net whose newest column gets nothing from the old ones in these
    layers.

    Args:
        net: with two columns or more.
        layers: of the newest column, from 1.

    Raises:
        ValueError: no lateral goes into a layer; the message lists those that there
            are.
    """
    copy = deepcopy(net)
    laterals = [lateral for side in copy.laterals[-1] for lateral in side]
    known = sorted({lateral.layer for lateral in laterals})
    for layer in layers:
        if layer not in known:
            raise ValueError(f"no lateral goes into layer {layer}; there are: {known}")
    with torch.no_grad():
        for lateral in laterals:
            if lateral.layer in layers:
                lateral.U.zero_()
    return copy


def without_own_output(net: ProgressiveNet) -> ProgressiveNet:
    """A copy of the net in which the newest column's own last layer is not read."""
    copy = deepcopy(net)
    with torch.no_grad():
        copy.columns[-1].W[-1].zero_()
    return copy


class DisturbedColumn(nn.Module):
    """A column with noise in one layer, in the place of the column.

    Args:
        column: without an LSTM.
        layer: i of h_i, from 1.
        size: standard deviation of the noise.
        rng: draws the noise.
    """

    def __init__(
        self, column: Column, layer: int, size: float, rng: np.random.Generator
    ) -> None:
        super().__init__()
        self.column = column
        self.layer = layer
        self.size = size
        self.rng = rng
        self.sizes = column.sizes
        self.memory_size = column.memory_size

    def noise(self, n: int) -> Tensor:
        """Noise for n images, with the shape of h_i."""
        s = self.sizes
        widths = [*s.filters, s.dense]
        places = [*s.maps()[1:], ()]
        shape = (n, widths[self.layer - 1], *places[self.layer - 1])
        return torch.tensor(
            self.size * self.rng.standard_normal(shape), dtype=torch.float32
        )

    def activations(
        self, x: Tensor, memory: Tensor, sums: Sequence[Tensor | None] = ()
    ) -> Activations:
        """One step of the column, as `Column.activations`, with new noise."""
        i = self.layer
        kinds = self.sizes.kinds
        noise = self.noise(len(x))
        sums = [*sums] or [None] * len(kinds)
        through = product(kinds[i], self.column.W[i], noise, self.column.stride(i))
        s = sums[i]
        sums[i] = through if s is None else s + through
        step = self.column.activations(x, memory, sums)
        hidden = [*step.hidden]
        hidden[i] = hidden[i] + noise  # eq. 1, for the laterals
        return step._replace(hidden=hidden)


def disturbed(
    net: ProgressiveNet, column: int, layer: int, size: float, seed: int
) -> ProgressiveNet:
    """The net with noise in one layer of one column.

    Args:
        net: without LSTMs; it is not changed.
        column: k, from 0 for the oldest.
        layer: i of h_i, from 1.
        size: standard deviation of the noise.
        seed: of the noise.

    Raises:
        ValueError: there is no such column or layer, or the columns have LSTMs.
    """
    check_place(net, column, layer)
    columns = list(net.columns)
    rng = np.random.default_rng(seed)
    columns[column] = DisturbedColumn(columns[column], layer, size, rng)
    return ProgressiveNet(columns, net.laterals)


def check_place(net: ProgressiveNet, column: int, layer: int) -> None:
    """Refuse a place that the net does not have, and nets with LSTMs."""
    hidden = len(net.sizes.kinds) - 1
    if net.sizes.lstm:
        raise ValueError("noise is defined for feed-forward columns; these have LSTMs")
    if not 0 <= column < len(net.columns) or not 1 <= layer <= hidden:
        raise ValueError(
            f"there is no layer {layer} of column {column}; there are layers 1 to "
            f"{hidden} of columns 0 to {len(net.columns) - 1}"
        )


def sizes_of_activations(net: ProgressiveNet, images: Tensor) -> Array:
    """s_i^(k), root mean squares over images (N, H, W, 3); (columns, layers)."""
    as_input(images, net.sizes.image)
    with torch.no_grad():
        steps = net.run(images, torch.zeros(len(images), net.memory_size))
    return np.array(
        [[float(h.square().mean().sqrt()) for h in step.hidden[1:]] for step in steps]
    )


@dataclass(frozen=True)
class NoiseSettings:
    """Which noise is tried.

    Args:
        smallest, largest: σ, in units of the layer's activations.
        bisections: how often the range is halved, in logarithms.
    """

    smallest: float = 0.125
    largest: float = 32.0
    bisections: int = 5


def halving_noise(
    score: Callable[[float], float], half: float, settings: NoiseSettings
) -> float:
    """σ at which a score has fallen to `half`; infinite if the largest does not do it.

    Args:
        score: of σ; falls with it.
        half: half of the score without noise.
        settings: the range, and how closely it is searched.
    """
    if score(settings.largest) > half:
        return math.inf
    low, high = np.log2([settings.smallest, settings.largest])
    for _ in range(settings.bisections):
        middle = (low + high) / 2
        if score(2**middle) > half:
            low = middle
        else:
            high = middle
    return float(2 ** ((low + high) / 2))


def sensitivity(
    net: ProgressiveNet,
    column: int,
    layer: int,
    images: Tensor,
    score: Callable[[ProgressiveNet], float],
    settings: NoiseSettings,
    seed: int,
) -> float:
    """Λ_i^(k) of one layer of one column.

    Args:
        net: whose newest column decides.
        column: k, from 0 for the oldest.
        layer: i of h_i, from 1.
        images: to measure the size of the activations, (N, H, W, 3).
        score: what the net achieves, for instance its mean return.
        settings: the range of σ.
        seed: of the noise; the same noise, larger or smaller, for every σ.

    Raises:
        ValueError: the score without noise is not positive, so it cannot halve, or the
            net has no such place.
    """
    check_place(net, column, layer)
    whole = score(net)
    if not whole > 0:
        raise ValueError(f"a score of {whole} cannot halve; it must be positive")
    s = sizes_of_activations(net, images)[column, layer - 1]
    sigma = halving_noise(
        lambda sigma: score(disturbed(net, column, layer, sigma * s, seed)),
        whole / 2,
        settings,
    )
    return 1 / sigma  # eq. 2


def shares(sensitivities: ArrayLike) -> Array:
    """APS of sensitivities (columns, layers): each layer's sum is 1, or 0 if no column
    matters there.
    """
    values = np.asarray(sensitivities, dtype=float)
    total = values.sum(axis=0)
    return np.asarray(values / np.where(total > 0, total, 1.0))  # eq. 3
