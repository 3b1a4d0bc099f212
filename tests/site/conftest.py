"""Every page is opened once in each view and surveyed; the tests look at the surveys,
so that many properties cost one visit.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from site_pages import COUNT_SHIFTS, LOOK, VIEWS, Survey, examine, weigh

from tests.conftest import watch


@pytest.fixture(scope="session")
def addresses(site: Path, serve: Callable[[Path], str]) -> dict[str, str]:
    """Where the site begins: served under a sub-path, and as files."""
    return {"http": serve(site), "file": f"{site.as_uri()}/"}


@pytest.fixture(scope="session")
def survey(browser: Any, addresses: dict[str, str]) -> Callable[[str, str], Survey]:
    """`survey(page, where)`: visit a page once, look at it in every view, and remember
    what was found.
    """
    visits: dict[tuple[str, str], Survey] = {}

    def remembered(name: str, where: str = "http") -> Survey:
        if (name, where) not in visits:
            visits[name, where] = visit(
                browser,
                addresses[where],
                name,
                list(VIEWS) if where == "http" else ["phone-dark"],
            )
        return visits[name, where]

    return remembered


def visit(browser: Any, address: str, name: str, views: list[str]) -> Survey:
    """Load a page in the first view, then turn it into the others: the window shrinks
    and the system changes its colours under the page.
    """
    width, height, scheme = VIEWS[views[0]]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    context.add_init_script(COUNT_SHIFTS)
    page = context.new_page()
    seen, result = watch(page, address), Survey()
    if address.startswith("http"):
        page.on(
            "requestfinished",
            lambda request: result.weights.__setitem__(
                request.url, weigh(request.response().body())
            ),
        )
    page.goto(f"{address}{name}.html", wait_until="load")
    for view in views:
        width, height, scheme = VIEWS[view]
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        page.evaluate(
            "() => document.fonts.ready.then(() => new Promise((done) => "
            "requestAnimationFrame(() => requestAnimationFrame(done))))"
        )
        result.found[view] = page.evaluate(LOOK)
        result.violations[view] = examine(page) if address.startswith("http") else []
    result.complaints = seen.complaints()
    context.close()
    return result
