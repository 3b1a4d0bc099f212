"""What must hold of weighted particles."""

import numpy as np
import pytest

from lecture_code.learning.particles import effective_sample_size, posterior
from lecture_code.simulation import TruncatedGaussian

RNG = np.random.default_rng


def conjugate(rng, n, truth=0.7, m0=0.0, s0=1.0, sigma=0.3, dt=0.1):
    """x' = x + dt θ u + noise: inputs, changes, and the exact posterior of θ ~ N(m0,
    s0²).
    """
    u = rng.standard_normal(n)
    change = dt * truth * u + sigma * dt * rng.standard_normal(n)
    precision = 1 / s0**2 + (u**2).sum() / sigma**2
    mean = (m0 / s0**2 + (u * change / dt).sum() / sigma**2) / precision
    return u, change, mean, precision**-0.5


@pytest.mark.parametrize("n", [1, 5, 20])
@pytest.mark.parametrize("width", [1.0, 2.0])
def test_the_conjugate_posterior(n, width):
    """Oracle: where prior and likelihood are Gaussian, particles give the exact mean
    and std within three Monte-Carlo errors, whatever they are drawn from.
    """
    u, change, mean, std = conjugate(RNG(n), n)
    prior = TruncatedGaussian(0, 1, -20, 20)
    sampling = TruncatedGaussian(0, width, -20, 20)
    theta = sampling.rvs(40_000, RNG(50 + n))
    log_likelihood = -0.5 * np.square((change - 0.1 * theta[:, None] * u) / 0.03).sum(
        axis=1
    )
    weighted = posterior(
        {"theta": theta},
        log_likelihood,
        prior.log_density(theta),
        sampling.log_density(theta),
        least_ess=1e-4,
    )
    assert weighted.beta == 1.0
    assert abs(weighted.mean("theta") - mean) < 3 * std / np.sqrt(weighted.ess)
    assert abs(weighted.std("theta") - std) < 3 * std / np.sqrt(2 * weighted.ess)
    assert weighted.weights.sum() == pytest.approx(1)


def test_forgetting_the_sampling_distribution_is_wrong():
    """Negative control: without the factor P_P / P_S the same particles give another
    posterior, by more than three errors.
    """
    u, change, mean, std = conjugate(RNG(1), 1)
    sampling = TruncatedGaussian(2, 0.5, -20, 20)
    theta = sampling.rvs(40_000, RNG(9))
    log_likelihood = -0.5 * np.square((change - 0.1 * theta[:, None] * u) / 0.03).sum(
        axis=1
    )
    wrong = posterior(
        {"theta": theta},
        log_likelihood,
        np.zeros(len(theta)),
        np.zeros(len(theta)),
        least_ess=1e-4,
    )
    assert abs(wrong.mean("theta") - mean) > 3 * std / np.sqrt(wrong.ess)


def test_equal_distributions_cancel():
    """Limit: with P_S = P_P and nothing observed all weights are equal and ESS = M;
    constants in the likelihood change nothing, however large.
    """
    p = {"x": RNG(0).standard_normal(50)}
    flat = posterior(p, np.zeros(50), np.full(50, -3.0), np.full(50, -3.0), 0.1)
    assert flat.weights == pytest.approx(np.full(50, 0.02))
    assert flat.ess == pytest.approx(50)
    assert flat.beta == 1.0
    L = RNG(1).standard_normal(50)
    one, two = (
        posterior(p, L + c, np.zeros(50), np.zeros(50), 0.1) for c in (0.0, -1e7)
    )
    np.testing.assert_allclose(one.weights, two.weights, rtol=1e-6)


def test_a_sharp_likelihood_is_tempered():
    """Conformance: ESS is brought up to the share asked for by a power of the weights
    below one, the best stays the best; what is flat enough is left alone.
    """
    L = -1e5 * np.square(np.linspace(-1, 1, 200) - 0.3)
    weighted = posterior(
        {"x": np.linspace(-1, 1, 200)}, L, np.zeros(200), np.zeros(200), 0.1
    )
    assert weighted.untempered < 2
    assert 0 < weighted.beta < 0.01
    assert weighted.ess == pytest.approx(20, rel=1e-3)
    assert np.argmax(weighted.weights) == np.argmax(L)
    assert weighted.mean("x") == pytest.approx(0.3, abs=0.02)
    x = np.linspace(-1, 1, 200)
    flat = np.zeros(200)
    assert posterior({"x": x}, L / 1e5, flat, flat, 0.1).beta == 1.0


def test_prior_and_likelihood_are_tempered_together():
    """Equation: the tempered weights are the untempered ones to the power β, with the
    prior inside.
    """
    x = np.linspace(-1, 1, 200)
    L, prior = -1e4 * np.square(x - 0.3), -1e3 * np.square(x + 0.3)
    weighted = posterior({"x": x}, L, prior, np.zeros(200), 0.1)
    w = np.exp(weighted.beta * (L + prior - (L + prior).max()))
    np.testing.assert_allclose(weighted.weights, w / w.sum(), rtol=1e-9, atol=1e-300)
    impossible = np.where(x < 0, -np.inf, prior)
    assert (
        posterior({"x": x}, L, impossible, np.zeros(200), 0.1).weights[x < 0] == 0
    ).all()


def test_effective_number_by_hand():
    """Equation: n equal weights count n, one weight counts one, ½ ¼ ¼ counts 8/3."""
    weights = [0.25] * 4, [1.0, 0, 0], [0.5, 0.25, 0.25]
    sizes = [effective_sample_size(np.array(w)) for w in weights]
    assert sizes == pytest.approx([4, 1, 8 / 3])


def test_what_cannot_be_a_posterior_is_refused():
    """Errors tell an impossible particle, and a posterior that is zero everywhere."""
    x = {"x": np.array([1.0, 2.0])}
    zero = np.zeros(2)
    never = np.full(2, -np.inf)
    with pytest.raises(
        ValueError, match=r"particle 1 \(x = 2\) lies outside the support"
    ):
        posterior(x, zero, zero, np.array([0.0, -np.inf]), 0.1)
    for log_likelihood, log_prior in ((zero, never), (never, zero)):
        with pytest.raises(ValueError, match="zero for every particle"):
            posterior(x, log_likelihood, log_prior, zero, 0.1)
