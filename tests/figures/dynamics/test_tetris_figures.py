"""The figures of the Tetris chapter show what their words say, and the chapter's
sentences hold of the committed results.
"""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from lecture_code.experiments import Result, load_arrays, load_result
from lecture_code.figures.dynamics import tetris as figures
from lecture_code.figures.dynamics.tetris import (
    long_searches,
    populations,
    ruins,
    searches,
)
from lecture_code.figures.dynamics.tetris.searches import ARMS, final_scores
from lecture_code.tetris import DELLACHERIE, first_moves

NOTEBOOK = Path(__file__).parents[3] / "book" / "dynamics" / "tetris.ipynb"


@pytest.fixture(scope="module")
def full() -> Result:
    return load_result("tetris")


@pytest.fixture(scope="module")
def small() -> Result:
    return load_result("tetris_10x10")


@pytest.fixture(scope="module")
def sizes() -> Result:
    return load_result("tetris_population_10x10")


@pytest.fixture(scope="module")
def larger() -> Result:
    return load_result("tetris_population")


@pytest.fixture(scope="module")
def long() -> Result:
    return load_result("tetris_10x10_long")


@pytest.fixture(scope="module")
def players() -> dict[str, Any]:
    return load_arrays("tetris")


@pytest.fixture(scope="module")
def weights() -> dict[str, Any]:
    return load_arrays("tetris_10x10")


# --- searches ---


def test_the_lectures_scores_are_all_drawn(drawn) -> None:
    """Nine dots stand at the nine scores, and the words give every score."""
    picture = figures.lecture_scores()
    dots = [line for line in drawn[0].axes[0].lines if line.get_marker() == "o"]
    said = [int(n.replace(",", "")) for n in re.findall(r" ([\d,]+)[;.]", picture.alt)]
    assert [line.get_xdata()[0] for line in dots] == said
    assert len(said) == 9 and {21252, 72705, 348895} <= set(said)


def test_the_stalled_search_is_that_without_noise(small, drawn) -> None:
    """The curve is the median of the ten searches without noise, and the words give its
    value after 20 generations and at the end.
    """
    picture = figures.stalled_search(small, 2700.0)
    line = drawn[0].axes[0].lines[0].get_ydata()
    middle = np.median(small.curves["none"]["uncensored_mean"], axis=0)
    np.testing.assert_array_equal(line, middle)
    assert f"to {middle[10]:.0f} lines in 20 generations" in picture.alt
    assert f"is {middle[-1]:.0f} at the end" in picture.alt and "2,700" in picture.alt


def test_no_game_of_the_stalled_searches_was_cut_off(small) -> None:
    """The scores without noise on the small board are plain means."""
    assert sum(map(sum, small.curves["none"]["censored"])) == 0


def test_width_and_travel_have_a_curve_for_each_arm(small, weights, drawn) -> None:
    """Both panels draw the medians of all arms, and the words give their ends."""
    picture = figures.width_and_travel(small, weights)
    upper, lower = drawn[0].axes
    for place, (arm, name) in enumerate(ARMS.items()):
        width = upper.lines[place].get_ydata()
        np.testing.assert_array_equal(width, np.median(small.curves[arm]["std"], 0))
        ends = f"width {width[-1]:.2g}, weight {lower.lines[place].get_ydata()[-1]:.1f}"
        assert f"{name}: {ends}" in picture.alt
    (dashed,) = [line for line in lower.lines if line.get_linestyle() == "--"]
    assert list(dashed.get_ydata()) == pytest.approx([2.98, 2.98], abs=0.005)
    assert lower.get_xlim()[1] < 85  # the axis ends with the data
    names = [text.get_text() for text in drawn[0].legends[0].get_texts()]
    assert names == [*ARMS.values(), "limit on a slope, 2.98"]


def test_every_search_has_a_line(full, drawn) -> None:
    """Seven thin lines and one thick line for each arm end at the recorded scores, and
    the words give the lowest and the highest end.
    """
    picture = figures.all_searches(full)
    curves = [line for line in drawn[0].axes[0].lines if len(line.get_xdata()) > 2]
    for place, (arm, name) in enumerate(ARMS.items()):
        runs = curves[8 * place : 8 * place + 7]
        ends = [line.get_ydata()[-1] - 1 for line in runs]
        assert ends == pytest.approx(final_scores(full, arm))
        assert f"{name} from {min(ends):,.0f} to {max(ends):,.0f}" in picture.alt


def test_what_the_text_says_of_the_searches(full) -> None:
    """Constant noise beats no noise in all pairs; four searches with decreasing noise
    beat all with constant noise and three lose to all; the medians are in the
    lecture's order at the end, in the reverse order at the two tests before it, and
    with one more lost search.
    """
    none, constant, decreasing = (final_scores(full, arm) for arm in ARMS)
    assert (constant[:, None] > none).sum() == 49
    lost = decreasing < constant.min()
    assert lost.sum() == 3 and decreasing[~lost].min() > constant.max()
    assert np.median(none) < np.median(constant) < np.median(decreasing)
    one_more = np.where(decreasing == decreasing[~lost].min(), 0, decreasing)
    assert np.median(one_more) < np.median(constant)
    table = figures.last_tests_table(full)
    order = table.entries
    assert "ranges of the two kinds of noise overlap" in table.caption
    for t in (50, 55, 60):
        steady, falling = (
            searches.score_at(full, arm, t) for arm in ("constant", "decreasing")
        )
        assert falling.min() < steady.max() and steady.min() < falling.max()
    for t, is_ahead in (("50", False), ("55", False), ("60", True)):
        later, same = order["decreasing noise"][t], order["constant noise"][t]
        assert (later.value > same.value) == is_ahead
        assert later.value == np.median(searches.score_at(full, "decreasing", int(t)))
    half = {arm: searches.score_at(full, arm, 25) for arm in ARMS}
    assert half["decreasing"][~lost].min() > half["decreasing"][lost].max()


def test_what_the_text_says_of_the_width(small, weights) -> None:
    """Without noise the mean stops near the limit of 2.98 and goes further with noise;
    the relative width shrinks with constant noise too.
    """
    travel = {arm: searches.travel_of_holes(weights, arm)[:, -1] for arm in ARMS}
    assert abs(np.median(travel["none"]) - 2.98) < 1
    assert min(map(np.median, (travel["constant"], travel["decreasing"]))) > 5
    relative = np.median(searches.relative_width(small, "constant"), axis=0)
    assert relative[79] < 0.7 * relative[19]
    share = {arm: searches.share_of_holes(weights, arm)[:, -1] for arm in ARMS}
    for arm in ("constant", "decreasing"):
        assert np.median(share[arm]) > np.median(share["none"]) + 0.1


def test_the_share_of_the_holes_is_that_of_the_text(weights) -> None:
    """−w_holes / ‖w‖ of one search at the end, by hand, and 0 for the first mean; it
    does not change if all weights are doubled.
    """
    w = weights["none_weights"][4, -1]
    by_hand = -w[searches.HOLES] / np.sqrt((w**2).sum())
    share = searches.share_of_holes(weights, "none")
    assert share[4, -1] == pytest.approx(by_hand) and not share[:, 0].any()
    twice = {"none_weights": 2 * weights["none_weights"]}
    assert searches.share_of_holes(twice, "none") == pytest.approx(share)


def test_relative_width_is_that_of_the_text(small) -> None:
    """σ √22 / ‖μ‖ of one search and one generation, by hand."""
    curves = small.curves["constant"]
    by_hand = curves["std"][3][20] * 22**0.5 / curves["travel"][3][20]
    assert searches.relative_width(small, "constant")[3, 19] == pytest.approx(by_hand)


def test_the_tables_show_all_seeds(full, small, weights) -> None:
    """Scores are shown as the median of all searches, and capped games are counted."""
    entries = figures.scores_table(full).entries
    for arm, name in ARMS.items():
        assert entries[name]["here, estimated"].value == np.median(
            final_scores(full, arm)
        )
        cut = sum(run[-1] for run in full.curves[arm]["censored"])
        assert entries[name]["cut off"].value == cut
    late = figures.stalled_table(small).entries["80"]["lines a game"]
    assert late.value == np.median(final_scores(small, "none"))
    width = figures.width_table(small, weights).entries["no noise"]["width, 40"]
    assert width.value == np.median(np.array(small.curves["none"]["std"])[:, 40])
    relative = figures.relative_table(small).entries["constant noise"]
    by_hand = np.median(searches.relative_width(small, "constant"), axis=0)
    assert relative["generation 20"].value == by_hand[19]
    assert relative["generation 80"].value == by_hand[79]
    both = figures.small_table(small).entries["constant noise"]
    assert both["60 generations"].value < both["80 generations"].value


# --- populations ---


def test_the_prediction_of_the_widths_holds(sizes) -> None:
    """What the text says: both predicted ratios lie in the measured intervals, which do
    not hold 1, and below the measured ratios; nearly all pairs of a search with 500 and
    a search with 100 candidates are won by 500, and the ranges of neighbours overlap.
    """
    for n, expected in ((200, 2.25), (500, 3.59)):
        predicted = figures.predicted_ratio(sizes, n, 30)
        middle, low, high = figures.measured_ratio(sizes, n)
        assert predicted == pytest.approx(expected, abs=0.01)
        assert 1 < low < predicted < middle < high
    few, some, many = (final_scores(sizes, n) for n in ("100", "200", "500"))
    assert (many[:, None] > few).sum() >= 95
    assert few.max() > some.min() and some.max() > many.min()
    assert np.median(few) < np.median(some) < np.median(many)
    assert sum(map(sum, sizes.curves["500"]["censored"])) == 0
    late = populations.widths(sizes, 500)
    assert np.median(late[:, -1]) < 0.8 * np.median(late[:, 20])  # it still falls


def test_a_larger_population_scores_more_on_the_whole_board(full, larger) -> None:
    """What the text says: after thirty generations the median with 200 candidates is
    five times the median with 100, no game was cut off, and the ranges just overlap.
    """
    once = searches.score_at(full, "none", 30)
    twice = final_scores(larger, "200")
    assert len(twice) == 5 and larger.curves["generations"][-1] == 30
    assert np.median(twice) / np.median(once) == pytest.approx(5, abs=0.3)
    assert np.sort(twice)[0] < once.max() < np.sort(twice)[1]
    assert sum(map(sum, larger.curves["200"]["censored"])) == 0
    same = ("width", "height", "sigma", "elite", "cap", "tests")
    assert all(larger.settings["search"][k] == full.settings[k] for k in same)


def test_ratios_are_taken_between_searches_of_one_seed(sizes) -> None:
    """Equation: three times as wide in every pair is a ratio of 3 without an interval,
    and alternating factors of 2 and 8 are a ratio of 4 with an interval around it.
    """
    first = np.array(sizes.curves["100"]["std"])
    for factors, wide in (([3.0] * 10, False), ([2.0, 8.0] * 5, True)):
        later = first.copy()
        later[:, -1] *= factors
        curves = {**sizes.curves, "200": {"std": later}}
        middle, low, high = figures.measured_ratio(replace(sizes, curves=curves), 200)
        assert middle == pytest.approx(np.sqrt(factors[0] * factors[1]))
        assert (high - low > 0.1) == wide and low <= middle * (1 + 1e-9)


def test_three_populations_are_drawn_beside_their_prediction(sizes, drawn) -> None:
    """The solid lines are medians, each dashed line is the median of 100 candidates
    times the predicted ratio, and words and table give the ends.
    """
    picture = figures.three_populations(sizes)
    upper, lower = drawn[0].axes
    dashed = [
        x for x in upper.lines if x.get_linestyle() == "--" and len(x.get_xdata())
    ]
    first = np.median(populations.widths(sizes, 100), axis=0)
    for n, line in zip((200, 500), dashed, strict=True):
        ratio = figures.predicted_ratio(sizes, n, 30)
        assert line.get_ydata()[-1] == pytest.approx(first[-1] * ratio)
    table = figures.population_table(sizes).entries
    for n, line in zip((100, 200, 500), lower.lines, strict=True):
        end = np.median(final_scores(sizes, str(n)))
        assert line.get_ydata()[-1] == end
        assert f"{end:.0f} lines" in picture.alt
        assert table[f"N = {n}"]["lines"].value == end
    assert table["N = 500"]["predicted"].text == "3.6"
    assert table["N = 500"]["measured"].text.startswith("4.3 (3.0–")


# --- long searches ---


def test_the_lead_is_a_ratio_in_pairs(long) -> None:
    """Equation: twice the lines in every pair is a ratio of 2 without an interval, and
    factors of 2 and 8 in turn are a ratio of 4; oracle: the interval is that of a
    paired t-test of the logarithms.
    """
    steady = searches.score_at(long, "constant", 240)
    same = long_searches.mean_ratio(2 * steady, steady)
    assert (same.value, same.low, same.high) == pytest.approx((2, 2, 2))
    factors = np.array([2.0, 8.0] * 5)
    ratio = long_searches.mean_ratio(factors * steady, steady)
    expected = ttest_1samp(np.log(factors), 0).confidence_interval(0.95)
    assert ratio.value == pytest.approx(4)
    assert (ratio.low, ratio.high) == pytest.approx(tuple(np.exp(expected)))


def test_the_long_searches_are_drawn_and_compared(long, drawn) -> None:
    """The lines are medians of all tests, and words and table give them at the three
    times of the protocol; no game was cut off.
    """
    picture = figures.long_run(long)
    table = figures.lead_table(long).entries
    assert list(table) == ["60", "120", "240"]
    for place, (arm, name) in enumerate(ARMS.items()):
        curve = drawn[0].axes[0].lines[place].get_ydata()
        np.testing.assert_array_equal(curve, np.median(searches.scores(long, arm), 0))
        middle = [np.median(searches.score_at(long, arm, t)) for t in (60, 120, 240)]
        assert f"{name} {', '.join(f'{x:.0f}' for x in middle)}" in picture.alt
        assert sum(map(sum, long.curves[arm]["censored"])) == 0
        if arm != "none":
            assert [table[t][arm].value for t in table] == pytest.approx(middle)
    ratio = long_searches.lead(long, 120)
    assert table["120"]["ratio"].text.startswith(f"{ratio.value:.2f} ({ratio.low:.2f}")


def test_on_half_a_board_constant_noise_is_ahead_in_the_end(long, small) -> None:
    """What the text says: after 240 generations the interval of the ratio is below 1
    and one pair of ten is won by decreasing noise; no arm gains in the second half;
    after sixty generations the earlier searches and the new ones point to different
    sides.
    """
    assert long_searches.lead(long, 240).high < 0.7
    final = {arm: final_scores(long, arm) for arm in ARMS}
    assert (final["decreasing"] > final["constant"]).sum() == 1
    assert final["constant"].min() > final["none"].max()
    for arm in ARMS:
        gain = long_searches.gain(long, arm)
        assert gain.low < 1 < gain.high
    early, new = (long_searches.lead(each, 60) for each in (small, long))
    assert early.low < 1 < early.value and new.high < 1
    assert long_searches.ratio_words(early) == "1.29 (0.86–1.93)"
    middle = [
        np.median(searches.score_at(small, arm, 60))
        for arm in ("decreasing", "constant")
    ]
    assert middle[0] > middle[1]


# --- ruins ---


def test_a_ruin_has_fourteen_rows_and_none_is_full() -> None:
    """The upper rows are empty, no lower row is full, and a copy is given."""
    cells = ruins.rubble(3)
    assert not cells[14:].any() and cells[:14].any(axis=1).all()
    assert not cells.all(axis=1).any()
    cells[:] = True
    assert not ruins.rubble(3).all()


def test_the_first_boards_compare_a_lost_game_with_an_expert(
    full, players, drawn
) -> None:
    """The stills at the top are the ruin, the last board of the middle search without
    noise, which loses after more than half of its search in which its score hardly
    moved, and a board of the player written by hand, whose pile of the same ruin and
    the same pieces is lower than half of the ruin.
    """
    alt = figures.lost_game(full, players).alt
    game = ruins.lost_moves(full, players)
    seed = ruins.FIRST_PIECES + ruins.SHOWN
    start = ruins.rubble(ruins.SHOWN)
    expert = first_moves(DELLACHERIE, seed, 300, features="dellacherie", start=start)
    assert game.over and f"after {len(game)} moves of the learnt player" in alt
    assert not expert.over and expert.boards[-1].any(axis=1).sum() < ruins.ROWS / 2
    assert np.array_equal(game.pieces, expert.pieces[: len(game)])
    boards = (game.boards[0], game.boards[-1], expert.boards[-1])
    for axes, cells in zip(drawn[0].axes, boards, strict=True):
        (squares,) = axes.collections
        corners = [path.vertices.min(axis=0) for path in squares.get_paths()]
        columns, rows = np.floor(corners).astype(int).T
        shown = np.zeros_like(cells)
        shown[rows, columns] = True
        np.testing.assert_array_equal(shown, cells)
        assert len(squares.get_edgecolor()) == 0  # white edges are a grid in the dark
    middle = figures.middle_search(full, "none")
    run = searches.scores(full, "none")[middle]
    assert full.curves["generations"][5] < 60 / 2
    assert run[5] == pytest.approx(run[-1], rel=0.1)


def test_a_pile_is_cleared_only_if_the_game_goes_on(full, players) -> None:
    """A low pile counts, the same pile in a game that is over does not, and an
    untrained player clears nothing.
    """
    middle = figures.middle_search(full, "constant")
    good = ruins.weights_at(full, players, "constant", middle, 60)
    games = (ruins.play_in_ruin(good, ruin) for ruin in range(ruins.RUINS))
    cleared = next(game for game in games if ruins.is_cleared(game))
    assert not cleared.boards[-1][ruins.ROWS - 1 :].any()
    assert not ruins.is_cleared(replace(cleared, over=True))
    assert not ruins.is_cleared(ruins.play_in_ruin(np.zeros(22), 0))


def test_the_kind_of_noise_is_open_in_the_ruins(full, players) -> None:
    """The answer of the prediction holds: the lead of constant noise is within chance,
    while each player of constant noise clears more
    ruins than each player of no noise, and the median with either noise is twice the
    median without; the two kinds of noise overlap, and the three lost searches of
    decreasing noise hold its worst player.
    """
    shares = figures.share_of_cleared_ruins(players)
    none, constant, decreasing = (shares[arm] for arm in ARMS)
    assert constant.min() > none.max() > decreasing.min()
    assert min(np.median(constant), np.median(decreasing)) > 2 * np.median(none)
    assert decreasing.min() < constant.min() < np.median(decreasing) < constant.max()
    is_lost = final_scores(full, "decreasing") < final_scores(full, "constant").min()
    assert is_lost.sum() == 3 and is_lost[decreasing.argmin()]
    assert decreasing[is_lost].mean() < decreasing[~is_lost].mean()
    p = ruins.chance_of_lead(constant, decreasing)
    assert np.median(constant) > np.median(decreasing) and 0.05 < p < 0.2
    assert ruins.chance_of_lead(constant, none) < 0.001
    asked = figures.predict_ruins(full, players, shares).question
    assert asked.options[asked.answer] == "Seven players of each kind do not tell"
    assert "wins 35 of 49 pairs" in asked.because and f"p = {p:.2f}" in asked.because


def test_the_chance_of_a_lead_is_that_of_all_groups() -> None:
    """Oracle: with three players each, 2 of the 20 ways to deal them separate the
    groups fully, and equal scores are no evidence.
    """
    low, high = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])
    assert ruins.chance_of_lead(high, low) == pytest.approx(2 / 20)
    assert ruins.chance_of_lead(low, high) == pytest.approx(2 / 20)
    assert ruins.chance_of_lead(low, low) == 1


def test_the_prediction_reveals_table_and_boards(full, players) -> None:
    """Shares with their ranges and boards stand behind the question, not in it."""
    few = {"none": [0.1, 0.2, 0.4], "constant": [0.57], "decreasing": [0.48]}
    shares = {arm: np.array(share) for arm, share in few.items()}
    asked = figures.predict_ruins(full, players, shares).question
    table, words, boards = asked.then
    assert "Step through a few moves" in words.alt
    shown = [row["ruins cleared"].text for row in table.entries.values()]
    assert shown == ["20 (10–40)", "57", "48"]
    assert "no noise, generation 60" in boards.alt and "57" not in asked.question


# --- luck ---


def test_lengths_of_equal_risk_follow_the_curve(drawn) -> None:
    """Exponential lengths are near the curve and have its ratios; equal lengths are
    not near it.
    """
    lines = np.random.default_rng(0).exponential(400, 5000)
    picture = figures.game_lengths(lines)
    assert sum(patch.get_height() for patch in drawn[0].axes[0].patches) > 4900
    assert f"{100 * np.mean(lines < lines.mean()):.0f} % of the games" in picture.alt
    assert figures.distance_from_coin(lines) < 0.03
    assert figures.distance_from_coin(np.full(100, 400.0)) > 0.5


def test_the_best_of_a_hundred_is_five_means() -> None:
    """The table compares exponential lengths with log 2, one and the harmonic sum."""
    lines = np.random.default_rng(1).exponential(400, 20_000)
    for row in figures.luck_table(lines).entries.values():
        assert row["games"].value == pytest.approx(row["curve"].value, rel=0.05)
    best = figures.luck_table(lines).entries["best of 100"]["curve"]
    assert best.value == pytest.approx(5.187, abs=1e-3)


def test_the_best_game_is_asked_before_it_is_shown() -> None:
    """The histogram and the table stand behind the question, whose answer is the
    harmonic sum to the nearest whole number.
    """
    lines = np.random.default_rng(1).exponential(400, 1000)
    asked = figures.predict_best(lines).question
    picture, table = asked.then
    assert "Histogram" in picture.alt and "best of 100" in table.entries
    harmonic = sum(1 / k for k in range(1, 101))
    assert asked.options[asked.answer] == f"{harmonic:.0f} times"
    assert f"{harmonic:.2f} times" in asked.because


# --- questions and numbers ---


def test_every_question_has_its_right_answer(small) -> None:
    """The answer that counts as right is the one whose feedback says why it is."""
    quizzes = figures.quiz_width(small), figures.quiz_best(), figures.quiz_scale()
    for quiz in quizzes:
        asked = quiz.question
        assert asked.feedback[asked.answer].startswith("Yes")
        assert sum(word.startswith("Yes") for word in asked.feedback) == 1


def test_pairs_are_counted() -> None:
    """Of four pairs, three have a better first search."""
    from lecture_code.figures.dynamics.tetris.tables import wins

    assert wins(np.array([3, 5]), np.array([2, 4])) == "3 of 4"


def test_the_text_has_the_numbers_that_it_mentions(
    full, small, players, sizes, larger
) -> None:
    """Each number that the chapter's sentences mention is computed, and none is
    computed in vain.
    """
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    text = "".join("".join(cell["source"]) for cell in cells)
    mentioned = set(re.findall(r"\{glue:text\}`(\w+)`", text))
    live = {"rate", "live_seconds"}
    assert mentioned - live == set(figures.numbers(full, small, players, sizes, larger))
