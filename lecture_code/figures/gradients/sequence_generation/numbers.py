"""Numbers that the text of the chapter mentions."""

from __future__ import annotations

import numpy as np

from lecture_code.experiments import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.gradients.sequence_generation.dialogue import START, examined
from lecture_code.figures.gradients.sequence_generation.grammar import at_end
from lecture_code.figures.gradients.sequence_generation.oracle import (
    change,
    interval_in_words,
)


def numbers(dialogue: Result, grammar: Result, longer: Result) -> dict[str, str]:
    """Name -> text, for `glue`.

    Args:
        dialogue, grammar: results of this name.
        longer: `sequence_oracle_long`.
    """
    variation = np.median(at_end(grammar, "maximum likelihood", "variation"))
    sampled, greedy = (
        100 * float(np.median(examined(dialogue, START, how, "success")))
        for how in ("sampling", "beam")
    )
    lower = mean_of_seeds(-change(longer, "roll-outs", "oracle"))
    return {
        "likelihood_variation": f"{variation:.2f}",
        "longer_change": interval_in_words(lower),
        "sampled_success": f"{sampled:.0f} %",
        "greedy_success": f"{greedy:.0f} %",
    }
