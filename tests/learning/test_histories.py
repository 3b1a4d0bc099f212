"""The last k observations, and the actions between them."""

import numpy as np
import pytest

from lecture_code.learning.histories import History, histories
from lecture_code.simulation import make_world, rollout


def clock(observations, rng):
    """Actions that differ from step to step, some beyond the motors' limits."""
    return 3 * np.cos(5 * observations[:, :2])


@pytest.mark.parametrize("k", [1, 2, 4])
def test_a_recording_has_the_histories_that_grow_while_acting(k):
    """Oracle: the histories of a recording are those that `then` builds step by step,
    with actions within the limits.
    """
    world = make_world("heavy_arm")
    recording = rollout([world] * 3, clock, 6, np.random.default_rng(0))
    limits = world.control_limits
    tau = histories(recording, k, limits)
    assert (np.abs(recording.actions) > 1).any()
    now = History.initial(recording.observations[:, 0], k, 2)
    for t in range(6):
        np.testing.assert_array_equal(tau.observations[:, t], now.observations)
        np.testing.assert_array_equal(tau.actions[:, t], now.actions)
        said = np.clip(recording.actions[:, t], *limits)
        now = now.then(said, recording.observations[:, t + 1])


def test_inputs_are_differences_to_the_latest():
    """Equation: o_t, o' − o_t, o_t − o_{t−1}, a_{t−1}, side by side."""
    tau = History(np.array([[[1.0, 2.0], [4.0, 8.0]]]), np.array([[[0.5]]]))
    inputs = tau.inputs(np.array([[5.0, 7.0]]))
    assert inputs.tolist() == [[4, 8, 1, -1, 3, 6, 0.5]]
