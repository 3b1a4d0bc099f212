"""What must hold of the comparison of controllers on the tilting base."""

from dataclasses import replace

import numpy as np
import pytest

from lecture_code.experiments import load_arrays, load_result
from lecture_code.experiments.dynamics.balance_controllers import (
    Controller,
    balance,
    nominal_jacobian,
)
from lecture_code.experiments.dynamics.balancer import (
    TUNED,
    BalancerSettings,
    controllers,
    mismatch,
    ratio_interval,
)
from lecture_code.simulation.balance_trials import draw_balance_trials
from lecture_code.simulation.balancer import Balancer


def short(controller, balancer=None, steps=40, **more):
    """Two short trials with a controller."""
    drawn = draw_balance_trials(2, steps, (0.2, 0.3), np.random.default_rng(0))
    rng = np.random.default_rng(1)
    return balance(controller, balancer or Balancer(), *drawn, rng, **more)


def test_without_learning_the_adaptive_controller_is_the_fixed_controller():
    """Limit α → ∞: bitwise the same actions; with a finite α other actions."""
    fixed = short(Controller("fixed", 5.0)).actions
    frozen = short(Controller("adaptive", 5.0, np.inf)).actions
    learning = short(Controller("adaptive", 5.0, 1.0)).actions
    np.testing.assert_array_equal(frozen, fixed)
    assert not np.allclose(learning, fixed)


def test_offset_only_changes_one_column():
    """Limit: with infinite scales only the last column of J learns."""
    J = short(Controller("offset only", 5.0, 1.0)).jacobians
    np.testing.assert_array_equal(J[:, -1, :, :-1], J[:, 0, :, :-1])
    assert (J[:, -1, 5:, -1] != J[:, 0, 5:, -1]).all()


def test_the_executed_action_is_the_last_action_without_a_delay():
    """Limit: without a delay both pairings are the same, with a delay they are not."""
    late = Balancer().change(action_delay=1)
    plain, executed = (Controller("adaptive", 5.0, 1.0, executed=e) for e in (0, 1))
    pairs = [[short(c, f).actions for c in (plain, executed)] for f in (None, late)]
    np.testing.assert_array_equal(*pairs[0])
    assert not np.allclose(*pairs[1])


def test_the_oracle_reaches_the_wanted_velocities():
    """Positive control: on a still base the oracle misses the wanted velocities by far
    less than J₀ does on a balancer that is heavier.
    """
    heavy = Balancer().change(mass=1.5)
    drawn = draw_balance_trials(1, 30, (0.0, 0.0), np.random.default_rng(0))
    missed = [
        balance(Controller(kind, 5.0), heavy, *drawn, np.random.default_rng(1)).missed
        for kind in ("oracle", "fixed")
    ]
    assert missed[0] < missed[1] / 10


def test_pd_asks_for_the_nominal_inertia_times_the_acceleration():
    """Equation: on the nominal balancer without gravity the PD controller reaches the
    wanted velocities.
    """
    floating = Balancer().change(gravity=0)
    drawn = draw_balance_trials(1, 5, (0.0, 0.0), np.random.default_rng(0))
    rng = np.random.default_rng(1)
    assert balance(Controller("PD", 5.0), floating, *drawn, rng).missed < 0.01
    assert nominal_jacobian().shape == (8, 12)


def test_a_push_is_felt():
    """Limit: until the push both trials are bitwise equal, and after it they differ."""
    plain = short(Controller("fixed", 5.0)).states
    push = {20: np.full((2, 3), 0.5)}
    pushed = short(Controller("fixed", 5.0), pushes=push).states
    np.testing.assert_array_equal(pushed[:, :21], plain[:, :21])
    assert (pushed[:, 21, 5:] != plain[:, 21, 5:]).all()


def test_every_controller_has_a_name_and_the_mismatch_grows():
    """Conformance: the sweeps overwrite no controller, and λ = 0 is nominal."""
    made = controllers(BalancerSettings())
    sweeps = len(BalancerSettings().alphas), len(BalancerSettings().omegas)
    assert len(made) == 6 + sweeps[0] + 4 * sweeps[1]
    assert Balancer().change(**mismatch(0)).values == Balancer().values
    assert mismatch(1)["mass"] < mismatch(1.5)["mass"]


def test_the_interval_of_a_ratio():
    """Equation: equal errors give (1, 1), double errors (2, 2), and a wrong pairing
    would widen the interval.
    """
    ours = np.random.default_rng(0).uniform(1, 9, (5, 4))
    assert ratio_interval(ours, ours, 50) == [1, 1]
    np.testing.assert_allclose(ratio_interval(2 * ours, ours, 50), [2, 2])
    low, high = ratio_interval(ours.T.reshape(5, 4), ours, 500)
    assert low < 0.95 and high > 1.05


def test_an_unknown_controller_is_refused():
    """Errors name the culprit and the alternatives."""
    with pytest.raises(ValueError, match="controller 'lqg'; known: PD, fixed, offset"):
        replace(Controller("PD", 5.0), kind="lqg")


def mean(curves, name, condition, key="error"):
    """Mean over the seeds."""
    return np.mean(curves[name][condition][key])


def swept(name, curves, values):
    """Mean error over the conditions of the tuning, by α or ω."""
    return {
        value: np.mean([mean(curves, name.format(value), c) for c in TUNED])
        for value in values
    }


def test_tuning_chose_the_values_and_none_is_at_the_edge():
    """The committed tuning, on seeds of its own: ω of PD has the smallest error; the
    best α is inside its grid, and the chosen α differs from it by single falls only.
    """
    curves = load_result("balancer_tuning").curves
    settings = BalancerSettings()
    PD = swept("PD, ω = {:g}", curves, settings.omegas)
    assert min(PD, key=PD.get) == settings.stiff
    assert settings.omegas[0] < settings.stiff < settings.omegas[-1]
    tuned = swept("adaptive, α = {:g}", curves, settings.alphas)
    best = min(tuned, key=tuned.get)
    assert settings.alphas[0] < best < settings.alphas[-1]
    assert tuned[settings.alpha] < tuned[10] < tuned[100]
    names = [f"adaptive, α = {value:g}" for value in (best, settings.alpha)]
    falls = [[mean(curves, name, c, "fallen") for c in TUNED] for name in names]
    assert np.abs(np.subtract(*falls)).max() <= 0.1
    for condition in TUNED[:4]:
        errors = [mean(curves, name, condition) for name in names]
        assert errors[1] < 1.2 * errors[0]


@pytest.fixture(scope="module")
def curves():
    """The committed comparison."""
    return load_result("balancer").curves


def test_the_fixed_jacobian_falls_where_the_adaptive_one_stands(curves):
    """The committed result, ω = 5: from mismatch 0.5 on every balancer with J₀ falls,
    and none that adapts; the error is at least 9 times as large, with its interval.
    On the nominal balancer J₀ is better.
    """
    for level in ("mismatch 0.5", "mismatch 1", "mismatch 1.5"):
        assert mean(curves, "fixed", level, "fallen") == 1
        assert mean(curves, "adaptive", level, "fallen") == 0
        assert curves["fixed"][level]["ratio"][0] > 9
    assert curves["fixed"]["mismatch 0"]["ratio"][1] < 0.7
    assert curves["oracle"]["mismatch 1.5"]["ratio"][1] < 0.5


def test_a_stiff_policy_hardly_needs_a_model(curves):
    """The committed result: at ω = 20 no balancer with J₀ falls under any mismatch, but
    adaptation still halves the error at mismatch 1.5; PD with its best ω is not told
    apart from adaptation there, and it reacts with larger torques to noise.
    """
    for level in ("mismatch 1", "mismatch 1.5", "real", "bad sensors"):
        assert mean(curves, "fixed, ω = 20", level, "fallen") == 0
    ratio = mean(curves, "fixed, ω = 20", "mismatch 1.5")
    assert ratio / mean(curves, "adaptive, ω = 20", "mismatch 1.5") > 1.7
    low, high = curves["PD"]["mismatch 1.5"]["ratio"]
    assert low < 1 < high
    noisy = (mean(curves, n, "real, noisy", "jerk") for n in ("PD", "adaptive"))
    assert next(noisy) > 2 * next(noisy)


def test_the_offset_does_most_of_the_work(curves):
    """The committed result: J₀ with a running mean of its error does as well as full
    adaptation up to 25 % until mismatch 1; at 1.5 full adaptation is better, and with
    bad sensors or a delay of two steps it is worse.
    """
    for level in ("mismatch 0", "mismatch 0.5", "mismatch 1"):
        assert curves["offset only"][level]["ratio"][1] < 1.25
    assert curves["offset only"]["mismatch 1.5"]["ratio"][0] > 1.3
    assert curves["offset only"]["bad sensors"]["ratio"][1] < 0.5
    assert curves["offset only"]["delay 2"]["ratio"][1] < 0.5


def test_the_delay_harms_through_the_wrong_action(curves):
    """The committed result, an ablation that removes the cause: with a delay the stiff
    adaptive balancer falls always, and never if z holds the action that was executed.
    """
    assert mean(curves, "adaptive, ω = 20", "real", "fallen") == 1
    assert mean(curves, "executed, ω = 20", "real", "fallen") == 0
    assert mean(curves, "adaptive", "delay 2", "fallen") == 1
    assert mean(curves, "executed", "delay 2", "fallen") == 0


def test_adaptation_has_limits(curves):
    """The committed result: on the steepest base more than half of the adaptive
    balancers fall, while hardly a PD balancer and no oracle does; so do some with bad
    sensors.
    """
    assert mean(curves, "adaptive", "tilt 0.8", "fallen") > 0.5
    assert mean(curves, "PD", "tilt 0.8", "fallen") <= 0.05
    assert mean(curves, "oracle", "tilt 0.8", "fallen") == 0
    assert mean(curves, "adaptive", "bad sensors", "fallen") > 0


def test_the_result_holds_twenty_trials(curves):
    """The committed result has twenty paired trials over five seeds."""
    error = load_arrays("balancer")["error/adaptive"]
    assert error.shape == (5, len(curves["adaptive"]), 4)
