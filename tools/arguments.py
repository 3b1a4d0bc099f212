"""The words after a command of run.py, sorted: `NAME=…`, `PORT=…`, what the exercise
sheets need, and words that are passed on.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.processes import Trouble

PORT = 8000

# What the commands for exercise sheets understand.
GRADING = (
    *("EXERCISES", "SUBMISSIONS", "SHEET", "OUT", "ROSTER"),
    *("WORKERS", "SECONDS", "BACKEND", "ADDRESS"),
)
PATHS = ("EXERCISES", "SUBMISSIONS", "OUT", "ROSTER")


@dataclass(frozen=True)
class Arguments:
    """What was said after the command.

    Args:
        name: of `NAME=hopper`; None if no name was said.
        port: of `PORT=9000`.
        rest: words that are passed on as they are.
        grading: such as `SUBMISSIONS=folder`, for the commands of the exercise sheets.
    """

    name: str | None
    port: int
    rest: tuple[str, ...]
    grading: tuple[str, ...] = ()


def parse(words: Sequence[str]) -> Arguments:
    """Sort `NAME=…`, `PORT=…` and what the exercise sheets need from words that are
    passed on; a path is completed from the present folder.

    Raises:
        Trouble: the port is not a number between 1 and 65535.
    """
    known = ("NAME", "PORT", *GRADING)
    pairs = (word.partition("=") for word in words)
    said = {name: value for name, equals, value in pairs if equals and name in known}
    port = said.get("PORT", str(PORT))
    if not (port.isdecimal() and 0 < int(port) < 65536):
        raise Trouble(f"PORT must be a number from 1 to 65535; got {port!r}.")
    asked = {name: said[name] for name in GRADING if said.get(name)}
    for name in asked.keys() & set(PATHS):
        asked[name] = str(Path(asked[name]).expanduser().absolute())
    if "EXERCISES" in asked:  # the tests, too, look for the sheets there
        os.environ["EXERCISES"] = asked["EXERCISES"]
    rest = tuple(
        word for word in words if word.partition("=")[0] not in said or "=" not in word
    )
    grading = tuple(f"{name}={value}" for name, value in asked.items())
    return Arguments(said.get("NAME") or None, int(port), rest, grading)
