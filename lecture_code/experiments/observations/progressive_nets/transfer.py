"""What does a first column give to a robot that looks and moves otherwise?

* `progressive_nets`: every method of `methods.py` in the domains A, B and C, at five
  learning rates and five seeds.
* `progressive_nets_sorted`: the evidence of the paper's figure 6. The rate and the
  weight of entropy are drawn at random, and all runs of a method are shown in the
  order of their returns.

Protocol. Seed s is paired: every method starts from first column s, of
`progressive_nets_columns`, and gets the same first poses and targets. A robot has
40 000 frames, 5 % of the simulation's: 16 episodes side by side, T = 10, a constant
rate, otherwise as the first columns. The grid of rates is the same for all methods,
from 0.0001 to 0.01; entropy has the weight 0.01. In `progressive_nets_sorted` rates are
log-uniform between 0.00005 and 0.005, and weights of entropy between 0.00001 and 0.01,
the paper's ranges; the 30 draws are the same for all methods, and draw i starts from
first column i mod 5. (40 draws were planned, and cut for time before any had run.)

Measured are, in 128 episodes each: the return on the robot before and after; and in the
grid also the return in the simulation after, of what acts there then, and of a
progressive net the return on the robot with its own output, its hidden laterals, or its
output lateral set to zero. A run is dead if its return on the robot is at most 2 (a
policy that never learnt has 1).

Nothing is selected on the reported episodes: the whole grid is shown, and where a best
rate is named it is the best mean over the seeds, with the caution that it was chosen
among five.

Five checks were added when the grid had been seen. `progressive_nets_longer` has three
times the frames in B, at the rate that is best or nearly best for all three methods.
`progressive_nets_edge` has a rate below the grid, because fine-tuning was as good at
its lowest rate as at the next. In C nothing learnt, and a first column is sure of the
wrong actions there; `progressive_nets_softer` has three times the frames in C, and
starts also from first columns that are less sure. In B fine-tuning was better than the
progressive net; `progressive_nets_layers` lets only a part of the layers learn, and so
asks whether the convolutions are the reason. The fifth check is in `alone.py`.

What was piloted is in `first_columns.py`; no method was piloted on a robot here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.observations.progressive_nets.first_columns import COLUMNS
from lecture_code.experiments.observations.progressive_nets.learning import (
    Learning,
    returns_in,
)
from lecture_code.experiments.observations.progressive_nets.methods import (
    METHODS,
    lesions_of,
    network_of,
    source_policy,
)
from lecture_code.experiments.observations.progressive_nets.weights import (
    load_first_column,
)
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.learning.actor_critic import ActorCriticSettings
from lecture_code.learning.columns import Column

DRAWS = 2000  # with the number of the draw: the generator of rate and entropy


@dataclass(frozen=True)
class TransferGrid:
    """What is compared.

    Args:
        domains: the robots.
        methods: of `METHODS`.
        rates: the grid of learning rates; ignored if there are draws.
        entropy: weight of the entropy in the grid.
        seeds: of first columns and everything random.
        draws: number of random settings in place of the grid; 0 for the grid.
        rate_range, entropy_range: of the draws, log-uniform.
        frames: control steps on a robot, over all episodes.
        episodes: that run side by side.
        tests: episodes of a test.
        stride: turns between two records.
    """

    domains: tuple[str, ...] = ("A", "B", "C")
    methods: tuple[str, ...] = METHODS
    rates: tuple[float, ...] = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
    entropy: float = 0.01
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    draws: int = 0
    rate_range: tuple[float, float] = (5e-5, 5e-3)
    entropy_range: tuple[float, float] = (1e-5, 1e-2)
    frames: int = 40_000
    episodes: int = 16
    tests: int = 128
    stride: int = 31

    @property
    def numbers(self) -> tuple[int, ...]:
        """Numbers of the draws that are compared."""
        return tuple(range(self.draws))


@dataclass(frozen=True)
class Trial:
    """One training on a robot.

    Args:
        domain, method: where and how.
        rate, entropy: of the actor-critic.
        column: seed of the first column.
        seed: of everything random on the robot.
    """

    domain: str
    method: str
    rate: float
    entropy: float
    column: int
    seed: int


class RobotRun:
    """One trial; the network is made at the first step, and dropped after the last."""

    def __init__(self, settings: TransferGrid, trial: Trial) -> None:
        self.settings = settings
        self.trial = trial
        self.learning: Learning | None = None
        self.outcome: dict[str, Any] = {}

    @property
    def progress(self) -> float:
        """Share of the frames that have been used; 1 when all is measured."""
        if "after" in self.outcome:
            return 1.0
        if self.learning is None:
            return 0.0
        return min(0.99, self.learning.frames / self.settings.frames)

    def advance(self) -> Record:
        """One stride, and behind the last stride the tests."""
        s = self.settings
        trial = self.trial
        if self.learning is None:
            network = network_of(trial.method, self.trained, COLUMNS.sizes, trial.seed)
            method = ActorCriticSettings(rate=trial.rate, entropy=trial.entropy)
            self.learning = Learning(
                network, trial.domain, method, s.episodes, trial.seed
            )
            self.outcome["before"] = self.measured(network, trial.domain)
        record = self.learning.stride(s.stride)
        if self.learning.frames >= s.frames:
            self.test()
        return record

    def trained(self) -> Column:
        """The first column of this trial."""
        return load_first_column(self.trial.column)

    def measured(self, network: Any, domain: str, theta: Any = None) -> float:
        """Mean return of a test."""
        seed = self.trial.seed
        return round(
            returns_in(domain, network, theta or {}, self.settings.tests, seed), 3
        )

    def test(self) -> None:
        """Measure what the training has brought, and drop the network."""
        learning = self.learning
        assert learning is not None
        network = learning.network
        theta = learning.state.theta
        domain = self.trial.domain
        self.outcome["after"] = self.measured(network, domain, theta)
        self.learning = None
        if self.settings.draws:
            return
        self.outcome["curve"] = learning.returns
        source = source_policy(network, theta)
        self.outcome["source"] = self.measured(source, "simulation")
        for part, lesion in lesions_of(network, theta).items():
            self.outcome[f"without {part}"] = self.measured(lesion, domain)

    def result(self) -> Record:
        """Returns before and after, in the simulation, without parts; the curve."""
        return self.outcome


def drawn(settings: TransferGrid, draw: int) -> tuple[float, float]:
    """Rate and entropy of a draw, log-uniform in their ranges."""
    rng = np.random.default_rng([DRAWS, draw])
    ranges = np.log([settings.rate_range, settings.entropy_range])
    rate, entropy = np.exp(rng.uniform(ranges[:, 0], ranges[:, 1]))
    return float(f"{rate:.4g}"), float(f"{entropy:.4g}")


def trials(settings: TransferGrid) -> dict[str, dict[str, Trial]]:
    """What is compared, by name: "B fine-tuning 0.001", or "B fine-tuning" for draws;
    for each its trials by seed or by number of the draw.
    """
    pairs = list(product(settings.domains, settings.methods))
    seeds = settings.seeds
    if settings.draws:
        return {
            f"{domain} {method}": {
                str(i): Trial(
                    domain, method, *drawn(settings, i), seeds[i % len(seeds)], i
                )
                for i in settings.numbers
            }
            for domain, method in pairs
        }
    return {
        f"{domain} {method} {rate:g}": {
            str(seed): Trial(domain, method, rate, settings.entropy, seed, seed)
            for seed in seeds
        }
        for (domain, method), rate in product(pairs, settings.rates)
    }


def runs(settings: TransferGrid) -> dict[str, RobotRun]:
    """One run for each trial, one seed or draw after the other: an experiment that is
    stopped has about as many of every method.
    """
    every = trials(settings)
    numbers = list(next(iter(every.values())))
    return {
        f"{name}/{which}": RobotRun(settings, group[which])
        for which in numbers
        for name, group in every.items()
    }


def summarise(
    settings: TransferGrid, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Outcomes of all seeds or draws, by name."""
    curves: dict[str, Any] = {}
    for name, group in trials(settings).items():
        outcomes = [results[f"{name}/{which}"] for which in group]
        curves[name] = {
            entry: [run[entry] for run in outcomes] for entry in outcomes[0]
        }
        if settings.draws:
            curves[name]["rate"] = [trial.rate for trial in group.values()]
            curves[name]["entropy"] = [trial.entropy for trial in group.values()]
    return curves, {}


def smoke_grid(settings: TransferGrid) -> TransferGrid:
    """The same path within seconds."""
    return replace(
        settings,
        domains=settings.domains[:1],
        rates=settings.rates[:1],
        seeds=(0,),
        draws=min(settings.draws, 1),
        frames=5 * 40,
        episodes=4,
        tests=2,
        stride=2,
    )


MAIN = ("fine-tuning", "head only", "copied head")
GRID = TransferGrid()
SORTED = TransferGrid(methods=MAIN, draws=30)
LONGER = TransferGrid(domains=("B",), methods=MAIN, rates=(1e-3,), frames=120_000)
SOFTER = TransferGrid(
    domains=("C",),
    methods=("fine-tuning", "copied head", "soft fine-tuning", "soft copied head"),
    rates=(1e-3,),
    frames=120_000,
)
LAYERS = TransferGrid(
    domains=("B",),
    methods=("only convolutions", "all but convolutions"),
    rates=(1e-4, 3e-4, 1e-3, 3e-3),
)
EDGE = TransferGrid(domains=("A", "B"), methods=("fine-tuning",), rates=(3e-5,))

EXPERIMENTS = tuple(
    Experiment(name, settings, smoke_grid(settings), runs, summarise)
    for name, settings in {
        "progressive_nets": GRID,
        "progressive_nets_sorted": SORTED,
        "progressive_nets_longer": LONGER,
        "progressive_nets_edge": EDGE,
        "progressive_nets_softer": SOFTER,
        "progressive_nets_layers": LAYERS,
    }.items()
)
