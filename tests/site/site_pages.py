"""Which pages the book has, the views in which they are tested, and what a visit to one
of them finds.
"""

import functools
import gzip
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
VIEWS = {  # name: width, height, colour scheme
    "desktop-light": (1280, 900, "light"),
    "desktop-dark": (1280, 900, "dark"),
    "phone-light": (390, 844, "light"),
    "phone-dark": (390, 844, "dark"),
}
WHERE = ("http", "file")  # as files the pages are visited on a phone, in the dark

COUNT_SHIFTS = """
  window.__shift = 0;
  const add = (entry) => { if (!entry.hadRecentInput) window.__shift += entry.value; };
  new PerformanceObserver((list) => list.getEntries().forEach(add))
    .observe({ type: "layout-shift", buffered: true });
"""

# Every element with its size, its place and whether it can be seen. The button for the
# colour scheme is left out: it alone changes its picture with the scheme.
SHAPE = """() => {
  const shape = (e) => {
    const box = e.getBoundingClientRect();
    const place = [box.x, box.y, box.width, box.height].map(Math.round);
    const words = ["class", "aria-label"].map((name) => e.getAttribute(name));
    return [e.tagName, ...words, ...place, e.checkVisibility()].join();
  };
  const elements = document.querySelectorAll("body *:not(.theme-switch-button *)");
  return [...elements].map(shape).join("\\n");
}"""

LOOK = """() => {
  const all = (query) => [...document.querySelectorAll(query)];
  const start = (e) => e.outerHTML.slice(0, 120);
  const words = (query) => (document.querySelector(query) || {}).textContent;
  const named = (e) =>
    e.getAttribute("aria-label") || e.getAttribute("aria-labelledby") || e.title
    || (e.labels && e.labels.length);
  const alt = (e) =>
    e.tagName === "IMG" ? e.getAttribute("alt")
    : e.getAttribute("aria-label") || (e.querySelector("title") || {}).textContent;
  const root = document.documentElement;
  const pictures = all("article :is(img, svg[role=img], canvas)")
    .filter((e) => !e.closest("[aria-hidden=true]"));
  const inputs = all("input:not([type=hidden]), select, textarea");
  return {
    theme: root.dataset.theme,
    overflow: root.scrollWidth - root.clientWidth,
    shift: window.__shift,
    pictures: pictures.map((e) => [start(e), alt(e)]),
    nameless: inputs.filter((e) => !named(e)).map(start),
    description: all("meta[name=description]").map((e) => e.content),
    title: document.title,
    version: words(".rg-version"),
    date: words(".rg-date"),
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
