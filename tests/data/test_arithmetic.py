"""What must hold of the strings of the grammar of arithmetic."""

from itertools import product

import numpy as np
import pytest

from lecture_code.data.arithmetic import (
    LENGTH,
    LENGTHS,
    OPERATORS,
    SIZE,
    SYMBOLS,
    decode_strings,
    distinct_valid,
    draw_strings,
    encode_strings,
    expected_distinct,
    first_mistake,
    length_shares,
    lengths_of,
    parses,
    total_variation,
)


def derived(longest):
    """All strings of the grammar up to this length, by replacing S again and again."""
    rules = ["x", *(f"S{operator}S" for operator in OPERATORS)]
    done = set()
    todo = {"S"}
    while todo:
        form = todo.pop()
        if "S" not in form:
            done.add(form)
            continue
        at = form.index("S")
        new = {form[:at] + rule + form[at + 1 :] for rule in rules}
        todo |= {text for text in new if len(text) <= longest}
    return done


def test_the_parser_accepts_what_the_grammar_derives():
    """Oracle: of all texts of up to 5 symbols, blanks included, those parse that the
    rules of the grammar derive, with blanks at the end only.
    """
    language = derived(5)
    assert len(language) == 1 + 4 + 16
    for length in range(6):
        texts = ["".join(symbols) for symbols in product(SYMBOLS, repeat=length)]
        expected = np.array([text.rstrip(" ") in language for text in texts])
        assert np.array_equal(parses(encode_strings(texts)), expected)


def test_the_longest_strings_parse_too():
    """Oracle: all 1365 strings parse, and none of them with one symbol changed to x."""
    language = sorted(derived(11))
    assert len(language) == SIZE and parses(encode_strings(language)).all()
    wrong = [text[:1] + "x" + text[2:] for text in language if len(text) > 1]
    assert not parses(encode_strings(wrong)).any()


def test_the_first_mistake_is_where_no_string_can_go_on():
    """Oracle: the place after which no derived string, however long, begins so."""
    beginnings = {text[:k] for text in derived(9) for k in range(10)}
    for symbols in product(SYMBOLS[:-1], repeat=4):
        text = "".join(symbols)
        found = next((k for k in range(4) if text[: k + 1] not in beginnings), 4)
        assert first_mistake(text) == found
    assert first_mistake("x+x ") is None and first_mistake("x x ") == 2
    assert first_mistake("") == 0 and first_mistake("x+") == 2
    assert first_mistake("x ".ljust(LENGTH)) is None and first_mistake(" x") == 0


def test_strings_are_drawn_from_the_law_that_is_promised():
    """Equation: all drawn strings parse; lengths and operators are uniform, within 4
    standard errors.
    """
    codes = draw_strings(24_000, np.random.default_rng(0))
    assert parses(codes).all()
    shares = length_shares(codes)
    error = 4 * np.sqrt(1 / 6 * 5 / 6 / len(codes))
    assert np.abs(shares[:-1] - 1 / 6).max() < error and shares[-1] == 0
    inked = codes[:, 1][lengths_of(codes) > 1]
    of_operators = np.bincount(inked, minlength=6)[1:5] / len(inked)
    error = 4 * np.sqrt(1 / 4 * 3 / 4 / len(inked))
    assert np.abs(of_operators - 1 / 4).max() < error
    assert set(lengths_of(codes)) == set(LENGTHS)


def test_numbers_of_different_strings_are_those_of_the_law():
    """Equation: 500 draws have as many different strings as expected, within 4 standard
    errors of 40 repeats; no draw has none, and very many draws have all.
    """
    rng = np.random.default_rng(1)
    counts = [distinct_valid(draw_strings(500, rng)) for _ in range(40)]
    error = np.std(counts, ddof=1) / np.sqrt(40)
    assert abs(np.mean(counts) - expected_distinct(500)) < 4 * error
    assert expected_distinct(1) == pytest.approx(1)
    assert expected_distinct(10**7) == pytest.approx(SIZE)


def test_only_valid_strings_are_counted_as_different():
    """Equation: repeated strings count once, wrong strings do not count."""
    codes = encode_strings(["x", "x+x", "x+x ", "xx", "+", "x-x"])
    assert distinct_valid(codes) == 3


def test_the_total_variation_of_known_mixtures():
    """Limit: 0 for equal shares of all lengths, 5/6 if only "x" is written, 1 if
    nothing parses, and the share of wrong strings if the others have the right shares.
    """
    exact = encode_strings(["x" + n * "+x" for n in range(6)])
    wrong = encode_strings(6 * ["+"])
    assert total_variation(exact) == pytest.approx(0)
    assert total_variation(exact[:1]) == pytest.approx(5 / 6)
    assert total_variation(wrong) == pytest.approx(1)
    assert total_variation(np.concatenate([exact, wrong])) == pytest.approx(1 / 2)


def test_texts_become_codes_and_back():
    """Invariance: a text comes back with its blanks."""
    texts = ["x+x-x*x/x", "", " x "]
    assert decode_strings(encode_strings(texts)) == [t.ljust(LENGTH) for t in texts]


def test_draws_are_repeated():
    """Determinism: the same seed draws the same strings, another seed draws others."""
    first, again, other = (
        draw_strings(50, np.random.default_rng(seed)) for seed in (3, 3, 4)
    )
    assert np.array_equal(first, again) and not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("call", "culprit"),
    [
        (lambda: encode_strings(["x+y"]), "symbol 'y'"),
        (lambda: encode_strings(["x" * 13]), "13 symbols; there is room for 12"),
        (lambda: parses(np.zeros((2, 3), int)), r"\(n, 12\); got \(2, 3\)"),
        (lambda: parses(np.full((1, 12), 6)), "0 to 5; got 6"),
        (lambda: lengths_of(np.full((1, 12), -1)), "got -1"),
        (lambda: length_shares(np.zeros((0, 12), int)), "at least one string"),
    ],
)
def test_bad_input_is_named(call, culprit):
    """Bad input is refused, and the message names the culprit."""
    with pytest.raises(ValueError, match=culprit):
        call()
