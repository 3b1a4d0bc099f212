"""Numbers that the text of *The reality gap* says."""

from __future__ import annotations

import numpy as np

from lecture_code.experiments import Result
from lecture_code.figures.dynamics.reality_gap.identification import (
    chance_of_ranks,
    pairs_ahead,
)

COMPARED = {
    "helped": ("wrong parameters", "identified", "simulator"),
    "hurt": ("under-modelling", "simulator", "identified"),
}
"""Name in the text -> robot, and the two sources of experts that are compared there."""


def transfer_numbers(result: Result) -> dict[str, str]:
    """Words by name: how often one source of experts is ahead and how likely this is by
    chance; R² before identification, and the median return of each source of experts,
    on the robot with wrong parameters.
    """
    words = {}
    for name, compared in COMPARED.items():
        count, pairs = pairs_ahead(result, *compared)
        words[name] = f"{count} of {pairs}"
        words[f"{name}_by_chance"] = f"{chance_of_ranks(result, *compared):.2f}"
    wrong = result.curves["wrong parameters"]
    words["explained"] = f"{np.median(wrong['explained']['before']):.2f}"
    for source, returns in wrong["return"].items():
        words[f"from_{source}"] = f"{np.median(returns):,.0f}"
    return words
