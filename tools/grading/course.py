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

import nbformat

from tools.grading.cells import Notebook
from tools.grading.execution import SheetRun
from tools.grading.nbgrader_settings import SHEET_RUNS, configuration, quietly_named
from tools.grading.sheets import Sheet
from tools.processes import Trouble

os.environ["PATH"] = (
    # nbgrader runs a bare `alembic`
    f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from nbgrader.api import Gradebook
    from nbgrader.apps import NbGraderAPI


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
