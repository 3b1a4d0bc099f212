"""What every experiment of *Fine-tuning* begins with: the digits of a seed, and a
network that has learnt printed digits.

The digits, their split and the labels are those of the digits of *Progressive nets*
(`digit_learning.py`): the scans are split once, for all seeds, into tests, validation
scans, and scans from which labels are drawn. The printed digits that are not learnt
from are halved: one half for choices ("kept"), the other half for tests.

Read `tuning_digits`, then `source_network`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch

from lecture_code.data.digits import Digits
from lecture_code.experiments.observations.progressive_nets.digit_learning import (
    LABELS,
    DigitSettings,
    domains_of,
)
from lecture_code.observations.fine_tuning import (
    FineTuning,
    FineTuningSettings,
    fine_tune,
    initial_fine_tuning,
)
from lecture_code.observations.layered_network import (
    LabelledInputs,
    LayeredNetwork,
    five_layers,
    grey_inputs,
    share_of_right,
)

LAYERS, LESSONS, TUNING, FRESH = 1100, 1101, 1102, 1103  # generators, with the seed


@dataclass(frozen=True)
class SourceSettings:
    """The digits, and how the source is learnt.

    Args:
        printed: printed digits to learn from.
        checks: other printed digits, half for choices and half for tests.
        tests, validation: scans for tests, and for choices.
        batches, rate: of the source's training.
    """

    printed: int = 3000
    checks: int = 1000
    tests: int = 800
    validation: int = 400
    batches: int = 600
    rate: float = 1e-3


class TuningDigits(NamedTuple):
    """Print to learn from, for choices and for tests; scans with labels to draw, for
    choices and for tests.
    """

    printed: LabelledInputs
    kept: LabelledInputs
    printed_tests: LabelledInputs
    scans: Digits
    validation: LabelledInputs
    tests: LabelledInputs


def labelled_inputs(digits: Digits) -> LabelledInputs:
    """Digits as a network wants them."""
    return LabelledInputs(grey_inputs(digits.images), torch.from_numpy(digits.labels))


@lru_cache(maxsize=2)
def tuning_digits(settings: SourceSettings, seed: int) -> TuningDigits:
    """The digits of this seed; the split of the scans is the same for all seeds."""
    domains = domains_of(
        DigitSettings(
            printed=settings.printed,
            printed_tests=settings.checks,
            tests=settings.tests,
            validation=settings.validation,
        ),
        seed,
    )
    rows = np.arange(settings.checks)
    halves = np.array_split(rows, 2)
    kept, printed_tests = (domains.printed_tests.take(half) for half in halves)
    return TuningDigits(
        labelled_inputs(domains.printed),
        labelled_inputs(kept),
        labelled_inputs(printed_tests),
        domains.scans,
        labelled_inputs(domains.validation),
        labelled_inputs(domains.tests),
    )


def drawn_labels(settings: SourceSettings, n: int, seed: int) -> LabelledInputs:
    """n scans with labels, n/10 of each class; the same for all that is compared."""
    rng = np.random.default_rng([LABELS, seed, n])
    labelled, _ = tuning_digits(settings, seed).scans.split(n, rng)
    return labelled_inputs(labelled)


def quarter_turned(data: LabelledInputs, quarters: int) -> LabelledInputs:
    """The same images, turned by so many quarters: a camera that lies on its side."""
    if not quarters:
        return data
    inputs = torch.rot90(data.inputs, quarters, dims=(2, 3)).contiguous()
    return LabelledInputs(inputs, data.labels)


def turned_digits(digits: TuningDigits, quarters: int) -> TuningDigits:
    """The same digits, with the scans that are measured turned; print stays."""
    validation, tests = (
        quarter_turned(part, quarters) for part in (digits.validation, digits.tests)
    )
    return digits._replace(validation=validation, tests=tests)


def source_loss(settings: SourceSettings, seed: int, batches: int) -> float:
    """The mean loss of the source network over so many first batches."""
    return source_lessons(settings, seed, batches).loss


def source_lessons(settings: SourceSettings, seed: int, batches: int) -> FineTuning:
    """The source network after so many batches of printed digits."""
    network = five_layers(np.random.default_rng([LAYERS, seed]))
    state = initial_fine_tuning(network, np.random.default_rng([LESSONS, seed]))
    method = FineTuningSettings(rate=settings.rate)
    return fine_tune(state, tuning_digits(settings, seed).printed, method, batches)


@lru_cache(maxsize=2)
def source_network(settings: SourceSettings, seed: int) -> LayeredNetwork:
    """The network of this seed that has learnt printed digits; never changed."""
    return source_lessons(settings, seed, settings.batches).network


PARTS = {
    "validation": "validation",
    "target": "tests",
    "kept": "kept",
    "source": "printed_tests",
}
"""Name of an accuracy -> the digits that it is measured on."""


def source_record(
    network: LayeredNetwork, digits: TuningDigits, entries: Sequence[str] = tuple(PARTS)
) -> dict[str, float]:
    """Accuracies, with five digits.

    Args:
        network: to be measured.
        digits: of the seed.
        entries: of `PARTS`.
    """
    return {
        entry: round(share_of_right(network, getattr(digits, PARTS[entry])), 5)
        for entry in entries
    }


def gathered(
    results: Mapping[str, Mapping[str, Mapping[str, object]]],
    names: Sequence[str],
    seeds: Sequence[int],
) -> dict[str, dict[str, list[object]]]:
    """Entries of all seeds, by trial.

    Args:
        results: seed -> trial -> entry -> numbers.
        names: of the trials.
        seeds: in their order.
    """
    return {
        name: {
            entry: [results[str(seed)][name][entry] for seed in seeds]
            for entry in results[str(seeds[0])][name]
        }
        for name in names
    }
