"""What do many children of a gradient buy, and what does staleness cost?

`architecture_replicas`. Protocol, written before the run. A cluster of 24 machines
searches for 100 hours; children take an hour on average, with a spread of 0.5 of the
logarithm. The controller has one token with 200 choices, whose rewards are drawn from a
beta distribution (8, 2) by the seed. It learns in the order of the simulated updates
(`asynchronous_ascent`). Compared are ways to use the same machines: K replicas with m
children each. Each is also tried with the same updates if all gradients were fresh, as
no cluster could compute them: the difference is the cost of staleness alone.

Each arm has ten rates, from 0.03 to 1,000 in half powers of ten. The progress is (J −
mean reward) / (best reward − mean reward), 0 at the start and 1 at most; it is recorded
after 10, 25, 50 and 100 hours. The rate whose mean progress over these four moments is
highest on ten tuning seeds is used for twenty other seeds. Whether the rate lies at the
edge of the grid is in the result.

A first run, with ten other seeds, ended with one rate at the edge of a shorter grid,
and chose rates by the end alone, where all arms were nearly alike. It was dropped, and
this protocol was written before the second run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.gradients.asynchronous_ascent import asynchronous_ascent
from lecture_code.gradients.controller_replicas import (
    HOUR,
    ReplicaSettings,
    simulate,
)

Array = NDArray[np.float64]
Cluster = tuple[int, int]
"""K and m."""


@dataclass(frozen=True)
class AscentSettings:
    """Which clusters are compared, and on what.

    Args:
        seeds: that count.
        tuning_seeds: that choose the rate.
        clusters: K and m of each.
        workers: machines.
        hours: after which the progress is recorded; the last is the end.
        choices: of the token.
        rates: that are tried.
    """

    seeds: tuple[int, ...] = tuple(range(20, 40))
    tuning_seeds: tuple[int, ...] = tuple(range(110, 120))
    clusters: tuple[Cluster, ...] = ((1, 24), (3, 8), (6, 8), (24, 1))
    workers: int = 24
    hours: tuple[float, ...] = (10.0, 25.0, 50.0, 100.0)
    choices: int = 200
    rates: tuple[float, ...] = tuple(10 ** (i / 2 - 1.5) for i in range(10))


class AscentRun:
    """One cluster: all rates on the tuning seeds, then the best on the others."""

    def __init__(self, settings: AscentSettings, cluster: Cluster, stale: bool) -> None:
        self.settings = settings
        self.cluster = cluster
        self.stale = stale
        self.tuning: list[float] = []  # mean progress of each rate
        self.progresses: list[list[float]] = []

    @property
    def progress(self) -> float:
        """Share of the rates and seeds that are done."""
        settings = self.settings
        done = len(self.tuning) + len(self.progresses)
        return done / (len(settings.rates) + len(settings.seeds))

    @property
    def rate(self) -> float:
        """The best rate of the tuning."""
        return self.settings.rates[int(np.argmax(self.tuning))]

    def advance(self) -> Record:
        """Try a rate on all tuning seeds, or the best rate on a seed."""
        settings = self.settings
        if len(self.tuning) < len(settings.rates):
            rate = settings.rates[len(self.tuning)]
            every = [self.search(rate, seed) for seed in settings.tuning_seeds]
            self.tuning.append(float(np.mean(every)))
            return {"progress": self.tuning[-1]}
        seed = settings.seeds[len(self.progresses)]
        self.progresses.append(self.search(self.rate, seed))
        return {"progress": self.progresses[-1]}

    def search(self, rate: float, seed: int) -> list[float]:
        """The progress after each of the hours, of one search."""
        settings = self.settings
        of_rewards, of_cluster, of_children = (
            np.random.default_rng([part, seed]) for part in range(3)
        )
        rewards = of_rewards.beta(8, 2, size=settings.choices)
        replicas, children = self.cluster
        how = ReplicaSettings(
            replicas, children, settings.workers, hours=settings.hours[-1]
        )
        gradients = simulate(how, of_cluster).gradients
        read = gradients[:, 2 if self.stale else 3].astype(np.int64)
        J = asynchronous_ascent(read, rewards, rate, of_children, children=children)
        moments = np.array(settings.hours) * HOUR
        updates = np.searchsorted(gradients[:, 1], moments, side="right")
        share = (J[updates] - rewards.mean()) / (rewards.max() - rewards.mean())
        return [float(x) for x in share]

    def result(self) -> Record:
        """The tuning, the rate, and the progress of every seed."""
        return {
            "tuning": np.array(self.tuning),
            "rate": self.rate,
            "progress": np.array(self.progresses),
        }


def runs(settings: AscentSettings) -> dict[str, AscentRun]:
    """A run for each cluster, with its stale gradients and with fresh gradients."""
    return {
        f"K = {K}, m = {m}{'' if stale else ', fresh'}": AscentRun(
            settings, (K, m), stale
        )
        for K, m in settings.clusters
        for stale in (True, False)
        if stale or K > 1
    }


def summarise(
    settings: AscentSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """By cluster: the tuning, the rate, and the progress (seeds, hours)."""
    edges = (settings.rates[0], settings.rates[-1])
    curves = {
        name: {
            "tuning": result["tuning"].tolist(),
            "rate": result["rate"],
            "at the edge": result["rate"] in edges,
            "progress": result["progress"].tolist(),
        }
        for name, result in results.items()
    }
    return curves, {}


SETTINGS = AscentSettings()
SMOKE = replace(
    SETTINGS,
    seeds=(0, 1),
    tuning_seeds=(100, 101),
    hours=(5.0, 10.0),
    rates=(1.0, 10.0),
)
EXPERIMENTS = (Experiment("architecture_replicas", SETTINGS, SMOKE, runs, summarise),)
