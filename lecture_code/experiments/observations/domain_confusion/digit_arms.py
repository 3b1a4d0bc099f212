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


@dataclass(frozen=True)
class DigitArm:
    """What is trained.

    Args:
        confusion: λ.
        pairs: ν.
        choice: of pairs, "mined" or "random".
        labelled: the oracle: it learns from the scans with their labels alone.
    """

    confusion: float = 0.1
    pairs: float = 0.0
    choice: str = "mined"
    labelled: bool = False


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
"""Those of the hooks; weak pairs with three ν."""


@dataclass(frozen=True)
class DigitArmSettings:
    """A comparison of arms.

    Args:
        arms: what is trained, by name.
        seeds: of digits, networks and batches.
        method: how long is trained; λ and ν are those of the arm.
        printed, checks: printed digits to learn from, and for checks.
        tests: scans for tests.
    """

    arms: Mapping[str, DigitArm] = field(default_factory=lambda: dict(ARMS))
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    method: AlignmentSettings = field(
        default_factory=lambda: AlignmentSettings(
            first=200, second=400, batch=64, rate=1e-3
        )
    )
    printed: int = 4000
    checks: int = 1000
    tests: int = 800


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
