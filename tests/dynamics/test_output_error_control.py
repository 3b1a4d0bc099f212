"""Output error control measures how far the simulator is wrong, and plans around it."""

from dataclasses import replace

import numpy as np
import pytest

from lecture_code.dynamics.output_error_control import (
    ControlSettings,
    ControlState,
    OutputErrorControl,
    cost_to_go,
    output_error_step,
)
from lecture_code.dynamics.reaching_expert import ReachingExpert
from lecture_code.learning.lqr import LinearModel, lqr
from lecture_code.learning.simulated_dynamics import SimulatedDynamics
from lecture_code.simulation import make_world, plain_rollout, rollout
from tests.dynamics.driven_arm import (
    SOURCE,
    TILTED,
    around,
    drive,
    mean_return,
    turned,
)

DT = 0.1
I = np.eye(2)
POINT = LinearModel(
    np.block([[I, DT * I], [0 * I, I]]),
    np.concatenate([0.5 * DT**2 * I, DT * I]),
    np.zeros(4),
    np.zeros((4, 4)),
)
PUSH = np.array([0.5, -1.0])  # a hidden constant acceleration
PUSHED = replace(POINT, f_c=POINT.f_u @ PUSH)
SETTINGS = ControlSettings(action_cost=(1e-3, 1e-3), horizon=6)
ORIGIN = np.zeros((2, 1, 4))
FAST = ControlSettings(horizon=3)


def control(robot, settings, steps=80):
    """The last state of the method, states (T + 1, 2, 4) and actions (T, 2, 2) of two
    points.
    """
    x = np.array([[1.0, -1, 0, 0], [0.3, 0.2, 0, 0]])
    state = ControlState.initial(settings, 2)
    last = cost_to_go(POINT, settings)
    states = [x]
    actions = []
    for _ in range(steps):
        state, u = output_error_step(state, x, ORIGIN, settings, POINT, last=last)
        x = robot(x, u)
        actions.append(u)
        states.append(x)
    return state, np.array(states), np.array(actions)


def test_where_the_source_is_the_robot_it_is_lqr():
    """Limit: on a linear plant that the source knows, the actions are those of LQR with
    an endless horizon, and the error stays 0.
    """
    state, states, actions = control(POINT, SETTINGS, 20)
    gains = lqr(POINT, SETTINGS.cost(np.zeros((1, 4))), 600)
    for x, u in zip(states, actions):
        np.testing.assert_allclose(u, gains.action(x), atol=1e-6)
    np.testing.assert_allclose(state.error, 0, atol=1e-9)


def test_without_a_weight_for_new_errors_it_plans_with_the_source():
    """Limit: with γ = 0 the error stays exactly 0 although the robot is pushed, and the
    actions are still those of LQR on the source.
    """
    state, states, actions = control(PUSHED, replace(SETTINGS, gamma=0.0), 20)
    gains = lqr(POINT, SETTINGS.cost(np.zeros((1, 4))), 600)
    assert not state.error.any()
    for x, u in zip(states, actions):
        np.testing.assert_allclose(u, gains.action(x), atol=1e-6)


@pytest.mark.parametrize("gamma", [0.2, 0.5, 1.0])
def test_the_error_converges_to_a_hidden_constant(gamma):
    """Equation: under a constant push d, after t errors e is (1 − (1 − γ)^t) d."""
    for errors in (1, 3, 10):
        settings = replace(SETTINGS, gamma=gamma)
        state, _, _ = control(PUSHED, settings, errors + 1)
        share = 1 - (1 - gamma) ** errors
        np.testing.assert_allclose(state.error, [share * PUSHED.f_c] * 2, atol=1e-9)


def test_the_known_error_is_compensated():
    """Learning with a negative control: with γ > 0 the pushed points end at their goal
    as closely as the cost of actions allows, and with γ = 0 they do not.
    """
    ends = []
    for R in (1e-2, 1e-4):
        settings = replace(SETTINGS, action_cost=(R, R))
        _, states, _ = control(PUSHED, settings, 200)
        ends.append(np.abs(states[-1]).max())
    assert ends[0] > 1e-3 > ends[1]
    assert ends[1] < 0.02 * ends[0]
    settings = replace(settings, gamma=0.0)
    _, states, _ = control(PUSHED, settings, 200)
    assert np.abs(states[-1]).max() > 50 * ends[1]


def test_on_the_arm_the_error_stays_zero_where_source_and_robot_agree():
    """Limit: the simulator predicts itself to 1e-9 along a whole reach."""
    dynamics = SimulatedDynamics(SOURCE, 2)
    state = ControlState.initial(FAST, 1)
    x = np.array([[0.3, 0.2, 0.0, 0.0]])
    wanted = np.array([[[1.2, 0.7, 0.0, 0.0]]])
    limits = SOURCE.control_limits
    for _ in range(20):
        state, u = output_error_step(state, x, wanted, FAST, dynamics, limits)
        x = dynamics(x, u)
    assert np.abs(u).max() > 0
    assert np.abs(state.error).max() < 1e-9


def test_the_arm_reaches_under_gravity_and_not_without_the_error():
    """Learning with a negative control: at 60 % of gravity the hand ends within 5 cm of
    its targets; with γ = 0 it ends at least three times as far away.
    """
    x = np.tile([0.3, 0.2, 0, 0], (3, 1))
    targets = around(0.8, [1.5, -1.5, 2.5])
    ends = []
    for gamma in (0.5, 0.0):
        policy = OutputErrorControl(SOURCE, replace(FAST, gamma=gamma))
        _, _, away = drive(policy, x, targets, 50, TILTED)
        ends.append(away[-1])
    assert ends[0].max() < 0.05
    assert (ends[1] > 3 * ends[0]).all()


def test_in_the_source_it_earns_at_least_as_much_as_the_expert():
    """Positive control: plans with a simulator that is right are good plans."""
    expert = mean_return(ReachingExpert.from_source(SOURCE))
    assert expert < mean_return(OutputErrorControl(SOURCE)) < 0


def test_no_direction_of_the_level_plane_is_special():
    """Invariance: arm and target turned together give the same actions, also where
    the shoulder passes ±π.
    """
    policy = OutputErrorControl(SOURCE, FAST)
    _, actions = turned(policy, 0.0)
    states, actions_turned = turned(policy, 2.6)
    assert (states[:, 0, 0] + 2.6 > np.pi).any()
    np.testing.assert_allclose(actions_turned, actions, atol=1e-6)


def test_each_rollout_begins_anew_and_rows_do_not_mix():
    """Determinism: the same policy acts twice alike, and arm by arm as in the batch."""
    policy = OutputErrorControl(SOURCE, FAST)
    runs = [
        run([TILTED] * 3, policy, 8, np.random.default_rng(1))
        for run in (rollout, rollout, plain_rollout)
    ]
    np.testing.assert_array_equal(runs[0].actions, runs[1].actions)
    np.testing.assert_allclose(runs[0].actions, runs[2].actions, atol=1e-9)


def test_actions_stay_within_the_limits():
    """Invariance: far from its target the arm uses all its torque, and no more."""
    x = np.zeros((1, 4))
    policy = OutputErrorControl(SOURCE, FAST)
    _, actions, _ = drive(policy, x, around(0.9, [2.8]), 4)
    assert np.abs(actions).max() == 1.0


def test_what_does_not_fit_is_refused():
    """Errors name the culprit: settings, the task of the world, the states."""
    with pytest.raises(ValueError, match="gamma"):
        ControlSettings(gamma=1.5)
    with pytest.raises(ValueError, match="horizon and iterations"):
        ControlSettings(horizon=0)
    with pytest.raises(ValueError, match="ReachTarget"):
        OutputErrorControl(make_world("hopper"))
    state = ControlState.initial(SETTINGS, 2)
    for x in (np.zeros((3, 4)), np.full((2, 4), np.nan)):
        with pytest.raises(ValueError, match=r"x must be finite, of shape \(2, 4\)"):
            output_error_step(state, x, ORIGIN, SETTINGS, POINT)
