"""Boards that are half full: what becomes of them when a player takes over.

Start with `play_in_ruin`.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments import Result
from lecture_code.figures.dynamics.tetris.searches import ARMS, Arrays, final_scores
from lecture_code.show.board import BoardReplay
from lecture_code.tetris import Recording, record

ROWS, FILL = 14, 0.7  # rows of rubble of twenty, and the share of their filled cells
MOVES = 150
RUINS = 40
SHOWN = 9  # number of the ruin that is shown
FIRST_PIECES = 100  # the pieces of ruin n have the seed FIRST_PIECES + n


@cache
def _cells(ruin: int) -> NDArray[np.bool_]:
    cells = np.zeros((20, 10), dtype=bool)
    cells[:ROWS] = np.random.default_rng(ruin).random((ROWS, 10)) < FILL
    cells[cells.all(axis=1), 5] = False
    return cells


def rubble(ruin: int) -> NDArray[np.bool_]:
    """A board whose lower fourteen rows are rubble, no row of it full, (20, 10).

    Args:
        ruin: number of the ruin, from which its cells are drawn.
    """
    return _cells(ruin).copy()


def play_in_ruin(weights: NDArray[np.float64], ruin: int) -> Recording:
    """The first 150 moves of a player in a ruin."""
    return record(weights, FIRST_PIECES + ruin, MOVES, start=rubble(ruin))


def is_cleared(game: Recording) -> bool:
    """Whether the game goes on and the pile is lower than the ruin was."""
    return not game.over and not game.boards[-1][ROWS - 1 :].any()


def middle_search(result: Result, arm: str) -> int:
    """The search whose end is the median of its arm."""
    order = np.argsort(final_scores(result, arm))
    return int(order[len(order) // 2])


def weights_at(
    full: Result, players: Arrays, arm: str, search: int, generation: int
) -> NDArray[np.float64]:
    """Mean weights of one search at a tested generation, (22,)."""
    place = list(full.curves["generations"]).index(generation)
    return np.array(players[f"{arm}_weights"][search, place])


def share_of_cleared_ruins(players: Arrays, ruins: int = RUINS) -> dict[str, float]:
    """Share of the ruins that the final players of each arm clear, by arm.

    Args:
        players: the arrays beside the searches on the whole board.
        ruins: how many ruins each player gets.
    """
    shares = {}
    for arm in ARMS:
        final = players[f"{arm}_weights"][:, -1]  # (seeds, 22)
        games = [play_in_ruin(w, ruin) for w in final for ruin in range(ruins)]
        shares[arm] = float(np.mean([is_cleared(game) for game in games]))
    return shares


def board(full: Result, players: Arrays, arm: str, generation: int) -> BoardReplay:
    """The middle search of an arm at a generation, in the ruin that is shown."""
    search = middle_search(full, arm)
    weights = weights_at(full, players, arm, search, generation)
    title = f"{ARMS[arm]}, generation {generation}"
    return BoardReplay(play_in_ruin(weights, SHOWN), weights, title)


def lost_game(full: Result, players: Arrays) -> BoardReplay:
    """The middle search without noise at its end, in the ruin that is shown."""
    return board(full, players, "none", full.settings["generations"])
