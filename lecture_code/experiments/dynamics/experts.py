"""Linear experts for the robots, by augmented random search.

Mania, Guy & Recht (2018), arXiv 1803.07055: ARS V2 is the search of
`lecture_code.search` plus a policy that sees its observations normalised by the mean
and the standard deviation of all earlier observations. The survival bonus is left out
while searching, as the paper does for Hopper: with the bonus, standing still is a local
optimum. Returns that are reported include it.

Every seed starts from the policy that does nothing and spends the same number of
control steps. Its last policy is its expert.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.evolutionary_search import EpisodeReturn
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.learning import LinearPolicy
from lecture_code.search import AugmentedRandomSearch
from lecture_code.search.protocol import next_generation
from lecture_code.simulation import Trajectories, World, make_world

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ExpertSettings:
    """How an expert is trained.

    Args:
        world: arguments of `make_world`.
        seeds: one training each.
        steps: control steps of a training, over which it may go by one generation.
        horizon: control steps of an episode.
        directions, top, step, noise: as in `AugmentedRandomSearch`.
        survival: reward for each step alive that the search does not see.
        test_every: generations between two tests of the mean policy.
        tests: episodes of a test, and ten times as many at the end; they do not count
            as `steps`.
    """

    world: Mapping[str, Any]
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    steps: int = 1_600_000
    horizon: int = 1000
    directions: int = 16
    top: int = 8
    step: float = 0.02
    noise: float = 0.025
    survival: float = 0.0
    test_every: int = 5
    tests: int = 4


def early_return(batch: Trajectories, steps: int = 25) -> float:
    """Mean return of the first steps.

    A replay recognises a run by this number. A whole gait is chaotic, so that another
    processor's last digit would change it.
    """
    return float(batch.rewards[:, :steps].sum(axis=1).mean())


class ExpertRun:
    """The training of one expert in one world."""

    def __init__(self, settings: ExpertSettings, world: World, seed: int) -> None:
        self.settings = settings
        self.rng = np.random.default_rng(seed)
        self.f = EpisodeReturn(world, settings.horizon, settings.survival, threads=1)
        self.search = AugmentedRandomSearch(
            np.zeros(self.f.size),
            step=settings.step,
            noise=settings.noise,
            directions=settings.directions,
            top=settings.top,
        )
        self.generation = 0
        self.curve: dict[str, list[float]] = {
            "steps": [0],
            "returns": [self.test(settings.tests)],
        }

    @property
    def progress(self) -> float:
        """Share of the control steps that are spent."""
        return min(1.0, self.f.steps / self.settings.steps)

    @property
    def policy(self) -> LinearPolicy:
        """The mean of the search, as a policy."""
        return self.f.policy(self.search.mean)

    def advance(self) -> Record:
        """One generation."""
        next_generation(self.search, self.f, self.rng)
        self.generation += 1
        if self.generation % self.settings.test_every == 0 or self.progress == 1:
            self.curve["steps"].append(self.f.steps)
            self.curve["returns"].append(self.test(self.settings.tests))
        batch = self.f.last
        self.f.last = None  # a checkpoint need not hold it
        assert batch is not None
        return {"steps": self.f.steps, "early_return": early_return(batch)}

    def result(self) -> Record:
        """The learning curve, the final test and the policy."""
        policy = self.policy
        return {
            **self.curve,
            "final": self.test(10 * self.settings.tests),
            "theta": policy.theta,
            "mean": policy.standardiser.mean,
            "std": policy.standardiser.std,
        }

    def test(self, episodes: int) -> float:
        """Mean return of the mean policy; the starts are the same for all tests."""
        batch = self.f.episodes(self.policy, episodes, np.random.default_rng(10_000))
        return float(batch.returns.mean())


def runs(settings: ExpertSettings) -> dict[str, ExpertRun]:
    """One training for each seed."""
    world = make_world(**settings.world)
    return {str(seed): ExpertRun(settings, world, seed) for seed in settings.seeds}


def summarise(
    settings: ExpertSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Curves of every seed, and their policies stacked in the order of the seeds."""
    ordered = [results[str(seed)] for seed in settings.seeds]
    curve_names, array_names = ("steps", "returns", "final"), ("theta", "mean", "std")
    curves = {name: [run[name] for run in ordered] for name in curve_names}
    arrays = {name: np.stack([run[name] for run in ordered]) for name in array_names}
    return curves, arrays


SETTINGS = {
    "hopper": ExpertSettings({"name": "hopper"}, survival=1.0),
    "half_cheetah": ExpertSettings(
        {"name": "half_cheetah"}, steps=2_600_000, noise=0.03
    ),
}


def experts(name: str, smoke: bool = False) -> ExpertSettings:
    """How the experts of a robot are trained; with `smoke`, within a second."""
    settings = SETTINGS[name]
    if smoke:
        return replace(settings, seeds=(0, 1), steps=1500, horizon=50, tests=1)
    return settings


EXPERIMENTS = tuple(
    Experiment(name, experts(name), experts(name, smoke=True), runs, summarise)
    for name in SETTINGS
)
