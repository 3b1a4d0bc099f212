"""What must hold of the searches with three sizes of a population."""

from dataclasses import replace

import numpy as np
import pytest

from lecture_code.experiments import run_experiment
from lecture_code.experiments.dynamics.tetris import SMALL as NOISY
from lecture_code.experiments.dynamics.tetris_population import (
    EXPERIMENTS,
    SMALL,
    runs,
    width_by_chance,
)
from lecture_code.search import CrossEntropyMethod


def test_the_arms_differ_in_the_population_alone() -> None:
    """Conformance: no noise, an elite of a tenth, the board and the cap of `tetris`;
    seeds that no other search of the chapter had.
    """
    for name, run in runs(SMALL).items():
        population = int(name.split("/")[0])
        assert run.search.population == population
        assert run.search.elites == population // 10
        assert [run.search.noise_at(t) for t in (0, 29)] == [0, 0]
        assert (run.settings.height, run.settings.cap) == (NOISY.height, NOISY.cap)
        assert run.settings.generations == 30
    assert len(SMALL.seeds) >= 5 and not set(SMALL.seeds) & set(NOISY.seeds)


def test_chance_narrows_a_population_as_predicted() -> None:
    """Oracle: where all returns are random numbers, the mean variance of many
    parameters is after five generations what `width_by_chance` says, for two sizes.
    """
    for population in (100, 200):
        search = CrossEntropyMethod(np.zeros(20_000), 1.0, population, 0.1)
        rng = np.random.default_rng(population)
        for _ in range(5):
            search.tell(search.ask(rng), rng.random(population))
        width = np.sqrt(search.covariance.mean())
        assert width == pytest.approx(width_by_chance(search.elites, 5), rel=0.02)
    assert width_by_chance(10, 30) == pytest.approx(0.9**15)


def test_each_population_has_curves_of_its_own(tmp_path) -> None:
    """Conformance: the smoke run gives widths, lines and summaries by population, and
    the larger population plays more games.
    """
    experiment = EXPERIMENTS[1]
    quick = replace(experiment, settings=experiment.smoke)
    result, _ = run_experiment(quick, out=tmp_path, workers=1, bar=False)
    few, many = (result.curves[n] for n in ("20", "40"))
    assert np.array(few["std"]).shape == np.array(many["std"]).shape == (2, 4)
    assert sum(many["pieces"]) > 1.3 * sum(few["pieces"])
    assert few["std"] != many["std"]
