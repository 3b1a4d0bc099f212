"""The instructors' run-sheet: minutes to teach and seconds to run, by chapter and
section.

The seconds are known when every notebook has run. Until then the node `run_sheet` keeps
the place; `sheet` makes what replaces it.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from ext.chapters import LECTURE, Chapter, load, notebook_sections
from ext.layout import link, missing, paragraph, table
from ext.timing import cell_seconds

Row = list[nodes.Node]  # cells


class run_sheet(nodes.General, nodes.Element):
    """Stands where the run-sheet goes until every notebook has run."""


class RunSheet(SphinxDirective):
    """Minutes to teach and seconds to run, by chapter and section."""

    def run(self) -> list[nodes.Node]:
        """Lay it out."""
        self.env.note_dependency(str(LECTURE))
        return [run_sheet()]


def sheet_rows(chapter: Chapter, cache_path: Path) -> Iterator[tuple[Row, str]]:
    """The rows of a chapter and its sections: what, minutes to teach, seconds to run.

    A planned chapter has no rows.
    """
    if not chapter.exists:
        return
    times = cell_seconds(chapter.notebook, cache_path)

    def row(title: nodes.Node, minutes: int | None, cells: Iterable[int]) -> Row:
        teach = "" if minutes is None else str(minutes)
        ran = f"{sum(times.get(index, 0.0) for index in cells):.1f}" if times else ""
        return [paragraph(title), paragraph(teach), paragraph(ran)]

    yield row(link(chapter), chapter.minutes, times), "chapter"
    minutes = dict(chapter.sections)
    for heading, cells in notebook_sections(chapter.notebook):
        if heading:
            title = link(chapter, heading, heading)
            yield row(title, minutes.get(heading), cells), "section"


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
    head = ["Chapter and section", "To teach [min]", "To run [s]"]
    laid_out = table(head, rows, [60, 20, 20], "run-sheet")
    return [laid_out, note, *missing("Chapters")]
