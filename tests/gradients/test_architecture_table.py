"""The table of a whole space: queries, regret, aliases, errors."""

from dataclasses import replace

import numpy as np
import pytest

from lecture_code.gradients.architecture_table import ArchitectureTable, reward
from lecture_code.gradients.token_space import Token, TokenSpace

SPACE = TokenSpace(
    (Token("width", (4, 8, 16)), Token("act", ("relu", "tanh")), Token("skip", (0, 1)))
)


def table(seed: int = 0) -> ArchitectureTable:
    """A synthetic table of the 12 strings."""
    return ArchitectureTable.synthetic(SPACE, np.random.default_rng(seed), noise=0.05)


def test_regret_is_zero_at_the_best_string_only():
    """The best string has no regret; every other string has some, and the largest is
    the distance between the best and the worst mean.
    """
    t = table()
    regrets = t.regret(SPACE.every_string())
    assert t.regret(t.best[None])[0] == 0
    assert (regrets > 0).sum() == 11
    means = t.validation.mean(axis=1)
    assert regrets.max() == pytest.approx(means.max() - means.min())


def test_regret_and_best_never_use_the_test():
    """With any other test accuracies, best, values, rewards and regret are the same."""
    t = table()
    other = replace(t, test=np.random.default_rng(1).random(t.test.shape))
    strings = SPACE.every_string()
    assert (t.best == other.best).all()
    assert (t.regret(strings) == other.regret(strings)).all()
    assert (t.rewards == other.rewards).all()
    wrong = replace(t, validation=other.test)
    assert (t.regret(strings) != wrong.regret(strings)).any()


def test_a_query_is_one_random_seed():
    """Each answer is one of the string's three numbers, each number comes about
    equally often, and the same generator gives the same answers.
    """
    t = table()
    strings = np.repeat(SPACE.every_string(), 600, axis=0)
    answers = t.query(strings, np.random.default_rng(2)).reshape(12, 600)
    hits = answers[:, :, None] == t.validation[:, None, :]
    assert (hits.sum(axis=2) == 1).all()
    assert np.abs(hits.mean(axis=1) - 1 / 3).max() < 0.08
    again = t.query(strings, np.random.default_rng(2)).reshape(12, 600)
    assert (answers == again).all()


def test_the_mean_reward_of_queries_is_the_expected_reward():
    """`rewards` is the mean of R over the seeds, which is not R of the mean."""
    t = table()
    assert t.rewards == pytest.approx((t.validation**3).mean(axis=1))
    assert (t.rewards > reward(t.values)).all()


def test_the_reward_keeps_the_order():
    """accuracy³ sorts strings as the accuracy does."""
    accuracy = np.random.default_rng(3).random(100)
    assert (np.argsort(reward(accuracy)) == np.argsort(accuracy)).all()


def test_aliases_get_the_row_of_their_representative():
    """A string without effect of its token has the numbers of the string that was
    trained in its place.
    """
    t = table()
    representatives = np.arange(12) // 2 * 2  # skip has no effect
    rows = np.arange(0, 12, 2)
    whole = ArchitectureTable.from_representatives(
        SPACE,
        representatives,
        t.validation[rows],
        t.test[rows],
        t.parameters[rows],
        t.seconds[rows],
    )
    for name in ("validation", "test", "parameters", "seconds"):
        assert (getattr(whole, name)[rows] == getattr(t, name)[rows]).all()
        assert (getattr(whole, name)[rows + 1] == getattr(t, name)[rows]).all()


def test_wrong_tables_are_refused_by_name():
    """The error names the array or the token that is wrong."""
    t = table()
    with pytest.raises(ValueError, match="parameters needs 1 dimension"):
        replace(t, parameters=t.parameters[:5])
    with pytest.raises(ValueError, match="validation must lie between 0 and 1"):
        replace(t, validation=100 * t.validation)
    with pytest.raises(ValueError, match="the same number of seeds"):
        replace(t, test=t.test[:, :2])
    with pytest.raises(ValueError, match="for act"):
        t.regret(np.array([[0, 2, 0]]))
    with pytest.raises(ValueError, match="for act"):
        t.query(np.array([[0, 2, 0]]), np.random.default_rng(0))
    with pytest.raises(ValueError, match="12 strings represent the others"):
        ArchitectureTable.from_representatives(
            SPACE, np.arange(12), t.validation[:3], t.test, t.parameters, t.seconds
        )
