"""The questions of the chapter *Inverse-dynamics transfer*: the two predictions about
history and noise, and those at the end.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from lecture_code.figures.dynamics.inverse_dynamics.drawings import what_remains
from lecture_code.figures.dynamics.inverse_dynamics.films import (
    ErrorMap,
    been,
    miss_by_samples,
)
from lecture_code.figures.dynamics.inverse_dynamics.grid import SIZES, FilmGrid
from lecture_code.figures.dynamics.inverse_dynamics.results import history_leads
from lecture_code.figures.dynamics.inverse_dynamics.scores import SHIFTS, Scores
from lecture_code.show import Predict, Prose, explore, predict, quiz

NOISES = {"0": "independent", "0.9": "correlated", "1": "constant"}
"""Correlation of the noise -> its kind."""
SIGMA = 0.6

AFTER_MAP = """
Move the slider from the expert alone to the last round. The error falls first where the
arm has been. φ is not a model of the whole robot: it is right near the recordings. This
is why each round records with the *present* policy.
"""

AFTER_NOISE = """
*Constant* noise is a hidden constant of the episode. The last step shows it: the robot
was asked for one action, and it moved as if it had been given another action. The
difference is the constant, and φ subtracts it.

*Independent* noise is drawn anew in each step. The last step says nothing about the
next step. Here φ cannot gain.

*Correlated* noise lies between the two: the next noise resembles the last noise.

φ has learned in three rounds. In the key, the brackets hold the smallest and the
largest distance of five trainings. The film shows the training in the middle.
"""

AFTER_HISTORY = """
Gravity depends on the posture, and the observation shows the posture. So one
observation is enough. A hidden constant is different: no single observation shows it.
Correlated noise lies between: the last step tells a part of the next.

The film shows φ after three rounds. There history still costs something under full
gravity: choose *gravity*. After the four rounds of *Does it hold?* this cost is gone.
"""


def how_far_does_phi_reach(error_map: ErrorMap) -> Predict:
    """After one round, does φ help in postures that the arm has never been in?

    Args:
        error_map: of all rounds; the answer follows from it.
    """
    samples = sorted(error_map.states)
    far = ~been(error_map, samples[-1])  # the postures that no round visits
    expert, learned = (float(np.median(error_map.miss(n)[far])) for n in samples[:2])
    return predict(
        "φ has learned from one round. Now the arm rests in a posture in which it has "
        "not been. It acts for one control step. Who comes closer to the wanted "
        "velocities?",
        ["φ, clearly", "φ, by a little", "The expert without φ"],
        answer=2 if expert < learned else 1 if learned > 0.8 * expert else 0,
        because="Take the postures in which the arm has been in no round. There the "
        f"median miss is {learned:.2f} rad/s with φ, and {expert:.2f} rad/s with the "
        "expert's own action.",
        then=[
            explore(
                error_map.draw,
                samples=samples,
                names={"samples": [f"{n:,}" for n in samples]},
                start={"samples": samples[1]},
                labels={"samples": "control steps"},
            ),
            Prose(AFTER_MAP),
            miss_by_samples(error_map),
        ],
    )


def which_noise(arm: Scores, films: FilmGrid) -> Predict:
    """Against which noise does φ with history gain most on the arm?

    Args:
        arm: scores of the heavy arm; the answer follows from them.
        films: open with the answer, under the strong noise.
    """
    gains = {c: arm.lead(c, SIGMA, "k 2", "expert") for c in NOISES}
    best = max(gains, key=lambda c: gains[c].mean)
    means = [f"{kind} noise {gains[c].mean:.2f}" for c, kind in NOISES.items()]
    words = ", ".join(means).replace("-", "−")
    return predict(
        "The motors add noise to every command. The noise is independent from step to "
        "step, or correlated, or constant within an episode. Its size is the same. "
        "Against which noise does φ gain most?",
        [f"{kind.capitalize()} noise" for kind in NOISES.values()],
        answer=list(NOISES).index(best),
        because="Lead of φ with history over the expert, in normalised return, against "
        f"the strongest noise that we tried: {words}. *Does it hold?* has intervals.",
        then=[
            explore(
                partial(films.draw, size="strong"),
                shift=list(NOISES),
                names={"shift": list(NOISES.values())},
                start={"shift": "1"},
                labels={"shift": "noise"},
            ),
            Prose(AFTER_NOISE),
        ],
    )


def does_history_help(arm: Scores, films: FilmGrid) -> Predict:
    """Does φ need history against gravity?

    Args:
        arm: scores of the heavy arm; the answer follows from them.
        films: open with the answer.
    """
    gravity = arm.lead("gravity", 1.0, "k 2", "k 1")
    constant = arm.lead("1", SIGMA, "k 2", "k 1")
    options = [
        "Against gravity and against constant noise",
        "Only against constant noise",
        "Only against gravity",
        "Against neither",
    ]
    helps = gravity.low > 0.05, constant.low > 0.05
    answers = {(True, True): 0, (False, True): 1, (True, False): 2, (False, False): 3}
    return predict(
        "φ with history sees the last two observations and the last action. Without "
        "history it sees one observation. Take full gravity and constant noise: where "
        "does history help on the arm?",
        options,
        answer=answers[helps],
        because="Lead of history in normalised return: "
        f"{gravity.mean:.2f} against full gravity, and "
        f"{constant.mean:.2f} against constant noise.".replace("-", "−"),
        then=[
            history_leads(arm),
            Prose(AFTER_HISTORY),
            explore(
                films.draw,
                shift=list(SHIFTS),
                size=list(SIZES),
                names={"shift": list(SHIFTS.values())},
                start={"shift": "1", "size": "strong"},
                labels={"shift": "target:"},
                buttons=["shift"],
            ),
        ],
    )


def how_long_a_history() -> Predict:
    """How many observations tell a hidden constant?"""
    return predict(
        "A point moves by the action plus a hidden constant: o′ = o + a + b. In each "
        "episode b is another number. What is the smallest k with which φ can know b?",
        ["k = 1", "k = 2", "k = 3"],
        answer=1,
        because="The step before tells b: b = o − o₋₁ − a₋₁. For this φ needs two "
        "observations and the action between them.",
        then=explore(
            what_remains,
            k=[1, 2, 3],
            start={"k": 1},
            labels={"k": "history k"},
        ),
    )


def set_to_the_state() -> Predict:
    """Why is the simulator set to the robot's state in every step?"""
    right = "ô would belong to another state than the robot's."
    return quiz(
        "A colleague lets the simulator run beside the robot, and never sets it to the "
        "robot's state. What goes wrong?",
        {
            "Nothing, if φ is good enough.": "φ takes the robot to ô only if ô is one "
            "step away.",
            right: "Yes. The two drift apart, and φ is asked for impossible steps.",
            "The expert no longer works.": "The expert works in the simulator. But its "
            "next observation is of no use for the robot.",
        },
        answer=right,
        hints=["From which state does T_source start in eq. 1?"],
    )


def commanded_or_executed() -> Predict:
    """Which action is written into the recording when the motors are noisy?"""
    right = "The action that was commanded."
    return quiz(
        "The motors add noise. Which action must stand in the examples of φ?",
        {
            right: "Yes. φ must know which *command* leads to which observation.",
            "The action that was executed.": "Then φ learns the motion without the "
            "noise. It cannot learn to subtract the constant.",
            "Their mean.": "Neither the policy nor the robot ever uses this number.",
        },
        answer=right,
    )


def two_mirrors() -> Predict:
    """Where do GAT and φ act?"""
    right = "GAT changes the actions in the simulator, φ changes them on the robot."
    return quiz(
        "*Grounded action transformation* and this chapter both use inverse models. "
        "What is the difference?",
        {
            right: "Yes. With GAT the policy learns again. With φ the policy stays.",
            "GAT needs recordings of the robot, φ does not.": "Both need recordings.",
            "φ works only on linear plants.": "The closed form is for linear plants. φ "
            "is a network.",
        },
        answer=right,
    )


def too_few_motors() -> Predict:
    """What does one motor for two speeds mean for φ?"""
    right = "It comes as near as it can, and something of the miss remains."
    return quiz(
        "A robot has two speeds and one motor. The simulator asks for a change of both "
        "speeds. What can an exact φ do?",
        {
            "It reaches both speeds after one step.": "One number cannot set two.",
            right: "Yes: the least-squares action. A walking robot is such a case.",
            "It refuses.": "A regression always answers.",
        },
        answer=right,
    )
