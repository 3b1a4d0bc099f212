"""The namespaces of one submission, and how a cell is run among them.

The student's cells run in IPython's shell (`shell.py`). The sheet's own cells run as
plain Python among names of their own: what the student's code has set cannot stand
before a name of Python's or of the sheet's.
"""

import ast
import builtins
import contextlib
import io
import signal
import sys
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any

from tools.grading.pristine import Pristine
from tools.grading.shell import Shell, plain_python


class CellTimeout(BaseException):
    """The time for one cell is over.

    Not an Exception: `except Exception` in a loop must not swallow it.
    """


class Capped(io.TextIOBase):
    """Keeps the first characters of what is printed and forgets the rest."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.parts = [""]
        self.length = 0

    def writable(self) -> bool:
        """It can be written to."""
        return True

    def write(self, text: str) -> int:
        """Keep what fits."""
        if self.length < self.limit:
            self.parts.append(text[: self.limit - self.length])
        self.length += len(text)
        return len(text)

    def text(self) -> str:
        """What was printed, with a word on what is left out."""
        beyond = self.length - self.limit
        left_out = f"\n… {beyond:,} more characters left out" if beyond > 0 else ""
        return "".join(self.parts) + left_out


@contextlib.contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise CellTimeout after so many seconds, where the system has such an alarm."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise CellTimeout

    if not hasattr(signal, "setitimer"):
        yield
        return
    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


class Bench:
    """The namespaces of one submission, and how a cell is run in them."""

    def __init__(
        self,
        expected: list[str],
        output: int,
        pristine: Pristine | None = None,
        *,
        commands: bool = False,
    ) -> None:
        self.expected = set(expected)
        self.output = output
        self.commands = commands
        self.shell = Shell.anew(commands=commands)
        self.names: dict[str, Any] = self.shell.user_ns
        self.names["get_ipython"] = self.shell.get_ipython
        self.locked: dict[str, Any] = {}
        """What the sheet's own cells have set."""
        self.sources: dict[str, list[str]] = {}
        self.pristine = pristine or Pristine()

    def fresh(self) -> "Bench":
        """A bench for another notebook; everything is as it was before this one."""
        self.pristine.restore()
        expected = sorted(self.expected)
        return Bench(expected, self.output, self.pristine, commands=self.commands)

    def run(self, role: str, name: str, source: str, seconds: float) -> dict[str, Any]:
        """Run a cell: role `student`, or `sheet` for one that the student cannot
        change; its outputs and what it had to put back.
        """
        run = self.run_sheet if role == "sheet" else self.run_student
        changed = self.pristine.restore() if role == "sheet" else []
        out = Capped(self.output)
        shown = None
        sys.stdout = sys.stderr = out
        try:
            with alarm(seconds):
                shown, error = run(name, source)
        except BaseException as raised:  # SystemExit and KeyboardInterrupt, too
            error = raised
        outputs: list[dict[str, Any]] = []
        if out.length:
            printed = {"output_type": "stream", "name": "stdout", "text": out.text()}
            outputs.append(printed)
        if error is not None:
            outputs.append(self.describe(error, seconds))
        elif shown is not None:
            outputs.append(value(shown[: self.output]))
        return {"outputs": outputs, "changed": changed}

    def run_student(
        self, name: str, source: str
    ) -> tuple[str | None, BaseException | None]:
        """Run a student's cell: the text of its last value, and its error."""
        self.sources[f"<{name}>"] = source.splitlines()
        return self.shell.run(name, source)

    def run_sheet(self, name: str, source: str) -> tuple[None, None]:
        """Run one of the sheet's own cells; what it sets stands before the student's
        names from now on. It raises what the cell raises.
        """
        names = self.sheet_names()
        before = dict(names)
        try:
            exec(compile(tree_of(source), f"<{name}>", "exec"), names)
        finally:
            set_now = {
                key: value
                for key, value in names.items()
                if key not in before or before[key] is not value
            }
            self.locked |= set_now
            self.names |= set_now
        return None, None

    def sheet_names(self) -> dict[str, Any]:
        """The student's names, but none that stands before one of Python's or of the
        sheet's, unless the sheet asks for it.
        """
        own = {
            key: value
            for key, value in self.names.items()
            if key in self.expected or not hasattr(builtins, key)
        }
        sheet = {
            key: value for key, value in self.locked.items() if key not in self.expected
        }
        return own | sheet | {"__builtins__": builtins}

    def describe(self, error: BaseException, seconds: float) -> dict[str, Any]:
        """An error as a cell's output: what it says, and where in the student's own
        cells; a test's lines are not shown.
        """
        kind = type(error).__name__
        said = f"longer than {seconds:.0f} seconds"
        if not isinstance(error, CellTimeout):
            try:
                said = str(error)[: self.output]
            except BaseException as another:
                said = f"(its message raised {type(another).__name__})"
        where = [f"  {line}" for line in self.places(error.__traceback__)]
        if isinstance(error, SyntaxError) and error.lineno:
            where = [f"  line {error.lineno}: {(error.text or '').strip()}"]
        heading = ["Where in your cells:", *where] if where else []
        return {
            "output_type": "error",
            "ename": kind,
            "evalue": said,
            "traceback": [*heading, f"{kind}: {said}"],
        }

    def places(self, trace: TracebackType | None) -> Iterator[str]:
        """The last ten lines of the student's cells through which an error came."""
        found = []
        while trace is not None:
            filename = trace.tb_frame.f_code.co_filename
            line = trace.tb_lineno
            if (source := self.sources.get(filename)) and line <= len(source):
                found.append(
                    f"{filename[1:-1]}, line {line}: {source[line - 1].strip()}"
                )
            trace = trace.tb_next
        yield from found[-10:]


def value(shown: str) -> dict[str, Any]:
    """The value of a cell's last line as an output."""
    data = {"text/plain": shown}
    form: dict[str, Any] = {
        "output_type": "execute_result",
        "metadata": {},
        "execution_count": None,
    }
    return {**form, "data": data}


def tree_of(source: str) -> ast.Module:
    """A source as Python's tree, with or without magics."""
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.parse(plain_python(source))
