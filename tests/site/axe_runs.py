"""What axe says of an open page.

The time of axe grows with the number of elements, and code, signatures and formulas are
made of thousands that differ in nothing. So axe runs twice, and each time the page
lacks what can make no difference; afterwards it is as before.

* The rules that do not look at colours: a span of code or of a signature that holds
  nothing but text becomes plain text in its place.
* The rules on colours: axe judges the first block of each look, and a later block
  without a new look is taken out, also in other views of the page. The look of a text
  is what the computed style says of the colours, backgrounds, letters and decorations
  of its element and of all elements around it. If axe cannot judge a look at its first
  place, it gets all places. What floats above the page, drawings and elements of ours
  that draw always stay: anything may lie behind their texts. A button that is as clear
  as glass until the mouse comes hides nothing and is taken out.
"""

from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RUNS = Path(__file__).with_suffix(".js")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def prepare(page: Any) -> None:
    """Put axe into the page, once."""
    if not AXE.exists():
        pytest.fail("axe-core is missing: run `python -m tools.assets` first")
    if not page.evaluate("'__axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
        page.evaluate(RUNS.read_text(encoding="utf-8"))


def lines(found: list[tuple[str, str, str]]) -> list[str]:
    """One line for each element that breaks a rule."""
    return [f"{rule}: {html[:160]} ({why[:200]})" for rule, html, why in found]


def examine(page: Any, *, colours: bool = False) -> list[str]:
    """The violations of WCAG 2 A and AA that axe finds in the page, one line for each
    element; with `colours`, by the rules on colours alone.
    """
    prepare(page)
    found = [] if colours else page.evaluate("(tags) => __axe.others(tags)", TAGS)
    return lines(found + page.evaluate("() => __axe.colours()"))


def examine_within(page: Any, selector: str) -> list[str]:
    """The violations that axe finds in the elements that a selector names."""
    prepare(page)
    return lines(page.evaluate("(given) => __axe.within(...given)", [selector, TAGS]))
