"""What must hold of the results that the chapter *(CAD)²RL* shows: its numbers are
those of the runs.
"""

import re

import numpy as np
import pytest
from readings import line

from lecture_code.experiments.observations.cad2rl.arms import ARMS, RULES
from lecture_code.experiments.observations.cad2rl.variants import LENS
from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import Interval, mean_of_seeds, paired_ratio
from lecture_code.figures.observations import cad2rl as draw
from lecture_code.figures.observations.cad2rl import distances, flown

SEEDS = [0, 1]
STEPS = 250
WORDS = re.compile(r"−?\d+\.\d \[−?\d+\.\d,\s−?\d+\.\d\]")


def made_up(name, curves):
    """A result with these curves, two seeds, and three flights of a test."""
    arms = {name: {"distance": arm.distance} for name, arm in ARMS.items()}
    settings = {"seeds": SEEDS, "flights": 3, "steps": STEPS, "arms": arms}
    return Result(name, settings, SEEDS, curves, {}, {}, {}, 1.0, "")


def metres_of(*levels):
    """Metres (seeds, tests, flights): in the second seed a tenth more."""
    return [
        [[level * more, 2 * level * more, 0.0] for level in levels] for more in (1, 1.1)
    ]


def comparison(**changed):
    """All arms and rules; an arm in `changed` has its "real" metres instead."""
    curves = {}
    for arm in ARMS:
        key = arm.replace(" ", "_").replace("-", "_")
        curves[arm] = {
            "metres": {
                "real": changed.get(key, metres_of(10, 20, 30)),
                "training": metres_of(20, 40, 60),
            }
        }
    curves["one texture"]["metres"]["single"] = metres_of(50, 60, 70)
    curves["rules"] = {rule: [[2.0, 4.0, 200.0], [2.0, 4.0, 6.0]] for rule in RULES} | {
        "clearance 2 m": [[100.0, 100.0, 100.0], [200.0, 200.0, 200.0]]
    }
    return made_up("cad2rl", curves)


def with_lenses():
    """Both arms with random lenses; in the second seed (CAD)²RL flies twice as far."""
    theirs = {"metres": {"real": metres_of(40), "training": metres_of(50)}}
    real = [[[40.0] * 3, [60.0] * 3], [[40.0] * 3, [132.0] * 3]]
    ours = {"metres": {"real": real, "training": metres_of(50, 100)}}
    return made_up("cad2rl_lens", dict(zip(LENS, (ours, theirs), strict=True)))


# --- reading


def test_the_last_test_counts():
    """Equation: the metres of an arm are those of its last test; those of a rule have
    one test.
    """
    found = flown.Flown(comparison())
    assert found.last("CAD2RL").tolist() == [[30, 60, 0], [33, 66, 0]]
    np.testing.assert_allclose(found.means("CAD2RL"), [30, 33])
    assert found.last("random").tolist() == [[2, 4, 200], [2, 4, 6]]
    assert found.tests("CAD2RL", "training").shape == (2, 3, 3)


def test_the_clearance_rule_is_the_best_one():
    """Equation: of all clearance rules the one with the largest mean is shown."""
    found = flown.Flown(comparison())
    assert found.best_clearance() == "clearance 2 m"
    assert found.means("clearance").tolist() == [100, 200]


def test_who_reaches_the_end_still_flies():
    """Equation: a flight of all steps is 200 m long, and only such flights count."""
    found = flown.Flown(comparison())
    assert found.longest == 200
    assert found.still_flying("random") == 1 / 6
    assert found.still_flying("clearance") == 1 / 2
    assert found.still_flying("CAD2RL") == 0


def test_what_is_not_there_is_named():
    """Bad input: the error lists arms, families or methods."""
    found = flown.Flown(comparison())
    with pytest.raises(KeyError, match="no arm 'CAD3RL'; there are CAD2RL"):
        found.tests("CAD3RL", "real")
    with pytest.raises(KeyError, match="CAD2RL has no flights in 'single'; there are"):
        found.tests("CAD2RL", "single")
    with pytest.raises(KeyError, match="no method 'PPO'; there are random"):
        flown.page_name("PPO")


def test_every_method_has_a_name_and_a_colour():
    """Conformance: arms and rules of the experiment are the methods of the page; no two
    of the trained ones, and none of their lines, look the same.
    """
    rules = {"clearance" if "clearance" in rule else rule for rule in RULES}
    assert set(draw.METHODS) == set(ARMS) | rules == set(draw.COLOURS)
    assert len({draw.COLOURS[arm] for arm in ARMS}) == len(ARMS)
    lines = [draw.COLOURS[method] for method in distances.SURVIVAL]
    assert len(set(lines)) == len(lines)
    assert flown.page_name("CAD2RL") == flown.page_name("CAD²RL") == "CAD²RL"


# --- tables


def test_the_table_has_the_numbers_of_the_result():
    """Equation: cells are means of the last test with Student's interval, and shares
    in percent; rules have one distance.
    """
    table = draw.flight_table(comparison())
    assert list(table.entries)[:2] == ["random", "straight on"]
    assert "left-right-straight (2 m)" in table.entries
    assert not any("exact" in row for row in table.entries)  # they wait
    cells = table.entries["CAD²RL"]
    assert cells["“real” looks"].text == str(mean_of_seeds([30, 33]))
    assert cells["training looks"].text == str(mean_of_seeds([60, 66]))
    assert cells["after 200 m"].text == "0.0"
    rule = table.entries["clearance rule, sees the map"]
    assert rule["“real” looks"].text.startswith("150.0 [")
    assert rule["training looks"].text == "the same"
    assert rule["after 200 m"].text == "50.0"
    assert "after two rounds" in table.caption


def test_the_words_below_the_table_have_its_numbers():
    """Equation: seeds, flights, the metres of one texture in its own look, the best
    clearance rule, and the ratio over one texture.
    """
    single = [[[1.0, 1.0, 1.0]], [[2.0, 2.0, 2.0]]]
    found = comparison(one_texture=single)
    words = draw.flights_in_words(found).alt
    assert "2 seeds with 3 flights each" in words
    assert "one texture flies 74 m" in words
    assert "ways up to 2 m" in words
    ratio = str(paired_ratio([30, 33], [1, 2])).replace("\N{NO-BREAK SPACE}", " ")
    assert f"flies {ratio} times" in words


# --- curves


def test_survival_counts_the_flights(drawn):
    """Equation: a line is the share of all flights that are at least so long, it never
    rises, and its end is the share that still flies.
    """
    picture = draw.survival(comparison())
    axes = drawn[0].axes[0]
    assert len(axes.lines) == len(distances.SURVIVAL)
    for method in distances.SURVIVAL:
        heights = line(axes, draw.METHODS[method])
        assert (np.diff(heights) <= 0).all()
    heights = line(axes, "random")
    metres = axes.lines[0].get_xdata()
    np.testing.assert_allclose(heights[metres < 1.9], 100)
    np.testing.assert_allclose(heights[(metres > 2.1) & (metres < 3.9)], 100 * 4 / 6)
    np.testing.assert_allclose(heights[-1], 100 / 6)
    ours = line(axes, "CAD²RL")
    np.testing.assert_allclose(ours[(metres > 34) & (metres < 59)], 100 * 2 / 6)
    assert "random: half crash within 4.0 m, 16.7 % still fly" in picture.alt


def test_survival_names_the_longest_first(drawn):
    """Conformance: the legend has the order of the mean distances."""
    draw.survival(comparison(pretraining=metres_of(1, 1, 50)))
    (legend,) = drawn[0].legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names.index("pretraining") < names.index("CAD²RL")
    assert set(names) == {draw.METHODS[method] for method in distances.SURVIVAL}


def test_rounds_are_those_of_every_seed(drawn):
    """Equation: thin lines are the seeds after each test, the thick one is their mean;
    the first panel shows training looks, the second "real" ones.
    """
    picture = draw.rounds(comparison(CAD2RL=metres_of(10, 25, 45)))
    training, real = drawn[0].axes
    assert [axes.get_title(loc="left") for axes in (training, real)] == [
        "training looks",
        "“real” looks",
    ]
    np.testing.assert_allclose(line(real, "CAD²RL"), [10.5, 26.25, 47.25])
    np.testing.assert_allclose(line(training, "CAD²RL"), [21, 42, 63])
    ours = [each for each in real.lines if each.get_color() == draw.COLOURS["CAD2RL"]]
    np.testing.assert_allclose(ours[0].get_ydata(), [10, 25, 45])
    np.testing.assert_allclose(ours[1].get_ydata(), [11, 27.5, 49.5])
    assert "CAD²RL in “real” looks 10.5, 26.2, 47.2" in picture.alt


# --- numbers of the text


def test_numbers_are_words_with_an_interval():
    """Conformance: every number of the text is a value with its interval."""
    found = draw.numbers(comparison())
    for name, words in found.items():
        assert WORDS.fullmatch(words), name
    wanted = {"flown", "flown_pretraining", "ratio", "ratio_training", "single_ratio"}
    assert wanted | {"lrs_ratio", "exact", "clearance", "rounds_gain"} <= set(found)


def test_numbers_follow_from_the_result():
    """Equation: distances are means of the last test; ratios are means of the seeds'
    ratios; the gain is the last test minus the first.
    """
    single = [[[1.0, 1.0, 1.0]], [[2.0, 2.0, 2.0]]]
    found = draw.numbers(comparison(one_texture=single))
    assert found["flown"] == str(mean_of_seeds([30, 33]))
    assert found["ratio"] == str(Interval(1, 1, 1))
    assert found["single_ratio"] == str(paired_ratio([30, 33], [1, 2]))
    assert found["single_own"] == str(mean_of_seeds([70, 77]))
    assert found["rounds_gain"] == str(mean_of_seeds([20, 22]))
    assert found["clearance"].startswith("150.0 [")
    assert found["lrs_ratio"] == str(Interval(1, 1, 1))
    assert found["ratio_training"] == str(Interval(1, 1, 1))


# --- questions


@pytest.mark.parametrize(
    ("level", "answer"), [(20.0, 0), (30.0, 1), (80.0, 2), (100.0, 3)]
)
def test_the_first_answer_follows_from_the_result(level, answer):
    """Equation: the right answer is that of the ratio of the distances, and the reason
    has the numbers.
    """
    guess = draw.first_guess(comparison(CAD2RL=metres_of(20, 20, level)))
    assert guess.question.answer == answer
    assert draw.numbers(comparison(CAD2RL=metres_of(20, 20, level)))["ratio"] in (
        guess.question.because
    )


def test_an_interval_around_one_leaves_the_answer_open():
    """Statistics: a mean ratio of 1.5 decides nothing if one seed has 1 and the other
    2.
    """
    found = comparison(CAD2RL=[[[30.0, 60.0, 0.0]] * 3, [[66.0, 132.0, 0.0]] * 3])
    question = draw.first_guess(found).question
    assert question.options[question.answer] == "Both about the same"
    assert "1.5 [" in question.because


def test_the_reason_says_when_two_rounds_decide_nothing():
    """Statistics: the words on two rounds stand there only if the interval of the
    ratio after two rounds contains one.
    """
    late = [[[30.0] * 3] * 2 + [[level] * 3] + [[60.0] * 3] for level in (10, 44)]
    found = comparison(CAD2RL=late, pretraining=metres_of(10, 20, 30, 30))
    open_words = "After two rounds the seeds leave it open."
    assert open_words in draw.first_guess(found).question.because
    decided = comparison(CAD2RL=metres_of(10, 40, 60))
    assert open_words not in draw.first_guess(decided).question.because


def test_what_opens_is_given():
    """Conformance: the first question holds back what it is given."""
    table = draw.flight_table(comparison())
    guess = draw.first_guess(comparison(), table)
    assert guess.question.then == (table,)


@pytest.mark.parametrize(
    "check",
    [
        draw.why_soft_labels,
        draw.alive_before,
        draw.which_limit,
        draw.why_no_bootstrap,
    ],
)
def test_checks_have_a_word_on_every_answer(check):
    """Conformance: three answers, each with a word; the right one is praised."""
    question = check().question
    assert len(question.options) == len(question.feedback) == 3
    praised = [word.startswith("Yes") for word in question.feedback]
    assert praised.index(True) == question.answer and sum(praised) == 1
