"""What must hold of the state that is seen in an observation."""

import numpy as np
import pytest

from lecture_code.simulation import ROBOTS, make_world, one_step, rollout

every_robot = pytest.mark.parametrize("robot", ROBOTS)
UNSEEN = {
    "hopper": 1,
    "half_cheetah": 1,
    "walker2d": 1,
    "humanoid": 2,
    "two_link_arm": 0,
    "heavy_arm": 0,
}
"""Number of the first positions that an observation does not tell."""


def recorded(robot):
    """States, observations and controls of wild motion, one row for each step that was
    made, without speeds that are clipped in the observation.
    """
    world = make_world(robot, gravity=-9.81)
    _, high = world.control_limits

    def wild(observations, rng):
        return rng.uniform(-high, high, (len(observations), len(high)))

    batch = rollout([world] * 20, wild, 40, np.random.default_rng(0))
    limit = getattr(world.task, "speed_limit", np.inf)
    seen = batch.mask & (np.abs(batch.qvel[:, :-1]) <= limit).all(axis=2)
    states = batch.qpos[:, :-1][seen], batch.qvel[:, :-1][seen]
    assert seen.sum() > 50
    return world, states, batch.observations[:, :-1][seen], batch.actions[seen]


@every_robot
def test_the_state_looks_like_the_observation(robot):
    """Property: observation(state(o)) = o along a recording."""
    world, _, observations, _ = recorded(robot)
    qpos, qvel = world.task.state(observations)
    assert qpos.shape == (len(observations), world.model.nq)
    assert qvel.shape == (len(observations), world.model.nv)
    again = world.task.observation({"qpos": qpos, "qvel": qvel})
    np.testing.assert_allclose(again, observations, rtol=0, atol=1e-12)


@every_robot
def test_the_state_is_the_recorded_one(robot):
    """Oracle: positions and velocities are those of the recording, angles of the arms
    up to full turns; what is not seen is 0.
    """
    world, (qpos, qvel), observations, _ = recorded(robot)
    first = UNSEEN[robot]
    positions, velocities = world.task.state(observations)
    difference = positions[:, first:] - qpos[:, first:]
    if robot.endswith("arm"):
        difference = (difference + np.pi) % (2 * np.pi) - np.pi
    np.testing.assert_allclose(difference, 0, atol=1e-12)
    np.testing.assert_allclose(velocities, qvel, atol=1e-12)
    assert not positions[:, :first].any()


@every_robot
def test_the_state_goes_on_as_the_robot_does(robot):
    """Oracle: one control step from the restored state is seen like one from the
    recorded state, to 1e-9.
    """
    world, states, observations, controls = recorded(robot)
    seen = [
        world.task.observation(
            dict(zip(("qpos", "qvel"), one_step(world, *start, controls), strict=True))
        )
        for start in (states, world.task.state(observations))
    ]
    np.testing.assert_allclose(*seen, rtol=0, atol=1e-9)


@pytest.mark.parametrize("robot", ["two_link_arm", "heavy_arm"])
def test_the_state_of_an_arm_goes_on_as_recorded(robot):
    """Oracle: where nothing touches, one control step from the restored state gives the
    next observation of the recording, to 1e-9.
    """
    world, _, observations, controls = recorded(robot)
    after = one_step(world, *world.task.state(observations), controls)
    seen = world.task.observation(dict(zip(("qpos", "qvel"), after, strict=True)))
    step = np.arange(len(observations)) % 40
    inner = np.flatnonzero(step < 39)  # the next row is the next step
    np.testing.assert_allclose(seen[inner], observations[inner + 1], rtol=0, atol=1e-9)


def test_a_clipped_speed_stays_clipped():
    """Limit: a speed beyond what the hopper's sensors tell comes back as that."""
    task = make_world("hopper").task
    now = {"qpos": np.zeros((1, 6)), "qvel": np.array([[0, 0, 0, 12.0, -13.0, 3.0]])}
    _, qvel = task.state(task.observation(now))
    assert qvel.tolist() == [[0, 0, 0, 10, -10, 3]]
