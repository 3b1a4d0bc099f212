"""The numbers of the text of the chapter *Fine-tuning*."""

from __future__ import annotations

from dataclasses import replace

from lecture_code.experiments.observations.fine_tuning.cures import BEFORE, CureTrial
from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations.fine_tuning.grids import SHOWN_LABELS
from lecture_code.figures.observations.fine_tuning.runs import (
    at_end,
    best_trial,
    forgetting,
    matched_trials,
    of_trial,
)

PARTS = {"target": "scans", "source": "print"}
"""Accuracy -> its name in the text."""


def grid_numbers(result: Result) -> dict[str, str]:
    """Name in the text -> mean accuracy [%]: before, and after all layers have learnt.

    Args:
        result: `fine_tuning`.
    """
    best = best_trial(result, "all", SHOWN_LABELS)
    curves = {entry: of_trial(result, best.name, entry) for entry in PARTS}
    found = {}
    for entry, word in PARTS.items():
        found[f"{word}_before"] = f"{curves[entry][:, 0].mean():.0f}"
        found[f"{word}_after"] = f"{curves[entry][:, -1].mean():.0f}"
    return found


def answer_numbers(result: Result) -> dict[str, str]:
    """Name in an answer -> words: what the probe and all layers keep of the source.

    Args:
        result: `fine_tuning`.
    """
    best = best_trial(result, "linear probe", SHOWN_LABELS)
    slower = replace(best, rate=1e-2)
    chosen = at_end(result, best, "validation") - at_end(result, slower, "validation")
    probe, free = (
        at_end(result, best_trial(result, way, SHOWN_LABELS), "source")
        for way in ("linear probe", "all")
    )
    return {
        "probe": f"{probe.mean():.0f}",
        "free": f"{free.mean():.0f}",
        "difference": str(mean_of_seeds(free - probe)),
        "slower": f"{at_end(result, slower, 'source').mean():.0f}",
        "behind": f"{chosen.mean():.1f}",
    }


def cure_numbers(result: Result) -> dict[str, str]:
    """Name in an answer -> words: differences in forgetting, paired over the seeds.

    Args:
        result: `fine_tuning_cures`.
    """
    lost = {name: forgetting(result, t) for name, t in matched_trials(result).items()}
    slow, fast = (CureTrial("all", 0.0, rate) for rate in (1e-3, 3e-3))
    return {
        "rehearsal": str(mean_of_seeds(lost["rehearsal"])),
        "elastic": str(mean_of_seeds(lost["all"] - lost["EWC"])),
        "pull": str(mean_of_seeds(lost["all"] - lost["L2-SP"])),
        "order": str(mean_of_seeds(lost["EWC"] - lost["L2-SP"])),
        "slow": f"{forgetting(result, slow).mean():.0f}",
        "fast": f"{forgetting(result, fast).mean():.0f}",
        "before": f"{of_trial(result, BEFORE, 'source').mean():.0f}",
    }
