"""Policies and models that the page can run, as JSON for mujoco-robots.js.

They are recognised by their attributes, not by their class, so that this room need not
know where they come from:

    linear    matrix, standardiser             a = M (s − mean) / std
    network   layers, skip, inputs, targets    y = μ_y + σ_y (net(x̃) + x̃ W)
    gaussian  layers, standardiser, explore    a = net((s − mean) / std)
    walk      turn, amplitude, phase, offset   a = offset + amplitude sin(turn t + φ)

For a network x̃ = (x − μ_x) / σ_x, and its hidden layers are tanh or relu. Of a Gaussian
policy the page runs the mean action. A walk goes by the clock and sees nothing; φ is
its phase.

A matrix of a linear policy is kept in full, so that the page repeats Python's
trajectory; networks are kept as float32, as they were trained. `Network` is for a
network of one's own, for instance from a trained torch model.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

BLIND = -1  # inputs of a policy that sees nothing
ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0.0),
}


class PagePolicy(Protocol):
    """A policy: (observations (N, S), rng) -> actions (N, A)."""

    def __call__(self, observations: Array, rng: np.random.Generator) -> Array:
        """Actions (N, A)."""


@dataclass(frozen=True, eq=False)
class Network:
    """Dense layers between standardised inputs and outputs.

    Args:
        layers: (W (inputs, outputs), b (outputs,)) of each; torch keeps W the other way
            round.
        inputs, targets: mean and standard deviation of the inputs (k,) and of the
            outputs (m,).
        skip: W of a linear connection past all layers, (k, m), or None.
        activation: of the hidden layers, "tanh" or "relu".

    Raises:
        ValueError: shapes that do not fit, or an unknown activation.
    """

    layers: tuple[tuple[Array, Array], ...]
    inputs: tuple[Array, Array]
    targets: tuple[Array, Array]
    skip: Array | None = None
    activation: str = "tanh"

    def __post_init__(self) -> None:
        if self.activation not in ACTIVATIONS:
            raise ValueError(
                f"unknown activation {self.activation!r}; known: "
                f"{', '.join(ACTIVATIONS)}"
            )
        width = self.inputs[0].size
        for i, (W, b) in enumerate(self.layers):
            if W.shape != (width, b.size):
                raise ValueError(
                    f"layer {i} of the network must have weights ({width}, {b.size}); "
                    f"got {W.shape}"
                )
            width = b.size
        if width != self.targets[0].size:
            raise ValueError(
                f"the network has {width} outputs, and targets are given for "
                f"{self.targets[0].size}"
            )

    def __call__(self, x: Array, rng: np.random.Generator | None = None) -> Array:
        """Outputs (N, m) for x (N, k); nothing is drawn."""
        x = (x - self.inputs[0]) / self.inputs[1]
        hidden = x
        bend = ACTIVATIONS[self.activation]
        for W, b in self.layers[:-1]:
            hidden = bend(hidden @ W + b)
        W, b = self.layers[-1]
        out = hidden @ W + b + (0.0 if self.skip is None else x @ self.skip)
        return np.asarray(self.targets[0] + self.targets[1] * out)


def encode_for_page(model: Any, inputs: int, outputs: int, name: str) -> dict[str, Any]:
    """JSON of a policy or a model, for RealityGap.makePolicy in the page.

    Args:
        model: of one of the kinds above.
        inputs, outputs: how many numbers it must take and give.
        name: what to call it in an error.

    Raises:
        ValueError: it is of no known kind, or does not fit.
    """
    for kind, (marks, make) in _KINDS.items():
        if all(hasattr(model, mark) for mark in marks):
            sizes, numbers = make(model)
            if sizes[0] not in (inputs, BLIND) or sizes[1] != outputs:
                raise ValueError(
                    f"{name} must take {inputs} numbers and give {outputs}; it takes "
                    f"{sizes[0]} and gives {sizes[1]}"
                )
            return {"kind": kind, **numbers}
    known = "; ".join(
        f"{kind} ({', '.join(marks)})" for kind, (marks, _) in _KINDS.items()
    )
    raise ValueError(
        f"{name} is a {type(model).__name__}, which a page cannot run; it can run "
        f"what has the attributes of one of: {known}"
    )


Sizes = tuple[int, int]  # inputs, outputs


def _linear(policy: Any) -> tuple[Sizes, dict[str, Any]]:
    mean, std = policy.standardiser
    matrix = policy.matrix.reshape(-1, mean.size)  # (A, S)
    numbers = {"matrix": matrix, "mean": mean, "std": std}
    sizes = mean.size, len(matrix)
    return sizes, {name: values.tolist() for name, values in numbers.items()}


def _network(model: Any) -> tuple[Sizes, dict[str, Any]]:
    k, m = (np.size(mean) for mean, _ in (model.inputs, model.targets))
    *hidden, (W, b) = model.layers
    # outputs beyond the means say how sure the model is: the page does without
    layers = [*hidden, (np.asarray(W)[:, :m], np.asarray(b)[:m])]
    numbers = {
        "layers": [[_floats(W), _floats(b)] for W, b in layers],
        "skip": None if model.skip is None else _floats(model.skip),
        "inputs": [_floats(values) for values in model.inputs],
        "targets": [_floats(values) for values in model.targets],
        "activation": getattr(model, "activation", "tanh"),
    }
    return (k, m), numbers


def _gaussian(policy: Any) -> tuple[Sizes, dict[str, Any]]:
    if policy.explore:
        raise ValueError(
            "the page shows what a Gaussian policy does on average: give the one that "
            "is greedy"
        )
    m = policy.layers[-1][1].size
    inputs = tuple(policy.standardiser)
    targets = (np.zeros(m), np.ones(m))
    sizes, numbers = _network(Network(tuple(policy.layers), inputs, targets))
    return sizes, {"kind": "network", **numbers}


def _walk(walk: Any) -> tuple[Sizes, dict[str, Any]]:
    columns = {
        name: np.ravel(getattr(walk, name)).astype(float).tolist()
        for name in ("amplitude", "phase", "offset")
    }
    turn = float(np.ravel(walk.turn)[0])
    return (BLIND, len(columns["offset"])), {"turn": turn, **columns}


_KINDS = {
    "linear": (("matrix", "standardiser"), _linear),
    "network": (("layers", "skip", "inputs", "targets"), _network),
    "gaussian": (("layers", "standardiser", "explore"), _gaussian),
    "walk": (("turn", "amplitude", "phase", "offset"), _walk),
}


def _floats(values: ArrayLike) -> str:
    """float32, little-endian, row after row, in base64."""
    return b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode()
