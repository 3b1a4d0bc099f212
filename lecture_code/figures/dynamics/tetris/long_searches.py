"""Which kind of noise is ahead in the end? Long searches on half a board.

The result `tetris_10x10_long` (here `long`) is drawn. Start with `lead`.
"""

from __future__ import annotations

import numpy as np

from lecture_code.experiments import Result
from lecture_code.experiments.summaries import Interval, mean_of_seeds
from lecture_code.figures.dynamics.tetris.searches import (
    ARMS,
    Array,
    colour_of,
    score_at,
    scores,
)
from lecture_code.show import Picture, Table, band, new_figure
from lecture_code.show.table import Cell

TIMES = (60, 120, 240)
"""Generations at which the protocol compares the two kinds of noise."""


def mean_ratio(first: Array, second: Array) -> Interval:
    """Geometric mean of the ratios first / second of paired seeds, with Student's
    interval of the logarithms.
    """
    logs = mean_of_seeds(np.log(first) - np.log(second))
    value, low, high = np.exp([logs.value, logs.low, logs.high])
    return Interval(float(value), float(low), float(high))


def lead(result: Result, generation: int) -> Interval:
    """How many times as many lines decreasing noise has as constant noise."""
    arms = "decreasing", "constant"
    return mean_ratio(*(score_at(result, arm, generation) for arm in arms))


def gain(long: Result, arm: str) -> Interval:
    """By which factor the lines of an arm grow between the last two of `TIMES`."""
    _, before, after = TIMES
    return mean_ratio(score_at(long, arm, after), score_at(long, arm, before))


def ratio_words(ratio: Interval) -> str:
    """'0.80 (0.64–1.00)'."""
    return f"{ratio.value:.2f} ({ratio.low:.2f}–{ratio.high:.2f})"


def long_run(long: Result) -> Picture:
    """Lines a game of the three arms, against the generation."""
    tested = long.curves["generations"]
    figure, axes = new_figure()
    words = []
    for arm, name in ARMS.items():
        lines = scores(long, arm)
        band(axes, tested, lines, name, colour_of(arm))
        middle = [f"{np.median(score_at(long, arm, t)):.0f}" for t in TIMES]
        words.append(f"{name} {', '.join(middle)}")
    axes.set(xlabel="generation", ylabel="lines a game, 10 × 10 board")
    axes.set_ylim(0, 1300)  # room for the legend
    axes.legend(loc="upper left")
    times = ", ".join(str(t) for t in TIMES)
    return Picture(
        figure,
        alt="Lines a game against the generation, for three kinds of noise on the "
        f"10 × 10 board. Medians after {times} generations: {'; '.join(words)}.",
        caption="Ten other searches in each arm, each tested in a hundred games: "
        "median and both extremes.",
    )


def lead_table(long: Result) -> Table:
    """Lines of both kinds of noise at three times, and their ratio in pairs."""
    rows: dict[str, dict[str, Cell]] = {}
    for t in TIMES:
        constant, decreasing = (
            score_at(long, arm, t) for arm in ("constant", "decreasing")
        )
        rows[f"{t}"] = {
            "constant": float(np.median(constant)),
            "decreasing": float(np.median(decreasing)),
            "ratio": ratio_words(lead(long, t)),
        }
    return Table(
        rows,
        caption="Lines a game on the 10 × 10 board, medians of ten searches. *Ratio*: "
        "decreasing to constant noise, geometric mean over pairs of one seed (95 % "
        "interval).",
        digits={"constant": 0, "decreasing": 0},
        corner="generation",
    )
