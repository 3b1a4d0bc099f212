"""The cross-entropy method: keep the best, fit the population to them, repeat.

Rubinstein, "The cross-entropy method for combinatorial and continuous optimization"
(1999), as in the lecture; with the noise of Szita & Lőrincz, "Learning Tetris using the
noisy cross-entropy method", *Neural Computation* 18.12 (2006).

    (line 3)  θ_e ~ P_μ(θ)                                            `ask`
    (line 7)  μ⁺ = argmax_μ Σ_ē log P_μ(θ_ē),  ē over the best ρ N    `tell`

Idea. The best tenth of a population says where the good candidates are. Fit a Gaussian
to them, by maximum likelihood: its mean is their average, its variance is theirs.
Nothing but the order of the returns counts, so that a lucky candidate weighs no more
than a good one.

But the elite is always closer together than the population that it comes from, on a
slope as much as at a summit: with ρ = 0.1 and a linear return its standard deviation
along the slope is 0.41 of the population's. So the population stalls after 2.98 initial
standard deviations (`limit_of_travel`). In many dimensions the variances of single
parameters shrink more slowly, as each of them matters less, but they shrink: even when
the returns are pure chance, the variance of n_e draws is a share 1 / n_e too small, in
every generation. The noise of Szita & Lőrincz, Z_t, is added to the *variance* (not to
the standard deviation) after every fit.

Read `weights` and `tell` first.

Deviations from the papers:
* Szita & Lőrincz keep variances alone, which is `diagonal=True`; with False the elite's
  whole covariance is fitted.
* Their t counts generations from 0 here; the paper's own count may begin at 1, which is
  one tenth of a noise unit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from statistics import NormalDist

import numpy as np

from lecture_code.search.gaussian import check_start, draw, weighted_covariance
from lecture_code.search.protocol import check_told


@dataclass(eq=False)
class CrossEntropyMethod:
    """CEM as a black-box search; one generation is N evaluations.

    Args:
        mean: the start μ, shape (d,).
        sigma: standard deviation of the first population, in the units of `mean`: one
            number, or one for each parameter.
        population: number of candidates in a generation, N.
        elite: ρ, the share of the population that is kept; at least two candidates.
        noise: Z_t, what is added to the variances after generation t = 0, 1, …, in the
            units of `mean` squared: one number for all generations, or a function of t
            such as `decreasing_noise(5, 0.1)`.
        diagonal: keep variances alone (True), or the whole covariance.

    Raises:
        ValueError: names the setting that is out of range.
    """

    mean: np.ndarray
    sigma: float | np.ndarray
    population: int = 100
    elite: float = 0.1
    noise: float | Callable[[int], float] = 0.0
    diagonal: bool = True
    covariance: np.ndarray = field(init=False)
    generation: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.mean, variances = check_start(self.mean, self.sigma, self.population)
        self.covariance = variances if self.diagonal else np.diag(variances)
        if not 0 < self.elite <= 1:
            raise ValueError(f"elite must lie in (0, 1]; got {self.elite}")
        if self.elites < 2:
            raise ValueError(
                f"{self.elite:g} of a population of {self.population} keeps "
                f"{self.elites}, and one candidate has no variance: keep at least 2"
            )
        _check_noise(self.noise_at(0), 0)

    @property
    def elites(self) -> int:
        """n_e = ⌊ρ N⌋, the number of candidates that are kept."""
        return int(self.elite * self.population + 1e-9)  # 0.29 · 100 is 28.999…

    def noise_at(self, t: int) -> float:
        """Z_t, the noise after generation t, in the units of `mean` squared."""
        return self.noise(t) if callable(self.noise) else self.noise

    def weights(self, returns: np.ndarray) -> np.ndarray:
        """w_e, (N,): 1 / n_e for the best n_e of the returns (N,), 0 for the others; of
        equal returns, the first.
        """
        w = np.zeros(len(returns))
        w[np.argsort(-returns, kind="stable")[: self.elites]] = 1 / self.elites
        return w

    def ask(self, rng: np.random.Generator) -> np.ndarray:
        """The population, shape (N, d)."""
        # line 3, ~ N(μ, Σ)
        return draw(rng, self.mean, self.covariance, self.population)

    def tell(self, thetas: np.ndarray, returns: np.ndarray) -> None:
        """Fit the population to the elite; see `Search.tell`."""
        d = self.mean.size
        n = self.population
        thetas, returns = check_told(thetas, returns, d, n)
        noise = _check_noise(self.noise_at(self.generation), self.generation)
        w = self.weights(returns)
        self.mean = w @ thetas  # line 7: the mean of the elite …
        # … and its variances, or its whole covariance
        covariance = weighted_covariance(thetas, w, self.mean, self.diagonal)
        identity = 1 if self.diagonal else np.eye(self.mean.size)
        self.covariance = covariance + noise * identity  # + Z_t
        self.generation += 1


def decreasing_noise(start: float, fall: float) -> Callable[[int], float]:
    """Z_t = max(start − fall · t, 0), Szita & Lőrincz's decreasing noise; they take 5
    and 1/10.
    """
    return partial(_decreasing, start=start, fall=fall)


def _decreasing(t: int, start: float, fall: float) -> float:
    return max(start - fall * t, 0.0)


def _check_noise(noise: float, t: int) -> float:
    if not 0 <= noise < np.inf:
        raise ValueError(
            f"noise must be at least 0 and finite, as it is added to a variance; Z_{t} "
            f"is {noise}"
        )
    return noise


def contraction(elite: float) -> tuple[float, float]:
    """The step and the shrinking, along g, of one generation of an endless population
    on a linear return f(θ) = g·θ.

    It holds for one parameter, for a whole covariance, and with variances alone if g
    lies along a parameter.

    The elite of N(0, 1) are the draws above the quantile z = Φ⁻¹(1 − ρ); their mean is
    φ(z) / ρ, and their variance 1 + z φ(z) / ρ − (φ(z) / ρ)².

    Args:
        elite: ρ, in (0, 1].

    Returns:
        How far the mean moves, and how large the standard deviation is afterwards, both
        in standard deviations before.
    """
    if not 0 < elite <= 1:
        raise ValueError(f"elite must lie in (0, 1]; got {elite}")
    if elite == 1:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(1 - elite)
    shift = NormalDist().pdf(z) / elite
    return shift, (1 + z * shift - shift**2) ** 0.5


def limit_of_travel(elite: float) -> float:
    """How far the mean ever gets on a linear return without noise, in standard
    deviations of the first population: 2.98 for ρ = 0.1.

    Where `contraction` holds. A geometric series: each generation goes `shift` times
    the present standard deviation, which shrinks by the same factor each time.
    """
    shift, factor = contraction(elite)
    return shift / (1 - factor) if factor < 1 else 0.0
