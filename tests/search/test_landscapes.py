"""What must hold of the landscapes on which searches are tried."""

import numpy as np
import pytest

from lecture_code.search.landscapes import (
    Rotated,
    ellipsoid,
    random_rotation,
    rosenbrock,
    sphere,
)

TOPS = {sphere: 0.0, ellipsoid: 0.0, rosenbrock: 1.0}


@pytest.mark.parametrize(("landscape", "top"), TOPS.items())
def test_the_top_is_where_it_is_said_to_be(landscape, top):
    """Equation: at the top the height is 0, around it lower; one height for each
    candidate, with a generator as without.
    """
    rng = np.random.default_rng(0)
    thetas = top + np.concatenate(
        [
            np.zeros((1, 6)),
            rng.standard_normal((500, 6)),
            1e-3 * rng.standard_normal((500, 6)),
        ]
    )
    heights = landscape(thetas)
    assert heights.shape == (1001,)
    assert heights[0] == 0
    assert heights[1:].max() < 0
    assert np.array_equal(landscape(thetas, rng), heights)


def test_heights_by_hand():
    """Equation: single heights, computed by hand."""
    assert sphere(np.array([[1.0, 2.0, 3.0]])) == pytest.approx([-14])
    assert ellipsoid(np.array([[1.0, 1.0, 1.0], [2.0, 0.0, 3.0]])) == pytest.approx(
        [-1_001_001, -9_000_004]
    )
    assert ellipsoid(np.array([[2.0]])) == pytest.approx([-4])
    assert rosenbrock(np.array([[2.0, 3.0, 5.0]])) == pytest.approx(
        [-(100 + 1 + 100 * 16 + 4)]
    )


def test_a_rotation_moves_the_landscape_and_nothing_else():
    """Invariance: R is orthogonal, another one for another seed, and the height at Rᵀ θ
    is f(θ); the sphere alone does not notice.
    """
    R, other = (random_rotation(5, np.random.default_rng(seed)) for seed in (0, 1))
    assert np.allclose(R @ R.T, np.eye(5), atol=1e-12)
    assert not np.allclose(R, other)
    thetas = np.random.default_rng(2).standard_normal((20, 5))
    assert Rotated(rosenbrock, R)(thetas @ R) == pytest.approx(rosenbrock(thetas))
    assert Rotated(sphere, R)(thetas) == pytest.approx(sphere(thetas))
    assert not np.allclose(Rotated(ellipsoid, R)(thetas), ellipsoid(thetas))


def test_rotations_prefer_no_direction():
    """Equation: over many draws the entries of R have mean 0 and variance 1/d, its
    determinant both signs alike.
    """
    rng = np.random.default_rng(0)
    draws = np.array([random_rotation(3, rng) for _ in range(4000)])
    assert np.abs(draws.mean(axis=0)).max() < 0.04  # four standard errors
    assert np.abs(draws.var(axis=0) - 1 / 3).max() < 0.03
    assert abs(np.sign(np.linalg.det(draws)).mean()) < 0.07


def test_rosenbrock_needs_a_plane():
    """Errors name the culprit."""
    with pytest.raises(ValueError, match="got d = 1"):
        rosenbrock(np.zeros((4, 1)))
