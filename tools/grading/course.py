"""nbgrader's part: a course folder with its gradebook, in which sheets are released,
submissions scored and feedback written.

    course/source/…  release/…  submitted/…  autograded/…  feedback/…  gradebook.db

It is an ordinary course of nbgrader: `nbgrader formgrader`, manual grades and comments
work in it. Only running the notebooks is not left to nbgrader: the outputs come from
the runs of `execution.py`.
"""

import hashlib
import json
import logging
import os
import shutil
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
from jinja2.bccache import Bucket, BytecodeCache
from traitlets.config import Config

from tools.grading.execution import SheetRun
from tools.grading.sheets import (
    STUDENT_CELL,
    Notebook,
    Sheet,
    grade_id,
    is_solution,
    is_test,
)
from tools.processes import Trouble

os.environ["PATH"] = (
    # nbgrader runs a bare `alembic`
    f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from nbconvert.exporters import HTMLExporter
    from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
    from nbgrader.api import Gradebook
    from nbgrader.apps import NbGraderAPI
    from nbgrader.converters import Autograde, GenerateAssignment
    from nbgrader.preprocessors import (
        ClearHiddenTests,
        ClearSolutions,
        Execute,
        GetGrades,
        NbGraderPreprocessor,
    )

SHEET_RUNS: dict[tuple[str, str], SheetRun] = {}
"""What nbgrader takes instead of running a notebook, by student and sheet."""


class Templates(BytecodeCache):
    """Templates of feedback pages, compiled once instead of once a student."""

    def __init__(self) -> None:
        self.compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take the code of a template from the store, if it is there."""
        if bucket.key in self.compiled:
            bucket.bytecode_from_string(self.compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Put the code of a template into the store."""
        self.compiled[bucket.key] = bucket.bytecode_to_string()


TEMPLATES = Templates()


class FeedbackPage(HTMLExporter):
    """nbconvert's page, with templates that are compiled already."""

    def _create_environment(self) -> Any:
        environment = super()._create_environment()  # type: ignore[no-untyped-call]
        environment.bytecode_cache = TEMPLATES
        return environment


class KeepStudentLine(ClearSolutions):  # type: ignore[misc]
    """Strips solutions, but leaves the line in which students write who they are."""

    def preprocess_cell(self, cell: Notebook, resources: Any, cell_index: int) -> Any:
        """The cell without its solution."""
        if grade_id(cell) == STUDENT_CELL and "BEGIN SOLUTION" not in cell.source:
            return cell, resources
        return super().preprocess_cell(cell, resources, cell_index)


class TakeOutputs(NbGraderPreprocessor):  # type: ignore[misc]
    """Puts the outputs of a submission's run into its notebook, in place of nbgrader's
    own execution.
    """

    def preprocess(self, notebook: Notebook, resources: Any) -> Any:
        """The notebook as it was run.

        Raises:
            RuntimeError: its code cells are not those that were run.
        """
        sheet_run = SHEET_RUNS[
            resources["nbgrader"]["student"], resources["nbgrader"]["assignment"]
        ]
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        if len(code) != len(sheet_run.outputs):
            raise RuntimeError(
                f"{len(code)} code cells, but {len(sheet_run.outputs)} were run"
            )
        for number, (cell, outputs) in enumerate(
            zip(code, sheet_run.outputs, strict=True), 1
        ):
            shown = [
                one
                for one in outputs
                if not (is_test(cell) and one["output_type"] == "execute_result")
            ]  # it would be partial credit
            cell.outputs = [nbformat.from_dict(one) for one in shown]
            cell.execution_count = number
        return notebook, resources


def quietly_named(student: str) -> str:
    """A student's id as a folder's name that nbgrader's patterns leave alone: letters,
    digits and a few signs as they are, `%5B` for `[`.
    """
    return "".join(
        one if one.isalnum() or one in " @.,_-'" else quote(one, safe="")
        for one in student
    )


def configuration(root: Path) -> Config:
    """nbgrader's settings for a course folder."""
    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.course_id = "course"
    config.CourseDirectory.ignore = [
        ".ipynb_checkpoints",
        "*.pyc",
        "__pycache__",
        "mistakes.yml",
        ".nbgrader.log",
    ]
    config.NbGrader.logfile = ""
    release = [
        KeepStudentLine if one is ClearSolutions else one
        for one in GenerateAssignment().preprocessors
    ]
    config.GenerateAssignment.preprocessors = release
    config.Autograde.autograde_preprocessors = [
        TakeOutputs if one is Execute else one
        for one in Autograde().autograde_preprocessors
    ]
    # Hidden tests are not shown: a later year gets the same ones.
    feedback = [GetGrades, ClearHiddenTests, CSSHTMLHeaderPreprocessor]
    config.GenerateFeedback.preprocessors = feedback
    config.GenerateFeedback.exporter_class = FeedbackPage
    return config


@contextmanager
def quiet() -> Iterator[None]:
    """nbgrader and its libraries warn and log much that is nobody's concern; what fails
    is in the answer of its interface.
    """
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


class Course:
    """A course folder of nbgrader."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        with quiet():
            self.api = NbGraderAPI(config=configuration(root))

    def gradebook(self) -> Any:
        """The gradebook, to be used in a `with`."""
        return Gradebook(f"sqlite:///{self.root / 'gradebook.db'}", "course")

    def release(self, sheet: Sheet) -> Notebook:
        """Register a sheet in the gradebook, unless that was done; the student's
        version of it.

        Raises:
            Trouble: nbgrader refuses the sheet.
        """
        stamp = self.root / "released" / sheet.key
        target = self.root / "release" / sheet.key / f"{sheet.key}.ipynb"
        digest = hashlib.sha256(sheet.path.read_bytes()).hexdigest()
        if (
            stamp.exists()
            and stamp.read_text(encoding="utf-8") == digest
            and target.exists()
        ):
            return nbformat.read(target, as_version=4)
        stamp.unlink(missing_ok=True)
        folder = self.root / "source" / sheet.key
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(sheet.path, folder / f"{sheet.key}.ipynb")
        with quiet():
            answer = self.api.generate_assignment(sheet.key, force=True, create=True)
        if not answer["success"]:
            raise Trouble(
                f"nbgrader refuses the sheet {sheet.key} "
                f"({sheet.path}):\n{reason(answer)}"
            )
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(digest, encoding="utf-8")
        return nbformat.read(target, as_version=4)

    def score(
        self, student: str, sheet: Sheet, notebook: Notebook, sheet_run: SheetRun
    ) -> None:
        """Enter a submission, which has been run, into the gradebook, and write its
        feedback.

        Raises:
            RuntimeError: nbgrader refuses it.
        """
        name = quietly_named(student)
        folder = self.root / "submitted" / name / sheet.key
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{sheet.key}.ipynb")
        SHEET_RUNS[name, sheet.key] = sheet_run
        try:
            with quiet():
                for step in (self.api.autograde, self.api.generate_feedback):
                    answer = step(sheet.key, name, force=True)
                    if not answer["success"]:
                        raise RuntimeError(
                            f"nbgrader refuses the work of {student} on "
                            f"{sheet.key}:\n{reason(answer)}"
                        )
        finally:
            del SHEET_RUNS[name, sheet.key]

    def feedback(self, student: str, sheet: str) -> Path:
        """Where a student's feedback is."""
        return self.root / "feedback" / quietly_named(student) / sheet / f"{sheet}.html"

    def forget(self, student: str, sheet: str) -> None:
        """Take back a score: the work that it was for is no longer there."""
        with quiet(), self.gradebook() as book, suppress(Exception):
            book.remove_submission(sheet, quietly_named(student))

    def scores(self, sheet: str) -> Mapping[str, dict[str, float]]:
        """The points for each test of each student whose work on a sheet is in the
        gradebook; manual grades count.
        """
        with quiet(), self.gradebook() as book:
            found = book.assignment_submissions(sheet)
            return {
                one.student.id: {
                    grade.name: float(grade.score or 0.0)
                    for notebook in one.notebooks
                    for grade in notebook.grades
                }
                for one in found
            }


def reason(answer: Mapping[str, Any]) -> str:
    """What nbgrader says of a failure: the end of its log and of its error."""
    said = (
        f"{answer.get('log') or ''}\n{answer.get('error') or ''}".strip().splitlines()
    )
    return "\n".join(said[-12:]) or json.dumps(dict(answer), default=str)[:500]


def grade_cells(notebook: Notebook, sheet_run: SheetRun) -> dict[str, float]:
    """The points of a run by nbgrader's own rule, without a gradebook: for trying a
    sheet's reference, release and mistakes.
    """
    from nbgrader.utils import determine_grade

    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    scores = {}
    for cell, outputs in zip(code, sheet_run.outputs, strict=True):
        if is_test(cell) and not is_solution(cell):
            cell = nbformat.from_dict(
                {
                    **cell,
                    "outputs": [
                        one for one in outputs if one["output_type"] != "execute_result"
                    ],
                }
            )
            scores[grade_id(cell)] = float(determine_grade(cell)[0])
    return scores
