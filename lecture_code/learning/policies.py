"""Policies: what maps an observation to an action."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LinearPolicy:
    """a = M (s − mean) / std, with M the matrix whose rows lie one after the other in
    `theta`.

    Args:
        theta: (A·S,) for one policy, or (N, A·S) for one policy a row of the batch.
        mean, std: (S,), what the observations are normalised by.

    Raises:
        ValueError: shapes do not fit, a number is not finite, or std is not positive.
    """

    theta: Array
    mean: Array
    std: Array

    def __post_init__(self) -> None:
        theta, mean, std = (
            np.array(value, dtype=float) for value in (self.theta, self.mean, self.std)
        )  # copies
        if (
            mean.ndim != 1
            or std.shape != mean.shape
            or theta.ndim not in (1, 2)
            or theta.shape[-1] % mean.size
            or theta.size == 0
        ):
            raise ValueError(
                "theta must be (A·S,) or (N, A·S), mean and std (S,); got "
                f"{theta.shape}, {mean.shape}, {std.shape}"
            )
        if not (
            np.isfinite(theta).all()
            and np.isfinite(mean).all()
            and np.isfinite(std).all()
            and (std > 0).all()
        ):
            raise ValueError("theta, mean and std must be finite, and std positive")
        for name, value in (("theta", theta), ("mean", mean), ("std", std)):
            object.__setattr__(self, name, value)

    @classmethod
    def initial(cls, observation_size: int, action_size: int) -> LinearPolicy:
        """The policy that does nothing, with observations taken as they are."""
        return cls(
            np.zeros(observation_size * action_size),
            np.zeros(observation_size),
            np.ones(observation_size),
        )

    def at(self, theta: Array) -> LinearPolicy:
        """The policy with another theta, (A·S,) or one row per world (N, A·S)."""
        return replace(self, theta=theta)

    def __call__(
        self, observations: Array, rng: np.random.Generator | None = None
    ) -> Array:
        """Actions (N, A) for observations (N, S); nothing is drawn from `rng`.

        Each row is computed by itself, so its value does not depend on the others.
        """
        M = self.theta.reshape(
            *self.theta.shape[:-1], -1, self.mean.size
        )  # (A, S) or (N, A, S)
        return np.asarray(
            (M * ((observations - self.mean) / self.std)[:, None, :]).sum(axis=-1)
        )
