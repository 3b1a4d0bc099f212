"""Figures, tables and questions of the chapter *Online dynamics adaptation*."""

from lecture_code.figures.dynamics.online_adaptation.after_jump import (
    falls_after_jump,
)
from lecture_code.figures.dynamics.online_adaptation.balancing import (
    BALANCE_NAMES,
    Kicks,
    balance_table,
    by_alpha,
    limits_table,
)
from lecture_code.figures.dynamics.online_adaptation.changed_robots import (
    JumpingPayload,
    OtherGravity,
)
from lecture_code.figures.dynamics.online_adaptation.exercises import (
    exercise_hints,
)
from lecture_code.figures.dynamics.online_adaptation.expectations import (
    predicted_motion,
)
from lecture_code.figures.dynamics.online_adaptation.films import (
    first_attempt,
    slot_at_the_end,
)
from lecture_code.figures.dynamics.online_adaptation.jacobian import (
    FORCES,
    learning_curve,
)
from lecture_code.figures.dynamics.online_adaptation.models import (
    Slopes,
    idea,
    moments_and_least_squares,
    rank_figure,
)
from lecture_code.figures.dynamics.online_adaptation.numbers import (
    distances_without_walls,
    numbers_of_comparison,
    numbers_of_practices,
)
from lecture_code.figures.dynamics.online_adaptation.questions import (
    constant_force,
    frozen_slopes,
    how_much_prior,
    how_soon,
    never_acted,
    small_alpha,
    weak_motors,
    who_falls,
)
from lecture_code.figures.dynamics.online_adaptation.results import (
    NAMES,
    by_practice,
    comparison,
    differences,
    leads_over_no_prior,
)
from lecture_code.figures.dynamics.online_adaptation.sweeps import (
    Sweep,
    predictions,
    tuned_weights,
    weights_table,
)

__all__ = [
    "BALANCE_NAMES",
    "FORCES",
    "NAMES",
    "JumpingPayload",
    "Kicks",
    "OtherGravity",
    "Slopes",
    "Sweep",
    "balance_table",
    "by_alpha",
    "by_practice",
    "comparison",
    "constant_force",
    "differences",
    "distances_without_walls",
    "exercise_hints",
    "falls_after_jump",
    "first_attempt",
    "frozen_slopes",
    "how_much_prior",
    "how_soon",
    "idea",
    "leads_over_no_prior",
    "learning_curve",
    "limits_table",
    "moments_and_least_squares",
    "never_acted",
    "numbers_of_comparison",
    "numbers_of_practices",
    "predicted_motion",
    "predictions",
    "rank_figure",
    "slot_at_the_end",
    "small_alpha",
    "tuned_weights",
    "weak_motors",
    "weights_table",
    "who_falls",
]
