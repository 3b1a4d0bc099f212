"""`architecture_search`: REINFORCE with logits only, searching in the page.

    architecture_search(
        {"filters1": (4, 8, 16), "kernel1": (1, 3, 5)}, right, 400, title="Search"
    )

A table says what every string is worth, so that a search of 500 queries takes
milliseconds: each move of a slider is a new search, twenty times over. The regrets and
the policy of the first repeat are drawn; a cursor reads both. No kernel, no request.

Read `architecture_search` for what can be asked for, then `ArchitectureSearch`. The
format of the data is `SearchedSpace.encode` and `ArchitectureSearch._encode`. The
element's twin in Python is `gradients.logit_controller`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from numpy.typing import ArrayLike

from .figures import METHOD_COLOURS
from .page import number, prose, require_alt
from .searched_space import (
    RANDOM,
    RegretCurves,
    SearchedSpace,
    SearchElement,
    Tokens,
    data_script,
)
from .sliders import TOOLS, range_slider

METHOD = "REINFORCE"
SLIDERS: Mapping[str, tuple[float | None, ...]] = {
    "decay": (None, 0.0, 0.5, 0.8, 0.9, 0.95, 0.98),
    "rate": (0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0),
    "entropy": (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1),
    "m": (1, 2, 5, 10, 20, 50),
}
START: Mapping[str, float | None] = {
    "decay": 0.95,
    "rate": 5.0,
    "entropy": 0.0,
    "m": 10,
}
LABELS = {
    "decay": "decay β",
    "rate": "rate",
    "entropy": "entropy weight",
    "m": "strings a step, m",
}
PLACES = 50  # of the cursor
MAX_WORK = 50_000  # queries of all repeats, in one move of a slider


class ArchitectureSearch(SearchElement):
    """A search that the reader can change: `<architecture-search>`.

    Args:
        space: the strings and what they are worth.
        curves: mean regrets of searches that were run before, by name; "REINFORCE" is
            only in the still picture, since the page computes its own.
        title: visible above the picture.
        queries: of one search.
        repeats: of the search.
        sliders: values of each slider, in place of those of `SLIDERS`.
        start: values to begin with, in place of those of `START`.
        seed: to begin with.

    Raises:
        ValueError: a slider is unknown, has no such value, or m does not divide the
            queries; the repeats are too many; or the data are too heavy.
    """

    def __init__(
        self,
        space: SearchedSpace,
        curves: Mapping[str, ArrayLike],
        title: str,
        *,
        queries: int = 500,
        repeats: int = 20,
        sliders: Mapping[str, Sequence[float | None]] | None = None,
        start: Mapping[str, float | None] | None = None,
        seed: int = 1,
    ) -> None:
        self.space = space
        self.title = title
        self.repeats = repeats
        self.seed = seed
        self.sliders = {**SLIDERS, **(sliders or {})}
        self.start = {**START, **(start or {})}
        self.curves = RegretCurves(space, queries, curves)
        if not 0 < queries * repeats <= MAX_WORK:
            raise ValueError(
                f"queries times repeats must lie between 1 and {MAX_WORK:,}; "
                f"got {queries} times {repeats}"
            )
        self._check()
        shown = " and ".join(self.curves.curves)
        self.alt = require_alt(
            f"Regret against queries, of {shown}, on a space of {len(space.right):,} "
            "strings; below, the probability of each choice of each token over the "
            "search."
        )
        super().__init__(self._render(), self.alt)

    def _check(self) -> None:
        """Raise a ValueError that names a slider or a value that does not exist."""
        for name in (*self.sliders, *self.start):
            if name not in SLIDERS:
                raise ValueError(
                    f"there is no slider {name!r}; there are {', '.join(SLIDERS)}"
                )
        for name, value in self.start.items():
            if value not in self.sliders[name]:
                raise ValueError(
                    f"{name} cannot start at {value}; it has {self.sliders[name]}"
                )
        for m in self.sliders["m"]:
            if not m or self.curves.queries % m:
                raise ValueError(
                    f"m must divide the {self.curves.queries} queries; got {m}"
                )
        for decay in self.sliders["decay"]:
            if decay is not None and not 0 <= decay < 1:
                raise ValueError(f"decay must be at least 0 and below 1; got {decay}")

    def _name(self) -> str:
        """Of this element in links."""
        return self.space.name("search", self.title, str(self.sliders))

    def _render(self) -> str:
        return (
            f'<architecture-search class="rg-shown" data-link="{self._name()}">'
            f'<p class="rg-title">{prose(self.title)}</p>{self._inside()}'
            f"{data_script(self._encode())}</architecture-search>"
        )

    def _inside(self) -> str:
        """Still picture, status and controls."""
        gaps = 5 * (len(self.space.names) - 1)
        tall = 16 * self.space.rows + gaps + 36
        texts = [
            f"{number(n * self.curves.queries / PLACES)} queries"
            for n in range(PLACES + 1)
        ]
        cursor = range_slider("cursor", texts, PLACES, knob="at")
        return (
            f'{self._key()}<div class="rg-search"><div><div class="rg-regret">'
            f"{self.curves.still(self.alt)}"
            '<canvas role="img" aria-label="Regret against queries"></canvas></div>'
            f'<div class="rg-sliders">{self._sliders()}</div><p class="rg-status" '
            'role="status">The search needs JavaScript; the picture shows searches '
            'that were run before.</p><div class="rg-extras"><button type="button" '
            'class="rg-button rg-another" disabled>New seed</button>'
            f'{TOOLS}</div></div><div class="rg-policy"><canvas '
            f'style="height:{tall}px" role="img" aria-label="Probability of each '
            f'choice of each token over the first repeat"></canvas>{cursor}'
            '<label class="rg-check"><input type="checkbox" data-knob="best" disabled>'
            'mark the choices of the best string</label></div></div><p class="rg-note">'
            f"{self.repeats} repeats; the band leaves out a tenth of them at each end. "
            f"The line of {RANDOM} is its expected value, computed from the table. "
            "Dashes: mean regret of the strings that REINFORCE writes, over 20 "
            "queries. β is that of the "
            "baseline. The probabilities are those of the first repeat.</p>"
        )

    def _key(self) -> str:
        """Names and colours of the lines, with room for the numbers at the cursor; the
        page's own search is first.
        """
        colour = METHOD_COLOURS[METHOD]
        dashes = f"repeating-linear-gradient(90deg,{colour} 0 6px,transparent 6px 9px)"
        lines = [(METHOD, colour), ("strings that it writes", dashes)]
        lines += [pair for pair in self.curves.colours.items() if pair[0] != METHOD]
        key = "".join(
            f'<li><span class="rg-swatch" style="background:{background}"></span>'
            f'{escape(name)}<span class="rg-readout"></span></li>'
            for name, background in lines
        )
        return f'<ul class="rg-key">{key}</ul>'

    def _sliders(self) -> str:
        return "".join(
            range_slider(
                LABELS[name],
                ["no baseline" if value is None else f"{value:g}" for value in values],
                list(values).index(self.start[name]),
                knob=name,
            )
            for name, values in self.sliders.items()
        )

    def _encode(self) -> dict[str, Any]:
        """The JSON that architecture-search.js reads."""
        return {
            **self.space.encode(),
            **self.curves.encode(without=METHOD),
            "colour": METHOD_COLOURS[METHOD],
            "repeats": self.repeats,
            "seed": self.seed,
            "sliders": {name: list(values) for name, values in self.sliders.items()},
        }


def architecture_search(
    tokens: Tokens,
    right: ArrayLike,
    images: int,
    *,
    title: str,
    curves: Mapping[str, ArrayLike] | None = None,
    **options: Any,
) -> ArchitectureSearch:
    """A search that the reader can change, on a page.

    Args:
        tokens: the choices of each token, by its name.
        right: how many validation images each training of a string got right,
            (count, S); the last token runs fastest.
        images: number of validation images.
        title: visible above the picture.
        curves: mean regrets, from 0 to 1, after 1 to `queries` queries, (queries,), of
            searches that were run before, by name. Random search needs none.
        options: `queries`, `repeats`, `sliders`, `start` and `seed` of
            `ArchitectureSearch`.

    Raises:
        ValueError: something does not fit together; the message says what.
    """
    space = SearchedSpace(tokens, right, images)
    return ArchitectureSearch(space, curves or {}, title, **options)
