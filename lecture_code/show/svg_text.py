"""Text of matplotlib's SVGs in the page's own font.

Matplotlib places the letters of a formula one by one for its font, which is wider than
the page's: "10²" would get a gap. Here the letters flow, and only the spaces that the
formula has, as around "=", are kept. On a phone, where a figure is shrunk, letters may
grow: sizes are written as multiples of the variable `--rg-grow`.
"""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

SEEN_WIDTH = 350  # [CSS px] of a figure on a phone that is 390 wide
LEGIBLE = 11.0  # [CSS px]: no ordinary letter may be smaller there
MOST_GROWTH = 1.3  # letters that grow more than this would meet

_SIZE = re.compile(r"font-size:([\d.]+)px")
_LEAST_SPACE = 0.06  # of the letter size: less is not a space


def flow(text: ElementTree.Element) -> None:
    """Let the parts of a formula follow one another; changes `text`.

    Parts that stand over each other (accents, fractions, an index under an exponent)
    keep the places that matplotlib gave them.
    """
    parts = list(text)
    spaces = [_space(left, right) for left, right in pairwise(parts)]
    if any(space < -_LEAST_SPACE for space in spaces):
        return
    for (left, right), space in zip(pairwise(parts), spaces, strict=True):
        rise = float(right.attrib["y"]) - float(left.attrib["y"])
        right.attrib["dy"] = f"{rise:.2f}"
        if space > _LEAST_SPACE:
            right.attrib["dx"] = f"{space:.2f}em"
    for part in parts[1:]:
        del part.attrib["x"], part.attrib["y"]
        if part.attrib["dy"] in ("0.00", "-0.00"):
            del part.attrib["dy"]


def _space(left: ElementTree.Element, right: ElementTree.Element) -> float:
    """Room between two parts in matplotlib's font, in multiples of the letter size."""
    style = left.get("style", "")
    is_slanted = "oblique" in style or "italic" in style
    is_bold = "font-weight:bold" in style or "font-weight:700" in style
    size = _size_of(left)
    font = FontProperties(
        family="DejaVu Sans",
        style="oblique" if is_slanted else "normal",
        weight="bold" if is_bold else "normal",
        size=size,
    )
    words = (left.text or "").replace("\xa0", " ")
    wide, _, _ = text_to_path.get_text_width_height_descent(words, font, ismath=False)
    return (float(right.attrib["x"]) - float(left.attrib["x"]) - wide) / size


def _size_of(element: ElementTree.Element) -> float:
    size = _SIZE.search(element.get("style", ""))
    return float(size[1]) if size else 10.0


def growable(body: str) -> str:
    """Markup in which every size is a multiple of `--rg-grow`."""
    return _SIZE.sub(r"font-size:calc(\1px*var(--rg-grow,1))", body)


def smallest(root: ElementTree.Element) -> float:
    """Size of the smallest ordinary letters, in units of the view box; exponents and
    indices do not count. Infinite where there is no text.
    """
    sizes = [
        max([_size_of(part) for part in (text, *text) if part.get("style")], default=10)
        for text in root.iter("text")
    ]
    return min(sizes, default=float("inf"))


def growth_on_phone(root: ElementTree.Element, width: float) -> float:
    """How much letters must grow on a phone to be legible; 1 where they need not.

    Args:
        root: the SVG, its texts styled.
        width: of its view box.
    """
    shown = smallest(root) * SEEN_WIDTH / width  # [CSS px]
    return max(1.0, LEGIBLE / shown)
