"""The expert reaches in the simulator, and sags where gravity pulls."""

import numpy as np
import pytest

from lecture_code.dynamics.reaching_expert import (
    HoldingExpert,
    ReachingExpert,
    ReachingSettings,
)
from lecture_code.simulation import make_world, one_step, rollout
from tests.dynamics.driven_arm import SOURCE, TASK, TILTED, around, drive, turned

EXPERT = ReachingExpert.from_source(SOURCE)


def distances(expert, world):
    """At the end of 8 episodes [m]."""
    run = rollout([world] * 8, expert, 100, np.random.default_rng(0))
    return -run.rewards[:, -1]


def test_it_reaches_in_the_level_plane_and_sags_in_a_tilted_one():
    """Learning with a negative control: the hand ends within 5 cm of the target in the
    simulator, and on average more than 30 cm away at 60 % of gravity.
    """
    assert distances(EXPERT, SOURCE).max() < 0.05
    assert distances(EXPERT, TILTED).mean() > 0.3


def test_a_smaller_cost_of_actions_makes_it_stiffer():
    """Limit: with R from 30 over 3 to 0.3 the gain of each angle on its own joint
    grows, and the arm sags less.
    """
    experts = [
        ReachingExpert.from_source(SOURCE, ReachingSettings(action_cost))
        for action_cost in (30.0, 3.0, 0.3)
    ]
    own = np.array([np.abs(np.diag(expert.K[:, :2])) for expert in experts])
    assert (np.diff(own, axis=0) > 0).all()
    sag = [distances(expert, TILTED).mean() for expert in experts]
    assert sag[0] > sag[1] > sag[2]


def test_on_the_target_and_at_rest_it_does_nothing():
    """Equation: in the wanted posture every action is 0, for targets all around."""
    targets = around(0.6, np.linspace(-3, 3, 7))
    start = np.zeros((7, 4))
    start[:, :2] = TASK.posture(np.hstack([np.ones((7, 6)), targets, targets]))
    _, actions, away = drive(EXPERT, start, targets, 1)
    np.testing.assert_allclose(actions, 0, atol=1e-12)
    np.testing.assert_allclose(away[0], 0, atol=1e-12)


def test_no_direction_of_the_level_plane_is_special():
    """Invariance: arm and target turned together give the same actions, also where
    the shoulder passes ±π.
    """
    states, actions = turned(EXPERT, 0.0)
    states_turned, actions_turned = turned(EXPERT, 2.6)
    assert (states_turned[:, 0, 0] + 2.6 > np.pi).any()
    np.testing.assert_allclose(actions_turned, actions, atol=1e-8)
    np.testing.assert_allclose(states_turned, states, atol=1e-8)


def test_actions_stay_within_the_limits():
    """Invariance: a stiff expert asks for the largest torques, for no larger ones."""
    stiff = ReachingExpert.from_source(SOURCE, ReachingSettings(0.01))
    _, actions, _ = drive(stiff, np.zeros((2, 4)), around(0.9, [2.0, -2.0]), 5)
    assert np.abs(actions).max() == 1.0


def test_what_does_not_fit_is_refused():
    """Errors name the culprit: the task of the world, the settings."""
    with pytest.raises(ValueError, match="ReachTarget"):
        ReachingExpert.from_source(make_world("hopper"))
    for settings in (
        {"action_cost": 0.0},
        {"speed_cost": -1.0},
        {"horizon": 0},
    ):
        with pytest.raises(ValueError, match=next(iter(settings))):
            ReachingSettings(**settings)


def test_the_holding_expert_holds_every_posture_against_gravity():
    """Equation: its action without a miss leaves the joints at rest, within what a step
    moves; the torque of the shoulder is gravity's where the arm is stretched level.
    """
    world = SOURCE.change(gravity=-9.81)
    expert = HoldingExpert(world)
    for posture in ((0.5, 1.2), (np.pi / 2, 0.0), (-2.0, 0.4)):
        hold, _ = expert.gain(np.array([*posture, 0, 0]))
        qpos = np.array([[*posture, 0.5, 0.5]])
        qpos, qvel = one_step(world, qpos, np.zeros((1, 4)), hold[None])
        np.testing.assert_allclose(qvel[0, :2], 0, atol=1e-6)
        np.testing.assert_allclose(qpos[0, :2], posture, atol=1e-5)
        if posture[1] == 0:
            torque = 17 * 9.81 * (0.25 + 0.75)  # [N m]
            assert hold[0] * 300 == pytest.approx(torque, rel=0.01)


def test_the_holding_expert_reaches_where_the_other_sags():
    """Limit and negative control: without gravity its gain is the other expert's in
    that posture; at full gravity its hand ends within 5 cm of the target in seven of
    eight episodes, and the other expert's in none.
    """
    hold, K = HoldingExpert(SOURCE).gain(np.array([0.5, 1.2, 0, 0]))
    np.testing.assert_allclose(hold, 0, atol=1e-9)
    np.testing.assert_allclose(K, EXPERT.K, atol=1e-6)
    upright = SOURCE.change(gravity=-9.81)
    assert (distances(HoldingExpert(upright), upright) < 0.05).sum() >= 7
    assert not (distances(EXPERT, upright) < 0.05).any()


def test_the_holding_expert_needs_the_arm():
    """Bad input: another robot is refused by its name."""
    with pytest.raises(ValueError, match=r"task is ReachTarget.*got 'hopper'"):
        HoldingExpert(make_world("hopper")).start(1)
