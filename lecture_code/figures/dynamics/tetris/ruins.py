"""Boards that are half full: what becomes of them when a player takes over.

Start with `play_in_ruin`.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from numpy.typing import NDArray

from lecture_code.experiments import Result
from lecture_code.figures.dynamics.tetris.searches import ARMS, Arrays, final_scores
from lecture_code.show import GREY, Picture, new_figure
from lecture_code.show.board import BoardReplay
from lecture_code.tetris import DELLACHERIE, Moves, first_moves
from lecture_code.tetris.plain import ABOVE

ROWS, FILL = 14, 0.7  # rows of rubble of twenty, and the share of their filled cells
MOVES = 150
RUINS = 40
SHOWN = 9  # number of the ruin that is shown
EXPERT_MOVES = 300  # of the player beside the lost game
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


def play_in_ruin(weights: NDArray[np.float64], ruin: int) -> Moves:
    """The first 150 moves of a player in a ruin."""
    return first_moves(weights, FIRST_PIECES + ruin, MOVES, start=rubble(ruin))


def is_cleared(game: Moves) -> bool:
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
    index = list(full.curves["generations"]).index(generation)
    return np.array(players[f"{arm}_weights"][search, index])


def share_of_cleared_ruins(
    players: Arrays, ruins: int = RUINS
) -> dict[str, NDArray[np.float64]]:
    """Share of the ruins that each final player clears: arm -> (players,).

    Args:
        players: the arrays beside the searches on the whole board.
        ruins: how many ruins each player gets.
    """
    return {
        arm: np.array(
            [
                np.mean([is_cleared(play_in_ruin(w, ruin)) for ruin in range(ruins)])
                for w in players[f"{arm}_weights"][:, -1]  # (seeds, 22)
            ]
        )
        for arm in ARMS
    }


def chance_of_lead(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """p, the share of all ways to deal these players into two groups of these sizes
    in which one group leads the other by as many pairs, or by more.

    Args:
        first, second: a score for each player, (players,).
    """
    both = np.concatenate([first, second])
    order = np.sign(both[:, None] - both)  # (n, n), 1 where the row is better
    groups = combinations(range(len(both)), len(first))
    leads = [abs(order[list(g)].sum()) for g in groups]  # pairs inside g cancel
    return float(np.mean(np.array(leads) >= leads[0]))


def board(full: Result, players: Arrays, arm: str, generation: int) -> BoardReplay:
    """The middle search of an arm at a generation, in the ruin that is shown."""
    search = middle_search(full, arm)
    weights = weights_at(full, players, arm, search, generation)
    title = f"{ARMS[arm]}, generation {generation}"
    return BoardReplay(play_in_ruin(weights, SHOWN), weights, title)


def lost_game(full: Result, players: Arrays) -> Picture:
    """The ruin that is shown, and what two players make of it: the middle search
    without noise at its end, which loses, and a player that was written by hand.
    """
    game = lost_moves(full, players)
    expert = first_moves(
        DELLACHERIE,
        FIRST_PIECES + SHOWN,
        EXPERT_MOVES,
        features="dellacherie",
        start=rubble(SHOWN),
    )
    boards = {
        "the ruin": game.boards[0],
        f"learnt player,\n{len(game)} moves": game.boards[-1],
        f"written by hand,\n{len(expert)} moves": expert.boards[-1],
    }
    figure, panels = new_figure(1, len(boards), height=3.8)
    figure.subplots_adjust(left=0.02, right=0.98, bottom=0.02, top=0.86, wspace=0.1)
    for axes, (title, cells) in zip(panels, boards.items(), strict=True):
        _still(axes, cells)
        axes.set_title(title)
    first, lost, low = (int(b.any(axis=1).sum()) for b in boards.values())
    return Picture(
        figure,
        alt=f"Three boards. Left: a pile of rubble, {first} rows high. Middle: after "
        f"{len(game)} moves of the learnt player the pile is {lost} rows high, and the "
        f"game is over. Right: after {len(expert)} moves of a player that was written "
        f"by hand the pile is {low} rows high, and the game goes on.",
        caption="Middle: the median of seven searches, after sixty generations. Right: "
        "a player that was written by hand; it gets the same pieces. We chose this "
        "ruin because the players differ in it. Dashed: the upper edge of the board.",
    )


def lost_moves(full: Result, players: Arrays) -> Moves:
    """The game of the middle search without noise in the ruin that is shown."""
    search = middle_search(full, "none")
    last = full.settings["generations"]
    return play_in_ruin(weights_at(full, players, "none", search, last), SHOWN)


def _still(axes: Axes, cells: NDArray[np.bool_]) -> None:
    """One board, with the four rows above its upper edge."""
    rows, columns = cells.shape
    corners = np.array([[0.05, 0.05], [0.95, 0.05], [0.95, 0.95], [0.05, 0.95]])
    squares = np.argwhere(cells)[:, None, ::-1] + corners  # (n, 4, 2), as x and y
    axes.add_collection(PolyCollection(squares, facecolor=GREY))  # gaps, no edges
    axes.axhline(rows - ABOVE, color=GREY, linestyle="--")
    axes.set(xlim=(0, columns), ylim=(0, rows), xticks=[], yticks=[], aspect="equal")
