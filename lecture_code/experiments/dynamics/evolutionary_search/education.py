"""The Hopper's education: its policy after some generations of a search.

The training starts from a policy that does nothing. It is the training of the notebook
*Evolutionary search*: it has the same settings, and for each seed the same random
numbers. The means of the search are kept for the playground there, with the return of
each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.dynamics.experts import ExpertRun, ExpertSettings
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.simulation import make_world

Array = NDArray[np.float64]

NO_TEST = 1_000_000
"""Generations between two tests by the training itself, so many that there is none."""


@dataclass(frozen=True)
class EducationSettings:
    """How a Hopper is trained, and which of its policies are kept.

    Args:
        seeds: one training for each seed.
        stored_generations: generations after which the policy is stored, 0 for the
            beginning; the training ends with the last of these generations.
        horizon: control steps of an episode.
        directions, top, step, noise: as in `AugmentedRandomSearch`.
        survival: reward for each step alive that the search does not see.
        tests: episodes from which a kept policy's mean return is taken; their starts
            are the same for all policies.
    """

    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    stored_generations: tuple[int, ...] = (0, 2, 5, 10, 15, 20, 25, 30, 40)
    horizon: int = 1000
    directions: int = 16
    top: int = 8
    step: float = 0.05
    noise: float = 0.05
    survival: float = 1.0
    tests: int = 8


class EducationRun:
    """One training, and what is kept of it."""

    def __init__(self, settings: EducationSettings, seed: int) -> None:
        training = ExpertSettings(
            {"name": "hopper"},
            (seed,),
            steps=NO_TEST * settings.horizon,
            horizon=settings.horizon,
            directions=settings.directions,
            top=settings.top,
            step=settings.step,
            noise=settings.noise,
            survival=settings.survival,
            test_every=NO_TEST,
            tests=settings.tests,
        )
        self.settings = settings
        self.training = ExpertRun(training, make_world("hopper"), seed)
        names = ("theta", "mean", "std", "returns", "steps")
        self.stored: dict[str, list[Any]] = {name: [] for name in names}
        self.keep()

    @property
    def progress(self) -> float:
        """Share of the generations that are over."""
        return self.training.generation / self.settings.stored_generations[-1]

    def keep(self) -> None:
        """Note the present policy, its mean return, and the control steps so far."""
        policy = self.training.policy
        values = (
            policy.theta,
            *policy.standardiser,
            self.training.test(self.settings.tests),
            self.training.f.steps,
        )
        for name, value in zip(self.stored, values, strict=True):
            self.stored[name].append(value)

    def advance(self) -> Record:
        """One generation."""
        record = self.training.advance()
        if self.training.generation in self.settings.stored_generations:
            self.keep()
        return record

    def result(self) -> Record:
        """The kept policies, a row each, with their mean returns and control steps."""
        return {name: np.array(values) for name, values in self.stored.items()}


def runs(settings: EducationSettings) -> dict[str, EducationRun]:
    """One training for each seed."""
    return {str(seed): EducationRun(settings, seed) for seed in settings.seeds}


def summarise(
    settings: EducationSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Returns and steps by seed and generation; policies (seeds, generations, …)."""
    ordered = [results[str(seed)] for seed in settings.seeds]
    curve_names = ("steps", "returns")
    array_names = ("theta", "mean", "std")
    curves = {name: [run[name].tolist() for run in ordered] for name in curve_names}
    arrays = {name: np.stack([run[name] for run in ordered]) for name in array_names}
    return curves, arrays


SETTINGS = EducationSettings()
SMOKE = replace(
    SETTINGS,
    seeds=(0, 1),
    stored_generations=(0, 1, 2),
    horizon=50,
    directions=4,
    top=2,
    tests=1,
)
EXPERIMENTS = (Experiment("hopper_education", SETTINGS, SMOKE, runs, summarise),)
