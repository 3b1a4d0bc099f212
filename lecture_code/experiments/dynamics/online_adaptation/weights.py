"""Is the network's weight of the newest step at the edge of its grid, and what does *no
prior* do with a weight of its own?

Protocol. The weights of `tuned.py` were chosen on a single seed, and the network's
β = 0.7 was the largest that was tried. *No prior* was not tuned: in
`online_adaptation` it has the β = 0.2 of all methods. `online_adaptation_weights`
measures, on five tuning seeds that no comparison reports, with four attempts under
every condition of `CONDITIONS`:

* the network with its tuned m and β from 0.2 to 1;
* *no prior*, which has no m and needs no practice, with β from 0.005 to 0.4.

As in `tuned.py` the largest success wins, and among equal settings the smallest mean
logarithm of the median miss. On the five seeds of the comparison *no prior* is measured
with all these β, with the eight attempts of each seed in `online_adaptation`. The
chapter shows it with the β that won on the tuning seeds. Pilots on the seeds 900 and
901 came before this protocol; they set the range of β.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.dynamics.online_adaptation.attempts import Method
from lecture_code.experiments.dynamics.online_adaptation.cells import (
    CONDITIONS,
    Cell,
    measure,
)
from lecture_code.experiments.dynamics.online_adaptation.practice import (
    Priors,
    practise,
)
from lecture_code.experiments.dynamics.online_adaptation.tuned import TUNED
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.learning.regression import RegressionSettings

Array = NDArray[np.float64]

NO_PRIOR = "no prior"


@dataclass(frozen=True)
class WeightsSettings:
    """How much is measured.

    Args:
        seeds: of the tuning; no comparison reports them.
        report_seeds: of the comparison.
        attempts, report_attempts: of each seed, under each condition.
        movements, epochs, clusters: of the practice, the network and the mixture.
        network_weights, free_weights: β of the network and of *no prior*.
    """

    seeds: tuple[int, ...] = (900, 901, 902, 903, 904)
    report_seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    attempts: int = 4
    report_attempts: int = 8
    movements: int = 60
    epochs: int = 60
    clusters: int = 50
    network_weights: tuple[float, ...] = (0.2, 0.4, 0.7, 0.85, 1.0)
    free_weights: tuple[float, ...] = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4)


def free_cells(settings: WeightsSettings) -> list[Cell]:
    """*No prior* with every β; its moments start from nothing."""
    methods = {
        w: Method("none", {"w_new": w}, fresh=True) for w in settings.free_weights
    }
    return [Cell(f"{NO_PRIOR}, β = {w:g}", m, CONDITIONS) for w, m in methods.items()]


def tuning_cells(settings: WeightsSettings) -> list[Cell]:
    """Every setting that is tried on the tuning seeds."""
    tuned = TUNED["network"]
    methods = {
        w: Method(tuned.prior, {**tuned.settings, "w_new": w})
        for w in settings.network_weights
    }
    network = [Cell(f"network, β = {w:g}", m, CONDITIONS) for w, m in methods.items()]
    return [*network, *free_cells(settings)]


class WeightsRun:
    """Everything with one seed."""

    def __init__(self, settings: WeightsSettings, seed: int) -> None:
        self.settings = settings
        self.seed = seed
        self.reported = seed in settings.report_seeds
        cells = free_cells if self.reported else tuning_cells
        self.todo = cells(settings)
        self.total = len(self.todo) + 1
        self.priors: Priors | None = None
        self.measured: dict[str, dict[str, Array]] = {}

    @property
    def progress(self) -> float:
        """Share of the work that is done."""
        waits = self.priors is None and not self.reported
        return 1 - (len(self.todo) + waits) / self.total

    def advance(self) -> Record:
        """Practise if the network acts on this seed, or measure one cell."""
        s = self.settings
        if self.priors is None and not self.reported:
            self.priors = practise(
                np.random.default_rng([self.seed, 0]),
                s.movements,
                0.5,
                s.clusters,
                RegressionSettings(hidden=(100, 100), epochs=s.epochs),
            )
            return {"explained": self.priors.explained}
        cell, *self.todo = self.todo
        n = s.report_attempts if self.reported else s.attempts
        found, _ = measure(cell, self.seed, self.priors, n, n)
        self.measured[cell.name] = found
        return {"success": float(found["success"].mean())}

    def result(self) -> Record:
        """What was measured, by cell."""
        return {"cells": self.measured}


def score(
    found: Mapping[str, Mapping[str, Sequence[float]]],
) -> tuple[float, float]:
    """What is compared between settings: the larger pair wins.

    Args:
        found: condition -> success and median miss by seed.

    Returns:
        Mean success, and minus the mean logarithm of the median miss.
    """
    success = [np.mean(each["success"]) for each in found.values()]
    miss = [np.median(each["miss"]) for each in found.values()]
    return round(float(np.mean(success)), 9), -float(np.mean(np.log(miss)))


def summarise(
    settings: WeightsSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Curves: `tuning` and `cells`, cell -> condition -> success, stops and median miss
    [mm] by seed, on the tuning seeds and on those of the comparison; `best`, method ->
    the cell that won the tuning.

    Arrays: `success/<cell>` and `miss/<cell>` (seeds, conditions, attempts), on the
    seeds of the comparison.
    """
    tuning = [results[str(seed)]["cells"] for seed in settings.seeds]
    reported = [results[str(seed)]["cells"] for seed in settings.report_seeds]
    tried = {c.name: _by_condition(tuning, c) for c in tuning_cells(settings)}
    best = {
        method: max(
            (name for name in tried if name.startswith(f"{method}, ")),
            key=lambda name: score(tried[name]),
        )
        for method in ("network", NO_PRIOR)
    }
    cells = {c.name: _by_condition(reported, c) for c in free_cells(settings)}
    arrays: dict[str, Array] = {}
    for name in cells:
        found = [run[name] for run in reported]
        arrays[f"success/{name}"] = np.array([f["success"] for f in found], bool)
        arrays[f"miss/{name}"] = np.array([f["miss"] for f in found], np.float32)
    return {"tuning": tried, "cells": cells, "best": best}, arrays


def _by_condition(runs: Sequence[Mapping[str, Any]], cell: Cell) -> dict[str, Any]:
    """One cell, condition -> what was measured, by seed."""
    found = [run[cell.name] for run in runs]
    return {
        condition: {
            "success": [float(f["success"][i].mean()) for f in found],
            "stopped": [float(f["stopped"][i].mean()) for f in found],
            "miss": [float(1000 * np.median(f["miss"][i])) for f in found],
        }
        for i, condition in enumerate(cell.conditions)
    }


def runs(settings: WeightsSettings) -> dict[str, WeightsRun]:
    """One run for each seed."""
    seeds = (*settings.seeds, *settings.report_seeds)
    return {str(seed): WeightsRun(settings, seed) for seed in seeds}


_SMOKE = WeightsSettings(
    seeds=(900,),
    report_seeds=(0,),
    attempts=1,
    report_attempts=1,
    movements=4,
    epochs=1,
    clusters=2,
    network_weights=(0.7,),
    free_weights=(0.05,),
)

EXPERIMENTS = (
    Experiment("online_adaptation_weights", WeightsSettings(), _SMOKE, runs, summarise),
)
