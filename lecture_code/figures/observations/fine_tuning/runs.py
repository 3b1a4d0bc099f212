"""The committed runs of *Fine-tuning* as numbers, and the colours of methods."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.observations.fine_tuning.cures import (
    BEFORE,
    CURES,
    CURES_RATES,
    POINT,
    TURNED_CURES,
    TURNED_HIGH,
    TURNED_RATES,
    CureSettings,
    CureTrial,
    best_on_scans,
    matched,
)
from lecture_code.experiments.observations.fine_tuning.grid import (
    GridTrial,
    tuned_rate,
)
from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import Interval
from lecture_code.show import METHOD_COLOURS
from lecture_code.show.figures import GREEN, PURPLE, SKY

Array = NDArray[np.float64]

COMMON_RATE = 1e-3  # at which layers are compared, and all are tried
LAYER_WAYS = ("linear probe", "last 2", "last 3", "last 4", "all")
"""The ways in which the last k = 1 … 5 layers learn."""
SCANS = METHOD_COLOURS["reality"]
PRINT = METHOD_COLOURS["simulation"]
"""Colours of the target and of the source."""
PENALTY_COLOURS = {"L2-SP": GREEN, "EWC": PURPLE, "rehearsal": SKY}


def of_trial(result: Result, name: str, entry: str) -> Array:
    """An accuracy of all seeds [%]: (seeds, times) of the grid, (seeds,) of others.

    Args:
        result: of this chapter.
        name: of a trial.
        entry: "target", "source" or "validation".

    Raises:
        KeyError: there is no such trial or accuracy; the message names it.
    """
    if name not in result.curves:
        raise KeyError(f"no trial {name!r} in {result.name}")
    if entry not in result.curves[name]:
        known = ", ".join(result.curves[name])
        raise KeyError(f"{name} has no {entry!r}; there are {known}")
    return 100 * np.array(result.curves[name][entry], dtype=float)


def best_trial(result: Result, way: str, labels: int) -> GridTrial:
    """The trial of a way at its own best rate, chosen on validation scans.

    Args:
        result: `fine_tuning`, `fine_tuning_longer` or `fine_tuning_turned`.
        way: of `WAYS`.
        labels: n.
    """
    settings = result.settings.get("grid", result.settings)
    rates = settings["rates"][way]
    return GridTrial(way, labels, tuned_rate(result.curves, way, labels, rates))


def at_end(result: Result, trial: GridTrial, entry: str) -> Array:
    """An accuracy after the last batch, (seeds,) [%]."""
    end: Array = of_trial(result, trial.name, entry)[:, -1]
    return end


def alike_on_scans(result: Result, labels: int) -> dict[str, GridTrial]:
    """The linear probe and all layers at about the same accuracy on scans.

    The probe has the lowest rate that is at most a point behind its best one on
    validation scans; all layers have the lowest rate that is not behind this probe.

    Args:
        result: `fine_tuning`.
        labels: n.
    """
    best = best_trial(result, LAYER_WAYS[0], labels)
    least = at_end(result, best, "validation").mean() - 100 * POINT
    found = {}
    for way in (LAYER_WAYS[0], LAYER_WAYS[-1]):
        right = {
            trial: at_end(result, trial, "validation").mean()
            for rate in sorted(result.settings["rates"][way])
            for trial in [GridTrial(way, labels, rate)]
        }
        found[way] = next(trial for trial in right if right[trial] >= least)
        least = right[found[way]]
    return found


def forgetting(result: Result, trial: CureTrial) -> Array:
    """F: what the accuracy on the source has lost, (seeds,) [percentage points]."""
    before = of_trial(result, BEFORE, "source")
    return before - of_trial(result, trial.name, "source")


def matched_trials(result: Result, behind: float = POINT) -> dict[str, CureTrial]:
    """Method -> its trial at the same accuracy on the target.

    Args:
        result: `fine_tuning_cures` or `fine_tuning_cures_turned`.
        behind: by how much accuracy a method may be behind.
    """
    return matched(result.curves, *settings_of(result), behind=behind)


def fastest(result: Result) -> CureTrial:
    """The trial without a penalty that reads the validation scans best.

    Args:
        result: `fine_tuning_cures` or `fine_tuning_cures_turned`.
    """
    return best_on_scans(result.curves, *settings_of(result))


def joined(result: Result, *further: Result) -> Result:
    """A result with further trials of the same kind.

    Args:
        result: `fine_tuning_cures` or `fine_tuning_cures_turned`.
        further: its further rates: `fine_tuning_cures_rates`, or
            `fine_tuning_cures_turned_rates` and `fine_tuning_cures_turned_high`.
    """
    curves = dict(result.curves)
    for other in further:
        curves |= other.curves
    return replace(result, curves=curves)


def settings_of(result: Result) -> tuple[CureSettings, ...]:
    """The settings of all trials of a result.

    Args:
        result: `fine_tuning_cures` or `fine_tuning_cures_turned`, with its further
            rates, see `joined`.
    """
    if result.settings["quarters"]:
        return TURNED_CURES, TURNED_RATES, TURNED_HIGH
    return CURES, CURES_RATES


def free_rates(result: Result) -> list[float]:
    """The rates at which there is a trial without a penalty, the highest first.

    Args:
        result: as for `settings_of`.
    """
    rates = {rate for settings in settings_of(result) for rate in settings.rates}
    return sorted(rates, reverse=True)


def weights_at(result: Result, penalty: str, rate: float) -> tuple[float, ...]:
    """The weights λ of a penalty that were tried at a rate, the smallest first.

    Args:
        result: as for `settings_of`.
        penalty: its name.
        rate: η.
    """
    found = {
        strength
        for settings in settings_of(result)
        if rate in settings.rates
        for strength in settings.strengths.get(penalty, ())
    }
    return tuple(sorted(found))


def spread(values: Interval) -> str:
    """'61 [44, 78]', without decimals."""
    value, low, high = (round(x) for x in (values.value, values.low, values.high))
    return f"{value} [{low},\N{NO-BREAK SPACE}{high}]".replace("-", "−")
