"""`fine_tuning`: how many layers, for how long, and with how many labels?

Protocol, written after a pilot of seed 50 and before all other seeds. A network of five
layers learns from 3,000 printed digits, 600 batches of 32, rate 0.001. Then it is
fine-tuned with n = 10, 30, 100 and 300 labelled scans, n/10 of each class, for 200
batches of 32 (or of all n). The ways are those of `MENU`: the last k = 1 … 5 layers
(1 is the linear probe, 5 is all), discriminative rates (ρ = 1/2.6), gradual unfreezing
(one more layer every 40 batches), and "probe, then all" (100 batches of the probe at
rate 0.01 first). "Scratch" is the same network with fresh weights. The labels of a seed
are the same for all ways. Five seeds. The head keeps its ten classes: source and target
are the same task, and only the look of the digits changes.

Every way with every n is tried at four rates: 0.0003 to 0.01, or 0.001 to 0.03 for the
probe, "discriminative" and "scratch", whose best rates were higher in the pilot. (After
the first runs 0.1 was added for the probe, 0.0003 for scratch, and 0.0001 and 0.03 for
"probe, then all", where the best rate was at an edge.) Its rate is the rate with the
best mean accuracy over all seeds, after the last batch, on 400 *validation* scans.
These are neither learnt from nor reported on. The result holds all rates, so that ways
can also be compared at one common rate.

Measured are, after 0, 5, 20, 50, 100 and 200 batches: the accuracy on 800 test scans
("target"), and on 500 printed digits that nothing has learnt from ("source").

Expected were, before the runs: with n ≤ 30 the probe or the last two layers are not
behind all layers; with n ≥ 300 all layers are not behind the probe; the accuracy on the
source falls with k and with the number of batches. The pilot (300 batches) agreed with
the first two. It did not agree with "falls with k": at one rate the source fell from
k = 1 to k = 2, and not further; at the best rates the probe, whose best rate is ten
times higher, forgot more than all layers.

Looked at afterwards. With n = 10 and 30 the last two layers are as good as all (paired
difference 0.8 ± 0.8 and −0.4 ± 0.9 points). The probe is equal with n = 10, and behind
by 4.4 ± 1.6 points with n = 30. With n = 300 all layers are ahead of the probe by
6.1 ± 1.0 points, and ahead of scratch by 0.9 ± 0.4. Part of this gap is time: see
`further.py` for a longer training, and for a probe that has converged. Where a best
rate is at an edge of its grid, the next rate is less than 1 point behind.

The accuracy on the source falls with the batches, mostly in the first 50. It does not
fall with k. At one rate (0.001) it falls from k = 1 to k = 2 and stays there; at the
best rates the probe forgets as much as all layers, or more. The cause is the rate: the
probe needs ten times the rate, and at 0.001 it keeps 95 % of the source (n = 100). The
head is shared by source and target, so that a probe, too, changes the answers to print.

Read `trials_in`, then `tuned_at_times`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.observations.fine_tuning.source import (
    FRESH,
    SourceSettings,
    gathered,
    source_loss,
    source_network,
)
from lecture_code.experiments.observations.fine_tuning.trials import (
    FineTuningRun,
    measured_at_times,
)
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.observations.fine_tuning import (
    MENU,
    renewed,
)

ENTRIES = ("validation", "target", "source")  # accuracies in the result
SCRATCH = "scratch"
WAYS = (SCRATCH, *MENU)
LOW = (3e-4, 1e-3, 3e-3, 1e-2)
HIGH = (1e-3, 3e-3, 1e-2, 3e-2)
ALL_RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
RATES = {
    SCRATCH: ALL_RATES,
    "linear probe": (*HIGH, 1e-1),
    "discriminative": HIGH,
    "probe, then all": (1e-4, *ALL_RATES),
}
"""Name of a way -> its rates, where they are not `LOW`."""


@dataclass(frozen=True)
class GridSettings:
    """What is compared.

    Args:
        rates: way, of `WAYS` -> the rates η at which it is tried.
        labels: numbers n of labelled scans.
        times: numbers of batches after which is measured; the last is the end.
        seeds: of everything but the split of the scans.
        source: the digits, and how the source is learnt.
    """

    rates: Mapping[str, tuple[float, ...]] = field(
        default_factory=lambda: {way: RATES.get(way, LOW) for way in WAYS}
    )
    labels: tuple[int, ...] = (10, 30, 100, 300)
    times: tuple[int, ...] = (0, 5, 20, 50, 100, 200)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    source: SourceSettings = field(default_factory=SourceSettings)


@dataclass(frozen=True)
class GridTrial:
    """One fine-tuning: a way, n labels and a rate."""

    way: str
    labels: int
    rate: float

    @property
    def name(self) -> str:
        """Its name in the result: "last 2, n = 30, rate 0.001"."""
        return f"{self.way}, n = {self.labels}, rate {self.rate:g}"


def trials_in(settings: GridSettings) -> tuple[GridTrial, ...]:
    """All trials: every way with every n at every rate."""
    return tuple(
        GridTrial(way, n, rate)
        for n, (way, rates) in product(settings.labels, settings.rates.items())
        for rate in rates
    )


def tuned_at_times(
    trial: GridTrial, settings: GridSettings, seed: int, quarters: int = 0
) -> dict[str, list[float]]:
    """What a trial brings: each accuracy after each number of batches.

    Args:
        trial: a way, n and a rate.
        settings: of the comparison.
        seed: of everything.
        quarters: turns of the scans by 90°.
    """
    start = source_network(settings.source, seed)
    if trial.way == SCRATCH:
        start = renewed(start, np.random.default_rng([FRESH, seed]))
    method = replace(MENU.get(trial.way, MENU["all"]), rate=trial.rate)
    found = measured_at_times(
        start,
        method,
        settings.source,
        seed,
        trial.labels,
        settings.times,
        quarters=quarters,
    )
    return {entry: found[entry] for entry in ENTRIES}


def runs(settings: GridSettings, quarters: int = 0) -> dict[str, FineTuningRun]:
    """One run for each seed.

    Args:
        settings: of the comparison.
        quarters: turns of the scans by 90°.
    """
    return {
        str(seed): FineTuningRun(
            {
                trial.name: partial(tuned_at_times, trial, settings, seed, quarters)
                for trial in trials_in(settings)
            },
            partial(source_loss, settings.source, seed),
        )
        for seed in settings.seeds
    }


def summarise(
    settings: GridSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Accuracies of all seeds and times, by trial."""
    names = [trial.name for trial in trials_in(settings)]
    return gathered(results, names, settings.seeds), {}


def tuned_rate(
    curves: Mapping[str, Any], way: str, labels: int, rates: Sequence[float]
) -> float:
    """The rate with the best mean accuracy on the validation scans after the last
    batch, the lowest of several.

    Args:
        curves: of the result.
        way: of `WAYS`.
        labels: n.
        rates: of this way, in the result's settings.
    """
    names = [GridTrial(way, labels, rate).name for rate in rates]
    ends = [np.mean(np.asarray(curves[name]["validation"])[:, -1]) for name in names]
    return rates[int(np.argmax(ends))]


GRID = GridSettings()
SMALL_SOURCE = SourceSettings(printed=40, checks=20, batches=3)
SMOKE = GridSettings(
    {SCRATCH: (1e-3,), "last 2": (1e-3,)},
    labels=(10,),
    times=(0, 2),
    seeds=(0,),
    source=SMALL_SOURCE,
)

EXPERIMENTS = (Experiment("fine_tuning", GRID, SMOKE, runs, summarise),)
