"""The committed runs of *Domain confusion* as numbers, and the colours of methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.observations.domain_confusion.arms import ARMS
from lecture_code.experiments.summaries import Interval, mean_of_seeds
from lecture_code.show import GREY, METHOD_COLOURS
from lecture_code.show.figures import BLUE, GREEN, ORANGE, PURPLE, VERMILLION

Array = NDArray[np.float64]

CENTIMETRES = 100.0  # in a metre
LECTURE = {
    "synthetic only": 38.1,
    "autoencoder (100)": 28.6,
    "autoencoder (500)": 33.2,
    "random pairs": 33.3,
    "weak pairs": 76.2,
    "oracle": 71.4,
}
"""Row of the lecture's table -> its success [%]."""
COLOURS = {
    "synthetic only": VERMILLION,
    "autoencoder (100)": GREY,
    "autoencoder (500)": GREY,
    "random pairs": PURPLE,
    "weak pairs": METHOD_COLOURS["domain confusion"],
    "oracle": BLUE,
    "confusion alone": ORANGE,
    "weak pairs alone": METHOD_COLOURS["domain confusion"],
    "perfect pairs": GREEN,
    "weak pairs (500)": METHOD_COLOURS["domain confusion"],
    "standardised": METHOD_COLOURS["domain confusion"],
}
"""Arm -> its colour; all arms with mined pairs have one colour."""
WORLDS = {"simulation": METHOD_COLOURS["simulation"], "“real”": VERMILLION}
"""World -> colour of its images and features."""


def has_head(arm: str) -> bool:
    """Whether the arm has a head that learnt in the simulation; autoencoders have not.

    Args:
        arm: of `ARMS`.
    """
    return not ARMS[arm].autoencoder


def has_pairs(arm: str) -> bool:
    """Whether the arm learns from pairs; oracle and autoencoders do not.

    Args:
        arm: of `ARMS`.
    """
    settings = ARMS[arm]
    return bool(settings.pairs) and not (settings.labelled or settings.autoencoder)


def of_seeds(curves: Mapping[str, Any], arm: str, entry: str) -> Array:
    """One measurement of an arm in all seeds, (seeds,).

    Args:
        curves: of a result, or of a cell of a sweep.
        arm: of the result.
        entry: name of the measurement.

    Raises:
        KeyError: there is no such arm or measurement; the message lists what there is.
    """
    if arm not in curves:
        raise KeyError(f"no arm {arm!r}; there are {', '.join(curves)}")
    if entry not in curves[arm]:
        known = ", ".join(curves[arm])
        raise KeyError(f"{arm} has no {entry!r}; there are {known}")
    return np.array(curves[arm][entry], dtype=float)


def percent(curves: Mapping[str, Any], arm: str, entry: str = "success") -> Array:
    """A share of all seeds of an arm [%], (seeds,)."""
    return 100 * of_seeds(curves, arm, entry)


def share_of_seeds(values: Array) -> Interval:
    """Mean of shares [%] with Student's interval, which is cut at 0 and 100 %."""
    found = mean_of_seeds(values)
    return Interval(found.value, max(found.low, 0.0), min(found.high, 100.0))


def rounded(interval: Interval) -> str:
    """'61 [44, 78]', without decimals."""
    ends = interval.value, interval.low, interval.high
    value, low, high = (round(number) for number in ends)  # whole: no −0
    return f"{value} [{low},\N{NO-BREAK SPACE}{high}]".replace("-", "−")


def listed(words: Sequence[str]) -> str:
    """Words of an alternative text, one after the other."""
    return "; ".join(words)


def in_seeds(ahead: list[bool]) -> str:
    """'every seed', or '3 of 5 seeds'."""
    if all(ahead):
        return "every seed"
    return f"{sum(ahead)} of {len(ahead)} seeds"
