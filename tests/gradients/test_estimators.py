"""What must hold of estimators: exact gradients, means, variances and signs."""

from copy import deepcopy
from itertools import combinations, islice

import numpy as np
import pytest
import torch

from lecture_code.gradients.discrete_choices import (
    BERNOULLI,
    CATEGORICAL,
    draws_of,
    every_row,
)
from lecture_code.gradients.estimator_descent import (
    ESTIMATORS,
    Descent,
    DescentSettings,
    descend_logits,
    descent_step,
    gradients,
    initial_descent,
)
from lecture_code.gradients.estimators import (
    bias_and_variance,
    exact_gradient,
    expected_loss,
    loss_of_others,
    optimal_baseline,
    pathwise,
    score_function,
    score_of,
    through_probabilities,
)
from lecture_code.gradients.rebar import (
    relax_gradients,
    relaxed_loss,
    with_control,
)
from lecture_code.gradients.wrong_sign import (
    propagated_gradient,
    turning_point,
    wrong_sign,
)

pytestmark = pytest.mark.usefixtures("one_torch_thread")
BITS = torch.tensor([0.4, -1.1, 0.9], dtype=torch.float64)
SYMBOLS = torch.tensor([[0.2, -0.7, 1.0], [0.0, 0.6, -1.2]], dtype=torch.float64)
KINDS = [(BERNOULLI, BITS), (CATEGORICAL, SYMBOLS)]


def generator(seed=0):
    """A generator of its own."""
    return torch.Generator().manual_seed(seed)


def loss_for(logits):
    """A loss with interactions between the entries of one outcome."""
    w = torch.linspace(-1.0, 2.0, logits.numel(), dtype=logits.dtype)
    own = tuple(range(-logits.dim(), 0))
    return lambda b: ((b * w.reshape(logits.shape)).sum(own) - 0.3).square() + 1


def uniforms(logits, draws, seed=0):
    """u ~ U(0, 1), (draws, …)."""
    shape = (draws, *logits.shape)
    return torch.rand(shape, generator=generator(seed), dtype=logits.dtype)


def bit_loss(t):
    """(b − t)² of one bit."""
    return lambda b: (b - t).square().sum(-1)


def within(measured, errors=5.0):
    """Whether the bias is at most so many standard errors in every entry."""
    return bool((measured.bias.abs() < errors * measured.bias_error + 1e-12).all())


@pytest.mark.parametrize(("choices", "logits"), KINDS)
def test_enumeration_is_the_derivative_of_the_mean(choices, logits):
    """Equation 6: the exact gradient is that of Σ p f, by automatic derivatives; the
    probabilities add up to one, and their mean score is zero.
    """
    f = loss_for(logits)
    theta = logits.clone().requires_grad_()
    (wanted,) = torch.autograd.grad(expected_loss(f, choices, theta), theta)
    torch.testing.assert_close(exact_gradient(f, choices, logits), wanted)
    b = choices.outcomes(logits)
    p = torch.exp(choices.log_prob(logits, b))
    assert p.sum().item() == pytest.approx(1)
    mean = torch.einsum("m,m...->...", p, score_of(choices, logits, b))
    torch.testing.assert_close(mean, torch.zeros_like(logits))


@pytest.mark.parametrize(("choices", "logits"), KINDS)
def test_score_is_the_derivative_of_the_log_probability(choices, logits):
    """Equation: b − p is ∇ log p(b) for every outcome."""
    for b in choices.outcomes(logits):
        theta = logits.clone().requires_grad_()
        (wanted,) = torch.autograd.grad(choices.log_prob(theta, b), theta)
        torch.testing.assert_close(score_of(choices, logits, b), wanted)


@pytest.mark.parametrize(("choices", "logits"), KINDS)
def test_score_function_has_no_bias_with_any_baseline(choices, logits):
    """Law: with no baseline, a wild constant, the best one and the other draws' mean
    loss the mean is the exact gradient; a baseline of the own loss is found out.
    """
    f = loss_for(logits)
    u = uniforms(logits, 60_000)
    exact = exact_gradient(f, choices, logits)
    groups = u.reshape(5, 12_000, *logits.shape)
    runs = logits.expand(12_000, *logits.shape)
    others = loss_of_others(f, choices, runs, groups).reshape(-1)
    for c in (0.0, -7.0, optimal_baseline(f, choices, logits), others):
        g = score_function(f, choices, logits, u, c)
        assert within(bias_and_variance(g, exact, choices))
    own = f(choices.hard(logits + choices.noise(u)))
    g = score_function(f, choices, logits, u, (4 * others + own) / 5)
    assert not within(bias_and_variance(g, exact, choices))


def test_loss_of_others_is_a_plain_mean():
    """Oracle: for each draw and run, a loop over the other draws of this run."""
    f = loss_for(BITS)
    runs = torch.stack([BITS, -BITS])
    u = uniforms(runs, 4)
    losses = f(BERNOULLI.hard(runs + BERNOULLI.noise(u)))
    found = loss_of_others(f, BERNOULLI, runs, u)
    for i in range(4):
        others = [losses[k] for k in range(4) if k != i]
        torch.testing.assert_close(found[i], sum(others) / 3)


@pytest.mark.parametrize(("choices", "logits"), KINDS)
def test_best_baseline_has_the_smallest_variance(choices, logits):
    """Equation 5: the variance of one draw, by enumeration, is least at c*; it agrees
    with the measured variance.
    """
    f = loss_for(logits)
    best = optimal_baseline(f, choices, logits)
    exact = exact_gradient(f, choices, logits)
    b = choices.outcomes(logits)
    p = torch.exp(choices.log_prob(logits, b))

    def variance(c):
        g = (f(b) - c).reshape(-1, *[1] * logits.dim()) * score_of(choices, logits, b)
        return (p * (g - exact).flatten(1).square().sum(1)).sum().item()

    assert variance(best) < min(variance(best - 0.05), variance(best + 0.05))
    g = score_function(f, choices, logits, uniforms(logits, 50_000), best)
    found = bias_and_variance(g, exact, choices)
    assert abs(found.variance - variance(best)) < 5 * found.variance_error


def test_errors_of_bias_and_variance_are_those_of_a_normal_law():
    """Equation: of N normal draws with variance σ², the mean has the standard error
    σ/√N and the variance σ² √(2/N).
    """
    N, sigma = 40_000, 3.0
    draws = sigma * torch.randn(N, 1, generator=generator(), dtype=torch.float64)
    found = bias_and_variance(draws, torch.zeros(1, dtype=torch.float64), BERNOULLI)
    assert found.bias_error.item() == pytest.approx(sigma / N**0.5, rel=0.02)
    error = sigma**2 * (2 / N) ** 0.5
    assert found.variance_error.item() == pytest.approx(error, rel=0.05)


def test_one_bit_with_the_best_baseline_has_no_variance():
    """Identity: c* = p f(0) + (1 − p) f(1), and every draw gives the exact gradient."""
    f = bit_loss(0.45)
    theta = torch.tensor([0.7], dtype=torch.float64)
    p = torch.sigmoid(theta).item()
    best = optimal_baseline(f, BERNOULLI, theta)
    assert best.item() == pytest.approx(p * 0.45**2 + (1 - p) * 0.55**2)
    g = score_function(f, BERNOULLI, theta, uniforms(theta, 100), best)
    torch.testing.assert_close(g, exact_gradient(f, BERNOULLI, theta).expand(100, 1))


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize(("choices", "logits"), KINDS)
def test_propagated_gradients_have_no_bias_for_their_own_loss(choices, logits, hard):
    """Limit: for a linear loss the relaxed gradient is the slope of the mean relaxed
    choice, and it approaches the exact gradient as τ → 0.
    """
    w = torch.linspace(-1.0, 2.0, logits.numel(), dtype=logits.dtype)
    own = tuple(range(-logits.dim(), 0))

    def f(b):
        return (b * w.reshape(logits.shape)).sum(own)

    exact = exact_gradient(f, choices, logits)
    g = pathwise(f, choices, logits, uniforms(logits, 60_000), 0.02, hard=hard)
    found = bias_and_variance(g, exact, choices)
    assert (found.bias.abs() < 5 * found.bias_error + 0.01).all()
    g = pathwise(f, choices, logits, uniforms(logits, 60_000), 2.0, hard=hard)
    assert not within(bias_and_variance(g, exact, choices))


def test_straight_through_is_right_for_a_linear_loss_only():
    """Limit: slope of p at b has no bias, and no variance, for a linear loss."""
    u = uniforms(BITS, 50)
    g = through_probabilities(lambda b: b.sum(-1), BERNOULLI, BITS, u)
    exact = exact_gradient(lambda b: b.sum(-1), BERNOULLI, BITS)
    torch.testing.assert_close(g, exact.expand(50, 3))
    f = loss_for(BITS)
    g = through_probabilities(f, BERNOULLI, BITS, uniforms(BITS, 50_000))
    exact = exact_gradient(f, BERNOULLI, BITS)
    assert not within(bias_and_variance(g, exact, BERNOULLI))


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("temperature", [0.1, 0.5, 2.0])
def test_quadrature_agrees_with_sampling(temperature, hard):
    """Oracle: the mean of 200,000 sampled gradients is the quadrature's, equation 1."""
    theta = torch.logit(torch.tensor([0.3], dtype=torch.float64))
    u = uniforms(theta, 200_000)
    g = pathwise(bit_loss(0.499), BERNOULLI, theta, u, temperature, hard=hard)
    wanted = propagated_gradient(
        lambda s: 2 * (s - 0.499), theta.numpy(), temperature, hard=hard
    )
    assert within(bias_and_variance(g, torch.from_numpy(wanted), BERNOULLI), 4)


def test_the_sign_turns_at_the_turning_point():
    """Equation 3: the propagated gradient of (b − t)² is zero at t*, and it has the
    sign of the exact gradient unless t lies between 1/2 and t*.
    """
    theta = np.linspace(-4, 4, 17)
    turn = turning_point(theta, 0.5)
    for t, logit in zip(turn, theta, strict=True):
        g = propagated_gradient(lambda s, t=t: 2 * (s - t), np.array(logit), 0.5)
        assert abs(g) < 1e-12
    for t in (0.1, 0.3, 0.45, 0.499, 0.6):
        g = propagated_gradient(lambda s, t=t: 2 * (s - t), theta, 0.5)
        np.testing.assert_array_equal(
            np.sign(g) != np.sign(1 - 2 * t), wrong_sign(np.array(t), theta, 0.5)
        )
    assert wrong_sign(np.array(0.499), np.array(np.log(3 / 7)), 0.5)


@pytest.mark.parametrize("temperature", [0.1, 0.5, 0.9])
def test_turning_points_end_where_the_closed_form_says(temperature):
    """Equation 4: t* goes from (1 − τ)/2 to (1 + τ)/2 and rises with θ; at p = 1/2 it
    is 1/2; as τ → 0 it is 1/2 everywhere.
    """
    theta = np.linspace(-20, 20, 41)
    turn = turning_point(theta, temperature)
    assert (np.diff(turn) > 0).all()
    reach = 0.02 if temperature > 0.8 else 1e-3  # slow near τ = 1
    assert turn[0] == pytest.approx((1 - temperature) / 2, abs=reach)
    assert turn[-1] == pytest.approx((1 + temperature) / 2, abs=reach)
    assert turn[20] == pytest.approx(0.5)
    assert np.abs(turning_point(theta, 1e-4) - 0.5).max() < 1e-4


def test_a_straight_line_gives_the_right_sign_and_not_the_right_length():
    """Equation 1: for the slope 1 the propagated gradient is positive everywhere, but
    at p = 1/2 and τ = 1/2 it is 4 − π times the exact one; as τ → 0 it is exact.
    """
    theta = np.linspace(-6, 6, 25)
    p = 1 / (1 + np.exp(-theta))
    share = propagated_gradient(np.ones_like, theta, 0.5) / (p * (1 - p))
    assert (share > 0).all()
    assert share[12] == pytest.approx(4 - np.pi)
    assert share[0] > 1.4 and share[-1] > 1.4
    cold = propagated_gradient(np.ones_like, theta, 1e-4) / (p * (1 - p))
    np.testing.assert_allclose(cold, 1, atol=1e-3)


def after(name, steps=300, t=0.4, start=-1.5, seed=0, **settings):
    """p of 20 runs of one bit, after descent with an estimator."""
    theta = torch.full((20, 1), start, dtype=torch.float64)
    chosen = DescentSettings(name, rate=2.0, **settings)
    states = descend_logits(bit_loss(t), BERNOULLI, theta, chosen, generator(seed))
    *_, last = islice(states, steps)
    return torch.sigmoid(last.logits)[:, 0]


def test_unbiased_learners_reach_the_best_bit_and_gumbel_does_not():
    """Learning with a negative control: t = 0.4, so b = 0 is best. From p = 0.18 the
    exact gradient and REINFORCE with a baseline lower p in every run; Gumbel-softmax
    at τ = 0.5 raises p, and stops near the p at which t* = 0.4.
    """
    first = torch.sigmoid(torch.tensor(-1.5)).item()
    for name in ("exact", "REINFORCE, others", "REINFORCE, optimal"):
        assert (after(name) < first / 2).all(), name
    stopped = after("Gumbel-softmax", steps=1500, draws=50)
    turn = turning_point(torch.logit(stopped.mean()).numpy(), 0.5)
    assert stopped.min() > first
    assert turn == pytest.approx(0.4, abs=0.02)


def test_each_name_is_its_own_estimator():
    """Conformance: the loop's gradient of each name is the estimator of the table, with
    the settings' τ and η; no two are alike.
    """
    f = loss_for(BITS)
    tau = 0.3
    eta = 0.6
    u = uniforms(BITS, 4)
    v = uniforms(BITS, 4, seed=1)
    kind = (f, BERNOULLI, BITS, u)
    others = loss_of_others(*kind)
    c = relaxed_loss(f, BERNOULLI, tau, eta, others)
    expected = {
        "exact": exact_gradient(*kind[:3])[None],
        "REINFORCE": score_function(*kind),
        "REINFORCE, others": score_function(*kind, others),
        "REINFORCE, optimal": score_function(*kind, optimal_baseline(*kind[:3])),
        "straight-through": through_probabilities(*kind),
        "Gumbel-softmax": pathwise(*kind, tau),
        "ST-Gumbel": pathwise(*kind, tau, hard=True),
        "REBAR": with_control(f, c, BERNOULLI, BITS, u, v),
    }
    assert [*expected, "RELAX"] == list(ESTIMATORS)
    found = {
        name: gradients(*kind, v, DescentSettings(name, 0.1, temperature=tau, eta=eta))
        for name in expected
    }
    for name, g in found.items():
        assert torch.equal(g, expected[name]), name
    apart = [
        (found[one] - found[two]).abs().max() for one, two in combinations(found, 2)
    ]
    assert min(apart) > 1e-3


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_step_changes_nothing_that_it_was_given(name):
    """Purity and determinism: two steps from one state with equal generators are equal
    bitwise, and the state is as before.
    """
    theta = BITS.expand(4, 3).clone()
    f = loss_for(BITS)
    settings = DescentSettings(name, rate=0.1, draws=3)
    start = initial_descent(f, BERNOULLI, theta, settings, generator(1))
    first, again = (
        descent_step(start, f, BERNOULLI, settings, generator(2)) for _ in range(2)
    )
    assert torch.equal(first.logits, again.logits)
    assert torch.equal(start.logits, BITS.expand(4, 3))
    assert not torch.equal(first.logits, start.logits)
    if name == "RELAX":
        assert start.surrogate[0].eta.eq(1).all()
        assert not first.surrogate[0].eta.eq(1).all()


def test_a_step_is_the_mean_of_gradients_with_independent_noise():
    """Oracle: a step of REBAR or RELAX goes down the rate times the mean of the
    gradients of its draws, with a v that is drawn apart from u.
    """
    f = loss_for(BITS)
    u, v = torch.rand((2, 3, *BITS.shape), generator=generator(2), dtype=BITS.dtype)
    settings = DescentSettings("REBAR", rate=0.1, draws=3)
    wanted = BITS - 0.1 * gradients(f, BERNOULLI, BITS, u, v, settings).mean(0)
    after_one = descent_step(Descent(BITS), f, BERNOULLI, settings, generator(2))
    torch.testing.assert_close(after_one.logits, wanted)
    settings = DescentSettings("RELAX", rate=0.1, draws=3)
    start = initial_descent(f, BERNOULLI, BITS, settings, generator(1))
    g = relax_gradients(*deepcopy(start.surrogate), BITS, u, v)
    after_one = descent_step(start, f, BERNOULLI, settings, generator(2))
    torch.testing.assert_close(after_one.logits, BITS - 0.1 * g.mean(0))


def test_runs_do_not_depend_on_each_other():
    """Invariance: a run in a batch takes the step that it takes alone."""
    f = loss_for(BITS)
    u = uniforms(BITS.expand(2, 3), 5)
    both = pathwise(f, BERNOULLI, torch.stack([BITS, -BITS]), u, 0.5)
    alone = pathwise(f, BERNOULLI, -BITS, u[:, 1], 0.5)
    torch.testing.assert_close(both[:, 1], alone)


def test_bad_input_is_named():
    """Errors: they name the culprit and the alternatives."""
    f = loss_for(BITS)
    with pytest.raises(ValueError, match=r"REINFORCE; .*got 'reinforce'"):
        DescentSettings("reinforce", 0.1)
    with pytest.raises(ValueError, match="rate must be positive; got nan"):
        DescentSettings("REBAR", float("nan"))
    with pytest.raises(ValueError, match="REBAR needs draws ≥ 2; got 1"):
        DescentSettings("REBAR", 0.1, draws=1)
    with pytest.raises(ValueError, match="temperature must be positive"):
        DescentSettings("REBAR", 0.1, temperature=0)
    with pytest.raises(ValueError, match=r"shape \(3,\); got \(5, 2\)"):
        pathwise(f, BERNOULLI, BITS, torch.rand(5, 2, generator=generator()), 0.5)
    with pytest.raises(ValueError, match=r"shape \(…, n, K\); got \(3,\)"):
        draws_of(CATEGORICAL, BITS, generator())
    with pytest.raises(ValueError, match="finite"):
        expected_loss(f, BERNOULLI, BITS * torch.inf)
    with pytest.raises(ValueError, match=r"2\^21 outcomes"):
        every_row(2, 21)
    with pytest.raises(ValueError, match="2 draws or more"):
        bias_and_variance(BITS[None], BITS, BERNOULLI)
    with pytest.raises(ValueError, match="2 rewards or more"):
        loss_of_others(f, BERNOULLI, BITS, uniforms(BITS, 1))
