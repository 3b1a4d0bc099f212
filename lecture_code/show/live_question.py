"""A question of `predict` as widgets, for a notebook with a kernel."""

from __future__ import annotations

from typing import Any

import ipywidgets

from .live import HtmlWidget
from .page import Shown, prose
from .question import Question


def make_question_widget(question: Question) -> Any:
    """Question, options, button and verdict, and what is held back: a veil stands in
    its place until the reader commits.
    """
    headline = ipywidgets.HTML(f"<strong>{prose(question.question)}</strong>")
    numbered = [(text, index) for index, text in enumerate(question.options)]
    wide = {"width": "auto"}
    radio = ipywidgets.RadioButtons(options=numbered, value=None, layout=wide)
    button = ipywidgets.Button(
        description=question.words.commit,
        button_style="primary",
        disabled=True,
        layout=wide,
    )
    verdict = ipywidgets.HTML()
    # without the element around it nothing hides the veil
    veil = HtmlWidget(html=question.veil().replace("rg-veil", "rg-veil rg-live-veil"))
    reason = ipywidgets.HTML(f"<p>{question.reason()}</p>")
    parts = [reason, *map(_face, question.then)]
    behind = ipywidgets.VBox(parts, layout={"display": "none"})

    def settle(_: Any) -> None:
        committed = behind.layout.display == "none"
        behind.layout.display = "" if committed else "none"
        veil.layout.display = "none" if committed else ""
        radio.disabled = committed
        button.description = "Change my answer" if committed else question.words.commit
        right = radio.value == question.answer
        words = "Yes, as you said." if right else question.words.wrong
        verdict.value = words if committed else ""

    def allow(_: Any) -> None:
        button.disabled = radio.value is None

    radio.observe(allow, names="value")
    button.on_click(settle)
    row = ipywidgets.HBox([button, verdict])
    return ipywidgets.VBox([headline, radio, row, veil, behind])


def _face(shown: Shown) -> Any:
    """The widget of something shown: its own, or a widget with its HTML."""
    return shown.widget() if hasattr(shown, "widget") else HtmlWidget(html=shown.html())
