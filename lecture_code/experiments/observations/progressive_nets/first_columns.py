"""First columns: policies that learn to reach from pixels, with all frames they want.

* `progressive_nets_columns`: in the simulation, for five seeds. All second columns
  start from these. The protocol of the comparison is in `transfer.py`.
* `progressive_nets_ceiling`: the same network and the same number of frames in each of
  the domains A, B and C. It is the positive control: what the robot allows, if frames
  cost nothing.

Protocol. A feed-forward column (16 and 32 filters, dense layer of 128) learns by
synchronous actor-critic for 800 000 frames: 64 episodes side by side, T = 10, γ = λ =
0.95, rate 0.003 that falls to zero, entropy 0.01. After training it is tried in 128
episodes of every domain.

When training is over, weights are rounded to 8 bits, with one scale for each output, so
that five columns are less than 500 kB. Everything that is reported of a first column,
and everything that starts from it, uses the rounded weights.

Piloted with one column of seed 0, trained for 400 000 frames and not reported: a bright
background (0.9) hardly let it learn, and smaller columns (8, 16, 64 and 12, 24, 96)
learnt more slowly. The muted palette of B was chosen so that the return of this pilot
column, without any learning in B, was about a third of its return in the simulation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.observations.progressive_nets.learning import (
    Learning,
    returns_in,
)
from lecture_code.experiments.observations.progressive_nets.weights import (
    from_rounded,
    rounded,
)
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.learning.actor_critic import ActorCriticSettings
from lecture_code.learning.columns import Column, ColumnSizes

TESTED = ("simulation", "A", "B", "C")
"""The domains in which a first column is tried."""


@dataclass(frozen=True)
class ColumnSettings:
    """How first columns are trained and tried.

    Args:
        domains: where; one column for each domain and seed.
        seeds: of weights, episodes and actions.
        filters, dense: sizes of the column.
        frames: control steps of a training, over all its episodes.
        episodes: that run side by side.
        rate, entropy: of the actor-critic.
        tests: episodes of a test.
        stride: turns between two records.
        stored: whether the result holds the weights.
    """

    domains: tuple[str, ...]
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    filters: tuple[int, int] = (16, 32)
    dense: int = 128
    frames: int = 800_000
    episodes: int = 64
    rate: float = 3e-3
    entropy: float = 0.01
    tests: int = 128
    stride: int = 20
    stored: bool = False

    @property
    def sizes(self) -> ColumnSizes:
        """Sizes of the column."""
        return ColumnSizes(filters=self.filters, dense=self.dense)


class FirstColumnRun:
    """The training of one first column; the network is made at the first step."""

    def __init__(self, settings: ColumnSettings, domain: str, seed: int) -> None:
        self.settings = settings
        self.domain = domain
        self.seed = seed
        self.learning: Learning | None = None

    @property
    def progress(self) -> float:
        """Share of the frames that have been used."""
        if self.learning is None:
            return 0.0
        return min(1.0, self.learning.frames / self.settings.frames)

    def advance(self) -> Record:
        """One stride."""
        s = self.settings
        if self.learning is None:
            column = Column(s.sizes, np.random.default_rng(self.seed))
            method = ActorCriticSettings(
                rate=s.rate, entropy=s.entropy, anneal=s.frames
            )
            self.learning = Learning(column, self.domain, method, s.episodes, self.seed)
        return self.learning.stride(s.stride)

    def result(self) -> Record:
        """Returns of a test in every domain, the curve, and the rounded weights."""
        s = self.settings
        assert self.learning is not None
        weights = rounded(self.learning.state.theta)
        column = Column(s.sizes, np.random.default_rng(self.seed))
        theta = from_rounded(weights)
        return {
            "tests": {
                domain: returns_in(domain, column, theta, s.tests, self.seed)
                for domain in TESTED
            },
            "curve": self.learning.returns,
            "weights": weights,
        }


def runs(settings: ColumnSettings) -> dict[str, FirstColumnRun]:
    """One training for each domain and seed."""
    return {
        f"{domain}/{seed}": FirstColumnRun(settings, domain, seed)
        for domain in settings.domains
        for seed in settings.seeds
    }


def summarise(
    settings: ColumnSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Tests and curves of all seeds, by domain; the weights, seed by seed."""
    curves = {}
    for domain in settings.domains:
        outcomes = [results[f"{domain}/{seed}"] for seed in settings.seeds]
        curves[domain] = {
            "tests": {
                other: [round(run["tests"][other], 3) for run in outcomes]
                for other in TESTED
            },
            "curve": [run["curve"] for run in outcomes],
        }
    arrays: dict[str, NDArray[Any]] = {}
    if settings.stored:
        weights = [run["weights"] for run in outcomes]
        arrays = {
            name: np.stack([each[name] for each in weights]) for name in weights[0]
        }
    return curves, arrays


def smoke_columns(settings: ColumnSettings) -> ColumnSettings:
    """The same path within seconds."""
    return replace(
        settings,
        domains=settings.domains[:1],
        seeds=(0,),
        frames=5 * 40,
        episodes=4,
        tests=2,
        stride=2,
    )


COLUMNS = ColumnSettings(("simulation",), stored=True)
CEILING = ColumnSettings(("A", "B", "C"))

EXPERIMENTS = tuple(
    Experiment(name, settings, smoke_columns(settings), runs, summarise)
    for name, settings in {
        "progressive_nets_columns": COLUMNS,
        "progressive_nets_ceiling": CEILING,
    }.items()
)
