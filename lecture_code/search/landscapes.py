"""Hills to try a search on: smooth landscapes whose top, at height 0, is known.

Everything maximises.

Each is a function of candidates (N, d) that gives their heights (N,). It takes a second
argument and ignores it, so that it can be handed to `maximise` as it is. The literature
on evolution strategies minimises the same functions, upside down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Landscape = Callable[..., np.ndarray]
"""f(thetas (N, d), rng or nothing) -> heights (N,)."""


def sphere(thetas: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
    """−Σ θ_i²: the top is θ = 0, and every direction is as steep as any other.

    Heights (N,) of candidates (N, d).
    """
    return np.asarray(-np.sum(thetas**2, axis=1))


def ellipsoid(thetas: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
    """−Σ 10^(6 (i−1)/(d−1)) θ_i²: the top is θ = 0, and curvatures differ by a million.

    Heights (N,) of candidates (N, d).
    """
    return -(thetas**2) @ np.logspace(0, 6, thetas.shape[1])


def rosenbrock(
    thetas: np.ndarray, rng: np.random.Generator | None = None
) -> np.ndarray:
    """−Σ 100 (θ_i² − θ_{i+1})² + (1 − θ_i)²: a bent ridge that leads to the top θ = (1,
    …, 1). Heights (N,) of candidates (N, d).

    From d = 4 on there is a second, lower top near (−1, 1, …, 1).

    Raises:
        ValueError: d < 2.
    """
    if thetas.shape[1] < 2:
        raise ValueError(
            "rosenbrock needs d ≥ 2, for its ridge is bent in a plane; got d = "
            f"{thetas.shape[1]}"
        )
    now, later = thetas[:, :-1], thetas[:, 1:]
    return np.asarray(-np.sum(100 * (now**2 - later) ** 2 + (1 - now) ** 2, axis=1))


@dataclass(frozen=True, eq=False)
class Rotated:
    """A landscape looked at in other axes: f(R θ), which no longer falls apart into
    coordinates.
    """

    landscape: Landscape
    """f."""
    rotation: np.ndarray
    """R, orthogonal, shape (d, d); see `random_rotation`."""

    def __call__(
        self, thetas: np.ndarray, rng: np.random.Generator | None = None
    ) -> np.ndarray:
        """Heights (N,) of candidates (N, d)."""
        return self.landscape(thetas @ self.rotation.T, rng)


def random_rotation(dimension: int, rng: np.random.Generator) -> np.ndarray:
    """An orthogonal matrix (d, d), uniformly distributed: the Q of a Gaussian matrix,
    with the signs of R's diagonal (Mezzadri 2007).
    """
    Q, R = np.linalg.qr(rng.standard_normal((dimension, dimension)))
    return np.asarray(Q * np.sign(np.diag(R)))
