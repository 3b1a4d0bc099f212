"""What the chapter asks: two predictions, and three questions at its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments import Result
from lecture_code.figures.dynamics.tetris.luck import BATCH, game_lengths, luck_table
from lecture_code.figures.dynamics.tetris.ruins import board, chance_of_lead
from lecture_code.figures.dynamics.tetris.searches import ARMS, Arrays, score_at
from lecture_code.figures.dynamics.tetris.tables import wins
from lecture_code.show import Predict, Prose, Table, explore, predict, quiz
from lecture_code.show.board import BoardReplay

GENERATIONS = (5, 10, 20, 30, 45, 60)  # that the board can show
AFTER_RUINS = """
Below, the middle player of each kind plays in the ruin from the top of this page.

Step through a few moves. The table beside the board shows which features raise or lower
the value. Which features cost this player most?
"""


def predict_ruins(
    full: Result, players: Arrays, shares: Mapping[str, NDArray[np.float64]]
) -> Predict:
    """Which kind of noise clears more ruins? Table, reason and board are revealed.

    Args:
        full: the searches on the whole board.
        players: the arrays beside them.
        shares: share of the ruins that each player clears, by arm.
    """
    arms = {name: arm for arm, name in ARMS.items()}

    def draw(noise: str, generation: int) -> BoardReplay:
        return board(full, players, arms[noise], generation)

    boards = explore(
        draw,
        noise=list(arms),
        generation=list(GENERATIONS),
        start={"noise": ARMS["none"], "generation": GENERATIONS[-1]},
    )
    steady = shares["constant"]
    falling = shares["decreasing"]
    return predict(
        "The lecture's best player had decreasing noise. Here seven players of each "
        "kind get forty such ruins. A ruin is cleared if the pile is lower after 150 "
        "pieces than it was. Which kind of noise clears more ruins?",
        [
            "Decreasing noise, as in the lecture",
            "Constant noise",
            "Seven players of each kind do not tell",
        ],
        answer=2,
        because="Constant noise has the higher median and wins "
        f"{wins(steady, falling)} pairs of players. But the ranges overlap widely, and "
        "chance alone gives such a lead quite often "
        f"(p = {chance_of_lead(steady, falling):.2f}). Decreasing noise has a wide "
        "range because three of its searches found only weak players. Noise itself "
        "helps: each player of constant noise clears more ruins than each player of "
        "no noise.",
        then=[_ruins_table(shares), Prose(AFTER_RUINS), boards],
    )


def _ruins_table(shares: Mapping[str, NDArray[np.float64]]) -> Table:
    """Share of the ruins that the players of each kind of noise clear."""
    return Table(
        {
            name: {"ruins cleared": (100 * shares[arm]).tolist()}
            for arm, name in ARMS.items()
        },
        caption="Seven players of each kind, forty ruins, 150 pieces each: the median "
        "player, the worst and the best.",
        units={"ruins cleared": "%"},
        digits=0,
        corner="noise",
    )


def predict_best(lines: NDArray[Any]) -> Predict:
    """How many times its mean is the best game of a player? Lengths of many games and
    their table are revealed.

    Args:
        lines: rows that each game of one player removed, (n,).
    """
    times = sum(1 / k for k in range(1, BATCH + 1))
    return predict(
        "One player plays a hundred games. About how many times its mean is its best "
        "game?",
        ["1.5 times", "Twice", "5 times", "20 times"],
        answer=2,
        because="After each line the game ends with the same probability. The curve "
        "shows this. Then the standard deviation is as large as the mean. On average "
        "the best of a hundred games is one plus a half plus a third and so on, up to "
        f"a hundredth, times the mean: {times:.2f} times. So a report of the best of a "
        "hundred games overstates a player by a factor of five.",
        then=[game_lengths(lines), luck_table(lines)],
    )


def quiz_width(small: Result) -> Predict:
    """What do you look at when the score does not move?"""
    early, late = (np.median(score_at(small, "none", t)) for t in (20, 80))
    right = "At the width of the population."
    return quiz(
        "The score of your search has not moved for twenty generations. What do you "
        "look at first?",
        {
            "At the best candidate so far.": "With one game each, it is the luckiest "
            "of two thousand candidates.",
            right: "Yes. If the population has no width any more, the search is over, "
            "whatever the score is.",
            "At a longer run.": "Without noise, sixty more generations moved the "
            f"median from {early:.0f} to {late:.0f} on the small board.",
        },
        answer=right,
        hints=["Which quantity tells how different the next candidates can be?"],
    )


def quiz_best() -> Predict:
    """What is the best game of a hundred worth?"""
    right = "About 2,000 on average, and less in a typical game."
    return quiz(
        "A colleague reports her best game of a hundred: 10,000 lines. How many lines "
        "does her player remove in a usual game?",
        {
            "About 10,000.": "This was the best of a hundred games.",
            "About 5,000.": "The best of a hundred is more than twice the mean.",
            right: "Yes. The best game is about 5.2 times the mean, and the median is "
            "0.7 of the mean.",
        },
        answer=right,
        hints=["Look at the last row of the table on the luck of one game."],
    )


def quiz_scale() -> Predict:
    """What changes if all weights are doubled?"""
    right = "Nothing, in any game."
    return quiz(
        "Multiply all weights of a player by 2. What changes?",
        {
            "It plays more decisively.": "It takes the place with the largest value, "
            "and this place stays the same.",
            right: "Yes. Only the direction of w decides how it plays.",
            "It gets worse, because the weights were tuned.": "Their proportions were "
            "tuned, and these do not change.",
        },
        answer=right,
    )
