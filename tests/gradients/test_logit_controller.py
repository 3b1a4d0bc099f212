"""What must hold of the controller that has logits only."""

import numpy as np
import pytest

from lecture_code.gradients.architecture_table import ArchitectureTable, reward
from lecture_code.gradients.logit_controller import (
    LogitSettings,
    LogitState,
    chosen,
    entropy_gradient,
    logit_step,
)
from lecture_code.gradients.token_space import Token, TokenSpace

SPACE = TokenSpace((Token("a", (1, 2, 3)), Token("b", (0, 1)), Token("c", (4, 5, 6))))
TABLE = ArchitectureTable.synthetic(SPACE, np.random.default_rng(0), noise=0.0)


def query(strings, uniforms):
    """Rewards of one random seed of the table."""
    seeds = (uniforms * TABLE.validation.shape[1]).astype(int)
    return reward(TABLE.validation[SPACE.place(strings), seeds])


def some_state(seed=0, baseline=0.0):
    z = [np.random.default_rng([seed, size]).normal(size=size) for size in SPACE.sizes]
    initial = LogitState.initial(SPACE)
    return LogitState(
        tuple(z), baseline, float(baseline > 0), initial.strings, initial.rewards
    )


def objective(logits):
    """J by enumeration: the sum of P(string) times the expected reward."""
    state = LogitState(tuple(logits), 0.0, 0.0, np.empty((0, 3), int), np.empty(0))
    joint = np.einsum("i,j,k->ijk", *state.probabilities).ravel()
    return joint @ TABLE.rewards


def entropy_of(z):
    p = np.exp(z) / np.exp(z).sum()
    return -(p * np.log(p)).sum()


def slope(f, z, width=1e-5):
    """Central differences."""
    return np.array(
        [(f(z + width * e) - f(z - width * e)) / (2 * width) for e in np.eye(len(z))]
    )


@pytest.mark.parametrize("baseline", [0.0, 0.4])
def test_the_mean_step_climbs_the_objective(baseline):
    """Equation: over 20,000 strings the mean move of every logit is the gradient of J
    by finite differences, to 4 standard errors, whatever the baseline.
    """
    state = some_state(baseline=baseline)
    rng = np.random.default_rng(1)
    settings = LogitSettings(children=2, rate=1.0, decay=0.9)
    moves = []
    for _ in range(10_000):
        after = logit_step(state, rng.random((2, 4)), query, settings)
        before = np.concatenate(state.logits)
        moves.append(np.concatenate(after.logits) - before)
    moves = np.array(moves)
    wanted = np.concatenate(
        [
            slope(
                lambda z, t=t: objective(
                    [*state.logits[:t], z, *state.logits[t + 1 :]]
                ),
                state.logits[t],
            )
            for t in range(3)
        ]
    )
    error = moves.std(axis=0, ddof=1) / np.sqrt(len(moves))
    assert np.abs(wanted).max() > 20 * error.max() and (error > 0).all()
    assert (np.abs(moves.mean(axis=0) - wanted) < 4 * error).all()


def test_the_bonus_is_the_gradient_of_the_entropy():
    """Equation: finite differences; and it vanishes where all choices are alike."""
    z = np.array([0.3, -1.2, 2.0, 0.1])
    np.testing.assert_allclose(entropy_gradient(z), slope(entropy_of, z), atol=1e-8)
    np.testing.assert_allclose(entropy_gradient(np.full(5, 3.0)), 0, atol=1e-15)
    assert np.isfinite(entropy_gradient(np.array([0.0, 5000.0]))).all()


def test_choices_follow_the_probabilities():
    """Equation: a choice gets the share of [0, 1) that its probability says, also when
    the sum of the probabilities is rounded to below 1; one of probability 0 is never
    chosen.
    """
    u = (np.arange(1000) + 0.5) / 1000
    counts = np.bincount(chosen(np.array([0.2, 0.5, 0.3]), u), minlength=3)
    assert counts.tolist() == [200, 500, 300]
    assert chosen(np.full(10, 0.1), np.array([np.nextafter(1, 0)])) == 9
    assert chosen(np.array([0.0, 1.0]), np.zeros(1)) == 1


def test_the_baseline_knows_only_the_past():
    """Equation: b is 0 before the first batch, then the weighted mean of earlier
    batches' rewards; without a decay it stays 0.
    """
    rng = np.random.default_rng(2)
    for decay in (0.8, None):
        state = LogitState.initial(SPACE)
        settings = LogitSettings(children=2, decay=decay)
        means = []
        for _ in range(4):
            weights = 0.0 if decay is None else 0.8 ** np.arange(len(means))[::-1]
            wanted = np.average(means, weights=weights) if means and decay else 0.0
            assert state.baseline == pytest.approx(wanted)
            state = logit_step(state, rng.random((2, 4)), query, settings)
            means.append(state.rewards.mean())


def test_it_learns_and_without_a_rate_it_does_not():
    """Learning with a negative control: the rewards of sampled strings rise; with rate
    0, and with rewards that say nothing of the string, they do not.
    """

    def run(rate, ask):
        rng = np.random.default_rng(3)
        state = LogitState.initial(SPACE)
        settings = LogitSettings(children=10, rate=rate, decay=0.9)
        for _ in range(300):
            state = logit_step(state, rng.random((10, 4)), ask, settings)
        return objective(state.logits)

    def deaf(strings, uniforms):
        return uniforms * TABLE.rewards.max()

    start = TABLE.rewards.mean()
    best = TABLE.rewards.max()
    assert run(2.0, query) > start + 0.8 * (best - start)
    assert run(0.0, query) == pytest.approx(start)
    assert run(0.2, deaf) < start + 0.3 * (best - start)


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"children": 0}, "children must be 1 or more; got 0"),
        ({"rate": -1.0}, "rate and entropy must not be negative; got -1.0"),
        ({"entropy": np.nan}, "must not be negative; got 1.0 and nan"),
        ({"decay": 1.0}, "decay must be at least 0 and below 1; got 1.0"),
    ],
)
def test_settings_out_of_range_are_named(values, complaint):
    """Bad input by name."""
    with pytest.raises(ValueError, match=complaint):
        LogitSettings(**values)


def test_uniforms_of_another_shape_are_named():
    """Bad input by name: one uniform for each token and one for the query."""
    with pytest.raises(ValueError, match=r"must have shape \(10, 4\); got \(10, 3\)"):
        logit_step(LogitState.initial(SPACE), np.zeros((10, 3)), query, LogitSettings())
