"""What a table says before any search."""

from dataclasses import replace

import numpy as np
import pytest

from lecture_code.experiments.gradients.architecture_search.table import load_table
from lecture_code.experiments.gradients.architecture_search.table_facts import (
    facts_of,
    winners_curse,
)
from lecture_code.gradients.architecture_table import ArchitectureTable
from lecture_code.gradients.token_space import Token, TokenSpace

SPACE = TokenSpace((Token("a", tuple(range(30))), Token("b", tuple(range(20)))))


def test_the_curse_by_hand():
    """Hand solution: seed 0 chooses row 1, whose other seed says 0.5; seed 1 chooses
    rows 0 and 2, whose other seed says 0.6 and 0.2.
    """
    validation = np.array([[0.6, 0.8], [0.9, 0.5], [0.2, 0.8]])
    assert winners_curse(validation) == pytest.approx([0.4, 0.4])
    with pytest.raises(ValueError, match="two seeds or more; got 1"):
        winners_curse(validation[:, :1])


def test_noise_makes_the_curse():
    """Limit with a positive control: equal strings and noise of 0.01 give a curse of
    about three standard deviations; without noise there is none.
    """
    rng = np.random.default_rng(0)
    noisy = 0.5 + 0.01 * rng.normal(size=(600, 3))
    assert 0.025 < winners_curse(noisy).mean() < 0.04
    still = np.repeat(rng.random((600, 1)), 3, axis=1)
    assert winners_curse(still) == pytest.approx([0, 0, 0])


def test_the_facts_of_a_table_without_noise():
    """Limit: no noise, no curse, perfect rank correlation, and shares by counting."""
    made = ArchitectureTable.synthetic(SPACE, np.random.default_rng(0), noise=0.0)
    facts = facts_of(made)
    assert facts.noise == pytest.approx(0, abs=1e-12)
    assert facts.curse == pytest.approx(0, abs=1e-12)
    assert facts.rank_correlation == pytest.approx(1)
    means = made.validation.mean(axis=1)
    assert facts.best == means.max()
    assert facts.within_1_percent == (means > means.max() - 0.01).mean()


def test_test_accuracies_choose_nothing():
    """With other test accuracies, only what is about the test changes."""
    made = ArchitectureTable.synthetic(SPACE, np.random.default_rng(0))
    other = replace(made, test=np.random.default_rng(1).random(made.test.shape))
    about_test = ("test_of_best", "rank_correlation", "rank_correlation_of_good")
    same = {name: getattr(facts_of(made), name) for name in about_test}
    assert replace(facts_of(other), **same) == facts_of(made)
    assert facts_of(other) != facts_of(made)


def test_the_committed_table_spreads():
    """The space is worth a search: accuracies spread, few strings are near the best,
    validation and test agree, and the curse is larger than the noise of good strings.
    """
    facts = facts_of(load_table())
    assert facts.median < facts.best - 0.05
    assert 0.001 < facts.within_1_percent < 0.1
    assert facts.rank_correlation > 0.95
    assert facts.curse > facts.noise_of_good > 0
