"""Run stages of the test command, one after the other or side by side, and sum up what
became of them.
"""

import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from tools.processes import Command, environment, execute


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

    Attributes:
        beside: stages that run at the same time; they need nothing of this one, and it
            needs nothing of them.
    """

    name: str
    commands: Sequence[Command]
    env: Mapping[str, str] = field(default_factory=dict)
    report: Path | None = None
    beside: Sequence["Stage"] = ()


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


def run_stage(
    stage: Stage,
    output: IO[bytes] | None = None,
    stopped: threading.Event | None = None,
) -> StageOutcome:
    """Run one stage, without what is beside it, to its end or its first failure."""
    if stage.report is not None:
        stage.report.unlink(missing_ok=True)
    start = time.monotonic()
    code = 0
    for command in stage.commands:
        code = code or execute(
            command, env=environment(**stage.env), output=output, stopped=stopped
        )
    seconds = time.monotonic() - start
    counts = read_report(stage.report) if stage.report is not None else Counts()
    return StageOutcome(stage.name, code, seconds, counts)


class Aside:
    """A stage that runs in a thread of its own; what it prints is told afterwards."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.outcome = StageOutcome(stage.name, 1)  # unless it comes to an end
        self.printed = b""
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        """What the thread does."""
        with suppress(KeyboardInterrupt), tempfile.TemporaryFile() as output:
            self.outcome = run_stage(self.stage, output, self.stopped)
            output.seek(0)
            self.printed = output.read()

    def stop(self) -> None:
        """End it early."""
        self.stopped.set()
        self.thread.join()

    def tell(self) -> StageOutcome:
        """Wait for its end and print what it printed."""
        self.thread.join()
        print(f"\n=== {self.stage.name} (at the same time) ===", flush=True)
        print(self.printed.decode("utf-8", "replace"), end="", flush=True)
        return self.outcome


def run_stages(stages: Sequence[Stage]) -> list[StageOutcome]:
    """Run the stages in order, each at the same time as those beside it, and stop when
    one has failed; one outcome each, those not reached included.
    """
    outcomes: list[StageOutcome] = []
    for stage in stages:
        if any(outcome.code for outcome in outcomes):
            outcomes += [StageOutcome(one.name) for one in (stage, *stage.beside)]
            continue
        print(f"\n=== {stage.name} ===", flush=True)
        asides = [Aside(one) for one in stage.beside]
        try:
            outcomes.append(run_stage(stage))
            outcomes += [aside.tell() for aside in asides]
        except BaseException:
            for aside in asides:
                aside.stop()
            raise
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
