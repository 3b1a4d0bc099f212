"""What must hold of the Hopper's education."""

from dataclasses import replace

import numpy as np

from lecture_code.dynamics.evolutionary_search import EpisodeReturn, train
from lecture_code.experiments import load_arrays, load_result
from lecture_code.experiments.dynamics.evolutionary_search.education import (
    SMOKE,
    EducationRun,
)
from lecture_code.search import AugmentedRandomSearch
from lecture_code.simulation import make_world

SHORT = replace(SMOKE, seeds=(4,), stored_generations=(0, 1, 3), directions=16, top=8)


def test_it_is_the_notebooks_training():
    """Oracle: the policies that are kept are those of the chapter's own `train`, with
    the same search and the same seed, bit for bit.
    """
    run = EducationRun(SHORT, 4)
    while run.progress < 1:
        run.advance()
    f = EpisodeReturn(make_world("hopper"), SHORT.horizon, survival=1.0)
    search = AugmentedRandomSearch(np.zeros(f.size), step=0.05, noise=0.05, top=8)
    policies = {}
    for progress in train(search, f, np.random.default_rng(4)):
        policies[progress.generation] = progress.policy
        if progress.generation == 3:
            break
    kept = run.result()
    for row, generation in ((1, 1), (2, 3)):
        policy = policies[generation]
        assert np.array_equal(kept["theta"][row], policy.theta)
        assert np.array_equal(kept["mean"][row], policy.standardiser.mean)
        assert np.array_equal(kept["std"][row], policy.standardiser.std)


def test_it_begins_with_nothing():
    """Limit: generation 0 is the policy that does nothing, without any step made."""
    run = EducationRun(SHORT, 4)
    result = run.result()
    assert not result["theta"].any() and result["steps"][0] == 0 and run.progress == 0


def test_the_committed_education_leads_somewhere():
    """Learning with a negative control: the seed that the book shows begins below 200
    and ends above 2,500; a policy is kept for each seed and generation.
    """
    result, arrays = load_result("hopper_education"), load_arrays("hopper_education")
    mine = result.curves["returns"][result.seeds.index(4)]
    assert mine[0] < 200 and mine[-1] > 2500
    kept = len(result.settings["stored_generations"])
    assert arrays["theta"].shape == (len(result.seeds), kept, 33)
