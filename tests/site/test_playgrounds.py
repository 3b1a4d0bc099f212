"""What must hold of every playground in the book: live physics on the built pages, with
the network blocked.
"""

import re
from pathlib import Path

import pytest
from axe_runs import examine_within
from site_pages import PAGES, ROOT, VIEWS, weigh

from lecture_code.show.assets import engine_version

pytestmark = pytest.mark.browser

SITE = ROOT / "_build" / "html"
WITH_ENGINE = 2_500_000  # bytes, gzip
HELD = """() => document.querySelectorAll("predict-then-reveal").forEach((question) => {
  if (!question.querySelector("mujoco-playground")) return;
  question.querySelector("input").click();
  question.querySelector(".rg-commit").click();
})"""
DRIVE = """async () => {
  const turned = [];
  for (const one of document.querySelectorAll("mujoco-playground")) {
    await one.prepare();
    one.home();
    one.restart();
    if (one.dataset.engine !== "running") throw new Error(one.status.textContent);
    const inputs = [...one.shadowRoot.querySelectorAll("[data-knob]")];
    const sane = () => {
      const numbers = one.robots.flatMap((robot) => [
        ...robot.data.qpos, ...robot.data.qvel, robot.gained,
        ...robot.capsules().flat()]);
      const said = one.status.textContent;
      if (!numbers.every(Number.isFinite) || said.includes("diverged"))
        throw new Error(`${turned.at(-1)}: ${said}`);
    };
    const put = (input, value) => {
      input.value = value;
      input.dispatchEvent(new Event("input"));
    };
    for (const input of inputs) {
      const values = input.type === "range"
        ? Array.from({ length: +input.max + 1 }, (_, i) => i)
        : [...input.options].map((option) => option.value);
      for (const value of values) {
        turned.push(`${one.setup.title}: ${input.dataset.knob} ${value}`);
        put(input, value);
        await one.stepN(2);
        sane();
      }
      put(input, input.dataset.start);
    }
    for (const end of ["min", "max"]) {
      for (const input of inputs) if (input.type === "range") put(input, input[end]);
      turned.push(`${one.setup.title}: everything at its ${end}`);
      one.restart();
      for (let step = 0; step < 50; step++) { await one.stepN(2); sane(); }
    }
    one.home();
    one.restart();
  }
  return turned;
}"""


def pages():
    """The pages that hold a playground; with no site built, those whose notebook makes
    one.
    """
    source = {name: ROOT / f"{name}.ipynb" for name in PAGES}
    return [
        name
        for name, path in source.items()
        if path.exists()
        and re.search(r"\bplayground\(", path.read_text(encoding="utf-8"))
    ]


every_page = pytest.mark.parametrize("name", pages())


@pytest.fixture
def visit(open_page, addresses):
    """`visit(name, where)` opens a page and answers the questions before its
    playgrounds; whatever goes wrong on it fails the test.
    """
    visits = []

    def open_(name, where="http", **options):
        visits.append(open_page(f"{addresses[where]}{name}.html", **options))
        visits[-1].page.wait_for_selector(
            "mujoco-playground[data-ready]", state="attached"
        )
        visits[-1].page.evaluate(HELD)
        return visits[-1].page

    yield open_
    assert [complaint for visit in visits for complaint in visit.complaints()] == []


def test_chapters_have_playgrounds():
    """The tests below have something to look at."""
    assert {"book/dynamics/reality_gap", "book/dynamics/evolutionary_search"} <= set(
        pages()
    )


def weigh_of(request):
    """What a file weighs that the page has fetched, by its address."""
    return {request.url: weigh(request.response().body())}


def goes_everywhere(page):
    """Each slider and menu over its whole range, one after the other and all at their
    ends: no exception, no NaN, none diverges.
    """
    assert len(page.evaluate(DRIVE)) > 50


def is_engine(request):
    """Whether this request fetches the physics engine."""
    return "mujoco-engine" in request.url


def is_light(page, fetched):
    """Reading a page has not loaded the engine; with it, everything that the page
    fetches is at most 2.5 MB, compressed.
    """
    assert fetched and not any(map(is_engine, fetched))
    with page.expect_event("requestfinished", is_engine):  # it may come after `prepare`
        page.evaluate("() => document.querySelector('mujoco-playground').prepare()")
    weights = {}
    for request in fetched:
        weights |= weigh_of(request)
    assert any("mujoco-engine" in url for url in weights)
    assert sum(weights.values()) <= WITH_ENGINE, sorted(
        weights.items(), key=lambda item: -item[1]
    )[:5]


def is_accessible(page):
    """With the engine running, axe finds no violation of WCAG 2 A and AA in the
    playgrounds, on a phone in the dark and on a desk in the light.
    """
    page.evaluate(
        "async () => { for (const one of "
        "document.querySelectorAll('mujoco-playground')) await one.stepN(20); }"
    )
    for view in ("phone-dark", "desktop-light"):
        width, height, scheme = VIEWS[view]
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => "
            "requestAnimationFrame(done)))"
        )
        assert examine_within(page, "mujoco-playground") == [], view
        assert (
            page.evaluate(
                "document.documentElement.scrollWidth - "
                "document.documentElement.clientWidth"
            )
            <= 0
        ), view


def can_be_played(page):
    """Play moves the first playground of the page, in the middle of all that is around
    it, and leaving the page stops it.
    """
    one = page.locator("mujoco-playground").first
    one.scroll_into_view_if_needed()
    before = float(one.get_attribute("data-t") or 0)
    one.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function(
        "(t) => +document.querySelector('mujoco-playground').dataset.t > t + 0.3",
        arg=before,
    )
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    assert one.get_attribute("data-playing") == "false"


@every_page
def test_a_playground_is_in_order(name, visit, subtests):
    """A page as served is light, and its playgrounds can be played, are accessible and
    go everywhere: all on one visit, since starting an engine takes long.
    """
    fetched = []

    def listen(page):
        page.on("requestfinished", lambda request: fetched.append(request))

    page = visit(name, before=listen)
    with subtests.test("is light"):
        is_light(page, fetched)
    for check in (can_be_played, is_accessible, goes_everywhere):
        with subtests.test(check.__name__):
            check(page)


@every_page
def test_a_playground_goes_everywhere_as_a_file(name, visit):
    """In a page that was opened as a file every slider and menu works, too."""
    goes_everywhere(visit(name, "file"))


def test_the_licences_travel_with_the_engine(site: Path):
    """The site passes MuJoCo on with its licence, names its version, and holds the
    robots' and the fonts' licences too; the first page leads there.
    """
    text = (site / "_static" / "third-party-licences.txt").read_text(encoding="utf-8")
    for words in (
        "@mujoco/mujoco",
        "Apache License",
        "Gymnasium",
        "MIT License",
        "katex",
        "SIL Open Font License",
    ):
        assert words.lower() in text.lower(), words
    head = (site / "_static" / "mujoco-engine.js").read_text(encoding="utf-8")[:600]
    assert engine_version() in head and "third-party-licences.txt" in head
