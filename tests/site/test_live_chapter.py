"""The chapter *The reality gap* in the browser: what its slider shows is what the
package computes.
"""

import numpy as np
import pytest

from lecture_code.experiments import load_policy
from lecture_code.simulation import make_world, rollout

pytestmark = pytest.mark.browser
KEPT = 4  # every fourth control step of the Hopper is a frame: 31 a second


def root_x(**knobs):
    """Root position of the chapter's Hopper at every control step, computed here."""
    batch = rollout(
        [make_world("hopper").change(**knobs)],
        load_policy("hopper", seed=3),
        625,
        np.random.default_rng(0),
    )
    return batch.qpos[0, : batch.lengths[0] + 1, 0]


@pytest.fixture(params=["http", "file"])
def chapter(request, site, serve, open_page):
    """The chapter's page with the network blocked, as served and as a file."""
    page = "book/dynamics/reality_gap.html"
    visit = open_page(
        serve(site) + page if request.param == "http" else (site / page).as_uri()
    )
    yield visit.page
    assert visit.complaints() == []


def commit(page, question, option):
    """Answer a prediction, which opens what is behind it."""
    box = page.locator("predict-then-reveal", has_text=question)
    box.get_by_label(option).check()
    box.get_by_role("button", name="Commit").click()
    return box


def test_the_gravity_slider_shows_the_robot_that_python_computes(chapter):
    """Parity: at any gravity, time advances while the robot plays, and its position is
    the Python rollout's, to the last bit of a float32.
    """
    box = commit(chapter, "makes this Hopper fall", "A quarter less gravity")
    slider = box.get_by_role("slider", name="gravity")
    replay = box.locator("flip-book robot-replay")
    slider.focus()
    for key, gravity in (("Home", -5.0), ("ArrowRight", -6.0), ("End", -14.0)):
        slider.press(key)
        assert f"{-gravity:g} m/s²" in slider.get_attribute("aria-valuetext")
        expected = root_x(gravity=gravity)
        for frame in (0, 1, (len(expected) - 1) // KEPT):
            replay.evaluate("(replay, frame) => replay.seek(frame)", frame)
            assert float(replay.get_attribute("data-x")) == np.float32(
                expected[frame * KEPT]
            )
    replay.evaluate("(replay) => replay.seek(0)")
    box.get_by_role("button", name="Play").click()
    chapter.wait_for_function(
        "() => document.querySelector('flip-book robot-replay').dataset.t > 0.2"
    )
    assert float(replay.get_attribute("data-x")) != np.float32(expected[0])


def test_a_wrong_gravity_would_be_noticed():
    """Negative control: the positions that the test above compares differ between
    neighbouring values of the slider.
    """
    a, b = root_x(gravity=-5.0), root_x(gravity=-6.0)
    assert np.float32(a[KEPT]) != np.float32(b[KEPT])


def test_nothing_is_revealed_before_the_commitment(chapter):
    """Before an answer, what is behind a prediction is inert; afterwards it can be
    used.
    """
    box = chapter.locator("predict-then-reveal", has_text="makes this Hopper fall")
    inert = "(box) => Boolean(box.querySelector('flip-book').closest('[inert]'))"
    assert box.evaluate(inert)
    commit(chapter, "makes this Hopper fall", "A quarter less damping in the joints")
    assert not box.evaluate(inert)
