"""What the chapter on EPOpt draws: its trainings in `ensembles` and `trained`, the hard
ensemble in `hard` and `mining`, what the networks see in `scales`, the driver at the
wall in `wall`, the adaptation of the source in `adaptation` and `particles`, and what
the reader is asked in `questions`.
"""

from lecture_code.figures.dynamics.epopt.adaptation import (
    adapted_to_12_kg,
    hidden,
    loop,
    loop_table,
    numbers_of_adaptation,
    particles_table,
    rounds_table,
)
from lecture_code.figures.dynamics.epopt.ensembles import (
    SLIDERS,
    at_home_and_abroad,
    batch,
    last_batch,
    race,
    tail,
    tail_table,
    typical_policies,
)
from lecture_code.figures.dynamics.epopt.hard import unmodelled, unmodelled_table
from lecture_code.figures.dynamics.epopt.mining import (
    mined,
    mined_table,
    numbers_of_mining,
    pairs_table,
)
from lecture_code.figures.dynamics.epopt.particles import Unknown, cloud, draw_particles
from lecture_code.figures.dynamics.epopt.questions import (
    highest_low_end,
    longer_or_nearer,
    one_particle_left,
    price_of_a_tenth,
    reset_at_every_step,
    training_goes_on,
    without_selection,
)
from lecture_code.figures.dynamics.epopt.scales import numbers_of_the_scale
from lecture_code.figures.dynamics.epopt.trained import (
    home_table,
    maps,
    numbers_of_ensembles,
    numbers_of_the_sweep,
    selection_or_number,
    slippery_table,
    sweep,
    sweep_table,
)
from lecture_code.figures.dynamics.epopt.wall import (
    baseline_table,
    drive,
    drivers,
    drivers_table,
    noise_table,
    price_table,
)

__all__ = [
    "SLIDERS",
    "Unknown",
    "adapted_to_12_kg",
    "at_home_and_abroad",
    "baseline_table",
    "batch",
    "cloud",
    "draw_particles",
    "drive",
    "drivers",
    "drivers_table",
    "hidden",
    "highest_low_end",
    "home_table",
    "last_batch",
    "longer_or_nearer",
    "loop",
    "loop_table",
    "maps",
    "mined",
    "mined_table",
    "noise_table",
    "numbers_of_adaptation",
    "numbers_of_ensembles",
    "numbers_of_mining",
    "numbers_of_the_scale",
    "numbers_of_the_sweep",
    "one_particle_left",
    "pairs_table",
    "particles_table",
    "price_of_a_tenth",
    "price_table",
    "race",
    "reset_at_every_step",
    "rounds_table",
    "selection_or_number",
    "slippery_table",
    "sweep",
    "sweep_table",
    "tail",
    "tail_table",
    "training_goes_on",
    "typical_policies",
    "unmodelled",
    "unmodelled_table",
    "without_selection",
]
