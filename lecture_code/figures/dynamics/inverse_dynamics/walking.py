"""What the chapter *Inverse-dynamics transfer* shows of HalfCheetah and Hopper.

`walking_leads` has the lead of φ under every target beside the paper's lead, and
`samples` the control steps of the robot against a training from nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.results import Result
from lecture_code.figures.dynamics.inverse_dynamics.paper import read_off
from lecture_code.figures.dynamics.inverse_dynamics.results import (
    ROBOTS,
    shown_level,
)
from lecture_code.figures.dynamics.inverse_dynamics.scores import KNOWN, SHIFTS, Scores
from lecture_code.show import Table

Array = NDArray[np.float64]


def papers_lead(robot: str, shift: str, level: float) -> str:
    """The paper's lead of φ with history over the expert, or "–" where nobody has read
    both at this level.
    """
    expert = read_off(robot, shift, "expert").get(level)
    adapted = read_off(robot, shift, "k 2").get(level)
    if expert is None or adapted is None:
        return "–"
    return f"{adapted - expert:.2f}".replace("-", "−")


def walking_leads(robots: Mapping[str, Scores], robot: str) -> Table:
    """The lead of φ with history over the expert under every target, the paper's lead,
    what the expert has, and the ceiling.

    Args:
        robots: robot -> its scores.
        robot: one of them.
    """
    scores = robots[robot]
    rows: dict[str, dict[str, float | str]] = {}
    for shift in SHIFTS:
        for level in scores.levels(shift):
            known = "–"
            if shift != "gravity":
                known = f"{scores.at(shift, level, KNOWN).mean:.2f}"
            rows[shown_level(scores, shift, level)] = {
                "lead of φ": str(scores.lead(shift, level, "k 2", "expert")),
                "paper": papers_lead(robot, shift, level),
                "of history": str(scores.lead(shift, level, "k 2", "k 1")),
                "expert": f"{scores.at(shift, level, 'expert').mean:.2f}",
                "noise known": known,
            }
    return Table(
        rows,
        caption=f"{ROBOTS[robot]}: leads over the expert and over φ without history, "
        "in normalised return, with 95 % intervals",
        corner="target",
    )


def from_scratch(training: Result, share: float = 0.75) -> Array:
    """Control steps after which a training first earns a share of its final return,
    one a seed.

    Args:
        training: a result of `experiments.trainings`, such as `hopper`.
        share: of the final return.

    Raises:
        ValueError: a seed never earns that much.
    """
    needed = []
    curves = training.curves
    for steps, returns, final in zip(
        curves["steps"], curves["returns"], curves["final"], strict=True
    ):
        enough = np.asarray(returns) >= share * float(np.mean(final))
        if not enough.any():
            raise ValueError(f"a seed of {training.name} never earns {share:g} of it")
        needed.append(float(np.asarray(steps)[int(enough.argmax())]))
    return np.array(needed)


def samples(
    robots: Mapping[str, Scores],
    trainings: Mapping[str, Result],
    level: float = 0.3,
) -> Table:
    """Control steps of the robot for an adaptation to constant noise, what they lead
    to, and the steps of a training from nothing.

    Args:
        robots: robot -> its scores.
        trainings: robot -> result of its training.
        level: σ of the noise.
    """
    rows: dict[str, dict[str, float | str | Sequence[float]]] = {}
    for robot, training in trainings.items():
        scores = robots[robot]
        steps = scores.samples("1", level, "k 2")[:, -1]
        rows[ROBOTS[robot]] = {
            "adapting": (steps / 1000).tolist(),
            "return then": str(scores.at("1", level, "k 2")),
            "from nothing": (from_scratch(training) / 1000).tolist(),
        }
    return Table(
        rows,
        caption="Thousands of control steps, for constant noise with σ = "
        f"{level:g}: median (lowest–highest) of the seeds. *From nothing*: until ¾ of "
        "the final return",
        digits={"adapting": 0, "from nothing": 0},
        corner="robot",
    )
