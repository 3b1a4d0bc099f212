"""PoWER: policy learning by weighting exploration with the returns, where an old
rollout counts as much as a new rollout.

Kober & Peters, "Policy search for motor primitives in robotics", NIPS 2008 (the lecture
dates it 2007).

    μ⁺ = μ + Σ_e (θ_e − μ) U_e / Σ_e U_e

Idea. As in reward-weighted regression with q(U) = U, the step is the average
exploration, weighted by return: the two formulas are the same, term by term. What is
new is thrift. On a robot a rollout is dear, so the best ones of the past are kept and
take part in every later step.

Read `tell` first; `power_step` is the form with one weight a time step.

Deviations from the paper:
* One weight an episode, as in the lecture; the paper's own form explores and weighs at
  every time step, and is the pure function `power_step`.
* The paper derives the re-use from importance sampling. Here the best `reuse` rollouts
  ever seen count with importance 1.
* "The best ever seen" is a biased choice where returns are noisy: a lucky rollout is
  kept for ever.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lecture_code.search.gaussian import (
    CovarianceUpdate,
    check_covariance_update,
    check_start,
    check_steps,
    draw,
    proportional_weights,
    update_gaussian,
)
from lecture_code.search.protocol import check_told


@dataclass(eq=False)
class PoWER:
    """PoWER as a black-box search; one generation is N evaluations.

    Args:
        mean: the start μ, shape (d,).
        sigma: standard deviation of the exploration, in the units of `mean`: one
            number, or one for each parameter.
        population: number of candidates in a generation, N.
        reuse: how many of the best rollouts so far, this generation's among them, a
            step uses; None uses this generation's alone, and all of them.
        covariance_update: "fixed", "fit" or "cma", see `gaussian.py`.
        decay: a factor on the covariance in each generation.
        diagonal: keep variances alone (True), or the whole covariance.

    Raises:
        ValueError: names the setting that is out of range.
    """

    mean: np.ndarray
    sigma: float | np.ndarray
    population: int = 20
    reuse: int | None = None
    covariance_update: CovarianceUpdate = "fixed"
    decay: float = 1.0
    diagonal: bool = True
    covariance: np.ndarray = field(init=False)
    best: tuple[np.ndarray, np.ndarray] = field(init=False)
    """The rollouts that are kept: thetas (n, d) and returns (n,), the best first."""

    def __post_init__(self) -> None:
        self.mean, variances = check_start(self.mean, self.sigma, self.population)
        self.covariance = variances if self.diagonal else np.diag(variances)
        check_covariance_update(self.covariance_update, self.decay)
        if self.reuse is not None and self.reuse < 2:
            raise ValueError(
                "reuse must be at least 2 rollouts, or None for none of the past; got "
                f"{self.reuse}"
            )
        self.best = np.empty((0, self.mean.size)), np.empty(0)

    def weights(self, returns: np.ndarray) -> np.ndarray:
        """w_e = U_e / Σ U, shape (N,).

        Raises:
            ValueError: a return is negative.
        """
        return proportional_weights(returns)

    def ask(self, rng: np.random.Generator) -> np.ndarray:
        """The population, shape (N, d)."""
        return draw(rng, self.mean, self.covariance, self.population)  # ~ N(μ, Σ)

    def tell(self, thetas: np.ndarray, returns: np.ndarray) -> None:
        """Step by the return-weighted exploration; see `Search.tell`.

        Raises:
            ValueError: also when a return is negative.
        """
        thetas, returns = check_told(thetas, returns, self.mean.size, self.population)
        self.weights(returns)  # refuses negative returns before anything is changed
        if self.reuse is not None:
            thetas = np.concatenate([self.best[0], thetas])
            returns = np.concatenate([self.best[1], returns])
            order = np.argsort(-returns, kind="stable")[: self.reuse]
            thetas, returns = self.best = thetas[order], returns[order]
        self.mean, self.covariance = update_gaussian(
            thetas,
            self.weights(returns),
            self.mean,
            self.covariance,
            self.covariance_update,
            self.decay,
        )


def power_step(explorations: np.ndarray, returns_to_go: np.ndarray) -> np.ndarray:
    """The step with one weight a time step, for a policy whose parameters are explored
    anew at every step.

    Δθ = Σ_e Σ_t ε_et Q_et / Σ_e Σ_t Q_et

    Args:
        explorations: ε, what was added to the parameters, shape (N, T, d).
        returns_to_go: Q, the rewards from step t on, shape (N, T), none negative.

    Returns:
        Δθ, shape (d,).

    Raises:
        ValueError: shapes do not fit, a number is not finite, or a return is negative.
    """
    explorations, returns_to_go = check_steps(explorations, returns_to_go)
    w = proportional_weights(returns_to_go.ravel())  # (N T,)
    return np.asarray(w @ explorations.reshape(w.size, -1))
