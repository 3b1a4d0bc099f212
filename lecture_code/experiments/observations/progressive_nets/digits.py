"""The supervised twin on digits: a column learns printed digits, and a second column
scanned ones from few labels. A comparison takes seconds, so it runs live on the page.

The networks and the methods are those of the robots (`methods.py`): only "frozen copy"
is left out, and "as it is", the first column without any learning, is added. The logits
of the single action are the logits of the ten classes; the value is not used. All
learn by Adam on the cross-entropy.

Protocol of `progressive_nets_digits`, written after a pilot of seed 50 and before all
other seeds. A first column (16 and 32 filters, dense layer of 128) learns from 3 000
printed digits, 600 batches of 32, rate 0.001. Then every method learns from n = 10, 30,
100 and 300 labels, n/10 of each class: 100 batches of 32 (or of all n), at four rates
from 0.0003 to 0.01. The labels of a seed are the same for all methods. Five seeds.

The scans are split once, for all seeds: 800 for tests, 400 for validation, and 597 from
which labels are drawn. The rate of a method with n labels is the rate with the best
mean accuracy over all seeds on the *validation* scans. These are neither learnt from
nor reported on. So all methods use 400 labels more than n, for nothing but the rate; a
robot would have to earn them. The result holds all rates.

Measured are, after learning: the accuracy on the tests; the accuracy on 1 000 other
printed digits (the same fonts) of what classifies printed digits then; and the number
of parameters that may learn. "As it is" is the state before.

The pilot chose the number of batches and the rates. It also tried a rate of 0.03, which
was clearly worse for most methods; it was better than 0.01 only for the untrained
column with 300 labels, by 0.011.

Looked at afterwards: where the best rate is at the edge of the grid, the next rate is
less than 0.01 behind. With 300 labels, seed 0 and three times as many batches (rate
0.003) the copied head is 0.006 behind fine-tuning, after 0.014 in the result: part of
this distance is the length of the training.

How a trial goes is in `digit_learning.py`. Read `trials_of`, then `chosen_trials`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.observations.progressive_nets.digit_learning import (
    AS_IT_IS,
    DigitRecord,
    DigitSettings,
    DigitTrial,
    comparison,
    first_lessons,
)
from lecture_code.experiments.protocol import Experiment, Record

FIRST = 3
"""Number of records that hold the loss of the first column after one more batch each:
another machine computes the same."""


def trials_of(settings: DigitSettings) -> tuple[DigitTrial, ...]:
    """All trials: "as it is", then every method with every n at every rate."""
    grid = product(settings.labels, settings.methods, settings.rates)
    learning = [DigitTrial(method, n, rate) for n, method, rate in grid]
    return (DigitTrial(AS_IT_IS), *learning)


class DigitRun:
    """The comparison of one seed: some losses of the first column, then the trials."""

    def __init__(self, settings: DigitSettings, seed: int) -> None:
        self.settings = settings
        self.seed = seed
        self.losses = 0
        self.records: tuple[DigitRecord, ...] = ()

    @property
    def progress(self) -> float:
        """Share of the trials that are done."""
        return len(self.records) / len(trials_of(self.settings))

    def advance(self) -> Record:
        """One loss of the first column, or later one trial."""
        if self.losses < FIRST:
            self.losses += 1
            return {"loss": first_lessons(self.settings, self.seed, self.losses)[1]}
        rest = trials_of(self.settings)[len(self.records) :]
        record = next(comparison(self.settings, self.seed, rest))
        self.records = (*self.records, record)
        return {"loss": record.loss, "scans": record.scans}

    def result(self) -> Record:
        """The record of each trial, by its name."""
        return {record.trial.name: record for record in self.records}


def runs(settings: DigitSettings) -> dict[str, DigitRun]:
    """One run for each seed."""
    return {str(seed): DigitRun(settings, seed) for seed in settings.seeds}


def summarise(
    settings: DigitSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Accuracies of all seeds and number of parameters, by trial."""
    curves: dict[str, Any] = {}
    for trial in trials_of(settings):
        records = [results[str(seed)][trial.name] for seed in settings.seeds]
        curves[trial.name] = {
            entry: [round(getattr(record, entry), 5) for record in records]
            for entry in ("validation", "scans", "printed")
        }
        curves[trial.name]["learnt"] = records[0].learnt
    return curves, {}


def best_rate(
    curves: Mapping[str, Any], method: str, labels: int, rates: Sequence[float]
) -> float:
    """The rate with the best mean accuracy on the validation scans, the lowest of
    several.

    Args:
        curves: of the result.
        method: of `LEARNERS`.
        labels: n.
        rates: of the result's settings.
    """
    names = [DigitTrial(method, labels, rate).name for rate in rates]
    means = [float(np.mean(curves[name]["validation"])) for name in names]
    return rates[int(np.argmax(means))]


def chosen_trials(
    curves: Mapping[str, Any], settings: DigitSettings, labels: Sequence[int]
) -> tuple[DigitTrial, ...]:
    """ "As it is", and every method with each n at its best rate."""
    return (
        DigitTrial(AS_IT_IS),
        *(
            DigitTrial(method, n, best_rate(curves, method, n, settings.rates))
            for n, method in product(labels, settings.methods)
        ),
    )


DIGITS = DigitSettings()
SMOKE = DigitSettings(
    methods=("fine-tuning", "copied head"),
    labels=(10,),
    rates=(1e-3,),
    seeds=(0,),
    steps=2,
    first_steps=3,
    printed=40,
    printed_tests=20,
)

EXPERIMENTS = (Experiment("progressive_nets_digits", DIGITS, SMOKE, runs, summarise),)
