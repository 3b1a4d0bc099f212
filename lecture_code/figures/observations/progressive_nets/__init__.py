"""Figures, tables and questions of the chapter *Progressive nets*.

`runs.py` reads the committed runs; `films.py`, `rates.py`, `sorted_runs.py` and
`alone.py` draw them; `laterals.py`, `usage.py`, `capacity.py` and `growth.py` draw what
new columns use and how large they are; `checks.py` has tables of runs that ask for
causes, and `digits.py` shows the supervised twin. `columns.py` draws the idea, and
`questions.py` holds the questions.
"""

from lecture_code.figures.observations.progressive_nets.alone import (
    alone_numbers,
    alone_table,
    one_at_a_time,
)
from lecture_code.figures.observations.progressive_nets.capacity import capacity_curves
from lecture_code.figures.observations.progressive_nets.checks import (
    layers_table,
    longer_table,
    softer_table,
)
from lecture_code.figures.observations.progressive_nets.columns import two_columns
from lecture_code.figures.observations.progressive_nets.digits import (
    OTHER_STARTS,
    DigitScores,
    by_labels,
    digit_numbers,
    digits_table,
    two_domains,
)
from lecture_code.figures.observations.progressive_nets.films import Films
from lecture_code.figures.observations.progressive_nets.growth import (
    growth_curves,
    third_table,
)
from lecture_code.figures.observations.progressive_nets.laterals import (
    Laterals,
    laterals_table,
)
from lecture_code.figures.observations.progressive_nets.numbers import (
    ceilings,
    edge_numbers,
    entropy_at_start,
    longer_numbers,
    numbers,
    softer_numbers,
)
from lecture_code.figures.observations.progressive_nets.questions import (
    best_or_median,
    how_many_laterals,
    what_is_forgotten,
    which_gradients,
    who_carries_the_gain,
    why_exactly_zero,
)
from lecture_code.figures.observations.progressive_nets.rates import (
    best_table,
    by_rate,
    learning_curves,
)
from lecture_code.figures.observations.progressive_nets.runs import (
    METHODS,
    ROBOTS,
    Draws,
    Grid,
)
from lecture_code.figures.observations.progressive_nets.sorted_runs import (
    paper_table,
    sorted_runs,
    sorted_table,
)
from lecture_code.figures.observations.progressive_nets.usage import usage_map

__all__ = [
    "METHODS",
    "OTHER_STARTS",
    "ROBOTS",
    "DigitScores",
    "Draws",
    "Films",
    "Grid",
    "Laterals",
    "alone_numbers",
    "alone_table",
    "best_or_median",
    "best_table",
    "by_labels",
    "by_rate",
    "capacity_curves",
    "ceilings",
    "digit_numbers",
    "digits_table",
    "edge_numbers",
    "entropy_at_start",
    "growth_curves",
    "how_many_laterals",
    "laterals_table",
    "layers_table",
    "learning_curves",
    "longer_numbers",
    "longer_table",
    "numbers",
    "one_at_a_time",
    "paper_table",
    "softer_numbers",
    "softer_table",
    "sorted_runs",
    "sorted_table",
    "third_table",
    "two_columns",
    "two_domains",
    "usage_map",
    "what_is_forgotten",
    "which_gradients",
    "who_carries_the_gain",
    "why_exactly_zero",
]
