"""The slot arm obeys its knobs, and an attempt ends as its text says."""

import numpy as np
import pytest

from lecture_code.simulation.mujoco_import import mujoco
from lecture_code.simulation.slot_arm import (
    DEPTH,
    KNOBS,
    LINKS,
    TORQUES,
    SlotArm,
    angles_of,
    arm_view,
    tip,
)
from lecture_code.simulation.slot_attempts import (
    Attempts,
    draw_attempts,
    references,
    smooth,
)


def attempts(arms, n=1, x=None):
    starts = np.zeros((n, 6)) if x is None else np.array(x, float)
    mouths = np.full((n, 2), [0.5, -0.3])
    return Attempts(arms, starts, mouths, np.random.default_rng(0))


def test_the_tip_is_where_the_engine_puts_it():
    """Oracle: `tip` is MuJoCo's end of the last link, for random angles."""
    model = SlotArm().model
    data = mujoco.MjData(model)
    for q in np.random.default_rng(0).uniform(-2, 2, (5, 3)):
        data.qpos[:] = q
        mujoco.mj_forward(model, data)
        wrist = data.body("peg").xpos
        frame = data.body("peg").xmat.reshape(3, 3)
        end = wrist + frame @ [0, 0, -LINKS[2]]
        np.testing.assert_allclose(tip(q), end[[0, 2]], atol=1e-12)


def test_angles_bring_the_tip_to_its_place():
    """Equation: `angles_of` inverts `tip` with a horizontal last link; a point out of
    reach is refused.
    """
    wanted = draw_attempts(50, np.random.default_rng(1))[1]
    q = angles_of(wanted)
    np.testing.assert_allclose(tip(q), wanted, atol=1e-12)
    np.testing.assert_allclose(q.sum(axis=1), np.pi / 2)
    with pytest.raises(ValueError, match="cannot reach"):
        angles_of(np.array([2.0, 0.0]))


def test_every_knob_acts():
    """Conformance: each knob changes where the arm is after ten control steps, and its
    nominal value changes nothing.
    """
    values = {
        "payload": 3.0,
        "damping": 6.0,
        "friction": 3.0,
        "gain": 2.0,
        "gravity": -3.0,
        "action_delay": 2,
    }
    assert {*values, "observation_noise"} == set(KNOBS)

    def final(arm):
        robot = attempts(arm)
        for _ in range(10):
            robot.step(np.array([[15.0, 4.0, 1.0]]))
        return robot.x

    before = final(SlotArm())
    for name, value in values.items():
        assert np.abs(final(SlotArm().change(**{name: value})) - before).max() > 1e-3
        same = SlotArm().change(**{name: KNOBS[name].nominal})
        np.testing.assert_array_equal(final(same), before)


def test_damping_is_viscous():
    """Equation: damping slows a joint in proportion to its speed, without a part that
    grows with the square or the cube of the speed.
    """
    model = SlotArm().change(damping=2.0).model
    np.testing.assert_array_equal(model.dof_damping, 2.0)
    np.testing.assert_array_equal(model.dof_dampingpoly, 0.0)


def test_the_payload_scales_mass_and_inertia():
    """Equation: a payload six times as heavy has six times the mass and the inertia."""
    light = SlotArm().model
    heavy = SlotArm().change(payload=3.0).model
    for quantity in ("mass", "inertia"):
        ratio = getattr(heavy.body("payload"), quantity) / getattr(
            light.body("payload"), quantity
        )
        np.testing.assert_allclose(ratio, 6.0)


def test_the_reference_clears_the_slot_and_ends_in_it():
    """Invariance: along every reference the peg touches no wall, and it ends with the
    tip 14 cm beyond the mouth, at rest.
    """
    starts, mouths = draw_attempts(20, np.random.default_rng(2))
    wanted = references(starts, mouths, 5)
    goals = mouths + np.array([DEPTH, 0.0])
    np.testing.assert_allclose(tip(wanted[:, -1, :3]), goals, atol=1e-12)
    np.testing.assert_array_equal(wanted[:, -1, 3:], 0.0)
    np.testing.assert_allclose(wanted[:, 0, :3], starts[:, :3])
    model = SlotArm().model
    data = mujoco.MjData(model)
    for path, mouth in zip(wanted, mouths, strict=True):
        data.mocap_pos[0] = mouth[0], 0, mouth[1]
        for q in path[::3, :3]:
            data.qpos[:] = q
            mujoco.mj_forward(model, data)
            assert data.ncon == 0


def test_the_walls_stop_a_peg_and_can_be_taken_away():
    """Limit: a peg that is pulled down inside the slot stays within the gap; without
    walls it falls.
    """
    inside = np.zeros((1, 6))
    inside[0, :3] = angles_of(np.array([0.5 + DEPTH, -0.3]))
    ends = {}
    for walls in (True, False):
        robot = attempts(SlotArm(walls=walls), x=inside)
        for _ in range(20):
            robot.step(np.zeros((1, 3)))
        ends[walls] = tip(robot.x[0, :3])[1]
    assert ends[True] > -0.3 - 0.06
    assert ends[False] < -0.5


def test_the_safety_stop_holds_an_attempt():
    """Equation: a joint faster than 10 rad/s ends the attempt, which stays where it is
    and has not succeeded; its neighbour goes on.
    """
    fast = np.zeros((2, 6))
    fast[0, 3] = 30.0
    robot = attempts(SlotArm(), 2, fast)
    robot.step(np.zeros((2, 3)))
    held = robot.x[0].copy()
    assert robot.stopped.tolist() == [1, -1]
    robot.step(np.array([TORQUES, TORQUES]))
    np.testing.assert_array_equal(robot.x[0], held)
    assert np.abs(robot.x[1]).max() > 0
    assert robot.fastest[0] > 10 and not robot.success[0]


def test_success_is_the_tip_at_its_goal():
    """Equation: an attempt has succeeded with the tip 1.9 cm from the goal, and not
    with 2.1 cm.
    """
    goal = np.array([0.5 + DEPTH, -0.3])
    near = [angles_of(goal + np.array([miss, 0])) for miss in (0.019, 0.021)]
    robot = attempts(SlotArm(), 2, np.hstack([near, np.zeros((2, 3))]))
    np.testing.assert_allclose(robot.miss, [0.019, 0.021])
    assert robot.success.tolist() == [True, False]


def test_attempts_side_by_side_do_not_mix():
    """Invariance: arms side by side move as each alone, with its own delay."""
    arms = [SlotArm(), SlotArm().change(payload=3.0, action_delay=3)]
    both = attempts(arms, 2)
    alone = [attempts(arm) for arm in arms]
    for t in range(8):
        u = np.array([[9.0, 2.0, np.sin(t)]])
        both.step(np.repeat(u, 2, axis=0))
        for robot in alone:
            robot.step(u)
    np.testing.assert_array_equal(both.x, np.concatenate([one.x for one in alone]))


def test_a_switch_keeps_the_state_and_changes_the_arm():
    """Limit: a switch to the same arm changes nothing; to a heavier one it does."""
    ends = []
    for later in (None, SlotArm(), SlotArm().change(payload=3.0)):
        robot = attempts(SlotArm())
        for t in range(12):
            if t == 6 and later is not None:
                robot.switch(later)
            robot.step(np.array([[20.0, 5.0, 2.0]]))
        ends.append(robot.x)
    np.testing.assert_allclose(ends[0], ends[1], atol=1e-6)
    assert np.abs(ends[2] - ends[0]).max() > 1e-2


def test_the_sensors_noise_has_its_size():
    """Equation: observed angles vary with the knob's value and velocities with ten
    times as much; the true state does not change.
    """
    robot = attempts(SlotArm().change(observation_noise=0.01), 4000)
    seen = robot.observe()
    np.testing.assert_allclose(seen[:, :3].std(), 0.01, rtol=0.03)
    np.testing.assert_allclose(seen[:, 3:].std(), 0.1, rtol=0.03)
    np.testing.assert_array_equal(robot.x, 0.0)


def test_the_way_from_zero_to_one_is_smooth():
    """Equation: 0 before, 1 after, ½ in the middle, flat at both ends."""
    np.testing.assert_allclose(smooth(np.array([-1, 0, 0.5, 1, 2])), [0, 0, 0.5, 1, 1])
    assert smooth(np.array([1e-3]))[0] < 1e-7


def test_the_view_shows_three_links():
    """Conformance: the side view has the three capsules of the arm."""
    view = arm_view(SlotArm(), np.zeros((4, 3)))
    assert view.x.shape == (4, 3)
    assert view.radius.tolist() == [0.035, 0.03, 0.02]


def test_bad_input_is_refused():
    """Errors name the culprit: an unknown knob, a value out of range, wrong shapes."""
    with pytest.raises(ValueError, match="unknown parameter 'mass' of the slot arm"):
        SlotArm().change(mass=2)
    with pytest.raises(ValueError, match="payload must lie in"):
        SlotArm().change(payload=-1)
    with pytest.raises(ValueError, match=r"starts must be \(N, 6\)"):
        Attempts(
            SlotArm(), np.zeros((2, 5)), np.zeros((2, 2)), np.random.default_rng(0)
        )
    with pytest.raises(ValueError, match="2 attempts need as many arms; got 1"):
        attempts([SlotArm()], 2)
