"""The full-scale runs behind the slow figures, and their results in `book/results`.

An experiment is run by `python -m lecture_code.experiments NAME`; `catalogue.py` says
which module defines it, and lists all. The experiments of a chapter lie in `dynamics/`,
`observations/` and `gradients/`. A notebook needs `load_result` and `load_policy`. To
write an experiment, start with `protocol.py`.

    catalogue      name of an experiment → its module
    protocol       what an experiment and its runs are
    runner         runs an experiment, and goes on where it was killed
    threads        one thread, in the runs and on the pages that train
    backends       where runs are computed: processes, Dask, Ray
    checkpoints    runs in the middle of their work, on disk
    progress       the progress bar
    results        the schema of a result, and its replay
    summaries      numbers of many runs, with their intervals
    provenance     code, versions and processor of a result
    files          atomic files, JSON
    policies       `load_policy`: what the experiments trained
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
from lecture_code.experiments.threads import use_one_thread

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
    "use_one_thread",
]
