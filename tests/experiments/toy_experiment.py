"""A toy experiment that the tests run: random walks, NumPy only.

Every step is logged to the file $TOY_LOG. If $TOY_KILL names a process, the sixth step
of each walk kills it with SIGKILL; if the walks are walked by workers, they wait for
each other before that, so that each worker has a walk when it happens.
"""

import os
import signal
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
        self.position = self.position + self.settings.noise * self.rng.standard_normal(
            2
        )
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
class ThreadWalk(Walk):
    """A walk that records on how many threads its libraries compute."""

    def advance(self):
        return {
            **super().advance(),
            "threads": max(pool["num_threads"] for pool in threadpool_info()),
        }


def runs_of(kind):
    def make_runs(settings):
        return {f"seed {seed}": kind(settings, seed) for seed in settings.seeds}

    return make_runs


def summarise(settings, results):
    curves = {key: result["distances"] for key, result in results.items()}
    return {"distance": curves}, {
        "position": np.array([result["position"] for result in results.values()])
    }


TOY = Experiment(
    "toy", Settings(), Settings(seeds=(0,), steps=4), runs_of(Walk), summarise
)
ON_DASK = replace(TOY, runs=runs_of(DaskWalk))
THREADS = replace(TOY, runs=runs_of(ThreadWalk))
