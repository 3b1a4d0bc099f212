"""Distributions over knobs: what an ensemble of simulators is drawn from.

A *source* is a dictionary, knob -> `TruncatedGaussian`: `world.sample(rng, n,
**source)` draws n worlds from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr, ndtri

from lecture_code.simulation.parameters import check_known
from lecture_code.simulation.worlds import World

Array = NDArray[np.float64]


@dataclass(frozen=True)
class TruncatedGaussian:
    """N(mean, std²), given that the value lies in [low, high]; with std = ∞ it is
    uniform.

    Args:
        mean, std: before truncation, so that the truncated distribution's own are a
            little different; in the knob's unit.
        low, high: the support.

    Raises:
        ValueError: mean, low or high is not finite, std is not positive, the mean lies
            outside the support, or the support is empty.
    """

    mean: float
    std: float
    low: float
    high: float

    def __post_init__(self) -> None:
        finite = np.isfinite([self.mean, self.low, self.high]).all()
        if not finite or not self.low < self.high:
            raise ValueError(
                f"mean, low and high must be finite and low < high; got {self.mean}, "
                f"{self.low} and {self.high}"
            )
        if not self.std > 0:  # also refuses NaN
            raise ValueError(f"std must be positive; got {self.std}")
        if not self.low <= self.mean <= self.high:
            raise ValueError(
                f"the mean {self.mean:g} must lie in the support [{self.low:g}, "
                f"{self.high:g}]"
            )

    def rvs(self, size: int, random_state: np.random.Generator) -> Array:
        """`size` independent draws, by inverting the distribution function."""
        u = random_state.uniform(size=size)  # ~ U(0, 1)
        if np.isinf(self.std):
            return self.low + u * (self.high - self.low)
        below, above = ndtr(self._ends())
        draws = self.mean + self.std * ndtri(below + u * (above - below))
        return np.asarray(np.clip(draws, self.low, self.high))

    def log_density(self, values: Array) -> Array:
        """log p of each value; −∞ outside the support."""
        inside = (self.low <= values) & (values <= self.high)
        if np.isinf(self.std):
            return np.where(inside, -np.log(self.high - self.low), -np.inf)
        low, high = self._ends()
        log_mass = log_ndtr(high) + np.log1p(-np.exp(log_ndtr(low) - log_ndtr(high)))
        z = (values - self.mean) / self.std
        log_normal = -0.5 * np.square(z) - np.log(self.std * np.sqrt(2 * np.pi))
        return np.where(inside, log_normal - log_mass, -np.inf)

    def widened(self, factor: float) -> TruncatedGaussian:
        """The same with `factor` times the std, on the same support."""
        return TruncatedGaussian(self.mean, factor * self.std, self.low, self.high)

    def _ends(self) -> Array:
        """The ends of the support in standard deviations from the mean, (2,)."""
        return (np.array([self.low, self.high]) - self.mean) / self.std


Source = Mapping[str, TruncatedGaussian]
"""Knob -> what it is drawn from; the knobs are independent."""


def check_source(world: World, source: Source) -> None:
    """Refuse a source that could draw what the world cannot be.

    Raises:
        ValueError: a knob that the world does not have, or a support beyond the knob's
            physical bounds.
    """
    check_known(world.parameters, source, world.name)
    for name, distribution in source.items():
        knob = world.parameters[name]
        if not knob.low <= distribution.low < distribution.high <= knob.high:
            support = f"[{distribution.low:g}, {distribution.high:g}]"
            raise ValueError(
                f"the source draws {name} from {support}, but it must lie in "
                f"[{knob.low:g}, {knob.high:g}] {knob.unit}"
            )
