"""What must hold of the comparison of online adaptation."""

import numpy as np
import pytest

from lecture_code.experiments import load_arrays, load_result
from lecture_code.experiments.dynamics.online_adaptation.attempts import (
    METHODS,
    ArmDynamics,
    Condition,
    Method,
    attempt,
    prior_of,
)
from lecture_code.experiments.dynamics.online_adaptation.cells import (
    CONDITIONS,
    ComparisonSettings,
    cells,
)
from lecture_code.experiments.dynamics.online_adaptation.practice import (
    N_INPUTS,
    record_transitions,
)
from lecture_code.experiments.dynamics.online_adaptation.summary import paired_interval
from lecture_code.simulation.slot_arm import SlotArm
from lecture_code.simulation.slot_attempts import draw_attempts

ORACLE = METHODS["oracle"]


def short(method, condition, n=1):
    tasks = draw_attempts(n, np.random.default_rng(0))
    return attempt(method, condition, None, tasks, np.random.default_rng(1))


def test_the_oracle_predicts_the_recordings():
    """Oracle: the arm as a function gives the recorded next states exactly."""
    steps = record_transitions(
        np.random.default_rng(0), 1, 20, conditions=[{"payload": 1.0}]
    )
    x, u, after = np.split(steps, [6, N_INPUTS], axis=1)
    arm = SlotArm().change(payload=1.0)
    np.testing.assert_allclose(ArmDynamics([arm] * 20)(x, u), after, atol=1e-6)


def test_nothing_is_learned_without_excitation():
    """Negative control: without a prior, recorded steps and noise no torque was ever
    tried, so that none has an effect in the model and none is tried; with noise the arm
    begins to act.
    """
    for exploration, largest in ((0.0, 0.0), (0.03, np.inf)):
        method = Method("none", {"exploration": exploration}, fresh=True)
        torques = np.abs(short(method, Condition()).actions[:, 20:]).max()
        assert torques <= largest and (torques > 1) == (exploration > 0)


def test_a_jump_changes_nothing_before_it():
    """Limit: until the payload jumps, an attempt is bitwise that without a jump."""
    free = Method("none", fresh=True)
    plain = short(free, Condition())
    jumps = short(free, Condition(later={"payload": 3.0}, when=40))
    np.testing.assert_array_equal(plain.states[:, :41], jumps.states[:, :41])
    assert (plain.states[:, 41] != jumps.states[:, 41]).any()


def test_every_cell_has_a_name_of_its_own():
    """Conformance: no cell overwrites another, and all methods face all conditions."""
    made = cells(ComparisonSettings())
    assert len({cell.name for cell in made}) == len(made)
    assert [cell.name for cell in made[: len(METHODS)]] == list(METHODS)
    assert all(cell.conditions is CONDITIONS for cell in made[: len(METHODS)])


def test_the_paired_interval_covers_a_difference_and_not_its_absence():
    """Equation: equal methods give (0, 0); a method that always wins gives (1, 1); the
    interval of mixed pairs holds their mean.
    """
    zeros, ones = [np.zeros(4)] * 3, [np.ones(4)] * 3
    assert paired_interval(ones, ones, 50) == (0, 0)
    assert paired_interval(ones, zeros, 50) == (1, 1)
    mixed = [np.array([1.0, 0, 1, 0])] * 3
    low, high = paired_interval(mixed, zeros, 500)
    assert 0 < low < 0.5 < high < 1


def test_an_unknown_prior_is_refused():
    """Errors name the culprit and the alternatives."""
    with pytest.raises(ValueError, match="unknown prior 'guess'; known: none, oracle"):
        prior_of(Method("guess"), None, [SlotArm()])
    with pytest.raises(ValueError, match="'network' needs practice"):
        prior_of(METHODS["network"], None, [SlotArm()])


def rate(curves, method, condition):
    return np.mean(curves[method][condition]["success"])


def test_the_result_says_what_the_chapter_says():
    """The committed result: adaptation is at least 20 points above the network alone at
    the largest payload, with an interval above 0; with m = 1 = N most attempts fail
    there; the offset control fails where slopes are wrong.
    """
    curves = load_result("online_adaptation").curves["cells"]
    ahead = rate(curves, "network", "payload 6")
    ahead -= rate(curves, "network alone", "payload 6")
    assert ahead >= 0.2
    assert curves["network alone"]["payload 6"]["ahead"][0] > 0
    assert rate(curves, "network, m = 1", "payload 6") < 0.5
    gain = "gain 2.2"
    assert rate(curves, "network", gain) > rate(curves, "network + offset", gain) + 0.2
    assert curves["network + offset"][gain]["ahead"][0] > 0


def test_the_result_holds_enough_attempts():
    """The committed result has at least 40 attempts over at least 5 networks in every
    cell but the oracle's.
    """
    arrays = load_arrays("online_adaptation")
    for name in METHODS:
        success = arrays[f"success/{name}"]
        assert len(success) >= 5
        assert name == "oracle" or success[:, 0].size >= 40
