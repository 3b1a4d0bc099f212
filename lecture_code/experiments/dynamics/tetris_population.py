"""How large must a population be? Tetris without noise, with three population sizes.

The search of the module `tetris`, without noise, for thirty generations. Only the
population N changes: 100 as in the lecture's source, 200 and 500. The elite is always
a tenth, so it holds n_e = 10, 20 and 50 candidates.

Prediction, written down before the runs. The variance of n_e numbers about their own
mean is a share 1 / n_e too small on average. So even a selection by pure chance
multiplies every variance by 1 − 1 / n_e in each generation (`width_by_chance`). What
the selection itself takes from the variances depends on the share ρ of the elite, and ρ
is the same in all arms. So the *ratio* of two widths after t generations should be
((1 − 1 / n_e) / (1 − 1 / n_e'))^(t / 2). After thirty generations a population of 200
should be 2.25 times as wide as a population of 100, and a population of 500 should be
3.6 times as wide. A wider population searches longer, so the larger population should
also score more in the end. It plays two or five times as many games.

Protocol: ten seeds on the board of 10 × 10, where no game is cut off. On the whole
board five seeds of a population of 200, with the cap of `tetris`, whose own searches
without noise are the population of 100. A population of 500 was cut there, because its
games are too long: it would take longer than all other searches together. Nothing is
selected on the runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.dynamics import tetris
from lecture_code.experiments.dynamics.tetris import TetrisRun, TetrisSettings
from lecture_code.experiments.protocol import Experiment, Record


@dataclass(frozen=True)
class PopulationSettings:
    """Which populations search, and how.

    Args:
        seeds: one search for each, in each arm.
        populations: N of each arm.
        search: the rest of each search; `seeds`, `noise` and `population` in it are
            replaced.
    """

    seeds: tuple[int, ...]
    populations: tuple[int, ...] = (100, 200, 500)
    search: TetrisSettings = field(default_factory=TetrisSettings)


def width_by_chance(elites: int, generations: int) -> float:
    """Width of a population that is selected by chance, as a share of the first width.

    The variance of n_e draws is 1 − 1 / n_e of the population's, in each generation.

    Args:
        elites: n_e, the number of candidates that are kept.
        generations: t.
    """
    return float((1 - 1 / elites) ** (generations / 2))


def runs(settings: PopulationSettings) -> dict[str, TetrisRun]:
    """One search for each population and seed."""
    return {
        f"{n}/{seed}": TetrisRun(_search(settings, n), str(n), seed)
        for seed in settings.seeds
        for n in settings.populations
    }


def _search(settings: PopulationSettings, population: int) -> TetrisSettings:
    """The settings of the searches of one arm; the arm is called after its N."""
    arm = {str(population): (0.0, 0.0)}  # no noise
    return replace(
        settings.search, seeds=settings.seeds, noise=arm, population=population
    )


def summarise(
    settings: PopulationSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[np.number]]]:
    """Curves by population and seed, as `tetris` has them by arm; no arrays."""
    arms = {str(n): (0.0, 0.0) for n in settings.populations}
    search = replace(settings.search, seeds=settings.seeds, noise=arms)
    curves, _ = tetris.summarise(search, results)
    return curves, {}


def _smoke(settings: PopulationSettings) -> PopulationSettings:
    """Settings under which the whole path takes a second."""
    search = tetris.smoke(settings.search)
    return replace(settings, seeds=(0, 1), populations=(20, 40), search=search)


SMALL = PopulationSettings(
    seeds=tuple(range(20, 30)),
    search=replace(tetris.SMALL, generations=30, test_every=5),
)
FULL = PopulationSettings(
    seeds=tuple(range(20, 25)),
    populations=(200,),
    search=replace(tetris.FULL, generations=30, test_every=5),
)

EXPERIMENTS = (
    Experiment("tetris_population", FULL, _smoke(FULL), runs, summarise),
    Experiment("tetris_population_10x10", SMALL, _smoke(SMALL), runs, summarise),
)
