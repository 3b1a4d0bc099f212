"""PI²: path integrals weigh every candidate by a soft maximum.

Theodorou, Buchli & Schaal, "A generalized path integral control approach to
reinforcement learning", *JMLR* 11 (2010); Stulp & Sigaud, "Path integral policy
improvement with covariance matrix adaptation", ICML 2012, arXiv:1206.4621 (PI²-CMA).

    μ⁺ = argmax_μ Σ_e exp(λ U_e) log P_μ(θ_e),      λ = h / (U_max − U_min)

Idea. Stochastic optimal control says how likely a trajectory is under the optimal
policy: exp(−cost / temperature). So average the candidates with these weights. In
practice λ is set anew in every generation, from the range of its returns, so that the
worst candidate weighs exp(−h) of the best, whatever the unit of the return. With a
fixed λ it is reward-weighted regression with q(U) = exp(λ U): use
`RewardWeightedRegression(beta=λ)`.

Read `weights` first. h → 0 gives the plain average of the candidates, h → ∞ the best
one; the published default is 10.

`PI2(covariance_update="fixed", decay=…)` is the black-box form in which exploration
only fades; `covariance_update="cma"` is PI²-CMA, in which its shape is learnt.

Deviations from the papers:
* One weight an episode, as in the lecture: the original weighs every time step by its
  own cost to go, and is the pure function `path_integral_step`.
* We maximise returns; the papers minimise costs.
* PI²-CMA's low-pass filter and its floor under the variances are left out.
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
    exponential_weights,
    update_gaussian,
)
from lecture_code.search.protocol import check_told


@dataclass(eq=False)
class PI2:
    """Episodic PI² as a black-box search; one generation is N evaluations.

    Args:
        mean: the start μ, shape (d,).
        sigma: standard deviation of the first population, in the units of `mean`: one
            number, or one for each parameter.
        population: number of candidates in a generation, N.
        h: how much the best outweighs the worst, e^h to 1.
        covariance_update: "fixed", "fit" or "cma", see `gaussian.py`.
        decay: a factor on the covariance in each generation; 0.8² with "fixed" takes a
            fifth off the standard deviation.
        diagonal: keep variances alone (True), or the whole covariance.

    Raises:
        ValueError: names the setting that is out of range.
    """

    mean: np.ndarray
    sigma: float | np.ndarray
    population: int = 20
    h: float = 10.0
    covariance_update: CovarianceUpdate = "fixed"
    decay: float = 1.0
    diagonal: bool = True
    covariance: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.mean, variances = check_start(self.mean, self.sigma, self.population)
        self.covariance = variances if self.diagonal else np.diag(variances)
        check_covariance_update(self.covariance_update, self.decay)
        _check_h(self.h)

    def weights(self, returns: np.ndarray) -> np.ndarray:
        """w_e ∝ exp(−h (U_max − U_e) / (U_max − U_min)), shape (N,); equal weights
        where all returns are equal.
        """
        span = returns.max() - returns.min()
        return exponential_weights(returns, self.h / span if span > 0 else 0.0)

    def ask(self, rng: np.random.Generator) -> np.ndarray:
        """The population, shape (N, d)."""
        return draw(rng, self.mean, self.covariance, self.population)  # ~ N(μ, Σ)

    def tell(self, thetas: np.ndarray, returns: np.ndarray) -> None:
        """Fit the population to its softly best candidates; see `Search.tell`."""
        thetas, returns = check_told(thetas, returns, self.mean.size, self.population)
        self.mean, self.covariance = update_gaussian(
            thetas,
            self.weights(returns),
            self.mean,
            self.covariance,
            self.covariance_update,
            self.decay,
        )


def path_integral_step(
    explorations: np.ndarray, returns_to_go: np.ndarray, h: float = 10.0
) -> np.ndarray:
    """The original PI² step, with one weight a time step, for a policy whose parameters
    are explored anew at every step.

        P_et ∝ exp(−h (max_e Q_et − Q_et) / (max_e Q_et − min_e Q_et))
        Δθ_t = Σ_e P_et ε_et
        Δθ = Σ_t (T − t) Δθ_t / Σ_t (T − t)

    The last average trusts early steps more: they decide about more of the episode.

    Args:
        explorations: ε, what was added to the parameters, shape (N, T, d).
        returns_to_go: Q, the rewards from step t on, shape (N, T).
        h: as in `PI2`.

    Returns:
        Δθ, shape (d,).

    Raises:
        ValueError: shapes do not fit, a number is not finite, or h is negative.
    """
    explorations, returns_to_go = check_steps(explorations, returns_to_go)
    _check_h(h)
    best, worst = returns_to_go.max(axis=0), returns_to_go.min(axis=0)  # (T,)
    span = np.where(best > worst, best - worst, 1.0)
    P = np.exp(-h * (best - returns_to_go) / span)  # (N, T)
    steps = ((P / P.sum(axis=0))[:, :, None] * explorations).sum(axis=0)  # Δθ_t, (T, d)
    to_go = np.arange(len(steps), 0, -1)  # T − t
    return np.asarray(to_go @ steps / to_go.sum())


def _check_h(h: float) -> None:
    if not 0 <= h < np.inf:
        raise ValueError(f"h must be at least 0 and finite; got {h}")
