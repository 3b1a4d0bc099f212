"""Algorithm 1 follows a robot that its prior does not know."""

from dataclasses import replace

import numpy as np
import pytest

from lecture_code.dynamics.online_adaptation import (
    OnlineSettings,
    OnlineState,
    local_model,
    offset_step,
    prior_model,
    step,
    trust,
)
from lecture_code.learning.dynamics_priors import (
    GaussianPrior,
    LinearisedPrior,
    no_prior,
    transition,
)
from lecture_code.learning.gaussian_dynamics import Moments, NormalInverseWishart

DT = 0.1
SETTINGS = OnlineSettings(
    state_cost=(10.0, 10.0, 0.1, 0.1), action_cost=(1e-3, 1e-3), exploration=0.1
)
REFERENCE = np.zeros((15, 4))


def point_mass(gain=1.0, drag=0.2, push=0.0):
    """x' (N, 4) of a point in the plane."""

    def move(x, u):
        v = x[:, 2:] + DT * (gain * u - drag * x[:, 2:] + push)
        return np.concatenate([x[:, :2] + DT * v, v], axis=1)

    return move


def practice(rng, n=200):
    x, u = rng.standard_normal((n, 4)), rng.standard_normal((n, 2))
    return transition(x, u, point_mass()(x, u))


def act_on(robot, control, settings, prior, moments, T=60, seed=0, n=3):
    """States (T + 1, N, 4) and the last state of the method."""
    rng = np.random.default_rng(seed)
    x = np.tile([1.0, -1.0, 0, 0], (n, 1))
    state = OnlineState.initial(settings, n, moments)
    states = [x]
    for _ in range(T):
        state, u = control(state, x, REFERENCE, settings, prior, rng)
        x = robot(x, u)
        states.append(x)
    return np.array(states), state


@pytest.fixture(name="known")
def _known():
    steps = practice(np.random.default_rng(1))
    return GaussianPrior.fit(steps), Moments.from_data(steps)


def ending(states):
    return np.linalg.norm(states[-10:, :, :2], axis=-1).mean()


@pytest.mark.parametrize("seed", range(5))
def test_it_learns_what_pushes_the_robot_and_the_prior_alone_does_not(known, seed):
    """Learning with a negative control: a constant push moves the point away from its
    goal; with the adaptation it returns, with N = 0 it does not.
    """
    prior, moments = known
    robot = point_mass(push=6.0)
    still = replace(SETTINGS, exploration=0.02)
    adapted, _ = act_on(robot, step, still, prior, moments, seed=seed)
    alone, _ = act_on(robot, step, replace(still, N=0.0), prior, moments, seed=seed)
    assert ending(adapted) < 0.2 * ending(alone)


def test_more_of_the_offset_goes_when_the_prior_mean_is_worth_less(known):
    """Limit: what stays of the offset shrinks with m, from m = 1 over 0.1 to 0."""
    prior, moments = known
    robot = point_mass(push=6.0)
    errors = [
        ending(act_on(robot, step, replace(SETTINGS, m=m), prior, moments)[0])
        for m in (10.0, 1.0, 0.1)
    ]
    assert errors[0] > 1.5 * errors[1] > 2.0 * errors[2]


@pytest.mark.parametrize("seed", range(5))
def test_wrong_slopes_are_learned_and_an_offset_cannot_stand_for_them(known, seed):
    """Learning with a negative control: on a robot with twice the motor gain and much
    drag the local model's slopes move to the robot's; `offset_step` keeps the prior's.
    """
    prior, moments = known
    robot = point_mass(gain=2.0, drag=3.0)
    lively = replace(SETTINGS, exploration=1.0)
    _, state = act_on(robot, step, lively, prior, moments, seed=seed)
    before = prior_model(prior, state.x, state.u, lively)
    true = 2.0 * DT
    learned, known_slope = state.model.f_u[:, 2, 0], before.f_u[:, 2, 0]
    assert (np.abs(learned - true) < 0.5 * np.abs(known_slope - true)).all()
    _, control = act_on(robot, offset_step, lively, prior, moments, seed=seed)
    np.testing.assert_allclose(control.model.f_u, before.f_u)


def test_the_prior_is_asked_where_the_robot_is(known):
    """Equation of line 5: a prior that differs from place to place is evaluated at the
    newest observation and the last executed action.
    """
    prior, moments = known
    asked, acted = [], []

    def local_prior(x, u):
        asked.append((x, u))
        return prior(x, u)

    def robot(x, u):
        acted.append((x, u))
        return point_mass()(x, u)

    act_on(robot, step, SETTINGS, local_prior, moments, T=5)
    assert len(asked) == len(acted) == 5
    for step_number, (x, u) in enumerate(asked):
        np.testing.assert_array_equal(x, acted[step_number][0])
        last = acted[step_number - 1][1] if step_number else np.zeros((3, 2))
        np.testing.assert_array_equal(u, last)


def test_the_plan_uses_the_newest_step(known):
    """Equation of lines 3 to 8: on a linear robot the second call plans with the
    mixture of the prior and the moments that hold the newest step. The moments before
    it give another model.
    """
    prior, moments = known
    rng = np.random.default_rng(0)
    x = rng.standard_normal((3, 4))
    state = OnlineState.initial(SETTINGS, 3, moments)
    before, u = step(state, x, REFERENCE, SETTINGS, prior, rng)
    x_next = point_mass(gain=2.0, push=3.0)(x, u)
    after, _ = step(before, x_next, REFERENCE, SETTINGS, prior, rng)
    weighted = prior(x_next, u).weighted(SETTINGS.m, SETTINGS.n0)
    w_new, N = (np.full(3, value) for value in (SETTINGS.w_new, SETTINGS.N))
    newest = before.moments.update(transition(x, u, x_next), w_new)
    wanted = local_model(weighted, newest, N, SETTINGS)
    stale = local_model(weighted, before.moments, N, SETTINGS)
    for name in ("f_x", "f_u", "f_c"):
        np.testing.assert_allclose(getattr(after.model, name), getattr(wanted, name))
    assert np.abs(after.model.f_c - stale.f_c).max() > 0.01


def test_the_offset_is_the_running_mean_of_the_priors_error(known):
    """Equation: under a constant push the error of `offset_step` is (1 − (1 − w)^t)
    times the push.
    """
    prior, moments = known
    _, state = act_on(point_mass(push=3.0), offset_step, SETTINGS, prior, moments, T=11)
    share = 1 - (1 - SETTINGS.w_new) ** 10
    missed = point_mass(push=3.0)(state.x, state.u) - point_mass()(state.x, state.u)
    np.testing.assert_allclose(state.error, share * missed, atol=1e-4)


class Curved:
    """x' = x + dt (sin 2x + B u): the slopes by x depend on x."""

    B = np.array([[0, 0], [0, 0], [1, 0], [0, 1]])

    def __call__(self, x, u):
        return x + DT * (np.sin(2 * x) + u @ self.B.T)

    def jacobian(self, x, u):
        by_x = np.eye(4) * (1 + 2 * DT * np.cos(2 * x))[:, None]
        by_u = np.broadcast_to(DT * self.B, (len(x), 4, 2))
        return np.concatenate([by_x, by_u], axis=2)


def test_the_offset_compares_with_the_prior_where_the_step_began():
    """Equation: with slopes that depend on x the error after one step is w times
    x_t − h(x_{t−1}, u_{t−1}), with h linearised at x_{t−1} and not at x_t.
    """
    h = Curved()
    prior = LinearisedPrior(h, np.eye(6), np.eye(4))
    rng = np.random.default_rng(0)
    state = OnlineState.initial(SETTINGS, 3)
    before = rng.standard_normal((3, 4))
    state, u = offset_step(state, before, REFERENCE, SETTINGS, prior, rng)
    after = before + rng.standard_normal((3, 4))
    state, _ = offset_step(state, after, REFERENCE, SETTINGS, prior, rng)
    wanted = SETTINGS.w_new * (after - h(before, u))
    np.testing.assert_allclose(state.error, wanted, atol=1e-12)


def test_without_weight_of_the_moments_the_prior_plans(known):
    """Limit: with N = 0 the local model is the prior's, whatever was seen."""
    prior, moments = known
    settings = replace(SETTINGS, N=0.0)
    _, state = act_on(point_mass(gain=3.0), step, settings, prior, moments, T=9)
    alone = prior_model(prior, state.x, state.u, settings)
    np.testing.assert_allclose(state.model.f_x, alone.f_x, atol=1e-12)
    np.testing.assert_allclose(state.model.f_c, alone.f_c, atol=1e-12)


def test_without_a_prior_the_first_steps_cannot_be_planned():
    """Limit: without a prior and recorded steps nothing has an effect in the first
    model, so that the first action is noise; the moments then have rank t − 1, and S +
    A + 1 steps are needed before the slopes are the robot's.
    """
    robot = point_mass()
    calm = replace(SETTINGS, exploration=0.0, regularisation=1e-9)
    _, state = act_on(robot, step, calm, no_prior, None, T=1)
    np.testing.assert_array_equal(state.u, 0.0)
    lively = replace(calm, exploration=0.3)
    errors = {}
    for T in (4, 40):
        _, state = act_on(robot, step, lively, no_prior, None, T=T)
        assert np.linalg.matrix_rank(state.moments.covariance[0, :6, :6]) <= T - 2
        errors[T] = np.abs(state.model.f_u[:, 2, 0] - DT).max()
    assert errors[40] < 1e-3 < errors[4]


def test_attempts_side_by_side_do_not_mix(known):
    """Invariance: without noise three attempts at once move like one alone."""
    prior, moments = known
    calm = replace(SETTINGS, exploration=0.0)
    many, _ = act_on(point_mass(push=2.0), step, calm, prior, moments, n=3)
    one, _ = act_on(point_mass(push=2.0), step, calm, prior, moments, n=1)
    np.testing.assert_allclose(many[:, 1:2], one, atol=1e-9)


def test_the_noise_is_that_of_line_10(known):
    """Equation: actions vary with covariance exploration² Q_uu⁻¹ around K x + k."""
    prior, moments = known
    settings = replace(SETTINGS, exploration=0.5)
    n = 40_000
    state = OnlineState.initial(settings, n, moments)
    x = np.tile([1.0, -1, 0, 0], (n, 1))
    _, u = step(state, x, REFERENCE, settings, prior, np.random.default_rng(0))
    from lecture_code.dynamics.online_adaptation import plan_actions

    model = prior_model(prior, x[:1], state.u[:1], settings)
    known_prior = prior(x[:1], state.u[:1]).weighted(settings.m, settings.n0)
    model = local_model(known_prior, moments_of_one(moments), np.ones(1), settings)
    gains = plan_actions(model, REFERENCE, settings)
    wanted = 0.25 * np.linalg.inv(gains.Q_uu[0, 0])
    np.testing.assert_allclose(np.cov(u.T), wanted, rtol=0.05, atol=0.02 * wanted.max())
    np.testing.assert_allclose(u.mean(axis=0), gains.action(x[:1])[0], rtol=0.01)


def moments_of_one(moments):
    return Moments(moments.mean[None], moments.covariance[None])


@pytest.mark.parametrize("attempts", [(), (3,)], ids=["shared", "each"])
def test_a_reference_longer_than_the_horizon_is_cut_at_its_end(known, attempts):
    """Invariance: rows after the horizon change no action; other first rows do."""
    prior, moments = known
    H = SETTINGS.horizon
    first = np.full((*attempts, H, 4), 0.5)
    later = np.full((*attempts, H, 4), -2.0)
    x = np.zeros((3, 4))

    def action(*parts):
        state = OnlineState.initial(SETTINGS, 3, moments)
        rows = np.concatenate(parts, axis=-2)
        return step(state, x, rows, SETTINGS, prior, np.random.default_rng(0))[1]

    np.testing.assert_array_equal(action(first, later), action(first))
    assert np.abs(action(later, first) - action(first)).min() > 0.1


def test_motors_clip_and_the_moments_learn_what_was_executed(known):
    """Invariance: no action leaves the limits, and the next step is learned from with
    the clipped action.
    """
    prior, moments = known
    settings = replace(SETTINGS, limits=(0.5, 0.2), w_new=1.0)
    state = OnlineState.initial(settings, 1, moments)
    x = np.array([[9.0, -9.0, 0, 0]])
    rng = np.random.default_rng(0)
    state, u = step(state, x, REFERENCE, settings, prior, rng)
    np.testing.assert_array_equal(np.abs(u), [[0.5, 0.2]])
    after = point_mass()(x, u)
    state, _ = step(state, after, REFERENCE, settings, prior, rng)
    np.testing.assert_allclose(state.moments.mean, transition(x, u, after))


def test_the_log_probability_rule_forgets_faster_after_a_surprise(known):
    """Equation: a step that is less probable than the step before it multiplies w_new
    by 1.02, a more probable one divides it, within [0.01, 0.1]; N = 0.01 / w_new.
    """
    prior, moments = known
    settings = replace(SETTINGS, rule="log-probability", w_new=0.05, exploration=0.0)
    state = OnlineState.initial(settings, 1, moments)
    x = np.zeros((1, 4))
    rng = np.random.default_rng(0)
    weights = []
    for jump in (0.0, 0.1, 0.1, 5.0):
        state, u = step(state, x, REFERENCE, settings, prior, rng)
        weights.append(float(state.w_new[0]))
        x = point_mass()(x, u) + jump
    state, _ = step(state, x, REFERENCE, settings, prior, rng)
    weights.append(float(state.w_new[0]))
    assert weights[:2] == [0.05, 0.05]
    assert weights[4] == pytest.approx(weights[3] * 1.02)
    np.testing.assert_allclose(state.N, 0.01 / weights[4])


def test_the_ratio_rule_trusts_moments_that_predict_better(known):
    """Limit: moments that predict the robot exactly get their whole weight N, and
    moments that predict worse than the prior get none.
    """
    prior, good = known
    bad = Moments(good.mean + 5.0, good.covariance)
    settings = replace(SETTINGS, rule="ratio", N=4.0, regularisation=1e-12)
    x = np.ones((1, 4))
    for moments, robot, weight in (
        (bad, point_mass(), 0.0),
        (Moments.from_data(pushed()), point_mass(push=9.0), 4.0),
    ):
        state = OnlineState.initial(settings, 1, moments)
        rng = np.random.default_rng(0)
        state, u = step(state, x, REFERENCE, settings, prior, rng)
        state, _ = step(state, robot(x, u), REFERENCE, settings, prior, rng)
        np.testing.assert_allclose(state.N, weight, atol=1e-6)


def test_the_ratio_rule_begins_with_the_setting_at_every_step(known):
    """Equation 5: N_t depends on the errors of this step and on the setting N, and not
    on N_{t−1}.
    """
    prior, _ = known
    settings = replace(SETTINGS, rule="ratio", N=4.0)
    moments = Moments.from_data(pushed())
    x = np.ones((1, 4))
    state = OnlineState.initial(settings, 1, moments)
    state, u = step(state, x, REFERENCE, settings, prior, np.random.default_rng(0))
    after = point_mass(push=6.0)(x, u)  # between what prior and moments expect
    trusted = [
        trust(replace(state, N=np.array([N])), after, settings, prior).N
        for N in (0.5, 4.0)
    ]
    assert 0.1 < trusted[0] < 3.9
    np.testing.assert_array_equal(trusted[0], trusted[1])


def test_the_ratio_rule_is_equation_5():
    """Equation 5: N_t is the setting N times max(0, 1 − ρ_t), where ρ_t is the size of
    the moments' one-step error over the size of the prior's.
    """
    settings = replace(SETTINGS, rule="ratio", N=4.0)
    rng = np.random.default_rng(0)
    steps = {"prior": practice(rng), "moments": pushed()}
    moments = Moments.from_data(steps["moments"])
    state = OnlineState.initial(settings, 1, moments)
    before = np.ones((1, 4))
    u = np.array([[0.5, -0.5]])
    state = replace(state, x=before, u=u)
    trusted = []
    for push in (2.0, 5.0, 6.0, 8.0):
        after = point_mass(push=push)(before, u)
        missed = {
            name: np.linalg.norm(after - by_hand(of, before, u, settings))
            for name, of in steps.items()
        }
        rho = missed["moments"] / missed["prior"]
        N = trust(state, after, settings, GaussianPrior.fit(steps["prior"])).N
        np.testing.assert_allclose(N, 4.0 * max(0.0, 1.0 - rho), atol=1e-9)
        trusted.append(N[0])
    assert trusted[0] == 0.0 < trusted[1] < trusted[2] < trusted[3] < 4.0


def by_hand(steps, x, u, settings):
    """The next state by ridge regression on steps (n, D)."""
    centre = steps.mean(axis=0)
    inputs, outputs = np.split(steps - centre, [6], axis=1)
    ridge = len(steps) * settings.regularisation * np.eye(6)
    slopes = np.linalg.solve(inputs.T @ inputs + ridge, inputs.T @ outputs)
    return centre[6:] + (np.concatenate([x, u], axis=1) - centre[:6]) @ slopes


def pushed():
    rng = np.random.default_rng(3)
    x, u = rng.standard_normal((50, 4)), rng.standard_normal((50, 2))
    return transition(x, u, point_mass(push=9.0)(x, u))


def test_it_repeats_bitwise(known):
    """Determinism: the same generator gives the same states to the last bit, and
    another generator gives others.
    """
    prior, moments = known
    runs = [
        act_on(point_mass(), step, SETTINGS, prior, moments, T=12, seed=seed)[0]
        for seed in (4, 4, 5)
    ]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert (runs[0] != runs[2]).any()


def test_a_state_that_never_changes_does_no_harm(known):
    """Limit: a robot whose fourth state stands still, without a prior, is controlled
    without an error for 60 steps.
    """

    def stuck(x, u):
        after = point_mass()(x, u)
        after[:, 3] = 0.0
        after[:, 1] = x[:, 1]
        return after

    states, _ = act_on(stuck, step, SETTINGS, no_prior, None)
    assert np.isfinite(states).all()


def test_bad_input_is_refused(known):
    """Errors name the culprit: the state that is not finite, wrong shapes, an unknown
    rule, settings out of range, and nothing to plan with.
    """
    prior, moments = known
    state = OnlineState.initial(SETTINGS, 2, moments)
    rng = np.random.default_rng(0)
    x = np.zeros((2, 4))
    x[1, 2] = np.inf
    with pytest.raises(ValueError, match="entry 2 of attempt 1 is inf"):
        step(state, x, REFERENCE, SETTINGS, prior, rng)
    with pytest.raises(ValueError, match=r"\(2, 4\); got \(2, 3\)"):
        offset_step(state, np.zeros((2, 3)), REFERENCE, SETTINGS, prior, rng)
    with pytest.raises(ValueError, match="unknown rule 'sometimes'; known"):
        replace(SETTINGS, rule="sometimes")
    with pytest.raises(ValueError, match="2 actions, but 3 limits"):
        replace(SETTINGS, limits=(1.0, 2.0, 3.0))
    with pytest.raises(ValueError, match="horizon must be"):
        replace(SETTINGS, horizon=0)
    nothing = NormalInverseWishart.none((1, 10))
    with pytest.raises(ValueError, match="nor moments have weight"):
        local_model(nothing, moments_of_one(moments), np.zeros(1), SETTINGS)
