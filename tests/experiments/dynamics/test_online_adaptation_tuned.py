"""What must hold of the comparison with tuned weights, and of the sentences that the
chapter builds on it.
"""

import numpy as np
import pytest

from lecture_code.experiments import load_arrays, load_result
from lecture_code.experiments.dynamics.online_adaptation.tuned import (
    TunedSettings,
    cells_by_practice,
)

HEAVY = "payload 6"
STRONG = "gain 2.2"
FEW = "far start, gain 1.6"


@pytest.fixture(scope="module")
def tuned():
    return load_result("online_adaptation_tuned").curves["cells"]


@pytest.fixture(scope="module")
def plain():
    return load_result("online_adaptation").curves["cells"]


def rate(cells, method, condition):
    return np.mean(cells[method][condition]["success"])


def interval(cells, method, condition):
    return cells[method][condition]["ahead"]


def test_only_the_first_seed_has_the_long_practice():
    """Conformance: every cell has a name of its own, and one seed has three more."""
    settings = TunedSettings()
    names = {
        first: [
            cell.name
            for measured in cells_by_practice(settings, first).values()
            for cell in measured
        ]
        for first in (True, False)
    }
    assert len(set(names[True])) == len(names[True])
    added = set(names[True]) - set(names[False])
    assert {name.rpartition(", ")[2] for name in added} == {"long"}
    assert settings.long_movements == 3 * settings.movements


def test_a_heavier_tool_needs_only_the_offset(tuned):
    """Claim: with six times the payload adaptation is at least 20 points ahead of the
    fixed network, with its interval above zero, and not ahead of network + offset.
    """
    assert interval(tuned, "network alone", HEAVY)[0] >= 0.2
    assert interval(tuned, "network + offset", HEAVY) == [0, 0]
    assert rate(tuned, "network", HEAVY) == 1


def test_stronger_motors_need_the_slopes(tuned, plain):
    """Claim with an ablation: with strong motors the offset alone fails, and so does
    the adapting network with frozen slopes.
    """
    assert interval(tuned, "network + offset", STRONG)[0] >= 0.2
    assert rate(tuned, "network", STRONG) >= 0.8
    assert rate(plain, "network, slopes frozen", STRONG) == 0


def test_the_order_of_the_priors_is_not_settled(tuned):
    """Claim: after the full practice no interval of the lead over least squares and
    mixture lies above zero; after few movements the network has the largest success,
    and the intervals still reach zero.
    """
    for rival in ("mixture", "least squares"):
        for condition in tuned[rival]:
            assert interval(tuned, rival, condition)[0] <= 0
        assert rate(tuned, "network, few", FEW) > rate(tuned, f"{rival}, few", FEW)
        low, high = interval(tuned, f"{rival}, few", FEW)
        assert low <= 0 < high


def test_more_practice_does_not_help_the_fixed_network(tuned):
    """Claim: after a practice three times as long, the fixed network still fails with
    the heavy payload, and network + offset with strong motors.
    """
    assert rate(tuned, "network alone, long", HEAVY) == 0
    assert rate(tuned, "network + offset, long", STRONG) == 0
    assert rate(tuned, "network, long", STRONG) == 1


def test_equal_weights_of_prior_and_moments_fail(tuned, plain):
    """Claim: at the heaviest payload N = m fails in most attempts, and N / m ≥ 100
    succeeds in all.
    """
    assert rate(plain, "m = 1, N = 1", HEAVY) < 0.5
    for m in ("0.0003", "0.001"):
        assert rate(tuned, f"m = {m}, N = 1", HEAVY) == 1
    for m in ("0.003", "0.01"):
        assert rate(plain, f"m = {m}, N = 1", HEAVY) == 1


def test_both_results_have_the_same_attempts():
    """Conformance: a method without weights to tune has bitwise the same success in
    both results, so that they can be paired.
    """
    name = "success/network alone"
    both = [load_arrays(f"online_adaptation{end}")[name] for end in ("", "_tuned")]
    np.testing.assert_array_equal(*both)
