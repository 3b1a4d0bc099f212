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
    PAIRS_ALONE,
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

Runs = dict[int, float]  # seed -> success [%]

ALONE, CROWD = "synthetic only", "confusion alone"
NO_CONFUSION = "λ = 0"
LEAST = 50  # where the axis of success begins [%]
LENGTHS = SHORT, LONG = "2,400", "7,200"  # batches
LEAD = "lead"


def row_of(images: int, end: str) -> str:
    """The name of a row: "weak, 500, λ falling"."""
    return f"weak, {images}, {end}"


PLACES: dict[str, dict[str, tuple[str, str]]] = {
    arm: {SHORT: ("main", arm), LONG: ("longer", arm)} for arm in (ALONE, CROWD)
} | {
    row_of(100, CONSTANT): {SHORT: ("main", FEW), LONG: ("longer", FEW)},
    row_of(100, FALLING): {LONG: ("suspects", FEW)},
    row_of(100, NO_CONFUSION): {
        SHORT: ("main", PAIRS_ALONE),
        LONG: ("suspects", PAIRS_ALONE),
    },
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
        results: `domain_confusion` as "main", `_longer` as "longer", `_fork` as "fork",
            `_suspects` as "suspects".
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


def better_of(lengths: Mapping[str, Runs]) -> Runs:
    """The runs of the length with the larger mean success."""
    return max(lengths.values(), key=mean_of)


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
    many, few = (len(runs[row][LONG]) for row in (ALONE, row_of(500, FALLING)))
    rows: dict[str, dict[str, float | str]] = {}
    for row, lengths in runs.items():
        long = lengths[LONG]
        lead = lead_over(long, runs[ALONE][LONG])
        rows[row] = {
            SHORT: f"{mean_of(lengths[SHORT]):.0f}" if SHORT in lengths else "–",
            LONG: f"{mean_of(long):.0f}",
            LEAD: "–" if row == ALONE else rounded(lead),
            "worst": f"{min(long.values()):.0f}",
        }
    return Table(
        rows,
        caption=f"Mean success after {SHORT} and after {LONG} batches. The five lower "
        "rows are weak pairs, with 100 or 500 unlabelled images. "
        f"*{LEAD.capitalize()}*: points ahead of *{ALONE}*, after {LONG} batches. "
        f"*Worst*: the worst seed. After {LONG} batches the three upper rows have "
        f"{many} seeds, the others {few}",
        units={SHORT: "%", LONG: "%", "worst": "%"},
        corner="method",
    )


def on_the_way(result: Result) -> Picture:
    """Success of weak pairs with 500 images during the long training, λ constant on
    the left and falling on the right.

    Args:
        result: `domain_confusion_fork`.
    """
    figure, panels = new_figure(1, 2, height=3.0)
    figure.subplots_adjust(left=0.12, right=0.98, bottom=0.19, top=0.89, wspace=0.1)
    words = []
    for axes, end in zip(panels, ENDS, strict=True):
        notes = result.curves[forked(MANY, end)]
        batches = np.array(notes["notes: batches"][0])
        runs = 100 * np.array(notes["notes: success"])
        axes.plot(batches, runs.T, lw=0.7, alpha=0.6, color=COLOURS[MANY])
        axes.plot(batches, runs.mean(axis=0), lw=2.4, color=COLOURS[MANY])
        axes.axvline(batches[-1] / 2, color=GREY, ls=":", lw=1.4)
        axes.set(title=end, xlabel="batches", ylim=(LEAST, 101), xlim=(0, 7400))
        axes.set_xticks((0, 2400, 4800, 7200))
        words.append(
            f"{end}: {runs[:, -1].mean():.0f} at the end, worst seed "
            f"{runs[:, -1].min():.0f}"
        )
    panels[0].set_ylabel("success [%]")
    panels[1].tick_params(labelleft=False)
    return Picture(
        figure,
        alt="Success of weak pairs with 500 images, in percent, during "
        f"{batches[-1]:.0f} batches, mean of the seeds. {listed(words)}.",
        caption=f"Weak pairs, 500 images: thin lines are {len(result.seeds)} seeds, "
        "thick lines means. Both panels are the same up to the dotted line; from there "
        f"on the rate falls. The axis begins at {LEAST} %.",
    )


def length_numbers(results: Mapping[str, Result]) -> dict[str, str]:
    """Name in the text -> words. 'better_lead': that of weak pairs if each method has
    its better length [points]. After the long training: success [%] and leads over
    the simulation alone [points]; what a row has more than another, and what 4,800
    further batches bring [points]; in how many seeds weak pairs are ahead.

    Args:
        results: see `of_lengths`.
    """
    runs = of_lengths(results)
    alone = runs[ALONE][LONG]
    few, many = row_of(100, CONSTANT), row_of(500, CONSTANT)
    no_crowd = runs[row_of(100, NO_CONFUSION)]
    falling = runs[row_of(100, FALLING)][LONG]
    best = runs[row_of(500, FALLING)][LONG]
    ahead = [best[seed] > alone[seed] for seed in best]
    better = lead_over(better_of(runs[few]), better_of(runs[ALONE]))
    return {
        "better_lead": rounded(better),
        "kept": rounded(share_of_seeds(np.array(list(best.values())))),
        "kept_change": rounded(lead_over(best, runs[many][SHORT])),
        "falling_gain": rounded(lead_over(best, runs[many][LONG])),
        "long_lead": rounded(lead_over(best, alone)),
        "ahead": in_seeds(ahead),
        "few_long": f"{mean_of(runs[few][LONG]):.0f}",
        "alone_long": f"{mean_of(alone):.0f}",
        "crowd_long": f"{mean_of(runs[CROWD][LONG]):.0f}",
        "falling_few": f"{mean_of(falling):.0f}",
        "falling_few_gain": rounded(lead_over(falling, runs[few][LONG])),
        "falling_few_lead": rounded(lead_over(falling, alone)),
        "no_crowd_long": f"{mean_of(no_crowd[LONG]):.0f}",
        "no_crowd_change": rounded(lead_over(no_crowd[LONG], no_crowd[SHORT])),
        "no_crowd_gain": rounded(lead_over(no_crowd[LONG], runs[few][LONG])),
        "no_crowd_lead": rounded(lead_over(no_crowd[LONG], alone)),
    }
