"""What must hold of the distributions that ensembles are drawn from."""

import numpy as np
import pytest
from scipy.stats import kstest, truncnorm

from lecture_code.simulation import TruncatedGaussian, check_source, make_world

RNG = np.random.default_rng
CASES = [
    (6.0, 1.5, 3.0, 9.0),
    (3.0, 0.1, 3.0, 9.0),
    (8.9, 5.0, 3.0, 9.0),
    (0.0, 1.0, -0.5, 40.0),
]


def scipys(mean, std, low, high):
    return truncnorm((low - mean) / std, (high - mean) / std, loc=mean, scale=std)


@pytest.mark.parametrize("case", CASES)
def test_it_is_scipys_truncated_normal(case):
    """Oracle: density and draws are those of SciPy's `truncnorm`; the draws pass a
    Kolmogorov–Smirnov test.
    """
    ours, theirs = TruncatedGaussian(*case), scipys(*case)
    x = np.linspace(case[2], min(case[3], case[0] + 6 * case[1]), 50)
    np.testing.assert_allclose(
        ours.log_density(x), theirs.logpdf(x), rtol=1e-8, atol=1e-8
    )
    draws = ours.rvs(2000, RNG(0))
    assert kstest(draws, theirs.cdf).pvalue > 0.01
    assert case[2] <= draws.min() and draws.max() <= case[3]


def test_without_end_it_is_uniform():
    """Limit: an infinite std gives the uniform distribution, and a very large one
    nearly.
    """
    flat, nearly = TruncatedGaussian(5, np.inf, 3, 9), TruncatedGaussian(5, 1e4, 3, 9)
    x = np.linspace(3, 9, 7)
    np.testing.assert_allclose(flat.log_density(x), -np.log(6))
    np.testing.assert_allclose(nearly.log_density(x), -np.log(6), atol=1e-6)
    np.testing.assert_allclose(flat.rvs(50, RNG(1)), nearly.rvs(50, RNG(1)), atol=1e-4)
    assert flat.log_density(np.array([2.99, 9.01])).tolist() == [-np.inf, -np.inf]


def test_widening_changes_the_std_alone():
    """Equation: factor times the std, on the same support."""
    assert TruncatedGaussian(6, 1.5, 3, 9).widened(2) == TruncatedGaussian(6, 3.0, 3, 9)


def test_worlds_are_drawn_from_a_source():
    """Conformance: `World.sample` takes a source as it is; knobs are drawn
    independently, and the same seed draws the same worlds.
    """
    source = {
        "torso_mass": TruncatedGaussian(6, 1.5, 3, 9),
        "friction": TruncatedGaussian(1, 0.25, 0.5, 1.5),
    }
    worlds = make_world("hopper").sample(RNG(0), 400, **source)
    values = np.array([[world.values[name] for name in source] for world in worlds])
    assert values.mean(axis=0) == pytest.approx([6, 1], abs=0.2)
    assert abs(np.corrcoef(values.T)[0, 1]) < 0.15
    again = make_world("hopper").sample(RNG(0), 400, **source)
    assert [world.changes for world in again] == [world.changes for world in worlds]


@pytest.mark.parametrize(
    ("arguments", "culprit"),
    [
        ((6, 0, 3, 9), "std"),
        ((6, np.nan, 3, 9), "std"),
        ((6, 1, 9, 3), "low < high"),
        ((2, 1, 3, 9), "mean 2 must lie in the support"),
        ((np.inf, 1, 3, 9), "finite"),
    ],
)
def test_what_is_no_distribution_is_refused(arguments, culprit):
    """Errors name the culprit."""
    with pytest.raises(ValueError, match=culprit):
        TruncatedGaussian(*arguments)


def test_a_source_must_fit_the_world():
    """Errors tell the knob, its bounds and the alternatives; an empty source fits."""
    hopper = make_world("hopper")
    with pytest.raises(
        ValueError, match=r"unknown parameter 'weight' of hopper; known: .*torso_mass"
    ):
        check_source(hopper, {"weight": TruncatedGaussian(6, 1, 3, 9)})
    with pytest.raises(
        ValueError,
        match=r"draws friction from \[-1, 2\], but it must lie in \[0\.01, 10\]",
    ):
        check_source(hopper, {"friction": TruncatedGaussian(1, 1, -1, 2)})
    check_source(hopper, {})
