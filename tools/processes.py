"""Run other programs to their end, in the project's own environment, and leave none of
them behind.
"""

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
SCRIPTS = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = SCRIPTS / ("python.exe" if os.name == "nt" else "python")
REPORTS = ROOT / "_build" / "reports"

FOREIGN = {
    "BOOK_BUILD",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSAFEPATH",  # would hide this project's own folder
    "PYTHONSTARTUP",
    "PYTHONUSERBASE",
    "PYTHONOPTIMIZE",  # would switch off every assertion
    "PYTHONWARNINGS",
    "PIP_USER",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_REQUIREMENT",
    "PIP_CONSTRAINT",
    "PIP_EDITABLE",
    "PIP_NO_DEPS",
    "PIP_DRY_RUN",
    "PYTEST_ADDOPTS",
    "PYTEST_PLUGINS",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD",
    "MYPYPATH",
    "JUPYTER_PATH",
    "NODE_PATH",
}
"""Variables of other projects (a robot's middleware, a shell profile) that would lead
our programs to other packages, other places or other behaviour. Indexes, proxies and
certificates of pip and npm stay: they say how this machine reaches its packages.
"""

Command = Sequence[str | Path]


class Trouble(Exception):
    """Something a person can mend; the message says how, and no traceback is shown."""


def environment(**extra: str) -> dict[str, str]:
    """The environment of every program we start.

    The virtual environment's programs come first, text is UTF-8 on every system, and
    settings that would lead to other code (`FOREIGN`) are left out.
    """
    inherited = {
        name: value for name, value in os.environ.items() if name.upper() not in FOREIGN
    }
    ours = {
        "PATH": f"{SCRIPTS}{os.pathsep}{os.environ.get('PATH', '')}",
        "VIRTUAL_ENV": str(VENV),
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
        # a kernel in the home directory does not stand in for the book's own
        "JUPYTER_PREFER_ENV_PATH": "1",
        "NODE_USE_SYSTEM_CA": "1",  # npm accepts what the system accepts
        # a kernel's debugger does not warn about Python's frozen modules
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    return inherited | ours | extra


def wait(process: subprocess.Popen[bytes], stopped: threading.Event | None) -> int:
    """The exit code of a process, once it has ended.

    Raises:
        KeyboardInterrupt: somebody has pressed Ctrl-C, or another thread has `stopped`
            the work.
    """
    if stopped is None:
        return process.wait()
    while not stopped.is_set():
        with suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=0.2)
    raise KeyboardInterrupt


def execute(
    command: Command,
    *,
    env: Mapping[str, str] | None = None,
    interactive: bool = False,
    output: IO[bytes] | None = None,
    stopped: threading.Event | None = None,
) -> int:
    """Run a program to its end and return its exit code.

    Unless it is `interactive` it reads nothing, and whatever it started and left
    running (KaTeX's server outlives a build) ends with it: a process that holds on to
    our output would let `make test | tail` wait for ever.

    Args:
        command: the program and its arguments.
        env: the program's environment; `environment()` unless it is given.
        interactive: the program talks with the person at the terminal.
        output: where it writes instead of our own output.
        stopped: once this is set, the program is ended as by Ctrl-C.
    """
    alone = os.name == "posix" and not interactive
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=ROOT,
        env=env if env is not None else environment(),
        stdin=None if interactive else subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        start_new_session=alone,
    )
    try:
        return wait(process, stopped)
    except KeyboardInterrupt:
        if alone:
            os.killpg(process.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            process.wait(timeout=10)
        raise
    finally:
        if alone:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGTERM)
        elif process.poll() is None:
            process.terminate()
        with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            process.wait(timeout=10)  # where Ctrl-C is ignored, it ends only now


def require(
    command: Command, otherwise: str, *, env: Mapping[str, str] | None = None
) -> None:
    """Run a program that must succeed.

    Raises:
        Trouble: it did not; the message is `otherwise`.
    """
    if execute(command, env=env) != 0:
        raise Trouble(otherwise)
