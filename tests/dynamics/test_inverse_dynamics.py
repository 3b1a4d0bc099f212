"""π_target(τ) = φ(τ, o(T_source(τ, π_source(τ)))): composition, history, data."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from lecture_code.dynamics.inverse_dynamics import (
    TargetPolicy,
    TransferSettings,
    collect,
    examples,
    source_step,
    transfer_rounds,
)
from lecture_code.learning import LinearPolicy
from lecture_code.learning.histories import History, histories
from lecture_code.learning.regression import RegressionSettings, fit
from lecture_code.simulation import make_world, one_step, rollout

SMALL = TransferSettings(
    trajectories=6,
    horizon=12,
    network=RegressionSettings(
        hidden=(32,), activation="relu", skip=False, epochs=30, batch=32
    ),
)


def rng(seed=0):
    """A fresh generator."""
    return np.random.default_rng(seed)


def pull(observations, rng=None):
    """A policy of the arm: towards the target, and against the velocity."""
    q = np.arctan2(observations[:, 2:4], observations[:, :2])
    return -0.3 * q - 0.1 * observations[:, 4:6]


class Exact:
    """φ that solves the robot's one step for the action, by Newton's method."""

    def __init__(self, robot):
        self.robot = robot

    def __call__(self, inputs):
        S = self.robot.observation_size
        now = inputs[:, :S]
        wanted = now + inputs[:, S : 2 * S]
        speeds = slice(4, 6)
        u = np.zeros((len(now), 2))
        for _ in range(5):
            at = source_step(self.robot, now, u)[:, speeds]
            slopes = [
                (source_step(self.robot, now, u + 1e-4 * e)[:, speeds] - at) / 1e-4
                for e in np.eye(2)
            ]
            slope = np.stack(slopes, axis=2)  # (n, 2, 2)
            miss = wanted[:, speeds] - at
            u = u + np.linalg.solve(slope, miss[..., None])[..., 0]
        return u


@pytest.mark.parametrize("gravity, atol", [(0.0, 1e-6), (-9.81, 3e-3)])
def test_an_exact_phi_leads_where_the_experts_policy_leads(gravity, atol):
    """Limit: source = target and an exact φ give back π_source. Under gravity an exact
    φ acts differently, and leads where the simulator's expert leads, but for what two
    motors cannot do within one step; the expert alone leads elsewhere.
    """
    same = gravity == 0
    source = make_world("heavy_arm")
    robot = source.change(gravity=gravity)
    policy = TargetPolicy(pull, source, Exact(robot), TransferSettings())
    wanted = rollout([source] * 3, pull, 10, rng())
    got = rollout([robot] * 3, policy, 10, rng())
    np.testing.assert_allclose(got.qpos, wanted.qpos, atol=atol)
    assert np.allclose(got.actions, wanted.actions, atol=1e-6) == same
    without = rollout([robot] * 3, pull, 10, rng())
    assert np.allclose(without.qpos, wanted.qpos, atol=0.1) == same


def test_the_source_step_starts_from_the_robots_state():
    """Equation: ô is one step of the simulator from the robot's state, not a simulation
    that runs beside the robot.
    """
    source = make_world("half_cheetah")
    robot = source.change(gravity=-12.0, torso_mass=10.0)
    recording = rollout([robot] * 2, lambda o, rng: np.sin(o[:, :6]), 5, rng())
    t = 3
    u = recording.actions[:, t]
    qpos, qvel = one_step(source, recording.qpos[:, t], recording.qvel[:, t], u)
    wanted = source.task.observation({"qpos": qpos, "qvel": qvel})
    got = source_step(source, recording.observations[:, t], u)
    np.testing.assert_allclose(got, wanted, atol=1e-9)


def test_the_history_of_training_is_the_history_of_use():
    """Conformance: at every step φ is given the same numbers while π_target acts as in
    the examples that are made of the recording.
    """
    given = []

    class Spy:
        def __call__(self, inputs):
            given.append(inputs)
            return 0.1 * inputs[:, :2]

    source = make_world("heavy_arm")
    settings = TransferSettings(k=3)
    policy = TargetPolicy(pull, source, Spy(), settings)
    recording = rollout([source] * 4, policy, 6, rng())
    tau = histories(recording, 3, source.control_limits)[recording.mask]
    after = recording.observations[:, 1:]
    inputs, targets = examples(
        tau, recording.actions[recording.mask], after[recording.mask], pull, False
    )
    inputs = inputs.reshape(4, 6, -1)
    S = source.observation_size
    assert inputs.shape[2] == 3 * S + S + 2 * 2
    for t, seen in enumerate(given):
        keep = np.r_[0:S, 2 * S : seen.shape[1]]  # all but the wanted observation
        np.testing.assert_array_equal(inputs[:, t][:, keep], seen[:, keep])
    change = after - recording.observations[:, :-1]
    np.testing.assert_array_equal(inputs[:, :, S : 2 * S], change)
    np.testing.assert_array_equal(targets.reshape(4, 6, 2), recording.actions)


def test_the_history_begins_anew_with_an_episode():
    """Two rollouts of one policy agree: nothing is left of the first; and the first
    history repeats the first observation, with zeros for actions.
    """
    source = make_world("heavy_arm")

    def phi(inputs):
        return 0.2 * inputs[:, -2:] - 0.1  # of the last action alone

    policy = TargetPolicy(pull, source, phi, TransferSettings())
    first, second = (rollout([source] * 2, policy, 5, rng()) for _ in range(2))
    np.testing.assert_array_equal(first.actions, second.actions)
    np.testing.assert_allclose(first.actions[:, 0], -0.1)
    np.testing.assert_allclose(first.actions[:, 1], -0.12)
    start = History.initial(np.ones((2, 3)), 2, 1)
    assert start.observations.tolist() == [[[1] * 3] * 2] * 2
    assert not start.actions.any()


def test_a_branch_tries_random_actions_where_the_robot_was():
    """With branches a share of the steps is there twice: with the policy's action and
    with a random one; the first rows are those of the plain trajectories.
    """
    robot = make_world("heavy_arm", gravity=-5.0)
    both = collect(robot, pull, replace(SMALL, share=0.5), rng(1))
    plain = collect(robot, pull, replace(SMALL, exploration="none"), rng(1))
    n = len(plain[1])
    assert n == 6 * 12
    assert n < len(both[1]) < 2 * n
    for got, wanted in zip(both[1:], plain[1:], strict=True):
        np.testing.assert_array_equal(got[:n], wanted)
    np.testing.assert_array_equal(both[0].actions[:n], plain[0].actions)
    same = (both[0].latest[n:, None] == plain[0].latest).all(axis=2)
    assert same.any(axis=1).all()  # every branch starts on a trajectory
    assert (np.abs(both[1][n:]) <= 1).all()
    assert both[1][n:].std() > 0.5
    for row in range(n, len(both[1])):  # and leads where the robot goes from there
        at = both[0].latest[row : row + 1]
        wanted = source_step(robot, at, both[1][row : row + 1])
        np.testing.assert_allclose(both[2][row : row + 1], wanted, atol=1e-9)


def test_nobody_learns_from_steps_after_a_fall():
    """Rows come from steps that were made, and no transition crosses an episode; no
    branch begins after a fall.
    """
    robot = make_world("hopper")
    still = LinearPolicy.initial(robot.observation_size, 3)
    settings = replace(SMALL, horizon=200, exploration="none")
    tau, actions, after = collect(robot, still, settings, rng(3))
    assert len(actions) < 6 * 200
    wanted = source_step(robot, tau.latest, actions)
    np.testing.assert_allclose(after, wanted, atol=1e-4)
    everywhere = replace(settings, exploration="branches", share=1.0)
    assert len(collect(robot, still, everywhere, rng(3))[1]) == 2 * len(actions)


@pytest.mark.parametrize("exploration, size", [("noise", 0.2), ("none", 0.0)])
def test_noise_on_every_action_has_its_size(exploration, size):
    """Equation and negative control: a policy of zeros commands noise of the standard
    deviation that the settings name, and zeros without exploration.
    """
    robot = make_world("heavy_arm")
    still = LinearPolicy.initial(robot.observation_size, 2)
    settings = replace(
        SMALL, trajectories=40, horizon=50, exploration=exploration, noise=0.2
    )
    actions = collect(robot, still, settings, rng())[1]
    assert actions.std() == pytest.approx(size, abs=0.01)


def test_what_the_motors_add_is_not_in_the_examples():
    """The actions are the commands, not what noisy motors executed; branches meet the
    noise of their step.
    """
    robot = make_world("heavy_arm", motor_noise=0.5, motor_noise_correlation=1.0)
    quiet = make_world("heavy_arm")
    settings = replace(SMALL, exploration="none")
    tau, actions, after = collect(robot, pull, settings, rng())
    np.testing.assert_allclose(actions, np.clip(pull(tau.latest), -1, 1), atol=1e-12)
    moved = source_step(quiet, tau.latest, actions)
    assert np.abs(after - moved).max() > 0.05
    tau, actions, after = collect(robot, pull, replace(SMALL, share=1.0), rng())
    n = len(actions) // 2
    noises = [
        after[rows] - source_step(quiet, tau.latest[rows], actions[rows])
        for rows in (slice(0, n), slice(n, None))
    ]
    inside = (np.abs(actions[n:]) < 0.3).all(axis=1)  # no motor is at its limit
    apart = noises[0][inside, 4:6] - noises[1][inside, 4:6]
    assert np.abs(apart).mean() < 0.5 * np.abs(noises[0][inside, 4:6]).mean()


def test_a_hidden_constant_is_seen_from_two_observations_and_not_from_one():
    """Equation and negative control: o' = o + u + b with a b of each episode. With
    k = 2 the last step tells b; with k = 1 the error stays as large as b.
    """
    gen = rng(1)
    N, T = 300, 4
    b = gen.choice([-1.0, 1.0], (N, 1)) * gen.uniform(0.5, 1.5, (N, 1))
    u = gen.uniform(-1, 1, (N, T, 1))
    o = np.concatenate([np.zeros((N, 1, 1)), np.cumsum(u + b[:, None], axis=1)], axis=1)
    error = {}
    for k in (1, 2):
        x, y = [], []
        for t in range(1, T):
            tau = History(o[:, t + 1 - k : t + 1], u[:, t + 1 - k : t])
            x.append(tau.inputs(o[:, t + 1]))
            y.append(u[:, t])
        x, y = np.concatenate(x), np.concatenate(y)
        phi = fit(x, y, rng(), RegressionSettings(hidden=(), epochs=0))
        error[k] = np.sqrt(np.square(y - phi(x)).mean())
    assert error[2] < 1e-6
    assert error[1] > 0.3


def test_the_mirror_of_grounding():
    """Equation: on linear plants with square invertible B, φ with the robot's inverse
    undoes what grounding does to the simulator: g(φ's action) is the expert's action.
    """
    from lecture_code.dynamics.linear_grounding import closed_form
    from lecture_code.simulation.linear_plant import LinearPlant

    gen = rng(2)
    plants = [
        LinearPlant(gen.standard_normal((3, 3)), gen.standard_normal((3, 3)))
        for _ in range(2)
    ]
    source, robot = plants
    o, a = gen.standard_normal((2, 5, 3))
    wanted = o @ source.A.T + a @ source.B.T  # T_source
    on_robot = np.linalg.solve(robot.B, (wanted - o @ robot.A.T).T).T  # exact φ
    G_x, G_u = closed_form(source, robot)  # GAT's g
    np.testing.assert_allclose(o @ G_x.T + on_robot @ G_u.T, a, atol=1e-9)


def test_no_correction_is_the_expert():
    """Limit: in the correction form a φ that says zero leaves the expert alone, within
    the motors' limits.
    """
    source = make_world("heavy_arm")
    settings = TransferSettings(correction=True)

    def zero(inputs):
        return np.zeros((len(inputs), 2))

    policy = TargetPolicy(lambda o, rng: 9 * pull(o), source, zero, settings)
    batch = rollout([source] * 3, policy, 5, rng())
    expert = 9 * pull(batch.observations[:, :-1].reshape(-1, 10))
    assert (np.abs(expert) > 1).any()
    wanted = np.clip(expert, -1, 1).reshape(3, 5, 2)
    np.testing.assert_array_equal(batch.actions, wanted)


def test_a_correction_is_added_to_the_experts_action():
    """Equation 3: with φ = 0.1 every action is the expert's plus 0.1."""
    source = make_world("heavy_arm")

    def tenth(inputs):
        return np.full((len(inputs), 2), 0.1)

    settings = TransferSettings(correction=True)
    policy = TargetPolicy(pull, source, tenth, settings)
    batch = rollout([source] * 3, policy, 5, rng())
    expert = pull(batch.observations[:, :-1].reshape(-1, 10)).reshape(3, 5, 2)
    np.testing.assert_allclose(batch.actions, np.clip(expert + 0.1, -1, 1), atol=1e-12)


def test_the_correction_learns_the_difference():
    """Equation 3: the targets of the correction form are the action minus the
    expert's.
    """
    collected = collect(make_world("heavy_arm"), pull, SMALL, rng())
    inputs, apart = examples(*collected, pull, True)
    same, whole = examples(*collected, pull, False)
    np.testing.assert_array_equal(inputs, same)
    np.testing.assert_allclose(apart, whole - pull(collected[0].latest), atol=1e-12)


def test_rounds_gather_examples_and_depend_on_the_seed_alone():
    """Determinism: the same seed gives the same φ; each round adds its steps."""
    robot = make_world("heavy_arm", gravity=-9.81)
    source = make_world("heavy_arm")

    def states(seed, threads):
        found = transfer_rounds(robot, source, pull, SMALL, rng(seed), threads)
        return list(islice(found, 3))

    first, again, other = states(0, 1), states(0, 2), states(1, 1)
    assert [len(s.inputs) for s in first[1:]] == [s.samples for s in first[1:]]
    assert first[0].policy is pull
    n = first[1].samples
    assert first[2].samples > n > 0
    for earlier, later in (
        (first[1].inputs, first[2].inputs),
        (first[1].targets, first[2].targets),
    ):
        np.testing.assert_array_equal(later[:n], earlier)
        assert len(later) == first[2].samples
    x = first[2].inputs[:5]
    phis = [run[2].policy.phi for run in (first, again, other)]
    np.testing.assert_array_equal(phis[0](x), phis[1](x))
    assert not np.array_equal(phis[0](x), phis[2](x))


def test_a_round_runs_the_policy_of_the_round_before(monkeypatch):
    """Algorithm: the first round records the expert, and each later round records the
    present π_target.
    """
    robot = make_world("heavy_arm", gravity=-9.81)
    source = make_world("heavy_arm")
    recorded = []

    def spy(world, policy, *rest):
        recorded.append(policy)
        return collect(world, policy, *rest)

    monkeypatch.setattr("lecture_code.dynamics.inverse_dynamics.collect", spy)
    states = list(islice(transfer_rounds(robot, source, pull, SMALL, rng(0)), 3))
    assert recorded == [pull, states[1].policy]


@pytest.mark.parametrize("seed", range(5))
def test_it_learns_to_hold_against_gravity(seed):
    """Learning with a negative control: under gravity an adapted arm comes closer to
    where the simulator's expert goes, with every seed; with shuffled targets it does
    not.
    """
    source = make_world("heavy_arm")
    robot = source.change(gravity=-9.81)
    settings = TransferSettings(
        k=1,
        trajectories=30,
        horizon=40,
        network=RegressionSettings(hidden=(64,), epochs=10),
    )
    loop = transfer_rounds(robot, source, pull, settings, rng(seed))
    *_, state = islice(loop, 3)
    order = rng(seed).permutation(len(state.targets))
    shuffled = fit(state.inputs, state.targets[order], rng(seed), settings.network)
    wanted = rollout([source] * 20, pull, 40, rng(100 + seed))

    def off(policy):
        """Mean distance from where the expert goes in the simulator [rad]."""
        batch = rollout([robot] * 20, policy, 40, rng(100 + seed))
        return np.abs(batch.qpos - wanted.qpos).mean()

    expert = off(pull)
    assert off(state.policy) < 0.3 * expert
    assert off(TargetPolicy(pull, source, shuffled, settings)) > 0.9 * expert


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"k": 0}, "k, trajectories and horizon"),
        ({"trajectories": 0}, "k, trajectories and horizon"),
        ({"noise": -1.0}, "noise not negative"),
        ({"noise": np.nan}, "noise not negative"),
        (
            {"exploration": "no"},
            "unknown exploration 'no'; known: branches, noise, none",
        ),
        ({"share": 1.5}, "share in"),
    ],
)
def test_bad_settings_are_named(wrong, message):
    """Bad input: the error names the culprit and the alternatives."""
    with pytest.raises(ValueError, match=message):
        TransferSettings(**wrong)
