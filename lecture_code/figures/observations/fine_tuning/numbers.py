"""The numbers of the text of the chapter *Fine-tuning*."""

from __future__ import annotations

from dataclasses import replace

from lecture_code.experiments.observations.fine_tuning.cures import (
    FREE,
    TURNED_CURES,
    matched,
)
from lecture_code.experiments.observations.fine_tuning.grid import GridTrial
from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations.fine_tuning.grids import (
    SHOWN_LABELS,
    lead,
    solved_probe_right,
)
from lecture_code.figures.observations.fine_tuning.runs import (
    COMMON_RATE,
    at_end,
    best_trial,
    fastest,
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
        "slower": f"{at_end(result, slower, 'source').mean():.0f}",
        "behind": f"{chosen.mean():.1f}",
    }


def text_numbers(
    result: Result, solved: Result, turned: Result, longer: Result
) -> dict[str, str]:
    """Name in the text -> words: what an early stop brings, and what other runs say.

    Args:
        result: `fine_tuning`.
        solved: `fine_tuning_probe`.
        turned: `fine_tuning_turned`.
        longer: `fine_tuning_longer`.
    """
    times = result.settings["times"]
    early = times.index(20)
    end = len(times) - 1
    best = best_trial(result, "all", SHOWN_LABELS).name
    scans, printed = (of_trial(result, best, entry) for entry in PARTS)
    two = GridTrial("last 2", SHOWN_LABELS, COMMON_RATE).name
    stop = {
        f"stop_{word}": of_trial(result, two, entry)[:, times.index(50)]
        for entry, word in PARTS.items()
    }
    most = result.settings["labels"][-1]
    free = at_end(result, best_trial(result, "all", most), "target")
    return {
        **{name: f"{values.mean():.0f}" for name, values in stop.items()},
        "early_print": f"{(printed[:, early] - printed[:, end]).mean():.0f}",
        "early_scans": f"{(scans[:, end] - scans[:, early]).mean():.0f}",
        "solved_behind": str(mean_of_seeds(free - solved_probe_right(solved, most))),
        "turned_hurt": str(mean_of_seeds(lead(turned, "scratch", "all", SHOWN_LABELS))),
        "turned_probe": str(
            mean_of_seeds(lead(turned, "scratch", "linear probe", most))
        ),
        "longer_probe": str(mean_of_seeds(lead(longer, "all", "linear probe", most))),
    }


def cure_numbers(result: Result, turned: Result) -> dict[str, str]:
    """Name in an answer -> words: what is forgotten, and differences of methods, paired
    over the seeds; for turned scans with "turned_" before the name.

    Args:
        result: `fine_tuning_cures`.
        turned: `fine_tuning_cures_turned`.
    """
    found: dict[str, str] = {}
    for prefix, one in (("", result), ("turned_", turned)):
        trials = matched_trials(one)
        lost = {name: forgetting(one, trial) for name, trial in trials.items()}
        found |= {
            f"{prefix}rate": f"{trials[FREE].rate:g}",
            f"{prefix}slow": f"{lost[FREE].mean():.0f}",
            f"{prefix}fast": f"{forgetting(one, fastest(one)).mean():.0f}",
        }
    few = matched(turned.curves, TURNED_CURES)
    saved = forgetting(turned, few[FREE]) - forgetting(turned, few["L2-SP"])
    return {**found, "coarse": f"{saved.mean():.0f}"}
