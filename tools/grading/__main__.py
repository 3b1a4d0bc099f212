"""The commands behind `make assignments`, `make instructor`, `make samples` and `make
grade`.

    python -m tools.grading grade SUBMISSIONS=folder [SHEET=reality_gap]
    [EXERCISES=folder] [OUT=folder] [ROSTER=file] [WORKERS=2] [SECONDS=60]
    [BACKEND=dask] [ADDRESS=tcp://10.0.0.1:8786]

`EXERCISES` may also stand in the environment.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tools.grading.sheets import exercises_folder, find_sheets
from tools.processes import ROOT, Trouble

if TYPE_CHECKING:
    from tools.grading.runs import Crew

NAMES = (
    *("SUBMISSIONS", "SHEET", "EXERCISES", "OUT", "ROSTER", "SECONDS"),
    *("WORKERS", "BACKEND", "ADDRESS"),
)


def wishes(words: Sequence[str]) -> dict[str, str]:
    """What was said by words such as `SHEET=reality_gap`.

    Raises:
        Trouble: a word has another form or another name.
    """
    said = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name not in NAMES:
            raise Trouble(
                f"I do not understand {word!r}; say one of: "
                f"{', '.join(f'{name}=…' for name in NAMES)}."
            )
        said[name] = value
    return {name: value for name, value in said.items() if value}


def count(said: dict[str, str], name: str, default: float) -> float:
    """A positive number that was asked for.

    Raises:
        Trouble: the text is no number above 0.
    """
    text = said.get(name, str(default))
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not value > 0:
        raise Trouble(f"{name} must be a number above 0; got {text!r}.")
    return value


def path_of(said: dict[str, str], name: str, default: Path) -> Path:
    """A path that was asked for."""
    return Path(said.get(name) or default).expanduser().resolve()


def main(words: Sequence[str]) -> int:
    """Run a command; 0 if it did what was asked."""
    command, *rest = words or ["help"]
    said = wishes(rest)
    exercises = path_of(said, "EXERCISES", exercises_folder())
    out = path_of(said, "OUT", ROOT / "_grading")
    os.environ["EXERCISES"] = str(exercises)
    from tools.grading import handouts

    sheets = find_sheets(exercises, said.get("SHEET"))
    if command == "assignments":
        report(handouts.assignments(sheets, out), "Students get")
    elif command == "instructor":
        report(handouts.instructor(sheets, out), "For teachers only")
    elif command == "samples":
        folder = handouts.samples(sheets, out)
        print(
            f"Sample submissions are in {folder}; grade them:  make grade "
            f"SUBMISSIONS={folder}"
        )
    elif command == "grade":
        grade(said, exercises, out)
    else:
        raise Trouble(
            f"There is no command {command!r}; there is: assignments, instructor, "
            "samples, grade."
        )
    return 0


def report(written: Sequence[Path], words: str) -> None:
    """Say what was written."""
    print(f"{words}:", *(f"  {path}" for path in written), sep="\n")


def grade(said: dict[str, str], exercises: Path, out: Path) -> None:
    """Grade a folder of submissions.

    Raises:
        Trouble: no folder was named.
    """
    from tools.grading.grading import Wish, grade
    from tools.grading.job import Limits
    from tools.grading.report import summary

    if "SUBMISSIONS" not in said:
        raise Trouble(
            "Say where the submissions are: make grade SUBMISSIONS=folder, with a "
            "folder in it for each student."
        )
    crew = crew_of(said)
    roster = path_of(said, "ROSTER", Path()) if "ROSTER" in said else None
    seconds = count(said, "SECONDS", Limits.cell)
    wish = Wish(
        submissions=path_of(said, "SUBMISSIONS", Path()),
        out=out,
        exercises=exercises,
        sheet=said.get("SHEET"),
        roster=roster,
        crew=crew,
        limits=Limits(cell=seconds, total=5 * seconds),
    )
    print(summary(out, grade(wish)))


def crew_of(said: dict[str, str]) -> "Crew":
    """Who runs the submissions.

    Raises:
        Trouble: there is no such backend, or the number of workers is none.
    """
    from tools.grading.runs import BACKENDS, HERE, Crew

    backend = said.get("BACKEND", HERE)
    if backend not in BACKENDS:
        raise Trouble(
            f"There is no BACKEND {backend!r}; there is: {', '.join(BACKENDS)}."
        )
    if "ADDRESS" in said and backend == HERE:
        raise Trouble("ADDRESS names a cluster: say BACKEND=dask or BACKEND=ray, too.")
    workers = int(count(said, "WORKERS", 1)) if "WORKERS" in said else None
    return Crew(backend, workers, said.get("ADDRESS"))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Trouble as trouble:
        print(f"\n{trouble}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nStopped; the same command goes on where it was.", file=sys.stderr)
        sys.exit(130)
