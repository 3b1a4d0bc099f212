"""The walks of the cheetah that the trials start from, and how a walk is searched."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.grounded_simulation_learning import PolicySearch, learn
from lecture_code.learning import WalkEngine
from lecture_code.search import CMAES, AugmentedRandomSearch, Search
from lecture_code.simulation import make_world

Array = NDArray[np.float64]


WIDTH = 0.1
"""Standard deviation of the first generation, unless a method says otherwise."""


def walk_engine() -> WalkEngine:
    """The walk engine of the cheetah: six motors, around 2.5 Hz."""
    return WalkEngine(motors=6, frequency=2.5, dt=make_world("half_cheetah").dt)


def hand_made() -> Array:
    """The walk (15,) from which all searches start: all motors swing 0.4 in step."""
    theta = np.zeros(walk_engine().size)
    theta[1:7] = 0.4
    return theta


def search_from(
    theta: Array, controller: str, population: int, width: float = WIDTH
) -> Search:
    """The search that every method uses.

    CMA-ES for the walk engine's 15 parameters, augmented random search for a linear
    policy's 102; the random search has no width.
    """
    if controller != "linear feedback":
        return CMAES(theta, width, population, damping="tutorial")
    directions, top = population // 2, population // 4
    return AugmentedRandomSearch(
        theta, step=0.02, noise=0.03, directions=directions, top=top
    )


def search_for_walk(generations: int, population: int, horizon: int) -> PolicySearch:
    """The search for a walk engine's θ₀, wider than the search of the methods."""
    start = partial(
        search_from, controller="walk engine", population=population, width=0.2
    )
    return PolicySearch(start, walk_engine().at, horizon, generations, threads=1)


def draws(seed: int, of_method: bool) -> np.random.Generator:
    """The random stream of a search: the same for every method, another for θ₀."""
    return np.random.default_rng([seed, of_method])


def first_walk(seed: int, generations: int, population: int, horizon: int) -> Array:
    """θ₀ (15,), the walk with which the first stage of a trial ends."""
    search = search_for_walk(generations, population, horizon)
    simulator = make_world("half_cheetah")
    rng = draws(seed, of_method=False)
    return learn(simulator, hand_made(), search, rng).candidates[-1]
