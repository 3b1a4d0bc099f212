"""`fine_tuning_cures`: what makes a network forget less, at the same accuracy on the
target? `fine_tuning_cures_turned`: the same, where the scans are turned by 90°.

Protocol. The source network of a seed (`source.py`) is fine-tuned, all five layers,
with 100 labelled scans for 200 batches of 32: the labels and batches of "all" in
`grid.py`. A penalty holds it back: L2-SP, EWC or rehearsal, each with four weights λ, a
factor of 3 or 10 apart. Every weight is tried at every rate, and so is "no penalty"
(λ = 0): a lower rate is a cure of its own. F comes from all 3,000 printed digits with
one drawn label each; rehearsal draws 32 of these digits a batch. Five seeds.

"At the same accuracy": of a method's trials those are allowed whose mean accuracy over
the seeds on the *validation* scans is at most 1 point below that of "no penalty" at its
best rate. Among them the trial is chosen that has the best mean accuracy on 500 printed
digits for choices ("kept"). "No penalty" is chosen by the same rule. The forgetting F
is then reported on 500 other printed digits, and the accuracy on the 800 test scans.
The result holds all trials: they are the curve of the two accuracies over λ.

An earlier run had the rates 0.001 and 0.003 only, and "no penalty" always had its best
rate on scans. There L2-SP and EWC forgot less; "no penalty" at a rate between the two
forgets as little. So this run has five rates for all. (It began anew with 0.005 when in
two seeds the best rate was the highest.) Expected is: rehearsal forgets least, and
L2-SP and EWC do not differ clearly from a lower rate.

`fine_tuning_cures_rates`: a reader allowed 1.5 and 2 points behind, upright. Then L2-SP
forgot 1 to 2 points less, but "no penalty" stood at 0.001, the lowest rate that it had.
Protocol, before this run: "no penalty" alone at three rates below 0.001 and one above.
They join the trials from which "no penalty" is chosen, so it has nine rates, and a
penalty five with each λ. The rule stays one point; 1.5 and 2 points are reported beside
it. Five seeds. Expected is: the lower rate moves below 0.001 where 1.5 or 2 points are
allowed, and the lead of L2-SP shrinks to less than a point, as a line from 0.001 to the
rate 0.0003 of the grid tells.

The suspected cause is that scans are near to print: a small step is enough to read
them, and every cure is a way to make the step small. So `fine_tuning_cures_turned`
takes this cause away: the scans are turned by a quarter, and the network must change
much. The rates are lower: in a pilot of seed 50 the best were 0.001 and 0.002, and
L2-SP and EWC lost up to 5 points less than a rate of 0.001. Expected is: rehearsal
forgets least by far, and L2-SP and EWC forget a little less than a lower rate.

`fine_tuning_cures_turned_rates`: in the turned run, "no penalty" at 0.001 was a little
more than a point behind, and at 0.002 it forgot 14 points more. Protocol, before this
run: "no penalty" alone at three rates between them, which join as above. Expected is:
the lead of the penalties shrinks to about 5 points, as a line between the rates tells.

`fine_tuning_cures_turned_high`: the choices of the three penalties stood at the highest
rate of the turned run, 0.002. Protocol, before this run: all methods at 0.003 and
0.005, with four weights one step higher: a higher rate needs a larger λ. All trials are
joined. Expected is: "no penalty" keeps its choice, a penalty gains at most 2 points of
print by the higher rates, and no new claim follows.

Looked at afterwards, upright: rehearsal forgets nothing. "No penalty" at the best rate
on scans, 0.002, forgets 2.2 points more than at 0.0015. L2-SP and EWC save less than a
point beyond that, are alike, and have the smallest λ; rehearsal has the highest rate.
With the further rates and 2 points behind, the lead of L2-SP shrinks from 1.9 to 0.2.
With 1.5 points it stays 1.2: 0.00085 is a tenth of a point too far behind. Turned: with
three rates the penalties seemed to save 12 points, with six 2, and with all none; no
choice stands at an edge. If a method may be 2 points behind, EWC forgets 2 points less.

Read `trials_among`, then `matched`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.observations.fine_tuning.grid import SMALL_SOURCE
from lecture_code.experiments.observations.fine_tuning.source import (
    SourceSettings,
    gathered,
    source_loss,
    source_network,
    source_record,
    tuning_digits,
    turned_digits,
)
from lecture_code.experiments.observations.fine_tuning.trials import (
    FineTuningRun,
    measured_at_times,
)
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.observations.fine_tuning import (
    FineTuningSettings,
    Penalty,
    no_penalty,
)
from lecture_code.observations.penalties import (
    EWC,
    L2SP,
    Rehearsal,
    copied_parameters,
    fisher_diagonal,
)

DRAWN = 1104  # generator of the labels that F is made of, with the seed
BEFORE = "before"
FREE = "all"
POINT = 0.01  # of accuracy on the target, by which a method may be behind


@dataclass(frozen=True)
class CureSettings:
    """What is compared.

    Args:
        strengths: penalty -> its weights λ.
        rates: η.
        quarters: turns of the scans by 90°.
        labels: n.
        batches: of the fine-tuning.
        seeds: of everything but the split of the scans.
        source: the digits, and how the source is learnt.
    """

    strengths: Mapping[str, tuple[float, ...]] = field(
        default_factory=lambda: {
            FREE: (0.0,),
            "L2-SP": (1e-3, 3e-3, 1e-2, 3e-2),
            "EWC": (1.0, 3.0, 1e1, 3e1),
            "rehearsal": (1e-2, 3e-2, 1e-1, 3e-1),
        }
    )
    rates: tuple[float, ...] = (1e-3, 1.5e-3, 2e-3, 3e-3, 5e-3)
    quarters: int = 0
    labels: int = 100
    batches: int = 200
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    source: SourceSettings = field(default_factory=SourceSettings)


@dataclass(frozen=True)
class CureTrial:
    """One fine-tuning: a penalty, its weight λ and a rate."""

    penalty: str
    strength: float
    rate: float

    @property
    def name(self) -> str:
        """Its name in the result: "EWC, λ = 10, rate 0.001"."""
        return f"{self.penalty}, λ = {self.strength:g}, rate {self.rate:g}"


def trials_among(settings: CureSettings) -> tuple[CureTrial, ...]:
    """All trials: each penalty with each of its weights at each rate."""
    return tuple(
        CureTrial(penalty, strength, rate)
        for penalty, strengths in settings.strengths.items()
        for strength, rate in product(strengths, settings.rates)
    )


@lru_cache(maxsize=2)
def penalties_against(source: SourceSettings, seed: int) -> dict[str, Penalty]:
    """What holds the source network of this seed back, by name."""
    network = source_network(source, seed)
    printed = tuning_digits(source, seed).printed
    start = copied_parameters(network)
    F = fisher_diagonal(network, printed.inputs, np.random.default_rng([DRAWN, seed]))
    return {
        FREE: no_penalty,
        "L2-SP": L2SP(start),
        "EWC": EWC(start, F),
        "rehearsal": Rehearsal(printed),
    }


def cured(trial: CureTrial, settings: CureSettings, seed: int) -> dict[str, float]:
    """The accuracies after a trial."""
    found = measured_at_times(
        source_network(settings.source, seed),
        FineTuningSettings(rate=trial.rate, strength=trial.strength),
        settings.source,
        seed,
        settings.labels,
        (settings.batches,),
        penalty=penalties_against(settings.source, seed)[trial.penalty],
        quarters=settings.quarters,
    )
    return {entry: values[-1] for entry, values in found.items()}


def accuracies_before(settings: CureSettings, seed: int) -> dict[str, float]:
    """The accuracies of the source network."""
    digits = turned_digits(tuning_digits(settings.source, seed), settings.quarters)
    return source_record(source_network(settings.source, seed), digits)


def runs(settings: CureSettings) -> dict[str, FineTuningRun]:
    """One run for each seed; its first trial is the state before."""
    return {
        str(seed): FineTuningRun(
            {
                BEFORE: partial(accuracies_before, settings, seed),
                **{
                    trial.name: partial(cured, trial, settings, seed)
                    for trial in trials_among(settings)
                },
            },
            partial(source_loss, settings.source, seed),
        )
        for seed in settings.seeds
    }


def summarise(
    settings: CureSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Accuracies of all seeds, by trial."""
    names = [BEFORE, *(trial.name for trial in trials_among(settings))]
    return gathered(results, names, settings.seeds), {}


def best_on_scans(curves: Mapping[str, Any], *settings: CureSettings) -> CureTrial:
    """The trial without a penalty that reads the validation scans best.

    Args:
        curves: of the result, or of several results.
        settings: of each of these results.
    """
    trials = [trial for one in settings for trial in trials_among(one)]
    free = [trial for trial in trials if trial.penalty == FREE]
    return max(free, key=lambda trial: mean_of(curves, trial, "validation"))


def mean_of(curves: Mapping[str, Any], trial: CureTrial, entry: str) -> float:
    """An accuracy of a trial, mean over the seeds."""
    return float(np.mean(curves[trial.name][entry]))


def matched(
    curves: Mapping[str, Any], *settings: CureSettings, behind: float = POINT
) -> dict[str, CureTrial]:
    """For each method the trial that is compared at the same accuracy, see the
    protocol; a penalty without an allowed trial is left out.

    Args:
        curves: of the result, or of several results.
        settings: of each of these results.
        behind: by how much accuracy on the target a method may be behind.
    """
    best = best_on_scans(curves, *settings)
    trials = [trial for one in settings for trial in trials_among(one)]
    least = mean_of(curves, best, "validation") - behind
    chosen = {}
    for penalty in dict.fromkeys(trial.penalty for trial in trials):
        allowed = [
            trial
            for trial in trials
            if trial.penalty == penalty
            and mean_of(curves, trial, "validation") >= least
        ]
        if allowed:
            chosen[penalty] = max(allowed, key=lambda t: mean_of(curves, t, "kept"))
    return chosen


CURES = CureSettings()
CURES_RATES = CureSettings({FREE: (0.0,)}, rates=(5e-4, 7e-4, 8.5e-4, 1.25e-3))
TURNED_CURES = CureSettings(rates=(7e-4, 1e-3, 2e-3), quarters=1)
TURNED_RATES = CureSettings({FREE: (0.0,)}, rates=(1.2e-3, 1.4e-3, 1.7e-3), quarters=1)
TURNED_HIGH = CureSettings(
    {
        FREE: (0.0,),
        "L2-SP": (3e-3, 1e-2, 3e-2, 1e-1),
        "EWC": (3.0, 1e1, 3e1, 1e2),
        "rehearsal": (3e-2, 1e-1, 3e-1, 1.0),
    },
    rates=(3e-3, 5e-3),
    quarters=1,
)
SMOKE = CureSettings(
    {FREE: (0.0,), "EWC": (1.0,), "rehearsal": (1.0,)},
    rates=(1e-3,),
    labels=10,
    batches=2,
    seeds=(0,),
    source=SMALL_SOURCE,
)

SMOKE_TURNED = replace(SMOKE, quarters=1)

EXPERIMENTS = (
    Experiment("fine_tuning_cures", CURES, SMOKE, runs, summarise),
    Experiment("fine_tuning_cures_rates", CURES_RATES, SMOKE, runs, summarise),
    Experiment("fine_tuning_cures_turned", TURNED_CURES, SMOKE_TURNED, runs, summarise),
    Experiment(
        "fine_tuning_cures_turned_rates", TURNED_RATES, SMOKE_TURNED, runs, summarise
    ),
    Experiment(
        "fine_tuning_cures_turned_high", TURNED_HIGH, SMOKE_TURNED, runs, summarise
    ),
)
