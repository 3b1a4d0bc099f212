"""Figures and tables of the committed searches for Tetris players.

Two results are drawn: `tetris` (here `full`, the board of 10 × 20) and `tetris_10x10`
(here `small`), with the mean weights of their searches beside them. Start with
`final_scores`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments import Result
from lecture_code.search import limit_of_travel
from lecture_code.show import GREY, METHOD_COLOURS, Picture, band, new_figure
from lecture_code.tetris import feature_names

Array = NDArray[Any]
Arrays = Mapping[str, Array]

ARMS = {
    "none": "no noise",
    "constant": "constant noise",
    "decreasing": "decreasing noise",
}
LECTURE = {"none": 21252, "constant": 72705, "decreasing": 348895}
OTHERS_BELOW = {
    "relational RL, kernels (2004)": 50,
    "policy iteration (1996)": 3183,
    "linear programming (2006)": 4274,
    "natural policy gradient (2001)": 6800,
}
OTHERS_ABOVE = {"genetic algorithm (2004)": 586103, "written by hand (2003)": 631167}
HOLES = feature_names("bertsekas").index("holes")
FEATURES = 22
SIGMA = 10.0  # standard deviation of the first population


def colour_of(arm: str) -> str:
    """The colour of an arm, the same on every page."""
    return METHOD_COLOURS[ARMS[arm]]


def scores(result: Result, arm: str) -> Array:
    """Mean lines a game in every test of every search, (seeds, tests)."""
    return np.array(result.curves[arm]["uncensored_mean"])


def final_scores(result: Result, arm: str) -> Array:
    """Mean lines a game at the end of every search, (seeds,)."""
    return np.array(scores(result, arm)[:, -1])


def score_at(result: Result, arm: str, generation: int) -> Array:
    """Mean lines a game of every search at a tested generation, (seeds,)."""
    index = list(result.curves["generations"]).index(generation)
    return np.array(scores(result, arm)[:, index])


def travel_of_holes(weights: Arrays, arm: str) -> Array:
    """−weight of the holes in units of the first width, (seeds, tests)."""
    return -weights[f"{arm}_weights"][..., HOLES] / SIGMA


def share_of_holes(weights: Arrays, arm: str) -> Array:
    """−weight of the holes as a share of the length ‖w‖, (seeds, tests); 0 where all
    weights are 0.
    """
    w = weights[f"{arm}_weights"]
    length = np.linalg.norm(w, axis=-1)
    return np.asarray(-w[..., HOLES] / np.where(length > 0, length, 1.0))


def relative_width(result: Result, arm: str) -> Array:
    """Width of the population seen from the origin, σ √22 / ‖μ‖, for every search and
    every generation from the second on, (seeds, generations).
    """
    curves = result.curves[arm]
    width, length = np.array(curves["std"]), np.array(curves["travel"])
    return np.array(width[:, 1:] * np.sqrt(FEATURES) / length[:, 1:])


def lecture_scores() -> Picture:
    """The lecture's table of Tetris scores on a logarithmic axis."""
    players = [(name, lines, GREY) for name, lines in OTHERS_BELOW.items()]
    players += [
        (f"cross-entropy, {ARMS[arm]}", LECTURE[arm], colour_of(arm)) for arm in ARMS
    ]
    players += [(name, lines, GREY) for name, lines in OTHERS_ABOVE.items()]
    figure, axes = new_figure(height=3.8)
    for row, (_, lines, colour) in enumerate(players):
        axes.plot([20, lines], [-row, -row], color=colour, linewidth=3)
        axes.plot(lines, -row, "o", color=colour)
        axes.text(lines * 1.5, -row, f"{lines:,}", va="center")
    axes.set(xscale="log", xlim=(20, 9e6), xlabel="lines a game")
    axes.set_yticks([-k for k in range(len(players))], [name for name, *_ in players])
    figure.subplots_adjust(left=0.47)
    shown = "; ".join(f"{name} {lines:,}" for name, lines, _ in players)
    return Picture(
        figure,
        alt=f"Nine players on a logarithmic axis of lines a game: {shown}.",
        caption="The lecture's table, without an entry that is only bounded (below "
        "3,000). The three entries in colour are the same algorithm. They differ in a "
        "number that is added to a variance.",
    )


def stalled_search(small: Result, by_hand: float) -> Picture:
    """Lines a game of the search without noise, against the generation.

    Args:
        small: the searches on the board of 10 × 10.
        by_hand: lines a game of a player that was written by hand.
    """
    tested = small.curves["generations"]
    lines = scores(small, "none")
    figure, axes = new_figure()
    band(axes, tested, lines, ARMS["none"], colour_of("none"))
    axes.axhline(by_hand, color=GREY)
    axes.text(2, by_hand * 1.2, "written by hand")
    axes.set(xlabel="generation", ylabel="lines a game, 10 × 10 board")
    axes.set(yscale="log", ylim=(1, 6000))
    middle = np.median(score_at(small, "none", 20))
    last = final_scores(small, "none")
    alt = (
        "Lines a game against the generation, on a logarithmic axis. The median of "
        f"{len(lines)} searches climbs to {middle:.0f} lines in 20 generations and is "
        f"{np.median(last):.0f} at the end; the best search ends at {last.max():.0f}. "
        f"A line at {by_hand:,.0f} marks a player that was written by hand."
    )
    caption = (
        "The mean of the population in thirty fresh games. Median of ten searches, the "
        "best and the worst."
    )
    return Picture(figure, alt=alt, caption=caption)


def width_and_travel(small: Result, weights: Arrays) -> Picture:
    """Width of the population, and how far the weight of the holes has gone."""
    tested = small.curves["generations"]
    limit = limit_of_travel(0.1)
    figure, (upper, lower) = new_figure(2, 1, height=5.6, sharex=True)
    figure.subplots_adjust(top=0.85)
    words = []
    for arm, name in ARMS.items():
        width = np.array(small.curves[arm]["std"])
        travel = travel_of_holes(weights, arm)
        band(upper, range(width.shape[1]), width, name, colour_of(arm))
        band(lower, tested, travel, name, colour_of(arm))
        last = np.median(width[:, -1]), np.median(travel[:, -1])
        words.append(f"{name}: width {last[0]:.2g}, weight {last[1]:.1f}")
    ends = [0, tested[-1]]
    name = f"limit on a slope, {limit:.2f}"
    lower.plot(ends, [limit] * 2, color=GREY, linestyle="--", label=name)
    upper.plot([], [], color=GREY, linestyle="--", label=name)
    figure.legend(*upper.get_legend_handles_labels(), loc="upper center", ncols=2)
    upper.set(yscale="log", ylim=(0.003, 30), title="width of the population")
    lower.set(xlabel="generation", xlim=(-2, tested[-1] + 2), ylim=(0, 11))
    lower.set_title("how far the weight of holes has moved [σ₀]")
    alt = (
        "Two panels against the generation: the width of the population on a "
        "logarithmic axis, and how far the weight of the holes has moved below zero, "
        f"in units of the first width. Medians at the end: {'; '.join(words)}. A "
        f"dashed line marks the limit of {limit:.2f}."
    )
    caption = "Ten searches in each arm on the 10 × 10 board: median and both extremes."
    return Picture(figure, alt=alt, caption=caption)


def all_searches(full: Result) -> Picture:
    """Every search on the whole board, beside the lecture's three numbers."""
    tested = full.curves["generations"]
    figure, axes = new_figure(height=3.8)
    words = []
    for arm, name in ARMS.items():
        lines = scores(full, arm)
        colour = colour_of(arm)
        for run in lines:
            axes.plot(tested, run + 1, color=colour, linewidth=1.1, alpha=0.75)
        middle = np.median(lines, axis=0) + 1
        axes.plot(tested, middle, color=colour, linewidth=3.2, label=name)
        axes.plot([62, 66], [LECTURE[arm]] * 2, color=colour, linewidth=2.5)
        axes.text(67, LECTURE[arm], f"{LECTURE[arm]:,}", va="center", fontsize=10)
        low, high = lines[:, -1].min(), lines[:, -1].max()
        words.append(f"{name} from {low:,.0f} to {high:,.0f}")
    axes.set(yscale="log", xlabel="generation", xlim=(-2, 82))
    axes.set_ylabel("lines a game, 10 × 20")
    axes.set_xticks(range(0, 61, 20))
    axes.legend(loc="lower right")
    lecture = ", ".join(f"{lines:,}" for lines in LECTURE.values())
    alt = (
        "Lines a game against the generation on a logarithmic axis, "
        f"{len(lines)} searches in each arm. They end: {'; '.join(words)}. On the "
        f"right the lecture's {lecture}."
    )
    caption = (
        "Thin lines: each of seven seeds. Thick lines: their medians. On the right: "
        "the lecture's three numbers."
    )
    return Picture(figure, alt=alt, caption=caption)
