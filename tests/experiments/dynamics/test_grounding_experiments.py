"""What must hold of the comparison of groundings: it was fair, and it is what its
chapter says.
"""

from dataclasses import replace

import numpy as np
import pytest

from lecture_code.dynamics.grounded_action_transformation import (
    ActionTransformation,
    exploring_rollout,
    one_step_error,
)
from lecture_code.experiments import (
    find_experiment,
    load_arrays,
    load_policy,
    load_result,
)
from lecture_code.experiments.dynamics.grounded_action_transformation import methods
from lecture_code.experiments.dynamics.grounded_action_transformation.models import (
    ModelRun,
)
from lecture_code.experiments.dynamics.grounded_action_transformation.trials import (
    TrialRun,
    TrialSettings,
)
from lecture_code.experiments.dynamics.grounded_action_transformation.walks import (
    first_walk,
    hand_made,
    walk_engine,
)
from lecture_code.experiments.dynamics.real_worlds import real_world
from lecture_code.learning.regression import RegressionSettings, fit
from lecture_code.simulation import make_world, rollout

CHOSEN, METHODS, TRIED = methods.CHOSEN, methods.METHODS, methods.TRIED
REAL, TUNING_REAL = methods.REAL, methods.TUNING_REAL
COMPARISON, TUNING = methods.COMPARISON, methods.TUNING
SMALL = find_experiment("grounding_models").smoke
QUICK = RegressionSettings(epochs=1)
TINY = replace(
    COMPARISON,
    seeds=(0,),
    start_generations=1,
    generations=4,
    population=4,
    horizon=15,
    evaluation_episodes=2,
    test_episodes=3,
    grounding=replace(
        COMPARISON.grounding, trajectories=2, forward=QUICK, inverse=QUICK
    ),
)


def run_out(run):
    while run.progress < 1:
        run.advance()
    return run


@pytest.fixture(scope="module")
def trial():
    """A short trial of all methods on the robot that is late and slack."""
    return run_out(TrialRun(TINY, "late and slack", 0))


def test_each_method_runs_the_setting_that_won_its_tuning():
    """Conformance: the comparison's settings are those with the best mean final return
    in the committed tuning.
    """
    tuning = load_result("grounding_tuning")
    for method, tried in TRIED.items():
        means = [
            np.mean(
                [tuning.curves[real][f"{method}/{i}"]["final"] for real in TUNING_REAL]
            )
            for i in range(len(tried))
        ]
        assert CHOSEN[method] == METHODS[method] == tried[int(np.argmax(means))]


def test_the_comparison_is_fair():
    """Conformance: as many settings for each method that has one; tuned on other robots
    and other seeds; the same number of looks for all.
    """
    assert len({len(tried) for tried in TRIED.values()}) == 1
    assert not set(TUNING.seeds) & set(COMPARISON.seeds)
    assert not set(TUNING_REAL) & set(REAL)
    assert all(TUNING_REAL[a] != REAL[b] for a in TUNING_REAL for b in REAL)
    result = load_result("grounding")
    assert len(result.seeds) >= 10 and set(result.curves) == set(REAL)
    seeds = len(result.seeds)
    for curves in result.curves.values():
        assert set(curves) == {"start", *METHODS} and len(curves["start"]) == seeds
        for method in METHODS:
            looks, final = curves[method]["robot"], curves[method]["final"]
            assert np.shape(looks) == (seeds, COMPARISON.generations)
            assert len(final) == seeds


def test_the_positive_control_succeeds():
    """Learning: on the robot itself every trial of the walk engine finds a better walk
    than θ₀, on both robots.
    """
    for curves in load_result("grounding").curves.values():
        assert (np.array(curves["robot"]["final"]) > np.array(curves["start"])).all()


def test_all_methods_begin_with_the_same_walk_and_the_same_draws(trial):
    """Invariance: "no grounding" twice, under two names, gives the same numbers; θ₀
    comes from the simulator alone, the same for all robots.
    """
    plain = METHODS["no grounding"]
    twice = replace(TINY, methods={"first": plain, "second": plain})
    outcomes = run_out(TrialRun(twice, "late and slack", 0)).result()["methods"]
    expected = trial.result()["methods"]["no grounding"]["robot"]
    assert outcomes["first"]["robot"] == outcomes["second"]["robot"] == expected
    elsewhere = run_out(TrialRun(twice, "wrong parameters", 0))
    assert np.array_equal(elsewhere.theta, trial.theta)
    walk = first_walk(0, TINY.start_generations, TINY.population, TINY.horizon)
    assert np.array_equal(trial.theta, walk)


def test_what_is_reported_is_the_best_generation_on_other_starts(trial):
    """Oracle: evaluations, the best generation and the final tests, by hand."""
    engine = walk_engine()
    real = real_world(REAL["late and slack"])

    def returns_of(theta, episodes, start):
        worlds = [real] * episodes
        rng = np.random.default_rng(start)
        return rollout(worlds, engine.at(theta), TINY.horizon, rng).returns

    def by_hand(theta):
        return returns_of(theta, 3, 20_000).mean()

    result = trial.result()
    outcomes = result["methods"].values()
    best = {outcome["best"] for outcome in outcomes}
    assert best != {TINY.generations}  # the set-up has an early best
    assert result["start"] == pytest.approx(by_hand(trial.theta))
    for outcome in outcomes:
        assert outcome["best"] == 1 + int(np.argmax(outcome["robot"]))
        returns = returns_of(outcome["theta"], 2 * TINY.generations, 10_000)
        i = 2 * (outcome["best"] - 1)  # its two episodes have these random streams
        assert max(outcome["robot"]) == pytest.approx(returns[i : i + 2].mean())
        assert outcome["final"] == pytest.approx(by_hand(outcome["theta"]))
        assert outcome["final"] != pytest.approx(max(outcome["robot"]))


def test_each_method_searches_in_its_own_world(trial):
    """Conformance: noise in the noise envelope, other knobs with parameters, g with its
    α and memory for GAT, and the robot for the control.
    """
    worlds = {name: trial.ground(method) for name, method in METHODS.items()}
    sim = make_world("half_cheetah")
    real = real_world(REAL["late and slack"])
    assert worlds["no grounding"].values == sim.values
    assert worlds["robot"].values == real.values
    noisy = sim.change(motor_noise=CHOSEN["noise envelope"]["std"])
    assert worlds["noise envelope"].values == noisy.values
    identified = worlds["parameters"].values
    changed = {knob for knob, value in identified.items() if value != sim.values[knob]}
    assert changed <= {"torso_mass", "damping"}
    for name in ("GAT", "GAT with memory"):
        g = worlds[name].transform
        assert isinstance(g, ActionTransformation) and worlds[name].values == sim.values
        assert (g.alpha, g.memory) == (METHODS[name]["alpha"], METHODS[name]["memory"])
    transformed = [name for name in worlds if worlds[name].transform is not None]
    assert transformed == ["GAT", "GAT with memory"]


def test_the_error_is_that_of_the_world_that_is_searched(trial):
    """Oracle: by hand, on the first look of the last generation's walk."""
    settings = replace(TINY, methods={"GAT": METHODS["GAT"]})
    run = run_out(TrialRun(settings, "late and slack", 0))
    n = TINY.evaluation_episodes
    evaluations = run.episodes(np.stack(run.turn.candidates), n, 10_000)
    last = evaluations[n * (TINY.generations - 1)]
    outcome = run.result()["methods"]["GAT"]
    error = one_step_error(run.turn.world, last, np.random.default_rng(0))
    plain_error = one_step_error(run.simulator, last, np.random.default_rng(0))
    assert outcome["error"][-1] == pytest.approx(error)
    assert outcome["plain_error"][-1] == pytest.approx(plain_error)
    assert not trial.result()["methods"]["noise envelope"]["error"]


def test_the_summary_keeps_robots_methods_and_seeds_apart():
    """Conformance: what each run found stands under its own robot and method, in the
    order of the seeds.
    """
    settings = TrialSettings((3, 1), REAL, METHODS)
    names = ("robot", "own", "error", "plain_error", "best", "final")
    number = iter(np.arange(1000.0))

    def outcome():
        curves = {name: next(number) for name in names}
        return {**curves, "theta": np.full(2, next(number))}

    def made_up():
        start = next(number)
        theta = np.full(2, next(number))
        outcomes = {method: outcome() for method in METHODS}
        return {"start": start, "theta": theta, "methods": outcomes}

    results = {
        f"{real}/{seed}": made_up() for real in settings.real for seed in settings.seeds
    }
    curves, arrays = methods.summarise(settings, results)
    for i, real in enumerate(settings.real):
        both = [results[f"{real}/{seed}"] for seed in (3, 1)]
        assert curves[real]["start"] == [run["start"] for run in both]
        for method in METHODS:
            outcomes = [run["methods"][method] for run in both]
            expected = {name: [each[name] for each in outcomes] for name in names}
            assert curves[real][method] == expected
            thetas = [each["theta"] for each in outcomes]
            assert np.array_equal(arrays[f"{method}/{i}"], thetas)


def test_models_survive_being_written_as_tables():
    """Equation: with the arrays of the documented layout, in single precision, a reader
    computes what the model says.
    """
    rng = np.random.default_rng(0)
    x = rng.standard_normal((50, 23))
    targets = np.tanh(x @ rng.standard_normal((23, 17)))
    model = fit(x, targets, rng, RegressionSettings(epochs=2))
    tables = methods.tables("forward", model)
    t = {
        name.removeprefix("forward/"): array.astype(np.float32)
        for name, array in tables.items()
    }
    z = (x - t["input_mean"]) / t["input_std"]
    h = np.tanh(np.tanh(z @ t["W0"] + t["b0"]) @ t["W1"] + t["b1"])
    outputs = h @ t["W2"] + t["b2"] + z @ t["skip"]
    y = t["target_mean"] + t["target_std"] * outputs
    np.testing.assert_allclose(y, model(x), atol=1e-4)


def test_a_page_can_run_the_feedback_trial_by_itself():
    """Conformance: the committed arrays hold the policies and both models of the first
    trial, in single precision, within 200 kB.
    """
    arrays = load_arrays("grounding_feedback")
    policy = load_policy("half_cheetah", seed=methods.FEEDBACK.seeds[0])
    np.testing.assert_allclose(arrays["theta_0/0"][0], policy.theta, rtol=1e-6)
    np.testing.assert_allclose(arrays["mean"], policy.standardiser.mean, rtol=1e-6)
    assert arrays["GAT/0"].shape == (len(methods.FEEDBACK.seeds), 102)
    assert arrays["forward/W0"].shape == (23, 64)
    assert arrays["inverse/W2"].shape == (64, 6)
    assert all(array.dtype == np.float32 for array in arrays.values())
    assert sum(array.nbytes for array in arrays.values()) < 200_000


def test_measurements_are_taken_on_recordings_that_were_not_fitted():
    """Oracle: with α = 0 the error is the plain simulator's on fresh recordings, and
    the return that of the simulator; the robot's return is the robot's.
    """
    run = run_out(ModelRun(SMALL, 0))
    record = run.result()["damping/0/0.75"]
    walk = walk_engine().at(run.theta)
    sim = make_world("half_cheetah")
    real = real_world({"damping": 0.75})
    horizon = SMALL.grounding.horizon

    def by_hand(world):
        worlds = [world] * SMALL.episodes
        rng = np.random.default_rng(30_000)
        return rollout(worlds, walk, horizon, rng).returns.mean()

    assert record["real"] == pytest.approx(by_hand(real))
    assert record["return"][0] == pytest.approx(by_hand(sim))
    how = replace(SMALL.grounding, trajectories=SMALL.test_trajectories)
    held = exploring_rollout(real, walk, how, np.random.default_rng([0, 4]))
    error = one_step_error(sim, held, np.random.default_rng(0))
    assert record["error"][0] == pytest.approx(error)
    assert record["error"][1] != record["error"][0]


def test_a_hand_made_walk_moves_every_motor_alike():
    """Equation: with θ of `hand_made` all motors swing in step with an amplitude of
    0.4.
    """
    walk = walk_engine().at(hand_made())
    actions = np.array([walk.action(t)[0] for t in range(40)])
    assert np.ptp(actions, axis=1).max() == 0
    assert np.abs(actions).max() == pytest.approx(0.4, abs=0.01)
