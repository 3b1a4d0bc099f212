"""The figures of the mixture's chapter show what their words say, and the chapter's
sentences hold of the committed results.
"""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from scipy import stats

from lecture_code.experiments import Result, load_result
from lecture_code.experiments.gradients.mixture_of_experts.tasks import (
    MixtureSettings,
    layer_of,
)
from lecture_code.experiments.gradients.mixture_of_experts.training import PASSAGE
from lecture_code.figures.gradients import mixture_of_experts as figures
from lecture_code.figures.gradients.mixture_of_experts import (
    balance as of_balance,
)
from lecture_code.figures.gradients.mixture_of_experts import (
    capacity as of_capacity,
)
from lecture_code.figures.gradients.mixture_of_experts import (
    gate,
    price,
    questions,
    training,
)
from lecture_code.figures.gradients.mixture_of_experts.runs import (
    BALANCED,
    ablation_runs,
    difference_in_words,
    idle_counts,
    over_experts,
    paired_difference,
    runs_of,
    seeded,
)
from lecture_code.gradients.mixture_of_experts import noisy_top_k

LENGTHS = ("", "_long", "_longest")
NOTEBOOK = Path(__file__).parents[3] / "book" / "gradients" / "mixture_of_experts.ipynb"


@pytest.fixture(scope="module")
def balances() -> list[Result]:
    """Trainings of 700, 2,100 and 6,300 steps."""
    return [load_result(f"mixture_balance{each}") for each in LENGTHS]


@pytest.fixture(scope="module")
def balance(balances) -> Result:
    """The trainings of 2,100 steps, with all pairs of weights."""
    return balances[1]


@pytest.fixture(scope="module")
def languages() -> list[Result]:
    """Trainings of 1,000, 3,000 and 9,000 steps."""
    return [load_result(f"mixture_capacity{each}") for each in LENGTHS]


@pytest.fixture(scope="module")
def language(languages) -> Result:
    """The trainings of 3,000 steps, with plenty of data."""
    return languages[1]


@pytest.fixture(scope="module")
def little() -> Result:
    """The trainings of 3,000 steps, with little data."""
    return load_result("mixture_little_long")


@pytest.fixture(scope="module")
def patchworks() -> list[Result]:
    """Trainings of 800 and 2,400 steps."""
    return [load_result(f"mixture_patchwork{each}") for each in LENGTHS[:2]]


@pytest.fixture(scope="module")
def patchwork(patchworks) -> Result:
    """The trainings of 2,400 steps."""
    return patchworks[1]


def bar_heights(figure: Figure, panel: int = 0) -> list[float]:
    return [patch.get_height() for patch in figure.axes[panel].patches]


# --- balance ---


def test_the_first_picture_shows_the_idle_experts(balances, drawn) -> None:
    """As many bars as the words say are lower than a tenth of a fair share, these are
    more than half, and the bars are the median of the seeds.
    """
    longest = balances[2]
    picture = figures.idle_experts(longest)
    heights = bar_heights(drawn[0])
    said = int(re.search(r"(\d+) experts do less", picture.alt)[1])
    assert heights == list(np.median(ablation_runs(longest, (0, 0))["load"], axis=0))
    assert said == sum(height < 0.1 for height in heights) > len(heights) / 2
    assert f"{heights[0]:.1f} fair shares" in picture.alt
    assert "for 6,300 steps" in " ".join(picture.html().split())


@pytest.mark.parametrize("weights", [(0.0, 0.0), (0.1, 0.1), (1.0, 0.0)])
def test_the_load_is_that_of_the_chosen_weights(balance, drawn, weights) -> None:
    """Each choice of weights draws the median load of its own five runs, and its words
    give the medians that the table gives.
    """
    picture = of_balance.load_by_weights(balance, *weights)
    runs = ablation_runs(balance, weights)
    (line, *_) = drawn[0].axes[0].lines
    np.testing.assert_array_equal(line.get_ydata(), np.median(runs["load"], axis=0))
    label = f"{weights[0]:g} and {weights[1]:g}"
    row = figures.ablation_table(balance).entries.get(label)
    assert f"test loss of {np.median(runs['test']):.2f} nats" in picture.alt
    assert f"{np.median(runs['max_load']):.1f} fair shares" in picture.alt
    if row is not None:
        assert f"test loss of {row['loss'].value:.2f} nats" in picture.alt
        assert f"{row['busiest'].value:.1f} fair shares" in picture.alt
        assert f"{row['idle'].value:.0f} idle" in picture.alt


def test_the_ablation_table_counts_idle_experts(balance) -> None:
    """The row without losses shows the median number of idle experts, and no row with
    weights of 0.1 has an idle expert.
    """
    entries = figures.ablation_table(balance).entries
    idle = {label: row["idle"].value for label, row in entries.items()}
    assert idle["0 and 0"] == 20
    assert idle["0.1 and 0"] == idle["0 and 0.1"] == idle["0.1 and 0.1"] == 0


def test_the_lengths_differ_in_nothing_but_the_steps(
    balances, languages, patchworks, little
) -> None:
    """The longer trainings have the settings of the short trainings, three and nine
    times as many steps, and five seeds.
    """
    chosen = {"steps", "data", "experts", "weights"}
    for short, *others in (balances, languages, patchworks, [languages[0], little]):
        for result, times in zip(others, (3, 9), strict=False):
            assert result.settings["steps"] == times * short.settings["steps"]
            for name in set(short.settings) - chosen:
                assert result.settings[name] == short.settings[name]
            assert len(result.settings["seeds"]) == 5


def test_what_the_text_says_of_the_balance(balances) -> None:
    """After each length every seed loses less with both losses than without, and its
    load is more even, also more even than with weights of 1.
    """
    for result in balances:
        none, both, much = (
            ablation_runs(result, weights) for weights in ((0, 0), BALANCED, (1, 1))
        )
        assert all(np.array(both["test"]) < none["test"])
        assert max(both["max_load"]) <= 1.5 < 4 <= min(none["max_load"])
        assert min(idle_counts(none)) >= 15 and max(idle_counts(both)) == 0
        assert np.median(much["max_load"]) > np.median(both["max_load"])
        assert all(np.array(much["cv_load"]) > both["cv_load"])


def test_each_loss_is_best_at_its_own_quantity(balances) -> None:
    """With one loss alone no expert is idle, and its own quantity is lower than with
    the other loss; after the short and after the long training.
    """
    for result in balances[:2]:
        importance, load = (
            ablation_runs(result, weights) for weights in ((0.1, 0), (0, 0.1))
        )
        assert np.median(importance["cv_importance"]) < np.median(load["cv_importance"])
        assert np.median(importance["cv_load"]) > np.median(load["cv_load"])
        assert max(idle_counts(importance)) == max(idle_counts(load)) == 0


def test_the_weights_of_one_stand_behind_the_question(balances) -> None:
    """The slider with all nine pairs of weights, figure and tables are held back, and
    the right answer names the weights of largest median loss after each training.
    """
    asked = figures.predict_much_balance(balances).question
    _, losses, _, loads, table, _ = asked.then
    assert len(loads.values()) == 9 and "1 and 1" in table.entries
    worst = [
        max(losses.entries, key=lambda row: losses.entries[row][steps].value)
        for steps in ("700 steps", "2,100 steps", "6,300 steps")
    ]
    assert worst == ["1 and 1", "0 and 0", "0 and 0"]
    right = asked.options[asked.answer]
    assert right == (
        "Weights of 1 after the shortest training, no balance after the others"
    )
    assert "700, 2,100 and 6,300 steps" in asked.question


def test_the_price_of_large_weights_shrinks(balances) -> None:
    """After the shortest training, weights of 1 lose more than no balance in all
    seeds, after the others less. Their difference to weights of 0.1 shrinks, and after
    the longest training its interval contains zero.
    """
    over_some = []
    for result, sign in zip(balances, (1, -1, -1), strict=True):
        none, some, much = (
            ablation_runs(result, weights) for weights in ((0, 0), BALANCED, (1, 1))
        )
        assert all(sign * (np.array(much["test"]) - none["test"]) > 0)
        _, low, high = paired_difference(much, none)
        assert sign * low > 0 and sign * high > 0
        over_some.append(paired_difference(much, some))
    middles, lows, highs = np.array(over_some).T
    assert (np.diff(middles) < 0).all() and highs[2] < lows[1] < highs[1] < lows[0]
    assert lows[1] > 0 and lows[2] < 0 < highs[2]


def test_the_figure_of_the_weights_is_that_of_the_differences(balances, drawn) -> None:
    """Lines, bars and dots are the means, the intervals and the seeds of the
    differences to weights of 0.1, and the words give them.
    """
    picture = figures.weights_over_steps(balances)
    axes = drawn[0].axes[0]
    for container, weights in zip(axes.containers, ((0, 0), (1, 1)), strict=True):
        pairs = [
            (ablation_runs(result, weights), ablation_runs(result, BALANCED))
            for result in balances
        ]
        expected = np.array([paired_difference(*runs) for runs in pairs])
        line, _, (bars,) = container.lines
        np.testing.assert_array_equal(line.get_xdata(), [700, 2100, 6300])
        np.testing.assert_allclose(line.get_ydata(), expected[:, 0])
        ends = [segment[:, 1] for segment in bars.get_segments()]
        np.testing.assert_allclose(ends, expected[:, 1:])
        for each in expected:
            assert difference_in_words(*each) in picture.alt
    dots = [line.get_ydata() for line in axes.lines if len(line.get_ydata()) == 5]
    last = [ablation_runs(balances[2], pair)["test"] for pair in ((1, 1), BALANCED)]
    np.testing.assert_allclose(dots[-1], np.subtract(*last))


def test_the_interval_is_that_of_a_paired_test() -> None:
    """Zero lies at an end of the interval if the paired t-test has p = 0.05."""
    ours = np.array([0.3, 0.1, 0.4, 0.2, 0.35])
    others = np.array([0.2, 0.15, 0.1, 0.2, 0.1])
    middle, low, high = paired_difference({"test": ours}, {"test": others})
    assert middle == pytest.approx((ours - others).mean())
    for end in (low, high):
        p = stats.ttest_rel(ours - end, others).pvalue
        assert p == pytest.approx(0.05)


# --- capacity ---


def test_the_capacity_curves_are_the_medians(patchworks, languages, drawn) -> None:
    """Each panel draws the median of the seeds for each length of training with plenty
    of data; the words give the same numbers.
    """
    picture = figures.capacity_curves(patchworks, languages)
    left, right = drawn[0].axes
    for axes, results in ((left, patchworks), (right, languages)):
        for line, result in zip(axes.lines, results, strict=False):
            data = result.settings["data"][-1]
            middle = np.median(over_experts(result, data, "test"), axis=0)
            np.testing.assert_array_equal(line.get_ydata(), middle)
            np.testing.assert_array_equal(line.get_xdata(), result.settings["experts"])
            assert ", ".join(f"{value:.3g}" for value in middle) in picture.alt
            assert line.get_label() == f"{result.settings['steps']:,} steps"
    assert [len(axes.get_legend().texts) for axes in (left, right)] == [2, 3]


def test_every_mixture_beats_the_dense_network(patchworks, languages) -> None:
    """On both tasks, after each length and in all seeds; the lead of 64 experts in the
    language model grows with the length.
    """
    leads = []
    for result in (*patchworks, *languages):
        data = result.settings["data"][-1]
        dense, *mixtures = over_experts(result, data, "test").T
        assert all((errors < dense).all() for errors in mixtures)
        leads.append(paired_difference(*(runs_of(result, n, data) for n in (1, 64))))
    assert (np.diff([lead[0] for lead in leads[2:]]) > 0).all()


def test_the_order_of_64_and_256_experts(patchworks, languages) -> None:
    """In the language model 256 experts lose more than 64 after the short training,
    and less after both longer trainings; on the patchwork they lose more after both,
    but the difference is a third. All seeds agree and the intervals leave out zero.
    """
    results = [*languages, *patchworks]
    middles = []
    for result, sign in zip(results, (1, -1, -1, 1, 1), strict=True):
        data = result.settings["data"][-1]
        many, few = (runs_of(result, n, data) for n in (256, 64))
        assert all(sign * np.subtract(many["test"], few["test"]) > 0)
        middle, low, high = paired_difference(many, few)
        assert sign * low > 0 and sign * high > 0
        middles.append(middle)
    assert middles[0] > middles[1] > middles[2]
    assert 0.28 < middles[4] / middles[3] < 0.38


def test_the_figure_of_the_experts_is_that_of_the_differences(
    patchworks, languages, drawn
) -> None:
    """Each panel draws the mean differences of its own task, and the words give them
    with enough digits.
    """
    picture = figures.experts_over_steps(patchworks, languages)
    for axes, results, digits in zip(
        drawn[0].axes, (patchworks, languages), (4, 2), strict=True
    ):
        line = axes.containers[0].lines[0]
        for at, result in enumerate(results):
            data = result.settings["data"][-1]
            difference = paired_difference(
                *(runs_of(result, n, data) for n in (256, 64))
            )
            assert line.get_xdata()[at] == result.settings["steps"]
            assert line.get_ydata()[at] == pytest.approx(difference[0])
            assert difference_in_words(*difference, digits) in picture.alt


def test_the_table_of_all_lengths_is_that_of_the_runs(languages) -> None:
    """Each row has the medians of its own training, and the difference of its seeds."""
    entries = figures.longer_table(languages).entries
    assert list(entries) == ["1,000", "3,000", "9,000"]
    for row, result in zip(entries.values(), languages, strict=True):
        small, large = (runs_of(result, n, 0) for n in (64, 256))
        assert row["64 experts"].value == np.median(small["test"])
        assert row["256 experts"].value == np.median(large["test"])
        assert row["idle of 256"].value == np.median(idle_counts(large))
        difference = np.subtract(large["test"], small["test"]).mean()
        assert row["difference"].text.startswith(f"{difference:+.2f}".replace("-", "−"))


def test_what_the_text_says_of_little_data(languages, little) -> None:
    """After both lengths the test loss rises up to 16 experts while the training loss
    falls, and is lowest with 256 experts; the longer training makes every test loss
    larger.
    """
    short, long = (
        np.array([over_experts(result, 10_000, entry) for entry in ("test", "train")])
        for result in (languages[0], little)
    )
    for test, train in (short, long):
        test, train = np.median(test, axis=0), np.median(train, axis=0)
        assert (np.diff(test[:3]) > 0).all() and (np.diff(train[:4]) < 0).all()
        assert test.argmin() == 4 and train[4] > train[3]
    assert (long[0] > short[0]).all()
    for result in (languages[0], little):
        many, dense = (runs_of(result, n, 10_000) for n in (256, 1))
        assert paired_difference(many, dense)[2] < 0


def test_tables_of_capacity_show_the_medians(
    patchwork, language, languages, little
) -> None:
    """Both tables give the medians of their own amount of data and length."""
    row = figures.capacity_table(patchwork, language).entries["256"]
    assert row["language"].value == np.median(runs_of(language, 256, 0)["test"])
    patches = runs_of(patchwork, 256, 100_000)
    assert row["patchwork"].value == np.median(patches["test"])
    few = figures.little_data_table(languages[0], little).entries["16"]
    for column, result, entry in (
        ("test, 1,000 steps", languages[0], "test"),
        ("test, 3,000 steps", little, "test"),
        ("training, 3,000 steps", little, "train"),
    ):
        expected = np.median(runs_of(result, 16, 10_000)[entry])
        assert few[column].value == expected


def test_idle_and_busiest_experts_are_those_of_the_runs(languages, drawn) -> None:
    """The lines are the medians of the share of idle experts and of the busiest
    expert's work, and the axes hold the whole range; the shares of 256 experts are
    those that the text names.
    """
    picture = figures.balance_curves(languages)
    idle, busiest = drawn[0].axes
    for at, result in enumerate(languages):
        counts = [n for n in result.settings["experts"] if n > 1]
        for place, n in enumerate(counts):
            runs = runs_of(result, n, 0)
            share = 100 * np.median(idle_counts(runs)) / n
            assert idle.lines[at].get_ydata()[place] == pytest.approx(share)
            top = np.median(runs["max_load"])
            assert busiest.lines[at].get_ydata()[place] == pytest.approx(top)
            assert 100 * max(idle_counts(runs)) / n < idle.get_ylim()[1]
    shares = [line.get_ydata()[-1] for line in idle.lines]
    assert [f"{share:.0f}" for share in shares] == ["19", "10", "2"]
    assert re.search(r"1,000 steps.*: 0, 0, 0, 19 % idle", picture.alt)


def test_costs_are_those_of_the_formulas(language) -> None:
    """At n = 256 the experts' arithmetic is the dense layer's, and each matrix of the
    gate costs n / 2kh of it, which is as much again; the parameters are 128 times as
    many, and those of both matrices come on top.
    """
    costs = price.relative_costs(language, 256)
    assert costs["experts"] == 1
    assert costs["gate"] == costs["noise of the gate"] == 256 / (2 * 2 * 64) == 1
    assert costs["parameters"] == 128 + 2
    alone = {"experts": 1, "gate": 0, "noise of the gate": 0, "parameters": 1}
    assert price.relative_costs(language, 1) == alone


@pytest.mark.parametrize("n", [1, 4, 16, 64, 256])
def test_costs_are_those_of_a_layer(language, n) -> None:
    """The parameters of a layer of the experiment are as many times those of the dense
    layer as the formula says.
    """

    def parameters(count: int) -> int:
        settings = MixtureSettings("language", (count,), (0,))
        layer = layer_of(settings, count, 64, seeded(0))
        return sum(each.numel() for each in layer.parameters())

    # the dense layer is built with a gate of one row, which it does not need
    held = parameters(n) / (parameters(1) - 64)
    assert price.relative_costs(language, max(n, 1))["parameters"] == pytest.approx(
        held, abs=0.01
    )


@pytest.mark.parametrize("n", [1, 64, 256])
def test_the_price_says_what_its_bars_show(language, drawn, n) -> None:
    """There is a square for each expert, two of them green; the bars are stacked to
    the arithmetic, and the words name it without a power of ten.
    """
    picture = price.price_of_experts(language, n)
    left, right = drawn[0].axes
    squares = left.patches
    assert len(squares) == n
    assert n == 1 or sum(square.get_alpha() == 1 for square in squares) == 2
    costs = price.relative_costs(language, n)
    tops = [patch.get_y() + patch.get_height() for patch in right.patches]
    in_use = costs["experts"] + costs["gate"]
    training = in_use + costs["noise of the gate"]
    assert max(tops) == training < right.get_ylim()[1]
    assert f"{in_use:g} × the arithmetic in use" in picture.alt
    assert f"{costs['parameters']:g} × the parameters" in picture.alt
    assert "e+" not in picture.alt + picture.html()


def test_information_is_drawn_for_both_tasks(patchwork, language, drawn) -> None:
    """The words give the medians that the two curves show."""
    picture = figures.information_curves(patchwork, language)
    for line in drawn[0].axes[0].lines:
        middle = ", ".join(f"{share:.2f}" for share in line.get_ydata())
        assert middle in picture.alt


def test_the_marked_passage_is_the_experts(language) -> None:
    """As many letters are marked as the words say; expert 15 mostly gets first
    characters of words, and expert 7 mostly characters after an a.
    """
    reader = np.array(runs_of(language, 16, 0)["passage"])
    marked = of_capacity.marked_passage(language, 15)
    assert f"{(reader == 14).sum()} of {len(PASSAGE)} characters" in marked.alt
    before = [PASSAGE[i - 1] for i in np.flatnonzero(reader == 14)]
    assert sum(letter in " \n([" for letter in before) > 0.8 * len(before)
    before = [PASSAGE[i - 1] for i in np.flatnonzero(reader == 6)]
    assert before.count("a") > len(before) / 2


def test_unknown_runs_are_named(language) -> None:
    """A setting that was never run is refused with the settings that were."""
    with pytest.raises(ValueError, match=r"no runs '5 experts.*16 experts, all data"):
        runs_of(language, 5, 0)


# --- live ---


def test_the_shares_fill_the_figure(drawn) -> None:
    """The areas of all experts add up to one, and the words give the shares of the
    three busiest and the number of idle experts.
    """
    shares = torch.zeros(200, 5)
    shares[:] = torch.tensor([0.5, 0.02, 0.3, 0.01, 0.17])
    picture = training.work_shares(shares, every=20)
    areas = drawn[0].axes[0].collections
    top = max(path.vertices[:, 1].max() for path in areas[-1].get_paths())
    assert top == pytest.approx(1)
    assert "have 97 % of the examples at the start and 97 % at the end" in picture.alt
    assert "1 experts have next to nothing" in picture.alt


def test_before_and_after_are_sorted(drawn) -> None:
    """Bars of both layers fall from left to right, and the words count the idle
    experts of each.
    """
    loads = {"a": torch.tensor([0.0, 3.0, 0.05]), "b": torch.tensor([1.0, 0.9, 1.1])}
    picture = figures.load_before_and_after(loads)
    heights = bar_heights(drawn[0])
    assert heights == pytest.approx([3, 0.05, 0, 1.1, 1, 0.9])
    assert "a: 3.0 fair shares, 2 idle experts" in picture.alt
    assert "b: 1.1 fair shares, 0 idle experts" in picture.alt


@pytest.mark.parametrize("k", [1, 2, 6])
def test_the_gate_shows_k_weights_that_add_up_to_one(drawn, k) -> None:
    """The panel of G has k bars above zero with sum one; those of H are the clean
    logits where there is no noise.
    """
    gate.gate_by_hand(k, 0.0, "close race")
    H, G = bar_heights(drawn[0], 0), bar_heights(drawn[0], 1)
    assert sum(G) == pytest.approx(1) and sum(weight > 0 for weight in G) == k
    assert pytest.approx(gate.LOGITS["close race"], abs=1e-4) == H


def test_the_answer_of_the_close_race_holds(drawn) -> None:
    """Over many draws of the noise the sixth expert is among the two about one time in
    four, less often than chance and than the first expert; without noise never.
    """
    clean = torch.tensor([gate.LOGITS["close race"]]).expand(50_000, 6)
    draws = noisy_top_k(clean, torch.ones_like(clean), 2, seeded(1))
    asked = draws.counts() / len(clean)
    assert asked[5].item() == pytest.approx(0.25, abs=0.02)
    assert asked[0] > 0.4
    question = figures.predict_close_race().question
    assert "one time in four" in question.options[question.answer]
    gate.gate_by_hand(2, 1.0, "close race")
    shown = bar_heights(drawn[-1], 2)
    assert shown == pytest.approx(100 * asked.numpy(), abs=3)
    gate.gate_by_hand(2, 0.0, "close race")
    assert bar_heights(drawn[-1], 2) == [100, 100, 0, 0, 0, 0]
    quiet = np.array(bar_heights(drawn[-1], 1)) > 0
    assert list(np.flatnonzero(quiet)) == [0, 1]


@pytest.mark.parametrize("noise", [0.0, 0.3, 3.0])
def test_the_axis_of_the_logits_fits_them(drawn, noise) -> None:
    """All bars and ticks of H are seen, and the largest reaches the last half of the
    axis; the legend names both colours.
    """
    gate.gate_by_hand(2, noise, "close race")
    axes = drawn[0].axes[0]
    clean = axes.lines[0].get_ydata()
    low, high = axes.get_ylim()
    shown = np.array([*bar_heights(drawn[0], 0), *clean])
    assert low - 1e-3 <= shown.min() and high - 0.5 <= shown.max() <= high + 1e-3
    (legend,) = drawn[0].legends
    assert [text.get_text() for text in legend.get_texts()] == ["asked", "not asked"]


def test_there_is_no_expert_zero(balance, drawn) -> None:
    """The axis of sorted experts has its first tick at 1 and its last at n."""
    figures.idle_experts(balance)
    of_balance.load_by_weights(balance, 0.1, 0.1)
    figures.load_before_and_after({"a": torch.ones(16), "b": torch.ones(16)})
    for figure, n in zip(drawn, (32, 32, 16), strict=True):
        ticks = figure.axes[0].get_xticks()
        assert (ticks[0], ticks[-1]) == (1, n)


def test_the_path_names_its_two_experts(drawn) -> None:
    """Two weights stand in the picture, and they are the two of its words."""
    picture = figures.gradient_path()
    weights = [text.get_text() for text in drawn[0].axes[0].texts]
    assert [word for word in weights if word.startswith("×")] == ["× 0.7", "× 0.3"]
    assert "0.7 and 0.3" in picture.alt


def test_the_count_jumps_and_the_load_is_smooth(drawn) -> None:
    """The count takes whole numbers and jumps; the load with noise climbs by small
    steps only.
    """
    figures.pull_and_slope({1: 0.0, 2: 4.9})
    count, load = (line.get_ydata() for line in drawn[0].axes[1].lines)
    assert set(np.asarray(count) % 1) == {0.0}
    assert np.abs(np.diff(load)).max() < 0.5 < np.abs(np.diff(count)).max()


def test_a_trained_layer_is_described(balance) -> None:
    """The table gives error, busiest expert and idle experts of each layer."""
    table = figures.trained_table({"a": (0.25, torch.tensor([0.0, 2.0]))}, "Two.")
    row = table.entries["a"]
    assert [entry.value for entry in row.values()] == [0.25, 2.0, 1]


def test_times_are_those_given(drawn) -> None:
    """Both lines show the times that were measured, and the words compare them."""
    picture = figures.step_times({4: 1.0, 64: 2.0}, {4: 3.0, 64: 50.0})
    sparse, dense = (line.get_ydata() for line in drawn[0].axes[0].lines)
    assert list(sparse) == [1, 2] and list(dense) == [3, 50]
    assert "2.0 ms if two are asked, and 50.0 ms" in picture.alt


def test_a_step_can_be_timed() -> None:
    """A step takes some time, whether two experts are asked or all."""
    assert training.milliseconds_of_a_step(4, repeats=1) > 0
    assert training.milliseconds_of_a_step(4, dense=True, repeats=1) > 0


# --- questions and numbers ---


def test_the_answer_of_the_prediction_carries_the_counts() -> None:
    """The explanation names how many of the idle experts are still idle, and how many
    are idle in all.
    """
    shares = torch.full((400, 4), 0.25)
    idle = torch.tensor([True, True, True, False])
    at_end = torch.tensor([False, True, True, True])
    asked = questions.predict_return(shares, idle, at_end).question
    assert "After 100 training steps 3 of the 4" in asked.question
    assert "At the end 2 of these 3 are still idle, and 3 experts" in asked.because


@pytest.mark.parametrize("name", ["gradient", "one", "load", "sum"])
def test_every_question_has_its_right_answer(name) -> None:
    """The answer that counts as right is the one whose feedback says why it is."""
    quiz = getattr(figures, f"quiz_{name}")().question
    assert quiz.feedback[quiz.answer].startswith("Yes")
    assert sum(word.startswith("Yes") for word in quiz.feedback) == 1


def test_the_text_has_the_numbers_that_it_mentions(
    balances, patchworks, languages
) -> None:
    """Each number that the chapter's sentences mention is computed, and none is
    computed in vain.
    """
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    text = "".join("".join(cell["source"]) for cell in cells)
    mentioned = set(re.findall(r"\{glue:text\}`(\w+)`", text))
    assert mentioned == set(figures.numbers(balances, patchworks, languages))
