"""`fine_tuning_splits`: where a network is cut, after Yosinski et al. (2014).

Protocol, written after a pilot of seeds 50 and 51 and before all other seeds. In each
seed the ten classes of the scans are split at random into halves A and B. Base networks
of five layers learn A and B, 300 batches of 32, rate 0.003, from the scans that are
neither for tests nor for validation (about 300 of each half). Then the first n = 1 … 4
layers of a base network are put below fresh layers, and B is learnt from the same scans
for 200 batches:

    AnB, BnB        the n layers are frozen
    AnB⁺, BnB⁺      the n layers learn, too
    random nB       the n layers have never learnt anything, and are frozen: a control
    B               n = 0: all layers are fresh

Fresh layers and batches of a seed are the same for all curves. Every curve at every n
is tried at the rates 0.001, 0.003 and 0.01, and where the head alone learns also at
0.03 and 0.1; its rate is the best on the validation scans of B, in the mean over seeds.
Reported is the accuracy on the test scans of B, of about 400. Five seeds. The rates
0.03 and 0.1 were added after the first runs, whose best rate for n = 4 was 0.01.

Expected was: AnB falls with n. In the pilot it fell at n = 4 only, where the head alone
learns; there random layers were worse than those of A. A dip of BnB in the middle was
not seen, and is not expected of so small a network.

Looked at afterwards: AnB falls from n = 3 to n = 4, and there random layers are better
than those of A, by about 3 points. Their best rate, 0.1, stood at the edge. Protocol,
before this run: at n = 4 the curves with frozen layers also get 0.3 and 1, and these
trials join the others. Expected is: no choice moves by more than a point. It was so:
0.3 is now the best rate of random layers, by half a point on validation scans.

Read `split_trials`, then `learnt_from_cut`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from lecture_code.data.digits import CLASSES
from lecture_code.experiments.observations.fine_tuning.grid import SMALL_SOURCE
from lecture_code.experiments.observations.fine_tuning.source import (
    SourceSettings,
    gathered,
    labelled_inputs,
    tuning_digits,
)
from lecture_code.experiments.observations.fine_tuning.trials import FineTuningRun
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.observations.fine_tuning import (
    FineTuning,
    FineTuningSettings,
    fine_tune,
    initial_fine_tuning,
    split_network,
)
from lecture_code.observations.layered_network import (
    LabelledInputs,
    LayeredNetwork,
    five_layers,
    share_of_right,
)

HALVES, BASES, UPPER, BATCHES_OF_B = 1110, 1111, 1112, 1113  # generators, with the seed
HALF = CLASSES // 2
LAYER_COUNT = 5
BASE = "B"
CURVES = {
    "AnB": ("A", False),
    "AnB⁺": ("A", True),
    "BnB": ("B", False),
    "BnB⁺": ("B", True),
    "random nB": ("random", False),
}
"""Name of a curve -> whose layers are copied, and whether they learn, too."""


@dataclass(frozen=True)
class SplitSettings:
    """What is compared.

    Args:
        curves: of `CURVES`.
        cuts: numbers n of copied layers.
        rates: η.
        head_rates: further rates where the head alone learns.
        base_batches, base_rate: of the base networks.
        batches: of learning B.
        seeds: of everything but the split of the scans into parts.
        source: which scans are for tests and for validation; no print is learnt.
    """

    curves: tuple[str, ...] = tuple(CURVES)
    cuts: tuple[int, ...] = (1, 2, 3, 4)
    rates: tuple[float, ...] = (1e-3, 3e-3, 1e-2)
    head_rates: tuple[float, ...] = (3e-2, 1e-1, 3e-1, 1.0)
    base_batches: int = 300
    base_rate: float = 3e-3
    batches: int = 200
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    source: SourceSettings = field(
        default_factory=lambda: SourceSettings(printed=10, checks=10)
    )


@dataclass(frozen=True)
class SplitTrial:
    """One training of B: a curve, the number n of copied layers, and a rate."""

    curve: str
    cut: int
    rate: float

    @property
    def name(self) -> str:
        """Its name in the result: "AnB, n = 2, rate 0.003"."""
        return f"{self.curve}, n = {self.cut}, rate {self.rate:g}"


def split_trials(settings: SplitSettings) -> tuple[SplitTrial, ...]:
    """All trials: B from fresh layers, then every curve at every n, at every rate, and
    at last the further rates of the head alone.
    """
    base = [SplitTrial(BASE, 0, rate) for rate in settings.rates]
    grid = product(settings.curves, settings.cuts, settings.rates)
    frozen = [curve for curve in settings.curves if not CURVES[curve][1]]
    cuts = [cut for cut in settings.cuts if cut == LAYER_COUNT - 1]
    head = product(frozen, cuts, settings.head_rates)
    further = [*grid, *head]
    return (*base, *(SplitTrial(*entries) for entries in further))


class HalfOfClasses(NamedTuple):
    """The scans of five classes: to learn from, for choices, for tests."""

    scans: LabelledInputs
    validation: LabelledInputs
    tests: LabelledInputs


def in_half(data: LabelledInputs, classes: Sequence[int]) -> LabelledInputs:
    """The examples of these classes, with labels 0, 1, … in their order."""
    places = torch.full((CLASSES,), -1)
    places[list(classes)] = torch.arange(len(classes))
    labels = places[data.labels]
    chosen = labels >= 0
    return LabelledInputs(data.inputs[chosen], labels[chosen])


@lru_cache(maxsize=2)
def halves_of(settings: SplitSettings, seed: int) -> dict[str, HalfOfClasses]:
    """A and B of this seed."""
    digits = tuning_digits(settings.source, seed)
    order = np.random.default_rng([HALVES, seed]).permutation(CLASSES).tolist()
    parts = (labelled_inputs(digits.scans), digits.validation, digits.tests)
    return {
        name: HalfOfClasses(*(in_half(part, classes) for part in parts))
        for name, classes in (("A", order[:HALF]), ("B", order[HALF:]))
    }


def base_lessons(
    settings: SplitSettings, half: str, seed: int, batches: int
) -> FineTuning:
    """A network that has learnt A or B for so many batches; "random": nothing."""
    number = ("A", "B", "random").index(half)
    drawn = np.random.default_rng([BASES, seed, number])
    state = initial_fine_tuning(five_layers(drawn, classes=HALF), drawn)
    if half == "random":
        return state
    method = FineTuningSettings(rate=settings.base_rate)
    return fine_tune(state, halves_of(settings, seed)[half].scans, method, batches)


@lru_cache(maxsize=6)
def base_network(settings: SplitSettings, half: str, seed: int) -> LayeredNetwork:
    """The base network of A or of B, or one that has learnt nothing; never changed."""
    return base_lessons(settings, half, seed, settings.base_batches).network


def learnt_from_cut(
    trial: SplitTrial, settings: SplitSettings, seed: int
) -> dict[str, float]:
    """The accuracies on B after a trial."""
    half = halves_of(settings, seed)["B"]
    donor, learns = CURVES.get(trial.curve, ("random", True))
    upper = np.random.default_rng([UPPER, seed])
    start = split_network(base_network(settings, donor, seed), trial.cut, upper)
    layers = LAYER_COUNT if learns else LAYER_COUNT - trial.cut
    rng = np.random.default_rng([BATCHES_OF_B, seed])
    method = FineTuningSettings(layers=layers, rate=trial.rate)
    state = initial_fine_tuning(start, rng)
    network = fine_tune(state, half.scans, method, settings.batches).network
    return {
        "validation": round(share_of_right(network, half.validation), 5),
        "target": round(share_of_right(network, half.tests), 5),
    }


def base_loss(settings: SplitSettings, seed: int, batches: int) -> float:
    """The mean loss of the base network of A over so many first batches."""
    return base_lessons(settings, "A", seed, batches).loss


def runs(settings: SplitSettings) -> dict[str, FineTuningRun]:
    """One run for each seed."""
    return {
        str(seed): FineTuningRun(
            {
                trial.name: partial(learnt_from_cut, trial, settings, seed)
                for trial in split_trials(settings)
            },
            partial(base_loss, settings, seed),
        )
        for seed in settings.seeds
    }


def summarise(
    settings: SplitSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Accuracies of all seeds, by trial."""
    names = [trial.name for trial in split_trials(settings)]
    return gathered(results, names, settings.seeds), {}


def best_split(
    curves: Mapping[str, Any], settings: SplitSettings, curve: str, cut: int
) -> SplitTrial:
    """The trial of a curve at n with the best mean accuracy on the validation scans,
    the first of several.

    Args:
        curves: of the result.
        settings: of the comparison.
        curve: of `CURVES`, or "B".
        cut: n.
    """
    trials = [t for t in split_trials(settings) if (t.curve, t.cut) == (curve, cut)]
    return max(trials, key=lambda t: float(np.mean(curves[t.name]["validation"])))


SPLITS = SplitSettings()
SMOKE = SplitSettings(
    curves=("AnB", "random nB"),
    cuts=(1, 4),
    rates=(1e-3,),
    head_rates=(1e-2,),
    base_batches=2,
    batches=2,
    seeds=(0,),
    source=SMALL_SOURCE,
)

EXPERIMENTS = (Experiment("fine_tuning_splits", SPLITS, SMOKE, runs, summarise),)
