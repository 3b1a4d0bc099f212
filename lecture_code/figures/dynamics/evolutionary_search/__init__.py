"""What the chapter *Evolutionary search* draws.

`guessing`: random guesses. `populations`: populations on a bent ridge. `weighing`: how
much a candidate counts. `stalling`: the stall, a long hill, and blind searches.
`comparison`: six methods on the HalfCheetah. `words`: numbers in the text.
`questions`: what the reader is asked.
"""

from lecture_code.figures.dynamics.evolutionary_search.comparison import (
    comparison,
    comparison_table,
    curves_of,
    edge_table,
    education_table,
    kept_policies,
    overlapping,
    sharpest_fall,
    too_narrow,
    tuning_table,
    widths_table,
    wins,
)
from lecture_code.figures.dynamics.evolutionary_search.guessing import (
    best_so_far,
    film_of,
    guess,
    guess_table,
)
from lecture_code.figures.dynamics.evolutionary_search.populations import (
    START,
    cem_knobs,
    climb,
    covariance_update,
    five_steps,
    heights,
    heights_table,
    populations,
    ridge,
    sharpness_knob,
)
from lecture_code.figures.dynamics.evolutionary_search.stalling import (
    blind,
    how_far,
    shape,
    travel_table,
)
from lecture_code.figures.dynamics.evolutionary_search.weighing import SHORT, lucky_day
from lecture_code.figures.dynamics.evolutionary_search.words import numbers_of_the_race

__all__ = [
    "SHORT",
    "START",
    "best_so_far",
    "blind",
    "cem_knobs",
    "climb",
    "comparison",
    "comparison_table",
    "covariance_update",
    "curves_of",
    "edge_table",
    "education_table",
    "film_of",
    "five_steps",
    "guess",
    "guess_table",
    "heights",
    "heights_table",
    "how_far",
    "kept_policies",
    "lucky_day",
    "numbers_of_the_race",
    "overlapping",
    "populations",
    "ridge",
    "shape",
    "sharpest_fall",
    "sharpness_knob",
    "too_narrow",
    "travel_table",
    "tuning_table",
    "widths_table",
    "wins",
]
