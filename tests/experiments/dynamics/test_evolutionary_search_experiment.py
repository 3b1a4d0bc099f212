"""What must hold of the comparison of searches: it was fair, and it is what its chapter
says.
"""

from dataclasses import replace

import numpy as np
import pytest

from lecture_code.experiments import load_result
from lecture_code.experiments.dynamics.evolutionary_search.comparison import (
    BEYOND,
    CHOSEN,
    COMPARISON,
    CURVES,
    METHODS,
    TRIED,
    TUNING,
    EvolutionSettings,
    SearchRun,
    summarise,
    told,
    width,
)
from lecture_code.search import CMAES, AugmentedRandomSearch, CrossEntropyMethod
from lecture_code.simulation import rollout

SHORT = EvolutionSettings(
    seeds=(0,), evaluations=20, horizon=5, test_every=10, tests=2, final=3
)


def test_each_method_runs_the_setting_that_won_its_tuning():
    """Conformance: the comparison's settings are those with the best median final
    return in the committed tuning, and nothing beyond its edges did better.
    """
    tuning = load_result("evolutionary_search_tuning")
    beyond = load_result("evolutionary_search_edges").curves
    assert set(tuning.curves) == set(METHODS) > set(beyond) == set(BEYOND)
    for method, tried in TRIED.items():
        medians = [np.median(found["final"]) for found in tuning.curves[method]]
        assert CHOSEN[method] == tried[int(np.argmax(medians))]
        for entry in beyond.get(method, []):
            assert np.median(entry["final"]) < max(medians)


def test_all_methods_had_the_same():
    """Conformance: as many settings, evaluations and seeds for each method, and no seed
    of the tuning in the comparison.
    """
    assert len({len(tried) for tried in TRIED.values()}) == 1
    assert not set(TUNING.seeds) & set(COMPARISON.seeds)
    for name in ("evolutionary_search", "evolutionary_search_tuning"):
        result = load_result(name)
        for found in (setting for tried in result.curves.values() for setting in tried):
            assert len(found["final"]) == len(result.seeds)
            spent = [run[-1] for run in found["evaluations"]]
            assert (
                min(spent) >= result.settings["evaluations"] > max(spent) - 40
            )  # over by less than a generation


def test_every_method_learns_something():
    """Learning: within the budget every method's median expert runs, from a policy that
    stands still.
    """
    for found in load_result("evolutionary_search").curves.values():
        assert np.median(found[0]["final"]) > 300 > 10 > abs(found[0]["returns"][0][0])


@pytest.fixture
def finished():
    """A short run of CEM, ten candidates a generation, two generations."""
    run = SearchRun(
        SHORT,
        "cross-entropy method",
        {"sigma": 0.5, "population": 10, "elite": 0.2},
        seed=3,
    )
    while run.progress < 1:
        run.advance()
    return run


def test_what_is_reported_is_the_mean_policy_on_fresh_episodes(finished):
    """Oracle: looks and final test are the mean return of the search's mean over whole
    episodes and over their first steps, each with starts of its own.
    """
    policy = finished.f.policy(finished.search.mean)

    def by_hand(episodes, seed, steps=1000):
        return rollout(
            [finished.f.world] * episodes, policy, steps, np.random.default_rng(seed)
        ).returns.mean()

    def first_steps(episodes, seed):
        return by_hand(episodes, seed, finished.settings.horizon)

    result = finished.result()
    assert result["final_short"] == pytest.approx(first_steps(3, 20_000))
    assert result["returns_short"][-1] == pytest.approx(first_steps(2, 10_000))
    assert result["evaluations"] == [0, 10, 20]
    assert result["returns"][-1] == pytest.approx(by_hand(2, 10_000))
    assert result["final"] == pytest.approx(by_hand(3, 20_000))
    assert result["final"] != pytest.approx(result["returns"][-1])
    assert result["width"][0] == 0.5 > result["width"][-1]


def test_only_power_is_told_no_negative_return():
    """Conformance: PoWER is told 0 for a negative return, and everybody else the
    return.
    """
    returns = np.array([-3.0, 0.0, 2.0])
    for method in METHODS:
        assert told(method, returns).tolist() == (
            [0.0, 0.0, 2.0] if method == "PoWER" else [-3.0, 0.0, 2.0]
        )


def test_the_summary_keeps_methods_settings_and_seeds_apart():
    """Conformance: the curves of a run stand under its method, setting and seed."""
    settings = replace(
        SHORT, seeds=(0, 1), methods={name: tried[:2] for name, tried in TRIED.items()}
    )
    names = (*CURVES, "final", "final_short")
    keys = [
        f"{method}/{i}/{seed}"
        for method in settings.methods
        for i in (0, 1)
        for seed in settings.seeds
    ]
    curves, _ = summarise(
        settings, {key: {name: f"{key} {name}" for name in names} for key in keys}
    )
    for method in settings.methods:
        for i in (0, 1):
            assert curves[method][i] == {
                name: [f"{method}/{i}/{seed} {name}" for seed in settings.seeds]
                for name in names
            }


def test_the_width_of_a_population():
    """Equation: root mean square of the standard deviations, whole covariance, diagonal
    or fixed noise alike.
    """
    cem = CrossEntropyMethod(np.zeros(2), np.array([3.0, 4.0]))
    assert width(cem) == pytest.approx(np.sqrt(12.5))
    assert width(CMAES(np.zeros(2), 0.3)) == pytest.approx(0.3)
    assert width(AugmentedRandomSearch(np.zeros(2), noise=0.2)) == 0.2
