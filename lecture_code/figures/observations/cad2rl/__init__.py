"""Figures, tables and questions of the chapter *(CAD)²RL*.

`flown.py` reads the committed results; `distances.py`, `learning.py`, `costs.py`,
`variants.py` and `numbers.py` show them. `films.py` draws the first picture of the
chapter, `looks.py` one place in many looks, `fans.py` what a label is made of, and
`corners.py` what only 15 aims can say. `flying.py` and `live.py` are what runs in the
page. `from_above.py` draws maps, robots and their pictures. `predictions.py` asks
before the results are shown, and `questions.py` asks after the chapter.
"""

from lecture_code.figures.observations.cad2rl.corners import (
    BETAS,
    corner,
    corner_numbers,
    goals,
)
from lecture_code.figures.observations.cad2rl.costs import cost_table, looks_table
from lecture_code.figures.observations.cad2rl.distances import flight_table, survival
from lecture_code.figures.observations.cad2rl.fans import HORIZONS, Fan
from lecture_code.figures.observations.cad2rl.films import FlightFilms as Films
from lecture_code.figures.observations.cad2rl.flown import (
    COLOURS,
    METHODS,
    RESULTS,
    Flown,
    tuned_distance,
    with_tuned_classifier,
)
from lecture_code.figures.observations.cad2rl.flying import (
    FILMED,
    NETWORKS,
    classifier_network,
    fly_in_page,
)
from lecture_code.figures.observations.cad2rl.learning import rounds, textures_curve
from lecture_code.figures.observations.cad2rl.live import (
    LIVE,
    exercise_numbers,
    live_rng,
    live_state,
    live_table,
)
from lecture_code.figures.observations.cad2rl.looks import gallery
from lecture_code.figures.observations.cad2rl.numbers import numbers, steering_numbers
from lecture_code.figures.observations.cad2rl.predictions import (
    directions_guess,
    first_guess,
    flights_in_words,
    lens_guess,
)
from lecture_code.figures.observations.cad2rl.questions import (
    alive_before,
    which_limit,
    why_no_bootstrap,
    why_soft_labels,
)
from lecture_code.figures.observations.cad2rl.variants import (
    classifier_table,
    lens_table,
    reports_table,
    steering_table,
)

__all__ = [
    "BETAS",
    "COLOURS",
    "FILMED",
    "HORIZONS",
    "LIVE",
    "METHODS",
    "NETWORKS",
    "RESULTS",
    "Fan",
    "Films",
    "Flown",
    "alive_before",
    "classifier_network",
    "classifier_table",
    "corner",
    "corner_numbers",
    "cost_table",
    "directions_guess",
    "exercise_numbers",
    "first_guess",
    "flight_table",
    "flights_in_words",
    "fly_in_page",
    "gallery",
    "goals",
    "lens_guess",
    "lens_table",
    "live_rng",
    "live_state",
    "live_table",
    "looks_table",
    "numbers",
    "reports_table",
    "rounds",
    "steering_numbers",
    "steering_table",
    "survival",
    "textures_curve",
    "tuned_distance",
    "which_limit",
    "why_no_bootstrap",
    "why_soft_labels",
    "with_tuned_classifier",
]
