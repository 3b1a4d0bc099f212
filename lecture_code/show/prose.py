"""`Prose`: paragraphs and lists that are shown, for text that a question holds back.

Prose("The hopper falls at a *quarter* less gravity.\\n\\n- first\\n- second")
"""

from __future__ import annotations

import re

from .page import Rendered, prose


class Prose(Rendered):
    """Text as a page shows it.

    Args:
        text: paragraphs with an empty line between them; lines that all begin with "- "
            are a list; `code`, *emphasis* and **strong words** are marked up.

    Raises:
        ValueError: the text is empty.
    """

    def __init__(self, text: str) -> None:
        parts = [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]
        if not parts:
            raise ValueError("Prose needs words; got an empty text")
        html = f'<div class="rg-prose rg-shown">{"".join(map(_block, parts))}</div>'
        alt = " ".join(re.sub(r"[`*]", "", " ".join(parts)).split())
        super().__init__(html, alt)


def _block(part: str) -> str:
    """One paragraph or one list."""
    lines = [line.strip() for line in part.splitlines()]
    if not all(line.startswith("- ") for line in lines):
        return f"<p>{_marked(' '.join(lines))}</p>"
    return f"<ul>{''.join(f'<li>{_marked(line[2:])}</li>' for line in lines)}</ul>"


def _marked(text: str) -> str:
    pieces = re.split(r"\*\*([^*]+)\*\*", text)  # every second piece is strong
    return "".join(
        f"<strong>{prose(piece)}</strong>" if position % 2 else prose(piece)
        for position, piece in enumerate(pieces)
    )
