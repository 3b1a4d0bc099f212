"""The sheet *Sequence generation* with many students: the reference and right answers
in other styles pass for all of them, wrong ones are told what is wrong, and what the
sheet says of its own numbers is so.
"""

import re
from typing import Any

import numpy as np
import pytest
import torch

from lecture_code.learning.recurrent import LanguageModel
from tests.exercises.conftest import (
    BOOK_SHEETS,
    cell_of,
    check_answer,
    needs_book_sheets,
    scope_of,
)
from tools.grading.sheets import find_sheets

pytestmark = [
    needs_book_sheets,
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),  # one answer meets log 0
    pytest.mark.usefixtures("one_torch_thread"),
]
SHEET = (
    find_sheets(BOOK_SHEETS)["sequence_generation"] if BOOK_SHEETS.is_dir() else None
)
LISTED = SHEET.listed() if SHEET else []
STUDENTS = [f"student {number}" for number in range(200)]
HOW_MANY = {"q1": 40, "q2": 40, "q3": 200, "q4": 200}
FEW = STUDENTS[:5]

MESSAGES = {
    "the token is drawn again": "after it, the token a kept",
    "the prefix is forgotten": "after it, the token a kept",
    "the token stands before the prefix": "after it, the token a kept",
    "the spread of one reward": "the spread of one reward, over",
    "the likeliest continuation": "rest drawn by the language|times what it should",
    "one draw for all rows": "with a new draw for each row",
    "N roll-outs for all tokens together": "times what it should be",
    "draws of numpy's own generator": "the same rng gives the same values",
    "the sequence is part of its own baseline": "the weights are 1 and −1",
    "without a baseline, as in the paper": "all tokens earn the same",
    "every token gets the whole reward": "which rewards did token t earn",
    "the reward up to the token": "which rewards come after it",
    "the token's own reward only": "which rewards come after it",
    "one baseline for all places": "all tokens earn the same",
    "a mean over the tokens, too": "what is the mean taken over",
    "the score without the probabilities": "is not the exact gradient",
    "the logit's own probability only": "the scores",
    "a row that comes twice counts once": "Their mean is",
    "the row of the token itself": "in the row of the start",
    "downhill": "Their mean is",
    "the other temperature, above 1": "a temperature below 1",
    "probabilities to the power of the temperature": "logits divided by τ",
    "the first token does not count": "the first token included",
    "probabilities divided by the temperature": "logits divided by τ",
    "the same NLL under the oracle": "has the NLL of real data",
    "the comparison at temperature 1": "nll_ml: .* temperature belongs to `ml`",
    "the oracle has the temperature, too": "the oracle judges as it is",
    "the sum over a sequence": "the mean per token",
    "all tokens follow the start": "from the first token to the last",
    "the generator is asked about the oracle's sequences": "Who writes, who judges",
    "the entropy of the generator": "Who writes, who judges",
    "only the end is mended": "What has the model read when it must know y_t",
    "only the inputs are mended": "the end is the last",
    "all zeros count": "An answer of k words has k . 1 places",
    "shifted by two": "What has the model read when it must know y_t",
    "the start is not read": "What has the model read when it must know y_t",
    "the mask turned by one place": "An answer of k words has k . 1 places",
    "the first token does not count, of an answer": "does every token count",
    "the mean of each answer's mean": "mean is over all places of the batch together",
    "the mean over all places": "the mean over four tokens",
    "the sum of an answer": "the mean over four tokens",
    "the second zero counts, too": "An answer of k words has k . 1 places",
    "the end as a constant": "its gradient is not",
}
"""Listed mistake -> what its student is told."""


def listed(name: str) -> tuple[str, str]:
    """Question and source of a listed answer."""
    found = next(one for one in LISTED if one.name == name)
    return found.cell, found.source


def reference(question: str) -> str:
    """The source of the reference's answer."""
    assert SHEET is not None
    source: str = cell_of(SHEET.notebook, question).source
    return source


def colleague() -> str:
    """The code with the silent bug, as the sheet shows it."""
    assert SHEET is not None
    text = next(cell.source for cell in SHEET.notebook.cells if cell.id == "q4-text")
    found = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


def test_every_listed_mistake_has_its_message() -> None:
    """No listed mistake is left out below."""
    assert {one.name for one in LISTED if one.loses} == set(MESSAGES)


@pytest.mark.parametrize("question", HOW_MANY)
def test_the_reference_passes_for_every_student(question: str) -> None:
    """The reference passes, whatever the numbers and the draws."""
    for student in STUDENTS[: HOW_MANY[question]]:
        check_answer(SHEET, question, reference(question), student)


@pytest.mark.parametrize("name", [one.name for one in LISTED if not one.loses])
def test_right_answers_in_other_styles_pass(name: str) -> None:
    """A right answer in another style passes: loops, torch, enumeration, draws."""
    students = STUDENTS[:2] if name == "right: sequence by sequence" else FEW
    for student in students:
        check_answer(SHEET, *listed(name), student)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_wrong_answer_is_told_what_is_wrong(name: str) -> None:
    """The message of a lost question names the mistake, whatever the numbers."""
    for student in FEW:
        with pytest.raises(AssertionError, match=f"(?s){MESSAGES[name]}"):
            check_answer(SHEET, *listed(name), student)


def test_only_the_variance_shows_who_earned_the_reward() -> None:
    """Negative control: if any variance were good enough, an answer that gives every
    token the whole reward would pass, because its mean is exact.
    """
    assert SHEET is not None
    _, source = listed("every token gets the whole reward")
    test = cell_of(SHEET.notebook, "q2_test").source
    assert test.count("more < 1.15") == 1
    for student in FEW:
        scope = scope_of(SHEET, student, "q2")
        exec(source, scope)
        exec(test.replace("more < 1.15", "more < 100"), scope)


def test_what_the_sheet_says_of_its_generators_is_so() -> None:
    """For every student `other` wins under the oracle against `ml` as it is, the NLL of
    real data falls from τ = 0.2 to 0.7, and the answer lies there; with the temperature
    either of the two wins for many.
    """
    gains = []
    for student in STUDENTS:
        scope = scope_of(SHEET, student, "q3")
        exec(reference("q3"), scope)
        nll_real, ml, other = scope["nll_real"], scope["ml"], scope["other"]
        curve = [nll_real(ml, tau) for tau in np.linspace(0.2, 0.7, 6)]
        assert (np.diff(curve) < 0).all()
        assert curve[0] > nll_real(other) > max(curve[-1], nll_real(ml))
        assert scope["nll_other"] < scope["nll_oracle"](ml) - 0.1
        gains.append(scope["nll_other"] - scope["nll_ml"])
    assert np.mean(np.array(gains) > 0.02) > 0.15
    assert np.mean(np.array(gains) < -0.02) > 0.15


def taught(source: str) -> tuple[float, torch.Tensor]:
    """A model that learns from answers with a loss: the last loss, and 200 answers."""
    scope: dict[str, Any] = {"torch": torch}
    exec(source, scope)
    noise = torch.Generator().manual_seed(0)
    words = torch.randint(1, 6, (200, 8), generator=noise)
    lengths = torch.randint(2, 6, (200, 1), generator=noise)
    Y = torch.where(torch.arange(8) < lengths, words, 0)
    model = LanguageModel(6, 8, 16, noise, 0.1).double()
    optimiser = torch.optim.Adam(model.parameters(), 0.03)
    for _ in range(60):
        optimiser.zero_grad()
        loss = scope["teacher_loss"](model, Y)
        loss.backward()
        optimiser.step()
    return float(loss.detach()), model.sample(200, 8, noise)


def test_the_silent_bug_behaves_as_the_sheet_says() -> None:
    """The colleague's loss falls to nearly zero, although the words are drawn without a
    pattern, and no answer ends; mended, the loss stays high, and nearly all end.
    """
    loss, answers = taught(colleague())
    assert loss < 0.1 and (answers == 0).any(1).float().mean() < 0.05
    loss, answers = taught(reference("q4"))
    assert loss > 1.0 and (answers == 0).any(1).float().mean() > 0.9
    with pytest.raises(AssertionError, match="What has the model read"):
        check_answer(SHEET, "q4", colleague(), FEW[0])
