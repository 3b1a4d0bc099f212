"""Does it pay to ground a simulator in which the search is finished?

Protocol, fixed before the runs. Each trial starts from a walk θ₀ that was searched for
100 generations in the simulator (`starts.py`), so that plain search in the simulator
has little left to give. Every method then gets ten generations of twelve walks with the
same draws, three looks at the robot after each generation, and a test of its best
generation on ten other starts. Methods that record the robot get the same 24 walks.

Methods: no grounding, the noise envelope, parameters (mass and damping, which are the
two knobs that differ on the first robot), GAT without and with a memory of two actions,
and two searches on the robot itself. "robot" has the full budget and is the positive
control. "robot, 24 walks" is the rival with GAT's data: it spends the 24 recorded walks
as two generations of search on the robot and tries their means.

`grounding_finished_tuning` chooses, on two robots and five seeds that are not reported,
the width of the search (by "no grounding", for all methods that search in a simulator;
the rival has its own), the std of the noise, and α. The best setting has the highest
mean final return. α lies between 0 (no grounding) and 1, so α has no edge but these.

The best noise of that grid was its highest, 0.8, so `grounding_finished_edges` widens
it on the same robots and seeds. This was decided after the first tuning and before the
comparison.

`grounding_finished` reports ten trials on each of two robots. Intervals are 95 %
bootstrap intervals of the mean paired difference between two methods over the trials.

`grounding_rival` adds a rival with GAT's whole time on the robot, to the same trials.
GAT walks 54 times on the robot: 24 recorded walks, and three looks after each of ten
generations. "robot, 48 walks" searches for four generations on the robot itself and
looks twelve times, which is 60 walks. `grounding_rival_tuning` chooses its width, on
the robots and seeds of the other tuning, as the width of "robot, 24 walks" was chosen.
This rival was added after the comparison had been seen, because "robot, 24 walks" walks
30 times only.

Cut before the run: ten trials instead of thirty, and the number of recordings, the
memory and the networks are not tuned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.grounded_action_transformation import GroundingSettings
from lecture_code.experiments.dynamics.grounded_action_transformation import methods
from lecture_code.experiments.dynamics.grounded_action_transformation.trials import (
    Options,
    TrialSettings,
    runs,
)
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.learning.regression import RegressionSettings

Array = NDArray[np.float64]

RIVAL = "robot, 24 walks"
LONG_RIVAL = "robot, 48 walks"
TRIED: dict[str, list[Options]] = {
    "no grounding": [
        {"kind": "none", "width": width} for width in (0.025, 0.05, 0.1, 0.2)
    ],
    "noise envelope": [
        {"kind": "noise", "std": std} for std in (0.05, 0.1, 0.2, 0.4, 0.8)
    ],
    "GAT": [
        {"kind": "actions", "alpha": alpha, "memory": 0}
        for alpha in (0.25, 0.5, 0.75, 0.95, 1.0)
    ],
    "GAT with memory": [
        {"kind": "actions", "alpha": alpha, "memory": 2}
        for alpha in (0.25, 0.5, 0.75, 0.95, 1.0)
    ],
    RIVAL: [
        {"kind": "robot", "generations": 2, "width": width}
        for width in (0.05, 0.1, 0.2, 0.4)
    ],
}
"""Settings that the tuning tries."""

CURVES = ("robot", "own", "best", "final", "start_error")
"""What a summary keeps of each method; see `methods.CURVES`. "start_error" is the
one-step error of the method's world on recordings of θ₀ to which nothing was fitted.
"""


def summarise(
    settings: TrialSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Curves and final returns by real world, method and seed; no arrays.

    "start" beside the methods is the return of θ₀.
    """
    curves: dict[str, Any] = {}
    for real in settings.real:
        trials = [results[f"{real}/{seed}"] for seed in settings.seeds]
        curves[real] = {"start": [trial["start"] for trial in trials]}
        for name in settings.methods:
            outcomes = [trial["methods"][name] for trial in trials]
            curves[real][name] = {
                curve: [outcome[curve] for outcome in outcomes] for curve in CURVES
            }
    return curves, {}


_ARMS = {
    f"{name}/{i}": options
    for name, tried in TRIED.items()
    for i, options in enumerate(tried)
}
TUNING = TrialSettings(
    (100, 101, 102, 103, 104),
    methods.TUNING_REAL,
    _ARMS,
    controller="finished walk",
    grounding=GroundingSettings(trajectories=24),
    identification_trajectories=24,
)


def smoke_trials(settings: TrialSettings) -> TrialSettings:
    """The same trials in seconds."""
    quick = RegressionSettings(epochs=2)
    grounding = replace(
        settings.grounding, trajectories=3, forward=quick, inverse=quick
    )
    return replace(
        settings,
        seeds=settings.seeds[:1],
        generations=2,
        population=4,
        horizon=20,
        grounding=grounding,
        evaluation_episodes=2,
        test_episodes=2,
    )


EDGES = replace(
    TUNING,
    methods={
        f"noise envelope/{std:g}": {"kind": "noise", "std": std}
        for std in (0.025, 1.2, 2.0)
    },
)
"""Noise beyond both ends of the first grid."""

WIDTH = 0.05
"""The width that "no grounding" was best with."""
METHODS: dict[str, Options] = {
    "no grounding": {"kind": "none", "width": WIDTH},
    "noise envelope": {"kind": "noise", "std": 0.8, "width": WIDTH},
    "parameters": {**methods.PARAMETERS, "width": WIDTH},
    "GAT": {"kind": "actions", "alpha": 0.5, "memory": 0, "width": WIDTH},
    "GAT with memory": {
        "kind": "actions",
        "alpha": 1.0,
        "memory": 2,
        "width": WIDTH,
    },
    RIVAL: {"kind": "robot", "generations": 2, "width": 0.1},
    "robot": {"kind": "robot", "width": WIDTH},
}
"""The methods of the comparison, with the settings that won the tuning."""
COMPARISON = replace(TUNING, seeds=tuple(range(10)), real=methods.REAL, methods=METHODS)

RIVAL_TUNING = replace(
    TUNING,
    methods={
        f"{LONG_RIVAL}/{width:g}": {"kind": "robot", "generations": 4, "width": width}
        for width in (0.05, 0.1, 0.2, 0.4)
    },
)
RIVAL_COMPARISON = replace(
    COMPARISON,
    methods={LONG_RIVAL: {"kind": "robot", "generations": 4, "width": 0.1}},
)
"""The width that won the tuning of this rival."""

EXPERIMENTS = (
    Experiment(
        "grounding_finished_tuning", TUNING, smoke_trials(TUNING), runs, summarise
    ),
    Experiment("grounding_finished_edges", EDGES, smoke_trials(EDGES), runs, summarise),
    Experiment(
        "grounding_finished", COMPARISON, smoke_trials(COMPARISON), runs, summarise
    ),
    Experiment(
        "grounding_rival_tuning",
        RIVAL_TUNING,
        smoke_trials(RIVAL_TUNING),
        runs,
        summarise,
    ),
    Experiment(
        "grounding_rival",
        RIVAL_COMPARISON,
        smoke_trials(RIVAL_COMPARISON),
        runs,
        summarise,
    ),
)
