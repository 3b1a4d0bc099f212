"""The progress bar and the wall time of an experiment.

Workers write to files how far their runs are. `watch` only reads these files, so the
same bar serves every backend.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from lecture_code.experiments.files import write_atomically

REPORT_EVERY = 0.5
"""Seconds between two reports of a worker, and between two readings of the reports."""
BAR = (
    "{desc}: {percentage:3.0f} %|{bar}| {n:.2f} of {total} runs, {elapsed} gone, "
    "{remaining} left"
)


@dataclass
class Clock:
    """The wall time of an experiment [s], over all its interruptions."""

    seconds: float


def report(checkpoint: Path, progress: float) -> None:
    """Write how far a run is, beside its checkpoint."""
    checkpoint.with_suffix(".progress").write_text(f"{progress:.6f}")


@contextmanager
def watch(
    name: str, folder: Path, progress: dict[Path, float], bar: bool
) -> Iterator[Clock]:
    """Keep the bar and the wall time up to date while the workers work.

    Args:
        name: the experiment's name.
        folder: the folder of the checkpoints.
        progress: checkpoint -> how far its run is at the start.
        bar: show the bar.
    """
    clock_file = folder / "wall_time"
    started = time.monotonic()
    before = float(clock_file.read_text()) if clock_file.exists() else 0.0
    clock = Clock(before)
    shown = _bar(name, progress, bar)
    done = threading.Event()

    def update() -> None:
        for file in progress:
            with suppress(FileNotFoundError, ValueError):  # not written, or half
                progress[file] = float(file.with_suffix(".progress").read_text())
        shown.update(sum(progress.values()) - shown.n)
        clock.seconds = before + time.monotonic() - started
        write_atomically(clock_file, f"{clock.seconds:.3f}".encode())

    def keep_up_to_date() -> None:
        while not done.wait(REPORT_EVERY):
            update()

    watcher = threading.Thread(target=keep_up_to_date, daemon=True)
    watcher.start()
    try:
        yield clock
    finally:
        done.set()
        watcher.join()
        update()
        shown.close()


def _bar(name: str, progress: dict[Path, float], shown: bool) -> Any:
    """A bar over all runs; in a log, which is no terminal, a line every half minute."""
    return tqdm(
        total=len(progress),
        initial=sum(progress.values()),
        desc=name,
        disable=not shown,
        mininterval=0.1 if sys.stderr.isatty() else 30.0,
        smoothing=0.05,
        bar_format=BAR,
    )
