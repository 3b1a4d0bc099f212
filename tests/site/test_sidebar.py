"""The list of pages is made quickly, and is the list that Sphinx makes."""

import functools
from typing import Any

import pytest
from docutils import nodes
from sphinx.application import Sphinx

from ext.sidebar import Sidebar, title_alone

PAGES = {
    "index": "Book\n====\n\n.. toctree::\n   :caption: Part\n\n   chapter\n   code",
    "chapter": "Chapter\n=======\n\nOne\n---\n\nTwo\n---\n\nThree\n.....\n",
    "code": "Code\n====\n\nRooms\n-----\n\n.. toctree::\n   :hidden:\n\n   room\n",
    "room": "Room\n====\n\n.. py:function:: f()\n\n.. py:function:: g()\n\n"
    "More\n----\n\n.. only:: html\n\n   Shown\n   .....\n",
}
TITLES = {"titles_only": True, "includehidden": True, "collapse": False}


@pytest.fixture(scope="module")
def app(tmp_path_factory) -> Any:
    """A small book that Sphinx has read, with a page of code below a page."""
    folder = tmp_path_factory.mktemp("book")
    (folder / "conf.py").write_text("extensions = []")
    for name, text in PAGES.items():
        (folder / f"{name}.rst").write_text(text)
    out = folder / "out"
    app = Sphinx(folder, folder, out, out / "trees", "html", status=None)
    app.build()
    return app


@pytest.mark.parametrize("page", [*PAGES, "genindex"])
@pytest.mark.parametrize("options", [TITLES, {}, {"collapse": False}])
def test_the_list_is_that_of_sphinx(app, page, options):
    """Oracle: for every page, also for one outside the table of contents, and whatever
    is asked for, the list is what Sphinx makes of the whole contents; these are the
    same afterwards.
    """
    whole = app.env.tocs
    toctree = functools.partial(app.builder._get_local_toctree, page)
    context = {"toctree": toctree}
    Sidebar().quicken(app, page, "page.html", context, None)
    listed = context["toctree"](**options)
    assert listed == toctree(**options)
    if options == {"collapse": False}:
        assert "Three" in listed
    assert app.env.tocs is whole


def test_only_titles_and_lists_of_pages_are_copied(app):
    """What is below the title of a page is gone, and the page itself keeps it."""
    contents = app.env.tocs["chapter"]
    before = contents.pformat()
    short = title_alone(contents)
    assert [link.astext() for link in short.findall(nodes.reference)] == ["Chapter"]
    assert contents.pformat() == before


def test_titles_are_taken_out_once(app, monkeypatch):
    """A second page finds the titles of the first."""
    sidebar = Sidebar()
    taken = []
    monkeypatch.setattr("ext.sidebar.titles", lambda env: taken.append(env) or {"": 0})
    for page in PAGES:
        sidebar.quicken(app, page, "page.html", {"toctree": str}, None)
    assert len(taken) == 1
