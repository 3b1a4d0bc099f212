"""`predict`: the reader commits to an answer, then what lies behind it opens.

`quiz`: the same question with a word on each answer, and hints in steps.

    predict("Heavier by a half: how far does it get?", ["further", "as far", "it
    falls"], answer=2, because="...", then=[explore(...), Table(...), Prose("...")],
    still=Picture(...))

All that gives the answer away (text, figure, table) belongs into `then`. Before the
commitment the page shows one line in its place, with a still where the author gives
one. On the static page the element `<predict-then-reveal>` asks, holds back and
remembers, in the reader's browser only; without JavaScript and on paper everything is
visible. With a kernel, widgets do the same (`live_question.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .hints import Hints
from .page import Shown, bundle, fingerprint, prose, require_shown, static_page

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


class Predict:
    """What `predict` and `quiz` return; the arguments are explained there."""

    def __init__(
        self,
        question: str,
        options: Sequence[str],
        answer: int,
        because: str,
        then: Sequence[Shown] = (),
        still: Shown | None = None,
        feedback: Sequence[str] = (),
        hints: Sequence[str] = (),
    ) -> None:
        if len(options) < 2 or len(set(options)) != len(options):
            raise ValueError(
                f"a question needs at least two different options; got {list(options)}"
            )
        if not 0 <= answer < len(options):
            raise ValueError(
                f"answer must be the position of an option, 0 to {len(options) - 1}; "
                f"got {answer}"
            )
        if not question.strip() or not (because.strip() or feedback):
            raise ValueError("a question needs words, and an answer needs a reason")
        self.question, self.options, self.answer = question, tuple(options), answer
        self.because, self.feedback = because, tuple(feedback)
        self.then = tuple(require_shown(part, "then") for part in then)
        self.still = None if still is None else require_shown(still, "still")
        self.hints = Hints(tuple(hints), "") if hints else None
        asked = f"Question: {question} Options: {'; '.join(options)}."
        self.alt = " ".join([asked, *(part.alt for part in self.then)])
        self.words = QUIZ if feedback else PREDICTION
        self._widget: Any = None

    def html(self) -> str:
        """`<predict-then-reveal>` with everything in it."""
        name = f"rg-{fingerprint(self.question, *self.options)}"
        kind = "quiz" if self.feedback else "prediction"
        data = (
            f'data-answer="{self.answer}" data-commit="{self.words.commit}" '
            f'data-wrong="{self.words.wrong}" data-key="{name}" data-kind="{kind}"'
        )
        help_ = self.hints.html() if self.hints else ""
        return (
            f'<predict-then-reveal class="rg-shown" {data}>'
            f'<fieldset class="rg-question"><legend><span class="rg-eyebrow">'
            f"{self.words.heading}</span>{prose(self.question)}</legend>"
            f"<div>{self._options(name)}</div>{help_}{self._reply()}</fieldset>"
            f"{self._behind()}</predict-then-reveal>"
        )

    def _options(self, name: str) -> str:
        return "".join(
            f'<label class="rg-option"><input type="radio" name="{name}" '
            f'value="{index}"><span>{prose(text)}</span></label>'
            for index, text in enumerate(self.options)
        )

    def _reply(self) -> str:
        """The button, the verdict, and a quiz's word on each answer."""
        pairs = zip(self.options, self.feedback, strict=False)  # a prediction has none
        feedback = "".join(
            f'<p class="rg-feedback"><em>{prose(option)}:</em> {prose(word)}</p>'
            for option, word in pairs
        )
        return (
            '<div class="rg-reply">'
            '<button type="button" class="rg-button rg-primary rg-commit" disabled>'
            f"{self.words.commit}</button>"
            f'<p class="rg-verdict" role="status"></p></div>{feedback}'
        )

    def _behind(self) -> str:
        """What is held back, and the line that stands there before."""
        if self.feedback:
            return ""
        parts = "".join(part.html() for part in self.then)
        held = f'<div class="rg-held">{parts}</div>' if parts else ""
        answer = f'<div class="rg-answer"><p>{self.reason()}</p></div>'
        return f'{self.veil()}<div class="rg-behind">{answer}{held}</div>'

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

    def widget(self) -> Any:
        """The live face, made once."""
        if self._widget is None:
            from .live_question import make_widget

            self._widget = make_widget(self)
        return self._widget

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, Any]:
        if static_page():
            return {"text/html": self.html(), "text/plain": self.alt}
        if self.feedback:
            return bundle(self)
        from .live import views

        return {"text/plain": self.alt, **views(self.widget())}


def still_of(shown: Shown) -> str:
    """What is seen of something before it moves: a replay's poster, or all of it."""
    still = getattr(shown, "still", None)
    return str(still()) if callable(still) else shown.html()


def predict(
    question: str,
    options: Sequence[str],
    answer: int,
    because: str,
    then: Shown | Sequence[Shown] | None = None,
    *,
    still: Shown | None = None,
) -> Predict:
    """Ask before showing.

    Args:
        question: one sentence; `code` and *emphasis* are marked up.
        options: two or more answers.
        answer: position of the right one.
        because: why it is right; read after the commitment.
        then: what opens: an explore(...), Picture, Replay, Table, Prose or Beside, or
            several of them, one below the other.
        still: seen before the commitment, at most 96 px high: a Picture or a Replay (of
            which the poster is taken) that gives nothing away.

    Raises:
        ValueError: the question cannot be asked; the message says why.
        TypeError: a part of `then` is not something to show.
    """
    parts: Sequence[Shown] = ()
    if isinstance(then, list | tuple):
        parts = then
    elif then is not None:
        parts = (require_shown(then, "then"),)
    return Predict(question, options, answer, because, parts, still)


def quiz(
    question: str,
    options: Mapping[str, str],
    answer: str,
    *,
    hints: Sequence[str] = (),
) -> Predict:
    """A self-check question with a word on every answer.

        quiz("…?", {"yes": "why this is right", "no": "what was overlooked"},
        answer="yes", hints=["Look at the sign."])

    Args:
        question: one sentence.
        options: answer → the word on it, read after the answer was checked.
        answer: the right one.
        hints: up to three, which open one after the other.

    Raises:
        ValueError: `answer` is not one of the options, or an option has no word.
    """
    if answer not in options:
        raise ValueError(f"answer {answer!r} is not one of the options {list(options)}")
    if silent := [option for option, word in options.items() if not word.strip()]:
        raise ValueError(
            f"every option needs a word on why it is right or wrong; {silent} have none"
        )
    right = list(options).index(answer)
    words = list(options.values())
    return Predict(question, list(options), right, "", feedback=words, hints=hints)
