"""What must hold of the page's elements in a real browser, from a file and with the
network blocked.
"""

from dataclasses import replace

import numpy as np
import pytest
from show_samples import draw_line, draw_replay, make_robot, make_view

from lecture_code.show import (
    Beside,
    Prose,
    RecordedRobot,
    Replay,
    Table,
    explore,
    predict,
    quiz,
)

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("building")]

SLOPES = [-2, -1, 1, 2]
SPEEDS = [1.0, 2.0, 3.0]


def label(page):
    return page.locator(".rg-frame svg[role=img]").get_attribute("aria-label")


def value(page, name):
    return float(page.locator("robot-replay").first.get_attribute(f"data-{name}"))


# ---- flip-book ----


def test_the_slider_turns_the_pages_by_keyboard(visit):
    """Arrow keys show the neighbouring frame, its alt text and its value; Home and End
    the ends.
    """
    page = visit(explore(draw_line, slope=SLOPES, units={"slope": "m/s"}))
    slider = page.get_by_role("slider", name="slope")
    slider.focus()
    for key, slope, text in [
        ("ArrowRight", 2, "2 m/s"),
        ("Home", -2, "−2 m/s"),
        ("ArrowRight", -1, "−1 m/s"),
        ("End", 2, "2 m/s"),
    ]:
        page.keyboard.press(key)
        assert label(page) == draw_line(slope).alt
        assert (
            slider.get_attribute("aria-valuetext")
            == text
            == page.locator("output").inner_text()
        )
        assert page.locator("flip-book").get_attribute("data-key") == str(
            SLOPES.index(slope)
        )


def test_the_slider_turns_the_pages_by_mouse(visit):
    """A click at the left end of the track shows the first frame, a drag to the right
    end the last.
    """
    page = visit(explore(draw_line, slope=SLOPES))
    box = page.get_by_role("slider", name="slope").bounding_box()
    assert box["height"] >= 24
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 2, middle)
    page.mouse.down()
    assert label(page) == draw_line(-2).alt
    page.mouse.move(box["x"] + box["width"] - 2, middle, steps=5)
    page.mouse.up()
    assert label(page) == draw_line(2).alt


def test_every_frame_is_the_picture_that_draw_gives(visit):
    """Each position of both sliders shows the drawing of its values, as the browser
    reads it.
    """
    made = explore(draw_line, slope=SLOPES, offset=[0.0, 1.0])
    page = visit(made)
    turn = """([slope, offset]) => {
        const ranges = document.querySelectorAll('.rg-slider input');
        [slope, offset].forEach((at, i) => {
          ranges[i].value = at;
          ranges[i].dispatchEvent(new Event('input'));
        });
        return document.querySelector('.rg-frame').innerHTML;
    }"""
    parse = """(html) => {
        const made = document.createElement('template');
        made.innerHTML = html;
        return made.innerHTML;
    }"""
    for values in made.values():
        at = [int(position) for position in made.key(values).split(",")]
        assert page.evaluate(turn, at) == page.evaluate(
            parse, draw_line(**values).html()
        )


def test_one_at_a_time_takes_the_others_back(visit):
    """Moving the second slider returns the first to its start, and the reader is told
    so.
    """
    page = visit(
        explore(
            draw_line,
            slope=SLOPES,
            offset=[0.0, 1.0, 2.0],
            start={"slope": 1},
            one_at_a_time=True,
        )
    )
    page.get_by_role("slider", name="slope").press("Home")
    assert label(page) == draw_line(-2, 1.0).alt
    page.get_by_role("slider", name="offset").press("End")
    assert label(page) == draw_line(1, 2.0).alt
    assert page.get_by_role("slider", name="slope").input_value() == "2"
    assert "One at a time" in page.locator("flip-book").inner_text()


def test_a_page_is_turned_within_one_picture_of_the_screen(visit):
    """Turning does no work in proportion to the book: a frame that was shown keeps its
    nodes.
    """
    page = visit(explore(draw_line, slope=SLOPES))
    slider = page.get_by_role("slider", name="slope")
    slider.press("Home")
    page.evaluate("window.kept = document.querySelector('.rg-frame svg')")
    slider.press("ArrowRight")
    assert not page.evaluate("window.kept.isConnected")
    slider.press("ArrowLeft")
    assert page.evaluate("window.kept === document.querySelector('.rg-frame svg')")


# ---- robot-replay ----


def test_a_replay_stands_where_the_recording_stands(visit):
    """At every frame data-x is the recorded root position in float32, exactly, and
    data-t its time.
    """
    robot = make_robot(frames=97)
    page = visit(
        Replay(
            [robot, make_robot("other", speed=1.0, ghost=True)], "two chains", dt=1 / 30
        )
    )
    for frame in (0, 1, 40, 95, 96):
        page.evaluate(
            "(frame) => document.querySelector('robot-replay').seek(frame)", frame
        )
        assert value(page, "x") == float(np.float32(robot.root_x[frame]))
        assert (
            value(page, "t") == pytest.approx(frame / 30)
            and value(page, "frame") == frame
        )


def test_between_frames_movement_is_interpolated(visit):
    """Half-way between two frames the root is half-way, and a capsule turns the short
    way round.
    """
    root = np.array([0.0, 1.0, 2.0])
    view = make_view(3, root, capsules=1)
    view.angle[:, 0] = [3.1, 3.1 + 0.2, 0.0]
    page = visit(Replay([RecordedRobot("one", view, root)], "one capsule", dt=1.0))
    page.evaluate("document.querySelector('robot-replay').seekTime(0.5)")
    x, angle = page.evaluate(
        "(() => { const [p] = document.querySelector('robot-replay').poses(); return "
        "[p.x, p.capsules[0][2]]; })()"
    )
    assert x == 0.5
    assert (angle - 3.2 + np.pi) % (2 * np.pi) - np.pi == pytest.approx(0, abs=1e-3)


def test_the_last_frame_is_kept_when_frames_are_thinned(visit):
    """At 125 frames a second only every fourth is kept, and the end is still the end of
    the rollout, in time and place.
    """
    robot = make_robot(frames=150)
    page = visit(Replay([robot], "a thinned chain", dt=0.008))
    page.evaluate("document.querySelector('robot-replay').seekTime(99)")
    assert value(page, "x") == float(np.float32(robot.root_x[-1])) and value(
        page, "t"
    ) == pytest.approx(149 * 0.008)
    assert value(page, "frame") == 38  # 0, 4, …, 148 and 149
    assert f"return {robot.total:.0f}" in page.locator(".rg-readout").inner_text()
    page.evaluate("document.querySelector('robot-replay').seek(3)")
    assert value(page, "x") == float(np.float32(robot.root_x[12]))


def test_play_moves_the_robot_and_pause_stops_it(visit):
    """The poster is seen until the reader presses Play; then time and place advance;
    Pause holds them; Restart takes them back.
    """
    page = visit(draw_replay(2.0))
    assert (
        page.locator(".rg-poster").is_visible()
        and not page.locator("canvas").is_visible()
    )
    assert (
        page.locator("robot-replay").get_attribute("data-playing") == "false"
        and value(page, "t") == 0
    )
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("+document.querySelector('robot-replay').dataset.t > 0.2")
    page.get_by_role("button", name="Pause").click()
    t, x = value(page, "t"), value(page, "x")
    assert t > 0.2 and x > 0 and page.locator("canvas").is_visible()
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => "
        "requestAnimationFrame(done)))"
    )
    assert value(page, "t") == t
    page.get_by_role("button", name="Restart").click()
    assert value(page, "t") == 0 and value(page, "x") == 0


def test_a_replay_stops_at_its_end_and_starts_again(visit):
    """Playing runs to the end, pauses there, and Play begins anew."""
    page = visit(draw_replay(2.0))
    page.evaluate("document.querySelector('robot-replay').seekTime(4.9)")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(
        "document.querySelector('robot-replay').dataset.playing === 'false'"
    )
    assert value(page, "t") == pytest.approx(149 / 30)
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("+document.querySelector('robot-replay').dataset.t < 4")


def test_a_replay_is_worked_by_keyboard(visit):
    """Arrows on the scrub range move time, with the time in words; space plays and
    pauses.
    """
    page = visit(draw_replay(2.0))
    scrub = page.get_by_role("slider", name="Time")
    scrub.press("ArrowRight")
    assert value(page, "t") == pytest.approx(149 / 30 / 50)
    assert scrub.get_attribute("aria-valuetext") == "0.10 seconds"
    scrub.press("End")
    assert value(page, "t") == pytest.approx(149 / 30, abs=1e-3)
    scrub.press("Home")
    scrub.press(" ")
    page.wait_for_function(
        "document.querySelector('robot-replay').dataset.playing === 'true'"
    )
    scrub.press(" ")
    assert page.locator("robot-replay").get_attribute("data-playing") == "false"


def ink(page, colour):
    """How many pixels of the canvas have about this colour."""
    return page.evaluate(
        """(wanted) => {
            const canvas = document.querySelector('canvas');
            const pen = canvas.getContext('2d');
            const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
            const near = (i) => (part, k) => Math.abs(data[i + k] - part) < 12;
            let count = 0;
            for (let i = 0; i < data.length; i += 4)
              count += data[i + 3] > 200 && wanted.every(near(i));
            return count;
        }""",
        colour,
    )


@pytest.mark.parametrize(("frame", "share"), [(0, 1.0), (0.5, 0.5), (1, 0.0)])
def test_capsules_that_shorten_are_drawn_shorter(visit, frame, share):
    """From the frame of full length to that of none, the canvas shows the area of whole
    capsules, of half as long ones, and of balls.
    """
    robot = make_robot(colour="#d55e00", frames=3)
    full, radius = robot.view.half_length, robot.view.radius
    half = full * np.array([1.0, 0.0, 0.0])[:, None]
    robot = replace(robot, view=replace(robot.view, half_length=half))
    page = visit(Replay([robot], "a chain", dt=0.5))
    page.evaluate(f"document.querySelector('robot-replay').seek({frame})")
    scale = page.evaluate("document.querySelector('robot-replay').view.scale")
    area = float((4 * radius * share * full + np.pi * radius**2).sum())
    drawn = ink(page, [0xD5, 0x5E, 0x00]) / scale**2
    assert 0.75 * area < drawn <= 1.05 * area


@pytest.mark.parametrize("width", [1280, 390])
def test_the_robot_is_drawn_to_scale(visit, width):
    """The canvas shows the capsules in the robot's colour, about as many pixels as
    their areas in metres.
    """
    robot = make_robot(colour="#d55e00")
    page = visit(Replay([robot], "a chain", dt=1 / 30), width=width)
    page.evaluate("document.querySelector('robot-replay').seek(30)")
    scale = page.evaluate("document.querySelector('robot-replay').view.scale")
    area = float(
        (
            4 * robot.view.radius * robot.view.half_length
            + np.pi * robot.view.radius**2
        ).sum()
    )
    assert 0.5 * area < ink(page, [0xD5, 0x5E, 0x00]) / scale**2 <= 1.05 * area


def test_a_robot_out_of_view_is_pointed_at(visit):
    """The camera follows the first robot; the second, far behind, is not drawn, and its
    distance is written at the edge.
    """
    still = RecordedRobot(
        "still", make_view(150, np.zeros(150)), np.zeros(150), colour="#0072b2"
    )
    page = visit(Replay([make_robot(speed=20.0), still], "a race", dt=1 / 30))
    page.evaluate(
        """() => {
            window.written = []; const pen =
            document.querySelector('robot-replay').view.pen, write =
            pen.fillText.bind(pen); pen.fillText = (text, ...place) => {
            window.written.push(text); write(text, ...place); };
            document.querySelector('robot-replay').seek(120);
        }"""
    )
    assert any(text.startswith("← still, ") for text in page.evaluate("window.written"))


def test_what_a_replay_was_doing_goes_on_in_the_next_frame(visit):
    """Turning a page keeps the time of a paused replay and keeps a playing one playing,
    at its speed.
    """
    page = visit(explore(draw_replay, speed=SPEEDS))
    page.emulate_media(reduced_motion="no-preference")
    page.evaluate("document.querySelector('robot-replay').seekTime(1.5)")
    page.get_by_label("Speed", exact=True).select_option("0.1")
    slider = page.get_by_role("slider", name="speed", exact=True)
    slider.press("End")
    assert (
        value(page, "t") == 1.5
        and page.get_by_label("Speed", exact=True).input_value() == "0.1"
    )
    half = np.interp(1.5, np.arange(150) / 30, make_robot(speed=3.0).root_x)
    assert value(page, "x") == pytest.approx(half, abs=1e-5)
    page.get_by_role("button", name="Play").click()
    slider.press("Home")
    assert page.locator("robot-replay").get_attribute("data-playing") == "true"
    t = value(page, "t")
    page.wait_for_function(
        "(t) => +document.querySelector('robot-replay').dataset.t > t", arg=t
    )
    page.emulate_media(reduced_motion="reduce")
    slider.press("End")
    assert (
        page.locator("robot-replay").get_attribute("data-playing") == "false"
        and value(page, "t") >= t
    )


def test_a_recording_can_be_replaced(visit):
    """Setting `recording` on an element shows the new robots."""
    page = visit(draw_replay(1.0), draw_replay(3.0))
    page.evaluate(
        "(() => { const [a, b] = document.querySelectorAll('robot-replay'); "
        "a.recording = b.recording; a.seek(149); })()"
    )
    assert value(page, "x") == float(np.float32(make_robot(speed=3.0).root_x[-1]))
    assert page.locator("robot-replay").first.locator(".rg-bar").count() == 1


# ---- predict-then-reveal ----


def ask():
    return predict(
        "Which way?",
        ["up", "down"],
        answer=0,
        because="The slope is positive.",
        then=explore(draw_line, slope=SLOPES),
    )


def test_nothing_opens_before_the_commitment(visit):
    """What is behind is inert and its words unseen, the keyboard passes it by, and
    Commit waits for a choice.
    """
    page = visit(ask())
    assert page.locator(".rg-behind").evaluate("(box) => box.inert")
    assert not page.locator(".rg-answer").is_visible()
    assert page.get_by_role("button", name="Commit").is_disabled()
    for _ in range(8):
        page.keyboard.press("Tab")
        assert not page.evaluate(
            "document.querySelector('.rg-behind').contains(document.activeElement)"
        )


@pytest.mark.parametrize(
    ("option", "verdict"), [("up", "Yes, as you said."), ("down", "Not as you said.")]
)
def test_a_commitment_opens_in_place_and_judges(visit, option, verdict):
    """After Commit the reader is told, the explanation stands where the veil stood, the
    slider works, and what is above has not moved.
    """
    page = visit(ask())
    veil = page.locator(".rg-veil").bounding_box()
    before = page.locator(".rg-question").bounding_box()
    page.get_by_label(option).check()
    page.get_by_role("button", name="Commit").click()
    assert page.locator(".rg-verdict").inner_text() == verdict
    assert (
        page.locator(".rg-answer").is_visible()
        and "The slope is positive." in page.locator(".rg-answer").inner_text()
    )
    assert page.locator(".rg-question").bounding_box() == before
    assert page.locator(".rg-answer").bounding_box()["y"] == pytest.approx(veil["y"])
    assert not page.locator(".rg-veil").is_visible()
    page.get_by_role("slider", name="slope").press("End")
    assert label(page) == draw_line(2).alt


class Html:
    """A piece of a page that is none of our elements."""

    def __init__(self, text):
        self.text = text

    def html(self):
        return self.text


def fold(name, text):
    return (
        f'<details class="rg-further" id="{name}"><summary>Further: {name}</summary>'
        f"<p>{text}</p></details>"
    )


def test_a_fold_below_two_questions_waits_for_both(visit):
    """With two questions above it, a fold opens only after both answers, whichever is
    given first; a fold between them waits for the first question alone.
    """
    first, second = (
        predict(asked, ["yes", "no"], 0, "So.", draw_line(1), folds=True)
        for asked in ("Up?", "Down?")
    )
    between, below = Html(fold("between", "words")), Html(fold("below", "words"))
    start = Html("<section><h2>Does it hold?</h2>")
    page = visit(start, first, between, second, below, Html("</section>"))

    def waiting():
        return [fold.get_attribute("id") for fold in page.locator("[data-waits]").all()]

    def answer(number):
        question = page.locator("predict-then-reveal").nth(number)
        question.get_by_label("yes").check()
        question.get_by_role("button", name="Commit").click()

    assert waiting() == ["between", "below"]
    answer(1)
    assert waiting() == ["between", "below"]
    answer(0)
    assert waiting() == []


@pytest.mark.parametrize("waits", [True, False])
def test_a_fold_that_tells_more_of_the_answer_waits(visit, waits):
    """With `folds`, a folded section below the question opens only after Commit, and
    closes when the answer is changed; one above, one in another section, and all of a
    question without `folds` open at any time.
    """
    asked = predict("Up?", ["yes", "no"], 0, "So.", draw_line(1), folds=waits)
    above, below, elsewhere = (
        Html(fold(name, f"words {name}")) for name in ("above", "below", "elsewhere")
    )
    parts = (
        Html("<section><h2>Does it hold?</h2>"),
        above,
        asked,
        below,
        Html("</section>"),
        elsewhere,
    )
    page = visit(*parts)

    def opens(name):
        page.locator(f"#{name} summary").click(force=True)
        opened = page.locator(f"#{name} p").is_visible()
        if opened:
            page.locator(f"#{name} summary").click()
        return opened

    assert opens("above") and opens("elsewhere")
    assert opens("below") is not waits
    page.get_by_label("yes").check()
    page.get_by_role("button", name="Commit").click()
    assert opens("below")
    page.locator("#below summary").click()
    page.get_by_role("button", name="Change my answer").click()
    assert page.locator("#below p").is_visible() is not waits


def test_the_answer_is_remembered_and_can_be_changed(visit):
    """A reload finds the answer as it was; Change my answer closes again, and a reload
    then finds no answer.
    """
    page = visit(ask())
    page.get_by_label("down").check()
    page.get_by_role("button", name="Commit").click()
    page.reload()
    assert (
        page.get_by_label("down").is_checked()
        and page.locator(".rg-answer").is_visible()
    )
    page.get_by_role("button", name="Change my answer").click()
    assert (
        page.locator(".rg-behind").evaluate("(box) => box.inert")
        and page.get_by_label("down").is_enabled()
    )
    page.reload()
    assert (
        not page.locator(".rg-answer").is_visible()
        and not page.get_by_label("down").is_checked()
    )


def test_it_works_where_storage_is_forbidden(open_page, write_page):
    """A browser that throws at localStorage still opens on commitment."""
    address = write_page(ask())
    visit = open_page("about:blank")
    visit.origin = "file://"
    visit.page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new "
        "DOMException('no', 'SecurityError'); } })"
    )
    visit.page.goto(address)
    visit.page.get_by_label("up").check()
    visit.page.get_by_role("button", name="Commit").click()
    assert visit.page.locator(".rg-answer").is_visible() and visit.complaints() == []


def test_two_copies_of_a_question_stay_apart(visit):
    """Choosing in one leaves the choice in the other."""
    page = visit(ask(), ask())
    page.get_by_label("up").first.check()
    page.get_by_label("down").last.check()
    assert (
        page.get_by_label("up").first.is_checked()
        and page.get_by_label("down").last.is_checked()
    )


def test_a_quiz_answers_each_answer(visit):
    """Only the word on the chosen option is seen, and another try gets its own."""
    page = visit(
        quiz("Is it?", {"yes": "Right, it is.", "no": "Look once more."}, answer="yes")
    )
    assert not page.get_by_text("Look once more.").is_visible()
    page.get_by_label("no").check()
    page.get_by_role("button", name="Check").click()
    assert (
        page.get_by_text("Look once more.").is_visible()
        and not page.get_by_text("Right, it is.").is_visible()
    )
    page.get_by_role("button", name="Change my answer").click()
    page.get_by_label("yes").check()
    page.get_by_role("button", name="Check").click()
    assert (
        page.get_by_text("Right, it is.").is_visible()
        and page.locator(".rg-verdict").inner_text() == "Yes, as you said."
    )


@pytest.mark.parametrize("width", [390, 1280])
def test_the_veil_is_one_line_with_a_still(visit, width):
    """Before the commitment nothing of the answer takes room, and the veil is at most
    120 px high, with a still or without.
    """
    rows = {"heavy": {"return": 3.0}, "light": {"return": 5.0}}
    then = [draw_replay(2.0), Table(rows), Prose("It was the light one.")]
    page = visit(
        predict("Which?", ["a", "b"], 0, "So.", then, still=draw_replay(1.0)),
        predict("Who?", ["a", "b"], 0, "So.", then, still=draw_line(1)),
        predict("When?", ["a", "b"], 0, "So.", then),
        width=width,
    )
    veils = page.locator(".rg-veil").all()
    heights = [veil.bounding_box()["height"] for veil in veils]
    assert len(heights) == 3 and min(heights) >= 24 and max(heights) <= 120
    assert page.locator(".rg-still .rg-poster").bounding_box()["height"] > 40
    assert page.locator(".rg-still [role=img]").last.bounding_box()["height"] > 40
    assert not page.get_by_text("It was the light one.").first.is_visible()
    page.get_by_label("b").first.check()
    page.get_by_role("button", name="Commit").first.click()
    assert page.get_by_text("It was the light one.").first.is_visible()
    assert page.locator("result-table").first.is_visible()
    page.locator("robot-replay").first.get_by_role("button", name="Play").click()
    page.wait_for_function("document.querySelector('canvas').width > 300")


# ---- the whole page ----


def test_without_javascript_everything_is_there(visit):
    """The first frame, the poster, the answers and the words are visible, and the
    reader is told what the sliders need.
    """
    page = visit(
        ask(),
        Beside(draw_replay(1.0), draw_line(3)),
        quiz("Is it?", {"yes": "Right.", "no": "Look again."}, "yes"),
        javascript=False,
    )
    for part in (
        ".rg-frame svg",
        ".rg-poster",
        ".rg-answer",
        ".rg-held",
        ".rg-feedback >> nth=1",
        ".rg-note",
        ".rg-readout",
    ):
        assert page.locator(part).first.is_visible(), part
    assert not page.locator(".rg-veil").is_visible()
    assert not page.locator(".rg-commit").first.is_visible()
    assert "slope 1" in page.locator(".rg-note").first.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_sees_all_of_it(visit, scheme):
    """At 390 px nothing overflows, every control is at least 24 px high, and figures
    are as wide as they may be.
    """
    page = visit(
        ask(),
        explore(
            lambda speed: Beside(draw_replay(speed), draw_line(speed)), speed=SPEEDS
        ),
        width=390,
        scheme=scheme,
    )
    page.get_by_label("up").check()
    page.get_by_role("button", name="Commit").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    sizes = page.evaluate(
        "[...document.querySelectorAll('button, input, select, .rg-option')].map((e) "
        "=> [e.className, e.offsetHeight])"
    )
    assert len(sizes) > 8
    assert [size for size in sizes if size[1] < 24 and size[0] != ""] == []


def test_controls_arrive_without_a_jump(visit):
    """The room of the controls is reserved: what follows a replay stands where it
    stands without JavaScript plus the bar.
    """
    page = visit(draw_replay(1.0), draw_line(1))
    shifts = """() => new Promise((done) => {
      const sum = (list) => list.getEntries().reduce((sum, e) => sum + e.value, 0);
      const observer = new PerformanceObserver((list) => done(sum(list)));
      observer.observe({ type: 'layout-shift', buffered: true });
      requestAnimationFrame(() => requestAnimationFrame(() => done(0)));
    })"""
    assert page.evaluate(shifts) <= 0.01
