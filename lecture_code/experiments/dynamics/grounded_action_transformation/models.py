"""How good are f and f_sim⁻¹, and what does α do?

Pictures for the sliders of the chapter *Grounded action transformation*.

No policy is improved here: a walk θ₀ that was found in the simulator is recorded on a
robot, the simulator is grounded, and two things are measured: its error in one step on
fresh recordings of the robot, and the return of θ₀ in it beside that on the robot.
Walks are those of the first trials of `grounding`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.grounded_action_transformation import (
    GroundingSettings,
    exploring_rollout,
    ground_actions,
    one_step_error,
)
from lecture_code.experiments.dynamics.grounded_action_transformation.trials import (
    COMPARISON,
    REAL,
    hand_made,
    real_world,
    search_from,
    walk_engine,
)
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.search import maximise
from lecture_code.simulation import Trajectories, World, make_world, rollout

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ModelSettings:
    """What is varied.

    Args:
        seeds: one walk each.
        real: robots for the amounts of data and for α.
        amounts: N, trajectories of the robot, and as many of the simulator.
        alphas: α, with the largest amount of data; otherwise only the first and the
            last of them.
        knobs: knob -> values of the robot, everything else as in the simulator;
            recorded for `trajectories`.
        trajectories: N for `knobs`.
        memories: how many earlier actions f sees.
        held: trajectories of the robot on which the error is measured.
        episodes: for a return.
        first, population: of the search for θ₀.
        grounding: everything else.
    """

    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    real: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: dict(REAL))
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
    held: int = 2
    episodes: int = 3
    first: int = COMPARISON.first
    population: int = COMPARISON.population
    grounding: GroundingSettings = field(default_factory=GroundingSettings)


def first_walk(seed: int, generations: int, population: int, horizon: int) -> Array:
    """θ₀ (15,): what a short search in the simulator finds."""
    simulator, engine, search = (
        make_world("half_cheetah"),
        walk_engine(),
        search_from("walk engine", hand_made(), population, 0.2),
    )

    def f(thetas: Array, rng: np.random.Generator) -> Array:
        return rollout(
            [simulator] * len(thetas), engine.at(thetas), horizon, rng, threads=1
        ).returns

    return next(
        islice(
            maximise(search, f, np.random.default_rng([seed, False])),
            generations - 1,
            None,
        )
    ).mean


class ModelRun:
    """All measurements with one walk."""

    def __init__(self, settings: ModelSettings, seed: int) -> None:
        self.settings, self.seed = settings, seed
        self.theta: Array | None = None
        robots = settings.real.items()
        self.todo: list[
            tuple[str, Mapping[str, float], int, int]
        ] = [  # under what name, which robot, N, memory
            (f"{name}/{memory}/{N}", changes, N, memory)
            for name, changes in robots
            for memory in settings.memories
            for N in settings.amounts
        ]
        self.todo += [
            (f"{knob}/{memory}/{value:g}", {knob: value}, settings.trajectories, memory)
            for knob, values in settings.knobs.items()
            for value in values
            for memory in settings.memories
        ]
        self.total = 1 + len(self.todo)
        self.found: dict[str, Record] = {}

    @property
    def progress(self) -> float:
        """Share of the measurements that are made."""
        return 1 - (len(self.todo) + (self.theta is None)) / self.total

    def advance(self) -> Record:
        """θ₀, or one grounded simulator."""
        s = self.settings
        if self.theta is None:
            self.theta = first_walk(
                self.seed, s.first, s.population, s.grounding.horizon
            )
            return {"theta": self.theta}
        (name, changes, N, memory), *self.todo = self.todo
        self.found[name] = self._measure(real_world(changes), N, memory)
        return {"error": self.found[name]["error"]}

    def result(self) -> Record:
        """Measurement by name."""
        return self.found

    def _measure(self, real: World, N: int, memory: int) -> dict[str, Any]:
        s, simulator = self.settings, make_world("half_cheetah")
        how = replace(s.grounding, trajectories=N, memory=memory)
        rng_robot, rng_sim, rng_models = np.random.default_rng([self.seed, 3]).spawn(3)
        robot, sim = (
            self._roll_out(real, how, rng_robot),
            self._roll_out(simulator, how, rng_sim),
        )
        held = self._roll_out(
            real,
            replace(how, trajectories=s.held),
            np.random.default_rng([self.seed, 4]),
        )
        g = ground_actions(simulator, robot, sim, rng_models, how)
        alphas = s.alphas if max(s.amounts) == N else (s.alphas[0], s.alphas[-1])
        grounded = [simulator.transformed(replace(g, alpha=alpha)) for alpha in alphas]
        return {
            "error": [
                one_step_error(world, held, np.random.default_rng(0))
                for world in grounded
            ],
            "return": [self._return(world) for world in grounded],
            "real": self._return(real),
        }

    def _roll_out(
        self, world: World, how: GroundingSettings, rng: np.random.Generator
    ) -> Trajectories:
        assert self.theta is not None
        return exploring_rollout(
            world, walk_engine().at(self.theta), how, rng, threads=1
        )

    def _return(self, world: World) -> float:
        assert self.theta is not None
        s = self.settings
        walks = rollout(
            [world] * s.episodes,
            walk_engine().at(self.theta),
            s.grounding.horizon,
            np.random.default_rng(30_000),
            threads=1,
        )
        return float(walks.returns.mean())


def runs(settings: ModelSettings) -> dict[str, ModelRun]:
    """One run a walk."""
    return {str(seed): ModelRun(settings, seed) for seed in settings.seeds}


def summarise(
    settings: ModelSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Name of a measurement -> "error" and "return" by seed and α, and "real", the
    return on the robot, by seed.
    """
    names = results[str(settings.seeds[0])]
    found = {
        name: {
            what: [results[str(seed)][name][what] for seed in settings.seeds]
            for what in ("error", "return", "real")
        }
        for name in names
    }
    return found, {}


_SMOKE = ModelSettings(
    seeds=(0,),
    amounts=(2,),
    alphas=(0.0, 1.0),
    knobs={"damping": (0.75,)},
    trajectories=2,
    held=1,
    episodes=1,
    first=1,
    population=4,
    grounding=GroundingSettings(horizon=20),
)

EXPERIMENTS = (
    Experiment("grounding_models", ModelSettings(), _SMOKE, runs, summarise),
)
