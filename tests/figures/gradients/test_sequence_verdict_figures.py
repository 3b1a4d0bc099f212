"""The figures of the oracle and of the dialogue show what the results say, and so do
the answers and the text of the chapter on sequence generation.
"""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from lecture_code.data.dialogues import DialogueGrammar
from lecture_code.experiments import Result, load_result
from lecture_code.experiments.gradients.sequence_generation.dialogue_runs import (
    dialogue_difference,
)
from lecture_code.experiments.gradients.sequence_generation.oracle import (
    against_temperature,
    change_from_start,
    end_values,
    standard_errors_below_start,
    start_values,
)
from lecture_code.experiments.summaries import Interval, mean_of_seeds
from lecture_code.figures.gradients import sequence_generation as figures
from lecture_code.figures.gradients.sequence_generation import causes as reasons
from lecture_code.figures.gradients.sequence_generation import (
    dialogue,
    oracle,
    verdicts,
)
from tests.figures.readings import line

NOTEBOOK = (
    Path(__file__).parents[3] / "book" / "gradients" / "sequence_generation.ipynb"
)


@pytest.fixture(scope="module")
def small() -> Result:
    return load_result("sequence_oracle_small")


@pytest.fixture(scope="module")
def small_longer() -> Result:
    return load_result("sequence_oracle_small_long")


@pytest.fixture(scope="module")
def larger() -> Result:
    return load_result("sequence_oracle")


@pytest.fixture(scope="module")
def longer() -> Result:
    return load_result("sequence_oracle_long")


@pytest.fixture(scope="module")
def causes() -> Result:
    return load_result("sequence_oracle_causes")


@pytest.fixture(scope="module")
def talked() -> Result:
    return load_result("sequence_dialogue")


@pytest.fixture(scope="module")
def credit() -> Result:
    return load_result("sequence_dialogue_credit")


def variation(result: Result, arm: str) -> np.ndarray:
    return dialogue.variation_at_end(result, arm)


# --- the oracle ---


def gap(result: Result, first: str, second: str) -> Interval:
    """NLL under the oracle of one arm minus that of another, paired by seed."""
    ends = [end_values(result.curves, arm, "oracle") for arm in (first, second)]
    return mean_of_seeds(ends[0] - ends[1])


def test_the_answer_about_the_small_task_holds(small, small_longer) -> None:
    """SeqGAN is lower than its start in all seeds and by 3 standard errors; both kinds
    of empty rewards are not, and SeqGAN is lower than they are; the interval of its
    distance to the temperature contains zero.
    """
    assert (oracle.change(small, "roll-outs", "oracle") < 0).all()
    assert standard_errors_below_start(small.curves, "roll-outs") > 3
    for empty in ("constant", "noise"):
        change = change_from_start(small.curves, empty, "oracle")
        assert change.low < 0 < change.high
        assert gap(small, "roll-outs", empty).high < 0
    behind = against_temperature(small.curves, "roll-outs")
    assert behind.low < 0 < behind.high
    asked = figures.predict_temperature(small, small_longer).question
    assert asked.options[asked.answer].startswith("Both")
    assert "80 rounds" in asked.question and "0.13 nats" in asked.because
    assert "3.4 standard errors" in asked.because


def test_what_the_text_says_of_the_exact_judge(small, small_longer) -> None:
    """In the small task the loop gets lower with it than with D in 80 rounds; in three
    times as many D catches up, and SeqGAN stays level with the temperature.
    """
    assert gap(small, "roll-outs", "exact judge").low > 0
    later = gap(small_longer, "roll-outs", "exact judge")
    assert later.low < 0 < later.high
    behind = against_temperature(small_longer.curves, "roll-outs")
    assert behind.low < 0 < behind.high
    words = verdicts.small_words(small, small_longer)
    assert re.findall(r"\d+(?:\.\d+)?", words) == ["0.07", "80", "240"]


def test_the_answer_about_the_cause_holds(small, larger, longer, causes) -> None:
    """With 100 tokens SeqGAN's change has zero in its interval, with new sequences for
    D, too; with the exact judge G ends 3 standard errors below its start. D's ranking
    is worse than in the small task in every seed.
    """
    for result, arm in ((larger, "roll-outs"), (causes, "fresh sequences")):
        change = change_from_start(result.curves, arm, "oracle")
        assert change.low < 0 < change.high
    assert standard_errors_below_start(causes.curves, "exact judge") > 3
    assert gap(causes, "exact judge", "fresh sequences").high < 0
    ranks = reasons.at_last(causes, "fresh sequences", "agreement")
    assert ranks.max() < reasons.at_last(small, "roll-outs", "agreement").min()
    asked = figures.predict_cause(small, larger, longer, causes).question
    assert asked.options[asked.answer].startswith("The exact judge")
    assert re.findall(r"\d\.\d+", asked.because) == ["0.65", "0.20", "0.43"]


def test_new_sequences_leave_nothing_to_remember(longer, causes) -> None:
    """D is as often right for sequences of the data as for new ones: within 2 %."""
    seen = reasons.last_mean(causes, "fresh sequences", "right_seen").value
    new = reasons.last_mean(causes, "fresh sequences", "right").value
    assert seen == pytest.approx(new, abs=0.02)
    words = verdicts.cause_words(longer, causes)
    assert "right for 70 % of new sequences" in " ".join(words.split())


def test_what_the_text_says_of_judges_with_100_tokens(causes) -> None:
    """The exact judge is behind the temperature and answers nearly zero on average; the
    softened judge cannot be told from the temperature, and in one seed few of its pairs
    are different.
    """
    assert against_temperature(causes.curves, "exact judge").low > 0
    assert reasons.at_last(causes, "exact judge", "reward").max() < 0.1
    soft = against_temperature(causes.curves, "soft judge")
    assert soft.low < 0 < soft.high
    assert (end_values(causes.curves, "soft judge", "distinct") < 0.1).sum() == 1


def test_a_longer_training_ends_below_its_start(larger, longer) -> None:
    """With three times as many rounds SeqGAN is lower in all seeds and by 3 standard
    errors, as it is not before; a temperature at equal NLL of real data is lower still.
    """
    rounds = [result.settings["rounds"] for result in (larger, longer)]
    assert rounds[1] == 3 * rounds[0]
    assert standard_errors_below_start(larger.curves, "roll-outs") < 1
    assert standard_errors_below_start(longer.curves, "roll-outs") > 3
    assert (oracle.change(longer, "roll-outs", "oracle") < 0).all()
    assert against_temperature(longer.curves, "roll-outs").low > 0


def test_no_baseline_does_not_help(larger) -> None:
    """The paper's form differs in the baseline only, and its change has zero in its
    interval.
    """
    plain = load_result("sequence_oracle_plain")
    arms = [result.settings["arms"]["roll-outs"] for result in (larger, plain)]
    assert arms[0] | {"baseline": False} == arms[1]
    change = change_from_start(plain.curves, "roll-outs", "oracle")
    assert change.low < 0 < change.high


def test_both_results_with_100_tokens_have_the_same_starts(larger, causes) -> None:
    """So their arms may stand in one table."""
    for measure in ("oracle", "gen", "distinct"):
        starts = [start_values(x.curves, measure) for x in (larger, causes)]
        np.testing.assert_array_equal(*starts)
    table = oracle.oracle_table(larger, causes)
    shown = {oracle.NAMES[arm] for arm in oracle.NAMES}
    assert set(table.entries) == shown | {"maximum likelihood"}


def test_the_cause_picture_shows_every_seed(
    small, larger, longer, causes, drawn
) -> None:
    """Each row has its changes on the left and its rank correlations on the right."""
    picture = reasons.cause_picture(small, larger, longer, causes)
    left, right = drawn[0].axes
    for row, (result, arm) in enumerate(
        reasons.cause_rows(small, larger, longer, causes).values()
    ):
        dots = left.lines[2 * row].get_xdata()
        np.testing.assert_array_equal(dots, oracle.change(result, arm, "oracle"))
    ranks = [dots.get_xdata() for dots in right.lines[::2]]
    expected = [
        reasons.at_last(small, "roll-outs", "agreement"),
        reasons.at_last(small, "exact judge", "agreement"),
        reasons.at_last(causes, "fresh sequences", "agreement"),
        reasons.at_last(causes, "exact judge", "agreement"),
    ]
    np.testing.assert_array_equal(ranks, expected)
    assert "100: fresh data: change +0.03, ranking 0.20" in picture.alt


def test_what_the_text_says_of_a_constant_reward(larger) -> None:
    """In one seed its NLL under the oracle falls by more than half a nat, in others it
    rises; the NLL of real data rises in all seeds.
    """
    found = oracle.change(larger, "constant", "oracle")
    assert (found < -0.5).sum() == 1 and (found > 0).sum() >= 2
    assert (oracle.change(larger, "constant", "gen") > 0).all()


def test_the_plane_shows_the_means_and_the_temperature(small, drawn) -> None:
    """The star stands at the mean change of its temperature, and at τ = 1 at zero; a
    large mark stands at the means of each arm.
    """
    for tau in (0.8, 1.0):
        oracle.plane_picture(small, tau)
        star = drawn[-1].axes[0].lines[1]
        at = small.curves["temperatures"].index(tau)
        measured = (np.array(small.curves["MLE"][name]) for name in ("gen", "oracle"))
        means = [(rows[:, at] - rows[:, 5]).mean() for rows in measured]
        assert [star.get_xdata()[0], star.get_ydata()[0]] == pytest.approx(means)
    assert means == pytest.approx([0, 0])
    mark = line(drawn[-1].axes[0], "SeqGAN")
    assert mark[0] == oracle.change(small, "roll-outs", "oracle").mean()


# --- the dialogue ---


def test_the_first_picture_shows_the_dull_answer(talked, drawn) -> None:
    """The likeliest answer is the dull one nearly always, the sampled about as often
    as people's.
    """
    dialogue.dull_answers(talked)
    widths = [patch.get_width() for patch in drawn[0].axes[1].patches]
    assert widths[0] == pytest.approx(30)
    assert widths[1] == pytest.approx(30, abs=5) and widths[-1] > 95
    words = [text.get_text() for text in drawn[0].axes[0].texts]
    assert words.count("i do not know") == 2


def test_the_answer_about_teacher_forcing_holds(talked) -> None:
    """Without teacher forcing the total variation grows in all seeds; with the judge
    that knows all it falls in all seeds; with teacher forcing it falls, too.
    """
    start = variation(talked, "start")
    for arm in ("REINFORCE", "REGS, prefixes"):
        assert (variation(talked, f"{arm}, no teacher forcing") > start + 0.15).all()
        assert (variation(talked, arm) < start).all()
    assert (variation(talked, "knowing judge") < start).all()


def test_what_becomes_of_answers_without_teacher_forcing(talked) -> None:
    """With REGS at most two answers in a hundred fit; with REINFORCE few fit in four
    seeds, and four of five answers are dull in the fifth.
    """
    regs = "REGS, prefixes, no teacher forcing"
    assert dialogue.examined(talked, regs, "sampling", "admissible").max() < 0.02
    vanilla = "REINFORCE, no teacher forcing"
    fits = dialogue.examined(talked, vanilla, "sampling", "admissible")
    assert (fits < 0.15).sum() == 4
    assert dialogue.examined(talked, vanilla, "sampling", "dull")[fits.argmax()] > 0.8


def test_a_low_rate_neither_harms_nor_helps(talked) -> None:
    """The change of the total variation at the lower rate has zero in its interval."""
    slow = variation(talked, "REGS, prefixes, slow") - variation(talked, "start")
    assert mean_of_seeds(slow).low < 0 < mean_of_seeds(slow).high


def test_the_reward_adds_nothing_that_the_seeds_show(talked) -> None:
    """The interval of REINFORCE minus maximum likelihood alone contains zero."""
    pair = (("REINFORCE", "sampling"), ("maximum likelihood", "sampling"))
    found = dialogue_difference(talked.curves, *pair)
    assert found.low < 0 < found.high


def test_regs_is_not_ahead_of_reinforce(talked) -> None:
    """The intervals of both kinds of REGS minus REINFORCE contain zero."""
    for arm in ("REGS, roll-outs", "REGS, prefixes"):
        pair = ((arm, "sampling"), ("REINFORCE", "sampling"))
        found = dialogue_difference(talked.curves, *pair)
        assert found.low < 0 < found.high


def test_what_the_text_says_of_rewards_by_a_judge_that_knows(talked, credit) -> None:
    """REGS with prefixes deceives more often than REINFORCE, and the other two keep the
    dull answer and one of three kinds of four answers, in every seed.
    """
    grammar = DialogueGrammar()
    kept = grammar.dull + grammar.probabilities[1:5].sum()
    for arm in credit.settings["arms"]:
        np.testing.assert_allclose(variation(credit, arm), 1 - kept, atol=1e-3)
    every = talked.curves | credit.curves
    pair = (("knowing judge", "sampling"), ("knowing judge, whole", "sampling"))
    assert dialogue_difference(every, *pair).low > 0.1
    caption = dialogue.dialogue_table(talked, credit).caption
    assert "15 points higher [10, 19] than of REINFORCE" in caption
    for arm in ("knowing judge, whole", "knowing judge, roll-outs"):
        assert (variation(credit, arm) > variation(talked, "start")).sum() == 4
    fits = [dialogue.examined(talked, "knowing judge", "sampling", "admissible")] + [
        dialogue.examined(credit, arm, "sampling", "admissible")
        for arm in credit.settings["arms"]
    ]
    assert np.min(fits) > 0.7


def test_sampling_deceives_more_often(talked) -> None:
    """Sampled answers of the start succeed more often than its likeliest answers."""
    pair = (("start", "sampling"), ("start", "beam"))
    assert dialogue_difference(talked.curves, *pair).low > 0.1


def test_the_table_and_the_curves_show_the_same_arms(talked, credit, drawn) -> None:
    """Every arm of the table has a curve, but the start and the arms of the credit."""
    dialogue.dialogue_curves(talked)
    curves = {line.get_label() for line in drawn[0].axes[0].lines}
    rows = set(dialogue.dialogue_table(talked, credit).entries)
    others = ("start", *credit.settings["arms"])
    assert rows - curves == {dialogue.name_of(arm) for arm in others}


def test_the_arms_of_the_credit_have_the_same_starts(talked, credit) -> None:
    """So they may stand in one table, and be compared seed by seed."""
    for measure in ("total_variation", "dull"):
        starts = [x.curves["start"]["curves"][measure] for x in (talked, credit)]
        np.testing.assert_allclose(*starts, atol=1e-3)


def test_the_text_has_the_numbers_that_it_mentions(talked) -> None:
    """Each number of the chapter's sentences is computed, and none in vain."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    text = "".join("".join(cell["source"]) for cell in cells)
    mentioned = set(re.findall(r"\{glue:text\}`(\w+)`", text))
    grammar = load_result("sequence_grammar")
    assert mentioned == set(figures.numbers(talked, grammar))
