"""How long the games of one player are, and how much of a score is luck."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.figures.dynamics.tetris.searches import colour_of
from lecture_code.show import GREY, Picture, Table, new_figure

BATCH = 100  # games of which the best is taken
LONGEST = 8.5  # [mean]: end of the axis


def game_lengths(lines: NDArray[Any]) -> Picture:
    """Histogram of the lines of many games of one player, beside an exponential.

    Args:
        lines: rows that each game removed, (n,).
    """
    n = len(lines)
    mean = lines.mean()
    bins = np.linspace(0, LONGEST * mean, 52)
    grid = np.linspace(0, LONGEST * mean, 200)
    expected = n * (bins[1] - bins[0]) / mean * np.exp(-grid / mean)
    figure, axes = new_figure()
    colour = colour_of("constant")
    axes.hist(lines, bins, color=colour, alpha=0.6, label=f"{n:,} games")
    axes.plot(grid, expected, color=GREY, label="same probability to end")
    axes.axvline(mean, color=GREY, linestyle=":")
    axes.text(mean * 1.05, axes.get_ylim()[1] * 0.9, "mean")
    axes.set(xlabel="lines of a game", ylabel="games")
    axes.legend(loc="upper right")
    below = np.mean(lines < mean)
    beyond = np.sum(lines > 5 * mean)
    alt = (
        f"Histogram of the lines of {n:,} games of one player. {100 * below:.0f} % of "
        f"the games are shorter than the mean of {mean:.0f} lines, and {beyond} games "
        "are more than five times as long. The bars follow an exponential curve."
    )
    caption = (
        "The curve shows how long games are if they end with the same probability "
        "after each line."
    )
    return Picture(figure, alt=alt, caption=caption)


def distance_from_coin(lines: NDArray[Any]) -> float:
    """Largest distance between the games' distribution function and that of an
    exponential with the same mean.
    """
    n = len(lines)
    mean = lines.mean()
    expected = 1 - np.exp(-np.sort(lines) / mean)
    return float(np.abs(np.arange(1, n + 1) / n - expected).max())


def luck_table(lines: NDArray[Any]) -> Table:
    """Mean, median and best games, relative to what an exponential predicts."""
    mean = lines.mean()
    best = lines[: len(lines) // BATCH * BATCH].reshape(-1, BATCH).max(axis=1).mean()
    harmonic = sum(1 / k for k in range(1, BATCH + 1))
    return Table(
        {
            "median": {"games": np.median(lines) / mean, "curve": float(np.log(2))},
            "standard deviation": {"games": lines.std() / mean, "curve": 1.0},
            f"best of {BATCH}": {"games": best / mean, "curve": harmonic},
        },
        caption=f"In units of the mean, which is {mean:.0f} lines.",
        digits=2,
    )
