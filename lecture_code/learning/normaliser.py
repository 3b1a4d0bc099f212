"""Observations brought to mean 0 and standard deviation 1, whatever their units."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class RunningNormaliser:
    """Mean and standard deviation (S,) of all observations so far."""

    def __init__(self, size: int) -> None:
        self.count, self.mean, self.m2 = 0, np.zeros(size), np.zeros(size)

    def add(self, observations: Array) -> None:
        """Take in observations (n, S), by the parallel update of Chan, Golub & LeVeque
        (1983).
        """
        n, mean = len(observations), observations.mean(axis=0)
        delta, total = mean - self.mean, self.count + len(observations)
        self.m2 = (
            self.m2
            + np.square(observations - mean).sum(axis=0)
            + np.square(delta) * self.count * n / total
        )
        self.mean, self.count = self.mean + delta * n / total, total

    @property
    def std(self) -> Array:
        """One until something has been seen, and where nothing varies."""
        variance = self.m2 / max(self.count - 1, 1)
        return np.asarray(np.sqrt(np.where(variance < 1e-7, 1.0, variance)))
