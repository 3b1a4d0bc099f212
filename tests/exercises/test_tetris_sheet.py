"""The tests of the Tetris sheet decide for every student: numbers come from an id, and
no id makes a wrong answer right.

The answers and tests run in this process; `test_sheets.py` runs the sheet as the grader
does.
"""

from typing import Any

import pytest

from tests.exercises.conftest import BOOK_SHEETS, cell_of, needs_book_sheets
from tools.grading.sheets import find_sheets

pytestmark = needs_book_sheets
SHEET = find_sheets(BOOK_SHEETS)["tetris"] if BOOK_SHEETS.is_dir() else None
STUDENTS = [f"student {number}" for number in range(40)]


def wrong(cell: str) -> list[Any]:
    """The known mistakes of an answer."""
    return [m for m in SHEET.listed() if m.cell == cell] if SHEET else []


def run(student: str, *cells: str, **answers: str) -> dict[str, Any]:
    """Names of the sheet after some of its cells, of which some are answered anew."""
    assert SHEET is not None
    names: dict[str, Any] = {"STUDENT": student}
    for cell in ("setup", *cells):
        source = answers.get(cell) or cell_of(SHEET.notebook, cell).source
        exec(source, names)
    return names


def test_the_boards_of_question_2_refute_every_wrong_rule_for_every_student() -> None:
    """For each of forty ids the hidden boards refute the six wrong rules, and the
    reference passes.
    """
    for student in STUDENTS:
        refuted = run(student, "q2", "q2_test")["refuted"]
        assert len(refuted) == 6 and min(refuted.values()) >= 1, student


@pytest.mark.parametrize("question", ["q2", "q4"])
def test_a_wrong_answer_is_wrong_for_every_student(question: str) -> None:
    """For each of forty ids each known wrong answer fails the test of its question;
    each id tries one of them here, and the first eight ids all of them.
    """
    mistakes = wrong(question)
    assert len(mistakes) >= 5
    for number, student in enumerate(STUDENTS):
        tried = mistakes if number < 8 else [mistakes[number % len(mistakes)]]
        for mistake in tried:
            with pytest.raises(AssertionError):
                run(student, question, f"{question}_test", **{question: mistake.source})


def test_a_right_answer_to_question_4_passes_for_every_student() -> None:
    """Also an answer that chooses between players on other games than it reports."""
    chooses = """
def train_and_report(score, d, rng, generations=8):
    cem = CrossEntropyMethod(np.zeros(d), 10.0, 40, 0.1, noise=4.0)
    found = []
    for t in range(generations):
        thetas = cem.ask(rng)
        cem.tell(thetas, score(thetas, rng))
        if t >= generations - 2:
            found.append((score(np.tile(cem.mean, (10, 1)), rng).mean(), t, cem.mean))
    player = max(found)[2]
    return player, score(np.tile(player, (50, 1)), rng).mean()
"""
    for student in STUDENTS:
        run(student, "q4", "q4_test")
        run(student, "q4", "q4_test", q4=chooses)


def test_searches_without_noise_stay_below_what_question_3_asks() -> None:
    """On each of the four widths, the wrong answer without noise fails for the first
    student with this width, and so do the answers by guess.
    """
    first: dict[int, str] = {}
    for student in STUDENTS:
        first.setdefault(run(student, "q3_numbers")["width"], student)
    assert sorted(first) == [7, 8, 9, 10]
    for student in first.values():
        for mistake in wrong("q3"):
            with pytest.raises(AssertionError, match="were asked for"):
                run(student, "q3_numbers", "q3", "q3_test", q3=mistake.source)
