"""Weighted particles: a posterior by importance sampling.

    (1)  w_i ∝ L(p_i) · prior(p_i) / sampling(p_i)     p_i ~ sampling distribution
    (2)  ESS = 1 / Σ_i w_i²                             how many particles still count

Sharp likelihoods leave a single particle with all the weight. The weights are then
tempered, w^β with a β < 1 that keeps ESS above a given share: the posterior is honestly
too wide rather than wrongly narrow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import logsumexp

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Posterior:
    """Weighted particles.

    Args:
        particles: knob -> its value in each particle, (M,).
        weights: w_i, (M,), which add up to one.
        beta: the power that the weights were raised to; 1 if nothing had to be
            tempered.
        untempered: the ESS that β = 1 would have left.
    """

    particles: dict[str, Array]
    weights: Array
    beta: float
    untempered: float

    @property
    def ess(self) -> float:
        """Effective number of particles, in [1, M]."""
        return effective_sample_size(self.weights)

    def mean(self, knob: str) -> float:
        """Weighted mean of a knob."""
        return float(self.weights @ self.particles[knob])

    def std(self, knob: str) -> float:
        """Weighted standard deviation of a knob."""
        deviation = self.particles[knob] - self.mean(knob)
        return float(np.sqrt(self.weights @ np.square(deviation)))


def posterior(
    particles: Mapping[str, Array],
    log_likelihood: Array,
    log_prior: Array,
    log_sampling: Array,
    least_ess: float,
) -> Posterior:
    """(1), in logarithms, tempered where it must be.

    Args:
        particles: knob -> its value in each particle, (M,).
        log_likelihood, log_prior, log_sampling: of each particle, (M,).
        least_ess: share of the particles that must still count, of those that are
            possible at all.

    Raises:
        ValueError: a particle that the sampling distribution cannot have given, or a
            posterior that is zero everywhere.
    """
    if not np.isfinite(log_sampling).all():
        i = int(np.argmin(np.isfinite(log_sampling)))
        where = ", ".join(f"{name} = {x[i]:g}" for name, x in particles.items())
        raise ValueError(
            f"particle {i} ({where}) lies outside the support of the sampling "
            "distribution"
        )
    ratio = log_prior - log_sampling
    possible = np.isfinite(ratio) & np.isfinite(log_likelihood)
    if not possible.any():
        raise ValueError(
            "the posterior is zero for every particle: none lies in the prior's "
            "support and explains the recording; widen the prior or σ"
        )
    log_w = (log_likelihood + ratio)[possible]  # eq. 1

    def weights(beta: float) -> Array:
        w = np.zeros(len(ratio))
        w[possible] = np.exp(beta * log_w - logsumexp(beta * log_w))
        return w

    def excess(beta: float) -> float:
        return effective_sample_size(weights(beta)) - target_ess

    target_ess = float(least_ess * possible.sum())
    untempered = effective_sample_size(weights(1.0))
    beta = 1.0 if untempered >= target_ess else float(brentq(excess, 0.0, 1.0))
    return Posterior(dict(particles), weights(beta), beta, untempered)


def effective_sample_size(weights: Array) -> float:
    """Effective sample size of weights that add up to one, ESS of (2)."""
    return float(1 / np.square(weights).sum())  # eq. 2
