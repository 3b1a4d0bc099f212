"""Tetris for search: seven pieces, one known at a time, a greedy player with linear
features, and games at about a million pieces a second.

Start with the rules in `player.py`; `plain.py` is the same game to read, `engine.py`
the fast one. Importing this room loads numba, so nothing else does.
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
