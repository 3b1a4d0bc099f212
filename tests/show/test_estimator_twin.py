"""What must hold of the estimators in the page: with the same uniforms they are those
of `gradients.estimators` and `gradients.rebar`, and the region of the wrong sign is
exact.
"""

from itertools import pairwise, product

import numpy as np
import pytest
import torch
from estimator_samples import a_race, a_simplex
from scipy.integrate import quad
from scipy.special import expit, logit

from lecture_code.gradients.discrete_choices import BERNOULLI, CATEGORICAL
from lecture_code.gradients.estimators import (
    exact_gradient,
    optimal_baseline,
    pathwise,
    score_function,
)
from lecture_code.gradients.rebar import relaxed_loss, with_control
from lecture_code.gradients.relaxations import gumbel_argmax, gumbel_of, gumbel_softmax
from lecture_code.show.choice_simplex import METHODS
from lecture_code.show.estimator_race import RACERS

pytestmark = pytest.mark.browser

TWIN = "RealityGap.estimators"


def open_uniforms(rng, *shape):
    return np.clip(rng.random(shape), 1e-12, 1 - 1e-12)


@pytest.fixture
def page(visit):
    opened = visit(a_simplex(), a_race())
    opened.wait_for_selector("estimator-race[data-ready]")
    return opened


# --- three tokens ---


def tokens_in_python(h, target, tau, u):
    """Gradients of each draw by the methods of `METHODS`, (4, N, 3), the exact one, the
    points y and the tokens b; all by the package.
    """
    logits = torch.tensor(h, dtype=torch.float64)[None]  # one symbol
    drawn = torch.tensor(u)[:, None]  # (N, 1, 3)
    t = torch.tensor(target, dtype=torch.float64)

    def f(b):
        return (b - t).square().sum((-2, -1))

    best = optimal_baseline(f, CATEGORICAL, logits)
    gradients = (
        score_function(f, CATEGORICAL, logits, drawn),
        score_function(f, CATEGORICAL, logits, drawn, best),
        pathwise(f, CATEGORICAL, logits, drawn, tau),
        pathwise(f, CATEGORICAL, logits, drawn, tau, hard=True),
    )
    exact = exact_gradient(f, CATEGORICAL, logits)[0]
    rows = logits.expand(len(u), 3)
    noise = gumbel_of(torch.tensor(u))
    y = gumbel_softmax(rows, tau, noise=noise)
    b = gumbel_argmax(rows, noise=noise).argmax(-1)
    stacked = torch.stack(gradients)[:, :, 0]
    return stacked.numpy(), exact.numpy(), y.numpy(), b.numpy()


def test_the_draws_and_estimates_of_three_tokens_are_pythons(page):
    """Parity: points, tokens, exact gradient, and bias and variance of all four
    estimates, to 1e-9, for two vectors of logits and three temperatures.
    """
    for h, tau in product([(0.0, 0.5, 1.0), (2.0, -1.0, 0.25)], [0.1, 0.5, 2.0]):
        check_three_tokens(page, h, tau)


def check_three_tokens(page, h, tau):
    """The parity of one vector of logits and one temperature."""
    target = (0.5, 0.3, 0.2)
    u = open_uniforms(np.random.default_rng(3), 200, 3)
    found = page.evaluate(
        f"""([h, target, tau, u]) => {{
          const one = {TWIN}.measureChoice(h, target, tau, Float64Array.from(u));
          return {{ ...one, points: [...one.points], tokens: [...one.tokens] }}; }}""",
        [h, target, tau, u.ravel().tolist()],
    )
    gradients, exact, y, b = tokens_in_python(h, target, tau, u)
    assert found["tokens"] == b.tolist() and len(set(b)) == 3
    np.testing.assert_allclose(np.reshape(found["points"], (-1, 3)), y, atol=1e-9)
    np.testing.assert_allclose(found["exact"]["gradient"], exact, atol=1e-9)
    np.testing.assert_allclose(
        found["frequencies"], np.bincount(b, minlength=3) / 200, atol=1e-12
    )
    assert [one["name"] for one in found["estimates"]] == list(METHODS)
    for one, g in zip(found["estimates"], gradients, strict=True):
        np.testing.assert_allclose(one["mean"], g.mean(axis=0), atol=1e-9)
        bias = np.linalg.norm(g.mean(axis=0) - exact)
        assert one["bias"] == pytest.approx(bias, abs=1e-9)
        variance = g.var(axis=0, ddof=1).sum()
        assert one["variance"] == pytest.approx(variance, rel=1e-9)
        assert one["noise"] == pytest.approx((variance / 200) ** 0.5, rel=1e-9)


def test_the_tokens_follow_the_softmax_at_every_temperature(page):
    """Law: the frequencies of 20,000 draws of the page's own uniforms fit the softmax
    (χ² of two degrees of freedom below its 0.999 quantile), and τ does not change them.
    """
    counts = [
        page.evaluate(
            f"""(tau) => {TWIN}.measureChoice([0, 0.5, 1], [1, 0, 0], tau,
              {TWIN}.openUniforms(5, 60000)).frequencies""",
            tau,
        )
        for tau in (0.1, 3.0)
    ]
    assert counts[0] == counts[1]
    raised = page.evaluate(
        f"{TWIN}.openUniforms(5, 9).map((u, n) => u - RealityGap.uniforms(5, 9)[n])[8]"
    )
    assert raised == 2**-33, "0 is no uniform of the page: its logarithm is not finite"
    p = np.exp([0, 0.5, 1]) / np.exp([0, 0.5, 1]).sum()
    assert (20_000 * (np.array(counts[0]) - p) ** 2 / p).sum() < 13.8


# --- one bit ---


def racers_in_python(theta, t, tau, eta, u, v):
    """The gradient of each racer for each draw, by the package, (6, N)."""
    logits = torch.tensor(np.broadcast_to(theta, u.shape).astype(float))[:, None]
    u, v = torch.tensor(np.array([u, v]))[:, None, :, None]  # one draw of N bits

    def f(b):
        return (b[..., 0] - t) ** 2

    middle = (t**2 + (1 - t) ** 2) / 2
    best = optimal_baseline(f, BERNOULLI, logits)
    control = relaxed_loss(f, BERNOULLI, tau, eta)
    gradients = (
        score_function(f, BERNOULLI, logits, u),
        score_function(f, BERNOULLI, logits, u, middle),
        score_function(f, BERNOULLI, logits, u, best),
        pathwise(f, BERNOULLI, logits, u, tau),
        pathwise(f, BERNOULLI, logits, u, tau, hard=True),
        with_control(f, control, BERNOULLI, logits, u, v),
    )
    return torch.stack(gradients)[:, 0, :, 0].numpy()


GRADIENTS = f"""([theta, settings, u, v]) => {TWIN}.RACERS.map((name) =>
  u.map((one, n) => {TWIN}.raceGradient(name, theta, settings, one, v[n])))"""


def test_the_gradients_of_the_racers_are_pythons(page):
    """Parity: each draw of each racer to 1e-9."""
    u, v = open_uniforms(np.random.default_rng(1), 2, 300)
    assert page.evaluate(f"{TWIN}.RACERS") == list(RACERS)
    for theta, t, tau, eta in [
        (0.0, 0.45, 1.0, 1.0),
        (-2.0, 0.499, 0.2, 0.5),
        (3.0, 0.7, 5.0, 1.0),
    ]:
        settings = {"t": t, "tau": tau, "eta": eta}
        found = page.evaluate(GRADIENTS, [theta, settings, u.tolist(), v.tolist()])
        wanted = racers_in_python(theta, t, tau, eta, u, v)
        np.testing.assert_allclose(found, wanted, atol=1e-9)


def test_a_race_is_pythons(page):
    """Parity: in two runs of 200 steps each racer goes from its θ to Python's next θ,
    to 1e-9. (Over many steps straight-through Gumbel enlarges the last digit.)
    """
    runs, steps = 2, 200
    noise = open_uniforms(np.random.default_rng(2), runs, steps, 2)
    settings = {"theta": 0.3, "t": 0.45, "tau": 0.5, "rate": 1.0, "eta": 1.0}
    found = page.evaluate(
        f"""([settings, noise, runs, steps]) => [...{TWIN}.race(
          settings, Float64Array.from(noise), runs, steps)]""",
        [settings, noise.ravel().tolist(), runs, steps],
    )
    paths = np.reshape(found, (runs, len(RACERS), steps + 1))
    assert (paths[:, :, 0] == 0.3).all()
    for r, m in product(range(runs), range(len(RACERS))):
        before, after = paths[r, m, :-1], paths[r, m, 1:]
        g = racers_in_python(before, 0.45, 0.5, 1.0, *noise[r].T)[m]
        np.testing.assert_allclose(after, before - g, atol=1e-9)
    assert len(np.unique(paths[0, :, -1].round(6))) == len(RACERS)


def test_who_has_no_bias_and_no_variance(page):
    """Equation: over 40,000 draws REINFORCE, its baselines and REBAR agree with the
    exact gradient to 4 standard errors; Gumbel-softmax and its straight-through form
    agree with 2 B (t* − t), of the other sign; the optimal baseline has no variance.
    """
    theta = float(logit(0.3))
    t = 0.499
    tau = 1.0
    u, v = open_uniforms(np.random.default_rng(4), 2, 40_000)
    settings = {"t": t, "tau": tau, "eta": 1.0}
    found = np.array(
        page.evaluate(GRADIENTS, [theta, settings, u.tolist(), v.tolist()])
    )
    exact = 2 * 0.3 * 0.7 * (0.5 - t)
    known = page.evaluate(f"{TWIN}.borders({theta}, {tau})")
    wanted = {
        "Gumbel-softmax": 2 * known["B"] * (known["soft"] - t),
        "straight-through Gumbel": 2 * known["B"] * (known["hard"] - t),
    }
    assert exact > 0 > max(wanted.values())
    for name, g in zip(RACERS, found, strict=True):
        error = 4 * g.std() / 200 + 1e-12
        assert abs(g.mean() - wanted.get(name, exact)) < error, name
        assert name == "optimal baseline" or g.std() > 1e-4
        assert name not in wanted or abs(wanted[name] - exact) > 3 * error
    assert found[RACERS.index("optimal baseline")].std() < 1e-12


def test_what_is_drawn_again_keeps_its_bit_and_its_law(page):
    """Law: z̃ has the sign of b for all v, and over b and v the law of z (a
    Kolmogorov-Smirnov distance below its 0.999 quantile); ∂z̃/∂θ is a difference
    quotient.
    """
    theta, n = 0.7, 20_000
    u, v = open_uniforms(np.random.default_rng(6), 2, n)
    b = (theta + logit(u) > 0).astype(int)
    ask = f"""([theta, b, v]) => b.map((one, n) => {{
      const {{ z, slope }} = {TWIN}.conditional(theta, one, v[n]);
      return [z, slope]; }})"""
    z, slopes = np.array(page.evaluate(ask, [theta, b.tolist(), v.tolist()])).T
    assert ((z > 0) == b).all() and 0.2 < b.mean() < 0.8
    uniform = np.sort(expit(z - theta))
    assert np.abs(uniform - (np.arange(n) + 0.5) / n).max() < 1.95 / np.sqrt(n)
    few = [b[:50].tolist(), v[:50].tolist()]
    up, down = (
        np.array(page.evaluate(ask, [theta + sign * 1e-5, *few]))[:, 0]
        for sign in (1, -1)
    )
    np.testing.assert_allclose(slopes[:50], (up - down) / 2e-5, atol=1e-7)


def test_the_border_of_the_wrong_sign_is_exact(page):
    """Oracle: adaptive quadrature over the noise gives the same border for soft and
    hard, to 1e-9, in twelve places.
    """
    for theta, tau in product([-4.0, -0.8, 0.0, 2.0], [0.1, 1.0, 5.0]):
        check_border(page, theta, tau)


def check_border(page, theta, tau):
    """The border of one θ and one τ."""

    def density(x):
        return expit(x) * expit(-x)

    def mean(of, low=-np.inf):
        def inside(z):
            return of(expit(z / tau)) * density(z / tau) / tau * density(z - theta)

        ends = [low if np.isfinite(low) else -60.0, -5.0, 0.0, theta, 5.0, 60.0]
        ends = sorted({end for end in ends if end >= low})
        parts = [quad(inside, *ends, epsabs=1e-13) for ends in pairwise(ends)]
        return sum(value for value, _ in parts)

    B = mean(np.ones_like)
    found = page.evaluate(f"{TWIN}.borders({theta}, {tau})")
    assert found["B"] == pytest.approx(B, abs=1e-9)
    assert found["soft"] == pytest.approx(mean(lambda y: y) / B, abs=1e-9)
    assert found["hard"] == pytest.approx(mean(np.ones_like, 0.0) / B, abs=1e-9)


def test_the_limits_of_the_border(page):
    """Limit: at θ = 0 the border is ½, so no sign is wrong; for τ → 0 it is ½ for every
    θ; for θ → −∞ and τ < 1 it goes to (1 − τ) / 2; and the resting place is where the
    border is t.
    """
    border = page.evaluate(
        f"([theta, tau]) => {TWIN}.borders(theta, tau).soft", [0.0, 2.0]
    )
    assert border == pytest.approx(0.5, abs=1e-12)
    sharp = page.evaluate(f"{TWIN}.borders(-2, 0.001).soft")
    assert sharp == pytest.approx(0.5, abs=1e-3)
    far = page.evaluate(f"{TWIN}.borders(-30, 0.5).soft")
    assert far == pytest.approx(0.25, abs=1e-4)
    rest = page.evaluate(f"{TWIN}.restingPlace('soft', 0.45, 1)")
    assert page.evaluate(f"{TWIN}.borders({rest}, 1).soft") == pytest.approx(0.45)
    assert page.evaluate(f"{TWIN}.restingPlace('soft', 0.1, 0.5)") is None
    wrong = f"{TWIN}.wrongSign({border}, 0.3) || {TWIN}.wrongSign(0.4, 0.3)"
    assert not page.evaluate(wrong) and page.evaluate(f"{TWIN}.wrongSign(0.4, 0.45)")
