"""What must hold of trust region policy optimisation."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from made_up import aiming, trajectories

from lecture_code.learning.advantages import LinearBaseline, gae
from lecture_code.learning.gaussian_policy import GaussianPolicy
from lecture_code.learning.trpo import (
    TRPO,
    conjugate_gradient,
    fisher_product,
    mean_kl,
    samples,
    surrogate,
)

pytestmark = pytest.mark.usefixtures("one_torch_thread")
RNG = np.random.default_rng


def wild(hidden=(4,), seed=0):
    policy = GaussianPolicy.initial(3, 2, RNG(seed), hidden=hidden).standardised_by(
        RNG(seed + 1).normal(1, 2, (50, 3))
    )
    return policy.at(
        policy.theta + 0.3 * RNG(seed + 2).standard_normal(policy.theta.size)
    )


def data(n=40, seed=3):
    """Observations, actions and advantages (n, …)."""
    rng = RNG(seed)
    return (
        torch.from_numpy(rng.normal(1, 2, (n, 3))),
        torch.from_numpy(rng.standard_normal((n, 2))),
        torch.from_numpy(rng.standard_normal(n)),
    )


def differences(f, theta, h=1e-5):
    """Central differences of a function of theta (d,), one row for each entry."""
    steps = h * torch.eye(len(theta), dtype=torch.float64)
    return torch.stack(
        [(f(theta + step) - f(theta - step)) / (2 * h) for step in steps]
    )


@pytest.mark.parametrize("hidden", [(), (4,)])
def test_fisher_is_the_hessian_of_the_divergence(hidden):
    """Equation: F v is the Hessian of D at the old policy, by finite differences of D's
    gradient, log σ included; D and its gradient are zero.
    """
    policy = wild(hidden)
    s, _, _ = data()
    theta = torch.from_numpy(policy.theta)
    D = mean_kl(policy, s)

    def gradient(theta):
        return torch.autograd.grad(D(leaf := theta.clone().requires_grad_()), leaf)[0]

    H = differences(gradient, theta)
    product = fisher_product(policy, s)
    F = torch.stack([product(v) for v in torch.eye(len(theta), dtype=torch.float64)])
    torch.testing.assert_close(F, H, rtol=1e-5, atol=1e-7)
    assert H.abs().max() > 0.1
    assert abs(float(D(theta))) < 1e-12 and gradient(theta).abs().max() < 1e-12


def test_damping_is_added_to_every_curvature():
    """Equation: (F + c) v = F v + c v."""
    policy, (s, _, _) = wild(), data()
    v = torch.from_numpy(RNG(4).standard_normal(policy.theta.size))
    torch.testing.assert_close(
        fisher_product(policy, s, 0.3)(v), fisher_product(policy, s)(v) + 0.3 * v
    )


def test_the_gradient_of_the_surrogate_is_the_policy_gradient():
    """Equation: ∇L at the old policy is mean ∇ log π · Â, and both are what finite
    differences say; L itself is the mean advantage there.
    """
    policy, (s, a, A) = wild(), data()
    theta = torch.from_numpy(policy.theta)
    L = surrogate(policy, *data())

    def plain(theta):
        return (policy.log_prob(theta, s, a) * A).mean()

    torch.testing.assert_close(
        differences(L, theta), differences(plain, theta), rtol=1e-5, atol=1e-8
    )
    (g,) = torch.autograd.grad(L(leaf := theta.clone().requires_grad_()), leaf)
    torch.testing.assert_close(g, differences(plain, theta), rtol=1e-5, atol=1e-8)
    assert float(L(theta)) == pytest.approx(float(A.mean()))


def test_conjugate_gradient_solves():
    """Oracle: with as many steps as dimensions it is `numpy.linalg.solve`; with fewer,
    the residual it reports is the true one and smaller with each step.
    """
    Q = RNG(5).standard_normal((6, 6))
    F = torch.from_numpy(Q @ Q.T + np.eye(6))
    g = torch.from_numpy(RNG(6).standard_normal(6))
    x, residual = conjugate_gradient(lambda v: F @ v, g, 20)
    np.testing.assert_allclose(
        x.numpy(), np.linalg.solve(F.numpy(), g.numpy()), rtol=1e-7
    )
    assert residual < 1e-8
    residuals = []
    for steps in (1, 3, 5):
        x, residual = conjugate_gradient(lambda v: F @ v, g, steps)
        assert residual == pytest.approx(float((F @ x - g).norm() / g.norm()), rel=1e-6)
        residuals.append(residual)
    assert residuals[0] > residuals[1] > residuals[2]
    assert conjugate_gradient(lambda v: F @ v, 0 * g, 5)[1] == 0.0


@pytest.mark.parametrize("max_kl", [1e-4, 1e-2, 0.3])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_step_stays_in_the_trust_region_and_goes_uphill(seed, max_kl):
    """Conformance: after the line search D ≤ δ and L > 0, both measured anew, and not
    much of δ is left unused; the old policy is untouched.
    """
    policy = wild(seed=seed)
    s, a, A = data(400, seed)
    A = A - A.mean()
    before = policy.theta.copy()
    step = TRPO(max_kl=max_kl, damping=1e-3).climb(policy, s, a, A)
    theta = torch.from_numpy(step.policy.theta)
    assert step.kl == pytest.approx(float(mean_kl(policy, s)(theta)))
    L = surrogate(policy, s, a, A)
    assert step.surrogate_gain == pytest.approx(float(L(theta)))
    assert step.surrogate_gain > 0 and 0.1 * max_kl < step.kl <= max_kl
    assert np.array_equal(policy.theta, before)
    assert not np.array_equal(step.policy.theta, before)


@pytest.mark.parametrize(
    ("n", "seed", "j", "reason"), [(12, 3, 1, "too far"), (40, 1, 4, "downhill")]
)
def test_the_line_search_looks_at_both(n, seed, j, reason):
    """Equation: once the full step leaves the trust region, once it stays inside and
    goes downhill; each is shortened to the first that does neither.
    """
    policy = wild((), seed)
    s, a, A = data(n, seed)
    A = A - A.mean()
    L = surrogate(policy, s, a, A)
    D = mean_kl(policy, s)
    theta = torch.from_numpy(policy.theta)
    trpo = TRPO(max_kl=0.3, damping=1e-3, backtrack_ratio=0.5)
    climbed = trpo.climb(policy, s, a, A)
    assert climbed.backtracks == j
    full = (torch.from_numpy(climbed.policy.theta) - theta) * 2**j
    tried = [
        (float(L(theta + full / 2**i)), float(D(theta + full / 2**i)))
        for i in range(j + 1)
    ]
    assert [gain > 0 and kl <= 0.3 for gain, kl in tried] == [False] * j + [True]
    assert (tried[0][1] > 0.3) == (reason == "too far")
    assert (tried[0][0] <= 0) == (reason == "downhill")
    fewer = replace(trpo, max_backtracks=j - 1)
    without = fewer.climb(policy, s, a, A)
    assert without.backtracks is None
    assert without.policy is policy
    assert without.kl == without.surrogate_gain == 0.0


def test_a_small_step_follows_the_natural_gradient():
    """Limit: for small δ the step is F⁻¹g, its length √(2δ / gᵀF⁻¹g), with F inverted
    whole.
    """
    policy = wild(())
    s, a, A = data(300)
    A = A - A.mean()
    d = policy.theta.size
    leaf = torch.from_numpy(policy.theta).requires_grad_()
    (g,) = torch.autograd.grad(surrogate(policy, s, a, A)(leaf), leaf)
    product = fisher_product(policy, s, 1e-8)
    F = torch.stack([product(v) for v in torch.eye(d, dtype=torch.float64)])
    x = torch.linalg.solve(F, g)
    step = TRPO(max_kl=1e-8, damping=1e-8, cg_steps=3 * d).climb(policy, s, a, A)
    np.testing.assert_allclose(
        step.policy.theta - policy.theta,
        (x * torch.sqrt(2e-8 / (g @ x))).numpy() * 0.8**step.backtracks,
        rtol=1e-3,
        atol=1e-9,
    )


def test_no_news_no_step():
    """Limit: where all advantages are alike the policy stays what it is."""
    policy, (s, a, _) = wild(), data()
    step = TRPO().climb(policy, s, a, torch.zeros(40, dtype=torch.float64))
    assert step.policy is policy and step.backtracks is None


def test_the_fisher_steps_are_spread_over_all():
    """Conformance: with fewer Fisher steps than steps the direction changes a little,
    and is the same when all are asked for.
    """
    policy = wild()
    s, a, A = data(400)

    def step(fisher_steps):
        trpo = TRPO(fisher_steps=fisher_steps)
        return trpo.climb(policy, s, a, A - A.mean()).policy.theta - policy.theta

    whole, enough, fewer = step(400), step(10_000), step(100)
    assert np.array_equal(whole, enough)
    cosine = whole @ fewer / np.linalg.norm(whole) / np.linalg.norm(fewer)
    assert 0.9 < cosine < 1 - 1e-9


def test_what_a_step_is_made_of():
    """Oracle: `step` is the baseline of the background, GAE, the steps that were made
    with advantages of mean 0 and std 1, and `climb`.
    """
    policy = wild()
    batch = trajectories(RNG(7))
    more = trajectories(RNG(8), lengths=(5,) * 30)
    V = LinearBaseline.fit(more, 0.995)
    s, a, A = samples(batch, gae(batch, V(batch.observations), 0.995, 0.97))
    assert len(s) == len(a) == len(A) == 13
    assert float(A.mean()) == pytest.approx(0, abs=1e-12)
    assert float(A.std(correction=0)) == pytest.approx(1)
    assert np.array_equal(s.numpy()[:5], batch.observations[0, :5])
    assert np.array_equal(a.numpy()[5:8], batch.actions[1, :3])
    expected = TRPO().climb(policy, s, a, A).policy.theta
    assert np.array_equal(TRPO()(policy, batch, more).theta, expected)
    assert not np.array_equal(TRPO()(policy, batch).theta, expected)


def test_the_same_again():
    """Determinism: nothing is drawn and nothing is remembered, to the last bit; what
    lies behind a trajectory's end does not count.
    """
    policy = wild()
    batch = trajectories(RNG(7))
    trpo = TRPO()
    first = trpo(policy, batch).theta
    trpo(policy, trajectories(RNG(9)))
    assert np.array_equal(trpo(policy, batch).theta, first)
    seen = np.pad(batch.mask, ((0, 0), (1, 0)))
    seen[:, 0] = True
    spoilt = replace(
        batch, observations=np.where(seen[..., None], batch.observations, 77.0)
    )
    assert np.array_equal(trpo(policy, spoilt).theta, first)


def learn(seed, hidden=(), iterations=15, shuffled=False):
    """Mean return of the greedy policy before and after."""
    rng = RNG(seed)
    policy = GaussianPolicy.initial(2, 2, rng, hidden=hidden)
    before = aiming(policy.greedy, RNG(99)).returns.mean()
    for _ in range(iterations):
        policy = TRPO(max_kl=0.05)(policy, aiming(policy, rng, shuffled=shuffled))
    return before, aiming(policy.greedy, RNG(99)).returns.mean()


@pytest.mark.parametrize("hidden", [(), (8,)])
@pytest.mark.parametrize("seed", range(5))
def test_it_learns_to_aim(seed, hidden):
    """Learning with a negative control: a dozen steps take away nine tenths of the
    error; told somebody else's reward, they do not take away half.
    """
    before, after = learn(seed, hidden)
    assert after > 0.1 * before and before < -1
    assert learn(seed, hidden, shuffled=True)[1] < 0.5 * before


@pytest.mark.parametrize(
    ("changes", "culprit"),
    [
        ({"max_kl": 0}, "max_kl"),
        ({"lam": 2}, "lam"),
        ({"damping": -1}, "damping"),
        ({"backtrack_ratio": 1}, "backtrack_ratio"),
        ({"max_backtracks": -1}, "max_backtracks"),
        ({"cg_steps": 0}, "cg_steps"),
    ],
)
def test_settings_out_of_range_are_named(changes, culprit):
    """Errors name the setting."""
    with pytest.raises(ValueError, match=culprit):
        TRPO(**changes)


def test_there_must_be_something_to_learn_from():
    """Errors tell that the subset is empty."""
    with pytest.raises(ValueError, match="at least one"):
        TRPO()(wild(), trajectories(RNG(0))[[]], trajectories(RNG(0)))


@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_advantages_that_are_not_numbers_are_refused(bad):
    """Errors name the first of the advantages that is not finite; they do not look as
    if there were nothing to learn.
    """
    policy, (s, a, A) = wild(), data()
    A[7] = bad
    A[9] = torch.nan
    with pytest.raises(ValueError, match=f"finite; number 7 of 40 is {float(bad)}"):
        TRPO().climb(policy, s, a, A)
    batch = trajectories(RNG(0))
    rewards = batch.rewards.copy()
    rewards[1, 2] = np.nan
    with pytest.raises(ValueError, match="finite; got nan in trajectory 1 at step"):
        TRPO()(policy, replace(batch, rewards=rewards))
