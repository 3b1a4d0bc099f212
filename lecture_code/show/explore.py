"""`explore`: a picture as a function of a few choices, with a slider for each, with and
without a kernel.

    explore(lambda gravity: Picture(...), gravity=[-4, -7, -9.81, -13, -16],
    units={"gravity": "m/s²"}, start={"gravity": -9.81})

`draw` is a pure function from values to something that a page can show, and one object
has two faces. Static: a flipbook, every frame drawn while the book is built. Live:
sliders of ipywidgets, drawn when asked. Read `Explore.frame` first: both faces show
what it gives.

Whatever `draw` raises reaches the author: the first frame, and in the book every frame,
is drawn when `explore` is called.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from .choices import check_choices, is_number, position
from .page import Shown, fingerprint, prose, quantity, require_shown, static_page
from .sliders import BUTTONS, TOOLS, choice_buttons, range_slider

MAX_FRAMES = 40
MAX_BYTES = 400_000
# [s]: a draw that is faster follows the hand, a slower one waits for the release of the
# slider
AT_ONCE = 0.1


class Explore:
    """What `explore` returns; its arguments are explained there."""

    def __init__(
        self,
        draw: Callable[..., Shown],
        choices: Mapping[str, Sequence[Any]],
        labels: Mapping[str, str],
        units: Mapping[str, str],
        start: Mapping[str, Any],
        one_at_a_time: bool,
        names: Mapping[str, Sequence[str]],
        buttons: Collection[str],
    ) -> None:
        self.draw, self.one_at_a_time = draw, one_at_a_time
        self.choices = {name: tuple(values) for name, values in choices.items()}
        self.buttons = dict.fromkeys(buttons, "")
        named = {"labels": labels, "units": units, "start": start, "names": names}
        check_choices(self.choices, buttons=self.buttons, **named)
        self.names = {name: tuple(texts) for name, texts in names.items()}
        self.labels = {
            name: labels.get(name, name.replace("_", " ")) for name in self.choices
        }
        self.units = {name: units.get(name, "") for name in self.choices}
        self.start = {
            name: start.get(name, values[len(values) // 2])
            for name, values in self.choices.items()
        }
        self._drawn: dict[str, Shown] = {}
        self._widget: Any = None
        count = len(self.values())
        if count > MAX_FRAMES:
            sizes = (" + " if one_at_a_time else " × ").join(
                f"{len(values)} {name}" for name, values in self.choices.items()
            )
            raise ValueError(
                f"{count} frames ({sizes}), and a flipbook holds at most {MAX_FRAMES}: "
                "give fewer values, set one_at_a_time=True, or use the playground"
            )
        self.seconds = -time.perf_counter()
        self.alt = self.frame(**self.start).alt
        self.seconds += time.perf_counter()  # of the first draw
        self._flipbook = self._render() if static_page() else ""

    def values(self) -> list[dict[str, Any]]:
        """Every combination that the flipbook shows, for driving all of them."""
        if not self.one_at_a_time:
            return [
                dict(zip(self.choices, row, strict=True))
                for row in itertools.product(*self.choices.values())
            ]
        star = [self.start]
        for name, values in self.choices.items():
            star += [
                {**self.start, name: value}
                for value in values
                if value != self.start[name]
            ]
        return star

    def frame(self, **values: Any) -> Shown:
        """What `draw` shows for one value of each choice; drawn once and kept.

        Raises:
            ValueError: a value that is not among the choices. Whatever `draw` raises is
                raised.
        """
        key = self.key(values)
        if key not in self._drawn:
            self._drawn[key] = require_shown(self.draw(**values), "draw")
        return self._drawn[key]

    def key(self, values: Mapping[str, Any]) -> str:
        """The place of a combination in the flipbook: the position of each slider,
        '0,3'.
        """
        if set(values) != set(self.choices):
            raise ValueError(
                f"give one value for each of {', '.join(self.choices)}; got "
                f"{', '.join(values) or 'none'}"
            )
        return ",".join(
            str(position(name, options, values[name]))
            for name, options in self.choices.items()
        )

    def text(self, name: str, value: Any) -> str:
        """A value as the reader sees it, with its unit: '−9.81 m/s²'."""
        if name in self.names:
            return self.names[name][position(name, self.choices[name], value)]
        return quantity(value, self.units[name])

    def html(self) -> str:
        """The flipbook."""
        self._flipbook = self._flipbook or self._render()
        return self._flipbook

    def widget(self) -> Any:
        """The widget for a notebook with a kernel; the same every time."""
        if self._widget is None:
            from .live_explore import LiveControl, make_explore_widget

            controls = {
                name: LiveControl(
                    self.labels[name],
                    tuple(self.text(name, value) for value in values),
                    position(name, values, self.start[name]),
                    self.is_category(name),
                )
                for name, values in self.choices.items()
            }
            at_once = self.seconds < AT_ONCE
            self._widget = make_explore_widget(controls, self._frame_at, at_once)
        return self._widget

    def _frame_at(self, **positions: int) -> str:
        """Markup of the frame at these positions of the controls."""
        values = {name: self.choices[name][at] for name, at in positions.items()}
        return self.frame(**values).html()

    def link(self, **values: Any) -> str:
        """The end of an address that opens the page with these values.

            explore(...).link(gravity=-11)  # for a run-sheet: "page.html#rg1=…"

        Choices that are not named stay at their start.
        """
        positions = self.key({**self.start, **values}).split(",")
        state = ",".join(f"{index}={at}" for index, at in enumerate(positions))
        return f"#rg1={self._name()}:{state}"

    def _name(self) -> str:
        """Of this flipbook in links: another one as soon as a choice changes."""
        texts = [
            f"{self.labels[name]}: {self.text(name, value)}"
            for name, values in self.choices.items()
            for value in values
        ]
        return fingerprint(*texts)

    def _render(self) -> str:
        start = self.key(self.start)
        frames = {
            self.key(values): self.frame(**values).html() for values in self.values()
        }
        pages = "".join(
            f'<template data-key="{key}">{frame}</template>'
            for key, frame in frames.items()
            if key != start
        )
        kind = " data-one-at-a-time" if self._star() else ""
        html = (
            f'<flip-book class="rg-shown" data-link="{self._name()}"{kind}>'
            f'{self._controls()}<div class="rg-frame">{frames[start]}</div>{pages}'
            "</flip-book>"
        )
        size = len(html.encode())
        if size > MAX_BYTES:
            raise ValueError(
                f"the flipbook is {size // 1000} kB, {len(frames)} frames of about "
                f"{size // len(frames) // 1000} kB, and the page allows "
                f"{MAX_BYTES // 1000} kB: give fewer values, draw fewer points, use "
                "form='webp', or record fewer frames a second"
            )
        return html

    def _controls(self) -> str:
        """Sliders or buttons, what is to be said of them, reset and link."""
        controls = "".join(map(self._control, self.choices))
        note = ""
        if self._star():
            note = (
                '<p class="rg-note">One at a time: moving a slider takes the others '
                "back to where they started.</p>"
            )
        at = ", ".join(
            f"{self.labels[name]} {self.text(name, value)}"
            for name, value in self.start.items()
        )
        still = (
            f'<noscript><p class="rg-note">Shown: {prose(at)}. The sliders need '
            "JavaScript.</p></noscript>"
        )
        return f'<div class="rg-sliders">{controls}</div>{TOOLS}{note}{still}'

    def _star(self) -> bool:
        return self.one_at_a_time and len(self.choices) > 1

    def _control(self, name: str) -> str:
        """Buttons for two or three categories, or a slider."""
        options = self.choices[name]
        words = [self.text(name, value) for value in options]
        at = position(name, options, self.start[name])
        if self.is_category(name):
            return choice_buttons(
                self.labels[name], words, at, owner=self.alt, name=name
            )
        return range_slider(self.labels[name], words, at, name=name)

    def is_category(self, name: str) -> bool:
        """Whether a choice is shown as buttons: because it was asked for, or because it
        has at most three values, not all of them numbers as the reader sees them.
        """
        options = self.choices[name]
        worded = name in self.names or not all(map(is_number, options))
        return name in self.buttons or (worded and len(options) <= BUTTONS)

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, Any]:
        if static_page():
            return {"text/html": self.html(), "text/plain": self.alt}
        from .live import views

        # for viewers without widgets; the flipbook would cost a draw per frame
        still = self.frame(**self.start).html()
        return {"text/html": still, "text/plain": self.alt, **views(self.widget())}


def explore(
    draw: Callable[..., Shown],
    *,
    labels: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    start: Mapping[str, Any] | None = None,
    names: Mapping[str, Sequence[str]] | None = None,
    one_at_a_time: bool = False,
    buttons: Collection[str] = (),
    **choices: Sequence[Any],
) -> Explore:
    """A slider for each choice, and the picture that `draw` gives for their values.

    Args:
        draw: `draw(**values)` returns a Picture, Replay or Beside, and depends on
            nothing but the values.
        labels: name of a choice → what the reader sees; by default the name with
            spaces.
        units: name of a choice → unit, shown after the value; "%" and "×" stand close.
        start: name of a choice → value to begin with; by default the middle one.
        names: name of a choice → what the reader sees in place of each of its values,
            for instance the names of the steps of an algorithm.
        one_at_a_time: pre-draw only the frames in which one choice differs from the
            start; then moving a slider takes the others back. With a kernel the sliders
            still combine freely.
        buttons: names of choices with four to six categories that are buttons too.
        choices: name → at least two values, in the slider's order. Two or three
            categories (words, not numbers) are buttons. All combinations together are
            at most 40 frames and 400 kB.

    Raises:
        ValueError: too many or too heavy frames, or names and values that do not fit;
            the message says which and what to do.
        TypeError: `draw` returned something that a page cannot show.
    """
    return Explore(
        draw,
        choices,
        labels or {},
        units or {},
        start or {},
        one_at_a_time,
        names or {},
        buttons,
    )
