"""The numbers of one student: the same everywhere, others for everybody else."""

import subprocess
import sys

import numpy as np
import pytest

from lecture_code.exercises import (
    QUICK_VARIABLE,
    STUDENT_VARIABLE,
    quick,
    same_student,
    student_rng,
)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    """No grader and no test run has a say, unless a test wants it."""
    monkeypatch.delenv(STUDENT_VARIABLE, raising=False)
    monkeypatch.delenv(QUICK_VARIABLE, raising=False)


def test_numbers_are_the_same_on_every_machine():
    """Determinism: the seed is a hash of the names, not Python's `hash`: two first
    draws are known by heart, and another process agrees.
    """
    assert student_rng("ann", "q1").integers(1_000_000, size=2).tolist() == [
        177135,
        800669,
    ]
    code = (
        "from lecture_code.exercises import student_rng; print(student_rng('ann', "
        "'q1').integers(1_000_000, size=2).tolist())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(
        student_rng("ann", "q1").integers(1_000_000, size=2).tolist()
    )


def test_every_student_and_question_has_numbers_of_its_own():
    """Two hundred pairs draw two hundred different numbers; names that run together
    stay apart.
    """
    draws = {
        student_rng(f"student {i}", f"q{j}").random()
        for i in range(50)
        for j in range(4)
    }
    assert len(draws) == 200
    assert student_rng("ann1", "1").random() != student_rng("ann", "11").random()


def test_draws_are_independent_uniform():
    """The first draws of many students look uniform: their mean and variance lie within
    four standard errors.
    """
    draws = np.array([student_rng(str(i), "q1").random() for i in range(2000)])
    assert abs(draws.mean() - 0.5) < 4 * np.sqrt(1 / 12 / 2000)
    assert abs(draws.var() - 1 / 12) < 4 * np.sqrt(1 / 180 / 2000)


@pytest.mark.parametrize("spelling", ["Zoë", "ZOË", " zoë ", "Zoe\u0308"])
def test_a_name_may_be_spelt_in_several_ways(spelling):
    """Invariance: capitals, blanks at the ends and composed letters do not count."""
    assert same_student(spelling) == "zoë"
    assert student_rng(spelling, "q1").random() == student_rng("zoë", "q1").random()


def test_an_accent_makes_another_name():
    """Limit of that tolerance: Zoë and Zoe are two people."""
    assert student_rng("Zoë", "q1").random() != student_rng("Zoe", "q1").random()


def test_the_grader_knows_whose_work_it_is(monkeypatch):
    """Where the environment names the student, the notebook's claim does not count."""
    own = student_rng("ben", "q1").random()
    monkeypatch.setenv(STUDENT_VARIABLE, "ben")
    assert student_rng("ann", "q1").random() == own


@pytest.mark.parametrize(
    ("student", "question", "culprit"),
    [("", "q1", "STUDENT"), ("  ", "q1", "STUDENT"), ("ann", "", "question")],
)
def test_an_empty_name_is_refused(student, question, culprit):
    """The message names the culprit."""
    with pytest.raises(ValueError, match=f"{culprit} is empty"):
        student_rng(student, question)


@pytest.mark.parametrize(
    ("value", "expected"), [(None, False), ("", False), ("0", False), ("1", True)]
)
def test_a_quick_run_is_asked_for(monkeypatch, value, expected):
    """Only a value other than nothing and 0 asks for it."""
    if value is not None:
        monkeypatch.setenv(QUICK_VARIABLE, value)
    assert quick() is expected
