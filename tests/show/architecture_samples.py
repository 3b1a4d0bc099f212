"""What the tests of `<architecture-search>` and `<architecture-game>` search in: a
table that nobody trained.
"""

import numpy as np

from lecture_code.gradients.architecture_table import ArchitectureTable
from lecture_code.gradients.token_space import Token, TokenSpace
from lecture_code.show import architecture_game, architecture_search

TOKENS = {
    "filters1": (4, 8, 16),
    "kernel1": (1, 3, 5),
    "filters2": (0, 8, 16),
    "kernel2": (1, 3, 5),
    "activation": ("relu", "tanh", "sigmoid"),
    "skip": ("no", "yes"),
    "pool": ("none", "max", "average"),
}
SPACE = TokenSpace(tuple(Token(name, choices) for name, choices in TOKENS.items()))
IMAGES = 400


def right_answers(seed=0):
    """Right answers of three trainings of each string, (1458, 3)."""
    table = ArchitectureTable.synthetic(SPACE, np.random.default_rng(seed))
    return np.round(table.validation * IMAGES).astype(int)


RIGHT = right_answers()


def falling(queries, start=0.15, end=0.01):
    """A curve of regrets."""
    return np.geomspace(start, end, queries)


def a_search(**options):
    """A search with a curve of evolution beside it."""
    given = {
        "title": "Search",
        "curves": {
            "REINFORCE": falling(500, end=0.004),
            "regularised evolution": falling(500, end=0.002),
        },
    } | options
    return architecture_search(TOKENS, RIGHT, IMAGES, **given)


def a_game(**options):
    """A game against random search, REINFORCE and evolution."""
    given = {
        "title": "You are the controller",
        "curves": {
            "REINFORCE": falling(20, end=0.03),
            "regularised evolution": falling(20, end=0.02),
        },
        "lesson": "Luck helps.",
    } | options
    return architecture_game(TOKENS, RIGHT, IMAGES, **given)
