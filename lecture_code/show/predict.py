"""`predict`: the reader commits to an answer, then what lies behind it opens.

`quiz`: the same question with a word on each answer.

    predict("Heavier by a half: how far does it get?", ["further", "as far", "it
    falls"], answer=2, because="...", then=explore(...))

A guess that was made aloud is remembered when it is wrong. On the static page the
element `<predict-then-reveal>` asks, holds back and remembers, in the reader's browser
only; without JavaScript everything is visible. With a kernel, widgets do the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .page import Shown, bundle, fingerprint, prose, require_shown, static_page

PREDICTION = (
    "Commit",
    "Predict first",
    "Not as you said.",
)  # button, heading, verdict on a wrong answer
QUIZ = ("Check", "Check yourself", "Not quite.")


class Predict:
    """What `predict` and `quiz` return; the arguments are explained there."""

    def __init__(
        self,
        question: str,
        options: Sequence[str],
        answer: int,
        because: str,
        then: Shown | None,
        words: Sequence[str] = (),
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
        if not question.strip() or not (because.strip() or words):
            raise ValueError("a question needs words, and an answer needs a reason")
        self.question, self.options, self.answer, self.because, self.words = (
            question,
            tuple(options),
            answer,
            because,
            tuple(words),
        )
        self.then = None if then is None else require_shown(then, "then")
        self.alt = f"Question: {question} Options: {'; '.join(options)}." + (
            f" {self.then.alt}" if self.then else ""
        )
        self._widget: Any = None

    def html(self) -> str:
        """`<predict-then-reveal>` with everything in it."""
        name = f"rg-{fingerprint(self.question, *self.options)}"
        options = "".join(
            f'<label class="rg-option"><input type="radio" name="{name}" value="{index}"><span>{prose(text)}</span></label>'
            for index, text in enumerate(self.options)
        )
        commit, eyebrow, wrong = QUIZ if self.words else PREDICTION
        pairs = zip(self.options, self.words, strict=False)  # a prediction has no words
        words = "".join(
            f'<p class="rg-feedback"><em>{prose(option)}:</em> {prose(word)}</p>'
            for option, word in pairs
        )
        reply = (
            f'<div class="rg-reply"><button type="button" class="rg-button rg-primary rg-commit" disabled>{commit}</button>'
            f'<p class="rg-verdict" role="status"></p></div>'
        )
        data = (
            f'data-answer="{self.answer}" data-commit="{commit}" data-wrong="{wrong}"'
            + ("" if self.words else f' data-key="{name}"')
        )
        return (
            f'<predict-then-reveal class="rg-shown" {data}><fieldset class="rg-question">'
            f'<legend><span class="rg-eyebrow">{eyebrow}</span>{prose(self.question)}</legend>'
            f"<div>{options}</div>{reply}{words}</fieldset>{self._behind()}</predict-then-reveal>"
        )

    def _behind(self) -> str:
        """What is held back: the explanation and the picture."""
        if self.words:
            return ""
        hint = '<p class="rg-hint" aria-hidden="true">Commit to an answer, and this opens.</p>'
        held = f'<div class="rg-held">{self.then.html()}</div>' if self.then else ""
        return f'<div class="rg-behind">{hint}<div class="rg-answer"><p>{self._reason()}</p></div>{held}</div>'

    def _reason(self) -> str:
        return f"<strong>{prose(self.options[self.answer])}.</strong> {prose(self.because)}"

    def widget(self) -> Any:
        """The live face, made once."""
        if self._widget is None:
            self._widget = _live(self)
        return self._widget

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, Any]:
        if static_page():
            return {"text/html": self.html(), "text/plain": self.alt}
        if self.words:
            return bundle(self)
        from .live import views

        return {"text/plain": self.alt, **views(self.widget())}


def predict(
    question: str,
    options: Sequence[str],
    answer: int,
    because: str,
    then: Shown | None = None,
) -> Predict:
    """Ask before showing.

    Args:
        question: one sentence; `code` and *emphasis* are marked up.
        options: two or more answers.
        answer: position of the right one.
        because: why it is right; read after the commitment.
        then: what opens: an explore(...), Picture, Replay or Beside.

    Raises:
        ValueError: the question cannot be asked; the message says why.
    """
    return Predict(question, options, answer, because, then)


def quiz(question: str, options: Mapping[str, str], answer: str) -> Predict:
    """A self-check question with a word on every answer.

        quiz("…?", {"yes": "why this is right", "no": "what was overlooked"},
        answer="yes")

    Raises:
        ValueError: `answer` is not one of the options, or an option has no word.
    """
    if answer not in options:
        raise ValueError(f"answer {answer!r} is not one of the options {list(options)}")
    if silent := [option for option, word in options.items() if not word.strip()]:
        raise ValueError(
            f"every option needs a word on why it is right or wrong; {silent} have none"
        )
    return Predict(
        question,
        list(options),
        list(options).index(answer),
        "",
        None,
        list(options.values()),
    )


def _live(made: Predict) -> Any:
    """The question as widgets; what is behind keeps its room, unseen, until the reader
    commits.
    """
    import ipywidgets

    from .live import Stage

    question = ipywidgets.HTML(f"<strong>{prose(made.question)}</strong>")
    numbered = [(text, index) for index, text in enumerate(made.options)]
    radio = ipywidgets.RadioButtons(
        options=numbered, value=None, layout={"width": "auto"}
    )
    button = ipywidgets.Button(
        description="Commit",
        button_style="primary",
        disabled=True,
        layout={"width": "auto"},
    )
    verdict = ipywidgets.HTML()
    parts = [ipywidgets.HTML(f"<p>{made._reason()}</p>")]
    if made.then is not None:
        parts.append(
            made.then.widget()
            if hasattr(made.then, "widget")
            else Stage(html=made.then.html())
        )
    behind = ipywidgets.VBox(parts, layout={"visibility": "hidden"})

    def settle(_: Any) -> None:
        committed = behind.layout.visibility == "hidden"
        behind.layout.visibility = "visible" if committed else "hidden"
        radio.disabled = committed
        button.description = "Change my answer" if committed else "Commit"
        right = radio.value == made.answer
        verdict.value = (
            ("Yes, as you said." if right else "Not as you said.") if committed else ""
        )

    radio.observe(
        lambda _: setattr(button, "disabled", radio.value is None), names="value"
    )
    button.on_click(settle)
    return ipywidgets.VBox(
        [question, radio, ipywidgets.HBox([button, verdict]), behind]
    )
