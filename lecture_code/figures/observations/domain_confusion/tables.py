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
    after = f"after {attempts} attempts"
    rows = {arm: _row(result, arm, after) for arm in ARMS}
    return Table(
        rows,
        caption=f"Success: the hook is found within {100 * TOLERANCE:.0f} cm, with a "
        f"95 % interval over {len(result.seeds)} seeds; *lecture*: its own robot. "
        f"*After {attempts} attempts*: with a linear head that learns from {attempts} "
        "labelled “real” images. *Hooks apart*: median of the pairs. *Domain error*: "
        "a new classifier of domains; 50 % is chance",
        units={
            "lecture": "%",
            "success": "%",
            "median error": "cm",
            after: "%",
            "hooks apart": "cm",
            "domain error": "%",
        },
        corner="method",
    )


def _row(result: Result, arm: str, after: str) -> dict[str, float | str]:
    """The cells of an arm; "–" where there is nothing to measure.

    Args:
        result: `domain_confusion`.
        arm: of `ARMS`.
        after: name of the column of linear heads.
    """
    curves = result.curves
    cells: dict[str, float | str] = {
        "lecture": f"{LECTURE[arm]:.1f}" if arm in LECTURE else "–",
        "success": "no head",
        "median error": "–",
        after: str(share_of_seeds(percent(curves, arm, "success after attempts"))),
        "hooks apart": "–",
        "domain error": f"{percent(curves, arm, 'domain error').mean():.0f}",
    }
    if has_head(arm):
        cells["success"] = str(share_of_seeds(percent(curves, arm)))
        error = CENTIMETRES * of_seeds(curves, arm, "error")
        cells["median error"] = f"{error.mean():.1f}"
    if has_pairs(arm):
        apart = CENTIMETRES * of_seeds(curves, arm, "pair distance")
        cells["hooks apart"] = f"{apart.mean():.1f}"
    return cells


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
