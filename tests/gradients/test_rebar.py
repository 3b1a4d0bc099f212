"""What must hold of REBAR and RELAX: the conditional noise, the mean, the variance."""

import pytest
import torch
from scipy import stats

from lecture_code.gradients.discrete_choices import BERNOULLI, CATEGORICAL
from lecture_code.gradients.estimators import (
    bias_and_variance,
    exact_gradient,
    optimal_baseline,
    score_function,
)
from lecture_code.gradients.rebar import (
    Surrogate,
    conditional,
    conditional_gumbel,
    conditional_logistic,
    normalised,
    relax_gradients,
    relaxed_loss,
    with_control,
)

pytestmark = pytest.mark.usefixtures("one_torch_thread")
BITS = torch.tensor([0.4, -1.1, 0.9], dtype=torch.float64)
SYMBOLS = torch.tensor([[0.2, -0.7, 1.0], [0.0, 0.6, -1.2]], dtype=torch.float64)
KINDS = [(BERNOULLI, BITS), (CATEGORICAL, SYMBOLS)]


def generator(seed=0):
    """A generator of its own."""
    return torch.Generator().manual_seed(seed)


def two_uniforms(logits, draws, seed=0):
    """u and v ~ U(0, 1), (draws, …) each."""
    shape = (2, draws, *logits.shape)
    return torch.rand(shape, generator=generator(seed), dtype=logits.dtype)


def loss_for(logits):
    """A loss with interactions between the entries of one outcome."""
    w = torch.linspace(-1.0, 2.0, logits.numel(), dtype=logits.dtype)
    own = tuple(range(-logits.dim(), 0))
    return lambda b: ((b * w.reshape(logits.shape)).sum(own) - 0.3).square() + 1


def surrogate_for(logits, choices, f, noise=0.5):
    """A surrogate whose network is not zero."""
    made = Surrogate(f, choices, logits, generator(3), temperature=0.3, eta=0.6)
    shape = made.outward.shape
    made.outward.data = noise * torch.randn(
        shape, generator=generator(4), dtype=logits.dtype
    )
    made.baseline.data += 1.5
    return made


@pytest.mark.parametrize(("choices", "logits"), KINDS)
def test_conditional_noise_leads_to_its_choice(choices, logits):
    """Identity: hard(z̃) is b, for every draw and every b."""
    _, v = two_uniforms(logits, 2000)
    for b in choices.outcomes(logits):
        b = b.expand(v.shape)
        assert torch.equal(choices.hard(conditional(choices, logits, b, v)), b)


@pytest.mark.parametrize(("choices", "logits"), KINDS)
def test_mixture_of_conditionals_is_the_marginal(choices, logits):
    """Law: z̃ given the b of z has the law of z in every entry (Kolmogorov–Smirnov);
    without the condition on b it has another law, given b.
    """
    u, v = two_uniforms(logits, 20_000, seed=1)
    z = normalised(choices, logits) + choices.noise(u)
    tilde = conditional(choices, logits, choices.hard(z), v)
    for a, c in zip(z.flatten(1).T, tilde.flatten(1).T, strict=True):
        assert stats.ks_2samp(a.numpy(), c.numpy()).pvalue > 1e-3
    b = choices.outcomes(logits)[0].expand(v.shape)
    wrong = conditional(choices, logits, b, v).flatten(1)
    pairs = zip(z.flatten(1).T, wrong.T, strict=True)
    assert any(stats.ks_2samp(a, c).pvalue < 1e-6 for a, c in pairs)


@pytest.mark.parametrize(("choices", "logits"), KINDS)
def test_conditional_noise_has_the_law_of_rejection(choices, logits):
    """Oracle: the law of z̃ given one b is that of the z which happen to give this b."""
    u, v = two_uniforms(logits, 60_000, seed=2)
    z = normalised(choices, logits) + choices.noise(u)
    b = choices.outcomes(logits)[1]
    own = tuple(range(1, z.dim()))
    kept = z[(choices.hard(z) == b).all(dim=own)].flatten(1)
    tilde = conditional(choices, logits, b.expand(v.shape), v).flatten(1)
    assert len(kept) > 1000
    for a, c in zip(kept.T, tilde.T, strict=True):
        assert stats.ks_2samp(a.numpy(), c.numpy()).pvalue > 1e-3


@pytest.mark.parametrize(("choices", "logits"), KINDS)
def test_conditional_noise_has_the_derivative_of_finite_differences(choices, logits):
    """Equation: ∂z̃/∂θ with b and v fixed, by `gradcheck` in double precision."""
    _, v = two_uniforms(logits, 1, seed=5)
    given_b = conditional_logistic if choices is BERNOULLI else conditional_gumbel
    for b in choices.outcomes(logits)[:4]:
        theta = logits.clone().requires_grad_()
        assert torch.autograd.gradcheck(lambda x, b=b: given_b(x, b, v[0]), (theta,))


@pytest.mark.parametrize(("choices", "logits"), KINDS)
@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0, 3.0])
@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_rebar_has_no_bias(choices, logits, eta, temperature):
    """Law: for any η, τ and m the mean of 60,000 draws is the exact gradient."""
    f = loss_for(logits)
    u, v = two_uniforms(logits, 60_000, seed=6)
    c = relaxed_loss(f, choices, temperature, eta, 1.7)
    g = with_control(f, c, choices, logits, u, v)
    found = bias_and_variance(g, exact_gradient(f, choices, logits), choices)
    assert (found.bias.abs() < 5 * found.bias_error).all()


@pytest.mark.parametrize("b", [0.0, 1.0])
def test_a_draw_is_that_of_the_equation(b):
    """Oracle: equation 1 for one bit, draw by draw, with the derivatives of z and z̃ by
    hand; c(z̃), and not c(z), stands beside f(b).
    """
    p, eta, tau, v = 0.3, 0.8, 0.5, 0.37
    u = 0.9 if b else 0.2
    theta = torch.logit(torch.tensor([p], dtype=torch.float64))
    logit = torch.logit(torch.tensor([u, v], dtype=torch.float64))
    inner = (1 - p) + v * p if b else v * (1 - p)  # the u that z̃ is made of
    tilde = theta.item() + torch.logit(torch.tensor(inner, dtype=torch.float64)).item()
    inner_slope = (v - 1 if b else -v) * p * (1 - p)
    tilde_slope = 1 + inner_slope / (inner * (1 - inner))

    def soft(z):
        return torch.sigmoid(torch.tensor(z / tau, dtype=torch.float64)).item()

    def slope(z):  # of c
        return eta * 2 * (soft(z) - 0.4) * soft(z) * (1 - soft(z)) / tau

    z = theta.item() + logit[0].item()
    rest = (b - 0.4) ** 2 - eta * (soft(tilde) - 0.4) ** 2
    wanted = rest * (b - p) + slope(z) - slope(tilde) * tilde_slope

    def f(x):
        return (x - 0.4).square().sum(-1)

    noise = torch.tensor([[[u]], [[v]]], dtype=torch.float64)
    c = relaxed_loss(f, BERNOULLI, tau, eta)
    g = with_control(f, c, BERNOULLI, theta, *noise)
    assert g.item() == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize(("choices", "logits"), KINDS)
def test_relax_has_no_bias_for_any_network(choices, logits):
    """Law: a surrogate with arbitrary parameters leaves the mean as it is."""
    f = loss_for(logits)
    u, v = two_uniforms(logits, 60_000, seed=7)
    made = surrogate_for(logits, choices, f)
    g = with_control(f, made, choices, logits, u, v)
    found = bias_and_variance(g, exact_gradient(f, choices, logits), choices)
    assert (found.bias.abs() < 5 * found.bias_error).all()


@pytest.mark.parametrize(("choices", "logits"), KINDS)
def test_without_control_it_is_reinforce(choices, logits):
    """Limit: with η = 0 it is the score function with baseline m, draw by draw."""
    f = loss_for(logits)
    u, v = two_uniforms(logits, 20, seed=8)
    c = relaxed_loss(f, choices, 0.5, 0.0, 1.7)
    zero = with_control(
        f, lambda z: c(z) + 0 * z.flatten(1).sum(1), choices, logits, u, v
    )
    torch.testing.assert_close(zero, score_function(f, choices, logits, u, 1.7))


@pytest.mark.parametrize(("choices", "logits"), KINDS)
def test_the_right_coupling_lowers_the_variance(choices, logits):
    """Variance: at η = τ = 0.5 REBAR has less variance than its baseline alone. If z̃
    belongs to another b than the loss, there is still no bias, but more variance than
    with the baseline alone.
    """
    f = loss_for(logits)
    exact = exact_gradient(f, choices, logits)
    u, v = two_uniforms(logits, 60_000, seed=9)
    m = optimal_baseline(f, choices, logits)
    c = relaxed_loss(f, choices, 0.5, 0.5, m)
    right = bias_and_variance(with_control(f, c, choices, logits, u, v), exact, choices)
    plain = bias_and_variance(score_function(f, choices, logits, u, m), exact, choices)
    assert right.variance + 5 * right.variance_error < plain.variance

    other, _ = two_uniforms(logits, 60_000, seed=10)
    only_f = score_function(f, choices, logits, other)  # f(b) ∇ log p(b), another b
    only_c = with_control(lambda b: b.flatten(1).sum(1) * 0, c, choices, logits, u, v)
    wrong = bias_and_variance(only_f + only_c, exact, choices)
    assert (wrong.bias.abs() < 5 * wrong.bias_error).all()
    assert wrong.variance > 1.5 * plain.variance


def test_a_surrogate_learns_to_lower_the_variance():
    """Learning with a negative control: 300 steps of φ at fixed θ lower E[|g|²]; with
    a rate near zero they do not.
    """
    f = loss_for(BITS)
    exact = exact_gradient(f, BERNOULLI, BITS)
    variances = {}
    for rate in (0.03, 1e-9):
        made = surrogate_for(BITS, BERNOULLI, f)
        optimiser = torch.optim.Adam(made.parameters(), rate)
        for seed in range(300):
            u, v = two_uniforms(BITS, 50, seed=seed)
            relax_gradients(made, optimiser, BITS, u, v)
        u, v = two_uniforms(BITS, 20_000, seed=1000)
        g = with_control(f, made, BERNOULLI, BITS, u, v)
        variances[rate] = bias_and_variance(g, exact, BERNOULLI).variance.item()
    start = with_control(f, surrogate_for(BITS, BERNOULLI, f), BERNOULLI, BITS, u, v)
    before = bias_and_variance(start, exact, BERNOULLI).variance.item()
    assert variances[0.03] < 0.5 * before
    assert variances[1e-9] == pytest.approx(before, rel=1e-3)


def test_gradients_come_before_the_step_of_the_surrogate():
    """Order: RELAX's gradients are those of φ before its step, draw by draw."""
    f = loss_for(BITS)
    u, v = two_uniforms(BITS, 5, seed=11)
    made = surrogate_for(BITS, BERNOULLI, f)
    before = with_control(f, made, BERNOULLI, BITS, u, v)
    optimiser = torch.optim.Adam(made.parameters(), 0.1)
    assert torch.equal(relax_gradients(made, optimiser, BITS, u, v), before)
    assert not torch.equal(with_control(f, made, BERNOULLI, BITS, u, v), before)


def test_bad_noise_is_named():
    """Errors: u without draws in front is refused with both shapes."""
    c = relaxed_loss(loss_for(BITS), BERNOULLI, 0.5, 1.0)
    with pytest.raises(ValueError, match=r"shape \(3,\); got \(3,\)"):
        with_control(loss_for(BITS), c, BERNOULLI, BITS, BITS, BITS)
    with pytest.raises(ValueError, match="temperature must be positive"):
        relaxed_loss(loss_for(BITS), BERNOULLI, 0.0, 1.0)(BITS)
