"""A Gaussian policy, linear or a small network: drawn from with NumPy in a rollout,
differentiated with torch afterwards.

    (1)  a ~ N(m_θ(s), diag σ²)
    (2)  log π_θ(a | s) = −½ Σ_i [ ((a_i − m_i) / σ_i)² + 2 log σ_i + log 2π ]
    (3)  KL(old ‖ new) = Σ_i [ log σ_i' − log σ_i − ½
                               + (σ_i² + (m_i − m_i')²) / (2 σ_i'²) ]

m_θ is a network with tanh between its layers (`networks.py`), on standardised
observations; without a hidden layer it is linear. `theta` holds everything that is
learnt in one flat vector: the layers, and at the end log σ.

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

from lecture_code.learning.networks import (
    Layers,
    Standardiser,
    count_weights,
    forward,
    initial_weights,
    unpack,
)

Array = NDArray[np.float64]

LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, eq=False)
class GaussianPolicy:
    """A policy that draws actions from a Gaussian around a function of the observation.

    Args:
        theta: (d,).
        sizes: (S, hidden …, A); (S, A) is a linear policy.
        standardiser: of the observations (S,).
        explore: draw actions from (1); False for the mean action, which draws nothing.

    Raises:
        ValueError: shapes do not fit, or a number is not finite.
    """

    theta: Array
    sizes: tuple[int, ...]
    standardiser: Standardiser
    explore: bool = True

    def __post_init__(self) -> None:
        theta = np.array(self.theta, dtype=float)  # a copy
        sizes = self.sizes
        if len(sizes) < 2 or min(sizes) < 1:
            raise ValueError(
                f"sizes must be (S, hidden …, A), all positive; got {sizes}"
            )
        if self.standardiser.size != sizes[0]:
            raise ValueError(
                f"sizes {sizes} need a standardiser of {sizes[0]} observations; got "
                f"one of {self.standardiser.size}"
            )
        if theta.shape != (count_parameters(sizes),):
            raise ValueError(
                f"sizes {sizes} need theta ({count_parameters(sizes)},); got "
                f"{theta.shape}"
            )
        if not np.isfinite(theta).all():
            raise ValueError("theta must be finite")
        object.__setattr__(self, "theta", theta)

    @classmethod
    def initial(
        cls,
        observations: int,
        actions: int,
        rng: np.random.Generator,
        *,
        hidden: tuple[int, ...] = (32, 32),
        action_std: float = 0.6,
    ) -> GaussianPolicy:
        """A policy to start from: weights ~ N(0, 1/in), the last layer's a hundred
        times smaller, so that at first chance alone decides.

        Args:
            observations, actions: S and A.
            rng: draws the weights.
            hidden: sizes of the hidden layers; () for a linear policy.
            action_std: σ, in units of the action.
        """
        sizes = (observations, *hidden, actions)
        parts: list[Array] = []
        for i, (n, m) in enumerate(pairwise(sizes), start=2):
            small = 0.01 if i == len(sizes) else 1.0
            parts += [initial_weights((m, n), n, rng, small).ravel(), np.zeros(m)]
        theta = np.concatenate([*parts, np.full(actions, np.log(action_std))])
        return cls(theta, sizes, Standardiser.initial(observations))

    def at(self, theta: Array) -> GaussianPolicy:
        """The policy with another theta (d,)."""
        return replace(self, theta=theta)

    def standardised_by(self, observations: Array) -> GaussianPolicy:
        """The policy that standardises by these observations (n, S), n > 1."""
        return replace(self, standardiser=Standardiser.from_data(observations))

    @property
    def greedy(self) -> GaussianPolicy:
        """The policy that takes the mean action: for tests, not for training."""
        return replace(self, explore=False)

    @property
    def action_std(self) -> Array:
        """Standard deviation of the actions, σ (A,)."""
        return np.exp(self.theta[-self.sizes[-1] :])

    @cached_property
    def layers(self) -> Layers:
        """Weights (in, out) and biases (out,) of each layer."""
        return [(np.ascontiguousarray(W), b) for W, b in unpack(self.theta, self.sizes)]

    def actions(self, observations: Array) -> Array:
        """m_θ(s), (N, A) for observations (N, S)."""
        return forward(self.layers, self.standardiser(observations), np.tanh)

    def __call__(self, observations: Array, rng: np.random.Generator) -> Array:
        """Actions (N, A) for observations (N, S)."""
        m = self.actions(observations)
        if not self.explore:
            return m
        return m + self.action_std * rng.standard_normal(m.shape)  # eq. 1

    def moments(self, theta: Tensor, observations: Tensor) -> tuple[Tensor, Tensor]:
        """m_θ(s) (n, A) and log σ (A,), differentiable in `theta` (d,)."""
        mean, std = (torch.from_numpy(values) for values in self.standardiser)
        x = (observations - mean) / std
        m = forward(unpack(theta, self.sizes), x, torch.tanh)
        return m, theta[-self.sizes[-1] :]

    def log_prob(self, theta: Tensor, observations: Tensor, actions: Tensor) -> Tensor:
        """log π_θ(a | s), (n,), differentiable in `theta` (d,)."""
        m, log_std = self.moments(theta, observations)
        z = (actions - m) / log_std.exp()
        return -0.5 * (z.square() + 2 * log_std + LOG_2PI).sum(1)  # eq. 2


def count_parameters(sizes: tuple[int, ...]) -> int:
    """Number of entries of theta: the layers' weights and biases, and σ."""
    return count_weights(sizes) + sizes[-1]


def kl_divergence(old: tuple[Tensor, Tensor], new: tuple[Tensor, Tensor]) -> Tensor:
    """KL(old ‖ new) of Gaussians given by mean (n, A) and log std (A,): (n,)."""
    (m, log_std), (m_new, log_std_new) = old, new
    apart = ((2 * log_std).exp() + (m - m_new).square()) / (2 * (2 * log_std_new).exp())
    return (log_std_new - log_std + apart - 0.5).sum(1)  # eq. 3
