"""What must hold of the local Jacobian."""

import numpy as np
import pytest
from scipy.optimize import minimize

from lecture_code.dynamics.local_jacobian import (
    JacobianSettings,
    JacobianState,
    control,
    jacobian_step,
    joint,
    update,
)

S, A = 4, 2
WIDE = np.full(A, 1e6)


def draw(seed, lead=(), columns=S + A):
    """A random Jacobian, z and next state."""
    rng = np.random.default_rng(seed)
    shapes = (S, columns), (columns,), (S,)
    return tuple(rng.standard_normal((*lead, *shape)) for shape in shapes)


def made(alpha=0.5, offset=True, **more):
    """JacobianSettings for S states and A actions."""
    sizes = {"scale": (1.0,) * (S + A + offset), "weights": (1.0,) * S}
    limits = {"low": (-2.0,) * A, "high": (2.0,) * A}
    return JacobianSettings(alpha, **(sizes | limits | more))


@pytest.mark.parametrize("alpha", [1e-3, 0.5, 40.0])
def test_the_closed_form_solves_the_ridge_problem(alpha):
    """Oracle: eq. 1 equals the solution of its normal equations to 1e-12."""
    J, z, s = draw(0)
    right = np.outer(s, z) + alpha * J
    solved = np.linalg.solve(np.outer(z, z) + alpha * np.eye(S + A), right.T).T
    np.testing.assert_allclose(update(J, z, s, alpha), solved, rtol=0, atol=1e-12)


def test_no_resistance_explains_the_last_step_exactly():
    """Limit α → 0: J z equals the observed state."""
    J, z, s = draw(1)
    np.testing.assert_allclose(update(J, z, s, 0.0) @ z, s, rtol=0, atol=1e-14)


def test_infinite_resistance_changes_nothing():
    """Limit α → ∞: J stays, and a finite α does change it."""
    J, z, s = draw(2)
    assert np.array_equal(update(J, z, s, np.inf), J)
    assert not np.allclose(update(J, z, s, 1.0), J)


@pytest.mark.parametrize("alpha", [0.0, 0.3, 10.0])
def test_the_distance_to_the_truth_never_grows(alpha):
    """Invariant: without noise on a linear robot every step brings J closer."""
    truth, J = draw(3)[0], draw(4)[0]
    rng = np.random.default_rng(5)
    distances = [np.linalg.norm(J - truth)]
    for _ in range(300):
        z = rng.standard_normal(S + A)
        J = update(J, z, truth @ z, alpha)
        distances.append(np.linalg.norm(J - truth))
    assert (np.diff(distances) <= 1e-13).all()
    assert distances[-1] < 1e-3 * distances[0]


def test_without_excitation_learning_stalls():
    """Limit: when z never changes, J explains z and stays wrong for everything else."""
    truth, z, _ = draw(6)
    J = draw(7)[0]
    for _ in range(500):
        J = update(J, z, truth @ z, 0.1)
    other = draw(8)[1]
    np.testing.assert_allclose(J @ z, truth @ z, atol=1e-12)
    assert np.linalg.norm((J - truth) @ other) > 0.5


def test_units_do_not_matter_when_the_scale_follows():
    """Invariance: z in other units, with J and scale in the same units, is the same
    correction; without scales it is another.
    """
    J, z, s = draw(9)
    units = np.array([1.0, 10.0, 0.1, 3.0, 100.0, 0.5])
    here = update(J, z, s, 0.7)
    there = update(J / units, z * units, s, 0.7, scale=units) * units
    plain = update(J / units, z * units, s, 0.7) * units
    np.testing.assert_allclose(there, here, rtol=1e-12)
    assert not np.allclose(plain, here)


def test_twice_the_state_with_four_times_alpha_is_the_same_prediction():
    """Invariance: z c and α c² change the prediction of z as z and α do."""
    J, z, s = draw(10)
    here = update(J, z, s, 0.7) @ z
    there = update(J / 2, 2 * z, s, 4 * 0.7) @ (2 * z)
    np.testing.assert_allclose(there, here, rtol=1e-12)


def test_nothing_is_learnt_from_nothing():
    """Limit: z = 0 with α = 0 leaves J as it is."""
    J, _, s = draw(11)
    assert np.array_equal(update(J, np.zeros(S + A), s, 0.0), J)


def test_a_square_robot_reaches_the_wanted_state():
    """Equation: with as many motors as states, J z is the wanted state to 1e-10."""
    rng = np.random.default_rng(12)
    J, s, wanted = rng.standard_normal((3, 7)), *rng.standard_normal((2, 3))
    u = control(J, s, wanted, np.full(3, -1e6), np.full(3, 1e6))
    reached = J @ joint(s, u, offset=True)
    np.testing.assert_allclose(reached, wanted, rtol=0, atol=1e-10)


def test_what_is_missed_is_out_of_reach():
    """Equation: with fewer motors, what is missed is orthogonal to what they can do."""
    J, _, s = draw(13)
    wanted = draw(14)[2]
    u = control(J, s, wanted, -WIDE, WIDE)
    missed = wanted - J @ joint(s, u)
    np.testing.assert_allclose(J[:, S:].T @ missed, 0, atol=1e-10)
    assert np.linalg.norm(missed) > 0.1


def objective(u, J, s, wanted, ridge, weights):
    """What eq. 2 makes small."""
    miss = J @ joint(s, u) - wanted
    return 0.5 * (weights * miss) @ miss + 0.5 * ridge * u @ u


@pytest.mark.parametrize("seed", range(5))
def test_the_limits_are_respected_in_the_best_way(seed):
    """Oracle: within tight limits the action is SciPy's bounded minimum, and clipping
    alone is not always.
    """
    J, _, s = draw(20 + seed)
    J[:, S + 1] = 0.9 * J[:, S] + 0.3 * J[:, S + 1]  # motors that do almost the same
    wanted = 3 * draw(40 + seed)[2]
    weights = np.array([1.0, 2.0, 0.0, 0.5])
    low, high = np.array([-0.5, -0.2]), np.array([0.4, 0.6])
    u = control(J, s, wanted, low, high, 0.01, weights, sweeps=100)
    how = J, s, wanted, 0.01, weights
    bounds = list(zip(low, high, strict=True))
    best = minimize(objective, np.zeros(A), args=how, bounds=bounds, tol=1e-14)
    assert ((low <= u) & (u <= high)).all()
    assert objective(u, *how) <= best.fun + 1e-9


def test_clipping_alone_can_be_worse():
    """Negative control: two motors that do almost the same need more than clipping."""
    J = np.zeros((2, 4))
    J[:, 2:] = [[1.0, 1.0], [0.0, 0.5]]
    s, wanted = np.zeros(2), np.ones(2)
    low, high = np.array([-5.0, -5.0]), np.array([5.0, 0.5])
    worst = control(J, s, wanted, low, high, sweeps=0)
    best = control(J, s, wanted, low, high)
    miss = [np.linalg.norm(J[:, 2:] @ u - wanted) for u in (worst, best)]
    np.testing.assert_allclose(worst, [-1.0, 0.5])
    np.testing.assert_allclose(best, [0.5, 0.5])
    assert miss[1] < 0.8 < miss[0]


def test_actions_within_the_limits_are_not_touched():
    """Limit: limits that nothing reaches change nothing, bit for bit, also beside a
    robot that does reach them.
    """
    J, _, s = draw(52, lead=(2,))
    J[1, :, S + 1] = 0.9 * J[1, :, S] + 0.3 * J[1, :, S + 1]
    wanted = np.stack([J[0] @ joint(s[0], np.array([0.1, 0.2])), 3 + s[1]])
    low, high = np.array([-1.0, -0.5]), np.array([0.3, 1.0])
    both = control(J, s, wanted, low, high)
    free = control(J[:1], s[:1], wanted[:1], -WIDE, WIDE)
    limited = control(J[1:], s[1:], wanted[1:], low, high)
    clipped = control(J[1:], s[1:], wanted[1:], low, high, sweeps=0)
    assert np.array_equal(both, [free[0], limited[0]])
    assert not np.allclose(limited, clipped)


def test_a_large_ridge_does_nothing():
    """Limit: the action vanishes as the weight of its square grows."""
    J, _, s = draw(51)
    wanted = draw(52)[2]
    sizes = [np.linalg.norm(control(J, s, wanted, -WIDE, WIDE, r)) for r in (0, 1, 1e9)]
    assert sizes[0] > sizes[1] > sizes[2] and sizes[2] < 1e-6


def test_a_state_without_weight_is_ignored():
    """Invariance: the wanted value of an entry with weight 0 has no effect."""
    J, _, s = draw(53)
    wanted = draw(54)[2]
    other = wanted + np.array([0, 0, 5.0, 0])
    weights = np.array([1.0, 1, 0, 1])
    here, there = (control(J, s, w, -WIDE, WIDE, 0.0, weights) for w in (wanted, other))
    assert np.array_equal(here, there)
    assert not np.allclose(control(J, s, other, -WIDE, WIDE), here)


def drive(settings, J, truth, steps=200):
    """Distance from a moving wanted state, (steps,), on a linear robot."""
    state = JacobianState(J)
    s = np.zeros(S)
    missed = []
    for t in range(steps):
        reachable = np.sin([0.05 * t, 0.1 * t])
        wanted = truth @ joint(s, reachable, offset=True)
        state, u = jacobian_step(state, s, wanted, settings)
        s = truth @ joint(s, u, offset=True)
        missed.append(np.linalg.norm(s - wanted))
    return np.array(missed)


def test_the_robot_learns_to_follow_and_a_fixed_jacobian_does_not():
    """Learning with a negative control: with a J that is wrong everywhere, the adaptive
    controller ends close to the wanted state, and the fixed controller does not.
    """
    truth = draw(60, columns=S + A + 1)[0]
    truth[:, :S] *= 0.1  # a robot that comes to rest
    for seed in range(5):
        guess = truth + 0.3 * draw(70 + seed, columns=S + A + 1)[0]
        adaptive = drive(made(0.1), guess, truth)[-50:].mean()
        fixed = drive(made(np.inf), guess, truth)[-50:].mean()
        assert adaptive < fixed / 3


def test_a_correction_pairs_a_state_with_the_action_before_it():
    """Equation: the first step only acts; the second learns from the first."""
    J, _, s = draw(80, columns=S + A + 1)
    settings = made(0.5)
    state, u = jacobian_step(JacobianState(J), s, s, settings)
    assert np.array_equal(state.J, J)
    after, _ = jacobian_step(state, s + 1, s, settings)
    expected = update(J, joint(s, u, offset=True), s + 1, 0.5)
    np.testing.assert_allclose(after.J, expected, rtol=1e-13)


def test_a_correction_learns_from_what_the_motors_executed():
    """Equation: an executed action takes the place of the last action in z."""
    J, _, s = draw(80, columns=S + A + 1)
    settings = made(0.5)
    executed = np.array([0.7, -0.3])
    state, u = jacobian_step(JacobianState(J), s, s, settings)
    after, _ = jacobian_step(state, s + 1, s, settings, executed)
    expected = update(J, joint(s, executed, offset=True), s + 1, 0.5)
    np.testing.assert_allclose(after.J, expected, rtol=1e-13)
    assert not np.allclose(u, executed)


def test_robots_side_by_side_know_nothing_of_each_other():
    """Conformance: two robots in one batch do what each does alone."""
    J, _, s = draw(81, lead=(2,), columns=S + A + 1)
    settings = made(0.5, offset=True, ridge=0.1)
    both = JacobianState(J)
    alone = [JacobianState(J[0]), JacobianState(J[1])]
    for t in range(4):
        both, u = jacobian_step(both, s + t, s, settings)
        for i in (0, 1):
            alone[i], u_alone = jacobian_step(alone[i], s[i] + t, s[i], settings)
            np.testing.assert_allclose(u[i], u_alone, rtol=1e-10)
    np.testing.assert_allclose(both.J[0], alone[0].J, rtol=1e-10)


def test_arguments_stay_as_they_are():
    """Invariant: neither J nor the state before is written to."""
    J, z, s = draw(82)
    copies = J.copy(), z.copy(), s.copy()
    update(J, z, s, 0.1)
    control(J, s, s + 9, np.full(A, -0.1), np.full(A, 0.1))
    assert all(map(np.array_equal, (J, z, s), copies))


@pytest.mark.parametrize(
    "change, culprit",
    [
        ({"alpha": -1.0}, "alpha"),
        ({"z": np.full(S + A, np.nan)}, "z"),
        ({"s": np.full(S, np.inf)}, "s"),
    ],
)
def test_a_correction_names_what_is_wrong(change, culprit):
    """Errors name the culprit."""
    J, z, s = draw(83)
    with pytest.raises(ValueError, match=rf"^{culprit} must"):
        update(**({"J": J, "z": z, "s": s, "alpha": 1.0} | change))


def test_a_jacobian_of_the_wrong_size_is_refused():
    """Errors name the sizes that would fit."""
    J, _, s = draw(84)
    with pytest.raises(ValueError, match=r"J must be .*4, 6.*4, 7"):
        control(J[:, :5], s, s, -WIDE, WIDE)


def test_a_wanted_state_that_is_not_finite_is_refused():
    """Errors name the culprit before any motor moves."""
    J, _, s = draw(85)
    with pytest.raises(ValueError, match=r"^wanted must be finite"):
        jacobian_step(JacobianState(J), s, s * np.nan, made(offset=False))


@pytest.mark.parametrize(
    "change, culprit",
    [
        ({"scale": (1.0,) * 3}, "scale"),
        ({"scale": (0.0,) * (S + A)}, "positive"),
        ({"high": (1.0,)}, "upper"),
        ({"weights": (-1.0,) * S}, "weights"),
        ({"alpha": -0.1}, "alpha"),
        ({"ridge": -0.1}, "ridge"),
    ],
)
def test_settings_name_what_is_wrong(change, culprit):
    """Errors name the culprit when the settings are made."""
    with pytest.raises(ValueError, match=culprit):
        made(**({"offset": False} | change))
