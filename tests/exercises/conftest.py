"""What the grader's tests share: a small sheet, the wall of this machine, and ways to
hand something in and have it run.
"""

import re
import warnings
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tools.grading import jail, process
from tools.grading.cells import grade_id, is_solution, is_test
from tools.grading.execution import SheetRun, run
from tools.grading.job import Limits, plan
from tools.grading.sheets import Sheet, exercises_folder, find_sheets
from tools.grading.submissions import restore

SHEETS = Path(__file__).with_name("sheets")
BOOK_SHEETS = exercises_folder()
needs_book_sheets = pytest.mark.skipif(
    not BOOK_SHEETS.is_dir(),
    reason="a course may keep the sources of its sheets in a private place",
)
QUICK = Limits(cell=5.0, total=25.0)
LIAR = """
class Liar(float):
    __array_priority__ = 1e9
    shape = (3,)
    def __getattr__(self, name): return lambda *a, **k: self
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __gt__ = __le__ = __ge__ = __lt__
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __abs__(self): return 0.0
    __hash__ = float.__hash__
"""
"""An answer that equals everything."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Workers take a file each, and of `test_sheets.py` one sheet each: the tests of a
    sheet share its examiner. The tests of one sheet with many students share nothing:
    they are taken one by one, last, and fill the gaps.
    """
    from xdist.scheduler import LoadFileScheduling

    class BySheet(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            sheet = re.search(r"\btest_sheets\.py::.*?\[(\w+)[\]:]", nodeid)
            if "_sheet.py::" in nodeid:
                return nodeid
            return sheet[1] if sheet else super()._split_scope(nodeid)

    return BySheet(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(autouse=True)
def quick_and_without_a_student(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sheets run at their smoke setting, nobody is preset, and nobody waits long."""
    monkeypatch.setenv("EXERCISES_QUICK", "1")
    monkeypatch.delenv("EXERCISES_STUDENT", raising=False)
    monkeypatch.setattr(process, "GRACE", 1.0)


@pytest.fixture(scope="session")
def toy() -> Sheet:
    """The sheet by which the grader is tested: three questions of 3, 4 and 3 points."""
    return find_sheets(SHEETS)["toy"]


@pytest.fixture(scope="session")
def wall() -> jail.Jail:
    """The strongest wall that this machine has."""
    return jail.best_jail([SHEETS])


def points(notebook: Any, sheet_run: SheetRun) -> dict[str, float]:
    """The points of each test by nbgrader's own rule, without a gradebook."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from nbgrader.utils import determine_grade

        from tools.grading.nbgrader_settings import without_results

    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    scores = {}
    for cell, outputs in zip(code, sheet_run.outputs, strict=True):
        if is_test(cell) and not is_solution(cell):
            graded_cell = {**cell, "outputs": without_results(outputs)}
            grade, _ = determine_grade(nbformat.from_dict(graded_cell))
            scores[grade_id(cell)] = float(grade)
    return scores


def lost(sheet: Sheet, scores: Mapping[str, float]) -> set[str]:
    """The tests that have not all their points; each has all or nothing."""
    full = {question.test: question.points for question in sheet.questions()}
    assert set(scores) == set(full)
    assert all(score in (0, full[test]) for test, score in scores.items())
    return {test for test, score in scores.items() if score == 0}


@pytest.fixture
def graded(toy: Sheet, wall: jail.Jail) -> Callable[..., tuple[set[str], SheetRun]]:
    """`graded({"q1": source}, …)`: hand in the toy's reference with other sources in
    some cells; the tests it loses, and the run.
    """

    def grade(
        answers: Mapping[str, str] | None = None,
        *,
        change: Any = None,
        limits: Limits = QUICK,
        level: str | None = None,
    ) -> Any:
        handed_in = deepcopy(toy.answered(dict(answers or {})))
        if change is not None:
            change(handed_in)
        notebook = restore(toy, handed_in)
        sheet_run = run(
            plan(toy, notebook, "ann", limits, "test"),
            jail.Jail(level, wall.hidden) if level else wall,
        )
        return lost(toy, points(notebook, sheet_run)), sheet_run

    return grade


def cell_of(notebook: Any, name: str) -> Any:
    """The cell of a name."""
    return next(cell for cell in notebook.cells if grade_id(cell) == name)


def graded_cells(notebook: Any) -> list[Any]:
    """The graded cells."""
    return [cell for cell in notebook.cells if is_test(cell)]


def scope_of(sheet: Sheet | None, student: str, question: str) -> dict[str, Any]:
    """The names that an answer to the question finds: those of the sheet, and the
    question's own numbers where it has any.
    """
    assert sheet is not None
    scope: dict[str, Any] = {"STUDENT": student, "print": lambda *words: None}
    for cell in sheet.notebook.cells:
        if grade_id(cell) in ("setup", f"{question}_numbers"):
            exec(cell.source, scope)
    return scope


def check_answer(sheet: Sheet | None, question: str, answer: str, student: str) -> None:
    """The test of a question on an answer of a student, in this process."""
    assert sheet is not None
    scope = scope_of(sheet, student, question)
    exec(answer, scope)
    exec(cell_of(sheet.notebook, f"{question}_test").source, scope)
