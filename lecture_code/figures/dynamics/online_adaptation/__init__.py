"""Figures, tables and questions of the chapter *Online dynamics adaptation*."""

from lecture_code.figures.dynamics.online_adaptation.balancing import (
    BALANCE_NAMES,
    Kicks,
    balance_table,
    by_alpha,
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
    how_soon,
    never_acted,
    offset_that_stays,
    small_alpha,
    why_offset_fails,
)
from lecture_code.figures.dynamics.online_adaptation.results import (
    FEW,
    NAMES_WITH_FEW,
    Sweep,
    comparison,
    differences,
    predictions,
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
    "differences",
    "first_attempt",
    "how_soon",
    "idea",
    "learning_curve",
    "moments_and_least_squares",
    "never_acted",
    "numbers_of_comparison",
    "offset_that_stays",
    "predictions",
    "rank_figure",
    "small_alpha",
    "why_offset_fails",
]
