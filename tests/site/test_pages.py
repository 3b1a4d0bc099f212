"""What must hold of every page of the built site, in a real browser with the network
blocked. A page is visited once, and everything is checked on that visit.
"""

import pytest
from chapter_rules import RULES
from page_checks import ALSO_AS_FILE, CHECKS
from page_visits import visit
from planted import FAULTS, RULE_FAULTS, write_page
from site_pages import PAGES, VIEWS

from ext.chapters import load

pytestmark = pytest.mark.browser

CHAPTERS = [chapter.document for chapter in load().chapters.values() if chapter.exists]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_in_order(page, browser, addresses, subtests):
    """Every check, and for a chapter every rule of a chapter's page, holds of the page
    as served; what each demands is said in its docstring.
    """
    survey = visit(browser, addresses["http"], page, list(VIEWS))
    checks = CHECKS | (RULES if page in CHAPTERS else {})
    for name, check in checks.items():
        with subtests.test(name):
            assert check(survey) == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_in_order_as_a_file(page, browser, addresses, subtests):
    """What may differ where a page is opened as a file is in order there too, on a
    phone, in the dark.
    """
    survey = visit(browser, addresses["file"], page, ["phone-dark"])
    for name in ALSO_AS_FILE:
        with subtests.test(name):
            assert CHECKS[name](survey) == []


@pytest.fixture(scope="module")
def visited(browser, serve, tmp_path_factory):
    """`visited(fault)` is the survey of a page with this fault alone, and `visited()`
    of the sound page; each is visited once.
    """
    folder = tmp_path_factory.mktemp("planted")
    address = serve(folder)
    surveys = {}

    def remembered(*faults):
        if faults not in surveys:
            name = "_".join(("page", *faults)).replace(" ", "_")
            write_page(folder / f"{name}.html", *faults)
            checks = {(FAULTS | RULE_FAULTS)[fault].check for fault in faults}
            axe = checks <= {"accessibility"}
            surveys[faults] = visit(browser, address, name, list(VIEWS), axe=axe)
        return surveys[faults]

    return remembered


@pytest.mark.parametrize("fault", FAULTS | RULE_FAULTS)
def test_a_planted_fault_is_found(fault, visited):
    """Negative control: of a page with one fault, the check that the fault is meant for
    complains, and names it.
    """
    planted = (FAULTS | RULE_FAULTS)[fault]
    complaints = (CHECKS | RULES)[planted.check](visited(fault))
    assert [words for words in complaints if planted.named in words], complaints


@pytest.mark.parametrize("check", CHECKS | RULES)
def test_a_sound_page_passes(check, visited):
    """The same page without a fault is in order."""
    assert (CHECKS | RULES)[check](visited()) == []


def test_colours_alone_are_examined_only_where_colours_alone_change(visited):
    """The dark views of the sound page differ from the light ones in colours alone.
    Where a dark view shows one element more, every rule is run there.
    """
    assert visited().turned == ["desktop-dark", "phone-dark"]
    assert visited("a button without a name in the dark").turned == []


def test_every_check_has_its_planted_fault():
    """No check is without a fault that it must find."""
    planted = [*FAULTS.values(), *RULE_FAULTS.values()]
    assert {fault.check for fault in planted} == set(CHECKS) | set(RULES)
