"""What must hold of the results that *Domain confusion* shows: tables, pictures and
words have the numbers of the runs.
"""

import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import hypergeom

from lecture_code.experiments.observations.domain_confusion.arms import ARMS
from lecture_code.experiments.observations.domain_confusion.hooks import MAIN
from lecture_code.experiments.results import Result, load_result
from lecture_code.experiments.summaries import Interval, mean_of_seeds
from lecture_code.figures.observations import domain_confusion as draw
from lecture_code.figures.observations.domain_confusion import (
    questions,
    runs,
    sweeps,
    tables,
)
from lecture_code.figures.observations.domain_confusion.runs import (
    rounded,
    share_of_seeds,
)

WORDS = re.compile(r"−?\d+ \[−?\d+,\s−?\d+\]")
LEVELS = {arm: 0.05 + 0.08 * row for row, arm in enumerate(ARMS)}
ENDS = {"main": "", "longer": "_longer", "fork": "_fork", "suspects": "_suspects"}
"""Trainings of both lengths -> how the names of their results end."""


@pytest.fixture(scope="module")
def weights():
    """Random pairs with other weights, as the page shows them."""
    names = {"weights": "domain_confusion_weights"}
    names |= {"random": "domain_confusion_random_weights"}
    return {name: load_result(file) for name, file in names.items()}


def measured(level, apart=0.0):
    """What a result holds of an arm, of two seeds."""
    return {
        "success": [level, level + 0.04],
        "error": [0.1 - level / 20, 0.1],
        "synthetic error": [0.01, 0.03],
        "success after attempts": [level / 2, level / 2 + 0.02],
        "domain error": [0.2, 0.3],
        "pair distance": [apart, apart],
    }


def made_up(name, settings, curves):
    """A result with these settings and curves, and two seeds."""
    return Result(name, settings, [0, 1], curves, {}, {}, {}, 1.0, "")


@pytest.fixture
def main():
    """Every arm has a success of its own; pairs are 3, 33 and 0.5 cm apart."""
    apart = {"mined": 0.03, "random": 0.33, "perfect": 0.005, "": 0.0}
    curves = {
        name: measured(LEVELS[name], apart[arm.pairs]) for name, arm in ARMS.items()
    }
    method = {"confusion": MAIN.method.confusion, "pairs": MAIN.method.pairs}
    settings = {"attempts": 12, "gap": 1.0, "method": method}
    return made_up("domain_confusion", settings, curves)


# --- reading


def test_shares_do_not_leave_their_range():
    """Equation: Student's interval of a share is cut at 0 and 100 %; that of a
    difference is not.
    """
    values = np.array([1.0, 3.0])
    found = runs.share_of_seeds(values)
    assert (found.low, found.value) == (0, 2)
    assert found.high == pytest.approx(mean_of_seeds(values).high)
    assert runs.share_of_seeds(np.array([97.0, 99])).high == 100
    assert runs.rounded(mean_of_seeds(values)).startswith("2 [−")


def test_whole_numbers_have_no_negative_zero():
    """By hand: ends are rounded to whole numbers, and −0.3 is 0."""
    assert runs.rounded(Interval(61.4, 43.6, 78)) == "61 [44,\N{NO-BREAK SPACE}78]"
    assert runs.rounded(Interval(-0.3, -2.2, 1.6)) == "0 [−2,\N{NO-BREAK SPACE}2]"


def test_what_is_not_there_is_listed(main):
    """Bad input: the error lists arms or measurements."""
    with pytest.raises(KeyError, match="no arm 'odd pairs'; there are synthetic only"):
        runs.percent(main.curves, "odd pairs")
    with pytest.raises(KeyError, match="oracle has no 'luck'; there are success"):
        runs.of_seeds(main.curves, "oracle", "luck")


def test_every_arm_has_a_colour():
    """Conformance: the colours are those of the arms; all arms with mined pairs have
    that of the method, and no other arm with a head has it.
    """
    assert set(draw.COLOURS) == set(ARMS)
    with_head = [arm for arm in ARMS if runs.has_head(arm)]
    mined = {arm for arm in with_head if ARMS[arm].pairs == "mined" and arm != "oracle"}
    assert {draw.COLOURS[arm] for arm in mined} == {draw.COLOURS["weak pairs"]}
    others = [draw.COLOURS[arm] for arm in with_head if arm not in mined]
    assert len({*others, draw.COLOURS["weak pairs"]}) == len(others) + 1


# --- tables


def test_the_table_has_the_numbers_of_the_result(main, weights):
    """Equation: the lecture's rows come first, with the lecture's numbers; random pairs
    have two rows, named by their ν, of which the lecture has the first; cells are means
    of the seeds in percent; autoencoders have no head.
    """
    rows = draw.table(main, weights).entries
    names = list(ARMS)
    at = names.index("random pairs")
    names[at : at + 1] = ["random, ν = 1", "random, ν = 0.03"]
    assert list(rows) == names
    small = rows.pop("random, ν = 0.03")
    success = 100 * np.array(
        weights["random"].curves["random pairs, ν = 0.03"]["success"]
    )
    assert small["success"].text == rounded(share_of_seeds(success))
    assert small["lecture"].text == "–"
    assert [rows[arm]["lecture"].text for arm in list(rows)[:6]] == [
        "38",
        "29",
        "33",
        "33",
        "76",
        "71",
    ]
    cells = {name: entry.text for name, entry in rows["weak pairs"].items()}
    level = LEVELS["weak pairs"]
    assert cells["success"] == rounded(
        share_of_seeds(np.array([100 * level, 100 * level + 4]))
    )
    assert cells["12 labels"] == f"{50 * level + 1:.0f}"
    assert rows["perfect pairs"]["lecture"].text == "–"
    for arm in ("autoencoder (100)", "autoencoder (500)"):
        assert rows[arm]["success"].text == "no head"
        assert rows[arm]["12 labels"].text[0].isdigit()


def test_the_second_table_has_errors_pairs_and_domains(main):
    """Equation: cells are means of the seeds in centimetres and percent; autoencoders
    have no error, and rows without pairs no distance.
    """
    rows = draw.what_was_learnt(main).entries
    assert list(rows) == list(ARMS)
    cells = {name: entry.text for name, entry in rows["weak pairs"].items()}
    assert cells["error"] == f"{(20 - 5 * LEVELS['weak pairs']) / 2:.1f}"
    assert (cells["pairs"], cells["domains"]) == ("3.0", "25")
    assert rows["random pairs"]["pairs"].text == "33.0"
    assert rows["oracle"]["pairs"].text == "–"
    for arm in ("autoencoder (100)", "autoencoder (500)"):
        assert rows[arm]["error"].text == rows[arm]["pairs"].text == "–"


def test_the_lecture_in_attempts():
    """Oracle: hits of 21 attempts are the lecture's percentages, up to a rounding; p is
    the sum of all hypergeometric probabilities that are not larger than that of the
    table.
    """
    for arm, hits in tables.HITS.items():
        assert 100 * hits / tables.ATTEMPTS == pytest.approx(
            draw.LECTURE[arm], abs=0.15
        )
        law = hypergeom(42, hits + 16, 21).pmf(np.arange(22))
        expected = law[law <= law[16] * (1 + 1e-9)].sum()
        assert tables.fisher(hits, 16) == pytest.approx(expected)
    rows = draw.lecture_evidence().entries
    assert rows["synthetic only"]["p"].text == "0.028"
    assert rows["oracle"]["p"].text == "1.000"
    assert rows["weak pairs"]["p"].text == "–"
    assert rows["random pairs"]["succeeded"].text == "7 of 21"
    assert draw.evidence_numbers() == {"one_in": "36"}


# --- pictures


def test_every_seed_is_a_dot(main, weights, drawn):
    """Equation: dots are the seeds, bars their means, and the dashed line is the mean
    of the oracle; the words name the means.
    """
    picture = draw.all_runs(main, weights)
    (axes,) = drawn[0].axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    arms = [sweeps.arm_of(name) for name in names]
    assert list(dict.fromkeys(arms)) == [a for a in ARMS if not ARMS[a].autoencoder]
    small = "random, ν = 0.03"
    assert arms.count("random pairs") == 2 and small in names
    for row, (arm, name) in enumerate(zip(arms, names, strict=True)):
        curves = weights["random"].curves if name == small else main.curves
        key = small.replace(",", " pairs,") if name == small else arm
        wanted = runs.percent(curves, key)
        np.testing.assert_allclose(axes.lines[row].get_xdata(), wanted)
        np.testing.assert_allclose(axes.patches[row].get_width(), wanted.mean())
        assert axes.lines[row].get_color() == draw.COLOURS[arm]
        assert f"{name} {wanted.mean():.0f} (" in picture.alt
    oracle = runs.percent(main.curves, "oracle").mean()
    np.testing.assert_allclose(axes.lines[-1].get_xdata(), oracle)
    assert axes.lines[-1].get_linestyle() == "--"


def test_every_run_with_pairs_is_a_mark(main, drawn):
    """Equation: a mark stands at the distance of its pairs and at its success; its
    colour is the pairing.
    """
    picture = draw.explained(main)
    marks = {m.get_color(): m for m in drawn[0].axes[0].lines}
    assert len(marks) == 3
    for arm, apart in (("weak pairs", 3), ("random pairs", 33), ("perfect pairs", 0.5)):
        mark = marks[draw.COLOURS[arm]]
        np.testing.assert_allclose(mark.get_xdata(), apart)
        np.testing.assert_allclose(mark.get_ydata(), runs.percent(main.curves, arm))
    assert "random pairs 33.0 cm and" in picture.alt
    assert "of all 6 runs" in picture.alt


# --- words


def test_the_numbers_of_the_text_are_those_of_the_runs(main):
    """Equation: shares and paired differences are means of the seeds; every word is a
    number with its interval.
    """
    words = draw.numbers(main)
    least = {
        f"{arm}_{end}" for arm in ("synthetic", "weak") for end in ("least", "most")
    }
    plain = {"random_mean", "random_after", "standardised_loss"} | least
    plain |= {"confusion_mean", "weak_alone_mean"}
    plain |= {name for name in words if name.startswith("apart_")}
    level = 100 * LEVELS["weak pairs"]
    assert (words["weak_least"], words["weak_most"]) == (
        f"{level:.0f}",
        f"{level + 4:.0f}",
    )
    fine = {"perfect_minus_weak": "32.0 [", "oracle_minus_weak": "8.0 ["}
    for name, start in fine.items():  # one decimal: their ratio matters
        assert words[name].startswith(start)
    assert words["told_confusion"] == words["told_pairs"] == "75"
    plain |= {"told_confusion", "told_pairs", *fine}
    for name in set(words) - plain:
        assert WORDS.fullmatch(words[name]), name
    assert words["weak"].startswith(f"{100 * LEVELS['weak pairs'] + 2:.0f} [")
    assert words["weak_minus_random"] == "8 [8,\N{NO-BREAK SPACE}8]"
    assert words["weak_minus_synthetic"].startswith("32 ")
    assert words["standardised_loss"] == "-48"
    for arm in ("confusion alone", "weak pairs alone"):
        name = {"confusion alone": "confusion"}.get(arm, "weak_alone")
        assert words[f"{name}_mean"] == f"{100 * LEVELS[arm] + 2:.0f}"
    assert words["random_mean"] == f"{100 * LEVELS['random pairs'] + 2:.0f}"
    assert words["random_after"] == f"{50 * LEVELS['random pairs'] + 1:.0f}"
    assert words["confusion_minus_weak"].startswith("16 ")
    assert words["standardised_gain"].startswith("−48 ")
    assert words["alone_minus_weak"].startswith("24 ")
    assert words["standardised"].startswith("87 [")
    assert words["weak_after"].startswith(f"{50 * LEVELS['weak pairs'] + 1:.0f} [")
    assert (words["apart_weak"], words["apart_random"]) == ("3.0", "33.0")


def test_the_first_answer_follows_from_the_runs(main, weights):
    """Oracle: the answer is the option next to the success of random pairs. What opens
    names the two best rows, and whether the seeds leave their order open.
    """
    weights = weights | {"main": main}
    lengths = {
        name: load_result(f"domain_confusion{end}") for name, end in ENDS.items()
    }
    best = draw.first_guess(main, weights, lengths).question
    guesses = [int(option.split()[1]) for option in best.options]
    random = 100 * LEVELS["random pairs"] + 2
    start = round(100 * LEVELS["synthetic only"] + 2)
    assert guesses == sorted((*questions.GUESSES, start))
    assert abs(guesses[best.answer] - random) == min(abs(g - random) for g in guesses)
    few = main.curves | {"random pairs": measured(0.1)}
    fewer = draw.first_guess(replace(main, curves=few), weights, lengths).question
    assert fewer.options[fewer.answer] == "About 10 %"
    assert f"Random pairs with ν = 1 reach {random:.0f} %: " in best.because
    assert "It does not contain zero" in best.then[2].alt
    assert "Confusion alone is ahead of weak pairs by 16 points" in best.then[2].alt
    assert "reach 95\N{NO-BREAK SPACE}%, about as" in best.then[3].html().replace(
        "\n", " "
    )
    close = main.curves | {
        "weak pairs": measured(0.54) | {"success": [0.5, 0.63]},
    }
    unsure = draw.first_guess(replace(main, curves=close), weights, lengths).question
    said = unsure.then[2].alt
    assert "contains zero, so ten networks cannot say" in said
    assert said.count("points.") == 2 and "The 95 % interval goes from −" in said


@pytest.mark.parametrize(
    "ask", ["which_parameters", "why_uniform", "why_shift", "why_standardise"]
)
def test_checks_have_one_right_answer(ask):
    """Conformance: the right answer is explained by "Yes", and no other one is."""
    html = getattr(draw, ask)().html()
    assert html.count("Yes. ") == 1
