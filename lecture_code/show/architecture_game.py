"""`architecture_game`: the reader is the controller.

    architecture_game(
        {"filters1": (4, 8, 16), "kernel1": (1, 3, 5)}, right, 400, title="You search"
    )

The reader chooses a string, pays for the training of its child, sees one accuracy, and
goes on. "Reveal" tells the best string, what the reader's answer is worth on average,
and how searches do with as many queries. Everything is computed in the page.

Read `architecture_game`, then `ArchitectureGame`.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from numpy.typing import ArrayLike

from .figures import VERMILLION
from .page import prose, require_alt
from .searched_space import (
    RegretCurves,
    SearchedSpace,
    SearchElement,
    Tokens,
    data_script,
)
from .sliders import choice_buttons

YOU = VERMILLION
MAX_QUERIES = 50


class ArchitectureGame(SearchElement):
    """A search by the reader: `<architecture-game>`.

    Args:
        space: the strings and what they are worth.
        curves: mean regrets of searches after 1 to `queries` queries, by name.
        title: visible above the choices.
        queries: that the reader has.
        lesson: what the game teaches; it is told after "Reveal".

    Raises:
        ValueError: there are too many queries, a curve does not fit, or the data are
            too heavy.
    """

    def __init__(
        self,
        space: SearchedSpace,
        curves: Mapping[str, ArrayLike],
        title: str,
        *,
        queries: int = 20,
        lesson: str = "",
    ) -> None:
        if not 1 < queries <= MAX_QUERIES:
            raise ValueError(
                f"queries must lie between 2 and {MAX_QUERIES}; got {queries}"
            )
        self.space = space
        self.title = title
        self.queries = queries
        self.lesson = lesson
        self.curves = RegretCurves(space, queries, curves)
        shown = " and ".join(self.curves.curves)
        self.alt = require_alt(
            f"A game: choose strings of {len(space.names)} tokens and see the accuracy "
            f"of each. The picture shows the mean regret of {shown} against queries."
        )
        super().__init__(self._render(), self.alt)

    def _name(self) -> str:
        """Of this element in links."""
        return self.space.name("game", self.title, str(self.queries))

    def _render(self) -> str:
        return (
            f'<architecture-game class="rg-shown" data-link="{self._name()}">'
            f'<p class="rg-title">{prose(self.title)}</p>{self._inside()}'
            f"{data_script(self._encode())}</architecture-game>"
        )

    def _inside(self) -> str:
        """Choices, buttons, list and still picture."""
        owner = self._name()
        choices = "".join(
            choice_buttons(name, list_, 0, owner=owner, knob=name)
            for name, list_ in zip(self.space.names, self.space.choices, strict=True)
        )
        button = '<button type="button" class="rg-button'
        return (
            '<div class="rg-search"><div><div class="rg-choices">'
            f'{choices}</div><div class="rg-extras">{button} rg-primary rg-train" '
            f'disabled>Train this child</button>{button} rg-reveal" disabled>Reveal'
            f'</button>{button} rg-another" disabled>Start again</button></div><p '
            'class="rg-status" role="status">The game needs JavaScript; the picture '
            'shows how searches do.</p></div><div><div class="rg-regret">'
            f"{self.curves.still(self.alt)}<canvas "
            'role="img" aria-label="Accuracies of your queries; after Reveal, your '
            f'regret and that of other searches"></canvas></div>{self._key()}'
            '<div class="rg-tried" tabindex="0" role="region" '
            'aria-label="Your queries"><ol reversed></ol></div></div></div>'
            '<div class="rg-tools"><button type="button" class="rg-quiet rg-link" '
            "disabled>Copy link</button></div>"
        )

    def _key(self) -> str:
        """Names and colours of the lines, with room for the regrets."""
        colours = {"you": YOU, **self.curves.colours}
        lines = "".join(
            f'<li><span class="rg-swatch" style="background:{colour}"></span>'
            f'{escape(name)}<span class="rg-readout"></span></li>'
            for name, colour in colours.items()
        )
        return f'<ul class="rg-key">{lines}</ul>'

    def _encode(self) -> dict[str, Any]:
        """The JSON that architecture-game.js reads."""
        shown = self.space.right / self.space.images
        low = 10 * min(int(shown.min() * 10), 8)
        ticks = list(range(low, 101, 20 if low < 60 else 10))
        return {
            **self.space.encode(),
            **self.curves.encode(),
            "colour": YOU,
            "lesson": self.lesson,
            "accuracies": {
                "low": low,
                "high": 100,
                "ticks": ticks,
                "title": "validation accuracy [%]",
            },
        }


def architecture_game(
    tokens: Tokens,
    right: ArrayLike,
    images: int,
    *,
    title: str,
    curves: Mapping[str, ArrayLike] | None = None,
    queries: int = 20,
    lesson: str = "",
) -> ArchitectureGame:
    """A search by the reader, on a page.

    Args:
        tokens, right, images: as for `architecture_search`.
        title: visible above the choices.
        curves: mean regrets, from 0 to 1, after 1 to `queries` queries, (queries,), of
            searches that the reader plays against, by name. Random search needs none.
        queries: that the reader has.
        lesson: what the game teaches; it is told after "Reveal".

    Raises:
        ValueError: something does not fit together; the message says what.
    """
    space = SearchedSpace(tokens, right, images)
    return ArchitectureGame(space, curves or {}, title, queries=queries, lesson=lesson)
