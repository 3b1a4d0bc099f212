"""A simulator as a model: it predicts what a rollout does, and its slopes hold."""

import numpy as np
import pytest

from lecture_code.learning.simulated_dynamics import SimulatedDynamics
from lecture_code.simulation import make_world, rollout

ARM = make_world("heavy_arm")


def test_it_predicts_what_a_rollout_does():
    """Oracle: from every state of a rollout, the next joint state of the rollout."""
    actions = np.random.default_rng(0).uniform(-1, 1, (10, 3, 2))
    given = iter(actions)
    world = ARM.change(gravity=-5.0)
    run = rollout([world] * 3, lambda o, rng: next(given), 10, np.random.default_rng(1))
    states = np.concatenate([run.qpos[..., :2], run.qvel[..., :2]], axis=-1)
    dynamics = SimulatedDynamics(world, 2)
    for t in range(10):
        after = dynamics(states[:, t], actions[t])
        np.testing.assert_allclose(after, states[:, t + 1], atol=1e-9)


def test_its_slopes_predict_small_changes():
    """Equation: a small change of state and action changes the next state by the
    jacobian, and the linear model agrees with the simulator where it was made.
    """
    dynamics = SimulatedDynamics(ARM, 2)
    rng = np.random.default_rng(2)
    x = rng.standard_normal((6, 4))
    u = rng.uniform(-0.5, 0.5, (6, 2))
    change = 1e-4 * rng.standard_normal((6, 6))
    moved = dynamics(x + change[:, :4], u + change[:, 4:]) - dynamics(x, u)
    predicted = np.einsum("nij,nj->ni", dynamics.jacobian(x, u), change)
    np.testing.assert_allclose(predicted, moved, atol=1e-3 * np.abs(moved).max())
    model = dynamics.linear_model(x[0], u[0])
    here = dynamics(x[:1], u[:1])[0]
    np.testing.assert_allclose(model(x[0], u[0]), here, atol=1e-12)


def test_what_does_not_fit_is_refused():
    """Errors name the culprit: the number of joints, the shape of the states."""
    with pytest.raises(ValueError, match="joints must lie between 1 and 4"):
        SimulatedDynamics(ARM, 5)
    with pytest.raises(ValueError, match="angles and velocities of 2 joints"):
        SimulatedDynamics(ARM, 2)(np.zeros((3, 6)), np.zeros((3, 2)))
