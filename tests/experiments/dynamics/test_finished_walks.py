"""What must hold of the comparison of groundings from finished walks: where it starts,
what each method may differ in, and what its errors are measured on.
"""

from dataclasses import replace

import numpy as np
import pytest

from lecture_code.dynamics.grounded_action_transformation import (
    exploring_rollout,
    ground_actions,
    one_step_error,
)
from lecture_code.experiments import find_experiment, load_arrays, load_result
from lecture_code.experiments.dynamics.grounded_action_transformation import (
    finished,
    starts,
    thirty,
)
from lecture_code.experiments.dynamics.grounded_action_transformation.trials import (
    TrialRun,
)

SMALL = replace(
    find_experiment("grounding_finished").smoke,
    methods=finished.METHODS,
    real=finished.COMPARISON.real,
)
LATE = "late and slack"


def run_out(run):
    while run.progress < 1:
        run.advance()
    return run


@pytest.fixture(scope="module")
def trial():
    """A short trial of all methods from a finished walk."""
    return run_out(TrialRun(SMALL, LATE, 0))


def test_a_trial_starts_from_the_finished_walk_of_its_seed(trial):
    """Conformance: θ₀ is the committed walk of the seed, and other seeds have others;
    a seed without a walk is refused by name.
    """
    seeds = load_result("grounding_starts").seeds
    thetas = load_arrays("grounding_starts")["theta"]
    assert np.array_equal(trial.theta, thetas[seeds.index(0)])
    assert not np.array_equal(trial.theta, TrialRun(SMALL, LATE, 1).theta)
    with pytest.raises(
        ValueError, match=r"no finished walk of seed 77; there are.*100"
    ):
        starts.finished_walk(77)


def test_the_walks_are_those_of_the_searches():
    """Equation: a search gives the mean of its generation `generations` as θ₀, also
    when it goes on; it is tested every `every` generations.
    """
    settings = starts.StartSettings(
        (0,), (0,), 2, most=6, every=2, episodes=1, population=4, horizon=15
    )
    longer = run_out(starts.StartRun(settings, 0))
    shorter = run_out(starts.StartRun(replace(settings, longer=()), 0))
    assert np.array_equal(longer.result()["theta"], shorter.result()["theta"])
    assert len(longer.returns) == 3 and len(shorter.returns) == 1
    assert longer.returns[0] == shorter.returns[0]
    assert not np.array_equal(longer.turn.candidates[-1], longer.result()["theta"])


def test_the_rival_spends_two_generations_and_the_others_their_own(trial):
    """Conformance: the rival tries the means of its two generations, and the other
    methods try the mean of each of theirs.
    """
    longer = replace(SMALL, generations=3)
    methods = {
        name: finished.METHODS[name] for name in (finished.RIVAL, "no grounding")
    }
    run = run_out(TrialRun(replace(longer, methods=methods), LATE, 0))
    outcomes = run.result()["methods"]
    assert len(outcomes[finished.RIVAL]["robot"]) == 2
    assert len(outcomes["no grounding"]["robot"]) == 3


def test_a_width_changes_the_search():
    """Negative control: the same method with another width of its first generation
    finds other walks, and with the same width the same walks.
    """
    methods = {
        "narrow": {"kind": "none", "width": 0.05},
        "again": {"kind": "none", "width": 0.05},
        "wide": {"kind": "none", "width": 0.2},
    }
    run = run_out(TrialRun(replace(SMALL, methods=methods), LATE, 0))
    own = {name: outcome["own"] for name, outcome in run.result()["methods"].items()}
    assert own["narrow"] == own["again"] != own["wide"]


def test_the_error_is_measured_on_recordings_that_were_not_fitted(trial):
    """Oracle: the error of each method's world on two recordings of θ₀, drawn apart
    from those of the models.
    """
    how = replace(SMALL.grounding, trajectories=2, horizon=SMALL.horizon)
    walk = trial.controller(trial.theta)
    held = exploring_rollout(trial.real, walk, how, np.random.default_rng([0, 5]))
    fitted, _ = trial._recordings()
    assert not np.array_equal(held.actions[0], fitted.actions[0])
    for name in ("no grounding", "GAT with memory"):
        world = trial.ground(finished.METHODS[name])
        error = one_step_error(world, held, np.random.default_rng(0))
        outcome = trial.result()["methods"][name]
        assert outcome["start_error"] == pytest.approx(error)


def test_the_models_are_fitted_once_for_all_alphas(trial):
    """Invariance: with another α a trial takes the models that a fit of its own would
    give, and its own α.
    """
    other = {"kind": "actions", "alpha": 0.3, "memory": 0}
    g = trial.ground(other).transform
    *_, rng = np.random.default_rng([trial.seed, 2]).spawn(3)
    settings = replace(SMALL.grounding, alpha=0.3, memory=0)
    fresh = ground_actions(trial.simulator, *trial._recordings(), rng, settings)
    x = np.random.default_rng(0).standard_normal((5, len(g.forward.inputs.mean)))
    assert (
        g.alpha == 0.3 and trial.ground(finished.METHODS["GAT"]).transform.alpha == 0.5
    )
    assert np.array_equal(g.forward(x), fresh.forward(x))


def test_the_further_trials_change_what_they_name_and_nothing_else():
    """Conformance: twenty other seeds, and thirty generations for the old; all else
    is as in the comparison of ten trials.
    """
    comparison = finished.COMPARISON
    assert replace(thirty.MORE, seeds=comparison.seeds, methods={}) == replace(
        comparison, methods={}
    )
    known = {**finished.METHODS, **finished.RIVAL_COMPARISON.methods}
    assert {*thirty.LECTURE, finished.RIVAL, finished.LONG_RIVAL} == set(
        thirty.MORE.methods
    )
    assert (*comparison.seeds, *thirty.MORE.seeds) == tuple(range(30))
    assert replace(thirty.LONG, generations=10, methods={}) == replace(
        comparison, methods={}
    )
    assert thirty.LONG.generations == 30
    for settings in (thirty.MORE, thirty.LONG):
        assert all(known[name] == how for name, how in settings.methods.items())
        assert set(thirty.LECTURE) <= set(settings.methods)


def test_the_new_first_walks_are_searched_as_the_old_ones():
    """Conformance: θ₀ is taken after as many generations of the same search; only the
    length after that, the tests and the seeds differ; the old seeds keep their walks.
    """
    new, old = thirty.MORE_STARTS, starts.STARTS
    kept = ("generations", "every", "population", "horizon")
    assert all(getattr(new, name) == getattr(old, name) for name in kept)
    assert set(new.longer) == set(new.seeds) and not set(new.seeds) & set(old.seeds)
    assert new.most == 130 and new.episodes == 40
    for name, seed in (("grounding_starts", 3), ("grounding_starts_more", 12)):
        theta = load_arrays(name)["theta"][load_result(name).seeds.index(seed)]
        assert np.array_equal(starts.finished_walk(seed), theta)
