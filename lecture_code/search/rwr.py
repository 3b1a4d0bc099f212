"""Reward-weighted regression: every candidate counts, by its reward.

Dayan & Hinton, "Using expectation-maximization for reinforcement learning", *Neural
Computation* 9 (1997); Peters & Schaal, "Reinforcement learning by reward-weighted
regression for operational space control", ICML 2007; in the episodic form of the
lecture.

    μ⁺ = argmax_μ Σ_e q(U_e) log P_μ(θ_e)  =  Σ_e q(U_e) θ_e / Σ_e q(U_e)

Idea. If rewards were probabilities, then finding good parameters would be inference:
the step above is expectation-maximisation for "which θ explains that I was rewarded?".
A reward is made a probability by a function q that is never negative: the reward
itself, or exp(β U).

Read `weights` first; the rest is `update_gaussian` of `gaussian.py`.

Deviations from the papers:
* One weight an episode, as in the lecture. Peters & Schaal weigh single actions, by
  their immediate rewards, and adapt β as they go; here it is the caller's.
* Whether the covariance is fitted too is the caller's choice; the lecture's formula
  moves μ alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lecture_code.search.gaussian import (
    CovarianceUpdate,
    check_covariance_update,
    check_start,
    draw,
    exponential_weights,
    proportional_weights,
    update_gaussian,
)
from lecture_code.search.protocol import check_told


@dataclass(eq=False)
class RewardWeightedRegression:
    """RWR as a black-box search; one generation is N evaluations.

    Args:
        mean: the start μ, shape (d,).
        sigma: standard deviation of the first population, in the units of `mean`: one
            number, or one for each parameter.
        population: number of candidates in a generation, N.
        beta: β in q(U) = exp(β U), one over the unit of the return; None takes q(U) =
            U, for returns that are never negative.
        covariance_update: "fixed", "fit" or "cma", see `gaussian.py`.
        decay: a factor on the covariance in each generation.
        diagonal: keep variances alone (True), or the whole covariance.

    Raises:
        ValueError: names the setting that is out of range.
    """

    mean: np.ndarray
    sigma: float | np.ndarray
    population: int = 100
    beta: float | None = 1.0
    covariance_update: CovarianceUpdate = "fit"
    decay: float = 1.0
    diagonal: bool = True
    covariance: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.mean, variances = check_start(self.mean, self.sigma, self.population)
        self.covariance = variances if self.diagonal else np.diag(variances)
        check_covariance_update(self.covariance_update, self.decay)
        if self.beta is not None and not 0 <= self.beta < np.inf:
            raise ValueError(
                "beta must be at least 0 and finite, or None for q(U) = U; got "
                f"{self.beta}"
            )

    def weights(self, returns: np.ndarray) -> np.ndarray:
        """w_e = q(U_e) / Σ q, shape (N,).

        Raises:
            ValueError: a return is negative, and q(U) = U.
        """
        return (
            proportional_weights(returns)
            if self.beta is None
            else exponential_weights(returns, self.beta)
        )

    def ask(self, rng: np.random.Generator) -> np.ndarray:
        """The population, shape (N, d)."""
        return draw(rng, self.mean, self.covariance, self.population)  # ~ N(μ, Σ)

    def tell(self, thetas: np.ndarray, returns: np.ndarray) -> None:
        """Fit the population to its reward-weighted self; see `Search.tell`."""
        thetas, returns = check_told(thetas, returns, self.mean.size, self.population)
        self.mean, self.covariance = update_gaussian(
            thetas,
            self.weights(returns),
            self.mean,
            self.covariance,
            self.covariance_update,
            self.decay,
        )
