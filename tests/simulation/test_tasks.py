"""What must hold of tasks beyond their agreement with Gymnasium along trajectories."""

import mujoco
import numpy as np
import pytest
from scipy import stats

from lecture_code.simulation import ROBOTS, make_world, one_step, rollout, side_view
from tests.simulation.environments import GYMNASIUM

STANDING = {
    "hopper": np.array([0.0, 1.25, 0.0, 0.0, 0.0, 0.0]),
    "walker2d": np.array([0.0, 1.25, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("robot", GYMNASIUM)
def test_starts_are_distributed_as_gymnasiums(robot):
    """Oracle: over many resets, mean, spread and range of every position and velocity
    are those of Gymnasium's v5.
    """
    environment = GYMNASIUM[robot]().unwrapped
    world = make_world(robot)
    rng = np.random.default_rng(0)
    model = world.model
    ours = []
    theirs = []
    for seed in range(2000):
        ours.append(
            np.concatenate(
                world.task.reset(np.array(model.qpos0), np.zeros(model.nv), rng)
            )
        )
        environment.reset(seed=seed)
        theirs.append(np.concatenate([environment.data.qpos, environment.data.qvel]))
    a, b = np.array(ours), np.array(theirs)
    spread = b.std(axis=0)
    assert (spread > 0).all()
    np.testing.assert_allclose(a.mean(axis=0), b.mean(axis=0), atol=0.12 * spread.max())
    np.testing.assert_allclose(a.std(axis=0), spread, rtol=0.08)
    np.testing.assert_allclose(np.ptp(a, axis=0), np.ptp(b, axis=0), rtol=0.3)


@pytest.mark.parametrize("robot, limit", [("hopper", 0.2), ("walker2d", 1.0)])
def test_a_robot_has_fallen_when_it_leans_too_far_or_moves_too_fast(robot, limit):
    """Equation: both signs of the pitch count, to the limit and not beyond; Hopper also
    ends where a state leaves ±100.
    """
    task = make_world(robot).task
    qpos = np.repeat(STANDING[robot][None], 5, axis=0)
    qpos[:4, 2] = [limit - 0.01, 0.01 - limit, limit + 0.01, -0.01 - limit]
    qvel = np.zeros_like(qpos)
    qvel[4, 3] = 101.0
    assert task.failure({"qpos": qpos, "qvel": qvel}).tolist() == [
        False,
        False,
        True,
        True,
        robot == "hopper",
    ]


def test_reaching_is_paid_by_distance():
    """Equation: minus the hand's distance to the target, minus 0.01 |a|²; and the
    observation says where the target is.
    """
    task = make_world("two_link_arm").task
    qpos = np.array([[np.pi / 2, 0.0]])  # the hand is at (1, 0)
    now = {"qpos": qpos, "qvel": np.array([[0.3, -0.2]])}
    reward = task.reward(now, np.array([[0.5, -1.0]]), now, np.array([False]), 0.05)
    assert reward[0] == pytest.approx(-np.hypot(0.5, 0.5) - 0.01 * 1.25)
    np.testing.assert_allclose(
        task.observation(now)[0], [0, 1, 1, 0, 0.3, -0.2, 0.5, -0.5], atol=1e-12
    )


def test_the_arm_is_strong_enough_to_hold_itself():
    """Limit: stretched out level, the arm weighs 9.81 Nm on the shoulder and 2.45 Nm on
    the elbow: two thirds of the motors' 15 Nm, and less, hold it.
    """
    level = np.array([[np.pi / 2, 0.0]])
    still = np.zeros((1, 2))
    holding = np.array([[9.81, 2.4525]]) / 15
    _, held = one_step(make_world("two_link_arm"), level, still, holding)
    _, dropped = one_step(make_world("two_link_arm"), level, still, still)
    assert np.abs(held).max() < 0.02 and dropped[0, 0] < -0.3


def test_the_heavy_arm_is_paid_by_distance_alone():
    """Equation: minus the hand's distance to the target, whatever the torques; the
    observation says where the target is.
    """
    task = make_world("heavy_arm").task
    now = {
        "qpos": np.array([[np.pi / 2, 0.0, 0.6, -0.3]]),  # the hand is at (1, 0)
        "qvel": np.array([[0.3, -0.2, 0.0, 0.0]]),
    }
    reward = task.reward(now, np.array([[0.5, -1.0]]), now, np.array([False]), 0.05)
    assert reward[0] == pytest.approx(-0.5)
    np.testing.assert_allclose(
        task.observation(now)[0],
        [0, 1, 1, 0, 0.3, -0.2, 0.6, -0.3, 0.4, 0.3],
        atol=1e-12,
    )


def test_targets_fill_their_ring_and_the_arm_starts_at_rest():
    """Equation: over many starts the targets' squared distance is uniform between 0.3²
    and 0.95² m², their direction uniform; the angles stay within 0.5 rad around hanging
    down, and nothing moves.
    """
    task = make_world("heavy_arm").task
    rng = np.random.default_rng(0)
    starts = [task.reset(np.zeros(4), np.zeros(4), rng) for _ in range(2000)]
    qpos = np.array([start[0] for start in starts])
    radii = np.hypot(*qpos[:, 2:].T)
    area = stats.uniform(0.3**2, 0.95**2 - 0.3**2)
    turn = stats.uniform(-np.pi, 2 * np.pi)
    assert stats.kstest(radii**2, area.cdf).pvalue > 0.01
    assert stats.kstest(np.arctan2(*qpos[:, 2:].T), turn.cdf).pvalue > 0.01
    assert 0.49 < np.abs(qpos[:, :2]).max() <= 0.5
    assert not np.any([start[1] for start in starts])


@pytest.mark.parametrize("gravity", [0.0, -9.81, -30.0])
def test_nothing_moves_a_target(gravity):
    """Invariance: a target stays exactly where it is, under any gravity and motion of
    the arm, where the hand passes over it too.
    """
    world = make_world("heavy_arm", gravity=gravity)

    def wild(observations, rng):
        return rng.uniform(-1, 1, (len(observations), 2))

    batch = rollout([world] * 20, wild, 100, np.random.default_rng(0))
    target, speed = batch.qpos[..., 2:], batch.qvel[..., 2:]
    assert (target == target[:, :1]).all() and not speed.any()
    assert batch.rewards.max() > -0.08  # a hand passed over its target


def test_the_humanoid_has_fallen_when_its_trunk_is_low_or_high():
    """Equation: upright between 1 m and 2 m, exclusive; a fall costs the bonus."""
    task = make_world("humanoid").task
    qpos = np.zeros((4, 24))
    qpos[:, 2] = [1.0, 1.01, 1.99, 2.0]
    now = {"qpos": qpos, "subtree_com": np.zeros((4, 14, 3))}
    failed = task.failure(now)
    assert failed.tolist() == [True, False, False, True]
    reward = task.reward(now, np.zeros((4, 17)), now, failed, 0.015)
    assert reward.tolist() == [0, 5, 5, 0]


def test_the_side_view_has_sizes_signs_and_no_jumps():
    """Equation: the arm's links are 0.5 m long and 6 cm thick, lean the way they point,
    and a full turn is drawn without a jump.
    """
    arm = make_world("two_link_arm")
    turn = np.stack([np.linspace(0, 2 * np.pi, 60), np.zeros(60)], axis=1)
    view = side_view(arm, turn)
    np.testing.assert_allclose(view.radius, 0.03)
    np.testing.assert_allclose(view.half_length, 0.25)
    assert np.abs(np.diff(view.angle, axis=0)).max() < 0.2
    assert abs(view.angle[-1, 0] - view.angle[0, 0]) == pytest.approx(2 * np.pi)
    # down and forward: x grows while z falls
    leaning = side_view(arm, np.array([[np.pi / 4, 0.0]]))
    assert np.tan(leaning.angle[0, 0]) == pytest.approx(-1.0)
    assert leaning.x[0, 0] > 0 > leaning.z[0, 0]


@pytest.mark.parametrize("robot", ROBOTS)
def test_every_task_is_finite_at_the_start(robot):
    """Conformance: observation, reward and failure have their shapes and are finite."""
    world = make_world(robot)
    data = mujoco.MjData(world.model)
    mujoco.mj_forward(world.model, data)
    now = {name: getattr(data, name)[None] for name in world.task.quantities}
    action = np.zeros((1, world.action_size))
    task = world.task
    failed = task.failure(now)
    assert task.observation(now).shape == (1, world.observation_size)
    assert failed.shape == (1,)
    assert failed.dtype == bool
    assert np.isfinite(task.reward(now, action, now, failed, world.dt)).all()
    assert not failed.any()
