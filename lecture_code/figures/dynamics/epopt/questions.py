"""The questions of the chapter on EPOpt: the prediction at its beginning, and those at
the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from lecture_code.experiments.results import Result
from lecture_code.show import Predict, Prose, explore, predict, quiz
from lecture_code.simulation import Trajectories, TruncatedGaussian, World

from .adaptation import Array, cloud
from .ensembles import Arrays, looks, looks_of, looks_table
from .trained import numbers_of_ensembles, selection_or_number, sweep, sweep_table

WHAT_THE_SWEEP_SAYS = """
**The specialists** succeed at home. Away from home the light specialist always fails,
and the heavy specialist fails in {heavy_fails} trainings of 5. But the specialist of
the middle does not fail. If you had guessed 6 kg, you would not need an ensemble. So
the lecture's claim that specialists collapse holds for two of our three. A wider range
of masses could change this.

**EPOpt(1)** needs no guess. On its worst mass it earns a little less than the middle
specialist. But one of its five trainings hardly learns to hop within the budget.

**EPOpt(0.1)** has the lowest 10th percentile of all. Both forms of EPOpt are the same
training for the first two thirds, so the last third decides.

In the last third EPOpt gains in {one_gains} trainings with ε = 1, and in {tenth_gains}
with the smaller ε.

**Is the selection the cause, or the small number of trajectories?** A control separates
the two. From the same two thirds on, it also learns from a tenth of each batch, but
from *any* tenth.
"""
WHAT_THE_CONTROL_SAYS = """
As far as five trainings can tell, it is mostly the selection. Twelve random
trajectories teach nearly as much as all 120. The worst twelve teach less, in
{thin_pairs} trainings of 5. So here the average over the ensemble is the better
teacher.
"""


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
                f"9 kg it loses in {lower} trainings of {len(abroad)}. In the "
                "simulator the return still rises. On the robot it stopped rising "
                "half-way."
            ),
            looks(result),
        ],
    )


def highest_low_end(
    result: Result, arrays: Arrays, thinned: Arrays, tuning: Result
) -> Predict:
    """Which policy has the highest 10th percentile? The returns of all policies are
    revealed, and the control that asks for the cause.

    Args:
        result, arrays: the result `epopt`.
        thinned: the arrays of `epopt_thinned`.
        tuning: the result `epopt_tuning`.
    """
    said = numbers_of_ensembles(result, arrays, thinned, tuning)
    return predict(
        "Every policy acts on every mass. Which policy has the highest 10th percentile "
        "of the returns, averaged over the masses?",
        [
            "EPOpt(0.1), because it learns from the worst trajectories",
            "EPOpt(1), because it learns from all trajectories",
            "The specialist of 6 kg, the middle of the masses",
        ],
        answer=2,
        because="It is trained on one mass only, and yet it also hops on lighter and "
        "heavier robots.",
        then=[
            sweep(result, arrays),
            sweep_table(result, arrays),
            Prose(WHAT_THE_SWEEP_SAYS.format(**said)),
            selection_or_number(result, arrays, thinned),
            Prose(WHAT_THE_CONTROL_SAYS.format(**said)),
        ],
    )


def steps_of_the_robot(
    hopper: World,
    prior: dict[str, TruncatedGaussian],
    particles: Mapping[str, Array],
    recording: Trajectories,
    truth: tuple[float, float],
    choices: Sequence[int],
) -> Predict:
    """How many steps of the robot does the posterior need? The weighted particles are
    revealed, with the number of steps to choose.

    Args:
        hopper, prior, particles, recording, truth: see `cloud`.
        choices: numbers of steps; the first is shown first.
    """
    return predict(
        "How many steps of the robot does it take until the robot is within two "
        "standard deviations of the new source, in mass and in friction?",
        ["Two", "Ten", "Fifty"],
        answer=0,
        because="After the first step the source is still far from the mass. The "
        "second step tells nearly everything about the friction. The mass is found "
        "more slowly: move the slider.",
        then=explore(
            partial(cloud, hopper, prior, particles, recording, truth),
            steps=list(choices),
            start={"steps": choices[0]},
            labels={"steps": "steps of the robot that are used"},
        ),
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
