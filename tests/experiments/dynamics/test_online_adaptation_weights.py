"""What must hold of the weights of the newest step on the tuning seeds."""

import numpy as np
import pytest

from lecture_code.experiments import load_arrays, load_result
from lecture_code.experiments.dynamics.online_adaptation.tuned import TUNED
from lecture_code.experiments.dynamics.online_adaptation.weights import score


@pytest.fixture(scope="module")
def weights():
    return load_result("online_adaptation_weights")


def test_the_seeds_of_the_tuning_are_not_reported(weights):
    """Conformance: five tuning seeds, none of which the comparison has."""
    reported = load_result("online_adaptation_tuned").seeds
    assert len(weights.seeds) == 5 and not set(weights.seeds) & set(reported)
    assert list(weights.settings["report_seeds"]) == reported


@pytest.mark.parametrize("method", ["network", "no prior"])
def test_the_winning_weight_lies_inside_its_grid(weights, method):
    """Claim: the best β is neither the smallest nor the largest that was tried; the
    network's is that of the comparison.
    """
    names = [n for n in weights.curves["tuning"] if n.startswith(f"{method}, ")]
    best = weights.curves["best"][method]
    assert best in names[1:-1]
    if method == "network":
        assert best.endswith(f"= {TUNED['network'].settings['w_new']:g}")


def test_the_largest_weight_of_the_network_is_worse(weights):
    """Claim: β = 1 succeeds in at most half as many attempts as the winner."""
    tuning = weights.curves["tuning"]
    best = score(tuning[weights.curves["best"]["network"]])[0]
    assert score(tuning["network, β = 1"])[0] < 0.5 * best


def test_the_network_succeeds_as_often_with_smaller_weights(weights):
    """Claim: from β = 0.2 to 0.7 the success differs by less than 2 points."""
    tuning = weights.curves["tuning"]
    shares = [score(tuning[f"network, β = {w}"])[0] for w in (0.2, 0.4, 0.7)]
    assert max(shares) - min(shares) < 0.02 < min(shares) - 0.9


def test_the_larger_success_wins_and_then_the_smaller_miss():
    """Equation: the score is the mean success, then minus the mean logarithm of the
    median miss.
    """
    far = {"a": {"success": [1.0, 0.5], "miss": [10.0, 10.0]}}
    near = {"a": {"success": [1.0, 0.5], "miss": [5.0, 5.0]}}
    more = {"a": {"success": [1.0, 1.0], "miss": [99.0, 99.0]}}
    assert score(far) < score(near) < score(more)
    assert score(near) == pytest.approx((0.75, -np.log(5.0)))


def test_no_prior_with_the_old_weight_is_that_of_the_comparison():
    """Conformance: with β = 0.2 *no prior* has bitwise the same success as in
    `online_adaptation`.
    """
    new = load_arrays("online_adaptation_weights")["success/no prior, β = 0.2"]
    old = load_arrays("online_adaptation")["success/no prior"]
    np.testing.assert_array_equal(new, old)
