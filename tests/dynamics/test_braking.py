"""What must hold of the driver and the wall."""

from itertools import islice

import numpy as np
import pytest

from lecture_code.dynamics.braking import Braking
from lecture_code.learning.risk import conditional_value_at_risk
from lecture_code.search import CrossEntropyMethod, maximise

RNG = np.random.default_rng
EPSILONS = (0.02, 0.1, 0.5, 1.0)


@pytest.mark.parametrize("epsilon", EPSILONS)
@pytest.mark.parametrize("theta", [6.5, 8.0, 9.0, 10.5])
def test_the_closed_form_is_what_many_worlds_say(theta, epsilon):
    """Equation: CVaR of a distance, and the expectation at ε = 1, are those of 400,000
    drawn walls, within four standard errors.
    """
    toy = Braking()
    R = toy.returns(theta, toy.walls(RNG(0), 400_000))
    error = R.std() / np.sqrt(len(R)) / epsilon
    assert conditional_value_at_risk(R, epsilon) == pytest.approx(
        toy.cvar(theta, epsilon), abs=4 * error + 1e-9
    )


@pytest.mark.parametrize("epsilon", EPSILONS)
@pytest.mark.parametrize("toy", [Braking(), Braking(30.0, 2.0, 5.0)])
def test_the_best_distance_is_the_best(toy, epsilon):
    """Oracle: a fine grid finds no better one."""
    grid = np.linspace(toy.mean - 8 * toy.std, toy.mean + 3 * toy.std, 20_001)
    values = [toy.cvar(theta, epsilon) for theta in grid]
    assert toy.best(epsilon) == pytest.approx(
        grid[int(np.argmax(values))], abs=2e-3 * toy.std
    )
    assert toy.cvar(toy.best(epsilon), epsilon) >= max(values) - 1e-9


def test_who_fears_the_worst_stops_earlier():
    """Invariance: the best distance grows with ε, and what robustness costs on average
    is positive.
    """
    toy = Braking()
    best = [toy.best(epsilon) for epsilon in EPSILONS]
    assert (np.diff(best) > 0.1).all()
    assert toy.cvar(best[0], 1.0) < toy.cvar(best[-1], 1.0)
    assert toy.cvar(best[0], 0.02) > toy.cvar(best[-1], 0.02)


@pytest.mark.parametrize("epsilon", [0.1, 1.0])
@pytest.mark.parametrize("seed", range(5))
def test_a_search_on_sampled_walls_stops_where_it_should(epsilon, seed):
    """Learning with a negative control: the cross-entropy method on the CVaR of sampled
    walls lands at the optimum of that ε, and not at the other's.
    """
    toy = Braking()
    search = CrossEntropyMethod(np.array([5.0]), 2.0, 40, elite=0.25)
    optimum = float(
        list(islice(maximise(search, toy.objective(epsilon, 10_000), RNG(seed)), 25))[
            -1
        ].mean[0]
    )
    assert optimum == pytest.approx(toy.best(epsilon), abs=0.25)
    assert abs(optimum - toy.best(1.1 - epsilon)) > 0.5


def drive_by_gradient(epsilon, seed, heard=lambda returns, rng: returns):
    """Where a driver stops who follows the gradient of CVaR for 400 steps [m].

    Args:
        heard: the returns that the driver is told.
    """
    rng = RNG(seed)

    class Told(Braking):
        """Braking, where the driver is told other returns."""

        def returns(self, theta, walls):
            return heard(super().returns(theta, walls), rng)

    mean = 5.0
    for _ in range(400):
        slope = Told().score_gradient(mean, 0.3, epsilon, 120, rng)
        mean += np.clip(0.5 * 0.3**2 * slope, -0.1, 0.1)
    return mean


@pytest.mark.parametrize("seed", range(5))
def test_a_driver_learns_from_the_worst_drives_alone(seed):
    """Learning with a negative control: EPOpt's gradient at ε = 0.1 brings the driver
    near the best distance, short of where ε = 1 brings him; told the returns of other
    drives, he stays far from it.
    """
    toy = Braking()
    careful, bold = (drive_by_gradient(epsilon, seed) for epsilon in (0.1, 1.0))
    assert careful == pytest.approx(toy.best(0.1), abs=0.35)
    assert bold > careful + 0.3
    deaf = drive_by_gradient(0.1, seed, lambda returns, rng: rng.permutation(returns))
    assert abs(deaf - toy.best(0.1)) > 1


def test_the_gradient_of_the_driver():
    """Equation with a negative control: the VaR as baseline gives the derivative of the
    driver's CVaR, by differences; the tail's mean does not.
    """
    toy = Braking()
    mean = 7.0
    std = 0.5
    epsilon = 0.1
    h = 0.02
    noise = RNG(1).standard_normal(1_000_000)
    walls = toy.walls(RNG(2), 1_000_000)

    def tail(step):
        returns = toy.returns(mean + step + std * noise, walls)
        return conditional_value_at_risk(returns, epsilon)

    up, down = tail(h), tail(-h)
    truth = (up - down) / (2 * h)
    estimates = {
        b: [
            toy.score_gradient(mean, std, epsilon, 10_000, RNG(seed), b)
            for seed in range(40)
        ]
        for b in ("VaR", "mean")
    }
    error = {
        b: abs(np.mean(draws) - truth) / (np.std(draws) / np.sqrt(40))
        for b, draws in estimates.items()
    }
    assert error["VaR"] < 4 and error["mean"] > 8


@pytest.mark.parametrize(
    ("call", "culprit"),
    [
        (lambda: Braking(std=0), "std"),
        (lambda: Braking(crash=-1), "crash"),
        (lambda: Braking().best(0), "epsilon"),
        (lambda: Braking().best(1.1), "epsilon"),
    ],
)
def test_bad_input_to_the_driver_is_named(call, culprit):
    """Errors name the culprit."""
    with pytest.raises(ValueError, match=culprit):
        call()
