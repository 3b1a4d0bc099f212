"""What must hold of drawing and fitting a Gaussian population, whatever the weights."""

import numpy as np
import pytest

from lecture_code.search.gaussian import (
    draw,
    exponential_weights,
    proportional_weights,
    update_gaussian,
    weighted_covariance,
)

RNG = np.random.default_rng
COVARIANCE = np.array([[2.0, 0.6, 0.0], [0.6, 1.0, -0.3], [0.0, -0.3, 0.5]])


def population(n=40, d=3, seed=0):
    rng = RNG(seed)
    return rng.standard_normal((n, d)) @ rng.standard_normal((d, d)), rng.dirichlet(
        np.ones(n)
    )


@pytest.mark.parametrize(
    "covariance", [COVARIANCE, np.array([4.0, 1.0, 0.25])], ids=["full", "diagonal"]
)
def test_the_population_has_the_moments_it_should(covariance):
    """Equation: candidates ~ N(mean, covariance), to four standard errors."""
    mean = np.array([1.0, -2.0, 3.0])
    n = 100_000
    thetas = draw(RNG(0), mean, covariance, n)
    expected = covariance if covariance.ndim == 2 else np.diag(covariance)
    assert np.allclose(thetas.mean(axis=0), mean, atol=4 * np.sqrt(expected.max() / n))
    assert np.allclose(
        np.cov(thetas.T), expected, atol=4 * expected.max() * np.sqrt(2 / n)
    )


def test_a_singular_population_stays_in_its_subspace():
    """Limit: with a covariance of rank one every candidate lies on the line, and
    nothing is NaN.
    """
    direction = np.array([1.0, 2.0, -1.0])
    thetas = draw(RNG(0), np.zeros(3), np.outer(direction, direction), 50)
    assert np.linalg.matrix_rank(thetas, tol=1e-6) == 1
    assert np.allclose(np.cross(thetas, direction), 0, atol=1e-6)


@pytest.mark.parametrize("diagonal", [True, False])
def test_the_fit_maximises_the_weighted_likelihood(diagonal):
    """Equation: no small change of mean or covariance raises Σ w log N(θ; μ, Σ) above
    its value at the fit.
    """
    thetas, w = population()
    start = np.ones(3) if diagonal else np.eye(3)
    mean, covariance = update_gaussian(thetas, w, np.zeros(3), start, "fit", 1.0)

    def likelihood(mean, covariance):
        full = np.diag(covariance) if diagonal else covariance
        y = thetas - mean
        return float(
            w
            @ (
                -0.5 * np.sum(y @ np.linalg.inv(full) * y, axis=1)
                - 0.5 * np.linalg.slogdet(full)[1]
            )
        )

    best = likelihood(mean, covariance)
    rng = RNG(1)
    for _ in range(200):
        change = 1e-3 * rng.standard_normal(covariance.shape)
        moved = covariance + (change if diagonal else change + change.T)
        assert likelihood(mean + 1e-3 * rng.standard_normal(3), moved) < best


def test_about_the_old_mean_is_about_the_new_one_plus_the_step():
    """Equation: Σ"cma" = Σ"fit" + (μ⁺ − μ)(μ⁺ − μ)ᵀ."""
    thetas, w = population()
    old = np.array([0.5, -1.0, 2.0])
    new, fit = update_gaussian(thetas, w, old, np.eye(3), "fit", 1.0)
    same, cma = update_gaussian(thetas, w, old, np.eye(3), "cma", 1.0)
    assert np.array_equal(new, same)
    assert cma == pytest.approx(fit + np.outer(new - old, new - old), rel=1e-12)
    assert np.abs(cma - fit).max() > 0.1


@pytest.mark.parametrize("covariance_update", ["fixed", "fit", "cma"])
def test_a_diagonal_is_the_diagonal_of_the_whole(covariance_update):
    """Limit: keeping variances alone gives the diagonal of what keeping all gives, and
    decay multiplies it.
    """
    thetas, w = population()

    def updated(before):
        return update_gaussian(thetas, w, np.ones(3), before, covariance_update, 0.7)

    mean, variances = updated(np.array([1.0, 2.0, 3.0]))
    same, covariance = updated(np.diag([1.0, 2.0, 3.0]))
    assert np.array_equal(mean, same)
    assert variances == pytest.approx(np.diag(covariance), rel=1e-12)
    assert update_gaussian(
        thetas, w, np.ones(3), np.diag([1.0, 2.0, 3.0]), covariance_update, 1.0
    )[1] * 0.7 == pytest.approx(covariance)


def test_the_spread_in_plain_loops():
    """Oracle: the covariance equals the sum written out."""
    thetas, w = population(n=5)
    about = np.array([0.1, 0.2, 0.3])
    expected = sum(
        w[e] * np.outer(thetas[e] - about, thetas[e] - about) for e in range(5)
    )
    assert weighted_covariance(thetas, w, about, diagonal=False) == pytest.approx(
        expected
    )


def test_exponential_weights_by_hand():
    """Equation: returns (0, log 2) with slope 1 weigh one third and two thirds; huge
    returns do not overflow.
    """
    assert exponential_weights(np.array([0.0, np.log(2)]), 1.0) == pytest.approx(
        [1 / 3, 2 / 3]
    )
    assert exponential_weights(np.array([1e9, 1e9 - 1]), 1.0) == pytest.approx(
        [1 / (1 + np.exp(-1)), 1 / (1 + np.e)]
    )


def test_weights_in_proportion_by_hand():
    """Equation: returns (1, 3, 0) weigh a quarter, three quarters and nothing; where
    all are nothing, all are equal.
    """
    assert proportional_weights(np.array([1.0, 3.0, 0.0])) == pytest.approx(
        [0.25, 0.75, 0.0]
    )
    assert proportional_weights(np.zeros(4)) == pytest.approx([0.25] * 4)
    assert proportional_weights(np.array([1e-9, 3e-9])) == pytest.approx([0.25, 0.75])


def test_negative_returns_are_named():
    """Weights in proportion name the negative returns, and say what to do."""
    culprits = r"2 of 3 are negative \(candidate 0: -1, candidate 2: -0.5\)"
    ways_out = "add a constant, or weigh by exp"
    with pytest.raises(ValueError, match=f"{culprits}.*{ways_out}"):
        proportional_weights(np.array([-1.0, 2.0, -0.5]))
    with pytest.raises(
        ValueError,
        match=r"6 of 6 are negative \(candidate 0: -1, .*candidate 4: -1, …\)",
    ):
        proportional_weights(np.full(6, -1.0))
