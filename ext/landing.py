"""Directives of the landing page: its moving picture, and the line that says where the
reader was.

    ```{hero}
    ```

    ```{reading-progress}
    ```
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

PROMISE = "This browser remembers what you read and answer. Nobody else sees it."


class HeroDirective(SphinxDirective):
    """The picture that `lecture_code.figures.landing` computes while the book is
    built.
    """

    def run(self) -> list[nodes.Node]:
        from lecture_code.figures.landing import make_hero

        return [nodes.raw("", make_hero().html(), format="html")]


class ReadingProgress(SphinxDirective):
    """One line on sections read and questions answered, filled in by the page."""

    def run(self) -> list[nodes.Node]:
        line = f"<reading-progress><p>{PROMISE}</p></reading-progress>"
        return [nodes.raw("", line, format="html")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_directive("hero", HeroDirective)
    app.add_directive("reading-progress", ReadingProgress)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
