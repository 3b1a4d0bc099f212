"""Tetris as the cross-entropy literature plays it: the rules, and games by the
thousand.

*Rules* (those of Thiery & Scherrer's MDPTetris with its defaults, "simplified Tetris").
The player sees the board and one piece. It turns the piece, chooses a column and drops
it from above; there is no sliding under an overhang, and a piece needs no room to
appear. Full rows are removed, and everything above falls by as many rows. The game is
over when something is then left above the board: **rows are removed before that is
asked**, so that a piece that sticks out at the top goes on if the rows that it
completes bring everything back below it. The score is the number of lines.

*Player.* Greedy: of all placements it takes the one with the largest V(s') = w·φ(s') of
the board s' after it. A placement that ends the game is taken only where each of them
does. Of equal values the first counts, rotation by rotation and from left to right.

`play` is one game, `games` many, `first_moves` the beginning of a game with its boards.
They run in the compiled engine; its first call in a session loads it (a second), and
the first after a change compiles it (seconds). Results are whole numbers and depend on
weights and seeds alone: not on the number of threads, nor on the processor, which
rounds additions and multiplications as every other does.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import joblib
import numpy as np
from numpy.typing import ArrayLike, NDArray

from lecture_code.tetris import fast
from lecture_code.tetris.features import FEATURES, Array, check_weights
from lecture_code.tetris.pieces import COUNTS, SHAPES, check_board, check_size

CAP = 1_000_000
"""Pieces of a game, if nothing else is said."""


@dataclass(frozen=True)
class Game:
    """The outcome of a game: rows removed, pieces placed, and whether it was still
    going on when the cap ended it.
    """

    lines: int
    pieces: int
    censored: bool


@dataclass(frozen=True, eq=False)
class Games:
    """The outcomes of n games: the fields of `Game` as arrays, (n,)."""

    lines: NDArray[np.int64]
    pieces: NDArray[np.int64]
    censored: NDArray[np.bool_]

    def __len__(self) -> int:
        """Number of games."""
        return len(self.lines)


@dataclass(frozen=True, eq=False)
class Moves:
    """The first m moves of a game; `boards[i]` is what move i meets and `boards[i + 1]`
    what it leaves.

    Args:
        pieces, rotations, columns, lines: of each move, (m,): the piece's number, its
            turn and leftmost column, the rows that it removed.
        features: φ of the board after each move, (m, d).
        boards: (m + 1, height + 4, width), row 0 at the bottom; only after a move that
            ends the game is there anything in the last four rows.
        over: whether the last move ended the game.
    """

    pieces: NDArray[np.int64]
    rotations: NDArray[np.int64]
    columns: NDArray[np.int64]
    lines: NDArray[np.int64]
    features: Array
    boards: NDArray[np.bool_]
    over: bool

    def __len__(self) -> int:
        """Number of moves."""
        return len(self.pieces)


def play(
    weights: ArrayLike,
    seed: int,
    *,
    features: str = "bertsekas",
    width: int = 10,
    height: int = 20,
    cap: int = CAP,
) -> Game:
    """One game from an empty board.

    Args:
        weights: w, (d,); what the d features are is told by `feature_names`.
        seed: of the stream of pieces, 0 … 2⁶⁴ − 1; `game_seeds` draws them.
        features: the feature set.
        width, height: of the board.
        cap: pieces at most; a game that gets there is marked as censored.

    Raises:
        ValueError: names what is impossible: the board, the feature set, the weights,
            the seed or the cap.
    """
    board = _empty(width, height)
    w = check_weights(weights, features, width)
    return _run(w, features, board, height, _checked_seed(seed), _checked_cap(cap))


def games(
    weights: ArrayLike,
    seeds: ArrayLike,
    *,
    features: str = "bertsekas",
    width: int = 10,
    height: int = 20,
    cap: int = CAP,
    threads: int | None = None,
) -> Games:
    """As many games as there are seeds, each from an empty board.

    Args:
        weights: (d,), with which all are played, or (n, d), one row a game.
        seeds: (n,), as `game_seeds` gives them.
        features, width, height, cap: as in `play`.
        threads: how many to use, all cores by default; changes no number.

    Raises:
        ValueError: as `play`; also when there are no games, or not one row of weights
            for each seed.
    """
    _empty(width, height)
    given = [_checked_seed(seed) for seed in np.asarray(seeds).ravel().tolist()]
    w = check_weights(weights, features, width, many=True)
    _check_games(w, given, threads)
    most = _checked_cap(cap)

    def game(i: int) -> Game:
        own = w if w.ndim == 1 else w[i]
        return _run(own, features, _empty(width, height), height, given[i], most)

    # numba lets go of the interpreter: an idle thread takes the next game
    with ThreadPoolExecutor(threads or joblib.cpu_count()) as pool:
        played = list(pool.map(game, range(len(given))))
    return Games(
        np.array([game.lines for game in played]),
        np.array([game.pieces for game in played]),
        np.array([game.censored for game in played]),
    )


def first_moves(
    weights: ArrayLike,
    seed: int,
    moves: int,
    *,
    features: str = "bertsekas",
    width: int = 10,
    height: int = 20,
    start: NDArray[np.bool_] | None = None,
) -> Moves:
    """The first moves of a game, with every board; fewer than `moves` if the game is
    over before.

    Args:
        weights, seed, features, width, height: as in `play`, whose game it is.
        moves: how many.
        start: the board at the beginning, (height, width), instead of an empty one;
            `width` and `height` are then its own.

    Raises:
        ValueError: as `play`; also when no move is wanted, or no game can
            start from that board.
    """
    if moves < 1:
        raise ValueError(f"moves must be at least 1; got {moves}")
    check_size(width, height)
    empty = np.zeros((height, width), dtype=bool)
    cells = empty if start is None else check_board(start)
    height, width = cells.shape
    w = check_weights(weights, features, width)
    board = _words(cells)
    notes = np.zeros((moves, 4 + width), dtype=np.int64)
    seen = np.zeros((moves, len(w)))
    game = _run(w, features, board, height, _checked_seed(seed), moves, notes, seen)
    notes = notes[: game.pieces]
    every = (_words(cells), *notes[:, 4:])
    boards = np.stack([_cells(words, height + 4) for words in every])
    piece, rotation, column, lines = notes[:, :4].T.copy()
    return Moves(
        piece, rotation, column, lines, seen[: game.pieces], boards, not game.censored
    )


def _run(
    weights: Array,
    features: str,
    board: Any,
    height: int,
    seed: int,
    cap: int,
    notes: Any = None,
    seen: Any = None,
) -> Game:
    """One game in the compiled engine; everything has been checked."""
    notes = np.empty((0, 4 + len(board)), dtype=np.int64) if notes is None else notes
    seen = np.empty((0, len(weights))) if seen is None else seen
    kind = FEATURES.index(features)
    lines, pieces, over = fast.play(
        weights, kind, board, height, np.uint64(seed), cap, COUNTS, SHAPES, notes, seen
    )
    return Game(lines, pieces, not over)


def _empty(width: int, height: int) -> NDArray[np.int64]:
    """The columns of an empty board, as words."""
    check_size(width, height)
    return np.zeros(width, dtype=np.int64)


def _words(cells: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Each column of a board (rows, columns) as a word, bit r for row r."""
    return np.asarray(np.left_shift(1, np.arange(len(cells), dtype=np.int64)) @ cells)


def _cells(words: NDArray[np.int64], rows: int) -> NDArray[np.bool_]:
    """A board (rows, columns) from the words of its columns."""
    return (words >> np.arange(rows, dtype=np.int64)[:, None] & 1).astype(bool)


def _check_games(w: Array, seeds: list[int], threads: int | None) -> None:
    if not seeds:
        raise ValueError("there must be at least one game; got no seeds")
    if threads is not None and threads < 1:
        raise ValueError(f"threads must be at least 1; got {threads}")
    if w.ndim == 2 and len(w) != len(seeds):
        raise ValueError(
            f"one row of weights for each seed: there are {len(w)} rows and "
            f"{len(seeds)} seeds"
        )


def _checked_seed(seed: int) -> int:
    whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
    if not (whole and 0 <= seed < 2**64):
        raise ValueError(
            f"a seed must be a whole number from 0 to 2⁶⁴ − 1; got {seed!r}"
        )
    return int(seed)


def _checked_cap(cap: int) -> int:
    if not (isinstance(cap, int | np.integer) and 1 <= cap < 2**62):
        raise ValueError(f"cap must be a whole number of pieces, at least 1; got {cap}")
    return int(cap)
