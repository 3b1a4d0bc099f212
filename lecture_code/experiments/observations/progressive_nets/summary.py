"""What many runs of a method say together: how many are dead, the median, the best.

The paper shows all runs of a method in the order of their returns. Three numbers of
such a curve are reported, each with a 95 % interval:

    dead      share of the runs whose return is at most `DEAD`; Wilson's interval
    median    of the returns; bootstrap over the runs
    best      mean return of the best tenth of the runs, at least one; bootstrap

The largest return of many runs has no useful bootstrap interval, so "best" is the mean
of the best tenth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lecture_code.experiments.summaries import (
    RESAMPLES,
    Interval,
    checked,
    wilson,
    within,
)

Array = NDArray[np.float64]

DEAD = 2.0  # a policy that never learnt has a return of about 1


@dataclass(frozen=True)
class SortedRuns:
    """What the runs of a method say together.

    Args:
        returns: of all runs, the largest first, (n,).
        dead, median, best: see the module.
    """

    returns: Array
    dead: Interval
    median: Interval
    best: Interval

    @classmethod
    def from_returns(cls, returns: ArrayLike, rng: np.random.Generator) -> SortedRuns:
        """Of the returns of a method's runs, (n,); `rng` draws the resamples.

        Raises:
            ValueError: there is no return, or one is not finite.
        """
        runs = checked(returns)
        resampled = runs[rng.integers(len(runs), size=(RESAMPLES, len(runs)))]
        return cls(
            np.sort(runs)[::-1],
            wilson(int((runs <= DEAD).sum()), len(runs)),
            within(float(np.median(runs)), np.median(resampled, axis=1)),
            within(float(best_tenth(runs[None])[0]), best_tenth(resampled)),
        )


def best_tenth(returns: Array) -> Array:
    """Mean of the best tenth of the runs, at least one, (m,), of returns (m, n)."""
    count = max(1, round(returns.shape[1] / 10))
    return np.asarray(np.sort(returns, axis=1)[:, -count:].mean(axis=1))
