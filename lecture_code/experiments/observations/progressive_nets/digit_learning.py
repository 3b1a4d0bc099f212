"""How networks learn digits, in the supervised twin of *Progressive nets*: from
settings and a seed to the records of trials.

`comparison` is the one loop of the experiment (`digits.py`, with the protocol) and of
the live cell on the page. A trial is a method with n labels at a rate. For each it

     1  makes the network of the method, from the first column
     2  draws n scans, n/10 of each class, the same for all methods
     3  lets the network learn them
     4  measures it on scans, and on printed digits what is left for them

The first column of a seed is trained once in a process, and never changed afterwards.

Read `comparison`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from lecture_code.data.digits import (
    CLASSES,
    SIZE,
    Digits,
    printed_digits,
    scanned_digits,
)
from lecture_code.experiments.observations.progressive_nets.methods import (
    METHODS,
    network_of,
    source_policy,
)
from lecture_code.learning.columns import Column, ColumnSizes, number_of_parameters
from lecture_code.learning.episodes import with_parameters

AS_IT_IS = "as it is"
LEARNERS = tuple(method for method in METHODS if method != "frozen copy")
SIZES = ColumnSizes(image=(SIZE, SIZE), parts=1, choices=CLASSES)
SPLIT, PRINTED, LABELS, BATCHES = 1000, 1001, 1002, 1003  # generators, with the seed


@dataclass(frozen=True)
class DigitSettings:
    """What is compared.

    Args:
        methods: of `LEARNERS`.
        labels: numbers n of labelled scans.
        rates: of Adam.
        seeds: of everything but the split of the scans.
        steps, batch: batches of a training, and labels in each.
        first_steps, first_rate: of the first column's training.
        printed, printed_tests: printed digits to learn from, and to test on.
        tests, validation: scans for tests, and for the choice of a rate.
    """

    methods: tuple[str, ...] = LEARNERS
    labels: tuple[int, ...] = (10, 30, 100, 300)
    rates: tuple[float, ...] = (3e-4, 1e-3, 3e-3, 1e-2)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    steps: int = 100
    batch: int = 32
    first_steps: int = 600
    first_rate: float = 1e-3
    printed: int = 3000
    printed_tests: int = 1000
    tests: int = 800
    validation: int = 400


@dataclass(frozen=True)
class DigitTrial:
    """One training on scans: the method, n and the rate; 0 for both "as it is"."""

    method: str
    labels: int = 0
    rate: float = 0.0

    @property
    def name(self) -> str:
        """Its name in the result: "fine-tuning 30 0.001"."""
        if self.method == AS_IT_IS:
            return self.method
        return f"{self.method} {self.labels} {self.rate:g}"


@dataclass(frozen=True)
class DigitRecord:
    """What a trial has brought.

    Args:
        trial: method, n and rate.
        loss: cross-entropy of the last batch; 0 without training.
        validation, scans, printed: shares of right answers, see the protocol.
        learnt: number of parameters that may learn.
    """

    trial: DigitTrial
    loss: float
    validation: float
    scans: float
    printed: float
    learnt: int


class DigitDomains(NamedTuple):
    """The digits of a seed: printed ones in two parts, scans in three."""

    printed: Digits
    printed_tests: Digits
    scans: Digits
    validation: Digits
    tests: Digits


@lru_cache(maxsize=2)
def domains_of(settings: DigitSettings, seed: int) -> DigitDomains:
    """The digits of this seed; the split of the scans is the same for all seeds."""
    rng = np.random.default_rng([PRINTED, seed])
    printed = printed_digits(settings.printed, rng)
    printed_tests = printed_digits(settings.printed_tests, rng)
    rng = np.random.default_rng(SPLIT)
    others, tests = scanned_digits(rng, tests=settings.tests)
    validation, scans = others.split(settings.validation, rng)
    return DigitDomains(printed, printed_tests, scans, validation, tests)


@lru_cache(maxsize=2)
def first_column(settings: DigitSettings, seed: int) -> Column:
    """The column of this seed that has learnt printed digits; never changed."""
    column, _ = first_lessons(settings, seed, settings.first_steps)
    return column


def first_lessons(
    settings: DigitSettings, seed: int, steps: int
) -> tuple[Column, float]:
    """The first column after so many batches of printed digits, and its last loss."""
    untrained = Column(SIZES, np.random.default_rng(seed))
    column, loss = taught(
        untrained,
        domains_of(settings, seed).printed,
        settings.first_rate,
        steps,
        settings.batch,
        np.random.default_rng([BATCHES, seed]),
    )
    assert isinstance(column, Column)
    return column, loss


def taught(
    network: nn.Module,
    digits: Digits,
    rate: float,
    steps: int,
    batch: int,
    rng: np.random.Generator,
) -> tuple[nn.Module, float]:
    """A copy of the network that has learnt these digits, and the loss of the last
    batch.

    Args:
        network: images -> `Decision`; what is frozen stays as it is.
        digits: to learn from.
        rate: of Adam.
        steps: number of batches.
        batch: digits in a batch, none of them twice; all if there are fewer.
        rng: draws the batches.
    """
    pupil = with_parameters(network, {})
    learnt = [part for part in pupil.parameters() if part.requires_grad]
    optimiser = torch.optim.Adam(learnt, lr=rate, fused=True)
    images = torch.from_numpy(digits.images)
    labels = torch.from_numpy(digits.labels)
    for _ in range(steps):
        rows = rng.permutation(len(digits))[:batch]
        loss = cross_entropy(logits_of(pupil, images[rows]), labels[rows])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return pupil, loss.item()


def logits_of(network: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """Logits of the classes, (N, 10), for images (N, H, W, 3)."""
    logits: torch.Tensor = network(images, torch.zeros(len(images), 0)).logits
    return logits[:, 0]


def accuracy(network: nn.Module, digits: Digits) -> float:
    """Share of the digits that the network names rightly."""
    with torch.no_grad():
        chosen = logits_of(network, torch.from_numpy(digits.images)).argmax(1)
    return float((chosen.numpy() == digits.labels).mean())


def comparison(
    settings: DigitSettings, seed: int, trials: Sequence[DigitTrial]
) -> Iterator[DigitRecord]:
    """What each of these trials brings, one after the other.

    Args:
        settings: of the comparison.
        seed: of the first column, the labels and the batches.
        trials: of `trials_of` or of `chosen_trials`.
    """
    column = first_column(settings, seed)
    domains = domains_of(settings, seed)
    for trial in trials:
        network: nn.Module = column
        loss = 0.0
        learnt = 0
        if trial.method != AS_IT_IS:
            start = network_of(trial.method, lambda: column, SIZES, seed)
            learnt = number_of_parameters(start, learnt=True)
            rng = np.random.default_rng([LABELS, seed, trial.labels])
            labelled, _ = domains.scans.split(trial.labels, rng)
            network, loss = taught(
                start, labelled, trial.rate, settings.steps, settings.batch, rng
            )
        source = source_policy(network, {})
        yield DigitRecord(
            trial,
            loss,
            accuracy(network, domains.validation),
            accuracy(network, domains.tests),
            accuracy(source, domains.printed_tests),
            learnt,
        )
