"""LQR is the Riccati solution, and its value is what a simulation costs."""

import numpy as np
import pytest
from scipy.linalg import solve_discrete_are
from scipy.optimize import minimize

from lecture_code.learning.lqr import LinearModel, QuadraticCost, lqr


def model_of(rng, S=4, A=2, lead=()):
    f_x = np.eye(S) + 0.2 * rng.standard_normal((*lead, S, S))
    f_u = rng.standard_normal((*lead, S, A))
    f_c = rng.standard_normal((*lead, S))
    return LinearModel(f_x, f_u, f_c, np.zeros_like(f_x))


def cost_of(rng, S=4, A=2, T=12, lead=()):
    reference = rng.standard_normal((*lead, T, S))
    return QuadraticCost(np.diag([1.0, 2, 0, 0.5]), np.diag([0.1, 0.3]), reference)


def spent(model, cost, x, actions):
    states = [x]
    for u in actions[:-1]:
        states.append(model(states[-1], u))
    return float(cost(np.array(states), np.array(actions)))


def test_a_long_horizon_gives_the_riccati_gain():
    """Limit: for a long horizon K is the gain of scipy's discrete algebraic Riccati
    equation, and Q_uu its curvature.
    """
    model = model_of(np.random.default_rng(0))
    cost = cost_of(np.random.default_rng(1), T=1)
    gains = lqr(model, cost, 400)
    P = solve_discrete_are(model.f_x, model.f_u, cost.Q, cost.R)
    Q_uu = cost.R + model.f_u.T @ P @ model.f_u
    K = -np.linalg.solve(Q_uu, model.f_u.T @ P @ model.f_x)
    np.testing.assert_allclose(gains.K[0], K, rtol=0, atol=1e-9)
    np.testing.assert_allclose(gains.Q_uu[0], Q_uu, rtol=1e-9)


def test_the_scalar_case_by_hand():
    """Equation: with x' = 2 x + u + 3, Q = 4, R = 1, a horizon of 2 and the reference
    (0, 5), the best first action is u = −(4 · (2 x + 3 − 5)) / (1 + 4), and nothing
    happens in the last step.
    """
    one = np.ones((1, 1))
    model = LinearModel(2 * one, one, np.array([3.0]), 0 * one)
    gains = lqr(model, QuadraticCost(4 * one, one, np.array([[0.0], [5.0]])))
    assert gains.action(np.array([7.0])) == pytest.approx(-4 * (14 - 2) / 5)
    assert gains.action(np.array([7.0]), 1) == pytest.approx(0)


def test_no_other_actions_cost_less():
    """Equation: along the optimal trajectory the simulated cost has no slope in any
    action, and every random change of the actions costs more.
    """
    rng = np.random.default_rng(2)
    model, cost = model_of(rng), cost_of(rng)
    gains = lqr(model, cost)
    x = rng.standard_normal(4)
    now = x
    actions = []
    for t in range(12):
        actions.append(gains.action(now, t))
        now = model(now, actions[-1])
    best = spent(model, cost, x, actions)
    for _ in range(50):
        change = rng.standard_normal((12, 2))
        up = spent(model, cost, x, list(np.array(actions) + 1e-3 * change))
        down = spent(model, cost, x, list(np.array(actions) - 1e-3 * change))
        assert abs(up - down) < 1e-9 * max(best, 1)
        assert up > best


def test_attempts_side_by_side_do_not_mix():
    """Invariance: leading axes give what one model and one reference after the other
    give.
    """
    rng = np.random.default_rng(3)
    model, cost = model_of(rng, lead=(3,)), cost_of(rng, lead=(3,))
    together = lqr(model, cost)
    for i in range(3):
        alone = LinearModel(model.f_x[i], model.f_u[i], model.f_c[i], model.F[i])
        gains = lqr(alone, QuadraticCost(cost.Q, cost.R, cost.reference[i]))
        np.testing.assert_allclose(together.K[i], gains.K, rtol=1e-10)
        np.testing.assert_allclose(together.k[i], gains.k, rtol=1e-10)


def test_one_model_serves_many_references():
    """Invariance: one model with N references gives N feedbacks with the same K."""
    rng = np.random.default_rng(4)
    model = model_of(rng)
    cost = cost_of(rng, lead=(3,))
    gains = lqr(model, cost)
    assert gains.k.shape == (3, 12, 2)
    np.testing.assert_allclose(gains.K[0], gains.K[2])


def test_a_short_reference_stays_at_its_last_state():
    """Limit: a reference shorter than the horizon is as if its last state were
    repeated.
    """
    rng = np.random.default_rng(5)
    model = model_of(rng)
    cost = cost_of(rng, T=3)
    last = cost.reference[-1:]
    longer = np.concatenate([cost.reference, *[last] * 6])
    whole = lqr(model, QuadraticCost(cost.Q, cost.R, longer))
    np.testing.assert_array_equal(lqr(model, cost, 9).k, whole.k)


def test_equal_models_at_every_step_are_one_model():
    """Limit: T equal models give the gains of one model, bit for bit."""
    rng = np.random.default_rng(7)
    model, cost = model_of(rng), cost_of(rng)
    one, many = lqr(model, cost), lqr([model] * 12, cost)
    np.testing.assert_array_equal(one.K, many.K)
    np.testing.assert_array_equal(one.k, many.k)


@pytest.mark.parametrize("last", [None, np.diag([3.0, 1, 2, 0])])
def test_changing_models_give_the_minimum_of_the_whole_problem(last):
    """Oracle: with another model at every step, and with a cost of the last state, the
    actions along the trajectory are those that solve the whole quadratic problem.
    """
    rng = np.random.default_rng(8)
    T = 5
    models = [model_of(rng) for _ in range(T)]
    reference = rng.standard_normal((T + (last is not None), 4))
    cost = QuadraticCost(
        np.diag([1.0, 2, 0, 0.5]), np.diag([0.1, 0.3]), reference, last
    )
    start = rng.standard_normal(4)

    def total(flat):
        u = flat.reshape(T, 2)
        states = [start]
        for model, action in zip(models, u):
            states.append(model(states[-1], action))
        return float(cost(np.array(states if last is not None else states[:-1]), u))

    best = minimize(total, np.zeros(2 * T), method="BFGS", tol=1e-10).x
    gains = lqr(models, cost)
    x = start
    for t, u in enumerate(best.reshape(T, 2)):
        np.testing.assert_allclose(gains.action(x, t), u, atol=1e-4)
        x = models[t](x, gains.action(x, t))


def test_the_riccati_solution_as_last_cost_makes_every_horizon_endless():
    """Limit: with it, a horizon of one step has the gain of an endless one."""
    rng = np.random.default_rng(9)
    model = model_of(rng)
    cost = cost_of(rng, T=1)
    P = solve_discrete_are(model.f_x, model.f_u, cost.Q, cost.R)
    short = lqr(model, QuadraticCost(cost.Q, cost.R, cost.reference, P), 1)
    np.testing.assert_allclose(short.K[0], lqr(model, cost, 400).K[0], atol=1e-9)


def test_what_cannot_be_planned_is_refused():
    """Errors name the culprit: shapes, a cost that is not definite, a horizon below 1,
    numbers that are not finite.
    """
    rng = np.random.default_rng(6)
    model, cost = model_of(rng), cost_of(rng)
    with pytest.raises(ValueError, match="positive definite"):
        QuadraticCost(np.eye(4), np.zeros((2, 2)), cost.reference)
    with pytest.raises(ValueError, match="semi-definite"):
        QuadraticCost(-np.eye(4), np.eye(2), cost.reference)
    with pytest.raises(ValueError, match="horizon must be at least 1"):
        lqr(model, cost, 0)
    with pytest.raises(ValueError, match="f_c of the model must be finite"):
        lqr(LinearModel(model.f_x, model.f_u, model.f_c * np.nan, model.F), cost)
    with pytest.raises(ValueError, match="4 states and 2 actions"):
        lqr(model, QuadraticCost(np.eye(3), np.eye(2), np.zeros((5, 3))))
    with pytest.raises(ValueError, match="12 steps need as many models; got 3"):
        lqr([model] * 3, cost, 12)
    with pytest.raises(ValueError, match="horizon must be at least 1"):
        lqr([], cost)
    with pytest.raises(ValueError, match="last must be"):
        QuadraticCost(cost.Q, cost.R, cost.reference, np.eye(3))
    with pytest.raises(ValueError, match="last must be positive semi-definite"):
        QuadraticCost(cost.Q, cost.R, cost.reference, -np.eye(4))
    with pytest.raises(ValueError, match="must be"):
        LinearModel(model.f_x, model.f_u[:3], model.f_c, model.F)
