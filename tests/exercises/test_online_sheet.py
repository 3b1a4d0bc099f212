"""The sheet *Online dynamics adaptation* with many students: its first two questions
have other numbers for each of them, and chance must not forgive a wrong answer.

The answers and tests run in this process; `test_sheets.py` runs the sheet as the grader
does.
"""

from typing import Any

import pytest

from tests.exercises.conftest import BOOK_SHEETS, cell_of, needs_book_sheets
from tools.grading.sheets import find_sheets

pytestmark = needs_book_sheets
SHEET = find_sheets(BOOK_SHEETS)["online_adaptation"] if BOOK_SHEETS.is_dir() else None
STUDENTS = [f"student {number}" for number in range(150)]
WRONG = [
    pytest.param(mistake.cell, mistake.source, id=mistake.name)
    for mistake in (SHEET.listed() if SHEET else [])
    if mistake.cell in ("q1", "q2") and mistake.loses
]
RIGHT = {
    mistake.name: mistake.source
    for mistake in (SHEET.listed() if SHEET else [])
    if mistake.cell == "q2" and not mistake.loses
}


def passing(question: str, answer: str) -> list[str]:
    """The students whose numbers let an answer pass."""
    assert SHEET is not None
    cells = ("setup", f"{question}_numbers", question, f"{question}_test")
    sources = [cell_of(SHEET.notebook, cell).source for cell in cells]
    sources[2] = answer
    programs = [compile(source, question, "exec") for source in sources]
    passed = []
    for student in STUDENTS:
        names: dict[str, Any] = {"STUDENT": student, "print": lambda *words: None}
        for program in programs[:3]:
            exec(program, names)
        try:
            exec(programs[3], names)
        except AssertionError:
            continue
        passed.append(student)
    return passed


@pytest.mark.parametrize(("question", "answer"), WRONG)
def test_a_wrong_answer_fails_for_every_student(question: str, answer: str) -> None:
    """Negative control: no student's numbers forgive a typical mistake."""
    assert passing(question, answer) == []


@pytest.mark.parametrize("question", ["q1", "q2"])
def test_the_reference_passes_for_every_student(question: str) -> None:
    """Conformance: the reference fits the numbers of every student."""
    assert SHEET is not None
    reference = cell_of(SHEET.notebook, question).source
    assert passing(question, reference) == STUDENTS


def test_another_style_passes_for_every_student() -> None:
    """Conformance: arrays in place of a loop are right, too."""
    assert RIGHT
    for name, answer in RIGHT.items():
        assert passing("q2", answer) == STUDENTS, name
