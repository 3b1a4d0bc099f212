"""What the noise of the cross-entropy method is worth in Tetris, on a small board."""

from itertools import islice

import numpy as np

from lecture_code.search import CrossEntropyMethod, maximise
from lecture_code.tetris import game_seeds, games

RNG = np.random.default_rng


def lines(weights, rng):
    """Lines of one game each on the board of 10 × 10."""
    seeds = game_seeds(rng, len(weights))
    return games(weights, seeds, height=10).lines.astype(float)


def learn(noise, seed):
    """Mean lines in thirty fresh games of the player after thirty generations."""
    search = CrossEntropyMethod(np.zeros(22), 10.0, 50, elite=0.1, noise=noise)
    list(islice(maximise(search, lines, RNG(seed)), 30))
    return games(search.mean, game_seeds(RNG(99), 30), height=10).lines.mean()


def test_noise_in_the_variance_is_worth_many_lines():
    """Learning with a negative control: on each of five seeds the search with constant
    noise beats the search without noise, and its median is at least three times as
    high.
    """
    still, noisy = (
        np.array([learn(noise, seed) for seed in range(5)]) for noise in (0.0, 4.0)
    )
    assert (noisy > still).all()
    assert np.median(noisy) > 3 * np.median(still) > 3
