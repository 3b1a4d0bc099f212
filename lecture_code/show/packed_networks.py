"""Networks of `<corridor-flight>`, small enough for a page: whole numbers of 8 bits for
the weights, and one scale for each output channel.

    (1)  scale_o = max |W_o| / 127
    (2)  packed W_o = round(W_o / scale_o),   unpacked W_o = packed W_o · scale_o

As text, a network is about as long as in base64 and compresses better, because letters
that tell much and letters that tell little stand apart: see `as_letters`.

Read `packed`, then `unpacked`: what the page computes with.
"""

from __future__ import annotations

import string
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float32]
Parameters = Sequence[tuple[ArrayLike, ArrayLike]]  # weight and bias of each layer
SHAPES = (  # channels out and in, rows and columns of the kernel
    (16, 3, 5, 5),
    (32, 16, 3, 3),
    (32, 32, 3, 3),
    (48, 32, 4, 3),
    (48, 48, 1, 5),
    (1, 48, 1, 1),
)
LARGEST = 127  # of a packed weight
LETTERS = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"


@dataclass(frozen=True, eq=False)
class PackedLayer:
    """One convolution, packed.

    Args:
        weights: int8, (channels out, channels in, rows, columns).
        scales: of each output channel, float32.
        biases: of each output channel, float32.
    """

    weights: NDArray[np.int8]
    scales: Floats
    biases: Floats


def parameters_of(state: Mapping[str, ArrayLike]) -> list[tuple[ArrayLike, ArrayLike]]:
    """Weight and bias of each layer from a network's `state_dict()`, which names them
    by turns.
    """
    numbers = [np.asarray(value) for value in state.values()]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def packed(parameters: Parameters) -> list[PackedLayer]:
    """A network with weights of 8 bits.

    Args:
        parameters: weight and bias of each of the six layers, as torch shapes them.

    Raises:
        ValueError: the page has no network of these shapes, or a number is not finite.
    """
    layers = []
    if len(parameters) != len(SHAPES):
        raise ValueError(
            f"a network of the page has {len(SHAPES)} layers; got {len(parameters)}"
        )
    for number, ((weight, bias), shape) in enumerate(
        zip(parameters, SHAPES, strict=True)
    ):
        W, b = np.asarray(weight, np.float32), np.asarray(bias, np.float32)
        if W.shape != shape or b.shape != shape[:1]:
            raise ValueError(
                f"layer {number} needs weights {shape} and biases {shape[:1]}; got "
                f"{W.shape} and {b.shape}"
            )
        if not (np.isfinite(W).all() and np.isfinite(b).all()):
            raise ValueError(f"layer {number} has numbers that are not finite")
        largest = np.abs(W).max(axis=(1, 2, 3))
        scales: Floats = np.where(largest > 0, largest / LARGEST, 1)  # eq. 1
        whole = np.rint(W / scales[:, None, None, None])  # eq. 2
        layers.append(PackedLayer(whole.astype(np.int8), scales, b.copy()))
    return layers


def unpacked(layers: Sequence[PackedLayer]) -> list[tuple[Floats, Floats]]:
    """Weight and bias of each layer, float32: exactly what the page computes with."""
    return [
        (
            layer.weights.astype(np.float32) * layer.scales[:, None, None, None],
            layer.biases.copy(),
        )
        for layer in layers
    ]


def encode(networks: Sequence[Sequence[PackedLayer]]) -> dict[str, Any]:
    """Networks as JSON: the numbers of all layers of all networks, a row of each
    kind.
    """
    layers = [layer for network in networks for layer in network]
    none = PackedLayer(np.zeros(0, np.int8), *2 * [np.zeros(0, np.float32)])
    weights, scales, biases = (
        np.concatenate([getattr(layer, kind).ravel() for layer in [none, *layers]])
        for kind in ("weights", "scales", "biases")
    )
    return {
        "count": len(networks),
        "weights": as_letters(weights),
        "scales": as_base64(scales.astype("<f4")),
        "biases": as_base64(biases.astype("<f4")),
    }


def as_letters(weights: NDArray[np.int8]) -> str:
    """N numbers of 8 bits as letters of base64, six bits each: first the upper six bits
    of every number, then the lower two bits of three numbers at a time, the first
    number in the lowest bits.
    """
    bits = weights.view(np.uint8)
    low = np.pad(bits & 3, (0, -len(bits) % 3)).reshape(-1, 3) << (0, 2, 4)
    codes = np.concatenate([bits >> 2, low.sum(axis=1)])
    return "".join(LETTERS[code] for code in codes)


def as_base64(values: NDArray[Any]) -> str:
    """The bytes of an array as text."""
    return b64encode(np.ascontiguousarray(values).tobytes()).decode()
