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
from typing import Any

from .hints import Hints
from .page import Shown, bundle, fingerprint, prose, require_shown, static_page
from .question import Question


class Predict:
    """A question on a page.

    Args:
        question: what is asked, and what is held back.
    """

    def __init__(self, question: Question) -> None:
        self.question = question
        self.alt = question.alt
        self._widget: Any = None

    def html(self) -> str:
        """`<predict-then-reveal>` with everything in it."""
        question = self.question
        name = f"rg-{fingerprint(question.question, *question.options)}"
        kind = "quiz" if question.feedback else "prediction"
        data = (
            f'data-answer="{question.answer}" data-commit="{question.words.commit}" '
            f'data-wrong="{question.words.wrong}" data-key="{name}" data-kind="{kind}"'
        )
        data += " data-folds" if question.folds else ""
        hints = question.hints.html() if question.hints else ""
        return (
            f'<predict-then-reveal class="rg-shown" {data}>'
            f'<fieldset class="rg-question"><legend><span class="rg-eyebrow">'
            f"{question.words.heading}</span>{prose(question.question)}</legend>"
            f"<div>{_options(question, name)}</div>{hints}{_reply(question)}</fieldset>"
            f"{_behind(question)}</predict-then-reveal>"
        )

    def widget(self) -> Any:
        """The widget for a notebook with a kernel; the same every time."""
        if self._widget is None:
            from .live_question import make_question_widget

            self._widget = make_question_widget(self.question)
        return self._widget

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, Any]:
        if static_page():
            return {"text/html": self.html(), "text/plain": self.alt}
        if self.question.feedback:
            return bundle(self)
        from .live import views

        return {"text/plain": self.alt, **views(self.widget())}


def _options(asked: Question, name: str) -> str:
    return "".join(
        f'<label class="rg-option"><input type="radio" name="{name}" '
        f'value="{index}"><span>{prose(text)}</span></label>'
        for index, text in enumerate(asked.options)
    )


def _reply(asked: Question) -> str:
    """The button, the verdict, and a quiz's word on each answer."""
    pairs = zip(asked.options, asked.feedback, strict=False)  # a prediction has none
    feedback = "".join(
        f'<p class="rg-feedback"><em>{prose(option)}{colon(option)}</em> '
        f"{prose(word)}</p>"
        for option, word in pairs
    )
    return (
        '<div class="rg-reply">'
        '<button type="button" class="rg-button rg-primary rg-commit" disabled>'
        f"{asked.words.commit}</button>"
        f'<p class="rg-verdict" role="status"></p></div>{feedback}'
    )


def colon(option: str) -> str:
    """What stands between an answer and the word on it: nothing after a full stop."""
    return "" if option.endswith((".", "?", "!")) else ":"


def _behind(asked: Question) -> str:
    """What is held back, and the line that stands there before."""
    if asked.feedback:
        return ""
    parts = "".join(part.html() for part in asked.then)
    held = f'<div class="rg-held">{parts}</div>' if parts else ""
    answer = f'<div class="rg-answer"><p>{asked.reason()}</p></div>'
    return f'{asked.veil()}<div class="rg-behind">{answer}{held}</div>'


def predict(
    question: str,
    options: Sequence[str],
    answer: int,
    because: str,
    then: Shown | Sequence[Shown] | None = None,
    *,
    still: Shown | None = None,
    folds: bool = False,
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
        folds: the folded sections below, in the same section of the page, tell more of
            the answer. On the static page they open only after the commitment. A fold
            below several such questions waits for all of them.

    Raises:
        ValueError: the question cannot be asked; the message says why.
        TypeError: a part of `then` is not something to show.
    """
    parts: Sequence[Shown] = ()
    if isinstance(then, list | tuple):
        parts = then
    elif then is not None:
        parts = (require_shown(then, "then"),)
    asked = Question(
        question, tuple(options), answer, because, tuple(parts), still, folds=folds
    )
    return Predict(asked)


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
    quiz_question = Question(
        question,
        tuple(options),
        list(options).index(answer),
        feedback=tuple(options.values()),
        hints=Hints(tuple(hints), "") if hints else None,
    )
    return Predict(quiz_question)
