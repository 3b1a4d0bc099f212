"""Matplotlib's SVG, made fit for a page: small, in the page's own font and text colour,
the same bytes for the same figure.

Inline SVGs share one document, so matplotlib's output cannot be pasted as it is: its
style sheet matches every element of the page, and its ids collide. `inline` drops the
first and makes the second unique by content.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from .page import fingerprint
from .svg_text import LEGIBLE, MOST_GROWTH, flow, growable, growth_on_phone

FOREGROUND = "#202326"  # stands for the page's text colour while matplotlib draws

_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_REFERENCE = re.compile(r"#([\w.-]+)")
_FONT = re.compile(r"font-family:[^;]*(?:; ?|$)")
_FONT_SHORT = re.compile(r"font: ((?:[a-z]+ |\d00 )*)([\d.]+px)[^;]*")
_STILL = re.compile(r"rotate\(-?0(?:\.0+)? [^)]*\)")
_OPERATORS = set(
    "=+−<>≤≥≈∈→×"
)  # keep their own place, and with it the space around them


def inline(svg: str, *, label: str, max_width: int) -> str:
    """One `<svg role="img">` for the body of a page.

    Args:
        svg: a complete SVG document as matplotlib writes it with `svg.fonttype: none`.
        label: what the picture shows, for readers who do not see it.
        max_width: width beyond which it does not grow [CSS px].
    """
    root = ElementTree.fromstring(svg)
    _tidy(root)
    growth = min(growth_on_phone(root, view_width(root)), MOST_GROWTH)
    parts = (ElementTree.tostring(child, encoding="unicode") for child in root)
    body = "".join(parts).replace(" />", "/>")
    body = _unique_ids(re.sub(r'\s*xmlns(:\w+)?="[^"]*"', "", body), label)
    body = growable(body.replace(FOREGROUND, "currentColor"))
    style = (
        f"display:block;width:100%;max-width:{max_width}px;height:auto;overflow:visible"
    )
    if growth > 1:
        style += f";--rg-phone:{growth:.2f}"
    attributes = {
        "class": "rg-picture",
        "role": "img",
        "aria-label": label,
        "viewBox": root.attrib["viewBox"],
        "stroke-linejoin": "round",
        "style": style,
    }
    head = ElementTree.tostring(ElementTree.Element("svg", attributes), "unicode")
    return f"{head.removesuffix(' />')}>{body}</svg>"


def text_on_phone(svg: str) -> float:
    """Size of the smallest ordinary letters on a phone that is 390 wide [CSS px], after
    they have grown as much as they may.
    """
    root = ElementTree.fromstring(svg)
    _tidy(root)
    growth = growth_on_phone(root, view_width(root))
    return LEGIBLE if growth <= MOST_GROWTH else LEGIBLE * MOST_GROWTH / growth


def view_width(root: ElementTree.Element) -> float:
    """Width of the view box."""
    return float(root.attrib["viewBox"].split()[2])


def _tidy(parent: ElementTree.Element) -> None:
    """Drop what the page does not need, shorten the rest, and lift the children of bare
    groups; changes `parent`.
    """
    kept: list[ElementTree.Element] = []
    for child in parent:
        child.tag = child.tag.split("}")[-1]
        _tidy(child)
        _shorten(child)
        if child.tag == "text":
            _join_letters(child)
            flow(child)
        if (
            child.tag in ("metadata", "style")
            or _invisible(child)
            or (child.tag in ("g", "defs") and not len(child))
        ):
            continue
        child.tail = None
        if child.tag != "text" and child.tag != "tspan":
            child.text = None
        bare = child.tag == "g" and not child.attrib
        kept.extend(child if bare else [child])
    parent[:] = kept


def _join_letters(text: ElementTree.Element) -> None:
    """Matplotlib sets formulas letter by letter for its own font; join neighbours of
    one line and style into words; changes `text`.
    """
    runs: list[ElementTree.Element] = []
    for letter in sorted(text, key=lambda letter: float(letter.attrib["x"])):
        previous = runs[-1] if runs else None
        alike = previous is not None and all(
            previous.get(key) == letter.get(key) for key in ("y", "style")
        )
        if (
            previous is not None
            and alike
            and not {previous.text, letter.text} & _OPERATORS
        ):
            previous.text = (previous.text or "") + (letter.text or "")
        else:
            runs.append(letter)
    if runs:
        text.text = None
        text[:] = runs


def _shorten(element: ElementTree.Element) -> None:
    """Two decimals (a hundredth of a point), one line per path, no font families, no
    transforms that do nothing; changes `element`.
    """
    attributes = {key.split("}")[-1]: value for key, value in element.attrib.items()}
    if element.tag == "g":
        attributes.pop("id", None)
    for key, value in attributes.items():
        if key in ("d", "x", "y", "width", "height", "transform", "points"):
            value = " ".join(
                _NUMBER.sub(
                    lambda match: f"{float(match[0]):.2f}".rstrip("0").rstrip("."),
                    value,
                ).split()
            )
        if key == "d":
            value = re.sub(r" ?([MLQCHVZz]) ?", r"\1", value)
        if key == "style":
            value = (
                _FONT_SHORT.sub(_long_hand, _FONT.sub("", value))
                .rstrip("; ")
                .replace(": ", ":")
                .replace("; ", ";")
            )
        attributes[key] = value
    if _STILL.fullmatch(attributes.get("transform", "")):
        del attributes["transform"]
    element.attrib.clear()
    element.attrib.update(attributes)


def _long_hand(match: re.Match[str]) -> str:
    """`font: italic 10px 'DejaVu Sans'` without its family, which the page gives."""
    words = match[1].split()
    return "; ".join(
        [
            f"font-style: {word}" if word.isalpha() else f"font-weight: {word}"
            for word in words
        ]
        + [f"font-size: {match[2]}"]
    )


def _invisible(element: ElementTree.Element) -> bool:
    return (
        element.tag == "path"
        and "id" not in element.attrib
        and element.attrib.get("style") in ("fill:none", "fill:none;stroke:none")
    )


def _unique_ids(body: str, label: str) -> str:
    """Rename the ids that something refers to, `m960ee1eb29` → `rg-<content>-0`, and
    drop the others.
    """
    prefix = f"rg{fingerprint(body, label)}"
    used = set(
        _REFERENCE.findall(
            " ".join(re.findall(r'(?:href="#[^"]*"|url\(#[^)]*\))', body))
        )
    )
    defined = re.findall(r' id="([^"]+)"', body)
    for index, name in enumerate(dict.fromkeys(defined)):
        if name not in used:
            body = body.replace(f' id="{name}"', "")
            continue
        new = f"{prefix}-{index}"
        body = (
            body.replace(f' id="{name}"', f' id="{new}"')
            .replace(f'"#{name}"', f'"#{new}"')
            .replace(f"url(#{name})", f"url(#{new})")
        )
    return body
