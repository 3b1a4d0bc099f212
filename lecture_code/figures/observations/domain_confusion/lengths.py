"""A training three times as long: who keeps the lead, and when it is lost."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.observations.domain_confusion.lengths import (
    CONSTANT,
    ENDS,
    FALLING,
    FEW,
    MANY,
    forked,
)
from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations.domain_confusion.runs import (
    COLOURS,
    listed,
    percent,
    rounded,
    share_of_seeds,
)
from lecture_code.show import GREY, Picture, Table, new_figure
from lecture_code.show.figures import ORANGE

Array = NDArray[np.float64]

ALONE = "synthetic only"
STYLES = {CONSTANT: (ORANGE, "--"), FALLING: (COLOURS[FEW], "-")}
LEAST = 50  # where the axis of success begins [%]
LENGTHS = SHORT, LONG = "2,400 batches", "7,200 batches"
LEAD = "lead"


def row_of(images: int, end: str) -> str:
    """The name of a row: "500 images, λ falling"."""
    return f"{images} images, {end}"


def where(length: str) -> dict[str, tuple[str, str]]:
    """Row -> key of a result and arm in it, for a length."""
    plain, fork = ("main", "short") if length == SHORT else ("longer", "long")
    rows = {
        ALONE: (plain, ALONE),
        row_of(100, CONSTANT): (plain, FEW),
        row_of(100, FALLING): ("falling", FEW),
        row_of(500, CONSTANT): (fork, forked(MANY, CONSTANT)),
        row_of(500, FALLING): (fork, forked(MANY, FALLING)),
    }
    if length == SHORT:  # with 100 images a falling λ has one length
        del rows[row_of(100, FALLING)]
    return rows


def of_lengths(results: Mapping[str, Result]) -> dict[str, dict[str, Array]]:
    """Row -> length -> success of the seeds that all runs have [%].

    Args:
        results: `domain_confusion` as "main", `_longer` as "longer", `_fork` as "long",
            `_fork_short` as "short" and `_falling` as "falling".
    """
    seeds = results["long"].seeds
    rows: dict[str, dict[str, Array]] = {row: {} for row in where(LONG)}
    for length in LENGTHS:
        for row, (name, arm) in where(length).items():
            chosen = [results[name].seeds.index(seed) for seed in seeds]
            rows[row][length] = percent(results[name].curves, arm)[chosen]
    return rows


def lengths_table(results: Mapping[str, Result]) -> Table:
    """Success after both lengths, and the lead over the simulation alone.

    Args:
        results: see `of_lengths`.
    """
    runs = of_lengths(results)
    rows: dict[str, dict[str, float | str]] = {}
    for row, lengths in runs.items():
        cells: dict[str, float | str] = {}
        for length in LENGTHS:
            cells[length] = "–"
            if length in lengths:
                cells[length] = f"{lengths[length].mean():.0f}"
        lead = mean_of_seeds(lengths[LONG] - runs[ALONE][LONG])
        cells["worst seed"] = f"{lengths[LONG].min():.0f}"
        cells[LEAD] = "–" if row == ALONE else rounded(lead)
        rows[row] = cells
    return Table(
        rows,
        caption=f"Success: mean of {len(results['many'].seeds)} seeds. *Worst seed* "
        f"and *{LEAD}* are after {LONG}; the {LEAD} is over *{ALONE}* [points], with a "
        "paired 95 % interval",
        units={SHORT: "%", LONG: "%", "worst seed": "%"},
        corner="method",
    )


def on_the_way(result: Result) -> Picture:
    """Success of weak pairs with 500 images during the long training.

    Args:
        result: `domain_confusion_fork`.
    """
    figure, axes = new_figure(height=3.2)
    words = []
    for end in ENDS:
        notes = result.curves[forked(MANY, end)]
        batches = np.array(notes["notes: batches"][0])
        runs = 100 * np.array(notes["notes: success"])
        style = {"color": STYLES[end][0], "ls": STYLES[end][1]}
        axes.plot(batches, runs.T, lw=0.7, alpha=0.6, **style)
        axes.plot(batches, runs.mean(axis=0), lw=2.4, label=end, **style)
        words.append(
            f"{end}: {runs[:, -1].mean():.0f} at the end, worst seed "
            f"{runs[:, -1].min():.0f}"
        )
    axes.axvline(batches[-1] / 2, color=GREY, ls=":", lw=1.4)
    axes.set(xlabel="batches", ylabel="success [%]", ylim=(LEAST, 101))
    axes.set(xlim=(0, 7400), xticks=(0, 1200, 2400, 3600, 4800, 6000, 7200))
    figure.legend(loc="lower left", bbox_to_anchor=(0.14, 0.2))
    return Picture(
        figure,
        alt="Success of weak pairs with 500 images, in percent, during "
        f"{batches[-1]:.0f} batches, mean of the seeds. {listed(words)}.",
        caption=f"Weak pairs, 500 images: thin lines are {len(result.seeds)} seeds, "
        "thick lines their means. Dotted: from here on the rate falls to zero, and λ "
        "falls with it or does not. The axis begins at 50 %.",
    )


def length_numbers(results: Mapping[str, Result]) -> dict[str, str]:
    """Name in the text -> words; intervals are of the long training and paired.

    Args:
        results: see `of_lengths`.
    """
    runs = of_lengths(results)
    best = runs[row_of(500, FALLING)]
    numbers = {
        "kept": rounded(share_of_seeds(best[LONG])),
        "kept_least": f"{best[LONG].min():.0f}",
        "kept_lead": rounded(mean_of_seeds(best[LONG] - runs[ALONE][LONG])),
        "short_lead": rounded(mean_of_seeds(best[SHORT] - runs[ALONE][SHORT])),
    }
    for name, images, end in (
        ("few_constant", 100, CONSTANT),
        ("few_falling", 100, FALLING),
        ("many_constant", 500, CONSTANT),
    ):
        numbers[name] = f"{runs[row_of(images, end)][LONG].mean():.0f}"
    return numbers
