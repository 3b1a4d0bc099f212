"""What the searchers found is drawn as the experiment noted it, and what the reader
plays says what the table says.
"""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from readings import line

from lecture_code.experiments.gradients.architecture_search import searchers
from lecture_code.experiments.gradients.architecture_search.table import load_table
from lecture_code.experiments.results import Result, load_result
from lecture_code.figures.gradients.architecture_search import play, searches
from lecture_code.gradients.architecture_table import ArchitectureTable, reward
from lecture_code.gradients.logit_controller import (
    LogitSettings,
    LogitState,
    initial_logits,
    logit_step,
    softmax_of,
)

POINTS = (25, 50, 60)


@pytest.fixture(scope="module")
def table() -> ArchitectureTable:
    return load_table()


@pytest.fixture(scope="module")
def result() -> Result:
    """All searchers of the experiment, three short repeats, as its file has them."""
    settings = replace(
        searchers.MAIN,
        queries=POINTS[-1],
        points=POINTS,
        table="synthetic",
        seeds=(0, 1, 2),
    )
    results = {}
    for name, run in searchers.runs(settings).items():
        while run.progress < 1:
            run.advance()
        results[name] = run.result()
    curves, _ = searchers.summarise(settings, results)
    kept = json.loads(json.dumps(curves, default=lambda array: array.tolist()))
    noted = json.loads(json.dumps(asdict(settings)))
    return Result("architecture_searchers", noted, [0, 1, 2], kept, {}, {}, {}, 1.0, "")


def with_regrets(result, arm, kind, values):
    """The result, with other regrets of one arm."""
    curves = result.curves | {arm: result.curves[arm] | {kind: values}}
    return replace(result, curves=curves)


# --- searches ---


def test_the_curves_are_the_confirmed_means(result, drawn):
    """Each searcher's curve is its mean confirmed regret at the points, in its band,
    and the words give the ends.
    """
    picture = searches.regret_curves(result)
    axes = drawn[0].axes[0]
    assert len(axes.lines) == len(axes.collections) == len(searches.NAMES)
    pairs = zip(searches.NAMES.items(), axes.collections, strict=True)
    for (arm, name), band in pairs:
        shown = line(axes, name)
        found = 100 * np.array(result.curves[arm]["confirmed"])
        np.testing.assert_allclose(shown, found.mean(axis=0))
        assert f"{name} {shown[-1]:.2f}" in picture.alt
        edges = band.get_paths()[0].vertices
        height = np.ptp(edges[edges[:, 0] == POINTS[-1], 1])
        half = 4.302653 * found[:, -1].std(ddof=1) / np.sqrt(3)  # t, 2 degrees
        assert height == pytest.approx(2 * half)
    assert f"After {POINTS[-1]} queries" in picture.alt


def test_the_reward_curves_are_the_blocks(result, drawn):
    """The expected reward of each block of ten queries stands at its middle; the words
    give the first block and the last.
    """
    picture = searches.reward_curves(result)
    axes = drawn[0].axes[0]
    for arm, name in searches.NAMES.items():
        rewards = result.curves[arm]["reward"]
        np.testing.assert_allclose(line(axes, name), rewards)
        assert f"{name} from {rewards[0]:.2f} to {rewards[-1]:.2f}" in picture.alt
    middles = axes.lines[0].get_xdata()
    assert middles.tolist() == [5, 15, 25, 35, 45, 55]


def test_the_table_has_the_three_regrets(result):
    """Each column is the mean of its own regret at its own point; found ≤ confirmed;
    the last column is from the search without noise; the paper's rate has a row, too.
    """
    exact = result
    for arm in (*searches.NAMES, searches.PAPER):
        doubled = 2 * np.array(result.curves[arm]["confirmed"])
        exact = with_regrets(exact, arm, "confirmed", doubled.tolist())
    shown = searches.searcher_table(result, exact)
    points = {"confirmed (50)": 50, "confirmed": 60, "observed": 60, "found": 60}
    assert shown.columns == [*points, "without noise"]
    arms = [*searches.NAMES, searches.PAPER]
    assert len(shown.entries) == len(arms)
    for cells, arm in zip(shown.entries.values(), arms, strict=True):
        for name, point in points.items():
            found = 100 * np.array(result.curves[arm][name.split()[0]])
            mean = found[:, POINTS.index(point)].mean()
            assert cells[name].text.startswith(f"{mean:.2f}\N{NO-BREAK SPACE}±")
        twice = 200 * np.mean(result.curves[arm]["confirmed"], axis=0)[-1]
        assert cells["without noise"].text.startswith(f"{twice:.2f}\N{NO-BREAK SPACE}±")
        confirmed, found = (
            np.array(result.curves[arm][kind]) for kind in ("confirmed", "found")
        )
        assert (found <= confirmed + 1e-12).all()


def test_the_longer_table_has_the_tuned_settings():
    """Each row has the settings of the experiment in words, and its own regrets."""
    longer = load_result("architecture_searchers_long")
    entries = searches.longer_table(longer).entries
    words = {name: cells["settings"].text for name, cells in entries.items()}
    lstm = searchers.SEARCHERS[searches.OURS]
    expected = f"m = {lstm.children}, rate {lstm.rate:g}, w = {lstm.entropy:g}"
    assert words["REINFORCE"] == expected
    assert words["regularised evolution"] == "P = 20, S = 6"
    assert words["random search"] == "none"
    for arm, name in searches.NAMES.items():
        end = searches.mean_and_reach(searches.regrets(longer, arm)[:, -1])
        assert entries[name]["2,000 queries"].text == end


def test_an_interval_in_words():
    """By hand: 1, 2, 3 have the mean 2 and the half-width 4.303 / √3; a minus is a
    minus, and zero has no sign.
    """
    assert searches.mean_in_words(np.array([1.0, 2.0, 3.0])) == "2.00 [−0.48, 4.48]"
    assert searches.mean_in_words(np.zeros(3)) == "0.00 [0.00, 0.00]"


def test_the_map_has_a_row_for_each_choice(table, drawn):
    """Rows are choices in the order of the labels, columns are batches; the words give
    the last column, and the axis counts queries.
    """
    rng = np.random.default_rng(0)
    batches = [
        [rng.dirichlet(np.ones(size)) for size in table.space.sizes] for _ in range(7)
    ]
    labels = play.choice_labels(table)
    picture = searches.policy_map(batches, labels, every=10)
    axes = drawn[0].axes[0]
    (image,) = axes.images
    shown = np.asarray(image.get_array())
    assert shown.shape == (sum(table.space.sizes), 7)
    assert [text.get_text() for text in axes.get_yticklabels()] == labels
    assert list(image.get_extent())[:2] == [0, 70]
    row = labels.index("activation: tanh")
    np.testing.assert_allclose(shown[row], [batch[4][1] for batch in batches])
    for label, value in zip(labels, shown[:, -1], strict=True):
        assert f"{label} {value:.2f}" in picture.alt
    borders = [curve.get_ydata()[0] for curve in axes.lines]
    assert borders == [edge - 0.5 for edge in np.cumsum(table.space.sizes)[:-1]]


# --- what the reader plays ---


def test_words_and_strings_go_both_ways(table):
    """Round trip: each string has words of its own, and they name its choices."""
    lists = list(play.tokens_in_words(table).values())
    seen = set()
    for string in table.space.every_string():
        words = play.in_words(table, string)
        parts = zip(lists, words.split(", "), strict=True)
        assert [choices.index(part) for choices, part in parts] == string.tolist()
        seen.add(words)
    assert len(seen) == table.space.count


def test_renamed_choices_mean_what_they_say(table):
    """Conformance: "no layer 2" has no filters, and "yes" is the skip connection."""
    values = table.space.values
    for string in table.space.every_string()[::7]:
        words = play.in_words(table, string).split(", ")
        choices = values(string)
        assert (words[2] == "no layer 2") == (choices["filters2"] == 0)
        assert (words[5] == "yes") == (choices["skip"] == 1)


def test_the_token_table_names_every_token(table):
    """One row for each token, with all its choices; as many labels as choices."""
    shown = play.token_table(table)
    assert list(shown.entries) == [play.WORDS[t.name] for t in table.space.tokens]
    for token, cells in zip(table.space.tokens, shown.entries.values(), strict=True):
        assert len(cells["choices"].text.split(", ")) == len(token.choices)
        assert cells["decides"].text
    assert f"{table.space.count:,} strings" in shown.caption
    labels = play.choice_labels(table)
    assert len(set(labels)) == len(labels) == sum(table.space.sizes)
    assert labels[:2] == ["filters 1: 4", "filters 1: 8"]


def test_the_page_has_the_tables_accuracies(table):
    """Nothing is lost by counting right images."""
    right = play.right_images(table)
    np.testing.assert_allclose(right / play.IMAGES, table.validation, atol=1e-9)


def test_a_curve_goes_through_its_points(table, result):
    """It is the mean observed regret at the points, between its neighbours elsewhere,
    and it falls where they fall. The other regrets do not change it.
    """
    arm = "evolution"
    values = np.array([[0.04, 0.02, 0.01], [0.06, 0.03, 0.02], [0.05, 0.01, 0.0]])
    given = with_regrets(result, arm, "observed", values)
    curve = play.each_query(table, given, arm, 60)
    means = values.mean(axis=0)
    np.testing.assert_allclose(curve[np.array(POINTS) - 1], means)
    assert (np.diff(curve[24:]) < 0).all()
    middle = np.log(35 / 25) / np.log(50 / 25)
    assert curve[34] == pytest.approx(means[0] + middle * (means[1] - means[0]))
    other = with_regrets(given, arm, "confirmed", values / 2)
    assert (play.each_query(table, other, arm, 60) == curve).all()
    np.testing.assert_array_equal(play.each_query(table, given, arm, 20), curve[:20])


def test_before_the_first_point_it_begins_as_random_search(table, result):
    """Limits: the first string is drawn uniformly, so it has the mean regret of the
    space; and a searcher that is random search at the first point has its exact curve.
    """
    exact = play.searched_space(table).random_regret(60)
    values = np.tile(exact[np.array(POINTS) - 1], (3, 1))
    given = with_regrets(result, "evolution", "observed", values)
    curve = play.each_query(table, given, "evolution", 60)
    np.testing.assert_allclose(curve[:25], exact[:25])
    half = with_regrets(result, "evolution", "observed", values / 2)
    curve = play.each_query(table, half, "evolution", 60)
    assert curve[0] == pytest.approx((table.values.max() - table.values).mean())
    assert (np.diff(curve) < 0).all()
    population = searchers.SEARCHERS["evolution"].population
    np.testing.assert_allclose(curve[:population], exact[:population])
    assert curve[population] < exact[population]
    half = with_regrets(result, searches.OURS, "observed", values / 2)
    curve = play.each_query(table, half, searches.OURS, 60)
    assert curve[0] == pytest.approx(exact[0])
    assert (curve[1:25] < exact[1:25]).all()


def test_the_widgets_show_the_searchers(table, result):
    """The game has the curves of two searchers over its twenty queries, and tells the
    lead of REINFORCE at the first point; the search begins with the rate that the
    question says, and shows evolution.
    """
    game = play.game(table, result)
    assert set(game.curves.curves) == {"random search", "REINFORCE"}
    expected = play.each_query(table, result, searches.OURS, play.GAME)
    np.testing.assert_array_equal(game.curves.curves["REINFORCE"], expected)
    lead = searches.lead_in_words(result, "observed", at=0)
    assert f"after {POINTS[0]} the lead" in game.lesson
    assert f"only {lead} points" in game.lesson
    asked = play.predict_no_baseline(table, result).question
    (search,) = asked.then
    assert f"The rate is {search.start['rate']:g}," in asked.question
    assert search.start["decay"] is not None
    assert set(search.curves.curves) == {"random search", "regularised evolution"}


def test_without_a_baseline_one_string_is_soon_written(table, result):
    """The right answer, by the page's search in Python, 20 repeats: without a baseline
    the most probable string has P > 0.8 after half of the queries, with one P < 0.4;
    and it has a larger regret in the end. With a small rate P stays low, too.
    """
    asked = play.predict_no_baseline(table, result).question
    assert "one string only" in asked.options[asked.answer]

    def searched(baseline: str, rate: float, batches: int) -> tuple[float, float]:
        """Mean P and mean regret of the most probable string."""
        settings = LogitSettings(10, rate, baseline=baseline, decay=0.95)
        return tuple(np.mean([most(settings, seed, batches) for seed in range(20)], 0))

    def most(settings: LogitSettings, seed: int, batches: int) -> tuple[float, float]:
        rng = np.random.default_rng(seed)
        state: LogitState = initial_logits(table.space)
        for _ in range(batches):
            state = logit_step(
                state, lambda s, rng: reward(table.query(s, rng)), settings, rng
            )
        policy = [softmax_of(z) for z in state.logits]
        string = np.array([[p.argmax() for p in policy]])
        P = np.prod([p.max() for p in policy])
        return float(P), float(table.regret(string)[0])

    assert searched("none", 10.0, 25)[0] > 0.8
    assert searched("past", 10.0, 25)[0] < 0.4
    assert searched("none", 1.0, 25)[0] < 0.1
    assert searched("none", 10.0, 50)[1] > 1.5 * searched("past", 10.0, 50)[1]


def test_the_cells_of_the_slider_are_drawn():
    """Each choice of cell has a frame with its own words."""
    shown = play.explore_cells()
    names = [values["name"] for values in shown.values()]
    words = {shown.frame(name=name).alt for name in names}
    assert len(words) == len(names) == 6
