"""More seeds on the robot with late motors: the result `late_motors` beside
`identification`. Start with `with_new_seeds`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments import Result
from lecture_code.figures.dynamics.reality_gap.damping import interval

Array = NDArray[np.float64]

LATE = "under-modelling"  # the result's name of the robot with late motors
SIMULATORS = ("simulator", "identified")  # worlds of training other than the robot


def with_new_seeds(result: Result, *late: Result) -> Result:
    """The result `identification`, with more seeds on the late robot.

    Its curves there have an entry `own` too: what the experts of the last seeds earn in
    the world of their training.

    Args:
        result: the committed result `identification`.
        late: the committed results of `late_motors`, in the order of their seeds.
    """
    curves: dict[str, Any] = dict(result.curves[LATE])
    returns = {source: list(values) for source, values in curves["return"].items()}
    own: dict[str, list[float]] = {source: [] for source in SIMULATORS}
    for more in late:
        new = [seed not in result.seeds for seed in more.seeds]
        for source in SIMULATORS:
            on_robot = more.curves["robot"][source]
            returns[source] += [
                x for x, is_new in zip(on_robot, new, strict=True) if is_new
            ]
            own[source] += more.curves["own"][source]
    curves |= {"return": returns, "own": own}
    return replace(result, curves={**result.curves, LATE: curves})


def late_differences(result: Result) -> Array:
    """For each seed, the return on the late robot of the identified simulator's expert
    minus the return of the expert whose recording was used.

    Args:
        result: the result of `with_new_seeds`.
    """
    returns = result.curves[LATE]["return"]
    return np.asarray(np.subtract(returns["identified"], returns["simulator"]))


def after_each_quarter(late: Result) -> list[float]:
    """Median return on the robot of the identified simulators' experts, after each
    quarter of their training.

    Args:
        late: a committed result of `late_motors`.
    """
    on_the_way = np.array(late.curves["robot"]["on_the_way"])  # (seeds, trials)
    return [float(median) for median in np.median(on_the_way, axis=0)]


def late_numbers(result: Result) -> dict[str, str]:
    """Words by name: the mean of `late_differences` and the ends of its 95 % interval,
    and medians of what the experts earn in their own world.
    """
    low, mean, high = interval(late_differences(result))
    numbers = {"late_low": low, "late_mean": mean, "late_high": high}
    for source, values in result.curves[LATE]["own"].items():
        numbers[f"own_{source}"] = float(np.median(values))
    return {name: f"{x:,.0f}".replace("-", "−") for name, x in numbers.items()}
