"""The fast game, compiled: one word a column, and of a placement only the columns
that it touches.

Bit r of a column's word says whether its row r is filled, so that the rows that a piece
completes are one AND over the columns, holes and transitions are counts of bits, and
the height of a column is the length of its word. Over a piece's placements most of the
board stays as it is; hence what is compared is not V = w·φ(s') itself but

    (1)  V(s') − V(s) = Σ_k w_k (φ_k(s') − φ_k(s)),    summed in the order of k,

in which every feature of an untouched column is zero and needs no looking at. (φ of a
placement, such as the landing height, counts as zero in s.) Features are whole or half
numbers: differences are exact, and the sum is the same however much is skipped.

Start with `play`, then `choose`. The rules are in `player.py`; the same game in plain
Python is `plain.py`, and games are equal move for move.

Everything compiled is in this one file: numba keeps compiled code in `__pycache__`, and
notices a change only in the file that a function is in.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import types, uint64
from numba.extending import intrinsic

from lecture_code.compiling import compiler

BERTSEKAS = 0  # as in features.FEATURES
COLUMNS, ROWS, LOWEST, CELLS = 0, 1, 2, 6  # places in a row of `pieces.SHAPES`
compiled = compiler()
inlined = compiler(forceinline=True)  # for every placement: twice as fast


@intrinsic
def ones(typing, word):
    """Number of bits of a word that are set."""

    def generate(context, builder, signature, arguments):
        return builder.ctpop(arguments[0])

    return types.int64(types.int64), generate


@intrinsic
def zeros(typing, word):
    """Number of the 64 bits of a word that are above its highest set bit."""

    def generate(context, builder, signature, arguments):
        return builder.ctlz(arguments[0], context.get_constant(types.boolean, False))

    return types.int64(types.int64), generate


@compiled
def deal(state):
    """The next state of a game's stream of pieces, and its piece: `pieces_of`."""
    state += uint64(0x9E3779B97F4A7C15)
    z = (state ^ (state >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> uint64(27))) * uint64(0x94D049BB133111EB)
    z = (z ^ (z >> uint64(31))) >> uint64(32)
    return state, types.int64(z * uint64(7) >> uint64(32))


@inlined
def without(word, full):
    """A column's word without the rows in the word `full`: what is above falls."""
    while full:
        row = 63 - zeros(full)  # the highest first
        below = (1 << row) - 1
        word = (word & below) | ((word >> 1) & ~below)
        full &= below
    return word


class Work(NamedTuple):
    """The board s before a piece and room for s' after it; w columns, d features."""

    heights: Any  # (w,)
    left: Any  # (w + 1,): the AND of the columns left of column i
    right: Any  # (w + 1,): the AND of column i and all right of it
    now: Any  # (d,): φ(s)
    after: Any  # (w,): s', or only its heights
    phi: Any  # (d,): φ(s')


@inlined
def look(board, height, kind, work):
    """Fill in the facts about the board before the piece."""
    width = len(board)
    work.left[0] = work.right[width] = (1 << height + 4) - 1
    for i in range(width):
        work.heights[i] = 64 - zeros(board[i])
        work.left[i + 1] = work.left[i] & board[i]
        work.right[width - 1 - i] = work.right[width - i] & board[width - 1 - i]
    if kind == BERTSEKAS:
        bertsekas(board, work.now)
    else:
        bcts(board, height, work.now)


@compiled
def describe(board, height, kind, shape, row, full, phi):
    """φ (d,) of the board (w,) after a placement of the piece `shape`, (10,)."""
    if kind == BERTSEKAS:
        bertsekas(board, phi)
        return
    bcts(board, height, phi)
    cells = 0
    for i in range(shape[COLUMNS]):
        cells += ones(full & column_bits(shape, i, row))
    phi[0] = row + (shape[ROWS] - 1) / 2
    phi[1] = ones(full) * cells


@inlined
def bertsekas(board, phi):
    """φ of `bertsekas`: heights, their differences, the largest height, holes, 1."""
    width = len(board)
    tallest = holes = 0
    for i in range(width):
        h = 64 - zeros(board[i])
        tallest = max(tallest, h)
        holes += h - ones(board[i])
        phi[i] = h
        if i > 0:
            phi[width + i - 1] = abs(phi[i] - phi[i - 1])
    phi[2 * width - 1], phi[2 * width] = tallest, holes
    phi[2 * width + 1] = 1.0


@compiled
def bcts(board, height, phi):
    """Dellacherie's six features and, where phi has room, Thiery & Scherrer's two."""
    wall = (1 << height + 4) - 1  # a piece may stick out by four rows
    inside = (1 << height) - 1
    row_transitions = column_transitions = 0
    holes = wells = depth = rows_with_holes = 0
    left = wall
    for i in range(len(board)):
        word = board[i]
        right = board[i + 1] if i + 1 < len(board) else wall
        gaps = ~word & ((1 << 64 - zeros(word)) - 1)
        row_transitions += ones((left ^ word) & inside)
        column_transitions += ones(word ^ (word << 1 | 1))
        holes += ones(gaps)
        depth += ones(word & ~((gaps & -gaps) - 1))  # cells above the lowest hole
        rows_with_holes |= gaps
        well = ~word & left & right
        while well:
            row = 63 - zeros(well)
            well ^= 1 << row
            wells += row + 1 - (64 - zeros(word & ((1 << row) - 1)))
        left = word
    phi[0] = phi[1] = 0.0
    phi[2] = row_transitions + ones((left ^ wall) & inside)
    phi[3], phi[4], phi[5] = column_transitions, holes, wells
    if len(phi) > 6:
        phi[6] = depth
        phi[7] = ones(rows_with_holes)


@inlined
def column_bits(shape, i, row):
    """The cells of column i of a piece that rests on a row, as bits of a word."""
    return ((1 << shape[CELLS + i]) - 1) << row + shape[LOWEST + i]


@inlined
def land(heights, shape, column):
    """The row on which a piece, `shape` (10,), comes to rest; `heights` (w,)."""
    row = 0
    for i in range(shape[COLUMNS]):
        row = max(row, heights[column + i] - shape[LOWEST + i])
    return row


@inlined
def completed(board, work, shape, column, row):
    """The rows that a piece completes where it lands."""
    full = work.left[column] & work.right[column + shape[COLUMNS]]
    for i in range(shape[COLUMNS]):
        if not full:
            break
        full &= board[column + i] | column_bits(shape, i, row)
    return full


@compiled
def place(board, shape, column, row, full, after):
    """The board (w,) after a piece, in `after`; returns its largest height."""
    tallest = 0
    for i in range(len(board)):
        word = board[i]
        if column <= i < column + shape[COLUMNS]:
            word |= column_bits(shape, i - column, row)
        after[i] = without(word, full) if full else word
        tallest = max(tallest, 64 - zeros(after[i]))
    return tallest


@inlined
def gain(weights, work, shape, column, row):
    """(1) for `bertsekas` without a completed row: the columns under the piece."""
    old, new = work.heights, work.after
    width = len(old)
    end = column + shape[COLUMNS]
    value, holes = 0.0, 0
    for i in range(column, end):
        bottom = row + shape[LOWEST + i - column]
        new[i] = bottom + shape[CELLS + i - column]
        holes += bottom - old[i]
        value += weights[i] * (new[i] - old[i])
    for i in range(max(column, 1), min(end + 1, width)):
        here = new[i] if i < end else old[i]
        left_of_it = new[i - 1] if i > column else old[i - 1]
        change = abs(here - left_of_it) - abs(old[i] - old[i - 1])
        value += weights[width + i - 1] * change
    tallest = work.now[2 * width - 1]
    value += weights[2 * width - 1] * (max(tallest, row + shape[ROWS]) - tallest)
    return value + weights[2 * width] * holes


@compiled
def choose(weights, kind, piece, board, height, counts, shapes, work):
    """The best placement of a piece: rotation, column, the row where it lands, and the
    rows that it completes.

    Of equal placements the first is chosen; if each ends the game, the first of all.
    """
    look(board, height, kind, work)
    best = -np.inf
    rotation = column = 0
    for r in range(counts[piece]):
        shape = shapes[piece, r]
        for c in range(len(board) - shape[COLUMNS] + 1):
            row = land(work.heights, shape, c)
            full = completed(board, work, shape, c, row)
            if kind == BERTSEKAS and not full:
                if row + shape[ROWS] > height:
                    continue
                value = gain(weights, work, shape, c, row)
            else:
                if place(board, shape, c, row, full, work.after) > height:
                    continue
                describe(work.after, height, kind, shape, row, full, work.phi)
                value = 0.0
                for k in range(len(weights)):
                    value += weights[k] * (work.phi[k] - work.now[k])  # (1)
            if value > best:
                best, rotation, column = value, r, c
    shape = shapes[piece, rotation]
    row = land(work.heights, shape, column)
    return rotation, column, row, completed(board, work, shape, column, row)


@compiled
def play(weights, kind, board, height, state, cap, counts, shapes, notes, features):
    """One game.

    Args:
        weights: (d,).
        kind: the number of the feature set.
        board: the words of the columns, (w,), which the game changes.
        height: rows of the board.
        state: of the stream of pieces, uint64.
        cap: pieces at most.
        counts, shapes: of `pieces.py`.
        notes: (m, 4 + w): of the first m moves the piece, the rotation, the column, the
            rows removed and the board after it are noted here.
        features: (m, d): and φ of the board after it here.

    Returns lines, pieces, and whether the game is over.
    """
    w, d = len(board), len(weights)
    heights, after = np.empty(w, np.int64), np.empty(w, np.int64)
    left, right = np.empty(w + 1, np.int64), np.empty(w + 1, np.int64)
    work = Work(heights, left, right, np.zeros(d), after, np.zeros(d))
    lines = pieces = 0
    over = False
    while pieces < cap and not over:
        state, piece = deal(state)
        rotation, column, row, full = choose(
            weights, kind, piece, board, height, counts, shapes, work
        )
        shape = shapes[piece, rotation]
        over = place(board, shape, column, row, full, work.after) > height
        board[:] = work.after
        if pieces < len(notes):
            note = notes[pieces]
            note[0], note[1], note[2] = piece, rotation, column
            note[3] = ones(full)
            note[4:] = board
            describe(board, height, kind, shape, row, full, features[pieces])
        lines += ones(full)
        pieces += 1
    return lines, pieces, over
