"""Run an experiment: its runs in parallel, checkpoints that survive `kill -9`, a
progress bar, and the result with its provenance.

joblib carries the runs to where they are computed: processes on this machine (loky),
Dask or Ray. There is no scheduler here. Each worker writes its run's checkpoint and
progress to files; the runner only watches those, which is why one bar serves every
backend. On a cluster, runs that are to be resumed on another machine need a file system
that the machines share.

Read `run_experiment`, then `work`.
"""

from __future__ import annotations

import functools
import os
import pickle
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from lecture_code.experiments.checkpoints import Checkpoint, close_folder, open_folder
from lecture_code.experiments.files import jsonable, write_atomically
from lecture_code.experiments.protocol import (
    Experiment,
    ExperimentError,
    Record,
    as_mapping,
    find_experiment,
)
from lecture_code.experiments.provenance import code_tag, command, machine, versions
from lecture_code.experiments.results import (
    FIRST_RECORDS,
    RESULTS,
    Result,
    write_result,
)

PACKAGES = {"loky": "joblib", "dask": "distributed", "ray": "ray.util.joblib"}
"""The backends, and the module that each needs."""
CHECKPOINT_EVERY = 20.0
"""Seconds between two checkpoints of a run."""
REPORT_EVERY = 0.5
"""Seconds between two looks at the progress."""


def run_experiment(
    experiment: Experiment | str,
    *,
    smoke: bool = False,
    workers: int | None = None,
    backend: str = "loky",
    out: Path | str | None = None,
    restart: bool = False,
    keep: bool = False,
    checkpoint_every: float = CHECKPOINT_EVERY,
    bar: bool = True,
) -> tuple[Result, Path]:
    """Compute an experiment, or go on where a killed computation stopped, and write its
    result.

    Args:
        experiment: an experiment, or its name.
        smoke: use the smoke settings; the result then goes to a temporary folder.
        workers: how many runs are computed at once; None for one on each core.
        backend: what carries the runs: loky (processes on this machine), dask or ray.
        out: the result's file (ending in .json) or its folder.
        restart, keep: what to do with an interrupted run's checkpoints, see
            `open_folder`.
        checkpoint_every: seconds between two checkpoints of a run.
        bar: show the progress.

    Returns the result, and its file.

    Raises:
        ExperimentError: what was asked for cannot be done; the message tells what can.
    """
    experiment = find_experiment(experiment)
    settings = experiment.smoke if smoke else experiment.settings
    path = result_path(experiment.name, smoke, out)
    folder = path.parent / ".checkpoints" / path.stem
    with _backend(
        backend, workers
    ) as how:  # before anything is written: it may be missing
        open_folder(folder, _key(experiment, settings), restart, keep)
        outcomes, wall_time = _compute(
            experiment, settings, folder, checkpoint_every, bar
        )
    result, arrays = _summary(experiment, settings, outcomes, wall_time, how)
    write_result(result, arrays, path)
    close_folder(folder)  # only now: a failure above costs no computation
    return result, path


def result_path(name: str, smoke: bool, out: Path | str | None) -> Path:
    """Where the result goes: `out` if it is a .json file, else `<out>/<name>.json`.

    Without `out`, a smoke run gets a temporary folder of its own: it never touches the
    committed results.
    """
    if out is None:
        out = tempfile.mkdtemp(prefix=f"smoke_{name}_") if smoke else RESULTS
    out = Path(out)
    return out if out.suffix == ".json" else out / f"{name}.json"


@dataclass(frozen=True)
class Outcome:
    """What a worker sends back of a finished run."""

    result: Record
    first_records: list[Record]


def _compute(
    experiment: Experiment,
    settings: Any,
    folder: Path,
    checkpoint_every: float,
    bar: bool,
) -> tuple[dict[str, Outcome], float]:
    """All runs to their end: their outcomes by key, and the wall time [s] with what
    went before an interruption.
    """
    runs = experiment.runs(settings)
    files = {key: folder / f"{i:03d}.pickle" for i, key in enumerate(runs)}
    states = {
        key: Checkpoint.load(file) if file.exists() else Checkpoint(runs[key])
        for key, file in files.items()
    }
    for key, state in states.items():
        try:
            pickle.dumps(state)
        except Exception as error:
            raise ExperimentError(
                f"run {key!r} of {experiment.name!r} cannot be pickled, so it could "
                f"not be resumed: {error}"
            ) from error
    with _watch(
        experiment.name,
        folder,
        {files[key]: states[key].run.progress for key in runs},
        bar,
    ) as clock:
        jobs = [
            joblib.delayed(work)(
                key, states[key], files[key], checkpoint_every, os.getpid()
            )
            for key in runs
        ]
        outcomes = joblib.Parallel(batch_size=1, pre_dispatch="all")(jobs)
    return dict(zip(runs, outcomes, strict=True)), clock.seconds


def _summary(
    experiment: Experiment,
    settings: Any,
    outcomes: Mapping[str, Outcome],
    wall_time: float,
    how: Mapping[str, Any],
) -> tuple[Result, Mapping[str, np.ndarray]]:
    """What all runs found, with its provenance, and the arrays that go beside it."""
    curves, arrays = experiment.summarise(
        settings, {run: outcome.result for run, outcome in outcomes.items()}
    )
    plain = jsonable(as_mapping(settings), digits=None)
    result = Result(
        name=experiment.name,
        settings=plain,
        seeds=plain["seeds"],
        curves=jsonable(curves, at="curves"),
        first_records={
            run: jsonable(outcome.first_records, at=f"records of {run}")
            for run, outcome in outcomes.items()
        },
        versions=versions(),
        machine={**machine(), **how},
        wall_time=jsonable(wall_time),
        command=command(experiment.name),
    )
    return result, arrays


def work(
    key: str, state: Checkpoint, file: Path, checkpoint_every: float, owner: int
) -> Outcome:
    """Advance one run to its end, on one thread; this is what a worker does.

    Args:
        key: the run's name, for messages.
        state: where the run stands.
        file: its checkpoint; its progress is written beside it.
        checkpoint_every: seconds between two checkpoints.
        owner: the runner's process. A worker that is its child ends when it is gone:
            nothing computes on after `kill -9`.
    """
    is_child = os.getppid() == owner
    saved = reported = time.monotonic()
    with _one_thread():
        while state.run.progress < 1:
            record = _advance(key, state)
            if len(state.first_records) < FIRST_RECORDS:
                state.first_records.append(record)
            if is_child and os.getppid() != owner:
                os._exit(1)  # there is nobody left to report to
            now, finished = time.monotonic(), state.run.progress >= 1
            if finished or now - saved >= checkpoint_every:
                state.save(file)
                saved = now
            if finished or now - reported >= REPORT_EVERY:
                file.with_suffix(".progress").write_text(f"{state.run.progress:.6f}")
                reported = now
        return Outcome(state.run.result(), state.first_records)


@contextmanager
def _one_thread() -> Iterator[None]:
    """BLAS, OpenMP and torch (if it is there) compute on one thread: the runs
    themselves are what is parallel.
    """
    torch: Any = sys.modules.get("torch")
    before = torch.get_num_threads() if torch else None
    with threadpool_limits(limits=1):
        if torch:
            torch.set_num_threads(1)
        try:
            yield
        finally:
            if torch:
                torch.set_num_threads(before)


def _advance(key: str, state: Checkpoint) -> Record:
    """One step of a run, with its name on whatever goes wrong."""
    try:
        record = state.run.advance()
    except ExperimentError:
        raise
    except Exception as error:
        raise RuntimeError(
            f"run {key!r} failed at progress {state.run.progress:.3f}: {error}"
        ) from error
    if not isinstance(record, Mapping):
        raise TypeError(
            f"advance() of run {key!r} must return its record, a dictionary of "
            f"numbers; got {type(record).__name__}"
        )
    return dict(record)


@dataclass
class Clock:
    """The wall time of an experiment [s], over all its interruptions."""

    seconds: float


@contextmanager
def _watch(
    name: str, folder: Path, progress: dict[Path, float], bar: bool
) -> Iterator[Clock]:
    """Keep the bar and the wall time up to date while the workers work; `progress` is
    where each run stands at the start.
    """
    clock_file = folder / "wall_time"
    before, started = (
        float(clock_file.read_text()) if clock_file.exists() else 0.0,
        time.monotonic(),
    )
    clock, done = Clock(before), threading.Event()
    shown = tqdm(
        total=len(progress),
        initial=sum(progress.values()),
        desc=name,
        disable=not bar,
        mininterval=0.1
        if sys.stderr.isatty()
        else 30.0,  # a log is no terminal: a line every half minute
        smoothing=0.05,
        bar_format="{desc}: {percentage:3.0f} %|{bar}| {n:.2f} of {total} runs, {elapsed} gone, {remaining} left",
    )

    def update() -> None:
        for file in progress:
            with suppress(
                FileNotFoundError, ValueError
            ):  # not written yet, or half written
                progress[file] = float(file.with_suffix(".progress").read_text())
        shown.update(sum(progress.values()) - shown.n)
        clock.seconds = before + time.monotonic() - started
        write_atomically(clock_file, f"{clock.seconds:.3f}".encode())

    def watch() -> None:
        while not done.wait(REPORT_EVERY):
            update()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield clock
    finally:
        done.set()
        watcher.join()
        update()
        shown.close()


@contextmanager
def _backend(name: str, workers: int | None) -> Iterator[dict[str, Any]]:
    """Let joblib use this backend; gives its name and the number of workers, for the
    result.

    Raises:
        ExperimentError: the backend is not known, or its package is not installed, or
            there would be no worker.
    """
    if name not in PACKAGES:
        raise ExperimentError(
            f"there is no backend {name!r}; there are: {', '.join(PACKAGES)}"
        )
    workers = joblib.cpu_count() if workers is None else workers
    if workers < 1:
        raise ExperimentError(f"workers must be at least 1; got {workers}")
    try:
        module = import_module(PACKAGES[name])
    except ImportError as error:
        needed = PACKAGES[name].partition(".")[0]
        raise ExperimentError(
            f"the {name} backend needs a package that is not installed: pip install "
            f"{needed}, or take --backend loky ({error})"
        ) from error
    if name == "ray":
        module.register_ray()
    with (
        _dask_client(module, workers) if name == "dask" else nullcontext(),
        joblib.parallel_config(backend=name, n_jobs=workers),
    ):
        yield {"workers": workers, "backend": name}


@contextmanager
def _dask_client(distributed: Any, workers: int) -> Iterator[None]:
    """The Dask client that is there; else one of the scheduler at
    $DASK_SCHEDULER_ADDRESS; else one of a local cluster of processes.
    """
    try:
        distributed.get_client()
    except ValueError:
        with distributed.Client(
            n_workers=workers, threads_per_worker=1, dashboard_address=None
        ):
            yield
    else:
        yield


def _key(experiment: Experiment, settings: Any) -> dict[str, Any]:
    """What checkpoints depend on: settings, code, versions."""
    runs: Any = experiment.runs
    while isinstance(runs, functools.partial):
        runs = runs.func
    return {
        "settings": jsonable(as_mapping(settings), digits=None),
        "code": code_tag(runs.__module__),
        "versions": versions(),
    }
