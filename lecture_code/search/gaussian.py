"""The Gaussian population that most searches share: how it is drawn, and how it is
fitted again.

    θ_e ~ N(μ, Σ),  e = 1 … N          generate
    U_e = f(θ_e)                       evaluate
    w_e ≥ 0,  Σ_e w_e = 1              select
    μ⁺ = Σ_e w_e θ_e                   reproduce: argmax_μ Σ_e w_e log N(θ_e; μ, Σ)

The methods differ mainly in how they select. The population's shape Σ either stays or
is fitted too,

    "fixed"   Σ⁺ = Σ
    "fit"     Σ⁺ = Σ_e w_e (θ_e − μ⁺)(θ_e − μ⁺)ᵀ    about the new mean
    "cma"     Σ⁺ = Σ_e w_e (θ_e − μ )(θ_e − μ )ᵀ    about the old mean

each times a factor `decay`. "fit" maximises the same likelihood over Σ; "cma" is the
choice of PI²-CMA and CMA-ES. Both differ by the step alone: Σ"cma" = Σ"fit" +
(μ⁺ − μ)(μ⁺ − μ)ᵀ. So "fit" narrows the population along its way, and "cma" widens it
there.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

CovarianceUpdate = Literal["fixed", "fit", "cma"]
"""Names of the three updates of the covariance."""


def check_start(
    mean: np.ndarray, sigma: float | np.ndarray, population: int
) -> tuple[np.ndarray, np.ndarray]:
    """The checks that every search with a Gaussian population makes at its start.

    Args:
        mean: the start μ, shape (d,).
        sigma: standard deviation of the first population, in the units of `mean`: one
            for all parameters, or one each, (d,).
        population: number of candidates in a generation, N ≥ 2.

    Returns:
        The mean as an array of its own, and the variances σ², shape (d,).

    Raises:
        ValueError: names the setting that is out of range.
    """
    mean = check_mean(mean)
    sigma = np.asarray(sigma, dtype=float)
    positive = ((sigma > 0) & (sigma < np.inf)).all()
    if sigma.shape not in ((), mean.shape) or not positive:
        raise ValueError(
            "sigma must be positive and finite, one number or one for each of the "
            f"{mean.size} parameters; got {sigma}"
        )
    if population < 2:
        raise ValueError(f"population must be at least 2; got {population}")
    return mean, np.full(mean.shape, sigma**2)


def check_mean(mean: np.ndarray) -> np.ndarray:
    """`mean` as a float array of its own, shape (d,).

    Raises:
        ValueError: it is not one finite vector.
    """
    mean = np.array(mean, dtype=float)  # a copy: the caller's array is never changed
    if mean.ndim != 1 or mean.size == 0 or not np.isfinite(mean).all():
        raise ValueError(
            f"mean must be one finite vector, shape (d,); got shape {mean.shape}: "
            f"{mean}"
        )
    return mean


def draw(
    rng: np.random.Generator, mean: np.ndarray, covariance: np.ndarray, n: int
) -> np.ndarray:
    """n candidates ~ N(mean, covariance), shape (n, d).

    Args:
        rng: draws the candidates.
        mean: (d,).
        covariance: (d, d), or its diagonal (d,). It may be singular: the population
            then lies in a subspace.
        n: number of candidates.
    """
    z = rng.standard_normal((n, mean.size))  # ~ N(0, I)
    if covariance.ndim == 1:
        return np.asarray(mean + np.sqrt(covariance) * z)
    variances, axes = np.linalg.eigh(covariance)
    return np.asarray(mean + (np.sqrt(np.maximum(variances, 0)) * z) @ axes.T)


def weighted_covariance(
    thetas: np.ndarray, weights: np.ndarray, about: np.ndarray, diagonal: bool
) -> np.ndarray:
    """Σ_e w_e (θ_e − m)(θ_e − m)ᵀ, shape (d, d), or its diagonal, (d,).

    Args:
        thetas: the candidates, (N, d).
        weights: w, (N,), with sum 1.
        about: m, (d,).
        diagonal: whether to keep the variances alone.
    """
    y = thetas - about  # (N, d)
    return np.asarray(weights @ y**2 if diagonal else (weights[:, None] * y).T @ y)


def update_gaussian(
    thetas: np.ndarray,
    weights: np.ndarray,
    mean: np.ndarray,
    covariance: np.ndarray,
    covariance_update: CovarianceUpdate,
    decay: float,
) -> tuple[np.ndarray, np.ndarray]:
    """The next generation's mean (d,) and covariance, of the shape of this one's.

    Args:
        thetas: the candidates, (N, d).
        weights: w, (N,), with sum 1.
        mean, covariance: of this generation; a covariance (d,) is a diagonal and stays
            one.
        covariance_update: see the module's first lines.
        decay: a factor on the covariance.
    """
    new_mean = weights @ thetas
    if covariance_update == "fixed":
        return new_mean, decay * covariance
    about = new_mean if covariance_update == "fit" else mean
    diagonal = covariance.ndim == 1
    return new_mean, decay * weighted_covariance(thetas, weights, about, diagonal)


def check_covariance_update(covariance_update: CovarianceUpdate, decay: float) -> None:
    """Raise if `covariance_update` is unknown or `decay` no factor in (0, 1]."""
    if covariance_update not in ("fixed", "fit", "cma"):
        raise ValueError(
            "covariance_update must be one of 'fixed', 'fit', 'cma'; got "
            f"{covariance_update!r}"
        )
    if not 0 < decay <= 1:
        raise ValueError(f"decay must lie in (0, 1]; got {decay}")


def exponential_weights(returns: np.ndarray, slope: float) -> np.ndarray:
    """w_e ∝ exp(slope · U_e), shape (N,), computed so that nothing overflows."""
    w = np.exp(slope * (returns - returns.max()))
    return np.asarray(w / w.sum())


def proportional_weights(returns: np.ndarray) -> np.ndarray:
    """w_e = U_e / Σ U, shape (N,); equal weights where all returns are 0.

    Raises:
        ValueError: a return is negative; the message names the candidates.
    """
    negative = np.flatnonzero(returns < 0)
    if negative.size:
        shown = ", ".join(f"candidate {i}: {returns[i]:g}" for i in negative[:5])
        shown += ", …" if negative.size > 5 else ""
        raise ValueError(
            f"weights in proportion to the return need returns ≥ 0; {negative.size} of "
            f"{len(returns)} are negative ({shown}): "
            "add a constant, or weigh by exp(β U)"
        )
    total = returns.sum()
    if total > 0:
        return np.asarray(returns / total)
    return np.full(len(returns), 1 / len(returns))


def check_steps(
    explorations: np.ndarray, returns_to_go: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Both as float arrays, if they are (N, T, d) and (N, T) and finite; a ValueError
    says what is not.
    """
    explorations = np.asarray(explorations, dtype=float)
    returns_to_go = np.asarray(returns_to_go, dtype=float)
    fits = explorations.ndim == 3 and returns_to_go.shape == explorations.shape[:2]
    if not fits or explorations.size == 0:
        raise ValueError(
            "explorations must be (N, T, d) and returns_to_go (N, T); got "
            f"{explorations.shape} and {returns_to_go.shape}"
        )
    if not (np.isfinite(explorations).all() and np.isfinite(returns_to_go).all()):
        raise ValueError("explorations and returns_to_go must be finite")
    return explorations, returns_to_go
