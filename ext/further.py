"""Sections that the page folds: a heading that begins with "Further:" becomes the
summary of a `<details>` element, and the rest of its section is inside.

In a notebook such a section is an ordinary one, and without JavaScript the browser
opens and closes it by itself. `page.js` opens all of them for printing.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

WORD = "Further:"
OPEN = '<details class="rg-further"><summary>'


def html(text: str) -> nodes.raw:
    """A piece of HTML that other builders leave out."""
    return nodes.raw("", text, format="html")


def fold(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put each section that is beyond the chapter's core into a `<details>`."""
    for section in list(doctree.findall(nodes.section)):
        heading = section.next_node(nodes.title, descend=True, siblings=False)
        if heading is None or heading.parent is not section:
            continue
        if not heading.astext().startswith(WORD):
            continue
        place = section.index(heading)
        section.insert(place, html(OPEN))
        section.insert(place + 2, html("</summary>"))
        section.append(html("</details>"))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("doctree-resolved", fold, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
