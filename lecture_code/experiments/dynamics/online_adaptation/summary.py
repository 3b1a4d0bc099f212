"""What the comparison of online adaptation came to, with paired intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.dynamics.online_adaptation.attempts import METHODS
from lecture_code.experiments.dynamics.online_adaptation.cells import (
    CONDITIONS,
    ComparisonSettings,
    cells,
)
from lecture_code.experiments.protocol import Record

Array = NDArray[np.float64]


def paired_interval(
    ours: Sequence[Array], theirs: Sequence[Array], resamples: int
) -> tuple[float, float]:
    """95 % bootstrap interval of the mean of ours − theirs, for pairs (attempts,) of
    every seed.
    """
    rng = np.random.default_rng(0)
    apart = np.array(ours) - np.array(theirs)  # (seeds, attempts)
    K, n = apart.shape
    which = rng.integers(K, size=(resamples, K, 1))
    drawn = apart[which, rng.integers(n, size=(resamples, K, n))]
    low, high = np.quantile(drawn.mean(axis=(1, 2)), [0.025, 0.975])
    return float(low), float(high)


def summarise(
    settings: ComparisonSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Curves: `cells`, cell -> condition -> success, stops, median miss [mm] and
    tracking error [rad] by seed, and for `METHODS` the interval of the difference of
    success "network" − method; `predictions` by seed, noise and weight; `explained`.

    Arrays: `success/<cell>` and `miss/<cell>` (seeds, conditions, attempts), and
    `states/<method>` of the first attempt of the first seed.
    """
    ordered = [results[str(seed)] for seed in settings.seeds]
    curves: dict[str, Any] = {
        "predictions": [run["predictions"] for run in ordered],
        "explained": [run["explained"] for run in ordered],
        "cells": {},
    }
    arrays: dict[str, Array] = {}
    for cell in cells(settings):
        measured = [run["cells"][cell.name] for run in ordered]
        arrays[f"success/{cell.name}"] = np.array(
            [f["success"] for f in measured], bool
        )
        arrays[f"miss/{cell.name}"] = np.array(
            [f["miss"] for f in measured], np.float32
        )
        if cell.name in METHODS:
            arrays[f"states/{cell.name}"] = measured[0]["states"].astype(np.float32)
        curves["cells"][cell.name] = {
            name: _summary_of(measured, i) for i, name in enumerate(cell.conditions)
        }
    _add_intervals(settings, curves["cells"], ordered)
    return curves, arrays


def _summary_of(measured: Sequence[Mapping[str, Array]], i: int) -> dict[str, Any]:
    """One cell under its condition i, by seed."""
    return {
        "success": [float(f["success"][i].mean()) for f in measured],
        "stopped": [float(f["stopped"][i].mean()) for f in measured],
        "miss": [float(1000 * np.median(f["miss"][i])) for f in measured],
        "tracking": [float(f["tracking"][i].mean()) for f in measured],
    }


def _add_intervals(
    settings: ComparisonSettings,
    curves: Mapping[str, Any],
    ordered: Sequence[Record],
) -> None:
    """Write the paired intervals of "network" − method into the curves."""
    for method in METHODS:
        for i, name in enumerate(CONDITIONS):
            theirs = [run["cells"][method]["success"][i] for run in ordered]
            n = len(theirs[0])
            ours = [run["cells"]["network"]["success"][i][:n] for run in ordered]
            interval = paired_interval(ours, theirs, settings.resamples)
            curves[method][name]["ahead"] = list(interval)
