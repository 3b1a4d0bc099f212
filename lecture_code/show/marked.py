"""Text on a page with some of its characters marked: who reads it with a pointer, a
screen reader or a printer reads text.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby

from .figures import GREEN
from .page import Rendered, prose, require_alt

# a third of the colour: the text keeps its contrast in light and dark
MARK = f"background:{GREEN}59;color:inherit;border-radius:2px"

STYLE = (
    "margin:0;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.6;"
    "background:none;border:none;padding:0;color:inherit"
)


class MarkedText(Rendered):
    """Lines of text, set in a fixed pitch, with marks.

    Args:
        text: what is shown.
        marked: for each character of `text`, ends of lines included, whether it is
            marked.
        alt: what there is to see, in a sentence.
        caption: visible below the text.

    Raises:
        ValueError: `marked` does not fit the text, or `alt` says nothing.
    """

    def __init__(
        self, text: str, marked: Sequence[bool], alt: str, *, caption: str = ""
    ) -> None:
        if len(text) != len(marked):
            raise ValueError(
                f"marked must hold one value for each of the {len(text)} characters; "
                f"got {len(marked)}"
            )
        alt = require_alt(alt)
        parts = []
        for is_marked, run in groupby(
            zip(text, marked, strict=True),
            key=lambda pair: bool(pair[1]) and pair[0] != "\n",
        ):
            letters = escape("".join(letter for letter, _ in run))
            parts.append(
                f'<mark style="{MARK}">{letters}</mark>' if is_marked else letters
            )
        words = ""
        if caption:
            words = f'<figcaption class="rg-caption">{prose(caption)}</figcaption>'
        html = (
            '<figure class="rg-figure rg-shown" style="margin:0">'
            f'<pre style="{STYLE}">{"".join(parts)}</pre>{words}</figure>'
        )
        super().__init__(html, alt)
