"""The seven pieces, the stream that deals them, and what a board is.

A board is an array of bool (height, width); row 0 is the bottom, column 0 the left.
Pieces are known by their place in `PIECES`, and dealt uniformly and independently (no
bag). A placement is (rotation, column): how many quarter turns clockwise from the
drawing below, and the leftmost column that the turned piece covers. Turns that look the
same are listed once, so that a piece has 9 to 34 placements on a board of ten columns.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

DRAWINGS = {
    "I": ("####",),
    "O": ("##", "##"),
    "T": (".#.", "###"),
    "S": (".##", "##."),
    "Z": ("##.", ".##"),
    "J": ("#..", "###"),
    "L": ("..#", "###"),
}
"""The pieces before any turn, the top row first."""
PIECES = tuple(DRAWINGS)
"""Names of the pieces, in the order of their numbers 0 … 6."""
SMALLEST, WIDEST, TALLEST = 4, 12, 40
"""Boards have between 4 and 12 columns and between 4 and 40 rows."""


def rotations(piece: str) -> list[NDArray[np.bool_]]:
    """The different turns of a piece, clockwise, each (rows, columns) with row 0 at the
    bottom.

    Raises:
        ValueError: there is no such piece; the message lists the pieces.
    """
    if piece not in DRAWINGS:
        raise ValueError(f"there is no piece {piece!r}; there are: {', '.join(PIECES)}")
    drawn = np.array([[cell == "#" for cell in row] for row in DRAWINGS[piece]])
    turns = [np.rot90(drawn, -k)[::-1] for k in range(4)]
    return [
        turn
        for k, turn in enumerate(turns)
        if not any(np.array_equal(turn, earlier) for earlier in turns[:k])
    ]


TURNS = tuple(tuple(rotations(piece)) for piece in PIECES)
"""The turns of every piece, by their numbers."""


def _tables() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The pieces as the compiled engine reads them: `COUNTS` and `SHAPES`."""
    counts = np.zeros(len(PIECES), dtype=np.int64)
    shapes = np.zeros((len(PIECES), 4, 10), dtype=np.int64)
    for p, turns in enumerate(TURNS):
        for r, turn in enumerate(turns):
            rows, columns = turn.shape
            counts[p] = r + 1
            shapes[p, r, :2] = columns, rows
            lowest = turn.argmax(axis=0)  # first filled row of each column
            cells = turn.sum(axis=0)  # no column of a piece has a gap
            shapes[p, r, 2 : 2 + columns] = lowest
            shapes[p, r, 6 : 6 + columns] = cells
    return counts, shapes


COUNTS, SHAPES = _tables()
"""Number of different turns of each piece, (7,); and, for each turn, its columns, its
rows, the lowest row of each of four columns and the cells of each, (7, 4, 10).
"""


def pieces_of(seed: int) -> Iterator[int]:
    """The endless sequence of pieces, 0 … 6, that a game of this seed is dealt: Steele,
    Lea & Flood's SplitMix64 (2014), scaled to seven.

    The compiled engine deals the same; this is the one to read.
    """
    mask = 2**64 - 1
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & mask
        z = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        yield ((z ^ (z >> 31)) >> 32) * len(PIECES) >> 32


def game_seeds(rng: np.random.Generator, games: int) -> NDArray[np.uint64]:
    """Seeds of `games` games, (games,), each with its own stream of pieces.

    Raises:
        ValueError: fewer than one game.
    """
    if games < 1:
        raise ValueError(f"there must be at least one game; got {games}")
    return rng.integers(2**64, size=games, dtype=np.uint64)


def check_size(width: int, height: int) -> None:
    """Raise unless a board has between 4 and 12 columns and between 4 and 40 rows."""
    for name, value, most in (("width", width, WIDEST), ("height", height, TALLEST)):
        if not (isinstance(value, int | np.integer) and SMALLEST <= value <= most):
            raise ValueError(
                f"the {name} of a board must be a whole number from {SMALLEST} to "
                f"{most}; got {value}"
            )


def check_board(board: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A copy of a board on which a game can start.

    Raises:
        ValueError: it is no array of bool, its size is impossible, or a row is full (it
            would have been removed).
    """
    cells = np.array(board)
    if cells.dtype != np.bool_ or cells.ndim != 2:
        raise ValueError(
            f"a board is an array of bool, (height, width); got {cells.dtype} of shape "
            f"{cells.shape}"
        )
    check_size(cells.shape[1], cells.shape[0])
    full = np.flatnonzero(cells.all(axis=1))
    if full.size:
        raise ValueError(
            f"a board has no full rows, they are removed at once; row {full[0]} from "
            "below is full"
        )
    return cells
