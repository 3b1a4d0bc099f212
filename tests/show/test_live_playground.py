"""What must hold of <mujoco-playground> as an element: how it begins, plays, ends,
answers the keyboard, shares a page, and says what it cannot do.
"""

import pytest

from lecture_code.experiments import load_policy
from lecture_code.learning import LinearPolicy
from lecture_code.show import playground
from lecture_code.simulation import make_world

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("building")]

ENGINE = "mujoco-engine.js"
IDLE = "Play loads the physics engine"


@pytest.fixture(scope="module")
def hopper():
    policies = {
        "expert": load_policy("hopper", seed=3),
        "nothing": LinearPolicy.initial(11, 3),
    }
    sliders = {"gravity": (-16, -4), "torso_mass": (1.8, 7.4), "motor_noise": (0, 0.5)}
    return playground(
        make_world("hopper"), policies, sliders, title="The Hopper", seconds=1.0
    )


@pytest.fixture(scope="module")
def arm():
    return playground(
        make_world("two_link_arm"),
        LinearPolicy.initial(8, 2),
        {"gravity": (-16, 0)},
        title="The arm",
        seconds=0.5,
    )


@pytest.fixture
def visit(open_page, write_page):
    """`visit(shown, ...)` opens a page that holds what is shown; whatever goes wrong on
    it fails the test.
    """
    visits = []

    def open_(*shown, **options):
        visits.append(open_page(write_page(*shown), **options))
        visits[-1].asked = []
        visits[-1].page.on(
            "request", lambda request: visits[-1].asked.append(request.url)
        )
        if options.get("javascript", True):
            visits[-1].page.wait_for_selector("mujoco-playground[data-ready]")
        return visits[-1].page

    open_.asked = lambda: [url for visit in visits for url in visit.asked]
    yield open_
    assert [complaint for visit in visits for complaint in visit.complaints()] == []


def data(page, name, which=0):
    return page.locator("mujoco-playground").nth(which).get_attribute(f"data-{name}")


def status(page):
    return page.locator("mujoco-playground [role=status]").first.inner_text()


def call(page, code, which=0):
    """Run code on the element, which is called `one`."""
    return page.evaluate(
        f"""async () => {{
          const one = document.querySelectorAll('mujoco-playground')[{which}];
          return {code};
        }}"""
    )


def press(page, name, which=0):
    page.locator("mujoco-playground").nth(which).get_by_role(
        "button", name=name, exact=True
    ).click()


def wait(page, condition):
    page.wait_for_function(
        f"""() => {{
          const one = document.querySelector('mujoco-playground'), {{ dataset }} = one;
          return {condition};
        }}"""
    )


def test_the_engine_is_loaded_on_first_use_only(visit, hopper):
    """Until the reader plays, the poster is all there is and nothing is fetched; then
    the engine comes, once, and moves the robot.
    """
    page = visit(hopper)
    assert data(page, "engine") == "waiting" and status(page).startswith(IDLE)
    assert (
        page.locator("mujoco-playground .rg-poster").is_visible()
        and not page.locator("mujoco-playground .rg-stage canvas").is_visible()
    )
    assert not [url for url in visit.asked() if ENGINE in url]
    press(page, "Play")
    wait(page, "dataset.engine === 'running' && +dataset.t > 0.3")
    assert "MuJoCo 3." in status(page)
    assert (
        page.locator("mujoco-playground .rg-stage canvas").is_visible()
        and not page.locator("mujoco-playground .rg-poster").is_visible()
    )
    press(page, "Pause")
    before = data(page, "t")
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => "
        "requestAnimationFrame(done)))"
    )
    assert data(page, "playing") == "false" and data(page, "t") == before
    press(page, "Restart")
    wait(page, "dataset.t === '0' && dataset.step === '0'")
    assert len([url for url in visit.asked() if ENGINE in url]) == 1


def test_the_status_follows_the_state(visit, hopper):
    """After a fall the line says so; after Restart, and after a slider has made the
    robot try again, it says that the simulation runs.
    """
    page = visit(hopper)
    call(page, "await one.set('policy', 1)")
    call(page, "await one.stepN(1000)")
    assert data(page, "over") == "fell" and "It fell after" in status(page)
    press(page, "Restart")
    wait(page, "dataset.t === '0'")
    assert "is running" in status(page) and "fell" not in status(page)
    call(page, "await one.stepN(1000)")
    assert "It fell after" in status(page)
    call(page, "(one.play = () => {}, await one.set('gravity', -11))")
    assert "is running" in status(page)


def test_policies_with_names_are_buttons(visit):
    """Two policies that a slider would choose are a row of buttons, and pressing one
    changes the policy.
    """
    policies = {
        "expert": load_policy("hopper", seed=3),
        "nothing": LinearPolicy.initial(11, 3),
    }
    made = playground(
        make_world("hopper"),
        policies,
        {"gravity": (-16, -4)},
        title="Named",
        indexed_by="policy",
        seconds=0.2,
    )
    page = visit(made)
    page.locator("mujoco-playground").get_by_text("nothing", exact=True).click()
    wait(page, "one.values.policy === 1 && dataset.engine === 'running'")
    press(page, "Reset sliders")
    wait(page, "one.values.policy === 0")


def test_a_slider_answers_while_the_robot_moves(visit, hopper):
    """A knob changes the running physics at once and without a restart, and only the
    robot in colour; Reset takes it back.
    """
    page = visit(hopper)
    call(page, "await one.stepN(20)")
    slider = page.get_by_role("slider", name="gravity")
    slider.press("Home")
    wait(page, "one.robots[0].model.opt.gravity[2] === -16")
    assert (
        slider.get_attribute("aria-valuetext") == "−16 m/s²"
        and data(page, "step") == "20"
    )
    assert call(page, "one.robots[1].model.opt.gravity[2]") == -9.81
    press(page, "Reset sliders")
    wait(page, "one.robots[0].model.opt.gravity[2] === -9.81")
    assert slider.get_attribute("aria-valuetext") == "−9.81 m/s²"


def test_a_fall_is_told_and_a_slider_tries_again(visit, hopper):
    """The policy that does nothing falls: its robot stays there, the page says when;
    moving a slider begins a new attempt that plays.
    """
    page = visit(hopper)
    page.get_by_label("policy").select_option("nothing")
    wait(page, "dataset.engine === 'running' && one.values.policy === 1")
    call(page, "await one.stepN(1000)")
    assert (
        data(page, "over") == "fell"
        and "fell after" in status(page)
        and int(data(page, "step")) < 200
    )
    assert "fell" in page.locator("mujoco-playground .rg-readout").first.inner_text()
    page.get_by_role("slider", name="gravity").press("ArrowRight")
    wait(page, "dataset.playing === 'true' && +dataset.t > 0 && dataset.over === ''")


def test_play_after_the_end_begins_anew(visit, hopper):
    """Where the robot has fallen, Play starts at the beginning."""
    page = visit(hopper)
    call(page, "await one.set('policy', 1)")
    call(page, "await one.stepN(1000)")
    fell = float(data(page, "t"))
    press(page, "Play")
    wait(page, f"+dataset.t > 0 && +dataset.t < {fell}")


def test_a_simulation_that_diverges_says_so_and_is_put_back(visit, hopper):
    """Numbers beyond all sense are caught: the page says which robot and when, stands
    at the start, and can go on.
    """
    page = visit(hopper)
    call(page, "await one.stepN(3)")
    call(page, "one.robots[0].model.opt.timestep = 5")
    call(page, "await one.stepN(400)")
    assert "The simulation of this world diverged" in status(page)
    assert (
        data(page, "t") == "0"
        and data(page, "playing") == "false"
        and data(page, "over") == ""
    )
    assert call(page, "one.robots[0].data.qpos.every(Number.isFinite)")
    call(page, "one.robots[0].model.opt.timestep = 0.002")
    call(page, "await one.stepN(3)")
    assert data(page, "step") == "3"


def test_another_start_is_another_start(visit, hopper):
    """Restart repeats start and luck, to the last bit; Another start changes both, and
    the two robots share them.
    """
    page = visit(hopper)
    call(page, "await one.set('motor_noise', 0.2)")
    ends = []
    for button in ("Restart", "Restart", "Another start"):
        press(page, button)
        call(page, "await one.stepN(30)")
        ends.append(call(page, "[...one.robots[0].data.qpos]"))
    assert ends[0] == ends[1] != ends[2]
    press(page, "Restart")
    assert call(page, "[...one.robots[0].data.qpos]") == call(
        page, "[...one.robots[1].data.qpos]"
    )


def test_everything_is_within_reach_of_the_keyboard(visit, hopper):
    """Tab reaches Play, Step, every slider, the menu and the boxes, in this order;
    Enter, Space and the arrows work them.
    """
    page = visit(hopper)
    reached = []
    for _ in range(14):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "() => { const e = document.activeElement.shadowRoot?.activeElement; "
                "return e && (e.ariaLabel || e.labels?.[0]?.innerText || e.innerText); "
                "}"
            )
        )
        if reached[-1] == "Step":
            page.keyboard.press("Enter")
            wait(page, "dataset.step === '1'")
        if (reached[-1] or "").startswith("gravity"):
            page.keyboard.press("ArrowLeft")
            wait(page, "one.values.gravity < -9.81")
        if reached[-1] == "trails":
            page.keyboard.press("Space")
    words = [name.split("\n")[0].strip() for name in reached if name]
    wanted = [
        "Play",
        "Restart",
        "Step",
        "Another start",
        "Speed",
        "gravity",
        "torso mass",
        "motor noise, std",
        "policy",
        "trails",
        "forces",
    ]
    assert [name for name in words if name in wanted or name.startswith("policy")][
        :8
    ] == wanted[:8]
    assert {"trails", "forces", "Reset sliders"} <= set(words) and any(
        name.startswith("policy") for name in words
    )
    assert call(page, "one.shadowRoot.querySelector('[data-show=trails]').checked")


def test_two_playgrounds_share_an_engine_and_nothing_else(visit, hopper, arm):
    """Two on a page load one engine; playing one leaves the other where it is."""
    page = visit(hopper, arm)
    call(page, "await one.stepN(10)")
    call(page, "await one.stepN(4)", 1)
    assert data(page, "step") == "10" and data(page, "step", 1) == "4"
    assert len([url for url in visit.asked() if ENGINE in url]) == 1
    assert (
        call(page, "one.robots[0].model.nq") == 6
        and call(page, "one.robots[0].model.nq", 1) == 2
    )


def test_leaving_stops_the_loop(visit, hopper):
    """Leaving the page, and scrolling the playground out of sight, stops the
    simulation; taken out of the page it gives its memory back, and can return.
    """
    page = visit(hopper)
    press(page, "Play")
    wait(page, "+dataset.t > 0.1")
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    assert data(page, "playing") == "false"
    press(page, "Play")
    wait(page, "dataset.playing === 'true'")
    page.evaluate(
        "document.querySelector('mujoco-playground').style.marginTop = '5000px'"
    )
    wait(page, "dataset.playing === 'false'")
    page.evaluate(
        "() => { window.kept = document.querySelector('mujoco-playground'); "
        "window.robot = kept.robots[0].data; kept.remove(); }"
    )
    assert page.evaluate("kept.robots === null && robot.isDeleted()")
    page.evaluate("document.body.append(kept)")
    assert data(page, "engine") == "waiting"
    assert call(page, "(await one.stepN(5), +one.dataset.step)") == 5


def test_the_drawing_follows(visit, hopper):
    """The picture changes as the robot moves, trails and forces add to it, and it is as
    fine as the screen.
    """
    page = visit(hopper, device_scale_factor=2)
    stage = "one.shadowRoot.querySelector('.rg-stage canvas')"
    call(page, "await one.stepN(1)")
    pictures = [call(page, f"{stage}.toDataURL()")]
    for code in (
        "await (async () => { do await one.stepN(1); while (one.robots[0].step < 40 "
        "|| !one.robots[0].forces().length); })()",
        "one.shadowRoot.querySelector('[data-show=trails]').click()",
        "one.shadowRoot.querySelector('[data-show=forces]').click()",
    ):
        call(page, code)
        pictures.append(call(page, f"{stage}.toDataURL()"))
    assert call(page, "one.robots[0].forces().length") > 0, "the foot is on the ground"
    assert len(set(pictures)) == 4
    assert call(page, f"{stage}.width === 2 * {stage}.clientWidth")
    assert call(
        page,
        "one.shadowRoot.querySelector('.rg-spark').getContext('2d').getImageData(0, "
        "0, 400, 100).data.some((x) => x > 0)",
    )


def test_who_jumps_high_stays_in_view(visit, hopper):
    """Invariance: the scale follows a robot that leaves the picture at the top, and a
    restart takes it back.
    """
    page = visit(hopper)
    call(page, "await one.stepN(1)")
    normal = call(page, "one.view.scale")
    call(
        page,
        "(one.robots[0].data.qpos[1] += 3, one.robots[0].drawn = "
        "one.robots[0].capsules(), one.draw())",
    )
    assert call(page, "one.view.scale") < 0.7 * normal
    press(page, "Restart")
    wait(page, f"Math.abs(one.view.scale - {normal}) < 1")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("delete window.WebAssembly", "no WebAssembly"),
        ("delete window.DecompressionStream", "too old: it needs Chrome 80"),
        (
            "window.Function = function () { throw new EvalError('no'); }",
            "script-src 'unsafe-eval'",
        ),
    ],
)
def test_where_it_cannot_run_it_says_why(script, reason, browser, write_page, hopper):
    """Without WebAssembly, in an old browser, or under a strict policy the poster
    stays, the reason is read, and no control promises anything.
    """
    context = browser.new_context()
    context.add_init_script(script)
    page = context.new_page()
    page.goto(write_page(hopper))
    page.wait_for_selector("mujoco-playground[data-ready]")
    assert data(page, "engine") == "impossible"
    assert "cannot run here" in status(page) and reason in status(page)
    assert page.locator("mujoco-playground .rg-poster").is_visible()
    controls = page.locator("mujoco-playground").locator("button, input, select")
    assert controls.count() > 8 and not any(
        control.is_enabled() for control in controls.all()
    )
    context.close()


def test_a_strict_policy_is_recognised(browser, serve, write_page, tmp_path, hopper):
    """Oracle: under a real content security policy without 'unsafe-eval' the element
    says that it is the policy.
    """
    write_page(hopper)
    page_file = tmp_path / "page.html"
    policy = "<meta http-equiv=Content-Security-Policy content=\"script-src 'self'\">"
    page_file.write_text(
        page_file.read_text(encoding="utf-8").replace("<head>", f"<head>{policy}"),
        encoding="utf-8",
    )
    page = browser.new_page()
    page.goto(serve(tmp_path) + "page.html")
    page.wait_for_selector("mujoco-playground[data-ready]")
    assert data(page, "engine") == "impossible" and "unsafe-eval" in status(page)
    page.close()


def test_a_missing_engine_is_told_and_tried_again(
    browser, write_page, tmp_path, hopper
):
    """Where the engine's file cannot be fetched the page says so; when it is there,
    Play works.
    """
    address = write_page(hopper)
    (tmp_path / ENGINE).rename(tmp_path / "away.js")
    page = browser.new_page()
    page.goto(address)
    page.wait_for_selector("mujoco-playground[data-ready]")
    press(page, "Play")
    wait(page, "one.status.textContent.includes('could not be fetched')")
    assert (
        data(page, "engine") == "waiting"
        and page.locator("mujoco-playground .rg-poster").is_visible()
    )
    (tmp_path / "away.js").rename(tmp_path / ENGINE)
    press(page, "Play")
    wait(page, "+dataset.t > 0.1")
    page.close()


def test_without_javascript_there_is_a_picture_and_a_sentence(visit, hopper):
    """With JavaScript off the title, the poster and a sentence are there, and the
    sliders are switched off.
    """
    page = visit(hopper, javascript=False)
    assert (
        page.get_by_text("The Hopper").is_visible()
        and page.get_by_text("needs JavaScript").is_visible()
    )
    assert page.locator("mujoco-playground .rg-poster").is_visible()
    assert page.get_by_role("slider", name="gravity").is_disabled()


def test_it_fits_a_phone(visit, hopper, arm):
    """390 pixels wide nothing sticks out, before and after the start, and every control
    is at least 24 pixels high.
    """
    page = visit(hopper, arm, width=390)
    for code in ("0", "await one.stepN(5)"):
        call(page, code)
        assert (
            page.evaluate(
                "document.documentElement.scrollWidth - "
                "document.documentElement.clientWidth"
            )
            <= 0
        )
        boxes = [
            control.bounding_box()
            for control in page.locator("mujoco-playground")
            .locator("button, input[type=range], select, label.rg-check")
            .all()
        ]
        assert (
            min(box["height"] for box in boxes) >= 24
            and max(box["x"] + box["width"] for box in boxes) <= 390
        )
