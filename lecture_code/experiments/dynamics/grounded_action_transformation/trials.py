"""Does it pay to ground a simulator?

The full-scale runs behind the chapter *Grounded action transformation*.

A trial has a first policy θ₀ that was found in the simulator, and a "real" world. Every
method improves θ₀ by the same search with the same draws and the same number of
episodes, each in its own simulator; what is learned is looked at on the robot after
each generation, and the best of these looks is tested on the robot with other starts.

`grounding_tuning` tries three settings of each method that has one, in two real worlds
that are not reported elsewhere. `grounding` runs the best of them, `CHOSEN`, on a walk
engine in two other worlds, `REAL`; `grounding_long` goes on four times as long;
`grounding_feedback` takes a linear feedback policy. The positive control, "robot", is
the same search on the robot itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.grounded_action_transformation import (
    ActionTransformation,
    Controller,
    GroundingSettings,
    exploring_rollout,
    ground_actions,
    one_step_error,
)
from lecture_code.dynamics.reality_gap import identify
from lecture_code.experiments.dynamics.experts import early_return
from lecture_code.experiments.policies import load_policy
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.learning import WalkEngine
from lecture_code.learning.regression import Regression, RegressionSettings
from lecture_code.search import CMAES, AugmentedRandomSearch, Search, next_generation
from lecture_code.simulation import Trajectories, World, make_world, rollout

Array = NDArray[np.float64]
Options = Mapping[str, Any]

TIMES_NOMINAL = (
    "torso_mass",
)  # knobs that are given in multiples of the robot's own value
REAL: dict[str, dict[str, float]] = {
    "wrong parameters": {"damping": 0.75, "torso_mass": 1.2},
    "late and slack": {"action_delay": 1, "backlash": 0.3},
}
"""Two robots.

The first is a simulator with other parameters; what the second does, no parameter of
the simulator can.
"""
TUNING_REAL: dict[str, dict[str, float]] = {
    "heavy and slippery": {"mass": 1.4, "friction": 0.7},
    "weak and late": {"gain": 0.8, "action_delay": 2, "backlash": 0.15},
}
"""Two others, to tune on."""

PARAMETERS: Options = {"kind": "parameters", "knobs": ("torso_mass", "damping")}
TRIED: dict[str, list[Options]] = {
    "noise envelope": [{"kind": "noise", "std": std} for std in (0.1, 0.2, 0.4)],
    "GAT": [
        {"kind": "actions", "alpha": alpha, "memory": 0} for alpha in (0.5, 0.8, 0.95)
    ],
    "GAT with memory": [
        {"kind": "actions", "alpha": alpha, "memory": 2} for alpha in (0.5, 0.8, 0.95)
    ],
}
"""What the tuning tries; the other methods have nothing to tune."""
CHOSEN: dict[str, Options] = {
    name: TRIED[name][best]
    for name, best in {"noise envelope": 0, "GAT": 0, "GAT with memory": 2}.items()
}
"""The best of each, by the mean final return over the tuning's worlds and seeds; a test
compares.
"""
METHODS: dict[str, Options] = {
    "no grounding": {"kind": "none"},
    "noise envelope": CHOSEN["noise envelope"],
    "parameters": PARAMETERS,
    "GAT": CHOSEN["GAT"],
    "GAT with memory": CHOSEN["GAT with memory"],
    "robot": {"kind": "robot"},
}
"""By the names under which the book draws them."""


@dataclass(frozen=True)
class TrialSettings:
    """A comparison.

    Args:
        seeds: one trial each in every real world.
        controller: "walk engine" or "linear feedback".
        real: name -> how it differs from the simulator.
        methods: name -> where it searches.
        first: generations of the search for the walk engine's θ₀; a linear policy
            starts as the committed expert of its seed.
        generations: of every method's search.
        population, horizon: episodes of a generation, and control steps of an episode.
        grounding: of the simulator, with α and memory from the method.
        identification: trajectories from which parameters are identified.
        looks: episodes on the robot for the mean of each generation; its one-step error
            is measured on the first of them.
        final: of the test, with other starts.
    """

    seeds: tuple[int, ...]
    controller: str = "walk engine"
    real: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: dict(REAL))
    methods: Mapping[str, Options] = field(default_factory=lambda: dict(METHODS))
    first: int = 10
    generations: int = 10
    population: int = 12
    horizon: int = 200
    grounding: GroundingSettings = field(default_factory=GroundingSettings)
    identification: int = 4
    looks: int = 3
    final: int = 10


def real_world(changes: Mapping[str, float]) -> World:
    """A cheetah with these knobs."""
    world = make_world("half_cheetah")
    return world.change(
        **{
            k: v * world.parameters[k].nominal if k in TIMES_NOMINAL else v
            for k, v in changes.items()
        }
    )


def walk_engine() -> WalkEngine:
    """That of the cheetah: six motors, around 2.5 Hz."""
    return WalkEngine(motors=6, frequency=2.5, dt=make_world("half_cheetah").dt)


def hand_made() -> Array:
    """A walk from which all searches start: every motor swings with 0.4, in step,
    (15,).
    """
    theta = np.zeros(walk_engine().size)
    theta[1:7] = 0.4
    return theta


def search_from(
    controller: str, theta: Array, population: int, width: float = 0.1
) -> Search:
    """`optimise`: CMA-ES for the walk engine's 15 parameters, augmented random search
    for a linear policy's 102.
    """
    if controller == "walk engine":
        return CMAES(theta, width, population, damping="tutorial")
    return AugmentedRandomSearch(
        theta, step=0.02, noise=0.03, directions=population // 2, top=population // 4
    )


class TrialRun:
    """All methods of one trial: one real world, one seed."""

    def __init__(self, settings: TrialSettings, real: str, seed: int) -> None:
        self.settings, self.seed = settings, seed
        self.simulator, self.real = (
            make_world("half_cheetah"),
            real_world(settings.real[real]),
        )
        walking = settings.controller == "walk engine"
        self.controller: Controller = (
            walk_engine().at if walking else load_policy("half_cheetah", seed=seed).at
        )
        self.theta = (
            hand_made() if walking else load_policy("half_cheetah", seed=seed).theta
        )  # becomes θ₀
        self.todo = list(settings.methods) if not walking else ["", *settings.methods]
        self.total = len(self.todo)
        self.recordings: tuple[Trajectories, Trajectories] | None = None
        self.found: dict[str, Any] = {}
        self._begin()

    @property
    def progress(self) -> float:
        """Share of the searches that are done."""
        return (
            (
                self.total
                - len(self.todo)
                + min(self.generation / self._generations, 0.99)
            )
            / self.total
            if self.todo
            else 1.0
        )

    def advance(self) -> Record:
        """One generation of one method, or of the search for θ₀."""
        generation = next_generation(self.search, self._evaluate, self.rng)
        self.generation += 1
        self.candidates.append(generation.mean)
        if self.generation == self._generations:
            if self.todo[0]:
                self._finish()
            else:
                self.theta = generation.mean  # θ₀
            self.todo = self.todo[1:]
            if self.todo:
                self._begin()
        return {"early_return": self.early}

    def result(self) -> Record:
        """Curves and final tests of every method."""
        return {
            "start": self.test(self.theta, self.settings.final, 20_000),
            "theta": self.theta,
            "methods": self.found,
        }

    def test(self, theta: Array, episodes: int, start: int) -> float:
        """Mean return of a policy on the robot, over episodes whose starts are the same
        for all methods and trials.
        """
        return float(self._episodes(theta, episodes, start).returns.mean())

    @property
    def _generations(self) -> int:
        return self.settings.generations if self.todo[0] else self.settings.first

    def _begin(self) -> None:
        name = self.todo[0]
        self.rng, self.generation = (
            np.random.default_rng([self.seed, len(name) > 0]),
            0,
        )  # the same draws for every method
        self.search = search_from(
            self.settings.controller,
            self.theta,
            self.settings.population,
            0.1 if name else 0.2,
        )
        self.world = (
            self._ground(self.settings.methods[name]) if name else self.simulator
        )
        self.candidates: list[Array] = []

    def _ground(self, method: Options) -> World:
        """Where a method searches."""
        kind, settings, rng = (
            method["kind"],
            self.settings,
            np.random.default_rng([self.seed, 2]),
        )
        if kind == "none":
            return self.simulator
        if kind == "noise":
            return self.simulator.change(motor_noise=method["std"])
        if kind == "robot":
            return self.real
        rng_robot, rng_sim, rng_models = rng.spawn(3)
        how = replace(settings.grounding, horizon=settings.horizon)
        if self.recordings is None:  # all methods that need them have the same
            self.recordings = (
                exploring_rollout(
                    self.real, self.controller(self.theta), how, rng_robot, threads=1
                ),
                exploring_rollout(
                    self.simulator, self.controller(self.theta), how, rng_sim, threads=1
                ),
            )
        if kind == "parameters":
            return identify(
                self.simulator,
                self.recordings[0][: settings.identification],
                method["knobs"],
            ).world
        how = replace(how, alpha=method["alpha"], memory=method["memory"])
        return self.simulator.transformed(
            ground_actions(self.simulator, *self.recordings, rng_models, how)
        )

    def _evaluate(self, thetas: Array, rng: np.random.Generator) -> Array:
        batch = rollout(
            [self.world] * len(thetas),
            self.controller(thetas),
            self.settings.horizon,
            rng,
            threads=1,
        )
        self.early = early_return(batch)
        return batch.returns

    def _episodes(
        self, thetas: Array, episodes: int, start: int, world: World | None = None
    ) -> Trajectories:
        """Episodes of one policy (d,), or of several (n, d), those of the first before
        those of the second.
        """
        n = len(np.atleast_2d(thetas))
        rows = np.repeat(np.atleast_2d(thetas), episodes, axis=0)
        return rollout(
            [world or self.real] * (n * episodes),
            self.controller(rows),
            self.settings.horizon,
            np.random.default_rng(start),
            threads=1,
        )

    def _finish(self) -> None:
        """Look at all candidates, and test the best of them."""
        settings, thetas = self.settings, np.stack(self.candidates)
        looks = self._episodes(thetas, settings.looks, 10_000)
        robot = looks.returns.reshape(len(thetas), -1).mean(axis=1)
        best = int(np.argmax(robot))
        found: dict[str, Any] = {
            "robot": robot.tolist(),
            "own": self._episodes(thetas, 1, 10_000, self.world).returns.tolist(),
        }
        for name, world in (("error", self.world), ("plain_error", self.simulator)):
            first = (
                [looks[i * settings.looks] for i in range(len(thetas))]
                if self.world.transform is not None
                else []
            )
            found[name] = [
                one_step_error(world, look, np.random.default_rng(0)) for look in first
            ]
        final = {
            "best": best + 1,
            "theta": thetas[best],
            "final": self.test(thetas[best], settings.final, 20_000),
        }
        self.found[self.todo[0]] = {**found, **final, "transform": self.world.transform}


def runs(settings: TrialSettings) -> dict[str, TrialRun]:
    """One run for each real world and seed."""
    return {
        f"{real}/{seed}": TrialRun(settings, real, seed)
        for real in settings.real
        for seed in settings.seeds
    }


CURVES = ("robot", "own", "error", "plain_error", "best", "final")


def summarise(
    settings: TrialSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """real world -> "start" and method -> curves and final returns of all seeds; beside
    it the policies, and the first seed's models (see `models`).
    """
    curves: dict[str, Any] = {}
    arrays: dict[str, Array] = {}
    for number, real in enumerate(settings.real):
        found = [results[f"{real}/{seed}"] for seed in settings.seeds]
        curves[real] = {"start": [run["start"] for run in found]}
        arrays[f"theta_0/{number}"] = np.stack([run["theta"] for run in found])
        for name in settings.methods:
            curves[real][name] = {
                curve: [run["methods"][name][curve] for run in found]
                for curve in CURVES
            }
            arrays[f"{name}/{number}"] = np.stack(
                [run["methods"][name]["theta"] for run in found]
            )
    return curves, {name: array.astype(np.float32) for name, array in arrays.items()}


def feedback_summary(
    settings: TrialSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """As `summarise`, and all that a page needs to run the first trial by itself: its
    normaliser, f and f_sim⁻¹.

    Layout, in float32: `mean`, `std` (17,) of the policy's observations; `theta_0/0`
    and one such array a method, (seeds, 102), a matrix (6, 17) a seed; and for
    "forward" (23 -> 17: observation, action -> change of observation) and "inverse" (34
    -> 6: observation, change -> action) `input_mean`, `input_std`, `target_mean`,
    `target_std`, `skip` (inputs, outputs) and `W0`, `b0`, `W1`, `b1`, `W2`, `b2`
    (inputs, outputs), with

        x̃ = (x − input_mean) / input_std,   y = target_mean + target_std (tanh(tanh(x̃ W0 + b0) W1 + b1) W2 + b2 + x̃ skip)

    α is in the settings. The models are those of "GAT" in the first real world, with
    the first seed.
    """
    curves, arrays = summarise(settings, results)
    real, seed = next(iter(settings.real)), settings.seeds[0]
    policy = load_policy("half_cheetah", seed=seed)
    g: ActionTransformation = results[f"{real}/{seed}"]["methods"]["GAT"]["transform"]
    extra = {
        "mean": policy.mean,
        "std": policy.std,
        **tables("forward", g.forward),
        **tables("inverse", g.inverse),
    }
    return curves, {
        **arrays,
        **{name: array.astype(np.float32) for name, array in extra.items()},
    }


def tables(name: str, model: Regression) -> dict[str, Array]:
    """A regression as named arrays; the layout is that of `feedback_summary`."""
    (input_mean, input_std), (target_mean, target_std) = model.inputs, model.targets
    found = {
        "input_mean": input_mean,
        "input_std": input_std,
        "target_mean": target_mean,
        "target_std": target_std,
        "skip": model.skip,
    }
    for i, (W, b) in enumerate(model.layers):
        found |= {f"W{i}": W, f"b{i}": b}
    return {f"{name}/{key}": array for key, array in found.items()}


_ARMS = {
    f"{name}/{i}": options
    for name, tried in TRIED.items()
    for i, options in enumerate(tried)
}
TUNING = TrialSettings(seeds=(100, 101, 102, 103, 104), real=TUNING_REAL, methods=_ARMS)
COMPARISON = TrialSettings(seeds=tuple(range(10)))
LONG = replace(
    COMPARISON,
    seeds=(0, 1, 2, 3, 4),
    generations=40,
    methods={k: METHODS[k] for k in METHODS if k not in TRIED or "GAT" in k},
)
_FIRST = next(iter(REAL))
FEEDBACK = TrialSettings(
    seeds=(0, 1, 2, 3, 4),
    controller="linear feedback",
    real={_FIRST: REAL[_FIRST]},
    population=16,
    horizon=250,
)


def _smoke(settings: TrialSettings) -> TrialSettings:
    tiny = replace(
        settings.grounding,
        trajectories=3,
        forward=RegressionSettings(epochs=2),
        inverse=RegressionSettings(epochs=2),
    )
    return replace(
        settings,
        seeds=(0,),
        first=1,
        generations=2,
        population=4,
        horizon=20,
        grounding=tiny,
        looks=2,
        final=2,
    )


EXPERIMENTS = (
    Experiment("grounding_tuning", TUNING, _smoke(TUNING), runs, summarise),
    Experiment("grounding", COMPARISON, _smoke(COMPARISON), runs, summarise),
    Experiment("grounding_long", LONG, _smoke(LONG), runs, summarise),
    Experiment(
        "grounding_feedback", FEEDBACK, _smoke(FEEDBACK), runs, feedback_summary
    ),
)
