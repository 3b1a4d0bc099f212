"""Regression with small networks: what predicts the next state, or the action that led
there.

    y = μ_y + σ_y (W x̃ + net(x̃)),   x̃ = (x − μ_x) / σ_x              inputs and targets are brought to mean 0 and standard deviation 1

`net` has hidden layers with tanh; W is a linear skip connection. W starts at the
least-squares solution and the last layer of `net` at zero, so that before its first
step of training a network is the best linear model, and what it learns is the rest.
Fitting is by Adam on minibatches, with a rate that falls to zero along a cosine. With
`predict_std` the network says how sure it is: it has a second output, the logarithm of a
standard deviation, and is fitted by the likelihood

    L(x, y) = Σ_i log σ_i(x) + (y_i − μ_i(x))² / (2 σ_i(x)²)                                                    (Gaussian, up to a constant)

All of it is NumPy, gradients by hand: for networks so small a step is over before torch
has looked at the graph, and loading torch takes longer than a fit. (The tests hold the
gradients to torch's.) A fitted `Regression` is a few matrices. The same rng gives the
same network.

Read `Regression` for what is predicted, then `fit`; `gradient` is back-propagation in
ten lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Layers = list[tuple[Array, Array]]

LEAST_STD = 1e-6  # an input or target that varies less is left as it is
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
    """

    hidden: tuple[int, ...] = (64, 64)
    epochs: int = 40
    batch: int = 256
    rate: float = 1e-2
    weight_decay: float = 1e-4
    skip: bool = True
    predict_std: bool = False

    def __post_init__(self) -> None:
        if (
            self.epochs < 0
            or self.batch < 1
            or not self.rate > 0
            or not self.weight_decay >= 0
            or any(width < 1 for width in self.hidden)
        ):
            raise ValueError(
                "epochs and weight_decay must be ≥ 0, batch and widths ≥ 1, rate "
                f"positive; got {self}"
            )


@dataclass(frozen=True, eq=False)
class Regression:
    """A fitted network.

    Args:
        layers: (W, b) of each layer, the last one's output being (m,), or (2m,) with
            `predict_std`: means, then log standard deviations.
        skip: W of the skip connection, (k, m).
        inputs: mean and standard deviation of the inputs, (k,) each.
        targets: of the targets, (m,) each.
        predict_std: whether it predicts a standard deviation.
    """

    layers: Layers
    skip: Array
    inputs: tuple[Array, Array]
    targets: tuple[Array, Array]
    predict_std: bool = False

    def __call__(self, x: Array) -> Array:
        """The mean of y, (n, m), for x (n, k)."""
        return self.distribution(x)[0]

    def distribution(self, x: Array) -> tuple[Array, Array]:
        """Mean and standard deviation of y, (n, m) each; without `predict_std` the latter is
        zero.

        Raises:
            ValueError: x does not have k columns.
        """
        if x.ndim != 2 or x.shape[1] != self.inputs[0].size:
            raise ValueError(
                f"inputs must be (n, {self.inputs[0].size}); got {x.shape}"
            )
        x = (x - self.inputs[0]) / self.inputs[1]
        (mean, std), hidden, m = self.targets, x, self.targets[0].size
        for W, b in self.layers[:-1]:
            hidden = np.tanh(hidden @ W + b)
        W, b = self.layers[-1]
        out = hidden @ W + b
        y = mean + std * (out[:, :m] + x @ self.skip)
        return y, std * np.exp(
            np.clip(out[:, m:], *LOG_STD)
        ) if self.predict_std else np.zeros_like(y)

    def sample(self, x: Array, rng: np.random.Generator) -> Array:
        """A draw of y, (n, m), ~ N(μ(x), diag σ(x)²)."""
        mean, std = self.distribution(x)
        return np.asarray(mean + std * rng.standard_normal(mean.shape))

    def explained(self, x: Array, y: Array) -> float:
        """R² on (x, y): the share of the targets' variance that is predicted, every
        target counting alike; 1 is perfect.
        """
        moving = y.std(axis=0) > LEAST_STD
        return float(
            1
            - (
                np.square(y - self(x))[:, moving].mean(axis=0) / y.var(axis=0)[moving]
            ).mean()
        )


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
    inputs, targets = _scale(x), _scale(y)
    x, y = (x - inputs[0]) / inputs[1], (y - targets[0]) / targets[1]
    m = y.shape[1]
    skip: Array = (
        np.linalg.lstsq(x, y, rcond=1e-9)[0].astype(float)
        if settings.skip
        else np.zeros((x.shape[1], m))
    )
    start = _initial(
        x.shape[1], (*settings.hidden, 2 * m if settings.predict_std else m), rng
    )
    if settings.predict_std:
        start[-1][1][m:] = np.log(
            np.clip((y - x @ skip).std(axis=0), *np.exp(LOG_STD))
        )  # as sure as the linear model may be
    layers, skip = _descend(x, y, start, skip, rng, settings)
    return Regression(layers, skip, inputs, targets, settings.predict_std)


def _scale(values: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of the columns; one where nothing varies."""
    std = values.std(axis=0)
    return values.mean(axis=0), np.where(std < LEAST_STD, 1.0, std)


def _initial(k: int, widths: tuple[int, ...], rng: np.random.Generator) -> Layers:
    """The layers before training: W ~ N(0, 1 / inputs), the last one zero."""
    layers, size = [], k
    for width in widths:
        layers.append(
            (rng.standard_normal((size, width)) / np.sqrt(size), np.zeros(width))
        )  # ~ N(0, 1 / size)
        size = width
    layers[-1] = (np.zeros_like(layers[-1][0]), layers[-1][1])
    return layers


def gradient(
    layers: Layers, skip: Array, x: Array, y: Array, predict_std: bool
) -> tuple[float, Layers, Array]:
    """The loss on standardised examples x (n, k), y (n, m), and its derivatives by the
    layers and by the skip connection.
    """
    hidden, m, count = [x], y.shape[1], y.size
    for W, b in layers[:-1]:
        hidden.append(np.tanh(hidden[-1] @ W + b))
    out = hidden[-1] @ layers[-1][0] + layers[-1][1]
    error = y - out[:, :m] - x @ skip
    if predict_std:
        log_std = np.clip(out[:, m:], *LOG_STD)
        precision = np.exp(-2 * log_std)
        loss = float((log_std + 0.5 * error**2 * precision).mean())
        by_std = (1 - error**2 * precision) * (log_std == out[:, m:]) / count
        delta = np.hstack([-error * precision / count, by_std])  # ∂L/∂out, (n, 2m)
    else:
        loss, delta = float(np.square(error).mean()), -2 * error / count  # (n, m)
    by_skip = x.T @ delta[:, :m]
    by_layers: Layers = []
    for (W, _), h in zip(reversed(layers), reversed(hidden), strict=True):
        by_layers.insert(0, (h.T @ delta, delta.sum(axis=0)))
        delta = delta @ W.T * (1 - h**2)  # through tanh; for the inputs it is not used
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
    weights, (layers, skip) = _flat(
        layers, skip
    )  # `layers` and `skip` are views into `weights`
    mean, square, step = np.zeros_like(weights), np.zeros_like(weights), 0
    steps = settings.epochs * -(-len(x) // settings.batch)
    for _ in range(settings.epochs):
        order = rng.permutation(len(x))
        for which in np.split(order, range(settings.batch, len(x), settings.batch)):
            _, by_layers, by_skip = gradient(
                layers, skip, x[which], y[which], settings.predict_std
            )
            slope, _ = _flat(by_layers, by_skip * settings.skip)
            rate = np.float32(settings.rate * 0.5 * (1 + np.cos(np.pi * step / steps)))
            step += 1
            mean += np.float32(0.1) * (slope - mean)
            square += np.float32(0.001) * (slope**2 - square)
            unbiased = (
                mean
                / np.float32(1 - 0.9**step)
                / (np.sqrt(square / np.float32(1 - 0.999**step)) + np.float32(1e-8))
            )
            weights -= rate * (unbiased + np.float32(settings.weight_decay) * weights)
    return [(W.astype(float), b.astype(float)) for W, b in layers], skip.astype(float)


def _flat(layers: Layers, skip: Array) -> tuple[NDArray[Any], tuple[Layers, Array]]:
    """All numbers in one vector of single precision, and the same layers and skip
    connection as views into it.
    """
    arrays = [array for layer in layers for array in layer] + [skip]
    flat: NDArray[Any] = np.concatenate([array.ravel() for array in arrays]).astype(
        np.float32
    )
    parts = np.split(flat, np.cumsum([array.size for array in arrays])[:-1])
    views: list[NDArray[Any]] = [
        part.reshape(array.shape) for part, array in zip(parts, arrays, strict=True)
    ]
    return flat, (
        [(views[i], views[i + 1]) for i in range(0, len(views) - 1, 2)],
        views[-1],
    )
