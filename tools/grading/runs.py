"""Run many submissions, on this machine or on a cluster, and keep each run at once.

One submission is one job: it carries all that it needs, and its run is the answer.
The machines of a cluster need this project in the same version, and no common folder.
Each of them finds out by itself which wall it has (`jail.py`), and its runs say so.
"""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import joblib

from lecture_code.experiments import backends
from lecture_code.experiments.protocol import ExperimentError
from tools.grading import jail
from tools.grading.execution import SheetRun, run
from tools.grading.job import Job
from tools.grading.process import NotStarted
from tools.processes import ROOT, Trouble

SOURCES = ("lecture_code/**/*.py", "tools/grading/*.py", "constraints.txt")
HERE = "threads"
"""The backend of this machine: a thread a submission, which waits for its process."""
BACKENDS = (HERE, *backends.PACKAGES)


@dataclass(frozen=True)
class Crew:
    """Who runs the submissions.

    Args:
        backend: `threads` on this machine, or one of joblib's for a cluster.
        workers: how many submissions at a time; None for a core each.
        address: of a cluster's scheduler.
    """

    backend: str = HERE
    workers: int | None = None
    address: str | None = None


def version() -> str:
    """A hash of everything in this project that can change a grade."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in SOURCES for path in ROOT.glob(pattern)}):
        name = path.relative_to(ROOT).as_posix().encode()
        digest.update(name + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def wall_here(hidden: Iterable[Path]) -> jail.Jail:
    """The strongest wall of the machine that this runs on, with these paths and the
    project's own secrets out of sight.
    """
    secrets = ("book/exercises", ".git", "tests/exercises")
    return jail.best_jail([*hidden, *(ROOT / name for name in secrets)])


def attempt(
    number: int, job: Job, hidden: tuple[Path, ...]
) -> tuple[int, SheetRun | str]:
    """Run a job; a text is the grader's own failure.

    Everything it needs is in its arguments: it may run on another machine.
    """
    try:
        return number, run(job, wall_here(hidden))
    except (NotStarted, OSError) as error:
        return number, str(error)


def read_sheet_run(path: Path) -> SheetRun | None:
    """A finished run, if there is one."""
    with suppress(OSError, ValueError, TypeError):
        return SheetRun(**json.loads(path.read_text(encoding="utf-8")))
    return None


def write(path: Path, text: str) -> None:
    """Write a file as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def run_all(
    jobs: Sequence[Job], folder: Path, hidden: tuple[Path, ...], crew: Crew
) -> Iterator[tuple[int, SheetRun | str]]:
    """The number and the run of every job, first the runs that lie in the folder, then
    the others as they end; each new run is kept at once.

    Raises:
        Trouble: there is no such crew, or it could not do the work.
    """
    pending = []
    for number, job in enumerate(jobs):
        if (sheet_run := read_sheet_run(folder / f"{job.key()}.json")) is not None:
            yield number, sheet_run
        else:
            pending.append(number)
    if not pending:
        return
    with parallel(crew) as together:
        attempts = (joblib.delayed(attempt)(i, jobs[i], hidden) for i in pending)
        for number, sheet_run in together(attempts):
            if isinstance(sheet_run, SheetRun):
                name = f"{jobs[number].key()}.json"
                write(folder / name, json.dumps(asdict(sheet_run)))
            yield number, sheet_run


@contextmanager
def parallel(crew: Crew) -> Iterator[Callable[[Iterable[Any]], Iterator[Any]]]:
    """joblib with the crew's backend; says on which machines there is less than the
    full wall.

    Raises:
        Trouble: the backend or its cluster is not there, or has another version.
    """
    as_they_end = {"return_as": "generator_unordered"}
    if crew.backend == HERE:
        most = crew.workers or os.cpu_count() or 1
        print(f"The wall here: {jail.LEVELS[jail.best_level()]}.", flush=True)
        yield joblib.Parallel(n_jobs=most, prefer="threads", **as_they_end)
        return
    try:
        with backends.use_backend(crew.backend, crew.workers, crew.address) as backend:
            backend.check("tools.grading.runs")
            if backend.client is not None:
                compare(backend.client.run(version))
            print(walls(backend.client), flush=True)
            if backend.name == "ray":  # it gives results only when all are there
                yield partial(in_rounds, size=4 * backend.workers)
            else:
                yield joblib.Parallel(pre_dispatch=backend.at_once, **as_they_end)
    except ExperimentError as error:
        raise Trouble(str(error).replace("--backend ", "BACKEND=")) from error


def in_rounds(jobs: Iterable[Any], size: int) -> Iterator[Any]:
    """The results of joblib's jobs, `size` at a time, so that an interruption costs at
    most one round.
    """
    jobs = iter(jobs)
    while together := list(islice(jobs, size)):
        yield from joblib.Parallel()(together)


def compare(versions: dict[str, str]) -> None:
    """Refuse workers that would grade by something else.

    Raises:
        Trouble: a worker has other sources of the grader, of the library or of the
            pinned versions.
    """
    other = [worker for worker, there in versions.items() if there != version()]
    if other:
        raise Trouble(
            f"These workers have another version of this project: {', '.join(other)}. "
            "Update their copy, and start them again."
        )


def walls(client: Any) -> str:
    """The walls of a cluster's workers, or of this machine, in words."""
    found = client.run(jail.best_level) if client else {"here": jail.best_level()}
    lines = [
        f"{count} of {len(found)} workers: {jail.LEVELS[level]}."
        for level, count in Counter(found.values()).items()
    ]
    weak = [worker for worker, level in found.items() if level != jail.FULL]
    lines += [f"Without the full wall: {', '.join(weak)}."] if weak else []
    return "\n".join(["The walls:", *(f"  {line}" for line in lines)])
