"""What must hold of the running mean and deviation of observations."""

import numpy as np

from lecture_code.learning import RunningNormaliser


def test_the_normaliser_is_the_mean_and_deviation_of_everything():
    """Oracle: fed in pieces, it knows what NumPy knows of the whole."""
    rng = np.random.default_rng(0)
    pieces = [rng.normal(3.0, [1.0, 5.0, 0.0], (n, 3)) for n in (1, 7, 300)]
    normaliser = RunningNormaliser(3)
    for piece in pieces:
        normaliser.add(piece)
    whole = np.concatenate(pieces)
    np.testing.assert_allclose(normaliser.mean, whole.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(
        normaliser.std, [*whole.std(axis=0, ddof=1)[:2], 1.0], rtol=1e-12
    )  # what never varies is left as it is
