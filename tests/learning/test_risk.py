"""What must hold of tails: value at risk, conditional value at risk, and the latter's
gradient.
"""

import numpy as np
import pytest

from lecture_code.learning.risk import (
    conditional_value_at_risk,
    gaussian_cvar,
    tail_weights,
    value_at_risk,
    worst,
)

RNG = np.random.default_rng


@pytest.mark.parametrize(
    ("n", "epsilon", "size"),
    [(240, 0.1, 24), (120, 0.1, 12), (10, 0.05, 1), (7, 1.0, 7), (1, 0.3, 1)],
)
def test_how_many_are_the_worst(n, epsilon, size):
    """Equation: ⌊ε(N − 1)⌋ + 1 without ties, and they are the smallest."""
    returns = RNG(n).standard_normal(n)
    chosen = worst(returns, epsilon)
    assert len(chosen) == size
    assert set(chosen) == set(np.argsort(returns)[:size])
    assert (np.diff(chosen) > 0).all()


def test_equal_returns_share_their_fate():
    """Invariance: ties are in or out together, and the order of the returns does not
    matter.
    """
    returns = np.array([1.0, 1.0, 1.0, 5.0, 6.0, 7.0, 8.0, 9.0])
    assert worst(returns, 0.2).tolist() == [0, 1, 2]
    mixed = RNG(0).permutation(8)
    assert set(mixed[worst(returns[mixed], 0.2)]) == {0, 1, 2}


@pytest.mark.parametrize("epsilon", [0.05, 0.1, 0.5, 0.9])
def test_the_gaussian_tail_in_closed_form(epsilon):
    """Equation: a large sample's CVaR is a − bμ − bs φ(z)/ε for a return a − bp of p ~
    N(μ, s²), within four standard errors.
    """
    a, b, mu, s = 10.0, 2.0, 6.0, 1.5
    R = a - b * RNG(1).normal(mu, s, 200_000)
    tail = R[worst(R, epsilon)]
    exact = gaussian_cvar(a - b * mu, b * s, epsilon)
    standard_error = tail.std() / np.sqrt(len(tail)) / 0.7
    assert abs(conditional_value_at_risk(R, epsilon) - exact) < 4 * standard_error


def test_everybody_is_the_tail_at_one():
    """Limit: with ε = 1 CVaR is the mean, and all are chosen."""
    R = RNG(2).standard_normal(31)
    assert conditional_value_at_risk(R, 1.0) == pytest.approx(R.mean())
    assert len(worst(R, 1.0)) == 31
    assert gaussian_cvar(3.0, 2.0, 1.0) == pytest.approx(3.0)


def test_the_tail_is_the_mean_of_the_worst():
    """Equation: where εN is whole and no two returns are equal, CVaR is the mean of the
    chosen; of equal returns only a part belongs to the tail.
    """
    R = RNG(4).standard_normal(120)
    assert (
        conditional_value_at_risk(R, 0.1)
        == pytest.approx(np.sort(R)[:12].mean())
        == pytest.approx(R[worst(R, 0.1)].mean())
    )
    R = np.array([-10.0, *np.full(19, 9.0)])
    assert len(worst(R, 0.1)) == 20
    assert conditional_value_at_risk(R, 0.1) == pytest.approx((-10 + 9) / 2)


@pytest.mark.parametrize("epsilon", [0.01, 0.1, 0.3, 0.5, 0.7, 0.99, 1.0])
@pytest.mark.parametrize("n", [1, 5, 25])
def test_a_part_of_a_return_counts_in_part(epsilon, n):
    """Oracle: CVaR is what remains of the mean when the tail is filled with returns,
    from the worst on, until it holds ε.
    """
    R = RNG(n).standard_normal(n)
    left = epsilon
    total = 0.0
    for value in sorted(R):
        part = min(left, 1 / n)
        left -= part
        total += part * value
    assert conditional_value_at_risk(R, epsilon) == pytest.approx(total / epsilon)


def test_weights_by_hand():
    """Equation: (R − baseline) / εN in the tail, zero elsewhere; the weights of "mean"
    add up to nothing, those of "VaR" do not.
    """
    R = np.array([4.0, 0.0, 2.0, 8.0, 6.0])
    assert value_at_risk(R, 0.5) == 4.0
    assert tail_weights(R, 0.5).tolist() == pytest.approx([0, -1.6, -0.8, 0, 0])
    assert tail_weights(R, 0.5, "mean") == pytest.approx([0.8, -0.8, 0, 0, 0])


def exact_gradient(theta, epsilon):
    """d CVaR / dθ by central differences with common random numbers."""
    h = 1e-3
    noise = RNG(5).standard_normal((2, 400_000))

    def cvar(theta):
        return conditional_value_at_risk(gamble(theta + noise[0], noise[1]), epsilon)

    return (cvar(theta + h) - cvar(theta - h)) / (2 * h)


def gamble(a, luck):
    """The more is ventured, the more is to be had, and the wider it spreads."""
    return a + 0.5 * a * luck


@pytest.mark.parametrize("theta", [1.0, 3.0])
def test_the_baseline_of_the_tail_is_the_value_at_risk(theta):
    """Equation with a negative control: the score's estimate with the VaR as baseline
    is the gradient of CVaR; with the tail's mean it is not.
    """
    epsilon = 0.1
    estimates = {"VaR": [], "mean": []}
    for seed in range(40):
        rng = RNG(100 + seed)
        a = theta + rng.standard_normal(20_000)
        luck = rng.standard_normal(20_000)
        for baseline, samples in estimates.items():
            samples.append(
                tail_weights(gamble(a, luck), epsilon, baseline) @ (a - theta)
            )
    truth = exact_gradient(theta, epsilon)
    error = {name: np.mean(samples) - truth for name, samples in estimates.items()}
    spread = {
        name: np.std(samples) / np.sqrt(40) for name, samples in estimates.items()
    }
    assert abs(error["VaR"]) < 4 * spread["VaR"] + 0.01
    assert abs(error["mean"]) > 8 * spread["mean"]


@pytest.mark.parametrize("epsilon", [0.0, -0.1, 1.01, np.nan])
def test_a_share_lies_between_zero_and_one(epsilon):
    """Errors name the culprit."""
    for call in (
        lambda: worst(np.ones(3), epsilon),
        lambda: gaussian_cvar(0, 1, epsilon),
    ):
        with pytest.raises(ValueError, match=r"epsilon must lie in \(0, 1\]"):
            call()


def test_returns_must_be_numbers():
    """Errors tell that there is nothing to choose from, which return is not a number,
    and which baselines there are.
    """
    with pytest.raises(ValueError, match="at least one"):
        worst(np.zeros(0), 0.1)
    with pytest.raises(ValueError, match="number 1 of 3"):
        worst(np.array([0.0, np.nan, 1.0]), 0.1)
    with pytest.raises(ValueError, match="there are: VaR, mean"):
        tail_weights(np.ones(3), 0.5, "zero")
