"""The list of pages beside every page, made quickly.

The list holds titles alone. To make it, Sphinx copies the contents of all pages, down
to every function that a page of code documents, and then drops all but the titles. It
does so for every page, which took two thirds of the time of a build. Here the titles
are taken out once. What the pages show is the same.
"""

from collections.abc import Callable
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def title_alone(contents: nodes.bullet_list) -> nodes.bullet_list:
    """A page's contents without what is below its title, but with the lists of pages
    that it names: what Sphinx takes from them for `titles_only`.
    """
    short = contents.deepcopy()
    for entry in short.children:
        if len(entry) > 1:
            entry[1][:] = list(entry.findall(addnodes.toctree))
            if not entry[1].children:
                entry.pop(1)
    return short


def titles(env: BuildEnvironment) -> dict[str, nodes.bullet_list]:
    """The shortened contents of every page; a page that shows only a part of them
    (`only`, `tocdepth`) keeps its own.
    """
    return {
        page: contents
        if contents.next_node(addnodes.only) or env.metadata[page].get("tocdepth")
        else title_alone(contents)
        for page, contents in env.tocs.items()
    }


class Sidebar:
    """Gives the templates a quick function for the list; it keeps the titles."""

    def __init__(self) -> None:
        self.titles: dict[str, nodes.bullet_list] = {}

    def quicken(
        self,
        app: Sphinx,
        pagename: str,
        templatename: str,
        context: dict[str, Any],
        doctree: nodes.document | None,
    ) -> None:
        """Replace the function in the context of a page."""
        self.titles = self.titles or titles(app.env)
        context["toctree"] = self.listing(app.env, context["toctree"])

    def listing(
        self, env: BuildEnvironment, toctree: Callable[..., str]
    ) -> Callable[..., str]:
        """The function `toctree`, which finds titles alone where only they are asked
        for.
        """

        def listed(**options: Any) -> str:
            whole = env.tocs
            env.tocs = self.titles if options.get("titles_only") else whole
            try:
                return toctree(**options)
            finally:
                env.tocs = whole

        return listed


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    # before the theme asks for the list
    app.connect("html-page-context", Sidebar().quicken, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
