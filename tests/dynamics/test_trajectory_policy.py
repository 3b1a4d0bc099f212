"""What must hold of the alternation of trajectories and regression."""

from itertools import islice

import numpy as np
import pytest
from scipy.linalg import solve_discrete_are
from scipy.optimize import minimize

from lecture_code.dynamics.trajectory_policy import (
    LinearTask,
    PolicyState,
    alternate,
    fit_gain,
    near_trajectories,
    policy_step,
    wanted_next,
)


def task(horizon=80, n=6, **changes):
    """A cart that is pushed: position and velocity, one force."""
    parts = {
        "f_x": np.array([[1.0, 0.1], [0.0, 1.0]]),
        "f_u": np.array([[0.005], [0.1]]),
        "Q": np.diag([1.0, 0.1]),
        "R": np.array([[0.1]]),
        "starts": np.random.default_rng(0).standard_normal((n, 2)),
    }
    return LinearTask(**(parts | changes), horizon=horizon)


def riccati_gain(problem):
    P = solve_discrete_are(problem.f_x, problem.f_u, problem.Q, problem.R)
    left = problem.R + problem.f_u.T @ P @ problem.f_u
    return -np.linalg.solve(left, problem.f_u.T @ P @ problem.f_x)


def gain_after(turns, start, problem, **more):
    states = alternate(start, problem, np.random.default_rng(1), **more)
    return next(islice(states, turns - 1, None)).K


IDLE = np.zeros((1, 2))
RNG = np.random.default_rng(2)


@pytest.mark.parametrize("growth", [1.0, 1.1])
def test_the_alternation_arrives_at_the_riccati_gain(growth):
    """Limit: for a long horizon the policy's gain is that of the Riccati equation, from
    a policy that does nothing and from a policy that is wrong.
    """
    problem = task(horizon=150)
    best = riccati_gain(problem)
    for first in (IDLE, np.array([[-6.0, -1.0]])):
        K = gain_after(40, PolicyState(first, 0.1), problem, growth=growth)
        np.testing.assert_allclose(K, best, rtol=2e-3)
        assert np.abs(first / best - 1).max() > 0.5


def mean_cost(K, task):
    """Mean cost over the starts of the policy's own roll-outs."""
    x = task.starts
    total = 0.0
    for _ in range(task.horizon):
        u = x @ K.T
        total += 0.5 * (np.sum((x @ task.Q) * x) + np.sum((u @ task.R) * u))
        x = x @ task.f_x.T + u @ task.f_u.T
    return total / len(x)


def test_every_turn_makes_the_policy_cheaper():
    """Learning: from a policy that does nothing the cost falls at each of ten turns;
    with a ρ that is far too large it hardly falls.
    """
    problem = task()
    near, far = PolicyState(IDLE, 0.1), PolicyState(IDLE, 1e4)
    rng = np.random.default_rng(3)
    costs = [mean_cost(s.K, problem) for s in islice(alternate(near, problem, rng), 10)]
    stuck = [mean_cost(s.K, problem) for s in islice(alternate(far, problem, rng), 10)]
    assert (np.diff(costs) <= 1e-9).all()
    assert costs[-1] < 0.5 * mean_cost(IDLE, problem)
    assert stuck[-1] > 1.5 * costs[-1]


def price(actions, K, rho, problem, start):
    """What (T) makes small, for one start, by simulation."""
    x = start
    total = 0.0
    for u in actions.reshape(problem.horizon, -1):
        apart = u - K @ x
        total += 0.5 * (x @ problem.Q @ x + u @ problem.R @ u + rho * apart @ apart)
        x = problem.f_x @ x + problem.f_u @ u
    return total


@pytest.mark.parametrize("rho", [0.0, 0.3, 20.0])
def test_trajectories_are_the_minimum_of_their_price(rho):
    """Oracle: SciPy's minimum over all actions of a short trajectory is ours."""
    problem = task(horizon=8)
    K = np.array([[-2.0, 0.7]])
    _, actions = near_trajectories(K, rho, problem)
    how = K, rho, problem, problem.starts[0]
    best = minimize(price, np.zeros(8), how, tol=1e-12, options={"maxiter": 500})
    np.testing.assert_allclose(actions[0].ravel(), best.x, atol=2e-4)


def test_two_motors_are_coupled_through_their_cost():
    """Oracle: the completed square also holds for an R that is not diagonal."""
    f_u = np.array([[0.0, 0.1], [0.1, 0.05]])
    problem = task(horizon=5, f_u=f_u, R=np.array([[0.3, 0.1], [0.1, 0.2]]))
    K = np.array([[-1.0, 0.5], [0.3, -0.4]])
    rho = 0.4
    _, actions = near_trajectories(K, rho, problem)
    how = K, rho, problem, problem.starts[0]
    best = minimize(price, np.zeros(10), how, tol=1e-12, options={"maxiter": 500})
    np.testing.assert_allclose(actions[0].ravel(), best.x, atol=2e-4)


def test_without_a_price_the_policy_does_not_matter():
    """Limit ρ = 0: the trajectories are the optimum of the cost for every policy."""
    problem = task()
    one, other = (near_trajectories(K, 0.0, problem)[1] for K in (IDLE, IDLE + 3))
    np.testing.assert_allclose(one, other, atol=1e-12)


def test_with_an_infinite_price_trajectories_are_roll_outs():
    """Limit ρ → ∞: the actions are the policy's, its next state the wanted state."""
    problem = task()
    K = np.array([[-2.0, -1.5]])
    states, actions = near_trajectories(K, 1e9, problem)
    np.testing.assert_allclose(actions, states @ K.T, atol=1e-6)
    wanted = wanted_next(K, states[:, :-1], problem)
    np.testing.assert_allclose(states[:, 1:], wanted, atol=1e-6)


def test_the_best_policy_is_a_fixed_point():
    """Invariant: at the Riccati gain one turn changes nothing, whatever ρ is."""
    problem = task(horizon=200)
    best = riccati_gain(problem)
    for rho in (0.0, 1.0, 50.0):
        K = policy_step(PolicyState(best, rho), problem, RNG).K
        np.testing.assert_allclose(K, best, rtol=1e-3)


def test_the_regression_inverts_the_policy():
    """Equation: actions of a linear policy give back its gain."""
    rng = np.random.default_rng(4)
    K, states = rng.standard_normal((2, 3)), rng.standard_normal((4, 5, 3))
    np.testing.assert_allclose(fit_gain(states, states @ K.T), K, atol=1e-12)


def test_noise_makes_the_policy_cautious():
    """Equation: noise in the states shrinks the gain, as it does in every regression;
    without noise the generator is not asked.
    """
    problem = task()
    exact = policy_step(PolicyState(IDLE, 0.0), problem, np.random.default_rng(5)).K
    again = policy_step(PolicyState(IDLE, 0.0), problem, np.random.default_rng(6)).K
    noisy = policy_step(PolicyState(IDLE, 0.0), problem, RNG, noise=0.3).K
    assert np.array_equal(exact, again)
    assert np.linalg.norm(noisy) < 0.9 * np.linalg.norm(exact)


def test_bad_input_is_named():
    """Errors name the culprit."""
    with pytest.raises(ValueError, match="span all 2 states; got 3 starts of rank 1"):
        task(starts=np.outer([1.0, 2, 3], [1.0, 1]))
    with pytest.raises(ValueError, match="rho must be"):
        near_trajectories(IDLE, -1.0, task())
