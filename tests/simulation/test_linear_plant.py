"""What must hold of linear plants."""

import numpy as np
import pytest

from lecture_code.simulation.linear_plant import LinearPlant


def test_a_step_is_a_matrix_product():
    """Equation: x⁺ = A x + B u for every row; what is passed is copied."""
    rng = np.random.default_rng(0)
    A = rng.standard_normal((3, 3))
    B = rng.standard_normal((3, 2))
    x = rng.standard_normal((5, 3))
    u = rng.standard_normal((5, 2))
    plant = LinearPlant(A, B)
    for i in range(5):
        np.testing.assert_allclose(plant.step(x, u)[i], A @ x[i] + B @ u[i], rtol=1e-12)
    before = plant.A.copy()
    A[:] = 0
    assert np.array_equal(plant.A, before)


@pytest.mark.parametrize(
    "A, B",
    [
        (np.eye(3)[:2], np.ones((3, 1))),
        (np.eye(3), np.ones((2, 1))),
        (np.eye(3), np.ones(3)),
    ],
)
def test_plants_that_do_not_fit_are_refused(A, B):
    """Errors name the culprit."""
    with pytest.raises(ValueError, match="A must be"):
        LinearPlant(A, B)
