"""What must hold of `<corridor-flight>`: its data, its still pictures, and what the
reader can do with it.
"""

import gzip
import json
import re
from base64 import b64decode

import numpy as np
import pytest
from flight_samples import NAMES, STACK, a_flight, a_network, for_page, some_looks

from lecture_code.show import corridor_flight
from lecture_code.show.assets import web_source
from lecture_code.show.flight_setup import draw_starts
from lecture_code.vision.grid_map import touching
from lecture_code.vision.lenses import lens_of

SCRIPTS = (
    "raycaster.js",
    "corridor-robot.js",
    "corridor-views.js",
    "corridor-flight.js",
)


def encoded(flight):
    return json.loads(
        re.search(r'<script type="application/json">(.*)</script>', flight.html())[1]
    )


# --- the data and the stills ---


def test_walls_and_textures_come_out_again():
    """Round trip: every wall, and every texture that a look needs to half of a 65,535th
    of its range.
    """
    data = encoded(a_flight())
    for packed, walls in zip(data["maps"], STACK.walls, strict=True):
        bits = np.unpackbits(np.frombuffer(b64decode(packed["walls"]), np.uint8))
        assert np.array_equal(bits.reshape(walls.shape), walls)
    for family, looks in some_looks().items():
        (shown,) = (f for f in data["families"] if f["family"] == family)
        textures = lens_of(family).textures(lens_of(family).count)
        for look, numbers in zip(shown["looks"], looks.walls, strict=True):
            for place, number in zip(look["walls"], numbers, strict=True):
                packed = data["textures"][place]
                whole = np.frombuffer(b64decode(packed["values"]), "<u2")
                found = packed["low"] + packed["span"] * whole / 65535
                np.testing.assert_allclose(
                    found, textures[number].ravel(), atol=0.51 * packed["span"] / 65535
                )


def test_the_still_shows_the_first_map_and_picture():
    """Before the script, and without it, there are the floor of the first map, the
    robot, its picture of 64 by 32 pixels, and words.
    """
    flight = a_flight()
    html = flight.html()
    floor = re.search(r'class="rg-floor" d="([^"]*)"', html)[1]
    area = sum(
        float(wide) * float(high) for wide, high in re.findall(r"h(.*?)v(.*?)h", floor)
    )
    assert area == pytest.approx((~STACK.walls[0]).sum() * STACK.cell**2)
    x, y, _ = flight.starts[0]
    assert f'cx="{x:.2f}" cy="{-y:.2f}"' in html
    png = b64decode(re.search(r"data:image/png;base64,([^\"]+)", html)[1])
    assert png[16:24] == bytes([0, 0, 0, 64, 0, 0, 0, 32])
    assert "needs JavaScript" in html and NAMES[0] in flight.alt


def test_the_same_flight_gives_the_same_bytes():
    """Determinism; and text cannot break out of the page."""
    assert a_flight().html() == a_flight().html()
    assert "</script><b>" not in a_flight(title="</script><b>").html()
    names = ["</script><b>", "<i>", "&"]
    assert "</script><b>" not in a_flight(names=names).html()


def test_three_networks_and_the_scripts_are_light():
    """Three networks of random weights, which compress worse than trained ones, and the
    element's scripts, are less than 160 kB compressed.
    """
    networks = {str(seed): for_page(a_network(seed)) for seed in range(3)}
    data = encoded(corridor_flight(STACK, networks, title="Fly"))["networks"]
    parts = [json.dumps(data), *map(web_source, SCRIPTS)]
    assert sum(len(gzip.compress(part.encode())) for part in parts) < 160_000


def test_starts_are_free_and_look_far():
    """The starts that are drawn leave twice the robot's radius free, and the way ahead
    is free for two metres.
    """
    starts = draw_starts(STACK, np.random.default_rng(0))
    maps = np.arange(len(STACK))
    for far in np.linspace(0, 2, 21):
        x = starts[:, 0] + far * np.cos(starts[:, 2])
        y = starts[:, 1] + far * np.sin(starts[:, 2])
        radius = 0.2 if far else 0.4
        assert not touching(STACK.walls, STACK.cell, maps, x, y, radius).any()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"names": ("one",)}, "there are 3 maps, and 1 names"),
        ({"starts": [[1, 1, 0]]}, r"starts must be \(3, 3\).*got \(1, 3\)"),
        ({"starts": np.zeros((3, 3))}, r"map 0 starts in a wall, at \(0.0, 0.0\)"),
        ({"starts": np.full((3, 3), np.nan)}, "starts must be finite"),
        ({"goals": {3: (8, 8)}}, "no map 3 for a goal; there are 3"),
        ({"goals": {1: (0.1, 0.2)}}, r"goal of map 1 lies in a wall, at \(0.1, 0.2\)"),
        ({"looks": {}, "policies": {}}, "at least one policy"),
        ({"policies": {"a": []}}, "'a': a network of the page has 6 layers; got 0"),
        ({"looks": {"blue": None}}, "no family of looks 'blue'"),
    ],
)
def test_what_does_not_fit_is_named(options, complaint):
    """Wrong names, starts, policies, networks and families are refused by name."""
    given = {"policies": {"ahead": None}, "title": "Fly"} | options
    with pytest.raises(ValueError, match=complaint):
        corridor_flight(STACK, given.pop("policies"), **given)


# --- the element ---

WAITING = "corridor-flight[data-started]"


@pytest.fixture
def flying(visit):
    """`flying()` opens a page with the element and waits until it is awake."""

    def open_(**options):
        page = visit(a_flight(), **options)
        page.wait_for_selector(WAITING)
        return page

    return open_


def told(page, name):
    return page.locator("corridor-flight").get_attribute(f"data-{name}")


def place(page, x, y, heading=0.0):
    page.evaluate(
        "(pose) => document.querySelector('corridor-flight').place(pose)",
        {"x": x, "y": y, "heading": heading},
    )


def spot(page, x, y):
    """Where a place of the map is on the screen."""
    return page.evaluate(
        """([x, y]) => {
          const one = document.querySelector("corridor-flight");
          const { left, top } = one.stage.getBoundingClientRect();
          const [px, py] = one.view.at(x, y);
          return [left + px, top + py];
        }""",
        [x, y],
    )


def robot(page):
    return [float(told(page, name)) for name in ("x", "y", "heading")]


@pytest.mark.browser
def test_buttons_fly_step_and_reset(flying):
    """Fly flies until it is paused, Step makes one control step, Reset goes back to
    where the flight began, and once more to the start of the map.
    """
    page = flying()
    start = robot(page)
    page.get_by_text("straight ahead", exact=True).click()
    page.get_by_role("button", name="Step").click()
    assert float(told(page, "metres")) == pytest.approx(0.8)
    page.get_by_role("button", name="Fly").click()
    page.wait_for_function(
        "+document.querySelector('corridor-flight').dataset.metres > 1"
    )
    page.get_by_role("button", name="Pause").click()
    assert told(page, "playing") == "false"
    page.get_by_role("button", name="Reset").click()
    assert robot(page) == start and float(told(page, "metres")) == 0
    place(page, start[0] + 1, start[1])
    page.get_by_role("button", name="Step").click()
    for x in (start[0] + 1, start[0]):
        page.get_by_role("button", name="Reset").click()
        assert robot(page)[0] == pytest.approx(x)


@pytest.mark.browser
def test_a_crashed_robot_stays_crashed(flying):
    """After a crash neither Fly nor Step nor another policy moves the robot; the status
    says how far it came; Reset and a new place let it fly again.
    """
    page = flying()
    page.get_by_text("straight ahead", exact=True).click()
    page.evaluate(
        """() => { const one = document.querySelector("corridor-flight");
                   for (let t = 0; t < 60; t++) one.step(); }"""
    )
    assert told(page, "crashed") == "true"
    there = robot(page), told(page, "metres")
    assert (
        f"Crashed after {float(there[1]):.1f} m"
        in page.locator(".rg-status").inner_text()
    )
    for name in ("Fly", "Step"):
        button = page.get_by_role("button", name=name)
        assert button.get_attribute("aria-disabled") == "true"
        button.click(force=True)
    assert not page.evaluate(
        """() => { const one = document.querySelector("corridor-flight");
                   one.play();
                   return one.playing; }"""
    )
    page.get_by_text("second", exact=True).click()
    assert (robot(page), told(page, "metres")) == there
    page.get_by_role("button", name="Reset").click()
    assert told(page, "crashed") == "false"
    page.get_by_role("button", name="Step").click()
    assert float(told(page, "metres")) > 0


@pytest.mark.browser
def test_a_robot_that_arrives_stops(flying):
    """With β above 0 a flight ends at the first step less than 0.8 m from its goal, and
    the status says so; with β = 0 the robot flies past the goal.
    """
    page = flying()
    x, y, heading = robot(page)
    page.evaluate(
        """([x, y]) => document.querySelector("corridor-flight").aimFor(x, y)""",
        [x + 1.3 * np.cos(heading), y + 1.3 * np.sin(heading)],
    )
    fly_on = """(beta) => { const one = document.querySelector("corridor-flight");
                  one.reset();
                  Object.assign(one.flight.setup, { betas: [0, 1e6] });
                  one.set("beta", beta);
                  const more = one.advance(4);
                  one.show();
                  return more || one.flight.crashed; }"""
    assert not page.evaluate(fly_on, 1)
    assert float(told(page, "metres")) == pytest.approx(0.8)
    words = page.locator(".rg-status").inner_text()
    assert words == "Arrived after 0.8 m, β = 1000000."
    assert page.evaluate(fly_on, 0)
    assert "Arrived" not in page.locator(".rg-status").inner_text()


@pytest.mark.browser
def test_a_map_brings_its_goal(visit):
    """The element opens with the goal of its first map, which its still shows, too; the
    status says that β = 0 knows no goal; another map has another goal, or none.
    """
    x, y, _ = a_flight().starts[0]
    element = a_flight(goals={0: (x, y), 2: (8.0, 8.0)})
    assert f'<circle cx="{x:.2f}" cy="{-y:.2f}" r=".25"' in element.html()
    page = visit(element)
    page.wait_for_selector(WAITING)
    goal = "document.querySelector('corridor-flight').flight.goal"
    assert page.evaluate(goal) == pytest.approx({"x": x, "y": y})
    assert "does not know its goal" in page.locator(".rg-status").inner_text()
    for number, expected in ((1, None), (2, {"x": 8, "y": 8})):
        page.select_option("[data-knob=map]", str(number))
        assert page.evaluate(goal) == expected


@pytest.mark.browser
def test_the_robot_is_dragged_turned_and_sent(flying):
    """The mouse moves the robot, but not into a wall, turns it by its ring, and a click
    elsewhere sets a goal.
    """
    page = flying()
    x, y, _ = robot(page)
    page.mouse.move(*spot(page, x, y))
    page.mouse.down()
    page.mouse.move(*spot(page, x + 1, y), steps=4)
    assert robot(page)[:2] == pytest.approx([x + 1, y], abs=0.02)
    page.mouse.move(*spot(page, -0.1, -0.1))  # outside
    page.mouse.up()
    assert robot(page)[:2] == pytest.approx([x + 1, y], abs=0.02)
    ring = page.evaluate(
        """() => { const one = document.querySelector("corridor-flight");
                   const { left, top } = one.stage.getBoundingClientRect();
                   const [px, py] = one.view.ring(one.flight.pose);
                   return [left + px, top + py]; }"""
    )
    page.mouse.move(*ring)
    page.mouse.down()
    page.mouse.move(*spot(page, x + 1, y + 2), steps=4)
    page.mouse.up()
    assert robot(page)[2] == pytest.approx(np.pi / 2, abs=0.05)
    page.mouse.click(*spot(page, 8.0, 8.0))
    goal = page.evaluate("document.querySelector('corridor-flight').flight.goal")
    assert [goal["x"], goal["y"]] == pytest.approx([8, 8], abs=0.05)


def upright_way():
    """A place in the first map from which 1.5 m along y are free."""
    y, x = np.mgrid[1:13:0.25, 1:15:0.25].reshape(2, -1)
    free = np.ones(len(x), dtype=bool)
    for far in np.arange(0, 1.6, 0.1):
        maps = np.zeros(len(x), dtype=np.int64)
        free &= ~touching(STACK.walls, STACK.cell, maps, x, y + far, 0.3)
    return float(x[free][0]), float(y[free][0])


@pytest.mark.browser
def test_a_finger_drags_the_robot_and_scrolls_the_page(flying):
    """On a touch screen a finger on the robot drags it; a finger elsewhere on the map
    scrolls the page, and sets no goal.
    """
    page = flying(width=390, has_touch=True)
    page.add_style_tag(content="body { padding-bottom: 2000px; }")
    session = page.context.new_cdp_session(page)

    def touch(*places):
        for kind, place in zip(("Start", "Move", "Move"), places, strict=True):
            points = [{"x": place[0], "y": place[1]}]
            session.send(
                "Input.dispatchTouchEvent",
                {"type": f"touch{kind}", "touchPoints": points},
            )
        session.send(
            "Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []}
        )

    x, y = upright_way()
    place(page, x, y)
    touch(spot(page, x, y), spot(page, x, y + 0.75), spot(page, x, y + 1.5))
    assert robot(page)[:2] == pytest.approx([x, y + 1.5], abs=0.05)
    assert page.evaluate("scrollY") == 0
    px, py = spot(page, 8, 6)
    touch((px, py), (px, py - 100), (px, py - 200))
    page.wait_for_function("scrollY > 50")
    assert (
        page.evaluate("document.querySelector('corridor-flight').flight.goal") is None
    )


@pytest.mark.browser
def test_the_keyboard_does_all(flying):
    """Arrows turn and move the robot, Enter takes a step, space flies and pauses, and G
    sets the goal where the robot is.
    """
    page = flying()
    x, y, _ = robot(page)
    stage = page.get_by_role("application")
    stage.focus()
    stage.press("ArrowUp")
    assert robot(page)[0] == pytest.approx(x + 0.1)
    stage.press("ArrowDown")
    stage.press("ArrowLeft")
    assert robot(page) == pytest.approx([x, y, np.deg2rad(5)])
    stage.press("Shift+ArrowRight")
    assert robot(page)[2] == pytest.approx(np.deg2rad(-10))
    stage.press("g")
    goal = page.evaluate("document.querySelector('corridor-flight').flight.goal")
    assert [goal["x"], goal["y"]] == pytest.approx([x, y])
    page.get_by_text("straight ahead", exact=True).click()
    stage.press("ArrowRight")
    stage.press("ArrowLeft")
    stage.press("Enter")
    assert float(told(page, "metres")) == pytest.approx(0.8)
    stage.press(" ")
    assert told(page, "playing") == "true"
    stage.press(" ")
    assert told(page, "playing") == "false"


@pytest.mark.browser
def test_a_link_brings_everything_back(flying, visit):
    """The state of all controls, the robot and the goal survive the address; a state
    with a robot in a wall, or with a position that a control lacks, changes nothing.
    """
    page = flying()
    page.select_option("[data-knob=map]", "2")
    x, y, _ = robot(page)
    page.evaluate(
        """() => { const one = document.querySelector("corridor-flight");
          for (const [knob, at] of [["policy", 1], ["family", 1], ["horizon", 2],
                                    ["beta", 4], ["look", 1]]) one.set(knob, at);
          for (const made of one.controls)
            made.position = one.flight.values[made.data.knob];
          one.querySelector("[data-knob=fan]").click();
          one.aimFor(3, 4);
          one.place({ x: one.flight.pose.x, y: one.flight.pose.y, heading: 0.5 }); }"""
    )
    state = page.evaluate("document.querySelector('corridor-flight').linkState()")
    key = told(page, "link")
    address = page.evaluate(
        "([key, state]) => RealityGap.address(key, state)", [key, state]
    )
    assert state["policy"] == 1 and state["fan"] == 1 and state["gy"] == 4
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector(WAITING)
    again = page.evaluate("document.querySelector('corridor-flight').linkState()")
    assert again == pytest.approx(state, abs=1e-4)
    assert page.locator("[data-knob=fan]").is_checked()
    for wrong in ({"x": 0.1, "y": 0.1}, {"policy": 9}, {"look": -1}, {"fan": 7}):
        page.evaluate(
            "(state) => document.querySelector('corridor-flight').restore(state)",
            state | wrong | {"heading": 1.0},
        )
    assert robot(page) == pytest.approx([x, y, 0.5], abs=1e-4)


@pytest.mark.browser
def test_an_element_that_is_moved_goes_on(flying):
    """An element that leaves the page and comes back keeps its flight and its controls,
    and works.
    """
    page = flying()
    page.get_by_text("straight ahead", exact=True).click()
    page.get_by_role("button", name="Step").click()
    page.evaluate(
        """() => { const one = document.querySelector("corridor-flight");
                   one.remove();
                   document.body.append(one); }"""
    )
    assert page.get_by_role("radio", name="straight ahead").is_checked()
    page.get_by_role("button", name="Step").click()
    assert float(told(page, "metres")) == pytest.approx(1.6)
    assert page.locator(".rg-map .rg-bar").count() == 1


@pytest.mark.browser
def test_the_exact_label_is_told(flying):
    """With the roll-outs on, the words give the exact label of the chosen aim as soon
    as all of them are computed; another H needs no new look at the first steps.
    """
    page = flying()
    page.get_by_label("exact roll-outs of every aim").click()
    page.wait_for_function(
        "document.querySelector('.rg-told').textContent.includes('exact')"
    )
    label, aim = page.evaluate(
        """() => { const one = document.querySelector("corridor-flight");
                   const aim = +one.dataset.aim;
                   return [one.flight.fan.labels(5)[aim], aim]; }"""
    )
    words = page.locator(".rg-told").inner_text()
    assert words.endswith(f"exact {label:.2f}") and f"Aim {aim + 1} of 15" in words


@pytest.mark.browser
@pytest.mark.parametrize(
    ("width", "scheme"), [(390, "light"), (390, "dark"), (740, "light"), (1280, "dark")]
)
def test_nothing_sticks_out(flying, width, scheme):
    """On a phone, a tablet and a desk the page is as wide as the screen, the buttons
    stay below the map, and the bars stand under the picture, as wide as it.
    """
    page = flying(width=width, scheme=scheme)
    bar, stage = (page.locator(f".rg-map .rg-{name}") for name in ("bar", "stage"))
    assert bar.evaluate("(box) => box.scrollWidth <= box.clientWidth")
    assert bar.bounding_box()["width"] == stage.bounding_box()["width"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    view, bars = (
        page.locator(f".rg-{name}").bounding_box() for name in ("view", "bars")
    )
    assert (view["x"], view["width"]) == (bars["x"], bars["width"])
    assert view["y"] + view["height"] == pytest.approx(bars["y"], abs=1)


@pytest.mark.browser
def test_nothing_is_computed_before_it_is_seen(visit, tall_gap):
    """An element far below the screen keeps its still picture until it is scrolled to;
    it works without a request.
    """
    page = visit(tall_gap, a_flight())
    page.wait_for_selector("corridor-flight[data-ready]")
    assert told(page, "started") is None
    assert not page.evaluate(
        "'networks' in document.querySelector('corridor-flight').flight"
    )
    assert page.locator(".rg-view img").is_visible()
    page.locator("corridor-flight").scroll_into_view_if_needed()
    page.wait_for_selector(WAITING)
    assert page.locator(".rg-map canvas").is_visible()


@pytest.mark.browser
def test_without_javascript_there_is_a_picture(open_page, write_page):
    """Without JavaScript the map and the picture are visible, and no control is."""
    page = open_page(write_page(a_flight()), javascript=False).page
    assert page.locator(".rg-map svg").is_visible()
    assert page.locator(".rg-view img").is_visible()
    assert not page.locator(".rg-choices").is_visible()
    assert "needs JavaScript" in page.locator(".rg-status").inner_text()
