"""What must hold of grounding by actions."""

import pickle
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from lecture_code.dynamics.evolutionary_search import EpisodeReturn, train
from lecture_code.dynamics.grounded_action_transformation import (
    GroundingSettings,
    by_actions,
    executed,
    exploring_rollout,
    ground_actions,
    one_step_error,
    train_forward_model,
    train_inverse_model,
)
from lecture_code.dynamics.grounded_simulation_learning import PolicySearch, learn
from lecture_code.learning import LinearPolicy
from lecture_code.learning.regression import RegressionSettings
from lecture_code.learning.transitions import Transitions
from lecture_code.search import CMAES, AugmentedRandomSearch
from lecture_code.simulation import make_world, one_step, rollout

ARM = make_world("two_link_arm", damping=6.0)  # so stiff that it does not swing over
STRANGE = ARM.change(gain=0.6, damping=9.0)  # the robot
STILL = LinearPolicy.initial(8, 2)
CAREFUL = RegressionSettings(epochs=100)
QUICK = RegressionSettings(epochs=1)
HOW = GroundingSettings(
    alpha=1.0,
    trajectories=40,
    horizon=60,
    exploration=0.3,
    forward=CAREFUL,
    inverse=CAREFUL,
)
ANY = np.random.default_rng(0)


def seed(n):
    return np.random.default_rng(n)


def record(world, n, how=HOW):
    return exploring_rollout(world, STILL, how, seed(n))


@pytest.fixture(scope="module")
def g():
    """The arm, grounded to one with weaker motors and more damping."""
    return ground_actions(ARM, record(STRANGE, 1), record(ARM, 2), seed(3), HOW)


def test_without_alpha_nothing_changes(g):
    """Limit: with α = 0 the grounded simulator is the plain one, bit by bit; with α = 1
    it is not.
    """
    policy = LinearPolicy.initial(8, 2).at(seed(4).standard_normal(16))

    def run(world):
        return rollout([world] * 3, policy, 30, seed(5))

    plain = run(ARM)
    none = run(ARM.transformed(replace(g, alpha=0.0)))
    whole = run(ARM.transformed(g))
    assert all(
        np.array_equal(getattr(plain, name), getattr(none, name))
        for name in ("qpos", "qvel", "rewards", "actions")
    )
    assert not np.allclose(plain.qpos, whole.qpos)


def test_a_robot_like_the_simulator_needs_no_transformation():
    """Limit: if the robot *is* the simulator, g is nearly the identity: R² > 0.98 on
    fresh data.
    """
    same = ground_actions(ARM, record(ARM, 1), record(ARM, 2), seed(3), HOW)
    held = record(ARM, 9)
    said = np.clip(held.actions, -1, 1)
    done = executed(ARM.transformed(same), held, ANY)
    inside = np.abs(said) < 1  # beyond the limits the motors hear nothing
    unexplained = np.square(done - said)[inside].sum()
    assert unexplained < 0.02 * np.square(said - said.mean())[inside].sum()


def test_g_finds_what_the_robot_does_to_an_action():
    """Equation: with motors of 0.6 the strength g(s, a) is 0.6 a, whatever the state:
    slopes of 0.6 in the actions and of 0 in the velocities.
    """
    weak = ARM.change(gain=0.6)
    g = ground_actions(ARM, record(weak, 1), record(ARM, 2), seed(3), HOW)
    held = record(weak, 9)
    said = held.actions[held.mask]
    done = executed(ARM.transformed(g), held, ANY)[held.mask]
    design = np.hstack(
        [np.clip(said, -1, 1), held.qvel[:, :-1][held.mask], np.ones((len(said), 1))]
    )
    slopes = np.linalg.lstsq(design, done, rcond=None)[0]
    np.testing.assert_allclose(
        slopes[:4], np.vstack([0.6 * np.eye(2), np.zeros((2, 2))]), atol=0.04
    )


@pytest.mark.parametrize("n", range(3))
def test_the_grounded_simulator_is_nearer_to_the_robot(n):
    """Learning with a negative control, on three seeds: on fresh data its one-step
    error is less than half the plain one's; with the models swapped (inverse of the
    robot, forward model of the simulator, the most common slip) it is larger than that
    of no grounding at all.
    """
    robot, simulator = record(STRANGE, 10 * n + 1), record(ARM, 10 * n + 2)
    held = record(STRANGE, 10 * n + 9)
    g = ground_actions(ARM, robot, simulator, seed(10 * n + 3), HOW)
    plain = one_step_error(ARM, held, ANY)
    grounded = one_step_error(ARM.transformed(g), held, ANY)
    swapped = ground_actions(ARM, simulator, robot, seed(10 * n + 3), HOW)
    assert grounded < 0.5 * plain
    assert one_step_error(ARM.transformed(swapped), held, ANY) > 1.2 * plain


def test_the_error_of_the_truth_is_zero():
    """Equation: the robot itself predicts its own steps; by hand, errors are in units
    of each velocity's change.
    """
    held = record(STRANGE, 9)
    assert one_step_error(STRANGE, held, ANY) < 1e-5
    before, after = held.qvel[:, :-1].reshape(-1, 2), held.qvel[:, 1:].reshape(-1, 2)
    _, predicted = one_step(
        ARM, held.qpos[:, :-1].reshape(-1, 2), before, held.actions.reshape(-1, 2)
    )
    by_hand = np.sqrt(
        (((after - predicted) / (after - before).std(axis=0)) ** 2).mean()
    )
    assert one_step_error(ARM, held, ANY) == pytest.approx(by_hand, rel=1e-6)


@pytest.mark.parametrize("n", range(5))
def test_memory_lets_actions_imitate_a_delay(n):
    """Learning with a negative control, on five seeds: a robot whose motors are late is
    imitated by a g that knows what was said before, not by one that does not.
    """
    late = make_world("half_cheetah", action_delay=1)
    sim = make_world("half_cheetah")
    policy = LinearPolicy.initial(17, 6)
    how = replace(
        HOW,
        trajectories=10,
        exploration=0.8,
        forward=RegressionSettings(epochs=20),
        inverse=RegressionSettings(epochs=20),
    )
    robot = exploring_rollout(late, policy, how, seed(10 * n + 1))
    plain = exploring_rollout(sim, policy, how, seed(10 * n + 2))
    held = exploring_rollout(late, policy, how, seed(10 * n + 3))
    errors = [
        one_step_error(
            sim.transformed(
                ground_actions(sim, robot, plain, seed(n), replace(how, memory=m))
            ),
            held[:3],
            ANY,
        )
        for m in (0, 1)
    ]
    assert errors[1] < 0.5 * errors[0]
    assert errors[1] < 0.5 * one_step_error(sim, held[:3], ANY)


def test_a_sure_model_makes_stochastic_gat_deterministic(g):
    """Limit: with σ → 0 a draw is the mean: the same bits with σ = 0, nearly the same
    with a tiny one; with noise in the robot, draws differ.
    """
    s = seed(0).standard_normal((50, 8))
    a = seed(1).uniform(-1, 1, (50, 2))
    before = np.zeros((50, 0))
    assert np.array_equal(
        replace(g, sample=True).transform(s, a, before, seed(2)),
        g.transform(s, a, before, seed(2)),
    )

    def with_log_std(value):
        W, b = g.forward.layers[-1]
        last = (
            np.hstack([W, np.zeros_like(W)]),
            np.concatenate([b, np.full_like(b, value)]),
        )
        return replace(
            g,
            forward=replace(
                g.forward, layers=[*g.forward.layers[:-1], last], predict_std=True
            ),
            sample=True,
        )

    mean = g.transform(s, a, before, seed(2))
    gaps = [
        np.abs(with_log_std(value).transform(s, a, before, seed(2)) - mean).max()
        for value in (-1.0, -4.0, -7.0)
    ]
    assert gaps[0] > 10 * gaps[1] > 100 * gaps[2] > 0
    assert np.allclose(np.array(gaps[:2]) / gaps[1:], np.exp(3), rtol=0.5)
    noisy = with_log_std(-1.0)
    assert not np.array_equal(
        noisy.transform(s, a, before, seed(2)), noisy.transform(s, a, before, seed(3))
    )


def test_any_search_runs_in_the_grounded_simulator(g):
    """Conformance: the evolutionary search of the chapter before trains in it
    unchanged, and so does CMA-ES; the world can be pickled for a worker.
    """
    world = pickle.loads(pickle.dumps(ARM.transformed(g)))
    records = list(
        islice(
            train(
                AugmentedRandomSearch(np.zeros(16), directions=2),
                EpisodeReturn(world, 10),
                seed(0),
            ),
            2,
        )
    )
    assert records[-1].generation == 2 and np.isfinite(records[-1].returns).all()
    how = PolicySearch(lambda theta: CMAES(theta, 0.1, 4), STILL.at, 10, 3)
    candidates = learn(world, np.zeros(16), how, seed(0)).candidates
    assert len(candidates) == 3 and not np.array_equal(candidates[0], candidates[2])


def test_grounding_a_grounded_simulator_uses_the_plain_one(g):
    """Invariance: D_sim comes from the simulator without any transform, so that g is
    not learned on top of itself.
    """
    how = replace(
        HOW,
        trajectories=2,
        horizon=10,
        forward=QUICK,
        inverse=QUICK,
    )
    recording = record(STRANGE, 1, how)
    ground = by_actions(STILL.at, how)
    raw = ground(ARM, recording, np.zeros(16), seed(0))
    again = ground(ARM.transformed(g), recording, np.zeros(16), seed(0))
    s = seed(0).standard_normal((5, 8))
    a = seed(1).uniform(-1, 1, (5, 2))
    assert np.array_equal(
        raw.transform.transform(s, a, a[:, :0], ANY),
        again.transform.transform(s, a, a[:, :0], ANY),
    )


def test_the_same_seed_grounds_the_same(g):
    """Determinism: bitwise the same g from the same seed, another from another."""
    s = seed(0).standard_normal((5, 8))
    a = seed(1).uniform(-1, 1, (5, 2))
    recordings = record(STRANGE, 1), record(ARM, 2)
    same, other = (ground_actions(ARM, *recordings, seed(n), HOW) for n in (3, 4))
    assert np.array_equal(
        g.transform(s, a, a[:, :0], ANY), same.transform(s, a, a[:, :0], ANY)
    )
    assert not np.array_equal(
        g.transform(s, a, a[:, :0], ANY), other.transform(s, a, a[:, :0], ANY)
    )


def test_actions_beyond_the_limits_count_as_the_limits():
    """Invariance: both models are trained on what the motors heard, whatever the policy
    said.
    """
    loud = replace(HOW, exploration=3.0, trajectories=2, horizon=20)
    said = record(ARM, 1, loud)
    heard = replace(said, actions=np.clip(said.actions, -1, 1))
    assert np.abs(said.actions).max() > 1
    limits = ARM.control_limits
    both = [Transitions.from_recording(data, limits) for data in (said, heard)]
    for train_model in (train_forward_model, train_inverse_model):
        one, other = (
            train_model(transitions, seed(0), RegressionSettings(epochs=1))
            for transitions in both
        )
        x = seed(1).standard_normal((4, one.inputs.size))
        assert np.array_equal(one(x), other(x))


def test_g_hears_actions_within_the_limits_of_the_motors(g):
    """Invariance: f is asked about what a motor can do, so that an action beyond the
    limits, the present action or an earlier one, leads where the limit leads; what is
    handed on beside it, (1 − α) a, is the action as it was said.
    """
    s = seed(0).standard_normal((5, 8))
    loud = np.array([[3.0, -2.0]] * 5)
    heard = np.clip(loud, -1, 1)
    none = np.zeros((5, 0))
    assert np.array_equal(
        g.transform(s, loud, none, ANY), g.transform(s, heard, none, ANY)
    )
    half = replace(g, alpha=0.5)
    np.testing.assert_allclose(
        half.transform(s, loud, none, ANY) - half.transform(s, heard, none, ANY),
        0.5 * (loud - heard),
    )
    how = replace(HOW, memory=1, trajectories=2, forward=QUICK, inverse=QUICK)
    remembers = ground_actions(
        ARM, record(STRANGE, 1, how), record(ARM, 2, how), seed(3), how
    )
    quiet = np.zeros((5, 2))
    assert np.array_equal(
        remembers.transform(s, quiet, loud, ANY),
        remembers.transform(s, quiet, heard, ANY),
    )
    assert not np.array_equal(
        remembers.transform(s, quiet, loud, ANY),
        remembers.transform(s, quiet, quiet, ANY),
    )


@pytest.mark.parametrize(
    "make, culprit",
    [
        (lambda g: replace(g, alpha=1.2), "alpha"),
        (lambda g: replace(g, alpha=-0.1), "alpha"),
        (lambda g: replace(g, alpha=np.nan), "alpha"),
        (lambda g: replace(g, memory=1), "do not fit"),
        (lambda g: replace(g, inverse=g.forward), "do not fit"),
        (
            lambda g: ground_actions(
                ARM, record(STRANGE, 1)[:0], record(ARM, 2), ANY, HOW
            ),
            "no step",
        ),
        (
            lambda g: ground_actions(
                ARM, record(STRANGE, 1), record(ARM, 2)[:0], ANY, HOW
            ),
            "no step",
        ),
        (
            lambda g: ground_actions(
                ARM,
                exploring_rollout(
                    make_world("hopper"), LinearPolicy.initial(11, 3), HOW, ANY
                ),
                record(ARM, 2),
                ANY,
                HOW,
            ),
            ".",
        ),
        (
            lambda g: rollout(
                make_world("hopper").transformed(g), LinearPolicy.initial(11, 3), 3, ANY
            ),
            "inputs must be|operands",
        ),
        (
            lambda g: learn(
                ARM,
                np.zeros(15),
                PolicySearch(lambda theta: CMAES(theta, 0.1, 4), STILL.at, 5, 1),
                ANY,
            ),
            "theta",
        ),
    ],
)
def test_bad_input_is_named(g, make, culprit):
    """Errors name the culprit: α outside [0, 1], models, recordings or worlds of other
    spaces, empty data, a policy of the wrong size.
    """
    with pytest.raises(ValueError, match=culprit):
        make(g)
