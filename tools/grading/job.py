"""What is to be run of one submission: its cells, what they need, and its limits."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass

from tools.grading.cells import Notebook, grade_id, is_solution
from tools.grading.reference import allowed_modules, refused
from tools.grading.sheets import Sheet


@dataclass(frozen=True)
class Limits:
    """What a submission may use: seconds a cell and in all, bytes of memory, characters
    of output a cell.
    """

    cell: float = 60.0
    total: float = 300.0
    memory: int = 6_000_000_000
    output: int = 20_000


@dataclass(frozen=True)
class CellToRun:
    """A code cell as it is run: `sheet` if the student cannot change it; `refused` says
    why it is not run at all.
    """

    name: str
    role: str
    source: str
    refused: str = ""


@dataclass(frozen=True)
class Job:
    """Everything that one run depends on; two equal jobs have the same result."""

    student: str
    cells: tuple[CellToRun, ...]
    modules: tuple[str, ...]
    perhaps: tuple[str, ...]
    expected: tuple[str, ...]
    limits: Limits
    version: str

    def key(self) -> str:
        """A name for the run of this job."""
        quick = os.environ.get("EXERCISES_QUICK", "")
        return hashlib.sha256(
            json.dumps([asdict(self), quick], sort_keys=True).encode(
                "utf-8", "surrogatepass"
            )
        ).hexdigest()


def plan(
    sheet: Sheet, notebook: Notebook, student: str, limits: Limits, version: str
) -> Job:
    """The job that runs a restored notebook."""
    allowed = allowed_modules(sheet)
    cells = []
    own = 0
    for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
        name = grade_id(cell)
        mine = not grade_id(cell) or is_solution(cell)
        own += not name
        forbidden = refused(cell.source, allowed) if mine else []
        reason = (
            f"this sheet does not import {', '.join(forbidden)}, and an answer may not "
            "either"
            if forbidden
            else ""
        )
        cells.append(
            CellToRun(
                name or f"your own cell {own}",
                "student" if mine else "sheet",
                cell.source,
                reason,
            )
        )
    return Job(
        student,
        tuple(cells),
        tuple(sheet.modules()),
        tuple(sheet.perhaps_modules()),
        tuple(sheet.expected_names()),
        limits,
        version,
    )
