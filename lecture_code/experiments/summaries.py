"""Numbers of many runs with their 95 % intervals.

    mean_of_seeds    one value a seed; Student's interval
    paired_ratio     ratio of two methods in each seed; Student's interval
    paired_median    difference of two medians; bootstrap over the pairs
    wilson           a share of n runs; Wilson's interval

A comparison of two methods is paired: both have the same draws, or the same seeds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Array = NDArray[np.float64]

RESAMPLES = 2000
Z = 1.959964  # 97.5 % of a standard normal distribution lie below


@dataclass(frozen=True)
class Interval:
    """A number and its 95 % interval.

    Args:
        value: the number.
        low, high: ends of the interval.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """'29.1 [27.9, 30.3]'."""
        words = f"{self.value:.1f} [{self.low:.1f},\N{NO-BREAK SPACE}{self.high:.1f}]"
        return words.replace("-0.0", "0.0").replace("-", "−")


def mean_of_seeds(values: ArrayLike) -> Interval:
    """The mean of one value a seed, with Student's interval.

    Raises:
        ValueError: there are fewer than two values, or one is not finite.
    """
    runs = checked(values)
    if len(runs) < 2:
        raise ValueError(f"an interval needs two seeds or more; got {len(runs)}")
    value = float(runs.mean())
    error = float(runs.std(ddof=1)) / np.sqrt(len(runs))
    half = float(stats.t.ppf(0.975, len(runs) - 1)) * error
    return Interval(value, value - half, value + half)


def paired_ratio(first: ArrayLike, second: ArrayLike) -> Interval:
    """The mean of the ratios first / second of paired seeds, with Student's interval.

    Raises:
        ValueError: there are fewer than two pairs, not as many values of the second as
            of the first, or a value of the second is not positive.
    """
    a = checked(first)
    b = checked(second)
    if len(a) != len(b):
        raise ValueError(f"paired runs must be as many; got {len(a)} and {len(b)}")
    if (b <= 0).any():
        raise ValueError(f"a ratio needs positive numbers below; got {b.min()}")
    return mean_of_seeds(a / b)


def paired_median(
    first: ArrayLike, second: ArrayLike, rng: np.random.Generator
) -> Interval:
    """Difference of the medians, first minus second, of paired runs (n,).

    Raises:
        ValueError: there are not as many runs of the second as of the first.
    """
    a = checked(first)
    b = checked(second)
    if len(a) != len(b):
        raise ValueError(f"paired runs must be as many; got {len(a)} and {len(b)}")
    which = rng.integers(len(a), size=(RESAMPLES, len(a)))
    differences = np.median(a[which], axis=1) - np.median(b[which], axis=1)
    return within(float(np.median(a) - np.median(b)), differences)


def checked(returns: ArrayLike) -> Array:
    """Returns as (n,), or an error that says what is wrong."""
    runs = np.asarray(returns, dtype=float)
    if runs.ndim != 1 or not runs.size or not np.isfinite(runs).all():
        raise ValueError(f"returns must be finite numbers (n,), n ≥ 1; got {returns!r}")
    return runs


def within(value: float, resampled: Array) -> Interval:
    """A number with the middle 95 % of its resamples."""
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Interval(value, float(low), float(high))


def wilson(hits: int, n: int) -> Interval:
    """A share of n runs, with Wilson's interval (1927)."""
    p = hits / n
    centre = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z * np.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
    return Interval(p, max(0.0, float(centre - half)), min(1.0, float(centre + half)))
