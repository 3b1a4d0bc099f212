"""A question with its answers and what it holds back: what `predict` and `quiz` show on
the page, and `live_question.py` in a notebook.
"""

from __future__ import annotations

from dataclasses import dataclass

from .hints import Hints
from .page import Shown, prose, require_shown

VEIL = "Commit to an answer, and this opens."


@dataclass(frozen=True)
class Words:
    """What a kind of question says.

    Attributes:
        commit: on the button.
        heading: above the question.
        wrong: the verdict on a wrong answer.
    """

    commit: str
    heading: str
    wrong: str


PREDICTION = Words("Commit", "Predict first", "Not as you said.")
QUIZ = Words("Check", "Check yourself", "Not quite.")


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked; `predict` and `quiz` explain the arguments.

    Attributes:
        feedback: a word on each answer of a quiz; empty for a prediction.
        folds: the folded sections below, in the same section of the page, wait too.
        hints: help in steps, or None.

    Raises:
        ValueError: the question cannot be asked; the message says why.
        TypeError: what it holds back is not something to show.
    """

    question: str
    options: tuple[str, ...]
    answer: int
    because: str = ""
    then: tuple[Shown, ...] = ()
    still: Shown | None = None
    feedback: tuple[str, ...] = ()
    hints: Hints | None = None
    folds: bool = False

    def __post_init__(self) -> None:
        options = list(self.options)
        if len(options) < 2 or len(set(options)) != len(options):
            raise ValueError(
                f"a question needs at least two different options; got {options}"
            )
        if not 0 <= self.answer < len(options):
            raise ValueError(
                f"answer must be the position of an option, 0 to {len(options) - 1}; "
                f"got {self.answer}"
            )
        if not self.question.strip() or not (self.because.strip() or self.feedback):
            raise ValueError("a question needs words, and an answer needs a reason")
        for part in self.then:
            require_shown(part, "then")
        if self.still is not None:
            require_shown(self.still, "still")

    @property
    def words(self) -> Words:
        """What its button, heading and verdict say."""
        return QUIZ if self.feedback else PREDICTION

    @property
    def alt(self) -> str:
        """Question, answers and all that is held back, in words."""
        heading = f"Question: {self.question} Options: {'; '.join(self.options)}."
        return " ".join([heading, *(part.alt for part in self.then)])

    def veil(self) -> str:
        """The line that stands where the answer will, with the still."""
        still = (
            f'<div class="rg-still">{still_of(self.still)}</div>' if self.still else ""
        )
        return f'<div class="rg-veil">{still}<p class="rg-hint">{VEIL}</p></div>'

    def reason(self) -> str:
        """The right answer with its reason."""
        right = self.options[self.answer]
        return f"<strong>{prose(right)}.</strong> {prose(self.because)}"


def still_of(shown: Shown) -> str:
    """What is seen of something before it moves: a replay's poster, or all of it."""
    still = getattr(shown, "still", None)
    return str(still()) if callable(still) else shown.html()
