"""What planning with a corrected simulator earns on the heavy arm, without φ.

The two baselines of the paper's arm, and a stiffer expert, under the conditions of
`shifts.SETTINGS["heavy_arm"]`, with the starts, targets and noise of
`inverse_dynamics_heavy_arm`, so that all its returns can be compared in pairs:

    output error control   plans with the simulator and a running mean of its errors
    Gaussian adaptation    plans with a local model, whose prior is the simulator
    stiff expert           the expert with R = 1 instead of 30: thirty times less cost
                           of the actions

`inverse_dynamics_soft_planners` repeats the first two with R = 30, the price of actions
that the expert pays, under four of the conditions: is it the adaptation that helps, or
only the stiffness of the planner?

`inverse_dynamics_trained` has the ceiling under gravity: the expert that is computed in
the target, with R = 30 (`HoldingExpert`). It knows the arm's weight, and learns
nothing.

The settings of the first two were chosen on worlds that are not reported, see
`dynamics/output_error_control.py` and `dynamics/gaussian_adaptation.py`. Returns are
normalised on the page, as in `transfer.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.gaussian_adaptation import ARM_SETTINGS, GaussianAdaptation
from lecture_code.dynamics.output_error_control import (
    ControlSettings,
    OutputErrorControl,
)
from lecture_code.dynamics.reaching_expert import (
    HoldingExpert,
    ReachingExpert,
    ReachingSettings,
)
from lecture_code.experiments.dynamics.inverse_dynamics.shifts import SETTINGS, Shift
from lecture_code.experiments.dynamics.inverse_dynamics.transfer import STARTS
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.simulation import Policy, World, make_world, rollout

Array = NDArray[np.float64]

PLANNERS = ("output error control", "Gaussian adaptation", "stiff expert")
SOFT = ("soft output error control", "soft Gaussian adaptation")
TRAINED = ("trained in the target",)
SOFT_COST = (30.0, 30.0)  # R of the expert


@dataclass(frozen=True)
class PlannerSettings:
    """What is measured.

    Args:
        conditions: the targets.
        planners: of `PLANNERS`, `SOFT` and `TRAINED`.
        episodes, horizon: starts of a test, and its control steps.
        seeds: one set of starts each.
    """

    conditions: tuple[Shift, ...] = SETTINGS["heavy_arm"].conditions
    planners: tuple[str, ...] = PLANNERS
    episodes: int = 20
    horizon: int = 100
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


def planner(name: str, robot: World) -> Policy:
    """A policy of the arm by its name in `PLANNERS`, `SOFT` or `TRAINED`.

    Args:
        name: of the policy.
        robot: the target; only the policy that is trained there looks at it.
    """
    source = make_world("heavy_arm")
    if name in TRAINED:
        return HoldingExpert(robot)
    if name == "soft output error control":
        return OutputErrorControl(source, ControlSettings(action_cost=SOFT_COST))
    if name == "soft Gaussian adaptation":
        soft = replace(ARM_SETTINGS, action_cost=SOFT_COST)
        return GaussianAdaptation(source, soft)
    if name == "output error control":
        return OutputErrorControl(source)
    if name == "Gaussian adaptation":
        return GaussianAdaptation(source)
    return ReachingExpert.from_source(source, ReachingSettings(action_cost=1.0))


class PlannerRun:
    """Every planner under every condition, on the starts of one seed."""

    def __init__(self, settings: PlannerSettings, seed: int) -> None:
        self.settings = settings
        self.seed = seed
        self.todo = [
            (condition, name)
            for condition in settings.conditions
            for name in settings.planners
        ]
        self.total = len(self.todo)
        self.returns: dict[str, list[float]] = {}

    @property
    def progress(self) -> float:
        """Share of the tests that are done."""
        return 1 - len(self.todo) / self.total

    def advance(self) -> Record:
        """One planner under one condition."""
        s = self.settings
        (condition, name), *self.todo = self.todo
        robot = condition.world("heavy_arm")
        policy = planner(name, robot)
        rng = np.random.default_rng([self.seed, STARTS])
        batch = rollout([robot] * s.episodes, policy, s.horizon, rng, threads=1)
        self.returns[f"{condition.name} {name}"] = batch.returns.tolist()
        return {"early": float(batch.rewards[:, :5].mean())}

    def result(self) -> Record:
        """Returns by condition and planner."""
        return {"returns": self.returns}


def planner_runs(settings: PlannerSettings) -> dict[str, PlannerRun]:
    """One run for each seed."""
    return {str(seed): PlannerRun(settings, seed) for seed in settings.seeds}


def summarise(
    settings: PlannerSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Returns (seeds, episodes) by condition and planner."""
    runs = [dict(results[str(seed)]["returns"]) for seed in settings.seeds]
    return {
        name: [np.round(run[name], 3).tolist() for run in runs] for name in runs[0]
    }, {}


CONDITIONS = SETTINGS["heavy_arm"].conditions
SMOKE = PlannerSettings(CONDITIONS[:1], episodes=1, horizon=5, seeds=(0,))
SOFT_SETTINGS = PlannerSettings(
    (Shift(0.0), Shift(0.6), Shift(1.0), Shift(0.0, 0.3, 1.0)), SOFT
)
TRAINED_SETTINGS = PlannerSettings(
    tuple(shift for shift in CONDITIONS if not shift.motor_noise), TRAINED
)

EXPERIMENTS = (
    Experiment(
        "inverse_dynamics_planners", PlannerSettings(), SMOKE, planner_runs, summarise
    ),
    Experiment(
        "inverse_dynamics_soft_planners",
        SOFT_SETTINGS,
        replace(SMOKE, planners=SOFT),
        planner_runs,
        summarise,
    ),
    Experiment(
        "inverse_dynamics_trained",
        TRAINED_SETTINGS,
        replace(SMOKE, planners=TRAINED),
        planner_runs,
        summarise,
    ),
)
