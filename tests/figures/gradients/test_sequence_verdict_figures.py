"""The figures of the oracle and of the dialogue show what the results say, and so do
the answers and the text of the chapter on sequence generation.
"""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from lecture_code.experiments import Result, load_result
from lecture_code.experiments.gradients.sequence_generation.dialogue_runs import (
    dialogue_difference,
)
from lecture_code.experiments.gradients.sequence_generation.oracle import (
    against_temperature,
    change_from_start,
)
from lecture_code.figures.gradients import sequence_generation as figures
from lecture_code.figures.gradients.sequence_generation import dialogue, oracle

NOTEBOOK = (
    Path(__file__).parents[3] / "book" / "gradients" / "sequence_generation.ipynb"
)


@pytest.fixture(scope="module")
def learnt() -> Result:
    return load_result("sequence_oracle")


@pytest.fixture(scope="module")
def talked() -> Result:
    return load_result("sequence_dialogue")


def variation(result: Result, arm: str) -> np.ndarray:
    return np.array(result.curves[arm]["curves"]["total_variation"])[:, -1]


def test_the_answer_about_the_temperature_holds(learnt) -> None:
    """At equal NLL of real data the temperature is lower in every seed; the change of
    SeqGAN from its start has zero in its interval.
    """
    assert against_temperature(learnt.curves, "roll-outs").low > 0
    change = change_from_start(learnt.curves, "roll-outs", "oracle")
    assert change.low < 0 < change.high
    asked = figures.predict_temperature(learnt).question
    assert asked.options[asked.answer] == "That of the temperature"


def test_what_the_text_says_of_a_constant_reward(learnt) -> None:
    """In one seed its NLL under the oracle falls by more than half a nat, in others it
    rises; the NLL of real data rises in all seeds.
    """
    found = oracle.change(learnt, "constant", "oracle")
    assert (found < -0.5).sum() == 1 and (found > 0).sum() >= 2
    assert (oracle.change(learnt, "constant", "gen") > 0).all()


def test_the_plane_shows_the_means_and_the_temperature(learnt, drawn) -> None:
    """The star stands at the mean change of its temperature, and at τ = 1 at zero."""
    for tau in (0.7, 1.0):
        oracle.plane_picture(learnt, tau)
        star = drawn[-1].axes[0].lines[1]
        at = learnt.curves["temperatures"].index(tau)
        means = [
            oracle.temperature_change(learnt, name).mean(axis=0)[at]
            for name in ("gen", "oracle")
        ]
        assert [star.get_xdata()[0], star.get_ydata()[0]] == pytest.approx(means)
    assert means == pytest.approx([0, 0])


def test_the_first_picture_shows_the_dull_answer(talked, drawn) -> None:
    """The likeliest answer is the dull one nearly always, the sampled about as often
    as people's.
    """
    dialogue.dull_answers(talked)
    widths = [patch.get_width() for patch in drawn[0].axes[1].patches]
    assert widths[0] == pytest.approx(30)
    assert widths[1] == pytest.approx(30, abs=5) and widths[-1] > 95
    words = [text.get_text() for text in drawn[0].axes[0].texts]
    assert words.count("i do not know") == 4


def test_the_answer_about_teacher_forcing_holds(talked) -> None:
    """Without teacher forcing the total variation grows in all seeds; with the judge
    that knows all it falls in all seeds; with teacher forcing it falls, too.
    """
    start = variation(talked, "start")
    for arm in ("REINFORCE", "REGS, prefixes"):
        assert (variation(talked, f"{arm}, no teacher forcing") > start + 0.15).all()
        assert (variation(talked, arm) < start).all()
    assert (variation(talked, "knowing judge") < start).all()


def test_regs_is_not_ahead_of_reinforce(talked) -> None:
    """The intervals of both kinds of REGS minus REINFORCE contain zero."""
    for arm in ("REGS, roll-outs", "REGS, prefixes"):
        pair = ((arm, "sampling"), ("REINFORCE", "sampling"))
        found = dialogue_difference(talked.curves, *pair)
        assert found.low < 0 < found.high


def test_sampling_deceives_more_often(talked) -> None:
    """Sampled answers of the start succeed more often than its likeliest answers."""
    pair = (("start", "sampling"), ("start", "beam"))
    assert dialogue_difference(talked.curves, *pair).low > 0.1


def test_the_table_and_the_curves_show_the_same_arms(talked, drawn) -> None:
    """Every arm of the table but the start has a curve."""
    dialogue.dialogue_curves(talked)
    curves = {line.get_label() for line in drawn[0].axes[0].lines}
    rows = set(dialogue.dialogue_table(talked).entries)
    assert rows - curves == {dialogue.name_of("start")}


def test_the_text_has_the_numbers_that_it_mentions(talked) -> None:
    """Each number of the chapter's sentences is computed, and none in vain."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    text = "".join("".join(cell["source"]) for cell in cells)
    mentioned = set(re.findall(r"\{glue:text\}`(\w+)`", text))
    assert mentioned == set(figures.numbers(talked, load_result("sequence_grammar")))
