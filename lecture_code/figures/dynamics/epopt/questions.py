"""The questions of the chapter on EPOpt: the prediction at its beginning, and those at
the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from lecture_code.experiments.results import Result
from lecture_code.figures.dynamics.epopt.adaptation import Array
from lecture_code.figures.dynamics.epopt.ensembles import (
    SPECIALISTS,
    Arrays,
    learning_curves,
    learning_table,
    returns_during_training,
)
from lecture_code.figures.dynamics.epopt.hard import falls, hard, hard_table
from lecture_code.figures.dynamics.epopt.particles import (
    Unknown,
    cloud,
    evidence_table,
    sources_of,
)
from lecture_code.figures.dynamics.epopt.trained import (
    numbers_of_the_sweep,
    sweep,
    sweep_table,
)
from lecture_code.show import Predict, Prose, Table, explore, predict, quiz

WHAT_THE_SWEEP_SAYS = """
**The specialists** succeed at home. We say that a training *fails* if its mean return
on some mass is below {failure}. The middle specialist fails in two trainings, but
narrowly.

**EPOpt(1)** needs a range of masses, and no single guess. It fails as often as the
middle specialist: one training hardly learns to hop within the budget, and one fails
narrowly. At each end of the range its median is below that of the specialist of this
robot.

**EPOpt(0.1)** has the lowest median, and fails in all trainings but one. It has a
handicap: it selects in its last third only, which can be as short as {fewest_updates}
updates.

**What these trainings cannot say.** In the paper EPOpt with ε = 0.1 is the most robust
policy. Longer trainings could end in another order. We did not try any here, so this is
not yet a failure of the method.

**Is the ensemble hard enough?** If only the mass varies, no policy has a higher median
than the middle specialist. So an ensemble over the mass may have little to gain.
Therefore we let friction, damping and armature vary as well, by up to a half. First we
test two of the policies that we have.
"""
WHAT_THE_HARD_ENSEMBLE_SAYS = """
The 10th percentile of the middle specialist falls in all five trainings, by
{least_fall} to {most_fall} %, and in four of them to less than half. With four unknown
numbers the middle specialist is no longer safe. EPOpt(1) has met other masses only, and
its 10th percentile falls as well. We did not test the other policies.

**Average or worst?** Then we trained for this hard ensemble (see the fold below). With
the worst quarter of the worlds the 10th percentile is above the specialist's in all
five pairs, so here the ensemble helps in the low end. But against the average of all
worlds the interval of the difference contains zero. These trainings were short. They
go on from a policy that falls in most worlds, and most robots still fall.
"""
WHAT_A_ROUND_IS = """
In each *round* the robot acts for one episode, and the source is adapted. So the
particles gather near the robot:
"""


def training_goes_on(result: Result) -> Predict:
    """What becomes of the return abroad while a specialist trains on?

    Args:
        result: the result `epopt`; the answer follows from it.
    """
    abroad = returns_during_training(result, 9.0)
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
        because="Perhaps the policy first learns to stand and to hop, which helps "
        "everywhere, and later what fits one robot.",
        then=[
            learning_table(result),
            Prose(
                "In the second half of the training the policy still gains at home. On "
                f"9 kg it loses in {lower} trainings of {len(abroad)}."
            ),
            learning_curves(result),
        ],
    )


def highest_low_end(
    result: Result, arrays: Arrays, harder: Result, harder_arrays: Arrays
) -> Predict:
    """Which policy has the highest 10th percentile? The returns of all policies are
    revealed, and what becomes of two of them in a harder ensemble.

    Args:
        result, arrays: the result `epopt`.
        harder, harder_arrays: the result `epopt_hard`.
    """
    fall = 100 * falls(harder, harder_arrays, SPECIALISTS[1])
    ends = {"least_fall": f"{fall.min():.0f}", "most_fall": f"{fall.max():.0f}"}
    return predict(
        "Every policy acts on every mass. Which policy has the highest 10th percentile "
        "of the returns, averaged over the masses?",
        [
            "EPOpt(0.1), because it learns from the worst trajectories",
            "EPOpt(1), because it learns from all trajectories",
            "The specialist of 6 kg, the middle of the masses",
            "Five trainings do not tell",
        ],
        answer=3,
        because="The specialist of 6 kg has the highest median, but its range overlaps "
        "with other ranges.",
        then=[
            sweep(result, arrays),
            sweep_table(result, arrays),
            Prose(WHAT_THE_SWEEP_SAYS.format(**numbers_of_the_sweep(result, arrays))),
            hard(harder, harder_arrays),
            hard_table(harder, harder_arrays),
            Prose(WHAT_THE_HARD_ENSEMBLE_SAYS.format(**ends)),
        ],
        folds=True,
    )


def longer_or_nearer(
    robot: Unknown,
    particles: Mapping[str, Array],
    choices: Sequence[int],
    rounds: Table,
) -> Predict:
    """What improves the source more: a longer recording or new particles? The weighted
    particles are revealed, with the number of steps to choose.

    Args:
        robot: with two recordings.
        particles: knob -> values, from `draw_particles`.
        choices: numbers of steps; the first is shown first, the last is all steps.
        rounds: the source after several rounds, from `rounds_table`.
    """
    sources = sources_of(robot, particles, 50, choices[-1])
    return predict(
        "You have used 50 steps of the robot. What brings the new source nearer to the "
        "robot *and* makes it narrower?",
        [
            f"{choices[-1]} steps of the recording, with the same particles",
            "50 steps of a second episode, with new particles drawn near the new "
            "source",
            "Neither: 50 steps tell all that there is to know",
        ],
        answer=1,
        because="Few of the first particles are near the robot. More steps cannot move "
        "them. New particles are drawn where the first episode points to.",
        then=[
            evidence_table(sources, robot.prior, robot.truth),
            Prose(
                "The *log score* is the logarithm of the source's density at the true "
                "values. It is high only if the source is near the robot and narrow. "
                "The slider shows why a longer recording helps little. Tempering keeps "
                "a tenth of the particles, and most of them are lighter than the "
                "robot."
            ),
            explore(
                partial(cloud, robot, particles),
                steps=list(choices),
                start={"steps": choices[0]},
                labels={"steps": "steps of the robot that are used"},
            ),
            Prose(WHAT_A_ROUND_IS),
            rounds,
        ],
        folds=True,
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
            "TRPO on the best trajectory.": "ε is the share of the *worst* "
            "trajectories.",
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
            right: "Yes. After a single step from the same state, p is nearly the only "
            "reason for a difference.",
            "Because the simulator has no memory.": "It could run on from its own "
            "state.",
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
            right: "Yes. The rounds of this chapter do both.",
            "Nothing: the recording was useless.": "The recording told much: only one "
            "of 400 guesses still agrees with it.",
        },
        answer=right,
        hints=["How far apart are 400 particles, and how sharp is the likelihood?"],
    )


def price_of_a_tenth() -> Predict:
    """How many control steps does ε = 0.1 cost?"""
    right = "Ten times as many."
    return quiz(
        "With ε = 0.1, 12 of 120 trajectories are selected. You want to compute each "
        "gradient from 120 trajectories, as with ε = 1. How many control steps must "
        "you simulate?",
        {
            "As many as before: the other trajectories are thrown away.": "They must "
            "be simulated before they can be thrown away.",
            right: "Yes: you simulate 1,200 trajectories, and 120 of them are "
            "selected.",
            "A tenth.": "The update gets cheaper, but the simulation does not.",
        },
        answer=right,
    )
