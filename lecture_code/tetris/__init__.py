"""Tetris for search: seven pieces, one known at a time, a greedy player with linear
features, and games at about a million pieces a second.

Importing this room loads numba, so nothing else does. Start with the rules in
`player.py`.

    player       the rules; one game, many games, the first moves of a game
    features     the feature sets φ, and published weights
    pieces       the seven pieces, and the stream that deals them
    plain        the same game, to read: the oracle of the tests
    fast         the fast game, compiled
"""

from lecture_code.tetris.features import BCTS, DELLACHERIE, FEATURES, feature_names
from lecture_code.tetris.pieces import PIECES, game_seeds, rotations
from lecture_code.tetris.player import CAP, Game, Games, Moves, first_moves, games, play

__all__ = [
    "BCTS",
    "CAP",
    "DELLACHERIE",
    "FEATURES",
    "PIECES",
    "Game",
    "Games",
    "Moves",
    "feature_names",
    "first_moves",
    "game_seeds",
    "games",
    "play",
    "rotations",
]
