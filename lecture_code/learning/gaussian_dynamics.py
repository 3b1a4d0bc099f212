"""Gaussian models of a transition p = (x, u, x'): running moments, a prior, and the
linear dynamics that follow from them.

The numbers are those of Fu, Levine & Abbeel (2016, arXiv 1509.06841):

    (3)  μ̂_t = w p_t + (1 − w) μ̂_{t−1}
    (4)  Δ_t = w p_t p_tᵀ + (1 − w) Δ_{t−1},   Σ̂_t = Δ_t − μ̂_t μ̂_tᵀ
    (1)  μ = (m μ0 + N μ̂) / (m + N)
         Σ = [Φ + N Σ̂ + N m / (N + m) (μ̂ − μ0)(μ̂ − μ0)ᵀ] / (N + n0)
    (2)  f_xu = Σ_{x',xu} Σ_{xu,xu}⁻¹,  f_c = μ_{x'} − f_xu μ_{xu},
         F = Σ_{x',x'} − f_xu Σ_{xu,xu} f_xuᵀ

w is the weight of the newest transition. (3) and (4) followed by (2) are exactly a
least squares fit with an intercept, in which a transition that is j control steps old
has the weight w (1 − w)^j.

Deviations. Δ − μ̂ μ̂ᵀ subtracts two numbers that are nearly equal, and loses digits
where the mean is large. `Moments` keeps Σ̂ itself, by the same recursion written for it:
Σ̂_t = (1 − w) (Σ̂_{t−1} + w d dᵀ) with d = p_t − μ̂_{t−1}. A small multiple of the
identity is added to Σ_{xu,xu} before it is inverted. So a state that never changes
does no harm: its slopes are zero.

Every array may have leading axes (…), for many attempts at once; D = 2 S + A. Start
with `Moments.update`, then `gaussian_posterior`, then `condition`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lecture_code.learning.lqr import LinearModel, times, transposed

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Moments:
    """Running mean and covariance of transitions; old transitions count less and less.

    Args:
        mean: μ̂, (…, D).
        covariance: Σ̂, (…, D, D).
        count: number of transitions that were taken in.

    Raises:
        ValueError: the shapes do not fit, or a number is not finite.
    """

    mean: Array
    covariance: Array
    count: int = 0

    def __post_init__(self) -> None:
        mean = np.array(self.mean, dtype=float)  # copies, in float64
        covariance = np.array(self.covariance, dtype=float)
        if mean.ndim < 1 or covariance.shape != (*mean.shape, mean.shape[-1]):
            raise ValueError(
                f"mean must be (…, D) and covariance (…, D, D); got {mean.shape} and "
                f"{covariance.shape}"
            )
        _require_finite("mean", mean)
        _require_finite("covariance", covariance)
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "covariance", covariance)

    @classmethod
    def from_point(cls, p: Array) -> Moments:
        """The moments of a single transition p (…, D): no covariance yet."""
        p = np.asarray(p, dtype=float)
        return cls(p, np.zeros((*p.shape, p.shape[-1])), 1)

    @classmethod
    def from_data(cls, points: Array) -> Moments:
        """The moments of recorded transitions (n, D), all of the same weight."""
        points = np.asarray(points, dtype=float)
        mean = points.mean(axis=0)
        apart = points - mean
        return cls(mean, apart.T @ apart / len(points), len(points))

    def repeated(self, n: int) -> Moments:
        """The same moments (D,) for each of n attempts, (n, D)."""
        D = self.mean.size
        mean = np.broadcast_to(self.mean, (n, D))
        covariance = np.broadcast_to(self.covariance, (n, D, D))
        return Moments(mean, covariance, self.count)

    @property
    def second(self) -> Array:
        """Δ = Σ̂ + μ̂ μ̂ᵀ, (…, D, D), of eq. 4."""
        return self.covariance + outer(self.mean)

    def update(self, p: Array, w_new: ArrayLike) -> Moments:
        """Take in a transition p (…, D) with the weight w_new in [0, 1], one number or
        one for each attempt (…,): eqs 3 and 4.

        Raises:
            ValueError: p does not fit or is not finite, or the weight is outside [0,
                1].
        """
        p = np.asarray(p, dtype=float)
        w = np.asarray(w_new, dtype=float)[..., None]
        if p.shape[-1:] != self.mean.shape[-1:]:
            raise ValueError(
                f"a transition must have {self.mean.shape[-1]} numbers; got {p.shape}"
            )
        _require_finite("a transition p", p)
        if not ((w >= 0) & (w <= 1)).all():
            raise ValueError(f"w_new must lie in [0, 1]; got {w[..., 0]}")
        d = p - self.mean
        mean = self.mean + w * d  # eq. 3
        w = w[..., None]
        covariance = (1 - w) * (self.covariance + w * outer(d))  # eq. 4 and line 4
        return Moments(mean, covariance, self.count + 1)

    def log_density(self, p: Array, regularisation: float = 1e-5) -> Array:
        """log N(p; μ̂, Σ̂ + regularisation · I), (…,), of transitions p (…, D)."""
        D = self.mean.shape[-1]
        ridge: Array = regularisation * np.eye(D)
        covariance = self.covariance + ridge
        apart = p - self.mean
        white = times(np.linalg.inv(covariance), apart)
        distance = (apart * white).sum(axis=-1)
        size = np.linalg.slogdet(covariance)[1]
        return np.asarray(-0.5 * (distance + size + D * np.log(2 * np.pi)))


@dataclass(frozen=True, eq=False)
class NormalInverseWishart:
    """A prior for the mean and the covariance of a Gaussian.

    Args:
        mean: μ0, (…, D).
        scatter: Φ, (…, D, D); the prior's covariance is Φ / n0.
        m: how many observations the prior mean is worth.
        n0: how many observations the prior covariance is worth.

    Raises:
        ValueError: the shapes do not fit, or m or n0 is negative.
    """

    mean: Array
    scatter: Array
    m: float = 1.0
    n0: float = 1.0

    def __post_init__(self) -> None:
        shape = np.shape(self.mean)
        if np.shape(self.scatter) != (*shape, *shape[-1:]):
            raise ValueError(
                f"mean must be (…, D) and scatter (…, D, D); got {shape} and "
                f"{np.shape(self.scatter)}"
            )
        if not (self.m >= 0 and self.n0 >= 0):
            raise ValueError(
                f"m and n0 must not be negative; got {self.m} and {self.n0}"
            )

    @classmethod
    def none(cls, shape: tuple[int, ...]) -> NormalInverseWishart:
        """The prior that knows nothing, for means of this shape (…, D)."""
        return cls(np.zeros(shape), np.zeros((*shape, shape[-1])), 0.0, 0.0)

    def weighted(self, m: float, n0: float) -> NormalInverseWishart:
        """The same mean and covariance, worth m and n0 observations; the prior that
        knows nothing stays as it is.
        """
        if self.n0 == 0:
            return self
        scatter = self.scatter * (n0 / self.n0)
        return replace(self, scatter=scatter, m=m, n0=n0)


def gaussian_posterior(
    prior: NormalInverseWishart,
    moments: Moments,
    N: ArrayLike,
    keep_mean: bool = False,
) -> tuple[Array, Array]:
    """The most probable mean μ (…, D) and covariance Σ (…, D, D), eq. 1.

    Args:
        prior: what was known before.
        moments: what was observed.
        N: how many observations the moments are worth, one number or (…,).
        keep_mean: take μ = μ̂ instead. Without it a share m / (N + m) of the distance
            between μ̂ and μ0 stays in the model for ever.

    Raises:
        ValueError: N is negative, or neither the prior nor the moments have weight.
    """
    m = prior.m
    n0 = prior.n0
    N = np.asarray(N, dtype=float)[..., None]
    _require_weight(N, m, n0)
    apart = moments.mean - prior.mean
    mean = prior.mean + N / (m + N) * apart  # eq. 1
    scatter = prior.scatter + (N * m / (N + m))[..., None] * outer(apart)
    N = N[..., None]
    covariance = (scatter + N * moments.covariance) / (N + n0)  # eq. 1
    if keep_mean:
        mean = moments.mean
    return mean, covariance


def condition(
    mean: Array, covariance: Array, n_inputs: int, regularisation: float = 1e-5
) -> LinearModel:
    """The linear dynamics of a Gaussian over (x, u, x'), eq. 2.

    Args:
        mean, covariance: of the Gaussian, (…, D) and (…, D, D).
        n_inputs: S + A, the numbers in x and u together.
        regularisation: is added to the diagonal of the inputs' covariance.

    Raises:
        ValueError: n_inputs does not fit, or the inputs' covariance is singular and
            nothing is added to it.
    """
    S = _number_of_states(mean, n_inputs)
    inputs = slice(0, n_inputs)
    outputs = slice(n_inputs, None)
    across = covariance[..., inputs, outputs]  # (…, S + A, S)
    of_inputs = covariance[..., inputs, inputs] + regularisation * np.eye(n_inputs)
    f_xu = transposed(_solve(of_inputs, across))  # eq. 2
    f_c = mean[..., outputs] - times(f_xu, mean[..., inputs])  # eq. 2
    F = covariance[..., outputs, outputs] - f_xu @ across  # eq. 2
    F = 0.5 * (F + transposed(F))
    return LinearModel(f_xu[..., :S], f_xu[..., S:], f_c, F)


def outer(vector: Array) -> Array:
    """v vᵀ, (…, D, D), of vectors (…, D)."""
    return np.asarray(vector[..., :, None] * vector[..., None, :])


def _require_weight(N: Array, m: float, n0: float) -> None:
    """Refuse weights of which no mean or no covariance follows."""
    if not (N >= 0).all():
        raise ValueError(f"N must not be negative; got {N[..., 0]}")
    if not ((N + m > 0).all() and (N + n0 > 0).all()):
        raise ValueError(
            "neither prior nor moments have weight: N + m and N + n0 must be positive; "
            f"the prior has m = {m:g}, n0 = {n0:g}, and N is {N.min():g}"
        )


def _number_of_states(mean: Array, n_inputs: int) -> int:
    """S, for a mean (…, 2 S + A) and S + A inputs."""
    D = int(mean.shape[-1])
    S = D - n_inputs
    if not 0 < S < n_inputs:
        raise ValueError(
            f"n_inputs must be S + A with 2 S + A = {D} and A ≥ 1; got {n_inputs}"
        )
    return S


def _solve(of_inputs: Array, across: Array) -> Array:
    """Σ_{xu,xu}⁻¹ Σ_{xu,x'}, (…, S + A, S)."""
    try:
        return np.asarray(np.linalg.solve(of_inputs, across))
    except np.linalg.LinAlgError as error:
        raise ValueError(
            "the covariance of the inputs is singular: use a regularisation above 0, "
            "a prior, or more than S + A transitions"
        ) from error


def _require_finite(name: str, values: Array) -> None:
    if not np.isfinite(values).all():
        where = np.argwhere(~np.isfinite(values))[0].tolist()
        raise ValueError(f"{name} must be finite; entry {where} is not")
