"""What must hold of numbers of many runs and their intervals."""

import numpy as np
import pytest
from scipy.stats import binomtest, ttest_1samp

from lecture_code.experiments.summaries import (
    mean_of_seeds,
    paired_median,
    paired_ratio,
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


def test_the_interval_of_a_mean_is_students():
    """Oracle: SciPy's interval of a mean; one value has none."""
    values = RNG(0).normal(size=5)
    ours = mean_of_seeds(values)
    theirs = ttest_1samp(values, 0).confidence_interval(0.95)
    np.testing.assert_allclose([ours.low, ours.high], list(theirs), rtol=1e-9)
    with pytest.raises(ValueError, match="two seeds or more; got 1"):
        mean_of_seeds([1.0])


def test_a_ratio_is_that_of_each_pair():
    """Invariance: what both of a pair share drops out of their ratio; by hand, the mean
    of 2 and 3 is 2.5, and the ratio of the means is not.
    """
    shared = RNG(0).uniform(1, 10, size=5)
    same = paired_ratio(3 * shared, shared)
    np.testing.assert_allclose([same.value, same.low, same.high], 3)
    assert paired_ratio([2.0, 30.0], [1.0, 10.0]).value == 2.5


def test_ratios_that_do_not_exist_are_named():
    """Bad input: unequal numbers of runs, or a zero below."""
    with pytest.raises(ValueError, match="as many; got 2 and 3"):
        paired_ratio([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match=r"positive numbers below; got 0\.0"):
        paired_ratio([1, 2], [1, 0])


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


def test_pairs_that_do_not_fit_are_named():
    """Bad input: the error tells both numbers of runs."""
    with pytest.raises(ValueError, match="as many; got 2 and 3"):
        paired_median([1, 2], [1, 2, 3], RNG(0))
