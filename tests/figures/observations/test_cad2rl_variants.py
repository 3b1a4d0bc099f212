"""What must hold of what the chapter *(CAD)²RL* shows of other lenses, fewer textures
and three directions: its numbers are those of the runs.
"""

from dataclasses import replace

import numpy as np
from readings import line
from test_cad2rl_results import WORDS, comparison, made_up, metres_of, with_lenses

from lecture_code.experiments.observations.cad2rl.variants import TEXTURES
from lecture_code.experiments.summaries import mean_of_seeds, paired_ratio
from lecture_code.figures.observations import cad2rl as draw
from lecture_code.figures.observations.cad2rl import learning


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
    assert text["textures_all"] == str(mean_of_seeds([10, 11]))
    assert text["textures_ratio"] == str(paired_ratio([10, 11], [2, 2.2]))
    assert all(WORDS.fullmatch(value) for value in text.values())


# --- three directions


def test_the_answers_stand_beside_those_of_roll_outs():
    """Equation: the classifier's row is its last test; its right answers are those of
    the distance by which the roll-outs go on, and then of the best distance.
    """
    curves = {
        "labels 1 m": [1.0, 2.0],
        "labels 2 m": [20.0, 22.0],
        "labels 1.5 m": [50.0, 52.0],
        "roll-outs, three aims": [150.0, 152.0],
        "roll-outs, 15 aims": [160.0, 164.0],
    }
    settings = {"base": 2.0, "distances": [1.0, 2.0, 1.5]}
    steering = replace(made_up("cad2rl_steering", curves), settings=settings)
    table = draw.steering_table(comparison(), steering)
    metres = [words(table, row)["flown"] for row in table.entries]
    expected = [[30, 33], *list(curves.values())[1:]]
    assert metres == [str(mean_of_seeds(pair)) for pair in expected]
    assert list(table.entries)[2] == "the same, with 1.5 m"
    assert "whether 2 m are free; of 3 distances, 1.5 m are best" in table.caption
