"""The numbers of the text of the chapter *Fine-tuning*."""

from __future__ import annotations

from lecture_code.experiments.observations.fine_tuning.cures import (
    CURES,
    FREE,
    POINT,
    TURNED_CURES,
    matched,
)
from lecture_code.experiments.observations.fine_tuning.grid import GridTrial
from lecture_code.experiments.observations.fine_tuning.splits import (
    SPLITS,
    best_split,
)
from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations.fine_tuning.far import right_on_scans
from lecture_code.figures.observations.fine_tuning.grids import (
    SHOWN_LABELS,
    SOLVED,
    lead,
    solved_probe_right,
)
from lecture_code.figures.observations.fine_tuning.runs import (
    COMMON_RATE,
    alike_on_scans,
    at_end,
    best_trial,
    fastest,
    forgetting,
    matched_trials,
    of_trial,
)
from lecture_code.observations.fine_tuning import MENU

PARTS = {"target": "scans", "source": "print"}
"""Accuracy -> its name in the text."""


def grid_numbers(result: Result) -> dict[str, str]:
    """Name in the text -> a rate, or a mean accuracy [%]: before, and after all layers
    have learnt.

    Args:
        result: `fine_tuning`.
    """
    best = best_trial(result, "all", SHOWN_LABELS)
    curves = {entry: of_trial(result, best.name, entry) for entry in PARTS}
    common = GridTrial("all", SHOWN_LABELS, COMMON_RATE)
    found = {
        "best_rate": f"{best.rate:g}",
        "common_rate": f"{COMMON_RATE:g}",
        "common_print": f"{at_end(result, common, 'source').mean():.0f}",
    }
    for entry, word in PARTS.items():
        found[f"{word}_before"] = f"{curves[entry][:, 0].mean():.0f}"
        found[f"{word}_after"] = f"{curves[entry][:, -1].mean():.0f}"
    return found


def answer_numbers(result: Result) -> dict[str, str]:
    """Name in an answer -> words: what the probe keeps of the source at its best rate,
    at the lower rate of the question, and at the next lower one.

    Args:
        result: `fine_tuning`.
    """
    best = best_trial(result, "linear probe", SHOWN_LABELS)
    slower = alike_on_scans(result, SHOWN_LABELS)["linear probe"]
    rates = result.settings["rates"][slower.way]
    lower = max(rate for rate in rates if rate < slower.rate)
    slowest = GridTrial(slower.way, SHOWN_LABELS, lower)
    return {
        "probe": f"{at_end(result, best, 'source').mean():.0f}",
        "slower": f"{at_end(result, slower, 'source').mean():.0f}",
        "slower_rate": f"{slower.rate:g}",
        "slowest": f"{at_end(result, slowest, 'source').mean():.0f}",
        "slowest_scans": f"{at_end(result, slowest, 'target').mean():.0f}",
        "slowest_rate": f"{slowest.rate:g}",
    }


def text_numbers(result: Result, solved: Result, longer: Result) -> dict[str, str]:
    """Name in the text -> words: what is lost in the grid, what an early stop brings,
    and what longer training says.

    Args:
        result: `fine_tuning`.
        solved: `fine_tuning_probe`.
        longer: `fine_tuning_longer`.
    """
    times = result.settings["times"]
    early = times.index(20)
    end = len(times) - 1
    best = best_trial(result, "all", SHOWN_LABELS).name
    scans, printed = (of_trial(result, best, entry) for entry in PARTS)
    grid = of_trial(result, GridTrial("all", SHOWN_LABELS, COMMON_RATE).name, "source")
    three = GridTrial("last 3", SHOWN_LABELS, COMMON_RATE).name
    stop = {
        f"stop_{word}": of_trial(result, three, entry)[:, times.index(50)]
        for entry, word in PARTS.items()
    }
    most = result.settings["labels"][-1]
    free = at_end(result, best_trial(result, "all", most), "target")
    ahead = free - solved_probe_right(solved, most)
    return {
        **{name: f"{values.mean():.0f}" for name, values in stop.items()},
        "first_lost": f"{(grid[:, 0] - grid[:, times.index(5)]).mean():.0f}",
        "last_lost": f"{(grid[:, 0] - grid[:, -1]).mean():.0f}",
        "come_back": f"{(grid[:, early] - grid[:, times.index(5)]).mean():.0f}",
        "early_print": f"{(printed[:, early] - printed[:, end]).mean():.0f}",
        "early_scans": f"{(scans[:, end] - scans[:, early]).mean():.0f}",
        "solved_behind": str(mean_of_seeds(ahead)),
        "solved_mean": f"{ahead.mean():.1f}",
        "longer_probe": str(mean_of_seeds(lead(longer, "all", "linear probe", most))),
        "longer_scratch": str(mean_of_seeds(lead(longer, "all", "scratch", most))),
    }


def way_numbers() -> dict[str, str]:
    """Name in the text -> a setting that was not tuned."""
    return {
        "batch": str(MENU["all"].batch),
        "decay": f"{MENU['discriminative'].decay:.2f}",
        "unfreeze": str(MENU["gradual"].unfreeze),
        "probe_batches": str(MENU["probe, then all"].probe),
    }


def cut_numbers(result: Result) -> dict[str, str]:
    """Name in the text -> right on B [%], where the head alone learns it.

    Args:
        result: `fine_tuning_splits`.
    """
    cut = SPLITS.cuts[-1]
    found = {}
    for word, curve in (("A", "AnB"), ("B", "BnB"), ("random", "random nB")):
        best = best_split(result.curves, SPLITS, curve, cut)
        found[f"head_on_{word}"] = f"{of_trial(result, best.name, 'target').mean():.0f}"
    return found


def far_numbers(turned: Result, solved: Result) -> dict[str, str]:
    """Name in the text -> words: differences on scans that are turned.

    Args:
        turned: `fine_tuning_turned`.
        solved: `fine_tuning_probe_turned`.
    """
    scratch = right_on_scans(turned, solved, "scratch")
    behind = {
        "turned_probe": scratch - right_on_scans(turned, solved, "linear probe"),
        "turned_solved": scratch - right_on_scans(turned, solved, SOLVED),
    }
    return {
        **{name: f"{gap.mean():.1f}" for name, gap in behind.items()},
        "turned_hurt": str(mean_of_seeds(lead(turned, "all", "scratch", SHOWN_LABELS))),
    }


def cure_numbers(result: Result, turned: Result) -> dict[str, str]:
    """Name in an answer -> words: what is forgotten, and differences of methods, paired
    over the seeds; for turned scans with "turned_" before the name.

    Args:
        result: `fine_tuning_cures` with its further rates.
        turned: `fine_tuning_cures_turned` with its further rates.
    """
    found: dict[str, str] = {}
    for prefix, one in (("", result), ("turned_", turned)):
        trials = matched_trials(one)
        lost = {name: forgetting(one, trial) for name, trial in trials.items()}
        found |= {
            f"{prefix}fast_rate": f"{fastest(one).rate:g}",
            f"{prefix}rate": f"{trials[FREE].rate:g}",
            f"{prefix}slow": f"{lost[FREE].mean():.0f}",
            f"{prefix}fast": f"{forgetting(one, fastest(one)).mean():.0f}",
        }
    for name, one, settings in (
        ("coarse", turned, TURNED_CURES),
        ("coarse_upright", result, CURES),
    ):
        behind = POINT if one is turned else 2 * POINT
        few = matched(one.curves, settings, behind=behind)
        saved = forgetting(one, few[FREE]) - forgetting(one, few["L2-SP"])
        found[name] = f"{saved.mean():.{int(one is result)}f}"
    for name, one, penalty, points in (
        ("one_and_half", result, "L2-SP", 1.5),
        ("upright_two", result, "L2-SP", 2),
        ("two_points", turned, "EWC", 2),
    ):
        looser = matched_trials(one, behind=points * POINT)
        gained = forgetting(one, looser[FREE]) - forgetting(one, looser[penalty])
        found[name] = f"{gained.mean():.1f}"
    return found
