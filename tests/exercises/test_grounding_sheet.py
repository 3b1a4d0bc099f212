"""The sheet *Grounded action transformation* with many students: its third question has
other numbers for each of them, and its recipe must work for all.
"""

import nbformat
import pytest
import yaml

from lecture_code.exercises import QUICK_VARIABLE
from tests.exercises.conftest import BOOK_SHEETS, needs_book_sheets
from tools.grading.cells import grade_id

pytestmark = needs_book_sheets
FOLDER = BOOK_SHEETS / "grounded_action_transformation"
STUDENTS = [f"student {number}" for number in range(24)]


@pytest.fixture(scope="module")
def cells():
    """Source of each named cell."""
    notebook = nbformat.read(FOLDER / "sheet.ipynb", as_version=4)
    return {grade_id(cell): cell.source for cell in notebook.cells}


@pytest.fixture(scope="module")
def answers():
    """Source of each listed answer, by its name."""
    listed = yaml.safe_load((FOLDER / "mistakes.yml").read_text(encoding="utf-8"))
    return {answer["name"]: answer["source"] for answer in listed}


def verdicts(cells, question, answer, monkeypatch):
    """Whether the answer passes the question's test, for each student."""
    monkeypatch.setenv(QUICK_VARIABLE, "1")
    numbers = cells.get(f"{question}_numbers", "")
    passed = {}
    for student in STUDENTS:
        scope = {"STUDENT": student, "print": lambda *words: None}
        for source in (cells["setup"], numbers, answer):
            exec(source, scope)
        try:
            exec(cells[f"{question}_test"], scope)
        except AssertionError as error:
            passed[student] = str(error)
        else:
            passed[student] = True
    return passed


@pytest.mark.parametrize(
    "name",
    [
        "reference",
        "the law without a margin",
        "three experiments and a line through them",
    ],
)
def test_the_third_questions_recipe_works_for_every_student(
    cells, answers, name, monkeypatch
):
    """Conformance: the reference, the exact law and the recipe of the text pass."""
    answer = cells["q3"] if name == "reference" else answers[name]
    passed = verdicts(cells, "q3", answer, monkeypatch)
    assert set(passed.values()) == {True}, passed


def test_no_constant_answers_the_third_question(cells, monkeypatch):
    """Negative control: no number of steps passes for half of the students."""
    for n in (1_000, 2_000, 4_000, 8_000):
        passed = verdicts(cells, "q3", f"n = {n}", monkeypatch)
        assert sum(one is True for one in passed.values()) < len(passed) / 2, n


@pytest.mark.parametrize(
    "name",
    ["the robot executes g", "the robot executes g, and the recording says so"],
)
def test_a_robot_that_executes_g_never_passes(cells, answers, name, monkeypatch):
    """Negative control: g belongs to the simulator; the reference passes, these
    fail for every student.
    """
    right = verdicts(cells, "q4", cells["q4"], monkeypatch)
    assert set(right.values()) == {True}, right
    passed = verdicts(cells, "q4", answers[name], monkeypatch)
    assert all("g belongs to the simulator" in str(word) for word in passed.values())
