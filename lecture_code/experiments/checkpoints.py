"""The checkpoints from which a killed run goes on.

A checkpoint folder has one identity: the settings of its experiment, the code that runs
and the versions of the libraries. What was computed under another identity is never
continued silently.
"""

from __future__ import annotations

import json
import pickle
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lecture_code.experiments.files import differences, write_atomically
from lecture_code.experiments.protocol import ExperimentError, Record, Run


@dataclass
class Checkpoint:
    """A run in the middle of its work, with the records of its first steps."""

    run: Run
    first_records: list[Record] = field(default_factory=list)
    """The records of the first steps, for `replay`."""

    def save(self, path: Path) -> None:
        """Write this state to `path`, atomically."""
        write_atomically(path, pickle.dumps(self))

    @staticmethod
    def load(path: Path) -> Checkpoint:
        """Read a state back.

        Raises:
            ExperimentError: the file cannot be read; the message says what to do.
        """
        try:
            loaded = pickle.loads(path.read_bytes())
        except Exception as error:
            raise ExperimentError(
                f"the checkpoint {path.name} cannot be read ({error}); begin anew with "
                "--restart"
            ) from error
        if not isinstance(loaded, Checkpoint):
            raise ExperimentError(
                f"{path.name} is not a checkpoint but a {type(loaded).__name__}; begin "
                "anew with --restart"
            )
        return loaded


def open_folder(
    folder: Path, identity: dict[str, Any], restart: bool = False, keep: bool = False
) -> None:
    """Make `folder` ready for checkpoints of this identity; its own stay in it.

    Args:
        folder: the folder of the experiment's checkpoints.
        identity: settings, code and versions that the checkpoints depend on.
        restart: drop the checkpoints in the folder.
        keep: keep the checkpoints although code or versions have changed since.

    Raises:
        ExperimentError: the checkpoints in the folder have another identity; the
            message shows the difference.
    """
    file = folder / "identity.json"
    if folder.exists() and (restart or not file.exists()):
        shutil.rmtree(folder)
    for pattern in ("*.tmp", "*.progress"):  # of a process that was killed
        for leftover in folder.glob(pattern):
            leftover.unlink(missing_ok=True)
    before = json.loads(file.read_bytes()) if file.exists() else identity
    same_settings = before["settings"] == identity["settings"]
    if before != identity and not (keep and same_settings):
        changes = differences(before, identity, "the checkpoints", "this run")
        shown = "\n".join(changes)
        or_keep = (
            ", or go on with --keep if the change makes no difference"
            if same_settings
            else ""
        )
        raise ExperimentError(
            f"an interrupted run of {folder.name!r} left checkpoints that belong to "
            f"something else:\n{shown}\n"
            f"Begin anew with --restart, which drops them{or_keep}."
        )
    text = json.dumps(identity, sort_keys=True, indent=1)
    write_atomically(file, text.encode())


def close_folder(folder: Path) -> None:
    """Drop the checkpoints of a finished experiment, and the empty folder around."""
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()
