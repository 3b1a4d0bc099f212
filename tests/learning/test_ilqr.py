"""Iterative LQR is LQR on a linear plant, and ends at the optimum of another solver."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from scipy.optimize import minimize

from lecture_code.learning.ilqr import Plan, Problem, forward_differences, improve_plan
from lecture_code.learning.lqr import LinearModel, QuadraticCost, lqr

DT = 0.1
UPRIGHT = QuadraticCost(
    np.diag([1.0, 0.1]), np.array([[0.05]]), np.array([[np.pi, 0.0]]), 5 * np.eye(2)
)


def pendulum(x, u, pull=3.0):
    """Next states (n, 2) of a pendulum that hangs down at angle 0."""
    speed = x[:, 1] + DT * (u[:, 0] - pull * np.sin(x[:, 0]))
    return np.stack([x[:, 0] + DT * speed, speed], axis=1)


def linear_plant(rng, S=3, A=2):
    f_x = np.eye(S) + 0.2 * rng.standard_normal((S, S))
    f_u, f_c = rng.standard_normal((S, A)), rng.standard_normal(S)
    model = LinearModel(f_x, f_u, f_c, np.zeros((S, S)))
    cost = QuadraticCost(
        np.diag([1.0, 2, 0.5]),
        np.diag([0.1, 0.3]),
        rng.standard_normal((8, S)),
        np.eye(S),
    )
    return model, cost


def resting(problem, x, T, A=1):
    return Plan.from_actions(problem, x, np.zeros((len(x), T, A)))


def improved(plan, problem, times):
    for _ in range(times):
        plan = improve_plan(plan, problem)
    return plan


def starts(n=3):
    return np.random.default_rng(0).uniform(-0.5, 0.5, (n, 2))


@pytest.mark.parametrize("disturbed", [False, True])
def test_on_a_linear_plant_one_step_is_lqr(disturbed):
    """Limit: from any plan, one iteration gives the actions and states of LQR, also
    with a constant disturbance that differs from row to row.
    """
    rng = np.random.default_rng(1)
    model, cost = linear_plant(rng)
    cost = replace(cost, reference=cost.reference[:1])
    d = disturbed * rng.standard_normal((4, 3))
    problem = Problem(model, cost, disturbance=d)
    x = rng.standard_normal((4, 3))
    plan = Plan.from_actions(problem, x, rng.standard_normal((4, 8, 2)))
    plan = improve_plan(plan, problem)
    for i in range(4):
        true = replace(model, f_c=model.f_c + d[i])
        gains = lqr(true, cost, 8)
        now = x[i]
        for t in range(8):
            u = gains.action(now, t)
            now = true(now, u)
            np.testing.assert_allclose(plan.actions[i, t], u, atol=1e-7)
            np.testing.assert_allclose(plan.states[i, t + 1], now, atol=1e-7)


def test_a_pendulum_ends_at_the_optimum_of_another_solver():
    """Oracle: on a swing-up the cost falls in every iteration, and ends within a
    millionth of the minimum that scipy finds from the same start.
    """
    problem = Problem(pendulum, UPRIGHT)
    x = np.array([[0.3, 0.0]])
    plan = resting(problem, x, 12)
    costs = [plan.cost[0]]
    for _ in range(60):
        plan = improve_plan(plan, problem)
        costs.append(plan.cost[0])
    assert (np.diff(costs) <= 0).all()
    assert costs[1] < 0.9 * costs[0]

    def cost(actions):
        tried = Plan.from_actions(problem, x, actions.reshape(1, 12, 1))
        return float(tried.cost[0])

    best = minimize(cost, plan.actions.ravel() + 0.3, method="BFGS", tol=1e-9)
    assert costs[-1] == pytest.approx(best.fun, rel=1e-6)


def test_rows_do_not_mix():
    """Invariance: N plans side by side are N plans one after the other."""
    problem = Problem(pendulum, UPRIGHT)
    together = improved(resting(problem, starts(), 10), problem, 4)
    for i, x in enumerate(starts()):
        alone = improved(resting(problem, x[None], 10), problem, 4)
        np.testing.assert_allclose(together.actions[i], alone.actions[0], atol=1e-12)


@pytest.fixture(name="overshooting", scope="module")
def _overshooting():
    """Plans of a strongly pulled pendulum; for some of them a full step is too long."""
    problem = Problem(partial(pendulum, pull=10.0), UPRIGHT)
    x = np.random.default_rng(2).uniform(-1, 1, (60, 2))
    return problem, improved(resting(problem, x, 25), problem, 2)


def test_no_step_makes_a_plan_worse(overshooting):
    """Limit: where the full step overshoots and no smaller one is allowed, the plan
    stays as it was, row by row.
    """
    problem, plan = overshooting
    new = improve_plan(plan, replace(problem, step_sizes=(1.0,)))
    assert (new.cost <= plan.cost).all()
    kept = new.cost == plan.cost
    assert 0 < kept.sum() < 60
    np.testing.assert_array_equal(new.actions[kept], plan.actions[kept])
    assert (new.actions[~kept] != plan.actions[~kept]).any(axis=(1, 2)).all()


def test_smaller_steps_help_where_the_full_step_overshoots(overshooting):
    """Invariance: with more step sizes no row ends worse, and some rows end better."""
    problem, plan = overshooting
    full = improve_plan(plan, replace(problem, step_sizes=(1.0,))).cost
    searched = improve_plan(plan, problem).cost
    assert (searched <= full).all()
    assert (searched < full).sum() >= 5


def test_actions_stay_within_the_limits():
    """Invariance: no planned action exceeds the limits, some reach them, and the cost
    still falls.
    """
    limits = (np.array([-2.0]), np.array([1.5]))
    problem = Problem(pendulum, UPRIGHT, limits)
    first = resting(problem, starts(), 20)
    plan = improved(first, problem, 10)
    assert plan.actions.min() >= -2
    assert plan.actions.max() == 1.5
    assert (plan.cost < first.cost).all()


def test_the_states_of_a_plan_are_where_its_actions_lead():
    """Equation: every state follows from the one before by the dynamics and the
    disturbance.
    """
    d = np.array([[0.1, 0.2], [0, 0], [-0.1, 0.3]])
    problem = Problem(pendulum, UPRIGHT, disturbance=d)
    plan = improved(resting(problem, starts(), 6), problem, 2)
    for t in range(6):
        after = pendulum(plan.states[:, t], plan.actions[:, t]) + d
        np.testing.assert_array_equal(plan.states[:, t + 1], after)


def test_slopes_are_those_of_the_formula():
    """Equation: forward differences agree with the pendulum's derivative."""
    x = starts(5)
    u = np.ones((5, 1))
    slopes = forward_differences(pendulum, x, u)
    by_angle = -3 * DT * np.cos(x[:, 0])
    ones = np.ones(5)
    speed = np.stack([by_angle, ones, DT * ones], axis=1)
    angle = DT * speed + np.array([1.0, 0, 0])
    np.testing.assert_allclose(slopes, np.stack([angle, speed], axis=1), atol=1e-5)


def test_what_cannot_be_planned_is_refused():
    """Errors name the culprit: step sizes, the difference, the shape of the actions."""
    with pytest.raises(ValueError, match="step_sizes"):
        Problem(pendulum, UPRIGHT, step_sizes=())
    with pytest.raises(ValueError, match="step_sizes"):
        Problem(pendulum, UPRIGHT, step_sizes=(2.0,))
    with pytest.raises(ValueError, match="difference"):
        Problem(pendulum, UPRIGHT, difference=0.0)
    problem = Problem(pendulum, UPRIGHT)
    for shape in ((3, 1), (2, 5, 1), (3, 0, 1)):
        with pytest.raises(ValueError, match="actions must be"):
            Plan.from_actions(problem, starts(), np.zeros(shape))
