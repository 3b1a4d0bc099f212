"""Hints in steps for the exercises of the chapter *Online dynamics adaptation*."""

from __future__ import annotations

from lecture_code.show import Hints, hints

STEPS = (
    (
        "Write the mean after one step with p0 and p1. Put it into the mean after two "
        "steps.",
        "The weight of a step is β, times a factor 1 − β for each later step.",
        "Solve 0.8 to the power of j < 0.1 with logarithms.",
    ),
    (
        "Use `replace(adapting, m=1.0)`, and then "
        "`replace(adapting, m=1.0, keep_mean=True)`.",
        "Which share of the offset stays with N = m?",
        "`keep_mean` changes only μ in eq. 1. So what improves was the fault of μ. "
        "What stays bad is the fault of Σ: m weighs its last term, too.",
    ),
    (
        "Draw five starts and slots with `draw_attempts(5, seed(6))`. Loop over them: "
        "before attempt i set `starts` and `mouths` to their rows `[i : i + 1]`.",
        "Change one line of `try_once`: `SlotArm().change(observation_noise=0.01)`.",
        "Try some β from 0.02 to 0.9. What does a small β forget too "
        "slowly, and what does a large β fit?",
    ),
    (
        "What does `update` add to J? It is a column times z transposed.",
        "Add a matrix D with D z = 0 to the right J. Does J z change?",
        "Take any matrix, and subtract its product with z, times z transposed, "
        "divided by the squared length of z.",
    ),
    (
        "Which torque moved the arm to `x_next`: the torque before `x_next`, or the "
        "torque after it?",
        "The later torque is K x + k of `x_next`. What does a regression make of it?",
        "In free fall every torque is zero. Which torque is used then does not matter.",
    ),
)
"""Hints of each exercise, from a nudge to nearly the answer."""


def exercise_hints(number: int) -> Hints:
    """Hints of an exercise; the first exercise has the number 1."""
    return hints(*STEPS[number - 1])
