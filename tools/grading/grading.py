"""The whole of `make grade`: find the submissions, run each behind the wall, let
nbgrader score them, write tables and feedback.

Everything that is finished is kept under a name made of all that it depends on (the
answers, the sheet, the library, the grader, the limits), so a run that was stopped goes
on where it was, a second run has nothing to do, and work that was handed in again is
graded again.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import joblib

from lecture_code.exercises import same_student
from tools.grading import jail
from tools.grading.course import Course, quietly_named
from tools.grading.execution import Job, Limits, NotStarted, Record, plan, run
from tools.grading.report import Graded, Roster, write_reports
from tools.grading.sheets import Notebook, Sheet, find_sheets
from tools.grading.submissions import (
    Submission,
    claimed_student,
    load,
    restore,
    students_in,
)
from tools.processes import ROOT, Trouble

SOURCES = ("lecture_code/**/*.py", "tools/grading/*.py", "constraints.txt")


@dataclass(frozen=True)
class Wish:
    """What is asked of the grader."""

    submissions: Path
    out: Path
    exercises: Path
    sheet: str | None = None
    roster: Path | None = None
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Task:
    """One readable submission, ready to be run."""

    submission: Submission
    sheet: Sheet
    notebook: Notebook
    job: Job


def version() -> str:
    """A hash of everything in this project that can change a grade."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in SOURCES for path in ROOT.glob(pattern)}):
        digest.update(
            path.relative_to(ROOT).as_posix().encode()
            + b"\0"
            + hashlib.sha256(path.read_bytes()).digest()
        )
    return digest.hexdigest()


def write(path: Path, text: str) -> None:
    """Write a file as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


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
        for key, found in by_sheet.items()
        if wish.sheet or any(one.path for one in found)
    ]
    if not wanted:
        raise Trouble(
            f"Nobody in {wish.submissions} handed in one of these: "
            f"{', '.join(f'{key}.ipynb' for key in sheets)}."
        )
    return [one for key in wanted for one in by_sheet[key]]


def prepare(submission: Submission, sheet: Sheet, limits: Limits, grader: str) -> Task:
    """Put the answers into the sheet."""
    notebook = restore(sheet, submission.notebook)
    return Task(
        submission,
        sheet,
        notebook,
        plan(sheet, notebook, submission.student, limits, grader),
    )


def for_nbgrader(task: Task, release: Notebook) -> Notebook:
    """The submission as nbgrader wants it: the student's version of the sheet with the
    answers in it; it restores the rest itself.
    """
    return restore(task.sheet.with_text_of(release), task.notebook)


def read_record(path: Path) -> Record | None:
    """A finished run, if there is one."""
    with suppress(OSError, ValueError, TypeError):
        return Record(**json.loads(path.read_text(encoding="utf-8")))
    return None


def attempt(number: int, job: Job, wall: jail.Jail) -> tuple[int, Record | str]:
    """Run a job; a text is the grader's own failure.

    Everything it needs is in its arguments: it may run on another machine.
    """
    try:
        return number, run(job, wall)
    except (NotStarted, OSError) as error:
        return number, str(error)


def run_all(
    tasks: Sequence[Task], folder: Path, wall: jail.Jail, workers: int
) -> Iterator[tuple[Task, Record | str]]:
    """Every task with its record, those first that have one, the others as they end;
    each new record is kept at once.
    """
    pending = []
    for number, task in enumerate(tasks):
        if (record := read_record(folder / f"{task.job.key()}.json")) is not None:
            yield task, record
        else:
            pending.append(number)
    parallel = joblib.Parallel(
        n_jobs=workers, prefer="threads", return_as="generator_unordered"
    )
    for number, record in parallel(
        joblib.delayed(attempt)(number, tasks[number].job, wall) for number in pending
    ):
        if isinstance(record, Record):
            write(
                folder / f"{tasks[number].job.key()}.json", json.dumps(asdict(record))
            )
        yield tasks[number], record


def remarks(task: Task, record: Record) -> list[str]:
    """What a teacher should look at."""
    found = []
    claimed = claimed_student(task.submission.notebook)
    if claimed and same_student(claimed) != same_student(task.submission.student):
        found.append(
            f"the notebook says STUDENT = {claimed!r}; it was graded with the numbers "
            f"of {task.submission.student!r}"
        )
    found += [
        f"{cell.name} was not run: {cell.refused}"
        for cell in task.job.cells
        if cell.refused
    ]
    if record.changed:
        found.append(
            f"changed before a test, and put back: {', '.join(record.changed[:5])}"
        )
    ends = {"CellTimeout", "TimeLimit", "ProcessEnded"}
    for cell, outputs in zip(task.job.cells, record.outputs, strict=True):
        found += [
            f"{cell.name}: {one['ename']}"
            for one in outputs
            if one["output_type"] == "error" and one["ename"] in ends
        ]
    return found


def enter(
    course: Course, task: Task, release: Notebook, record: Record | str
) -> Graded:
    """Score one run with nbgrader, unless that was done before."""
    student, key = task.submission.student, task.sheet.key
    base = Graded(student, key, task.sheet.points)
    if isinstance(record, str):
        return replace(base, problem=f"the grader could not run it: {record}")
    stamp = course.root / "scored" / key / quietly_named(student)
    remembered = stamp.read_text(encoding="utf-8") if stamp.exists() else ""
    if remembered != task.job.key() or not course.feedback(student, key).exists():
        stamp.unlink(missing_ok=True)
        try:
            course.score(student, task.sheet, for_nbgrader(task, release), record)
        except Exception as error:  # whatever it is, the others' grades go on
            return replace(base, problem=f"{type(error).__name__}: {error}")
        write(stamp, task.job.key())
    return replace(
        base,
        remarks=tuple(remarks(task, record)),
        seconds=record.seconds,
        feedback=course.feedback(student, key),
    )


def grade(wish: Wish) -> list[Graded]:
    """Grade everything that was handed in, and write the tables.

    Raises:
        Trouble: there is nothing to grade, or a sheet is not in order.
    """
    sheets = find_sheets(wish.exercises, wish.sheet)
    submissions = collect(wish, sheets)
    course = Course(wish.out / "course")
    releases = {
        key: course.release(sheets[key])
        for key in dict.fromkeys(one.sheet for one in submissions)
    }
    hidden = [
        wish.exercises,
        ROOT / "book" / "exercises",
        ROOT / ".git",
        ROOT / "tests" / "exercises",
        wish.submissions,
        wish.out,
    ]
    wall, grader = jail.best_jail(hidden), version()
    print(
        f"{len(submissions)} submissions, {wish.workers} at a time. The wall here: "
        f"{jail.LEVELS[wall.level]}.",
        flush=True,
    )
    tasks, graded = [], []
    for one in submissions:
        base = Graded(
            one.student, one.sheet, sheets[one.sheet].points, problem=one.problem
        )
        try:
            if one.problem:
                course.forget(one.student, one.sheet)
                graded.append(base)
            else:
                tasks.append(prepare(one, sheets[one.sheet], wish.limits, grader))
        except Exception as error:
            graded.append(
                replace(
                    base, problem=f"it cannot be read: {type(error).__name__}: {error}"
                )
            )
    for task, record in run_all(tasks, wish.out / "runs", wall, wish.workers):
        graded.append(enter(course, task, releases[task.sheet.key], record))
        print(f"\r{len(graded)}/{len(submissions)}", end="", flush=True)
    print()
    roster = Roster.read(
        wish.roster or wish.submissions / "roster.csv", required=wish.roster is not None
    )
    return finish(wish, course, {key: sheets[key] for key in releases}, graded, roster)


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
    for one in graded:
        points = (
            scores[one.sheet].get(quietly_named(one.student))
            if not one.problem
            else None
        )
        done.append(
            replace(
                one,
                points=points,
                problem=one.problem
                or ("" if points is not None else "nbgrader has no score of it"),
            )
        )
    there = {(same_student(one.student), one.sheet) for one in done}
    for student in roster.students():
        if not roster.matches(student, [one.student for one in done]):
            missing = [
                key for key in sheets if (same_student(student), key) not in there
            ]
            done += [
                Graded(
                    student, key, sheets[key].points, problem="nothing was handed in"
                )
                for key in missing
            ]
    order = sorted(done, key=lambda one: (one.student, one.sheet))
    write_reports(wish.out, sheets, order, roster)
    return order
