"""What a model expects of the next control step, beside what the robot then does: in an
attempt in which the payload jumps, by the fixed network and by the local model.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.online_adaptation import local_model
from lecture_code.experiments.dynamics.online_adaptation.attempts import (
    SETTINGS,
    Method,
)
from lecture_code.experiments.dynamics.online_adaptation.practice import Priors
from lecture_code.experiments.dynamics.online_adaptation.tuned import TUNED
from lecture_code.figures.dynamics.online_adaptation.changed_robots import (
    JumpingPayload,
)
from lecture_code.figures.dynamics.online_adaptation.films import COLOURS
from lecture_code.figures.dynamics.online_adaptation.models import JOINTS
from lecture_code.learning.dynamics_priors import transition
from lecture_code.show import GREY, Picture, new_figure
from lecture_code.show.figures import VERMILLION
from lecture_code.simulation.slot_arm import DT

Array = NDArray[np.float64]

BEFORE, AFTER = 0.3, 1.0  # what is drawn around the jump [s]
LABELS = {"network alone": "network, fixed", "network": "local model"}


def expected(priors: Priors, states: Array, actions: Array, method: Method) -> Array:
    """The next state that a method's model expects in each step of an attempt but the
    first, (T − 1, 6).

    Args:
        priors: from practice.
        states, actions: of the attempt, (T + 1, 6) and (T, 3).
        method: whose weights the model has.
    """
    settings = replace(SETTINGS, **method.settings)
    moments = priors.least_squares.moments.repeated(1)
    N = np.full(1, settings.N)
    next_states = []
    for t in range(1, len(actions)):
        x, u = states[t : t + 1], actions[t : t + 1]
        last_u = actions[t - 1 : t]
        p = transition(states[t - 1 : t], last_u, x)
        moments = moments.update(p, settings.w_new)
        known = priors.network(x, last_u).weighted(settings.m, settings.n0)
        model = local_model(known, moments, N, settings)
        next_states.append(model(x, u)[0])
    return np.array(next_states)


def predicted_motion(
    jumps: JumpingPayload, time: float, factor: float, joint: str
) -> Picture:
    """Change of a joint's velocity in each step around a jump: real, and as the fixed
    network and the local model expect it.

    Args:
        jumps: the recorded grid; the attempt is that of the adapting arm.
        time: moment of the jump [s].
        factor: payload after the jump, as a multiple of the practised payload.
        joint: one of `JOINTS`.
    """
    column = 3 + JOINTS.index(joint)
    place = jumps.place(factor, time)
    outcome = jumps.outcomes["network"]
    states, actions = outcome.states[place], outcome.actions[place]
    now = states[1:-1, column]
    curves = {"robot": states[2:, column] - now}
    for name, label in LABELS.items():
        ahead = expected(jumps.priors, states, actions, TUNED[name])
        curves[label] = ahead[:, column] - now
    clock = DT * np.arange(1, len(actions))
    seen = (clock >= time - BEFORE) & (clock <= time + AFTER)
    figure, axes = new_figure()
    for (label, curve), colour in zip(
        curves.items(),
        (VERMILLION, COLOURS["network alone"], COLOURS["network"]),
        strict=True,
    ):
        axes.plot(clock[seen], curve[seen], "o-", ms=3, color=colour, label=label)
    axes.axvline(time, ymax=0.84, color=GREY, lw=1)  # below the legend
    axes.margins(y=0.25)
    axes.set(xlabel="time [s]", ylabel="change in one step [rad/s]")
    axes.legend(loc="upper right", ncols=3)
    late = clock[seen] > time + AFTER / 2
    wrong = {
        label: np.abs(curve - curves["robot"])[seen][late].mean()
        for label, curve in curves.items()
    }
    words = [f"{label} {wrong[label]:.2f}" for label in LABELS.values()]
    return Picture(
        figure,
        alt=f"Change of the {joint}'s velocity in one control step, around a jump of "
        f"the payload to {factor:g} times at {time:g} s. Mean error in the second half "
        f"of the second after the jump, in rad/s: {', '.join(words)}.",
        caption="Change of the joint's velocity in one step: of the robot, and as two "
        "models expect it. Grey: the jump.",
    )
