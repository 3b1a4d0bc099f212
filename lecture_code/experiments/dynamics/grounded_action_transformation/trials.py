"""One trial of the groundings: a real world, a first policy θ₀, and the methods.

θ₀ comes from a search in the simulator: a short search that is part of the trial, or
the long search of `starts.py`. Every method improves θ₀ by the same search, with the
same draws and the same number of episodes, in the method's own simulator. Each
generation's policy is tried on the robot, and the best of these policies is tested on
the robot with other starts.

Read `TrialRun`: a trial has a stage for θ₀ and a stage for each method. A stage is one
turn of `grounded_simulation_learning`, of which `advance` makes one generation. Which
methods and robots are compared stands in `methods.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.grounded_action_transformation import (
    ActionTransformation,
    GroundingSettings,
    exploring_rollout,
    ground_actions,
    one_step_error,
)
from lecture_code.dynamics.grounded_simulation_learning import (
    Controller,
    PolicySearch,
    Turn,
    improve,
)
from lecture_code.dynamics.reality_gap import identify
from lecture_code.experiments.dynamics.experts import early_return
from lecture_code.experiments.dynamics.grounded_action_transformation.starts import (
    finished_walk,
)
from lecture_code.experiments.dynamics.grounded_action_transformation.walks import (
    WIDTH,
    draws,
    hand_made,
    search_for_walk,
    search_from,
    walk_engine,
)
from lecture_code.experiments.dynamics.real_worlds import real_world
from lecture_code.experiments.policies import load_policy
from lecture_code.experiments.protocol import Record
from lecture_code.simulation import Trajectories, World, make_world, rollout

Array = NDArray[np.float64]
Options = Mapping[str, Any]

FIRST = "first walk"
"""The stage that finds θ₀; the other stages have the names of their methods."""
EVALUATIONS, TESTS = 10_000, 20_000
"""Seeds of the episodes on the robot: of evaluations of candidates, and of tests."""


@dataclass(frozen=True)
class TrialSettings:
    """What a comparison of methods is: its worlds, methods and budgets.

    Args:
        seeds: the seeds; each is one trial in every real world.
        real: name of a real world -> how it differs from the simulator.
        methods: name of a method -> where it searches. Each method may have a "width"
            of its first generation and a number of "generations" of its own.
        controller: "walk engine", whose θ₀ is searched in the trial; "finished walk",
            a walk engine with the θ₀ of `starts.py`; or "linear feedback".
        start_generations: generations of the search for the walk engine's θ₀; a linear
            policy starts as the committed expert of its seed.
        generations: number of generations of every method's search.
        population, horizon: episodes of a generation, and control steps of an episode.
        grounding: how the simulator is grounded; α and memory are the method's.
        identification_trajectories: trajectories from which parameters are identified.
        evaluation_episodes: episodes on the robot in which each candidate is tried; the
            one-step error is measured on the first of them.
        test_episodes: episodes of the test, with other starts.
    """

    seeds: tuple[int, ...]
    real: Mapping[str, Mapping[str, float]]
    methods: Mapping[str, Options]
    controller: str = "walk engine"
    start_generations: int = 10
    generations: int = 10
    population: int = 12
    horizon: int = 200
    grounding: GroundingSettings = field(default_factory=GroundingSettings)
    identification_trajectories: int = 4
    evaluation_episodes: int = 3
    test_episodes: int = 10


class TrialRun:
    """All stages of one trial: one real world, one seed."""

    def __init__(self, settings: TrialSettings, real: str, seed: int) -> None:
        self.settings = settings
        self.seed = seed
        self.simulator = make_world("half_cheetah")
        self.real = real_world(settings.real[real])
        self.controller: Controller
        if settings.controller == "walk engine":
            self.controller = walk_engine().at
            self.theta = hand_made()
            self.stages = (FIRST, *settings.methods)
        elif settings.controller == "finished walk":
            self.controller = walk_engine().at
            self.theta = finished_walk(seed)
            self.stages = tuple(settings.methods)
        else:
            policy = load_policy("half_cheetah", seed=seed)
            self.controller = policy.at
            self.theta = policy.theta
            self.stages = tuple(settings.methods)
        self.finished = 0
        self.recordings: tuple[Trajectories, Trajectories] | None = None
        self.fitted: dict[int, ActionTransformation] = {}
        self.outcomes: dict[str, Record] = {}
        self.rng, self.turn = self._begin()

    @property
    def progress(self) -> float:
        """Share of the searches that are done."""
        if self.finished == len(self.stages):
            return 1.0
        done = len(self.turn.candidates) / self.search.generations
        return (self.finished + min(done, 0.99)) / len(self.stages)

    @property
    def stage(self) -> str:
        """Name of the present stage: the search for θ₀, or a method."""
        return self.stages[self.finished]

    @property
    def search(self) -> PolicySearch:
        """How the present stage improves a policy."""
        s = self.settings
        if self.stage == FIRST:
            return search_for_walk(s.start_generations, s.population, s.horizon)
        method = s.methods[self.stage]
        start = partial(
            search_from,
            controller=s.controller,
            population=s.population,
            width=method.get("width", WIDTH),
        )
        generations = method.get("generations", s.generations)
        return PolicySearch(start, self.controller, s.horizon, generations, threads=1)

    def advance(self) -> Record:
        """One generation of the present stage."""
        turn = improve(self.turn, self.search, self.rng)
        assert turn.batch is not None
        record = {"early_return": early_return(turn.batch)}
        self.turn = replace(turn, batch=None)  # a checkpoint need not hold it
        if len(turn.candidates) == self.search.generations:
            self._finish()
        return record

    def result(self) -> Record:
        """Curves and final tests of every method."""
        return {
            "start": self.test(self.theta),
            "theta": self.theta,
            "methods": self.outcomes,
        }

    def test(self, theta: Array) -> float:
        """Mean return of a policy on the robot; all tests have the same starts."""
        n = self.settings.test_episodes
        return float(self.episodes(theta, n, TESTS).returns.mean())

    def episodes(
        self, thetas: Array, episodes: int, start: int, world: World | None = None
    ) -> Trajectories:
        """Episodes of one policy (d,) or of n policies (n, d), policy after policy.

        On the robot, or in another world if one is given; `start` is their seed.
        """
        rows = np.repeat(np.atleast_2d(thetas), episodes, axis=0)
        worlds = [world or self.real] * len(rows)
        rng = np.random.default_rng(start)
        policy = self.controller(rows)
        horizon = self.settings.horizon
        return rollout(worlds, policy, horizon, rng, threads=1)

    def start_error(self, world: World) -> float:
        """A world's one-step error on two recordings of θ₀ that no model has seen."""
        how = replace(
            self.settings.grounding, trajectories=2, horizon=self.settings.horizon
        )
        rng = np.random.default_rng([self.seed, 5])
        held = exploring_rollout(self.real, self.controller(self.theta), how, rng, 1)
        return one_step_error(world, held, np.random.default_rng(0))

    def ground(self, method: Options) -> World:
        """The world in which a method searches."""
        match method["kind"]:
            case "none":
                return self.simulator
            case "noise":
                return self.simulator.change(motor_noise=method["std"])
            case "robot":
                return self.real
            case "parameters":
                robot, _ = self._recordings()
                recording = robot[: self.settings.identification_trajectories]
                return identify(self.simulator, recording, method["knobs"]).world
            case "actions":
                options = {name: method[name] for name in ("alpha", "memory")}
                settings = replace(self.settings.grounding, **options)
                g = self._transformation(settings)
                return self.simulator.transformed(replace(g, alpha=method["alpha"]))
            case unknown:
                known = "none, noise, robot, parameters, actions"
                raise ValueError(f"no kind of method {unknown!r}; there are: {known}")

    def _transformation(self, settings: GroundingSettings) -> ActionTransformation:
        """g with the models of this memory, which are fitted once for all α."""
        if settings.memory not in self.fitted:
            *_, rng = np.random.default_rng([self.seed, 2]).spawn(3)
            g = ground_actions(self.simulator, *self._recordings(), rng, settings)
            self.fitted[settings.memory] = g
        return self.fitted[settings.memory]

    def _recordings(self) -> tuple[Trajectories, Trajectories]:
        """θ₀ on the robot and in the simulator: the same for all methods."""
        if self.recordings is None:
            settings = replace(self.settings.grounding, horizon=self.settings.horizon)
            rng_robot, rng_sim, _ = np.random.default_rng([self.seed, 2]).spawn(3)
            policy = self.controller(self.theta)
            robot = exploring_rollout(self.real, policy, settings, rng_robot, 1)
            sim = exploring_rollout(self.simulator, policy, settings, rng_sim, 1)
            self.recordings = robot, sim
        return self.recordings

    def _begin(self) -> tuple[np.random.Generator, Turn]:
        """The draws of the present stage, and its turn before its first generation."""
        first = self.stage == FIRST
        method = {"kind": "none"} if first else self.settings.methods[self.stage]
        turn = Turn.initial(self.ground(method), self.theta, self.search)
        return draws(self.seed, of_method=not first), turn

    def _finish(self) -> None:
        """Take in what the present stage ends with, and begin the next."""
        if self.stage == FIRST:
            self.theta = self.turn.candidates[-1]  # θ₀
        else:
            self.outcomes[self.stage] = self._outcome()
        self.finished += 1
        if self.finished < len(self.stages):
            self.rng, self.turn = self._begin()

    def _outcome(self) -> Record:
        """Evaluations of all candidates, and the test of the best candidate."""
        settings = self.settings
        thetas = np.stack(self.turn.candidates)
        n = settings.evaluation_episodes
        evaluations = self.episodes(thetas, n, EVALUATIONS)
        returns = evaluations.returns.reshape(len(thetas), -1).mean(axis=1)
        self.turn = turn = self.turn.tried(returns)
        own = self.episodes(thetas, 1, EVALUATIONS, turn.world).returns
        grounded = turn.world.transform is not None
        first_episodes = range(0, len(evaluations), n) if grounded else ()

        def errors(world: World) -> list[float]:
            return [
                one_step_error(world, evaluations[i], np.random.default_rng(0))
                for i in first_episodes
            ]

        return {
            "robot": list(turn.returns),
            "own": own.tolist(),
            "error": errors(turn.world),
            "plain_error": errors(self.simulator),
            "start_error": self.start_error(turn.world),
            "best": turn.best + 1,
            "theta": turn.theta,
            "final": self.test(turn.theta),
            "transform": turn.world.transform,
        }


def runs(settings: TrialSettings) -> dict[str, TrialRun]:
    """One run for each real world and seed."""
    return {
        f"{real}/{seed}": TrialRun(settings, real, seed)
        for real in settings.real
        for seed in settings.seeds
    }
