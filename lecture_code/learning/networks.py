"""The multilayer perceptron and the standardiser: what every policy and every model of
the book is made of.

    x_0 = x,  x_i = f(x_{i−1} W_i + b_i),  y = x_{L−1} W_L + b_L

Rows are examples, so W_i is (inputs, outputs). Everything here is a function of the
layers; `forward` takes NumPy arrays and torch tensors alike, and is told which
activation function f is theirs: mostly tanh.

A `Standardiser` brings numbers to mean 0 and standard deviation 1, whatever their
units; a `RunningStandardiser` learns mean and standard deviation while it goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

Array = NDArray[np.float64]
Layers = list[tuple[Array, Array]]  # W (inputs, outputs) and b (outputs,) of each
Numbers = TypeVar("Numbers", "NDArray[Any]", "Tensor")

Activation = Callable[[NDArray[Any]], NDArray[Any]]

LEAST_STD = 1e-6  # what varies less is only shifted, not scaled


def relu(x: NDArray[Any]) -> NDArray[Any]:
    """Rectified linear unit: max(x, 0)."""
    return np.asarray(np.maximum(x, 0))


ACTIVATIONS: dict[str, tuple[Activation, Activation]] = {
    "tanh": (np.tanh, lambda h: 1 - h**2),
    "relu": (relu, lambda h: (h > 0).astype(h.dtype)),
}
"""Name -> the activation h = f(a), and its slope f'(a) as a function of h."""


def inputs_of_layers(
    layers: Sequence[tuple[Numbers, Numbers]],
    x: Numbers,
    activation: Callable[[Numbers], Numbers],
) -> list[Numbers]:
    """What enters each layer for inputs x (n, k): x itself, then x_1, x_2, …"""
    entering = [x]
    for W, b in layers[:-1]:
        entering.append(activation(entering[-1] @ W + b))
    return entering


def forward(
    layers: Sequence[tuple[Numbers, Numbers]],
    x: Numbers,
    activation: Callable[[Numbers], Numbers],
) -> Numbers:
    """The network's outputs y (n, m) for inputs x (n, k)."""
    W, b = layers[-1]
    y: Numbers = inputs_of_layers(layers, x, activation)[-1] @ W + b
    return y


def initial_weights(
    shape: tuple[int, int],
    inputs: int,
    rng: np.random.Generator,
    scale: float = 1.0,
) -> Array:
    """Weights of a layer to start from, ~ N(0, scale² / inputs)."""
    return np.asarray(scale * rng.standard_normal(shape) / np.sqrt(inputs))


def count_weights(sizes: Sequence[int]) -> int:
    """Number of weights and biases of layers between these sizes (k, hidden …, m)."""
    return sum((n + 1) * m for n, m in pairwise(sizes))


def unpack(theta: Numbers, sizes: Sequence[int]) -> list[tuple[Numbers, Numbers]]:
    """The layers in a flat vector, as views of it.

    The vector holds of each layer the weights, those of the first output first, and
    then the biases.
    """
    layers = []
    start = 0
    for n, m in pairwise(sizes):
        middle = start + n * m
        end = start + (n + 1) * m
        layers.append((theta[start:middle].reshape(m, n).T, theta[middle:end]))
        start = end
    return layers


@dataclass(frozen=True, eq=False)
class Standardiser:
    """x̃ = (x − mean) / std, and back.

    `mean, std = standardiser` takes it apart.

    Args:
        mean, std: of each column, (k,).

    Raises:
        ValueError: shapes differ, a number is not finite, or a std is not positive.
    """

    mean: Array
    std: Array

    def __post_init__(self) -> None:
        mean, std = np.array(self.mean, float), np.array(self.std, float)  # copies
        if mean.ndim != 1 or mean.size == 0 or std.shape != mean.shape:
            raise ValueError(
                f"mean and std must be (k,) with k ≥ 1; got {mean.shape} and "
                f"{std.shape}"
            )
        for name, values in (("mean", mean), ("std", std)):
            if not np.isfinite(values).all():
                raise ValueError(f"{name} must be finite; got {values}")
        if not (std > 0).all():
            raise ValueError(f"std must be positive; got {std}")
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "std", std)

    @classmethod
    def initial(cls, size: int) -> Standardiser:
        """The standardiser that changes nothing, for `size` columns."""
        return cls(np.zeros(size), np.ones(size))

    @classmethod
    def from_data(cls, x: Array) -> Standardiser:
        """By mean and std of the columns of x (n, k); std 1 where nothing varies."""
        std = x.std(axis=0)
        return cls(x.mean(axis=0), np.where(std < LEAST_STD, 1.0, std))

    @property
    def size(self) -> int:
        """Number of columns, k."""
        return self.mean.size

    def __call__(self, x: Array) -> Array:
        """x̃ (n, k) of x (n, k)."""
        return (x - self.mean) / self.std

    def invert(self, x: Array) -> Array:
        """x (n, k) of x̃ (n, k)."""
        return self.mean + self.std * x

    def __iter__(self) -> Iterator[Array]:
        return iter((self.mean, self.std))


class RunningStandardiser:
    """Mean and standard deviation (k,) of all rows so far.

    Attributes:
        count: rows so far.
        mean: their mean, (k,).
    """

    def __init__(self, size: int) -> None:
        self.count = 0
        self.mean = np.zeros(size)
        self._squares = np.zeros(size)  # Σ (x − mean)²

    def add(self, x: Array) -> None:
        """Take in rows x (n, k), by the parallel update of Chan, Golub & LeVeque
        (1983).
        """
        n = len(x)
        mean = x.mean(axis=0)
        delta = mean - self.mean
        total = self.count + n
        between = np.square(delta) * self.count * n / total
        self._squares = self._squares + np.square(x - mean).sum(axis=0) + between
        self.mean = self.mean + delta * n / total
        self.count = total

    @property
    def std(self) -> Array:
        """Standard deviation, (k,): 1 until something has been seen, and where nothing
        varies.
        """
        variance = self._squares / max(self.count - 1, 1)
        return np.asarray(np.sqrt(np.where(variance < 1e-7, 1.0, variance)))

    @property
    def now(self) -> Standardiser:
        """The standardiser by all rows so far."""
        return Standardiser(self.mean, self.std)
