"""The local Gaussian model lifts the arm that its simulator does not know."""

from dataclasses import replace

import numpy as np
import pytest

from lecture_code.dynamics.gaussian_adaptation import ARM_SETTINGS, GaussianAdaptation
from lecture_code.dynamics.reaching_expert import ReachingExpert
from lecture_code.learning.lqr import QuadraticCost, lqr
from lecture_code.learning.simulated_dynamics import SimulatedDynamics
from lecture_code.simulation import make_world, plain_rollout, rollout
from tests.dynamics.driven_arm import (
    SOURCE,
    TASK,
    TILTED,
    around,
    drive,
    mean_return,
    turned,
)

STARTS = np.tile([0.3, 0.2, 0, 0], (3, 1))
TARGETS = around(0.8, [1.5, -1.5, 2.5])
PRIOR_ALONE = GaussianAdaptation(SOURCE, replace(ARM_SETTINGS, N=0.0))


def test_the_prior_alone_is_lqr_on_the_simulator():
    """Limit: with N = 0 the actions are those of LQR on the simulator's linear model at
    the present state and the last action.
    """
    states, actions, _ = drive(PRIOR_ALONE, STARTS, TARGETS, 6, TILTED)
    dynamics = SimulatedDynamics(SOURCE, 2)
    Q, R = (np.diag(cost) for cost in (ARM_SETTINGS.state_cost, [0.1, 0.1]))
    assert ARM_SETTINGS.action_cost == (0.1, 0.1)
    for t in range(1, 6):
        for i in range(3):
            x = states[t, i]
            model = dynamics.linear_model(x, actions[t - 1, i])
            wanted = posture(x, TARGETS[i])
            cost = QuadraticCost(Q, R, np.array([[*wanted, 0, 0]]))
            u = lqr(model, cost, ARM_SETTINGS.horizon).action(x)
            np.testing.assert_allclose(actions[t, i], np.clip(u, -1, 1), atol=1e-3)


def posture(x, target):
    seen = np.concatenate([np.cos(x[:2]), np.sin(x[:2]), x[2:], target, [0.0, 0.0]])
    return TASK.posture(seen[None])[0]


def test_it_reaches_under_gravity_and_the_prior_alone_does_not():
    """Learning with a negative control: at 60 % of gravity the hand ends within 5 cm of
    its targets; the prior alone ends at least three times as far away.
    """
    _, _, adapted = drive(GaussianAdaptation(SOURCE), STARTS, TARGETS, 60, TILTED)
    _, _, alone = drive(PRIOR_ALONE, STARTS, TARGETS, 60, TILTED)
    assert adapted[-1].max() < 0.05
    assert (alone[-1] > 3 * adapted[-1]).all()


def test_where_the_source_is_the_robot_adapting_does_no_harm():
    """Limit: in the simulator itself the hand ends within 1 cm of its targets, with the
    moments and without them.
    """
    for policy in (GaussianAdaptation(SOURCE), PRIOR_ALONE):
        _, _, away = drive(policy, STARTS, TARGETS, 60)
        assert away[-1].max() < 0.01


def test_in_the_source_it_earns_at_least_as_much_as_the_expert():
    """Positive control: plans with a simulator that is right are good plans."""
    expert = mean_return(ReachingExpert.from_source(SOURCE))
    assert expert < mean_return(GaussianAdaptation(SOURCE)) < 0


def test_no_direction_of_the_level_plane_is_special():
    """Invariance: arm and target turned together give the same actions, also where
    the shoulder passes ±π.
    """
    policy = GaussianAdaptation(SOURCE)
    _, actions = turned(policy, 0.0)
    states, actions_turned = turned(policy, 2.6)
    assert (states[:, 0, 0] + 2.6 > np.pi).any()
    np.testing.assert_allclose(actions_turned, actions, atol=1e-5)


def test_each_rollout_begins_anew_and_rows_do_not_mix():
    """Determinism: the same policy acts twice alike, and arm by arm as in the batch."""
    policy = GaussianAdaptation(SOURCE)
    runs = [
        run([TILTED] * 3, policy, 8, np.random.default_rng(1))
        for run in (rollout, rollout, plain_rollout)
    ]
    np.testing.assert_array_equal(runs[0].actions, runs[1].actions)
    np.testing.assert_allclose(runs[0].actions, runs[2].actions, atol=1e-9)


def test_what_does_not_fit_is_refused():
    """Errors name the culprit: the task of the world, the prior's spread."""
    with pytest.raises(ValueError, match="ReachTarget"):
        GaussianAdaptation(make_world("hopper"))
    with pytest.raises(ValueError, match="spread"):
        GaussianAdaptation(SOURCE, spread=0.0)
    with pytest.raises(ValueError, match="residual"):
        GaussianAdaptation(SOURCE, residual=-1.0)
