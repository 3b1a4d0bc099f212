"""Strings of tokens: what a controller writes, and what everybody else reads.

Zoph & Le, "Neural Architecture Search with Reinforcement Learning" (2017),
arXiv:1611.01578, section 3: an architecture is a string a_1 … a_T, and each token a_t
is chosen from a list of its own. Here a string is a row of T integers, and a_t is the
place of the choice in the list of token t. `TokenSpace` holds the lists. When the space
is small, `TokenSpace.every_string` lists all of it, so that means over all strings are
exact.

Read `TokenSpace.values` first: it turns a string into words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Choice = str | int | float
Strings = NDArray[np.int64]
"""N strings of T tokens, (N, T)."""


@dataclass(frozen=True)
class Token:
    """One decision: its name, and what can be chosen."""

    name: str
    choices: tuple[Choice, ...]

    def __post_init__(self) -> None:
        if len(set(self.choices)) != len(self.choices) or not self.choices:
            raise ValueError(
                f"token {self.name!r} needs choices that differ; got {self.choices}"
            )


@dataclass(frozen=True)
class TokenSpace:
    """All strings whose token t is one of the choices of `tokens[t]`."""

    tokens: tuple[Token, ...]

    def __post_init__(self) -> None:
        names = [token.name for token in self.tokens]
        if len(set(names)) != len(names) or not names:
            raise ValueError(f"tokens need names that differ; got {names}")

    @property
    def sizes(self) -> tuple[int, ...]:
        """The number of choices of each token, (T,)."""
        return tuple(len(token.choices) for token in self.tokens)

    @property
    def count(self) -> int:
        """The number of strings."""
        return math.prod(self.sizes)

    def every_string(self) -> Strings:
        """All strings, (count, T), in the order of `place`: the last token runs
        fastest. Only for a space that fits into memory.
        """
        grid = np.indices(self.sizes).reshape(len(self.tokens), -1)
        return grid.T.astype(np.int64)

    def place(self, strings: Strings) -> NDArray[np.int64]:
        """The rows of strings (N, T) in `every_string`, (N,)."""
        self.check(strings)
        places = np.ravel_multi_index(tuple(strings.T), self.sizes)
        return np.asarray(places, dtype=np.int64)

    def values(self, string: Strings) -> dict[str, Choice]:
        """What one string (T,) says: the choice of each token, by name."""
        self.check(string[None])
        return {
            token.name: token.choices[int(a)]
            for token, a in zip(self.tokens, string, strict=True)
        }

    def string(self, **values: Choice) -> Strings:
        """The string (T,) with these choices; the inverse of `values`.

        Raises:
            ValueError: a token is missing, unknown, or has no such choice.
        """
        names = [token.name for token in self.tokens]
        if set(values) != set(names):
            raise ValueError(f"name a choice for each of {names}; got {list(values)}")
        string = []
        for token in self.tokens:
            if values[token.name] not in token.choices:
                raise ValueError(
                    f"{token.name} cannot be {values[token.name]!r}; "
                    f"there are: {token.choices}"
                )
            string.append(token.choices.index(values[token.name]))
        return np.array(string, dtype=np.int64)

    def uniform(self, n: int, rng: np.random.Generator) -> Strings:
        """n strings, each equally likely, (n, T)."""
        return rng.integers(0, self.sizes, size=(n, len(self.tokens)))

    def neighbours(self, string: Strings) -> Strings:
        """All strings that differ from string (T,) in one token, (K, T), token by
        token; K is the sum of the sizes minus T.
        """
        self.check(string[None])
        rows = []
        for t, size in enumerate(self.sizes):
            for a in range(size):
                if a != string[t]:
                    row = string.copy()
                    row[t] = a
                    rows.append(row)
        return np.array(rows, dtype=np.int64).reshape(-1, len(self.tokens))

    def check(self, strings: Strings) -> None:
        """Raise a ValueError that names the first token which is out of range."""
        if strings.ndim != 2 or strings.shape[1] != len(self.tokens):
            raise ValueError(
                f"strings must have shape (N, {len(self.tokens)}); got {strings.shape}"
            )
        wrong = (strings < 0) | (strings >= np.array(self.sizes))
        if wrong.any():
            row, t = np.argwhere(wrong)[0]
            token = self.tokens[t]
            raise ValueError(
                f"string {row} has {strings[row, t]} for {token.name}; "
                f"it must be at least 0 and below {len(token.choices)}"
            )
