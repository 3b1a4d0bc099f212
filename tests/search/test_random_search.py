"""What must hold of augmented random search beyond what holds of every search."""

import numpy as np
import pytest

from lecture_code.search import AugmentedRandomSearch, maximise


def told(search, returns, seed=0):
    """The step of the mean after `returns` for the candidates of this seed."""
    before = search.mean.copy()
    thetas = search.ask(np.random.default_rng(seed))
    search.tell(thetas, np.asarray(returns, dtype=float))
    return search.mean - before


def test_the_candidates_are_mirrored_pairs():
    """Equation: rows k and N + k are θ ± ν δ_k, with δ ~ N(0, I)."""
    search = AugmentedRandomSearch(np.array([1.0, -2.0]), noise=0.3, directions=20_000)
    plus, minus = np.split(search.ask(np.random.default_rng(0)), 2)
    assert np.allclose((plus + minus) / 2, search.mean, atol=1e-12)
    delta = (plus - minus) / 0.6
    assert np.allclose(delta.mean(axis=0), 0, atol=0.03)  # four standard errors
    assert np.allclose(np.cov(delta.T), np.eye(2), atol=0.04)


def test_the_step_by_hand():
    """Equation: two directions along the axes with returns (3, 1) and (5, 9) move θ by
    α / (2 σ_R) (2, −4), σ_R = √8.75.
    """
    search = AugmentedRandomSearch(np.zeros(2), step=0.1, noise=0.5, directions=2)
    thetas = np.array([[0.5, 0.0], [0.0, 0.5], [-0.5, 0.0], [0.0, -0.5]])
    search.tell(thetas, np.array([3.0, 5.0, 1.0, 9.0]))
    assert search.mean == pytest.approx(
        0.1 / (2 * np.sqrt(8.75)) * np.array([2.0, -4.0]), rel=1e-12
    )


def test_the_best_direction_by_hand():
    """Equation: with top = 1 only the direction of the largest return counts, and σ_R
    is the spread of its two returns.
    """
    search = AugmentedRandomSearch(
        np.zeros(2), step=0.1, noise=0.5, directions=2, top=1
    )
    thetas = np.array([[0.5, 0.0], [0.0, 0.5], [-0.5, 0.0], [0.0, -0.5]])
    search.tell(thetas, np.array([3.0, 5.0, 1.0, 9.0]))
    step = 0.1 / 2.0 * -4.0  # the standard deviation of (5, 9) is 2
    assert search.mean == pytest.approx([0.0, step], rel=1e-12)


def slow_step(search, thetas, returns):
    """Algorithm 2, lines 6 and 7, in plain loops."""
    n = search.directions
    b = search.top or search.directions
    pairs = []
    for k in range(n):
        delta = [
            (p - m) / (2 * search.noise)
            for p, m in zip(thetas[k], thetas[n + k], strict=True)
        ]
        pairs.append(
            (max(returns[k], returns[n + k]), returns[k], returns[n + k], delta)
        )
    pairs = sorted(pairs, key=lambda pair: pair[0], reverse=True)[:b]
    used = [value for pair in pairs for value in pair[1:3]]
    average = sum(used) / len(used)
    sigma = (
        (sum((value - average) ** 2 for value in used) / len(used)) ** 0.5
        if search.normalise
        else 1.0
    )
    step = [0.0] * len(thetas[0])
    for _, plus, minus, delta in pairs:
        step = [
            s + search.step / (b * sigma) * (plus - minus) * d
            for s, d in zip(step, delta, strict=True)
        ]
    return step


@pytest.mark.parametrize("top", [None, 1, 3, 7])
@pytest.mark.parametrize("normalise", [True, False])
def test_it_equals_the_plain_loop(top, normalise):
    """Oracle: over ten generations each step equals that of the pseudocode in plain
    loops.
    """
    rng = np.random.default_rng(0)
    search = AugmentedRandomSearch(
        rng.standard_normal(4),
        step=0.05,
        noise=0.1,
        directions=7,
        top=top,
        normalise=normalise,
    )
    for _ in range(10):
        thetas = search.ask(rng)
        returns = rng.standard_normal(14) * 10
        expected = search.mean + slow_step(search, thetas, returns)
        search.tell(thetas, returns)
        assert search.mean == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_without_extras_it_is_the_finite_difference_gradient():
    """Limit: with all directions and without σ_R, on a linear f and averaged over
    directions, the step is 2 α ν times the gradient.
    """
    gradient = np.array([1.0, -2.0, 0.5])
    search = AugmentedRandomSearch(
        np.zeros(3), step=0.1, noise=0.2, directions=200_000, normalise=False
    )
    thetas = search.ask(np.random.default_rng(0))
    search.tell(thetas, thetas @ gradient)
    assert search.mean == pytest.approx(2 * 0.1 * 0.2 * gradient, rel=0.03)


def test_all_directions_are_the_default():
    """Limit: top = directions is bitwise top = None, and fewer is not."""
    returns = np.random.default_rng(1).standard_normal(16)
    steps = [
        told(AugmentedRandomSearch(np.zeros(3), directions=8, top=top), returns)
        for top in (None, 8, 4)
    ]
    assert np.array_equal(steps[0], steps[1])
    assert not np.allclose(steps[0], steps[2])


@pytest.mark.parametrize("top", [None, 3])
def test_shift_and_scale_of_the_returns_do_not_matter(top):
    """Invariance: r → a r + c with a > 0 leaves the step as it is, thanks to σ_R; a < 0
    with all directions reverses it.
    """
    returns = np.random.default_rng(1).standard_normal(16)

    def step(values):
        return told(AugmentedRandomSearch(np.ones(3), directions=8, top=top), values)

    assert step(1000 * returns - 300) == pytest.approx(step(returns), rel=1e-9)
    assert np.linalg.norm(step(returns)) > 1e-3
    if top is None:
        assert step(-returns) == pytest.approx(-step(returns), rel=1e-9)


def test_without_sigma_the_scale_matters():
    """Negative control: without the division by σ_R a thousandfold return makes a
    thousandfold step; a shift still does nothing.
    """
    returns = np.random.default_rng(1).standard_normal(16)

    def step(values):
        return told(
            AugmentedRandomSearch(np.ones(3), directions=8, normalise=False), values
        )

    assert step(1000 * returns) == pytest.approx(1000 * step(returns), rel=1e-9)
    assert step(returns + 50) == pytest.approx(step(returns), rel=1e-9)


def test_equal_returns_take_no_step():
    """Where nothing can be learnt (σ_R = 0) the mean stays where it is, and stays
    finite.
    """
    assert np.array_equal(
        told(AugmentedRandomSearch(np.ones(3), directions=4), np.full(8, 7.0)),
        np.zeros(3),
    )


def test_ties_are_broken_by_order():
    """Determinism: of directions with equal returns the first are kept, whatever the
    sorting does.
    """
    search = AugmentedRandomSearch(
        np.zeros(2), step=1.0, noise=0.5, directions=2, top=1
    )
    thetas = np.array([[0.5, 0.0], [0.0, 0.5], [-0.5, 0.0], [0.0, -0.5]])
    search.tell(thetas, np.array([2.0, 2.0, 0.0, 0.0]))
    assert search.mean == pytest.approx([2.0, 0.0])


def test_a_direction_that_ends_in_a_fall_has_no_say():
    """Of returns with one disaster, the best directions step as if it had not been
    tried; with all of them it dominates.
    """
    returns = np.array([3.0, 2.0, 4.0, -1000.0, 1.0, 2.5, 1.0, -990.0])
    harmless = np.array([3.0, 2.0, 4.0, 0.0, 1.0, 2.5, 1.0, 0.0])

    def step(values, top):
        return told(AugmentedRandomSearch(np.zeros(3), directions=4, top=top), values)

    assert np.array_equal(step(returns, 3), step(harmless, 3))
    assert not np.allclose(step(returns, None), step(harmless, None), rtol=0.1)


def test_rounding_far_from_the_origin_is_forgiven():
    """Candidates of its own are recognised however large θ is beside the noise."""
    search = AugmentedRandomSearch(np.full(4, 1e6), step=1.0, noise=1e-2)
    next(maximise(search, lambda thetas, rng: thetas[:, 0], np.random.default_rng(0)))
    assert search.mean[0] > 1e6


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda thetas: thetas[[0, 4, 1, 5, 2, 6, 3, 7]],
            "mirrored at the mean; they are not for k = ",
        ),
        (
            lambda thetas: thetas[[1, 0, 2, 3, 4, 5, 6, 7]],
            r"they are not for k = \[0, 1\]",
        ),
        (lambda thetas: thetas + 0.001, r"they are not for k = \[0, 1, 2, 3\]"),
        (lambda thetas: thetas[[0, 1, 4, 5]], "the 8 candidates of ask; got 4"),
    ],
)
def test_candidates_of_another_making_are_refused(spoil, message):
    """Candidates out of order, of another mean or too few are refused by name, and the
    mean stays where it is.
    """
    search = AugmentedRandomSearch(np.zeros(3), directions=4)
    thetas = spoil(search.ask(np.random.default_rng(0)))
    with pytest.raises(ValueError, match=message):
        search.tell(thetas, np.arange(float(len(thetas))))
    assert not search.mean.any()


@pytest.mark.parametrize(
    ("mean", "settings", "culprit"),
    [
        ([[0.0]], {}, "mean must be"),
        ([], {}, "mean must be"),
        ([np.nan], {}, "mean must be"),
        ([0.0], {"step": 0.0}, "step must be positive"),
        ([0.0], {"step": np.inf}, "step must be positive"),
        ([0.0], {"noise": -1.0}, "noise must be positive"),
        ([0.0], {"noise": np.nan}, "noise must be positive"),
        ([0.0], {"directions": 0}, "directions must be at least 1"),
        ([0.0], {"top": 0}, "top must lie between 1 and directions = 16"),
        ([0.0], {"top": 17}, "top must lie between 1 and directions = 16"),
    ],
)
def test_bad_settings_are_named(mean, settings, culprit):
    """Errors name the culprit."""
    with pytest.raises(ValueError, match=culprit):
        AugmentedRandomSearch(mean, **settings)
