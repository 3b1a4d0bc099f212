"""The full-scale runs behind the slow figures, and their results in `book/results`.

An experiment is run by `python -m lecture_code.experiments NAME`.

A notebook needs `load_result` and `load_policy`. To write an experiment, start with
`protocol.py`. The machinery lies in this folder; the experiments of a chapter lie in
`dynamics/` and `gradients/`, and `catalogue.py` lists them all.
"""

from lecture_code.experiments.policies import load_gaussian_policy, load_policy
from lecture_code.experiments.protocol import (
    Experiment,
    ExperimentError,
    Record,
    Run,
    find_experiment,
    known_experiments,
)
from lecture_code.experiments.results import (
    Result,
    check_settings,
    load_arrays,
    load_result,
    replay,
)
from lecture_code.experiments.runner import run_experiment

__all__ = [
    "Experiment",
    "ExperimentError",
    "Record",
    "Result",
    "Run",
    "check_settings",
    "find_experiment",
    "known_experiments",
    "load_arrays",
    "load_gaussian_policy",
    "load_policy",
    "load_result",
    "replay",
    "run_experiment",
]
