"""Inverse kinematics of the arms, and angles that grow without a jump."""

import numpy as np

from lecture_code.simulation import make_world
from lecture_code.simulation.reaching import bent_arm, hand, nearest_turn

TASK = make_world("heavy_arm").task


def observed(angles, targets):
    rest = np.zeros((len(angles), 4))
    qpos = np.concatenate([angles, targets], axis=1)
    return TASK.observation({"qpos": qpos, "qvel": rest})


def test_the_hand_of_the_bent_arm_is_on_the_point():
    """Equation: forward after inverse kinematics is the point itself, with the elbow
    between 0 and π, for arms with equal and unequal links.
    """
    rng = np.random.default_rng(0)
    for links in ((0.5, 0.5), (0.6, 0.3)):
        angles = np.stack([rng.uniform(-3, 3, 50), rng.uniform(0, np.pi, 50)], axis=1)
        points = hand(angles, links)
        found = bent_arm(points, links)
        np.testing.assert_allclose(hand(found, links), points, atol=1e-7)
        np.testing.assert_allclose(found[:, 1], angles[:, 1], atol=1e-6)


def test_towards_a_point_out_of_reach_the_arm_is_stretched():
    """Limit: beyond the length of the arm, the hand points at the target."""
    far = np.array([[3.0, -4.0]])
    angles = bent_arm(far, (0.5, 0.5))
    np.testing.assert_allclose(hand(angles, (0.5, 0.5)), far / 5, atol=1e-12)


def test_a_posture_lies_within_half_a_turn_of_the_arm():
    """Invariance: whatever the present angles, no joint of the posture is more than π
    away, and its hand is on the target.
    """
    rng = np.random.default_rng(1)
    angles = rng.uniform(-3.1, 3.1, (40, 2))
    targets = rng.uniform(-0.6, 0.6, (40, 2))
    posture = TASK.posture(observed(angles, targets))
    assert np.abs(posture - angles).max() <= np.pi + 1e-9
    np.testing.assert_allclose(TASK.hand(posture), targets, atol=1e-9)
    turned = TASK.posture(observed(angles, targets), angles + 4 * np.pi)
    np.testing.assert_allclose(turned, posture + 4 * np.pi, atol=1e-9)


def test_angles_grow_without_a_jump():
    """Limit: an arm that turns three times around is followed to the last degree, if
    every step is told the angles of the step before.
    """
    shoulder = np.linspace(0, 6 * np.pi, 200)
    near = np.zeros((1, 2))
    for angle in shoulder:
        seen = observed(np.array([[angle, -angle]]), np.zeros((1, 2)))
        near = TASK.joint_state(seen, near)[:, :2]
        np.testing.assert_allclose(near, [[angle, -angle]], atol=1e-9)
    assert abs(TASK.joint_state(seen)[0, 0]) < 1e-9


def test_the_nearest_turn_is_the_same_direction():
    """Equation: a whole number of turns is added, and the result is at most π away."""
    rng = np.random.default_rng(2)
    angles, near = rng.uniform(-20, 20, (2, 100))
    turns = (nearest_turn(angles, near) - angles) / (2 * np.pi)
    np.testing.assert_allclose(turns, np.round(turns), atol=1e-9)
    assert np.abs(nearest_turn(angles, near) - near).max() <= np.pi
