"""What an exercise sheet is: a folder with an nbgrader notebook (`sheet.ipynb`) and the
mistakes that it knows (`mistakes.yml`).

The folder of all sheets is `book/exercises`, or what the environment's variable
`EXERCISES` names: it holds the solutions, so a course may keep it in a private place.
"""

import os
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat
import yaml

from tools.grading.cells import (
    Notebook,
    defined,
    grade_id,
    grading,
    headings,
    imported,
    is_solution,
    is_test,
    parsed,
    public,
    reached,
    regions,
)
from tools.processes import ROOT, Trouble


def exercises_folder() -> Path:
    """Where the sources of the sheets are: `EXERCISES`, or `book/exercises`."""
    return (
        Path(os.environ.get("EXERCISES") or ROOT / "book" / "exercises")
        .expanduser()
        .resolve()
    )


@dataclass(frozen=True)
class Mistake:
    """An answer that is not the reference's: the source that stands in `cell`, and the
    tests whose points it loses (none, if it is right in another way).
    """

    name: str
    cell: str
    loses: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class GradedQuestion:
    """What is graded: the id of its test, the heading above it, its points."""

    test: str
    title: str
    points: float


@dataclass(frozen=True)
class Sheet:
    """The source of one sheet, solutions and hidden tests in it."""

    key: str
    path: Path

    @cached_property
    def notebook(self) -> Notebook:
        """The notebook as its author wrote it."""
        return nbformat.read(self.path, as_version=4)

    @property
    def cells(self) -> list[Notebook]:
        """The cells that nbgrader knows, in their order."""
        return [cell for cell in self.notebook.cells if grade_id(cell)]

    @property
    def tests(self) -> list[Notebook]:
        """The graded cells."""
        return [cell for cell in self.cells if is_test(cell)]

    @property
    def title(self) -> str:
        """The first heading."""
        return headings(self.notebook.cells[0].source)[0]

    @property
    def points(self) -> float:
        """The most that can be had."""
        return sum(question.points for question in self.questions())

    def questions(self) -> list[GradedQuestion]:
        """The graded cells with the headings that stand above them."""
        questions = []
        title = self.key
        for cell in self.notebook.cells:
            if cell.cell_type == "markdown":
                title = (headings(cell.source) or [title])[-1]
            if is_test(cell):
                points = float(grading(cell)["points"])
                questions.append(GradedQuestion(grade_id(cell), title, points))
        return questions

    def listed(self) -> list[Mistake]:
        """The answers in `mistakes.yml`: wrong ones, and right ones (`loses: []`)."""
        path = self.path.with_name("mistakes.yml")
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return [
            Mistake(item["name"], item["cell"], tuple(item["loses"]), item["source"])
            for item in yaml.safe_load(text) or []
        ]

    def mistakes(self) -> list[Mistake]:
        """The wrong answers that the sheet lists."""
        return [answer for answer in self.listed() if answer.loses]

    def answered(self, answers: dict[str, str]) -> Notebook:
        """The notebook with these sources in place of the reference's, by the names of
        their cells.

        Raises:
            KeyError: a name is not that of a cell in which a student writes.
        """
        notebook = deepcopy(self.notebook)
        solutions = {
            grade_id(cell): cell for cell in notebook.cells if is_solution(cell)
        }
        for name, source in answers.items():
            solutions[name]["source"] = source
        return notebook

    def with_text_of(self, notebook: Notebook) -> "Sheet":
        """The same sheet with another text, such as that of the student's version."""
        other = Sheet(self.key, self.path)
        other.__dict__["notebook"] = notebook
        return other

    def secrets(self) -> list[str]:
        """The texts that no student may see: solutions and hidden tests."""
        sources = [cell.source for cell in self.notebook.cells]
        return [
            text
            for source in sources
            for kind in ("SOLUTION", "HIDDEN TESTS")
            for text in regions(source, kind)
        ]

    def expected_names(self) -> list[str]:
        """The names that the reference's answers define: a test takes these from the
        student.
        """
        sources = [
            cell.source
            for cell in self.cells
            if is_solution(cell) and cell.cell_type == "code"
        ]
        return sorted({name for source in sources for name in defined(source)})

    def modules(self, *, graded: bool = True) -> list[str]:
        """The modules that the sheet's own cells import, tests included unless told
        otherwise.
        """
        sources = [
            cell.source for cell in self.notebook.cells if cell.cell_type == "code"
        ]
        return sorted(
            {
                name
                for source in sources
                for name in imported(source if graded else public(source))
            }
        )

    def perhaps_modules(self) -> list[str]:
        """Names that may be modules: what the sheet reaches for below those that it
        imports.
        """
        everything = "\n".join(
            cell.source
            for cell in self.notebook.cells
            if cell.cell_type == "code" and parsed(cell.source)
        )
        return sorted({"numpy.testing", *reached(everything)})


def find_sheets(
    folder: Path | None = None, only: str | None = None
) -> dict[str, Sheet]:
    """The sheets in a folder by their names; with `only`, the one of that name.

    Raises:
        Trouble: there is no such folder or sheet; the message says what to do.
    """
    folder = folder or exercises_folder()
    found = {
        path.parent.name: Sheet(path.parent.name, path)
        for path in sorted(folder.glob("*/sheet.ipynb"))
    }
    if not found:
        raise Trouble(
            f"There is no exercise sheet in {folder}: name the folder that holds them, "
            "for instance EXERCISES=~/course/exercises."
        )
    if only is not None and only not in found:
        raise Trouble(f"There is no sheet {only!r}; there is: {', '.join(found)}.")
    return found if only is None else {only: found[only]}
