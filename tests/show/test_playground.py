"""What must hold of a playground before a browser sees it."""

import json
import re
from dataclasses import dataclass, replace
from itertools import pairwise
from types import SimpleNamespace

import mujoco
import numpy as np
import pytest

from lecture_code.experiments import load_policy
from lecture_code.learning import LinearPolicy
from lecture_code.show import Network, assets, playground
from lecture_code.show.live import HtmlWidget
from lecture_code.show.playground_setup import STARTS
from lecture_code.show.sliders import slider_values
from lecture_code.simulation import World, make_world, rollout
from lecture_code.simulation.robots import ROBOTS

HOPPER = make_world("hopper")


def make(world=HOPPER, policies=None, sliders=None, **more):
    policies = (
        LinearPolicy.initial(world.observation_size, world.action_size)
        if policies is None
        else policies
    )
    return playground(
        world,
        policies,
        sliders or {"gravity": (-16, -4)},
        **{"title": "A robot", "seconds": 0.2, **more},
    )


def setup_of(made):
    return json.loads(
        re.search(
            r'<script type="application/json">(.*?)</script>', made.html(), re.DOTALL
        )[1]
    )


def slider(made, knob):
    """Attributes of a slider as the page reads them."""
    tag = re.search(rf'<input [^>]*data-knob="{knob}"[^>]*>', made.html())[0].replace(
        "&quot;", '"'
    )
    values, texts = (
        json.loads(re.search(rf'data-{name}="(\[.*?\])"', tag)[1])
        for name in ("values", "texts")
    )
    return values, texts, int(re.search(r' value="(\d+)"', tag)[1])


def test_a_slider_begins_where_the_world_is():
    """Conformance: the start of each slider is the world's own value, shown with its
    unit, even where it is no round number.
    """
    made = make(
        HOPPER.change(gravity=-7.0),
        sliders={
            "gravity": (-16, -4),
            "torso_mass": (1.8, 7.4),
            "action_delay": (0, 3),
        },
    )
    for knob, text in (
        ("gravity", "−7 m/s²"),
        ("torso_mass", "3.665 kg"),
        ("action_delay", "0 control steps"),
    ):
        values, texts, at = slider(made, knob)
        assert values[at] == made.settings.world.values[knob] and texts[at] == text
        assert values == sorted(values) and len(values) == len(texts)
    assert -9.81 in slider(made, "gravity")[0]
    assert slider(made, "action_delay")[0] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("low", "high", "keep"),
    [
        (-16, -4, (-9.81,)),
        (0, 2, (1.0,)),
        (0, 0.5, (0.0,)),
        (1.8, 7.4, (3.6652,)),
        (0, 0.99, (0,)),
    ],
)
def test_a_grid_is_round_and_keeps_what_it_must(low, high, keep):
    """Conformance: between 30 and 70 rising values from end to end, with the kept ones
    among them and no two nearly equal.
    """
    values = slider_values(low, high, keep, False)
    assert (
        30 <= len(values) <= 70
        and values[0] == low
        and values[-1] == pytest.approx(high, abs=0.02)
    )
    assert set(keep) <= set(values) and min(np.diff(values)) > 0.2 * max(
        np.diff(values)
    )


def test_the_robot_is_the_simulations():
    """Oracle: what the page compiles is the world's model in MJCF, with the task's
    numbers and the starts that a rollout has.
    """
    made = make(sliders={"gravity": (-16, -4), "motor_noise": (0, 0.5)})
    found = setup_of(made)
    model = mujoco.MjModel.from_xml_string(found["body"]["mjcf"])
    np.testing.assert_allclose(model.body_mass, HOPPER.model.body_mass, rtol=1e-5)
    assert (
        model.opt.disableflags & mujoco.mjtDisableBit.mjDSBL_AUTORESET
    )  # what diverges is seen
    assert (
        found["body"]["task"]["frame_skip"] == 4
        and found["body"]["task"]["height"][0] == 0.7
    )
    assert found["body"]["nominal"] == {"gravity": -9.81, "motor_noise": 0.0} and set(
        found["body"]["writes"]
    ) == {"gravity"}
    batch = rollout(
        [HOPPER] * STARTS, LinearPolicy.initial(11, 3), 1, np.random.default_rng(0)
    )
    np.testing.assert_array_equal(
        [qpos for qpos, _ in found["starts"]], batch.qpos[:, 0]
    )
    np.testing.assert_array_equal(
        [qvel for _, qvel in found["starts"]], batch.qvel[:, 0]
    )


def test_knobs_without_a_slider_go_along():
    """Conformance: what makes the world and its simulator differ from the nominal robot
    is sent, slider or not.
    """
    world = HOPPER.change(friction=1.5)
    found = setup_of(make(world, simulator=HOPPER.change(mass=1.2)))
    assert [robot["values"] for robot in found["robots"]] == [
        {"gravity": -9.81, "mass": mass, "friction": friction, "policy": 0}
        for mass, friction in ((1.0, 1.5), (1.2, 1.0))
    ]
    assert {"mass", "friction", "gravity"} == set(found["body"]["writes"])


def test_policies_are_chosen_from_a_menu_or_by_a_slider():
    """Conformance: several policies give a menu with their names, or with `indexed_by`
    a slider whose values read as the names.
    """
    policies = {
        "young": LinearPolicy.initial(11, 3),
        "old": load_policy("hopper", seed=3),
    }
    menu = make(policies=policies, first="old").html()
    assert (
        '<option value="1" selected>old</option>' in menu
        and 'data-knob="policy"' in menu
    )
    values, texts, at = slider(
        make(
            policies={0: policies["young"], 80: policies["old"]},
            indexed_by="generation",
        ),
        "policy",
    )
    assert (values, texts, at) == ([0, 1], ["0", "80"], 0)
    assert "<select" not in make().html()


def make_model(inputs, outputs):
    r = np.random.default_rng(inputs)
    return Network(
        (
            (r.normal(size=(inputs, 5)), np.zeros(5)),
            (r.normal(size=(5, outputs)), np.zeros(outputs)),
        ),
        (np.zeros(inputs), np.ones(inputs)),
        (np.zeros(outputs), np.ones(outputs)),
    )


class Grounding(SimpleNamespace):
    """An action transformation that stops the motors, so that its effect is plain."""

    def __call__(self, observations, actions, rng):
        return (1 - self.alpha) * actions[-1]


def grounding(**more):
    models = {"forward": make_model(14, 11), "inverse": make_model(22, 3)}
    return Grounding(**{**models, "alpha": 0.95, "memory": 0, **more})


def test_the_poster_films_the_grounded_simulator():
    """Equation: on the poster the grey robot moves as the simulator with the action
    transformation, and the robot in colour as the world without it.
    """
    policy = load_policy("hopper", seed=3)
    g = grounding(alpha=1.0)
    made = make(policies=policy, grounding=g, seconds=0.4)
    colour, grey = made.poster.robots

    def place(world):
        return rollout([world], policy, 50, np.random.default_rng(0)).qpos[0, :, 0]

    np.testing.assert_array_equal(grey.root_x, place(HOPPER.transformed(g)))
    np.testing.assert_array_equal(colour.root_x, place(HOPPER))
    assert abs(grey.root_x[-1] - colour.root_x[-1]) > 0.01  # the test can fail


def test_a_transformed_world_is_refused():
    """Negative control: the page could not run the transform of a world, so it is asked
    for as a grounding; a grounding must be something that a world can execute.
    """
    policy = LinearPolicy.initial(11, 3)
    with pytest.raises(ValueError, match="as `grounding`"):
        make(policies=policy, simulator=HOPPER.transformed(grounding()))
    with pytest.raises(ValueError, match="a SimpleNamespace, which no world"):
        make(policies=policy, grounding=SimpleNamespace(alpha=0.5))


def test_a_grounding_gets_a_slider():
    """Conformance: α runs from 0 to 1 and begins at the grounding's own; both models
    are sent.
    """
    made = make(grounding=grounding())
    values, _, at = slider(made, "alpha")
    assert values[0] == 0 and values[-1] == 1 and values[at] == 0.95
    assert set(setup_of(made)["grounding"]) == {"memory", "forward", "inverse"}
    assert (
        setup_of(make(grounding=grounding(forward=make_model(17, 11), memory=1)))[
            "grounding"
        ]["memory"]
        == 1
    )


@dataclass(frozen=True)
class Dance:
    """A task that the page does not know."""

    frame_skip: int = 4


def world_with(**changes):
    return World(replace(ROBOTS["hopper"], **changes), {})


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            {"sliders": {"colour": (0, 1)}},
            "unknown knob 'colour' of hopper; known: gravity",
        ),
        (
            {"sliders": {"gravity": (-40, 0)}},
            r"the slider of gravity must run within \[-30, 0\] and hold the world's "
            "-9.81; got -40 to 0",
        ),
        ({"sliders": {"gravity": (-8, -4)}}, "hold the world's -9.81"),
        ({"sliders": {"gravity": (-9.81, -9.81)}}, "slider of gravity"),
        ({"policies": {}}, "needs a policy"),
        (
            {"policies": lambda s, rng: np.zeros((1, 3))},
            "the policy 'policy' is a function, which a page cannot run",
        ),
        (
            {"world": world_with(task=Dance())},
            "task of the kind Dance, and a playground knows Locomotion and Reach",
        ),
        (
            {"simulator": make_world("two_link_arm")},
            "both robots of a playground are of one kind; got hopper and two_link_arm",
        ),
        ({"grounding": grounding(sample=True)}, "does not sample"),
        (
            {"grounding": grounding(inverse=make_model(21, 3))},
            "the inverse model must take 22 numbers and give 3; it takes 21",
        ),
        (
            {"policies": {str(k): make_model(11, 3) for k in range(2)}, "first": "2"},
            "no policy is called '2'; there are '0', '1'",
        ),
    ],
)
def test_what_cannot_be_shown_is_refused(arguments, complaint):
    """Negative control: worlds, knobs, ranges, policies and groundings that the page
    cannot show are refused by name, with what it can.
    """
    with pytest.raises(ValueError, match=complaint):
        make(**{"policies": LinearPolicy.initial(11, 3), **arguments})


def test_a_robot_that_leaves_the_plane_is_refused(monkeypatch):
    """Negative control: a body that turns freely in space has no side view."""
    body = '<body><freejoint/><geom size=".1"/></body>'
    text = f"<mujoco><worldbody>{body}</worldbody></mujoco>"
    monkeypatch.setattr(
        World, "model", property(lambda world: mujoco.MjModel.from_xml_string(text))
    )
    with pytest.raises(ValueError, match="turns freely in space"):
        make(policies=LinearPolicy.initial(11, 3))


def test_a_knob_that_the_page_does_not_know_is_refused(monkeypatch):
    """Negative control: a new knob between policy and robot is refused until the page
    knows it.
    """
    knobs = {
        **HOPPER.parameters,
        "wobble": replace(HOPPER.parameters["motor_noise"], name="wobble"),
    }
    monkeypatch.setattr(World, "parameters", property(lambda world: knobs))
    with pytest.raises(
        ValueError,
        match="wobble cannot be turned in the page; between policy and robot it knows "
        "action_delay",
    ):
        make(policies=LinearPolicy.initial(11, 3), sliders={"wobble": (0, 1)})


def test_a_playground_is_light():
    """Conformance: one of the book's size is under 50 kB, and one beyond 400 kB is
    refused with advice.
    """
    assert len(make(policies=load_policy("hopper")).html()) < 50_000
    wide = make_network_of_width(400)
    with pytest.raises(
        ValueError, match="the page allows 400 kB: give fewer or smaller policies"
    ):
        make(policies={str(k): wide for k in range(8)})


def make_network_of_width(width):
    layers = tuple(
        (np.ones((k, m)), np.zeros(m)) for k, m in pairwise((11, width, 100, 3))
    )
    return Network(layers, (np.zeros(11), np.ones(11)), (np.zeros(3), np.ones(3)))


def test_the_same_playground_every_time():
    """Determinism: two builds give the same markup, character for character."""
    assert make().html() == make().html()


@pytest.mark.usefixtures("building")
def test_the_book_gets_markup_alone():
    """While the book is built there is HTML and its alt text, and no widget."""
    made = make()
    bundle = made._repr_mimebundle_()
    assert (
        set(bundle) == {"text/html", "text/plain"} and bundle["text/plain"] == made.alt
    )
    assert made.alt.startswith("Side view of A robot. this world: ")


def test_a_notebook_gets_the_same_element():
    """With a kernel there is a widget beside the HTML, and it holds that HTML."""
    bundle = make()._repr_mimebundle_()
    assert (
        "application/vnd.jupyter.widget-view+json" in bundle
        and "<mujoco-playground" in bundle["text/html"]
    )


def answers(stage, message, monkeypatch):
    sent = []
    monkeypatch.setattr(
        HtmlWidget,
        "send",
        lambda self, content, buffers=None: sent.append((content, buffers)),
    )
    stage._handle_custom_msg(message, [])
    return sent


def test_the_kernel_hands_out_the_engine(monkeypatch, tmp_path):
    """Conformance: asked for the engine, the widget sends the built script as a buffer;
    other messages get no answer.
    """
    monkeypatch.setattr(assets, "WEB", tmp_path / "book" / "web")
    (tmp_path / "_build" / "assets").mkdir(parents=True)
    (tmp_path / "_build" / "assets" / "mujoco-engine.js").write_bytes(b"engine")
    stage = HtmlWidget(html="")
    assert answers(stage, {"kind": "engine"}, monkeypatch) == [
        ({"kind": "engine"}, [b"engine"])
    ]
    assert answers(stage, {"kind": "weather"}, monkeypatch) == []


def test_a_missing_engine_is_explained(monkeypatch, tmp_path):
    """Negative control: where there is no engine yet, the answer says how to get it."""
    monkeypatch.setattr(assets, "WEB", tmp_path / "book" / "web")
    ((content, buffers),) = answers(
        HtmlWidget(html=""), {"kind": "engine"}, monkeypatch
    )
    assert "make build" in content["error"] and buffers is None
