"""What must hold of whole episodes, from which nothing is learnt."""

import numpy as np
import pytest
from small_episodes import Tree, TreeTable

from lecture_code.learning.whole_episodes import episode_returns, watch_episodes

RNG = np.random.default_rng
REWARDS = RNG(0).standard_normal(16)
pytestmark = pytest.mark.usefixtures("one_torch_thread")


def test_only_the_first_episode_counts_in_a_test():
    """Returns of a test are those of one whole episode, whatever happens after it."""
    network = TreeTable(RNG(1))
    greedy = network.table[:, :2].argmax(1).numpy()
    node, total = 1, 0.0
    for _ in range(3):
        node = 2 * node + greedy[node]
        total += REWARDS[node]
    returns = episode_returns(network, {}, Tree(REWARDS), 3, RNG(0), greedy=True)
    np.testing.assert_allclose(returns, total)
    drawn = episode_returns(network, {}, Tree(REWARDS), 50, RNG(0))
    assert len(np.unique(drawn)) > 2


def test_a_test_is_repeated_by_its_seed():
    """Determinism: the same seed gives the same returns, bit for bit."""
    network = TreeTable(RNG(1))
    first, second = (
        episode_returns(network, {}, Tree(REWARDS), 20, RNG(3)) for _ in range(2)
    )
    assert np.array_equal(first, second)


def test_what_is_watched_adds_up_to_the_returns():
    """Equation: the rewards of the watched steps add up to the returns, and the
    observations are those of the states before the steps.
    """
    network = TreeTable(RNG(1))
    tree = Tree(REWARDS)
    steps = list(watch_episodes(network, {}, tree, 20, RNG(3)))
    returns = episode_returns(network, {}, tree, 20, RNG(3))
    assert len(steps) == 3
    np.testing.assert_allclose(sum(step.rewards for step in steps), returns)
    for step in steps:
        assert np.array_equal(tree.observe(step.state, RNG(0)), step.observations)
