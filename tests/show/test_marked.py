"""What must hold of text with marks."""

import re

import pytest

from lecture_code.show import MarkedText


def test_the_text_is_there_and_the_marks_where_they_belong():
    """Equation: without its tags the page holds the text; what is marked is one run for
    neighbours, and never an end of a line.
    """
    text, alt = "a <b> & c\nde", "Some characters are marked."
    html = MarkedText(text, [letter in "b>\nd" for letter in text], alt).html()
    inside = re.search(r"<pre[^>]*>(.*)</pre>", html, flags=re.DOTALL)[1]
    plain = (
        re.sub(r"<[^>]+>", "", inside)
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
    )
    assert plain == text
    assert re.findall(r"<mark[^>]*>(.*?)</mark>", inside) == ["b&gt;", "d"]


def test_what_does_not_fit_is_refused():
    """Errors name the culprit."""
    with pytest.raises(ValueError, match="each of the 3 characters; got 2"):
        MarkedText("abc", [True, False], "Some characters are marked.")
    with pytest.raises(ValueError, match="alt must say"):
        MarkedText("abc", [True, False, True], "")
