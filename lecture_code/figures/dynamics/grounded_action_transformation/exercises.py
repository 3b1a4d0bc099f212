"""Hints in steps for the exercises of the chapter *Grounded action transformation*."""

from __future__ import annotations

from lecture_code.show import Hints, hints

STEPS = (
    (
        "The state is position and velocity. Write the next state of both carts.",
        "The position's row of B is half of the squared time step over m, or 0. This "
        "depends on how you discretise, so do both.",
        "Compare your g(x, u) with `linear_grounding.closed_form`.",
    ),
    (
        "In the cell of *Live*, set `GroundingSettings(trajectories=N, memory=2)`.",
        "`one_step_error(turn.world, held_out, rng)` gives the error. Use the same "
        "held-out recordings for every N, and five seeds.",
        "The smaller `exploration` belongs to the recordings of the models only. The "
        "held-out recordings stay as they are.",
    ),
    (
        "The loop has no end: take three turns with `itertools.islice(loop, 3)`.",
        "Test `theta_0` and the three `turn.theta` with `walk(robot, theta, 50, 20)`.",
        "Make a loop of its own for every seed. Compare the gains of the second turn "
        "with the gains of the first turn, seed by seed.",
    ),
    (
        "Estimate P(s' | s, a) by counting the thirty steps of each pair.",
        "Plan in two grids: one takes the most frequent next cell, the other takes the "
        "estimated probabilities.",
        "Compare the values of both plans under the *estimate*. Repeat with new draws: "
        "how often do thirty steps mislead you when the slip is 0.02?",
    ),
    (
        "Print `one_step_error` of his world first. Is it a small mistake?",
        "What was `forward` fitted to: the next state, or something else?",
        "He treats the prediction as a state. What does his `inverse` get then?",
    ),
)
"""Hints of each exercise, from a nudge to nearly the answer."""


def exercise_hints(number: int) -> Hints:
    """Hints of an exercise; the first exercise has the number 1."""
    return hints(*STEPS[number - 1])
