"""What must hold of the runs of *Estimate or propagate?*: the table of one bit, the
chain of bits, and the choice of settings.
"""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from lecture_code.experiments.gradients.estimators import (
    bits,
    chain,
    latents,
    many,
    rates,
    table,
)
from lecture_code.experiments.results import load_result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.gradients.discrete_choices import BERNOULLI

pytestmark = pytest.mark.usefixtures("one_torch_thread")

SHORT = replace(
    latents.MAIN,
    chain=chain.ChainSettings(bits=4),
    steps=12,
    every=4,
    seeds=(0, 1, 2),
)


def finished(run):
    while run.progress < 1:
        run.advance()
    return run.result()


# --- one bit ---


def test_the_table_is_the_moments_of_its_draws():
    """Oracle: sums over chunks give the bias and variance of all draws at once, for an
    estimator that is written here.
    """
    settings = replace(table.SMOKE, draws=600, chunk=200)
    found = finished(table.TableOfEstimators(settings, seed=3))
    generator = torch.Generator().manual_seed(3)
    p, t = settings.points[1]
    drawn = [
        torch.rand((2, 200, 1, 1), generator=generator, dtype=torch.float64)
        for _ in range(3)
    ]
    u = torch.cat(drawn, dim=1)[0].flatten().numpy()
    b = (np.log(p / (1 - p)) + np.log(u / (1 - u)) > 0).astype(float)
    g = (b - t) ** 2 * (b - p)
    bias, variance = found["REINFORCE"][:, 1]
    assert bias == pytest.approx(g.mean() - (1 - 2 * t) * p * (1 - p))
    assert variance == pytest.approx(g.var(ddof=1))


def test_the_committed_biases_are_those_of_the_closed_form():
    """Equation: in the committed table the bias of each propagated row lies within 5
    standard errors of the quadrature, the others' within 5 of zero; some biases are
    larger than 50.
    """
    curves = load_result("estimators_table").curves
    far = 0
    for row, found in curves["rows"].items():
        if row == "straight-through":
            continue
        bias = np.array(found["bias"])
        draws = 5 * load_result("estimators_table").settings["draws"]
        error = np.sqrt(np.mean(found["variance"], axis=0) / draws)
        wanted = np.array(curves["expected_bias"].get(row, 0.0))
        assert (np.abs(bias.mean(0) - wanted) < 5 * error + 1e-12).all(), row
        far += int((np.abs(bias.mean(0)) > 50 * error + 1e-12).sum())
    assert far > 20


def test_the_rows_of_the_brief_are_in_the_table():
    """Conformance: with p = 0.3 and t = 0.499 both relaxations have the wrong sign at
    every temperature, and REBAR has not.
    """
    result = load_result("estimators_table")
    at = result.settings["points"].index([0.3, 0.499])
    exact = result.curves["exact"][at]
    for row, found in result.curves["rows"].items():
        mean = exact + mean_of_seeds(np.array(found["bias"])[:, at]).value
        if row.startswith(("Gumbel", "ST-Gumbel", "straight")):
            assert mean < -0.005 < 0 < exact, row
        if row.startswith("REBAR"):
            found_mean = mean_of_seeds(exact + np.array(found["bias"])[:, at])
            assert found_mean.low < exact + 2e-4 and found_mean.high > exact - 2e-4


# --- the chain ---


def test_the_straight_loss_is_the_same_for_every_string():
    """Equation: both losses agree for all strings of bits, and not between them."""
    settings = chain.ChainSettings(bits=5)
    targets, _ = chain.chain_start(settings, seed=0)
    curved = chain.chain_loss(targets, settings)
    straight = chain.chain_loss(targets, replace(settings, straight=True))
    strings = BERNOULLI.outcomes(targets)
    torch.testing.assert_close(curved(strings), straight(strings))
    middle = torch.full((5,), 0.5, dtype=torch.float64)
    assert abs(float(curved(middle) - straight(middle))) > 0.1


def test_the_straight_loss_has_one_slope():
    """Invariance: the slope in each bit does not depend on this bit."""
    settings = chain.ChainSettings(bits=5, straight=True)
    targets, _ = chain.chain_start(settings, seed=1)
    f = chain.chain_loss(targets, settings)
    rng = np.random.default_rng(0)
    b = torch.tensor(rng.random(5))
    for i in range(5):
        values = []
        for value in (0.0, 0.3, 1.0):
            changed = b.clone()
            changed[i] = value
            values.append(float(f(changed)))
        assert values[1] == pytest.approx(0.7 * values[0] + 0.3 * values[2])


def test_the_best_string_is_known():
    """Oracle: no string of a loop has a lower loss; the gap of fair coins is 1, of the
    best string 0; targets keep their distance from ½, on both sides.
    """
    settings = chain.ChainSettings(bits=4, near=0.1, far=0.3)
    known = chain.known_chains(settings, (4, 5))
    for at in range(2):
        losses = {
            tuple(b.tolist()): float(
                ((b - known.targets[at]) ** 2).sum()
                + 0.1 * sum((b[i] - b[i + 1]) ** 2 for i in range(3))
            )
            / 4
            for b in BERNOULLI.outcomes(known.targets[at])
        }
        best = min(losses, key=losses.__getitem__)
        assert tuple(known.best[at].tolist()) == best
        assert float(known.lowest[at]) == pytest.approx(losses[best])
    away = (known.targets - 0.5).abs()
    assert (away >= 0.1).all() and (away <= 0.3).all()
    assert (known.targets > 0.5).any() and (known.targets < 0.5).any()
    torch.testing.assert_close(
        known.gap(torch.zeros_like(known.targets)), torch.ones(2).double()
    )
    assert known.gap(60 * (known.best - 0.5)).abs().max() < 1e-9


@pytest.mark.parametrize("arm", ["REINFORCE, others", "Gumbel-softmax", "RELAX"])
def test_a_run_goes_on_after_a_checkpoint(arm):
    """Determinism: a run that is pickled between two records has the same result."""
    straight = latents.DescentRun(SHORT, latents.ARMS[arm])
    stopped = latents.DescentRun(SHORT, latents.ARMS[arm])
    while straight.progress < 1:
        stopped = pickle.loads(pickle.dumps(stopped))
        assert straight.advance() == stopped.advance()
    one, other = straight.result(), stopped.result()
    assert all(np.array_equal(one[key], other[key]) for key in one)
    assert one["gap"].shape == (4, 3)


def test_learners_lower_the_gap_and_a_rate_of_nothing_does_not():
    """Learning with a negative control: 200 steps of REINFORCE with baseline lower the
    gap of each chain by half; with a tiny rate no gap moves.
    """
    settings = replace(SHORT, steps=200, every=100)
    arm = replace(latents.ARMS["REINFORCE, others"], rate=32.0)
    gaps = finished(latents.DescentRun(settings, arm))["gap"]
    assert (gaps[-1] < 0.5 * gaps[0]).all()
    still = finished(latents.DescentRun(settings, replace(arm, rate=1e-9)))["gap"]
    np.testing.assert_allclose(still[-1], still[0], atol=1e-6)


# --- many bits ---


def moments_by_enumeration(settings, n):
    """Mean and spread of REINFORCE with baseline as shares of the exact gradient, from
    all strings of all draws of a batch.
    """
    strings = BERNOULLI.outcomes(torch.zeros(settings.batch * n).double())
    b = strings.reshape(-1, settings.batch, n).numpy()
    p = settings.p
    weight = np.prod(np.where(b > 0.5, p, 1 - p), axis=(1, 2))
    losses = ((b - settings.target) ** 2).mean(-1)
    others = losses[:, 1:].mean(1)
    g = (losses[:, 0] - others) * (b[:, 0, 0] - p) / settings.exact(n)
    mean = (weight * g).sum()
    return mean, ((weight * g**2).sum() - mean**2) ** 0.5


@pytest.mark.parametrize(("n", "batch"), [(1, 5), (2, 4), (4, 3)])
def test_the_spread_of_many_bits_by_enumeration(n, batch):
    """Oracle: the calculated spread is that of all strings, and the mean is exact."""
    settings = replace(bits.BITS, p=0.2, target=0.1, batch=batch)
    mean, spread = moments_by_enumeration(settings, n)
    assert mean == pytest.approx(1)
    assert settings.spread_of_reinforce(n) == pytest.approx(spread)


def test_the_committed_noise_is_the_calculated_one():
    """Equation: the spread of REINFORCE is the calculated one for every n, and the mean
    of Gumbel-softmax is that of the quadrature, which is not the exact one.
    """
    result = load_result("estimators_bits")
    settings = bits.BitsSettings(**result.settings)
    curves = result.curves
    found = np.mean(curves["REINFORCE, others"]["spread"], axis=0)
    known = [settings.spread_of_reinforce(n) for n in settings.sizes]
    np.testing.assert_allclose(found, known, rtol=0.03)
    propagated = table.propagated_at(
        settings.p, settings.target, settings.temperature, hard=False
    )
    share = np.mean(curves["Gumbel-softmax"]["mean"], axis=0)
    np.testing.assert_allclose(share, propagated / settings.exact(1), atol=0.03)
    assert (share < 0.9).all()


def test_the_noise_of_the_path_forgets_the_other_bits():
    """Invariance with a control: with 30 times as many bits the spread of
    Gumbel-softmax stays, and that of REINFORCE grows; a seed gives the same numbers.
    """
    settings = replace(bits.SMOKE, sizes=(2, 60), batches=400)
    run = finished(bits.BitsRun(settings, seed=1))
    few, many = run["Gumbel-softmax, spread"]
    assert many == pytest.approx(few, rel=0.1)
    few, many = run["REINFORCE, others, spread"]
    assert many > 4 * few
    again = finished(bits.BitsRun(settings, seed=1))
    assert all(np.array_equal(run[key], again[key]) for key in run)


# --- learners of many bits ---


def test_free_bits_have_the_gap_of_the_enumeration():
    """Oracle: for four bits without interaction the gap, the best string and the fair
    loss are those of all strings; bits that interact are refused.
    """
    settings = chain.ChainSettings(bits=4, coupling=0.0)
    free = many.free_bits(settings, (3, 4))
    known = chain.known_chains(settings, (3, 4))
    for logits in (free.logits, 3 * free.logits, torch.zeros_like(free.logits)):
        torch.testing.assert_close(free.gap(logits), known.gap(logits))
    assert torch.equal(free.best, known.best)
    torch.testing.assert_close(free.fair, known.fair)
    with pytest.raises(ValueError, match=r"coupling must be 0; got 0\.1"):
        many.free_bits(chain.ChainSettings(bits=4), (0,))


def test_a_hundred_bits_run_with_their_best_settings():
    """Conformance: both learners have the setting that the committed tuning chose, not
    at an edge of its grid, on problems that were not tuned on; steps and draws are
    those of the chain.
    """
    gaps = load_result("estimators_many_tuning").curves
    chosen = many.tuned_of_many(gaps)
    assert chosen == many.MANY_ARMS
    for arm in chosen.values():
        assert arm.rate in many.RATES_OF_MANY[1:-1]
    assert chosen["Gumbel-softmax"].temperature in many.TEMPERATURES_OF_MANY[1:-1]
    assert not {*many.MANY_TUNING.seeds} & {*many.MANY.seeds}
    assert replace(many.MANY, arms=latents.ARMS, chain=latents.MAIN.chain) == (
        latents.MAIN
    )


def test_a_hundred_bits_are_learnt_alike_again():
    """Determinism with a control: the committed gap of a short run comes out again; a
    tiny rate moves nothing.
    """
    result = load_result("estimators_many")
    settings = replace(many.MANY, steps=2 * many.MANY.every)
    for name, arm in many.MANY_ARMS.items():
        gaps = finished(many.ManyRun(settings, arm))["gap"]
        np.testing.assert_allclose(gaps, result.curves[name]["gap"][:3], atol=6e-5)
        assert gaps[-1].mean() < 0.9 * gaps[0].mean()
        still = many.ManyRun(settings, replace(arm, rate=1e-9))
        still.advance()
        np.testing.assert_allclose(still.gaps[1], still.gaps[0], atol=1e-6)


# --- settings ---


def tuned_gaps():
    names = ("estimators_latents_tuning", "estimators_latents_edges")
    return {k: v for name in names for k, v in load_result(name).curves.items()}


@pytest.mark.parametrize("arm", [*latents.ARMS])
def test_the_settings_are_those_that_the_tuning_chose(arm):
    """Conformance: each arm runs with the best setting of the committed tunings, and
    its rate and τ are not at the edge of their grids. The exact gradient and the two
    small rates were not tuned; η of REBAR may be the lowest.
    """
    chosen = latents.ARMS[arm]
    if arm in ("exact", latents.GUMBEL, latents.ST_GUMBEL):
        return
    tau = 0.5 if arm.endswith("τ = 0.5") else None
    gaps = tuned_gaps()
    assert chosen == latents.tuned_setting(gaps, chosen.estimator, tau)
    family = [
        other
        for other in (*latents.tuning_grid(), *latents.edge_grid())
        if other.estimator == chosen.estimator
    ]
    entries = ["rate", "temperature"] if tau is None else ["rate"]
    for entry in (*entries, "surrogate_rate"):
        tried = sorted({getattr(other, entry) for other in family})
        assert len(tried) == 1 or getattr(chosen, entry) in tried[1:-1], entry


def test_the_small_rates_differ_from_the_main_run_in_one_thing():
    """Conformance: chains, steps and draws are those of the main run; one arm has the
    best temperature of Gumbel-softmax, and both have the rate of the small-rate arms.
    """
    assert replace(rates.RATES, arms=latents.ARMS) == latents.MAIN
    best = latents.ARMS["Gumbel-softmax"]
    small = latents.ARMS[latents.GUMBEL].rate
    first, second = rates.RATES.arms.values()
    assert first == replace(best, rate=small)
    assert second == replace(first, temperature=0.05)
    assert replace(rates.RATES_LONG, arms=latents.LONG.arms) == latents.LONG
    assert rates.RATES_LONG.arms == rates.RATES.arms


def test_no_chain_is_tuned_on_and_reported():
    """Invariance: tuning and comparison have no seed in common; an unknown estimator is
    named.
    """
    tuning = {*latents.TUNING.seeds, *latents.EDGES.seeds}
    reported = (
        latents.MAIN,
        latents.LONG,
        latents.STRAIGHT,
        latents.FAR,
        rates.RATES,
        rates.RATES_LONG,
    )
    assert not any(tuning & {*settings.seeds} for settings in reported)
    with pytest.raises(ValueError, match="no 'NVIL'"):
        latents.tuned_setting(tuned_gaps(), "NVIL")
