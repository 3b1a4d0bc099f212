"""What must hold of sweeps and of system identification."""

from dataclasses import replace

import numpy as np
import pytest

from lecture_code.dynamics.reality_gap import (
    as_observed,
    blurred,
    drift,
    explained,
    follows_commands,
    identify,
    residuals,
    sweep,
)
from lecture_code.learning import LinearPolicy
from lecture_code.simulation import make_world, one_step, plain_rollout, rollout


def wild_policy(world, seed=1):
    size = world.observation_size * world.action_size
    return LinearPolicy.initial(world.observation_size, world.action_size).at(
        0.3 * np.random.default_rng(seed).standard_normal(size)
    )


def record(world, steps=120, seed=0):
    return rollout(world, wild_policy(world), steps, np.random.default_rng(seed))


def noisy(recording, seed):
    noise = np.random.default_rng(100 + seed).standard_normal(recording.qvel.shape)
    return replace(recording, qvel=recording.qvel + noise)


@pytest.mark.parametrize("robot", ["half_cheetah", "two_link_arm"])
@pytest.mark.parametrize(
    "truth", [{"damping": 0.7, "gravity": -6.0}, {"damping": 1.6, "gravity": -12.0}]
)
def test_identification_finds_wrong_parameters(robot, truth):
    """Equation: a real world inside the family is found to four digits from one short
    recording, and then explains it completely.
    """
    simulator = make_world(robot)
    identified = identify(simulator, record(simulator.change(**truth)), tuple(truth))
    assert identified.values == pytest.approx(truth, rel=1e-4)
    assert identified.before < 0.999 < 0.999999 < identified.after


def test_identification_cannot_find_a_delay():
    """Negative control: with a delay that the simulator does not have, the best mass
    and damping leave a third of the motion unexplained, and are wrong.
    """
    simulator = make_world("half_cheetah")
    identified = identify(
        simulator, record(simulator.change(action_delay=1)), ("torso_mass", "damping")
    )
    assert identified.after < 0.75 and identified.after >= identified.before
    assert abs(identified.values["damping"] - 1) > 0.2


def test_what_only_matters_as_a_ratio_cannot_be_found():
    """Limit: masses, armature, damping and gain doubled together give the same motion
    of the arm, so a recording cannot tell them apart.
    """
    world = make_world("two_link_arm")
    twice = world.change(mass=2.0, armature=2.0, damping=2.0, gain=2.0)
    np.testing.assert_allclose(record(twice).qpos, record(world).qpos, atol=1e-9)
    # the search stays where it starts, which explains everything already
    for ratio in (1.0, 1.5):
        start = world.change(mass=ratio, armature=ratio, damping=ratio, gain=ratio)
        identified = identify(
            start, record(twice), ("mass", "armature", "damping", "gain")
        )
        assert identified.before == pytest.approx(1.0, abs=1e-9)
        assert identified.values["mass"] == pytest.approx(ratio, abs=1e-3)


@pytest.mark.parametrize(
    "truth",
    [{"damping": 5.0, "torso_mass": 0.95}, {"damping": 0.15, "torso_mass": 12.0}],
)
def test_the_search_may_go_far(truth):
    """Equation: a robot far from the simulator is found as well, wherever its knobs'
    bounds allow.
    """
    simulator = make_world("half_cheetah")
    assert identify(
        simulator, record(simulator.change(**truth)), tuple(truth)
    ).values == pytest.approx(truth, rel=1e-3)


@pytest.mark.parametrize("start", [{"damping": 0.0}, {"gravity": 0.0}])
def test_a_knob_at_zero_can_be_identified(start):
    """Limit: a simulator without damping, or without gravity, is a legal start, and
    leads to the arm that was recorded.
    """
    arm = make_world("two_link_arm")
    identified = identify(arm.change(**start), record(arm), tuple(start))
    assert identified.values == pytest.approx(
        {knob: arm.values[knob] for knob in start}, rel=1e-3
    )


def test_a_fall_ends_the_recording():
    """Equation: residuals are of the steps that were made, and R² has the changes
    themselves below it, uncentred.
    """
    hopper = make_world("hopper")
    fallen = rollout([hopper] * 3, wild_policy(hopper), 200, np.random.default_rng(0))
    assert fallen.terminated.all() and len(set(fallen.lengths)) > 1
    errors = residuals(make_world("hopper", damping=2.0), fallen)
    assert errors.shape == (fallen.mask.sum(), 6)
    changes = np.concatenate(
        [np.diff(fallen.qvel[i, : n + 1], axis=0) for i, n in enumerate(fallen.lengths)]
    )
    by_hand = (
        1 - np.square(errors).sum() / np.square(changes / changes.std(axis=0)).sum()
    )
    assert explained(make_world("hopper", damping=2.0), fallen) == pytest.approx(
        by_hand, abs=1e-7
    )
    with pytest.raises(ValueError, match="no step"):
        identify(hopper, replace(fallen, mask=np.zeros_like(fallen.mask)), ("damping",))


def test_a_perfect_simulator_explains_everything():
    """Limit: the world that was recorded has no residual (but for the solver's warm
    start), and R² = 1; "nothing changes" would have R² = 0.
    """
    world = make_world("half_cheetah", damping=0.8)
    recording = record(world)
    assert residuals(world, recording).shape == (120, 9)
    assert np.abs(residuals(world, recording)).max() < 1e-5
    assert explained(world, recording) == pytest.approx(1.0, abs=1e-9)
    assert explained(make_world("half_cheetah", gain=0.0, gravity=0.0), recording) < 0.8


def test_the_residual_is_the_difference_of_one_plain_step():
    """Oracle: (1) written out for one step with the plain rollout's numbers."""
    real = make_world("two_link_arm", damping=3.0)
    simulator = make_world("two_link_arm")
    recording = plain_rollout(real, wild_policy(real), 40, np.random.default_rng(3))
    change = np.diff(recording.qvel[0], axis=0)
    by_hand = change - _change(simulator, recording)
    np.testing.assert_allclose(
        residuals(simulator, recording) * change.std(axis=0), by_hand, atol=1e-6
    )


def _change(world, recording):
    import mujoco

    data = mujoco.MjData(world.model)
    changes = []
    for qpos, qvel, action in zip(
        recording.qpos[0], recording.qvel[0], recording.actions[0], strict=False
    ):
        mujoco.mj_resetData(world.model, data)
        data.qpos[:], data.qvel[:], data.ctrl[:] = qpos, qvel, action
        for _ in range(world.task.frame_skip):
            mujoco.mj_step(world.model, data)
        changes.append(data.qvel - qvel)
    return np.array(changes)


def test_small_errors_grow_when_the_simulator_is_left_to_itself():
    """Equation and limit: after one step the drift is the residual's RMS; it then
    grows; the recorded world itself hardly drifts.
    """
    simulator = make_world("half_cheetah")
    real = make_world("half_cheetah", damping=0.7)
    recording = record(real)
    apart = drift(simulator, recording, 20, starts=101)
    at_first = residuals(simulator, recording)[
        np.unique(np.linspace(0, 100, 101).astype(int))
    ]
    assert apart.shape == (20,)
    assert apart[0] == pytest.approx(np.sqrt(np.square(at_first).mean()))
    assert apart[10] > 3 * apart[0] and drift(real, recording, 20).max() < 1e-3
    with pytest.raises(ValueError, match="120 steps"):
        drift(simulator, recording, 121)


def test_a_sweep_compares_like_with_like():
    """Invariance: every value meets the same starts, so the nominal value gives the
    nominal returns, and returns differ only through the knob.
    """
    world = make_world("half_cheetah")
    policy = wild_policy(world)
    rng = np.random.default_rng(5)
    values = [1.0, 0.5, 1.0]
    returns = sweep(world, "damping", values, policy, episodes=3, horizon=30, rng=rng)
    again = sweep(world, "damping", values, policy, episodes=3, horizon=30, rng=rng)
    assert np.array_equal(returns, again)
    assert returns.shape == (3, 3)
    assert np.array_equal(returns[0], returns[2])
    assert not np.array_equal(returns[0], returns[1])
    for row, value in zip(returns, (1.0, 0.5, 1.0), strict=True):
        there = rollout(
            [world.change(damping=value)] * 3, policy, 30, np.random.default_rng(5)
        )
        np.testing.assert_array_equal(row, there.returns)


@pytest.mark.parametrize(
    "knobs, culprit",
    [((), "nothing"), (("action_delay",), "action_delay"), (("dampng",), "dampng")],
)
def test_bad_input_is_named(knobs, culprit):
    """Errors name the culprit and list the knobs that a recording can speak about."""
    world = make_world("half_cheetah")
    with pytest.raises(ValueError, match=culprit) as error:
        identify(world, record(world, steps=3), knobs)
    assert "torso_mass" in str(error.value)
    assert "action_delay" not in str(error.value).split("which are")[1]


@pytest.mark.parametrize("seed", range(5))
def test_errors_of_a_delay_follow_the_commands_and_errors_of_a_sensor_do_not(seed):
    """Learning and negative control: the last two commands explain most of what a delay
    leaves over, and nearly nothing of sensor noise.
    """
    simulator = make_world("half_cheetah")
    late = record(simulator.change(action_delay=1), steps=400, seed=seed)
    clean = record(simulator, steps=400, seed=seed)
    assert follows_commands(simulator, late) > 0.5
    assert abs(follows_commands(simulator, noisy(clean, seed))) < 0.1


def pushed(world, clean, pushes):
    """`clean` again, with its commands, but each velocity is `pushes` (steps, nv) away
    from what the world does next.
    """
    qpos = clean.qpos.copy()
    qvel = clean.qvel.copy()
    commands = clean.actions
    for t, push in enumerate(pushes):
        step = one_step(world, qpos[:, t], qvel[:, t], commands[:, t])
        qpos[:, t + 1] = step[0]
        qvel[:, t + 1] = step[1] + push
    return replace(clean, qpos=qpos, qvel=qvel)


def test_a_short_recording_of_noise_does_not_look_as_if_it_followed_the_commands():
    """Negative control: errors that are drawn by chance follow no commands, on average
    over twenty recordings of three seconds.
    """
    world = make_world("half_cheetah")
    clean = record(world, steps=60)
    chance = 0.01 * np.random.default_rng(1).standard_normal((20, 60, 9))
    shares = [follows_commands(world, pushed(world, clean, x)) for x in chance]
    assert np.mean(shares) == pytest.approx(0, abs=0.02)


def test_commands_after_a_fall_are_left_out():
    """Limit: what is stored behind the last step of a robot that fell has no influence
    on the share of its errors that the commands explain.
    """
    hopper = make_world("hopper")
    late = hopper.change(action_delay=1)
    fallen = rollout([late] * 9, wild_policy(hopper), 60, np.random.default_rng(0))
    assert fallen.terminated.all() and len(set(fallen.lengths)) > 1
    share = follows_commands(hopper, fallen)
    commands = np.where(fallen.mask[..., None], fallen.actions, 7.0)
    assert follows_commands(hopper, replace(fallen, actions=commands)) == share
    assert share > 0.2


def test_errors_that_are_linear_in_the_commands_are_explained():
    """Equation: velocities that differ from the simulator's by a linear function of the
    last two commands give a share of one, and too short a recording is refused.
    """
    arm = make_world("two_link_arm")
    clean = record(arm, steps=60)
    commands = clean.actions[0]
    pushes = 0.1 * commands
    pushes[1:] -= 0.2 * commands[:-1]
    shifted = pushed(arm, clean, pushes)
    assert follows_commands(arm, shifted) == pytest.approx(1, abs=1e-9)
    with pytest.raises(ValueError, match="5 coefficients"):
        follows_commands(arm, record(arm, steps=5))


def test_blur_has_its_size_and_leaves_the_rest():
    """Limit and size: no noise changes nothing; noise of 0.1 has this standard
    deviation in every coordinate, and the actions stay.
    """
    recording = record(make_world("two_link_arm"))
    assert np.array_equal(blurred(recording, 0.0).qpos, recording.qpos)
    noisy = blurred(recording, 0.1)
    for name in ("qpos", "qvel"):
        noise = getattr(noisy, name) - getattr(recording, name)
        assert np.std(noise) == pytest.approx(0.1, rel=0.2)
        assert abs(noise.mean()) < 0.03
    assert np.array_equal(noisy.actions, recording.actions)


def test_a_recording_as_observed_holds_what_the_policy_saw():
    """Limit and equation: without noise it is the recording itself; with noise its
    states differ from the true states by the noise of the observations, and a robot
    that observes other quantities is refused.
    """
    cheetah = make_world("half_cheetah")
    clean = record(cheetah)
    assert np.array_equal(as_observed(clean).qpos, clean.qpos)
    assert np.array_equal(as_observed(clean).qvel, clean.qvel)
    blurred = record(cheetah.change(observation_noise=0.1))
    seen = as_observed(blurred)
    assert np.array_equal(seen.qpos[..., 1:], blurred.observations[..., :8])
    assert np.array_equal(seen.qvel, blurred.observations[..., 8:])
    assert np.std(seen.qvel - blurred.qvel) == pytest.approx(0.1, rel=0.1)
    with pytest.raises(ValueError, match="observes 8"):
        as_observed(record(make_world("two_link_arm")))
