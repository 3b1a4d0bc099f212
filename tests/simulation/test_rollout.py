"""What must hold of rollouts."""

from dataclasses import replace

import numpy as np
import pytest

from lecture_code.learning import LinearPolicy
from lecture_code.simulation import (
    ROBOTS,
    Diverged,
    ar1,
    make_world,
    one_step,
    plain_rollout,
    rollout,
    side_view,
)
from tests.simulation.environments import GYMNASIUM

FIELDS = ("observations", "actions", "rewards", "mask", "terminated", "qpos", "qvel")


def wild_policy(world, seed=0, scale=0.3):
    rng = np.random.default_rng(seed)
    return LinearPolicy.initial(world.observation_size, world.action_size).at(
        scale * rng.standard_normal(world.observation_size * world.action_size)
    )


def strange_worlds(robot):
    """Different worlds, with everything on that a rollout can do."""
    rng = np.random.default_rng(7)
    worlds = make_world(robot, observation_noise=0.01).sample(
        rng,
        5,
        gravity=(-12.0, -6.0),
        motor_noise=(0.0, 0.3),
        motor_noise_correlation=(0.0, 1.0),
    )
    return [
        world.change(action_delay=i, backlash=0.1 * (i % 3)).transformed(lagging)
        for i, world in enumerate(worlds)
    ]


def lagging(observations, actions, rng):
    """A transform that uses everything it is given but chance: where it began, what was
    said before, and how often.
    """
    before = actions[-2] if len(actions) > 1 else np.zeros_like(actions[-1])
    return (
        0.8 * actions[-1]
        + 0.3 * before
        + 0.01 * (observations[-1] - observations[0])[:, :1]
        + 0.001 * len(actions)
    )


def assert_equal(a, b):
    for name in FIELDS:
        assert np.array_equal(getattr(a, name), getattr(b, name)), name


@pytest.mark.parametrize("robot", ROBOTS)
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_fast_rollout_equals_the_plain_one(robot, threads):
    """Oracle: bitwise the same as one world after the other, with a transform and every
    kind of noise, delay and play on, for any number of threads.
    """
    worlds = strange_worlds(robot)
    policy = wild_policy(worlds[0])
    fast = rollout(worlds, policy, 60, np.random.default_rng(1), threads=threads)
    assert_equal(fast, plain_rollout(worlds, policy, 60, np.random.default_rng(1)))
    if robot in ("hopper", "walker2d"):  # the set-up has falls, of different lengths
        assert fast.terminated.any() and len(set(fast.lengths)) > 1


@pytest.mark.parametrize("robot", ROBOTS)
def test_a_world_does_not_feel_its_neighbours(robot):
    """Invariance: world 0 of a batch of five moves exactly as it does alone, and a
    longer horizon only appends.
    """
    worlds = strange_worlds(robot)
    policy = wild_policy(worlds[0])
    batch = rollout(worlds, policy, 40, np.random.default_rng(2))
    alone = rollout(worlds[:1], policy, 40, np.random.default_rng(2))
    assert_equal(batch[0], alone)
    shorter = rollout(worlds[:1], policy, 25, np.random.default_rng(2))
    assert np.array_equal(shorter.qpos, alone.qpos[:, :26])


def test_one_generator_gives_new_numbers_each_time():
    """Determinism with progress: the same generator used twice gives two different
    rollouts, a fresh one with the same seed the first again.
    """
    world = make_world("hopper")
    rng = np.random.default_rng(3)
    policy = wild_policy(world)
    first, second = (rollout(world, policy, 10, rng) for _ in range(2))
    assert not np.array_equal(first.qpos, second.qpos)
    assert_equal(first, rollout(world, policy, 10, np.random.default_rng(3)))


class StartingAt:
    """A task with a start that is given, and everything else as it was."""

    def __init__(self, task, qpos, qvel):
        self.task = task
        self.start = (qpos, qvel)

    def __getattr__(self, name):
        return getattr(self.task, name)

    def reset(self, qpos, qvel, rng):
        return self.start


def play_back(controls):
    """A policy that recites controls (T, A)."""
    rows = iter(controls)
    return lambda observations, rng: next(rows)[None]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("robot", GYMNASIUM)
def test_the_robots_are_gymnasiums(robot):
    """Oracle: from the same start and with the same controls, observations, rewards and
    termination agree with Gymnasium's v5 to 1e-10.
    """
    environment = GYMNASIUM[robot]().unwrapped
    world = make_world(robot)
    rng = np.random.default_rng(0)
    steps = 0
    for episode in range(8):
        first, _ = environment.reset(seed=episode)
        qpos, qvel = environment.data.qpos.copy(), environment.data.qvel.copy()
        task = StartingAt(world.task, qpos, qvel)
        same = replace(world, robot=replace(world.robot, task=task))
        # beyond the actuators' range now and then
        controls = rng.uniform(-1.2, 1.2, (60, world.action_size))
        ours = rollout(same, play_back(controls), 60, rng)
        np.testing.assert_allclose(ours.observations[0, 0], first, atol=1e-10)
        for t in range(int(ours.lengths[0])):
            observation, reward, terminated, _, _ = environment.step(controls[t])
            np.testing.assert_allclose(
                ours.observations[0, t + 1], observation, atol=1e-10
            )
            assert ours.rewards[0, t] == pytest.approx(reward, abs=1e-10)
            steps += 1
        assert terminated == ours.terminated[0]
    assert steps > 100


def test_a_delay_shifts_the_controls():
    """Equation: the motion under a delay of 3 steps is the motion without delay of the
    same controls, preceded by three zeros.
    """
    world = make_world("half_cheetah")
    rng = np.random.default_rng(5)
    controls = rng.uniform(-1, 1, (20, 6))
    later = np.concatenate([np.zeros((3, 6)), controls])
    slow = world.change(action_delay=3)
    late = rollout(slow, play_back(controls), 20, np.random.default_rng(0))
    shifted = rollout(world, play_back(later), 20, np.random.default_rng(0))
    assert np.array_equal(late.qpos, shifted.qpos)
    assert not np.array_equal(late.actions, shifted.actions)


def test_a_delay_may_outlast_the_episode():
    """Limit: commands that are later than the horizon never arrive, and the robot moves
    as if nobody had spoken.
    """
    world = make_world("half_cheetah")
    policy = wild_policy(make_world("half_cheetah"))
    silent = LinearPolicy.initial(world.observation_size, world.action_size)
    worlds = [world.change(action_delay=30), world]
    late = rollout(worlds, policy, 10, np.random.default_rng(0))
    still = rollout([world, world], silent, 10, np.random.default_rng(0))
    assert np.array_equal(late.qpos[0], still.qpos[0])


@pytest.mark.parametrize("correlation", [0.0, 0.9, 1.0])
def test_motor_noise_has_the_stated_strength_and_memory(correlation):
    """Equation: std σ and lag-one correlation c at every correlation; at c = 1 the
    noise is one constant.
    """
    noise = ar1(np.random.default_rng(0), 40, 20_000, 0.3, correlation)
    for t in (0, 1, 39):
        assert noise[t].std() == pytest.approx(0.3, rel=0.02)
    assert np.corrcoef(noise[20], noise[21])[0, 1] == pytest.approx(
        correlation, abs=0.02
    )


def test_motor_noise_moves_the_robot_but_is_not_in_the_record():
    """Invariance: recorded actions are what the policy said; noise shows in the motion
    only, observation noise in the observations only.
    """
    world = make_world("half_cheetah")
    still = LinearPolicy.initial(world.observation_size, world.action_size)

    def run(**knobs):
        return rollout(world.change(**knobs), still, 10, np.random.default_rng(0))

    clean, shaken = run(), run(motor_noise=0.3)
    blurred = run(observation_noise=0.3)
    blur = blurred.observations - clean.observations
    assert not shaken.actions.any() and not np.allclose(shaken.qpos, clean.qpos)
    assert np.array_equal(blurred.qpos, clean.qpos)
    assert blur.std() == pytest.approx(0.3, rel=0.15)


@pytest.mark.parametrize("knobs", [{}, {"action_delay": 2}, {"motor_noise": 0.2}])
def test_a_transform_is_what_the_motors_get(knobs):
    """Limit and oracle: the identity changes no bit; doubling moves the robot as a
    policy that says the double, but is not recorded or charged.
    """
    world = make_world("half_cheetah", **knobs)
    policy = wild_policy(world)

    def run(world, policy):
        return rollout([world] * 2, policy, 20, np.random.default_rng(3))

    plain = run(world, policy)
    assert_equal(plain, run(world.transformed(lambda o, a, rng: a[-1]), policy))
    doubled = run(world.transformed(lambda o, a, rng: 2 * a[-1]), policy)
    said = run(world, lambda observations, rng: 2 * policy(observations))
    assert np.array_equal(doubled.qpos, said.qpos)
    assert not np.array_equal(doubled.qpos, plain.qpos)
    answers = policy(doubled.observations[:, :-1].reshape(-1, 17))
    assert np.array_equal(doubled.actions, answers.reshape(2, 20, 6))
    cheaper = 0.1 * (np.square(said.actions) - np.square(doubled.actions)).sum(axis=2)
    np.testing.assert_allclose(doubled.rewards, said.rewards + cheaper, atol=1e-12)


def test_a_transform_gets_chance_of_its_own():
    """Determinism: a transform that draws gives the same rollout again, and does not
    change what world and policy draw.
    """
    noisy = make_world("half_cheetah").transformed(
        lambda o, a, rng: a[-1] + 0.3 * rng.standard_normal(a[-1].shape)
    )

    def explore(observations, rng):
        return rng.standard_normal((len(observations), 6))

    def run(world):
        return rollout([world] * 2, explore, 10, np.random.default_rng(0))

    first, second, plain = run(noisy), run(noisy), run(noisy.transformed(None))
    assert_equal(first, second)
    assert np.array_equal(first.actions, plain.actions)
    assert np.array_equal(first.qpos[:, 0], plain.qpos[:, 0])
    assert not np.array_equal(first.qpos, plain.qpos)


def test_play_swallows_small_movements():
    """Equation: with play b a motor follows a command only once it is b away, so that a
    swing of amplitude A arrives as one of A − b that comes late.
    """
    world = make_world("half_cheetah", backlash=0.3)
    swing = 0.8 * np.sin(np.arange(60) / 3)
    played = []
    motor = 0.0
    for command in swing:
        if command - motor > 0.3:
            motor = command - 0.3
        elif motor - command > 0.3:
            motor = command + 0.3
        played.append(motor)
    assert max(played[20:]) == pytest.approx(0.5, abs=0.01)

    def say(values):
        left = iter(values)
        return lambda observations, rng: np.full((1, 6), next(left))

    slack = rollout(world, say(swing), 60, np.random.default_rng(0))
    tight = world.change(backlash=0)
    by_hand = rollout(tight, say(played), 60, np.random.default_rng(0))
    assert np.array_equal(slack.qpos, by_hand.qpos)


@pytest.mark.parametrize(
    "wrong", [lambda o, a, rng: a[-1][:, :2], lambda o, a, rng: a[-1] * np.nan]
)
def test_a_bad_transform_is_named(wrong):
    """Errors name the culprit: a transform that gives the wrong shape or numbers that
    are not finite, or worlds that do not share theirs.
    """
    world = make_world("hopper")
    still = LinearPolicy.initial(11, 3)
    with pytest.raises(ValueError, match="transform"):
        rollout(world.transformed(wrong), still, 5, np.random.default_rng(0))
    with pytest.raises(ValueError, match="same transform"):
        rollout([world, world.transformed(wrong)], still, 5, np.random.default_rng(0))


def test_one_step_continues_a_trajectory():
    """Oracle: from the recorded states, one step at a time gives the recorded next
    states (up to the solver's warm start).
    """
    world = make_world("half_cheetah")
    batch = rollout(world, wild_policy(world), 30, np.random.default_rng(0))
    controls = np.clip(batch.actions[0], -1, 1)
    qpos, qvel = one_step(world, batch.qpos[0, :-1], batch.qvel[0, :-1], controls)
    np.testing.assert_allclose(qpos, batch.qpos[0, 1:], atol=1e-6)
    np.testing.assert_allclose(qvel, batch.qvel[0, 1:], atol=1e-4)


@pytest.mark.parametrize("robot", ["half_cheetah", "humanoid"])
def test_one_step_does_not_depend_on_threads_or_on_earlier_steps(robot):
    """Invariance: any number of threads, any order of the states, and steps that were
    made before give bitwise the same next states.
    """
    world = make_world(robot)
    batch = rollout([world] * 5, wild_policy(world), 8, np.random.default_rng(0))
    flat = [a[:, :8].reshape(40, -1) for a in (batch.qpos, batch.qvel, batch.actions)]
    alone = one_step(world, *flat, threads=1)
    for threads in (2, 3, None):
        together = one_step(world, *flat, threads=threads)
        assert all(map(np.array_equal, together, alone))
    backwards = one_step(make_world(robot), *[array[::-1] for array in flat])
    assert all(map(np.array_equal, (array[::-1] for array in backwards), alone))
    assert len(np.unique(alone[0], axis=0)) == 40


def test_padding_adds_nothing():
    """Invariance: behind a fall, rewards and actions are zero, states repeat, and
    returns are those of the steps that were made.
    """
    world = make_world("hopper")
    batch = rollout(
        [world] * 3, wild_policy(world, scale=1.0), 200, np.random.default_rng(0)
    )
    assert batch.terminated.all() and (batch.lengths < 200).all()
    for i, length in enumerate(batch.lengths):
        for padded in (batch.rewards, batch.actions, batch.mask):
            assert not padded[i, length:].any()
        for held in (batch.observations, batch.qpos, batch.qvel):
            assert (held[i, length:] == held[i, length]).all()
        assert batch.returns[i] == pytest.approx(batch.rewards[i, :length].sum())
    worst = batch[batch.returns <= np.sort(batch.returns)[0]]
    assert len(worst) == 1 and len(batch[:2]) == 2 and len(batch[1]) == 1


def test_the_side_view_is_where_the_robot_is():
    """Equation: the hanging arm is two vertical capsules; stretched forward they lie
    along +x, at the places that the task's own geometry gives.
    """
    world = make_world("two_link_arm")
    view = side_view(world, np.array([[0.0, 0.0], [np.pi / 2, 0.0]]))
    np.testing.assert_allclose(view.z[0], [-0.25, -0.75], atol=1e-12)
    np.testing.assert_allclose(np.abs(np.sin(view.angle[0])), 1, atol=1e-12)
    np.testing.assert_allclose(view.x[1], [0.25, 0.75], atol=1e-12)
    np.testing.assert_allclose(
        world.task.hand(np.array([[np.pi / 2, 0.0]])), [[1.0, 0.0]], atol=1e-12
    )


def test_the_side_view_of_a_robot_in_space_is_its_shadow():
    """Equation: a humanoid that turns about the vertical shows a shin at its full
    length from every side and its shoulders at |sin| of their length; balls have none.
    """
    world = make_world("humanoid")
    turns = np.linspace(0, np.pi, 30)
    qpos = np.repeat(np.array(world.model.qpos0)[None], 30, axis=0)
    qpos[:, 3], qpos[:, 6] = np.cos(turns / 2), np.sin(turns / 2)
    view = side_view(world, qpos)
    names = ["torso1", "head", "right_shin1"]
    model = world.model
    drawn = [model.geom(i).name for i in range(model.ngeom) if model.geom_type[i] != 0]
    shoulders, head, shin = (drawn.index(name) for name in names)
    expected = 0.07 * np.abs(np.sin(turns))
    np.testing.assert_allclose(view.half_length[:, shoulders], expected, atol=1e-9)
    np.testing.assert_allclose(view.half_length[:, shin], 0.15, atol=1e-3)
    assert (view.half_length[:, head] == 0).all()
    assert view.half_length.shape == view.angle.shape == (30, len(drawn))
    assert view.z[0, head] == pytest.approx(1.59)


def test_the_side_view_shows_the_target():
    """Equation: the heavy arm's target is a ball where its state says; in the plane,
    lengths do not change.
    """
    world = make_world("heavy_arm")
    view = side_view(world, np.array([[0.3, 0.4, 0.5, -0.6], [0.9, 0.4, 0.5, -0.6]]))
    np.testing.assert_allclose(view.half_length, [0.25, 0.25, 0])
    np.testing.assert_allclose(view.x[:, 2], 0.5)
    np.testing.assert_allclose(view.z[:, 2], -0.6)


def test_a_diverging_simulation_is_reported():
    """Errors: a physics step too long for its spring ends in an error that tells step,
    world and parameters, not in NaN.
    """
    world = make_world("hopper", damping=2.0)
    spec = world.robot.load()
    spec.option.timestep, spec.option.integrator = 0.1, 0
    for joint in spec.joints:
        joint.stiffness = np.array([-1e6, 0.0, 0.0])  # pushes instead of pulling back
    broken = replace(world, robot=replace(world.robot, load=lambda: spec.copy()))
    with pytest.raises(
        Diverged,
        match=r"(?s)world 1 \(hopper\) diverged at control step \d+: .*damping = 2",
    ) as error:
        rollout(
            [world, broken], LinearPolicy.initial(11, 3), 100, np.random.default_rng(0)
        )
    assert "nan" in str(error.value) or "e+" in str(error.value)


@pytest.mark.parametrize(
    "worlds, policy, horizon, culprit",
    [
        ([], None, 5, "at least one world"),
        ([make_world("hopper"), make_world("two_link_arm")], None, 5, "same robot"),
        (make_world("hopper"), None, 0, "horizon"),
        (
            make_world("hopper"),
            lambda s, _: np.zeros((1, 4)),
            5,
            r"\(1, 4\) for hopper; expected \(1, 3\)",
        ),
        (
            make_world("hopper"),
            lambda s, _: np.full((1, 3), np.nan),
            5,
            "not finite in world 0 at control step 0",
        ),
    ],
)
@pytest.mark.parametrize("run", [rollout, plain_rollout])
def test_bad_input_is_named(run, worlds, policy, horizon, culprit):
    """Errors name the culprit."""
    with pytest.raises(ValueError, match=culprit):
        run(worlds, policy, horizon, np.random.default_rng(0))


@pytest.mark.parametrize(
    "name, shape", [("qpos", (2, 5)), ("qvel", (3, 6)), ("controls", (2, 2))]
)
def test_one_step_names_what_does_not_fit(name, shape):
    """Errors name the array that does not fit the robot."""
    good = {
        "qpos": np.zeros((2, 6)),
        "qvel": np.zeros((2, 6)),
        "controls": np.zeros((2, 3)),
    }
    with pytest.raises(ValueError, match=name):
        one_step(make_world("hopper"), **(good | {name: np.zeros(shape)}))
    with pytest.raises(ValueError, match="qpos"):
        side_view(make_world("hopper"), np.zeros((2, 5)))
