"""The runs behind the chapter on inverse-dynamics transfer."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from lecture_code.dynamics.inverse_dynamics import TransferSettings
from lecture_code.experiments.dynamics.inverse_dynamics.planners import (
    PLANNERS,
    PlannerRun,
    PlannerSettings,
)
from lecture_code.experiments.dynamics.inverse_dynamics.shifts import (
    SETTINGS,
    RobotSettings,
    Shift,
    smoke_settings,
    with_form,
)
from lecture_code.experiments.dynamics.inverse_dynamics.transfer import (
    InverseDynamicsRun,
    NoiseKnown,
    runs,
    summarise,
)
from lecture_code.learning.regression import RegressionSettings
from lecture_code.simulation import make_world, motor_noise_of, rollout

TINY = RobotSettings(
    "heavy_arm",
    (Shift(0.5), Shift(0.0, 0.3, 1.0)),
    TransferSettings(
        trajectories=3, horizon=6, network=RegressionSettings(hidden=(4,), epochs=1)
    ),
    rounds=2,
    episodes=2,
    horizon=6,
    seeds=(0, 1),
)


def finished(seed=0, pickled=False):
    """A run of `TINY` to its end."""
    run = InverseDynamicsRun(TINY, seed)
    assert run.progress == 0
    while run.progress < 1:
        run.advance()
        if pickled:
            run = pickle.loads(pickle.dumps(run))
    return run.result()


def test_a_run_goes_on_after_being_pickled_between_any_two_steps():
    """Determinism: an interrupted run has the result of a run in one go."""
    assert finished() == finished(pickled=True)


def test_every_test_has_the_same_starts_and_the_summary_keeps_all_seeds():
    """Common random numbers: the expert is tested on the starts of π_target; the
    summary has seeds × rounds numbers for φ, and one round for the expert.
    """
    results = {str(seed): finished(seed) for seed in (0, 1)}
    curves, arrays = summarise(TINY, results)
    assert arrays == {}
    learned = curves["gravity 0.5 k 2"]
    assert np.shape(learned["returns"]) == (2, 2)
    assert np.shape(learned["episodes"]) == (2, 2)
    assert (np.diff(learned["samples"], axis=1) > 0).all()
    assert np.shape(curves["gravity 0.5 expert"]["returns"]) == (2, 1)
    assert {"source", "passive", "noise 0.3 correlation 1 known"} <= set(curves)
    assert "gravity 0.5 known" not in curves
    assert "samples" not in curves["source"]


def test_who_knows_the_noise_acts_as_if_there_were_none():
    """Limit: taking the known noise from the action leads where the expert goes without
    noise, as long as no motor is at its limit; the expert with noise goes elsewhere.
    """
    quiet = make_world("heavy_arm")
    noisy = Shift(0.0, 0.2, 0.9).world("heavy_arm")

    def expert(observations, rng):
        return -0.1 * observations[:, 4:6]

    def last(world, policy):
        return rollout([world] * 3, policy, 10, np.random.default_rng(2)).qpos[:, -1]

    noise = motor_noise_of([noisy] * 3, 10, np.random.default_rng(2))
    known = NoiseKnown(expert, noise, noisy.control_limits)
    wanted = last(quiet, expert)
    np.testing.assert_allclose(last(noisy, known), wanted, atol=1e-9)
    assert np.abs(last(noisy, expert) - wanted).max() > 0.01


@pytest.mark.parametrize(
    "robot, shift, correction",
    [
        ("heavy_arm", Shift(1.0), False),
        ("hopper", Shift(0.8), True),
        ("half_cheetah", Shift(1.0, 0.3, 0.9), False),
        ("half_cheetah", Shift(1.0, 0.2, 0.9), True),
    ],
)
def test_the_form_is_the_papers_rule(robot, shift, correction):
    """φ corrects the expert for weak noise and for the gravity of legged robots."""
    settings = with_form(TransferSettings(), robot, shift, 1)
    assert (settings.k, settings.correction) == (1, correction)


def test_smoke_settings_are_small():
    """The smoke run of each robot has one target and few steps."""
    for settings in SETTINGS.values():
        small = smoke_settings(settings)
        assert len(small.conditions) == 1
        assert list(runs(small)) == ["0"]


def test_planners_meet_the_starts_of_the_transfer_experiment():
    """Conformance: the expert's returns are those of the other experiment, so that
    both results can be compared in pairs.
    """
    expert = InverseDynamicsRun(replace(TINY, horizon=1), 0)
    expert.advance()
    plain = expert.tests["gravity 0.5 expert"]["returns"][0]
    run = PlannerRun(PlannerSettings((Shift(0.5),), PLANNERS, 2, 1, (0,)), 0)
    while run.progress < 1:
        run.advance()
    returns = run.result()["returns"]
    assert set(returns) == {f"gravity 0.5 {name}" for name in PLANNERS}
    for other in returns.values():  # hardly anything moves within one step
        np.testing.assert_allclose(other, plain, atol=0.05)
    assert abs(plain[0] - plain[1]) > 0.2
