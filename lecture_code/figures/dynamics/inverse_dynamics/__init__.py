"""Figures, tables and questions of the chapter *Inverse-dynamics transfer*."""

from lecture_code.figures.dynamics.inverse_dynamics.choices import (
    longer,
    worth_of_choices,
)
from lecture_code.figures.dynamics.inverse_dynamics.drawings import (
    loop,
    timid,
    timid_arm,
    what_remains,
)
from lecture_code.figures.dynamics.inverse_dynamics.films import (
    ADAPTED,
    EXPERT,
    ArmTrials,
    ErrorMap,
)
from lecture_code.figures.dynamics.inverse_dynamics.grid import SIZES, FilmGrid
from lecture_code.figures.dynamics.inverse_dynamics.numbers import numbers
from lecture_code.figures.dynamics.inverse_dynamics.questions import (
    commanded_or_executed,
    does_history_help,
    how_far_does_phi_reach,
    how_long_a_history,
    set_to_the_state,
    too_few_motors,
    two_mirrors,
    which_noise,
)
from lecture_code.figures.dynamics.inverse_dynamics.reach import reach_table
from lecture_code.figures.dynamics.inverse_dynamics.results import (
    ROBOTS,
    TARGETS,
    by_round,
    curves,
    leads,
    rivals,
)
from lecture_code.figures.dynamics.inverse_dynamics.scores import SHIFTS, Scores
from lecture_code.figures.dynamics.inverse_dynamics.stiffness import Stiffness
from lecture_code.figures.dynamics.inverse_dynamics.walking import (
    falls,
    samples,
    targets,
    walking_leads,
)

__all__ = [
    "ADAPTED",
    "EXPERT",
    "ROBOTS",
    "SHIFTS",
    "SIZES",
    "TARGETS",
    "ArmTrials",
    "ErrorMap",
    "FilmGrid",
    "Scores",
    "Stiffness",
    "by_round",
    "commanded_or_executed",
    "curves",
    "does_history_help",
    "falls",
    "how_far_does_phi_reach",
    "how_long_a_history",
    "leads",
    "longer",
    "loop",
    "numbers",
    "reach_table",
    "rivals",
    "samples",
    "set_to_the_state",
    "targets",
    "timid",
    "timid_arm",
    "too_few_motors",
    "two_mirrors",
    "walking_leads",
    "what_remains",
    "which_noise",
    "worth_of_choices",
]
