"""What must hold of returns to go, the linear baseline and generalised advantages."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from made_up import trajectories

from lecture_code.learning.advantages import (
    LinearBaseline,
    features,
    gae,
    returns_to_go,
    segment_gae,
)

RNG = np.random.default_rng


def slow_gae(batch, values, discount, lam, bootstrap):
    """Step by step, as the definition says it."""
    advantages = np.zeros_like(batch.rewards)
    for k, length in enumerate(batch.lengths):
        for t in range(length):
            for step in range(t, length):
                last = step == length - 1
                following = (
                    values[k, step + 1]
                    if not last or (bootstrap and not batch.terminated[k])
                    else 0.0
                )
                advantages[k, t] += (discount * lam) ** (step - t) * (
                    batch.rewards[k, step] + discount * following - values[k, step]
                )
    return advantages


@pytest.mark.parametrize("bootstrap", [False, True])
@pytest.mark.parametrize(("discount", "lam"), [(0.9, 0.8), (1.0, 1.0), (0.9, 0.0)])
def test_advantages_are_what_the_definition_says(discount, lam, bootstrap):
    """Oracle: the backward recursion equals the sums of the definition, for failures,
    for time running out, and for full length.
    """
    batch = trajectories(RNG(0))
    values = RNG(1).standard_normal((4, 6))
    expected = slow_gae(batch, values, discount, lam, bootstrap)
    np.testing.assert_allclose(
        gae(batch, values, discount, lam, bootstrap=bootstrap), expected, atol=1e-12
    )
    assert (expected[~batch.mask] == 0).all() and np.abs(expected[batch.mask]).min() > 0


def test_bootstrapping_matters_where_time_ran_out():
    """Negative control: the value of the last state changes trajectories that were cut
    off, and no other.
    """
    batch = trajectories(RNG(0))
    values = RNG(1).standard_normal((4, 6))
    differs = (
        gae(batch, values, 0.9, 0.9) != gae(batch, values, 0.9, 0.9, bootstrap=True)
    ).any(axis=1)
    assert differs.tolist() == [True, False, False, True]


def test_the_two_ends_of_lambda():
    """Limit: λ = 1 gives return to go minus V for every V; λ = 0 gives one step's δ."""
    batch = trajectories(RNG(2))
    values = RNG(3).standard_normal((4, 6))
    G = returns_to_go(batch.rewards, 0.9)
    np.testing.assert_allclose(
        gae(batch, values, 0.9, 1.0),
        np.where(batch.mask, G - values[:, :-1], 0),
        atol=1e-12,
    )
    assert gae(batch, values, 0.9, 0.0)[0, 0] == pytest.approx(
        batch.rewards[0, 0] + 0.9 * values[0, 1] - values[0, 0]
    )


def test_returns_to_go_by_hand():
    """Equation: rewards 1, 2, 3 at γ = ½."""
    assert returns_to_go(np.array([[1.0, 2.0, 3.0]]), 0.5).tolist() == [
        [2.75, 3.5, 3.0]
    ]


def test_the_baseline_finds_what_it_can_express():
    """Equation: where the return to go is linear in the features, the fit gives it
    back; trajectories behind their end do not count.
    """
    batch = trajectories(RNG(4), lengths=(30,) * 20, T=30)
    weights = RNG(5).standard_normal(10)
    G = features(batch.observations[:, :-1]) @ weights
    rewards = G - 0.5 * np.concatenate([G[:, 1:], np.zeros((20, 1))], axis=1)
    fitted = LinearBaseline.fit(replace(batch, rewards=rewards), 0.5, ridge=1e-12)
    np.testing.assert_allclose(fitted.weights, weights, atol=1e-4)
    np.testing.assert_allclose(fitted(batch.observations)[:, :-1], G, atol=1e-4)
    padded = trajectories(RNG(4))
    spoilt = replace(
        padded,
        observations=np.where(
            np.pad(padded.mask, ((0, 0), (0, 1)))[..., None], padded.observations, 1e3
        ),
    )
    assert np.array_equal(
        LinearBaseline.fit(padded, 0.9).weights, LinearBaseline.fit(spoilt, 0.9).weights
    )


def test_the_features():
    """Equation: s clipped at ±10, its square, the time in hundreds of steps to the
    third power, and one.
    """
    values = features(np.array([[[1.0, -20.0], [3.0, 4.0]]]))
    assert values[0, 0].tolist() == [1, -10, 1, 100, 0, 0, 0, 1]
    assert values[0, 1] == pytest.approx([3, 4, 9, 16, 1e-2, 1e-4, 1e-6, 1])


def test_a_baseline_makes_advantages_quieter():
    """Learning with a negative control: fitted, it takes most of the variance away;
    shuffled weights do not.
    """
    batch = trajectories(RNG(6), lengths=(20,) * 50, T=20, S=2)
    batch = replace(batch, rewards=batch.observations[:, :-1, 0] + 1.0)
    V = LinearBaseline.fit(batch, 0.9)
    wrong = LinearBaseline(V.weights[::-1].copy())
    quiet = gae(batch, V(batch.observations), 0.9, 1.0).var()
    loud = gae(batch, wrong(batch.observations), 0.9, 1.0).var()
    assert quiet < 0.5 * returns_to_go(batch.rewards, 0.9).var() < 2 * loud


@pytest.mark.parametrize(
    ("changes", "culprit"),
    [
        ({"values": np.zeros((4, 5))}, "values"),
        ({"discount": 1.1}, "discount"),
        ({"lam": -0.1}, "lam"),
    ],
)
def test_bad_input_to_the_advantages_is_named(changes, culprit):
    """Errors name the culprit."""
    with pytest.raises(ValueError, match=culprit):
        gae(
            trajectories(RNG(0)),
            **{"values": np.zeros((4, 6)), "discount": 0.9, "lam": 0.9, **changes},
        )


def test_nothing_cannot_be_fitted():
    """Errors name the culprit: no trajectory, no step."""
    with pytest.raises(ValueError, match="at least one step"):
        LinearBaseline.fit(trajectories(RNG(0))[[]], 0.9)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("what", ["rewards", "observations", "values"])
def test_what_is_not_finite_is_named(what, bad):
    """Errors name the first trajectory and step; what lies behind a trajectory's end
    may be anything.
    """
    batch = trajectories(RNG(0))
    values = np.zeros((4, 6))

    def spoilt(k, t):
        """The same with one bad number, at step t of trajectory k."""
        if what == "values":
            broken = values.copy()
            broken[k, t] = bad
            return batch, broken
        array = getattr(batch, what).copy()
        array[k, t] = bad
        return replace(batch, **{what: array}), values

    learn = {
        "rewards": lambda b, V: gae(b, V, 0.9, 0.9),
        "observations": lambda b, V: LinearBaseline.fit(b, 0.9),
        "values": lambda b, V: gae(b, V, 0.9, 0.9),
    }[what]
    with pytest.raises(ValueError, match=r"must be finite; got .* 1 at step 2"):
        learn(*spoilt(1, 2))
    if what == "rewards":
        with pytest.raises(ValueError, match="returns to go must be finite"):
            LinearBaseline.fit(spoilt(1, 2)[0], 0.9)
    learn(*spoilt(2, 4))  # its only step is step 0


def test_a_segment_with_two_trajectories_is_two_trajectories():
    """Oracle: where trajectories follow one another, advantages are those of each
    trajectory alone.
    """
    rewards, values, following = RNG(2).standard_normal((3, 2, 7))
    ended = np.zeros((2, 7), dtype=bool)
    ended[0, 2] = ended[1, [0, 4]] = True
    together = segment_gae(rewards, values, following, ended, 0.9, 0.8)
    for row, cuts in enumerate(([0, 3, 7], [0, 1, 5, 7])):
        for start, end in pairwise(cuts):
            piece = slice(row, row + 1), slice(start, end)
            alone = segment_gae(
                rewards[piece],
                values[piece],
                following[piece],
                np.zeros((1, end - start), dtype=bool),
                0.9,
                0.8,
            )
            np.testing.assert_allclose(together[piece], alone, atol=1e-12)


def test_a_segment_s_advantages_are_the_trajectories_advantages():
    """Limit: on whole trajectories of full length both forms agree."""
    batch = trajectories(RNG(0))
    full = np.flatnonzero(batch.mask.all(axis=1))
    assert len(full)
    values = RNG(1).standard_normal((4, 6))
    following = values[:, 1:].copy()
    following[batch.terminated, -1] = 0.0
    segments = segment_gae(
        batch.rewards[full],
        values[full, :-1],
        following[full],
        np.zeros((len(full), 5), dtype=bool),
        0.9,
        0.8,
    )
    expected = gae(batch, values, 0.9, 0.8, bootstrap=True)[full]
    np.testing.assert_allclose(segments, expected, atol=1e-12)


@pytest.mark.parametrize("culprit", ["values", "following", "ended"])
def test_a_part_of_a_segment_that_does_not_fit_is_named(culprit):
    """Bad input: a part with another shape is named."""
    parts = dict.fromkeys(("values", "following"), np.zeros((2, 3)))
    parts["ended"] = np.zeros((2, 3), dtype=bool)
    parts[culprit] = parts[culprit][:, :2]
    with pytest.raises(ValueError, match=f"{culprit} must have"):
        segment_gae(np.zeros((2, 3)), *parts.values(), 0.9, 0.8)
