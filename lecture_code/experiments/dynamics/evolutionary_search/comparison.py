"""Six searches for a HalfCheetah's policy at equal evaluations.

The full-scale runs behind the chapter *Evolutionary search*.
`evolutionary_search_tuning` tries six settings of each method: three widths of the
population times two values of a setting that its papers leave open. For three methods
the best value of a number was the largest that was tried: σ = 0.1 of CEM and of PoWER,
β = 0.1 of RWR. `evolutionary_search_edges` goes on beyond these edges (`BEYOND`), with
the seeds and the evaluations of the tuning: three times the value.
`evolutionary_search` runs each method's best setting of both, `CHOSEN`, with fresh
seeds and five times the evaluations. So nothing was chosen on the runs that are
reported. Three methods had one trial more than the others, and a test checks that no
chosen σ or β lies at an edge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.evolutionary_search import EpisodeReturn
from lecture_code.experiments.dynamics.experts import early_return
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.search import (
    CMAES,
    PI2,
    AugmentedRandomSearch,
    CrossEntropyMethod,
    PoWER,
    RewardWeightedRegression,
    Search,
    next_generation,
)
from lecture_code.simulation import make_world

Array = NDArray[np.float64]
Options = Mapping[str, Any]

METHODS = {
    "cross-entropy method": CrossEntropyMethod,
    "RWR": RewardWeightedRegression,
    "PoWER": PoWER,
    "PI²": PI2,
    "CMA-ES": CMAES,
    "augmented random search": AugmentedRandomSearch,
}
"""The methods by the names under which the book draws them."""

CURVES = ("evaluations", "returns", "returns_short", "width")
POPULATION = 40
_SIGMAS = (0.01, 0.03, 0.1)


def _grid(*others: Options) -> list[dict[str, Any]]:
    return [
        {"sigma": sigma, "population": POPULATION, **other}
        for other in others
        for sigma in _SIGMAS
    ]


TRIED: dict[str, list[dict[str, Any]]] = {
    "cross-entropy method": [
        {**options, "elite": 0.25, "noise": noise * options["sigma"] ** 2}
        for noise in (0.0, 0.1)
        for options in _grid({})
    ],
    "RWR": _grid(
        {"beta": 0.03, "covariance_update": "fixed"},
        {"beta": 0.1, "covariance_update": "fixed"},
    ),
    "PoWER": _grid({"reuse": None}, {"reuse": 20}),
    "PI²": _grid(
        {"h": 10.0, "covariance_update": "fixed", "decay": 0.99},
        {"h": 10.0, "covariance_update": "cma", "decay": 0.9},
    ),
    "CMA-ES": _grid({}, {"population": None}),
    "augmented random search": [
        {"noise": noise, "step": noise, "directions": POPULATION // 2, "top": top}
        for top in (None, POPULATION // 4)
        for noise in _SIGMAS
    ],
}
"""What the tuning tries; two of RWR's temperatures, for returns of some hundreds."""

BEYOND: dict[str, list[dict[str, Any]]] = {
    "cross-entropy method": [
        {"sigma": 0.3, "population": POPULATION, "elite": 0.25, "noise": 0.0}
    ],
    "RWR": [
        {
            "sigma": 0.03,
            "population": POPULATION,
            "beta": 0.3,
            "covariance_update": "fixed",
        }
    ],
    "PoWER": [{"sigma": 0.3, "population": POPULATION, "reuse": None}],
}
"""What is tried beyond the edges at which the tuning ended."""

_BEST = {
    "cross-entropy method": 2,
    "RWR": 4,
    "PoWER": 2,
    "PI²": 4,
    "CMA-ES": 4,
    "augmented random search": 4,
}
CHOSEN = {name: TRIED[name][best] for name, best in _BEST.items()}
"""The best setting of each method in `evolutionary_search_tuning`, by the median over
its seeds; a test compares.
"""


@dataclass(frozen=True)
class EvolutionSettings:
    """Which searches, and how long.

    Args:
        seeds: one run of every method and setting each.
        methods: name in `METHODS` -> its settings to run.
        evaluations: episodes of a run.
        horizon: control steps of an episode.
        test_every: evaluations between two looks at the mean policy.
        tests: episodes of a look, of 1000 control steps; they do not count as
            evaluations.
        final: episodes of the test after the last generation, with other starts than
            the looks; they do not count either.
    """

    seeds: tuple[int, ...]
    evaluations: int
    methods: Mapping[str, list[dict[str, Any]]] = field(
        default_factory=lambda: dict(TRIED)
    )
    horizon: int = 250
    test_every: int = 200
    tests: int = 4
    final: int = 20


class SearchRun:
    """One search with one setting from one seed."""

    def __init__(
        self, settings: EvolutionSettings, method: str, options: Options, seed: int
    ) -> None:
        self.settings = settings
        self.method = method
        self.rng = np.random.default_rng(seed)
        self.f = EpisodeReturn(make_world("half_cheetah"), settings.horizon, threads=1)
        self.search: Search = METHODS[method](np.zeros(self.f.size), **options)
        self.evaluations = 0
        self.curve: dict[str, list[float]] = {
            "evaluations": [],
            "returns": [],
            "returns_short": [],
            "width": [],
        }

    @property
    def progress(self) -> float:
        """Share of the evaluations that are spent."""
        return min(1.0, self.evaluations / self.settings.evaluations)

    def advance(self) -> Record:
        """One generation; before the first, a look at the policy of the beginning."""
        if not self.evaluations:
            self._look()
        generation = next_generation(self.search, self._evaluate, self.rng)
        looks = self.evaluations // self.settings.test_every
        self.evaluations += len(generation.thetas)
        if self.evaluations // self.settings.test_every > looks or self.progress == 1:
            self._look()
        return {"evaluations": self.evaluations, "early_return": self.early}

    def result(self) -> Record:
        """The learning curve and the final test."""
        whole, short = self.test(self.settings.final, 20_000)
        return {**self.curve, "final": whole, "final_short": short}

    def _evaluate(self, thetas: Array, rng: np.random.Generator) -> Array:
        returns = self.f(thetas, rng)
        batch = self.f.last
        self.f.last = None  # a checkpoint need not hold it
        assert batch is not None
        self.early = early_return(batch)
        return told(self.method, returns)

    def _look(self) -> None:
        self.curve["evaluations"].append(self.evaluations)
        whole, short = self.test(self.settings.tests, 10_000)
        self.curve["returns"].append(whole)
        self.curve["returns_short"].append(short)
        self.curve["width"].append(width(self.search))

    def test(self, episodes: int, start: int) -> tuple[float, float]:
        """Mean return of the mean policy over whole episodes whose starts (by the seed
        `start`) are the same for all methods and trainings, and over their first
        `horizon` steps, the length of an episode in the search.
        """
        whole = EpisodeReturn(self.f.world, 1000, threads=1)
        policy = self.f.policy(self.search.mean)
        rng = np.random.default_rng(start)
        batch = whole.episodes(policy, episodes, rng)
        short = batch.rewards[:, : self.settings.horizon].sum(axis=1)
        return float(batch.returns.mean()), float(short.mean())


def told(method: str, returns: Array) -> Array:
    """The returns (N,) as the method is told them.

    PoWER weighs by the return itself, so a negative return counts as 0.
    """
    return np.maximum(returns, 0) if method == "PoWER" else returns


def width(search: Any) -> float:
    """Standard deviation of a search's candidates, root mean square over parameters."""
    if isinstance(search, AugmentedRandomSearch):
        return float(search.noise)
    covariance = np.asarray(search.covariance)
    variances = np.diag(covariance) if covariance.ndim == 2 else covariance
    return float(np.sqrt(np.mean(variances)))


def runs(settings: EvolutionSettings) -> dict[str, SearchRun]:
    """One run for each method, setting and seed."""
    return {
        f"{method}/{i}/{seed}": SearchRun(settings, method, options, seed)
        for method, tried in settings.methods.items()
        for i, options in enumerate(tried)
        for seed in settings.seeds
    }


def summarise(
    settings: EvolutionSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """By method and setting the curves and final returns of all seeds; no arrays."""
    return {
        method: [
            {
                name: [results[f"{method}/{i}/{seed}"][name] for seed in settings.seeds]
                for name in (*CURVES, "final", "final_short")
            }
            for i in range(len(tried))
        ]
        for method, tried in settings.methods.items()
    }, {}


TUNING = EvolutionSettings(
    seeds=(100, 101, 102, 103, 104), evaluations=400, tests=1, final=10
)
EDGES = replace(TUNING, methods=BEYOND)
COMPARISON = EvolutionSettings(
    seeds=(0, 1, 2, 3, 4),
    evaluations=2000,
    methods={name: [chosen] for name, chosen in CHOSEN.items()},
)


def _smoke(settings: EvolutionSettings) -> EvolutionSettings:
    first = {name: tried[:1] for name, tried in settings.methods.items()}
    return replace(
        settings,
        seeds=(0,),
        evaluations=50,
        methods=first,
        horizon=25,
        test_every=40,
        tests=1,
        final=1,
    )


EXPERIMENTS = (
    Experiment("evolutionary_search_tuning", TUNING, _smoke(TUNING), runs, summarise),
    Experiment("evolutionary_search_edges", EDGES, _smoke(EDGES), runs, summarise),
    Experiment("evolutionary_search", COMPARISON, _smoke(COMPARISON), runs, summarise),
)
