"""What must hold of the comparison of searches: it was fair, and it is what its chapter says."""

import numpy as np

from lecture_code.experiments import load_result
from lecture_code.experiments.evolutionary_search import CHOSEN, COMPARISON, METHODS, TRIED, TUNING


def test_each_method_runs_the_setting_that_won_its_tuning():
    """Conformance: the comparison's settings are those with the best median final return in the committed tuning."""
    tuning = load_result("evolutionary_search_tuning")
    assert set(tuning.curves) == set(METHODS)
    for method, tried in TRIED.items():
        medians = [np.median(found["final"]) for found in tuning.curves[method]]
        assert CHOSEN[method] == tried[int(np.argmax(medians))]


def test_all_methods_had_the_same():
    """Conformance: as many settings, evaluations and seeds for each method, and no seed of the tuning in the comparison."""
    assert len({len(tried) for tried in TRIED.values()}) == 1
    assert not set(TUNING.seeds) & set(COMPARISON.seeds)
    for name in ("evolutionary_search", "evolutionary_search_tuning"):
        result = load_result(name)
        for found in (setting for tried in result.curves.values() for setting in tried):
            assert len(found["final"]) == len(result.seeds)
            spent = [run[-1] for run in found["evaluations"]]
            assert min(spent) >= result.settings["evaluations"] > max(spent) - 40  # over by less than a generation


def test_every_method_learns_something():
    """Learning: within the budget every method's median expert runs, from a policy that stands still."""
    for found in load_result("evolutionary_search").curves.values():
        assert np.median(found[0]["final"]) > 300 > 10 > abs(found[0]["returns"][0][0])
