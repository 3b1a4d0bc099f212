"""The rules of a page hold of every chapter, in a real browser. That each rule
can fail is seen in `test_pages.py`, on a page with planted faults.
"""

import pytest
from chapter_rules import RULES

from ext.lecture import load

pytestmark = pytest.mark.browser

CHAPTERS = [chapter.document for chapter in load().chapters.values() if chapter.exists]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    "chapter",
    [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in CHAPTERS],
)
def test_a_chapter_keeps_the_rule(chapter, rule, survey):
    """The rule of this name, which its docstring says, holds of the chapter's page."""
    assert RULES[rule](survey(chapter)) == []
