"""A visit to a page: it is loaded once and looked at in every view, so that many
properties cost one visit.
"""

import functools
from typing import Any

from axe_runs import examine
from chapter_rules import DESK, PHONE, READ
from site_pages import COUNT_SHIFTS, LOOK, SHAPE, VIEWS, Survey, weigh

from tests.conftest import watch

# Wait for the fonts, for two frames, and until the theme's sidebar has slid away, which
# it does when the window shrinks; a second is more than it takes.
SETTLE = """() => document.fonts.ready.then(() => new Promise((done) =>
  requestAnimationFrame(() => requestAnimationFrame(done)))).then(() => {
    const sidebar = document.querySelector(".bd-sidebar-primary");
    const slides = sidebar ? sidebar.getAnimations().map((one) => one.finished) : [];
    const second = new Promise((done) => setTimeout(done, 1000));
    return Promise.race([Promise.allSettled(slides), second]).then(() => null);
  })"""


def visit(
    browser: Any, address: str, name: str, views: list[str], *, axe: bool = True
) -> Survey:
    """Load a page in the first view, then turn it into the others: the window shrinks
    and the system changes its colours under the page. Axe looks at pages that are
    served, unless only the other checks are asked for.

    A view of the same width in other colours has the same elements in the same places,
    and this is compared. Where it holds, axe runs its rules on colours alone: the other
    rules have answered for that width. Where it does not, axe runs all of them again.
    """
    width, height, scheme = VIEWS[views[0]]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    context.add_init_script(COUNT_SHIFTS)
    page = context.new_page()
    seen = watch(page, address)
    result = Survey()
    served = address.startswith("http")
    if served:
        page.on("requestfinished", functools.partial(note_weight, result))
    page.goto(f"{address}{name}.html", wait_until="load")
    shapes: dict[int, str] = {}
    for view in views:
        width, height, scheme = VIEWS[view]
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        page.evaluate(SETTLE)
        result.found[view] = page.evaluate(LOOK)
        if view in (DESK, PHONE):  # the rules of a chapter look at these
            result.found[view]["chapter"] = page.evaluate(READ)
        # The browser tells of a shift some frames after it.
        page.evaluate(SETTLE)
        result.found[view]["shift"] = page.evaluate("window.__shift")
        if served and axe:
            shape = page.evaluate(SHAPE)
            if shapes.get(width) == shape:
                result.turned.append(view)
            result.violations[view] = examine(page, colours=view in result.turned)
            shapes[width] = shape
    result.complaints = seen.complaints()
    context.close()
    return result


def note_weight(result: Survey, request: Any) -> None:
    """Write down what a file weighs that the page has fetched."""
    result.weights[request.url] = weigh(request.response().body())
