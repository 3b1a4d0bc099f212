"""What must hold of Gumbel noise, the Gumbel-softmax and straight-through."""

import numpy as np
import pytest
import torch
from scipy import stats
from torch.nn.functional import gumbel_softmax as library_gumbel_softmax

from lecture_code.gradients.relaxations import (
    gumbel_argmax,
    gumbel_noise,
    gumbel_of,
    gumbel_softmax,
    logistic_of,
    relaxed_bernoulli,
    straight_through,
)

pytestmark = pytest.mark.usefixtures("one_torch_thread")
H = torch.tensor([0.3, -1.2, 1.1, 0.0], dtype=torch.float64)
DRAWS = 100_000


def generator(seed=0):
    """A generator of its own."""
    return torch.Generator().manual_seed(seed)


def many(logits=H, draws=DRAWS):
    """The logits, once for each draw."""
    return logits.expand(draws, -1)


def test_argmax_follows_the_softmax():
    """Law: frequencies of the argmax are those of softmax(h), by a χ² test of 100,000
    draws; the test would find a softmax at temperature 0.9.
    """
    counts = gumbel_argmax(many(), generator()).sum(0).numpy()
    wanted = DRAWS * torch.softmax(H, -1).numpy()
    assert stats.chisquare(counts, wanted).pvalue > 1e-3
    wrong = DRAWS * torch.softmax(H / 0.9, -1).numpy()
    assert stats.chisquare(counts, wrong).pvalue < 1e-6


def test_noise_has_the_laws_of_gumbel_and_logistic():
    """Law: Kolmogorov–Smirnov tests of both kinds of noise against SciPy's."""
    u = torch.rand(20_000, generator=generator(1), dtype=torch.float64)
    assert stats.kstest(gumbel_of(u).numpy(), stats.gumbel_r.cdf).pvalue > 1e-3
    assert stats.kstest(logistic_of(u).numpy(), stats.logistic.cdf).pvalue > 1e-3
    assert stats.kstest(gumbel_of(u).numpy(), stats.gumbel_l.cdf).pvalue < 1e-6


@pytest.mark.parametrize("hard", [False, True])
def test_agrees_with_torch_in_law(hard):
    """Oracle: each entry has the law of torch's `gumbel_softmax`, and its mean over
    100,000 draws agrees within 5 standard errors.
    """
    ours = gumbel_softmax(many(), 0.7, generator(2), hard=hard).numpy()
    with torch.random.fork_rng():
        torch.random.default_generator.manual_seed(3)
        theirs = library_gumbel_softmax(many(), 0.7, hard=hard).numpy()
    error = np.sqrt((ours.var(0) + theirs.var(0)) / DRAWS)
    assert (np.abs(ours.mean(0) - theirs.mean(0)) < 5 * error).all()
    if not hard:
        for entry in range(4):
            a, b = ours[:20_000, entry], theirs[:20_000, entry]
            assert stats.ks_2samp(a, b).pvalue > 1e-3


def test_limits_of_the_temperature():
    """Limit: τ → 0 gives the one-hot argmax of the same noise, τ → ∞ the uniform."""
    g = gumbel_noise(many(draws=100), generator(4))
    cold = gumbel_softmax(many(draws=100), 1e-7, noise=g)
    torch.testing.assert_close(
        cold, gumbel_argmax(many(draws=100), noise=g), atol=1e-6, rtol=0
    )
    warm = gumbel_softmax(many(draws=100), 1e6, noise=g)
    torch.testing.assert_close(warm, torch.full_like(warm, 0.25), atol=1e-4, rtol=0)


def test_two_choices_are_the_logistic_form():
    """Limit: with logits (0, θ) and the difference of the two Gumbel draws as noise,
    the Gumbel-softmax of two choices is the relaxed Bernoulli, hard or soft.
    """
    logits = torch.tensor([0.0, 0.8], dtype=torch.float64)
    g = gumbel_noise(logits.expand(50, 2), generator(5))
    for hard in (False, True):
        two = gumbel_softmax(logits.expand(50, 2), 0.6, noise=g, hard=hard)[:, 1]
        one = relaxed_bernoulli(logits[1], 0.6, g[:, 1] - g[:, 0], hard=hard)
        torch.testing.assert_close(two, one)


def test_hard_is_one_hot_forward_and_soft_backward():
    """Straight-through: the value is exactly one-hot; the derivative of any linear
    function of it is that of the soft choice with the same noise.
    """
    weights = torch.tensor([1.0, -2.0, 0.5, 3.0], dtype=torch.float64)
    g = gumbel_noise(many(draws=30), generator(6))
    slopes = []
    for hard in (False, True):
        h = H.clone().requires_grad_()
        y = gumbel_softmax(h.expand(30, -1), 0.5, noise=g, hard=hard)
        slopes.append(torch.autograd.grad((y * weights).sum(), h)[0])
    assert set(y.detach().flatten().tolist()) == {0.0, 1.0}
    assert (y.detach().sum(-1) == 1).all()
    torch.testing.assert_close(slopes[0], slopes[1])


def test_straight_through_has_the_slope_of_the_probabilities():
    """Straight-through without noise: value b, derivative that of the softmax."""
    h = H.clone().requires_grad_()
    b = gumbel_argmax(H, generator(7))
    out = straight_through(b, torch.softmax(h, -1))
    assert torch.equal(out.detach(), b)
    (slope,) = torch.autograd.grad(out[2], h)
    p = torch.softmax(H, -1)
    wanted = p[2] * (torch.eye(4, dtype=torch.float64)[2] - p)
    torch.testing.assert_close(slope, wanted)


def test_derivative_is_that_of_finite_differences():
    """Equation: ∂y/∂h of eq. 3 and of eq. 5, by `gradcheck` in double precision."""
    h = H.clone().requires_grad_()
    g = gumbel_noise(H, generator(8))
    assert torch.autograd.gradcheck(lambda x: gumbel_softmax(x, 0.4, noise=g), (h,))
    assert torch.autograd.gradcheck(lambda x: relaxed_bernoulli(x, 0.4, g), (h,))


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_noise_is_finite_at_the_ends(dtype):
    """Bound: u = 0 and u = 1 give finite noise in every precision."""
    ends = torch.tensor([0.0, 1.0], dtype=dtype)
    assert torch.isfinite(gumbel_of(ends)).all()
    assert torch.isfinite(logistic_of(ends)).all()


def test_same_generator_same_choices():
    """Determinism: bitwise the same with the same seed, another with another seed."""
    first, again, other = (
        gumbel_softmax(many(draws=9), 0.5, generator(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"temperature": 0.0, "generator": True}, "temperature must be positive"),
        ({"temperature": float("nan"), "generator": True}, "temperature"),
        ({"temperature": 1.0}, "generator=.* or noise="),
        ({"temperature": 1.0, "generator": True, "noise": H}, "not both"),
        ({"temperature": 1.0, "noise": H[:2]}, r"\(4,\); got \(2,\)"),
    ],
)
def test_bad_input_is_named(arguments, words):
    """Errors: they name the culprit and say what would be right."""
    if "generator" in arguments:
        arguments = arguments | {"generator": generator()}
    with pytest.raises(ValueError, match=words):
        gumbel_softmax(H, **arguments)
    with pytest.raises(ValueError, match="temperature"):
        relaxed_bernoulli(H, -1.0, H)
