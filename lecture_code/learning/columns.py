"""A network that sees: two convolutions, a dense layer, perhaps an LSTM, and a head for
policy and value.

    (1)  a_i = W_i h_{i−1} + s_i + b_i,  h_i = max(a_i, 0)       convolution or dense
    (2)  (i, f, g, o) = W [h, m] + s + b                             an LSTM's gates
         c ← σ(f) c + σ(i) tanh(g),  m ← σ(o) tanh(c)            its memory: m and c
    (3)  logits and value = W_L h_{L−1} + s_L + b_L                        the head

s is what other columns contribute; it is zero for a column that stands alone. Sums are
taken in this order, own products first and the bias last, so that a column whose own
product is zero equals another to the last bit if the rest is equal.

The head has C logits for each of A parts of an action, and the value V. A part is drawn
on its own. All weights start orthogonal, those of the head small; biases start at zero.

Read `Column.activations`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from lecture_code.learning.episodes import Decision

HEAD_GAIN = 0.05


@dataclass(frozen=True)
class ColumnSizes:
    """The sizes of a column.

    Args:
        image: height and width of an image [pixel].
        filters: number of filters of both convolutions.
        windows: width and stride of both convolutions [pixel].
        dense: width of the dense layer.
        lstm: number of cells of the LSTM behind it; 0 for a column that forgets.
        parts, choices: parts A of an action, and choices C of each.

    Raises:
        ValueError: a size is not positive, or an image is too small for the windows.
    """

    image: tuple[int, int] = (24, 24)
    filters: tuple[int, int] = (16, 32)
    windows: tuple[tuple[int, int], tuple[int, int]] = ((4, 2), (5, 2))
    dense: int = 128
    lstm: int = 0
    parts: int = 2
    choices: int = 3

    def __post_init__(self) -> None:
        sizes = np.array(
            [*self.image, *self.filters, *np.ravel(self.windows), self.dense]
        )
        if (sizes < 1).any() or self.lstm < 0 or self.parts < 1 or self.choices < 2:
            raise ValueError(f"sizes must be positive, and choices 2 or more; {self}")
        if min(self.maps()[-1]) < 1:
            raise ValueError(
                f"an image of {self.image} is too small for windows {self.windows}"
            )

    def maps(self) -> list[tuple[int, int]]:
        """Height and width of the image and of both convolutions' outputs."""
        maps = [self.image]
        for window, stride in self.windows:
            height, width = maps[-1]
            maps.append(
                ((height - window) // stride + 1, (width - window) // stride + 1)
            )
        return maps

    @property
    def outputs(self) -> int:
        """Number of outputs of the head: all logits and the value."""
        return self.parts * self.choices + 1

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kind of every layer, from the image to the head."""
        return ("conv", "conv", "dense", *["lstm"] * (self.lstm > 0), "head")

    def weights(self) -> list[tuple[int, ...]]:
        """The shape of every layer's weights."""
        first, second = self.filters
        height, width = self.maps()[-1]
        conv = [(first, 3), (second, first)]
        shapes: list[tuple[int, ...]] = [
            (*pair, window, window)
            for pair, (window, _) in zip(conv, self.windows, strict=True)
        ]
        shapes.append((self.dense, second * height * width))
        if self.lstm:
            shapes.append((4 * self.lstm, self.dense + self.lstm))
        return [*shapes, (self.outputs, self.lstm or self.dense)]


def orthogonal(
    shape: Sequence[int], gain: float, rng: np.random.Generator
) -> nn.Parameter:
    """Weights whose rows, or columns, are orthogonal and of length `gain`."""
    rows = shape[0]
    columns = math.prod(shape[1:])
    normal = rng.standard_normal((max(rows, columns), min(rows, columns)))
    Q, R = np.linalg.qr(normal)
    Q *= np.sign(np.diag(R))  # then every direction is equally likely
    W = np.ascontiguousarray(gain * (Q if rows >= columns else Q.T))
    return nn.Parameter(torch.tensor(W.reshape(shape), dtype=torch.float32))


def product(kind: str, W: Tensor, h: Tensor, stride: int) -> Tensor:
    """W h of a layer: a convolution, or a matrix product of the flat h."""
    return conv2d(h, W, stride=stride) if kind == "conv" else h.flatten(1) @ W.T


def as_input(images: Tensor, image: tuple[int, int]) -> Tensor:
    """Images (N, H, W, 3) as (N, 3, H, W) float32.

    Raises:
        ValueError: they have another shape, or are neither uint8 nor float32.
    """
    if images.ndim != 4 or tuple(images.shape[1:]) != (*image, 3):
        raise ValueError(
            f"images must be (N, {image[0]}, {image[1]}, 3); got {tuple(images.shape)}"
        )
    if images.dtype not in (torch.uint8, torch.float32):
        raise ValueError(f"images must be uint8 or float32; got {images.dtype}")
    x = images.permute(0, 3, 1, 2)
    return x / 255 if images.dtype == torch.uint8 else x


class Activations(NamedTuple):
    """What is computed on the way through a column.

    Args:
        hidden: h_0 (the image), h_1, …, h_{L−1}; of the LSTM, its new m.
        before: m of the LSTM before this step, (N, cells).
        outputs: logits and value, (N, A·C + 1).
        memory: m and c side by side, for the next step, (N, M).
    """

    hidden: list[Tensor]
    before: Tensor
    outputs: Tensor
    memory: Tensor

    def entering(self, layer: int, kind: str) -> Tensor:
        """What enters a layer: h_{i−1}, and m beside it for an LSTM."""
        h = self.hidden[layer]
        return torch.cat([h, self.before], 1) if kind == "lstm" else h


class Column(nn.Module):
    """A network from images to a decision.

    Args:
        sizes: of its layers.
        rng: draws the weights.
    """

    def __init__(self, sizes: ColumnSizes, rng: np.random.Generator) -> None:
        super().__init__()
        self.sizes = sizes
        shapes = sizes.weights()
        gains = [math.sqrt(2)] * 3 + [1.0] * (sizes.lstm > 0) + [HEAD_GAIN]
        self.W = nn.ParameterList(
            orthogonal(shape, gain, rng)
            for shape, gain in zip(shapes, gains, strict=True)
        )
        self.b = nn.ParameterList(
            nn.Parameter(torch.zeros(shape[0])) for shape in shapes
        )

    @property
    def memory_size(self) -> int:
        """M, how many numbers the column keeps of an episode."""
        return 2 * self.sizes.lstm

    def stride(self, layer: int) -> int:
        """Stride of a layer [pixel]; 1 for a layer that is no convolution."""
        return self.sizes.windows[layer][1] if layer < 2 else 1

    def activations(
        self, x: Tensor, memory: Tensor, sums: Sequence[Tensor | None] = ()
    ) -> Activations:
        """One step of the column.

        Args:
            x: images as `as_input` gives them, (N, 3, H, W).
            memory: (N, M).
            sums: s of each layer, what other columns contribute; None for nothing.
        """
        before, cells = torch.split(memory, [self.sizes.lstm] * 2, dim=1)
        hidden = [x]
        sums = sums or [None] * len(self.sizes.kinds)
        for i, kind in enumerate(self.sizes.kinds):
            h = torch.cat([hidden[-1], before], 1) if kind == "lstm" else hidden[-1]
            a = product(kind, self.W[i], h, self.stride(i))
            s = sums[i]
            a = a if s is None else a + s
            a = a + self.b[i].reshape(-1, *[1] * (a.ndim - 2))
            if kind == "head":
                return Activations(hidden, before, a, memory)  # the head: no f
            if kind == "lstm":
                recalled, cells = lstm_cell(a, cells)  # the gates of the LSTM
                memory = torch.cat([recalled, cells], 1)
                hidden.append(recalled)
            else:
                hidden.append(a.relu())  # eq. 1
        raise AssertionError("a column ends with its head")

    def forward(self, images: Tensor, memory: Tensor) -> Decision:
        """What the column decides for images (N, H, W, 3)."""
        x = as_input(images, self.sizes.image)
        step = self.activations(x, memory)
        return decision_of(step.outputs, step.memory, self.sizes)


def lstm_cell(gates: Tensor, cells: Tensor) -> tuple[Tensor, Tensor]:
    """New m and c (N, cells) each, from gates (N, 4·cells) and c (N, cells)."""
    i, f, g, o = gates.chunk(4, dim=1)
    c = f.sigmoid() * cells + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def decision_of(outputs: Tensor, memory: Tensor, sizes: ColumnSizes) -> Decision:
    """Outputs (N, A·C + 1) as logits (N, A, C) and values (N,)."""
    logits = outputs[:, :-1].reshape(-1, sizes.parts, sizes.choices)
    return Decision(logits, outputs[:, -1], memory)


def number_of_parameters(network: nn.Module, learnt: bool = False) -> int:
    """Number of parameters of a network, or only of those that learn."""
    parts = [p for p in network.parameters() if p.requires_grad or not learnt]
    return sum(part.numel() for part in parts)
