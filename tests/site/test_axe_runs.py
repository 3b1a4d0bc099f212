"""Axe on a page that lacks what can make no difference finds what it finds on the whole
page.
"""

import re

import pytest
from axe_runs import TAGS, examine, examine_within, lines, prepare
from planted import FAULTS, write_page
from site_pages import VIEWS

pytestmark = pytest.mark.browser

# Those that change the page for the faults after them are left out.
TOGETHER = [
    name
    for name, fault in FAULTS.items()
    if fault.check == "accessibility" and not any(fault.replace)
]
WHOLE = """async (tags) => {
  const found = await axe.run("html", { runOnly: { type: "tag", values: tags } });
  return found.violations.flatMap((rule) =>
    rule.nodes.map((node) => [rule.id, node.html, node.failureSummary]));
}"""
COUNT = """() => {
  const run = axe.run;
  window.counts = [];
  axe.run = (...given) => {
    window.counts.push(document.querySelectorAll("*").length);
    return run(...given);
  };
}"""
PAGE = "document.documentElement.outerHTML"


@pytest.fixture
def page(open_page, tmp_path):
    """A page with every fault that axe can find, as a file."""
    write_page(tmp_path / "page.html", *TOGETHER)
    page = open_page((tmp_path / "page.html").as_uri()).page
    prepare(page)
    return page


def kinds(found):
    """The rules that are broken, each with the start tags of its elements."""
    return {re.match(r"[\w-]+: <[^>]*>", line)[0] for line in found}


def test_it_finds_what_axe_finds_on_the_whole_page(page):
    """Oracle: in each view the rules that are broken and the kinds of elements that
    break them are those of axe on the whole page, but for looks that were told before.
    """
    told = set()
    for view, (width, height, scheme) in VIEWS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        found = kinds(examine(page))
        told |= found
        assert len(found) > 5
        assert found <= kinds(lines(page.evaluate(WHOLE, TAGS))) <= told, view


def test_it_takes_something_out_and_puts_it_back(page):
    """While axe runs, elements are missing from the page; afterwards every one is where
    it was.
    """
    before = page.evaluate(PAGE)
    page.evaluate(COUNT)
    examine(page)
    elements = page.evaluate("document.querySelectorAll('*').length")
    assert len(page.evaluate("counts")) >= 2
    assert all(count < elements - 100 for count in page.evaluate("counts"))
    assert page.evaluate(PAGE) == before


def test_of_a_part_it_finds_what_is_in_it(page):
    """Of a part of the page its own faults are found, and nothing of what is around."""
    assert kinds(examine_within(page, ".o")) == {'color-contrast: <p class="b">'}
