"""nbgrader's settings for a course, and the steps of nbgrader that the course replaces.

Solutions are stripped, but the line in which students write who they are stays. The
outputs of a notebook come from its run behind the wall, `SHEET_RUNS`. Feedback pages
leave out hidden tests.
"""

import warnings
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
from jinja2.bccache import Bucket, BytecodeCache
from traitlets.config import Config

from tools.grading.cells import STUDENT_CELL, Notebook, grade_id, is_test
from tools.grading.execution import Outputs, SheetRun

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from nbconvert.exporters import HTMLExporter
    from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
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
        who = resources["nbgrader"]
        sheet_run = SHEET_RUNS[who["student"], who["assignment"]]
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        if len(code) != len(sheet_run.outputs):
            raise RuntimeError(
                f"{len(code)} code cells, but {len(sheet_run.outputs)} were run"
            )
        pairs = zip(code, sheet_run.outputs, strict=True)
        for number, (cell, outputs) in enumerate(pairs, 1):
            shown = without_results(outputs) if is_test(cell) else outputs
            cell.outputs = [nbformat.from_dict(output) for output in shown]
            cell.execution_count = number
        return notebook, resources


def without_results(outputs: Outputs) -> Outputs:
    """The outputs of a test without its results, which would be partial credit."""
    return [output for output in outputs if output["output_type"] != "execute_result"]


def quietly_named(student: str) -> str:
    """A student's id as a folder's name that nbgrader's patterns leave alone: letters,
    digits and a few signs as they are, `%5B` for `[`.
    """
    return "".join(
        letter if letter.isalnum() or letter in " @.,_-'" else quote(letter, safe="")
        for letter in student
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
    config.GenerateAssignment.preprocessors = [
        KeepStudentLine if step is ClearSolutions else step
        for step in GenerateAssignment().preprocessors
    ]
    config.Autograde.autograde_preprocessors = [
        TakeOutputs if step is Execute else step
        for step in Autograde().autograde_preprocessors
    ]
    # Hidden tests are not shown: a later year gets the same ones.
    feedback = [GetGrades, ClearHiddenTests, CSSHTMLHeaderPreprocessor]
    config.GenerateFeedback.preprocessors = feedback
    config.GenerateFeedback.exporter_class = FeedbackPage
    return config
