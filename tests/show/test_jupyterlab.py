"""What must hold of the live face in JupyterLab itself."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from live_pages import drive, recorded
from show_samples import draw_line, make_robot

from lecture_code.experiments import load_policy
from lecture_code.simulation import make_world, rollout

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HERE = Path(__file__).resolve().parent
CHAPTER = HERE.parents[1] / "book" / "dynamics" / "reality_gap.ipynb"
PATIENCE = 120_000  # [ms] for kernels and pages on a busy machine
NEWS = "@jupyterlab/apputils-extension/notification.jupyterlab-settings"
# a new element after every move of a slider
SHOWN = "[...document.querySelectorAll('.jp-OutputArea robot-replay')].at(-1)"
CELLS = [
    f"""import sys
sys.path.insert(0, {str(HERE)!r})
from show_samples import draw_line, draw_replay
from lecture_code.show import Beside, explore, predict
draw = lambda speed: Beside(draw_replay(speed), draw_line(speed))
explore(draw, speed=[1.0, 2.0, 3.0])""",
    """predict("Which way?", ["up", "down"], answer=0, because="It is so.",
        then=explore(draw_line, slope=[-1, 1]))""",
]
PLAYGROUND = """from lecture_code.experiments import load_policy
from lecture_code.show import playground
from lecture_code.simulation import make_world
policy = load_policy("hopper", seed=3)
playground(make_world("hopper"), policy, {"gravity": (-16, -4)}, title="Live")"""
# What else a chapter shows: it asks no other server, either.
OTHERS = """from lecture_code.show import Table, quiz
display(
    quiz("Which way?", {"up": "It is so.", "down": "It is not so."}, answer="up"),
    Table({"a": {"return": [1.0, 2.0]}}, "A table.", best={"return": "high"}),
)"""
ASKING = "questions.falling_hopper("  # in the cell after which the copy ends


def notebook(sources):
    cells = [
        {
            "cell_type": "code",
            "id": f"cell{i}",
            "metadata": {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for i, source in enumerate(sources)
    ]
    kernel = {
        "kernelspec": {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
    }
    return json.dumps(
        {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    )


def beginning(path, words):
    """A notebook up to the cell with these words."""
    whole = json.loads(path.read_text(encoding="utf-8"))
    last = next(
        number
        for number, cell in enumerate(whole["cells"])
        if words in "".join(cell["source"])
    )
    return json.dumps(whole | {"cells": whole["cells"][: last + 1]})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the JupyterLab below has its notebooks."""
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="module")
def lab(folder):
    """The address of a JupyterLab of its own, which asks nobody for news. It has two
    notebooks and the beginning of a chapter: the rest takes most of a minute.
    """
    (folder / "live.ipynb").write_text(notebook(CELLS))
    (folder / "physics.ipynb").write_text(notebook([PLAYGROUND, OTHERS]))
    (folder / CHAPTER.name).write_text(beginning(CHAPTER, ASKING), encoding="utf-8")
    (folder / "settings" / NEWS).parent.mkdir(parents=True)
    (folder / "settings" / NEWS).write_text(
        '{"fetchNews": "false", "checkForUpdates": false, "doNotDisturbMode": true}'
    )
    own = {
        f"JUPYTER_{name}_DIR": str(folder / name.lower())
        for name in ("CONFIG", "DATA", "RUNTIME")
    }
    own |= {
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
    }
    options = [
        "--no-browser",
        "--allow-root",
        "--port=0",
        "--expose-app-in-browser",
        "--LabApp.extension_manager=readonly",
    ]
    options += [
        "--IdentityProvider.token=",
        f"--ServerApp.root_dir={folder}",
        "--ServerApp.ip=127.0.0.1",
    ]
    environment = {
        name: value for name, value in os.environ.items() if name != "BOOK_BUILD"
    } | own
    command = [sys.executable, "-m", "jupyterlab", *options]
    with subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, text=True
    ) as server:
        lines = []
        for line in server.stderr:
            lines.append(line)
            if "http://127.0.0.1:" in line:
                break
        else:
            pytest.fail("JupyterLab did not start:\n" + "".join(lines))
        drain = threading.Thread(
            target=lambda: lines.extend(server.stderr), daemon=True
        )
        drain.start()
        address = line[line.index("http://") :].split()[0]
        yield address.split("/lab")[0].split("/tree")[0]
        server.terminate()
        drain.join(30)


def run_all(open_page, address):
    """Open a notebook in JupyterLab and run all its cells."""
    visit = open_page(address, height=2400)
    visit.page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=PATIENCE)
    visit.page.get_by_text("| Idle").wait_for(timeout=PATIENCE)  # the kernel answers
    visit.page.evaluate(
        "void window.jupyterapp.commands.execute('notebook:run-all-cells')"
    )
    return visit


def test_the_chapters_gravity_slider_moves_a_robot_in_jupyterlab(lab, open_page):
    """Parity: with a kernel, the robot of *The reality gap* moves when it is played,
    and stands where a rollout in this process stands.
    """
    visit = run_all(open_page, f"{lab}/lab/workspaces/chapter/tree/{CHAPTER.name}")
    page = visit.page
    question = page.locator(".jp-OutputArea", has_text="makes this Hopper fall").last
    question.wait_for(timeout=PATIENCE)
    question.locator(".widget-radio-box").get_by_label("A quarter less gravity").check()
    question.locator("button", has_text="Commit").click(timeout=PATIENCE)
    replay = question.locator("robot-replay")
    replay.wait_for(timeout=PATIENCE)
    question.locator(".widget-slider .noUi-handle").first.press("ArrowRight")
    question.locator(".widget-readout", has_text="−11 m/s²").wait_for(timeout=PATIENCE)
    batch = rollout(
        [make_world("hopper", gravity=-11.0)],
        load_policy("hopper", seed=3),
        625,
        np.random.default_rng(0),
    )
    expected = float(np.float32(batch.qpos[0, 80, 0]))  # frame 20 is control step 80
    page.wait_for_function(
        f"(x) => {{ {SHOWN}.seek(20); return x === +{SHOWN}.dataset.x; }}",
        arg=expected,
        timeout=PATIENCE,
    )
    question.get_by_role("button", name="Play").click()
    page.wait_for_function(f"() => +{SHOWN}.dataset.t > 0.7", timeout=PATIENCE)
    assert visit.foreign == []


def test_mujoco_lives_in_jupyterlab(lab, open_page, folder):
    """Parity: the kernel hands the engine to the page, the robot is then where Python
    says, by slider and by Play; the saved notebook holds no state.
    """
    visit = run_all(open_page, f"{lab}/lab/workspaces/physics/tree/physics.ipynb")
    page = visit.page
    page.locator(".jp-OutputArea mujoco-playground[data-engine=waiting]").wait_for(
        timeout=PATIENCE
    )
    world = make_world("hopper")
    policy = load_policy("hopper", seed=3)
    trajectory, start, draws = recorded(world.change(gravity=-11.0), policy, 125)
    found = drive(page, {"gravity": -11.0}, start, draws, 125)
    np.testing.assert_allclose(
        found["qpos"], trajectory.qpos[0, 1 : len(found["qpos"]) + 1], atol=1e-6
    )
    page.locator("mujoco-playground").get_by_role(
        "button", name="Play", exact=True
    ).click()
    page.wait_for_function(
        "(t) => { const one = document.querySelector('mujoco-playground'); return "
        "one.playing && +one.dataset.t !== t; }",
        arg=found["t"],
    )
    for shown in ("Which way?", "A table."):
        page.locator(".jp-OutputArea", has_text=shown).last.wait_for()
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    saved = json.loads((folder / "physics.ipynb").read_text(encoding="utf-8"))
    assert "widgets" not in saved["metadata"] and len(json.dumps(saved)) < 200_000
    assert visit.foreign == []


def test_sliders_robots_and_questions_live_in_jupyterlab(lab, open_page):
    """Run all: the slider redraws by keyboard, the robot is where Python says, a
    question holds back and opens; no other server is asked.
    """
    visit = run_all(open_page, f"{lab}/lab/workspaces/live/tree/live.ipynb")
    page = visit.page
    replay = page.locator(".jp-OutputArea robot-replay")
    replay.wait_for(timeout=PATIENCE)
    assert (
        page.locator(".jp-OutputArea flip-book").count() == 0
    )  # the widget, and not the static face beside it

    assert (
        page.locator(".jp-OutputArea .rg-beside svg[role=img]").get_attribute(
            "aria-label"
        )
        == draw_line(2.0).alt
    )
    page.evaluate("document.querySelector('robot-replay').seek(100)")
    page.locator(".widget-slider .noUi-handle").first.press("ArrowRight")
    page.wait_for_selector(f'.rg-beside svg[aria-label="{draw_line(3.0).alt}"]')
    assert float(replay.get_attribute("data-x")) == float(
        np.float32(make_robot(speed=3.0).root_x[100])
    )  # the time went over
    page.locator("robot-replay").get_by_role("button", name="Play").click()
    page.wait_for_function(
        "(t) => +document.querySelector('robot-replay').dataset.t > t", arg=100 / 30
    )

    answer = page.locator(".jp-OutputArea p", has_text="It is so.")
    assert not answer.is_visible()
    page.locator(".widget-radio-box").get_by_label("down").check()
    page.locator(".jp-OutputArea button", has_text="Commit").click()
    answer.wait_for(state="visible")
    page.locator(".jp-OutputArea", has_text="Not as you said.").last.wait_for()
    assert visit.foreign == []
