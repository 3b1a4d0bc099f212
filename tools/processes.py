"""Run other programs to their end, in the project's own environment, and leave none of
them behind.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
SCRIPTS = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = SCRIPTS / ("python.exe" if os.name == "nt" else "python")
REPORTS = ROOT / "_build" / "reports"

FOREIGN = {
    "BOOK_BUILD",
    "PYTHONHOME",
    "PYTHONPATH",
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


def execute(
    command: Command, *, env: Mapping[str, str] | None = None, interactive: bool = False
) -> int:
    """Run a program to its end and return its exit code.

    Unless it is `interactive` it reads nothing, and whatever it started and left
    running (KaTeX's server outlives a build) ends with it: a process that holds on to
    our output would let `make test | tail` wait for ever.
    """
    alone = os.name == "posix" and not interactive
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=ROOT,
        env=env if env is not None else environment(),
        stdin=None if interactive else subprocess.DEVNULL,
        start_new_session=alone,
    )
    try:
        return process.wait()
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


def require(
    command: Command, otherwise: str, *, env: Mapping[str, str] | None = None
) -> None:
    """Run a program that must succeed.

    Raises:
        Trouble: it did not; the message is `otherwise`.
    """
    if execute(command, env=env) != 0:
        raise Trouble(otherwise)


@dataclass(frozen=True)
class Counts:
    """How many tests passed, failed and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
        )

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed" + (
            f", {self.skipped} skipped" if self.skipped else ""
        )


def read_report(path: Path) -> Counts:
    """The counts in a JUnit report, zeros where there is none."""
    if not path.exists():
        return Counts()
    total = Counts()
    for suite in ElementTree.parse(path).getroot().iter("testsuite"):
        tests, failures, errors, skipped = (
            int(suite.get(name, "0"))
            for name in ("tests", "failures", "errors", "skipped")
        )
        total += Counts(tests - failures - errors - skipped, failures + errors, skipped)
    return total


@dataclass(frozen=True)
class Stage:
    """One stage of the test command: programs that run one after the other until one
    fails.
    """

    name: str
    commands: Sequence[Command]
    env: Mapping[str, str] = field(default_factory=dict)
    report: Path | None = None


@dataclass(frozen=True)
class StageOutcome:
    """What became of a stage; a stage that was not reached has no exit code."""

    name: str
    code: int | None = None
    seconds: float = 0.0
    counts: Counts = Counts()

    def __str__(self) -> str:
        verdict = (
            "not run"
            if self.code is None
            else "ok"
            if self.code == 0
            else f"FAILED (exit code {self.code})"
        )
        return f"  {self.name:<14}{self.seconds:7.1f} s   {verdict}" + (
            f"   {self.counts}" if self.counts != Counts() else ""
        )


def run_stages(stages: Sequence[Stage]) -> list[StageOutcome]:
    """Run the stages in order and stop at the first that fails; one outcome each, those
    not reached included.
    """
    outcomes: list[StageOutcome] = []
    for stage in stages:
        if any(outcome.code for outcome in outcomes):
            outcomes.append(StageOutcome(stage.name))
            continue
        print(f"\n=== {stage.name} ===", flush=True)
        if stage.report is not None:
            stage.report.unlink(missing_ok=True)
        start = time.monotonic()
        code = 0
        for command in stage.commands:
            code = code or execute(command, env=environment(**stage.env))
        seconds = time.monotonic() - start
        counts = read_report(stage.report) if stage.report is not None else Counts()
        outcomes.append(StageOutcome(stage.name, code, seconds, counts))
    return outcomes


def summarise(outcomes: Sequence[StageOutcome]) -> int:
    """Print one line a stage and the number of tests in all; 0 only if every stage ran
    and succeeded.
    """
    print("\n=== summary ===")
    print("\n".join(map(str, outcomes)))
    total = sum((outcome.counts for outcome in outcomes), Counts())
    if total != Counts():
        print(f"\ntotal: {total}")
    sys.stdout.flush()
    return 0 if outcomes and all(outcome.code == 0 for outcome in outcomes) else 1
