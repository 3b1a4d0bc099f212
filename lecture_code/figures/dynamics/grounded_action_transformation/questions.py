"""The questions of the chapter *Grounded action transformation*: the prediction that
opens the page's main picture, and those at the end.
"""

from __future__ import annotations

from functools import partial

from lecture_code.experiments.results import Result
from lecture_code.figures.dynamics.grounded_action_transformation.results import (
    UNTURNED,
    imitation,
    imitation_table,
)
from lecture_code.show import Predict, Prose, explore, predict, quiz

AFTER_LATENESS = """
The models had {trajectories} recorded walks of the robot. In the picture each dot is
one of five walks. First guess: what becomes of a delay of three steps, with a memory of
two actions? Then move the delay.

The table has a row where the robot *is* the simulator, yet the grounded simulator has
an error. **The models have an error of their own, and grounding puts it into the
simulator.** A gap must be larger than the error of the models before grounding helps in
a single step. How large must the change of the damping be?
"""


def who_imitates_lateness(models: Result) -> Predict:
    """What does grounding do where the robot is the simulator?

    Args:
        models: the result `grounding_models`; the answer follows from it.
    """
    picture = explore(
        partial(imitation, models),
        **models.settings["knobs"],
        start=UNTURNED,
        labels={
            "damping": "damping of the robot's joints",
            "torso_mass": "mass of the robot's trunk",
            "action_delay": "delay of the robot's motors",
        },
        units={"damping": "×", "torso_mass": "×", "action_delay": "control steps"},
        one_at_a_time=True,
    )
    words = AFTER_LATENESS.format(trajectories=models.settings["trajectories"])
    return predict(
        "The robot *is* the simulator: nothing differs. What does grounding do to the "
        "error in one step?",
        [
            "Nothing: it stays at zero",
            "It makes the error larger",
            "It makes the error smaller",
        ],
        answer=1,
        because="The error was zero, and both models are only fitted to recordings. "
        "The row below shows what happens on a late robot. It executes the action of "
        "the step before. The function g(s, a) does not see this action. With the last "
        "actions among its inputs, g can pass on the older action.",
        then=[imitation_table(models), Prose(words), picture],
    )


def swapped_models() -> Predict:
    """What happens if the two models are fitted in each other's world?"""
    right = (
        "It finds actions that let the robot behave like the simulator, and executes "
        "them in the simulator."
    )
    return quiz(
        "Somebody trains f in the simulator and the inverse model on the robot. What "
        "does the transformation do?",
        {
            "The same as before: the two worlds play equal parts.": "They do not. The "
            "simulator executes g, so its last step must invert the simulator.",
            right: "Yes. On the robot this would be a method of its own. In the "
            "simulator it makes the gap wider.",
            "It cancels, and g is the identity.": "Only if both worlds are the same.",
        },
        answer=right,
        hints=["Which world does the inverse model belong to?"],
    )


def heavier_trunk() -> Predict:
    """Which part of a heavier trunk can motors imitate?"""
    right = "The part of the difference outside range(B)."
    return quiz(
        "The robot's trunk is heavier than the simulator's, and no motor holds the "
        "trunk. The simulator is grounded with perfect models. What is left?",
        {
            "Nothing: the models are perfect.": "Perfect models find the best action. "
            "But an action cannot reach every state.",
            right: "Yes: (I − B B⁺) r, whatever is learned.",
            "All of it: a mass is no action.": "Motors can imitate a part of what a "
            "mass does.",
        },
        answer=right,
        hints=["Which next states can the simulator's motors reach?"],
    )


def no_exploration() -> Predict:
    """Why must the recordings be explored?"""
    right = (
        "Action and moment always come together, so their effects cannot be told apart."
    )
    return quiz(
        "An open-loop walk is recorded without exploration. Why is f worthless?",
        {
            "There are too few data.": "More data do not help: every walk gives the "
            "same action at the same moment.",
            right: "Yes. The regression may explain everything by the state. Then g "
            "cannot react to a.",
            "f needs the robot's parameters.": "It never sees them.",
        },
        answer=right,
    )


def smooth_noise() -> Predict:
    """When is a deterministic model of a noisy robot good enough?"""
    right = "Little: the policy that is best on average stays the best."
    return quiz(
        "A robot's steps have noise of mean zero, in a smooth world, far from any "
        "cliff. What does it cost to let f predict the mean?",
        {
            right: "Yes, where the return is nearly linear in the noise. At the cliff "
            "it is not.",
            "As much as on the grid.": "There a step to the side costs 10. Here it "
            "costs almost nothing.",
            "Everything: GAT needs a deterministic robot.": "All robots are noisy. It "
            "matters what the noise does to the return.",
        },
        answer=right,
    )
