"""The test of question 3 of the mixture's sheet decides for every student: an answer in
the wrong unit fails before anything is trained, whatever scale the id gives.

The answers and tests run in this process; `test_sheets.py` runs the sheet as the grader
does, with its trainings.
"""

from typing import Any

import numpy as np
import pytest

from lecture_code.exercises import student_rng
from tests.exercises.conftest import BOOK_SHEETS, cell_of, needs_book_sheets
from tools.grading.sheets import find_sheets

pytestmark = needs_book_sheets
SHEET = find_sheets(BOOK_SHEETS)["mixture_of_experts"] if BOOK_SHEETS.is_dir() else None
STUDENTS = [f"student {number}" for number in range(25)]
TRAINING = "torch.set_num_threads(1)"  # from here on the test trains


def known(loses: bool) -> dict[str, str]:
    """The listed answers to question 3 that lose its points, or that do not."""
    listed = SHEET.listed() if SHEET else []
    return {
        m.name: m.source for m in listed if m.cell == "q3" and bool(m.loses) == loses
    }


def check(student: str, answer: str, *, train: bool) -> None:
    """The test of question 3 on an answer, as a whole or only until it trains."""
    assert SHEET is not None
    names: dict[str, Any] = {"STUDENT": student}
    for cell in ("setup", "q3"):
        exec(answer if cell == "q3" else cell_of(SHEET.notebook, cell).source, names)
    test = cell_of(SHEET.notebook, "q3_test").source
    assert test.count(TRAINING) == 1
    exec(test if train else test.split(TRAINING)[0], names)


def test_the_ids_cover_the_scales() -> None:
    """The ids that are tried here have scales near both ends, 12 and 40."""
    scales = [
        np.exp(student_rng(student, "q3").uniform(*np.log([12, 40])))
        for student in STUDENTS
    ]
    assert min(scales) < 14 and max(scales) > 36


@pytest.mark.parametrize(
    "name",
    [
        "the weight of the chapter",
        "one weight that is large enough for every s of the course",
        "in proportion to the answers, not to their square",
    ],
)
def test_a_weight_in_the_wrong_unit_fails_for_every_student(name: str) -> None:
    """For each of 25 ids a constant, and a weight in proportion to s, fail because of
    the unit: no training decides.
    """
    for student in STUDENTS:
        with pytest.raises(AssertionError, match="by which factor your weight"):
            check(student, known(loses=True)[name], train=True)


def test_a_weight_in_the_right_unit_is_never_refused_for_its_unit() -> None:
    """For each of 25 ids the reference, and an answer with a factor of its own, come
    as far as the trainings; so do weights of the right unit that training refuses.
    """
    assert SHEET is not None
    right = [cell_of(SHEET.notebook, "q3").source, *known(loses=False).values()]
    wrong = known(loses=True)
    right += [
        wrong["as large as it goes"],
        wrong["right in proportion, and far too small"],
    ]
    for student in STUDENTS:
        for answer in right:
            check(student, answer, train=False)
