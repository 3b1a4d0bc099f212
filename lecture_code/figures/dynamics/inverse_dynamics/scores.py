"""Normalised returns of the committed results, and how sure they are.

    score = (R − R_0) / (R_1 − R_0)

R_1 is the expert in the source and R_0 the passive arm in the source; for the other
robots R_0 = 0. Both are of the same seed. Start with `Scores`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from lecture_code.experiments.results import Result

Array = NDArray[np.float64]

SHIFTS = {
    "gravity": "gravity",
    "0": "independent noise",
    "0.9": "correlation 0.9",
    "1": "constant noise",
}
"""Kind of shift -> its name on the page; noise goes by its correlation."""
METHODS = {"expert": "expert", "k 1": "φ, no history", "k 2": "φ with history"}
"""Method of the result -> its name on the page."""
PLANNERS = ("output error control", "Gaussian adaptation", "stiff expert")
"""Further methods on the arm."""
SOFT = {
    "soft output error control": "output error control, soft",
    "soft Gaussian adaptation": "Gaussian adaptation, soft",
}
"""Planners that pay what the expert pays for actions -> name on the page."""
KNOWN = "known"  # the expert that knows the noise and subtracts it: a ceiling
TRAINED = "trained in the target"  # the arm's expert, computed there: a ceiling


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds, with its 95 % interval.

    Args:
        mean: over the seeds.
        low, high: ends of Student's interval for this mean.
    """

    mean: float
    low: float
    high: float

    @classmethod
    def from_seeds(cls, values: Array) -> Estimate:
        """Of one value a seed, (seeds,); a single seed has an interval of no width."""
        values = np.asarray(values, dtype=float)
        n = len(values)
        if n < 2:
            return cls(float(values.mean()), float(values.mean()), float(values.mean()))
        error = values.std(ddof=1) / np.sqrt(n)
        half = float(stats.t.ppf(0.975, n - 1)) * error
        mean = float(values.mean())
        return cls(mean, mean - half, mean + half)

    def __str__(self) -> str:
        """'0.94 [0.90, 0.98]'."""
        words = f"{self.mean:.2f} [{self.low:.2f}, {self.high:.2f}]"
        return words.replace("-0.00", "0.00").replace("-", "−")


class Scores:
    """The normalised returns of one robot.

    Args:
        result: `inverse_dynamics_…`, or a result with the same tests.
        planners: `inverse_dynamics_planners` and its like, with the same seeds and
            starts.

    Raises:
        ValueError: the results have other seeds.
    """

    def __init__(self, result: Result, *planners: Result) -> None:
        self.result = result
        self.robot: str = result.settings["robot"]
        self.rounds: dict[str, Array] = {  # returns (seeds, rounds)
            name: np.array(curve["returns"], dtype=float)
            for name, curve in result.curves.items()
        }
        for other in planners:
            if other.seeds != result.seeds:
                raise ValueError(
                    f"{other.name} has the seeds {other.seeds}, and {result.name} has "
                    f"{result.seeds}"
                )
            for name, episodes in other.curves.items():
                self.rounds[name] = np.mean(episodes, axis=1, keepdims=True)

    @property
    def source(self) -> float:
        """Gravity of the source, in the units of the conditions."""
        return 0.0 if self.robot == "heavy_arm" else 1.0

    def returns(self, test: str) -> Array:
        """Mean returns (seeds, rounds) of a test.

        Raises:
            KeyError: the result has no such test; the message lists all tests.
        """
        if test not in self.rounds:
            raise KeyError(f"no test {test!r}; known: {', '.join(self.rounds)}")
        return self.rounds[test]

    def normalised(self, test: str) -> Array:
        """Scores (seeds, rounds) of a test."""
        best = self.returns("source")
        worst = self.returns("passive") if "passive" in self.rounds else 0.0
        return (self.returns(test) - worst) / (best - worst)

    def last(self, test: str) -> Array:
        """Scores after the last round, (seeds,)."""
        return np.asarray(self.normalised(test)[:, -1])

    def levels(self, shift: str) -> list[float]:
        """The levels of a shift at which something was measured, in order.

        Args:
            shift: one of `SHIFTS`; [] where nothing was measured.
        """
        levels = []
        for condition in self.result.settings["conditions"]:
            noise = condition["motor_noise"]
            if (shift == "gravity") != (noise == 0):
                continue
            if shift == "gravity":
                levels.append(float(condition["gravity"]))
            elif f"{condition['correlation']:g}" == shift:
                levels.append(float(noise))
        return sorted(levels)

    def condition(self, shift: str, level: float) -> str:
        """The name of a condition in the result."""
        if shift == "gravity":
            return f"gravity {level:g}"
        return f"noise {level:g} correlation {shift}"

    def at(self, shift: str, level: float, method: str) -> Estimate:
        """The score of a method under a condition."""
        return Estimate.from_seeds(
            self.last(f"{self.condition(shift, level)} {method}")
        )

    def lead(self, shift: str, level: float, method: str, over: str) -> Estimate:
        """How much more a method earns than another, seed by seed."""
        condition = self.condition(shift, level)
        apart = self.last(f"{condition} {method}") - self.last(f"{condition} {over}")
        return Estimate.from_seeds(apart)

    def samples(self, shift: str, level: float, method: str) -> Array:
        """Control steps of the robot so far, (seeds, rounds)."""
        test = f"{self.condition(shift, level)} {method}"
        return np.array(self.result.curves[test]["samples"], dtype=float)
