"""Strings of tokens: places, words, neighbours, errors."""

import numpy as np
import pytest

from lecture_code.gradients.token_space import Token, TokenSpace

SPACE = TokenSpace(
    (Token("width", (4, 8, 16)), Token("act", ("relu", "tanh")), Token("skip", (0, 1)))
)


def test_every_string_is_there_once_and_in_its_place():
    """All 3 · 2 · 2 strings differ, and string i has place i."""
    strings = SPACE.every_string()
    assert SPACE.count == 12
    assert len({tuple(row) for row in strings}) == 12
    assert SPACE.place(strings).tolist() == list(range(12))


def test_words_and_back():
    """`string` undoes `values`."""
    for string in SPACE.every_string():
        assert SPACE.string(**SPACE.values(string)).tolist() == string.tolist()


def test_neighbours_differ_in_exactly_one_token():
    """A string has (3 − 1) + (2 − 1) + (2 − 1) neighbours, all different."""
    string = SPACE.string(width=8, act="tanh", skip=0)
    near = SPACE.neighbours(string)
    assert ((near != string).sum(axis=1) == 1).all()
    assert len({tuple(row) for row in near}) == 4


def test_uniform_strings_are_uniform():
    """χ² of 12,000 strings over the 12 cells: 11 degrees of freedom, p > 1e-4."""
    strings = SPACE.uniform(12_000, np.random.default_rng(0))
    counts = np.bincount(SPACE.place(strings), minlength=12)
    assert ((counts - 1000) ** 2 / 1000).sum() < 37.4


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: SPACE.string(width=5, act="relu", skip=0), "width cannot be 5"),
        (lambda: SPACE.string(width=4), "name a choice for each of"),
        (lambda: SPACE.place(np.array([[0, 2, 0]])), "has 2 for act"),
        (lambda: SPACE.values(np.array([0, 1])), "must have shape"),
        (lambda: Token("act", ("relu", "relu")), "choices that differ"),
        (lambda: TokenSpace((Token("a", (1,)), Token("a", (2,)))), "names that differ"),
    ],
)
def test_bad_input_is_named(call, words):
    """An error names the token and what it may be."""
    with pytest.raises(ValueError, match=words):
        call()
