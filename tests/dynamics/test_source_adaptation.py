"""What must hold of the posterior over simulators, and of the loop around it."""

from itertools import islice

import numpy as np
import pytest

from lecture_code.dynamics.source_adaptation import (
    Adaptation,
    AdaptationSettings,
    act_and_adapt,
    adapt,
    adapt_and_retrain,
    fit_source,
    log_density,
    log_likelihoods,
)
from lecture_code.learning import LinearPolicy
from lecture_code.learning.particles import posterior
from lecture_code.simulation import TruncatedGaussian, make_world, one_step, rollout

RNG = np.random.default_rng
PRIOR = {
    "torso_mass": TruncatedGaussian(6, 1.5, 3, 9),
    "friction": TruncatedGaussian(1, 0.25, 0.5, 1.5),
}


def restless(world, scale=0.5, seed=3):
    """A policy that moves, and falls soon."""
    size = world.observation_size * world.action_size
    return LinearPolicy.initial(world.observation_size, world.action_size).at(
        scale * RNG(seed).standard_normal(size)
    )


def test_the_refit_by_hand():
    """Equation: weighted mean and std, the prior's support, and a floor for the std."""
    weighted = posterior(
        {"x": np.array([1.0, 3.0])}, np.log([0.75, 0.25]), np.zeros(2), np.zeros(2), 0.1
    )
    prior = {"x": TruncatedGaussian(2, 1, 0, 10)}
    assert (weighted.mean("x"), weighted.std("x")) == pytest.approx(
        (1.5, np.sqrt(0.75))
    )
    fitted = fit_source(weighted, prior, 0.02)["x"]
    assert (fitted.mean, fitted.std, fitted.low, fitted.high) == pytest.approx(
        (1.5, np.sqrt(0.75), 0, 10)
    )
    assert fit_source(weighted, prior, 0.5)["x"].std == 5.0


@pytest.fixture(scope="module")
def hopper():
    return make_world("hopper")


@pytest.fixture(scope="module")
def recording(hopper):
    """Two short episodes in a heavy, slippery world."""
    target = hopper.change(torso_mass=8, friction=0.7)
    return rollout([target] * 2, restless(target), 60, RNG(0), threads=1)


def test_the_true_world_explains_every_step(hopper, recording):
    """Equation: from the target's own states the true simulator is right but for
    rounding, a wrong one is not; the order of trajectories does not matter.
    """
    worlds = [
        hopper.change(torso_mass=m, friction=f)
        for m, f in ((8, 0.7), (7, 0.7), (6, 0.7), (8, 1.2))
    ]
    settings = AdaptationSettings(steps=1000)
    likelihoods = log_likelihoods(worlds, recording, settings)
    assert abs(likelihoods[0]) < 1e-3
    assert likelihoods[2] < likelihoods[1] < -1
    assert likelihoods[3] < -1e-3
    np.testing.assert_allclose(
        log_likelihoods(worlds, recording[[1, 0]], settings),
        likelihoods,
        rtol=1e-9,
        atol=1e-9,
    )


def test_states_are_the_targets_own(hopper, recording):
    """Negative control: a simulator left to itself with the recorded commands is soon
    far off, even where its one-step predictions are good.
    """
    close = hopper.change(torso_mass=7.5, friction=0.7)
    free = rollout([close] * 2, Replay(recording.actions), 60, RNG(0), threads=1)
    end = int(min(free.lengths[0], recording.lengths[0]))
    drift = np.sqrt(np.square(free.qvel[0, end] - recording.qvel[0, end]).mean())
    now = (recording.qpos[0, :end], recording.qvel[0, :end])
    _, predicted = one_step(close, *now, recording.actions[0, :end])
    error = predicted - recording.qvel[0, 1 : end + 1]
    assert drift > 5 * np.sqrt(np.square(error).mean())


class Replay:
    """Says what was said before."""

    def __init__(self, actions):
        self.actions = actions
        self.t = -1

    def __call__(self, observations, rng):
        self.t += 1
        return self.actions[:, self.t]


def adapted(hopper, place, seed=0):
    """The source after three short episodes in a target world."""
    target = hopper.change(**place)
    source = PRIOR
    rng = RNG(seed)
    for _ in range(3):
        recording = rollout(target, restless(target), 40, rng, threads=1)
        settings = AdaptationSettings(particles=80, steps=20)
        source, _ = adapt(hopper, source, recording, settings, rng)
    return source


@pytest.mark.parametrize("seed", range(5))
def test_unlikely_worlds_are_found(hopper, seed):
    """Learning with a negative control: three short episodes bring mass and friction
    within 10 % of their ranges and the stds down to less than half; recordings of
    another world do not lead there.
    """
    for truth in (
        {"torso_mass": 8.5, "friction": 0.6},
        {"torso_mass": 4.0, "friction": 1.4},
    ):
        source = adapted(hopper, truth, seed)
        for name in truth:
            width = PRIOR[name].high - PRIOR[name].low
            assert abs(source[name].mean - truth[name]) < 0.1 * width
        assert all(source[name].std < 0.5 * PRIOR[name].std for name in truth)
    elsewhere = adapted(hopper, {"torso_mass": 6, "friction": 1}, seed)
    assert abs(elsewhere["torso_mass"].mean - 4) > 1
    assert abs(elsewhere["friction"].mean - 1.4) > 0.2


def test_adapting_is_equations_6_to_10(hopper, recording):
    """Oracle: written out by hand, all steps used and nothing tempered, the same
    particles get the same weights and the same source.
    """
    settings = AdaptationSettings(particles=30, steps=1000, noise=5.0, least_ess=0.01)
    source, weighted = adapt(hopper, PRIOR, recording, settings, RNG(4))
    wide = {
        name: TruncatedGaussian(one.mean, 3 * one.std, one.low, one.high)
        for name, one in PRIOR.items()
    }
    p = {
        name: wide[name].rvs(30, stream)
        for name, stream in zip(PRIOR, RNG(4).spawn(2), strict=True)
    }
    made = recording.mask
    states = np.concatenate([recording.qpos, recording.qvel], axis=2)
    before, after = states[:, :-1][made], states[:, 1:][made]
    sigma = 5.0 * (after - before).std(axis=0)
    log_w = np.zeros(30)
    for i in range(30):
        world = hopper.change(**{name: float(values[i]) for name, values in p.items()})
        guess = np.concatenate(
            one_step(world, before[:, :6], before[:, 6:], recording.actions[made]),
            axis=1,
        )
        log_w[i] = (-0.5 * ((after - guess) / sigma) ** 2).sum()
        log_w[i] += sum(
            float(
                PRIOR[name].log_density(p[name][i]) - wide[name].log_density(p[name][i])
            )
            for name in PRIOR
        )
    w = np.exp(log_w - log_w.max())
    assert weighted.beta == 1.0
    np.testing.assert_allclose(weighted.weights, w / w.sum(), rtol=1e-6)
    assert source["torso_mass"].mean == pytest.approx(
        float((w / w.sum()) @ p["torso_mass"])
    )


def test_adapting_is_repeatable(hopper, recording):
    """Determinism: the same seed gives the same particles, weights and source to the
    last bit.
    """
    settings = AdaptationSettings(particles=20, steps=10)
    (one, a), (two, b), (other, _) = (
        adapt(hopper, PRIOR, recording, settings, RNG(seed)) for seed in (0, 0, 1)
    )
    assert one == two != other and np.array_equal(a.weights, b.weights)
    assert a.ess >= 0.1 * 20 * 0.99
    ratio = log_density(PRIOR, a.particles)
    assert np.isfinite(ratio).all()


def test_the_loop_acts_adapts_and_retrains(hopper):
    """Conformance: each round acts with the latest policy in the target, trains on the
    latest source, and hands both on.
    """
    target = hopper.change(torso_mass=8)
    seen = []

    def train(policy, source, rng):
        seen.append((policy, source))
        return policy.at(policy.theta + 0.1)

    first = restless(hopper)
    settings = AdaptationSettings(particles=10, steps=10)
    rounds = list(
        islice(
            adapt_and_retrain(
                hopper,
                target,
                PRIOR,
                first,
                train,
                settings,
                episodes=2,
                horizon=20,
                rng=RNG(0),
            ),
            2,
        )
    )
    assert seen[0][0] is first and seen[1][0] is rounds[0].policy
    assert [source for _, source in seen] == [one.source for one in rounds]
    assert len(rounds[1].recording) == 2
    lengths = rounds[1].recording.lengths
    seen_in = {
        name: log_likelihoods([one], rounds[1].recording, settings)[0]
        for name, one in (("target", target), ("simulator", hopper))
    }
    assert abs(seen_in["target"]) < 1e-3 and seen_in["simulator"] < -1
    for k in range(2):
        s = rounds[1].recording.observations[k, : lengths[k]]
        a = rounds[1].recording.actions[k, : lengths[k]]
        np.testing.assert_allclose(a, rounds[0].policy(s), atol=1e-9)


def test_a_round_acts_and_then_adapts(hopper):
    """Oracle: by hand, an episode of the policy in the target and then `adapt` with the
    same generator give the same source; the policy and the state before stay as they
    were.
    """
    target = hopper.change(torso_mass=8)
    policy = restless(hopper)
    settings = AdaptationSettings(particles=10, steps=10)
    before = Adaptation(PRIOR, policy)
    after = act_and_adapt(before, hopper, target, settings, horizon=20, rng=RNG(5))
    rng = RNG(5)
    recording = rollout([target], policy, 20, rng)
    source, weighted = adapt(hopper, PRIOR, recording, settings, rng)
    assert after.source == source and after.policy is policy
    assert np.array_equal(after.posterior.weights, weighted.weights)
    assert np.array_equal(after.recording.actions, recording.actions)
    assert before.source is PRIOR and before.recording is before.posterior is None


def test_what_cannot_be_adapted_is_refused(hopper, recording):
    """Errors tell a recording without steps, an empty prior, and what no step shows."""
    with pytest.raises(ValueError, match="no step"):
        adapt(hopper, PRIOR, recording[[]], AdaptationSettings(particles=2), RNG(0))
    with pytest.raises(ValueError, match="names no knob"):
        adapt(hopper, {}, recording, AdaptationSettings(), RNG(0))
    with pytest.raises(ValueError, match="does not show motor_noise; it shows gravity"):
        adapt(
            hopper,
            {**PRIOR, "motor_noise": TruncatedGaussian(0.1, 0.1, 0, 1)},
            recording,
            AdaptationSettings(),
            RNG(0),
        )


@pytest.mark.parametrize(
    ("changes", "culprit"),
    [
        ({"particles": 1}, "particles"),
        ({"noise": 0}, "noise"),
        ({"widen": 0.5}, "widen"),
        ({"least_ess": 1}, "least_ess"),
        ({"floor": 0}, "floor"),
    ],
)
def test_settings_of_the_adaptation_are_checked(changes, culprit):
    """Errors name the setting."""
    with pytest.raises(ValueError, match=culprit):
        AdaptationSettings(**changes)
