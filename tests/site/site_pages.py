"""Which pages the book has, the views in which they are tested, and what a visit to one
of them finds.
"""

import functools
import gzip
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
COLOUR_RULES = ["color-contrast", "link-in-text-block"]  # the ones that look at colours
VIEWS = {  # name: width, height, colour scheme
    "desktop-light": (1280, 900, "light"),
    "desktop-dark": (1280, 900, "dark"),
    "phone-light": (390, 844, "light"),
    "phone-dark": (390, 844, "dark"),
}
WHERE = ("http", "file")  # as files the pages are visited on a phone, in the dark

COUNT_SHIFTS = """
  window.__shift = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.__shift += entry.value; })
    .observe({ type: "layout-shift", buffered: true });
"""

# Every element with its size, its place and whether it can be seen. The button for the
# colour scheme is left out: it alone changes its picture with the scheme.
SHAPE = """() => [...document.querySelectorAll("body *:not(.theme-switch-button *)")].map((e) => {
  const box = e.getBoundingClientRect();
  const name = `${e.tagName}.${e.getAttribute("class")}#${e.getAttribute("aria-label")}`;
  return [name, box.x, box.y, box.width, box.height].map((part) => typeof part === "number" ? Math.round(part) : part).join() + e.checkVisibility();
}).join()"""

# Letters of code and of formulas are coloured by their classes. Of the spans that stand
# in one chain of classes the first is examined and the others are marked, so that a page
# with ten thousand spans has some hundred to examine. Only a span without elements
# inside is ever left out: no link, no button.
MARK_REPEATED = """() => {
  const seen = new Set(), chains = new Map([[null, ""]]);
  const chain = (e) => {
    if (!chains.has(e)) {
      const look = /color|background|opacity/.test(e.getAttribute("style") || "") ? e.getAttribute("style") : "";
      chains.set(e, `${chain(e.parentElement)}>${e.tagName}.${e.getAttribute("class")}${e.hasAttribute("open")}${e.hasAttribute("inert")}${look}`);
    }
    return chains.get(e);
  };
  const letters = [...document.querySelectorAll(".highlight pre span, .katex-html span")]
    .filter((span) => !span.childElementCount && span.textContent.trim() && span.checkVisibility());
  const repeated = letters.filter((span) => seen.size === seen.add(chain(span)).size);
  document.querySelectorAll("[data-repeated]").forEach((span) => span.removeAttribute("data-repeated"));
  repeated.forEach((span) => span.setAttribute("data-repeated", "")); // all reading is done: a write between would lay out the page anew
}"""

LOOK = """() => {
  const all = (query) => [...document.querySelectorAll(query)];
  const name = (e) => e.outerHTML.slice(0, 120);
  const named = (e) => e.getAttribute("aria-label") || e.getAttribute("aria-labelledby") || e.title || (e.labels && e.labels.length);
  const alt = (e) => e.tagName === "IMG" ? e.getAttribute("alt") : e.getAttribute("aria-label") || (e.querySelector("title") || {}).textContent;
  const root = document.documentElement;
  const pictures = all("article img, article svg[role=img], article canvas").filter((e) => !e.closest("[aria-hidden=true]"));
  return {
    theme: root.dataset.theme,
    overflow: root.scrollWidth - root.clientWidth,
    shift: window.__shift,
    pictures: pictures.map((e) => [name(e), alt(e)]),
    nameless: all("input:not([type=hidden]), select, textarea").filter((e) => !named(e)).map(name),
    description: all("meta[name=description]").map((e) => e.content),
    title: document.title,
    version: (document.querySelector(".rg-version") || {}).textContent,
    date: (document.querySelector(".rg-date") || {}).textContent,
    headings: all("h1").length,
  };
}"""


def documents() -> list[str]:
    """The documents that the table of contents names, without suffix."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))

    def walk(entry: Any) -> list[str]:
        if isinstance(entry, list):
            return [name for item in entry for name in walk(item)]
        below = [
            name
            for key in ("parts", "chapters", "sections")
            for name in walk(entry.get(key, []))
        ]
        return ([entry["file"]] if "file" in entry else []) + below

    return [toc["root"], *walk(toc)]


PAGES = [*documents(), "search", "genindex"]


@dataclass
class Survey:
    """One visit: what went wrong, what the page holds and what axe says in each view,
    and what it weighs (gzip, bytes by file).

    Attributes:
        turned: the views that differ from the one before in nothing but colours.
    """

    complaints: list[str] = field(default_factory=list)
    found: dict[str, dict[str, Any]] = field(default_factory=dict)
    violations: dict[str, list[str]] = field(default_factory=dict)
    weights: dict[str, int] = field(default_factory=dict)
    turned: list[str] = field(default_factory=list)


@functools.cache
def weigh(body: bytes) -> int:
    """What travels to the reader: the file or its gzip, whichever is smaller (fonts and
    pictures are packed already).
    """
    return min(len(body), len(gzip.compress(body, 9)))


def examine(page: Any, within: str = "html", *, colours: bool = False) -> list[str]:
    """The violations of WCAG 2 A and AA that axe finds, in all of the page or within
    some elements, one line for each element; with `colours`, by the rules on colours
    alone.
    """
    if not AXE.exists():
        pytest.fail("axe-core is missing: run `python -m tools.assets` first")
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    page.evaluate(MARK_REPEATED)
    only = (
        {"type": "rule", "values": COLOUR_RULES}
        if colours
        else {"type": "tag", "values": AXE_TAGS}
    )
    answer = page.evaluate(
        "([within, only]) => axe.run("
        "{ include: [within], exclude: ['[data-repeated]'] }, "
        "{ runOnly: only, resultTypes: ['violations'] })",
        [within, only],
    )
    return [
        f"{rule['id']}: {node['html'][:160]} ({node['failureSummary'][:200]})"
        for rule in answer["violations"]
        for node in rule["nodes"]
    ]
