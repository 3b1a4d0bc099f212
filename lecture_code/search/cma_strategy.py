"""The parameters of CMA-ES: what its tutorial's Table 1 gives for a dimension n and a
population λ.

Hansen, "The CMA Evolution Strategy: A Tutorial" (2016, revised 2023), arXiv:1604.00772,
Table 1: equations 49 to 58, in the order of the table. Nobody needs to tune them.

Read `Strategy.from_dimension` beside the table, then `step_size_damping` for the one
deviation from it.

Deviation from the tutorial: d_σ grows earlier with the population,

    (eq. 55)  d_σ = 1 + 2 max(0, a √((μ_eff − 1) / (n + 1)) − 1) + c_σ
              a = 1 in the tutorial,   a = max(1, 3 (1 − 2^(−n/9))) here

The second a is that of pycma 4.5, by the tutorial's author. With a = 1 a population
that is large for its dimension may never find back from a bad start: where a step to
one side costs a million times as much as a step to the other side, all good candidates
lie on the cheap side, so the path p_σ grows long whatever σ is, and σ grows faster than
C can learn the cheap direction. In 44 dimensions with λ = 300, σ then passes 1e9 on a
bowl that is steep on one half of each axis; with the second a it stays below 2.
In the default population λ = 4 + ⌊3 ln n⌋ both values of a give the same d_σ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

Damping = Literal["large populations", "tutorial"]
"""Which a of (eq. 55): pycma's, made for large populations, or the tutorial's, 1."""


@dataclass(frozen=True, eq=False)
class Strategy:
    """The parameters of CMA-ES for one dimension n and one population λ."""

    weights: np.ndarray
    """w_i, shape (λ,), the best candidate's first: the positive weights, i ≤ μ, sum to
    1; the others are negative, or 0.
    """
    mu_eff: float
    """μ_eff, the number of equally weighted candidates that the positive weights are
    worth.
    """
    c_m: float
    """Learning rate of the mean."""
    c_sigma: float
    """Share of p_σ that is forgotten in a generation."""
    d_sigma: float
    """Damping of the step size; σ changes more slowly if it is larger."""
    c_c: float
    """Share of p_c that is forgotten in a generation."""
    c_1: float
    """Learning rate of C's rank-one update, along p_c."""
    c_mu: float
    """Learning rate of C's rank-μ update, along the candidates."""
    chi_n: float
    """E‖N(0, I)‖ in n dimensions."""
    longest_path: float
    """Length of p_σ beyond which p_c is stalled (h_σ = 0)."""
    lag: int
    """Generations between two decompositions of C (the tutorial's B.2), which leaves
    O(n²) operations a candidate.
    """

    @property
    def mu(self) -> int:
        """μ, the number of candidates that the mean moves towards."""
        return len(self.weights) // 2

    @classmethod
    def from_dimension(
        cls,
        dimension: int,
        population: int,
        active: bool = True,
        damping: Damping = "large populations",
    ) -> Strategy:
        """The values of Table 1.

        Args:
            dimension: n ≥ 1.
            population: λ ≥ 2.
            active: with the negative weights, which take variance from C along the
                worse half; without them they are 0.
            damping: of the step size, see `step_size_damping`.
        """
        n = dimension
        lam = population
        mu = population // 2
        w = math.log((lam + 1) / 2) - np.log(np.arange(1, lam + 1))  # eq. 49, w′_i
        mu_eff = float(w[:mu].sum() ** 2 / (w[:mu] ** 2).sum())
        mu_eff_minus = float(w[mu:].sum() ** 2 / (w[mu:] ** 2).sum())
        c_1 = 2 / ((n + 1.3) ** 2 + mu_eff)  # eq. 57
        c_mu = 2 * (1 / 4 + mu_eff + 1 / mu_eff - 2) / ((n + 2) ** 2 + mu_eff)
        c_mu = min(1 - c_1, c_mu)  # eq. 58
        alpha_mu = 1 + c_1 / c_mu  # eq. 50
        alpha_mu_eff = 1 + 2 * mu_eff_minus / (mu_eff + 2)  # eq. 51
        alpha_pos_def = (1 - c_1 - c_mu) / (n * c_mu)  # eq. 52
        alpha = min(alpha_mu, alpha_mu_eff, alpha_pos_def) if active else 0.0
        positive = w / w[w > 0].sum()
        negative = alpha * w / -w[w < 0].sum()
        c_sigma = (mu_eff + 2) / (n + mu_eff + 5)  # eq. 55
        chi_n = math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n**2))
        return cls(
            weights=np.where(w >= 0, positive, negative),  # eq. 53
            mu_eff=mu_eff,
            c_m=1.0,  # eq. 54
            c_sigma=c_sigma,
            d_sigma=step_size_damping(n, mu_eff, c_sigma, damping),  # eq. 55
            c_c=(4 + mu_eff / n) / (n + 4 + 2 * mu_eff / n),  # eq. 56
            c_1=c_1,
            c_mu=c_mu,
            chi_n=chi_n,
            longest_path=(1.4 + 2 / (n + 1)) * chi_n,
            lag=max(1, math.floor(1 / (10 * n * (c_1 + c_mu)))),
        )


def step_size_damping(n: int, mu_eff: float, c_sigma: float, damping: Damping) -> float:
    """d_σ of (eq. 55), in this module's first lines.

    Args:
        n: dimension.
        mu_eff, c_sigma: see `Strategy`.
        damping: "large populations" for pycma's a, "tutorial" for a = 1.

    Raises:
        ValueError: there is no such damping.
    """
    if damping not in get_args(Damping):
        known = ", ".join(map(repr, get_args(Damping)))
        raise ValueError(f"damping must be one of {known}; got {damping!r}")
    a = 1.0 if damping == "tutorial" else max(1.0, 3 * (1 - 2 ** (-n / 9)))
    excess = max(0.0, a * math.sqrt((mu_eff - 1) / (n + 1)) - 1)
    return 1 + 2 * excess + c_sigma
