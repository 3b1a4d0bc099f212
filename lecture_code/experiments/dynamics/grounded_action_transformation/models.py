"""How good are f and f_sim⁻¹, and what does α do?

Figures for the sliders of the chapter *Grounded action transformation*.

No policy is improved here. A walk θ₀ from a search in the simulator is recorded on a
robot, and the simulator is grounded. Then two things are measured: the grounded
simulator's error in one step on fresh recordings of the robot, and the return of θ₀ in
the grounded simulator beside its return on the robot. The walks are the same as in the
first trials of `grounding`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.grounded_action_transformation import (
    GroundingSettings,
    exploring_rollout,
    ground_actions,
    one_step_error,
)
from lecture_code.experiments.dynamics.grounded_action_transformation import methods
from lecture_code.experiments.dynamics.grounded_action_transformation.walks import (
    first_walk,
    walk_engine,
)
from lecture_code.experiments.dynamics.real_worlds import real_world
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.simulation import Trajectories, World, make_world, rollout

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ModelSettings:
    """What is varied about robots and models, and how each is measured.

    Args:
        seeds: the seeds; each is one walk.
        real: robots for the amounts of data and for α.
        amounts: N, trajectories of the robot, and as many of the simulator.
        alphas: values of α, with the largest amount of data; with less data only the
            first and the last value.
        knobs: knob -> values of the robot, everything else as in the simulator.
        trajectories: N of the measurements that vary a knob.
        memories: how many earlier actions f sees.
        test_trajectories: trajectories of the robot on which the error is measured.
        episodes: episodes for a return.
        start_generations, population: generations of the search for θ₀, and episodes of
            a generation.
        grounding: how a simulator is grounded; N and memory are replaced.
    """

    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    real: Mapping[str, Mapping[str, float]] = field(
        default_factory=lambda: dict(methods.REAL)
    )
    amounts: tuple[int, ...] = (2, 5, 10, 25)
    alphas: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
    knobs: Mapping[str, tuple[float, ...]] = field(
        default_factory=lambda: {
            "damping": (0.5, 0.75, 1.0, 1.5, 2.0),
            "torso_mass": (0.5, 0.75, 1.0, 1.5, 2.0),
            "action_delay": (0, 1, 2, 3),
        }
    )
    trajectories: int = 10
    memories: tuple[int, ...] = (0, 2)
    test_trajectories: int = 2
    episodes: int = 3
    start_generations: int = methods.COMPARISON.start_generations
    population: int = methods.COMPARISON.population
    grounding: GroundingSettings = field(default_factory=GroundingSettings)


class Measurement(NamedTuple):
    """A grounded simulator that is measured.

    Args:
        name: the name of the measurement in the result.
        changes: how the robot differs from the simulator.
        trajectories: N of the robot, and as many of the simulator.
        memory: how many earlier actions f sees.
    """

    name: str
    changes: Mapping[str, float]
    trajectories: int
    memory: int


def measurements(settings: ModelSettings) -> list[Measurement]:
    """All measurements with a walk, in their order."""
    by_amount = [
        Measurement(f"{name}/{memory}/{N}", changes, N, memory)
        for name, changes in settings.real.items()
        for memory in settings.memories
        for N in settings.amounts
    ]
    N = settings.trajectories
    by_knob = [
        Measurement(f"{knob}/{memory}/{value:g}", {knob: value}, N, memory)
        for knob, values in settings.knobs.items()
        for value in values
        for memory in settings.memories
    ]
    return by_amount + by_knob


class ModelRun:
    """All measurements with one walk."""

    def __init__(self, settings: ModelSettings, seed: int) -> None:
        self.settings = settings
        self.seed = seed
        self.begun = False
        self.theta: Array | None = None
        self.todo = measurements(settings)
        self.total = 2 + len(self.todo)
        self.measured: dict[str, Record] = {}

    @property
    def progress(self) -> float:
        """Share of the measurements that are made."""
        left = len(self.todo) + (self.theta is None) + (not self.begun)
        return 1 - left / self.total

    def advance(self) -> Record:
        """Search for θ₀, or measure one grounded simulator.

        The first record is a search of one generation, which every processor computes
        alike; later ones depend on eigenvectors, whose last digits differ.
        """
        s = self.settings
        if self.theta is None:
            n = s.start_generations if self.begun else 1
            theta = first_walk(self.seed, n, s.population, s.grounding.horizon)
            if self.begun:
                self.theta = theta
            self.begun = True
            return {"theta": theta}
        measurement, *self.todo = self.todo
        self.measured[measurement.name] = record = self.measure(measurement)
        return {"error": record["error"]}

    def result(self) -> Record:
        """Errors and returns by the name of the measurement."""
        return self.measured

    def measure(self, measurement: Measurement) -> dict[str, Any]:
        """Errors in one step and returns of θ₀ by α, and the return on the robot."""
        s = self.settings
        _, changes, N, memory = measurement
        simulator = make_world("half_cheetah")
        real = real_world(changes)
        settings = replace(s.grounding, trajectories=N, memory=memory)
        rng_robot, rng_sim, rng_models = np.random.default_rng([self.seed, 3]).spawn(3)
        robot = self.recording(real, settings, rng_robot)
        sim = self.recording(simulator, settings, rng_sim)
        held = self.held(real)
        g = ground_actions(simulator, robot, sim, rng_models, settings)
        alphas = s.alphas if max(s.amounts) == N else (s.alphas[0], s.alphas[-1])
        worlds = [simulator.transformed(replace(g, alpha=alpha)) for alpha in alphas]

        def error(world: World) -> float:
            return one_step_error(world, held, np.random.default_rng(0))

        return {
            "error": [error(world) for world in worlds],
            "return": [self._return(world) for world in worlds],
            "real": self._return(real),
        }

    def held(self, real: World) -> Trajectories:
        """Recordings of the robot to which nothing is fitted."""
        n = self.settings.test_trajectories
        settings = replace(self.settings.grounding, trajectories=n)
        return self.recording(real, settings, np.random.default_rng([self.seed, 4]))

    def recording(
        self, world: World, settings: GroundingSettings, rng: np.random.Generator
    ) -> Trajectories:
        """Trajectories of θ₀ in a world, with exploration noise."""
        assert self.theta is not None
        policy = walk_engine().at(self.theta)
        return exploring_rollout(world, policy, settings, rng, threads=1)

    def _return(self, world: World) -> float:
        assert self.theta is not None
        worlds = [world] * self.settings.episodes
        policy = walk_engine().at(self.theta)
        horizon = self.settings.grounding.horizon
        rng = np.random.default_rng(30_000)
        return float(rollout(worlds, policy, horizon, rng, threads=1).returns.mean())


def runs(settings: ModelSettings) -> dict[str, ModelRun]:
    """One run for each walk."""
    return {str(seed): ModelRun(settings, seed) for seed in settings.seeds}


def summarise(
    settings: ModelSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Errors and returns by measurement, seed and α, and returns on the robot.

    No arrays; "real" is the return on the robot, by seed.
    """
    ordered = [results[str(seed)] for seed in settings.seeds]
    curves: dict[str, Any] = {}
    for name in ordered[0]:
        measured = [run[name] for run in ordered]
        curves[name] = {
            quantity: [record[quantity] for record in measured]
            for quantity in ("error", "return", "real")
        }
    return curves, {}


_SMOKE = ModelSettings(
    seeds=(0,),
    amounts=(2,),
    alphas=(0.0, 1.0),
    knobs={"damping": (0.75,)},
    trajectories=2,
    test_trajectories=1,
    episodes=1,
    start_generations=1,
    population=4,
    grounding=GroundingSettings(horizon=20),
)

EXPERIMENTS = (
    Experiment("grounding_models", ModelSettings(), _SMOKE, runs, summarise),
)
