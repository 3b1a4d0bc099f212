"""What must hold of Gaussian policies."""

import numpy as np
import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence

from lecture_code.learning.gaussian_policy import GaussianPolicy, count_parameters
from lecture_code.learning.gaussian_policy import kl_divergence as ours
from lecture_code.learning.networks import Standardiser
from lecture_code.simulation import make_world, rollout

pytestmark = pytest.mark.usefixtures("one_torch_thread")
RNG = np.random.default_rng


def wild(hidden=(7, 5), seed=0):
    """A policy with no number that is special."""
    policy = GaussianPolicy.initial(4, 3, RNG(seed), hidden=hidden).standardised_by(
        RNG(seed + 1).normal(2, 3, (50, 4))
    )
    return policy.at(
        policy.theta + 0.3 * RNG(seed + 2).standard_normal(policy.theta.size)
    )


def test_a_linear_policy_is_a_matrix_and_a_bias():
    """Equation: without a hidden layer m(s) = M (s − mean) / std + b, with M, b and
    log σ one after the other in theta.
    """
    M, s = RNG(0).standard_normal((3, 4)), RNG(1).standard_normal((6, 4))
    b = np.ones(3)
    log_std = np.array([-1.0, 0.0, 0.5])
    theta = np.concatenate([M.ravel(), b, log_std])
    standardiser = Standardiser(np.full(4, 2.0), np.full(4, 0.5))
    policy = GaussianPolicy(theta, (4, 3), standardiser)
    np.testing.assert_allclose(policy.actions(s), (s - 2) / 0.5 @ M.T + 1, rtol=1e-12)
    np.testing.assert_allclose(policy.action_std, np.exp(log_std))


@pytest.mark.parametrize("hidden", [(), (5,), (7, 5)])
def test_numpy_and_torch_compute_the_same(hidden):
    """Oracle: the mean action of the rollout is that of the gradient, and both are
    those of torch's own layers.
    """
    policy = wild(hidden)
    s = RNG(3).standard_normal((9, 4))
    theta = torch.from_numpy(policy.theta)
    net = torch.nn.Sequential()
    start = 0
    for n, m in zip(policy.sizes[:-1], policy.sizes[1:], strict=True):
        layer = torch.nn.Linear(n, m, dtype=torch.float64)
        layer.weight.data = theta[start : start + n * m].view(m, n)
        layer.bias.data = theta[start + n * m : start + (n + 1) * m]
        start += (n + 1) * m
        net.extend([layer, torch.nn.Tanh()])
    mean, std = policy.standardiser
    expected = net[:-1](torch.from_numpy((s - mean) / std)).detach().numpy()
    np.testing.assert_allclose(policy.actions(s), expected, rtol=1e-12)
    np.testing.assert_allclose(
        policy.moments(theta, torch.from_numpy(s))[0].numpy(), expected, rtol=1e-12
    )
    assert (
        count_parameters(policy.sizes) == sum(p.numel() for p in net.parameters()) + 3
    )


def test_log_probability_and_divergence_are_torchs():
    """Oracle: log π and KL are those of `torch.distributions`."""
    old = wild()
    new = wild(seed=9)
    s = torch.from_numpy(RNG(3).standard_normal((9, 4)))
    moments = [
        policy.moments(torch.from_numpy(policy.theta), s)
        for policy in (old, old.at(new.theta))
    ]
    theirs = [
        Independent(Normal(m, log_std.exp().expand_as(m)), 1) for m, log_std in moments
    ]
    a = torch.from_numpy(RNG(4).standard_normal((9, 3)))
    torch.testing.assert_close(
        old.log_prob(torch.from_numpy(old.theta), s, a), theirs[0].log_prob(a)
    )
    torch.testing.assert_close(ours(*moments), kl_divergence(*theirs))
    assert float(ours(moments[0], moments[0]).abs().max()) < 1e-12


def test_actions_are_drawn_around_the_mean():
    """Equation: mean and covariance of many draws are m(s) and diag σ²; the greedy
    policy draws nothing and gives m(s).
    """
    policy = wild()
    s = np.tile(RNG(5).standard_normal((1, 4)), (20_000, 1))
    draws = policy(s, RNG(6))
    np.testing.assert_allclose(
        draws.mean(axis=0),
        policy.actions(s[:1])[0],
        atol=4 * policy.action_std.max() / np.sqrt(len(s)),
    )
    np.testing.assert_allclose(
        np.cov(draws.T),
        np.diag(policy.action_std**2),
        atol=0.03 * policy.action_std.max() ** 2,
    )
    rng = RNG(7)
    assert np.array_equal(policy.greedy(s[:2], rng), policy.actions(s[:2]))
    assert rng.random() == RNG(7).random()


def test_a_fresh_policy_leaves_it_to_chance():
    """Conformance: mean actions are small against σ, and observations are brought to
    mean 0 and std 1, but for those that never vary.
    """
    s = np.column_stack([RNG(0).normal(3, 5, (100, 3)), np.full(100, 7.0)])
    policy = GaussianPolicy.initial(4, 3, RNG(1), action_std=0.6).standardised_by(s)
    assert np.abs(policy.actions(s)).max() < 0.1
    assert policy.action_std == pytest.approx([0.6] * 3)
    mean, std = policy.standardiser
    assert mean == pytest.approx(s.mean(axis=0))
    assert std == pytest.approx([*s.std(axis=0)[:3], 1.0])


def test_it_hops_in_a_rollout():
    """Conformance and determinism: it satisfies `Policy`; the same seed gives the same
    trajectory to the last bit, another does not.
    """
    hopper = make_world("hopper")
    policy = GaussianPolicy.initial(11, 3, RNG(0))
    one, two, other = (
        rollout([hopper] * 3, policy, 20, RNG(seed)) for seed in (1, 1, 2)
    )
    assert np.array_equal(one.actions, two.actions)
    assert not np.array_equal(one.actions, other.actions)


@pytest.mark.parametrize(
    ("changes", "culprit"),
    [
        ({"theta": np.zeros(3)}, "theta"),
        ({"theta": np.full(18, np.nan)}, "finite"),
        ({"sizes": (4,)}, "sizes"),
        ({"standardiser": Standardiser.initial(3)}, "standardiser of 4"),
    ],
)
def test_what_is_no_policy_is_refused(changes, culprit):
    """Errors name the culprit."""
    good = {
        "theta": np.zeros(18),
        "sizes": (4, 3),
        "standardiser": Standardiser.initial(4),
    }
    GaussianPolicy(**good)
    with pytest.raises(ValueError, match=culprit):
        GaussianPolicy(**{**good, **changes})
