"""Regression with small networks: what predicts the next state, or the action that led there.

    y = μ_y + σ_y (W x̃ + net(x̃)),   x̃ = (x − μ_x) / σ_x              inputs and targets are brought to mean 0 and standard deviation 1

`net` has hidden layers with tanh; W is a linear skip connection. W starts at the least-squares solution and the last layer of `net` at zero, so that before
its first step of training a network is the best linear model, and what it learns is the rest. Fitting is by Adam on minibatches, with a rate that falls to zero
along a cosine. With `spread` the network says how sure it is: it has a second output, the logarithm of a standard deviation, and is fitted by the likelihood

    L(x, y) = Σ_i log σ_i(x) + (y_i − μ_i(x))² / (2 σ_i(x)²)                                                    (Gaussian, up to a constant)

Fitting needs torch; a fitted `Regression` is plain NumPy, a few matrices, quick for small batches and easy to store. The same rng gives the same network.
Read `Regression` for what is predicted, then `fit`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEAST_STD = 1e-6  # an input or target that varies less is left as it is
LOG_STD = (-7.0, 2.0)  # bounds of log σ(x), in units of the target's standard deviation


@dataclass(frozen=True)
class Fitting:
    """How a network is fitted.

    Args:
        hidden: width of each hidden layer; () leaves the linear model.
        epochs: how often every example is seen.
        batch: examples in a step.
        rate: of Adam, at the start.
        weight_decay: of Adam (decoupled, as in AdamW).
        skip: with the linear skip connection.
        spread: also predict a standard deviation, by Gaussian likelihood.
    """

    hidden: tuple[int, ...] = (64, 64)
    epochs: int = 40
    batch: int = 128
    rate: float = 3e-3
    weight_decay: float = 1e-4
    skip: bool = True
    spread: bool = False

    def __post_init__(self) -> None:
        if self.epochs < 0 or self.batch < 1 or not self.rate > 0 or not self.weight_decay >= 0 or any(width < 1 for width in self.hidden):
            raise ValueError(f"epochs and weight_decay must be ≥ 0, batch and widths ≥ 1, rate positive; got {self}")


@dataclass(frozen=True, eq=False)
class Regression:
    """A fitted network.

    Args:
        layers: (W, b) of each layer, the last one's output being (m,), or (2m,) with `spread`: means, then log standard deviations.
        skip: W of the skip connection, (k, m).
        inputs: mean and standard deviation of the inputs, (k,) each.
        targets: of the targets, (m,) each.
        spread: whether it predicts a standard deviation.
    """

    layers: tuple[tuple[Array, Array], ...]
    skip: Array
    inputs: tuple[Array, Array]
    targets: tuple[Array, Array]
    spread: bool = False

    def __call__(self, x: Array) -> Array:
        """The mean of y, (n, m), for x (n, k)."""
        return self.distribution(x)[0]

    def distribution(self, x: Array) -> tuple[Array, Array]:
        """Mean and standard deviation of y, (n, m) each; without `spread` the latter is zero.

        Raises:
            ValueError: x does not have k columns.
        """
        if x.ndim != 2 or x.shape[1] != self.inputs[0].size:
            raise ValueError(f"inputs must be (n, {self.inputs[0].size}); got {x.shape}")
        x = (x - self.inputs[0]) / self.inputs[1]
        (mean, std), hidden, m = self.targets, x, self.targets[0].size
        for W, b in self.layers[:-1]:
            hidden = np.tanh(hidden @ W + b)
        W, b = self.layers[-1]
        out = hidden @ W + b
        y = mean + std * (out[:, :m] + x @ self.skip)
        return y, std * np.exp(np.clip(out[:, m:], *LOG_STD)) if self.spread else np.zeros_like(y)

    def sample(self, x: Array, rng: np.random.Generator) -> Array:
        """A draw of y, (n, m), ~ N(μ(x), diag σ(x)²)."""
        mean, std = self.distribution(x)
        return np.asarray(mean + std * rng.standard_normal(mean.shape))

    def explained(self, x: Array, y: Array) -> float:
        """R² on (x, y): the share of the targets' variance that is predicted, every target counting alike; 1 is perfect."""
        moving = y.std(axis=0) > LEAST_STD
        return float(1 - (np.square(y - self(x))[:, moving].mean(axis=0) / y.var(axis=0)[moving]).mean())


def fit(x: Array, y: Array, rng: np.random.Generator, settings: Fitting | None = None) -> Regression:
    """Fit a network to examples x (n, k) -> y (n, m).

    Args:
        x, y: the examples.
        rng: of the initial weights and of the order of the examples.
        settings: how; None for the defaults.

    Raises:
        ValueError: no examples, shapes that do not fit, or numbers that are not finite.
    """
    settings = settings or Fitting()
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.ndim != 2 or y.ndim != 2 or len(x) != len(y) or len(x) == 0:
        raise ValueError(f"a regression needs examples x (n, k) and y (n, m) with n ≥ 1; got {x.shape} and {y.shape}")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("examples must be finite")
    inputs, targets = _scale(x), _scale(y)
    x, y = (x - inputs[0]) / inputs[1], (y - targets[0]) / targets[1]
    m = y.shape[1]
    skip = np.linalg.lstsq(x, y, rcond=1e-9)[0] if settings.skip else np.zeros((x.shape[1], m))
    start = _initial(x.shape[1], (*settings.hidden, 2 * m if settings.spread else m), rng)
    if settings.spread:
        start[-1][1][m:] = np.log(np.clip((y - x @ skip).std(axis=0), *np.exp(LOG_STD)))  # as sure as the linear model may be
    layers, skip = _descend(x, y, start, skip, rng, settings)
    return Regression(layers, skip, inputs, targets, settings.spread)


def _scale(values: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of the columns; one where nothing varies."""
    std = values.std(axis=0)
    return values.mean(axis=0), np.where(std < LEAST_STD, 1.0, std)


def _initial(k: int, widths: tuple[int, ...], rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """The layers before training: W ~ N(0, 1 / inputs), the last one zero."""
    layers, size = [], k
    for width in widths:
        layers.append((rng.standard_normal((size, width)) / np.sqrt(size), np.zeros(width)))
        size = width
    layers[-1] = (np.zeros_like(layers[-1][0]), layers[-1][1])
    return layers


def _descend(
    x: Array, y: Array, start: list[tuple[Array, Array]], skip: Array, rng: np.random.Generator, settings: Fitting
) -> tuple[tuple[tuple[Array, Array], ...], Array]:
    """Adam from `start` on standardised examples; the layers and the skip connection afterwards."""
    layers = [tuple(torch.tensor(p, dtype=torch.float32, requires_grad=True) for p in layer) for layer in start]
    linear = torch.tensor(skip, dtype=torch.float32, requires_grad=settings.skip)
    weights = [p for layer in layers for p in layer] + [linear] * settings.skip
    xs, ys = torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
    adam = torch.optim.AdamW(weights, lr=settings.rate, weight_decay=settings.weight_decay)
    steps = settings.epochs * -(-len(x) // settings.batch)
    falling = torch.optim.lr_scheduler.LambdaLR(adam, lambda step: 0.5 * (1 + np.cos(np.pi * step / max(steps, 1))))
    for _ in range(settings.epochs):
        for which in torch.from_numpy(rng.permutation(len(x))).split(settings.batch):
            hidden = xs[which]
            for W, b in layers[:-1]:
                hidden = torch.tanh(hidden @ W + b)
            out = hidden @ layers[-1][0] + layers[-1][1]
            loss = _loss(out, xs[which] @ linear, ys[which], settings.spread)
            adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            adam.step()
            falling.step()
    fitted = tuple((W.detach().double().numpy(), b.detach().double().numpy()) for W, b in layers)
    return fitted, linear.detach().double().numpy()


def _loss(out: torch.Tensor, linear: torch.Tensor, y: torch.Tensor, spread: bool) -> torch.Tensor:
    """Mean square error, or the Gaussian's negative log likelihood."""
    m = y.shape[1]
    error = y - out[:, :m] - linear
    if not spread:
        return error.square().mean()
    log_std = out[:, m:].clamp(*LOG_STD)
    return (log_std + 0.5 * error.square() * torch.exp(-2 * log_std)).mean()
