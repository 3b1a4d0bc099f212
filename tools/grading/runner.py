"""The far side of the wall: runs the cells of one submission, one at a time, as they
come down a pipe, and says what became of each.

Student's code runs in this process, so nothing here is out of its reach; what can be
done against that is done. A test comes down the pipe only after the answer has run;
before it, the functions that tests rely on are put back as they were before the first
line of the student's code (`pristine.py`); it runs among names that the sheet's own
cells have set (`bench.py`); and only an answer that repeats the request's number counts
as one. Whatever kills this process kills one cell: the near side (`execution.py`)
starts another without it.

It is a program: nobody imports it but its tests.
"""

import contextlib
import ctypes
import hashlib
import importlib
import json
import os
import shutil
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

# The library that is graded with is the one beside this file.
sys.path.insert(0, str(Path(__file__).parents[2]))
from tools.grading.bench import Bench
from tools.grading.pristine import Pristine

PACKAGE = Path(__file__).parents[2] / "lecture_code"


def set_limits(memory: int, seconds: int) -> None:
    """Memory and processor time of this process, files of 100 MB, no core file; and an
    end when the near side ends. Nothing on Windows.
    """
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        limits = {"AS": memory, "CPU": seconds, "FSIZE": 100_000_000, "CORE": 0}
        for kind, limit in limits.items():
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(getattr(resource, f"RLIMIT_{kind}"), (limit, limit))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def bring_compiled(package: Path, cache: Path) -> None:
    """Copy what numba has compiled for the package into a cache that this process can
    write to, for the rooms that are loaded: compiling takes seconds, and it would be
    done by every process.

    Args:
        package: the folder of a package, with numba's files in each `__pycache__`.
        cache: the folder that `NUMBA_CACHE_DIR` names.
    """
    for folder in package.rglob("__pycache__"):
        room = folder.parent
        digest = hashlib.sha1(str(room).encode()).hexdigest()  # as numba names it
        target = cache / f"{room.name}_{digest}"
        if target.is_dir():  # numba has made it for a room that is loaded
            for path in folder.glob("*.nb[ci]"):
                shutil.copy(path, target)


def load(modules: Iterable[str], perhaps: Iterable[str]) -> list[str]:
    """Import what the sheet uses; the modules that fail, and why. Most of `perhaps` are
    no modules.
    """
    failed = []
    for name in ("lecture_code", *modules):
        try:
            importlib.import_module(name)
        except Exception as error:
            failed.append(f"{name}: {type(error).__name__}")
    for name in perhaps:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    return failed


def main() -> None:
    """Take the pipes away from the student's code, make ready, and answer requests
    until there are no more.
    """
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)

    def answer(said: object) -> None:
        answers.write(json.dumps(said) + "\n")
        answers.flush()

    setup = json.loads(requests.readline())
    set_limits(setup["memory"], setup["cpu"])
    if failed := load(setup["modules"], setup["perhaps"]):
        answer("; ".join(failed))
        return
    with contextlib.suppress(OSError):  # the code will be compiled here
        bring_compiled(PACKAGE, Path(os.environ["NUMBA_CACHE_DIR"]))
    expected, output = setup["expected"], setup["output"]
    bench = Bench(expected, output, Pristine(), commands=setup["commands"])
    answer("ready")
    for line in iter(requests.readline, ""):
        request = json.loads(line)
        # another notebook, for a sheet's own tests: students never share a process
        if request["role"] == "fresh":
            bench = bench.fresh()
        cell = (request[key] for key in ("role", "name", "source", "seconds"))
        answer({"number": request["number"], **bench.run(*cell)})


if __name__ == "__main__":
    main()
