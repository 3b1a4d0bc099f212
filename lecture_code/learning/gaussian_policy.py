"""A Gaussian policy, linear or a small network: drawn from with NumPy in a rollout,
differentiated with torch afterwards.

    (1)  a ~ N(m_θ(s), diag σ²)
    (2)  log π_θ(a | s) = −½ Σ_i [ ((a_i − m_i) / σ_i)² + 2 log σ_i + log 2π ]
    (3)  KL(old ‖ new) = Σ_i [ log σ_i' − log σ_i + (σ_i² + (m_i − m_i')²) / (2 σ_i'²) − ½ ]

m_θ is a network with tanh between its layers; without a hidden layer it is linear.
`theta` holds everything that is learnt in one flat vector: of each layer the matrix,
row by row, and then its biases; at the end log σ.

Read `actions` (what the network computes) and `log_prob`. The functions that take a
`theta` of torch are pure, so that torch can differentiate them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float64]

LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, eq=False)
class GaussianPolicy:
    """π_θ of (1).

    Args:
        theta: (d,).
        sizes: (S, hidden …, A); (S, A) is a linear policy.
        centre, spread: (S,), what observations are normalised by: (s − centre) /
            spread.
        explore: draw actions from (1); False for the mean action, which draws nothing.

    Raises:
        ValueError: shapes do not fit, a number is not finite, or a spread is not
            positive.
    """

    theta: Array
    sizes: tuple[int, ...]
    centre: Array
    spread: Array
    explore: bool = True

    def __post_init__(self) -> None:
        theta, centre, spread = (
            np.array(value, dtype=float)
            for value in (self.theta, self.centre, self.spread)
        )  # copies
        if len(self.sizes) < 2 or min(self.sizes) < 1:
            raise ValueError(
                f"sizes must be (S, hidden …, A), all positive; got {self.sizes}"
            )
        if (
            theta.shape != (parameters(self.sizes),)
            or not centre.shape == spread.shape == self.sizes[:1]
        ):
            raise ValueError(
                f"sizes {self.sizes} need theta ({parameters(self.sizes)},) and centre "
                f"and spread ({self.sizes[0]},); "
                f"got {theta.shape}, {centre.shape} and {spread.shape}"
            )
        if not (
            np.isfinite(theta).all()
            and np.isfinite(centre).all()
            and np.isfinite(spread).all()
            and (spread > 0).all()
        ):
            raise ValueError(
                "theta, centre and spread must be finite, and spread positive"
            )
        for name, value in (("theta", theta), ("centre", centre), ("spread", spread)):
            object.__setattr__(self, name, value)

    @classmethod
    def initial(
        cls,
        observations: int,
        actions: int,
        rng: np.random.Generator,
        *,
        hidden: tuple[int, ...] = (32, 32),
        std: float = 0.6,
    ) -> GaussianPolicy:
        """A policy to start from: weights ~ N(0, 1/in), the last layer's a hundred
        times smaller, so that at first chance alone decides.

        Args:
            observations, actions: S and A.
            rng: draws the weights.
            hidden: sizes of the hidden layers; () for a linear policy.
            std: σ, in units of the action.
        """
        sizes = (observations, *hidden, actions)
        parts: list[Array] = []
        for i, (n, m) in enumerate(pairwise(sizes)):
            small = 0.01 if i == len(sizes) - 2 else 1.0
            parts += [
                small * rng.standard_normal(n * m) / np.sqrt(n),
                np.zeros(m),
            ]  # ~ N(0, 1/n)
        theta = np.concatenate([*parts, np.full(actions, np.log(std))])
        return cls(theta, sizes, np.zeros(observations), np.ones(observations))

    def at(self, theta: Array) -> GaussianPolicy:
        """The policy with another theta (d,)."""
        return replace(self, theta=theta)

    def normalised_by(self, observations: Array) -> GaussianPolicy:
        """The policy that normalises by the mean and the std of these observations (n,
        S), n > 1; where nothing varies, by std 1.
        """
        std = observations.std(axis=0)
        return replace(
            self,
            centre=observations.mean(axis=0),
            spread=np.where(std < 1e-6, 1.0, std),
        )

    @property
    def greedy(self) -> GaussianPolicy:
        """The policy that takes the mean action: for tests, not for training."""
        return replace(self, explore=False)

    @property
    def std(self) -> Array:
        """σ, (A,)."""
        return np.exp(self.theta[-self.sizes[-1] :])

    @cached_property
    def layers(self) -> list[tuple[Array, Array]]:
        """Matrix (in, out) and biases (out,) of each layer."""
        found = [
            (W.numpy(), b.numpy())
            for W, b in unpack(torch.from_numpy(self.theta), self.sizes)
        ]
        return [(np.ascontiguousarray(W.T), b) for W, b in found]

    def actions(self, observations: Array) -> Array:
        """m_θ(s), (N, A) for observations (N, S)."""
        x = (observations - self.centre) / self.spread
        for i, (W_T, b) in enumerate(self.layers):
            x = x @ W_T + b if i == len(self.layers) - 1 else np.tanh(x @ W_T + b)
        return x

    def __call__(self, observations: Array, rng: np.random.Generator) -> Array:
        """Actions (N, A) for observations (N, S)."""
        m = self.actions(observations)
        return (
            m + self.std * rng.standard_normal(m.shape) if self.explore else m
        )  # eq. 1

    def moments(self, theta: Tensor, observations: Tensor) -> tuple[Tensor, Tensor]:
        """m_θ(s) (n, A) and log σ (A,), differentiable in `theta` (d,)."""
        x = (observations - torch.from_numpy(self.centre)) / torch.from_numpy(
            self.spread
        )
        layers = unpack(theta, self.sizes)
        for W, b in layers[:-1]:
            x = torch.tanh(x @ W.T + b)
        W, b = layers[-1]
        return x @ W.T + b, theta[-self.sizes[-1] :]

    def log_prob(self, theta: Tensor, observations: Tensor, actions: Tensor) -> Tensor:
        """log π_θ(a | s), (n,), differentiable in `theta` (d,)."""
        m, log_std = self.moments(theta, observations)
        return -0.5 * (
            ((actions - m) / log_std.exp()).square() + 2 * log_std + LOG_2PI
        ).sum(1)  # eq. 2


def parameters(sizes: tuple[int, ...]) -> int:
    """d: the number of entries of theta."""
    return sum((n + 1) * m for n, m in pairwise(sizes)) + sizes[-1]


def unpack(theta: Tensor, sizes: tuple[int, ...]) -> list[tuple[Tensor, Tensor]]:
    """Matrix (out, in) and biases (out,) of each layer; views of `theta`."""
    layers, start = [], 0
    for n, m in pairwise(sizes):
        middle, end = start + n * m, start + (n + 1) * m
        layers.append((theta[start:middle].view(m, n), theta[middle:end]))
        start = end
    return layers


def kl_divergence(old: tuple[Tensor, Tensor], new: tuple[Tensor, Tensor]) -> Tensor:
    """KL(old ‖ new) of Gaussians given by mean (n, A) and log std (A,): (n,)."""
    (m, log_std), (m_new, log_std_new) = old, new
    apart = ((2 * log_std).exp() + (m - m_new).square()) / (2 * (2 * log_std_new).exp())
    return (log_std_new - log_std + apart - 0.5).sum(1)  # eq. 3
