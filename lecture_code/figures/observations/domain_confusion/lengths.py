"""A training three times as long: who keeps the lead, and when it is lost."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lecture_code.experiments.observations.domain_confusion.lengths import (
    CONSTANT,
    ENDS,
    FALLING,
    FEW,
    MANY,
    forked,
)
from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import Interval, mean_of_seeds
from lecture_code.figures.observations.domain_confusion.runs import (
    COLOURS,
    in_seeds,
    listed,
    percent,
    rounded,
    share_of_seeds,
)
from lecture_code.show import GREY, Picture, Table, new_figure
from lecture_code.show.figures import ORANGE

Runs = dict[int, float]  # seed -> success [%]

ALONE, CROWD = "synthetic only", "confusion alone"
STYLES = {CONSTANT: (ORANGE, "--"), FALLING: (COLOURS[FEW], "-")}
LEAST = 50  # where the axis of success begins [%]
LENGTHS = SHORT, LONG = "2,400", "7,200"  # batches
LEAD = "lead"


def row_of(images: int, end: str) -> str:
    """The name of a row: "500 images, λ falling"."""
    return f"{images} images, {end}"


PLACES: dict[str, dict[str, tuple[str, str]]] = {
    arm: {SHORT: ("main", arm), LONG: ("longer", arm)} for arm in (ALONE, CROWD)
} | {
    row_of(100, CONSTANT): {SHORT: ("main", FEW), LONG: ("longer", FEW)},
    row_of(500, CONSTANT): {
        SHORT: ("main", MANY),
        LONG: ("fork", forked(MANY, CONSTANT)),
    },
    row_of(500, FALLING): {LONG: ("fork", forked(MANY, FALLING))},
}
"""Row -> length -> key of the result, and arm in it."""


def of_lengths(results: Mapping[str, Result]) -> dict[str, dict[str, Runs]]:
    """Row -> length -> seed -> success [%].

    Args:
        results: `domain_confusion` as "main", `_longer` as "longer", `_fork` as "fork".
    """
    found: dict[str, dict[str, Runs]] = {}
    for row, places in PLACES.items():
        found[row] = {}
        for length, (name, arm) in places.items():
            shares = percent(results[name].curves, arm).tolist()
            found[row][length] = dict(zip(results[name].seeds, shares, strict=True))
    return found


def mean_of(runs: Runs) -> float:
    """Mean of the seeds."""
    return float(np.mean(list(runs.values())))


def lead_over(runs: Runs, others: Runs) -> Interval:
    """Mean difference in the seeds that both have, with its paired interval."""
    both = sorted(runs.keys() & others.keys())
    return mean_of_seeds([runs[seed] - others[seed] for seed in both])


def lengths_table(results: Mapping[str, Result]) -> Table:
    """Success after both lengths, and the lead over the simulation alone.

    Args:
        results: see `of_lengths`.
    """
    runs = of_lengths(results)
    rows: dict[str, dict[str, float | str]] = {}
    for row, lengths in runs.items():
        long = lengths[LONG]
        lead = lead_over(long, runs[ALONE][LONG])
        rows[row] = {
            SHORT: f"{mean_of(lengths[SHORT]):.0f}" if SHORT in lengths else "–",
            LONG: f"{mean_of(long):.0f}",
            "worst": f"{min(long.values()):.0f}",
            "seeds": f"{len(long)}",
            LEAD: "–" if row == ALONE else rounded(lead),
        }
    return Table(
        rows,
        caption=f"Success after {SHORT} and {LONG} batches, mean of the seeds; the "
        "three lower rows are weak pairs. After the long training: the *worst* seed, "
        f"the number of *seeds*, and the *{LEAD}* over *{ALONE}* [points]",
        units={SHORT: "%", LONG: "%", "worst": "%"},
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
        "thick lines means. Dotted: from here on the rate falls. The axis begins at "
        f"{LEAST} %.",
    )


def length_numbers(results: Mapping[str, Result]) -> dict[str, str]:
    """Name in the text -> words: success [%] after the long training, with 500 images
    and a falling λ, and with 100 images; its lead over the simulation alone, in points;
    in how many seeds weak pairs are ahead; and what 4,800 further batches
    and a falling λ bring, in points.

    Args:
        results: see `of_lengths`.
    """
    runs = of_lengths(results)
    alone = runs[ALONE]
    few = runs[row_of(100, CONSTANT)]
    short = runs[row_of(500, CONSTANT)][SHORT]
    best = runs[row_of(500, FALLING)][LONG]
    lead = lead_over(best, alone[LONG])
    return {
        "kept": rounded(share_of_seeds(np.array(list(best.values())))),
        "kept_change": rounded(lead_over(best, short)),
        "falling_gain": rounded(
            lead_over(best, runs[row_of(500, CONSTANT)][LONG]),
        ),
        "long_lead": rounded(lead),
        "contains": "contains" if lead.low <= 0 else "does not contain",
        "ahead": in_seeds([best[seed] > alone[LONG][seed] for seed in best]),
        "few_long": f"{mean_of(few[LONG]):.0f}",
        "alone_long": f"{mean_of(alone[LONG]):.0f}",
        "crowd_long": f"{mean_of(runs[CROWD][LONG]):.0f}",
    }
