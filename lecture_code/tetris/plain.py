"""The same game, plain and slow: a board of cells, pieces that fall row by row,
features counted as they are described.

This is the engine to read, and the oracle of the fast one: both play the same game from
the same seed, move for move. Start with `play`; `Placement` is a piece that has landed,
and `phi` gives the features of the board after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lecture_code.tetris.features import Array, check_weights
from lecture_code.tetris.pieces import TURNS, check_board, pieces_of

Cells = NDArray[np.bool_]
ABOVE = 4
"""Rows above the board in which a piece may come to rest: whatever is there when full
rows are gone ends the game.
"""


@dataclass(frozen=True, eq=False)
class Placement:
    """A piece that has landed.

    Args:
        piece: its number.
        rotation, column: how it was turned, and its leftmost column.
        board: what is left when full rows are gone, (height + 4, width).
        row: where its lowest row came to rest, before rows were removed.
        tall: its rows.
        lines: full rows that were removed.
        eroded: cells of the piece that went with these rows.
    """

    piece: int
    rotation: int
    column: int
    board: Cells
    row: int
    tall: int
    lines: int
    eroded: int

    @property
    def over(self) -> bool:
        """Whether anything is left above the board."""
        return bool(self.board[-ABOVE:].any())


def place(board: Cells, piece: int, rotation: int, column: int) -> Placement:
    """Drop a piece from above onto a board (height + 4, width), and remove the rows
    that are full.
    """
    turn = TURNS[piece][rotation]
    tall, wide = turn.shape
    sky = np.concatenate([board, np.zeros((tall, board.shape[1]), dtype=bool)])
    row = len(board)

    def fits(row: int) -> bool:
        return not (sky[row : row + tall, column : column + wide] & turn).any()

    while row > 0 and fits(row - 1):
        row -= 1
    own = np.zeros_like(sky)
    own[row : row + tall, column : column + wide] = turn
    full = (sky | own).all(axis=1)
    kept = np.zeros_like(board)
    left = (sky | own)[~full][: len(board)]
    kept[: len(left)] = left
    lines, eroded = int(full.sum()), int(own[full].sum())
    return Placement(piece, rotation, column, kept, row, tall, lines, eroded)


def placements(board: Cells, piece: int) -> Iterator[Placement]:
    """All placements of a piece, rotation by rotation and from left to right."""
    for rotation, turn in enumerate(TURNS[piece]):
        for column in range(board.shape[1] - turn.shape[1] + 1):
            yield place(board, piece, rotation, column)


# --- features ---


def heights(board: Cells) -> list[int]:
    """The height of each column: one more than its highest filled row."""
    return [int(column.nonzero()[0].max(initial=-1)) + 1 for column in board.T]


def holes(board: Cells) -> Cells:
    """Whether each cell is empty with a filled cell somewhere above it in its column,
    (rows, columns).
    """
    filled_here_or_above = np.logical_or.accumulate(board[::-1])[::-1]
    return np.asarray(filled_here_or_above & ~board)


def row_transitions(board: Cells) -> int:
    """Changes along the rows of the board between two filled walls."""
    between_walls = np.pad(board, ((0, 0), (1, 1)), constant_values=True)
    return int((between_walls[:, 1:] != between_walls[:, :-1]).sum())


def column_transitions(board: Cells) -> int:
    """Changes along the columns, from the filled floor to the empty sky."""
    floor, sky = np.ones((1, board.shape[1]), bool), np.zeros((1, board.shape[1]), bool)
    cells = np.concatenate([floor, board, sky])
    return int((cells[1:] != cells[:-1]).sum())


def wells(board: Cells) -> int:
    """Over the empty cells between two filled neighbours or walls: the empty cells from
    each straight downwards, itself included.
    """
    between_walls = np.pad(board, ((0, 0), (1, 1)), constant_values=True)
    total = 0
    for i in range(1, between_walls.shape[1] - 1):
        for row in range(len(board)):
            below = row
            left, here, right = between_walls[row, i - 1 : i + 2]
            if left and right and not here:
                while below >= 0 and not between_walls[below, i]:
                    total, below = total + 1, below - 1
    return total


def hole_depth(board: Cells) -> int:
    """Filled cells that stand on an empty cell, with filled cells only in between."""
    total = 0
    for i in range(board.shape[1]):
        for row in np.flatnonzero(board[:, i]).tolist():
            below = row
            while below >= 0 and board[below, i]:
                below -= 1
            total += int(below >= 0)
    return total


def phi(placement: Placement, features: str) -> Array:
    """φ of the board after a placement, (d,)."""
    return _phi(
        placement.board,
        features,
        placement.row + (placement.tall - 1) / 2,
        placement.lines * placement.eroded,
    )


def _phi(
    board: Cells, features: str, landing_height: float = 0.0, eroded_cells: int = 0
) -> Array:
    gaps = holes(board)
    if features == "bertsekas":
        h = heights(board)
        differences = [abs(a - b) for a, b in zip(h[1:], h[:-1], strict=True)]
        return np.array([*h, *differences, max(h), gaps.sum(), 1.0], dtype=float)
    inside = board[:-ABOVE]  # the walls are as tall as the board
    values = [
        landing_height,
        eroded_cells,
        row_transitions(inside),
        column_transitions(board),
        gaps.sum(),
        wells(board),
    ]
    if features == "bcts":
        values += [hole_depth(board), gaps.any(axis=1).sum()]
    return np.array(values, dtype=float)


# --- the player ---


def choose(board: Cells, piece: int, weights: Array, features: str) -> Placement:
    """The greedy placement: the largest (1) of `fast.py`, the first of equals; the
    very first where each ends the game.
    """
    now = _phi(board, features)
    best = -np.inf
    chosen = None
    for placement in placements(board, piece):
        if placement.over:
            continue
        value = 0.0
        after = phi(placement, features)
        for k in range(len(weights)):  # in this order: `sum` would round otherwise
            value += weights[k] * (after[k] - now[k])  # eq. 1
        if value > best:
            best, chosen = value, placement
    return place(board, piece, 0, 0) if chosen is None else chosen


def play(
    weights: ArrayLike,
    seed: int,
    *,
    features: str = "bertsekas",
    width: int = 10,
    height: int = 20,
    start: Cells | None = None,
) -> Iterator[Placement]:
    """The moves of one game, up to the move that ends it: take as many as you like.

    Args, errors: as `player.first_moves`.
    """
    start = np.zeros((height, width), dtype=bool) if start is None else start
    board = np.pad(check_board(start), ((0, ABOVE), (0, 0)))
    w = check_weights(weights, features, board.shape[1])
    for piece in pieces_of(int(seed)):
        move = choose(board, piece, w, features)
        yield move
        if move.over:
            return
        board = move.board
