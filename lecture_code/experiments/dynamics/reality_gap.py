"""How wide is the gap? The full-scale run behind the chapter *The reality gap*: every
expert of `experts.py` in worlds where one knob is turned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.reality_gap import sweep
from lecture_code.experiments.dynamics.real_worlds import in_units
from lecture_code.experiments.policies import load_policy
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.simulation import make_world

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SweepSettings:
    """Which knobs are turned, and how far.

    Args:
        robots: the robots whose experts are tried.
        seeds: the experts, by the seed of their training.
        grids: knob -> values; `torso_mass` in multiples of the robot's own.
        episodes, horizon: number and length of the episodes for each expert and value;
            every value has the same starts.
    """

    robots: tuple[str, ...] = ("hopper", "half_cheetah")
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    grids: Mapping[str, tuple[float, ...]] = field(
        default_factory=lambda: {
            "gravity": (-4.0, -6.0, -8.0, -9.0, -9.81, -10.5, -12.0, -14.0, -16.0),
            "torso_mass": (0.5, 0.7, 0.85, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0),
            "damping": (0.4, 0.6, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0),
            "friction": (0.25, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0, 3.0),
            "action_delay": (0, 1, 2, 3, 4),
            "motor_noise": (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6),
        }
    )
    episodes: int = 10
    horizon: int = 1000


class SweepRun:
    """One expert in all its worlds."""

    def __init__(self, settings: SweepSettings, robot: str, seed: int) -> None:
        self.settings = settings
        self.robot = robot
        self.seed = seed
        self.todo = [
            (knob, value) for knob, values in settings.grids.items() for value in values
        ]
        self.returns: dict[str, list[float]] = {knob: [] for knob in settings.grids}
        self.total = len(self.todo)

    @property
    def progress(self) -> float:
        """Share of the worlds in which the expert has been tried."""
        return 1 - len(self.todo) / self.total

    def advance(self) -> Record:
        """Try the expert in one world."""
        (knob, value), *self.todo = self.todo
        world = make_world(self.robot)
        settings = self.settings
        setting = in_units(world, knob, value)
        policy = load_policy(self.robot, seed=self.seed)
        returns = sweep(
            world,
            knob,
            [setting],
            policy,
            episodes=settings.episodes,
            horizon=settings.horizon,
            rng=np.random.default_rng(20_000),
            threads=1,
        )
        self.returns[knob].append(float(returns.mean()))
        return {"mean_return": self.returns[knob][-1]}

    def result(self) -> Record:
        """Mean return by knob and value."""
        return self.returns


def sweep_runs(settings: SweepSettings) -> dict[str, SweepRun]:
    """One run for each expert of each robot."""
    return {
        f"{robot}/{seed}": SweepRun(settings, robot, seed)
        for robot in settings.robots
        for seed in settings.seeds
    }


def sweep_summary(
    settings: SweepSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Mean returns (experts, values) by robot and knob; no arrays."""
    curves: dict[str, Any] = {}
    for robot in settings.robots:
        runs = [results[f"{robot}/{seed}"] for seed in settings.seeds]
        curves[robot] = {knob: [run[knob] for run in runs] for knob in settings.grids}
    return curves, {}


_SMOKE_GRIDS = {"gravity": (-9.81, -4.0), "torso_mass": (1.0,), "action_delay": (0, 2)}

EXPERIMENTS = (
    Experiment(
        "reality_gap",
        SweepSettings(),
        SweepSettings(seeds=(0,), grids=_SMOKE_GRIDS, episodes=2, horizon=50),
        sweep_runs,
        sweep_summary,
    ),
)
