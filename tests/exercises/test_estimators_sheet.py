"""The sheet *Estimate or propagate?* with many students: the reference and right
answers in other styles pass for all of them, and wrong ones are told what is wrong.

Its tests compare draws with exact laws, so they must decide for every student's draws.
"""

import pytest

from tests.exercises.conftest import (
    BOOK_SHEETS,
    cell_of,
    check_answer,
    needs_book_sheets,
)
from tools.grading.sheets import find_sheets

pytestmark = [
    needs_book_sheets,
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),  # one answer overflows
]
SHEET = find_sheets(BOOK_SHEETS)["estimators"] if BOOK_SHEETS.is_dir() else None
LISTED = SHEET.listed() if SHEET else []
STUDENTS = [f"student {number}" for number in range(40)]
FEW = STUDENTS[:5]

MESSAGES = {
    "the mean of the relaxed bit": "Which weight does each y|larger region",
    "the probability as the border of straight-through Gumbel": "slope at y",
    "the learner stops where P(b = 1) is t": "at which probability is the border",
    "the weight without the temperature": "Which weight does each y",
    "one baseline for all logits": "has less variance",
    "the mean loss": "has less variance",
    "the formula of one bit, with a plain mean of the other losses": "less variance",
    "the square of the mean is forgotten": "less the square of the mean",
    "the softmax overflows": "1000 added to all logits",
    "the baseline leaves out the token itself": "has less variance",
    "the chapter's formula for logits that are log p": "must have the law of",
    "the exponentials in place of probabilities": "must have the law of",
    "the probabilities are forgotten": "must have the law of",
    "new noise, and the two largest exchanged": "must have the law of",
    "new noise that forgets the token": "is b, always",
    "the second path is left out": "is not the exact gradient",
    "the first noise in place of the second": "the mean is right, but the variance",
    "the score without the probabilities": "is not the exact gradient",
    "η is forgotten on the paths": "is not the exact gradient",
    "z̃ is a constant": "is not the exact gradient",
    "REINFORCE alone": "the mean is right, but the variance",
    "only the mean is mended": "which of the two relaxed losses",
    "only the variance is mended": "Which parts of z_again depend on θ",
    "p is a constant in one of the two branches": "Which parts of z_again",
    "both paths without z̃": "is not the exact gradient",
    "z̃ is not drawn given b": "does its z̃ give the same b",
    "REINFORCE alone, of a bit": "the mean is right, and the variance",
}
"""Listed mistake -> what its student is told."""


def listed(name: str) -> tuple[str, str]:
    """Question and source of a listed answer."""
    found = next(one for one in LISTED if one.name == name)
    return found.cell, found.source


def test_every_listed_mistake_has_its_message() -> None:
    """No listed mistake is left out below."""
    assert {one.name for one in LISTED if one.loses} == set(MESSAGES)


@pytest.mark.parametrize("question", ["q1", "q2", "q3", "q4"])
def test_the_reference_passes_for_every_student(question: str) -> None:
    """The reference passes, whatever the numbers and the draws."""
    assert SHEET is not None
    reference = cell_of(SHEET.notebook, question).source
    for student in STUDENTS:
        check_answer(SHEET, question, reference, student)


@pytest.mark.parametrize("name", [one.name for one in LISTED if not one.loses])
def test_right_answers_in_other_styles_pass(name: str) -> None:
    """A right answer in another style passes: integrals, draws, loops, cut-off laws."""
    for student in FEW:
        check_answer(SHEET, *listed(name), student)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_wrong_answer_is_told_what_is_wrong(name: str) -> None:
    """The message of a lost question names the mistake, whatever the numbers."""
    for student in FEW:
        with pytest.raises(AssertionError, match=MESSAGES[name]):
            check_answer(SHEET, *listed(name), student)


def test_the_silent_mistake_leaves_the_mean_as_it_is() -> None:
    """Negative control: with a limit of variance that is never reached, the answer to
    question 4 that mends only the mean would pass for all students.
    """
    assert SHEET is not None
    _, source = listed("only the mean is mended")
    test = cell_of(SHEET.notebook, "q4_test").source
    assert test.count("g.var() < 1.15 * least") == 1
    blind = test.replace("g.var() < 1.15 * least", "g.var() < 100 * least")
    for student in STUDENTS:
        scope = {"STUDENT": student}
        exec(cell_of(SHEET.notebook, "setup").source, scope)
        exec(source, scope)
        exec(blind, scope)
