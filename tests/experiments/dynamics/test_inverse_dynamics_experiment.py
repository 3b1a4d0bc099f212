"""The runs behind the chapter on inverse-dynamics transfer."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from lecture_code.dynamics.inverse_dynamics import TransferSettings
from lecture_code.experiments.dynamics.inverse_dynamics.films import (
    ARM,
    GRID,
    FilmRun,
    FilmSettings,
    recorded_film,
)
from lecture_code.experiments.dynamics.inverse_dynamics.films import (
    summarise as summarise_films,
)
from lecture_code.experiments.dynamics.inverse_dynamics.planners import (
    PLANNERS,
    TRAINED,
    PlannerRun,
    PlannerSettings,
)
from lecture_code.experiments.dynamics.inverse_dynamics.shifts import (
    SETTINGS,
    RobotSettings,
    Shift,
    smoke_settings,
    with_form,
)
from lecture_code.experiments.dynamics.inverse_dynamics.transfer import (
    InverseDynamicsRun,
    NoiseKnown,
    runs,
    summarise,
)
from lecture_code.experiments.dynamics.inverse_dynamics.variants import (
    VARIANTS,
    VariantSettings,
    summarise_variants,
    variant_runs,
)
from lecture_code.learning.regression import RegressionSettings
from lecture_code.simulation import make_world, motor_noise_of, rollout

TINY = RobotSettings(
    "heavy_arm",
    (Shift(0.5), Shift(0.0, 0.3, 1.0)),
    TransferSettings(
        trajectories=3, horizon=6, network=RegressionSettings(hidden=(4,), epochs=1)
    ),
    rounds=2,
    episodes=2,
    horizon=6,
    seeds=(0, 1),
)


def finished(seed=0, pickled=False):
    """The result of a run of `TINY`."""
    return to_the_end(InverseDynamicsRun(TINY, seed), pickled)


def to_the_end(run, pickled=False):
    """The result of a run; `pickled`: it is stored and read after every step."""
    assert run.progress == 0
    while run.progress < 1:
        run.advance()
        if pickled:
            run = pickle.loads(pickle.dumps(run))
    return run.result()


def test_a_run_goes_on_after_being_pickled_between_any_two_steps():
    """Determinism: an interrupted run has the result of a run in one go."""
    assert finished() == finished(pickled=True)


def test_every_test_has_the_same_starts_and_the_summary_keeps_all_seeds():
    """Common random numbers: the expert is tested on the starts of π_target; the
    summary has seeds × rounds numbers for φ, and one round for the expert.
    """
    results = {str(seed): finished(seed) for seed in (0, 1)}
    curves, arrays = summarise(TINY, results)
    assert arrays == {}
    learned = curves["gravity 0.5 k 2"]
    assert np.shape(learned["returns"]) == (2, 2)
    assert np.shape(learned["episodes"]) == (2, 2)
    assert (np.diff(learned["samples"], axis=1) > 0).all()
    assert np.shape(curves["gravity 0.5 expert"]["returns"]) == (2, 1)
    assert {"source", "passive", "noise 0.3 correlation 1 known"} <= set(curves)
    assert "gravity 0.5 known" not in curves
    assert "samples" not in curves["source"]


def test_who_knows_the_noise_acts_as_if_there_were_none():
    """Limit: taking the known noise from the action leads where the expert goes without
    noise, as long as no motor is at its limit; the expert with noise goes elsewhere.
    """
    quiet = make_world("heavy_arm")
    noisy = Shift(0.0, 0.2, 0.9).world("heavy_arm")

    def expert(observations, rng):
        return -0.1 * observations[:, 4:6]

    def last(world, policy):
        return rollout([world] * 3, policy, 10, np.random.default_rng(2)).qpos[:, -1]

    noise = motor_noise_of([noisy] * 3, 10, np.random.default_rng(2))
    known = NoiseKnown(expert, noise, noisy.control_limits)
    wanted = last(quiet, expert)
    np.testing.assert_allclose(last(noisy, known), wanted, atol=1e-9)
    assert np.abs(last(noisy, expert) - wanted).max() > 0.01


@pytest.mark.parametrize(
    "robot, shift, correction",
    [
        ("heavy_arm", Shift(1.0), False),
        ("hopper", Shift(0.8), True),
        ("half_cheetah", Shift(1.0, 0.3, 0.9), False),
        ("half_cheetah", Shift(1.0, 0.2, 0.9), True),
    ],
)
def test_the_form_is_the_papers_rule(robot, shift, correction):
    """φ corrects the expert for weak noise and for the gravity of legged robots."""
    settings = with_form(TransferSettings(), robot, shift, 1)
    assert (settings.k, settings.correction) == (1, correction)


def test_smoke_settings_are_small():
    """The smoke run of each robot has one target and few steps."""
    for settings in SETTINGS.values():
        small = smoke_settings(settings)
        assert len(small.conditions) == 1
        assert list(runs(small)) == ["0"]


def test_planners_meet_the_starts_of_the_transfer_experiment():
    """Conformance: the expert's returns are those of the other experiment, so that
    both results can be compared in pairs.
    """
    expert = InverseDynamicsRun(replace(TINY, horizon=1), 0)
    expert.advance()
    plain = expert.tests["gravity 0.5 expert"]["returns"][0]
    run = PlannerRun(PlannerSettings((Shift(0.5),), PLANNERS, 2, 1, (0,)), 0)
    while run.progress < 1:
        run.advance()
    returns = run.result()["returns"]
    assert set(returns) == {f"gravity 0.5 {name}" for name in PLANNERS}
    for other in returns.values():  # hardly anything moves within one step
        np.testing.assert_allclose(other, plain, atol=0.05)
    assert abs(plain[0] - plain[1]) > 0.2


def test_the_ceiling_is_computed_in_the_target():
    """Limit and negative control: under full gravity the expert of the target has about
    what the expert has in the source, and without gravity too.
    """

    def returns(share):
        run = PlannerRun(PlannerSettings((Shift(share),), TRAINED, 4, 60, (0,)), 0)
        run.advance()
        return np.array(run.result()["returns"][f"gravity {share:g} {TRAINED[0]}"])

    def of_the_expert(share):
        settings = replace(TINY, conditions=(Shift(share),), episodes=4, horizon=60)
        run = InverseDynamicsRun(settings, 0)
        run.advance()
        return np.array(run.tests[f"gravity {share:g} expert"]["returns"][0])

    in_source = of_the_expert(0.0)
    assert returns(0.0).mean() == pytest.approx(in_source.mean(), rel=0.05)
    assert np.median(returns(1.0) / in_source) < 1.1
    assert np.median(of_the_expert(1.0) / in_source) > 1.5


# --- films and variants

SHORT = FilmSettings(
    (Shift(0.0, 0.6, 1.0),),
    replace(TINY.transfer, horizon=20),
    rounds=2,
    horizon=20,
    seeds=(0, 1),
)


def test_films_of_all_seeds_begin_alike_and_differ_in_phi():
    """Common random numbers: every film of a target has the same start, and the expert
    is one for all seeds; φ is another for each seed and each k. A run that was
    interrupted gives the same films.
    """
    results = {str(seed): to_the_end(FilmRun(SHORT, seed)) for seed in (0, 1)}
    assert results["0"] == to_the_end(FilmRun(SHORT, 0), pickled=True)
    curves, angles = summarise_films(SHORT, results)
    target = "noise 0.6 correlation 1"
    names = {f"{target} {who}": n for who, n in (("expert", 1), ("k 1", 2), ("k 2", 2))}
    for name, n in names.items():
        assert angles[name].shape == (n, 21, 2)
        assert np.shape(curves["miss"][name]) == (n,)
    starts = [angles[name][:, 0] for name in names]
    np.testing.assert_array_equal(np.concatenate(starts), starts[0].repeat(5, axis=0))
    ends = np.concatenate([angles[name][:, -1] for name in names])
    assert len(np.unique(ends[:, 0])) == 5
    assert (
        results["0"]["films"][f"{target} expert"]
        == (results["1"]["films"][f"{target} expert"])
    )


def test_a_film_shows_the_highest_target_and_says_how_far_the_hand_is():
    """Equation: an arm that stands still misses its target by the same in every step,
    and of eight targets the highest is shown.
    """
    world = make_world("heavy_arm")

    def still(observations, rng):
        return np.zeros((len(observations), 2))

    angles, miss = recorded_film(world, still, 20)
    starts = rollout([world] * 8, still, 1, np.random.default_rng(0)).qpos[:, 0]
    highest = starts[np.argmax(starts[:, 3])]
    np.testing.assert_array_equal(angles[0], highest[:2])
    apart = world.task.hand(highest[None])[0] - highest[2:]
    assert miss == pytest.approx(np.linalg.norm(apart), abs=0.05)


def test_the_grid_of_films_leaves_no_target_out():
    """Conformance: every kind of shift is there weak and strong, and the arm's
    experiment has each of these targets.
    """
    assert len(set(GRID)) == 8
    assert set(GRID) < set(ARM.conditions)


def test_a_variant_changes_one_choice():
    """Conformance: each variant differs from the arm's settings in one choice of the
    method; without branches it records more trajectories instead.
    """
    usual = SETTINGS["heavy_arm"]
    choices = {
        "noise": {"exploration", "trajectories"},
        "none": {"exploration", "trajectories"},
        "correction": {"correction"},
        "skip": {"network"},
        "k 4": set(),
        "long": set(),
    }
    for name, changed in choices.items():
        settings = VARIANTS[name]
        mine, its = vars(settings.transfer), vars(usual.transfer)
        assert {key for key in mine if mine[key] != its[key]} == changed
        assert settings.ks == ((4,) if name == "k 4" else (2,))
        assert set(settings.conditions) < set(usual.conditions)
        assert settings.rounds == (9 if name == "long" else 3)
        assert settings.episodes == usual.episodes
    hopper = VARIANTS["hopper long"]
    assert hopper.rounds == 3 * SETTINGS["hopper"].rounds
    assert hopper.transfer == SETTINGS["hopper"].transfer


def test_variants_are_summarised_by_name():
    """Conformance: a run for each variant and seed, and their tests under the variant's
    name.
    """
    small = smoke_settings(VARIANTS["noise"])
    settings = VariantSettings({"a": small, "b": replace(small, seeds=(1,))}, (0, 1))
    made = variant_runs(settings)
    assert {name: run.seed for name, run in made.items()} == {"a 0": 0, "b 1": 1}
    results = {}
    for name, run in made.items():
        while run.progress < 1:
            run.advance()
        results[name] = run.result()
    curves, arrays = summarise_variants(settings, results)
    assert arrays == {}
    assert set(curves) == {"a", "b"}
    assert np.shape(curves["b"]["gravity 1 k 2"]["returns"]) == (1, 2)
