"""What must hold of every page of the built site, in a real browser with the network
blocked.
"""

import pytest
from chapter_rules import RULES
from page_checks import ALSO_AS_FILE, CHECKS
from planted import FAULTS, RULE_FAULTS, SOUND, write_page
from site_pages import PAGES, VIEWS

pytestmark = pytest.mark.browser

# One page is surveyed by one process: all its tests go there.
every_page = pytest.mark.parametrize(
    "page", [pytest.param(page, marks=pytest.mark.xdist_group(page)) for page in PAGES]
)


@every_page
@pytest.mark.parametrize("check", CHECKS)
def test_a_page_is_in_order(page, check, survey):
    """The property that the check of this name says in its docstring holds of the page
    as served.
    """
    assert CHECKS[check](survey(page, "http")) == []


@every_page
@pytest.mark.parametrize("check", ALSO_AS_FILE)
def test_a_page_is_in_order_as_a_file(page, check, survey):
    """The property holds of the page opened as a file, on a phone, in the dark."""
    assert CHECKS[check](survey(page, "file")) == []


@pytest.fixture(scope="module")
def visited(browser, serve, tmp_path_factory):
    """`visited(fault)` is the survey of a page with this fault alone, or of the sound
    page; each is visited once.
    """
    from tests.site.conftest import visit

    folder = tmp_path_factory.mktemp("planted")
    address = serve(folder)
    surveys = {}

    def remembered(fault):
        if fault not in surveys:
            name = fault.replace(" ", "_")
            write_page(folder / f"{name}.html", fault)
            surveys[fault] = visit(browser, address, name, list(VIEWS))
        return surveys[fault]

    return remembered


@pytest.mark.xdist_group("planted")
@pytest.mark.parametrize("fault", FAULTS | RULE_FAULTS)
def test_a_planted_fault_is_found(fault, visited):
    """Negative control: of a page with one fault, the check that the fault is meant for
    complains, and names it.
    """
    planted = (FAULTS | RULE_FAULTS)[fault]
    complaints = (CHECKS | RULES)[planted.check](visited(fault))
    assert [words for words in complaints if planted.named in words], complaints


@pytest.mark.xdist_group("planted")
@pytest.mark.parametrize("check", CHECKS | RULES)
def test_a_sound_page_passes(check, visited):
    """The same page without a fault is in order."""
    assert (CHECKS | RULES)[check](visited(SOUND)) == []


@pytest.mark.xdist_group("planted")
def test_colours_alone_are_examined_only_where_colours_alone_change(visited):
    """The dark views of the sound page differ from the light ones in colours alone.
    Where a dark view shows one element more, every rule is run there.
    """
    assert visited(SOUND).turned == ["desktop-dark", "phone-dark"]
    assert visited("a button without a name in the dark").turned == []


def test_every_check_has_its_planted_fault():
    """No check is without a fault that it must find."""
    planted = [*FAULTS.values(), *RULE_FAULTS.values()]
    assert {fault.check for fault in planted} == set(CHECKS) | set(RULES)
