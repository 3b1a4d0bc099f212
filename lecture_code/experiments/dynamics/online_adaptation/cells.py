"""What the comparison of online adaptation measures: methods, conditions, settings.

The protocol stands in `comparison.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.dynamics.online_adaptation.attempts import (
    METHODS,
    AttemptOutcome,
    Condition,
    Method,
    attempt,
)
from lecture_code.experiments.dynamics.online_adaptation.practice import Priors
from lecture_code.simulation.slot_attempts import draw_attempts

Array = NDArray[np.float64]

CONDITIONS = {
    "payload 1": Condition(),
    "payload 2": Condition({"payload": 1.0}),
    "payload 3": Condition({"payload": 1.5}),
    "payload 6": Condition({"payload": 3.0}),
    "payload jumps": Condition(later={"payload": 3.0}),
    "damping 15": Condition({"damping": 9.0}),
    "gain 0.4": Condition({"gain": 0.4}),
    "gain 1.6": Condition({"gain": 1.6}),
    "gain 2.2": Condition({"gain": 2.2}),
    "far start": Condition(start=(-1.6, -0.8, -1.2)),
}
"""Name -> how the robot differs from the nominal one; numbers are multiples."""

SWEPT = ("payload 3", "payload 6", "damping 15", "gain 2.2")
SPARSE = ("payload 1", "payload 6", "gain 2.2", "far start")
OPEN = {
    f"{name}, no walls": replace(CONDITIONS[name], walls=False)
    for name in ("payload 6", "damping 15")
}


@dataclass(frozen=True)
class ComparisonSettings:
    """How much is measured.

    Args:
        seeds: sets of recordings.
        attempts: of each seed, under each condition.
        oracle_attempts: attempts of the oracle.
        movements, sparse_movements: of the practice.
        epochs, clusters: of the network and of the mixture.
        prior_means: m, with N = 1.
        counts: N, with m = 1.
        offset_weights: w_new of the offset control.
        weights: w_new of the replayed predictions.
        noises: standard deviation of the replayed angles [rad]; ten times as much in
            the velocities [rad/s].
        resamples: of the bootstrap.
    """

    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    attempts: int = 8
    oracle_attempts: int = 1
    movements: int = 60
    sparse_movements: int = 20
    epochs: int = 60
    clusters: int = 50
    prior_means: tuple[float, ...] = (0.003, 0.01, 0.1, 0.3, 1.0, 3.0)
    counts: tuple[float, ...] = (3.0, 10.0, 30.0)
    offset_weights: tuple[float, ...] = (0.05, 0.1, 0.5, 0.8)
    weights: tuple[float, ...] = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
    noises: tuple[float, ...] = (0.0, 0.01, 0.03)
    resamples: int = 2000


@dataclass(frozen=True)
class Cell:
    """One method under some conditions.

    Args:
        name: in the result.
        method: what acts.
        conditions: by name.
        sparse: with the sparse practice.
    """

    name: str
    method: Method
    conditions: Mapping[str, Condition]
    sparse: bool = False


def cells(settings: ComparisonSettings) -> list[Cell]:
    """Everything that is measured with a seed, in its order."""
    swept = {name: CONDITIONS[name] for name in SWEPT}
    sweeps: dict[str, Method] = {}
    for m in settings.prior_means:
        sweeps[f"m = {m:g}, N = 1"] = Method("network", {"m": m})
    for N in settings.counts:
        sweeps[f"m = 1, N = {N:g}"] = Method("network", {"m": 1.0, "N": N})
    for w in settings.offset_weights:
        sweeps[f"offset, w = {w:g}"] = Method("network", {"w_new": w}, offset=True)
    sweeps["kept mean"] = Method("network", {"keep_mean": True})
    for rule, w in (("log-probability", 0.05), ("ratio", 0.2)):
        sweeps[f"rule {rule}"] = Method("network", {"rule": rule, "w_new": w})
    for prior in ("least_squares", "mixture", "network"):
        frozen = Method(prior, {"n0": 100.0})
        sweeps[f"{prior.replace('_', ' ')}, slopes frozen"] = frozen
    walls = ("network alone", "network")
    sparse = ("least squares", "mixture", "network alone", "network")
    near = {name: CONDITIONS[name] for name in SPARSE}
    return [
        *(Cell(name, method, CONDITIONS) for name, method in METHODS.items()),
        *(Cell(name, method, swept) for name, method in sweeps.items()),
        *(Cell(f"{name}, open", METHODS[name], OPEN) for name in walls),
        *(Cell(f"{name}, sparse", METHODS[name], near, True) for name in sparse),
    ]


def measure(
    cell: Cell, seed: int, priors: Priors | None, attempts: int, n_used: int
) -> tuple[dict[str, Array], AttemptOutcome]:
    """Success, miss [m] and tracking error [rad], (conditions, attempts) each, and the
    states of the first attempt, (conditions, T + 1, 6); and all attempts, condition
    after condition.

    Args:
        cell: method and conditions.
        seed: starts, slots and exploration depend on it, and on nothing else.
        priors: after the practice of the cell, or None if the method needs none.
        attempts: of each seed, under each condition.
        n_used: how many of them are made.
    """
    C = len(cell.conditions)
    starts, mouths = draw_attempts(attempts, np.random.default_rng([seed, 2]))
    tasks = np.tile(starts[:n_used], (C, 1)), np.tile(mouths[:n_used], (C, 1))
    rows = [c for c in cell.conditions.values() for _ in range(n_used)]
    rng = np.random.default_rng([seed, 3])
    outcome = attempt(cell.method, rows, priors, tasks, rng)
    shape = (C, n_used)
    measures = {
        "success": outcome.success.reshape(shape).astype(float),
        "miss": outcome.miss.reshape(shape),
        "stopped": (outcome.stopped >= 0).reshape(shape).astype(float),
        "tracking": outcome.tracking.reshape(shape),
        "states": outcome.states[::n_used],
    }
    return measures, outcome
