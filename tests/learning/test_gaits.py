"""What must hold of the walk engine."""

import numpy as np
import pytest

from lecture_code.learning import WalkEngine

ENGINE = WalkEngine(motors=6, frequency=2.0, dt=0.05)


def test_a_walk_is_a_sine_for_every_motor():
    """Equation: a_j(t) = o_j + A_j sin(2π f t + φ_j), the first motor with phase 0 and
    both legs with the same offsets, over fifteen parameters.
    """
    theta = np.random.default_rng(0).normal(0, 0.3, ENGINE.size)
    assert ENGINE.size == 15
    f, A, phase, offset = (
        2.0 * 2 ** theta[0],
        theta[1:7],
        np.r_[0, np.pi * theta[7:12]],
        np.tile(theta[12:15], 2),
    )
    walk = ENGINE.at(theta)
    for step in range(30):
        wanted = offset + A * np.sin(2 * np.pi * f * 0.05 * step + phase)
        np.testing.assert_allclose(
            walk(np.zeros((2, 17))), [wanted, wanted], atol=1e-12
        )


def test_a_row_of_thetas_walks_by_itself():
    """Invariance: with one θ a row, every row walks as it would alone, to the last bit."""
    thetas = np.random.default_rng(1).normal(0, 0.3, (4, 15))
    together, alone = ENGINE.at(thetas), [ENGINE.at(theta) for theta in thetas]
    for _ in range(10):
        actions = together(np.zeros((4, 17)))
        assert all(
            np.array_equal(actions[i], walk(np.zeros((1, 17)))[0])
            for i, walk in enumerate(alone)
        )


def test_a_walk_is_open_loop_and_a_new_one_begins_again():
    """Determinism: what the robot sees changes nothing; each walk has a clock of its
    own.
    """
    theta = np.full(15, 0.2)
    one, other = ENGINE.at(theta), ENGINE.at(theta)
    first = [one(np.zeros((1, 17))) for _ in range(5)]
    assert np.array_equal(first, [other(np.full((1, 17), 9.0)) for _ in range(5)])
    assert np.array_equal(ENGINE.at(theta)(np.zeros((1, 17))), first[0])
    assert not np.array_equal(one(np.zeros((1, 17))), first[0])


@pytest.mark.parametrize(
    "theta",
    [np.zeros(14), np.zeros((2, 16)), np.zeros((1, 1, 15)), np.full(15, np.nan)],
)
def test_a_wrong_theta_is_named(theta):
    """Errors name the culprit and the size that is wanted."""
    with pytest.raises(ValueError, match="15"):
        ENGINE.at(theta)
