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
from lecture_code.figures.dynamics.online_adaptation.films import (
    JumpingPayload,
    first_attempt,
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
    numbers_of_comparison,
)
from lecture_code.figures.dynamics.online_adaptation.questions import (
    constant_force,
    how_much_prior,
    how_soon,
    never_acted,
    offset_that_stays,
    small_alpha,
    who_falls,
    why_offset_fails,
)
from lecture_code.figures.dynamics.online_adaptation.results import (
    FEW,
    NAMES_WITH_FEW,
    Sweep,
    comparison,
    differences,
    predictions,
    weights_table,
)

__all__ = [
    "BALANCE_NAMES",
    "FEW",
    "FORCES",
    "NAMES_WITH_FEW",
    "JumpingPayload",
    "Kicks",
    "Slopes",
    "Sweep",
    "balance_table",
    "by_alpha",
    "comparison",
    "constant_force",
    "differences",
    "falls_after_jump",
    "first_attempt",
    "how_much_prior",
    "how_soon",
    "idea",
    "learning_curve",
    "limits_table",
    "moments_and_least_squares",
    "never_acted",
    "numbers_of_comparison",
    "offset_that_stays",
    "predictions",
    "rank_figure",
    "small_alpha",
    "weights_table",
    "who_falls",
    "why_offset_fails",
]
