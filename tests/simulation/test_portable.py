"""What must hold of a robot for a simulator elsewhere."""

from functools import cache

import mujoco
import numpy as np
import pytest

from lecture_code.simulation import ROBOTS, Parameter, World, make_world
from lecture_code.simulation.portable import (
    Portable,
    assemble,
    mjcf,
    model_numbers,
    portable,
)

every_robot = pytest.mark.parametrize("name", ROBOTS)


@cache
def with_all_knobs(name):
    return portable(make_world(name), list(make_world(name).parameters))


def nominal(world):
    return {name: knob.nominal for name, knob in world.parameters.items()}


def knobs_of_the_model(world):
    return {
        name: knob for name, knob in world.parameters.items() if knob.write is not None
    }


@every_robot
def test_knobs_do_elsewhere_what_they_do_here(name):
    """Oracle: with every knob of the model at random values at once, the robot put
    together from MJCF and rules is the world's own compiled model.
    """
    world = make_world(name)
    rng = np.random.default_rng(0)
    robot = with_all_knobs(name)
    assert set(robot.writes) == set(knobs_of_the_model(world))
    assert len(robot.writes) >= 7
    for _ in range(2):
        values = {
            knob: rng.uniform(0.5, 1.9) * (parameter.nominal or -5.0)
            for knob, parameter in knobs_of_the_model(world).items()
        }
        wanted = model_numbers(world.change(**values).model)
        got = model_numbers(assemble(robot, values, nominal(world)))
        for field, array in wanted.items():
            np.testing.assert_allclose(
                got[field], array, rtol=1e-9, atol=1e-9, err_msg=field
            )


@every_robot
def test_what_is_written_is_exact(name):
    """Oracle: with one knob turned, every number that it writes is Python's to the last
    bit, so that a trajectory can be repeated.
    """
    world = make_world(name)
    robot = with_all_knobs(name)
    for knob, writes in robot.writes.items():
        value = 0.7 * (world.parameters[knob].nominal or -5.0)
        wanted = model_numbers(world.change(**{knob: value}).model)
        got = model_numbers(assemble(robot, {knob: value}, nominal(world)))
        assert writes
        for write in writes:
            np.testing.assert_array_equal(got[write.field], wanted[write.field])


@every_robot
def test_six_digits_are_not_enough(name):
    """Negative control: without the exact numbers, MJCF alone gives another robot."""
    world = make_world(name)
    assert with_all_knobs(name).exact
    bare = model_numbers(
        assemble(Portable(with_all_knobs(name).mjcf, {}, {}), {}, nominal(world))
    )
    wanted = model_numbers(world.model)
    assert any(
        not np.allclose(bare[field], wanted[field], rtol=1e-9, atol=1e-9)
        for field in ("body_mass", "body_inertia")
    )


def test_mass_takes_its_inertia_along():
    """Equation: the rule of a mass scales the inertia of the same body by the same
    factor.
    """
    fields = {
        write.field: write for write in with_all_knobs("hopper").writes["torso_mass"]
    }
    assert fields["body_mass"].entries == (1,)
    assert fields["body_inertia"].entries == (
        3,
        4,
        5,
    )
    assert {write.law for write in fields.values()} == {"scale"}


def test_knobs_of_the_interface_write_nothing():
    """Limit: delay and noise are not in the model, so there is no rule for them."""
    assert not portable(make_world("hopper"), ["action_delay", "motor_noise"]).writes


def test_mjcf_holds_the_worlds_own_knobs():
    """Conformance: the MJCF of a changed world is the changed world's, to its six
    digits.
    """
    model = mujoco.MjModel.from_xml_string(
        mjcf(make_world("two_link_arm", gravity=-3.0, mass=2.0))
    )
    assert model.opt.gravity[2] == -3.0
    np.testing.assert_allclose(model.body_mass[1:], 2.0)


def test_an_unknown_knob_is_named():
    """Conformance: the error names the knob and lists those there are."""
    with pytest.raises(
        ValueError, match=r"unknown parameter 'colour' of hopper; known: gravity"
    ):
        portable(make_world("hopper"), ["colour"])


def bent(spec, value):
    spec.option.gravity = np.array([0.0, 0.0, -9.81 - (value - 1) ** 2])


def hidden(spec, value):
    spec.option.disableflags |= (
        int(mujoco.mjtDisableBit.mjDSBL_CONTACT) if value != 1 else 0
    )


@pytest.mark.parametrize(
    ("write", "complaint"),
    [(bent, "neither by its value nor in proportion"), (hidden, "does nothing that")],
)
def test_a_knob_that_the_rules_cannot_say_is_refused(write, complaint, monkeypatch):
    """Negative control: a knob that bends, and one that moves what is no number of the
    model, are refused by name.
    """
    knob = Parameter("odd", "×", 0.1, 1.0, 10.0, "something odd", write)
    monkeypatch.setattr(World, "parameters", property(lambda world: {"odd": knob}))
    with pytest.raises(ValueError, match=complaint) as raised:
        portable(make_world("hopper"), ["odd"])
    assert "odd of hopper" in str(raised.value)


def test_a_model_that_is_not_reproduced_is_refused(monkeypatch):
    """Negative control: where the rules give another robot than the world's, nothing is
    handed out.
    """
    monkeypatch.setattr(mujoco, "mj_setConst", lambda model, data: None)
    with pytest.raises(ValueError, match="hopper cannot be set up outside Python"):
        portable(make_world("hopper"), ["mass"])


def test_numbers_are_copies():
    """Invariance: changing what `model_numbers` gives leaves the model alone."""
    model = make_world("two_link_arm").model
    model_numbers(model)["body_mass"][:] = 0
    assert model.body_mass.sum() > 0
