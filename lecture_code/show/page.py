"""Where a thing is shown: the one switch between the book's page and a live notebook.

Everything shown has two members, `html()` and `alt`; `Shown` is that protocol. Read
`static_page` first: nothing else asks where it runs.
"""

from __future__ import annotations

import hashlib
import os
import re
from html import escape
from typing import Any, Protocol, runtime_checkable

_PLURAL = re.compile(r"([a-z]+ )*[a-z]{3,}s")  # "control steps", and not "s"
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
    """A value as the reader sees it, with its unit: '−9.81 m/s²', '1.5×', '1 control
    step'.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    shown = number(value) if is_number else str(value)
    if unit.startswith(("%", "×")):
        return shown + unit
    if is_number and abs(value) == 1 and _PLURAL.fullmatch(unit):
        unit = unit.removesuffix("s")
    return f"{shown} {unit}".strip()


def bundle(shown: Shown) -> dict[str, Any]:
    """What a notebook shows where custom elements may be inside: HTML in the book, live
    a widget that knows the elements.
    """
    face = {"text/html": shown.html(), "text/plain": shown.alt}
    if static_page():
        return face
    from .live import HtmlWidget, views  # never needed while the book is built

    return {**face, **views(HtmlWidget(html=shown.html()))}


class Rendered:
    """Something for a page whose HTML is made once, when it is built.

    Args:
        html: of the element.
        alt: what there is to see, in words.
    """

    def __init__(self, html: str, alt: str) -> None:
        self._html = html
        self.alt = alt

    def html(self) -> str:
        """The HTML; where scripts draw it, a still picture stands inside."""
        return self._html

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, Any]:
        return bundle(self)


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
        parts = "".join(part.html() for part in self.parts)
        return f'<div class="rg-beside rg-shown">{parts}</div>'

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, Any]:
        return bundle(self)
