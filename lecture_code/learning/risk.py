"""The bad tail of a population of returns: value at risk, conditional value at risk,
and the gradient that follows the latter.

Tamar, Glassner & Mannor, "Optimizing the CVaR via sampling" (2015), arXiv:1404.3862.
Returns are good when large, so the tail is on the left.

    (1)  VaR_ε = y with P(R ≤ y) = ε
    (2)  CVaR_ε = VaR_ε − E[(VaR_ε − R)⁺] / ε            Rockafellar & Uryasev (2000)
    (3)  R ~ N(m, s²):  CVaR_ε = m − s φ(z_ε) / ε,  z_ε = Φ⁻¹(ε)
    (4)  ∇ CVaR_ε = E[ ∇ log p_θ · (R − VaR_ε) · 1(R ≤ VaR_ε) ] / ε

(2) is E[R | R ≤ VaR_ε] where no return has a probability of its own.

Idea of (4). Within the tail the score ∇ log p_θ is not zero on average, so a baseline
is not free there: it must be the VaR, the return at which a trajectory enters or leaves
the tail and so contributes nothing. Any other constant b adds (VaR − b) E[score | tail]
to the gradient.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Array = NDArray[np.float64]


def value_at_risk(returns: Array, epsilon: float) -> float:
    """The ε-percentile of returns (N,), interpolated between neighbours.

    Raises:
        ValueError: ε is not in (0, 1], there is no return, or one is not finite.
    """
    if not 0 < epsilon <= 1:
        raise ValueError(f"epsilon must lie in (0, 1]; got {epsilon}")
    if np.ndim(returns) != 1 or len(returns) == 0:
        raise ValueError(
            "a percentile needs returns (N,), at least one; got shape "
            f"{np.shape(returns)}"
        )
    if not np.isfinite(returns).all():
        raise ValueError(
            f"returns must be finite; number {int(np.argmin(np.isfinite(returns)))} of "
            f"{len(returns)} is not"
        )
    return float(np.percentile(returns, 100 * epsilon))  # eq. 1


def worst(returns: Array, epsilon: float) -> NDArray[np.int64]:
    """Which of the returns (N,) lie in the tail, ascending indices: ⌊ε(N − 1)⌋ + 1 of
    them, and more if returns are equal.

    Raises:
        ValueError: as `value_at_risk`.
    """
    return np.flatnonzero(returns <= value_at_risk(returns, epsilon))


def conditional_value_at_risk(returns: Array, epsilon: float) -> float:
    """Mean of the worst share ε of returns (N,), of the last one as much as belongs to
    the tail.

    Raises:
        ValueError: as `value_at_risk`.
    """
    value_at_risk(returns, epsilon)  # refuses what cannot be
    # not interpolated: (2) holds for a quantile of the sample
    y = np.sort(returns)[int(np.ceil(epsilon * len(returns) - 1e-9)) - 1]
    return float(y - np.maximum(y - returns, 0).mean() / epsilon)  # eq. 2


def gaussian_cvar(mean: float, std: float, epsilon: float) -> float:
    """CVaR of N(mean, std²) in closed form; the mean itself at ε = 1."""
    if not 0 < epsilon <= 1:
        raise ValueError(f"epsilon must lie in (0, 1]; got {epsilon}")
    density = np.exp(-0.5 * ndtri(epsilon) ** 2) / np.sqrt(2 * np.pi)  # φ(z_ε)
    return float(mean - std * density / epsilon)  # eq. 3


def tail_weights(returns: Array, epsilon: float, baseline: str = "VaR") -> Array:
    """What the score of each trajectory is multiplied by in the estimate of ∇ CVaR,
    (N,): zero outside the tail.

    Args:
        returns: (N,).
        epsilon: share of the tail.
        baseline: "VaR" for (4); "mean" for the tail's own mean, which is what a policy
            gradient with a baseline fitted to the tail subtracts.

    Raises:
        ValueError: as `value_at_risk`, or an unknown baseline.
    """
    chosen = worst(returns, epsilon)
    known = {
        "VaR": value_at_risk(returns, epsilon),
        "mean": float(np.mean(returns[chosen])),
    }
    if baseline not in known:
        raise ValueError(
            f"there is no baseline {baseline!r}; there are: {', '.join(known)}"
        )
    weights = np.zeros(len(returns))
    differences = returns[chosen] - known[baseline]
    weights[chosen] = differences / (epsilon * len(returns))  # eq. 4
    return weights
