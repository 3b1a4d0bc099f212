"""What must hold of playing games by the thousand: the numbers depend on weights and
seeds alone, and bad input is named.
"""

import subprocess
import sys

import numpy as np
import pytest

from lecture_code.tetris import (
    BCTS,
    DELLACHERIE,
    FEATURES,
    fast,
    feature_names,
    first_moves,
    game_seeds,
    games,
    plain,
    play,
    rotations,
)

DECENT = np.concatenate([np.zeros(10), -np.ones(9), [-1.0, -8.0, 0.0]])
"""Weights that prefer a flat board without holes."""


def equal(a, b):
    """Whether two batches of games are the same."""
    return all(
        np.array_equal(getattr(a, name), getattr(b, name))
        for name in ("lines", "pieces", "censored")
    )


def test_threads_do_not_matter():
    """Determinism: bitwise the same games on one thread and on three."""
    seeds = game_seeds(np.random.default_rng(0), 30)
    assert equal(games(DECENT, seeds, threads=1), games(DECENT, seeds, threads=3))


def test_a_game_does_not_know_its_batch():
    """Invariance: each game of a batch is the game that is played alone, in any order,
    with common weights or a row each.
    """
    rng = np.random.default_rng(1)
    weights = rng.standard_normal((20, 22))
    seeds = game_seeds(rng, 20)
    batch = games(weights, seeds)
    order = rng.permutation(20)
    alone = [play(w, int(seed)) for w, seed in zip(weights, seeds, strict=True)]
    assert [(g.lines, g.pieces, g.censored) for g in alone] == list(
        zip(batch.lines, batch.pieces, batch.censored, strict=True)
    )
    assert np.array_equal(
        games(weights[order], seeds[order]).pieces, batch.pieces[order]
    )
    assert equal(games(weights[0], seeds), games(np.tile(weights[0], (20, 1)), seeds))
    assert len(batch) == 20 and len(set(batch.pieces.tolist())) > 5


def test_the_scale_of_the_weights_does_not_matter():
    """Invariance: V → 2ᵏ V, exact in floating point, chooses the same; so does any
    weight of the constant; V → −V does not.
    """
    seeds = game_seeds(np.random.default_rng(2), 10)
    other = DECENT.copy()
    other[-1] = 123.456
    assert equal(games(DECENT, seeds), games(DECENT / 1024, seeds))
    assert equal(games(DECENT, seeds), games(other, seeds))
    assert games(-DECENT, seeds).lines.sum() < 0.1 * games(DECENT, seeds).lines.sum()


def test_a_cap_ends_a_game_and_says_so():
    """Limit: up to the cap a game is the game without one; the last piece before the
    end is not censored.
    """
    free = play(DECENT, 9)
    for cap, censored in (
        (free.pieces - 1, True),
        (free.pieces, False),
        (free.pieces + 1, False),
    ):
        game = play(DECENT, 9, cap=cap)
        assert (game.pieces, game.censored) == (min(cap, free.pieces), censored)
    assert play(BCTS, 1, features="bcts", cap=2000).censored


def test_experts_play_well_and_their_opposites_do_not():
    """Learning with a negative control: published weights survive 20 000 pieces with 4
    cells in for 10 out; with the signs turned, no game lasts a hundred.
    """
    for features, weights in (("dellacherie", DELLACHERIE), ("bcts", BCTS)):
        seeds = game_seeds(np.random.default_rng(3), 2)
        expert = games(weights, seeds, features=features, cap=20_000)
        assert expert.censored.all() and (np.abs(expert.lines - 8_000) <= 20).all()
        assert games(-weights, seeds, features=features, cap=20_000).pieces.max() < 100


def test_what_is_passed_in_stays_as_it_was():
    """No argument is changed, and what is given back is no view of anything."""
    weights = DECENT.copy()
    start = np.zeros((20, 10), dtype=bool)
    seeds = game_seeds(np.random.default_rng(4), 3)
    start[0, :9] = True
    first = first_moves(weights, 5, 30, start=start)
    games(weights, seeds)
    assert np.array_equal(weights, DECENT)
    assert np.array_equal(seeds, game_seeds(np.random.default_rng(4), 3))
    assert start.sum() == 9
    first.boards[:] = True
    assert np.array_equal(
        first_moves(weights, 5, 30, start=start).boards[0][:20], start
    )


def test_it_is_compiled_once():
    """Lists, whole numbers, read-only and strided weights and every feature set take
    the one compiled version.
    """
    frozen = DECENT.copy()
    frozen.flags.writeable = False
    for weights in (
        DECENT.tolist(),
        DECENT.astype(int),
        frozen,
        np.repeat(DECENT, 2)[::2],
        DECENT.astype(np.float32),
    ):
        assert play(weights, 9).pieces == play(DECENT, 9).pieces
    games(np.asfortranarray(np.tile(DECENT, (3, 1))), [1, 2, 3])
    games(frozen, np.arange(3), threads=1)
    first_moves(DELLACHERIE, 1, 5, features="dellacherie")
    assert len(fast.play.signatures) == 1


def test_other_rooms_do_not_load_numba():
    """Importing simulation, search and experiments leaves numba alone; importing Tetris
    loads it.
    """
    rooms = "lecture_code.simulation, lecture_code.search, lecture_code.experiments"
    asked = "print('numba' in sys.modules)"
    script = f"import sys, {rooms}; {asked}; import lecture_code.tetris; {asked}"
    assert subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True
    ).stdout.split() == ["False", "True"]


def test_features_have_names():
    """Conformance: as many names as features, for every width, all different; the plain
    engine counts as many.
    """
    for features in FEATURES:
        for width in (4, 10, 12):
            names = feature_names(features, width)
            move = plain.place(np.zeros((24, width), dtype=bool), 0, 0, 0)
            assert len(set(names)) == len(names) == len(plain.phi(move, features))
    assert [len(feature_names(features)) for features in FEATURES] == [22, 6, 8]


def board_of(*rows):
    """A board four rows higher than the drawing, as the features want it."""
    drawn = np.array([[cell == "#" for cell in row] for row in reversed(rows)])
    return np.concatenate([drawn, np.zeros((4, drawn.shape[1]), dtype=bool)])


def test_the_features_by_hand():
    """Equation: on one board every feature of the board is what one counts with a
    pencil, and every feature of a placement, too.
    """
    board = board_of(
        "....#",
        "#..##",
        "##..#",
        "#.#.#",
        ".##.#",
    )
    assert plain.heights(board) == [4, 3, 2, 4, 5]
    assert plain.holes(board)[:5].astype(int).tolist() == [
        [1, 0, 0, 1, 0],
        [0, 1, 0, 1, 0],
        [0, 0, 0, 1, 0],
        [0] * 5,
        [0] * 5,
    ]
    assert plain.row_transitions(board[:5]) == 4 + 4 + 2 + 2 + 2
    assert plain.column_transitions(board) == 3 + 3 + 1 + 3 + 1
    # wells: bottom left; row 1, column 1; two cells between 2 and 4 in column 3
    assert plain.wells(board) == 1 + 1 + (1 + 2) + 0
    assert plain.hole_depth(board) == 3 + 1 + 0 + 1 + 0
    # a lying I fills the row of a board that is four wide
    move = plain.place(np.zeros((24, 4), dtype=bool), 0, 0, 0)
    assert plain.phi(move, "dellacherie").tolist() == [0.0, 4.0, 40.0, 4.0, 0.0, 0.0]
    upright = plain.place(np.zeros((24, 4), dtype=bool), 0, 1, 1)
    expected = [1.5, 0, 48, 4, 0, 10, 0, 0]  # a well of 1 + 2 + 3 + 4 at the wall
    assert plain.phi(upright, "bcts").tolist() == expected


@pytest.mark.parametrize(
    ("changes", "culprit"),
    [
        ({"width": 3}, "width of a board must be a whole number from 4 to 12; got 3"),
        ({"width": 13}, "from 4 to 12; got 13"),
        ({"height": 3}, "height of a board must be a whole number from 4 to 40; got 3"),
        ({"height": 41}, "from 4 to 40; got 41"),
        ({"height": 20.0}, "whole number from 4 to 40; got 20.0"),
        (
            {"features": "fahey"},
            "no feature set 'fahey'; there are: bertsekas, dellacherie, bcts",
        ),
        (
            {"features": "bcts"},
            r"weights for 'bcts' on 10 columns must have shape \(8,\).*; got \(22,\)",
        ),
        ({"width": 9}, r"on 9 columns must have shape \(20,\).*; got \(22,\)"),
        (
            {"weights": np.array([np.nan] + [0.0] * 20 + [np.inf])},
            "must be finite; the weights of height 1, constant are not",
        ),
        ({"weights": 1.0}, "must have shape"),
        ({"seed": -1}, "a seed must be a whole number from 0 to 2⁶⁴ − 1; got -1"),
        ({"seed": 2**64}, "a seed must be"),
        ({"seed": 0.5}, "a seed must be"),
        ({"cap": 0}, "cap must be a whole number of pieces, at least 1; got 0"),
        ({"cap": 1e6}, "cap must be a whole number"),
    ],
)
def test_bad_input_is_named(changes, culprit):
    """Errors name the culprit and the alternatives, for one game and for many."""
    given = {"weights": DECENT, "seed": 1, **changes}
    weights, seed = given.pop("weights"), given.pop("seed")
    with pytest.raises(ValueError, match=culprit):
        play(weights, seed, **given)
    with pytest.raises(ValueError, match=culprit):
        games(weights, [seed], **given)
    if "cap" not in given:
        with pytest.raises(ValueError, match=culprit):
            first_moves(weights, seed, 5, **given)


def test_bad_batches_are_named():
    """Zero games, rows that do not match the seeds, and no threads are refused."""
    with pytest.raises(ValueError, match="at least one game; got no seeds"):
        games(DECENT, [])
    with pytest.raises(ValueError, match="there are 2 rows and 3 seeds"):
        games(np.tile(DECENT, (2, 1)), [1, 2, 3])
    with pytest.raises(ValueError, match="threads must be at least 1; got 0"):
        games(DECENT, [1], threads=0)
    with pytest.raises(ValueError, match="the weights of height 2 are not"):
        games(np.where(np.arange(44).reshape(2, 22) == 23, np.nan, 0.0), [1, 2])


def test_bad_boards_are_named():
    """A board on which no game can start is refused, and so is an unknown piece."""
    full_row = np.eye(20, 10, -4, dtype=bool) | (np.arange(20) == 2)[:, None]
    for start, culprit in (
        (np.zeros((20, 10)), "array of bool"),
        (np.zeros(10, dtype=bool), "array of bool"),
        (np.zeros((20, 13), dtype=bool), "width of a board"),
        (np.zeros((3, 10), dtype=bool), "height of a board"),
        (full_row, "row 2 from below is full"),
    ):
        with pytest.raises(ValueError, match=culprit):
            first_moves(DECENT, 1, 5, start=start)
        with pytest.raises(ValueError, match=culprit):
            next(plain.play(DECENT, 1, start=start))
    with pytest.raises(ValueError, match="moves must be at least 1; got 0"):
        first_moves(DECENT, 1, 0)
    with pytest.raises(
        ValueError, match="no piece 'X'; there are: I, O, T, S, Z, J, L"
    ):
        rotations("X")
