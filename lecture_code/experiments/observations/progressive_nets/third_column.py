"""A third column for a third domain: does it pay to have grown before?

* `progressive_nets_third`: columns for the simulation, for robot A, and for A with a
  target that moves ("conveyor").

    third column           beside column 1 and a second column that was trained on A
    second column          beside column 1 alone
    fine-tuning            column 1; everything learns
    fine-tuning twice      column 1, first on A, then with the moving target
    head only              column 1; only its head learns
    scratch                the network of column 1, with new weights

Protocol. As in `transfer.py`: seed s starts from first column s, 40 000 frames with the
moving target, 16 episodes side by side, T = 10, rate 0.001 and entropy 0.01 for all;
the rate is that of `parts.py` and was not piloted here. New columns have the size of
the comparison, and their head starts as a copy: the third column begins with exactly
the policy of the second. "Third column" and "fine-tuning twice" have had 40 000 frames
of A before, the others have not. So these two are compared with each other, and show
against the others what the experience of A is worth.

Measured, in 128 episodes each: the return with the moving target before and after; what
the training with the moving target does to the returns in the simulation and on A of
what acts there; the numbers of parameters that learnt last, and of the whole network.
A progressive net has a column for each domain, and column 1 acts on A if it has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from lecture_code.experiments.observations.progressive_nets.first_columns import COLUMNS
from lecture_code.experiments.observations.progressive_nets.learning import (
    Learning,
    returns_in,
)
from lecture_code.experiments.observations.progressive_nets.methods import (
    ADAPTER,
    NARROW,
    network_of,
)
from lecture_code.experiments.observations.progressive_nets.weights import (
    load_first_column,
)
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.learning.actor_critic import ActorCriticSettings
from lecture_code.learning.columns import Column, number_of_parameters
from lecture_code.learning.episodes import frozen, with_parameters
from lecture_code.observations.progressive_nets import LateralSettings, ProgressiveNet

FIRST_METHOD = {
    "third column": "copied head",
    "second column": "copied head",
    "fine-tuning": "fine-tuning",
    "fine-tuning twice": "fine-tuning",
    "head only": "head only",
    "scratch": "scratch",
}
"""Name -> method of the comparison with which the first training begins."""
TWO_TRAININGS = ("third column", "fine-tuning twice")


@dataclass(frozen=True)
class ThirdSettings:
    """What is trained and measured.

    Args:
        methods: of `FIRST_METHOD`.
        second, third: the domains of the second and of the third column.
        rate, entropy: of the actor-critic.
        seeds: of first columns and everything random.
        frames: control steps in a domain, over all episodes.
        episodes: that run side by side.
        tests: episodes of a test.
        stride: turns between two records.
    """

    methods: tuple[str, ...] = tuple(FIRST_METHOD)
    second: str = "A"
    third: str = "conveyor"
    rate: float = 1e-3
    entropy: float = 0.01
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    frames: int = 40_000
    episodes: int = 16
    tests: int = 128
    stride: int = 31


def third_network(second: nn.Module, method: str, seed: int) -> nn.Module:
    """The network of the second training of a method, made of that of the first.

    Args:
        second: after its training.
        method: of `TWO_TRAININGS`.
        seed: of new weights.
    """
    if method == "fine-tuning twice":
        return second
    net = frozen(second)
    assert isinstance(net, ProgressiveNet)
    settings = LateralSettings(ADAPTER, head="copy")
    return net.grown(NARROW, settings, np.random.default_rng([seed, 2]))


def policies(network: nn.Module) -> dict[str, nn.Module]:
    """What acts in the simulation and on A: the network itself, or the part of a
    progressive net that has grown for this domain.
    """
    if not isinstance(network, ProgressiveNet):
        return {"simulation": network, "A": network}
    first = ProgressiveNet(network.columns[:1], network.laterals[:1])
    two = ProgressiveNet(network.columns[:2], network.laterals[:2])
    has_column_of_a = len(network.columns) > 2
    return {"simulation": first, "A": two if has_column_of_a else first}


class ThirdRun:
    """One or two trainings, one after the other, and the tests.

    Args:
        settings: of the experiment.
        method: of `FIRST_METHOD`.
        seed: of the first column and everything random.
    """

    def __init__(self, settings: ThirdSettings, method: str, seed: int) -> None:
        self.settings = settings
        self.method = method
        self.seed = seed
        twice = method in TWO_TRAININGS
        self.domains = [settings.second] * twice + [settings.third]  # still to come
        self.trainings = len(self.domains)
        self.learning: Learning | None = None
        self.outcome: dict[str, Any] = {}

    @property
    def progress(self) -> float:
        """Share of the frames that have been used; 1 when all is measured."""
        if "after" in self.outcome:
            return 1.0
        done: float = self.trainings - len(self.domains)
        if self.learning is not None:
            done += min(0.99, self.learning.frames / self.settings.frames) - 1
        return done / self.trainings

    def advance(self) -> Record:
        """One stride; behind the last stride of a training the next one begins."""
        s = self.settings
        if self.learning is None:
            method = FIRST_METHOD[self.method]
            self.begin(network_of(method, self.trained, COLUMNS.sizes, self.seed))
        learning = self.learning
        assert learning is not None
        record = learning.stride(s.stride)
        if learning.frames >= s.frames:
            network = with_parameters(learning.network, learning.state.theta)
            if self.domains:
                self.begin(third_network(network, self.method, self.seed))
            else:
                self.learning = None
                self.outcome["after"] = self.measured(s.third, network)
                self.test(network, "after")
        return record

    def begin(self, network: nn.Module) -> None:
        """Start the next training; before the last one, measure what there is."""
        s = self.settings
        domain = self.domains.pop(0)
        if not self.domains:
            self.outcome["parameters"] = number_of_parameters(network, learnt=True)
            self.outcome["all parameters"] = number_of_parameters(network)
            self.outcome["before"] = self.measured(domain, network)
            self.test(network, "before")
        method = ActorCriticSettings(rate=s.rate, entropy=s.entropy)
        self.learning = Learning(network, domain, method, s.episodes, self.seed)

    def trained(self) -> Column:
        """The first column of this run."""
        return load_first_column(self.seed)

    def test(self, network: nn.Module, when: str) -> None:
        """The returns in the domains of before: "A before", "simulation after"."""
        for domain, policy in policies(network).items():
            self.outcome[f"{domain} {when}"] = self.measured(domain, policy)

    def measured(self, domain: str, network: nn.Module) -> float:
        """Mean return of a test."""
        return round(returns_in(domain, network, {}, self.settings.tests, self.seed), 3)

    def result(self) -> Record:
        """Returns before and after, in all domains, and numbers of parameters."""
        return self.outcome


def runs(settings: ThirdSettings) -> dict[str, ThirdRun]:
    """One run for each method and seed."""
    return {
        f"{method}/{seed}": ThirdRun(settings, method, seed)
        for method in settings.methods
        for seed in settings.seeds
    }


def summarise(
    settings: ThirdSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Returns of all seeds, by method; numbers of parameters once."""
    curves: dict[str, Any] = {}
    for method in settings.methods:
        outcomes = [results[f"{method}/{seed}"] for seed in settings.seeds]
        curves[method] = {
            entry: (
                outcomes[0][entry]
                if "parameters" in entry
                else [run[entry] for run in outcomes]
            )
            for entry in outcomes[0]
        }
    return curves, {}


THIRD = ThirdSettings()
SMOKE = replace(THIRD, seeds=(0,), frames=5 * 40, episodes=4, tests=2, stride=2)

EXPERIMENTS = (Experiment("progressive_nets_third", THIRD, SMOKE, runs, summarise),)
