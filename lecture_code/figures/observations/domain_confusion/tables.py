"""The lecture's table beside ours, and how strong the lecture's evidence is."""

from __future__ import annotations

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


def table(result: Result) -> Table:
    """The rows of the lecture's table, then our own.

    Args:
        result: `domain_confusion`.
    """
    attempts = int(result.settings["attempts"])
    rows = {arm: _row(result, arm, f"{attempts} labels") for arm in ARMS}
    return Table(
        rows,
        caption=f"*Success*: the place is right within {100 * TOLERANCE:.0f} cm, with "
        f"a 95 % interval over {len(result.seeds)} seeds; *lecture*: its robot. "
        "*Error*: median. "
        f"*{attempts} labels*: success of a linear head that learns from {attempts} "
        "labelled “real” images. *Pairs*: median distance of the two hooks of a pair. "
        "*Domains*: error of a new classifier of domains; 50 is chance",
        units={
            "lecture": "%",
            "success": "%",
            "error": "cm",
            f"{attempts} labels": "%",
            "pairs": "cm",
            "domains": "%",
        },
        corner="method",
    )


def _row(result: Result, arm: str, labels: str) -> dict[str, float | str]:
    """The cells of an arm; "–" where there is nothing to measure.

    Args:
        result: `domain_confusion`.
        arm: of `ARMS`.
        labels: name of the column of linear heads.
    """
    curves = result.curves
    cells: dict[str, float | str] = {
        "lecture": f"{LECTURE[arm]:.0f}" if arm in LECTURE else "–",
        "success": "no head",
        "error": "–",
        labels: f"{percent(curves, arm, 'success after attempts').mean():.0f}",
        "pairs": "–",
        "domains": f"{percent(curves, arm, 'domain error').mean():.0f}",
    }
    if has_head(arm):
        cells["success"] = rounded(share_of_seeds(percent(curves, arm)))
        cells["error"] = _centimetres(result, arm, "error")
    if has_pairs(arm):
        cells["pairs"] = _centimetres(result, arm, "pair distance")
    return cells


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
