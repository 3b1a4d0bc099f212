"""The pictures of the space and of the controller show what their words say, and the
questions at the end have the right answers.
"""

import re

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from readings import line

from lecture_code.experiments import load_result
from lecture_code.experiments.gradients.architecture_search.table import load_table
from lecture_code.figures.gradients.architecture_search import (
    controller,
    flat_gradient,
    numbers,
    play,
    quizzes,
    space,
)
from lecture_code.gradients.architecture_table import ArchitectureTable, reward
from lecture_code.gradients.recurrent_cells import cell_space
from lecture_code.gradients.reward_baselines import MovingAverage, baselines_of
from lecture_code.gradients.string_controllers import (
    LogitController,
    expected_reward,
)
from lecture_code.show.searched_space import SearchedSpace


@pytest.fixture(scope="module")
def table() -> ArchitectureTable:
    return load_table()


def words_in(axes):
    return [text.get_text() for text in axes.texts]


# --- the space ---


def test_the_guesses_are_trainings_of_the_table(table, drawn):
    """Each bar is the error of one training of a drawn design; the bars with more than
    twice the errors of the best design have their own colour; line, label and words
    give the numbers.
    """
    picture = space.every_design(table, np.random.default_rng(0))
    left = drawn[0].axes[0]
    rng = np.random.default_rng(0)
    places = rng.integers(table.space.count, size=space.GUESSES)
    seeds = rng.integers(table.validation.shape[1], size=space.GUESSES)
    heights = np.array([bar.get_height() for bar in left.patches])
    np.testing.assert_allclose(heights, 100 * (1 - table.validation[places, seeds]))
    lowest = 100 * (1 - table.validation.mean(axis=1).max())
    bad = [bar.get_facecolor() == to_rgba(space.PICKED) for bar in left.patches]
    assert bad == (heights > 2 * lowest).tolist()
    assert 0 < sum(bad) < space.GUESSES
    assert left.lines[0].get_ydata()[0] == pytest.approx(lowest)
    assert words_in(left)[0].endswith(f"{lowest:.1f}")
    assert f"{sum(bad)} of them, in another colour" in picture.alt
    assert f"a line at {lowest:.1f} %" in picture.alt


def test_every_design_is_a_dot(table, drawn):
    """The cloud has one dot for each string, in two colours with their border at twice
    the errors of the best, which has a mark of its own.
    """
    picture = space.every_design(table, np.random.default_rng(0))
    errors = 100 * (1 - table.validation.mean(axis=1))
    good, bad, best = drawn[0].axes[1].lines
    both = np.concatenate([good.get_ydata(), bad.get_ydata()])
    np.testing.assert_allclose(np.sort(both), np.sort(errors))
    assert good.get_ydata().max() <= 2 * errors.min() < bad.get_ydata().min()
    assert best.get_ydata()[0] == pytest.approx(errors.min())
    assert best.get_xdata()[0] == table.parameters[errors.argmin()]
    trainings = len(load_result("architecture_table").seeds)
    assert f"the mean of {trainings} trainings" in picture.html()


def test_the_words_about_sizes_hold(table):
    """Conformance: in each tenth of the networks, sorted by size, the values differ by
    many points, and some make more than twice the errors of the best.
    """
    tenths = np.array_split(table.values[table.parameters.argsort()], 10)
    assert min(np.ptp(tenth) for tenth in tenths) > 0.1
    limit = 1 - 2 * (1 - table.values.max())
    assert all((tenth < limit).any() for tenth in tenths)


def test_the_effects_are_means_over_the_rest(table, drawn):
    """Oracle: the mean of a choice is the mean over all other axes of the values as an
    array with one axis for each token.
    """
    picture = space.choice_effects(table)
    axes = drawn[0].axes[0]
    tokens = table.space.tokens
    values = 100 * table.values.reshape(table.space.sizes)
    for t, curve in enumerate(axes.lines):
        rest = tuple(axis for axis in range(len(tokens)) if axis != t)
        means = values.mean(axis=rest)
        np.testing.assert_allclose(curve.get_ydata(), means)
        pairs = zip(tokens[t].choices, means, strict=True)
        told = ", ".join(f"{choice}: {mean:.0f}" for choice, mean in pairs)
        assert f"{tokens[t].name} {told}" in picture.alt
    assert words_in(axes) == [str(c) for token in tokens for c in token.choices]


def test_the_winner_promises_too_much(table, drawn):
    """The best run lies above the mean of its network for two designs and more, and in
    the end above every network; the words give the last gap. The mean is the exact one
    of random search, to 0.2 points.
    """
    picture = space.too_good(table, np.random.default_rng(0))
    axes = drawn[0].axes[0]
    won = line(axes, "the winner's one training")
    kept = line(axes, "mean of the winner's trainings")
    assert (won[1:] > kept[1:]).all()
    assert won[-1] > 100 * table.values.max()
    assert f"by {won[-1] - kept[-1]:.1f} points" in picture.alt
    tokens = {token.name: token.choices for token in table.space.tokens}
    right = np.rint(400 * table.validation)
    regret = SearchedSpace(tokens, right, 400).random_regret(1000)
    exact = 100 * (table.values.max() - regret)[axes.lines[0].get_xdata() - 1]
    np.testing.assert_allclose(kept[2:], exact[2:], atol=0.2)


def test_without_noise_nobody_promises_too_much(table, drawn):
    """Limit: if every training of a network has the same accuracy, both curves of the
    winner are one.
    """
    quiet = ArchitectureTable.synthetic(
        table.space, np.random.default_rng(1), noise=0.0
    )
    picture = space.too_good(quiet, np.random.default_rng(0))
    axes = drawn[0].axes[0]
    won = line(axes, "the winner's one training")
    kept = line(axes, "mean of the winner's trainings")
    np.testing.assert_allclose(won, kept)
    assert "by 0.0 points" in picture.alt


# --- the controller ---


def test_the_controller_writes_the_first_tokens(table, drawn):
    """The first four choices of the string stand in the picture and in its words, the
    fifth does not.
    """
    string = table.best
    picture = controller.controller_writes(table.space, string)
    words = play.in_words(table, string).split(", ")
    words = [f"{k}: {v}" for k, v in zip(play.WORDS.values(), words, strict=True)]
    shown = [word.replace("\n", " ") for word in words_in(drawn[0].axes[0])]
    assert [word for word in shown if word in words] == words[: controller.SHOWN]
    assert ", ".join(words[: controller.SHOWN]) in picture.alt
    assert words[controller.SHOWN] not in picture.alt
    assert shown.count("LSTM") == shown.count("softmax") == controller.SHOWN


def test_the_clouds_are_the_projected_estimates(drawn):
    """Equation: a dot is g·∇J / |∇J|², so that ∇J itself is at 1 and a part across ∇J
    does not count; the words give NumPy's mean and standard deviation of each row.
    """
    rng = np.random.default_rng(3)
    exact = np.array([3.0, -4.0, 0.0])
    across = np.array([4.0, 3.0, 5.0])
    factors = {"none": rng.normal(1, 6, 50), "others": rng.normal(0.5, 2, 50)}
    estimates = {
        name: np.outer(along, exact) + np.outer(rng.normal(size=50), across)
        for name, along in factors.items()
    }
    picture = controller.gradient_noise(estimates, exact)
    axes = drawn[0].axes[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    for row, (name, along) in enumerate(factors.items()):
        dots, mean = axes.lines[2 * row : 2 * row + 2]
        np.testing.assert_allclose(dots.get_xdata(), along)
        assert mean.get_xdata()[0] == pytest.approx(along.mean())
        height = round(float(np.mean(dots.get_ydata())))
        assert labels[height] == name
        assert f"{name} {np.mean(along):.2f} and {np.std(along):.1f}" in picture.alt


def test_the_flat_gradient_is_the_slope_of_every_parameter():
    """Equation: finite differences of the exact J of a controller without memory."""
    small = cell_space(2)
    small = type(small)(small.tokens[:2])
    rewards = np.random.default_rng(0).random(small.count)
    writer = LogitController(small).double()
    found = flat_gradient(writer, expected_reward(writer, rewards))
    slopes = []
    for parameter in writer.parameters():
        for i in range(parameter.numel()):
            ends = []
            for step in (1e-4, -2e-4):
                parameter.data[i] += step
                ends.append(float(expected_reward(writer, rewards).detach()))
            parameter.data[i] += 1e-4
            slopes.append((ends[0] - ends[1]) / 2e-4)
    assert np.abs(found).max() > 1e-3
    np.testing.assert_allclose(found, slopes, atol=1e-7)


def test_the_numbers_of_the_text(table):
    """Each number is that of the committed table and its settings."""
    found = numbers(table)
    settings = load_result("architecture_table").settings
    means = table.validation.mean(axis=1)
    good = means >= means.max() - 0.02
    noise = np.median(table.validation[good].std(axis=1, ddof=1))
    assert found == {
        "n_strings": f"{len(means):,}",
        "n_train": str(settings["training"]),
        "n_trainings": str(len(settings["seeds"])),
        "share_twice": f"{100 * np.mean(1 - means > 2 * (1 - means.max())):.0f} %",
        "share_near": f"{100 * np.mean(means >= means.max() - 0.01 - 1e-9):.0f} %",
        "noise": f"{100 * noise:.1f}",
        "n_cells": f"{np.prod([len(t.choices) for t in cell_space(2).tokens]):,}",
    }


# --- the last questions ---


QUIZZES = {
    quizzes.quiz_differentiable: "Yes: only log P",
    quizzes.quiz_baseline: "The mean of both rewards",
    quizzes.quiz_winner: "Less than 96 %",
    quizzes.quiz_cube: "Differences between good networks count less",
}


@pytest.mark.parametrize("make", QUIZZES, ids=lambda make: make.__name__)
def test_one_answer_of_each_quiz_is_confirmed(make):
    """The right answer is the one of this list, and only its word begins with "Yes"."""
    asked = make().question
    assert asked.options[asked.answer].startswith(QUIZZES[make])
    yes = [word.startswith("Yes.") for word in asked.feedback]
    assert yes == [place == asked.answer for place in range(len(asked.options))]


@pytest.mark.parametrize(
    ("baseline", "factor"), [("batch", 0.5), ("others", 1.0), ("past", 1.0)]
)
def test_which_baseline_halves_the_mean(baseline, factor):
    """Enumeration: over all pairs of strings, the mean estimate with the mean of both
    rewards is half the gradient; with the other answers of the quiz it is all of it.
    """
    rewards = np.array([0.2, 0.9, 0.4])
    P = np.array([0.5, 0.3, 0.2])
    scores = np.eye(3) - P  # gradient of log P in the logits
    gradient = (P * rewards) @ scores
    mean = np.zeros(3)
    for i, j in np.ndindex(3, 3):
        pair = rewards[[i, j]]
        b = baselines_of(baseline, pair, MovingAverage(0.7, 1.0), decay=0.95)
        mean += P[i] * P[j] * (pair - b) @ scores[[i, j]] / 2
    np.testing.assert_allclose(mean, factor * gradient, atol=1e-12)


def test_the_quiz_about_the_winner_is_true_of_the_table(table):
    """The best of 500 trainings reaches the quiz's 96 % and is worth less."""
    asked = quizzes.quiz_winner().question.question
    (percent,) = re.findall(r"(\d+) %", asked)
    rng = np.random.default_rng(0)
    strings = table.space.uniform(500 * 200, rng)
    runs = table.query(strings, rng).reshape(200, 500)
    places = table.space.place(strings).reshape(200, 500)
    means = table.values[places[np.arange(200), runs.argmax(axis=1)]]
    assert abs(100 * runs.max(axis=1).mean() - int(percent)) < 1
    assert means.mean() < runs.max(axis=1).mean() - 0.005


def test_the_cube_stretches_the_good_end():
    """Equation: a difference between good accuracies is larger in the reward, one
    between bad ones smaller, and the order stays.
    """
    a = np.linspace(0, 1, 101)
    steps = np.diff(reward(a)) / np.diff(a)
    assert (steps > 0).all()
    assert steps[a[1:] > 0.6].min() > 1 > steps[a[1:] < 0.57].max()
