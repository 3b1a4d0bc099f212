"""The lecture's table beside ours, and how strong the lecture's evidence is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.stats import fisher_exact

from lecture_code.experiments.observations.domain_confusion.arms import ARMS
from lecture_code.experiments.results import Result
from lecture_code.figures.observations.domain_confusion.runs import (
    CENTIMETRES,
    LECTURE,
    has_head,
    has_pairs,
    of_seeds,
    percent,
    rounded,
    share_of_seeds,
)
from lecture_code.figures.observations.domain_confusion.sweeps import (
    arm_of,
    best_random,
    random_row,
    with_random,
)
from lecture_code.observations.hook_scenes import TOLERANCE
from lecture_code.show import Table

ATTEMPTS = 21  # of each row of the lecture's table
HITS = {
    "synthetic only": 8,
    "autoencoder (100)": 6,
    "autoencoder (500)": 7,
    "random pairs": 7,
    "weak pairs": 16,
    "oracle": 15,
}
"""Row of the lecture's table -> attempts that succeeded, of `ATTEMPTS`."""
OURS = "weak pairs"  # the method that all others are compared with


def table(result: Result, weights: Mapping[str, Result]) -> Table:
    """The rows of the lecture's table, then our own: success.

    Args:
        result: `domain_confusion`.
        weights: see `sweeps.by_weight`.
    """
    curves = with_random(result, weights)
    attempts = int(result.settings["attempts"])
    labels = f"{attempts} labels"
    rows: dict[str, dict[str, float | str]] = {}
    for row in curves:
        success = rounded(share_of_seeds(percent(curves, row)))
        after = percent(curves, row, "success after attempts").mean()
        arm = arm_of(row)
        told = arm in LECTURE and row != random_row(best_random(weights))
        rows[row] = {
            "lecture": f"{LECTURE[arm]:.0f}" if told else "–",
            "success": success if has_head(arm) else "no head",
            labels: f"{after:.0f}",
        }
    return Table(
        rows,
        caption="*Lecture*: success of its robot. *Success*: our network names the "
        f"place within {100 * TOLERANCE:.0f} cm; mean of {len(result.seeds)} seeds "
        "with a 95 % interval; five seeds for random pairs with the smaller ν. "
        f"*{labels.capitalize()}*: the same with a linear head "
        f"that learns from {attempts} labelled “real” images",
        units=dict.fromkeys(("lecture", "success", labels), "%"),
        corner="method",
    )


def what_was_learnt(result: Result) -> Table:
    """The same rows: errors, distances of pairs, and whether worlds are told apart.

    Args:
        result: `domain_confusion`.
    """
    rows: dict[str, dict[str, float | str]] = {}
    for arm in ARMS:
        error = _centimetres(result, arm, "error")
        apart = _centimetres(result, arm, "pair distance")
        rows[arm] = {
            "error": error if has_head(arm) else "–",
            "pairs": apart if has_pairs(arm) else "–",
            "domains": f"{percent(result.curves, arm, 'domain error').mean():.0f}",
        }
    return Table(
        rows,
        caption=f"Means of {len(result.seeds)} seeds. *Error*: median error in the "
        "“real” world. *Pairs*: median distance of the two hooks of a pair. *Domains*: "
        "share of wrong answers of a new classifier of domains; 50 % is chance",
        units={"error": "cm", "pairs": "cm", "domains": "%"},
        corner="method",
    )


def _centimetres(result: Result, arm: str, entry: str) -> str:
    """Mean of the seeds, in centimetres."""
    return f"{CENTIMETRES * of_seeds(result.curves, arm, entry).mean():.1f}"


def lecture_evidence() -> Table:
    """The lecture's table as attempts, each row against weak pairs.

    p is that of Fisher's exact test on both sides: how probable are numbers at least as
    different if both rows have the same probability of success?
    """
    rows: dict[str, dict[str, float | str]] = {}
    for arm, hits in HITS.items():
        rows[arm] = {
            "succeeded": f"{hits} of {ATTEMPTS}",
            "success": f"{100 * hits / ATTEMPTS:.1f}",
            "p": "–" if arm == OURS else f"{fisher(hits, HITS[OURS]):.3f}",
        }
    return Table(
        rows,
        caption="The lecture’s table as attempts, and p of Fisher’s exact test against "
        "*weak pairs*. One attempt more or less moves a row by 4.8 points",
        units={"success": "%"},
        corner="method",
    )


def fisher(first: int, second: int) -> float:
    """p of two numbers of hits in `ATTEMPTS` attempts each."""
    counts = np.array([[first, ATTEMPTS - first], [second, ATTEMPTS - second]])
    return float(fisher_exact(counts)[1])


def evidence_numbers() -> dict[str, str]:
    """'one_in': in one of so many tables a difference at least as large as that of
    weak pairs and synthetic images alone would appear by chance.
    """
    p = fisher(HITS["synthetic only"], HITS[OURS])
    return {"one_in": f"{1 / p:.0f}"}
