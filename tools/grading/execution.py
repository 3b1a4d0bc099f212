"""Run the cells of one submission behind the wall, and bring back what came of each:
time, memory and harm are bounded.

The process behind the wall (`runner.py`) gets one cell after the other. A cell that
kills it, or that does not end, costs a process and no more: a new one runs the other
cells. So a wrong part loses its own points, and neither the other parts' nor anybody
else's.
"""

import time
from dataclasses import dataclass, field
from typing import Any

from tools.grading import jail, process
from tools.grading.job import Job
from tools.grading.process import Process

Outputs = list[dict[str, Any]]


@dataclass(frozen=True)
class SheetRun:
    """One run of a submission.

    Args:
        outputs: by position of the code cell.
        changed: names of library functions that the student's code has changed.
        seconds: duration of the run.
        level: level of the wall.
    """

    outputs: list[Outputs]
    changed: list[str] = field(default_factory=list)
    seconds: float = 0.0
    level: str = jail.NONE


def failure(kind: str, words: str) -> Outputs:
    """The output of a cell that could not be run to its end."""
    return [
        {
            "output_type": "error",
            "ename": kind,
            "evalue": words,
            "traceback": [f"{kind}: {words}"],
        }
    ]


def run(job: Job, wall: jail.Jail) -> SheetRun:
    """Run all cells of a job, in as many processes as it takes; this never raises for
    what a submission does.
    """
    start = time.monotonic()
    fatal = {
        number: failure("ImportRefused", cell.refused)
        for number, cell in enumerate(job.cells)
        if cell.refused
    }
    outputs: list[Outputs] = [[] for _ in job.cells]
    changed: dict[str, None] = {}
    while (
        stopped := run_until_it_ends(job, wall, start, fatal, outputs, changed)
    ) is not None:
        number, why, seconds = stopped
        fatal[number] = ended(why, seconds)
    seconds = round(time.monotonic() - start, 3)
    return SheetRun(outputs, list(changed), seconds, wall.level)


def run_until_it_ends(
    job: Job,
    wall: jail.Jail,
    start: float,
    fatal: dict[int, Outputs],
    outputs: list[Outputs],
    changed: dict[str, None],
) -> tuple[int, str, float] | None:
    """Run the cells in one process, and enter what comes of them; the cell that ended
    the process, why, and the seconds that it was given.
    """
    with Process(job, wall) as runner:
        for number, cell in enumerate(job.cells):
            left = job.limits.total - (time.monotonic() - start)
            if number in fatal:
                outputs[number] = fatal[number]
            elif left <= 0:
                outputs[number] = out_of_time(job.limits.total)
            else:
                alarm = min(job.limits.cell, left)
                answer = runner.ask(cell, alarm, alarm + process.GRACE)
                if isinstance(answer, str):
                    return number, answer, alarm
                outputs[number] = answer["outputs"]
                names = (str(name)[:200] for name in answer["changed"][:20])
                changed |= dict.fromkeys(names)
    return None


def out_of_time(seconds: float) -> Outputs:
    """The output of a cell that was not reached."""
    return failure(
        "TimeLimit",
        f"the {seconds:.0f} seconds for the whole sheet were used up before this cell",
    )


def ended(why: str, seconds: float) -> Outputs:
    """The output of a cell that took its process with it."""
    if why == "too long":
        return failure(
            "CellTimeout",
            f"longer than {seconds:.0f} seconds, and it could not be interrupted",
        )
    return failure(
        "ProcessEnded",
        "this cell ended the program that runs the notebook, or used more memory than "
        "there is",
    )
