"""The Hopper's education: what its policy was after some generations of a search, from
a policy that does nothing.

The training is that of the notebook *Evolutionary search*, with the same settings and
for each seed the same random numbers; kept are the means of the search, for the
playground there, and what each earns.
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

NO_TEST = (
    1_000_000  # generations; the training's own looks at its policy are not wanted here
)


@dataclass(frozen=True)
class EducationSettings:
    """How a Hopper is trained, and which of its policies are kept.

    Args:
        seeds: one training each.
        kept: the generations after which the policy is kept, 0 for the beginning; the
            training ends with the last.
        horizon: control steps of an episode.
        directions, top, step, noise: as in `AugmentedRandomSearch`.
        survival: reward for each step alive that the search does not see.
        tests: episodes that tell what a kept policy earns, the same for all.
    """

    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    kept: tuple[int, ...] = (0, 2, 5, 10, 15, 20, 25, 30, 40)
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
        same = {
            name: getattr(settings, name)
            for name in (
                "horizon",
                "directions",
                "top",
                "step",
                "noise",
                "survival",
                "tests",
            )
        }
        training = ExpertSettings(
            {"name": "hopper"},
            (seed,),
            steps=NO_TEST * settings.horizon,
            test_every=NO_TEST,
            **same,
        )
        self.settings, self.training = (
            settings,
            ExpertRun(training, make_world("hopper"), seed),
        )
        self.found: dict[str, list[Any]] = {
            name: [] for name in ("theta", "mean", "std", "returns", "steps")
        }
        self.keep()

    @property
    def progress(self) -> float:
        """Share of the generations that are over."""
        return self.training.generation / self.settings.kept[-1]

    def keep(self) -> None:
        """Note the policy of now, what it earns, and the control steps that it took."""
        policy = self.training.policy
        values = (
            policy.theta,
            *policy.standardiser,
            self.training.test(self.settings.tests),
            self.training.f.steps,
        )
        for name, value in zip(self.found, values, strict=True):
            self.found[name].append(value)

    def advance(self) -> Record:
        """One generation."""
        record = self.training.advance()
        if self.training.generation in self.settings.kept:
            self.keep()
        return record

    def result(self) -> Record:
        """The kept policies, a row each, with what they earn and when."""
        return {name: np.array(values) for name, values in self.found.items()}


def runs(settings: EducationSettings) -> dict[str, EducationRun]:
    """One training a seed."""
    return {str(seed): EducationRun(settings, seed) for seed in settings.seeds}


def summarise(
    settings: EducationSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Returns and steps of every seed and kept generation, and the policies (seeds,
    generations, …).
    """
    ordered = [results[str(seed)] for seed in settings.seeds]
    curves = {
        name: [run[name].tolist() for run in ordered] for name in ("steps", "returns")
    }
    return curves, {
        name: np.stack([run[name] for run in ordered])
        for name in ("theta", "mean", "std")
    }


SETTINGS = EducationSettings()
SMOKE = replace(
    SETTINGS, seeds=(0, 1), kept=(0, 1, 2), horizon=50, directions=4, top=2, tests=1
)
EXPERIMENTS = (Experiment("hopper_education", SETTINGS, SMOKE, runs, summarise),)
