"""What the chapter *The reality gap* draws: the family of simulators in `plane`, worlds
and their sweeps in `worlds`, the robot with less damping in `damping`, what a recording
says about a simulator in `identification`, more experts for the late robot in `late`,
a simulator that is left to itself in `drifting`, numbers of the text in `numbers`, and
what the reader is asked in `questions`.
"""

from lecture_code.figures.dynamics.reality_gap.damping import (
    delicate_table,
    endurance_table,
    kept_by_generator,
    lead_away,
)
from lecture_code.figures.dynamics.reality_gap.drifting import drift_ahead
from lecture_code.figures.dynamics.reality_gap.identification import (
    REALITIES,
    chance_of_ranks,
    commands_table,
    identified_table,
    least_following,
    pairs_ahead,
    sensor_table,
    training,
    transfer,
    transfer_table,
)
from lecture_code.figures.dynamics.reality_gap.late import (
    TRANSFERS,
    course_table,
    late_differences,
    late_numbers,
    with_new_trainings,
)
from lecture_code.figures.dynamics.reality_gap.numbers import transfer_numbers
from lecture_code.figures.dynamics.reality_gap.plane import family
from lecture_code.figures.dynamics.reality_gap.worlds import (
    kept,
    kept_table,
    knob_table,
    largest_gain,
    relative,
    sweeps,
    two_worlds,
)

__all__ = [
    "REALITIES",
    "TRANSFERS",
    "chance_of_ranks",
    "commands_table",
    "course_table",
    "delicate_table",
    "drift_ahead",
    "endurance_table",
    "family",
    "identified_table",
    "kept",
    "kept_by_generator",
    "kept_table",
    "knob_table",
    "largest_gain",
    "late_differences",
    "late_numbers",
    "lead_away",
    "least_following",
    "pairs_ahead",
    "relative",
    "sensor_table",
    "sweeps",
    "training",
    "transfer",
    "transfer_numbers",
    "transfer_table",
    "two_worlds",
    "with_new_trainings",
]
