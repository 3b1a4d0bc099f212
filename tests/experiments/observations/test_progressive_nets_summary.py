"""What must hold of the summary of many runs."""

import numpy as np
import pytest

from lecture_code.experiments.observations.progressive_nets.summary import (
    SortedRuns,
)

RNG = np.random.default_rng


def test_runs_are_sorted_and_counted():
    """By hand: the order, the share of dead runs, the median and the mean of the best
    tenth of twenty runs.
    """
    returns = np.r_[np.zeros(4), 2.0, 2.1, np.arange(10, 24)]
    runs = SortedRuns.from_returns(RNG(0).permutation(returns), RNG(1))
    assert np.array_equal(runs.returns, returns[::-1])
    assert runs.dead.value == 5 / 20
    assert runs.median.value == np.median(returns)
    assert runs.best.value == (22 + 23) / 2
    for estimate in (runs.dead, runs.median, runs.best):
        assert estimate.low < estimate.value <= estimate.high


def test_intervals_shrink_with_the_number_of_runs():
    """Statistics: with sixteen times as many runs an interval is about a quarter as
    wide, and holds the true median in about 95 of 100 experiments.
    """

    def median(seed, n):
        return SortedRuns.from_returns(RNG(seed).normal(size=n), RNG(1)).median

    def width(n):
        return np.mean(
            [median(seed, n).high - median(seed, n).low for seed in range(20)]
        )

    assert width(25) / width(400) == pytest.approx(4, rel=0.2)
    hits = 0
    for seed in range(100):
        estimate = median(seed, 40)
        hits += estimate.low <= 0 <= estimate.high
    assert 88 <= hits <= 100


@pytest.mark.parametrize("returns", [[], [[1.0]], [1.0, np.nan]])
def test_bad_returns_are_named(returns):
    """Bad input: no return, a table, or a return that is not finite."""
    with pytest.raises(ValueError, match="returns must be finite numbers"):
        SortedRuns.from_returns(returns, RNG(0))
