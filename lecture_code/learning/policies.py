"""The linear policy: what maps an observation to an action."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lecture_code.learning.networks import Standardiser

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LinearPolicy:
    """a = M s̃, with s̃ the standardised observation and M the matrix whose rows lie one
    after the other in `theta`.

    Args:
        theta: (A·S,) for one policy, or (N, A·S) for one policy a row of the batch.
        standardiser: of the observations (S,).

    Raises:
        ValueError: shapes do not fit, or a number is not finite.
    """

    theta: Array
    standardiser: Standardiser

    def __post_init__(self) -> None:
        theta = np.array(self.theta, dtype=float)  # a copy
        S = self.standardiser.size
        if theta.ndim not in (1, 2) or theta.size == 0 or theta.shape[-1] % S:
            raise ValueError(
                f"theta must be (A·S,) or (N, A·S) for S = {S} observations; got "
                f"{theta.shape}"
            )
        if not np.isfinite(theta).all():
            raise ValueError("theta must be finite")
        object.__setattr__(self, "theta", theta)

    @classmethod
    def initial(cls, observation_size: int, action_size: int) -> LinearPolicy:
        """The policy that does nothing, with observations taken as they are."""
        theta = np.zeros(observation_size * action_size)
        return cls(theta, Standardiser.initial(observation_size))

    @property
    def matrix(self) -> Array:
        """M, (A, S), or one for each row of the batch, (N, A, S)."""
        return self.theta.reshape(*self.theta.shape[:-1], -1, self.standardiser.size)

    def at(self, theta: Array) -> LinearPolicy:
        """The policy with another theta, (A·S,) or one row per world (N, A·S)."""
        return replace(self, theta=theta)

    def __call__(
        self, observations: Array, rng: np.random.Generator | None = None
    ) -> Array:
        """Actions (N, A) for observations (N, S); nothing is drawn from `rng`.

        Each row is computed by itself, so its value does not depend on the others.
        """
        standardised = self.standardiser(observations)[:, None, :]  # (N, 1, S)
        return np.asarray((self.matrix * standardised).sum(axis=-1))
