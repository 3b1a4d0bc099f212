"""The same architecture search in one process and on several.

    python benchmarks/architecture_search.py [--batches 4] [--children 8] [--workers 2]
                                             [--repeats 3]

A controller writes a batch of strings; the children are trained, and their rewards
teach the controller. Only the children can be trained side by side: a batch ends with
its slowest child. Children are those of the chapter's table: about a tenth of a
second on scanned digits. They are trained

    serial    one after the other, in this process
    loky      by joblib, in processes on this machine
    dask      by joblib, on the workers of a local Dask cluster
    ray       by joblib, on the workers of Ray, where Ray is installed

on one thread each. A backend starts before the clock runs, and has trained a batch
then. Times are the best of interleaved repeats. Every way must see the same
accuracies, and so the same strings. A ratio above 1 is faster than serial.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import joblib
import numpy as np
import torch

from lecture_code.experiments.backends import PACKAGES, use_backend
from lecture_code.experiments.gradients.architecture_search.table import (
    TABLE,
    trained_child,
)
from lecture_code.experiments.protocol import ExperimentError
from lecture_code.experiments.provenance import machine
from lecture_code.gradients.architecture_search import ReinforceSearch, SearchSettings
from lecture_code.gradients.architecture_table import reward
from lecture_code.gradients.child_networks import DIGIT_SPACE
from lecture_code.gradients.string_controllers import LSTMController

SEED = 11  # no seed of the chapter's table
Trainer = Callable[[list[int]], list[float]]
"""Places of strings -> validation accuracies of their children."""


def main() -> None:
    """Print seconds, children a minute and ratios; exit code 1 if results differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batches", type=int, default=4)
    parser.add_argument("--children", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    best: dict[str, float] = {}
    ends: dict[str, list[float]] = {}
    load = os.getloadavg()[0]
    for _ in range(options.repeats):
        for name in ("serial", *PACKAGES):
            seconds, end = timed(name, options)
            if end:
                best[name] = min(best.get(name, np.inf), seconds)
                ends[name] = end
    print("processor: {cpu}, {cores} cores".format(**machine()))
    trained = options.batches * options.children
    print(f"{trained} children, {options.workers} workers; load before: {load:.1f}")
    for name, seconds in best.items():
        speed = 60 * trained / seconds
        ratio = best["serial"] / seconds
        print(f"{name:8s} {seconds:6.1f} s {speed:6.0f} children/min {ratio:6.2f} ×")
    differ = [name for name, end in ends.items() if end != ends["serial"]]
    print("all ways agree" if not differ else f"other results: {', '.join(differ)}")
    raise SystemExit(bool(differ))


def timed(name: str, options: argparse.Namespace) -> tuple[float, list[float]]:
    """Seconds of a search, and its accuracies; none if the backend is not there."""
    try:
        if name == "serial":
            return clocked(serial, options)
        with (
            use_backend(name, options.workers),
            joblib.Parallel(batch_size=1) as pool,  # its workers stay
        ):
            return clocked(partial(parallel, pool), options)
    except ExperimentError as error:
        print(f"{name}: {error}")
        return np.inf, []


def clocked(train: Trainer, options: argparse.Namespace) -> tuple[float, list[float]]:
    """Seconds of a search whose workers are warm, and its accuracies."""
    search(train, 1, options.children)
    start = time.perf_counter()
    end = search(train, options.batches, options.children)
    return time.perf_counter() - start, end


def search(train: Trainer, batches: int, children: int) -> list[float]:
    """Some batches of REINFORCE; the accuracies of all children, in their order."""
    settings = SearchSettings(children=children)
    rng = np.random.default_rng(SEED)
    searcher = ReinforceSearch(LSTMController(DIGIT_SPACE, rng), settings)
    seen: list[float] = []
    for _ in range(batches):
        strings = searcher.ask(rng)
        accuracies = train([int(place) for place in DIGIT_SPACE.place(strings)])
        searcher.tell(strings, reward(np.array(accuracies)))
        seen += accuracies
    return seen


def serial(places: list[int]) -> list[float]:
    """One child after the other."""
    return [accuracy(place) for place in places]


def parallel(pool: Any, places: list[int]) -> list[float]:
    """All children at once, as far as there are workers."""
    jobs = (joblib.delayed(accuracy)(place) for place in places)
    return list(pool(jobs))


def accuracy(place: int) -> float:
    """The share of the validation images that a child names rightly."""
    torch.set_num_threads(1)
    return trained_child(TABLE, place, SEED).validation / TABLE.validation


if __name__ == "__main__":
    main()
