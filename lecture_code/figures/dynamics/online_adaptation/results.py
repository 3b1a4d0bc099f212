"""What the chapter *Online dynamics adaptation* shows of its committed results.

There are two results with the same seeds: `online_adaptation` has one setting for all
adapting methods and many variants, and `online_adaptation_tuned` has a setting for each
method. `comparison` and `differences` show the methods; `sweeps.py` shows the weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.dynamics.online_adaptation.few import (
    LONG,
    MIXED,
    SHORT,
)
from lecture_code.experiments.dynamics.online_adaptation.summary import paired_interval
from lecture_code.experiments.results import Result
from lecture_code.figures.dynamics.online_adaptation.films import COLOURS
from lecture_code.show import GREY, Picture, Table, new_figure

Array = NDArray[np.float64]

ROWS = {
    "network": "network",
    "mixture": "mixture",
    "least squares": "least squares",
    "no prior": "no prior",
    "network + offset": "network + offset",
    "network alone": "network, fixed",
    "least squares alone": "least squares, fixed",
    "oracle": "oracle",
}
"""Method of the result -> its name on the page, in the order of the tables."""
NAMES = {
    "payload 1": "payload × 1",
    "payload 2": "payload × 2",
    "payload 3": "payload × 3",
    "payload 6": "payload × 6",
    "payload jumps": "payload jumps to × 6",
    "damping 15": "damping × 15",
    "gain 0.4": "motor gain × 0.4",
    "gain 1.6": "motor gain × 1.6",
    "gain 2.2": "motor gain × 2.2",
    "far start": "far start",
}
"""Condition of the result -> its name on the page."""
PRACTICE_NAMES = {SHORT: "8 near", LONG: "60 near", MIXED: "60 mixed"}
"""Practice of `online_adaptation_few` -> its name on the page."""
IN_THE_TEXT = {
    "payload 6": "payload × 6",
    "payload jumps": "payload jumps",
    "gain 2.2": "motor gain × 2.2",
}
"""Condition of which the text compares the methods -> its name in the figure."""
KEPT = "network"
RESAMPLES = 2000  # of the bootstrap, as in the results


def cell(result: Result, method: str, condition: str) -> Mapping[str, Any]:
    """What was measured with a method under a condition.

    Raises:
        KeyError: the result holds no such cell.
    """
    measures: Mapping[str, Any] = result.curves["cells"][method][condition]
    return measures


def rate(result: Result, method: str, condition: str) -> float:
    """Success of a method under a condition [%]."""
    return float(100 * np.mean(cell(result, method, condition)["success"]))


def ahead(tuned: Result, method: str, condition: str) -> tuple[float, float, float]:
    """How far the adapting network is ahead of a method, and the 95 % interval [points
    of success].

    Args:
        tuned: `online_adaptation_tuned`.
        method: a name of `ROWS`.
        condition: a name of `NAMES`.
    """
    low, high = cell(tuned, method, condition)["ahead"]
    lead = rate(tuned, KEPT, condition) - rate(tuned, method, condition)
    return lead, 100 * low, 100 * high


def lead_in_words(tuned: Result, method: str, condition: str) -> str:
    """'+35 [10, 60]' for a lead in points of success."""
    return points(*ahead(tuned, method, condition))


def leads_over_no_prior(
    tuned: Result, weights: Result, ours: Mapping[str, Array], free: Mapping[str, Array]
) -> dict[str, str]:
    """Condition -> the lead of the adapting network over *no prior* with its tuned β,
    in words.

    Args:
        tuned: `online_adaptation_tuned`.
        weights: `online_adaptation_weights`.
        ours, free: their arrays; the attempts of both are paired.
    """
    name = best_without_prior(weights)
    cells = weights.curves["cells"][name]
    network = ours[f"success/{KEPT}"].swapaxes(0, 1).astype(float)
    without = free[f"success/{name}"].swapaxes(0, 1).astype(float)
    words = {}
    for condition, a, b in zip(cells, network, without, strict=True):
        low, high = paired_interval(a, b, RESAMPLES)
        lead = float(np.mean(a - b))
        words[condition] = points(100 * lead, 100 * low, 100 * high)
    return words


def points(lead: float, low: float, high: float) -> str:
    """'+35 [10, 60]' for a lead and its interval in points of success."""
    rounded, low, high = (round(value) for value in (lead, low, high))
    words = f"{rounded:+d}" if rounded else "0"
    return f"{words} [{low}, {high}]".replace("-", "−")


def best_without_prior(weights: Result) -> str:
    """The cell of *no prior* that won the tuning.

    Args:
        weights: `online_adaptation_weights`.
    """
    name: str = weights.curves["best"]["no prior"]
    return name


def comparison(
    tuned: Result,
    plain: Result,
    weights: Result,
    free_leads: Mapping[str, str],
    condition: str,
) -> Table:
    """Success of every method under a condition, the lead of the adapting network, and
    the distance that remains at the end.

    Args:
        tuned: `online_adaptation_tuned`.
        plain: `online_adaptation`, for the methods that need no tuning.
        weights: `online_adaptation_weights`, for *no prior*.
        free_leads: of `leads_over_no_prior`.
        condition: a name of `NAMES`.
    """
    rows: dict[str, dict[str, float | str]] = {}
    for method, name in ROWS.items():
        key = method
        result = tuned if key in tuned.curves["cells"] else plain
        if key == "no prior":
            result = weights
            key = best_without_prior(weights)
        measures = cell(result, key, condition)
        rows[name] = {
            "success": float(100 * np.mean(measures["success"])),
            "end": float(np.median(measures["miss"])),
            "lead": "–",
        }
        if result is tuned and method != KEPT:
            rows[name]["lead"] = lead_in_words(tuned, key, condition)
        elif result is weights:
            rows[name]["lead"] = free_leads[condition]
    return Table(
        rows,
        caption=f"{NAMES[condition].capitalize()}. *Success* in %. *End*: "
        "median distance from the goal in mm. *Lead*: of the adapting network in "
        "points, with its 95 % interval. The *fixed* methods and the *oracle* do not "
        "adapt",
        digits={"success": 0, "end": 0},
        corner="method",
    )


def after_practices(few: Result, method: str) -> dict[str, tuple[float, float, float]]:
    """Name of a practice -> lead of the adapting network over a method, and its 95 %
    interval [points of success].

    Args:
        few: `online_adaptation_few`.
        method: a name of `ROWS`.
    """
    leads = {}
    for practice, name in PRACTICE_NAMES.items():
        lead, low, high = few.curves["ahead"][practice][method]
        leads[name] = 100 * lead, 100 * low, 100 * high
    return leads


def by_practice(few: Result) -> Table:
    """Success of every method after three practices, and the lead of the network.

    Args:
        few: `online_adaptation_few`.
    """
    rows: dict[str, dict[str, float | str]] = {}
    for method in (name for name in ROWS if name in few.settings["methods"][SHORT]):
        rows[ROWS[method]] = {}
        for practice, name in PRACTICE_NAMES.items():
            success = np.mean(few.curves["cells"][practice][method]["success"])
            rows[ROWS[method]][name] = float(100 * success)
        if method != KEPT:
            leads = after_practices(few, method)
            rows[ROWS[method]] |= {f"lead, {n}": points(*leads[n]) for n in leads}
    return Table(
        rows,
        caption="Success in % after three practices, with a far start and motor gain "
        "× 1.6. *Near*: all movements were near the task. *Mixed*: half of them were "
        "anywhere. *Lead*: of the adapting network in points, with its 95 % interval. "
        f"{len(few.settings['seeds'])} practices of each kind",
        digits=dict.fromkeys(PRACTICE_NAMES.values(), 0),
        corner="method",
    )


def differences(tuned: Result, few: Result) -> Picture:
    """The lead of the adapting network over every other method, with its interval,
    under the conditions of which the text speaks.

    Args:
        tuned: `online_adaptation_tuned`.
        few: `online_adaptation_few`.
    """
    rivals = ("network alone", "network + offset", "least squares", "mixture")
    figure, axes = new_figure(height=3.8)
    words = []
    for j, method in enumerate(rivals):
        leads = {name: ahead(tuned, method, c) for c, name in IN_THE_TEXT.items()}
        leads |= after_practices(few, method)
        for i, (name, (lead, low, high)) in enumerate(leads.items()):
            place = -i - 0.18 * (j - 1.5)
            label = f"over {ROWS[method]}" if i == 0 else None
            axes.plot([low, high], [place] * 2, color=COLOURS[method], lw=2)
            axes.plot(lead, place, "o", ms=5, color=COLOURS[method], label=label)
            if low > 0:
                words.append(f"{ROWS[method]} at {name}")
    axes.axvline(0, color=GREY, lw=1)
    practices = [f"practice: {name}" for name in PRACTICE_NAMES.values()]
    ticks = [*IN_THE_TEXT.values(), *practices]
    axes.axhline(0.5 - len(IN_THE_TEXT), color=GREY, lw=1, ls=":")
    axes.set(yticks=[-i for i in range(len(ticks))], yticklabels=ticks)
    axes.set(xlim=(-60, 105), ylim=(0.5 - len(ticks), 0.5))
    axes.set_xlabel("lead in success [points]")
    figure.subplots_adjust(left=0.31, top=0.8)
    figure.legend(loc="upper left", ncols=2, bbox_to_anchor=(0.0, 1.0))
    return Picture(
        figure,
        alt="Lead of the adapting network in success, with 95 % intervals. The "
        f"interval lies above zero over: {'; '.join(words)}.",
        caption="95 % bootstrap intervals of paired differences, over five practices "
        "with eight attempts each. Below the dotted line is another experiment: forty "
        "practices of each kind, a far start and motor gain × 1.6.",
    )
