"""The controls of `explore` as widgets, for a notebook with a kernel."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import ipywidgets

from .live import HtmlWidget


@dataclass(frozen=True)
class LiveControl:
    """A slider, or buttons for a few categories.

    Attributes:
        label: what the reader sees.
        texts: of the positions.
        start: the position to begin with.
        is_category: whether it is a row of buttons.
    """

    label: str
    texts: tuple[str, ...]
    start: int
    is_category: bool

    def widget(self, at_once: bool) -> Any:
        """The control; its value is a position."""
        common = {
            "options": [(text, at) for at, text in enumerate(self.texts)],
            "value": self.start,
            "description": self.label,
            "style": {"description_width": "initial"},
        }
        if self.is_category:
            return ipywidgets.ToggleButtons(**common)
        return ipywidgets.SelectionSlider(
            **common,
            continuous_update=at_once,
            layout={"width": "min(100%, 32rem)"},
        )


def make_explore_widget(
    controls: Mapping[str, LiveControl], frame: Callable[..., str], at_once: bool
) -> Any:
    """Controls over a widget that shows the frame of their positions.

    Args:
        controls: name of a choice → its control.
        frame: markup for a position of each choice.
        at_once: draw while the hand moves, and not only on release.
    """
    starts = {name: control.start for name, control in controls.items()}
    stage = HtmlWidget(html=frame(**starts))
    widgets = {name: control.widget(at_once) for name, control in controls.items()}

    def show(_: Any) -> None:
        positions = {name: widget.value for name, widget in widgets.items()}
        try:
            stage.html = frame(**positions)
        except Exception:
            # Jupyter hides what a callback raises: put it where the reader looks, then
            # let it go on.
            words = escape(traceback.format_exc())
            stage.html = f'<pre class="rg-error" role="alert">{words}</pre>'
            raise

    for widget in widgets.values():
        widget.observe(show, names="value")
    return ipywidgets.VBox([*widgets.values(), stage])
