"""Numbers that the text of the chapter mentions."""

from __future__ import annotations

import numpy as np

from lecture_code.experiments import Result
from lecture_code.figures.gradients.sequence_generation.dialogue import START, examined
from lecture_code.figures.gradients.sequence_generation.grammar import at_end


def numbers(dialogue: Result, grammar: Result) -> dict[str, str]:
    """Name -> text, for `glue`.

    Args:
        dialogue, grammar: results of this name.
    """
    variation = np.median(at_end(grammar, "maximum likelihood", "variation"))
    sampled, greedy = (
        100 * float(np.median(examined(dialogue, START, how, "success")))
        for how in ("sampling", "beam")
    )
    unfit = np.array(dialogue.curves["reliability"]["human against other"])
    return {
        "likelihood_variation": f"{variation:.2f}",
        "unfit_best": f"{100 * unfit[:, 1].max():.0f} %",
        "unfit_worst": f"{100 * unfit[:, 0].max():.0f} %",
        "sampled_success": f"{sampled:.0f} %",
        "greedy_success": f"{greedy:.0f} %",
    }
