"""What the chapter asks: predictions before a picture, and quizzes at its end.

A prediction takes what opens after the commitment as `then`, the numbers that its
explanation names, and a `still` that gives nothing away.
"""

from __future__ import annotations

from collections.abc import Sequence

from lecture_code.show import Predict, Shown, predict, quiz


def less_damping(then: Sequence[Shown], still: Shown) -> Predict:
    """How much return a running expert keeps when its joints lose a quarter of their
    damping.
    """
    return predict(
        "The joints of the real robot have 25 % less damping. How much of its return "
        "does the expert keep over 50 seconds?",
        [
            "More than nine tenths: it has feedback, and the change is small",
            "About two thirds",
            "Less than a third",
        ],
        answer=2,
        because="Most robots fall on their backs and do not get up. A likely reason: "
        "the feedback was tuned for the old joints. In the new joints each correction "
        "is too strong, so the next step must correct it.",
        then=then,
        still=still,
    )


def falling_hopper(then: Shown, still: Shown) -> Predict:
    """Which of three changes makes a Hopper fall."""
    return predict(
        "Each knob is moved by a quarter of its value. Which change makes this Hopper "
        "fall within five seconds?",
        [
            "A quarter less gravity",
            "A quarter more mass in the torso",
            "A quarter less damping in the joints",
        ],
        answer=0,
        because="A hop is a throw. With less gravity and the same take-off, the flight "
        "lasts a third longer. The leg swings on in the air, and the Hopper lands on "
        "its knee. More gravity can make it fall too: try −12.3.",
        then=then,
        still=still,
    )


def noise_with_memory(fresh: float, slow: float, then: Shown) -> Predict:
    """What motor noise costs when it has a memory.

    Args:
        fresh: share of the return that is kept with noise that has no memory.
        slow: share of the return that is kept with a memory of 0.9.
        then: what opens after the commitment.
    """
    return predict(
        "Motor noise of σ = 0.1 without memory costs this Hopper "
        f"{100 * (1 - fresh):.0f} % of its return in eight seconds. Keep σ, and give "
        "the noise a memory of c = 0.9. What happens?",
        [
            "It keeps more: what changes slowly is easy to correct",
            "It keeps as much: σ is the same",
            "It keeps less",
        ],
        answer=2,
        because=f"In ten episodes it kept {100 * fresh:.0f} % of its return with fresh "
        f"noise, and {100 * slow:.0f} % with the memory. σ is the size of a single "
        "push. Fresh pushes cancel each other. Pushes with a memory add up: over many "
        "steps they go √19 times as far. Try it: set the noise as above, then raise "
        "its correlation.",
        then=then,
    )


def best_away(lead: tuple[float, float, float], then: Shown) -> Predict:
    """Which of five experts is the best in a changed world.

    Args:
        lead: how far the best expert is ahead of the second there, with its interval:
            (low, mean, high).
        then: what opens after the commitment.
    """
    low, _, high = lead
    return predict(
        "Order the five cheetah experts by their return in the simulator. Which of "
        "them earns most on the robot with a quarter less damping?",
        [
            "The best in the simulator",
            "The expert in the middle",
            "The worst in the simulator",
        ],
        answer=2,
        because="The expert that earns least in the simulator earns most on the robot. "
        f"It is ahead of the second expert by {low:,.0f} to {high:,.0f} (95 % "
        "interval). Three others cannot be told apart there, and the best "
        "in the simulator is among them. A choice by simulated return would have "
        "missed the best expert. Five experts are too few for a rule: other trainings "
        "may give another order. Can we train for worlds that we have not seen? The "
        "chapter on ensembles (EPOpt) tries this.",
        then=then,
    )


def backlash() -> Predict:
    """What identification shows of an effect that the simulator lacks."""
    bursts = "R² that stays below 1, with errors that come in bursts."
    return quiz(
        "A robot's gearbox has backlash, and your simulator has none. You identify "
        "mass and damping from a long, clean recording. What will you see?",
        {
            "R² of 1, and wrong values of mass and damping.": "If two knobs could "
            "imitate backlash, the fit would be perfect. They cannot: they act all the "
            "time, and backlash acts only where the motor turns round.",
            bursts: "Yes. The error answers to the commands. It comes wherever the "
            "motor turns round, and more data do not remove it.",
            "The fit does not converge.": "Least squares always has a best point. You "
            "get an answer, and it may be wrong.",
        },
        answer=bursts,
    )


def same_starts() -> Predict:
    """Why a sweep uses common random numbers."""
    knob = "So that the knob alone causes the difference between two values."
    return quiz(
        "Why does every value in a sweep meet the same starts and the same noise?",
        {
            "So that the result can be reproduced.": "A fixed seed is enough for that, "
            "even with other starts for each value.",
            knob: "Yes: common random numbers. The luck of the start cancels in the "
            "difference.",
            "Because the policy needs them.": "The policy does not know them. The "
            "comparison needs them.",
        },
        answer=knob,
    )


def doubled_mass() -> Predict:
    """What happens to the inertia when a compiled model is edited."""
    easy = "A robot that weighs twice as much and turns as easily as before."
    return quiz(
        "You double a robot's masses by `model.body_mass *= 2` in the compiled model. "
        "What have you simulated?",
        {
            "A robot twice as heavy.": "It weighs twice as much, but its inertia is "
            "the inertia of the light robot: it turns too easily.",
            easy: "Yes, and there is no such robot. Write to the description and "
            "compile again.",
            "Nothing: the compiled model ignores it.": "The model does not ignore it, "
            "so the mistake is hard to see.",
        },
        answer=easy,
    )


def imitated_delay() -> Predict:
    """Why mass and damping imitate a delay."""
    slow = "Both make the robot answer a command more slowly."
    return quiz(
        "Identification answered a delay with a heavier torso and more damping. Why?",
        {
            "By chance; another recording would give others.": "Five recordings, from "
            "five experts, gave the same direction for both.",
            slow: "Yes. With these two knobs, a slow robot is the nearest thing to a "
            "late robot.",
            "The delayed robot really is heavier.": "It is the simulator's twin. Only "
            "its motors are late.",
        },
        answer=slow,
    )
