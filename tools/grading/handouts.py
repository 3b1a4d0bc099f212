"""What is given out: the students' versions of the sheets, the teachers' versions with
solutions and rubric, and sample submissions to try it on.
"""

import csv
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import yaml

from tools.grading.cells import STUDENT_CELL, Notebook, grade_id, is_solution
from tools.grading.course import Course
from tools.grading.sheets import Mistake, Sheet
from tools.outputs import text_of, tidy
from tools.processes import ROOT

PAGES = ROOT / "book" / "assignments"


def student_version(course: Course, sheet: Sheet) -> str:
    """The text of the notebook that students get: nbgrader's release, tidy, with cells
    that have the names of the source's.
    """
    return text_of(tidy(dict(course.release(sheet))))


def pack(path: Path, files: Iterable[tuple[str, str]]) -> None:
    """A zip that is the same for the same files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files:
            archive.writestr(
                zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text.encode()
            )


def assignments(
    sheets: dict[str, Sheet], out: Path, pages: Path | None = PAGES
) -> list[Path]:
    """Write the students' versions to `out/assignments` and to the pages of the book;
    the paths of what was written.
    """
    texts = {}
    with tempfile.TemporaryDirectory() as folder:
        course = Course(Path(folder))
        texts = {key: student_version(course, sheet) for key, sheet in sheets.items()}
    written = []
    for key, text in texts.items():
        for target in filter(None, (out / "assignments", pages)):
            target.mkdir(parents=True, exist_ok=True)
            (target / f"{key}.ipynb").write_text(text, encoding="utf-8", newline="\n")
            written.append(target / f"{key}.ipynb")
        pack(out / "assignments" / f"{key}.zip", [(f"{key}/{key}.ipynb", text)])
        written.append(out / "assignments" / f"{key}.zip")
    pack(
        out / "assignments.zip",
        [(f"assignments/{key}.ipynb", text) for key, text in texts.items()],
    )
    return [*written, out / "assignments.zip"]


def rubric(sheet: Sheet) -> str:
    """Points a question, and the mistakes that cost them, in Markdown."""
    lines = [
        f"# Rubric: {sheet.title}",
        "",
        " ".join(sheet.notebook.cells[0].source.split("\n")[1:]).strip(),
        "",
        "| question | points |",
        "|---|---|",
    ]
    lines += [
        f"| {question.title} | {question.points:g} |" for question in sheet.questions()
    ]
    lines += [
        f"| **all** | **{sheet.points:g}** |",
        "",
        "Every question is graded by itself: a wrong part loses its own points and no "
        "others.",
        "",
    ]
    lines += [
        "## Typical mistakes",
        "",
        "Each of these is graded by the tests of the book, and loses exactly what is "
        "said here.",
        "",
    ]
    points = {question.test: question.points for question in sheet.questions()}
    for mistake in sheet.mistakes():
        lines += mistake_lines(mistake, sum(points[test] for test in mistake.loses))
    return "\n".join(lines)


def mistake_lines(mistake: Mistake, lost: float) -> list[str]:
    """A mistake in the rubric: its name, the points that it loses, and its source."""
    tests = ", ".join(f"`{test}`" for test in mistake.loses)
    return [
        f"* **{mistake.name}** (in `{mistake.cell}`): loses {lost:g} ({tests})",
        "",
        "  ```python",
        *(f"  {line}" for line in mistake.source.rstrip().splitlines()),
        "  ```",
        "",
    ]


def teacher_version(sheet: Sheet) -> Notebook:
    """The source with its rubric at the end: solutions and hidden tests are in it."""
    notebook = nbformat.from_dict(json.loads(json.dumps(sheet.notebook)))
    cell = nbformat.v4.new_markdown_cell(
        rubric(sheet).replace("# Rubric", "## Rubric", 1)
    )
    cell["id"] = "rubric"
    notebook.cells.append(cell)
    return notebook


def run_sheet(sheets: dict[str, Sheet], lecture: Any) -> str:
    """The course at a glance: minutes to teach each chapter, minutes and points of its
    sheet.
    """
    chapters = [chapter for part in lecture["parts"] for chapter in part["chapters"]]
    lines = [
        "# Run-sheet",
        "",
        "| chapter | minutes to teach | sheet | points | what it says of itself |",
        "|---|---|---|---|---|",
    ]
    for chapter in chapters:
        if (sheet := sheets.get(chapter["key"])) is not None:
            said = next(
                (
                    line
                    for line in sheet.notebook.cells[0].source.splitlines()
                    if "point" in line.lower()
                ),
                "",
            )
            lines.append(
                f"| {chapter['title']} | {chapter['minutes']} | {sheet.key}.ipynb | "
                f"{sheet.points:g} | {said.replace('|', '/')} |"
            )
    known = {chapter["key"] for chapter in chapters}
    lines += [
        f"| (no chapter) |  | {key}.ipynb | {sheet.points:g} | |"
        for key, sheet in sheets.items()
        if key not in known
    ]
    lines += ["", "## Questions", ""]
    for sheet in sheets.values():
        lines += [
            f"* {sheet.title}: "
            + "; ".join(f"{question.title}" for question in sheet.questions())
        ]
    return "\n".join(lines) + "\n"


def instructor(sheets: dict[str, Sheet], out: Path) -> list[Path]:
    """Write the teachers' versions, rubrics and the run-sheet to `out/instructor`; the
    paths of what was written.
    """
    folder = out / "instructor"
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for key, sheet in sheets.items():
        nbformat.write(teacher_version(sheet), folder / f"{key}.ipynb")
        (folder / f"{key}_rubric.md").write_text(rubric(sheet), encoding="utf-8")
        written += [folder / f"{key}.ipynb", folder / f"{key}_rubric.md"]
    lecture = yaml.safe_load(
        (ROOT / "book" / "lecture.yml").read_text(encoding="utf-8")
    )
    (folder / "run_sheet.md").write_text(run_sheet(sheets, lecture), encoding="utf-8")
    return [*written, folder / "run_sheet.md"]


def sample_texts(sheet: Sheet, released: Notebook) -> dict[str, str]:
    """What each made-up student hands in on a sheet: the text of a notebook's file."""
    *_, last = (grade_id(cell) for cell in sheet.cells if is_solution(cell))
    answers: dict[str, dict[str, str]] = {"perfect": {}, "Zoë 王": {}}
    answers |= {
        f"mistake {number:02}": {mistake.cell: mistake.source}
        for number, mistake in enumerate(sheet.mistakes(), 1)
    }
    answers |= {
        "endless": {last: "while True:\n    pass"},
        "exits": {last: "import os\n\nos._exit(0)"},
    }
    texts = {
        student: hand_in(sheet, released, student, changed)
        for student, changed in answers.items()
    }
    half = len(texts["perfect"]) // 2
    return texts | {
        "untouched": text_of(tidy(dict(released))),
        "corrupt": texts["perfect"][:half],
        "empty": "",
    }


def samples(sheets: dict[str, Sheet], out: Path) -> Path:
    """A folder of made-up submissions to every sheet: a perfect one, each typical
    mistake, and what goes wrong in real courses.

    Beside it, `expected.csv` says what each should get.
    """
    folder = out / "samples"
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as course:
        released = {
            key: Course(Path(course)).release(sheet) for key, sheet in sheets.items()
        }
    for key, sheet in sheets.items():
        for student, text in sample_texts(sheet, released[key]).items():
            (folder / student).mkdir(parents=True, exist_ok=True)
            (folder / student / f"{key}.ipynb").write_text(
                text, encoding="utf-8", newline="\n"
            )
    (folder / "missing").mkdir(parents=True)
    (folder / "missing" / "diary.ipynb").write_text("{}", encoding="utf-8")
    with (out / "expected.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [
                ("student", "sheet", "score", "what"),
                *(row for key in sheets for row in expected(key, sheets[key])),
            ]
        )
    return folder


def expected(key: str, sheet: Sheet) -> Iterator[tuple[str, str, str, str]]:
    """Of each sample of a sheet: student, sheet, score (empty: no score, but a named
    problem), and what is handed in.
    """
    points = {question.test: question.points for question in sheet.questions()}
    last = sheet.questions()[-1]
    for student in ("perfect", "Zoë 王"):
        yield student, key, f"{sheet.points:g}", "the reference"
    for number, mistake in enumerate(sheet.mistakes(), 1):
        yield (
            f"mistake {number:02}",
            key,
            f"{sheet.points - sum(points[test] for test in mistake.loses):g}",
            mistake.name,
        )
    for student, what in (
        ("endless", "the last answer never ends"),
        ("exits", "the last answer ends the process"),
    ):
        yield student, key, f"{sheet.points - last.points:g}", what
    yield "untouched", key, "0", "the sheet as it was handed out"
    for student, what in (
        ("corrupt", "half of a file"),
        ("empty", "an empty file"),
        ("missing", "another file"),
    ):
        yield student, key, "", what


def hand_in(
    sheet: Sheet, release: Notebook, student: str, answers: dict[str, str]
) -> str:
    """The text of a student's notebook: the reference's answers, or these instead."""
    reference = {
        grade_id(cell): cell.source for cell in sheet.cells if is_solution(cell)
    } | {STUDENT_CELL: f"STUDENT = {student!r}"}
    notebook = nbformat.from_dict(json.loads(json.dumps(release)))
    for cell in notebook.cells:
        if is_solution(cell):
            cell.source = answers.get(grade_id(cell), reference[grade_id(cell)])
    return text_of(tidy(dict(notebook)))
