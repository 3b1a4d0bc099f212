"""What must hold of the loop around grounding: record, ground, improve, try, again."""

import pickle
from itertools import islice

import numpy as np
import pytest

from lecture_code.dynamics.grounded_action_transformation import (
    ActionTransformation,
    GroundingSettings,
    by_actions,
    exploring_rollout,
)
from lecture_code.dynamics.grounded_simulation_learning import (
    PolicySearch,
    Turn,
    grounded_simulation_learning,
    improve,
    learn,
)
from lecture_code.learning import LinearPolicy
from lecture_code.learning.regression import RegressionSettings
from lecture_code.search import CMAES, maximise
from lecture_code.simulation import make_world, rollout

ARM = make_world("two_link_arm", damping=6.0)
ROBOT = ARM.change(gain=0.6, damping=9.0)
STILL = LinearPolicy.initial(8, 2)
QUICK = RegressionSettings(epochs=1)
HOW = GroundingSettings(trajectories=2, horizon=5, forward=QUICK, inverse=QUICK)
RNG = np.random.default_rng


def search_at(theta):
    return CMAES(theta, 0.3, 4)


SEARCH = PolicySearch(search_at, STILL.at, horizon=6, generations=3, threads=1)


def record(theta, rng):
    return exploring_rollout(ROBOT, STILL.at(theta), HOW, rng)


def test_a_turn_is_the_search_in_the_grounded_simulator():
    """Oracle: the candidates of a turn are the means of the same search, driven by
    `maximise`, and its episodes are those of the last generation.
    """

    def f(thetas, rng):
        return rollout([ARM] * 4, STILL.at(thetas), 6, rng).returns

    turn = learn(ARM, np.zeros(16), SEARCH, RNG(0))
    by_hand = list(islice(maximise(search_at(np.zeros(16)), f, RNG(0)), 3))
    for candidate, generation in zip(turn.candidates, by_hand, strict=True):
        assert np.array_equal(candidate, generation.mean)
    assert np.array_equal(turn.batch.returns, by_hand[-1].returns)


def test_a_generation_leaves_the_turn_before_it_as_it_was():
    """Invariance: `improve` twice from one turn gives the same twice, and neither the
    turn nor its search has changed.
    """
    turn = improve(Turn.initial(ARM, np.zeros(16), SEARCH), SEARCH, RNG(1))
    before = pickle.dumps(turn.search)
    after, again = (improve(turn, SEARCH, RNG(2)) for _ in range(2))
    assert np.array_equal(after.candidates[1], again.candidates[1])
    assert not np.array_equal(after.candidates[1], turn.candidates[0])
    assert pickle.dumps(turn.search) == before and len(turn.candidates) == 1


def test_a_turn_goes_on_after_a_checkpoint():
    """Determinism: pickled after each generation, a turn ends with the same bits."""
    turn = Turn.initial(ARM, np.zeros(16), SEARCH)
    rng = RNG(3)
    for _ in range(SEARCH.generations):
        turn, rng = pickle.loads(pickle.dumps((improve(turn, SEARCH, rng), rng)))
    straight = learn(ARM, np.zeros(16), SEARCH, RNG(3))
    assert np.array_equal(turn.candidates, straight.candidates)


def test_the_robot_decides_which_candidate_is_kept():
    """Equation: the candidate with the highest return on the robot, whatever the
    simulator says of it; without returns, or with too few, there is none.
    """
    turn = learn(ARM, np.zeros(16), SEARCH, RNG(0))
    with pytest.raises(ValueError, match="no returns yet"):
        _ = turn.theta
    for wrong in (np.zeros(2), 0.0):
        with pytest.raises(ValueError, match="each of the 3 candidates"):
            turn.tried(wrong)
    tried = turn.tried(np.array([1.0, 5.0, 2.0]))
    assert tried.best == 1 and np.array_equal(tried.theta, turn.candidates[1])
    assert tried.returns == (1.0, 5.0, 2.0)


def test_each_turn_grounds_the_simulator_as_it_came():
    """Conformance: each turn records the latest policy, grounds the plain simulator by
    that recording, and hands on the candidate that was best on the robot.
    """
    recorded, grounded_from, tried = [], [], []
    ground = by_actions(STILL.at, HOW)

    def watched_record(theta, rng):
        recorded.append(theta)
        return record(theta, rng)

    def watched_ground(simulator, recording, theta, rng):
        grounded_from.append((simulator.transform, theta))
        return ground(simulator, recording, theta, rng)

    def J(candidates, rng):
        tried.append(candidates)
        return np.array([0.0, 2.0, 1.0])

    start = np.zeros(16)
    turns = grounded_simulation_learning(
        ARM, start, watched_record, watched_ground, SEARCH, J, RNG(0)
    )
    first, second = islice(turns, 2)
    assert np.array_equal(recorded, [start, first.candidates[1]])
    assert [transform for transform, _ in grounded_from] == [None, None]
    assert np.array_equal([theta for _, theta in grounded_from], recorded)
    assert np.array_equal(tried[1], second.candidates) and second.best == 1
    assert isinstance(second.world.transform, ActionTransformation)
    assert first.world.transform is not second.world.transform
    assert second.world.changes == ARM.changes


def test_the_same_seed_learns_the_same():
    """Determinism: two turns from one seed have the same bits, from another not."""

    def two_turns(seed):
        turns = grounded_simulation_learning(
            ARM,
            np.zeros(16),
            record,
            by_actions(STILL.at, HOW),
            SEARCH,
            lambda candidates, rng: rng.standard_normal(len(candidates)),
            RNG(seed),
        )
        return [turn.theta for turn in islice(turns, 2)]

    assert np.array_equal(two_turns(0), two_turns(0))
    assert not np.array_equal(two_turns(0), two_turns(1))
