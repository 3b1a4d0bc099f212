"""What must hold of every page of the built site, in a real browser with the network
blocked.
"""

import re

import pytest
from site_pages import PAGES, VIEWS, WHERE

pytestmark = pytest.mark.browser

FIRST_LOAD = 1_000_000  # bytes, gzip
SHIFT = 0.05  # cumulative layout shift
FILE_NAME = re.compile(r"[\w./-]+\.(png|jpe?g|svg|webp|gif)|_images/.*", re.IGNORECASE)

every_page = pytest.mark.parametrize("page", PAGES)
every_view = pytest.mark.parametrize("view", VIEWS)


@every_page
@pytest.mark.parametrize("where", WHERE)
def test_a_page_asks_nobody_else_and_misses_nothing(page, where, survey):
    """No request beyond the own origin, none of the own fails, and the console stays
    silent, served under a sub-path and opened as a file.
    """
    assert survey(page, where).complaints == []


@every_page
@every_view
def test_a_page_is_accessible(page, view, survey):
    """axe finds no violation of WCAG 2 A and AA, contrast and size of touch targets
    included, at either width, in light and dark.
    """
    visit = survey(page, "http")
    assert visit.found[view]["theme"] == view.split("-")[1], (
        "the page must follow the system's colour scheme"
    )
    assert visit.violations[view] == []


@every_page
@pytest.mark.parametrize("view", ["phone-light", "phone-dark"])
def test_nothing_sticks_out_on_a_phone(page, view, survey):
    """A page 390 pixels wide does not scroll sideways."""
    assert survey(page, "http").found[view]["overflow"] <= 0


@every_page
def test_every_picture_says_what_it_shows(page, survey):
    """Images, drawings and canvases have an alternative text, and it is not the name of
    a file.
    """
    pictures = survey(page, "http").found["desktop-light"]["pictures"]
    assert [
        element
        for element, alt in pictures
        if not (alt or "").strip() or FILE_NAME.fullmatch(alt.strip())
    ] == []


@every_page
def test_every_input_has_a_name(page, survey):
    """Sliders, fields and menus are labelled."""
    assert survey(page, "http").found["desktop-light"]["nameless"] == []


@every_page
def test_a_page_introduces_itself(page, survey):
    """One title, one first heading, one description of some length, and the version and
    date of the book.
    """
    found = survey(page, "http").found["desktop-light"]
    assert found["headings"] == 1
    assert len(found["description"]) == 1 and len(found["description"][0]) > 40
    assert "Crossing the Reality Gap" in found["title"]
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", found["version"])
    assert re.fullmatch(r"\d{1,2} \w+ \d{4}", found["date"])


@every_page
def test_the_first_load_is_light(page, survey):
    """Everything that the first visit to a page fetches is at most 1 MB, compressed."""
    weights = survey(page, "http").weights
    assert any(url.endswith(".html") for url in weights), "nothing was weighed"
    assert sum(weights.values()) <= FIRST_LOAD, sorted(
        weights.items(), key=lambda item: -item[1]
    )[:5]


@every_page
@pytest.mark.parametrize(
    "where, view", [("http", "desktop-light"), ("file", "phone-dark")]
)
def test_nothing_jumps_while_a_page_loads(page, where, view, survey):
    """The cumulative layout shift is at most 0.05, on a wide screen and on a phone."""
    assert survey(page, where).found[view]["shift"] <= SHIFT
