"""How far the tip falls just after a jump of the payload, and why: with the moments of
the attempt, which mix two tools, and with moments that begin anew at the jump.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.online_adaptation import OnlineState, step
from lecture_code.experiments.dynamics.online_adaptation.attempts import SETTINGS
from lecture_code.experiments.dynamics.online_adaptation.practice import Priors
from lecture_code.experiments.dynamics.online_adaptation.tuned import TUNED
from lecture_code.simulation.slot_arm import DT, SlotArm, tip
from lecture_code.simulation.slot_attempts import Attempts, references

Array = NDArray[np.float64]

NOMINAL = 0.5  # payload of the practised arm [kg]
JUMP = round(2 / DT)  # control step
WATCHED = round(1 / DT)  # control steps after the jump


def falls(
    priors: Priors, tasks: tuple[Array, Array], factor: float, anew: bool
) -> Array:
    """Largest distance from the path in the second after the jump, (N,) [mm].

    Args:
        priors: from practice.
        tasks: starts (N, 6) and mouths (N, 2).
        factor: payload after the jump, as a multiple of the practised payload.
        anew: whether the moments begin anew at the jump.
    """
    starts, mouths = tasks
    n = len(starts)
    how = replace(SETTINGS, **TUNED["network"].settings)
    arm = SlotArm()
    robot = Attempts([arm] * n, starts, mouths, np.random.default_rng(3))
    path = references(starts, mouths, how.horizon)
    first = OnlineState.initial(how, n, priors.least_squares.moments)
    state = first
    rng = np.random.default_rng(0)
    x = robot.observe()
    distances = []
    for t in range(JUMP + WATCHED):
        if t == JUMP:
            robot.switch([arm.change(payload=NOMINAL * factor)] * n)
            state = first if anew else state
        ahead = path[:, t : t + how.horizon]
        state, u = step(state, x, ahead, how, priors.network, rng)
        x = robot.step(u)
        apart = tip(robot.x[:, :3]) - tip(path[:, t + 1, :3])
        distances.append(1000 * np.linalg.norm(apart, axis=1))
    return np.asarray(np.max(distances[JUMP:], axis=0))


def falls_after_jump(priors: Priors, tasks: tuple[Array, Array]) -> dict[str, str]:
    """Name in the text -> the largest and the median fall of the attempts with six
    times the payload, with the moments of the attempt and with moments that begin anew.
    """
    words = {}
    for name, anew in {"kept": False, "anew": True}.items():
        found = falls(priors, tasks, 6, anew)
        words[f"fall_{name}"] = f"{found.max():.0f}\u202fmm"
        words[f"median_{name}"] = f"{np.median(found):.0f}\u202fmm"
    return words
