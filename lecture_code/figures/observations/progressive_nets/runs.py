"""The committed runs of *Progressive nets*, as arrays: the grid of learning rates, and
the runs with random settings.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.results import Result
from lecture_code.show import GREY, METHOD_COLOURS
from lecture_code.show.figures import BLUE, GREEN, SKY, VERMILLION

Array = NDArray[np.float64]

METHODS = {
    "scratch": "from scratch",
    "fine-tuning": "fine-tuning",
    "head only": "head only",
    "copied head": "progressive",
    "frozen copy": "progressive, frozen copy",
    "progressive": "progressive, random head",
    "untrained column": "progressive, untrained column",
}
"""Method of the results -> its name on the page. The paper's method copies the head."""
COLOURS = {
    "scratch": GREY,
    "fine-tuning": METHOD_COLOURS["fine-tuning"],
    "head only": SKY,
    "copied head": METHOD_COLOURS["progressive nets"],
    "frozen copy": BLUE,
    "progressive": GREEN,
    "untrained column": VERMILLION,
}
MARKERS = dict(zip(COLOURS, "xso^vDP", strict=True))
MAIN = ("fine-tuning", "head only", "copied head")
"""The methods that are compared in many runs."""
ROBOTS = ("A", "B", "C")


class Grid:
    """Returns of all methods at all learning rates.

    Args:
        result: `progressive_nets`.
    """

    def __init__(self, result: Result) -> None:
        self.result = result
        self.rates = [float(rate) for rate in result.settings["rates"]]
        self.seeds = len(result.settings["seeds"])

    def all(self, entry: str, domain: str, method: str) -> Array:
        """One measurement at all rates, (rates, seeds).

        Args:
            entry: "before", "after", "source", or "without " and a part that was set to
                zero: "own output", "hidden laterals" or "output lateral".
            domain: the robot.
            method: of `METHODS`.

        Raises:
            KeyError: the result has no such run; the message lists its runs.
        """
        rows = []
        for rate in self.rates:
            name = f"{domain} {method} {rate:g}"
            if name not in self.result.curves:
                known = ", ".join(self.result.curves)
                raise KeyError(f"no run {name!r}; there are: {known}")
            rows.append(self.result.curves[name][entry])
        return np.array(rows, dtype=float)

    def best(self, domain: str, method: str) -> int:
        """Index of the rate with the largest mean return on the robot."""
        return int(self.all("after", domain, method).mean(axis=1).argmax())

    def at_best(self, entry: str, domain: str, method: str) -> Array:
        """One measurement at the method's best rate, (seeds,)."""
        return np.asarray(self.all(entry, domain, method)[self.best(domain, method)])

    def curves(self, domain: str, method: str) -> Array:
        """Returns during the training at the best rate, (seeds, strides): means of the
        episodes that ended in a stride.
        """
        rate = self.rates[self.best(domain, method)]
        entries = self.result.curves[f"{domain} {method} {rate:g}"]
        return np.array(entries["curve"], dtype=float)


class Draws:
    """Returns of runs with random learning rates and entropy weights, in the order of
    the numbers of their draws.

    Args:
        result: `progressive_nets_sorted`, or another with the same draws.
    """

    def __init__(self, result: Result) -> None:
        self.result = result
        every = range(int(result.settings["draws"]))
        self.numbers = list(result.settings.get("chosen", every))
        self.count = len(self.numbers)

    def returns(self, domain: str, method: str, entry: str = "after") -> Array:
        """Of all draws, (draws,).

        Args:
            domain: the robot.
            method: of `MAIN`.
            entry: "before" or "after"; or "rate" or "entropy", which were drawn.
        """
        return np.array(self.result.curves[f"{domain} {method}"][entry], dtype=float)
