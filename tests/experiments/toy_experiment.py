"""A toy experiment that the tests run: random walks, NumPy only.

Every step is logged to the file $TOY_LOG. If $TOY_KILL names a process, the sixth step
of each walk kills it with SIGKILL; if the walks are walked by workers, they wait for
each other before that, so that each worker has a walk when it happens.
"""

import json
import os
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info

from lecture_code.experiments import Experiment

STEPS = 12


@dataclass(frozen=True)
class Settings:
    seeds: tuple[int, ...] = (0, 1)
    steps: int = STEPS
    noise: float = 0.1


@dataclass
class Walk:
    """A random walk, whose state is all in its fields."""

    settings: Settings
    seed: int
    distances: list = field(default_factory=list)

    def __post_init__(self):
        self.rng = np.random.default_rng(self.seed)
        self.position = np.zeros(2)

    @property
    def progress(self):
        return len(self.distances) / self.settings.steps

    def advance(self):
        step = len(self.distances)
        if path := os.environ.get("TOY_LOG"):
            with Path(path).open("a") as log:
                log.write(f"{self.seed}:{step}\n")
        if step == 5 and (process := os.environ.get("TOY_KILL")):
            meet(self.settings.seeds, Path(path), int(process))
            kill(int(process))
        noise = self.rng.standard_normal(2)
        self.position = self.position + self.settings.noise * noise
        self.distances.append(float(np.linalg.norm(self.position)))
        return {"distance": self.distances[-1], "position": self.position}

    def result(self):
        return {"distances": self.distances, "position": self.position}


def meet(seeds, log, runner):
    """Go on when every walk has come to its sixth step."""
    while os.getppid() == runner and not all(
        f"{seed}:5\n" in log.read_text() for seed in seeds
    ):
        pass


def kill(process):
    """Kill a process (perhaps this one), and go on when it is gone."""
    with suppress(ProcessLookupError):  # another walk was faster
        os.kill(process, signal.SIGKILL)
    while os.getppid() == process:
        pass


@dataclass
class DaskWalk(Walk):
    """A walk that can only be walked on a Dask worker."""

    def advance(self):
        from distributed import get_worker

        get_worker()
        return super().advance()


@dataclass
class RayWalk(Walk):
    """A walk that can only be walked by a worker of Ray."""

    def advance(self):
        import ray

        assert ray.get_runtime_context().get_actor_id()
        return super().advance()


class Mortal:
    """Of these walks the first to come to its sixth step kills its worker; $TOY_DEATH
    is the file that remembers it.
    """

    def advance(self):
        if len(self.distances) == 5:
            with suppress(FileExistsError), Path(os.environ["TOY_DEATH"]).open("x"):
                os.kill(os.getpid(), signal.SIGKILL)
        return super().advance()


@dataclass
class MortalDaskWalk(Mortal, DaskWalk):
    """A mortal walk on a Dask worker."""


@dataclass
class MortalRayWalk(Mortal, RayWalk):
    """A mortal walk by a worker of Ray."""


MEETING = threading.Barrier(2)


@dataclass
class MeetingWalk(DaskWalk):
    """A walk that waits for another one before its first step, for $TOY_PATIENCE
    seconds, and records whether it came; on workers that are threads of one process.
    """

    def advance(self):
        met = False
        if not self.distances:
            with suppress(threading.BrokenBarrierError):
                MEETING.wait(float(os.environ["TOY_PATIENCE"]))
                met = True
        if MEETING.broken:
            MEETING.reset()
        return {**super().advance(), "met": met}


@dataclass
class ThreadWalk(Walk):
    """A walk that records on how many threads its libraries compute."""

    def advance(self):
        return {
            **super().advance(),
            "threads": max(pool["num_threads"] for pool in threadpool_info()),
        }


def findings(path, without=("wall_time",)):
    """The result file without its entries `without`, and the bytes of its arrays."""
    entries = json.loads(path.read_text()).items()
    content = {key: value for key, value in entries if key not in without}
    return json.dumps(content), path.with_suffix(".npz").read_bytes()


def runs_of(kind):
    def make_runs(settings):
        return {f"seed {seed}": kind(settings, seed) for seed in settings.seeds}

    return make_runs


def summarise(settings, results):
    distances = {key: result["distances"] for key, result in results.items()}
    positions = [result["position"] for result in results.values()]
    return {"distance": distances}, {"position": np.array(positions)}


TOY = Experiment(
    "toy", Settings(), Settings(seeds=(0,), steps=4), runs_of(Walk), summarise
)
ON_DASK = replace(TOY, runs=runs_of(DaskWalk))
MEETING_WALKS = replace(TOY, runs=runs_of(MeetingWalk))
MORTAL = replace(TOY, runs=runs_of(MortalDaskWalk))
MORTAL_ON_RAY = replace(TOY, runs=runs_of(MortalRayWalk))
THREADS = replace(TOY, runs=runs_of(ThreadWalk))
