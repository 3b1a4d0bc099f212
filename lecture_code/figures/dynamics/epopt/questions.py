"""The questions of the chapter on EPOpt: the prediction at its beginning, and those at
the end.
"""

from __future__ import annotations

from lecture_code.experiments.results import Result
from lecture_code.show import Predict, Prose, predict, quiz

from .ensembles import looks, looks_of, looks_table


def training_goes_on(result: Result) -> Predict:
    """What becomes of the return abroad while a specialist trains on?

    Args:
        result: the result `epopt`; the answer follows from it.
    """
    abroad = looks_of(result, 9.0)
    half = abroad.shape[1] // 2
    lower = int((abroad[:, -1] < abroad[:, half]).sum())
    return predict(
        "The specialist goes on training, always on 3 kg. What happens to its return "
        "on the robot of 9 kg?",
        [
            "It rises with the return on 3 kg, only lower",
            "It rises at first, and then stands still or falls",
            "It stays where it was: the policy never sees 9 kg",
        ],
        answer=1,
        because="At first the policy learns to stand and to hop at all, and this helps "
        "everywhere. What it learns later is made for one robot.",
        then=[
            looks_table(result),
            Prose(
                "In the second half of the training the policy still gains at home. On "
                f"9 kg it loses in {lower} trainings of {len(abroad)}. The simulator "
                "says that the training pays. On the robot it stopped paying half-way."
            ),
            looks(result),
        ],
    )


def without_selection() -> Predict:
    """What is EPOpt with ε = 1?"""
    right = "TRPO on the ensemble."
    return quiz(
        "EPOpt(1) on N trajectories is the same as",
        {
            "TRPO on the mean simulator.": "The mean simulator is one world. The mean "
            "over worlds is something else.",
            right: "Yes: the percentile is the best return of the batch, so every "
            "trajectory is selected.",
            "TRPO on the best trajectory.": "ε counts from the worst upwards.",
        },
        answer=right,
        hints=["Which trajectories does line 8 select with ε = 1?"],
    )


def reset_at_every_step() -> Predict:
    """Why does the posterior compare single steps?"""
    right = (
        "Because errors grow: after some steps a simulation differs for many reasons."
    )
    return quiz(
        "Why does the posterior set the simulator back to the robot's state at every "
        "step?",
        {
            "To save time.": "It costs as many steps either way.",
            right: "Yes. One step from the same state differs by little else than p.",
            "Because the simulator has no memory.": "It would run on without trouble.",
        },
        answer=right,
    )


def one_particle_left() -> Predict:
    """What does an effective sample size of one tell?"""
    right = "Too little: temper, or draw particles again around the best."
    return quiz(
        "After a recording the effective sample size is 1.0 of 400. What do you know "
        "about the mass?",
        {
            "The particle that is left is the mass.": "It is the best of 400 guesses, "
            "and its standard deviation is zero. That is not knowledge.",
            right: "Yes, and the rounds do both.",
            "Nothing: the recording was useless.": "It told so much that the particles "
            "are too sparse for it.",
        },
        answer=right,
        hints=["How far apart are 400 particles, and how sharp is the likelihood?"],
    )


def price_of_a_tenth() -> Predict:
    """How many control steps does ε = 0.1 cost?"""
    right = "Ten times as many."
    return quiz(
        "Of 120 trajectories 12 are selected. Every gradient shall have as many "
        "trajectories behind it as with ε = 1. How many control steps does this cost?",
        {
            "As many as before: the others are thrown away.": "They were simulated "
            "first.",
            right: "Yes: 1,200 trajectories for 120 that count.",
            "A tenth.": "The update gets cheaper, but the simulation does not.",
        },
        answer=right,
    )
