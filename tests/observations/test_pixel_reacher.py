"""What must hold of the reacher that sees only pixels."""

import numpy as np
import pytest

from lecture_code.observations.pixel_reacher import (
    DOMAINS,
    PixelReacher,
    make_domain,
)
from lecture_code.simulation.reaching import hand

RNG = np.random.default_rng


def rolled(name, n=3, steps=5):
    """Images and rewards of a few steps with random actions."""
    environment = PixelReacher(name, RNG(0))
    rng = RNG(1)
    state = environment.start(n, rng, staggered=False)
    images = [environment.observe(state, rng)]
    rewards = []
    for _ in range(steps):
        state, reward = environment.step(state, rng.integers(3, size=(n, 2)), rng)
        images.append(environment.observe(state, rng))
        rewards.append(reward)
    return np.array(images), np.array(rewards)


@pytest.mark.parametrize("name", DOMAINS)
def test_every_domain_is_an_environment(name):
    """Conformance: images (N, 24, 24, 3) in float32 between 0 and 1 that change with
    the actions, rewards of 0 and 1, and the same for the same seed.
    """
    images, rewards = rolled(name)
    assert images.shape == (6, 3, 24, 24, 3) and images.dtype == np.float32
    assert images.min() >= 0 and images.max() <= 1
    assert np.abs(np.diff(images, axis=0)).max(axis=(1, 2, 3, 4)).min() > 0.1
    assert set(np.unique(rewards)) <= {0.0, 1.0}
    again, _ = rolled(name)
    assert np.array_equal(images, again)


def test_the_hand_and_the_target_are_where_the_image_shows_them():
    """Oracle: the pixel at the target has the target's colour, the pixel at the middle
    of the forearm the forearm's.
    """
    environment = PixelReacher("simulation", RNG(0))
    state = environment.start(200, RNG(1), staggered=False)
    images = environment.observe(state, RNG(2))
    elbows, hands = (hand(state.angles, links) for links in ((0.55, 0.0), (0.55, 0.55)))
    middle = (elbows + hands) / 2
    palette = environment.domain.appearance.palette

    def pixels(points):
        columns = np.floor(12 + 10 * points[:, 0]).astype(int)
        rows = np.floor(12 - 10 * points[:, 1]).astype(int)
        return images[np.arange(200), rows, columns]

    arm = np.abs(pixels(middle) - palette["forearm"]).max(axis=1)
    target = np.abs(pixels(state.targets) - palette["target"]).max(axis=1)
    assert (arm < 0.45).all()
    assert np.median(target) < 0.01  # where the arm does not hide it


def test_domains_depart_further_and_further():
    """Each domain's images are further from the simulation's than those of the domain
    before; B and C have the body of A.
    """
    clean, _ = rolled("simulation", steps=0)
    apart = [np.abs(rolled(name, steps=0)[0] - clean).mean() for name in "ABC"]
    assert 0 < apart[0] < apart[1]
    assert apart[0] < apart[2]
    bodies = [DOMAINS[name].body for name in DOMAINS]
    assert bodies[1] == bodies[2] == bodies[3] != bodies[0]


def test_an_unknown_domain_is_named():
    """Bad input: the error lists the domains."""
    with pytest.raises(ValueError, match="no domain 'D'; there are: simulation, A"):
        make_domain("D")
