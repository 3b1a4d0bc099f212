"""CMA-ES: learn the shape of the hill, and draw the candidates in that shape.

Hansen, "The CMA Evolution Strategy: A Tutorial" (2016, revised 2023), arXiv:1604.00772,
Appendix A: Figure 6, the algorithm. Its parameters, Table 1, are `cma_strategy.py`.

    (eq. 38–40)  z_k ~ N(0, I),  y_k = B D z_k,  x_k = m + σ y_k,  C = B D² Bᵀ
    (eq. 41–42)  m ← m + c_m σ ⟨y⟩_w,  ⟨y⟩_w = Σ_{i ≤ μ} w_i y_{i:λ}
    (eq. 43)     p_σ ← (1 − c_σ) p_σ + √(c_σ (2 − c_σ) μ_eff) C^(-1/2) ⟨y⟩_w
    (eq. 44)     σ ← σ exp((c_σ / d_σ) (‖p_σ‖ / E‖N(0, I)‖ − 1))
    (eq. 45)     p_c ← (1 − c_c) p_c + h_σ √(c_c (2 − c_c) μ_eff) ⟨y⟩_w
    (eq. 46–47)  C ← (1 − …) C + c_1 p_c p_cᵀ + c_μ Σ_{i ≤ λ} w_i° y_{i:λ} y_{i:λ}ᵀ

Idea. Draw candidates from N(m, σ² C) and move m towards the better half; only the
ranking of the returns counts. If steps keep pointing the same way, p_σ gets longer than
by chance, and σ is too small; if steps cancel, σ is too large. C grows along the steps
that were good and, with active weights, shrinks along the steps that were bad, until it
has the shape of the inverse Hessian: then an elongated hill is as easy as a round hill.

Read `CMAES.ask` and `CMAES.tell` first, beside Figure 6; then
`Strategy.from_dimension`, beside Table 1. y_{i:λ} is the i-th best of λ candidates.

Deviations from the tutorial:
* It minimises; we maximise. The only line that knows is the sorting in `tell`. Ties go
  to the candidate that was told first.
* No criterion for stopping: when to stop is the business of the loop that calls. Where
  the tutorial would stop, we go on: if the condition of C exceeds 1e14 (ConditionCov),
  its smallest eigenvalues are raised; if 0.1 σ along an axis of C is less than the
  rounding of m there (NoEffectAxis), σ is raised to that, and a search that has arrived
  stays where it is.
* n / ‖C^(-1/2) y‖² (eq. 46) stays finite for y = 0, where the tutorial divides by zero;
  its product with y yᵀ is then 0.
* The damping d_σ of large populations, see `cma_strategy.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from lecture_code.search.cma_strategy import Damping, Strategy
from lecture_code.search.gaussian import check_mean
from lecture_code.search.protocol import check_told

__all__ = ["CMAES"]

CONDITION = 1e14
"""Largest condition number of C; beyond it, rounding decides about the smallest
eigenvalues.
"""
SMALLEST, LARGEST = 1e-150, 1e150
"""Bounds of m, σ and D; the squares of numbers outside are 0 or infinite."""


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
        damping: of σ, see `step_size_damping`; "tutorial" only to compare with it.

    Raises:
        ValueError: names the setting that is out of range.
    """

    mean: np.ndarray
    sigma: float
    population: int | None = None
    active: bool = True
    damping: Damping = "large populations"
    strategy: Strategy = field(init=False, repr=False)
    C: np.ndarray = field(init=False, repr=False)
    """The shape of what is drawn, symmetric and positive definite, (d, d)."""
    p_sigma: np.ndarray = field(init=False, repr=False)
    """p_σ, the path of recent steps as seen where C is round, (d,)."""
    p_c: np.ndarray = field(init=False, repr=False)
    """p_c, the path of recent steps in units of σ, (d,)."""
    generation: int = field(init=False, repr=False, default=0)
    """g, number of generations that the search has learnt from."""
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
        self.strategy = Strategy.from_dimension(
            n, self.population, self.active, self.damping
        )
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
        size = len(self.strategy.weights), self.mean.size
        z = rng.standard_normal(size)  # eq. 38, ~ N(0, I)
        y = (z * self.D) @ self.B.T  # eq. 39, ~ N(0, C)
        return np.asarray(self.mean + self.sigma * y)  # eq. 40, ~ N(m, σ² C)

    def tell(self, thetas: np.ndarray, returns: np.ndarray) -> None:
        """Learn from λ candidates (λ, d), from `ask` or elsewhere, and their returns
        (λ,).

        Raises:
            ValueError: see `Search.tell`; also when there are not λ candidates, or when
                they lie so far away that numbers overflow.
        """
        s = self.strategy
        mu = self.strategy.mu
        thetas, returns = check_told(thetas, returns, self.mean.size, len(s.weights))
        best_first = np.argsort(-returns, kind="stable")
        with np.errstate(over="ignore", invalid="ignore"):  # `_become` names the cause
            y = (thetas[best_first] - self.mean) / self.sigma  # y_{i:λ}, (λ, n)
            u = (y @ self.B) / self.D  # D⁻¹ Bᵀ y, as long as C^(-1/2) y, (λ, n)
            y_w = s.weights[:mu] @ y[:mu]  # eq. 41
            u_w = s.weights[:mu] @ u[:mu]
            mean = self.mean + s.c_m * self.sigma * y_w  # eq. 42
            p_sigma, sigma, h_sigma = self._step_size(u_w)
            p_c, C = self._shape(y, u, y_w, h_sigma)
        self._become(mean, sigma, p_sigma, p_c, C)

    def _step_size(self, u_w: np.ndarray) -> tuple[np.ndarray, float, float]:
        """The next p_σ, σ, and h_σ: 0 if p_σ is so long that p_c must wait, or else 1.

        Args:
            u_w: D⁻¹ Bᵀ ⟨y⟩_w, (n,).
        """
        s = self.strategy
        p_sigma = (1 - s.c_sigma) * self.p_sigma
        gain = math.sqrt(s.c_sigma * (2 - s.c_sigma) * s.mu_eff)
        p_sigma += gain * (self.B @ u_w)  # eq. 43
        length = math.sqrt(p_sigma @ p_sigma)
        growth = np.exp(s.c_sigma / s.d_sigma * (length / s.chi_n - 1))
        sigma = self.sigma * float(growth)  # eq. 44
        g = self.generation + 1
        settled = math.sqrt(1 - (1 - s.c_sigma) ** (2 * g))  # p_σ starts at 0
        h_sigma = 1.0 if length / settled < s.longest_path else 0.0
        return p_sigma, sigma, h_sigma

    def _shape(
        self, y: np.ndarray, u: np.ndarray, y_w: np.ndarray, h_sigma: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """The next p_c, (n,), and C, (n, n).

        Args:
            y: steps of the candidates in units of σ, the best first, (λ, n).
            u: D⁻¹ Bᵀ y of each, (λ, n).
            y_w: ⟨y⟩_w, (n,).
            h_sigma: see `_step_size`.
        """
        s = self.strategy
        n = self.mean.size
        remaining = s.c_c * (2 - s.c_c)
        gain = h_sigma * math.sqrt(remaining * s.mu_eff)
        p_c = (1 - s.c_c) * self.p_c + gain * y_w  # eq. 45
        far = n / np.maximum(np.sum(u**2, axis=1), SMALLEST**2)
        w = s.weights * np.where(s.weights >= 0, 1.0, far)  # eq. 46, w_i°
        lost = (1 - h_sigma) * remaining  # δ(h_σ): variance that a stalled p_c lacks
        C = (1 + s.c_1 * lost - s.c_1 - s.c_mu * s.weights.sum()) * self.C
        C += s.c_1 * np.outer(p_c, p_c) + s.c_mu * ((w * y.T) @ y)  # eq. 47
        return p_c, (C + C.T) / 2  # rounding would let the two halves drift apart

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
        self.mean = mean
        self.p_sigma = p_sigma
        self.p_c = p_c
        self.C = C
        self.generation += 1
        if self.generation % self.strategy.lag == 0:
            D2, self.B = np.linalg.eigh(C)  # C = B D² Bᵀ, D² ascending
            smallest = max(D2[-1] / CONDITION, SMALLEST**2)
            if D2[0] < smallest:
                D2 = np.maximum(D2, smallest)
                self.C = (self.B * D2) @ self.B.T
                self.C = (self.C + self.C.T) / 2
            self.D = np.sqrt(D2)
        largest = float(np.max(np.abs(mean) @ np.abs(self.B) / self.D))
        rounding = np.finfo(float).eps * largest  # of m, in units of the axes of C
        self.sigma = max(sigma, 10 * rounding, SMALLEST)
