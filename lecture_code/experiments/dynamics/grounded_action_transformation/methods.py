"""Does it pay to ground a simulator?

The full-scale runs behind the chapter *Grounded action transformation*; `trials.py`
says what a trial is.

`grounding_tuning` tries three settings of each method that has settings, in two real
worlds that are not reported elsewhere. `grounding` runs the best settings, `CHOSEN`, on
a walk engine in two other worlds, `REAL`. `grounding_long` has four times as many
generations. `grounding_feedback` takes a linear feedback policy. The positive control,
"robot", is the same search on the robot itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.grounded_action_transformation import ActionTransformation
from lecture_code.experiments.dynamics.grounded_action_transformation.trials import (
    Options,
    TrialSettings,
    runs,
)
from lecture_code.experiments.policies import load_policy
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.learning.regression import Regression, RegressionSettings

Array = NDArray[np.float64]

REAL: dict[str, dict[str, float]] = {
    "wrong parameters": {"damping": 0.75, "torso_mass": 1.2},
    "late and slack": {"action_delay": 1, "backlash": 0.3},
}
"""Two robots.

The first is a simulator with other parameters. The second has a delay and a backlash,
which no parameter of the simulator can imitate.
"""
TUNING_REAL: dict[str, dict[str, float]] = {
    "heavy and slippery": {"mass": 1.4, "friction": 0.7},
    "weak and late": {"gain": 0.8, "action_delay": 2, "backlash": 0.15},
}
"""Two other robots, on which the methods are tuned."""

PARAMETERS: Options = {"kind": "parameters", "knobs": ("torso_mass", "damping")}
TRIED: dict[str, list[Options]] = {
    "noise envelope": [{"kind": "noise", "std": std} for std in (0.1, 0.2, 0.4)],
    "GAT": [{"kind": "actions", "alpha": a, "memory": 0} for a in (0.5, 0.8, 0.95)],
    "GAT with memory": [
        {"kind": "actions", "alpha": a, "memory": 2} for a in (0.5, 0.8, 0.95)
    ],
}
"""Settings that the tuning tries; the other methods have nothing to tune."""
_BEST = {"noise envelope": 0, "GAT": 0, "GAT with memory": 2}
CHOSEN = {name: TRIED[name][best] for name, best in _BEST.items()}
"""The best setting of each method, by the mean final return over the tuning's worlds
and seeds; a test compares.
"""
METHODS: dict[str, Options] = {
    "no grounding": {"kind": "none"},
    "noise envelope": CHOSEN["noise envelope"],
    "parameters": PARAMETERS,
    "GAT": CHOSEN["GAT"],
    "GAT with memory": CHOSEN["GAT with memory"],
    "robot": {"kind": "robot"},
}
"""The methods by the names under which the book draws them."""

CURVES = ("robot", "own", "error", "plain_error", "best", "final")
"""What a summary keeps of each method: on the robot and in its own world the return of
each generation; the one-step errors of the grounded and of the plain simulator; the
best generation; the return of the final test.
"""


def summarise(
    settings: TrialSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Curves and final returns by real world, method and seed; policies as arrays.

    "start" beside the methods is the return of θ₀.
    """
    curves: dict[str, Any] = {}
    arrays: dict[str, Array] = {}
    for number, real in enumerate(settings.real):
        trials = [results[f"{real}/{seed}"] for seed in settings.seeds]
        curves[real] = {"start": [trial["start"] for trial in trials]}
        arrays[f"theta_0/{number}"] = np.stack([trial["theta"] for trial in trials])
        for name in settings.methods:
            outcomes = [trial["methods"][name] for trial in trials]
            curves[real][name] = {
                curve: [outcome[curve] for outcome in outcomes] for curve in CURVES
            }
            thetas = [outcome["theta"] for outcome in outcomes]
            arrays[f"{name}/{number}"] = np.stack(thetas)
    return curves, _in_single_precision(arrays)


def feedback_summary(
    settings: TrialSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """As `summarise`, and the arrays with which a page can run the first trial.

    The page needs the normaliser of the trial's policy, f and f_sim⁻¹.

    Layout, in float32: `mean`, `std` (17,) of the policy's observations; `theta_0/0`
    and one such array a method, (seeds, 102), a matrix (6, 17) a seed; and for
    "forward" (23 -> 17: observation, action -> change of observation) and "inverse" (34
    -> 6: observation, change -> action) `input_mean`, `input_std`, `target_mean`,
    `target_std`, `skip` (inputs, outputs) and `W0`, `b0`, `W1`, `b1`, `W2`, `b2`
    (inputs, outputs), with

        x̃ = (x − input_mean) / input_std
        y = target_mean + target_std (tanh(tanh(x̃ W0 + b0) W1 + b1) W2 + b2 + x̃ skip)

    α is in the settings. The models are those of "GAT" in the first real world, with
    the first seed.
    """
    curves, arrays = summarise(settings, results)
    real = next(iter(settings.real))
    seed = settings.seeds[0]
    policy = load_policy("half_cheetah", seed=seed)
    g: ActionTransformation = results[f"{real}/{seed}"]["methods"]["GAT"]["transform"]
    page = {
        "mean": policy.standardiser.mean,
        "std": policy.standardiser.std,
        **tables("forward", g.forward),
        **tables("inverse", g.inverse),
    }
    return curves, {**arrays, **_in_single_precision(page)}


def tables(name: str, model: Regression) -> dict[str, Array]:
    """A regression as named arrays; the layout is that of `feedback_summary`."""
    (input_mean, input_std), (target_mean, target_std) = model.inputs, model.targets
    arrays = {
        "input_mean": input_mean,
        "input_std": input_std,
        "target_mean": target_mean,
        "target_std": target_std,
        "skip": model.skip,
    }
    for i, (W, b) in enumerate(model.layers):
        arrays |= {f"W{i}": W, f"b{i}": b}
    return {f"{name}/{key}": array for key, array in arrays.items()}


def _in_single_precision(arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {name: array.astype(np.float32) for name, array in arrays.items()}


_ARMS = {
    f"{name}/{i}": options
    for name, tried in TRIED.items()
    for i, options in enumerate(tried)
}
TUNING = TrialSettings((100, 101, 102, 103, 104), TUNING_REAL, _ARMS)
COMPARISON = TrialSettings(tuple(range(10)), REAL, METHODS)
LONG = replace(
    COMPARISON,
    seeds=(0, 1, 2, 3, 4),
    generations=40,
    methods={k: METHODS[k] for k in METHODS if k not in TRIED or "GAT" in k},
)
_FIRST_ROBOT = next(iter(REAL))
FEEDBACK = TrialSettings(
    (0, 1, 2, 3, 4),
    {_FIRST_ROBOT: REAL[_FIRST_ROBOT]},
    METHODS,
    controller="linear feedback",
    population=16,
    horizon=250,
)


def _smoke(settings: TrialSettings) -> TrialSettings:
    quick = RegressionSettings(epochs=2)
    grounding = replace(
        settings.grounding, trajectories=3, forward=quick, inverse=quick
    )
    return replace(
        settings,
        seeds=(0,),
        start_generations=1,
        generations=2,
        population=4,
        horizon=20,
        grounding=grounding,
        evaluation_episodes=2,
        test_episodes=2,
    )


EXPERIMENTS = (
    Experiment("grounding_tuning", TUNING, _smoke(TUNING), runs, summarise),
    Experiment("grounding", COMPARISON, _smoke(COMPARISON), runs, summarise),
    Experiment("grounding_long", LONG, _smoke(LONG), runs, summarise),
    Experiment(
        "grounding_feedback", FEEDBACK, _smoke(FEEDBACK), runs, feedback_summary
    ),
)
