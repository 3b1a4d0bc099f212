"""What must hold of the walk engine."""

import numpy as np
import pytest

from lecture_code.learning import WalkEngine
from lecture_code.simulation import make_world, rollout

ENGINE = WalkEngine(motors=6, frequency=2.0, dt=0.05)


def walked(walk, steps, n=1, seen=0.0):
    """The actions (steps, n, A) of one rollout of n robots."""
    act = walk.start(n)
    rng = np.random.default_rng(0)
    return np.array([act(np.full((n, 17), seen), rng) for _ in range(steps)])


def test_a_walk_is_a_sine_for_every_motor():
    """Equation: a_j(t) = o_j + A_j sin(2π f t + φ_j), the first motor with phase 0 and
    both legs with the same offsets, over fifteen parameters.
    """
    theta = np.random.default_rng(0).normal(0, 0.3, ENGINE.size)
    assert ENGINE.size == 15
    f = 2.0 * 2 ** theta[0]
    A = theta[1:7]
    phase = np.r_[0, np.pi * theta[7:12]]
    offset = np.tile(theta[12:15], 2)
    t = np.arange(30)[:, None]
    wanted = offset + A * np.sin(2 * np.pi * f * 0.05 * t + phase)
    actions = walked(ENGINE.at(theta), 30, n=2)
    np.testing.assert_allclose(actions[:, 0], wanted, atol=1e-12)
    assert np.array_equal(actions[:, 0], actions[:, 1])


def test_a_row_of_thetas_walks_by_itself():
    """Invariance: with one θ a row, every row walks as it would alone, bit for bit."""
    thetas = np.random.default_rng(1).normal(0, 0.3, (4, 15))
    together = walked(ENGINE.at(thetas), 10, n=4)
    for i, theta in enumerate(thetas):
        assert np.array_equal(together[:, i], walked(ENGINE.at(theta), 10)[:, 0])


def test_a_walk_is_open_loop_and_begins_again_with_every_start():
    """Determinism: what the robot sees changes nothing; each start has a clock of its
    own, also while another is under way.
    """
    walk = ENGINE.at(np.full(15, 0.2))
    rng = np.random.default_rng(0)
    first = walked(walk, 5)
    assert np.array_equal(first, walked(walk, 5, seen=9.0))
    acts = walk.start(1), walk.start(1)
    seen = np.zeros((1, 17))
    in_turns = [[act(seen, rng) for act in acts] for _ in range(5)]
    assert np.array_equal(np.array(in_turns)[:, 0], first)
    assert np.array_equal(np.array(in_turns)[:, 1], first)
    assert not np.array_equal(first[0], first[1])


def test_one_walk_may_be_rolled_out_twice():
    """Determinism: the same walk gives the same trajectory in a second rollout."""
    world = make_world("half_cheetah")
    walk = ENGINE.at(np.full(15, 0.2))
    one, two = (rollout(world, walk, 10, np.random.default_rng(0)) for _ in range(2))
    assert np.array_equal(one.actions, two.actions)
    assert np.array_equal(one.qpos, two.qpos)


@pytest.mark.parametrize(
    "theta",
    [np.zeros(14), np.zeros((2, 16)), np.zeros((1, 1, 15)), np.full(15, np.nan)],
)
def test_a_wrong_theta_is_named(theta):
    """Errors name the culprit and the size that is wanted."""
    with pytest.raises(ValueError, match="15"):
        ENGINE.at(theta)
