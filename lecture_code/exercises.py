"""What the exercise sheets ask of their surroundings: the numbers of one student, and
whether a quick run is wanted.

    from lecture_code.exercises import quick, student_rng

    rng = student_rng(STUDENT, "q1")
    episodes = 5 if quick() else 50

The generator gives the same numbers on every machine, and others for every student and
question: a copied answer is then a wrong answer. Two variables of the environment have
a say: `EXERCISES_STUDENT`, by which the grader tells whose work it grades, whatever the
notebook claims; and `EXERCISES_QUICK`, by which tests ask for the smallest run that
means anything.
"""

import hashlib
import os
import unicodedata

import numpy as np

STUDENT_VARIABLE = "EXERCISES_STUDENT"
QUICK_VARIABLE = "EXERCISES_QUICK"


def same_student(name: str) -> str:
    """One spelling for every way to write an id: capitals, blanks at the ends, and
    letters that were put together from an accent and a base.
    """
    return unicodedata.normalize(
        "NFC", unicodedata.normalize("NFC", name).strip().casefold()
    )


def student_rng(student: str, question: str) -> np.random.Generator:
    """The chance of one student's question: a generator seeded with a hash of both
    names.

    Args:
        student: the id by which the course knows the student; where the grader has set
            `EXERCISES_STUDENT`, that id counts instead.
        question: a name of the question, such as `"q1"`; each has numbers of its own.

    Raises:
        ValueError: a name is empty.
    """
    student = os.environ.get(STUDENT_VARIABLE) or student
    for name, said in (("STUDENT", student), ("question", question)):
        if not said.strip():
            raise ValueError(
                f"{name} is empty: write the id by which your course knows you, or the "
                "question's name, such as 'q1'"
            )
    digest = hashlib.sha256(f"{same_student(student)}\0{question}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))


def quick() -> bool:
    """Whether the environment asks for the smoke setting (`EXERCISES_QUICK=1`): few
    samples, few seeds, seconds for a whole sheet.
    """
    return os.environ.get(QUICK_VARIABLE, "") not in ("", "0")
