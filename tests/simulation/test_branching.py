"""Going back to a state of a rollout."""

import numpy as np
import pytest

from lecture_code.simulation import branch, make_world, motor_noise_of, rollout


def wave(observations, rng):
    """Actions of HalfCheetah that keep it moving."""
    return 0.8 * np.sin(3 * observations[:, :6])


@pytest.mark.parametrize("correlation", [0.0, 0.9, 1.0])
def test_the_same_action_leads_where_the_rollout_went(correlation):
    """Oracle: a branch with the recorded action, and with the noise drawn again, sees
    what the rollout saw next; without the noise it does not.
    """
    robot = make_world(
        "half_cheetah", motor_noise=0.3, motor_noise_correlation=correlation
    )
    rng = np.random.default_rng(4)
    noise = motor_noise_of([robot] * 3, 8, rng)
    recording = rollout([robot] * 3, wave, 8, rng)
    steps = np.zeros((3, 8), bool)
    steps[0, 2] = steps[1, 7] = steps[2, 0] = True
    actions, after = recording.actions[steps], recording.observations[:, 1:][steps]
    got = branch(robot, recording, steps, actions, noise)
    np.testing.assert_allclose(got, after, atol=1e-7)
    quiet = branch(robot, recording, steps, actions, 0 * noise)
    assert np.abs(quiet - after).max() > 0.01


def test_drawing_the_noise_again_uses_nothing_up():
    """Determinism: the generator is as it was, so that the rollout is the same."""
    robot = make_world("hopper", motor_noise=0.2)
    first, second = np.random.default_rng(1), np.random.default_rng(1)
    motor_noise_of([robot] * 2, 5, first)
    still = lambda observations, rng: np.zeros((2, 3))  # noqa: E731
    a, b = (rollout([robot] * 2, still, 5, rng) for rng in (first, second))
    np.testing.assert_array_equal(a.qpos, b.qpos)


@pytest.mark.parametrize("knob, value", [("action_delay", 2), ("backlash", 0.1)])
def test_a_robot_that_remembers_commands_is_refused(knob, value):
    """Bad input: the error names the knob."""
    robot = make_world("hopper", **{knob: value})
    still = lambda observations, rng: np.zeros((1, 3))  # noqa: E731
    recording = rollout([robot], still, 3, np.random.default_rng(0))
    with pytest.raises(ValueError, match=f"a robot with {knob} remembers"):
        branch(robot, recording, recording.mask, np.zeros((3, 3)), np.zeros((1, 3, 3)))
