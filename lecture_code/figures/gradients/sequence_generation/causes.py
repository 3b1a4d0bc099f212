"""Why SeqGAN is slow with 100 tokens: one suspected cause removed at a time, from
`sequence_oracle`, `sequence_oracle_causes` and `sequence_oracle_small`.

Read `cause_picture`: the left panel says whether G gets better, the right panel whether
its judge knows better from worse.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.experiments import Result
from lecture_code.experiments.summaries import Interval, mean_of_seeds
from lecture_code.figures.gradients.sequence_generation.oracle import (
    COLOURS,
    change,
    signed,
)
from lecture_code.show import Picture, new_figure

EXACT = "exact judge"
FRESH = "fresh sequences"


def at_last(result: Result, arm: str, name: str) -> NDArray[np.float64]:
    """An entry of an arm's curve at its last examination, by seed.

    Args:
        result: of `sequence_oracle_causes` or `sequence_oracle_small`.
        arm: of this result.
        name: for example "right", D's accuracy on new sequences, or "agreement", the
            rank correlation of D with the exact judge on G's sequences.
    """
    return np.array(result.curves["arms"][arm]["curves"][name], dtype=float)[:, -1]


def last_mean(result: Result, arm: str, name: str) -> Interval:
    """The mean of `at_last`, with its interval."""
    return mean_of_seeds(at_last(result, arm, name))


def cause_rows(
    small: Result, larger: Result, longer: Result, causes: Result
) -> dict[str, tuple[Result, str]]:
    """Row of the picture -> result and arm."""
    return {
        "20: SeqGAN": (small, "roll-outs"),
        f"20: {EXACT}": (small, EXACT),
        "100: SeqGAN": (larger, "roll-outs"),
        "100: SeqGAN, longer": (longer, "roll-outs"),
        "100: fresh data": (causes, FRESH),
        f"100: {EXACT}": (causes, EXACT),
    }


def _dots(axes: Axes, row: int, found: NDArray[np.float64], colour: str) -> None:
    """Seeds and their mean in one row."""
    axes.plot(found, np.full(len(found), row), "o", color=colour, alpha=0.5)
    axes.plot(found.mean(), row, "|", color=colour, markersize=18)


def cause_picture(
    small: Result, larger: Result, longer: Result, causes: Result
) -> Picture:
    """Change of the NLL under the oracle, and how well the judge ranks what G writes.

    Args:
        small, larger, longer, causes: `sequence_oracle_small`, `sequence_oracle`,
            `sequence_oracle_long` and `sequence_oracle_causes`.
    """
    rows = cause_rows(small, larger, longer, causes)
    figure, (left, right) = new_figure(1, 2, height=3.2, sharey=True)
    told = []
    for row, (name, (result, arm)) in enumerate(rows.items()):
        found = change(result, arm, "oracle")
        _dots(left, row, found, COLOURS[arm])
        words = f"{name}: change {signed(found.mean())}"
        if "agreement" in result.curves["arms"][arm]["curves"]:
            ranks = at_last(result, arm, "agreement")
            _dots(right, row, ranks, COLOURS[arm])
            words += f", ranking {ranks.mean():.2f}"
        else:
            right.text(0.5, row, "not measured", ha="center", va="center", fontsize=9.5)
        told.append(words)
    left.axvline(0, color="0.5", linewidth=0.8)
    left.set_yticks(range(len(rows)), list(rows), fontsize=9.5)
    left.set_ylim(len(rows) - 0.5, -0.5)
    left.set(xlabel="[nats per token]", title="NLL, change")
    right.set(xlim=(-0.05, 1.05), xlabel="correlation", title="ranking")
    figure.subplots_adjust(left=0.36, right=0.98, bottom=0.19, top=0.89, wspace=0.2)
    alt = (
        "Change of the NLL under the oracle from the start, and rank correlation of "
        f"the judge's answers with the exact ones. Means: {'; '.join(told)}."
    )
    caption = (
        "20, 100: tokens. Dots: seeds. Bars: means. *NLL*: under the oracle. "
        "*Ranking*: does the judge order G's own sequences "
        "as the exact judge does? 1: the same order. 0: no relation."
    )
    return Picture(figure, alt=alt, caption=caption)
