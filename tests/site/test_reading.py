"""What a reader does with the pages: search, print, project, download, follow links,
read without JavaScript.
"""

import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from page_checks import SHIFT
from page_visits import SETTLE
from site_pages import COUNT_SHIFTS, PAGES, ROOT, WHERE

from ext.chapters import load

pytestmark = pytest.mark.browser

CHAPTERS = [chapter.document for chapter in load().chapters.values() if chapter.exists]
VOID = ("mailto:", "data:", "javascript:")


class Outline(HTMLParser):
    """The anchors and the references of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.references: list[str] = []
        self.feed(text)

    def handle_starttag(
        self, tag: str, attributes: list[tuple[str, str | None]]
    ) -> None:
        for name, value in attributes:
            if name == "id" or (name == "name" and tag == "a"):
                self.anchors.add(value or "")
            elif name in ("href", "src") and value:
                self.references.append(value)


@pytest.fixture(scope="module")
def outlines(site: Path) -> dict[Path, Outline]:
    return {
        path: Outline(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")
    }


def broken(page: Path, outlines: dict[Path, Outline]) -> Iterator[str]:
    for reference in outlines[page].references:
        parts = urlsplit(reference)
        if parts.scheme or parts.netloc or reference.startswith(VOID):
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        if not target.exists():
            yield f"{reference}: no such file"
        elif (
            parts.fragment
            and target in outlines
            and unquote(parts.fragment) not in outlines[target].anchors
        ):
            yield f"{reference}: no such anchor"


def test_every_link_leads_somewhere(site: Path, outlines: dict[Path, Outline]) -> None:
    """Each reference inside the site names a file that is there, and each anchor an
    element of it.
    """
    assert sum(len(outline.references) for outline in outlines.values()) > 100, (
        "no links were found"
    )
    assert {
        str(page.relative_to(site)): bad
        for page in outlines
        if (bad := list(broken(page, outlines)))
    } == {}


def test_a_broken_link_is_noticed(tmp_path: Path) -> None:
    """The check of links finds a missing file and a missing anchor."""
    page = tmp_path.resolve() / "page.html"
    page.write_text(
        '<p id="here"><a href="#here">fine</a><a href="#gone">?</a>'
        '<a href="gone.html">?</a>'
    )
    assert len(list(broken(page, {page: Outline(page.read_text())}))) == 2


@pytest.mark.parametrize("page", PAGES)
def test_no_page_names_a_content_network(page: str, site: Path) -> None:
    """No address of a content delivery network is left in a page, fetched or not, and
    no state of widgets.
    """
    text = (site / f"{page}.html").read_text(encoding="utf-8")
    assert (
        re.findall(
            r"unpkg\.com|jsdelivr\.net|cdnjs\.cloudflare|googleapis|widget-state|thebe",
            text,
        )
        == []
    )


def test_the_front_door_opens(
    open_page: Callable[..., Any], addresses: dict[str, str]
) -> None:
    """The address of the book leads to its first page."""
    visit = open_page(addresses["http"])
    visit.page.wait_for_url("**/book/intro.html")
    assert visit.complaints() == []


def test_formulas_need_no_script(
    open_page: Callable[..., Any], addresses: dict[str, str]
) -> None:
    """Without JavaScript every formula is there, typeset and as MathML, and none of
    them is an error.
    """
    visit = open_page(f"{addresses['http']}book/notation.html", javascript=False)
    formulas = visit.page.locator("article .math")
    assert formulas.count() > 10
    assert (
        formulas.count()
        == visit.page.locator("article .math .katex-html").count()
        == visit.page.locator("article .math math").count()
    )
    assert visit.page.locator(".katex-error").count() == 0
    assert formulas.first.bounding_box()["width"] > 5


def test_no_formula_of_the_book_failed(site: Path) -> None:
    """In no page is a formula left as source text or as an error."""
    pages = [path.read_text(encoding="utf-8") for path in site.rglob("*.html")]
    assert sum(text.count('class="katex"') for text in pages) > 10
    assert sum(text.count("katex-error") for text in pages) == 0
    assert all(
        text.count('class="math') <= text.count('class="katex"') for text in pages
    )


@pytest.mark.parametrize("where", WHERE)
def test_search_finds(
    where: str, open_page: Callable[..., Any], addresses: dict[str, str]
) -> None:
    """The search finds a word of the glossary, served and as a file, and complains of
    nothing.
    """
    visit = open_page(f"{addresses[where]}search.html?q=armature")
    visit.page.wait_for_selector("#search-results li a")
    assert any(
        "glossary" in (link.get_attribute("href") or "")
        for link in visit.page.locator("#search-results li a").all()
    )
    assert visit.complaints() == []


def is_the_notebook(visit: Any, chapter: str) -> None:
    """The button at the top of a chapter gives its notebook, the very file of the
    repository.
    """
    with visit.page.expect_download() as download:
        visit.page.click(".rg-download-notebook")
    assert download.value.suggested_filename == f"{Path(chapter).name}.ipynb"
    given = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert given == json.loads((ROOT / f"{chapter}.ipynb").read_text(encoding="utf-8"))


def can_be_projected(visit: Any, chapter: str) -> None:
    """The projector setting enlarges the text and folds each code cell behind a button
    of its own; the browser remembers it until it is switched off.
    """
    page = visit.page
    button = page.locator('[data-rg-action="projector"]')
    code = page.locator("div.cell_input.rg-foldable")
    fold = page.locator(".rg-fold")

    def size() -> float:
        return float(
            page.evaluate(
                "parseFloat(getComputedStyle(document.querySelector("
                "'article.bd-article')).fontSize)"
            )
        )

    normal = size()
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    assert size() > 1.4 * normal
    assert code.count() == fold.count() > 0
    assert not code.first.is_visible()
    fold.first.click()
    assert (
        code.first.is_visible() and fold.first.get_attribute("aria-expanded") == "true"
    )
    page.reload()
    assert size() > 1.4 * normal and not code.first.is_visible(), (
        "the setting must be remembered"
    )
    button.click()
    assert size() == normal and code.first.is_visible()
    page.goto(f"{page.url}?projector")
    assert size() > 1.4 * normal, "the address alone must switch it on"
    assert not code.first.is_visible()


def can_be_printed(visit: Any, chapter: str) -> None:
    """In print the sidebars and buttons are gone, and code that the projector setting
    has folded is back.
    """
    visit.page.emulate_media(media="print")
    for gone in (
        ".bd-sidebar-primary",
        ".bd-header-article",
        ".prev-next-footer",
        ".rg-fold",
    ):
        assert not visit.page.locator(gone).first.is_visible(), gone
    assert visit.page.locator("article h1").first.is_visible()
    assert visit.page.locator("div.cell_input.rg-foldable").first.is_visible()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_can_be_taken_along(
    chapter: str,
    open_page: Callable[..., Any],
    addresses: dict[str, str],
    subtests: Any,
) -> None:
    """A chapter can be downloaded, projected and then printed, on one visit."""
    visit = open_page(f"{addresses['http']}{chapter}.html")
    for use in (is_the_notebook, can_be_projected, can_be_printed):
        with subtests.test(use.__name__):
            use(visit, chapter)
    assert visit.complaints() == []


def test_the_colour_scheme_can_be_chosen(
    open_page: Callable[..., Any], addresses: dict[str, str]
) -> None:
    """The button for the colour scheme changes it, whatever the system says, and the
    next page keeps the choice.
    """
    visit = open_page(f"{addresses['http']}book/intro.html", scheme="light")
    theme = "document.documentElement.dataset.theme"
    for _ in range(3):
        if visit.page.evaluate(theme) == "dark":
            break
        visit.page.click(".theme-switch-button")
    assert visit.page.evaluate(theme) == "dark"
    visit.page.goto(f"{addresses['http']}book/notation.html")
    assert visit.page.evaluate(theme) == "dark"
    assert visit.complaints() == []


def test_the_map_works_from_the_keyboard(
    open_page: Callable[..., Any], addresses: dict[str, str]
) -> None:
    """The first stop of the Tab key is the link that skips to the text. The page is
    hidden until its fonts are there, and nothing hidden can have the focus.
    """
    visit = open_page(f"{addresses['http']}book/intro.html")
    visit.page.wait_for_function("document.documentElement.style.visibility === ''")
    visit.page.keyboard.press("Tab")
    assert (
        visit.page.evaluate("document.activeElement.getAttribute('href')")
        == "#main-content"
    )


@pytest.mark.parametrize("arrives", [True, False], ids=["late fonts", "no fonts"])
def test_a_page_waits_for_its_fonts_and_not_for_ever(arrives, browser, addresses):
    """Fonts that come after the page's text move nothing, since the text is not shown
    before; a page whose fonts fail is shown all the same.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script(COUNT_SHIFTS)
    page = context.new_page()
    held = []
    page.route("**/fonts/*.woff2", lambda route: held.append(route))
    page.goto(
        f"{addresses['http']}book/dynamics/reality_gap.html",
        wait_until="domcontentloaded",
    )
    visibility = "document.documentElement.style.visibility"
    hidden = page.evaluate(visibility)
    for route in held:
        route.continue_() if arrives else route.abort()
    page.unroute("**/fonts/*.woff2")
    page.wait_for_function(f"{visibility} === ''")
    page.evaluate(SETTLE)
    page.evaluate(SETTLE)
    assert held
    if arrives and hidden:  # a slow machine may have shown it after a second
        assert page.evaluate("window.__shift") <= SHIFT
    context.close()


def test_a_page_waits_for_the_fonts_of_its_formulas(browser, addresses):
    """While a formula's font is on its way the page is hidden, for a second at most."""
    page = browser.new_page()
    held = []
    page.route("**/katex/fonts/*.woff2", lambda route: held.append(route))
    address = f"{addresses['http']}book/notation.html"
    page.goto(address, wait_until="domcontentloaded")
    for font in ("1em 'Book Serif'", "italic 1em 'Book Serif'", "1em 'Book Sans'"):
        page.evaluate("font => document.fonts.load(font).then(() => 0)", font)
    root = "document.documentElement.style.visibility"
    assert page.evaluate(f"performance.now() > 900 || {root} === 'hidden'")
    assert {"KaTeX_Math-Italic", "KaTeX_Caligraphic-Regular", "KaTeX_AMS-Regular"} <= {
        Path(urlsplit(route.request.url).path).stem for route in held
    }
    page.close()
