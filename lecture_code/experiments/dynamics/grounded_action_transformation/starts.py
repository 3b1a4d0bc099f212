"""Walks θ₀ that a search in the simulator has finished.

A method is only worth its name if the plain simulator has nothing left to give. So the
trials of `finished.py` start from walks that were searched until the return in the
simulator no longer improves.

Protocol. A pilot with four seeds searched for 100 generations of 12 walks. The mean of
CMA-ES gained about 200 from generation 10 to generation 30, and about 50 from
generation 50 to generation 100, as much as it changes from one generation to the next.
So θ₀ is the mean after 100 generations. One seed goes on to 300 generations.
`thirty.py` tests with more walks and more starts whether the search has ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.grounded_simulation_learning import Turn, improve
from lecture_code.experiments.dynamics.experts import early_return
from lecture_code.experiments.dynamics.grounded_action_transformation.walks import (
    draws,
    hand_made,
    search_for_walk,
    walk_engine,
)
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.experiments.results import load_arrays, load_result
from lecture_code.simulation import make_world, rollout

Array = NDArray[np.float64]


@dataclass(frozen=True)
class StartSettings:
    """Searches in the simulator.

    Args:
        seeds: the seeds; each is one walk.
        longer: seeds whose search goes on after θ₀ is taken.
        generations: generations until θ₀ is taken.
        most: generations of the longer searches.
        every: generations between two tests in the simulator.
        episodes: episodes of a test, the same starts for all.
        population, horizon: episodes of a generation, and control steps of an episode.
    """

    seeds: tuple[int, ...]
    longer: tuple[int, ...]
    generations: int = 100
    most: int = 300
    every: int = 10
    episodes: int = 10
    population: int = 12
    horizon: int = 200


class StartRun:
    """The search of one seed: a first generation, then to each multiple of `every`.

    The first generation is a step of its own, since every processor computes it alike;
    later ones depend on eigenvectors, whose last digits differ.
    """

    def __init__(self, settings: StartSettings, seed: int) -> None:
        self.settings = settings
        length = settings.most if seed in settings.longer else settings.generations
        self.search = search_for_walk(length, settings.population, settings.horizon)
        self.rng = draws(seed, of_method=False)
        self.world = make_world("half_cheetah")
        self.turn = Turn.initial(self.world, hand_made(), self.search)
        self.returns: list[float] = []

    @property
    def progress(self) -> float:
        """Share of the generations that are done."""
        return len(self.turn.candidates) / self.search.generations

    def advance(self) -> Record:
        """The next generations, and the test of their last mean."""
        done = len(self.turn.candidates)
        every = self.settings.every
        early = 0.0
        for _ in range(every - done % every if done else 1):
            turn = improve(self.turn, self.search, self.rng)
            assert turn.batch is not None
            early = early_return(turn.batch)
            self.turn = turn
        if len(self.turn.candidates) % every == 0:
            self.returns.append(self.test(self.turn.candidates[-1]))
        return {"early_return": early}

    def test(self, theta: Array) -> float:
        """Mean return of a walk in the simulator, from starts of its own."""
        worlds = [self.world] * self.settings.episodes
        rng = np.random.default_rng(30_000)
        policy = walk_engine().at(theta)
        trajectories = rollout(worlds, policy, self.settings.horizon, rng, threads=1)
        return float(trajectories.returns.mean())

    def result(self) -> Record:
        """θ₀ and the returns of all tests."""
        theta = self.turn.candidates[self.settings.generations - 1]
        return {"theta": theta, "returns": self.returns}


def runs(settings: StartSettings) -> dict[str, StartRun]:
    """One run for each seed."""
    return {str(seed): StartRun(settings, seed) for seed in settings.seeds}


def summarise(
    settings: StartSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """The tests by seed, and θ₀ as an array (seeds, 15)."""
    ordered = [results[str(seed)] for seed in settings.seeds]
    curves = {str(seed): results[str(seed)]["returns"] for seed in settings.seeds}
    return curves, {"theta": np.stack([run["theta"] for run in ordered])}


@lru_cache(maxsize=1)
def _walks() -> dict[int, Array]:
    walks: dict[int, Array] = {}
    for name in ("grounding_starts", "grounding_starts_more"):
        thetas = load_arrays(name)["theta"].astype(float)
        walks |= dict(zip(load_result(name).seeds, thetas, strict=True))
    return walks


def finished_walk(seed: int) -> Array:
    """θ₀ (15,) of a seed, from the committed results.

    Raises:
        ValueError: there is no walk of this seed.
    """
    walks = _walks()
    if seed not in walks:
        raise ValueError(
            f"there is no finished walk of seed {seed}; there are: "
            f"{', '.join(map(str, walks))}"
        )
    return walks[seed].copy()


STARTS = StartSettings(
    seeds=(100, 101, 102, 103, 104, *range(10)),
    longer=(100,),
)
SMOKE = StartSettings(
    seeds=(0,), longer=(), generations=2, every=2, episodes=1, population=4, horizon=20
)

EXPERIMENTS = (Experiment("grounding_starts", STARTS, SMOKE, runs, summarise),)
