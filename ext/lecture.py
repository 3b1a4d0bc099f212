"""The pages that list chapters: the lecture map, the map of methods and the
instructors' run-sheet.

Three directives, each without arguments: `{lecture-map}`, `{method-map}`,
`{run-sheet}`. A chapter that has no notebook yet is listed without a link. What they
list is read in `chapters.py`; the run-sheet stands in `run_sheet.py`.
"""

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from ext.chapters import LECTURE, Chapter, Slide, load
from ext.layout import link, missing, paragraph, table
from ext.run_sheet import RunSheet, run_sheet, sheet

TO_COME = "to come"
logger = logging.getLogger(__name__)


class LectureMap(SphinxDirective):
    """A table per part: heading of the lecture → chapter or section → module."""

    def run(self) -> list[nodes.Node]:
        """Lay it out."""
        self.env.note_dependency(str(LECTURE))
        rows = [
            (self.cells(chapter, slide), "")
            for chapter in load().chapters.values()
            for slide in chapter.slides
        ]
        head = ["Slide", "Chapter", "Module"]
        return [table(head, rows, [45, 30, 25], "lecture-map")]

    def cells(self, chapter: Chapter, slide: Slide) -> list[nodes.Node]:
        """One row."""
        heading = f"{slide.heading} ({slide.note})" if slide.note else slide.heading
        place = paragraph(link(chapter, section=slide.section))
        if slide.section:
            place += [nodes.Text(": "), link(chapter, slide.section, slide.section)]
        module = (
            nodes.literal("", chapter.module)
            if chapter.exists
            else nodes.inline("", TO_COME, classes=["to-come"])
        )
        return [paragraph(heading), place, paragraph(module)]


class MethodMap(SphinxDirective):
    """The lecture's overview of methods as a nested list of links, drawn as a tree by
    the style sheet.
    """

    def run(self) -> list[nodes.Node]:
        """Lay it out."""
        self.env.note_dependency(str(LECTURE))
        return [
            nodes.container("", self.branches(load().map), classes=["method-map"]),
            *missing("Branches"),
        ]

    def branches(self, entries: Any) -> nodes.bullet_list:
        """Branches and, inside, the branches below them."""
        items = nodes.bullet_list("")
        for entry in entries:
            items += nodes.list_item("", self.label(entry))
            if "branches" in entry:
                items[-1] += self.branches(entry["branches"])
        return items

    def label(self, entry: dict[str, Any]) -> nodes.paragraph:
        """A branch and what it means; before it the title of its chapter, linked, where
        the chapter exists.
        """
        branch, text = entry["branch"], entry["text"]
        chapter = load().chapters.get(entry.get("chapter", ""))
        words = f": {text}"
        if chapter is None:
            name = nodes.strong("", branch)
        elif chapter.exists:
            name = link(chapter, chapter.title)
            if branch != chapter.title:
                words = f": {branch[0].lower()}{branch[1:]}; {text}"
        else:
            name = link(chapter, branch)
        return paragraph(name, nodes.inline("", words, classes=["branch-text"]))


def anchor(app: Sphinx, document: str, section: str) -> str:
    """The anchor of a section in a document."""
    for reference in app.env.tocs[document].findall(nodes.reference):
        if reference.astext() == section:
            return str(reference["anchorname"])
    logger.warning(
        "lecture.yml names the section %r, which %s does not have", section, document
    )
    return ""


def resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Lay out the run-sheet, now that every notebook has run, and give every link its
    address.
    """
    for place in list(doctree.findall(run_sheet)):
        beside = Path(app.outdir).parent / ".jupyter_cache"
        place.replace_self(sheet(Path(app.config.nb_execution_cache_path or beside)))
    for reference in doctree.findall(nodes.reference):
        if document := reference.get("lecture_document"):
            section = reference["lecture_section"]
            address = app.builder.get_relative_uri(docname, document)
            place_on_page = anchor(app, document, section) if section else ""
            reference["refuri"] = address + place_on_page


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_node(run_sheet)
    app.add_directive("lecture-map", LectureMap)
    app.add_directive("method-map", MethodMap)
    app.add_directive("run-sheet", RunSheet)
    app.connect("doctree-resolved", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
