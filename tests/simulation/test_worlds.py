"""What must hold of parameters and worlds."""

import pickle
from dataclasses import replace

import mujoco
import numpy as np
import pytest
from scipy import stats

from lecture_code.simulation import ROBOTS, World, make_world

KNOBS = (
    "gravity",
    "torso_mass",
    "mass",
    "damping",
    "friction",
    "armature",
    "gain",
    "action_delay",
    "backlash",
    "motor_noise",
    "motor_noise_correlation",
    "observation_noise",
)
MODEL_KNOBS = KNOBS[:7]


def away_from_nominal(knob):
    """A value beyond the nominal one: half as much again, and a moderate gravity where
    there is none.
    """
    return 1.5 * knob.nominal or -5.0


FLOATS = [
    name
    for name in dir(mujoco.MjModel)
    if name.startswith(("body_", "dof_", "jnt_", "geom_", "actuator_"))
]


def arrays(model):
    return {
        name: np.array(value)
        for name in FLOATS
        if isinstance(value := getattr(model, name), np.ndarray)
    }


def changed_arrays(a, b):
    return {
        name
        for name, value in arrays(a).items()
        if not np.array_equal(value, arrays(b)[name])
    }


@pytest.mark.parametrize("robot", ROBOTS)
def test_every_world_has_every_knob(robot):
    """Conformance: all twelve knobs, each with a meaning and with its nominal value
    inside its bounds.
    """
    parameters = make_world(robot).parameters
    assert tuple(parameters) == KNOBS
    assert all(p.low <= p.nominal <= p.high and p.meaning for p in parameters.values())


@pytest.mark.parametrize("robot", ROBOTS)
def test_knobs_start_from_nominal_and_do_not_compound(robot):
    """Invariance: setting a knob twice, or away and back, leaves no trace: all arrays
    of the model are bit-equal.
    """
    world = make_world(robot)
    for name in MODEL_KNOBS:
        nominal = world.parameters[name].nominal
        other = away_from_nominal(world.parameters[name])
        away = world.change(**{name: other})
        assert (
            changed_arrays(away.change(**{name: nominal}).model, world.model) == set()
        )
        assert changed_arrays(away.change(**{name: other}).model, away.model) == set()


@pytest.mark.parametrize("robot", ROBOTS)
@pytest.mark.parametrize("name", MODEL_KNOBS)
def test_a_knob_reaches_the_model(robot, name):
    """Conformance: every knob of the model changes the model (gravity lives in the
    options); the arms have no contacts, but still surfaces.
    """
    world = make_world(robot)
    away = world.change(**{name: away_from_nominal(world.parameters[name])})
    assert (
        changed_arrays(away.model, world.model)
        or away.model.opt.gravity[2] != world.model.opt.gravity[2]
    )


@pytest.mark.parametrize("robot", ROBOTS)
def test_mass_scales_inertia(robot):
    """Equation: without armature the joint-space inertia is proportional to mass, so
    M(2m) = 2 M(m).
    """
    inertia = {}
    for scale in (1.0, 2.0):
        model = make_world(robot, mass=scale, armature=0.0).model
        data = mujoco.MjData(model)
        mujoco.mj_forward(model, data)
        inertia[scale] = np.zeros((model.nv, model.nv))
        mujoco.mj_fullM(model, data, inertia[scale])
    assert np.abs(inertia[1.0]).max() > 0
    np.testing.assert_allclose(inertia[2.0], 2 * inertia[1.0], rtol=1e-12)


@pytest.mark.parametrize("robot", ["hopper", "half_cheetah", "walker2d", "humanoid"])
def test_torso_mass_is_what_it_says(robot):
    """Equation: torso_mass = 5 kg gives a torso of 5 kg, its inertia in proportion, and
    leaves the other bodies alone.
    """
    before = make_world(robot).model
    after = make_world(robot, torso_mass=5.0).model
    ratio = 5.0 / before.body("torso").mass[0]
    assert after.body("torso").mass[0] == pytest.approx(5.0, rel=1e-12)
    np.testing.assert_allclose(
        after.body("torso").inertia, ratio * before.body("torso").inertia, rtol=1e-12
    )
    others = [i for i in range(before.nbody) if i != before.body("torso").id]
    assert np.array_equal(after.body_mass[others], before.body_mass[others])


@pytest.mark.parametrize("mass", [0.5, 3.0])
def test_all_fall_alike(mass):
    """Invariance: in free fall the height lost in one step does not depend on mass;
    with gravity it scales.
    """

    def drop(**values):
        world = make_world("hopper", damping=0.0, **values)
        data = mujoco.MjData(world.model)
        data.qpos[1] = 10.0
        mujoco.mj_step(world.model, data, nstep=50)
        return 10.0 - float(data.qpos[1])

    assert drop(mass=mass) == pytest.approx(drop(), rel=1e-9)
    assert drop(gravity=-3.0) == pytest.approx(drop() * 3.0 / 9.81, rel=1e-9)


@pytest.mark.parametrize("robot", ["hopper", "half_cheetah", "walker2d", "humanoid"])
def test_friction_changes_both_surfaces(robot):
    """Equation: a contact takes the larger friction of its two surfaces, so floor and
    feet must both scale.
    """
    before = make_world(robot).model.geom_friction
    after = make_world(robot, friction=0.5).model.geom_friction
    np.testing.assert_allclose(after[:, 0], 0.5 * before[:, 0])
    assert np.array_equal(after[:, 1:], before[:, 1:])


def test_gravity_moves_the_arm():
    """Equation: the resting torque at the shoulder of the stretched arm is m g (l/2 +
    3l/2) = 2 m g l, unlike in Gymnasium's Reacher, where it is nothing.
    """
    for gravity in (-9.81, -3.0):
        model = make_world("two_link_arm", gravity=gravity).model
        data = mujoco.MjData(model)
        data.qpos[:] = [np.pi / 2, 0.0]
        mujoco.mj_forward(model, data)
        assert data.qfrc_bias[0] == pytest.approx(2 * 1.0 * -gravity * 0.5, rel=1e-9)


def test_the_heavy_arm_weighs_what_it_says():
    """Equation: two links of 17 kg weigh nothing in the level plane; stretched out
    under full gravity 167 Nm on the shoulder and 42 Nm on the elbow, 1 / 1.8 of what
    the motors have.
    """
    stretched = [np.pi / 2, 0.0, 0.3, 0.4]
    strength = np.array([300, 75])
    weights = {}
    for gravity in (0.0, -9.81):
        model = make_world("heavy_arm", gravity=gravity).model
        data = mujoco.MjData(model)
        data.qpos[:] = stretched
        mujoco.mj_forward(model, data)
        weights[gravity] = np.array(data.qfrc_bias[:2])
    assert model.body_mass[1:3].tolist() == [17, 17]
    np.testing.assert_allclose(weights[0.0], 0, atol=1e-12)
    np.testing.assert_allclose(weights[-9.81], np.array([17, 4.25]) * 9.81, rtol=1e-9)
    np.testing.assert_allclose(strength / weights[-9.81], 1.8, atol=0.01)


def test_the_control_limits_are_the_motors_range():
    """Equation: every motor of the nominal robots takes controls from −1 to 1, those of
    the humanoid from −0.4 to 0.4, and a motor that is changed changes its own limits
    only.
    """
    for name in ROBOTS:
        low, high = make_world(name).control_limits
        largest = 0.4 if name == "humanoid" else 1
        assert len(low) == make_world(name).action_size
        assert (low == -largest).all() and (high == largest).all()
    hopper = ROBOTS["hopper"]

    def load():
        spec = hopper.load()
        spec.actuators[1].ctrlrange = [-0.5, 2.0]
        return spec

    low, high = World(replace(hopper, load=load), {}).control_limits
    assert low.tolist() == [-1, -0.5, -1]
    assert high.tolist() == [1, 2, 1]


def test_changes_accumulate_and_the_original_stays():
    """Invariance: `change` returns a new world, keeps the earlier changes, and forgets
    those that are back at nominal.
    """
    world = make_world("hopper", gravity=-5.0)
    other = world.change(damping=2.0).change(gravity=-9.81)
    assert world.changes == {"gravity": -5.0} and other.changes == {"damping": 2.0}
    assert repr(other) == "make_world('hopper', damping=2)"


def test_sampling_is_repeatable_and_follows_the_distribution():
    """Determinism, and the right distribution: the same seed gives the same worlds; a
    knob's draws do not depend on the other knobs.
    """
    world = make_world("hopper")

    def draw(**knobs):
        return world.sample(np.random.default_rng(0), 400, **knobs)

    mass = stats.truncnorm(-2, 2, loc=6, scale=1.5)
    a, b = draw(torso_mass=mass), draw(torso_mass=mass, gravity=(-12.0, -8.0))
    masses = np.array([w.values["torso_mass"] for w in a])
    assert np.array_equal(masses, [w.values["torso_mass"] for w in b])
    assert stats.kstest(masses, mass.cdf).pvalue > 0.01
    again = draw(damping=(0.5, 1.5), gravity=(-12.0, -8.0))
    assert [w.values["gravity"] for w in again] == [w.values["gravity"] for w in b]
    gravities = np.array([w.values["gravity"] for w in b])
    assert stats.kstest(gravities, stats.uniform(-12, 4).cdf).pvalue > 0.01
    assert abs(np.corrcoef(masses, gravities)[0, 1]) < 0.15


def test_worlds_survive_pickling():
    """Invariance: a world that went through pickle is the same world."""
    world = make_world("walker2d", torso_mass=4.0, action_delay=2)
    again = pickle.loads(pickle.dumps(world))
    assert again.values == world.values
    assert changed_arrays(again.model, world.model) == set()


@pytest.mark.parametrize(
    "call, culprit, alternative",
    [
        (lambda: make_world("octopus"), "octopus", "half_cheetah"),
        (lambda: make_world("hopper").change(gravty=-3), "gravty", "gravity"),
        (lambda: make_world("hopper", gravity=3.0), "gravity", "-30, 0"),
        (lambda: make_world("hopper", mass=0.0), "mass", "0.1, 10"),
        (lambda: make_world("hopper", damping=float("nan")), "damping", "nan"),
        (lambda: make_world("hopper", action_delay=1.5), "action_delay", "whole"),
    ],
)
def test_bad_input_is_named(call, culprit, alternative):
    """Errors name the culprit and what would be allowed."""
    with pytest.raises(ValueError, match=culprit) as error:
        call()
    assert alternative in str(error.value)


def double(observations, actions, rng):
    return 2 * actions[-1]


def test_a_transform_stays_with_its_world():
    """Conformance: changing a knob keeps the transform, None takes it away, and a
    pickled world has it still.
    """
    world = make_world("hopper").transformed(double)
    assert world.change(gravity=-5).transform is double
    assert world.transformed(None).transform is None
    restored = pickle.loads(pickle.dumps(world.change(gravity=-5)))
    assert restored.transform is double and restored.values["gravity"] == -5
    assert "transformed" in repr(world)
    assert "transformed" not in repr(make_world("hopper"))
