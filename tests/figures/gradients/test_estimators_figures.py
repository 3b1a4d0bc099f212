"""The pictures and answers of *Estimate or propagate?* are what the results and the
closed forms say.
"""

import numpy as np
import pytest
import torch
from readings import column, line
from scipy.integrate import quad
from scipy.special import expit, logit

from lecture_code.experiments import load_result
from lecture_code.experiments.gradients.estimators.latents import GUMBEL, ST_GUMBEL
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.gradients.estimators import (
    chains,
    measured,
    numbers,
    questions,
    slopes,
    walks,
)
from lecture_code.gradients.wrong_sign import turning_point

pytestmark = pytest.mark.usefixtures("one_torch_thread")


@pytest.fixture(scope="module")
def result():
    return load_result("estimators_latents")


@pytest.fixture(scope="module")
def rates():
    return load_result("estimators_latents_rates")


@pytest.fixture(scope="module")
def rates_longer():
    return load_result("estimators_latents_rates_long")


@pytest.fixture(scope="module")
def many():
    return load_result("estimators_many")


@pytest.fixture(scope="module")
def paths():
    return walks.first_walks(p=0.1, t=0.4, tau=1.0, steps=300)


# --- the first picture and the race ---


def test_the_first_picture_shows_the_wrong_way(paths, many, drawn):
    """All runs of Gumbel-softmax go up and end near the place of the closed form;
    REINFORCE and the exact gradient go down; the text and the picture say so.
    """
    picture = walks.wrong_way(paths, t=0.4)
    relaxed = paths["Gumbel-softmax"]
    told = numbers(paths, load_result("estimators_bits"), many)
    assert told["n_runs"] == told["n_up"] == "20"
    p = np.linspace(0.001, 0.999, 5000)
    stops = np.interp(0.4, turning_point(logit(p), 1.0), p)
    assert relaxed[-100:].mean() == pytest.approx(stops, abs=0.01)
    for name in ("REINFORCE", "exact"):
        assert (paths[name][-1] < 0.03).all() and np.allclose(paths[name][0], 0.1)
        np.testing.assert_allclose(line(drawn[0].axes[1], name), paths[name].mean(1))
    assert f"Gumbel-softmax from 0.10 to {relaxed[-1].mean():.2f}" in picture.alt


def test_the_race_stops_where_the_answer_says():
    """The still of the race: from 0.9 the Gumbel learner comes down to the place of the
    first picture, all other learners without bias to nearly 0.
    """
    ends = {
        name: expit(path[-100:]).mean()
        for name, path in walks.race_paths(torch.Generator().manual_seed(0)).items()
    }
    assert ends["Gumbel-softmax"] == pytest.approx(0.27, abs=0.08)
    for name in ("REINFORCE", "constant baseline", "optimal baseline", "REBAR"):
        assert ends[name] < 0.1
    question = questions.predict_race().question
    assert question.options[question.answer].startswith("It goes down, but stops")


# --- slopes ---


def test_the_hill_is_a_density():
    """Equation: the density of the soft bit integrates to 1, and gives P(y > ½) = p."""
    for p, tau in ((0.1, 1.0), (0.3, 0.5)):
        total, _ = quad(lambda s, p=p, tau=tau: slopes.density(s, p, tau), 0, 1)
        upper, _ = quad(lambda s, p=p, tau=tau: slopes.density(s, p, tau), 0.5, 1)
        assert total == pytest.approx(1, abs=1e-4)
        assert upper == pytest.approx(p, abs=1e-4)


@pytest.mark.parametrize(
    ("p", "tau", "words"),
    [(0.1, 1.0, "goes up: wrong"), (0.8, 1.0, "goes down: right")],
)
def test_the_verdict_is_that_of_the_closed_form(p, tau, words, drawn):
    """The picture of weights says up or down, right or wrong; its curve has the mean
    t*, and the area 1.
    """
    slopes.weighed_slopes(p, 0.4, tau)
    axes = drawn[0].axes[0]
    assert words in axes.texts[0].get_text()
    s, weight = axes.lines[0].get_data()
    turn = turning_point(logit(p), tau)
    assert np.trapezoid(weight, s) == pytest.approx(1, abs=0.02)
    assert np.trapezoid(s * weight, s) == pytest.approx(float(turn), abs=0.02)


def test_where_a_learner_stops():
    """Limit: at τ = 0.1 the target 0.4 is outside of the region, so both learners reach
    0; at τ = 1 both stop, straight-through farther away.
    """
    table = slopes.stops_table(0.4, (0.1, 0.25, 0.5, 1.0, 2.0))
    soft = column(table, "Gumbel-softmax")
    hard = column(table, "straight-through Gumbel")
    assert soft["τ = 0.1"] == hard["τ = 0.1"] == 0
    for tau in ("0.25", "0.5", "1", "2"):
        assert 0 < soft[f"τ = {tau}"] < hard[f"τ = {tau}"] < 0.5
    turn = turning_point(logit(np.array(soft["τ = 1"])), 1.0)
    assert float(turn) == pytest.approx(0.4, abs=1e-3)


def test_the_border_ends_where_the_text_says():
    """Limit: for p → 0 the border of τ < 1 is (1 − τ)/2."""
    for tau in (0.1, 0.5):
        assert turning_point(-18.0, tau) == pytest.approx((1 - tau) / 2, abs=2e-3)


def test_the_flipbook_is_light():
    """The frames of the weights fit into 400 kB."""
    assert len(slopes.explore_weights().html()) < 400_000


# --- results ---


def test_the_trade_off_shows_the_table(drawn):
    """Points are means over exact, and spreads; the shaded half holds every propagated
    point except those of τ = 0.1, as the text says.
    """
    table = load_result("estimators_table")
    at = 2
    assert table.settings["points"][at] == [0.1, 0.4]
    measured.trade_off(table, at)
    axes = drawn[0].axes[0]
    exact = table.curves["exact"][at]
    spread = {}
    for name in ("Gumbel-softmax", "straight-through Gumbel", "REBAR"):
        (curve,) = [c for c in axes.lines if c.get_label() == name]
        x, y = curve.get_data()
        rows = [
            r for r in table.curves["rows"] if measured.row_name(r).startswith(name)
        ]
        wanted = [
            1 + np.mean(np.array(table.curves["rows"][r]["bias"])[:, at]) / exact
            for r in rows
        ]
        np.testing.assert_allclose(x, wanted)
        assert (x[1:] < 0).all() != (name == "REBAR") and x[0] > 0
        spread[name] = y
    assert (spread["straight-through Gumbel"] > spread["Gumbel-softmax"]).all()
    reinforce = np.mean(np.array(table.curves["rows"]["REINFORCE"]["variance"])[:, at])
    assert spread["Gumbel-softmax"][0] > reinforce**0.5 / exact


def test_the_curves_are_mean_gaps(result, drawn):
    """Each curve is the mean gap of its arm in percent."""
    chains.gap_curves(result, questions.SHOWN)
    axes = drawn[0].axes[0]
    assert len(axes.lines) == len(questions.SHOWN)
    for curve, arm in zip(axes.lines, questions.SHOWN, strict=True):
        wanted = 100 * np.array(result.curves[arm]["gap"]).mean(1)
        np.testing.assert_allclose(curve.get_ydata(), wanted)


def test_the_second_finding_is_what_the_result_says(result, rates, rates_longer):
    """Gumbel-softmax with τ = 0.5 and a small rate stops far away, in the longer run,
    too; REINFORCE without baseline and plain straight-through are behind; the leads of
    the best contain zero; all of the answer end within a few percent.
    """
    longer = load_result("estimators_latents_long")

    def gaps(arm, of=result):
        return 100 * np.array(of.curves[arm]["gap"][-1])

    base = gaps("REINFORCE, others")
    assert mean_of_seeds(gaps(GUMBEL)).low > 30
    assert mean_of_seeds(gaps(GUMBEL, longer)).value > gaps(GUMBEL).mean() - 1
    for arm in ("REINFORCE", "straight-through"):
        assert mean_of_seeds(gaps(arm) - base).low > 0
    for arm in ("Gumbel-softmax", "REBAR", "RELAX"):
        lead = mean_of_seeds(gaps(arm) - base)
        assert lead.low < 0 < lead.high and gaps(arm).mean() < 3
    words = questions.chain_in_words(result, rates)
    assert str(mean_of_seeds(gaps("REINFORCE") - base)) in words
    question = questions.predict_chain(result, longer, rates, rates_longer).question
    assert question.options[question.answer].endswith("and Gumbel-softmax, too")


def test_the_baseline_ends_lower_in_most_chains(result, rates):
    """REINFORCE with baseline ends lower than Gumbel-softmax in as many chains as the
    text says, in most of them also after longer runs; one chain makes more than half of
    its mean.
    """
    for of in (result, load_result("estimators_latents_long")):
        base, other = (
            np.array(of.curves[arm]["gap"][-1])
            for arm in ("REINFORCE, others", "Gumbel-softmax")
        )
        assert (base < other).sum() >= 16
    base, other = (
        100 * np.array(result.curves[arm]["gap"][-1])
        for arm in ("REINFORCE, others", "Gumbel-softmax")
    )
    words = " ".join(questions.chain_in_words(result, rates).split())
    assert f"in {(base < other).sum()} of {len(base)} chains" in words
    assert f"with a gap of {base.max():.0f} %" in words
    assert base.max() > base.sum() / 2


def test_a_low_temperature_is_not_enough(result, rates, rates_longer):
    """With the best τ and a small rate the gap is larger than with the best rate and
    more bits are undecided, also after three times as many steps; with a lower τ it is
    not larger; wrong signs are possible for half of the bits.
    """
    tuned = result.curves["Gumbel-softmax"]
    assert result.settings["arms"]["Gumbel-softmax"]["temperature"] == 0.2
    slow = rates.curves[questions.SLOW]
    cool = rates.curves["Gumbel-softmax, τ = 0.05, small rate"]
    more, same = (
        mean_of_seeds(np.subtract(one["gap"][-1], tuned["gap"][-1]))
        for one in (slow, cool)
    )
    assert more.low > 0.05 and same.low < 0 < same.high
    later = rates_longer.curves[questions.SLOW]["gap"][-1]
    best = load_result("estimators_latents_long").curves["Gumbel-softmax"]["gap"][-1]
    still = mean_of_seeds(np.subtract(later, best))
    assert still.low > 0.03 and np.mean(later) > 0.8 * np.mean(slow["gap"][-1])
    assert np.mean(slow["undecided"]) > 0.3 > 0.1 > np.mean(tuned["undecided"])
    assert rates.curves["targets"] == result.curves["targets"]
    away = np.abs(np.array(result.curves["targets"]) - 0.5)
    assert np.mean(away < 0.1) == pytest.approx(0.5, abs=0.05)
    difference = mean_of_seeds(100 * np.subtract(slow["gap"][-1], tuned["gap"][-1]))
    assert str(difference) in questions.chain_in_words(result, rates)


def test_the_third_finding_is_what_the_results_say(result):
    """Without the suspected cause, in both ways, the gap of Gumbel-softmax falls below
    3 %; REINFORCE has equal gaps on both losses; the answer says so.
    """
    straight = load_result("estimators_latents_straight")
    far = load_result("estimators_latents_far")
    for other in (straight, far):
        assert 100 * np.mean(other.curves[GUMBEL]["gap"][-1]) < 3
        assert (
            np.mean(other.curves[ST_GUMBEL]["gap"][-1])
            < np.mean(result.curves[ST_GUMBEL]["gap"][-1]) / 5
        )
    np.testing.assert_allclose(
        straight.curves["REINFORCE, others"]["gap"],
        result.curves["REINFORCE, others"]["gap"],
    )
    question = questions.predict_cause(result, straight, far).question
    assert question.options[question.answer] == (
        "It now comes close to the best string"
    )
    words = " ".join(questions.cause_in_words().split())
    assert f"it is {100 * (np.pi - 3):.0f} % too short for a fair coin" in words


def test_the_bits_end_near_the_line(result, drawn):
    """The dots are the result's; those of Gumbel-softmax correlate with the line."""
    chains.where_bits_end(result, ("REINFORCE, others", GUMBEL), 0.5)
    axes = drawn[0].axes[1]
    dots, border = axes.lines[0], axes.lines[2]
    t, ends = dots.get_data()
    np.testing.assert_allclose(ends, np.array(result.curves[GUMBEL]["p"]).ravel())
    on_line = np.interp(t, *border.get_data())
    assert np.corrcoef(ends, on_line)[0, 1] > 0.9


def test_the_noise_of_bits_is_the_result(many, drawn):
    """Both curves are the mean spreads on logarithmic axes; the dashed line is the
    calculation; the lines cross before ten bits, and the bias of the path stays.
    """
    bits = load_result("estimators_bits")
    picture = measured.noise_of_bits(bits)
    axes = drawn[0].axes[0]
    assert axes.get_xscale() == axes.get_yscale() == "log"
    sizes = bits.settings["sizes"]
    spread = {}
    for name, curves in bits.curves.items():
        spread[name] = np.mean(curves["spread"], axis=0)
        (found,) = [c for c in axes.containers if c.get_label() == measured.NAMES[name]]
        x, y = found.lines[0].get_data()
        np.testing.assert_allclose(np.array(x, dtype=float), sizes)
        np.testing.assert_allclose(np.array(y, dtype=float), spread[name])
        assert f"{measured.NAMES[name]} from {y[0]:.1f} to {y[-1]:.1f}" in picture.alt
    dashed = axes.lines[-1].get_ydata()
    np.testing.assert_allclose(dashed, spread["REINFORCE, others"], rtol=0.03)
    behind = spread["REINFORCE, others"] > spread["Gumbel-softmax"]
    assert behind.tolist() == [n >= 10 for n in sizes]
    shares = np.mean(bits.curves["Gumbel-softmax"]["mean"], axis=0)
    told = numbers({"Gumbel-softmax": np.zeros((2, 1))}, bits, many)["bits_bias"]
    assert told == f"{100 * (1 - shares.mean()):.0f}"
    np.testing.assert_allclose(shares, shares.mean(), atol=0.03)


def test_a_noisier_draw_makes_the_better_learner(paths, many):
    """With a hundred bits REINFORCE ends lower than Gumbel-softmax in as many problems
    as the text says, also after longer runs; the table has both mean gaps.
    """
    longer = load_result("estimators_many_long")
    for of in (many, longer):
        ends = {
            a: 100 * np.array(of.curves[a]["gap"][-1]) for a in many.settings["arms"]
        }
        behind = ends["Gumbel-softmax"] - ends["REINFORCE, others"]
        assert mean_of_seeds(behind).low > 0 and (behind > 0).all()
    table = chains.many_table(many, longer)
    assert [*table.entries] == [
        "REINFORCE with baseline",
        "Gumbel-softmax, τ = 0.05, rate 512",
    ]
    for cells, arm in zip(table.entries.values(), ends, strict=True):
        mean = 100 * np.mean(many.curves[arm]["gap"][-1])
        assert cells["gap"].text.startswith(f"{mean:.2f}")
        assert cells["3 ×"].text.startswith(f"{ends[arm].mean():.2f}")
    told = numbers(paths, load_result("estimators_bits"), many)
    assert told["many_lower"] == told["many_all"] == "20"


def test_the_tables_have_all_learners(result, rates, rates_longer):
    """Conformance: each arm has a row with the numbers of its results; the exact
    gradient alone was not run for longer; the best of each Gumbel family says its τ.
    """
    longer = load_result("estimators_latents_long")
    table = chains.chain_table(result, longer, rates, rates_longer)
    assert len(table.entries) == len(result.settings["arms"]) + 2
    assert "Gumbel-softmax, τ = 0.2, rate 256" in table.entries
    assert "straight-through Gumbel, τ = 0.2, rate 64" in table.entries
    for (arm, ends), cells in zip(
        chains.every_arm(result, rates), table.entries.values(), strict=True
    ):
        last = 100 * np.array(ends["gap"][-1])
        assert cells["median"].text == f"{np.median(last):.1f}"
        assert cells["gap"].text.startswith(f"{last.mean():.1f}")
        assert (cells["3 ×"].text == "–") == (arm == "exact")
    slow = np.mean(rates_longer.curves[questions.SLOW]["gap"][-1])
    row = table.entries["Gumbel-softmax, τ = 0.2, small rate"]
    assert row["3 ×"].text.startswith(f"{100 * slow:.1f}")
    assert len(chains.settings_table(result, rates).entries) == len(table.entries)
    points = measured.gradient_table(load_result("estimators_table"), (2, 0, 1))
    assert len(points.entries) == 16
