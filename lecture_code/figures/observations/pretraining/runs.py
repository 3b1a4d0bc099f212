"""The committed runs of *Pretraining without labels* as numbers, and the colours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.observations.pretraining.pushing import TOLD
from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import Interval, mean_of_seeds
from lecture_code.show import GREY
from lecture_code.show.figures import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION

Array = NDArray[np.float64]

SCALES = {"pose": 100.0, "place": 100.0, "angle": 1.0}  # to cm, cm and degrees
DIGITS = {"pose": 1, "place": 1, "angle": 0}
UNITS = {"pose": "cm", "place": "cm", "angle": "°"}
COMPARED = (
    "supervised",
    "inverse",
    "inverse + forward",
    "curious heads",
    "slowness",
    "autoencoder",
    "random features",
    "pixels, colour",
    "slow features, linear, colour",
    "slow features, quadratic, colour",
)
"""Arms of the comparison, all with the same triples."""
SHORT = {
    "pixels, colour": "pixels",
    "slow features, linear, colour": "slow, linear",
    "slow features, quadratic, colour": "slow, quadratic",
    "slowness, spot stays": "slowness, spot stays",
}
"""Arm of the result -> its name on the page, where the two differ."""
FEATURE_COLOURS = {
    "supervised": BLUE,
    "inverse": ORANGE,
    "inverse + forward": VERMILLION,
    "curious heads": PURPLE,
    "slowness": GREEN,
    "autoencoder": SKY,
}
PUSHER_COLOURS = {
    "random": GREY,
    "blob": BLUE,
    "inverse": ORANGE,
    "inverse + forward": VERMILLION,
    TOLD: PURPLE,
}
PUSHER_MARKS = {
    "random": "o",
    "blob": "s",
    "inverse": "^",
    "inverse + forward": "D",
    TOLD: "v",
}
LINES: dict[str, Any] = {
    "random": ":",
    "blob": "--",
    "inverse": "-.",
    "inverse + forward": "-",
    TOLD: (0, (7, 2)),
}
"""Features or pusher -> how its line is drawn, so that it is seen without colour."""


def colour_of(arm: str) -> str:
    """The colour of features; what has learnt nothing by a network is grey."""
    return FEATURE_COLOURS.get(arm, GREY)


def shown_name(arm: str) -> str:
    """The name of an arm on the page."""
    return SHORT.get(arm, arm)


def probe_errors(result: Result, arm: str, error: str) -> Array:
    """An error of linear probes in all seeds, (seeds,), in cm or degrees.

    Args:
        result: `pretraining`.
        arm: of the result.
        error: "pose", "place" or "angle".

    Raises:
        KeyError: there is no such arm or error; the message lists what there is.
    """
    if arm not in result.curves:
        raise KeyError(f"no arm {arm!r}; there are {', '.join(result.curves)}")
    if error not in SCALES:
        raise KeyError(f"no error {error!r}; there are {', '.join(SCALES)}")
    return SCALES[error] * np.array(result.curves[arm][error], dtype=float)


def push_errors(result: Result, pusher: str, goal: str, error: str) -> Array:
    """An error of a pusher before its first poke and after each, (seeds, pokes + 1), in
    cm or degrees.

    Args:
        result: `pretraining_pushing`.
        pusher: of the result.
        goal: "one poke", "three pokes" or "anywhere".
        error: "pose", "place" or "angle".

    Raises:
        KeyError: there is no such pusher, or no such error.
    """
    if pusher not in result.curves:
        raise KeyError(f"no pusher {pusher!r}; there are {', '.join(result.curves)}")
    known = result.curves[pusher]
    if f"{goal}: {error}" not in known:
        raise KeyError(f"no error '{goal}: {error}'; there are {', '.join(known)}")
    return SCALES[error] * np.array(known[f"{goal}: {error}"], dtype=float)


def in_words(interval: Interval, digits: int) -> str:
    """'3.0 [2.5, 3.5]', with so many decimals."""
    value, low, high = (
        f"{number:.{digits}f}"
        for number in (interval.value, interval.low, interval.high)
    )
    return f"{value} [{low},\N{NO-BREAK SPACE}{high}]".replace("-", "−")


def error_words(result: Result, arm: str, error: str) -> str:
    """Mean of the seeds with Student's interval."""
    return in_words(mean_of_seeds(probe_errors(result, arm, error)), DIGITS[error])
