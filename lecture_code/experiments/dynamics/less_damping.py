"""What a quarter less damping costs each HalfCheetah expert, on a hundred starts.

Twenty starts are too few here: with other starts, the share of its return that one
expert keeps is several times as large or as small. So each expert is tried from five
generators of starts, with twenty starts each, in the simulator and on the robot with
less damping. All experts have the same starts in both worlds. The result keeps the
return of each start and the number of robots on their backs, after three times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.dynamics.experts import early_return
from lecture_code.experiments.policies import load_policy
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.simulation import make_world, rollout

Array = NDArray[np.float64]

PITCH = 2  # where a cheetah's position vector has the angle of its torso [rad]
PLACES = ("simulator", "robot")


@dataclass(frozen=True)
class DampingSettings:
    """Which experts are tried, where, and for how long.

    Args:
        seeds: the experts, by the seed of their training.
        damping: of the robot's joints, in multiples of the simulator's.
        generators: seeds of the generators that draw the starts.
        starts: episodes from each generator.
        times: the episodes are judged after so many control steps; the last time is
            their end.
    """

    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    damping: float = 0.75
    generators: tuple[int, ...] = (0, 1, 2, 3, 4)
    starts: int = 20
    times: tuple[int, ...] = (160, 400, 1000)


class DampingRun:
    """One expert in the simulator and on the robot with less damping."""

    def __init__(self, settings: DampingSettings, seed: int) -> None:
        self.settings, self.seed = settings, seed
        self.done = 0  # generators
        self.returns: dict[str, list[Array]] = {place: [] for place in PLACES}
        self.backs: dict[str, list[Array]] = {place: [] for place in PLACES}

    @property
    def progress(self) -> float:
        """Share of the generators that have been used."""
        return self.done / len(self.settings.generators)

    def advance(self) -> Record:
        """All starts of one generator, in both worlds."""
        settings = self.settings
        simulator = make_world("half_cheetah")
        worlds = (simulator, simulator.change(damping=settings.damping))
        policy = load_policy("half_cheetah", seed=self.seed)
        early: dict[str, float] = {}
        for place, world in zip(PLACES, worlds, strict=True):
            batch = rollout(
                [world] * settings.starts,
                policy,
                settings.times[-1],
                np.random.default_rng(settings.generators[self.done]),
                threads=1,
            )
            returns = [batch.rewards[:, :t].sum(axis=1) for t in settings.times]
            angles = batch.qpos[:, settings.times, PITCH]  # (starts, times)
            backs = (np.cos(angles) < 0).sum(axis=0)
            self.returns[place].append(np.stack(returns))
            self.backs[place].append(backs)
            early[f"early_return_{place}"] = early_return(batch)
        self.done += 1
        return early

    def result(self) -> Record:
        """Returns (times, generators, starts) and robots on their backs (times,
        generators), by place.
        """
        return {
            "returns": {p: np.stack(self.returns[p], 1).tolist() for p in PLACES},
            "backs": {p: np.stack(self.backs[p], 1).tolist() for p in PLACES},
        }


def runs(settings: DampingSettings) -> dict[str, DampingRun]:
    """One run for each expert."""
    return {str(seed): DampingRun(settings, seed) for seed in settings.seeds}


def summarise(
    settings: DampingSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Returns (experts, times, generators, starts) and robots on their backs (experts,
    times, generators), by place.
    """
    ordered: list[dict[str, Any]] = [dict(results[str(s)]) for s in settings.seeds]
    curves = {
        what: {place: [run[what][place] for run in ordered] for place in PLACES}
        for what in ("returns", "backs")
    }
    return curves, {}


EXPERIMENTS = (
    Experiment(
        "less_damping",
        DampingSettings(),
        DampingSettings(seeds=(0,), generators=(0,), starts=2, times=(10, 25)),
        runs,
        summarise,
    ),
)
