"""Where a thing is shown: the one switch between the book's page and a live notebook,
and the sources of the page's elements.

Everything shown has two members, `html()` and `alt`; `Shown` is that protocol. Read
`static_page` first: nothing else asks where it runs.
"""

from __future__ import annotations

import hashlib
import os
import re
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import lecture_code

WEB = Path(lecture_code.__file__).resolve().parents[1] / "book" / "web"
SCRIPTS = (
    "robot-replay.js",
    "tetris-board.js",
    "result-table.js",
    "flip-book.js",
    "predict-then-reveal.js",
    "mujoco-robots.js",
    "mujoco-playground.js",
)
STYLE_SHEET = "elements.css"

_FILE_NAME = re.compile(r"\S+\.(png|svg|webp|jpe?g|gif|pdf)", re.IGNORECASE)


@runtime_checkable
class Shown(Protocol):
    """What a page can show: `html()` stands by itself, `alt` says in words what it
    shows.
    """

    @property
    def alt(self) -> str:
        """What there is to see, in words."""

    def html(self) -> str:
        """Markup for the body of a page."""


def static_page() -> bool:
    """True while the book is being built (BOOK_BUILD=1): cells then emit static HTML
    only, and no widget is created.
    """
    return os.environ.get("BOOK_BUILD", "") not in ("", "0")


@cache
def web_source(name: str) -> str:
    """The text of one of the page's own scripts or style sheets, from `book/web`.

    Raises:
        FileNotFoundError: `book/web` is not beside the package, so this is not an
            editable install of the repository.
    """
    path = WEB / name
    if not path.is_file():
        known = sorted(p.name for p in WEB.glob("*.*s")) if WEB.is_dir() else []
        beside = (
            f"it has {known}"
            if known
            else "that folder is missing: install the book from its repository with `pip install -e .`"
        )
        raise FileNotFoundError(f"no page asset {name!r} in {WEB}; {beside}")
    return path.read_text(encoding="utf-8")


def engine_source() -> bytes:
    """The script of the physics engine for the page.

    Raises:
        FileNotFoundError: it has not been made yet; the message says how it is.
    """
    path = WEB.parents[1] / "_build" / "assets" / "mujoco-engine.js"
    if not path.is_file():
        raise FileNotFoundError(
            "the engine has not been made yet: run `make build`, or start JupyterLab "
            "with `make lab`"
        )
    return path.read_bytes()


def require_alt(alt: str) -> str:
    """`alt`, if it can stand in for the picture.

    Raises:
        ValueError: it is empty, a file name, or shorter than three words.
    """
    words = alt.strip()
    if not words or _FILE_NAME.fullmatch(words) or len(words.split()) < 3:
        raise ValueError(
            f"alt must say in a sentence what the picture shows; got {alt!r}"
        )
    return words


def require_shown(thing: object, source: str) -> Shown:
    """`thing`, if a page can show it.

    Raises:
        TypeError: it has no `html()` and `alt`; the message names `source` and the ways
            out.
    """
    if not isinstance(thing, Shown):
        raise TypeError(
            f"{source} gave a {type(thing).__name__}, which a page cannot show; give a "
            "Picture(figure, alt), a Replay(...), a Table(...), Prose(words) or "
            "Beside(...)"
        )
    return thing


def fingerprint(*parts: str) -> str:
    """Eight hexadecimal digits that depend on nothing but the text, for names that must
    be unique and the same in every build.
    """
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]


def prose(text: str) -> str:
    """Escaped text in which `code` and *emphasis* are marked up."""
    marked = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))
    return re.sub(r"(?<![\w*])\*([^*\s][^*]*)\*(?![\w*])", r"<em>\1</em>", marked)


def number(value: float, digits: int = 4) -> str:
    """A number as it is printed on the page, with a true minus sign: `number(-9.81)` is
    '−9.81'.
    """
    return f"{value:.{digits}g}".replace("-", "−")


def quantity(value: Any, unit: str) -> str:
    """A value as the reader sees it, with its unit: '−9.81 m/s²', '1.5×'."""
    shown = (
        number(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool)
        else str(value)
    )
    return (
        f"{shown} {unit}".strip() if not unit.startswith(("%", "×")) else shown + unit
    )


def bundle(shown: Shown) -> dict[str, Any]:
    """What a notebook shows where custom elements may be inside: HTML in the book, live
    a widget that knows the elements.
    """
    face = {"text/html": shown.html(), "text/plain": shown.alt}
    if static_page():
        return face
    from .live import (
        Stage,
        views,
    )  # the only way to a widget: never taken while the book is built

    return {**face, **views(Stage(html=shown.html()))}


class Beside:
    """Several shown things side by side; one below the other where the page is narrow.

    A figure that stands beside another is about 320 px wide: draw it with
    `new_figure(width=3.9)`, so that its letters are not shrunk.
    """

    def __init__(self, *parts: Shown) -> None:
        self.parts = tuple(require_shown(part, "Beside") for part in parts)
        self.alt = " ".join(part.alt for part in self.parts)

    def html(self) -> str:
        """The parts in one row that wraps."""
        return f'<div class="rg-beside rg-shown">{"".join(part.html() for part in self.parts)}</div>'

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, Any]:
        return bundle(self)
