"""What must hold of recordings as examples."""

import numpy as np
import pytest

from lecture_code.learning import LinearPolicy, WalkEngine
from lecture_code.learning.transitions import Exploring, Transitions, earlier_actions
from lecture_code.simulation import make_world, rollout

LIMITS = (-np.ones(3), np.ones(3))


@pytest.fixture(scope="module")
def falls():
    """Hoppers that fall, each after another number of steps."""
    world = make_world("hopper")
    policy = Exploring(LinearPolicy.initial(11, 3), 1.0)
    batch = rollout([world] * 4, policy, 60, np.random.default_rng(0))
    assert len(set(batch.lengths)) > 1
    assert batch.lengths.max() < 60
    assert np.abs(batch.actions).max() > 1
    return batch


def test_every_step_becomes_one_example(falls):
    """Oracle: by a plain loop, state, action within the limits, the actions before it,
    and the change; nothing of the padding.
    """
    transitions = Transitions.from_recording(falls, LIMITS, memory=2)
    row = 0
    for i in range(len(falls)):
        for t in range(falls.lengths[i]):
            s, after = falls.observations[i, t], falls.observations[i, t + 1]
            before = [
                np.clip(falls.actions[i, k], -1, 1) if k >= 0 else np.zeros(3)
                for k in (t - 1, t - 2)
            ]
            assert np.array_equal(transitions.states[row], s)
            assert np.array_equal(transitions.changes[row], after - s)
            assert np.array_equal(
                transitions.actions[row], np.clip(falls.actions[i, t], -1, 1)
            )
            assert np.array_equal(transitions.before[row], np.concatenate(before))
            row += 1
    assert len(transitions.states) == row == falls.lengths.sum()
    assert Transitions.from_recording(falls, LIMITS).before.shape == (row, 0)


def test_what_was_said_earlier():
    """Equation: latest first, zeros before the beginning, nothing without memory."""
    actions = np.arange(6.0).reshape(3, 1, 2) + 1  # steps 0, 1, 2 of one world
    assert earlier_actions(actions, 2).tolist() == [[3, 4, 1, 2]]
    assert earlier_actions(actions[:2], 2).tolist() == [[1, 2, 0, 0]]
    assert earlier_actions(actions, 0).shape == (1, 0)


def test_exploration_adds_noise_of_the_given_width():
    """Equation: what is said plus N(0, std²), from the generator that was passed."""
    policy = Exploring(lambda s, rng: np.full((len(s), 3), 0.5), 0.3)
    act = policy.start(4000)
    seen = np.zeros((4000, 11))
    said = act(seen, np.random.default_rng(0))
    assert said.mean() == pytest.approx(0.5, abs=0.01)
    assert said.std() == pytest.approx(0.3, rel=0.03)
    assert np.array_equal(said, act(seen, np.random.default_rng(0)))


def test_exploration_starts_the_policy_anew():
    """Limit: a policy that remembers, explored with noise of width zero, walks as it
    does by itself, in the first rollout and in the second.
    """
    world = make_world("half_cheetah")
    engine = WalkEngine(6, 2.5, 0.05)
    walk = engine.at(np.random.default_rng(1).normal(0, 0.3, engine.size))
    explored = Exploring(walk, 0.0)

    def run(policy):
        return rollout([world] * 2, policy, 20, np.random.default_rng(0))

    alone, *both = run(walk), run(explored), run(explored)
    assert all(np.array_equal(alone.qpos, batch.qpos) for batch in both)


def test_an_empty_recording_is_refused(falls):
    """Errors say what is missing."""
    with pytest.raises(ValueError, match="no step"):
        Transitions.from_recording(falls[:0], LIMITS)
