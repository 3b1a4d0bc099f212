"""What the chapter *The reality gap* draws: worlds and their sweeps in `worlds`, and
what a recording says about a simulator in `identification`.
"""

from .identification import (
    commands_table,
    drift_ahead,
    identified_table,
    sensor_table,
    training,
    transfer,
    transfer_table,
)
from .worlds import (
    delicate_table,
    endurance_table,
    family,
    kept,
    kept_table,
    knob_table,
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
    "relative",
    "sensor_table",
    "sweeps",
    "training",
    "transfer",
    "transfer_table",
    "two_worlds",
]
