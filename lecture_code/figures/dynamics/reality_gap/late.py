"""More experts for the robot with late motors: the result `late_motors` beside
`identification`. Start with `with_new_trainings`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments import Result
from lecture_code.figures.dynamics.reality_gap.damping import interval
from lecture_code.show import Table

Array = NDArray[np.float64]

LATE = "under-modelling"  # the result's name of the robot with late motors
TRANSFERS = ("identification", "late_motors_first", "late_motors")
"""The committed results, in the order of the arguments of `with_new_trainings`."""
SIMULATORS = ("simulator", "identified")  # worlds of training other than the robot


def with_new_trainings(result: Result, *late: Result) -> Result:
    """The result `identification`, with more experts on the late robot.

    An old seed adds a second expert of its identified simulator; a new seed adds an
    expert of each simulator. The curves also have `own`: what the experts that were
    added, and those that they descend from, earn in the world of their training.

    Args:
        result: the committed result `identification`.
        late: the committed results of `late_motors`, in the order of their seeds.
    """
    if not late:
        return result
    curves: dict[str, Any] = dict(result.curves[LATE])
    returns = {source: list(values) for source, values in curves["return"].items()}
    own: dict[str, list[float]] = {source: [] for source in SIMULATORS}
    for more in late:
        new = [i for i, seed in enumerate(more.seeds) if seed not in result.seeds]
        on_robot = more.curves["robot"]
        returns["simulator"] += [on_robot["simulator"][i] for i in new]
        returns["identified"] += on_robot["identified"]
        for source in SIMULATORS:
            own[source] += more.curves["own"][source]
    curves |= {"return": returns, "own": own}
    return replace(result, curves={**result.curves, LATE: curves})


def late_differences(result: Result, *late: Result) -> Array:
    """For each seed, the mean return on the late robot of the experts from the
    identified simulator, minus the return of the expert that was recorded.

    Arguments as in `with_new_trainings`.
    """
    differences: dict[int, list[float]] = {}
    old = result.curves[LATE]["return"]
    for seeds, returns in [
        (result.seeds, old),
        *((more.seeds, more.curves["robot"]) for more in late),
    ]:
        pairs = zip(returns["identified"], returns["simulator"], strict=True)
        for seed, (identified, simulator) in zip(seeds, pairs, strict=True):
            differences.setdefault(seed, []).append(identified - simulator)
    return np.array([np.mean(of_seed) for of_seed in differences.values()])


def course_table(*late: Result) -> Table:
    """What experts from identified simulators earn after each quarter of a training, in
    their own world and on the robot.

    Args:
        late: the committed results of `late_motors`.
    """
    steps = np.mean([row for more in late for row in more.curves["steps"]], axis=0)
    columns = {"own": "in their own world", "robot": "on the late robot"}
    courses = {
        title: np.array([row for r in late for row in r.curves[place]["on_the_way"]])
        for place, title in columns.items()
    }
    return Table(
        {
            f"{number / 1e6:.1f}": {
                title: list(course[:, i]) for title, course in courses.items()
            }
            for i, number in enumerate(steps)
        },
        caption="Experts of the identified simulators: median return of "
        f"{len(courses[columns['own']])} trainings, with the lowest and the highest.",
        digits=0,
        corner="million control steps",
    )


def late_numbers(result: Result, *late: Result) -> dict[str, str]:
    """Words by name: the mean of `late_differences` and the ends of its 95 % interval;
    medians of what the experts earn in their own world.

    Arguments as in `with_new_trainings`.
    """
    low, mean, high = interval(late_differences(result, *late))
    numbers = {"late_low": low, "late_mean": mean, "late_high": high}
    own = with_new_trainings(result, *late).curves[LATE].get("own", {})
    for source, values in own.items():
        numbers[f"own_{source}"] = float(np.median(values))
    return {name: f"{x:,.0f}".replace("-", "−") for name, x in numbers.items()}
