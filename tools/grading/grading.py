"""The whole of `make grade`: find the submissions, run each behind the wall, let
nbgrader score them, write tables and feedback.

Everything that is finished is kept under a name made of all that it depends on (the
answers, the sheet, the library, the grader, the limits), so a run that was stopped goes
on where it was, a second run has nothing to do, and work that was handed in again is
graded again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from lecture_code.exercises import same_student
from tools.grading.cells import Notebook
from tools.grading.course import Course
from tools.grading.execution import SheetRun
from tools.grading.job import Job, Limits, plan
from tools.grading.nbgrader_settings import quietly_named
from tools.grading.report import Graded, write_reports
from tools.grading.roster import Roster
from tools.grading.runs import Crew, run_all, version, write
from tools.grading.sheets import Sheet, find_sheets
from tools.grading.submissions import (
    Submission,
    claimed_student,
    handed_in_twice,
    load,
    restore,
    students_in,
)
from tools.processes import Trouble


@dataclass(frozen=True)
class Wish:
    """What is asked of the grader."""

    submissions: Path
    out: Path
    exercises: Path
    sheet: str | None = None
    roster: Path | None = None
    crew: Crew = field(default_factory=Crew)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class PreparedSubmission:
    """One readable submission, ready to be run."""

    submission: Submission
    sheet: Sheet
    notebook: Notebook
    job: Job


def collect(wish: Wish, sheets: dict[str, Sheet]) -> list[Submission]:
    """What each student handed in on each sheet that anybody handed in; with
    `wish.sheet` on that one.

    Raises:
        Trouble: nobody handed in any of the sheets, or two folders belong to one
            student.
    """
    folders = students_in(wish.submissions)
    twins: dict[str, list[str]] = {}
    for folder in folders:
        twins.setdefault(same_student(folder.name), []).append(folder.name)
    if double := [names for names in twins.values() if len(names) > 1]:
        raise Trouble(
            f"These folders belong to one student each time: {double}; an id may be "
            "written in one way only."
        )
    by_sheet = {key: [load(folder, key) for folder in folders] for key in sheets}
    wanted = [
        key
        for key, submissions in by_sheet.items()
        if wish.sheet or any(submission.path for submission in submissions)
    ]
    if not wanted:
        raise Trouble(
            f"Nobody in {wish.submissions} handed in one of these: "
            f"{', '.join(f'{key}.ipynb' for key in sheets)}."
        )
    return [submission for key in wanted for submission in by_sheet[key]]


def prepare(
    submission: Submission, sheet: Sheet, limits: Limits, grader: str
) -> PreparedSubmission:
    """Put the answers into the sheet."""
    notebook = restore(sheet, submission.notebook)
    return PreparedSubmission(
        submission,
        sheet,
        notebook,
        plan(sheet, notebook, submission.student, limits, grader),
    )


def for_nbgrader(prepared: PreparedSubmission, release: Notebook) -> Notebook:
    """The submission as nbgrader wants it: the student's version of the sheet with the
    answers in it; it restores the rest itself.
    """
    return restore(prepared.sheet.with_text_of(release), prepared.notebook)


def remarks(prepared: PreparedSubmission, sheet_run: SheetRun) -> list[str]:
    """What a teacher should look at."""
    mine, handed_in = prepared.submission.student, prepared.submission.notebook
    said = []
    claimed = claimed_student(handed_in)
    if claimed and same_student(claimed) != same_student(mine):
        said.append(
            f"the notebook says STUDENT = {claimed!r}; it was graded with the numbers "
            f"of {mine!r}"
        )
    said += [
        f"{name} was handed in twice: each cell was run in its place"
        for name in handed_in_twice(prepared.sheet, handed_in)
    ]
    said += [
        f"{cell.name} was not run: {cell.refused}"
        for cell in prepared.job.cells
        if cell.refused
    ]
    if sheet_run.changed:
        names = ", ".join(sheet_run.changed[:5])
        said.append(f"changed before a test, and put back: {names}")
    ends = {"CellTimeout", "TimeLimit", "ProcessEnded"}
    said += [
        f"{cell.name}: {output['ename']}"
        for cell, outputs in zip(prepared.job.cells, sheet_run.outputs, strict=True)
        for output in outputs
        if output["output_type"] == "error" and output["ename"] in ends
    ]
    return said


def enter(
    course: Course,
    prepared: PreparedSubmission,
    release: Notebook,
    sheet_run: SheetRun | str,
) -> Graded:
    """Score one run with nbgrader, unless that was done before."""
    student, key = prepared.submission.student, prepared.sheet.key
    base = Graded(student, key, prepared.sheet.points)
    if isinstance(sheet_run, str):
        return replace(base, problem=f"the grader could not run it: {sheet_run}")
    stamp = course.root / "scored" / key / quietly_named(student)
    remembered = stamp.read_text(encoding="utf-8") if stamp.exists() else ""
    if remembered != prepared.job.key() or not course.feedback(student, key).exists():
        stamp.unlink(missing_ok=True)
        try:
            course.score(
                student, prepared.sheet, for_nbgrader(prepared, release), sheet_run
            )
        except Exception as error:  # whatever it is, the others' grades go on
            return replace(base, problem=f"{type(error).__name__}: {error}")
        write(stamp, prepared.job.key())
    return replace(
        base,
        remarks=tuple(remarks(prepared, sheet_run)),
        seconds=sheet_run.seconds,
        feedback=course.feedback(student, key),
    )


def grade(wish: Wish) -> list[Graded]:
    """Grade everything that was handed in, and write the tables.

    Raises:
        Trouble: there is nothing to grade, a sheet or the roster is not in order, or a
            cluster cannot do the work.
    """
    sheets = find_sheets(wish.exercises, wish.sheet)
    submissions = collect(wish, sheets)
    roster = roster_of(wish)
    course = Course(wish.out / "course")
    keys = dict.fromkeys(submission.sheet for submission in submissions)
    releases = {key: course.release(sheets[key]) for key in keys}
    print(f"{len(submissions)} submissions.", flush=True)
    queue, graded = ready(submissions, sheets, course, wish.limits)
    hidden = (wish.exercises, wish.submissions, wish.out)
    jobs = [prepared.job for prepared in queue]
    for number, sheet_run in run_all(jobs, wish.out / "runs", hidden, wish.crew):
        prepared = queue[number]
        graded.append(enter(course, prepared, releases[prepared.sheet.key], sheet_run))
        print(f"\r{len(graded)}/{len(submissions)}", end="", flush=True)
    print()
    return finish(wish, course, {key: sheets[key] for key in keys}, graded, roster)


def roster_of(wish: Wish) -> Roster:
    """The roster that was named, or the one beside the submissions; what a teacher
    should check in it is printed.

    Raises:
        Trouble: it is not there, or cannot be read.
    """
    path = wish.roster or wish.submissions / "roster.csv"
    roster = Roster.read(path, required=wish.roster is not None)
    if roster.note:
        print(roster.note, flush=True)
    return roster


def ready(
    submissions: Sequence[Submission],
    sheets: dict[str, Sheet],
    course: Course,
    limits: Limits,
) -> tuple[list[PreparedSubmission], list[Graded]]:
    """The submissions that can be run, and a named problem for each of the others."""
    queue = []
    refused = []
    grader = version()
    for submission in submissions:
        sheet = sheets[submission.sheet]
        problem = submission.problem
        if problem:
            course.forget(submission.student, submission.sheet)
        else:
            try:
                queue.append(prepare(submission, sheet, limits, grader))
            except Exception as error:
                problem = f"it cannot be read: {type(error).__name__}: {error}"
        if problem:
            row = Graded(
                submission.student, submission.sheet, sheet.points, problem=problem
            )
            refused.append(row)
    return queue, refused


def finish(
    wish: Wish,
    course: Course,
    sheets: dict[str, Sheet],
    graded: Iterable[Graded],
    roster: Roster,
) -> list[Graded]:
    """Fetch the points from the gradebook and write the tables; students of the roster
    who handed in nothing are in them.
    """
    scores = {key: course.scores(key) for key in sheets}
    done = []
    for result in graded:
        points = None
        problem = result.problem
        if not problem:
            points = scores[result.sheet].get(quietly_named(result.student))
            problem = "" if points is not None else "nbgrader has no score of it"
        done.append(replace(result, points=points, problem=problem))
    there = {(same_student(result.student), result.sheet) for result in done}
    folders = [result.student for result in done]
    done += [
        Graded(student, key, sheet.points, problem="nothing was handed in")
        for student in roster.students()
        if not roster.matches(student, folders)
        for key, sheet in sheets.items()
        if (same_student(student), key) not in there
    ]
    order = sorted(done, key=lambda result: (result.student, result.sheet))
    write_reports(wish.out, sheets, order, roster)
    return order
