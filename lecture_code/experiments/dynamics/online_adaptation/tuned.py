"""Every adapting method with weights of its own, little practice, and long practice.

Protocol. `online_adaptation_tuned` has the seeds, recordings, starts, slots and
exploration noise of `online_adaptation`, so that both results can be paired. It
measures:

* the adapting methods, each with weights of its own, and the fixed network, under every
  condition of `CONDITIONS`;
* few movements: 8, all near the task, in place of 60; with the motors 1.6 times as
  strong and a start far from these movements. This condition was chosen on seeds 900
  and 901, as one in which the priors separate;
* smaller m than in `online_adaptation`, with the payload × 3 and × 6;
* with the first seed only, a practice that is three times as long.

The weights were chosen on seed 900, which is not reported, with four attempts under
every condition. Least squares, mixture and network had the same grid: N = 1, m from
0.0001 to 0.1 in seven steps, and w_new of 0.05, 0.1, 0.2, 0.4 and 0.7; the offset
control had seven w_new from 0.025 to 0.8. The largest success won, and among equal
settings the smallest mean logarithm of the median miss. Every m and the offset
control's w_new lie inside their grids; the network's w_new is the largest that was
tried. `online_adaptation_weights` tries larger values on five other seeds.

Intervals are those of `comparison.py`, of "network" − method after the same practice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.dynamics.online_adaptation.attempts import (
    METHODS,
    Condition,
    Method,
)
from lecture_code.experiments.dynamics.online_adaptation.cells import (
    CONDITIONS,
    Cell,
    measure,
)
from lecture_code.experiments.dynamics.online_adaptation.practice import (
    Priors,
    practise,
)
from lecture_code.experiments.dynamics.online_adaptation.summary import paired_interval
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.learning.regression import RegressionSettings

Array = NDArray[np.float64]

TUNED = {
    "network": Method("network", {"m": 0.0003, "w_new": 0.7}),
    "mixture": Method("mixture", {"m": 0.0003, "w_new": 0.2}),
    "least squares": Method("least_squares", {"m": 0.01, "w_new": 0.2}),
    "network + offset": Method("network", {"w_new": 0.2}, offset=True),
    "network alone": METHODS["network alone"],
}
"""Name -> method with the best setting of the tuning seed."""
FAR_AND_STRONG = {
    "far start, gain 1.6": Condition({"gain": 1.6}, start=CONDITIONS["far start"].start)
}
HEAVY = {name: CONDITIONS[name] for name in ("payload 3", "payload 6")}
LONG = {name: CONDITIONS[name] for name in ("payload 6", "gain 2.2")}
PRACTICES = {"": (0, 0.5), "few": (5, 1.0), "long": (6, 0.5)}
"""Kind of practice -> number of its random stream, share of movements near the task."""


@dataclass(frozen=True)
class TunedSettings:
    """How much is measured.

    Args:
        seeds: sets of recordings.
        attempts: of each seed, under each condition.
        movements, few_movements, long_movements: of each kind of practice.
        epochs, clusters: of the network and of the mixture.
        prior_means: m, with N = 1.
        resamples: of the bootstrap.
    """

    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    attempts: int = 8
    movements: int = 60
    few_movements: int = 8
    long_movements: int = 180
    epochs: int = 60
    clusters: int = 50
    prior_means: tuple[float, ...] = (0.0003, 0.001)
    resamples: int = 2000


def cells_by_practice(settings: TunedSettings, first: bool) -> dict[str, list[Cell]]:
    """Practice -> everything that is measured after it.

    Args:
        settings: the settings.
        first: whether it is the first seed, which has the long practice too.
    """
    cells = {
        "": [Cell(name, method, CONDITIONS) for name, method in TUNED.items()],
        "few": [
            Cell(f"{name}, few", method, FAR_AND_STRONG)
            for name, method in TUNED.items()
        ],
    }
    for m in settings.prior_means:
        cells[""].append(Cell(f"m = {m:g}, N = 1", Method("network", {"m": m}), HEAVY))
    if first:
        long = ("network", "network + offset", "network alone")
        cells["long"] = [Cell(f"{name}, long", TUNED[name], LONG) for name in long]
    return cells


class TunedRun:
    """Everything with one set of recordings."""

    def __init__(self, settings: TunedSettings, seed: int) -> None:
        self.settings = settings
        self.seed = seed
        plan = cells_by_practice(settings, first=seed == settings.seeds[0])
        self.todo: list[tuple[str, Cell | None]] = []
        for practice, measured in plan.items():
            self.todo += [(practice, None), *((practice, cell) for cell in measured)]
        self.total = len(self.todo)
        self.priors: Priors | None = None
        self.measured: dict[str, dict[str, Array]] = {}

    @property
    def progress(self) -> float:
        """Share of the work that is done."""
        return 1 - len(self.todo) / self.total

    def advance(self) -> Record:
        """Practise, or measure one cell."""
        (practice, cell), *self.todo = self.todo
        if cell is None:
            self.priors = self.practise(practice)
            return {"explained": self.priors.explained}
        assert self.priors is not None
        n = self.settings.attempts
        measures, _ = measure(cell, self.seed, self.priors, n, n)
        self.measured[cell.name] = measures
        return {"success": float(measures["success"].mean())}

    def result(self) -> Record:
        """What was measured, by cell."""
        return {"cells": self.measured}

    def practise(self, practice: str) -> Priors:
        """The priors of this seed after a kind of practice."""
        s = self.settings
        stream, near = PRACTICES[practice]
        movements = {"": s.movements, "few": s.few_movements, "long": s.long_movements}
        return practise(
            np.random.default_rng([self.seed, stream]),
            movements[practice],
            near,
            s.clusters,
            RegressionSettings(hidden=(100, 100), epochs=s.epochs),
        )


def summarise(
    settings: TunedSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Curves: `cells`, cell -> condition -> success, stops, median miss [mm] and
    tracking error [rad] by seed, and `ahead`, the interval of "network" − method after
    the same practice.

    Arrays: `success/<cell>` and `miss/<cell>` (seeds, conditions, attempts).
    """
    runs = [results[str(seed)]["cells"] for seed in settings.seeds]
    curves: dict[str, Any] = {}
    arrays: dict[str, Array] = {}
    plan = cells_by_practice(settings, first=True)
    for cell in (cell for cells in plan.values() for cell in cells):
        measures = [run[cell.name] for run in runs if cell.name in run]
        name, _, practice = cell.name.partition(", ")
        suffix = f", {practice}" if practice in ("few", "long") else ""
        partner = [run[f"network{suffix}"] for run in runs if cell.name in run]
        success = [m["success"] for m in measures]
        miss = [m["miss"] for m in measures]
        arrays[f"success/{cell.name}"] = np.array(success, bool)
        arrays[f"miss/{cell.name}"] = np.array(miss, np.float32)
        curves[cell.name] = {}
        for i, condition in enumerate(cell.conditions):
            curves[cell.name][condition] = entry = {
                "success": [float(m["success"][i].mean()) for m in measures],
                "stopped": [float(m["stopped"][i].mean()) for m in measures],
                "miss": [float(1000 * np.median(m["miss"][i])) for m in measures],
                "tracking": [float(m["tracking"][i].mean()) for m in measures],
            }
            if name in TUNED:
                ours = [m["success"][i] for m in partner]
                theirs = [m["success"][i] for m in measures]
                entry["ahead"] = list(paired_interval(ours, theirs, settings.resamples))
    return {"cells": curves}, arrays


def runs(settings: TunedSettings) -> dict[str, TunedRun]:
    """One run for each seed."""
    return {str(seed): TunedRun(settings, seed) for seed in settings.seeds}


_SMOKE = TunedSettings(
    seeds=(0,),
    attempts=1,
    movements=4,
    few_movements=2,
    long_movements=4,
    epochs=1,
    clusters=2,
    prior_means=(0.001,),
    resamples=5,
)

EXPERIMENTS = (
    Experiment("online_adaptation_tuned", TunedSettings(), _SMOKE, runs, summarise),
)
