"""What must hold of policies."""

import numpy as np
import pytest

from lecture_code.learning import LinearPolicy, Standardiser


def test_a_linear_policy_is_a_matrix():
    """Equation: a = M (s − mean) / std, with the rows of M one after the other in
    theta.
    """
    rng = np.random.default_rng(0)
    M, mean = rng.standard_normal((3, 5)), rng.standard_normal(5)
    std = rng.uniform(1, 2, 5)
    s = rng.standard_normal((4, 5))
    policy = LinearPolicy(M.ravel(), Standardiser(mean, std))
    assert np.array_equal(policy.matrix, M)
    np.testing.assert_allclose(policy(s), ((s - mean) / std) @ M.T, rtol=1e-12)


def test_a_row_of_thetas_controls_its_own_row():
    """Invariance: with one theta a row, each row acts as its policy would alone, to the
    last bit; so does each row of a large batch.
    """
    rng = np.random.default_rng(1)
    thetas, s = rng.standard_normal((200, 66)), rng.standard_normal((200, 11))
    policy = LinearPolicy.initial(11, 6)
    together = policy.at(thetas)(s)
    assert together.shape == (200, 6)
    for i in (0, 7, 199):
        assert np.array_equal(together[i], policy.at(thetas[i])(s[i : i + 1])[0])


@pytest.mark.parametrize(
    "theta, culprit",
    [
        (np.zeros(7), r"S = 3 observations; got \(7,\)"),
        (np.zeros(0), r"got \(0,\)"),
        (np.zeros((2, 2, 3)), r"got \(2, 2, 3\)"),
        (np.full(6, np.nan), "theta must be finite"),
    ],
)
def test_bad_input_is_named(theta, culprit):
    """Errors name the culprit."""
    with pytest.raises(ValueError, match=culprit):
        LinearPolicy(theta, Standardiser.initial(3))


def test_the_callers_arrays_stay_the_callers():
    """Invariance: changing the array that a policy was made from changes nothing."""
    theta = np.ones(6)
    policy = LinearPolicy(theta, Standardiser.initial(3))
    theta[:] = 5.0
    assert (policy.theta == 1.0).all()
