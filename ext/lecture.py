"""What the book knows of the lecture, from `book/lecture.yml`: the lecture map, the map
of methods and the instructors' run-sheet.

Three directives, each without arguments: `{lecture-map}`, `{method-map}`,
`{run-sheet}`. A chapter that has no notebook yet is listed without a link. Start
reading at `load`; the directives only lay out what it returns.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from ext.timing import cell_seconds

ROOT = Path(__file__).resolve().parent.parent
TO_COME = "to come"
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Slide:
    """A heading of the lecture; `section` is the heading of the chapter that treats it,
    `note` limits it to a part of the slide.
    """

    heading: str
    section: str = ""
    note: str = ""


@dataclass(frozen=True)
class Chapter:
    """A chapter of the book; it exists when its notebook does."""

    part: str  # key of the part: its folder
    key: str
    title: str
    question: str
    minutes: int  # to teach it
    sections: tuple[tuple[str, int], ...]  # heading, minutes
    slides: tuple[Slide, ...]
    room: str = ""  # of the package, where a chapter has one to itself

    @property
    def document(self) -> str:
        """Its name in the table of contents."""
        return f"book/{self.part}/{self.key}"

    @property
    def notebook(self) -> Path:
        """Its source, whether it exists or not."""
        return ROOT / f"{self.document}.ipynb"

    @property
    def module(self) -> str:
        """The module that it teaches."""
        return f"lecture_code.{self.room or f'{self.part}.{self.key}'}"

    @property
    def exists(self) -> bool:
        """Whether it has been written."""
        return self.notebook.exists()


@dataclass(frozen=True)
class Part:
    """A part of the book, in the lecture's order."""

    key: str
    title: str
    chapters: tuple[Chapter, ...]


@dataclass(frozen=True)
class Lecture:
    """The whole data file."""

    parts: tuple[Part, ...]
    map: tuple[dict[str, Any], ...]

    @property
    def chapters(self) -> dict[str, Chapter]:
        """Every chapter by its key, in order."""
        return {
            chapter.key: chapter for part in self.parts for chapter in part.chapters
        }


def read_slide(entry: str | dict[str, str]) -> Slide:
    """A slide from its heading alone, or from heading, section and note."""
    return Slide(entry) if isinstance(entry, str) else Slide(**entry)


def read_chapter(part: str, entry: dict[str, Any]) -> Chapter:
    """A chapter from its entry."""
    sections = tuple(
        (str(heading), int(minutes))
        for heading, minutes in entry.get("sections", {}).items()
    )
    slides = tuple(read_slide(slide) for slide in entry["slides"])
    return Chapter(
        part,
        entry["key"],
        entry["title"],
        entry["question"],
        int(entry["minutes"]),
        sections,
        slides,
        entry.get("room", ""),
    )


@cache
def load(path: Path = ROOT / "book" / "lecture.yml") -> Lecture:
    """Read the data file."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    parts = (
        Part(
            part["key"],
            part["title"],
            tuple(read_chapter(part["key"], entry) for entry in part["chapters"]),
        )
        for part in data["parts"]
    )
    return Lecture(tuple(parts), tuple(data["map"]))


def notebook_sections(notebook: Path) -> list[tuple[str, list[int]]]:
    """The second-level headings of a notebook with the indices of the cells below each;
    what precedes the first heading is named ''.
    """
    sections: list[tuple[str, list[int]]] = [("", [])]
    for index, cell in enumerate(nbformat.read(notebook, as_version=4).cells):
        headings = (
            re.findall(r"^## +(.+?) *#*$", cell.source, flags=re.MULTILINE)
            if cell.cell_type == "markdown"
            else []
        )
        sections.extend((heading, []) for heading in headings)
        sections[-1][1].append(index)
    return sections


# --- nodes


def link(chapter: Chapter, text: str = "", section: str = "") -> nodes.Node:
    """A reference to a chapter or one of its sections, filled in by `resolve`; plain
    text for a chapter to come.
    """
    if not chapter.exists:
        return nodes.inline("", text or chapter.title, classes=["to-come"])
    return nodes.reference(
        "",
        text or chapter.title,
        internal=True,
        refuri="",
        lecture_document=chapter.document,
        lecture_section=section,
    )


def paragraph(*content: nodes.Node | str) -> nodes.paragraph:
    """A paragraph of nodes and plain text."""
    return nodes.paragraph(
        "",
        "",
        *(nodes.Text(item) if isinstance(item, str) else item for item in content),
    )


def table(
    head: list[str],
    rows: list[tuple[list[nodes.Node], str]],
    widths: list[int],
    name: str,
) -> nodes.table:
    """A table of class `name`; a row is its cells and a class of its own."""
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=width) for width in widths]
    group += nodes.thead(
        "", nodes.row("", *(nodes.entry("", paragraph(text)) for text in head))
    )
    group += nodes.tbody(
        "",
        *(
            nodes.row(
                "",
                *(nodes.entry("", cell) for cell in cells),
                classes=[kind] if kind else [],
            )
            for cells, kind in rows
        ),
    )
    return nodes.table("", group, classes=[name])


def missing(what: str) -> list[nodes.Node]:
    """A legend for as long as chapters are missing."""
    return (
        []
        if all(chapter.exists for chapter in load().chapters.values())
        else [paragraph(f"{what} without a link are planned.")]
    )


class LectureMap(SphinxDirective):
    """A table per part: heading of the lecture → chapter or section → module."""

    def run(self) -> list[nodes.Node]:
        """Lay it out."""
        self.env.note_dependency(str(ROOT / "book" / "lecture.yml"))
        rows: list[tuple[list[nodes.Node], str]] = []
        for part in load().parts:
            for chapter in part.chapters:
                rows.extend(
                    (self.cells(chapter, slide), "") for slide in chapter.slides
                )
        return [
            table(["Slide", "Chapter", "Module"], rows, [45, 30, 25], "lecture-map")
        ]

    def cells(self, chapter: Chapter, slide: Slide) -> list[nodes.Node]:
        """One row."""
        heading = f"{slide.heading} ({slide.note})" if slide.note else slide.heading
        place = paragraph(link(chapter, section=slide.section))
        if slide.section:
            place += [nodes.Text(": "), link(chapter, slide.section, slide.section)]
        if not chapter.exists:
            return [
                paragraph(heading),
                place,
                paragraph(nodes.inline("", TO_COME, classes=["to-come"])),
            ]
        return [paragraph(heading), place, paragraph(nodes.literal("", chapter.module))]


class MethodMap(SphinxDirective):
    """The lecture's overview of methods as a nested list of links, drawn as a tree by
    the style sheet.
    """

    def run(self) -> list[nodes.Node]:
        """Lay it out."""
        self.env.note_dependency(str(ROOT / "book" / "lecture.yml"))
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


class run_sheet(nodes.General, nodes.Element):
    """Stands where the run-sheet goes until every notebook has run."""


class RunSheet(SphinxDirective):
    """Minutes to teach and seconds to run, by chapter and section."""

    def run(self) -> list[nodes.Node]:
        """Lay it out."""
        self.env.note_dependency(str(ROOT / "book" / "lecture.yml"))
        return [run_sheet()]


def sheet_rows(
    chapter: Chapter, cache_path: Path
) -> Iterator[tuple[list[nodes.Node], str]]:
    """The rows of a chapter and its sections: what, minutes to teach, seconds to run.

    A planned chapter has no rows.
    """
    if not chapter.exists:
        return
    times = cell_seconds(chapter.notebook, cache_path)
    yield (
        [
            paragraph(link(chapter)),
            paragraph(str(chapter.minutes)),
            paragraph(f"{sum(times.values()):.1f}" if times else ""),
        ],
        "chapter",
    )
    minutes = dict(chapter.sections)
    for heading, cells in notebook_sections(chapter.notebook):
        if heading:
            ran = (
                f"{sum(times.get(index, 0.0) for index in cells):.1f}" if times else ""
            )
            teach = str(minutes[heading]) if heading in minutes else ""
            yield (
                [
                    paragraph(link(chapter, heading, heading)),
                    paragraph(teach),
                    paragraph(ran),
                ],
                "section",
            )


def sheet(cache_path: Path) -> list[nodes.Node]:
    """The run-sheet, from the notebooks as the cache has them."""
    rows = [
        row
        for chapter in load().chapters.values()
        for row in sheet_rows(chapter, cache_path)
    ]
    cores = os.cpu_count() or 1
    note = paragraph(
        "Seconds as measured when this copy of the book was built, on a machine with "
        f"{cores} cores, where one notebook ran on each core."
    )
    return [
        table(
            ["Chapter and section", "To teach [min]", "To run [s]"],
            rows,
            [60, 20, 20],
            "run-sheet",
        ),
        note,
        *missing("Chapters"),
    ]


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
        place.replace_self(
            sheet(
                Path(
                    app.config.nb_execution_cache_path
                    or Path(app.outdir).parent / ".jupyter_cache"
                )
            )
        )
    for reference in doctree.findall(nodes.reference):
        if document := reference.get("lecture_document"):
            section = reference["lecture_section"]
            reference["refuri"] = app.builder.get_relative_uri(docname, document) + (
                anchor(app, document, section) if section else ""
            )


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_node(run_sheet)
    app.add_directive("lecture-map", LectureMap)
    app.add_directive("method-map", MethodMap)
    app.add_directive("run-sheet", RunSheet)
    app.connect("doctree-resolved", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
