"""What a quarter less damping costs five experts: tables of the result `less_damping`.

Start with `delicate_table`: it shows that the expert which earns least in the simulator
earns most on the robot.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from lecture_code.experiments import Result
from lecture_code.show import Table

Array = NDArray[np.float64]

DT = 0.05  # control step of the HalfCheetah [s]
SURE = 0.95  # of the intervals


def final_returns(result: Result, place: str) -> Array:
    """Return of every whole episode, (experts, starts).

    Args:
        result: the committed result `less_damping`.
        place: "simulator" or "robot".
    """
    returns = np.array(result.curves["returns"][place])[:, -1]  # the last time
    return np.asarray(returns.reshape(len(returns), -1))


def interval(values: Array) -> tuple[float, float, float]:
    """Lower end, mean and upper end of the 95 % interval of a mean (Student's t)."""
    mean = float(values.mean())
    n = len(values)
    reach = stats.t.ppf(0.5 + SURE / 2, n - 1) * values.std(ddof=1) / np.sqrt(n)
    return mean - float(reach), mean, mean + float(reach)


def lead_away(result: Result) -> tuple[float, float, float]:
    """How far the best expert on the robot is ahead of the second: the mean difference
    over the starts, with its 95 % interval, as (low, mean, high).
    """
    away = final_returns(result, "robot")
    *_, second, first = np.argsort(away.mean(axis=1))
    return interval(away[first] - away[second])


def kept_by_generator(result: Result, expert: int) -> Array:
    """Share of its return that an expert keeps, (times, generators)."""
    away, home = (
        np.array(result.curves["returns"][place])[expert].mean(axis=-1)
        for place in ("robot", "simulator")
    )
    return np.asarray(away / home)


def endurance_table(result: Result, expert: int) -> Table:
    """Return that an expert keeps, and robots on their backs, after some time.

    Args:
        result: the committed result `less_damping`.
        expert: position of the expert in the result.
    """
    shares = kept_by_generator(result, expert)
    starts = len(result.settings["generators"]) * result.settings["starts"]
    rows: dict[str, dict[str, list[float] | str]] = {}
    for at, t in enumerate(result.settings["times"]):
        robot, home = (
            sum(result.curves["backs"][place][expert][at])
            for place in ("robot", "simulator")
        )
        rows[f"after {t * DT:.0f} s"] = {
            "return kept": (100 * shares[at]).tolist(),
            "on their backs": f"{robot} of {starts}",
            "in the simulator": f"{home} of {starts}",
        }
    return Table(
        rows,
        caption="Return kept: the median of five draws of twenty starts, with the "
        "lowest and the highest. The last column counts the simulated robots on their "
        "backs.",
        units={"return kept": "%"},
        digits=0,
    )


def delicate_table(result: Result) -> Table:
    """Return of each expert in the simulator and on the robot, with its interval."""
    home, away = (final_returns(result, place) for place in ("simulator", "robot"))
    changed = f"damping × {result.settings['damping']:g}"
    return Table(
        {
            f"expert {seed}": {
                "simulator": list(interval(at_home)),
                changed: list(interval(elsewhere)),
            }
            for seed, at_home, elsewhere in zip(result.seeds, home, away, strict=True)
        },
        caption=f"Mean return of {home.shape[1]} starts, with its 95 % interval.",
        digits=0,
    )
