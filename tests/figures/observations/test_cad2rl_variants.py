"""What must hold of what the chapter *(CAD)²RL* shows of other lenses, fewer textures
and three directions: its numbers are those of the runs.
"""

from dataclasses import replace

import numpy as np
import pytest
from readings import line
from test_cad2rl_results import (
    STEPS,
    WORDS,
    comparison,
    made_up,
    metres_of,
    with_lenses,
)

from lecture_code.experiments.observations.cad2rl.variants import TEXTURES
from lecture_code.experiments.results import load_result
from lecture_code.experiments.summaries import mean_of_seeds, paired_ratio
from lecture_code.figures.observations import cad2rl as draw
from lecture_code.figures.observations.cad2rl import flown, learning, predictions


def words(table, row):
    """The words of a row of a table, by column."""
    return {name: entry.text for name, entry in table.entries[row].items()}


def with_textures():
    """n textures fly 2n and 2.2n metres in the mean."""
    curves = {
        arm: {"metres": {"real": metres_of(2 * int(arm.split()[0])), "training": []}}
        for arm in TEXTURES
    }
    return made_up("cad2rl_textures", curves)


# --- lenses


def test_lenses_stand_beside_one_lens():
    """Equation: each cell is the mean of the last tests of its arm, in the looks of its
    column; the rows with one lens are those of the comparison.
    """
    result = comparison(CAD2RL=metres_of(10, 25, 45))
    table = draw.lens_table(result, with_lenses())
    real = {
        "pretraining, one lens": [30, 33],
        "CAD²RL, one lens": [45, 49.5],
        "pretraining, random lenses": [40, 44],
        "CAD²RL, random lenses": [60, 132],
    }
    assert list(table.entries) == list(real)
    for row, metres in real.items():
        assert words(table, row)["“real” looks"] == str(mean_of_seeds(metres))
    for row, metres in {
        "CAD²RL, one lens": [60, 66],
        list(real)[3]: [100, 110],
    }.items():
        assert words(table, row)["training looks"] == str(mean_of_seeds(metres))


def test_lenses_have_ratios_of_their_own():
    """Equation: the ratios of the text are over pretraining with random lenses, and
    over (CAD)²RL with one lens, seed by seed.
    """
    text = draw.numbers(comparison(), lens=with_lenses())
    assert text["lens_flown"] == str(mean_of_seeds([60, 132]))
    assert text["lens_ratio"] == str(paired_ratio([60, 132], [40, 44]))
    assert text["lens_gain"] == str(paired_ratio([60, 132], [30, 33]))
    assert text["lens_rounds"] == str(paired_ratio([60, 132], [40, 40]))


# --- textures


def test_textures_are_in_order(drawn):
    """Equation: the line is the mean of the seeds against the number of textures, dots
    are the seeds, and crosses are the first test of one texture; the network with all
    textures is that of the comparison.
    """
    picture = draw.textures_curve(with_textures(), comparison())
    axes = drawn[0].axes[0]
    by_count = learning.texture_means(with_textures(), comparison())
    assert list(by_count) == [1, 3, 10, 50, 200]
    means = line(axes, "random light and camera")
    np.testing.assert_allclose(means, [2.1, 6.3, 21, 105, 10.5])
    dots = [each.get_ydata() for each in axes.lines if each.get_marker() == "o"]
    np.testing.assert_allclose(dots, [[2, 6, 20, 100, 10], [2.2, 6.6, 22, 110, 11]])
    np.testing.assert_allclose(line(axes, "one light, one camera"), [10, 11])
    assert "2.1 m with 1, 6.3 m with 3" in picture.alt
    assert "10.5 m with one texture, one light" in picture.alt


def test_textures_have_numbers_in_the_text():
    """Equation: the ratio is that of all textures over the fewest, seed by seed."""
    text = draw.numbers(comparison(), textures=with_textures())
    assert text["textures_few"] == str(mean_of_seeds([2, 2.2]))
    assert text["textures_three"] == str(mean_of_seeds([6, 6.6]))
    assert text["textures_all"] == str(mean_of_seeds([10, 11]))
    assert text["textures_ratio"] == str(paired_ratio([10, 11], [2, 2.2]))
    assert all(WORDS.fullmatch(value) for value in text.values())


# --- three directions


def three_directions():
    """Right answers and roll-outs: the shorter test, and the longer one with two
    flights in each seed.
    """
    curves = {
        "labels 1 m": [1.0, 2.0],
        "labels 2 m": [20.0, 22.0],
        "labels 1.5 m": [50.0, 52.0],
        "roll-outs, three aims": [150.0, 156.0],
        "roll-outs, 15 aims": [160.0, 164.0],
    }
    settings = {"base": 2.0, "distances": [1.0, 2.0, 1.5], "steps": STEPS}
    steering = replace(made_up("cad2rl_steering", curves), settings=settings)
    flights = {
        "labels 1.5 m": [[50.0, 60.0], [40.0, 50.0]],
        "roll-outs, three aims": [[200.0, 800.0], [100.0, 300.0]],
        "roll-outs, 15 aims": [[800.0, 800.0], [800.0, 400.0]],
    }
    far = made_up("cad2rl_steering_far", flights)
    far = replace(far, settings={"seeds": [0, 1], "flights": 2, "steps": 1000})
    return steering, far


def other_distances():
    """The classifier with 1 m and with 1.5 m, which flies farther in training looks
    than that of the comparison, but not in "real" looks.
    """
    levels = {1.0: (3, 5), 1.5: (15, 80)}
    curves = {
        f"left-right-straight, {distance:g} m": {
            "metres": {"real": metres_of(real), "training": metres_of(training)}
        }
        for distance, (real, training) in levels.items()
    }
    result = made_up("cad2rl_classifier", curves)
    arms = {name: {"distance": float(name.split()[1])} for name in curves}
    return replace(result, settings=result.settings | {"arms": arms})


def test_the_classifier_is_chosen_in_training_looks():
    """Equation: of all distances the best one in looks of the training family is
    compared, whatever it does in "real" looks; all else stays that of the comparison.
    """
    before = comparison()
    assert draw.tuned_distance(before, other_distances()) == 1.5
    tuned = draw.with_tuned_classifier(before, other_distances())
    found = flown.Flown(tuned)
    np.testing.assert_allclose(found.means("left-right-straight"), [15, 16.5])
    np.testing.assert_allclose(found.means("CAD2RL"), [30, 33])
    assert tuned.settings["arms"]["left-right-straight"]["distance"] == 1.5
    assert "left-right-straight (1.5 m)" in draw.flight_table(tuned).entries
    told = draw.numbers(tuned)
    assert told["lrs_ratio"] == str(paired_ratio([30, 33], [15, 16.5]))
    assert told["lrs_ratio_training"] == str(paired_ratio([60, 66], [80, 88]))
    assert before.settings["arms"]["left-right-straight"]["distance"] == 2


def test_every_distance_has_a_row():
    """Equation: the classifier in both looks and its right answers, by distance; the
    distance of the comparison has its place among the others.
    """
    steering, _ = three_directions()
    table = draw.classifier_table(comparison(), other_distances(), steering)
    assert list(table.entries) == ["1 m", "1.5 m", "2 m"]
    assert words(table, "1.5 m") == {
        "training looks": str(mean_of_seeds([80, 88])),
        "“real” looks": str(mean_of_seeds([15, 16.5])),
        "right answers": str(mean_of_seeds([50, 52])),
    }
    assert words(table, "2 m")["training looks"] == str(mean_of_seeds([60, 66]))


def test_the_answers_stand_beside_those_of_roll_outs():
    """Equation: the classifier's row is its last test; its right answers are those of
    the best distance. The longer test has its means, and the share that still flies at
    its end; exact roll-outs by the clearance rule stand last.
    """
    steering, far = three_directions()
    table = draw.steering_table(comparison(), steering, far)
    metres = [words(table, row)["up to 200 m"] for row in table.entries]
    expected = [[30, 33], *list(steering.curves.values())[2:], [206 / 3, 4]]
    assert metres == [str(mean_of_seeds(pair)) for pair in expected]
    rows = list(table.entries)
    assert rows[:2] == ["left-right-straight (2 m)", "right answers, 1.5 m"]
    assert "up to 800 m" not in words(table, rows[0])
    three, every = words(table, rows[2]), words(table, rows[3])
    assert three["up to 800 m"] == str(mean_of_seeds([500, 200]))
    assert three["after 800 m"] == "25.0"
    assert every["up to 800 m"] == str(mean_of_seeds([800, 600]))
    assert every["after 800 m"] == "75.0"


def test_three_directions_have_numbers_in_the_text():
    """Equation: the ratio of three directions is over the best right answers, and that
    of all directions over three in the longer test.
    """
    steering, far = three_directions()
    told = draw.steering_numbers(steering, far)
    assert told["three_ratio"] == paired_ratio([150, 156], [50, 52])
    assert told["far_ratio"] == paired_ratio([800, 600], [500, 200])
    assert (told["base"], told["flights"]) == ("2", 2)


def test_what_is_said_of_directions_holds_in_the_results():
    """Statistics: three directions fly more than three times as far as the best right
    answers; in the longer test the interval contains one, and most flights of both
    rules reach its end. One distance is best for the right answers and for the
    classifier in both looks, and is not at an end of the grid.
    """
    steering, far, first, classifier, lens = (
        load_result(f"cad2rl{name}")
        for name in ("_steering", "_steering_far", "", "_classifier", "_lens")
    )
    told = draw.steering_numbers(steering, far)
    assert told["three_ratio"].low > 3
    assert told["far_ratio"].low <= 1 <= told["far_ratio"].high
    longer = flown.far_flights(far)
    for rule in ("roll-outs, three aims", "roll-outs, 15 aims"):
        assert longer.still_flying(rule) > 0.5
    best = flown.best_labels(steering)
    grid = flown.classifiers(first, classifier)
    assert min(grid) < best < max(grid)
    for family in ("training", "real"):
        means = {
            d: found.means("left-right-straight", family).mean()
            for d, found in grid.items()
        }
        assert max(means, key=means.get) == best
    ours = flown.Flown(lens).means("CAD2RL, random lens")
    assert 1.8 < paired_ratio(ours, steering.curves[f"labels {best:g} m"]).value < 2.2


def test_what_is_said_of_the_classifier_holds_in_the_results():
    """Statistics: (CAD)²RL flies farther than the tuned classifier in training looks;
    in "real" looks, with one lens, the interval of the ratio contains one.
    """
    tuned = draw.with_tuned_classifier(
        load_result("cad2rl"), load_result("cad2rl_classifier")
    )
    found = flown.Flown(tuned)
    training, real = (
        paired_ratio(
            found.means("CAD2RL", family), found.means("left-right-straight", family)
        )
        for family in ("training", "real")
    )
    assert training.low > 1
    assert real.low <= 1 <= real.high


def test_reports_have_a_row_for_each_round():
    """Equation: mean label, share of mixed states and loss of all seeds, after
    pretraining and after each round.
    """
    reports = [
        [{"label": 0.4 + s, "mixed": 0.6 + s, "loss": n + s} for n in (1.0, 2.0)]
        for s in (0.0, 0.2)
    ]
    longer = made_up("cad2rl_longer", {"CAD2RL": {"reports": reports}})
    table = draw.reports_table(longer)
    assert list(table.entries) == ["pretraining", "round 1"]
    row = words(table, "round 1")
    assert row["loss"].startswith("2.100 [")
    assert row["label"].startswith("0.50 [")
    assert row["mixed"].startswith("70 [")


# --- predictions


def look_test(textures, lens):
    """`cad2rl_looks` of (CAD)²RL and pretraining, three sets of flights."""
    ours = {
        "training": [90.0, 100.0, 95.0],
        "real textures": textures,
        "real lens": lens,
        "real": [20.0, 21.0, 22.0],
    }
    curves = {"CAD2RL": ours, "pretraining": ours}
    result = made_up("cad2rl_looks", curves)
    return replace(result, settings={"families": list(ours)})


@pytest.mark.parametrize(
    ("textures", "lens", "answer"),
    [
        ([40.0, 41.0, 42.0], [88.0, 99.0, 92.0], "The textures"),
        ([88.0, 99.0, 92.0], [40.0, 41.0, 42.0], "The lens"),
        ([50.0, 40.0, 45.0], [40.0, 50.0, 45.0], "Both about the same"),
        ([91.0, 99.0, 96.0], [90.0, 101.0, 95.0], "Neither shortens them"),
    ],
)
def test_the_answer_on_looks_follows_from_the_result(textures, lens, answer):
    """Statistics: the part that costs more metres is right if the interval of the
    difference leaves out zero; shares of the reason are those of training looks.
    """
    asked = draw.lens_guess(look_test(textures, lens), comparison(), with_lenses())
    question = asked.question
    assert question.options[question.answer] == answer
    share = np.mean(np.array(lens) / [90, 100, 95])
    assert f"lens alone, CAD²RL flies {100 * share:.0f} %" in question.because


def test_what_waits_for_the_lens_shows_one_method():
    """Conformance: the tables behind the question on looks have (CAD)²RL alone, so that
    they tell nothing of the first question; the folds wait, too.
    """
    looks = look_test([88.0, 99.0, 92.0], [40.0, 41.0, 42.0])
    question = draw.lens_guess(looks, comparison(), with_lenses()).question
    first, _, second, _ = question.then
    assert first.columns == ["CAD²RL"]
    assert list(second.entries) == ["CAD²RL, one lens", "CAD²RL, random lenses"]
    assert question.folds and "retraining" not in "".join(p.alt for p in question.then)


@pytest.mark.parametrize(("level", "answer"), [(50.0, 0), (80.0, 1), (150.0, 2)])
def test_the_answer_on_directions_follows_from_the_result(level, answer, monkeypatch):
    """Equation: the right answer is that of the ratio to the best right answers."""
    monkeypatch.setattr(predictions, "corner", lambda _: draw.looks_table(plain_looks))
    counted = {"around": 90, "around_classifier": 10}
    monkeypatch.setattr(predictions, "corner_numbers", lambda _: counted)
    plain_looks = look_test([1.0] * 3, [1.0] * 3)
    steering, far = three_directions()
    three = {"roll-outs, three aims": [level, 1.04 * level]}
    steering = replace(steering, curves=steering.curves | three)
    results = (comparison(), other_distances(), with_lenses(), steering, far)
    by_name = {result.name: result for result in results}
    question = draw.directions_guess(by_name, {}).question
    assert question.answer == answer
    assert str(paired_ratio([level, 1.04 * level], [50, 52])) in question.because
    words = " ".join(part.alt for part in question.then)
    assert "90 of 100 flights get around, 10 of the classifier" in words
    assert "We trained the classifier for three distances. 1.5 m is best" in words
