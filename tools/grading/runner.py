"""The far side of the wall: runs the cells of one submission, one at a time, as they
come down a pipe, and says what became of each.

Student's code runs in this process, so nothing here is out of its reach; what can be
done against that is done. A test comes down the pipe only after the answer has run;
before it, the functions that tests rely on are put back as they were before the first
line of the student's code; it runs among names that the sheet's own cells have set; and
only an answer that repeats the request's number counts as one. Whatever kills this
process kills one cell: the near side (`execution.py`) starts another without it.

Imports the standard library only, so that it starts at once. It is a program: nobody
imports it but its tests.
"""

import ast
import builtins
import contextlib
import ctypes
import importlib
import io
import json
import linecache
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import (
    BuiltinFunctionType,
    FrameType,
    FunctionType,
    ModuleType,
    TracebackType,
)
from typing import Any

# Whose functions are put back before a test: what a test may rely on.
GUARDED = {
    *(
        "builtins",
        "math",
        "cmath",
        "operator",
        "functools",
        "itertools",
        "collections",
        "inspect",
        "types",
        "abc",
        "statistics",
        "hashlib",
    ),
    *("importlib", "unittest", "pytest", "numpy", "scipy", "torch", "lecture_code"),
}
GUARDED_CLASSES = {"lecture_code", "unittest", "numpy"}
KEPT = (FunctionType, BuiltinFunctionType, type, ModuleType, int, float, str, tuple)


class CellTimeout(BaseException):
    """The time for one cell is over.

    Not an Exception: `except Exception` in a loop must not swallow it.
    """


class Capped(io.TextIOBase):
    """Keeps the first characters of what is printed and forgets the rest."""

    def __init__(self, limit: int) -> None:
        self.limit, self.parts, self.length = limit, [""], 0

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
        left_out = (
            f"\n… {self.length - self.limit:,} more characters left out"
            if self.length > self.limit
            else ""
        )
        return "".join(self.parts) + left_out


class Pristine:
    """How things were before the first line of the student's code."""

    def __init__(self) -> None:
        self.modules = dict(sys.modules)
        guarded = {
            name: module
            for name, module in self.modules.items()
            if name.split(".")[0] in GUARDED and isinstance(module, ModuleType)
        }
        self.names = [
            (name, module, self.worth_keeping(vars(module)))
            for name, module in guarded.items()
        ]
        things = {
            id(thing): thing
            for name, _, names in self.names
            if name.split(".")[0] in GUARDED_CLASSES
            for thing in names.values()
        }
        owned = [
            thing
            for thing in things.values()
            if getattr(thing, "__module__", "")
            and isinstance(thing, type | FunctionType)
        ]
        self.classes = [
            (thing, dict(vars(thing))) for thing in owned if isinstance(thing, type)
        ]
        inside = [
            part
            for _, parts in self.classes
            for part in parts.values()
            if isinstance(part, FunctionType)
        ]
        functions = [
            *(thing for thing in owned if isinstance(thing, FunctionType)),
            *inside,
        ]
        self.functions = [
            (one, one.__code__, one.__defaults__, one.__kwdefaults__)
            for one in functions
        ]
        places: list[list[Any]] = [sys.path, sys.meta_path, sys.path_hooks]
        self.lists = [(held, list(held)) for held in places]

    @staticmethod
    def worth_keeping(names: dict[str, Any]) -> dict[str, Any]:
        """Functions, classes, modules and constants; a module's private state may
        change as it likes.
        """
        return {
            name: value
            for name, value in names.items()
            if isinstance(value, KEPT) or callable(value)
        }

    def restore(self) -> list[str]:
        """Put everything back; the names of what had been changed."""
        sys.settrace(None)
        sys.setprofile(None)
        threading.settrace(None)  # type: ignore[arg-type, unused-ignore]
        changed = []
        for name, module in self.modules.items():
            if sys.modules.get(name) is not module:
                sys.modules[name] = module
                changed.append(name)
        for name, module, names in self.names:
            now = vars(module)
            for key, value in names.items():
                if now.get(key, changed) is not value:
                    now[key] = value
                    changed.append(f"{name}.{key}")
        for owner, parts in self.classes:
            now = dict(vars(owner))
            for key, value in parts.items():
                if now.get(key, changed) is not value:
                    with contextlib.suppress(
                        AttributeError, TypeError
                    ):  # slots of a class are not for setting
                        setattr(owner, key, value)
                        changed.append(f"{owner.__module__}.{owner.__qualname__}.{key}")
        for one, code, defaults, named in self.functions:
            if (
                one.__code__ is not code
                or one.__defaults__ is not defaults
                or one.__kwdefaults__ is not named
            ):
                one.__code__, one.__defaults__, one.__kwdefaults__ = (
                    code,
                    defaults,
                    named,
                )
                changed.append(f"{one.__module__}.{one.__qualname__}")
        for held, content in self.lists:
            if held != content:
                held[:] = content
        return [
            name for name in changed if not name.startswith("builtins._")
        ]  # the interactive `_`


class Bench:
    """The namespaces of one submission, and how a cell is run in them."""

    def __init__(
        self, expected: list[str], output: int, pristine: Pristine | None = None
    ) -> None:
        self.expected, self.output = set(expected), output
        self.names: dict[str, Any] = {
            "__name__": "__main__",
            "__builtins__": builtins,
            "get_ipython": lambda: NotHere(),
        }
        self.locked: dict[
            str, Any
            # what the sheet's own cells have set: the student's names do not stand before
            # these
        ] = {}
        self.sources: dict[str, list[str]] = {}
        self.pristine = pristine or Pristine()

    def run(self, role: str, name: str, source: str, seconds: float) -> dict[str, Any]:
        """Run a cell: role `student`, or `sheet` for one that the student cannot
        change; its outputs and what it had to put back.
        """
        changed = self.pristine.restore() if role == "sheet" else []
        names = self.sheet_names() if role == "sheet" else self.names
        before = dict(names)
        out, outputs = Capped(self.output), []
        sys.stdout = sys.stderr = out
        try:
            with alarm(seconds):
                value = self.execute(name, source, names, secret=role == "sheet")
                shown = (
                    repr(value)[: self.output]
                    if value is not None and role == "student"
                    else None
                )
        except (
            BaseException
        ) as error:  # SystemExit and KeyboardInterrupt are failures, too
            shown, outputs = None, [self.describe(error, seconds)]
        if role == "sheet":
            fresh = {
                key: value
                for key, value in names.items()
                if key not in before or before[key] is not value
            }
            self.locked |= fresh
            self.names |= fresh
        if out.length:
            outputs.insert(
                0, {"output_type": "stream", "name": "stdout", "text": out.text()}
            )
        if shown is not None:
            result = {
                "output_type": "execute_result",
                "data": {"text/plain": shown},
                "metadata": {},
                "execution_count": None,
            }
            outputs.append(result)
        return {"outputs": outputs, "changed": changed}

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

    def execute(
        self, name: str, source: str, names: dict[str, Any], *, secret: bool
    ) -> Any:
        """Run the source among these names; the value of its last line, if that is an
        expression.
        """
        filename = f"<{name}>"
        try:
            tree = ast.parse(source, filename)
        except SyntaxError:
            tree = ast.parse(
                plain_python(source), filename
            )  # a magic, or a true mistake
        if not secret:
            self.sources[filename] = source.splitlines()
            linecache.cache[filename] = (
                len(source),
                None,
                source.splitlines(keepends=True),
                filename,
            )
        last = tree.body[-1] if tree.body else None
        if not isinstance(last, ast.Expr):
            exec(compile(tree, filename, "exec"), names)
            return None
        tree.body.pop()
        exec(compile(tree, filename, "exec"), names)
        return eval(compile(ast.Expression(last.value), filename, "eval"), names)

    def describe(self, error: BaseException, seconds: float) -> dict[str, Any]:
        """An error as a cell's output: what it says, and where in the student's own
        cells; a test's lines are not shown.
        """
        kind = type(error).__name__
        try:
            said = (
                f"longer than {seconds:.0f} seconds"
                if isinstance(error, CellTimeout)
                else str(error)[: self.output]
            )
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
        """The lines of the student's cells through which an error came, the last ten."""
        found = []
        while trace is not None:
            filename, line = trace.tb_frame.f_code.co_filename, trace.tb_lineno
            if (source := self.sources.get(filename)) and line <= len(source):
                found.append(
                    f"{filename[1:-1]}, line {line}: {source[line - 1].strip()}"
                )
            trace = trace.tb_next
        yield from found[-10:]


class NotHere:
    """Stands for Jupyter's shell: magics and shell commands do nothing here."""

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments, **named: None


def plain_python(source: str) -> str:
    """The source with Jupyter's magics turned into calls, as the notebook does it."""
    from IPython.core.inputtransformer2 import TransformerManager

    return str(TransformerManager().transform_cell(source))  # type: ignore[no-untyped-call, unused-ignore]


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


def set_limits(memory: int, seconds: int) -> None:
    """Memory and processor time of this process, files of 100 MB, no core file; and an
    end when the near side ends. Nothing on Windows.
    """
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        for kind, limit in (
            ("AS", memory),
            ("CPU", seconds),
            ("FSIZE", 100_000_000),
            ("CORE", 0),
        ):
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(getattr(resource, f"RLIMIT_{kind}"), (limit, limit))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def main() -> None:
    """Take the pipes away from the student's code, make ready, and answer requests
    until there are no more.
    """
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    setup = json.loads(requests.readline())
    set_limits(setup["memory"], setup["cpu"])
    failed = []
    for name in setup["modules"]:
        try:
            importlib.import_module(name)
        except Exception as error:
            failed.append(f"{name}: {type(error).__name__}")
    for name in setup["perhaps"]:
        with contextlib.suppress(Exception):  # most are no modules
            importlib.import_module(name)
    bench = Bench(setup["expected"], setup["output"])
    answers.write(json.dumps("; ".join(failed) or "ready") + "\n")
    answers.flush()
    for line in iter(requests.readline, ""):
        request = json.loads(line)
        if (
            request["role"] == "fresh"
            # another notebook, for a sheet's own tests: a student's never share a process
        ):
            bench.pristine.restore()
            bench = Bench(setup["expected"], setup["output"], bench.pristine)
        answer = bench.run(
            request["role"], request["name"], request["source"], request["seconds"]
        )
        answers.write(json.dumps({"number": request["number"], **answer}) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
