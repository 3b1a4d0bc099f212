"""Regression with small networks: what predicts the next state, or the action that led
there.

    y = μ_y + σ_y (W x̃ + net(x̃)),   x̃ = (x − μ_x) / σ_x

Inputs and targets are standardised; `net` has hidden layers with tanh or ReLU
(`networks.py`); W is a linear skip connection. W starts at the least-squares solution
and the last layer of `net` at zero, so that before its first step of training a network
is the best linear model, and what it learns is the rest. Fitting is by Adam on
minibatches, with a rate that falls to zero along a cosine. With `predict_std` the
network says how sure it is: it has a second output, the logarithm of a standard
deviation, and is fitted by the likelihood

    L(x, y) = Σ_i log σ_i(x) + (y_i − μ_i(x))² / (2 σ_i(x)²)

up to a constant.

All of it is NumPy, gradients by hand: for networks so small a step is over before torch
has looked at the graph, and loading torch takes longer than a fit. (The tests hold the
gradients to torch's.) A fitted `Regression` is a few matrices. The same rng gives the
same network.

Read `Regression` for what is predicted, then `fit`; `gradient` is back-propagation in
ten lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.learning.networks import (
    ACTIVATIONS,
    LEAST_STD,
    Layers,
    Standardiser,
    forward,
    initial_weights,
    inputs_of_layers,
)

Array = NDArray[np.float64]

LOG_STD = (-7.0, 2.0)  # bounds of log σ(x), in units of the target's standard deviation


@dataclass(frozen=True)
class RegressionSettings:
    """How a network is fitted.

    Args:
        hidden: width of each hidden layer; () leaves the linear model.
        epochs: how often every example is seen.
        batch: examples in a step.
        rate: of Adam, at the start.
        weight_decay: of Adam (decoupled, as in AdamW).
        skip: with the linear skip connection.
        predict_std: also predict a standard deviation, by Gaussian likelihood.
        activation: of the hidden layers, "tanh" or "relu".
    """

    hidden: tuple[int, ...] = (64, 64)
    epochs: int = 40
    batch: int = 256
    rate: float = 1e-2
    weight_decay: float = 1e-4
    skip: bool = True
    predict_std: bool = False
    activation: str = "tanh"

    def __post_init__(self) -> None:
        if self.activation not in ACTIVATIONS:
            raise ValueError(
                f"unknown activation {self.activation!r}; known: "
                f"{', '.join(ACTIVATIONS)}"
            )
        counts = self.epochs >= 0 and min(self.batch, *self.hidden, 1) >= 1
        if not counts or not self.rate > 0 or not self.weight_decay >= 0:
            raise ValueError(
                "epochs and weight_decay must be ≥ 0, batch and widths ≥ 1, rate "
                f"positive; got {self}"
            )


@dataclass(frozen=True, eq=False)
class Regression:
    """A fitted network.

    Args:
        layers: of `net`, with m outputs, or 2m with `predict_std`: means, then log
            standard deviations.
        skip: W of the skip connection, (k, m).
        inputs: standardiser of x, k columns.
        targets: standardiser of y, m columns.
        predict_std: whether it predicts a standard deviation.
        activation: of the hidden layers, as in `ACTIVATIONS`.
    """

    layers: Layers
    skip: Array
    inputs: Standardiser
    targets: Standardiser
    predict_std: bool = False
    activation: str = "tanh"

    def __call__(self, x: Array) -> Array:
        """The mean of y, (n, m), for x (n, k)."""
        return self.distribution(x)[0]

    def distribution(self, x: Array) -> tuple[Array, Array]:
        """Mean and standard deviation of y, (n, m) each; the deviation is zero without
        `predict_std`.

        Raises:
            ValueError: x does not have k columns.
        """
        k, m = self.inputs.size, self.targets.size
        if x.ndim != 2 or x.shape[1] != k:
            raise ValueError(f"inputs must be (n, {k}); got {x.shape}")
        x = self.inputs(x)
        out = forward(self.layers, x, ACTIVATIONS[self.activation][0])
        y = self.targets.invert(out[:, :m] + x @ self.skip)
        if not self.predict_std:
            return y, np.zeros_like(y)
        return y, self.targets.std * np.exp(np.clip(out[:, m:], *LOG_STD))

    def jacobian(self, x: Array) -> Array:
        """Slopes of the mean of y by x, (n, m, k), for x (n, k)."""
        m = self.targets.size
        activation, slope = ACTIVATIONS[self.activation]
        entering = inputs_of_layers(self.layers, self.inputs(x), activation)
        slopes = np.broadcast_to(
            self.layers[-1][0][:, :m].T, (len(x), m, len(self.layers[-1][0]))
        )
        for (W, _), h in zip(self.layers[-2::-1], entering[:0:-1], strict=True):
            slopes = (slopes * slope(h)[:, None, :]) @ W.T  # through f, then W
        slopes = slopes + self.skip.T
        return np.asarray(self.targets.std[:, None] * slopes / self.inputs.std)

    def sample(self, x: Array, rng: np.random.Generator) -> Array:
        """A draw of y, (n, m), ~ N(μ(x), diag σ(x)²)."""
        mean, std = self.distribution(x)
        return np.asarray(mean + std * rng.standard_normal(mean.shape))

    def explained(self, x: Array, y: Array) -> float:
        """R² on (x, y): the share of the targets' variance that is predicted, every
        target counting alike; 1 is perfect.
        """
        moving = y.std(axis=0) > LEAST_STD
        missed = np.square(y - self(x))[:, moving].mean(axis=0)
        return float(1 - (missed / y.var(axis=0)[moving]).mean())


def fit(
    x: Array,
    y: Array,
    rng: np.random.Generator,
    settings: RegressionSettings | None = None,
) -> Regression:
    """Fit a network to examples x (n, k) -> y (n, m).

    Args:
        x, y: the examples.
        rng: of the initial weights and of the order of the examples.
        settings: how; None for the defaults.

    Raises:
        ValueError: no examples, shapes that do not fit, or numbers that are not finite.
    """
    settings = settings or RegressionSettings()
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.ndim != 2 or y.ndim != 2 or len(x) != len(y) or len(x) == 0:
        raise ValueError(
            "a regression needs examples x (n, k) and y (n, m) with n ≥ 1; got "
            f"{x.shape} and {y.shape}"
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("examples must be finite")
    inputs, targets = Standardiser.from_data(x), Standardiser.from_data(y)
    x, y, m = inputs(x), targets(y), y.shape[1]
    skip: Array = np.zeros((x.shape[1], m))
    if settings.skip:
        skip = np.linalg.lstsq(x, y, rcond=1e-9)[0].astype(float)
    outputs = 2 * m if settings.predict_std else m
    layers = _initial((x.shape[1], *settings.hidden, outputs), rng)
    if settings.predict_std:  # as sure as the linear model may be
        missed = (y - x @ skip).std(axis=0)
        layers[-1][1][m:] = np.log(np.clip(missed, *np.exp(LOG_STD)))
    layers, skip = _descend(x, y, layers, skip, rng, settings)
    return Regression(
        layers, skip, inputs, targets, settings.predict_std, settings.activation
    )


def _initial(sizes: tuple[int, ...], rng: np.random.Generator) -> Layers:
    """The layers before training: the last one gives zero."""
    layers = [
        (initial_weights((n, m), n, rng), np.zeros(m)) for n, m in pairwise(sizes)
    ]
    W, b = layers[-1]
    return [*layers[:-1], (np.zeros_like(W), b)]


def gradient(
    layers: Layers,
    skip: Array,
    x: Array,
    y: Array,
    predict_std: bool,
    activation: str = "tanh",
) -> tuple[float, Layers, Array]:
    """The loss on standardised examples x (n, k), y (n, m), and its derivatives by the
    layers and by the skip connection.
    """
    f, slope = ACTIVATIONS[activation]
    entering = inputs_of_layers(layers, x, f)
    out = entering[-1] @ layers[-1][0] + layers[-1][1]
    m = y.shape[1]
    count = y.size
    error = y - out[:, :m] - x @ skip
    if predict_std:
        log_std = np.clip(out[:, m:], *LOG_STD)
        precision = np.exp(-2 * log_std)
        loss = float((log_std + 0.5 * error**2 * precision).mean())
        by_std = (1 - error**2 * precision) * (log_std == out[:, m:]) / count
        delta = np.hstack([-error * precision / count, by_std])  # ∂L/∂out, (n, 2m)
    else:
        loss = float(np.square(error).mean())
        delta = -2 * error / count  # (n, m)
    by_skip = x.T @ delta[:, :m]
    by_layers: Layers = []
    for (W, _), h in zip(reversed(layers), reversed(entering), strict=True):
        by_layers.insert(0, (h.T @ delta, delta.sum(axis=0)))
        delta = delta @ W.T * slope(h)  # through f; for the inputs it is not used
    return loss, by_layers, by_skip


def _descend(
    x: Array,
    y: Array,
    layers: Layers,
    skip: Array,
    rng: np.random.Generator,
    settings: RegressionSettings,
) -> tuple[Layers, Array]:
    """Adam (Kingma & Ba, 2015), with decoupled weight decay, in single precision; the
    layers and the skip connection afterwards.
    """
    x, y = x.astype(np.float32), y.astype(np.float32)
    # `layers` and `skip` are views into `weights` from here on
    weights, (layers, skip) = _flat(layers, skip)
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    step = 0
    steps = settings.epochs * -(-len(x) // settings.batch)
    for _ in range(settings.epochs):
        order = rng.permutation(len(x))
        for which in np.split(order, range(settings.batch, len(x), settings.batch)):
            _, by_layers, by_skip = gradient(
                layers,
                skip,
                x[which],
                y[which],
                settings.predict_std,
                settings.activation,
            )
            slope, _ = _flat(by_layers, by_skip * settings.skip)
            rate = np.float32(settings.rate * 0.5 * (1 + np.cos(np.pi * step / steps)))
            step += 1
            mean += np.float32(0.1) * (slope - mean)
            square += np.float32(0.001) * (slope**2 - square)
            size = np.sqrt(square / np.float32(1 - 0.999**step)) + np.float32(1e-8)
            unbiased = mean / np.float32(1 - 0.9**step) / size
            weights -= rate * (unbiased + np.float32(settings.weight_decay) * weights)
    return [(W.astype(float), b.astype(float)) for W, b in layers], skip.astype(float)


def _flat(layers: Layers, skip: Array) -> tuple[NDArray[Any], tuple[Layers, Array]]:
    """All numbers in one vector of single precision, and the same layers and skip
    connection as views into it.
    """
    arrays = [*[array for layer in layers for array in layer], skip]
    flat: NDArray[Any] = np.concatenate([array.ravel() for array in arrays])
    flat = flat.astype(np.float32)
    parts = np.split(flat, np.cumsum([array.size for array in arrays])[:-1])
    views: list[NDArray[Any]] = [
        part.reshape(array.shape) for part, array in zip(parts, arrays, strict=True)
    ]
    *inner, skip = views
    return flat, (list(zip(inner[::2], inner[1::2], strict=True)), skip)
