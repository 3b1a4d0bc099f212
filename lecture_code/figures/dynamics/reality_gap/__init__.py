"""What the chapter *The reality gap* draws: the family of simulators in `plane`, worlds
and their sweeps in `worlds`, what a recording says about a simulator in
`identification`, and what the reader is asked in `questions`.
"""

from lecture_code.figures.dynamics.reality_gap.identification import (
    commands_table,
    drift_ahead,
    identified_table,
    pairs_ahead,
    sensor_table,
    training,
    transfer,
    transfer_table,
)
from lecture_code.figures.dynamics.reality_gap.plane import family
from lecture_code.figures.dynamics.reality_gap.worlds import (
    delicate_table,
    endurance_table,
    kept,
    kept_table,
    knob_table,
    largest_gain,
    relative,
    sweeps,
    two_worlds,
)

__all__ = [
    "commands_table",
    "delicate_table",
    "drift_ahead",
    "endurance_table",
    "family",
    "identified_table",
    "kept",
    "kept_table",
    "knob_table",
    "largest_gain",
    "pairs_ahead",
    "relative",
    "sensor_table",
    "sweeps",
    "training",
    "transfer",
    "transfer_table",
    "two_worlds",
]
