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
    idle_counts,
    over_experts,
    paired_difference,
    runs_of,
    seeded,
)
from lecture_code.gradients.mixture_of_experts import noisy_top_k

NOTEBOOK = Path(__file__).parents[3] / "book" / "gradients" / "mixture_of_experts.ipynb"


@pytest.fixture(scope="module")
def balance() -> Result:
    return load_result("mixture_balance")


@pytest.fixture(scope="module")
def longer() -> Result:
    return load_result("mixture_balance_long")


@pytest.fixture(scope="module")
def language() -> Result:
    return load_result("mixture_capacity")


@pytest.fixture(scope="module")
def longer_language() -> Result:
    return load_result("mixture_capacity_long")


@pytest.fixture(scope="module")
def patchwork() -> Result:
    return load_result("mixture_patchwork")


def bar_heights(figure: Figure, panel: int = 0) -> list[float]:
    return [patch.get_height() for patch in figure.axes[panel].patches]


# --- balance ---


def test_the_first_picture_shows_the_idle_experts(balance, drawn) -> None:
    """As many bars as the words say are lower than a tenth of a fair share, and the
    bars are the median of the seeds.
    """
    picture = figures.idle_experts(balance)
    heights = bar_heights(drawn[0])
    said = int(re.search(r"(\d+) experts do less", picture.alt)[1])
    assert heights == list(np.median(ablation_runs(balance, (0, 0))["load"], axis=0))
    assert said == sum(height < 0.1 for height in heights) >= 20
    assert f"{heights[0]:.1f} fair shares" in picture.alt


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
    assert idle["0 and 0"] == 22
    assert idle["0.1 and 0"] == idle["0 and 0.1"] == idle["0.1 and 0.1"] == 0


def test_what_the_text_says_of_the_balance(balance) -> None:
    """Every seed loses less with both losses than without; each loss is best at its own
    quantity; weights of 1 cost more than no balance, and balance less well.
    """
    none, both, much = (
        ablation_runs(balance, weights) for weights in ((0, 0), BALANCED, (1, 1))
    )
    importance, load = (
        ablation_runs(balance, weights) for weights in ((0.1, 0), (0, 0.1))
    )
    assert all(np.array(both["test"]) < np.array(none["test"]))
    assert max(both["max_load"]) <= 1.5 < 4 <= min(none["max_load"])
    assert np.median(importance["cv_importance"]) < np.median(load["cv_importance"])
    assert np.median(importance["cv_load"]) > np.median(load["cv_load"])
    assert min(much["test"]) > max(none["test"])
    assert min(much["max_load"]) > max(both["max_load"])


def test_the_weights_of_one_stand_behind_the_question(balance, longer) -> None:
    """The slider with all nine pairs of weights and the tables are held back, and the
    right answer names the weights of largest median loss after each training.
    """
    asked = figures.predict_much_balance(balance, longer).question
    losses, _, _, loads, table = asked.then
    assert len(loads.values()) == 9 and "1 and 1" in table.entries
    worst = [
        max(losses.entries, key=lambda row: losses.entries[row][steps].value)
        for steps in ("700 steps", "2,100 steps")
    ]
    assert worst == ["1 and 1", "0 and 0"]
    right = asked.options[asked.answer]
    assert right.startswith("Weights of 1 after the short training, no balance")
    assert asked.question.count("700 steps") == asked.question.count("2,100 steps") == 1


def test_a_longer_training_turns_the_order(balance, longer) -> None:
    """After the short training, weights of 1 lose more than no balance in all seeds;
    after the long training less, and still more than weights of 0.1: all intervals
    leave out zero.
    """
    assert longer.settings["steps"] == 3 * balance.settings["steps"]
    for result, sign in ((balance, 1), (longer, -1)):
        none, some, much = (
            ablation_runs(result, weights) for weights in ((0, 0), BALANCED, (1, 1))
        )
        assert all(sign * (np.array(much["test"]) - none["test"]) > 0)
        middle, low, high = paired_difference(much, none)
        assert sign * low > 0 and sign * high > 0 and low < middle < high
        assert paired_difference(much, some)[1] > 0
    shown = of_balance.differences_table(balance, longer).entries
    assert shown["than no balance"]["2,100 steps"].text == "−0.08 (−0.10 to −0.05)"


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


def test_the_capacity_curves_are_the_medians(
    patchwork, language, longer_language, drawn
) -> None:
    """Both panels draw the median of the seeds for both amounts of data, the second
    also that of the longer trainings; the words give the same numbers.
    """
    picture = figures.capacity_curves(patchwork, language, longer_language)
    left, right = drawn[0].axes
    lines = [
        (left.lines[0], patchwork, 2_000),
        (left.lines[1], patchwork, 100_000),
        (right.lines[0], language, 10_000),
        (right.lines[1], language, 0),
        (right.lines[2], longer_language, 0),
    ]
    for line, result, data in lines:
        middle = np.median(over_experts(result, data, "test"), axis=0)
        np.testing.assert_array_equal(line.get_ydata(), middle)
        np.testing.assert_array_equal(line.get_xdata(), result.settings["experts"])
        assert ", ".join(f"{value:.3g}" for value in middle) in picture.alt
    assert right.lines[2].get_label() == "plenty, 3,000 steps"


def test_a_longer_training_turns_the_order_of_64_and_256_experts(
    language, longer_language
) -> None:
    """After the short training 256 experts lose more than 64 in all seeds, after the
    long training less, and the intervals leave out zero; about half as many of the
    256 are idle.
    """
    short, long = language.settings, longer_language.settings
    assert long["steps"] == 3 * short["steps"] == 3000
    assert {**long, "steps": 0, "experts": 0, "data": 0} == {
        **short,
        "steps": 0,
        "experts": 0,
        "data": 0,
    }
    for result, sign in ((language, 1), (longer_language, -1)):
        small, large = (runs_of(result, n, 0) for n in (64, 256))
        assert len(small["test"]) == len(large["test"]) == 5
        assert all(sign * (np.array(large["test"]) - small["test"]) > 0)
        _, low, high = paired_difference(large, small)
        assert sign * low > 0 and sign * high > 0
    idle = [
        np.median(idle_counts(runs_of(result, 256, 0)))
        for result in (language, longer_language)
    ]
    assert 0.4 < idle[1] / idle[0] < 0.6


def test_the_table_of_both_trainings_is_that_of_the_runs(
    language, longer_language
) -> None:
    """Each row has the medians of its own training, and the difference of its seeds."""
    entries = figures.longer_table(language, longer_language).entries
    for label, result in (("1,000", language), ("3,000", longer_language)):
        small, large = (runs_of(result, n, 0) for n in (64, 256))
        row = entries[label]
        assert row["64 experts"].value == np.median(small["test"])
        assert row["256 experts"].value == np.median(large["test"])
        assert row["idle of 256"].value == np.median(idle_counts(large))
        difference = np.subtract(large["test"], small["test"]).mean()
        assert row["difference"].text.startswith(f"{difference:+.2f}".replace("-", "−"))


def test_what_the_text_says_of_the_capacity(patchwork, language) -> None:
    """Errors fall up to 64 experts and are higher at 256, where about a fifth of the
    experts are idle; with little data the language model learns by heart.
    """
    for result in (patchwork, language):
        plenty = np.median(over_experts(result, result.settings["data"][1], "test"), 0)
        assert (np.diff(plenty[:4]) < 0).all() and plenty[4] > plenty[3]
    idle = np.mean(idle_counts(runs_of(language, 256, 0))) / 256
    assert 0.15 < idle < 0.25
    test, train = (
        np.median(over_experts(language, 10_000, entry), axis=0)
        for entry in ("test", "train")
    )
    assert test[2] > test[0] + 0.1 and train[2] < train[0] - 0.1
    assert test[4] < test[0] and train[4] > train[3]


def test_tables_of_capacity_show_the_medians(patchwork, language) -> None:
    """Both tables give the medians of their own amount of data."""
    row = figures.capacity_table(patchwork, language).entries["256"]
    assert row["language"].value == np.median(runs_of(language, 256, 0)["test"])
    patches = runs_of(patchwork, 256, 100_000)
    assert row["patchwork"].value == np.median(patches["test"])
    little = figures.little_data_table(language).entries["16"]
    assert little["training loss"].value == np.median(
        runs_of(language, 16, 10_000)["train"]
    )


def test_idle_and_busiest_experts_are_those_of_the_runs(
    patchwork, language, drawn
) -> None:
    """The lines are the medians of the share of idle experts and of the busiest
    expert's work, and both axes hold the whole range.
    """
    picture = figures.balance_curves(patchwork, language)
    idle, busiest = drawn[0].axes
    for at, (result, data) in enumerate([(patchwork, 100_000), (language, 0)]):
        for place, n in enumerate([4, 16, 64, 256]):
            runs = runs_of(result, n, data)
            share = 100 * np.median(idle_counts(runs)) / n
            assert idle.lines[at].get_ydata()[place] == pytest.approx(share)
            top = np.median(runs["max_load"])
            assert busiest.lines[at].get_ydata()[place] == pytest.approx(top)
            assert 100 * max(idle_counts(runs)) / n < idle.get_ylim()[1]
    assert re.search(r"language: 0, 0, 0, \d+ % idle", picture.alt)


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
    characters of words, and expert 3 mostly digits.
    """
    reader = np.array(runs_of(language, 16, 0)["passage"])
    marked = of_capacity.marked_passage(language, 15)
    assert f"{(reader == 14).sum()} of {len(PASSAGE)} characters" in marked.alt
    third = [letter for letter, who in zip(PASSAGE, reader, strict=True) if who == 2]
    assert sum(letter.isdigit() for letter in third) > len(third) / 2
    before = [PASSAGE[i - 1] for i in np.flatnonzero(reader == 14)]
    assert sum(letter in " \n" for letter in before) > 0.8 * len(before)


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
    balance, patchwork, language
) -> None:
    """Each number that the chapter's sentences mention is computed, and none is
    computed in vain.
    """
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    text = "".join("".join(cell["source"]) for cell in cells)
    mentioned = set(re.findall(r"\{glue:text\}`(\w+)`", text))
    assert mentioned == set(figures.numbers(balance, patchwork, language))
