"""One process behind the wall (`runner.py`), the pipe to it, and what may come back
through that pipe.
"""

import json
import os
import queue
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from tools.grading import jail
from tools.grading.job import CellToRun, Job

RUNNER = Path(__file__).with_name("runner.py")
GRACE = 3.0  # seconds between a cell's own alarm and the end of its process
START = 120.0  # seconds for a process to import what the tests need
LONGEST_ANSWER = 4_000_000  # characters
PIECE = 1 << 16  # bytes that are read at once
PIECES = 64  # pieces that may wait
READY = b'"ready"'


class NotStarted(RuntimeError):
    """The grader's own fault, not the submission's."""


class Answers:
    """The lines that a process writes, read by a thread: a pipe of Windows has no other
    way to stop waiting.
    """

    def __init__(self, pipe: IO[bytes]) -> None:
        self.pipe = pipe
        self.left = b""
        self.pieces: queue.Queue[bytes] = queue.Queue(maxsize=PIECES)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self) -> None:
        """Hand over what comes; an empty piece is the end."""
        with self.pipe, suppress(OSError):
            while piece := os.read(self.pipe.fileno(), PIECE):
                self.pieces.put(piece)
        self.pieces.put(b"")

    def line(self, deadline: float) -> bytes | None:
        """The next line; None if the process has ended, says too much, or the time is
        over.
        """
        while b"\n" not in self.left:
            if len(self.left) > LONGEST_ANSWER:
                return None
            try:
                wait = max(0.0, deadline - time.monotonic())
                piece = self.pieces.get(timeout=wait)
            except queue.Empty:
                return None
            if not piece:
                self.pieces.put(b"")
                return None
            self.left += piece
        line, _, self.left = self.left.partition(b"\n")
        return line.rstrip(b"\r")

    def close(self) -> None:
        """Let the thread come to its end, once nobody holds the pipe's other side."""
        deadline = time.monotonic() + GRACE
        while self.thread.is_alive() and time.monotonic() < deadline:
            with suppress(queue.Empty):
                self.pieces.get(timeout=0.01)


class Process:
    """One process behind the wall; leaving the context ends it, and all that it
    started.
    """

    def __init__(self, job: Job, wall: jail.Jail) -> None:
        self.job = job
        self.wall = wall

    def __enter__(self) -> "Process":
        self.folder = tempfile.TemporaryDirectory(
            prefix="sheet-", ignore_cleanup_errors=True
        )
        work = Path(self.folder.name)
        self.process = subprocess.Popen(
            self.wall.command([sys.executable, "-P", "-s", RUNNER], work),
            cwd=work,
            env=jail.environment(self.job.student, work),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self.answers = Answers(self.process.stdout)
        self.tell(self.setup())
        if (said := self.answers.line(time.monotonic() + START)) != READY:
            self.__exit__()
            why = (said or b"it ended at once").decode("utf-8", "replace")
            raise NotStarted(
                f"a process for submissions did not start ({why}): is the memory limit "
                "too low for what the sheet imports?"
            )
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError, PermissionError):
            if os.name == "posix":
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        with suppress(OSError):
            self.process.stdin.close()  # type: ignore[union-attr]
        self.process.wait()
        # behind a full wall everything ends with the first process
        if self.wall.level != jail.FULL:
            end_strays(Path(self.folder.name))
        self.answers.close()
        self.folder.cleanup()

    def setup(self) -> dict[str, Any]:
        """The first thing that the process is told."""
        limits = self.job.limits
        return {
            "modules": self.job.modules,
            "perhaps": self.job.perhaps,
            "expected": self.job.expected,
            "output": limits.output,
            "memory": limits.memory,
            "cpu": int(4 * limits.total) + 60,
            "commands": self.wall.level == jail.FULL,
        }

    def tell(self, request: dict[str, Any]) -> None:
        """Send one line; that nobody reads it any more shows in the answer."""
        with suppress(OSError):
            assert self.process.stdin is not None
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()

    def ask(
        self, cell: CellToRun, alarm: float, patience: float
    ) -> dict[str, Any] | str:
        """Run a cell; its answer, or why there is none."""
        number = secrets.token_hex(16)
        what = {"role": cell.role, "name": cell.name, "source": cell.source}
        self.tell({"number": number, "seconds": alarm, **what})
        deadline = time.monotonic() + patience
        while (line := self.answers.line(deadline)) is not None:
            with suppress(ValueError, RecursionError):
                answer = json.loads(line)
                mine = isinstance(answer, dict) and answer.get("number") == number
                if mine and proper(answer):
                    return answer  # type: ignore[no-any-return]
        return "too long" if time.monotonic() >= deadline else "ended"


def proper(answer: dict[str, Any]) -> bool:
    """Whether an answer has the form that outputs of a cell must have: the process that
    gives it also runs the student's code.
    """
    outputs, changed = answer.get("outputs"), answer.get("changed")
    return (
        isinstance(outputs, list)
        and isinstance(changed, list)
        and all(isinstance(output, dict) and well_formed(output) for output in outputs)
    )


def well_formed(output: dict[str, Any]) -> bool:
    """Whether this is what `runner.py` makes of printed text, of an error or of a
    value.
    """
    data, trace = output.get("data"), output.get("traceback")
    match output.get("output_type"):
        case "stream":
            return output.get("name") == "stdout" and isinstance(
                output.get("text"), str
            )
        case "error":
            texts = isinstance(output.get("ename"), str) and isinstance(
                output.get("evalue"), str
            )
            return (
                texts
                and isinstance(trace, list)
                and all(isinstance(line, str) for line in trace)
            )
        case "execute_result":
            return (
                isinstance(data, dict)
                and list(data) == ["text/plain"]
                and isinstance(data["text/plain"], str)
            )
    return False


def end_strays(work: Path) -> None:
    """End what a submission left running outside its process group, known by the folder
    that it was given as its home, or by where it runs: a process that has only just
    begun does not tell its environment yet.
    """
    with suppress(ImportError):
        import psutil

        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                runs_there = Path(process.cwd()) == work.resolve()
                if runs_there or process.environ().get("HOME") == str(work):
                    process.kill()
