"""What students handed in: find it, read it however broken it is, and put their answers
into the sheet.

A folder for each student, named by the student's id, and in it the notebook under the
name that it was given out with:

    submissions/ann/reality_gap.ipynb

Deeper folders (nbgrader's `ann/reality_gap/reality_gap.ipynb`) are searched too, and
`reality_gap (1).ipynb` is understood.
"""

import json
import re
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import nbformat

from tools.grading.cells import STUDENT_CELL, Notebook, grade_id, is_solution
from tools.grading.sheets import Sheet
from tools.processes import Trouble

LARGEST = 20_000_000  # bytes
FORBIDDEN_PARTS = (".ipynb_checkpoints", "__MACOSX")


class Unreadable(Exception):
    """Why a student's file cannot be graded; the message is for the student."""


@dataclass(frozen=True)
class Submission:
    """One student's work on one sheet; `problem` says why there is none."""

    student: str
    sheet: str
    path: Path | None = None
    notebook: Notebook = None
    problem: str = ""


def students_in(folder: Path) -> list[Path]:
    """One folder a student, in a fixed order.

    Raises:
        Trouble: there is no such folder, or no folder in it.
    """
    if not folder.is_dir():
        raise Trouble(
            f"There is no folder {folder}: say where the submissions are, "
            "SUBMISSIONS=folder, with a folder in it for each student."
        )
    found = sorted(
        path
        for path in folder.iterdir()
        if path.is_dir()
        and path.name[0] not in "._"
        and path.name not in FORBIDDEN_PARTS
    )
    if not found:
        raise Trouble(
            f"{folder} holds no folder of a student: it should hold one for each, such "
            f"as {folder / 'ann' / 'reality_gap.ipynb'}."
        )
    return found


def notebooks_in(folder: Path) -> list[Path]:
    """The notebooks anywhere below a student's folder."""
    found = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() == ".ipynb"
        and not set(FORBIDDEN_PARTS) & set(path.parts)
    )
    return [path for path in found if not path.name.startswith("._")]


def means(path: Path, key: str) -> bool:
    """Whether a file is meant to be the sheet: its name, or its name with what browsers
    and people add to it.
    """
    stem = path.stem.lower().replace(" ", "_").replace("-", "_")
    return (
        stem == key or re.match(rf"(.*_)?{re.escape(key)}([_(].*)?$", stem) is not None
    )


def find(folder: Path, key: str) -> Path:
    """The file of a sheet in a student's folder.

    Raises:
        Unreadable: there is none, or several and none of the exact name.
    """
    there = notebooks_in(folder)
    exact = [path for path in there if path.name == f"{key}.ipynb"]
    found = exact or [path for path in there if means(path, key)]
    if not found:
        names = ", ".join(path.name for path in there) or "no notebook at all"
        raise Unreadable(f"no file {key}.ipynb was handed in; the folder holds {names}")
    if len(found) > 1:
        listed = ", ".join(path.relative_to(folder).as_posix() for path in found)
        raise Unreadable(f"more than one file could be {key}.ipynb: {listed}; keep one")
    return found[0]


def complete(cell: Notebook) -> None:
    """Complete what the grader needs of a cell; the rest of it may be as it likes.

    Raises:
        ValueError: the cell is none.
    """
    if not isinstance(cell.source, str):
        cell.source = "".join(cell.source)
    cell.metadata = cell.get("metadata", {})
    is_known = cell.cell_type in ("code", "markdown", "raw")
    if not is_known or not isinstance(cell.metadata.get("nbgrader", {}), dict):
        raise ValueError("a cell that is none")


def read(path: Path) -> Notebook:
    """A notebook from a file that may hold anything.

    Raises:
        Unreadable: it is no notebook; the message says what it is instead.
    """
    if path.is_symlink() or not path.is_file():
        raise Unreadable(f"{path.name} is not a plain file")
    if (size := path.stat().st_size) == 0:
        raise Unreadable(f"{path.name} is empty (0 bytes)")
    if size > LARGEST:
        raise Unreadable(
            f"{path.name} is too large ({size / 1e6:.0f} MB; at most "
            f"{LARGEST / 1e6:.0f}): clear its outputs"
        )
    try:
        raw = json.loads(path.read_bytes().decode("utf-8-sig"))
        notebook = nbformat.convert(nbformat.from_dict(raw), 4)
        for cell in notebook.cells:
            complete(cell)
    except UnicodeDecodeError as error:
        raise Unreadable(
            f"{path.name} is not a notebook: it is not text (UTF-8)"
        ) from error
    except RecursionError as error:
        raise Unreadable(
            f"{path.name} is not a notebook: it is nested too deeply"
        ) from error
    except json.JSONDecodeError as error:
        raise Unreadable(
            f"{path.name} is not a notebook: it breaks off or is damaged at line "
            f"{error.lineno} ({error.msg})"
        ) from error
    except Exception as error:
        raise Unreadable(
            f"{path.name} is not a notebook of Jupyter's format: "
            f"{str(error)[:200] or type(error).__name__}"
        ) from error
    return notebook


def load(folder: Path, key: str) -> Submission:
    """A student's work on a sheet; whatever is wrong with it is said in `problem`."""
    try:
        path = find(folder, key)
        return Submission(folder.name, key, path, read(path))
    except (Unreadable, OSError) as error:
        return Submission(folder.name, key, problem=str(error))


def restore(sheet: Sheet, handed_in: Notebook) -> Notebook:
    """The sheet with a student's answers in it: every cell of the sheet stands where
    its author put it, as its author wrote it, and the student's own cells keep their
    places between.

    Of several cells of one answer (a copied cell, or one that was cut in two) the last
    is the answer, and the others are the student's own cells before it; a copy that
    stands behind a later cell of the sheet, such as the answer's test, is an own cell
    there. An answer that was deleted is empty.
    """
    order = [grade_id(cell) for cell in sheet.cells]
    answers, before, after = places(handed_in, order, answers_of(sheet))
    cells = after.get("", [])
    for cell in sheet.cells:
        name, cell = grade_id(cell), deepcopy(cell)
        if is_solution(cell):
            cell.source = answers.get(name, "")
        cells += [*before.get(name, []), cell, *after.get(name, [])]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return nbformat.from_dict(
        {
            "cells": cells,
            "metadata": deepcopy(sheet.notebook.metadata),
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


def answers_of(sheet: Sheet) -> set[str]:
    """The names of the cells in which students write."""
    return {grade_id(cell) for cell in sheet.cells if is_solution(cell)}


def named(cell: Notebook) -> str:
    """The name that a handed-in cell has of its sheet, whatever else was changed."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def places(
    handed_in: Notebook, order: list[str], writable: set[str]
) -> tuple[dict[str, str], dict[str, list[Notebook]], dict[str, list[Notebook]]]:
    """The source of each answer, and the student's own cells before and after the cells
    of the sheet, whose names are `order`.
    """
    numbers = {name: number for number, name in enumerate(order)}
    answers: dict[str, str] = {}
    before: dict[str, list[Notebook]] = {}
    after: dict[str, list[Notebook]] = {}
    former: dict[str, Notebook] = {}
    place = ""
    furthest = 0
    for cell in handed_in.cells:
        name = named(cell)
        number = numbers.get(name, -1)
        is_late_copy = name in former and number < furthest
        if number < 0 or is_late_copy:
            after.setdefault(place, []).append(plain(cell))
            continue
        place = name
        furthest = max(furthest, number)
        if name in writable:
            if name in former:
                copies = [plain(former[name]), *after.pop(name, [])]
                before.setdefault(name, []).extend(copies)
            answers[name] = cell.source
            former[name] = cell
    return answers, before, after


def handed_in_twice(sheet: Sheet, handed_in: Notebook) -> list[str]:
    """The answers of which there is more than one cell."""
    names = Counter(named(cell) for cell in handed_in.cells)
    return [
        name
        for name in map(grade_id, sheet.cells)
        if names[name] > 1 and name in answers_of(sheet)
    ]


def plain(cell: Notebook) -> Notebook:
    """A student's own cell, without outputs and without metadata that could mean
    something to the grader.
    """
    bare = {"cell_type": cell.cell_type, "metadata": {}, "source": cell.source}
    return nbformat.from_dict(
        bare
        | ({"outputs": [], "execution_count": None} if cell.cell_type == "code" else {})
    )


def claimed_student(handed_in: Notebook) -> str:
    """The id that the notebook states in its first cell, as far as it is plain text
    there.
    """
    for cell in handed_in.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == STUDENT_CELL:
            found = re.search(
                r"""^STUDENT\s*=\s*(?P<quote>["'])(?P<name>.*?)(?P=quote)""",
                cell.source,
                re.MULTILINE,
            )
            return found["name"] if found else ""
    return ""
