"""What must hold of code on the page: it is the package's, and an excerpt shows the
lines that were asked for.
"""

import inspect

import pytest

from lecture_code.learning.risk import worst
from lecture_code.show import CodeListing, Excerpt


def add(a, b):
    """A sum."""
    if a > 100:
        raise ValueError
    total = a
    total += b
    return total


def test_a_listing_is_the_package_s_code():
    """Oracle: whole things are shown as `inspect` gives them; the docstring can go."""
    assert CodeListing(worst).text == inspect.getsource(worst).rstrip()
    assert "Which of the" not in CodeListing(worst, docstring=False).text


def test_a_listing_has_no_notes_to_the_type_checker():
    """Such a note goes, and the comment behind it stays."""

    def halve(a):
        return a.half()  # type: ignore[no-untyped-call]  # line 4

    assert "# type" in inspect.getsource(halve)
    assert CodeListing(halve).text.endswith("return a.half()  # line 4")


def test_a_class_is_shown_without_the_docstrings_of_its_methods():
    """Oracle: only docstrings are gone; comments and code are the package's lines."""
    whole = inspect.getsource(Excerpt).rstrip().split("\n")
    text = CodeListing(Excerpt, docstring=False).text
    assert '"""' not in text and "def text(self) -> str:\n        lines =" in text
    kept = text.split("\n")
    rest = iter(whole)
    assert all(line in rest for line in kept) and len(kept) < len(whole) - 10


def test_an_excerpt_shows_its_lines_alone():
    """Equation: from the first line to the last, outdented, under the name."""
    expected = "# in add\ntotal = a\ntotal += b"
    assert Excerpt(add, "total = a", "+= b").text() == expected
    listing = CodeListing(Excerpt(add, "total = a", "+= b"), add, docstring=False)
    assert listing.text.startswith(expected + "\n\n\ndef add")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("absent", "+= b"), "'absent' must stand in one line of add; it stands in 0"),
        (("total", "+= b"), "stands in 3"),
        (("+= b", "total = a"), "'total = a' stands before"),
    ],
)
def test_an_excerpt_that_does_not_fit_is_refused(words, complaint):
    """Words that stand in no line, in several or the wrong way round are named."""
    with pytest.raises(ValueError, match=complaint):
        Excerpt(add, *words).text()
