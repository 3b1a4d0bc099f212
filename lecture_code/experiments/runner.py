"""Run an experiment to its result, with checkpoints that survive `kill -9`.

The runs are computed in parallel, with a progress bar; the result holds its provenance.
joblib carries the runs to where they are computed (`backends.py`): there is no
scheduler here. A run is handed over as its checkpoint file. The worker goes on from
this file, and writes its checkpoints and its progress to files; so a run whose worker
is killed goes on elsewhere from its last checkpoint.

Read `run_experiment`, then `work`.
"""

from __future__ import annotations

import functools
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from lecture_code.experiments.backends import Backend, use_backend
from lecture_code.experiments.checkpoints import Checkpoint, close_folder, open_folder
from lecture_code.experiments.files import jsonable
from lecture_code.experiments.progress import REPORT_EVERY, report, watch
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
from lecture_code.experiments.threads import on_one_thread

CHECKPOINT_EVERY = 20.0
"""Seconds between two checkpoints of a run."""


def run_experiment(
    experiment: Experiment | str,
    *,
    smoke: bool = False,
    workers: int | None = None,
    backend: str = "loky",
    address: str | None = None,
    out: Path | str | None = None,
    restart: bool = False,
    keep: bool = False,
    checkpoint_every: float = CHECKPOINT_EVERY,
    bar: bool = True,
) -> tuple[Result, Path]:
    """Compute an experiment, or go on where a killed computation stopped.

    Args:
        experiment: an experiment, or its name.
        smoke: use the smoke settings; the result then goes to a temporary folder.
        workers: how many runs are computed at once; None for one on each core, or for
            all that the workers of a cluster can do.
        backend: what carries the runs: loky (processes on this machine), dask or ray.
        address: the address of a cluster's scheduler, see `use_backend`.
        out: the result's file (ending in .json) or its folder.
        restart, keep: what to do with an interrupted run's checkpoints, see
            `open_folder`.
        checkpoint_every: seconds between two checkpoints of a run.
        bar: show the progress.

    Returns:
        The result, and its file.

    Raises:
        ExperimentError: what was asked for cannot be done; the message tells what can.
    """
    experiment = find_experiment(experiment)
    settings = experiment.smoke if smoke else experiment.settings
    path = result_path(experiment.name, smoke, out)
    folder = path.resolve().parent / ".checkpoints" / path.stem
    with use_backend(backend, workers, address) as crew:  # first: it may be missing
        open_folder(folder, _identity(experiment, settings), restart, keep)
        crew.check(_module(experiment), folder)
        outcomes, wall_time = _compute(
            experiment, settings, folder, crew, checkpoint_every, bar
        )
    machinery = {"workers": crew.workers, "backend": crew.name}
    result, arrays = _summary(experiment, settings, outcomes, wall_time, machinery)
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
    crew: Backend,
    checkpoint_every: float,
    bar: bool,
) -> tuple[dict[str, Outcome], float]:
    """Outcomes of all runs by name, and the wall time [s] over all interruptions."""
    runs = experiment.runs(settings)
    files = {name: folder / f"{i:03d}.pickle" for i, name in enumerate(runs)}
    progress = {}
    for name, file in files.items():
        if file.exists():
            progress[file] = Checkpoint.load(file).run.progress
            continue
        progress[file] = runs[name].progress
        try:
            Checkpoint(runs[name]).save(file)
        except Exception as error:
            raise ExperimentError(
                f"run {name!r} of {experiment.name!r} cannot be pickled, so it could "
                f"not be resumed: {error}"
            ) from error
    with watch(experiment.name, folder, progress, bar) as clock:
        jobs = [
            joblib.delayed(work)(name, file, checkpoint_every, os.getpid())
            for name, file in files.items()
        ]
        parallel = joblib.Parallel(batch_size=1, pre_dispatch=crew.at_once)
        with crew.told_of_dead_workers():
            outcomes = parallel(jobs)
    return dict(zip(runs, outcomes, strict=True)), clock.seconds


def _summary(
    experiment: Experiment,
    settings: Any,
    outcomes: Mapping[str, Outcome],
    wall_time: float,
    machinery: Mapping[str, Any],
) -> tuple[Result, Mapping[str, np.ndarray]]:
    """The result of all runs, with its provenance, and the arrays beside it."""
    results = {run: outcome.result for run, outcome in outcomes.items()}
    curves, arrays = experiment.summarise(settings, results)
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
        machine={**machine(), **machinery},
        wall_time=jsonable(wall_time),
        command=command(experiment.name),
    )
    return result, arrays


def work(name: str, file: Path, checkpoint_every: float, owner: int) -> Outcome:
    """Advance one run to its end, on one thread; this is what a worker does.

    Args:
        name: of the run, for messages.
        file: the run's checkpoint, from which it goes on; its progress is written
            beside it.
        checkpoint_every: seconds between two checkpoints.
        owner: the runner's process. A worker that is its child ends when it is gone:
            nothing computes on after `kill -9`.
    """
    is_child = os.getppid() == owner
    state = Checkpoint.load(file)
    saved = reported = time.monotonic()
    with on_one_thread():
        while state.run.progress < 1:
            record = _advance(name, state)
            if len(state.first_records) < FIRST_RECORDS:
                state.first_records.append(record)
            if is_child and os.getppid() != owner:
                os._exit(1)  # there is nobody left to report to
            now = time.monotonic()
            finished = state.run.progress >= 1
            if finished or now - saved >= checkpoint_every:
                state.save(file)
                saved = now
            if finished or now - reported >= REPORT_EVERY:
                report(file, state.run.progress)
                reported = now
        return Outcome(state.run.result(), state.first_records)


def _advance(name: str, state: Checkpoint) -> Record:
    """One step of a run; an error is raised again with the run's name."""
    try:
        record = state.run.advance()
    except ExperimentError:
        raise
    except Exception as error:
        raise RuntimeError(
            f"run {name!r} failed at progress {state.run.progress:.3f}: {error}"
        ) from error
    if not isinstance(record, Mapping):
        raise TypeError(
            f"advance() of run {name!r} must return its record, a dictionary of "
            f"numbers; got {type(record).__name__}"
        )
    return dict(record)


def _identity(experiment: Experiment, settings: Any) -> dict[str, Any]:
    """What checkpoints depend on: settings, code, versions."""
    return {
        "settings": jsonable(as_mapping(settings), digits=None),
        "code": code_tag(_module(experiment)),
        "versions": versions(),
    }


def _module(experiment: Experiment) -> str:
    """The module that defines the runs of an experiment."""
    runs: Any = experiment.runs
    while isinstance(runs, functools.partial):
        runs = runs.func
    return str(runs.__module__)
