"""`Picture`: a matplotlib figure on a page."""

from __future__ import annotations

import io
import sys
from base64 import b64encode
from html import escape
from typing import Any, Literal

import matplotlib
from matplotlib.figure import Figure

from .figures import MAX_WIDTH, STYLE
from .page import prose, require_alt
from .svg import inline, text_on_phone


class Picture:
    """A figure on a page: inline SVG, or WebP where a figure has too many marks for
    SVG.

    Rendering happens here, once; the same figure gives the same bytes. On a phone the
    letters of a figure of ordinary width grow a little; a wide figure needs a variant
    for the phone, with its panels one below the other (`text_on_phone` says whether).

    Args:
        figure: drawn by matplotlib. If pyplot knows it, it is closed, so that a
            notebook does not show it twice.
        alt: what the figure shows, in a sentence or two.
        caption: visible below the figure.
        form: "svg", or "webp" for dense pictures (scatter of thousands of points,
            images).
        phone: the same figure drawn for a narrow screen, shown in place of `figure`
            where the screen is at most 480 px wide.

    Raises:
        ValueError: `alt` cannot stand in for the picture, or `form` is unknown.
    """

    def __init__(
        self,
        figure: Figure,
        alt: str,
        *,
        caption: str = "",
        form: Literal["svg", "webp"] = "svg",
        phone: Figure | None = None,
    ) -> None:
        self.alt = require_alt(alt)
        if form not in ("svg", "webp"):
            raise ValueError(f"form must be 'svg' or 'webp'; got {form!r}")
        self.text_on_phone = _legibility(figure if phone is None else phone)
        draw = _svg if form == "svg" else _webp
        picture = draw(figure, self.alt)
        if phone is not None:
            narrow = draw(phone, self.alt)
            picture = (
                f'<div class="rg-desk">{picture}</div>'
                f'<div class="rg-phone">{narrow}</div>'
            )
        words = ""
        if caption:
            words = f'<figcaption class="rg-caption">{prose(caption)}</figcaption>'
        self._html = (
            '<figure class="rg-figure rg-shown" style="margin:0">'
            f"{picture}{words}</figure>"
        )
        _close(figure, phone)

    def html(self) -> str:
        """A `<figure>` that stands by itself."""
        return self._html

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, str]:
        return {"text/html": self._html, "text/plain": self.alt}


def _close(*figures: Figure | None) -> None:
    """Let pyplot, if it is in use, forget the figures."""
    if "matplotlib.pyplot" in sys.modules:
        for figure in figures:
            if figure is not None:
                sys.modules["matplotlib.pyplot"].close(figure)


def _save_svg(figure: Figure) -> str:
    """Matplotlib's own SVG of a figure."""
    text = io.StringIO()
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    with matplotlib.rc_context(STYLE):
        figure.savefig(text, format="svg", metadata=nothing)
    return text.getvalue()


def _legibility(figure: Figure) -> float:
    """Size of the smallest ordinary letters on a phone [CSS px]."""
    return text_on_phone(_save_svg(figure))


def _svg(figure: Figure, alt: str) -> str:
    return inline(_save_svg(figure), label=alt, max_width=MAX_WIDTH)


def _webp(figure: Figure, alt: str) -> str:
    """An `<img>`, on white in light and dark, at twice the width of a phone; its height
    is reserved before it is decoded.
    """
    buffer = io.BytesIO()
    figure.savefig(
        buffer,
        format="webp",
        dpi=160,
        facecolor="white",
        pil_kwargs={"quality": 82, "method": 6},
    )
    width, height = (round(side * 160) for side in figure.get_size_inches())
    source = f"data:image/webp;base64,{b64encode(buffer.getvalue()).decode()}"
    style = f"display:block;width:100%;max-width:{MAX_WIDTH}px;height:auto"
    return (
        f'<img class="rg-picture" src="{source}" alt="{escape(alt)}" '
        f'width="{width}" height="{height}" style="{style}">'
    )
