"""What must hold of the two-joint reacher."""

from dataclasses import replace

import numpy as np
import pytest

from lecture_code.simulation.planar_reacher import (
    LIMITS,
    STAY,
    PlanarReacher,
    ReacherState,
)
from lecture_code.simulation.reaching import bent_arm

RNG = np.random.default_rng
ARM = PlanarReacher()


def at(angles, targets=((0.0, 0.8),), delay=0):
    n = len(angles)
    return ReacherState(
        np.array(angles, float),
        np.array(targets, float),
        np.zeros(n, int),
        np.zeros(n),
        np.full((n, delay, 2), STAY),
    )


def moved(arm, actions, delay=0):
    """Angles after each of these actions of one arm."""
    state = at([[3.0, 0.5]], delay=delay)
    angles = [state.angles[0]]
    for action in actions:
        state, _ = arm.step(state, np.array([action]))
        angles.append(state.angles[0])
    return np.array(angles)


@pytest.mark.parametrize("gain", [1.0, 0.8])
def test_joints_turn_by_what_they_are_told(gain):
    """Equation: each part of an action turns its joint by −0.15, 0 or 0.15 rad, times
    the gain.
    """
    actions = [[2, 0], [1, 1], [0, 2], [2, 1]]
    changes = np.diff(moved(PlanarReacher(gain=gain), actions), axis=0)
    np.testing.assert_allclose(changes, 0.15 * gain * (np.array(actions) - 1))


@pytest.mark.parametrize("delay", [1, 2])
def test_a_delay_shifts_the_motion(delay):
    """Invariance: with a delay the arm waits, and then moves as it would without."""
    actions = RNG(0).integers(3, size=(6, 2))
    late = moved(PlanarReacher(delay=delay), actions, delay=delay)
    prompt = moved(ARM, actions)
    assert (late[: delay + 1] == late[0]).all()
    np.testing.assert_array_equal(late[delay:], prompt[:-delay])


def test_joints_stop_at_their_limits():
    """No joint passes its limit, however long it is pushed."""
    up = np.full((40, 2), 2)
    down = np.zeros((40, 2), int)
    np.testing.assert_allclose(moved(ARM, up)[-1], LIMITS[1])
    np.testing.assert_allclose(moved(ARM, down)[-1], LIMITS[0])


def test_the_reward_is_for_a_hand_within_the_radius():
    """Equation: 1 where the hand is nearer than the radius, 0 beyond; a hand on the
    target has distance 0.
    """
    target = np.array([[0.3, 0.7]])
    angles = bent_arm(target, ARM.links)
    apart = np.array([[0.0, 0.0], [0.149, 0.0], [0.0, 0.151]])
    state = at(np.repeat(angles, 3, axis=0), target + apart)
    np.testing.assert_allclose(ARM.distances(state), [0.0, 0.149, 0.151], atol=1e-12)
    _, rewards = ARM.step(state, np.full((3, 2), STAY))
    assert rewards.tolist() == [1.0, 1.0, 0.0]


def test_longer_links_reach_further():
    """Equation: with both joints straight the hand is at the sum of the links."""
    state = at([[np.pi, 0.0]], [[0.0, 0.0]])
    assert ARM.distances(state)[0] == pytest.approx(1.1)
    assert PlanarReacher(links=(0.6, 0.6)).distances(state)[0] == pytest.approx(1.2)


def test_starts_are_where_the_task_says():
    """Poses fill the joints' ranges, targets the upper half of the ring, and every
    target can be reached.
    """
    state = ARM.start(4000, RNG(0))
    assert (state.angles >= LIMITS[0]).all() and (state.angles <= LIMITS[1]).all()
    np.testing.assert_allclose(state.angles.min(axis=0), LIMITS[0], atol=0.01)
    np.testing.assert_allclose(state.angles.max(axis=0), LIMITS[1], atol=0.01)
    distance = np.linalg.norm(state.targets, axis=1)
    assert distance.min() >= 0.4 and distance.max() <= 1.0
    assert state.targets[:, 1].min() >= 0 and np.ptp(state.targets[:, 0]) > 1.9
    assert (state.clock == 0).all()
    first = bent_arm(state.targets, ARM.links)
    second = np.column_stack([first[:, 0] + first[:, 1], -first[:, 1]])  # other elbow
    wrapped = [
        np.column_stack([pose[:, 0] % (2 * np.pi), pose[:, 1]])
        for pose in (first, second)
    ]
    near = [((pose >= LIMITS[0]) & (pose <= LIMITS[1])).all(axis=1) for pose in wrapped]
    assert (near[0] | near[1]).mean() > 0.99


def test_episodes_end_with_their_time_and_make_room():
    """Time runs out after the horizon; only those episodes begin anew, and the others
    go on as they are.
    """
    state = replace(ARM.start(3, RNG(0)), clock=np.array([48, 49, 10]))
    state, _ = ARM.step(state, np.full((3, 2), STAY))
    failed, timed_out = ARM.over(state)
    assert not failed.any() and timed_out.tolist() == [False, True, False]
    fresh = ARM.renew(state, timed_out, RNG(1))
    assert fresh.clock.tolist() == [49, 0, 11]
    for name in ("angles", "targets"):
        same = (getattr(fresh, name) == getattr(state, name)).all(axis=1)
        assert same.tolist() == [True, False, True]


def test_a_new_episode_has_no_pending_action():
    """What the delay held back belongs to the old episode."""
    arm = PlanarReacher(delay=1)
    state, _ = arm.step(arm.start(2, RNG(0)), np.full((2, 2), 2))
    fresh = arm.renew(state, np.array([True, False]), RNG(1))
    assert fresh.pending.tolist() == [[[STAY, STAY]], [[2, 2]]]


def test_staggered_starts_are_spread_over_the_horizon():
    """Staggered episodes start at all moments, plain ones at zero; arguments stay as
    they are.
    """
    state = ARM.start(2000, RNG(0), staggered=True)
    assert state.clock.min() == 0 and state.clock.max() == 49
    before = state.angles.copy()
    ARM.step(state, np.full((2000, 2), 2))
    ARM.renew(state, np.ones(2000, bool), RNG(1))
    assert np.array_equal(state.angles, before)


def test_a_conveyor_carries_its_targets():
    """Equation: targets keep their distance and turn by the speed in every step; at the
    ends of the upper half they turn around, and never leave it.
    """
    arm = PlanarReacher(speed=0.1)
    state = arm.start(300, RNG(0))
    before = np.linalg.norm(state.targets, axis=1)
    for _ in range(50):
        after, _ = arm.step(state, np.full((300, 2), STAY))
        np.testing.assert_allclose(np.linalg.norm(after.targets, axis=1), before)
        cosine = (state.targets * after.targets).sum(axis=1) / before**2
        turned = np.arccos(np.clip(cosine, -1, 1))
        same = after.speeds == state.speeds
        np.testing.assert_allclose(turned[same], 0.1, atol=1e-6)
        assert after.targets[:, 1].min() > -1e-9
        state = after
    assert set(np.abs(state.speeds)) == {0.1}
    assert 0.3 < (arm.start(300, RNG(0)).speeds > 0).mean() < 0.7


def test_without_a_speed_targets_stay_where_they_are():
    """Limit: without a speed no target moves, and starts are the same for the same seed
    as with a speed.
    """
    state = ARM.start(5, RNG(0))
    after, _ = ARM.step(state, np.full((5, 2), STAY))
    assert np.array_equal(after.targets, state.targets) and not after.speeds.any()
    moving = PlanarReacher(speed=0.1).start(5, RNG(0))
    assert np.array_equal(moving.targets, state.targets)


@pytest.mark.parametrize(
    ("make", "culprit"),
    [
        (lambda: PlanarReacher(gain=0.0), "gain must be positive; got 0.0"),
        (lambda: PlanarReacher(links=(0.5, -0.1)), "links must be positive"),
        (lambda: PlanarReacher(delay=-1), "delay must not be negative"),
        (lambda: PlanarReacher(speed=-0.1), "speed must not be negative"),
        (
            lambda: ARM.step(at([[3, 0]]), np.zeros((2, 2), int)),
            r"actions must be \(1, 2\)",
        ),
        (lambda: ARM.step(at([[3, 0]]), np.array([[0, 3]])), "with values"),
    ],
)
def test_bad_input_is_named(make, culprit):
    """Errors name the number or the actions."""
    with pytest.raises(ValueError, match=culprit):
        make()


def test_targets_that_stand_still_draw_no_speeds():
    """Determinism: without a speed the start draws poses and targets and nothing else,
    so that the random numbers of runs on a robot without a conveyor stay what they are.
    """
    rng, plain = RNG(0), RNG(0)
    PlanarReacher().start(3, rng)
    plain.random(3 * 2 + 3 + 3)  # angles, directions, distances
    assert rng.random() == plain.random()
    PlanarReacher(speed=0.03).start(3, rng)
    plain.random(3 * 2 + 3 + 3)
    assert rng.random() != plain.random()
