"""What must hold of grounding where everything is linear."""

import numpy as np
import pytest

from lecture_code.dynamics.linear_grounding import closed_form, grounded, irreducible
from lecture_code.learning.regression import RegressionSettings, fit
from lecture_code.simulation.linear_plant import LinearPlant


def plants(actions, seed=0):
    """A simulator and a robot with four states that differ in everything."""
    rng = np.random.default_rng(seed)
    return [
        LinearPlant(rng.standard_normal((4, 4)), rng.standard_normal((4, actions)))
        for _ in range(2)
    ]


@pytest.mark.parametrize("actions", [1, 2, 3, 4])
def test_the_closed_form_comes_closest(actions):
    """Oracle: for each state and action, the action of (1) is that of a least-squares
    solver, to 1e-8, and no other action brings the simulator nearer.
    """
    simulator, robot = plants(actions)
    G_x, G_u = closed_form(simulator, robot)
    rng = np.random.default_rng(1)
    for _ in range(20):
        x, u = rng.standard_normal(4), rng.standard_normal(actions)
        wanted = robot.A @ x + robot.B @ u
        solution = np.linalg.lstsq(simulator.B, wanted - simulator.A @ x, rcond=None)[0]
        np.testing.assert_allclose(G_x @ x + G_u @ u, solution, atol=1e-8)
        near = np.linalg.norm(wanted - simulator.A @ x - simulator.B @ solution)
        others = solution + 0.1 * rng.standard_normal((50, actions))
        assert (
            np.linalg.norm(wanted - simulator.A @ x - others @ simulator.B.T, axis=1)
            > near
        ).all()


@pytest.mark.parametrize("actions", [1, 2, 3])
def test_what_is_left_lies_outside_the_range_of_B(actions):
    """Equation: robot minus grounded simulator is (I − B B⁺)(robot − simulator), to
    1e-8: orthogonal to every column of B, and not zero.
    """
    simulator, robot = plants(actions)
    E_x, E_u = irreducible(simulator, robot)
    whole = grounded(simulator, robot)
    np.testing.assert_allclose(robot.A - whole.A, E_x, atol=1e-8)
    np.testing.assert_allclose(robot.B - whole.B, E_u, atol=1e-8)
    assert np.abs(simulator.B.T @ np.hstack([E_x, E_u])).max() < 1e-8
    assert np.abs(E_x).max() > 0.1


def test_as_many_motors_as_states_leave_nothing():
    """Limit: with B square and invertible, the grounded simulator is the robot; with α
    = 0 it is the simulator; halfway it is between.
    """
    simulator, robot = plants(4)
    whole, none, half = (grounded(simulator, robot, alpha) for alpha in (1.0, 0.0, 0.5))
    np.testing.assert_allclose(whole.A, robot.A, atol=1e-8)
    np.testing.assert_allclose(whole.B, robot.B, atol=1e-8)
    assert np.array_equal(none.A, simulator.A) and np.array_equal(none.B, simulator.B)
    np.testing.assert_allclose(half.A, (simulator.A + robot.A) / 2, atol=1e-8)


def test_a_robot_like_the_simulator_needs_no_transformation():
    """Limit: real = sim gives g(x, u) = u, to 1e-10."""
    simulator, _ = plants(2)
    G_x, G_u = closed_form(simulator, simulator)
    np.testing.assert_allclose(G_x, 0, atol=1e-10)
    np.testing.assert_allclose(G_u, np.eye(2), atol=1e-10)


def test_learned_models_find_the_closed_form():
    """Oracle: f and f_sim⁻¹ fitted to data of the two plants, and put one into the
    other, give (1), to 1e-6.
    """
    simulator, robot = plants(2)
    rng = np.random.default_rng(2)
    x, u = rng.standard_normal((500, 4)), rng.standard_normal((500, 2))
    linear = RegressionSettings(epochs=0)
    f = fit(np.hstack([x, u]), robot.step(x, u) - x, rng, linear)
    inverse = fit(np.hstack([x, simulator.step(x, u) - x]), u, rng, linear)
    onto_B = simulator.B @ np.linalg.pinv(simulator.B)  # what actions can change
    within = onto_B @ (robot.step(x, u) - simulator.step(x, 0 * u)).T
    reachable = simulator.step(x, 0 * u) + within.T - x
    G_x, G_u = closed_form(simulator, robot)
    np.testing.assert_allclose(
        inverse(np.hstack([x, reachable])), x @ G_x.T + u @ G_u.T, atol=1e-4
    )
    np.testing.assert_allclose(f(np.hstack([x, u])), robot.step(x, u) - x, atol=1e-4)


def test_plants_of_different_spaces_are_refused():
    """Errors name the culprit."""
    with pytest.raises(ValueError, match="same states and actions"):
        closed_form(plants(2)[0], plants(3)[1])
    with pytest.raises(ValueError, match="alpha"):
        grounded(*plants(2), alpha=1.5)
