"""What does a second column use, and how large must it be?

* `progressive_nets_parts`: second columns on the robots A and B, with every subset of
  their laterals set to zero, with noise in every layer, and in three sizes.

Protocol. As in `transfer.py`: seed s starts from first column s, a robot has 40 000
frames, 16 episodes side by side, T = 10, entropy 0.01. The rate is 0.001 for all. It
was chosen after a look at the runs of `progressive_nets` that were there, all of domain
A: among the five rates it has the best mean of "progressive" (14.3), and "copied head"
and "frozen copy" are within 0.2 of their best. Runs of size (8, 8, 32) are those of the
comparison at this rate, number for number.

Measured after training, on the robot:

    off            return in 128 episodes with each of the 8 subsets of the laterals
                   into the second convolution, the dense layer and the output at zero
    own output     the same, with the new column's own output weights at zero
    sensitivity    Λ of `observations/usage.py` for the three hidden layers of both
                   columns, in 32 episodes for each size of noise; none for a run
                   whose return is at most 2, because it never learnt
    capacity       return and number of parameters that learn, for the filters and
                   dense layers (2, 2, 8), (8, 8, 32) and (16, 32, 128), the first
                   column's own; adapters have 8 channels in all of them

Laterals that are zero are not trained again. So "off" says what the trained net relies
on, not what it could have done without. Nothing is selected on these episodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lecture_code.experiments.observations.progressive_nets.first_columns import COLUMNS
from lecture_code.experiments.observations.progressive_nets.learning import (
    Learning,
    environment,
    returns_in,
)
from lecture_code.experiments.observations.progressive_nets.methods import (
    NARROW,
    network_of,
)
from lecture_code.experiments.observations.progressive_nets.summary import DEAD
from lecture_code.experiments.observations.progressive_nets.weights import (
    load_first_column,
)
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.learning.actor_critic import ActorCriticSettings
from lecture_code.learning.columns import Column, number_of_parameters
from lecture_code.learning.episodes import with_parameters
from lecture_code.observations.progressive_nets import ProgressiveNet
from lecture_code.observations.usage import (
    NoiseSettings,
    sensitivity,
    without_laterals,
    without_own_output,
)

LATERALS = {"convolution": 1, "dense": 2, "output": 3}
"""Lateral, by what it goes into -> number of this layer."""
SUBSETS = tuple(
    subset for n in range(4) for subset in combinations(LATERALS, n)
)  # of the laterals that are off, from none to all
PLACES = tuple(product(range(2), range(1, 4)))  # column and hidden layer
PROBES = 3000  # with the seed: the generator of the images that measure activations


@dataclass(frozen=True)
class PartsSettings:
    """What is trained and measured.

    Args:
        domains: the robots.
        methods: whose parts are measured, at the size of the comparison.
        widths: sizes of the new column: filters of both convolutions, dense layer.
        resized: methods that are trained in all sizes.
        rate, entropy: of the actor-critic.
        seeds: of first columns and everything random.
        frames: control steps on a robot, over all episodes.
        episodes: that run side by side.
        tests: episodes of a test.
        noise_tests: episodes of a test with noise.
        bisections: of the size of the noise.
        stride: turns between two records.
    """

    domains: tuple[str, ...] = ("A", "B")
    methods: tuple[str, ...] = ("progressive", "copied head", "frozen copy")
    widths: tuple[tuple[int, int, int], ...] = ((2, 2, 8), (8, 8, 32), (16, 32, 128))
    resized: tuple[str, ...] = ("copied head", "frozen copy")
    rate: float = 1e-3
    entropy: float = 0.01
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    frames: int = 40_000
    episodes: int = 16
    tests: int = 128
    noise_tests: int = 32
    bisections: int = 5
    stride: int = 31


USUAL = (*NARROW.filters, NARROW.dense)
"""The size of the comparison."""


class PartsRun:
    """The training of one second column, and then the measurements, one in each step.

    Args:
        settings: of the experiment.
        domain, method: where and how it learns.
        widths: size of the new column.
        seed: of the first column and everything random.
    """

    def __init__(
        self,
        settings: PartsSettings,
        domain: str,
        method: str,
        widths: tuple[int, int, int],
        seed: int,
    ) -> None:
        self.settings = settings
        self.domain = domain
        self.method = method
        self.sizes = replace(NARROW, filters=widths[:2], dense=widths[2])
        self.seed = seed
        self.learning: Learning | None = None
        self.net: ProgressiveNet | None = None  # after training
        self.outcome: dict[str, Any] = {}
        self.to_measure: list[Any] = [""]  # a subset, "own output", or a place of noise
        if widths == USUAL:
            self.to_measure += [*SUBSETS[1:], "own output", *PLACES]

    @property
    def progress(self) -> float:
        """Share of the frames that have been used, and of what has been measured."""
        left = len(self.to_measure)
        if self.net is not None:
            return 0.8 + 0.2 * (1 - left / (1 + len(SUBSETS) + len(PLACES)))
        if self.learning is None:
            return 0.0 if left else 1.0
        return 0.8 * min(1.0, self.learning.frames / self.settings.frames)

    def advance(self) -> Record:
        """One stride; after the last stride, one measurement."""
        s = self.settings
        if self.net is not None:
            return self.measure(self.net)
        if self.learning is None:
            method = ActorCriticSettings(rate=s.rate, entropy=s.entropy)
            network = network_of(
                self.method, self.trained, COLUMNS.sizes, self.seed, self.sizes
            )
            self.outcome["parameters"] = number_of_parameters(network, learnt=True)
            self.learning = Learning(
                network, self.domain, method, s.episodes, self.seed
            )
        record = self.learning.stride(s.stride)
        if self.learning.frames >= s.frames:
            after = with_parameters(self.learning.network, self.learning.state.theta)
            assert isinstance(after, ProgressiveNet)
            self.net = after
            self.learning = None
        return record

    def trained(self) -> Column:
        """The first column of this run."""
        return load_first_column(self.seed)

    def measure(self, net: ProgressiveNet) -> Record:
        """The next measurement; after the last one the net is dropped."""
        what = self.to_measure.pop(0)
        value: float | None
        if not what:
            value = self.outcome["after"] = self.measured(net)
        elif what == "own output":
            value = self.outcome[what] = self.measured(without_own_output(net))
        elif what in SUBSETS:
            lesion = without_laterals(net, [LATERALS[name] for name in what])
            value = self.outcome[off(what)] = self.measured(lesion)
        else:
            value = self.outcome[noise(what)] = self.sensitivity(net, what)
        if not self.to_measure:
            self.net = None
        return {"value": np.nan if value is None else value}

    def measured(self, net: ProgressiveNet, episodes: int | None = None) -> float:
        """Mean return of a test, of 128 episodes unless told otherwise."""
        n = episodes or self.settings.tests
        return round(returns_in(self.domain, net, {}, n, self.seed), 3)

    def sensitivity(self, net: ProgressiveNet, place: tuple[int, int]) -> float | None:
        """Λ of a layer of a column; none for a net that never learnt."""
        s = self.settings
        if self.outcome["after"] <= DEAD:
            return None
        rng = np.random.default_rng([PROBES, self.seed])
        eye = environment(self.domain)
        images = eye.observe(eye.start(s.tests, rng, staggered=False), rng)
        value = sensitivity(
            net,
            *place,
            torch.from_numpy(images),
            lambda disturbed: self.measured(disturbed, s.noise_tests),
            NoiseSettings(bisections=s.bisections),
            self.seed,
        )
        return float(f"{value:.4g}")

    def result(self) -> Record:
        """All measurements."""
        return self.outcome


def off(subset: tuple[str, ...]) -> str:
    """Name of the return with these laterals at zero: "off convolution output"."""
    return " ".join(["off", *subset])


def noise(place: tuple[int, int]) -> str:
    """Name of the sensitivity of a column and layer, from 0 and 1: "noise 0 1"."""
    return f"noise {place[0]} {place[1]}"


def name_of(domain: str, method: str, widths: tuple[int, int, int]) -> str:
    """The name of a group: "B copied head 8 8 32"."""
    return f"{domain} {method} {widths[0]} {widths[1]} {widths[2]}"


def groups(
    settings: PartsSettings,
) -> dict[str, tuple[str, str, tuple[int, int, int]]]:
    """Name -> domain, method and size: all methods in the usual size, some in all."""
    chosen = product(settings.domains, settings.methods, settings.widths)
    return {
        name_of(*group): group
        for group in chosen
        if group[2] == USUAL or group[1] in settings.resized
    }


def runs(settings: PartsSettings) -> dict[str, PartsRun]:
    """One run for each group and seed."""
    return {
        f"{name}/{seed}": PartsRun(settings, *group, seed)
        for name, group in groups(settings).items()
        for seed in settings.seeds
    }


def summarise(
    settings: PartsSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Measurements of all seeds, by group; the number of parameters once."""
    curves: dict[str, Any] = {}
    for name in groups(settings):
        outcomes = [results[f"{name}/{seed}"] for seed in settings.seeds]
        entries = [entry for entry in outcomes[0] if entry != "parameters"]
        curves[name] = {entry: [run[entry] for run in outcomes] for entry in entries}
        curves[name]["parameters"] = outcomes[0]["parameters"]
    return curves, {}


PARTS = PartsSettings()
SMOKE = replace(
    PARTS,
    domains=("A",),
    seeds=(0,),
    widths=((2, 2, 8), USUAL),
    frames=5 * 40,
    episodes=4,
    tests=2,
    noise_tests=2,
    bisections=1,
    stride=2,
)

EXPERIMENTS = (Experiment("progressive_nets_parts", PARTS, SMOKE, runs, summarise),)
