"""Running moments are weighted least squares; the posterior mixes as it says."""

import numpy as np
import pytest

from lecture_code.learning.gaussian_dynamics import (
    Moments,
    NormalInverseWishart,
    condition,
    gaussian_posterior,
    outer,
)

S, A = 3, 2
D = 2 * S + A


def stream(rng, n, noise=0.0):
    """Steps (n, D) of a linear robot, and its slopes and offset."""
    f_xu, f_c = rng.standard_normal((S, S + A)), rng.standard_normal(S)
    xu = rng.standard_normal((n, S + A))
    after = xu @ f_xu.T + f_c + noise * rng.standard_normal((n, S))
    return np.concatenate([xu, after], axis=1), f_xu, f_c


def moments_of(steps, w):
    moments = Moments.from_point(steps[0])
    for p in steps[1:]:
        moments = moments.update(p, w)
    return moments


def slopes(model):
    return np.concatenate([model.f_x, model.f_u], axis=-1)


def prior_of(rng, m=1.0, n0=1.0):
    root = rng.standard_normal((D, D))
    return NormalInverseWishart(rng.standard_normal(D), root @ root.T, m, n0)


def test_running_moments_are_exponentially_weighted_least_squares():
    """Oracle: moments and conditioning equal a weighted least squares fit with an
    intercept, in which a step j steps old has weight w (1 − w)^j, to 1e-12.
    """
    w, n = 0.2, 40
    steps, *_ = stream(np.random.default_rng(0), n, noise=0.3)
    model = condition(*mean_and_covariance(moments_of(steps, w)), S + A, 0.0)
    weights = w * (1 - w) ** np.arange(n - 1, -1, -1.0)
    weights[0] = (1 - w) ** (n - 1)
    root = np.sqrt(weights)[:, None]
    inputs = np.hstack([steps[:, : S + A], np.ones((n, 1))])
    solution = np.linalg.lstsq(root * inputs, root * steps[:, S + A :])[0].T
    np.testing.assert_allclose(slopes(model), solution[:, :-1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(model.f_c, solution[:, -1], rtol=0, atol=1e-12)


def mean_and_covariance(moments):
    return moments.mean, moments.covariance


def test_the_recursion_is_equations_3_and_4():
    """Equation: mean and second moment follow eqs 3 and 4 as they are printed."""
    steps, *_ = stream(np.random.default_rng(1), 9)
    mean = steps[0]
    second = outer(steps[0])
    for p in steps[1:]:
        mean = 0.3 * p + 0.7 * mean
        second = 0.3 * outer(p) + 0.7 * second
    moments = moments_of(steps, 0.3)
    np.testing.assert_allclose(moments.mean, mean, atol=1e-14)
    np.testing.assert_allclose(moments.second, second, atol=1e-13)
    assert moments.count == 9


def test_a_large_mean_costs_no_digits():
    """Invariance: a shift of all steps by 1e7 leaves the covariance as it is, to 1e-7;
    Δ − μ̂ μ̂ᵀ would have lost it (negative control).
    """
    steps, *_ = stream(np.random.default_rng(2), 20)
    near, far = moments_of(steps, 0.2), moments_of(steps + 1e7, 0.2)
    np.testing.assert_allclose(far.covariance, near.covariance, atol=1e-6)
    lost = far.second - outer(far.mean)
    assert np.abs(lost - near.covariance).max() > 1e-3


def test_weights_of_one_over_t_give_ordinary_moments():
    """Limit: with the weight 1 / t the running moments are mean and covariance of all
    steps, and `from_data` says the same.
    """
    steps, *_ = stream(np.random.default_rng(3), 30)
    moments = Moments.from_point(steps[0])
    for t, p in enumerate(steps[1:], start=2):
        moments = moments.update(p, 1 / t)
    whole = Moments.from_data(steps)
    np.testing.assert_allclose(moments.mean, whole.mean, atol=1e-14)
    np.testing.assert_allclose(moments.covariance, whole.covariance, atol=1e-13)
    np.testing.assert_allclose(whole.covariance, np.cov(steps.T, bias=True), atol=1e-13)


def test_steps_without_noise_give_the_robot_exactly():
    """Equation: S + A + 1 steps of a linear robot determine it, and one step fewer does
    not: the covariance of the inputs has rank t − 1.
    """
    steps, f_xu, f_c = stream(np.random.default_rng(4), S + A + 1)
    model = condition(*mean_and_covariance(moments_of(steps, 0.3)), S + A, 0.0)
    np.testing.assert_allclose(slopes(model), f_xu, atol=1e-10)
    np.testing.assert_allclose(model.f_c, f_c, atol=1e-10)
    for t in range(1, S + A + 1):
        few = moments_of(steps[:t], 0.3).covariance[: S + A, : S + A]
        assert np.linalg.matrix_rank(few) == t - 1


@pytest.mark.parametrize("w", [0.01, 0.2, 0.9, 1.0])
def test_covariances_stay_positive_semi_definite(w):
    """Invariance: after every update Σ̂, Σ and F have no negative eigenvalue."""
    rng = np.random.default_rng(5)
    steps, *_ = stream(rng, 30, noise=0.1)
    prior = prior_of(rng, 0.1)
    moments = Moments.from_point(steps[0])
    for p in steps[1:]:
        moments = moments.update(p, w)
        mean, covariance = gaussian_posterior(prior, moments, 2.0)
        F = condition(mean, covariance, S + A).F
        for matrix in (moments.covariance, covariance, F):
            lowest = np.linalg.eigvalsh(matrix).min()
            assert lowest > -1e-12 * max(1, np.abs(matrix).max())


def test_moments_without_weight_leave_the_prior():
    """Limit: N → 0 gives the prior's mean and covariance."""
    rng = np.random.default_rng(6)
    prior = prior_of(rng, 0.3, 2.0)
    moments = Moments.from_data(stream(rng, 20)[0])
    mean, covariance = gaussian_posterior(prior, moments, 0.0)
    np.testing.assert_array_equal(mean, prior.mean)
    np.testing.assert_array_equal(covariance, prior.scatter / 2.0)


def test_moments_of_great_weight_give_least_squares():
    """Limit: N → ∞ gives the moments, and so weighted least squares."""
    rng = np.random.default_rng(7)
    prior = prior_of(rng)
    steps, *_ = stream(rng, 40, noise=0.2)
    moments = moments_of(steps, 0.1)
    model = condition(*gaussian_posterior(prior, moments, 1e12), S + A, 0.0)
    plain = condition(moments.mean, moments.covariance, S + A, 0.0)
    np.testing.assert_allclose(slopes(model), slopes(plain), atol=1e-6)


def test_a_prior_that_knows_nothing_leaves_the_moments():
    """Limit: with m = n0 = 0 the posterior is the moments, for every N."""
    moments = Moments.from_data(stream(np.random.default_rng(8), 20)[0])
    mean, covariance = gaussian_posterior(NormalInverseWishart.none((D,)), moments, 0.7)
    np.testing.assert_allclose(mean, moments.mean, atol=1e-15)
    np.testing.assert_allclose(covariance, moments.covariance, atol=1e-14)


def test_two_batches_are_one():
    """Invariance: the posterior of a first batch, used as the prior of a second, is the
    posterior of both together.
    """
    rng = np.random.default_rng(9)
    steps, *_ = stream(rng, 30)
    prior = prior_of(rng, 2.0, 3.0)
    first, second = Moments.from_data(steps[:10]), Moments.from_data(steps[10:])
    mean, covariance = gaussian_posterior(prior, first, 10)
    middle = NormalInverseWishart(mean, covariance * 13, 12.0, 13.0)
    in_turn = gaussian_posterior(middle, second, 20)
    at_once = gaussian_posterior(prior, Moments.from_data(steps), 30)
    np.testing.assert_allclose(in_turn[0], at_once[0], atol=1e-13)
    np.testing.assert_allclose(in_turn[1], at_once[1], atol=1e-12)


def test_a_share_of_the_offset_stays():
    """Equation: of the distance between prior and moments the share m / (N + m) stays
    in the mean, and nothing of it with `keep_mean`.
    """
    rng = np.random.default_rng(10)
    prior = prior_of(rng, 0.5)
    moments = Moments.from_data(stream(rng, 20)[0])
    mean, _ = gaussian_posterior(prior, moments, 2.0)
    np.testing.assert_allclose(
        mean - moments.mean, 0.5 / 2.5 * (prior.mean - moments.mean), atol=1e-14
    )
    kept, _ = gaussian_posterior(prior, moments, 2.0, keep_mean=True)
    np.testing.assert_array_equal(kept, moments.mean)


def test_weights_change_only_how_much_a_prior_is_worth():
    """Invariance: `weighted` keeps the prior's mean and covariance Φ / n0."""
    prior = prior_of(np.random.default_rng(11), 1.0, 2.0)
    light = prior.weighted(0.1, 0.5)
    np.testing.assert_allclose(light.scatter / 0.5, prior.scatter / 2.0)
    assert (light.m, light.n0) == (0.1, 0.5)


def test_a_state_that_never_changes_has_no_slope():
    """Limit: a constant input makes the covariance singular; the regularisation then
    gives it the slope 0, and without it an error says so.
    """
    steps, *_ = stream(np.random.default_rng(12), 30)
    steps[:, 1] = 5.0
    moments = Moments.from_data(steps)
    model = condition(moments.mean, moments.covariance, S + A)
    assert np.abs(slopes(model)[:, 1]).max() < 1e-9
    exact = moments.covariance.copy()
    exact[1], exact[:, 1] = 0.0, 0.0
    with pytest.raises(ValueError, match="inputs is singular"):
        condition(moments.mean, exact, S + A, 0.0)


def test_attempts_side_by_side_do_not_mix():
    """Invariance: leading axes, with a weight for each attempt, give what one attempt
    after the other gives.
    """
    rng = np.random.default_rng(13)
    both = np.stack([stream(rng, 12)[0], stream(rng, 12)[0]], axis=1)
    w, N = np.array([0.1, 0.4]), np.array([1.0, 7.0])
    moments = Moments.from_point(both[0])
    for p in both[1:]:
        moments = moments.update(p, w)
    prior = prior_of(rng)
    wide = NormalInverseWishart(
        np.stack([prior.mean] * 2), np.stack([prior.scatter] * 2)
    )
    together = condition(*gaussian_posterior(wide, moments, N), S + A)
    for i in range(2):
        alone = condition(
            *gaussian_posterior(prior, moments_of(both[:, i], w[i]), N[i]), S + A
        )
        np.testing.assert_allclose(slopes(together)[i], slopes(alone), atol=1e-11)
        np.testing.assert_allclose(together.F[i], alone.F, atol=1e-11)


def test_the_log_density_is_scipys():
    """Oracle: `log_density` is that of scipy's multivariate normal distribution."""
    from scipy.stats import multivariate_normal

    steps, *_ = stream(np.random.default_rng(14), 30, noise=0.5)
    moments = Moments.from_data(steps)
    wanted = multivariate_normal.logpdf(
        steps[3], moments.mean, moments.covariance + 1e-3 * np.eye(D)
    )
    assert moments.log_density(steps[3], 1e-3) == pytest.approx(wanted)


def test_bad_input_is_refused():
    """Errors name the culprit: a step that is not finite, wrong sizes, weights out of
    range, and a mixture in which nothing has weight.
    """
    moments = Moments.from_data(stream(np.random.default_rng(15), 20)[0])
    p = moments.mean.copy()
    p[4] = np.nan
    with pytest.raises(ValueError, match=r"transition p must be finite; entry \[4\]"):
        moments.update(p, 0.2)
    with pytest.raises(ValueError, match="w_new must lie"):
        moments.update(moments.mean, 1.5)
    with pytest.raises(ValueError, match=f"must have {D} numbers"):
        moments.update(np.zeros(D - 1), 0.2)
    with pytest.raises(ValueError, match="nor moments have weight"):
        gaussian_posterior(NormalInverseWishart.none((D,)), moments, 0.0)
    with pytest.raises(ValueError, match="N must not be negative"):
        gaussian_posterior(prior_of(np.random.default_rng(0)), moments, -1.0)
    with pytest.raises(ValueError, match="n_inputs must be"):
        condition(moments.mean, moments.covariance, D)
    with pytest.raises(ValueError, match="m and n0"):
        NormalInverseWishart(np.zeros(2), np.eye(2), -1.0)
