"""Numbers that the text of *The reality gap* says."""

from __future__ import annotations

import numpy as np

from lecture_code.experiments import Result
from lecture_code.figures.dynamics.reality_gap.identification import pairs_ahead
from lecture_code.figures.dynamics.reality_gap.late import late_numbers

HELPED = ("wrong parameters", "identified", "simulator")
"""The robot, and the two worlds of training that are compared there."""


def transfer_numbers(result: Result, *late: Result) -> dict[str, str]:
    """Words by name, of the robot with wrong parameters: how often an expert from the
    identified simulator is ahead; R² before identification, and the median return of
    each source of experts. And those of `late_numbers`, of the late robot.

    Arguments as in `with_new_trainings`.
    """
    count, pairs = pairs_ahead(result, *HELPED)
    words = {"helped": f"{count} of {pairs}"}
    wrong = result.curves["wrong parameters"]
    words["explained"] = f"{np.median(wrong['explained']['before']):.2f}"
    for source, returns in wrong["return"].items():
        words[f"from_{source}"] = f"{np.median(returns):,.0f}"
    return words | late_numbers(result, *late)
