"""Strings of a tiny grammar of arithmetic: x, x+x, x*x-x, …

    S → x | S+S | S−S | S∗S | S/S

Kusner & Hernández-Lobato (2016), arXiv:1611.04051, section 4. There are no brackets, so
the language is that of the regular expression x(op x)*. Strings have at most 12 symbols
and are padded with blanks at the end, so that all have the same length. A string with n
operators has 2n + 1 symbols, which is odd: n is 0, 1, …, 5, and there are
4⁰ + 4¹ + … + 4⁵ = 1365 strings.

The law that we draw from, which the paper does not give: n is uniform on 0, …, 5, and
each operator is uniform on the four, independently. A grammar that chooses each of its
five rules equally often would write "x" in four of five strings, if longer strings than
12 are thrown away; a generator that only writes "x" would do too well.

A string is a row of codes: places in `SYMBOLS`. Read `draw_strings` and `parses`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]

SYMBOLS = "x+-*/ "
"""All symbols; the last is the blank."""
OPERATORS = "+-*/"
LENGTH = 12
"""Number of symbols of a padded string."""
LENGTHS = (1, 3, 5, 7, 9, 11)
"""Lengths of valid strings, without blanks; all are equally likely."""
SIZE = 1365
"""Number of valid strings."""
VALID = re.compile(r"x([+\-*/]x)* *")


def draw_strings(n: int, rng: np.random.Generator) -> Codes:
    """n strings of the grammar, (n, 12).

    Args:
        n: how many.
        rng: draws lengths and operators.
    """
    operators = rng.integers(0, len(LENGTHS), size=n)  # ~ uniform on 0, …, 5
    codes = np.full((n, LENGTH), SYMBOLS.index("x"))
    codes[:, 1::2] = rng.integers(1, 1 + len(OPERATORS), size=(n, LENGTH // 2))
    blank = np.arange(LENGTH) >= 2 * operators[:, None] + 1
    codes[blank] = SYMBOLS.index(" ")
    return codes


def encode_strings(texts: Sequence[str]) -> Codes:
    """Texts as codes, padded with blanks, (n, 12).

    Raises:
        ValueError: a text is longer than 12 symbols, or has an unknown symbol.
    """
    for text in texts:
        unknown = [symbol for symbol in text if symbol not in SYMBOLS]
        if unknown:
            raise ValueError(
                f"{text!r} has the symbol {unknown[0]!r}; there are {SYMBOLS!r}"
            )
        if len(text) > LENGTH:
            raise ValueError(
                f"{text!r} has {len(text)} symbols; there is room for {LENGTH}"
            )
    rows = [[SYMBOLS.index(symbol) for symbol in text.ljust(LENGTH)] for text in texts]
    return np.array(rows, dtype=np.int64).reshape(len(texts), LENGTH)


def decode_strings(codes: Codes) -> list[str]:
    """Codes (n, 12) as texts of 12 symbols, with their blanks.

    Raises:
        ValueError: another shape, or a code that is no place in `SYMBOLS`.
    """
    return ["".join(SYMBOLS[code] for code in row) for row in _checked(codes)]


def parses(codes: Codes) -> NDArray[np.bool_]:
    """Which of the strings (n, 12) the grammar derives, (n,).

    After the first blank there must be blanks only. At least one symbol is no blank.

    Raises:
        ValueError: another shape, or a code that is no place in `SYMBOLS`.
    """
    return np.array([bool(VALID.fullmatch(text)) for text in decode_strings(codes)])


def first_mistake(text: str) -> int | None:
    """Where a text leaves the grammar; None if the grammar derives it, blanks included.

    The place of the first symbol after which no string of the grammar, of any length,
    can go on; the length of the text if it only ends too early.
    """
    if VALID.fullmatch(text):
        return None
    for place in range(len(text)):
        if not _can_go_on(text[: place + 1]):
            return place
    return len(text)


def _can_go_on(beginning: str) -> bool:
    """Whether some string of the grammar, of any length, begins like this."""
    return any(VALID.fullmatch(beginning + more) for more in ("", "x"))


def lengths_of(codes: Codes) -> Codes:
    """Number of symbols of each string (n, 12) up to its last symbol that is no blank,
    (n,).
    """
    inked = _checked(codes) != SYMBOLS.index(" ")
    lengths: Codes = np.where(inked, np.arange(1, LENGTH + 1), 0).max(axis=1)
    return lengths


def length_shares(codes: Codes) -> NDArray[np.float64]:
    """Share of each valid length among strings (n, 12), and last the share of strings
    that do not parse, (7,).

    Raises:
        ValueError: there is no string.
    """
    if not len(codes):
        raise ValueError("shares need at least one string; got none")
    valid = parses(codes)
    lengths = lengths_of(codes)[valid]
    counts = [int((lengths == length).sum()) for length in LENGTHS]
    return np.array([*counts, (~valid).sum()]) / len(codes)


def total_variation(codes: Codes) -> float:
    """Distance from the lengths of strings (n, 12) to the exact law of lengths, in
    [0, 1].

    Half the sum of the absolute differences of the shares. "Does not parse" is an
    outcome of its own, which the exact law never has: so the distance is at least the
    share of strings that do not parse.
    """
    law = np.append(np.full(len(LENGTHS), 1 / len(LENGTHS)), 0.0)
    return float(np.abs(length_shares(codes) - law).sum() / 2)


def distinct_valid(codes: Codes) -> int:
    """How many different valid strings there are among the strings (n, 12)."""
    return len(np.unique(codes[parses(codes)], axis=0))


def expected_distinct(n: int) -> float:
    """How many different strings n draws of the exact law have, on average."""
    classes = [len(OPERATORS) ** place for place in range(len(LENGTHS))]
    chances = [1 / len(LENGTHS) / size for size in classes]
    pairs = zip(classes, chances, strict=True)
    return float(sum(size * (1 - (1 - p) ** n) for size, p in pairs))


def _checked(codes: Codes) -> Codes:
    """Codes (n, 12) that are places in `SYMBOLS`."""
    codes = np.asarray(codes)
    if codes.ndim != 2 or codes.shape[1] != LENGTH:
        raise ValueError(f"strings must have shape (n, {LENGTH}); got {codes.shape}")
    if codes.size and (codes.min() < 0 or codes.max() >= len(SYMBOLS)):
        worst = codes.min() if codes.min() < 0 else codes.max()
        raise ValueError(
            f"codes must be places in {SYMBOLS!r}, 0 to {len(SYMBOLS) - 1}; got {worst}"
        )
    return codes
