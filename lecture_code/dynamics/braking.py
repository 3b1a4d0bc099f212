"""Brake at the wall: the smallest world in which the worst case matters, solved in
closed form.

A driver chooses how far to go, θ; the wall stands at p ~ N(μ, s²), and nobody knows
where. Stopping before the wall earns θ, hitting it costs c:

    (1)  R(θ, p) = θ if θ < p, else −c
    (2)  E[R] = θ (1 − F) − c F,  F = Φ((θ − μ) / s)   F: the chance of a crash
    (3)  CVaR_ε[R] = ((ε − F) θ − c F) / ε  if F < ε, else −c
    (4)  d/dθ = 0:  ε − F(θ*) = F'(θ*) (θ* + c)        θ*: the best distance

With ε = 1 (3) is (2), and (4) maximises the expectation. The smaller ε is, the further
from the wall the driver stops. The loss of mean return is the price of robustness.

Read `Braking.best`. `score_gradient` is the gradient that a policy search sees here,
with either baseline of `risk.tail_weights`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from lecture_code.learning.risk import conditional_value_at_risk, tail_weights

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Braking:
    """A driver who brakes before a wall whose place is uncertain: the world of (1).

    Args:
        mean: μ [m], the mean place of the wall.
        std: s [m], the standard deviation of its place.
        crash: c, the cost of hitting it, in the unit of the return.

    Raises:
        ValueError: std is not positive, or a crash is no worse than the shortest stop
            considered, −c ≥ μ − 10 s.
    """

    mean: float = 10.0
    std: float = 1.0
    crash: float = 10.0

    def __post_init__(self) -> None:
        if not self.std > 0:
            raise ValueError(f"std must be positive; got {self.std}")
        if not self.crash > 10 * self.std - self.mean:
            raise ValueError(
                "a crash must be worse than any stop that matters here: crash > "
                f"{10 * self.std - self.mean:g}; got {self.crash}"
            )

    def walls(self, rng: np.random.Generator, n: int) -> Array:
        """Places of the wall in n worlds [m], (n,)."""
        return rng.normal(self.mean, self.std, n)  # ~ N(μ, s²)

    def returns(self, theta: Array, walls: Array) -> Array:
        """R of distances and places of the wall, broadcast."""
        return np.where(theta < walls, theta, -self.crash)  # eq. 1

    def cvar(self, theta: float, epsilon: float) -> float:
        """CVaR_ε of one distance; with ε = 1 the expectation."""
        F = float(ndtr((theta - self.mean) / self.std))
        if epsilon <= F:
            return -self.crash
        return ((epsilon - F) * theta - self.crash * F) / epsilon  # eq. 3

    def best(self, epsilon: float) -> float:
        """The best place to stop, θ* [m], for the tail ε: (4).

        Raises:
            ValueError: ε is not in (0, 1].
        """
        if not 0 < epsilon <= 1:
            raise ValueError(f"epsilon must lie in (0, 1]; got {epsilon}")

        def slope(theta: float) -> float:
            z = (theta - self.mean) / self.std
            f = np.exp(-0.5 * z**2) / (np.sqrt(2 * np.pi) * self.std)  # F'
            return float(epsilon - ndtr(z) - f * (theta + self.crash))  # eq. 4

        low = self.mean - 10 * self.std
        high = self.mean + min(float(ndtri(epsilon)), 8.0) * self.std
        return float(brentq(slope, low, high))

    def objective(
        self, epsilon: float, n: int
    ) -> Callable[[Array, np.random.Generator], Array]:
        """The function that a search maximises: thetas (C, 1), rng -> the CVaR of each
        distance over the same n walls, (C,).
        """

        def f(thetas: Array, rng: np.random.Generator) -> Array:
            walls = self.walls(rng, n)
            returns = [self.returns(theta, walls) for theta in thetas[:, 0]]
            return np.array([conditional_value_at_risk(R, epsilon) for R in returns])

        return f

    def score_gradient(
        self,
        mean: float,
        std: float,
        epsilon: float,
        n: int,
        rng: np.random.Generator,
        baseline: str = "VaR",
    ) -> float:
        """An estimate from n worlds of d CVaR / d mean, for a driver who goes θ ~
        N(mean, std²).

        Args:
            baseline: see `tail_weights`.
        """
        theta = rng.normal(mean, std, n)
        returns = self.returns(theta, self.walls(rng, n))
        weights = tail_weights(returns, epsilon, baseline)
        score = (theta - mean) / std**2  # ∇ log N(θ; mean, std²)
        return float(weights @ score)
