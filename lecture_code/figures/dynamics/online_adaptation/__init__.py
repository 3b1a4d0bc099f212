"""Figures, tables and questions of the chapter *Online dynamics adaptation*."""

from .balancing import BALANCE_NAMES, Kicks, balance_table, by_alpha
from .films import JumpingPayload, first_attempt
from .jacobian import FORCES, learning_curve
from .models import Slopes, idea, moments_and_least_squares, rank_figure
from .numbers import numbers_of_comparison
from .questions import (
    how_soon,
    never_acted,
    offset_that_stays,
    small_alpha,
    why_offset_fails,
)
from .results import (
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
