"""The balancer obeys its knobs, and a trial ends as its text says."""

import numpy as np
import pytest

from lecture_code.simulation.balance_trials import (
    LARGEST_ERROR,
    BalanceTrials,
    draw_balance_trials,
    upright,
    wanted_state,
)
from lecture_code.simulation.balancer import (
    BALANCER_KNOBS,
    CONTROL_DT,
    Balancer,
    advance,
    balancer_view,
    finite_difference_jacobian,
)
from lecture_code.simulation.mujoco_import import mujoco

LEVEL = np.zeros((1, 60))


def trials(balancer, rates=LEVEL, starts=None):
    starts = np.zeros((len(rates), 8)) if starts is None else starts
    return BalanceTrials(balancer, starts, rates, np.random.default_rng(0))


def test_every_knob_acts():
    """Conformance: each knob changes where the balancer is after ten control steps, and
    its nominal value changes nothing.
    """
    values = {"mass": 2, "damping": 5, "gain": 2, "gravity": -3, "action_delay": 2}
    assert {*values, "observation_noise"} == set(BALANCER_KNOBS)

    def final(balancer):
        robot = trials(balancer)
        for _ in range(10):
            robot.step(np.array([[5.0, 2.0, 1.0]]))
        return robot.s

    before = final(Balancer())
    for name, value in values.items():
        assert np.abs(final(Balancer().change(**{name: value})) - before).max() > 1e-3
        same = Balancer().change(**{name: BALANCER_KNOBS[name].nominal})
        np.testing.assert_array_equal(final(same), before)


def test_mass_scales_inertia():
    """Equation: twice the mass is twice the inertia of each link; the base stays."""
    one = Balancer().model
    two = Balancer().change(mass=2).model
    links = slice(2, None)
    np.testing.assert_allclose(two.body_mass[links], 2 * one.body_mass[links])
    np.testing.assert_allclose(two.body_inertia[links], 2 * one.body_inertia[links])
    assert two.body_mass[1] == one.body_mass[1]


def test_an_upright_figure_at_rest_stays():
    """Equation: upright on a level base nothing moves, and the slightest lean falls."""
    robot = trials(Balancer())
    robot.step(np.zeros((1, 3)))
    np.testing.assert_array_equal(robot.s, np.zeros((1, 8)))
    leaning = np.zeros((1, 8))
    leaning[0, 2] = 0.01
    robot = trials(Balancer(), starts=leaning)
    for _ in range(60):
        robot.step(np.zeros((1, 3)))
    assert robot.s[0, 2] > 0.02


def test_the_base_moves_as_told_whatever_the_figure_does():
    """Invariant: the tilt is the sum of its rates, also while all motors pull."""
    _, rates = draw_balance_trials(2, 60, (0.3, 0.5), np.random.default_rng(1))
    robot = trials(Balancer(), rates)
    for t in range(40):
        robot.step(np.full((2, 3), [20.0, -20, 10]) * (-1) ** t)
        if (robot.fallen >= 0).any():
            break
    assert t >= 10
    stands = robot.fallen < 0 if (robot.fallen < 0).any() else slice(None)
    np.testing.assert_allclose(robot.s[stands, 1], rates[stands, t], atol=1e-3)
    tilt = CONTROL_DT * rates[stands, : t + 1].sum(axis=1)
    np.testing.assert_allclose(robot.s[stands, 0], tilt, atol=5e-3)
    assert np.abs(tilt).max() > 0.01


def test_the_base_starts_level_and_at_rest():
    """Equation: the motion of the base grows smoothly to its amplitude."""
    _, rates = draw_balance_trials(5, 500, (0.2, 0.2), np.random.default_rng(2))
    tilt = CONTROL_DT * np.cumsum(rates, axis=1)
    assert np.abs(rates[:, 0]).max() < 0.03
    np.testing.assert_allclose(np.abs(tilt).max(axis=1), 0.2, atol=5e-3)


def test_the_jacobian_predicts_the_next_state():
    """Equation: the finite-difference Jacobian is exact at its point, and beside it
    good to second order.
    """
    balancer = Balancer().change(mass=1.5)
    rng = np.random.default_rng(3)
    s, u = 0.1 * rng.standard_normal(8), 3 * rng.standard_normal(3)
    J = finite_difference_jacobian(balancer, s, u)
    data = mujoco.MjData(balancer.model)

    def miss(change):
        z = np.concatenate([s, u]) + change
        return np.abs(J @ [*z, 1.0] - advance(balancer, data, z[:8], z[8:])).max()

    change = 0.1 * rng.standard_normal(11)
    assert miss(0 * change) < 1e-12
    assert miss(change / 10) < miss(change) / 30 and miss(change) < 0.05


def test_upright_undoes_the_tilt():
    """Equation: in the upright posture on a tilted base all links are vertical."""
    s = np.zeros((1, 8))
    s[0, 0] = 0.3
    s[:, 2:5] = upright(s)
    view = balancer_view(Balancer(), s)
    np.testing.assert_allclose(np.abs(view.angle[0, 1:]), np.pi / 2, atol=1e-9)
    np.testing.assert_allclose(view.x[0, 1:], 0, atol=1e-9)


def test_the_wanted_state_leads_back_to_upright():
    """Learning without a robot: repeated, the wanted state arrives at the upright
    posture without overshoot, and upright is its fixed point.
    """
    s = np.array([0.2, 0, 0.1, -0.2, 0.3, 0, 0, 0])
    apart = [s[2:5] - upright(s)]
    for _ in range(200):
        s = wanted_state(s, 5.0)
        apart.append(s[2:5] - upright(s))
    assert np.abs(apart[-1]).max() < 1e-5
    assert (np.sign(apart[-1]) == np.sign(apart[0])).all()
    still = np.array([0.2, 0, -0.2, 0, 0, 0, 0, 0])
    np.testing.assert_allclose(wanted_state(still, 5.0), still, atol=1e-15)
    tilting = np.array([0.2, 0.5, -0.2, 0, 0, -0.5, 0, 0])  # the ankle goes along
    after = tilting + CONTROL_DT * np.array([0.5, 0, -0.5, 0, 0, 0, 0, 0])
    np.testing.assert_allclose(wanted_state(tilting, 5.0), after, atol=1e-15)


def test_a_fall_holds_the_figure():
    """Invariant: beyond the largest error a balancer has fallen and stays as it is; its
    neighbour goes on.
    """
    starts = np.zeros((2, 8))
    starts[0, 4] = LARGEST_ERROR - 0.01
    starts[0, 7] = 5.0
    robot = trials(Balancer(), np.zeros((2, 60)), starts)
    robot.step(np.zeros((2, 3)))
    held = robot.s.copy()
    robot.step(np.full((2, 3), 5.0))
    assert list(robot.fallen) == [1, -1]
    assert np.array_equal(robot.s[0], held[0]) and not np.array_equal(
        robot.s[1], held[1]
    )


def test_a_push_moves_only_who_stands():
    """Equation: a push adds to the joints' velocities."""
    robot = trials(Balancer(), np.zeros((2, 60)))
    robot.fallen[0] = 1
    robot.push(np.array([[1.0, 2, 3], [1, 2, 3]]))
    np.testing.assert_array_equal(robot.s[:, 5:], [[0, 0, 0], [1, 2, 3]])


def test_the_sensors_are_noisy_and_the_state_is_not():
    """Invariance: noise changes what is observed, ten times as much in velocities."""
    balancer = Balancer().change(observation_noise=0.01)
    robot = trials(balancer, np.zeros((500, 3)), np.zeros((500, 8)))
    std = robot.observe().std(axis=0)
    np.testing.assert_allclose(std[[0, 2, 3, 4]], 0.01, rtol=0.15)
    np.testing.assert_allclose(std[[1, 5, 6, 7]], 0.1, rtol=0.15)
    assert not robot.s.any()


def test_bad_input_is_named():
    """Errors name the culprit and the alternatives."""
    with pytest.raises(ValueError, match="'payload' of the balancer; known: mass, dam"):
        Balancer().change(payload=1)
    with pytest.raises(ValueError, match="mass must lie in"):
        Balancer().change(mass=100)
    with pytest.raises(ValueError, match=r"starts must be \(N, 8\)"):
        trials(Balancer(), LEVEL, np.zeros((1, 6)))
