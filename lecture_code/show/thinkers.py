"""What decides, in a form that the page can run: policies and models of the dynamics as
JSON for mujoco-robots.js.

Recognised by what they hold, not by their class, so that this room need not know where
they come from:

    linear     theta, mean, std                        a = M (s − mean) / std
    network    layers, skip, inputs, targets           y = μ_y + σ_y (net(x̃) + x̃ W),  x̃ = (x − μ_x) / σ_x, hidden layers tanh or relu
    gaussian   layers, centre, spread, explore         the mean action of a Gaussian policy: a network with μ_y = 0, σ_y = 1
    walk       turn, amplitude, phase, offset          a = offset + amplitude sin(turn t + phase), blind

A matrix of a linear policy is kept in full, so that the page repeats Python's
trajectory; networks as float32, as they were trained. `Network` is a network of one's
own making, for instance from a trained torch model.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

BLIND = -1  # takes no notice of its inputs
ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0.0),
}


class Thinker(Protocol):
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
        hidden, bend = x, ACTIVATIONS[self.activation]
        for W, b in self.layers[:-1]:
            hidden = bend(hidden @ W + b)
        W, b = self.layers[-1]
        out = hidden @ W + b + (0.0 if self.skip is None else x @ self.skip)
        return np.asarray(self.targets[0] + self.targets[1] * out)


def encode(thinker: Any, inputs: int, outputs: int, name: str) -> dict[str, Any]:
    """JSON of a policy or a model, for RealityGap.thinker in the page.

    Args:
        thinker: one of the kinds above.
        inputs, outputs: how many numbers it must take and give.
        name: what to call it in an error.

    Raises:
        ValueError: it is of no known kind, or does not fit.
    """
    for kind, (marks, make) in _KINDS.items():
        if all(hasattr(thinker, mark) for mark in marks):
            sizes, found = make(thinker)
            if sizes[0] not in (inputs, BLIND) or sizes[1] != outputs:
                raise ValueError(
                    f"{name} must take {inputs} numbers and give {outputs}; it takes "
                    f"{sizes[0]} and gives {sizes[1]}"
                )
            return {"kind": kind, **found}
    known = "; ".join(
        f"{kind} ({', '.join(marks)})" for kind, (marks, _) in _KINDS.items()
    )
    raise ValueError(
        f"{name} is a {type(thinker).__name__}, which a page cannot run; it can run "
        f"what has the attributes of one of: {known}"
    )


def _linear(policy: Any) -> tuple[tuple[int, int], dict[str, Any]]:
    mean, std = (
        np.asarray(policy.mean, dtype=float),
        np.asarray(policy.std, dtype=float),
    )
    matrix = np.asarray(policy.theta, dtype=float).reshape(-1, mean.size)  # (A, S)
    return (mean.size, len(matrix)), {
        "matrix": matrix.tolist(),
        "mean": mean.tolist(),
        "std": std.tolist(),
    }


def _network(model: Any) -> tuple[tuple[int, int], dict[str, Any]]:
    m = np.size(model.targets[0])
    *hidden, (W, b) = model.layers
    layers = [
        *hidden,
        (np.asarray(W)[:, :m], np.asarray(b)[:m]),
    ]  # what may follow the means is how sure it is of them
    found = {
        "layers": [[_floats(W), _floats(b)] for W, b in layers],
        "skip": None if model.skip is None else _floats(model.skip),
        "inputs": [_floats(values) for values in model.inputs],
        "targets": [_floats(values) for values in model.targets],
        "activation": getattr(model, "activation", "tanh"),
    }
    return (np.size(model.inputs[0]), m), found


def _gaussian(policy: Any) -> tuple[tuple[int, int], dict[str, Any]]:
    if policy.explore:
        raise ValueError(
            "the page shows what a Gaussian policy does on average: give the one that "
            "is greedy"
        )
    m = policy.layers[-1][1].size
    size, found = _network(
        Network(
            tuple(policy.layers),
            (policy.centre, policy.spread),
            (np.zeros(m), np.ones(m)),
        )
    )
    return size, {"kind": "network", **found}


def _walk(walk: Any) -> tuple[tuple[int, int], dict[str, Any]]:
    columns = {
        name: np.ravel(getattr(walk, name)).astype(float).tolist()
        for name in ("amplitude", "phase", "offset")
    }
    return (BLIND, len(columns["offset"])), {
        "turn": float(np.ravel(walk.turn)[0]),
        **columns,
    }


_KINDS = {
    "linear": (("theta", "mean", "std"), _linear),
    "network": (("layers", "skip", "inputs", "targets"), _network),
    "gaussian": (("layers", "centre", "spread", "explore"), _gaussian),
    "walk": (("turn", "amplitude", "phase", "offset"), _walk),
}


def _floats(values: ArrayLike) -> str:
    """float32, little-endian, row after row, in base64."""
    return b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode()
