"""What is compared on digits in *Domain confusion*, and the digits of a seed.

The protocol is in `digits.py`. Read `DigitArm`, then `digit_data`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lecture_code.data.digits import Digits, printed_digits, scanned_digits
from lecture_code.experiments.observations.domain_confusion.arms import IMAGES
from lecture_code.observations.domain_confusion import AlignmentSettings

Ints = NDArray[np.int64]
SPLIT = 1000  # generator of the split into tests and others: the same for all seeds
TARGET = 5  # generator of a shifted target, with the seed
TWO_CLASSES = (3, 8)  # of arms with a share
SHARES = (0.5, 0.7, 0.9)


@dataclass(frozen=True)
class DigitArm:
    """What is trained.

    Args:
        confusion: λ.
        pairs: ν.
        choice: of pairs, "mined" or "random".
        labelled: the oracle: it learns from the scans with their labels alone.
        share: of the second one of `TWO_CLASSES` among the scans; None for all digits.
    """

    confusion: float = 0.1
    pairs: float = 0.0
    choice: str = "mined"
    labelled: bool = False
    share: float | None = None


ARMS = {
    "synthetic only": DigitArm(confusion=0.0),
    "confusion alone": DigitArm(),
    "random pairs": DigitArm(pairs=0.1, choice="random"),
    "weak pairs, ν = 0.01": DigitArm(pairs=0.01),
    "weak pairs, ν = 0.1": DigitArm(pairs=0.1),
    "weak pairs, ν = 1": DigitArm(pairs=1.0),
    "weak pairs alone": DigitArm(confusion=0.0, pairs=0.1),
    "oracle": DigitArm(confusion=0.0, labelled=True),
}
"""All ten digits."""


def shifted(share: float, confusion: float) -> str:
    """The name of an arm with a share s: "share 0.9, λ = 1"."""
    return f"share {share:g}, λ = {confusion:g}"


SHIFTED = {
    shifted(share, lam): DigitArm(confusion=lam, share=share)
    for share in SHARES
    for lam in (0.0, 1.0)
}
"""Two classes, whose shares among the scans are others than in print."""


@dataclass(frozen=True)
class DigitSettings:
    """A comparison of arms.

    Args:
        arms: what is trained, by name.
        seeds: of digits, networks and batches.
        method: how long is trained; λ and ν are those of the arm.
        shift: the same of arms with a share.
        printed, checks: printed digits to learn from, and for checks.
        tests: scans for tests.
        shifted_scans: number of unlabelled scans of an arm with a share.
    """

    arms: Mapping[str, DigitArm] = field(default_factory=lambda: ARMS | SHIFTED)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    method: AlignmentSettings = field(
        default_factory=lambda: AlignmentSettings(
            first=200, second=400, batch=64, rate=1e-3
        )
    )
    shift: AlignmentSettings = field(
        default_factory=lambda: AlignmentSettings(
            first=300, second=0, batch=32, rate=1e-3
        )
    )
    printed: int = 4000
    checks: int = 1000
    tests: int = 800
    shifted_scans: int = 100


class DigitData(NamedTuple):
    """Print to learn from and for checks; scans to learn from and for tests."""

    printed: Digits
    checks: Digits
    scans: Digits
    tests: Digits


@lru_cache(maxsize=2)
def digit_data(printed: int, checks: int, tests: int, seed: int) -> DigitData:
    """The digits of this seed; the tests are the same for all seeds."""
    rng = np.random.default_rng([IMAGES, seed])
    scans, tested = scanned_digits(np.random.default_rng(SPLIT), tests=tests)
    return DigitData(
        printed_digits(printed, rng), printed_digits(checks, rng), scans, tested
    )


@lru_cache(maxsize=2)
def two_classes(
    printed: int, checks: int, tests: int, n: int, share: float, seed: int
) -> DigitData:
    """The digits of `TWO_CLASSES`; of n scans the second class has this share."""
    parts = [
        part.take(np.flatnonzero(np.isin(part.labels, TWO_CLASSES)))
        for part in digit_data(printed, checks, tests, seed)
    ]
    rng = np.random.default_rng([TARGET, seed])
    labels = parts[2].labels
    first, second = (rng.permutation(np.flatnonzero(labels == d)) for d in TWO_CLASSES)
    k = round(n * share)
    if len(first) < n - k or len(second) < k:
        raise ValueError(
            f"a share of {share:g} of {n} scans needs {n - k} and {k} of the classes "
            f"{TWO_CLASSES}; there are {len(first)} and {len(second)}"
        )
    parts[2] = parts[2].take(np.concatenate([first[: n - k], second[:k]]))
    return DigitData(*parts)


def accuracy(answered: Ints, digits: Digits, share: float | None) -> float:
    """Share of right answers, where each class is as frequent as any other, or where
    the second one of two classes has this share.
    """
    right = answered == digits.labels
    classes = np.unique(digits.labels)
    each = [float(right[digits.labels == digit].mean()) for digit in classes]
    weights = None if share is None else [1 - share, share]
    return float(np.average(each, weights=weights))
