"""Where the runs of an experiment are computed.

In processes on this machine (loky), on a Dask cluster or by Ray; joblib speaks to all
three. A Dask cluster is started by Dask's own commands, `dask
scheduler` and `dask worker ADDRESS`; its address is given as `address`, or stands in
$DASK_SCHEDULER_ADDRESS. Without an address Dask and Ray start workers on this machine.

The machines of a cluster need the same code, the same versions of the libraries and a
file system that they share: runs are handed over as checkpoint files. `Backend.check`
names what is missing, and where.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import joblib

from lecture_code.experiments.files import differences
from lecture_code.experiments.protocol import ExperimentError
from lecture_code.experiments.provenance import code_tag, versions

PACKAGES = {"loky": "joblib", "dask": "distributed", "ray": "ray.util.joblib"}
"""The backends, and the module that each needs."""
DEATHS = ("TerminatedWorkerError", "ActorDiedError")
"""The errors by which loky and Ray say that a worker has died; Dask computes on."""
PATIENCE = 30
"""Seconds in which a scheduler must answer, and a first worker must have joined it."""


@dataclass(frozen=True)
class Backend:
    """Where the runs of an experiment are computed.

    Args:
        name: loky, dask or ray.
        workers: how many runs are computed at once.
        at_once: how many runs are handed over at once; "all" leaves their number to
            the backend.
        client: the client of the Dask cluster; None for loky and Ray.
    """

    name: str
    workers: int
    at_once: int | str = "all"
    client: Any = None

    def check(self, module: str, folder: Path | None = None) -> None:
        """Refuse a cluster whose workers could not compute the runs.

        Args:
            module: the module that defines the runs.
            folder: the folder of the checkpoints; None where nothing is shared.

        Raises:
            ExperimentError: a worker lacks the code or has other code, has other
                versions, or does not see the folder.
        """
        if self.client is None:
            return
        for package in dict.fromkeys(("lecture_code", module.partition(".")[0])):
            specs = self.client.run(importlib.util.find_spec, package)
            for worker in (worker for worker, spec in specs.items() if spec is None):
                raise ExperimentError(
                    f"the worker {worker} has no package {package!r}: start `dask "
                    "worker` in a folder and an environment that hold it"
                )
        here = {"code": code_tag(module), "versions": versions()}
        tags = self.client.run(code_tag, module)
        installed = self.client.run(versions)
        for worker, tag in tags.items():
            there = {"code": tag, "versions": installed[worker]}
            changes = differences(there, here, "the worker", "this process")
            if changes:
                shown = "\n".join(changes)
                raise ExperimentError(
                    f"the worker {worker} would compute something else:\n{shown}"
                )
        if folder is None:
            return
        for worker, seen in self.client.run(os.path.exists, str(folder)).items():
            if not seen:
                raise ExperimentError(
                    f"the worker {worker} does not see {folder}: give --out a folder "
                    "of a file system that all machines share"
                )

    @contextmanager
    def told_of_dead_workers(self) -> Iterator[None]:
        """Say in words that a worker has died, and how to go on.

        Raises:
            ExperimentError: a worker died in the meantime.
        """
        try:
            yield
        except Exception as error:
            if type(error).__name__ not in DEATHS:
                raise
            raise ExperimentError(
                f"a worker of {self.name} died: perhaps its machine ran out of memory, "
                "or somebody ended it; the same command goes on from the last "
                "checkpoints"
            ) from error


@contextmanager
def use_backend(
    name: str, workers: int | None = None, address: str | None = None
) -> Iterator[Backend]:
    """Let joblib use a backend.

    Args:
        name: loky, dask or ray.
        workers: how many runs at once; None for one on each core of this machine, or
            for all that the workers of a cluster can do.
        address: the address of a cluster's scheduler; None for the address in the
            environment ($DASK_SCHEDULER_ADDRESS, $RAY_ADDRESS), or for workers on this
            machine.

    Raises:
        ExperimentError: the backend is not known, its package is not installed, there
            would be no worker, or no cluster answers.
    """
    if workers is not None and workers < 1:
        raise ExperimentError(f"workers must be at least 1; got {workers}")
    module = _module_of(name)
    if name == "loky" and address is not None:
        raise ExperimentError(
            f"the backend loky computes on this machine; for {address} take --backend "
            "dask or --backend ray"
        )
    if name == "dask":
        with _dask_client(module, workers, address) as client:
            threads = _threads(client)
            most = min(workers or threads, threads)
            with joblib.parallel_config(backend=name, n_jobs=most):
                yield Backend(name, most, workers or "all", client)
        return
    options: dict[str, Any] = {"max_nbytes": None, "temp_folder": _no_folder()}
    if name == "ray":
        module.register_ray()
        options = {}
        workers = _ray_workers(workers, address)
    workers = workers or joblib.cpu_count()
    with joblib.parallel_config(backend=name, n_jobs=workers, **options):
        yield Backend(name, workers)


def _ray_workers(workers: int | None, address: str | None) -> int:
    """How many runs the workers of Ray compute at once, at most `workers`."""
    ray = import_module("ray")
    if not ray.is_initialized():
        ray.init(address=address)
    cores = int(ray.cluster_resources().get("CPU", 1))
    return min(workers or cores, cores)


def _no_folder() -> str:
    """A path that joblib can name in ASCII, whatever the user's folders are called.

    joblib would map large arrays from files there. A run changes its arrays, so none is
    mapped (`max_nbytes`), and the folder is never made.
    """
    return str(Path(os.sep).resolve() / "joblib_maps_nothing")


def _module_of(name: str) -> Any:
    """The module that a backend needs."""
    if name not in PACKAGES:
        raise ExperimentError(
            f"there is no backend {name!r}; there are: {', '.join(PACKAGES)}"
        )
    try:
        return import_module(PACKAGES[name])
    except ImportError as error:
        needed = PACKAGES[name].partition(".")[0]
        raise ExperimentError(
            f"the {name} backend needs a package that is not installed: pip install "
            f"{needed}, or take --backend loky ({error})"
        ) from error


@contextmanager
def _dask_client(
    distributed: Any, workers: int | None, address: str | None
) -> Iterator[Any]:
    """A client of a Dask scheduler.

    Of the scheduler at `address`; else the client that exists already; else of the
    scheduler in the environment; else of a local cluster of processes.
    """
    if address is None:
        try:
            yield distributed.get_client()
            return
        except ValueError:
            address = os.environ.get("DASK_SCHEDULER_ADDRESS")
    if address is None:
        local = {"n_workers": workers or joblib.cpu_count(), "threads_per_worker": 1}
        with distributed.Client(**local, dashboard_address=None) as client:
            yield client
        return
    try:
        client = distributed.Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise ExperimentError(
            f"no Dask scheduler answers at {address}: start one by `dask scheduler` "
            f"({error})"
        ) from error
    with client:
        yield client


def _threads(client: Any) -> int:
    """How many runs the workers of a Dask cluster can compute at once."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError as error:
        address = client.scheduler.address
        raise ExperimentError(
            f"the scheduler at {address} has no worker: start one by `dask worker "
            f"{address}`"
        ) from error
    return int(sum(client.nthreads().values()))
