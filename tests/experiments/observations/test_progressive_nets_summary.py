"""What must hold of the summary of many runs."""

import numpy as np
import pytest
from scipy.stats import binomtest

from lecture_code.experiments.observations.progressive_nets.summary import (
    SortedRuns,
    paired_median,
    wilson,
)

RNG = np.random.default_rng


@pytest.mark.parametrize(("hits", "n"), [(0, 40), (3, 40), (20, 40), (40, 40), (1, 1)])
def test_the_interval_of_a_share_is_wilson_s(hits, n):
    """Oracle: SciPy's Wilson interval."""
    ours = wilson(hits, n)
    theirs = binomtest(hits, n).proportion_ci(method="wilson")
    assert ours.value == hits / n
    assert ours.low == pytest.approx(theirs.low, abs=1e-6)
    assert ours.high == pytest.approx(theirs.high, abs=1e-6)


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


def test_pairs_cancel_what_they_share():
    """Invariance: what both runs of a pair share widens no interval; unpaired, the
    interval is wider.
    """
    shared = 10 * RNG(0).normal(size=60)
    better = shared + 1 + 0.1 * RNG(1).normal(size=60)
    paired = paired_median(better, shared, RNG(2))
    apart = paired_median(better, RNG(3).permutation(shared), RNG(2))
    assert paired.low > 0
    assert paired.value == apart.value
    assert paired.high - paired.low < (apart.high - apart.low) / 2


@pytest.mark.parametrize("returns", [[], [[1.0]], [1.0, np.nan]])
def test_bad_returns_are_named(returns):
    """Bad input: no return, a table, or a return that is not finite."""
    with pytest.raises(ValueError, match="returns must be finite numbers"):
        SortedRuns.from_returns(returns, RNG(0))


def test_pairs_that_do_not_fit_are_named():
    """Bad input: the error tells both numbers of runs."""
    with pytest.raises(ValueError, match="as many; got 2 and 3"):
        paired_median([1, 2], [1, 2, 3], RNG(0))
