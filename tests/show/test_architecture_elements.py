"""What must hold of `<architecture-search>` and `<architecture-game>`: their data,
their still pictures, and what the reader can do with them.
"""

import gzip
import json
import re
from base64 import b64decode

import numpy as np
import pytest
from architecture_samples import (
    IMAGES,
    RIGHT,
    SPACE,
    TOKENS,
    a_game,
    a_search,
    falling,
    right_answers,
)

from lecture_code.show import architecture_game, architecture_search
from lecture_code.show.assets import web_source
from lecture_code.show.searched_space import SearchedSpace

SCRIPTS = tuple(
    f"architecture-{name}.js" for name in ("table", "plots", "search", "game")
)
MAKERS = (a_search, a_game)


def script_of(element):
    return re.search(
        r'<script type="application/json">(.*)</script>', element.html(), re.DOTALL
    )[1]


# --- the data and the stills ---


@pytest.mark.parametrize("make", MAKERS)
def test_the_table_comes_out_again(make):
    """Round trip: names, choices, and every count of every training."""
    data = json.loads(script_of(make()))
    assert dict(zip(data["names"], data["choices"], strict=True)) == {
        name: [str(choice) for choice in choices] for name, choices in TOKENS.items()
    }
    counts = np.frombuffer(b64decode(data["counts"]), "<u2")
    assert np.array_equal(counts.reshape(-1, data["seeds"]), RIGHT)
    assert data["images"] == IMAGES


def test_random_search_is_exact():
    """Equation: for a table of two strings with two trainings each, every sequence of
    two queries gives the mean regret; and 20,000 searches of the whole table agree to
    4 standard errors.
    """
    small = SearchedSpace({"a": (1, 2)}, [[3, 9], [5, 9]], 10)
    shown = np.array([3, 9, 5, 9])  # string 0, 0, 1, 1; regrets .1, .1, 0, 0
    regrets = [0.1, 0.1, 0.0, 0.0]
    pairs = [
        regrets[first if shown[first] >= shown[second] else second]
        for first in range(4)
        for second in range(4)
    ]
    wanted = [np.mean(regrets), np.mean(pairs)]
    np.testing.assert_allclose(small.random_regret(2), wanted, atol=1e-12)
    space = SearchedSpace(TOKENS, RIGHT, IMAGES)
    rng = np.random.default_rng(0)
    places = rng.integers(len(RIGHT), size=(20_000, 20))
    found = RIGHT[places, rng.integers(3, size=places.shape)].argmax(axis=1)
    answers = space.regrets[places[np.arange(len(places)), found]]
    error = answers.std() / np.sqrt(len(answers))
    assert 0 < error < 0.05 * answers.mean()
    assert abs(space.random_regret(20)[-1] - answers.mean()) < 4 * error


@pytest.mark.parametrize("make", MAKERS)
def test_the_still_shows_the_curves(make):
    """Before the script, and without it, there is a picture with words and a line for
    each search.
    """
    element = make()
    html = element.html()
    assert "needs JavaScript" in html and "regret" in element.alt.lower()
    for colour in element.curves.colours.values():
        assert f"stroke:{colour}" in html.replace(" ", "")


@pytest.mark.parametrize("make", MAKERS)
def test_the_same_element_gives_the_same_bytes(make):
    """Determinism; text cannot break out of the page; and another space has another
    name in links.
    """
    assert make().html() == make().html()
    assert "</script><b>" not in make(title="</script><b>").html()
    evil = {'"><b>': ("</script><b>", "<i>"), "&": ("'", '"')}
    maker = architecture_search if make is a_search else architecture_game
    html = maker(evil, np.full((4, 3), 7), 10, title="t").html()
    assert "<b>" not in html and "<i>" not in html
    assert make(title="Other")._name() != make()._name()


def test_the_elements_are_light():
    """The four scripts are less than 12 kB compressed, the data of each element less
    than 20 kB as they are, and scripts have at most 300 lines.
    """
    texts = [web_source(name) for name in SCRIPTS]
    assert sum(len(gzip.compress(text.encode())) for text in texts) < 12_000
    assert max(text.count("\n") for text in texts) <= 300
    for make in MAKERS:
        assert len(script_of(make())) < 20_000


TWO = {"a": (1, 2), "b": (3, 4)}
FOUR = np.full((4, 3), 5)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"tokens": {}}, r"right must have shape \(0, S\)"),
        ({"tokens": {"a": (1, 1)}}, "token 'a' needs two or more choices that differ"),
        ({"right": FOUR[:3]}, r"shape \(4, S\), a row for each string; got \(3, 3\)"),
        ({"right": FOUR + 0.5}, "whole numbers from 0 to images.*got 5.5 of 10"),
        ({"right": 3 * FOUR}, "whole numbers from 0 to images.*got 15 of 10"),
        ({"curves": {"REINFORCE": [0.1]}}, r"'REINFORCE' must be \(20,\).*got \(1,\)"),
        ({"curves": {"REINFORCE": falling(20, 0.9)}}, "must lie in 0 to 0.65"),
        ({"queries": 51}, "queries must lie between 2 and 50; got 51"),
    ],
)
def test_what_does_not_fit_a_game_is_named(given, complaint):
    """Wrong tokens, counts, curves and numbers of queries are refused by name."""
    options = {"tokens": TWO, "right": FOUR, "images": 10, "title": "t"} | given
    tokens, right, images = (
        options.pop(name) for name in ("tokens", "right", "images")
    )
    with pytest.raises(ValueError, match=complaint):
        architecture_game(tokens, right, images, **options)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"sliders": {"speed": (1, 2)}}, "no slider 'speed'; there are decay, rate"),
        ({"start": {"rate": 3.0}}, "rate cannot start at 3.0; it has"),
        ({"sliders": {"m": (10, 30)}}, "m must divide the 500 queries; got 30"),
        ({"sliders": {"decay": (0.95, 1.0)}}, "decay must be at least 0 and below 1"),
        ({"repeats": 200}, "must lie between 1 and 50,000; got 500 times 200"),
    ],
)
def test_what_does_not_fit_a_search_is_named(options, complaint):
    """Wrong sliders, starts and repeats are refused by name."""
    with pytest.raises(ValueError, match=complaint):
        architecture_search(TWO, FOUR, 10, title="t", **options)


def test_a_method_without_a_colour_and_too_many_trainings_are_named():
    """An unknown search lists those that have a colour; a table of ten trainings is too
    heavy.
    """
    with pytest.raises(KeyError, match=r"no colour for 'Bayes'.*random search"):
        a_game(curves={"Bayes": falling(20)})
    many = np.tile(right_answers(), 4)
    with pytest.raises(ValueError, match="the page allows 25 kB"):
        architecture_game(TOKENS, many, IMAGES, title="t")


# --- the search ---

SEARCH = "document.querySelector('architecture-search')"
GAME = "document.querySelector('architecture-game')"


@pytest.fixture
def searching(visit):
    """`searching()` opens a page with a search and waits until it is awake."""

    def open_(**options):
        page = visit(a_search(), **options)
        page.wait_for_selector("architecture-search[data-started]")
        return page

    return open_


def told(page, name):
    return page.locator("architecture-search, architecture-game").get_attribute(
        f"data-{name}"
    )


def slider(page, knob):
    return page.locator(f"input[data-knob={knob}]")


@pytest.mark.browser
def test_sliders_search_anew_by_keyboard_and_mouse(searching):
    """A key and a click on a slider give another search; "no baseline" is a position;
    the cursor reads the same search; Reset brings the first one back.
    """
    page = searching()
    first = told(page, "regret")
    slider(page, "decay").press("Home")
    assert slider(page, "decay").get_attribute("aria-valuetext") == "no baseline"
    without = told(page, "regret")
    assert page.evaluate(f"{SEARCH}.settings.decay") is None
    box = slider(page, "rate").bounding_box()
    page.mouse.click(box["x"] + 3, box["y"] + box["height"] / 2)
    assert page.evaluate(f"{SEARCH}.settings.rate") == 0
    still = told(page, "regret")
    assert len({first, without, still}) == 3
    slider(page, "at").press("Home")
    assert told(page, "queries") == "0"
    assert "P = 0.1" in page.locator(".rg-status").inner_text()
    assert told(page, "regret") == still
    page.get_by_role("button", name="Reset").click()
    assert (told(page, "regret"), told(page, "queries")) == (first, "500")


@pytest.mark.browser
def test_the_pointer_reads_a_column(searching):
    """The mouse over the heat map, or over the regrets, puts the cursor there; the
    status and the numbers beside the key say what is there.
    """
    page = searching()
    for kind, wanted in ((".rg-policy", 100), (".rg-regret", 400)):
        box = page.locator(f"{kind} canvas").bounding_box()
        view = "map" if kind == ".rg-policy" else "chart"
        x = page.evaluate(f"{SEARCH}.{view}.x({wanted})")
        page.mouse.move(box["x"] + x, box["y"] + box["height"] / 2)
        assert told(page, "queries") == str(wanted)
        words = page.locator(".rg-status").inner_text()
        assert words.startswith(f"After {wanted} queries: mean regret ")
        shown = float(page.locator(".rg-readout").first.inner_text())
        mean = page.evaluate(f"{SEARCH}.summary.mean[{wanted - 1}]")
        assert shown == pytest.approx(100 * mean, abs=0.006)


@pytest.mark.browser
def test_the_heat_map_shows_the_probabilities(searching):
    """A pixel of the map is as dark as its choice is probable, and the most probable
    string that is told is that of the column.
    """
    page = searching()
    page.evaluate(f"{SEARCH}.set('at', 50)")
    column = np.array(page.evaluate(f"[...{SEARCH}.column]"))
    parts = np.split(column, np.cumsum(SPACE.sizes)[:-1])
    assert all(part.sum() == pytest.approx(1) for part in parts)
    assert column.max() > 0.8 and column.min() < 0.1
    string = np.array([[part.argmax() for part in parts]])
    assert told(page, "string") == str(SPACE.place(string)[0])
    page.evaluate(f"{SEARCH}.set('at', 49)")
    alpha, wanted = page.evaluate(
        f"""() => {{ const one = {SEARCH}, {{ search, table }} = one;
          const canvas = document.createElement("canvas");
          const map = new RealityGap.HeatMap(canvas);
          Object.assign(canvas.style, {{ display: "block", width: "500px",
                                         height: "500px" }});
          document.body.append(canvas);
          map.draw({{ table, search, queries: 500, cursor: 0, colour: "#000000",
                      column: one.column, marked: null }});
          const step = search.steps - 1, found = [], {{ rows }} = table;
          const x = Math.round((map.x(500) - 2) * devicePixelRatio);
          const {{ data }} = map.pen.getImageData(x, 0, 1, canvas.height);
          const tall = (map.high - 5 * 6) / rows;
          table.firsts.forEach((first, t) => {{
            for (let a = 0; a < table.sizes[t]; a++) {{
              const y = map.top + (first + a + 0.5) * tall + 5 * t;
              found.push(data[4 * Math.round(y * devicePixelRatio) + 3] / 255);
            }} }});
          const last = search.policies.slice(step * rows, (step + 1) * rows);
          return [found, [...last]]; }}"""
    )
    np.testing.assert_allclose(alpha, wanted, atol=0.01)


@pytest.mark.browser
def test_a_new_seed_is_another_search_and_a_link_brings_it_back(searching):
    """ "New seed" changes the search; a link holds the seed and all controls; a state
    that a control lacks changes nothing.
    """
    page = searching()
    first = told(page, "regret")
    page.get_by_role("button", name="New seed").click()
    assert told(page, "seed") == "2" and told(page, "regret") != first
    for knob, at in (("decay", 2), ("rate", 4), ("entropy", 3), ("m", 4), ("at", 7)):
        page.evaluate("(given) => " + SEARCH + ".set(...given)", [knob, at])
    page.get_by_label("mark the choices of the best string").click()
    state = page.evaluate(f"{SEARCH}.linkState()")
    regret = told(page, "regret")
    address = page.evaluate(
        "([key, state]) => RealityGap.address(key, state)", [told(page, "link"), state]
    )
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector("architecture-search[data-started]")
    assert page.evaluate(f"{SEARCH}.linkState()") == state
    assert told(page, "regret") == regret and state["best"] == 1
    for wrong in ({"rate": 99}, {"seed": -1}, {"best": 2}, {"at": 0.5}):
        page.evaluate("(state) => " + SEARCH + ".restore(state)", state | wrong)
    assert page.evaluate(f"{SEARCH}.linkState()") == state


# --- the game ---


@pytest.fixture
def playing(visit):
    """`playing()` opens a page with a game of a known seed."""

    def open_(**options):
        page = visit(a_game(), **options)
        page.wait_for_selector("architecture-game[data-ready]")
        page.evaluate(f"{GAME}.again(3)")
        return page

    return open_


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click(force=True)


@pytest.mark.browser
def test_a_game_from_the_first_query_to_the_truth(playing):
    """The reader's choices are trained and listed with an accuracy of the table; after
    the last query no more can be trained; Reveal tells the best string, the answer's
    mean accuracy and regret, and the lesson; then a new game begins.
    """
    page = playing()
    press(page, "Reveal")
    assert told(page, "revealed") == "false", "nothing has been paid for"
    places = np.random.default_rng(0).integers(SPACE.count, size=20)
    seen = []
    for n, place in enumerate(places):
        if n < 2:
            for token, choice in SPACE.values(SPACE.every_string()[place]).items():
                group = page.locator(f"fieldset[data-knob={token}]")
                group.get_by_text(str(choice), exact=True).click()
            assert page.evaluate(f"{GAME}.place") == place
        else:
            page.evaluate(f"{GAME}.choose({place})")
        press(page, "Train this child")
        line = page.locator(".rg-tried li").first.inner_text()
        seen.append(round(float(re.search(r"([\d.]+)\s%", line)[1]) * IMAGES / 100))
        assert seen[-1] in RIGHT[place] and told(page, "spent") == str(n + 1)
    assert "No query is left" in page.locator(".rg-status").inner_text()
    assert "Luck helps." not in page.locator("article, body").first.inner_text()
    press(page, "Train this child")
    assert told(page, "spent") == "20" and page.locator(".rg-tried li").count() == 20
    press(page, "Reveal")
    answer = places[int(np.argmax(seen))]
    means = RIGHT.mean(axis=1) / IMAGES
    regret = means.max() - means[answer]
    assert float(told(page, "regret")) == pytest.approx(regret)
    words = page.locator(".rg-status").inner_text().replace("\xa0", " ")
    best = " · ".join(
        map(str, SPACE.values(SPACE.every_string()[means.argmax()]).values())
    )
    assert f"The best string is {best}: {100 * means.max():.1f} %" in words
    assert f"its average is {100 * means[answer]:.1f} %" in words
    assert words.endswith("games. Luck helps.")
    assert page.locator(".rg-readout").first.inner_text() == f"{100 * regret:.1f}"
    press(page, "Start again")
    assert told(page, "spent") == "0" and told(page, "regret") is None
    assert page.locator(".rg-tried li").count() == 0
    assert page.locator(".rg-readout").first.inner_text() == ""


@pytest.mark.browser
def test_the_reader_may_stop_early(playing):
    """Reveal after a few queries ends the game, and compares with as many queries; of
    two strings that showed the same accuracy the answer is the first.
    """
    page = playing()
    for place in (0, 700):
        page.evaluate(f"(place) => {{ {GAME}.choose(place); {GAME}.train(); }}", place)
    press(page, "Reveal")
    assert "games with 2 queries" in page.locator(".rg-status").inner_text()
    rivals = page.evaluate(f"{GAME}.rivals.map(({{ values }}) => values[1])")
    shown = [float(text) for text in page.locator(".rg-readout").all_inner_texts()[1:]]
    assert shown == pytest.approx([100 * one for one in rivals], abs=0.051)
    press(page, "Train this child")
    assert told(page, "spent") == "2"
    tied = "[{ place: 9, accuracy: 0.9 }, { place: 4, accuracy: 0.9 }]"
    assert page.evaluate(f"({GAME}.tries = {tied}, {GAME}.answer.place)") == 9
    behind = SearchedSpace(TOKENS, RIGHT, IMAGES).regrets
    assert page.evaluate(f"{GAME}.regrets") == pytest.approx([behind[9]] * 2)


@pytest.mark.browser
def test_the_keyboard_plays(playing):
    """Arrows choose, Enter trains and reveals; the focus stays on the button; a line of
    the list puts its string back.
    """
    page = playing()
    first = page.locator("fieldset[data-knob=filters1] input").first
    first.focus()
    first.press("ArrowRight")
    assert page.evaluate(f"{GAME}.place") == SPACE.count // 3
    train = page.get_by_role("button", name="Train this child")
    train.press("Enter")
    page.evaluate(f"{GAME}.choose(5)")
    train.press("Enter")
    assert told(page, "spent") == "2"
    assert train.evaluate("(button) => document.activeElement === button")
    page.locator(".rg-tried li button").last.press("Enter")
    assert page.evaluate(f"{GAME}.place") == SPACE.count // 3
    reveal = page.get_by_role("button", name="Reveal")
    reveal.press("Enter")
    assert told(page, "revealed") == "true"
    assert reveal.get_attribute("aria-disabled") == "true"


@pytest.mark.browser
def test_a_link_brings_a_game_back(playing):
    """The seed, the strings in their order, and whether the truth was told survive the
    address; a place that does not exist changes nothing.
    """
    page = playing()
    for place in (1300, 4, 700):
        page.evaluate(f"(place) => {{ {GAME}.choose(place); {GAME}.train(); }}", place)
    press(page, "Reveal")
    lines = page.locator(".rg-tried li").all_inner_texts()
    state = page.evaluate(f"{GAME}.linkState()")
    address = page.evaluate(
        "([key, state]) => RealityGap.address(key, state)", [told(page, "link"), state]
    )
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector("architecture-game[data-ready]")
    assert page.locator(".rg-tried li").all_inner_texts() == lines
    assert told(page, "revealed") == "true" and told(page, "seed") == "3"
    for wrong in ({"0": 5000}, {"seed": 1e7}, {"shown": 3}, {"7": 1}):
        page.evaluate("(state) => " + GAME + ".restore(state)", state | wrong)
    assert page.evaluate(f"{GAME}.linkState()") == state


# --- both ---


@pytest.mark.browser
@pytest.mark.parametrize(
    ("width", "scheme"), [(390, "dark"), (740, "light"), (1280, "light")]
)
def test_nothing_sticks_out_and_nothing_jumps(visit, width, scheme):
    """On a phone, a tablet and a desk the page is as wide as the screen, and neither
    the search nor the end of a game moves what is below.
    """
    page = visit(a_search(), a_game(), width=width, scheme=scheme)
    page.wait_for_selector("architecture-search[data-started]")

    def feet():
        return [
            page.locator(name).bounding_box()["y"]
            + page.locator(name).bounding_box()["height"]
            for name in ("architecture-search", "architecture-game")
        ]

    before = feet()
    page.evaluate(
        f"""() => {{ {SEARCH}.set("decay", 0); {SEARCH}.set("m", 0);
                     {SEARCH}.set("entropy", 1); {SEARCH}.set("at", 20);
                     for (let n = 0; n < 20; n++) {{ {GAME}.choose(1457 - n);
                                                     {GAME}.train(); }} }}"""
    )
    assert feet() == before
    page.evaluate(f"{GAME}.reveal()")
    assert feet() == before
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.browser
def test_elements_that_are_moved_go_on(visit):
    """Elements that leave the page and come back keep their state, and work."""
    page = visit(a_search(), a_game())
    page.wait_for_selector("architecture-search[data-started]")
    page.evaluate(f"{GAME}.again(3); {GAME}.train(); {SEARCH}.set('rate', 2)")
    page.evaluate(
        f"""() => {{ for (const one of [{SEARCH}, {GAME}]) {{
                       one.remove();
                       document.body.append(one); }} }}"""
    )
    press(page, "Train this child")
    game = page.locator("architecture-game")
    assert game.get_attribute("data-spent") == "2"
    slider(page, "rate").press("ArrowRight")
    assert page.evaluate(f"{SEARCH}.settings.rate") == 0.5
    assert page.evaluate(f"{SEARCH}.search.steps") == 50


@pytest.mark.browser
def test_nothing_is_computed_before_it_is_seen(visit, tall_gap):
    """A search far below the screen keeps its still picture until it is scrolled to."""
    page = visit(tall_gap, a_search())
    page.wait_for_selector("architecture-search[data-ready]")
    assert told(page, "started") is None and not page.evaluate(f"{SEARCH}.search")
    assert page.locator(".rg-regret svg").is_visible()
    page.locator("architecture-search").scroll_into_view_if_needed()
    page.wait_for_selector("architecture-search[data-started]")
    assert not page.locator(".rg-regret svg").is_visible()


@pytest.mark.browser
@pytest.mark.parametrize("make", MAKERS)
def test_without_javascript_there_is_a_picture(make, open_page, write_page):
    """Without JavaScript the curves are visible, and no control is."""
    page = open_page(write_page(make()), javascript=False).page
    assert page.locator(".rg-regret svg").is_visible()
    for hidden in ("canvas", "input", "button"):
        assert not any(part.is_visible() for part in page.locator(hidden).all())
    assert "needs JavaScript" in page.locator(".rg-status").inner_text()
