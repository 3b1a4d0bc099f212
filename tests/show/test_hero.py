"""What must hold of the moving picture, of links that restore a state, and of what the
browser remembers.
"""

import json
import re

import numpy as np
import pytest
from show_samples import draw_line, draw_replay, make_robot

from lecture_code.experiments import load_policy
from lecture_code.figures.dynamics.reality_gap import two_worlds
from lecture_code.figures.landing import REAL, make_hero
from lecture_code.learning import LinearPolicy
from lecture_code.show import Hero, Replay, explore, playground, predict
from lecture_code.simulation import make_world

browser = [pytest.mark.browser, pytest.mark.usefixtures("building")]


def make():
    robot = make_robot(speed=3.0)
    above = (0.0, 4.0)
    fast = Replay([robot], "a chain and a point above", dt=1 / 30, target=above)
    return Hero(draw_replay(2.0), {"slow": draw_replay(1.0), "fast": fast})


def test_a_hero_has_two_or_three_worlds_to_choose_from():
    """One world, four worlds or a start that does not exist are refused by name."""
    for worlds, start in ((1, 0), (4, 0), (2, 2)):
        with pytest.raises(ValueError, match="two or three worlds"):
            Hero(
                draw_replay(1.0),
                {str(n): draw_replay(1.0) for n in range(worlds)},
                start=start,
            )


def test_the_books_hero_shows_the_failure():
    """On each "real" robot the landing page's cheetah falls over within less than half
    of the simulator's way, its alternative text says so, and four recordings are under
    65 kB.
    """
    made = make_hero()
    [simulator] = made.simulator.robots
    assert simulator.root_x[-1] > 20
    assert len(made.worlds) == 3
    for replay in made.worlds.values():
        assert replay.robots[0].root_x[-1] < 0.5 * simulator.root_x[-1]
        assert replay.alt in made.alt and "falls over" in replay.alt
    assert "falls over" not in made.simulator.alt
    starts, home, *away = (int(n) for n in re.findall(r"\d+", made.caption))
    assert starts == 20 and len(away) == 2 and away == sorted(away)
    assert home < 3 < 10 < away[0]  # few at home, and more than half elsewhere
    assert made.caption in made.html()
    assert len(made.html().encode()) < 65_000


def test_the_hero_and_the_chapter_film_the_same_start():
    """The robot with late motors goes as far as in the chapter's first film."""
    simulator = make_world("half_cheetah")
    policy = load_policy("half_cheetah", seed=1)
    late = "motors 50 ms late"
    chapter = two_worlds(
        simulator.change(action_delay=1),
        simulator,
        policy,
        name=late,
        title="Both",
        steps=160,
    )
    hero = make_hero()
    for ours, theirs in zip(
        (hero.worlds[late], hero.simulator), chapter.robots, strict=True
    ):
        assert np.array_equal(ours.robots[0].root_x, theirs.root_x)


def test_the_buttons_name_the_amount_that_differs():
    """Each button of the book's hero holds a number, and the world differs by it."""
    simulator = make_world("half_cheetah")
    shares = {"40 %": 0.6, "50 ms": 1}  # 1 control step
    assert simulator.dt == pytest.approx(0.05)
    for what, knobs in REAL.items():
        [value] = knobs.values()
        assert [share for words, share in shares.items() if words in what] == [value]


HERO = "document.querySelector('robot-hero')"


class TestInABrowser:
    pytestmark = browser

    def test_both_worlds_play_at_once_and_the_buttons_choose_the_second(self, visit):
        """With motion the two replays that are seen move by themselves, at the same
        time; another button shows another world, from the beginning.
        """
        page = visit(make())
        page.emulate_media(reduced_motion="no-preference")
        page.reload()
        page.wait_for_function(f"+{HERO}.dataset.t > 0.1")
        assert page.locator("robot-replay:visible").count() == 2
        times = f"{HERO}.pair.map((replay) => +replay.dataset.t)"
        left, right = page.evaluate(times)
        assert left == right > 0
        page.evaluate(f"{HERO}.pause()")
        page.evaluate(f"{HERO}.seek(1.5)")
        page.get_by_text("fast", exact=True).click()
        assert page.evaluate(f"{HERO}.t") < 1
        assert page.evaluate(f"{HERO}.playing")
        assert page.locator("robot-replay:visible").count() == 2
        assert page.locator("robot-replay").last.is_visible()
        page.get_by_role("button", name="Pause").click()
        assert not page.evaluate(f"{HERO}.playing")
        page.locator(".rg-stage:visible").last.click()
        assert page.evaluate(f"{HERO}.playing")
        assert not page.evaluate(f"{HERO}.pair.some((replay) => replay.playing)")

    def test_both_views_have_one_scale(self, visit):
        """The same heights are in view in all worlds, and the views stand side by side
        on a desk and one above the other on a phone.
        """
        page = visit(make())
        highs = page.evaluate(
            "[...document.querySelectorAll('robot-replay')]"
            ".map((replay) => replay.recording.high)"
        )
        assert len(highs) == 3 and len(set(highs)) == 1
        views = page.locator("robot-replay:visible")
        left, right = (views.nth(at).bounding_box() for at in range(2))
        assert left["y"] == right["y"] and left["x"] + left["width"] <= right["x"]
        page.set_viewport_size({"width": 390, "height": 844})
        above, below = (views.nth(at).bounding_box() for at in range(2))
        assert above["x"] == below["x"] and above["y"] + above["height"] <= below["y"]

    def test_it_is_still_where_motion_is_unwelcome(self, visit):
        """With prefers-reduced-motion the posters stand and nothing moves, also after
        a switch, until the reader presses Play.
        """
        page = visit(make())
        assert page.locator(".rg-poster:visible").count() == 2
        page.get_by_text("fast", exact=True).click()
        assert page.locator(".rg-poster:visible").count() == 2
        assert not page.evaluate(f"{HERO}.playing")
        page.get_by_role("button", name="Play").click()
        page.wait_for_function(f"{HERO}.t > 0.1")

    def test_without_javascript_all_worlds_are_seen(self, visit):
        """Without a script the posters of all worlds are there."""
        page = visit(make(), javascript=False)
        assert page.locator(".rg-poster:visible").count() == 3

    def test_a_link_restores_sliders_buttons_and_time(self, open_page, write_page):
        """The address that Copy link gives opens the page with the same frame; one made
        in Python as well; one that cannot be read changes nothing.
        """
        made = explore(
            lambda slope, kind: draw_line(slope, float(kind == "high")),
            slope=[1, 2, 3],
            kind=["low", "high"],
        )
        address = write_page(made, draw_replay(2.0))
        page = open_page(address).page
        page.get_by_role("slider", name="slope").press("Home")
        page.get_by_text("low", exact=True).click()
        link = page.evaluate(
            "(() => { const one = document.querySelector('flip-book'); return "
            "RealityGap.address(one.dataset.link, one.linkState()); })()"
        )
        page.get_by_role("button", name="Copy link").first.click()
        page.locator("[data-done]").wait_for()
        other = open_page(link).page
        assert other.locator("flip-book").get_attribute("data-key") == "0,0"
        assert other.get_by_role("radio", name="low").is_checked()
        other.get_by_role("button", name="Reset").click()
        assert other.locator("flip-book").get_attribute("data-key") == "1,1"
        third = open_page(address + made.link(slope=3, kind="low")).page
        assert third.locator("flip-book").get_attribute("data-key") == "2,0"
        for wrong in ("=9,1=0", "=x,1=0", "=", "=%E0%A4%A,1=0"):
            broken = open_page(address + made.link().split(":")[0] + ":0" + wrong)
            assert broken.page.locator("flip-book").get_attribute("data-key") == "1,1"
            assert broken.errors == []
        key = draw_replay(2.0).html().split('data-link="')[1].split('"')[0]
        fourth = open_page(f"{address}#rg1={key}:t=1.5,speed=0.5").page
        assert fourth.locator("robot-replay").last.get_attribute("data-t") == "1.5"

    def test_a_playground_is_restored_without_the_engine(self, visit):
        """The sliders of a playground stand where the link says, and a position that
        its sliders have not is ignored.
        """
        world = make_world("hopper")
        made = playground(
            world,
            LinearPolicy.initial(11, 3),
            {"gravity": (-16, -4), "action_delay": (0, 3)},
            title="Linked",
            seconds=0.1,
        )
        assert made.link(gravity=-9.81, action_delay=2).endswith(
            "action_delay=2,start=0"
        )
        with pytest.raises(ValueError, match="no 7 for 'action_delay' here"):
            made.link(action_delay=7)
        page = visit(made)
        set_hash = "(hash) => { location.hash = hash; }"
        place = "document.querySelector('mujoco-playground').linkState().action_delay"
        page.evaluate(set_hash, made.link(action_delay=9 - 7))
        page.wait_for_function(f"{place} === 2")
        page.evaluate(set_hash, made.link().replace("delay=0", "delay=99"))
        page.evaluate("new Promise((done) => setTimeout(done))")
        assert page.evaluate(place) == 2

    def test_the_line_tells_what_was_answered_and_forgets_on_request(
        self, open_page, write_page, tmp_path
    ):
        """An answered question and read sections are counted; Export holds them, Delete
        forgets them.
        """
        asked = predict("Which?", ["a", "b"], 0, "So.")
        line = "<reading-progress><p>Remembered here only.</p></reading-progress>"
        address = write_page(asked)
        text = (tmp_path / "page.html").read_text(encoding="utf-8")
        text = text.replace(
            '<html lang="en">', '<html lang="en" data-content_root="./">'
        )
        sections = "".join(
            f'<section id="s{n}"><h2>{n}</h2><p>words</p></section>' for n in (1, 2)
        )
        body = (
            f'<div class="bd-article"><section><h1>Page</h1>{sections}</section></div>'
        )
        text = text.replace("<body>", f"<body>{line}{body}")
        (tmp_path / "page.html").write_text(text, encoding="utf-8")
        page = open_page(address).page
        assert page.locator("reading-progress").inner_text() == "Remembered here only."
        page.get_by_label("b").check()
        page.get_by_role("button", name="Commit").click()
        page.wait_for_function("localStorage.getItem('rg-reading')?.includes('s2')")
        page.reload()
        words = page.locator("reading-progress").inner_text()
        assert "2 sections on 1 page and answered 1 question." in words
        assert (
            page.get_by_role("link", name="Page").get_attribute("href").endswith("#s2")
        )
        with page.expect_download() as download:
            page.get_by_role("button", name="Export").click()
        kept = json.loads(download.value.path().read_text(encoding="utf-8"))
        assert any(key.startswith("rg-predict-") for key in kept)
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Delete").click()
        assert page.locator("reading-progress").inner_text() == "Remembered here only."
        assert page.evaluate("localStorage.length") == 0
