"""What must hold of `<choice-simplex>` and `<estimator-race>`: their data, their still
pictures, and what the reader can do with them.
"""

import gzip
import json
import re

import numpy as np
import pytest
from estimator_samples import a_race, a_simplex, some_paths

from lecture_code.show.assets import web_source
from lecture_code.show.estimator_race import RACERS, SLIDERS
from lecture_code.show.figures import METHOD_COLOURS

SCRIPTS = (
    "discrete-estimators.js",
    "seeded-plot.js",
    "estimator-plots.js",
    "choice-simplex.js",
    "estimator-race.js",
)
MAKERS = (a_simplex, a_race)
NAMES = "choice-simplex, estimator-race"
SIMPLEX = "document.querySelector('choice-simplex')"
RACE = "document.querySelector('estimator-race')"
MOST_BYTES = 2_000  # of an element's data


def script_of(element):
    return re.search(
        r'<script type="application/json">(.*)</script>', element.html(), re.DOTALL
    )[1]


# --- the data and the stills ---


@pytest.mark.parametrize("make", MAKERS)
def test_an_element_is_the_same_each_time(make):
    """Determinism; text cannot break out of the page; another title has another name in
    links.
    """
    assert make().html() == make().html()
    assert "</script><b>" not in make(title="</script><b>").html()
    assert make(title="Other")._name() != make()._name()
    evil = a_simplex(names=("</script><b>", '"><b>', "&")).html()
    assert "<b>" not in evil


def test_the_stills_show_draws_and_paths():
    """Before the script there is a picture with words: the race has a line in the
    colour of each racer.
    """
    html = a_race().html()
    for name in RACERS:
        assert name in a_race().alt
        assert f"stroke:{METHOD_COLOURS[name]}" in html.replace(" ", "")
    assert "50 draws" in a_simplex().alt
    for element in (a_race(), a_simplex()):
        assert "JavaScript" in element.html()


def test_the_elements_are_light():
    """The five scripts are less than 13 kB compressed and have at most 300 lines, and
    the data of an element are less than 2 kB.
    """
    texts = [web_source(name) for name in SCRIPTS]
    assert sum(len(gzip.compress(text.encode())) for text in texts) < 13_000
    assert max(text.count("\n") for text in texts) <= 300
    for make in MAKERS:
        assert len(script_of(make())) < MOST_BYTES
    assert json.loads(script_of(a_race()))["steps"] == 400


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"names": ("A", "B")}, "names must be three"),
        ({"names": ("A", "A", "B")}, "names of the tokens must differ"),
        ({"target": (0.5, 0.5)}, "target must be three"),
        ({"target": (0.5, 0.5, float("nan"))}, "target must be finite"),
        ({"draws": 1}, "draws must lie between 2 and 20,000; got 1"),
        ({"sliders": {"speed": (1, 2)}}, "no slider 'speed'; there are logit0"),
        ({"sliders": {"tau": (0.0, 0.5)}}, "tau must be positive"),
        ({"start": {"tau": 0.4}}, "tau cannot start at 0.4; it has"),
    ],
)
def test_what_does_not_fit_three_tokens_is_named(options, complaint):
    """Wrong names, targets, draws and sliders are refused by name."""
    with pytest.raises(ValueError, match=complaint):
        a_simplex(**options)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"paths": {"REINFORCE": [0.0, 1.0]}}, "paths must be those of REINFORCE, con"),
        ({"paths": some_paths() | {"REBAR": [0.0]}}, "path of 'REBAR' must be finite"),
        ({"runs": 200}, "must lie between 1 and 50,000; got 200 times 400"),
        ({"goal": 0.4}, "goal must lie between 0.5 and 1; got 0.4"),
        ({"sliders": {"t": (0.45, 0.5)}}, "t must not be 0.5"),
        ({"sliders": {"rate": (0.0, 1.0)}}, "rate must be positive"),
        ({"start": {"speed": 1}}, "no slider 'speed'; there are t, tau, rate, start"),
    ],
)
def test_what_does_not_fit_a_race_is_named(options, complaint):
    """Wrong paths, runs, goals and sliders are refused by name."""
    with pytest.raises(ValueError, match=complaint):
        a_race(**options)


def test_points_that_are_no_shares_are_named():
    """A point that does not add up to one is named, and so is a wrong shape."""
    from lecture_code.show import choice_simplex

    with pytest.raises(ValueError, match=r"add up to 1; point 1 is \[0.5, 0.5, 0.5\]"):
        choice_simplex([[1, 0, 0], [0.5, 0.5, 0.5]], title="t")
    with pytest.raises(ValueError, match=r"shape \(n, 3\); got \(2,\)"):
        choice_simplex([0.5, 0.5], title="t")


# --- in the browser ---


@pytest.fixture
def opened(visit):
    """`opened()` opens a page with both, and waits until both are awake."""

    def open_(**options):
        page = visit(a_simplex(), a_race(), **options)
        for name in ("choice-simplex", "estimator-race"):
            page.locator(name).scroll_into_view_if_needed()
            page.wait_for_selector(f"{name}[data-started]")
        return page

    return open_


def told(page, element, name):
    return page.locator(element).get_attribute(f"data-{name}")


def slider(page, knob):
    return page.locator(f"input[data-knob={knob}]")


def numbers(page, element, name):
    return [float(word) for word in told(page, element, name).split()]


@pytest.mark.browser
def test_the_simplex_by_keyboard_and_mouse(opened):
    """A key on the slider of τ and a click on a logit's slider change bias and
    variance; the status tells those of the estimate that the switch says; Reset brings
    the first ones back.
    """
    page = opened()
    name = "choice-simplex"
    first = numbers(page, name, "variance")
    page.locator(f"{name} input[data-knob=tau]").press("End")
    hot = numbers(page, name, "variance")
    assert hot[2] < 0.1 * first[2], "a high temperature has little variance"
    assert hot[:2] == first[:2], "REINFORCE has no temperature"
    box = slider(page, "logit0").bounding_box()
    page.mouse.click(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
    assert page.evaluate(f"{SIMPLEX}.logits") == [3, 0.5, 1]
    words = page.locator(f"{name} .rg-status").inner_text()
    assert "most probable token is A" in words and "Gumbel-softmax estimate" in words
    page.locator(f"{name} .rg-choice").get_by_text("hard, b").click()
    assert told(page, name, "hard") == "true"
    words = page.locator(f"{name} .rg-status").inner_text()
    shown = float(re.search(r"variance (\d+\.\d+)\.", words)[1])
    assert shown == pytest.approx(numbers(page, name, "variance")[3], abs=6e-4)
    page.locator(name).get_by_role("button", name="Reset").click()
    assert numbers(page, name, "variance") == first
    assert told(page, name, "hard") == "false"


@pytest.mark.browser
def test_soft_draws_lie_inside_and_hard_draws_at_the_corners(opened):
    """A soft draw is painted at its shares; a hard draw near the corner of its token,
    so that more draws take a larger area and no two lie on each other.
    """
    page = opened()
    soft = page.evaluate(
        f"""() => {{ const {{ triangle, found }} = {SIMPLEX}, {{ corners }} = triangle;
          return triangle.places.map((place, n) => [0, 1].map((axis) => place[axis]
            - [0, 1, 2].reduce((sum, i) =>
                sum + found.points[3 * n + i] * corners[i][axis], 0))).flat(); }}"""
    )
    assert len(soft) == 800 and np.abs(soft).max() < 1e-9
    page.evaluate(f"{SIMPLEX}.set('hard', 1)")
    places, tokens, corners = page.evaluate(
        f"""() => [{SIMPLEX}.triangle.places, [...{SIMPLEX}.found.tokens].slice(0, 400),
                   {SIMPLEX}.triangle.corners]"""
    )
    places = np.array(places)
    apart = np.linalg.norm(places[:, None] - np.array(corners)[None], axis=2)
    assert apart.argmin(axis=1).tolist() == tokens
    between = np.linalg.norm(places[:, None] - places[None], axis=2)
    assert between[np.triu_indices(400, 1)].min() > 2


@pytest.mark.browser
def test_the_race_at_the_cursor(opened):
    """The cursor reads the same race: at step 0 all racers are at the start; at the end
    the unbiased ones have arrived and Gumbel-softmax has not; the numbers beside the
    names are those of the data; the pointer moves the cursor.
    """
    page = opened()
    name = "estimator-race"
    arrived = dict(zip(RACERS, numbers(page, name, "arrived"), strict=True))
    assert arrived["optimal baseline"] == 20 and arrived["REBAR"] > 15
    assert arrived["Gumbel-softmax"] == arrived["straight-through Gumbel"] == 0
    thetas = numbers(page, name, "theta")
    readouts = page.locator(f"{name} .rg-readout").all_inner_texts()
    for theta, count, readout in zip(thetas, arrived.values(), readouts, strict=True):
        share, runs = readout.split(" · ")
        assert float(share) == pytest.approx(1 / (1 + np.exp(-theta)), abs=6e-3)
        assert runs == f"{count:.0f}/20"
    slider(page, "at").press("Home")
    assert told(page, name, "step") == "0"
    assert numbers(page, name, "theta") == [0] * 6
    box = page.locator(f"{name} .rg-regret canvas").bounding_box()
    x = page.evaluate(f"{RACE}.lines.x(200)")
    page.mouse.click(box["x"] + x, box["y"] + box["height"] / 2)
    assert told(page, name, "step") == "200"
    slider(page, "at").press("End")
    assert numbers(page, name, "theta") == thetas


@pytest.mark.browser
def test_on_average_the_gumbel_learner_stops_where_it_is_told(opened):
    """With a small rate the Gumbel-softmax learner stays within 0.1 of the probability
    that the status names, though the better choice is elsewhere.
    """
    page = opened()
    for knob, at in (("rate", 2), ("tau", 4), ("start", 1)):
        page.evaluate("(given) => " + RACE + ".set(...given)", [knob, at])
    assert page.evaluate(f"{RACE}.settings.rate") == 0.5
    words = page.locator("estimator-race .rg-status").inner_text()
    rest = float(re.search(r"zero at P\(b = 1\) = ([\d.]+)", words)[1])
    last = page.evaluate(
        f"""() => Array.from({{ length: 20 }}, (_, r) =>
          RealityGap.estimators.sigmoid({RACE}.path(r, 3)[400]))"""
    )
    assert 0.2 < rest < 0.45
    assert np.mean(last) == pytest.approx(rest, abs=0.1)


@pytest.mark.browser
def test_the_race_plays_to_its_end(opened):
    """Play starts at step 0 and moves the cursor; Pause stops it; a race that is over
    begins anew; an element that leaves the page stops.
    """
    page = opened()
    button = page.locator("estimator-race .rg-play")
    button.press("Enter")
    assert button.get_attribute("aria-label") == "Pause"
    page.wait_for_function(f"+{RACE}.dataset.step > 8")
    button.press("Enter")
    stopped = int(told(page, "estimator-race", "step"))
    assert 8 < stopped < 400 and told(page, "estimator-race", "playing") == "false"
    page.evaluate(f"{RACE}.set('at', 96); {RACE}.play()")
    page.wait_for_selector("estimator-race[data-step='400'][data-playing=false]")
    page.evaluate(f"() => {{ {RACE}.play(); {RACE}.remove(); }}")
    assert page.evaluate(f"{RACE}") is None


@pytest.mark.browser
@pytest.mark.parametrize("name", ["choice-simplex", "estimator-race"])
def test_a_link_brings_a_state_back(name, opened):
    """ "New seed" changes what is drawn; a link holds the seed and all controls; a
    state that a control lacks changes nothing.
    """
    page = opened()
    one = f"document.querySelector('{name}')"
    what = "variance" if name == "choice-simplex" else "theta"
    first = told(page, name, what)
    page.locator(name).get_by_role("button", name="New seed").click()
    assert told(page, name, "seed") == "2" and told(page, name, what) != first
    page.evaluate(f"for (const {{ data }} of {one}.controls) {one}.set(data.knob, 1)")
    state = page.evaluate(f"{one}.linkState()")
    found = told(page, name, what)
    address = page.evaluate(
        "([key, state]) => RealityGap.address(key, state)",
        [told(page, name, "link"), state],
    )
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector(f"{name}[data-started]")
    assert page.evaluate(f"{one}.linkState()") == state
    assert told(page, name, what) == found and set(state.values()) == {1, 2}
    for wrong in ({"tau": 99}, {"seed": -1}, {"tau": 0.5}):
        page.evaluate("(state) => " + one + ".restore(state)", state | wrong)
    assert page.evaluate(f"{one}.linkState()") == state


@pytest.mark.browser
@pytest.mark.parametrize(
    ("width", "scheme"), [(390, "dark"), (740, "light"), (1280, "light")]
)
def test_nothing_sticks_out_and_nothing_jumps(opened, width, scheme):
    """On a phone, a tablet and a desk the page is as wide as the screen, no slider
    moves what is below, and buttons are high enough for a finger.
    """
    page = opened(width=width, scheme=scheme)

    def feet():
        boxes = [page.locator(name).bounding_box() for name in NAMES.split(", ")]
        return [box["y"] + box["height"] for box in boxes]

    before = feet()
    page.evaluate(
        f"""() => {{ {SIMPLEX}.set("tau", 0); {SIMPLEX}.set("hard", 1);
                     {SIMPLEX}.set("logit2", 24); {RACE}.set("t", 11);
                     {RACE}.set("tau", 0); {RACE}.set("at", 3);
                     {RACE}.set("rate", 5); }}"""
    )
    assert feet() == before
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for one in page.locator(f":is({NAMES}) :is(.rg-button, .rg-range)").all():
        assert one.bounding_box()["height"] >= 32


@pytest.mark.browser
def test_elements_that_are_moved_go_on(opened):
    """Elements that leave the page and come back keep their state, and work."""
    page = opened()
    page.evaluate(f"{SIMPLEX}.set('tau', 2); {RACE}.set('tau', 2)")
    page.evaluate(
        f"""() => {{ for (const one of [{SIMPLEX}, {RACE}]) {{
                       one.remove();
                       document.body.append(one); }} }}"""
    )
    for name, one in (("choice-simplex", SIMPLEX), ("estimator-race", RACE)):
        page.locator(f"{name} input[data-knob=tau]").press("ArrowRight")
        assert page.evaluate(f"{one}.knob('tau').position") == 3


@pytest.mark.browser
def test_nothing_is_computed_before_it_is_seen(visit):
    """Far below the screen an element keeps its still picture until it is scrolled
    to.
    """

    class Gap:
        def html(self):
            return '<div style="height: 5000px"></div>'

    page = visit(Gap(), a_simplex(), Gap(), a_race())
    still = {"choice-simplex": ".rg-triangle svg", "estimator-race": ".rg-regret svg"}
    for name, picture in still.items():
        page.wait_for_selector(f"{name}[data-ready]")
        assert told(page, name, "started") is None
        assert page.locator(f"{name} {picture}").is_visible()
        page.locator(name).scroll_into_view_if_needed()
        page.wait_for_selector(f"{name}[data-started]")
        assert not page.locator(f"{name} {picture}").is_visible()


@pytest.mark.browser
def test_without_javascript_there_is_a_picture(open_page, write_page):
    """Without JavaScript the pictures are visible, and no control is."""
    page = open_page(write_page(a_simplex(), a_race()), javascript=False).page
    for picture in (".rg-triangle svg", ".rg-regret svg"):
        assert page.locator(picture).is_visible()
    for hidden in ("canvas", "input", "button"):
        assert not any(part.is_visible() for part in page.locator(hidden).all())
    for words in page.locator(".rg-status").all_inner_texts():
        assert "JavaScript" in words


@pytest.mark.browser
@pytest.mark.parametrize(
    ("t", "words"),
    [
        (0.1, "zero at P(b = 1) below 0.01, and has the wrong sign below it"),
        (0.4, "zero at P(b = 1) = 0.27, and has the wrong sign below it"),
        (0.6, "zero at P(b = 1) = 0.73, and has the wrong sign above it"),
        (0.9, "zero at P(b = 1) above 0.99, and has the wrong sign above it"),
    ],
)
def test_the_race_says_where_the_sign_is_wrong(opened, t, words):
    """The status tells the place of the closed form, and on which side of it the sign
    is wrong: the quadrature is wrong there and right on the other side.
    """
    page = opened()
    at = SLIDERS["t"].index(t)
    page.evaluate("(given) => " + RACE + ".set(...given)", ["t", at])
    assert words in page.locator("estimator-race .rg-status").inner_text()
    signs = page.evaluate(
        """([t, tau]) => [-0.5, 0.5].map((step) => {
          const { borders, restingPlace, wrongSign } = RealityGap.estimators;
          const theta = restingPlace("soft", t, tau) + step;
          return wrongSign(borders(theta, tau).soft, t); })""",
        [t, 1.0],
    )
    assert signs == [words.endswith("below it"), words.endswith("above it")]
