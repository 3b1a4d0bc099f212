"""CMA-ES: learn the shape of the hill, and draw the candidates in that shape.

Hansen, "The CMA Evolution Strategy: A Tutorial" (2016, revised 2023), arXiv:1604.00772,
Appendix A: Figure 6 (the algorithm) and Table 1 (its parameters).

    (eq. 38–40)  z_k ~ N(0, I),  y_k = B D z_k,  x_k = m + σ y_k            C = B D² Bᵀ
    (eq. 41–42)  m ← m + c_m σ ⟨y⟩_w,   ⟨y⟩_w = Σ_{i ≤ μ} w_i y_{i:λ}       the better half, the best most
    (eq. 43–44)  p_σ remembers the recent steps;   σ ← σ exp((c_σ / d_σ) (‖p_σ‖ / E‖N(0, I)‖ − 1))
    (eq. 45–47)  p_c remembers them, too;          C ← (1 − …) C + c_1 p_c p_cᵀ + c_μ Σ_{i ≤ λ} w_i° y_{i:λ} y_{i:λ}ᵀ

Idea. Draw candidates from N(m, σ² C) and move m towards the better half; only the
ranking of the returns counts. Steps that keep pointing the same way (a p_σ longer than
chance makes it) mean that σ is too small, steps that cancel that it is too large. C
grows along the steps that were good and, with active weights, shrinks along those that
were bad, until it has the shape of the inverse Hessian: then an elongated hill is as
easy as a round one.

Read `CMAES.ask` and `CMAES.tell` first, beside Figure 6; then `Strategy.from_dimension`, beside
Table 1. y_{i:λ} is the i-th best of λ candidates.

Deviations from the tutorial:
* It minimises; we maximise. The one line that knows is the sorting in `tell`. Ties go
  to the candidate that was told first.
* No criterion for stopping: when to stop is the business of the loop that calls. Where
  the tutorial would stop, we go on: if the condition of C exceeds 1e14 (ConditionCov),
  its smallest eigenvalues are raised; if 0.1 σ along an axis of C is less than the
  rounding of m there (NoEffectAxis), σ is raised to that, and a search that has arrived
  stays where it is.
* n / ‖C^(-1/2) y‖² (eq. 46) stays finite for y = 0, where the tutorial divides by zero;
  its product with y yᵀ is then 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from lecture_code.search.gaussian import check_mean
from lecture_code.search.protocol import check_told

# the largest condition number of C: beyond it, rounding decides about the smallest
# eigenvalues
CONDITION = 1e14
SMALLEST, LARGEST = (
    1e-150,
    1e150,
)  # of m, σ and D: squares of what lies outside are 0 or infinite


@dataclass(frozen=True, eq=False)
class Strategy:
    """The parameters of the strategy, which the tutorial's Table 1 gives for a
    dimension n and a population λ. Nobody needs to tune them.
    """

    weights: np.ndarray
    """w_i, shape (λ,), the best candidate's first: the positive ones, i ≤ μ, sum to 1;
    the others are negative, or 0.
    """
    mu_eff: float
    """μ_eff, as how many equally weighted candidates the positive weights count."""
    c_m: float
    """Learning rate of the mean."""
    c_sigma: float
    """What p_σ forgets in a generation."""
    d_sigma: float
    """How much the step size is damped."""
    c_c: float
    """What p_c forgets in a generation."""
    c_1: float
    """Learning rate of C's rank-one update, along p_c."""
    c_mu: float
    """Learning rate of C's rank-μ update, along the candidates."""
    chi_n: float
    """E‖N(0, I)‖ in n dimensions."""
    longest_path: float
    """A p_σ longer than this stalls p_c (h_σ = 0)."""
    lag: int
    """C is decomposed every so many generations (the tutorial's B.2), which leaves
    O(n²) operations a candidate.
    """

    @property
    def mu(self) -> int:
        """μ, the number of candidates that the mean moves towards."""
        return len(self.weights) // 2

    @classmethod
    def from_dimension(
        cls, dimension: int, population: int, active: bool = True
    ) -> Strategy:
        """Table 1.

        Args:
            dimension: n ≥ 1.
            population: λ ≥ 2.
            active: with the negative weights, which take variance from C along the
                worse half; without them they are 0.
        """
        n, lam, mu = dimension, population, population // 2
        w = math.log((lam + 1) / 2) - np.log(np.arange(1, lam + 1))  # eq. 49, w′_i
        mu_eff = float(w[:mu].sum() ** 2 / (w[:mu] ** 2).sum())
        mu_eff_minus = float(w[mu:].sum() ** 2 / (w[mu:] ** 2).sum())
        c_1 = 2 / ((n + 1.3) ** 2 + mu_eff)  # eq. 57
        c_mu = min(
            1 - c_1, 2 * (1 / 4 + mu_eff + 1 / mu_eff - 2) / ((n + 2) ** 2 + mu_eff)
        )  # eq. 58
        alphas = (
            1 + c_1 / c_mu,
            1 + 2 * mu_eff_minus / (mu_eff + 2),
            (1 - c_1 - c_mu) / (n * c_mu),
        )  # eq. 50–52
        alpha = min(alphas) if active else 0.0
        weights = np.where(
            w >= 0, w / w[w > 0].sum(), alpha * w / -w[w < 0].sum()
        )  # eq. 53
        c_sigma = (mu_eff + 2) / (n + mu_eff + 5)  # eq. 55
        chi_n = math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n**2))
        return cls(
            weights=weights,
            mu_eff=mu_eff,
            c_m=1.0,  # eq. 54
            c_sigma=c_sigma,
            d_sigma=1
            + 2 * max(0.0, math.sqrt((mu_eff - 1) / (n + 1)) - 1)
            + c_sigma,  # eq. 55
            c_c=(4 + mu_eff / n) / (n + 4 + 2 * mu_eff / n),  # eq. 56
            c_1=c_1,
            c_mu=c_mu,
            chi_n=chi_n,
            longest_path=(1.4 + 2 / (n + 1)) * chi_n,
            lag=max(1, math.floor(1 / (10 * n * (c_1 + c_mu)))),
        )


@dataclass(eq=False)
class CMAES:
    """CMA-ES as a black-box search; one generation is λ evaluations.

    Args:
        mean: the start, m, shape (d,).
        sigma: σ, the step size at the start, in the units of `mean`: the top should be
            within some 3 σ of the start.
        population: λ ≥ 2; None takes 4 + ⌊3 ln d⌋. A larger one sees further, through
            noise and past lower tops.
        active: with negative weights, see `Strategy.from_dimension`.

    Raises:
        ValueError: names the setting that is out of range.
    """

    mean: np.ndarray
    sigma: float
    population: int | None = None
    active: bool = True
    strategy: Strategy = field(init=False, repr=False)
    C: np.ndarray = field(init=False, repr=False)
    """The shape of what is drawn, symmetric and positive definite, (d, d)."""
    p_sigma: np.ndarray = field(init=False, repr=False)
    """p_σ, the path of recent steps as seen where C is round, (d,)."""
    p_c: np.ndarray = field(init=False, repr=False)
    """p_c, the path of recent steps in units of σ, (d,)."""
    generation: int = field(init=False, repr=False, default=0)
    """g, how often it was told."""
    B: np.ndarray = field(init=False, repr=False)
    """The axes of C, as columns, (d, d), as they were at the last decomposition."""
    D: np.ndarray = field(init=False, repr=False)
    """The lengths of these axes, ascending, (d,)."""

    def __post_init__(self) -> None:
        self.mean = check_mean(self.mean)
        if not 0 < self.sigma < np.inf:
            raise ValueError(f"sigma must be positive and finite; got {self.sigma}")
        n = self.mean.size
        if self.population is None:
            self.population = 4 + math.floor(3 * math.log(n))  # eq. 48
        if self.population < 2:
            raise ValueError(
                "population must be at least 2, or be None for 4 + ⌊3 ln d⌋; got "
                f"{self.population}"
            )
        self.sigma = float(self.sigma)
        self.strategy = Strategy.from_dimension(n, self.population, self.active)
        self.p_sigma, self.p_c = np.zeros(n), np.zeros(n)
        self.C, self.B, self.D = np.eye(n), np.eye(n), np.ones(n)

    @property
    def covariance(self) -> np.ndarray:
        """σ² C, the covariance of the next candidates, (d, d); with `Strategy.lag` > 1,
        up to the generations that it lags behind.
        """
        return np.asarray(self.sigma**2 * self.C)

    def weights(self, returns: np.ndarray) -> np.ndarray:
        """w_i of candidates in the order of their returns (λ,), shape (λ,): by rank
        alone; the negative ones shape C and do not move the mean.
        """
        w = np.empty(len(self.strategy.weights))
        w[np.argsort(-returns, kind="stable")] = self.strategy.weights
        return w

    def ask(self, rng: np.random.Generator) -> np.ndarray:
        """The candidates, shape (λ, d)."""
        z = rng.standard_normal(
            (len(self.strategy.weights), self.mean.size)
        )  # eq. 38, ~ N(0, I)
        y = (z * self.D) @ self.B.T  # eq. 39, ~ N(0, C)
        return np.asarray(self.mean + self.sigma * y)  # eq. 40, ~ N(m, σ² C)

    def tell(self, thetas: np.ndarray, returns: np.ndarray) -> None:
        """Learn from λ candidates (λ, d), those of `ask` or others, and their returns
        (λ,).

        Raises:
            ValueError: see `Search.tell`; also when there are not λ candidates, or when
                they lie so far away that numbers overflow.
        """
        s, n, mu = self.strategy, self.mean.size, self.strategy.mu
        thetas, returns = check_told(thetas, returns, n, len(s.weights))
        with np.errstate(over="ignore", invalid="ignore"):  # _become tells it by name
            y = (
                thetas[np.argsort(-returns, kind="stable")] - self.mean
            ) / self.sigma  # y_{i:λ}, the best first, (λ, n)
            u = (
                y @ self.B
            ) / self.D  # D⁻¹ Bᵀ y, as long as C^(-1/2) y = B D⁻¹ Bᵀ y, (λ, n)
            w_plus = s.weights[:mu]

            y_w = w_plus @ y[:mu]  # eq. 41
            mean = self.mean + s.c_m * self.sigma * y_w  # eq. 42

            p_sigma = (1 - s.c_sigma) * self.p_sigma
            p_sigma += math.sqrt(s.c_sigma * (2 - s.c_sigma) * s.mu_eff) * (
                self.B @ (w_plus @ u[:mu])
            )  # eq. 43
            length = math.sqrt(p_sigma @ p_sigma)
            sigma = self.sigma * float(
                np.exp(s.c_sigma / s.d_sigma * (length / s.chi_n - 1))
            )  # eq. 44

            settled = math.sqrt(
                1 - (1 - s.c_sigma) ** (2 * (self.generation + 1))
            )  # p_σ starts at 0
            h_sigma = 1.0 if length / settled < s.longest_path else 0.0
            p_c = (1 - s.c_c) * self.p_c + h_sigma * math.sqrt(
                s.c_c * (2 - s.c_c) * s.mu_eff
            ) * y_w  # eq. 45

            far = n / np.maximum(np.sum(u**2, axis=1), SMALLEST**2)
            w = s.weights * np.where(s.weights >= 0, 1.0, far)  # eq. 46, w_i°
            lost = (
                (1 - h_sigma) * s.c_c * (2 - s.c_c)
            )  # δ(h_σ), the variance that a stalled p_c does not bring
            C = (1 + s.c_1 * lost - s.c_1 - s.c_mu * s.weights.sum()) * self.C
            C += s.c_1 * np.outer(p_c, p_c) + s.c_mu * ((w * y.T) @ y)  # eq. 47
            C = (C + C.T) / 2  # rounding would let the two halves drift apart
        self._become(mean, sigma, p_sigma, p_c, C)

    def _become(
        self,
        mean: np.ndarray,
        sigma: float,
        p_sigma: np.ndarray,
        p_c: np.ndarray,
        C: np.ndarray,
    ) -> None:
        """Take over the state of the next generation, if it is finite, and decompose C
        when its time has come.
        """
        if not (
            np.abs(mean).max() < LARGEST and sigma < LARGEST and np.isfinite(C).all()
        ):
            raise ValueError(
                "thetas lie so far away that mean, sigma or C would overflow; they "
                f"may be too far from the mean for sigma = {self.sigma}, "
                "or the returns have no top and the search runs away"
            )
        self.mean, self.p_sigma, self.p_c, self.C = mean, p_sigma, p_c, C
        self.generation += 1
        if self.generation % self.strategy.lag == 0:
            D2, self.B = np.linalg.eigh(C)  # C = B D² Bᵀ, D² ascending
            smallest = max(D2[-1] / CONDITION, SMALLEST**2)
            if D2[0] < smallest:
                D2 = np.maximum(D2, smallest)
                self.C = (self.B * D2) @ self.B.T
                self.C = (self.C + self.C.T) / 2
            self.D = np.sqrt(D2)
        rounding = np.finfo(float).eps * float(
            np.max(np.abs(mean) @ np.abs(self.B) / self.D)
        )  # of m, in units of the axes of C
        self.sigma = max(sigma, 10 * rounding, SMALLEST)
