"""What must hold of the fast engine: it plays the plain engine's game, and what both
agree on is Tetris.
"""

from itertools import islice

import numpy as np
import pytest

from lecture_code.tetris import (
    BCTS,
    DELLACHERIE,
    FEATURES,
    PIECES,
    feature_names,
    first_moves,
    game_seeds,
    games,
    plain,
    play,
)
from lecture_code.tetris.pieces import COUNTS, SHAPES, TURNS, pieces_of


def random_board(rng, width, height, filled=None):
    """Cells at random, none of its rows full: holes, overhangs, wells and towers of
    every kind.
    """
    board = rng.random((height, width)) < (
        rng.uniform(0, 0.9) if filled is None else filled
    )
    board[rng.integers(height + 1) :] = False
    board[board.all(axis=1), rng.integers(width)] = False
    return board


def random_weights(rng, features, width, kind):
    """Weights of one kind: normal, small whole numbers (so that many placements are
    equally good), or none but zeros.
    """
    d = len(feature_names(features, width))
    return {
        "normal": rng.standard_normal(d),
        "ties": rng.integers(-2, 3, d).astype(float),
        "zero": np.zeros(d),
    }[kind]


def assert_same_game(weights, seed, moves, features, start):
    """Both engines make the same moves, see the same features, and leave the same
    boards; gives its moves.
    """
    fast = first_moves(weights, seed, moves, features=features, start=start)
    slow = list(
        islice(plain.play(weights, seed, features=features, start=start), moves)
    )
    assert len(fast) == len(slow)
    for i, move in enumerate(slow):
        placed = (fast.pieces[i], fast.rotations[i], fast.columns[i], fast.lines[i])
        assert placed == (move.piece, move.rotation, move.column, move.lines), i
        assert np.array_equal(fast.boards[i + 1], move.board), i
        assert np.array_equal(fast.features[i], plain.phi(move, features)), i
    assert fast.over == slow[-1].over
    return fast


# --- the oracle ---


@pytest.mark.parametrize("kind", ["normal", "ties", "zero"])
@pytest.mark.parametrize("features", FEATURES)
def test_both_engines_play_the_same_game(features, kind):
    """Oracle: from random boards of every size, with random weights, piece for piece
    the same placement, board and features, to the last bit.
    """
    rng = np.random.default_rng([FEATURES.index(features), len(kind)])
    lines = ended = moves = 0
    for seed in game_seeds(rng, 12).tolist():
        width, height = int(rng.integers(4, 13)), int(rng.integers(4, 13))
        start = random_board(rng, width, height)
        game = assert_same_game(
            random_weights(rng, features, width, kind), seed, 12, features, start
        )
        lines += game.lines.sum()
        ended += game.over
        moves += len(game)
    assert moves > 50 and ended > 2  # some games end, and others go on
    assert lines > 0


@pytest.mark.parametrize(
    ("features", "weights"), [("dellacherie", DELLACHERIE), ("bcts", BCTS)]
)
def test_both_engines_play_an_expert_s_game(features, weights):
    """Oracle: the published weights on the standard board, long enough for rows to be
    removed by the dozen.
    """
    game = assert_same_game(weights, 7, 60, features, np.zeros((20, 10), dtype=bool))
    assert game.lines.sum() >= 15


@pytest.mark.parametrize(("width", "height"), [(4, 4), (4, 40), (12, 4), (12, 40)])
def test_both_engines_agree_at_the_limits(width, height):
    """Oracle: the smallest and the largest boards, up to the end of the game where it
    is near.
    """
    weights = np.concatenate(
        [np.full(width, 0.1), -np.ones(width - 1), [1.0, -0.3, 5.0]]
    )
    start = random_board(np.random.default_rng(width), width, height, 0.6)
    start[height // 2 :] = False
    start[: height // 2, 0] = False  # one long well
    assert_same_game(weights, 2**64 - 1, 15, "bertsekas", start)


def test_two_to_four_rows_at_once():
    """Oracle: an upright I into a well removes the four rows that wait for it, also
    where they are not neighbours.
    """
    start = np.zeros((8, 6), dtype=bool)
    start[:4, 1:] = True
    start[5, 1:3] = True
    weights = np.zeros(6)
    weights[1] = 1.0  # eroded cells: it wants as many rows as it can get
    seed = next(s for s in range(100) if PIECES[next(pieces_of(s))] == "I")
    game = assert_same_game(weights, seed, 1, "dellacherie", start)
    assert game.lines[0] == 4
    assert game.boards[1].sum() == 2
    assert game.features[0][1] == 16
    start[2, 1] = False  # now rows 0, 1 and 3
    assert assert_same_game(weights, seed, 1, "dellacherie", start).lines[0] == 3


# --- the rules ---


def test_the_pieces_are_the_seven():
    """Equation: four cells each, 19 turns in all, all different, and no two pieces the
    same up to a turn; the tables rebuild every drawing.
    """
    assert [len(turns) for turns in TURNS] == COUNTS.tolist() == [2, 1, 4, 2, 2, 4, 4]
    drawings = {(turn.shape, turn.tobytes()) for turns in TURNS for turn in turns}
    assert len(drawings) == 19
    for turns, tables in zip(TURNS, SHAPES, strict=True):
        for turn, (wide, tall, *rest) in zip(turns, tables.tolist()):
            assert turn.sum() == 4 and turn.any(axis=0).all() and turn.any(axis=1).all()
            rebuilt = np.zeros((tall, wide), dtype=bool)
            for i in range(wide):
                rebuilt[rest[i] : rest[i] + rest[4 + i], i] = True
            assert np.array_equal(rebuilt, turn)


def test_a_turn_is_clockwise():
    """Equation: turned once, the J's nose, at the top left of the drawing, is at the
    top right.
    """
    flat, upright = TURNS[PIECES.index("J")][:2]
    assert flat.tolist() == [[True, True, True], [True, False, False]]
    assert upright.tolist() == [[True, False], [True, False], [True, True]]


def test_cells_are_conserved():
    """Invariance: each move leaves 4 · pieces − width · lines cells on the board."""
    rng = np.random.default_rng(3)
    for features in FEATURES:
        width = int(rng.integers(5, 13))
        game = first_moves(
            -np.abs(random_weights(rng, features, width, "normal")),
            5,
            400,
            features=features,
            width=width,
        )
        cells = game.boards.sum(axis=(1, 2))
        n = np.arange(len(cells))
        assert np.array_equal(
            cells, 4 * n - width * np.concatenate([[0], np.cumsum(game.lines)])
        )
        assert not game.boards[:-1, -4:].any()
        assert not game.boards[:-1].all(axis=2).any()
        assert game.boards[-1, -4:].any() == game.over


def test_rows_are_removed_before_the_end_is_asked():
    """The rule: a piece that sticks out at the top saves the game if the rows that it
    completes bring everything back below; the lines count.
    """
    start = np.zeros((4, 5), dtype=bool)
    start[1:, 1:] = start[0, :4] = (
        True  # rows 1 to 3 lack their first cell, and column 0 is one high
    )
    seed = next(s for s in range(100) if PIECES[next(pieces_of(s))] == "I")
    saved = assert_same_game(np.zeros(12), seed, 1, "bertsekas", start)
    move = (saved.rotations[0], saved.columns[0], saved.lines[0])
    assert move == (1, 0, 3) and not saved.over  # its top was in row 4, above the board
    start[1, 4] = start[2, 3] = start[3, 2] = False  # now it would complete none
    lost = assert_same_game(np.zeros(12), seed, 1, "bertsekas", start)
    move = (lost.rotations[0], lost.columns[0], lost.lines[0])
    assert lost.over and move == (0, 0, 0)  # the first placement, as each ends the game


def test_the_end_is_avoided_while_it_can_be():
    """The rule: a move ends the game only if every move does, whatever the weights."""
    weights = np.concatenate([np.ones(6), np.zeros(5), [10.0, 0.0, 0.0]])  # for towers
    game = first_moves(weights, 11, 500, width=6, height=10)
    assert game.over and len(game) < 500
    last = plain.placements(game.boards[-2], int(game.pieces[-1]))
    assert all(placement.over for placement in last)
    earlier = [
        i
        for i in range(len(game) - 1)
        if any(p.over for p in plain.placements(game.boards[i], int(game.pieces[i])))
    ]
    assert earlier  # some moves could have ended it


def test_the_first_of_equals_is_taken():
    """Determinism: with weights that see nothing every piece goes unturned to the left,
    while that does not end the game.
    """
    game = first_moves(np.zeros(22), 3, 30)
    assert not game.rotations[:5].any() and not game.columns[:5].any()


# --- the stream of pieces ---


def test_the_dealer_is_splitmix64():
    """Oracle: the generator's published first outputs for seed 1234567, scaled to
    seven; the compiled dealer gives the same pieces.
    """
    outputs = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    expected = [(z >> 32) * 7 >> 32 for z in outputs]
    assert list(islice(pieces_of(1234567), 5)) == expected
    assert first_moves(np.zeros(22), 1234567, 5).pieces.tolist() == expected


def test_pieces_are_uniform_and_independent():
    """Equation: each piece, and each pair of neighbours, comes as often as it should,
    within four standard errors; other seeds give other pieces.
    """
    dealt = np.array(list(islice(pieces_of(0), 70_000)))
    assert np.abs(np.bincount(dealt, minlength=7) - 10_000).max() < 4 * np.sqrt(10_000)
    pairs = np.bincount(7 * dealt[:-1] + dealt[1:], minlength=49)
    assert np.abs(pairs - 70_000 / 49).max() < 4 * np.sqrt(70_000 / 49)
    assert list(islice(pieces_of(1), 50)) != dealt[:50].tolist()


def test_seeds_are_drawn_from_the_generator():
    """Determinism: the same generator gives the same seeds, all different; fewer than
    one game is refused.
    """
    seeds = game_seeds(np.random.default_rng(0), 1000)
    assert np.array_equal(seeds, game_seeds(np.random.default_rng(0), 1000))
    assert len(set(seeds.tolist())) == 1000 and seeds.dtype == np.uint64
    with pytest.raises(ValueError, match="at least one game; got 0"):
        game_seeds(np.random.default_rng(0), 0)


def test_a_game_is_that_of_its_moves():
    """Determinism: `play`, `games` and `first_moves` tell of the same game, whatever
    has been played before, and games are prefixes of longer ones.
    """
    weights = np.concatenate([np.zeros(10), -np.ones(9), [-1.0, -8.0, 0.0]])
    whole = first_moves(weights, 9, 10_000)
    game = play(weights, 9)
    assert whole.over
    assert (game.lines, game.pieces, game.censored) == (
        whole.lines.sum(),
        len(whole),
        False,
    )
    short = first_moves(weights, 9, 50)
    assert not short.over and np.array_equal(short.boards, whole.boards[:51])
    assert play(weights, 9, cap=50).lines == short.lines.sum()
    assert games(weights, [9, 9]).lines.tolist() == [game.lines] * 2


def test_without_a_folder_for_its_cache_code_is_compiled_in_memory(monkeypatch):
    """Where neither the project nor the home can be written to, as numba says by an
    error, a function is compiled all the same.
    """
    from numba.core.caching import CacheImpl

    from lecture_code.compiling import compiler

    monkeypatch.setattr(CacheImpl, "_locator_classes", [])
    assert compiler()(lambda x: x + 1)(1) == 2
