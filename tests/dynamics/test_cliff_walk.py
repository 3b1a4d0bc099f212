"""What must hold of the cliff walk, where everything is exact."""

import numpy as np
import pytest

from lecture_code.dynamics.cliff_walk import (
    CliffWalk,
    deterministic,
    path,
    plan,
    stochastic,
    value,
)

WALK = CliffWalk()
SIM = WALK.simulator()


def test_probabilities_are_probabilities():
    """Equation: rows sum to one, in both worlds and both grounded ones; in the
    simulator every move goes where it is told.
    """
    robot = WALK.robot(0.3)
    for P in (SIM, robot, deterministic(robot, SIM), stochastic(robot, SIM)):
        np.testing.assert_allclose(P.sum(axis=2), 1, atol=1e-12)
        assert (P >= 0).all()
    assert set(np.unique(SIM)) == {0.0, 1.0}
    cell = 1 * WALK.columns + 3  # inside, all four neighbours are different
    np.testing.assert_allclose(
        robot[cell, 1][[WALK.neighbour(cell, move) for move in range(4)]],
        [0.075, 0.775, 0.075, 0.075],
    )


def test_the_value_is_what_episodes_earn():
    """Oracle: the solution of the linear system is the mean of ten thousand simulated
    episodes, within four standard errors.
    """
    P = WALK.robot(0.2)
    rewards = WALK.rewards()
    rng = np.random.default_rng(0)
    policy = plan(WALK, P)
    cells = np.full(10_000, WALK.start)
    earned = np.zeros(10_000)
    for _ in range(400):
        going = ~np.isin(cells, WALK.final)
        chances = P[cells, policy[cells]].cumsum(axis=1)
        cells = np.where(going, (rng.random((10_000, 1)) > chances).sum(axis=1), cells)
        earned += np.where(going, rewards[cells], 0)
    assert not (~np.isin(cells, WALK.final)).any()
    assert earned.mean() == pytest.approx(
        value(WALK, P, policy)[WALK.start], abs=4 * earned.std() / 100
    )


def test_a_plan_cannot_be_improved():
    """Equation: in the world it was made for, no single change of one action makes the
    plan better (Bellman).
    """
    P = WALK.robot(0.2)
    policy = plan(WALK, P)
    best = value(WALK, P, policy)
    for cell in range(WALK.cells):
        for move in range(4):
            other = policy.copy()
            other[cell] = move
            assert value(WALK, P, other)[cell] <= best[cell] + 1e-3


def test_the_deterministic_model_walks_on_the_edge():
    """The lecture's point: GAT takes the shortest way along the cliff, as the plain
    simulator does; stochastic GAT keeps away and earns what is possible.
    """
    robot = WALK.robot(0.2)
    plans = {
        name: plan(WALK, P)
        for name, P in {
            "sim": SIM,
            "GAT": deterministic(robot, SIM),
            "SGAT": stochastic(robot, SIM),
        }.items()
    }
    assert path(WALK, plans["GAT"]) == path(WALK, plans["sim"])
    # the cells next to the cliff
    above = set(range(WALK.start + 1 - WALK.columns, WALK.goal - WALK.columns))
    assert above <= set(path(WALK, plans["GAT"]))
    assert not above & set(path(WALK, plans["SGAT"]))
    values = {
        name: value(WALK, robot, policy)[WALK.start] for name, policy in plans.items()
    }
    best = value(WALK, robot, plan(WALK, robot))[WALK.start]
    assert values["SGAT"] == pytest.approx(best, abs=1e-6) and values["GAT"] < best - 20


def test_without_slip_both_are_the_simulator():
    """Limit: σ → 0.

    With slip 0 both grounded simulators are the plain one, exactly; as the slip goes to
    0, stochastic GAT goes to deterministic GAT.
    """
    assert np.array_equal(deterministic(WALK.robot(0), SIM), SIM)
    assert np.array_equal(stochastic(WALK.robot(0), SIM), SIM)
    gaps = [
        np.abs(stochastic(WALK.robot(p), SIM) - deterministic(WALK.robot(p), SIM)).max()
        for p in (0.4, 0.04, 0.004)
    ]
    assert gaps[0] > 0.2 and gaps[2] < 0.01
    np.testing.assert_allclose(gaps[1] / gaps[2], 10, rtol=1e-6)


def test_stochastic_grounding_is_exact_here():
    """Equation: every cell that the robot may slip to can be reached in the simulator
    by some action, so the grounded simulator *is* the robot.
    """
    np.testing.assert_allclose(
        stochastic(WALK.robot(0.37), SIM), WALK.robot(0.37), atol=1e-12
    )


def test_a_probability_is_one():
    """Errors name the culprit."""
    with pytest.raises(ValueError, match="slip"):
        WALK.robot(1.2)
