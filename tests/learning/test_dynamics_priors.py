"""Priors, conditioned, give back the models that they were made of."""

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from lecture_code.learning.dynamics_priors import (
    GaussianPrior,
    LinearisedPrior,
    MixturePrior,
    NetworkDynamics,
    no_prior,
    transition,
)
from lecture_code.learning.gaussian_dynamics import condition
from lecture_code.learning.regression import RegressionSettings

DT = 0.05


def recorded(rng, n=400):
    """Steps (n, 10) of a pendulum-like robot: two joints, two motors."""
    x, u = rng.standard_normal((n, 4)), rng.standard_normal((n, 2))
    a = np.sin(x[:, :2]) + u * [2.0, 3.0] - 0.1 * x[:, 2:]
    q = x[:, :2] + DT * x[:, 2:] + 0.5 * DT**2 * a
    return transition(x, u, np.hstack([q, x[:, 2:] + DT * a]))


@pytest.fixture(name="network", scope="module")
def _network():
    settings = RegressionSettings(hidden=(16,), epochs=20)
    steps = recorded(np.random.default_rng(0))
    return NetworkDynamics.fit(steps, 6, DT, np.random.default_rng(1), settings)


def joined_slopes(model):
    return np.concatenate([model.f_x, model.f_u], axis=-1)


def test_the_slopes_of_the_network_are_its_derivatives(network):
    """Equation: the analytic Jacobian equals central differences, to 1e-7."""
    rng = np.random.default_rng(2)
    x, u = rng.standard_normal((5, 4)), rng.standard_normal((5, 2))
    slopes = network.jacobian(x, u)
    for j in range(6):
        move = 1e-5 * np.eye(6)[j]
        up = network(x + move[:4], u + move[4:])
        down = network(x - move[:4], u - move[4:])
        np.testing.assert_allclose(slopes[..., j], (up - down) / 2e-5, atol=1e-7)


def test_a_linearised_function_is_found_again(network):
    """Limit: conditioned without data, the prior is the function's own linearisation
    and noise; its value at the point is the function's.
    """
    rng = np.random.default_rng(3)
    x, u = rng.standard_normal((3, 4)), rng.standard_normal((3, 2))
    noise = np.diag([1e-3, 2e-3, 0.1, 0.2])
    known = LinearisedPrior(network, np.diag([1.0, 2, 3, 4, 5, 6]), noise)(x, u)
    model = condition(known.mean, known.scatter, 6, 0.0)
    np.testing.assert_allclose(joined_slopes(model), network.jacobian(x, u), atol=1e-12)
    np.testing.assert_allclose(model(x, u), network(x, u), atol=1e-12)
    np.testing.assert_allclose(model.F, np.broadcast_to(noise, (3, 4, 4)), atol=1e-11)


def test_one_gaussian_is_least_squares():
    """Oracle: conditioned, `GaussianPrior` is numpy's least squares fit with an
    intercept, at every point.
    """
    steps = recorded(np.random.default_rng(4))
    known = GaussianPrior.fit(steps)(np.zeros((2, 4)), np.zeros((2, 2)))
    model = condition(known.mean, known.scatter, 6, 0.0)
    inputs = np.hstack([steps[:, :6], np.ones((len(steps), 1))])
    solution = np.linalg.lstsq(inputs, steps[:, 6:])[0].T
    for i in range(2):
        np.testing.assert_allclose(
            joined_slopes(model)[i], solution[:, :6], rtol=0, atol=1e-10
        )
        np.testing.assert_allclose(model.f_c[i], solution[:, 6], atol=1e-10)


def test_a_mixture_of_one_cluster_is_one_gaussian():
    """Limit: with one cluster the mixture is `GaussianPrior`, up to the 1e-6 that the
    fit adds.
    """
    steps = recorded(np.random.default_rng(5))
    at = np.ones((2, 4)), np.ones((2, 2))
    one = MixturePrior.fit(steps, 6, 1, np.random.default_rng(0))(*at)
    plain = GaussianPrior.fit(steps)(*at)
    np.testing.assert_allclose(one.mean, plain.mean, atol=1e-9)
    np.testing.assert_allclose(one.scatter, plain.scatter, atol=1e-4)


def test_responsibilities_are_those_of_the_inputs():
    """Oracle: scikit-learn, given the clusters' inputs only, assigns points alike."""
    steps = recorded(np.random.default_rng(6))
    prior = MixturePrior.fit(steps, 6, 4, np.random.default_rng(1))
    other = GaussianMixture(4)
    other.weights_ = prior.shares
    other.means_ = prior.means[:, :6]
    covariances = prior.covariances[:, :6, :6]
    roots = [np.linalg.cholesky(np.linalg.inv(one)) for one in covariances]
    other.covariances_ = covariances
    other.precisions_cholesky_ = np.array(roots)
    wanted = other.predict_proba(steps[:9, :6])
    np.testing.assert_allclose(prior.responsibilities(steps[:9, :6]), wanted, atol=1e-9)


def test_the_merged_gaussian_has_the_mixtures_moments():
    """Equation: mean and scatter are those of draws from the clusters with these
    responsibilities; the scatter is symmetric.
    """
    steps = recorded(np.random.default_rng(7))
    prior = MixturePrior.fit(steps, 6, 3, np.random.default_rng(1))
    x, u = steps[:1, :4], steps[:1, 4:6]
    known = prior(x, u)
    rng = np.random.default_rng(2)
    shares = prior.responsibilities(steps[:1, :6])[0]
    draws = np.concatenate(
        [
            rng.multivariate_normal(mean, covariance, int(60_000 * share))
            for share, mean, covariance in zip(
                shares, prior.means, prior.covariances, strict=True
            )
        ]
    )
    np.testing.assert_allclose(known.mean[0], draws.mean(axis=0), atol=0.03)
    np.testing.assert_allclose(known.scatter[0], np.cov(draws.T), atol=0.06)
    np.testing.assert_allclose(known.scatter[0], known.scatter[0].T, atol=1e-12)


def test_the_networks_errors_are_its_noise(network):
    """Equation: the residual covariance is that of its errors on the recordings."""
    steps = recorded(np.random.default_rng(8))
    errors = steps[:, 6:] - network(steps[:, :4], steps[:, 4:6])
    prior = network.prior(steps)
    np.testing.assert_allclose(prior.residual, errors.T @ errors / len(steps))


def test_knowing_nothing_has_no_weight():
    """Limit: `no_prior` has m = n0 = 0 and the shape of a step."""
    known = no_prior(np.zeros((3, 4)), np.zeros((3, 2)))
    assert known.mean.shape == (3, 10)
    assert (known.m, known.n0) == (0, 0)


def test_too_few_steps_for_the_clusters_are_refused():
    """Errors name the culprit: a mixture needs as many transitions as clusters."""
    with pytest.raises(
        ValueError, match="50 clusters need as many transitions; got 20"
    ):
        MixturePrior.fit(
            recorded(np.random.default_rng(0), 20), 6, 50, np.random.default_rng(0)
        )
