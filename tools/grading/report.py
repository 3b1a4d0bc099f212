"""What a teacher gets: three tables and a page for each student.

scores.csv      one row a student, one column a sheet: what Canvas and Moodle import
report.csv      one row a student and sheet: the score or the reason why there is
                none, and what to look at
questions.csv   one row a student and question
feedback/       STUDENT/SHEET.html, for each student
"""

import csv
import html
import io
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lecture_code.exercises import same_student
from tools.grading.roster import LEARNING_PLATFORM, Roster
from tools.grading.sheets import Sheet


@dataclass(frozen=True)
class Graded:
    """What became of one student's work on one sheet: `points` a test, or a `problem`
    that a person has to mend.
    """

    student: str
    sheet: str
    of: float
    points: Mapping[str, float] | None = None
    problem: str = ""
    remarks: tuple[str, ...] = ()
    seconds: float = 0.0
    feedback: Path | None = None

    @property
    def score(self) -> float | None:
        """The sum of the points; None where nothing could be graded."""
        return None if self.points is None else sum(self.points.values())


def number(value: float | None) -> str:
    """A score without needless zeros; nothing where there is none."""
    return "" if value is None else f"{value:.10g}"


def table(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a CSV file, as a whole or not at all."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    part = path.with_suffix(".part")
    part.write_text(text.getvalue(), encoding="utf-8", newline="")
    part.replace(path)


def write_reports(
    out: Path, sheets: Mapping[str, Sheet], graded: Sequence[Graded], roster: Roster
) -> None:
    """Write all tables and all pages."""
    out.mkdir(parents=True, exist_ok=True)
    write_scores(out / "scores.csv", sheets, graded, roster)
    report = ["student", "sheet", "score", "of", "problem", "look at", "seconds"]
    table(out / "report.csv", report, map(report_row, graded))
    questions = ["student", "sheet", "question", "test", "score", "of"]
    rows = (row for result in graded for row in question_rows(result, sheets))
    table(out / "questions.csv", questions, rows)
    write_feedback(out / "feedback", sheets, graded)


def write_scores(
    path: Path, sheets: Mapping[str, Sheet], graded: Sequence[Graded], roster: Roster
) -> None:
    """A row a student and a column a sheet, as a learning platform reads it."""
    results = {(result.student, result.sheet): result for result in graded}
    students = sorted({result.student for result in graded}, key=same_student)
    points = [number(sheet.points) for sheet in sheets.values()]
    rows = [["    Points Possible", "", "", "", "", *points]]
    for student in students:
        names = roster.row(student)
        row = [names.get(name, "") for name in LEARNING_PLATFORM]
        for key in sheets:
            result = results.get((student, key))
            row.append(number(result.score) if result else "")
        rows.append(row)
    table(path, [*LEARNING_PLATFORM, *sheets], rows)


def report_row(result: Graded) -> list[str]:
    """The row of a submission in `report.csv`."""
    return [
        result.student,
        result.sheet,
        number(result.score),
        number(result.of),
        result.problem,
        "; ".join(result.remarks),
        number(result.seconds),
    ]


def question_rows(result: Graded, sheets: Mapping[str, Sheet]) -> Iterator[list[str]]:
    """The rows of a submission in `questions.csv`; none without points."""
    if result.points is None:
        return
    for question in sheets[result.sheet].questions():
        score = number(result.points.get(question.test, 0.0))
        words = [result.student, result.sheet, question.title, question.test]
        yield [*words, score, number(question.points)]


def write_feedback(
    folder: Path, sheets: Mapping[str, Sheet], graded: Sequence[Graded]
) -> None:
    """A page a student and sheet: nbgrader's feedback, or why there is no score."""
    from tools.grading.nbgrader_settings import quietly_named

    for result in graded:
        target = folder / quietly_named(result.student) / f"{result.sheet}.html"
        target.parent.mkdir(parents=True, exist_ok=True)
        if result.problem or result.feedback is None:
            target.write_text(
                notice(sheets[result.sheet].title, result), encoding="utf-8"
            )
        else:
            shutil.copyfile(result.feedback, target)


def notice(title: str, result: Graded) -> str:
    """The page of a student whose work could not be graded."""
    title = html.escape(title)
    student, problem = html.escape(result.student), html.escape(result.problem)
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        f"<title>{title}: not graded</title>\n<h1>{title}</h1>\n"
        f"<p>{student}: this work could not be graded, "
        f"and has no score yet.</p>\n<p><strong>{problem}</strong></p>\n"
        "<p>Hand in again what your teacher can open: the notebook "
        f"{html.escape(result.sheet)}.ipynb, saved in Jupyter.</p>\n</html>\n"
    )


def summary(out: Path, graded: Sequence[Graded]) -> str:
    """The closing words of a run."""
    scored = [result for result in graded if result.score is not None]
    lines = [
        f"{len(scored)} graded, {len(graded) - len(scored)} not; the tables and the "
        f"feedback are in {out}."
    ]
    lines += [
        f"  {result.student}, {result.sheet}: {result.problem}"
        for result in graded
        if result.problem
    ]
    lines += [
        f"  {result.student}, {result.sheet}, look at: {remark}"
        for result in graded
        for remark in result.remarks
    ]
    return "\n".join(lines)
