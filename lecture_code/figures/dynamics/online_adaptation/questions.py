"""The questions of the chapter *Online dynamics adaptation*: the prediction that opens
the page's main picture, and those at the end.
"""

from __future__ import annotations

from lecture_code.figures.dynamics.online_adaptation.films import JumpingPayload
from lecture_code.show import Predict, Prose, explore, predict, quiz

AFTER_JUMP = """
Change the payload and the moment of the jump. Look at the first steps after the jump:
the tip sinks, because the model still expects the light payload. Then the newest steps
correct the model, and the tip comes back.

The film shows one start and one slot. *Does it hold?* has five networks and many
starts.
"""


def how_soon(jumps: JumpingPayload, factor: float, time: float) -> Predict:
    """How many control steps does the adapting arm need after a jump?

    Args:
        jumps: the recorded grid; the answer follows from it.
        factor, time: the jump of the question.

    Raises:
        ValueError: the arm does not come back.
    """
    needed = jumps.back_after(factor, time)
    options = [
        (5, "Fewer than 5"),
        (20, "5 to 19"),
        (50, "20 to 49"),
        (1e9, "50 or more"),
    ]
    right = next(i for i, (most, _) in enumerate(options) if needed < most)
    picture = explore(
        jumps.draw,
        factor=list(jumps.factors),
        time=list(jumps.times),
        start={"factor": factor, "time": time},
        labels={"factor": "payload after the jump", "time": "moment of the jump"},
        units={"factor": "×", "time": "s"},
    )
    return predict(
        f"After {time:g} s the payload becomes {factor:g} times as heavy. A control "
        "step lasts 0.05 s. How many control steps until the adapting arm stays within "
        "2 cm of its path?",
        [words for _, words in options],
        answer=right,
        because=f"It needs {needed} control steps, in an attempt of five seconds. The "
        "newest step counts for most of the moments, so that the old robot is soon "
        "forgotten.",
        then=[picture, Prose(AFTER_JUMP)],
    )


def offset_that_stays() -> Predict:
    """What share of an offset stays with N = m?"""
    right = "Half of it stays, for ever."
    return quiz(
        "The prior predicts the wrong offset, and its slopes are right. N = m = 1. "
        "What happens to the offset after many steps?",
        {
            "It vanishes: the moments forget.": "The moments are right, but eq. 1 "
            "mixes them with the prior's mean in every step.",
            right: "Yes: m / (N + m) = 1/2. Only a larger N / m helps.",
            "It grows.": "The mixture lies between the prior and the moments.",
        },
        answer=right,
        hints=["Write μ in terms of μ̂ and μ0.", "Does the formula contain time?"],
    )


def never_acted() -> Predict:
    """What do the moments know of a motor that never moved?"""
    right = "Nothing: the torque did not vary, so its slope comes from the prior alone."
    return quiz(
        "The wrist's motor has been silent for the whole attempt. What do the moments "
        "know about its effect?",
        {
            "Its effect is zero.": "Without a prior, the regularised model says this. "
            "But nothing was observed.",
            right: "Yes. This is why line 10 adds noise to the actions.",
            "As much as about the other motors.": "A slope needs inputs that vary.",
        },
        answer=right,
    )


def why_offset_fails() -> Predict:
    """Why does the running mean of the error fail for strong motors?"""
    right = "The slopes are wrong, and the offset cannot correct them."
    return quiz(
        "The motors are 2.2 times as strong. The control *network + offset* fails. "
        "Why?",
        {
            "It forgets too slowly.": "The result has other weights, and all of them "
            "fail.",
            right: "Yes. Each correction is twice as large as planned, so the arm "
            "overshoots.",
            "The network has too few data.": "The same network succeeds when its "
            "slopes may change.",
        },
        answer=right,
        hints=["What does a stronger motor change in x' = f_x x + f_u u + f_c?"],
    )


def small_alpha() -> Predict:
    """What does a small α do when the sensors are noisy?"""
    right = "It fits the noise of the newest step."
    return quiz(
        "Mordatch's update has a small α, and the sensors are noisy. What does the "
        "model do?",
        {
            right: "Yes: with α = 0 the model explains the newest step exactly, noise "
            "included.",
            "It stays at the first model.": "This is what a very large α does.",
            "It averages over all steps.": "No step is kept; only J is.",
        },
        answer=right,
    )
