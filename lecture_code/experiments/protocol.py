"""What an experiment is: settings, independent runs, and a summary of their results.

A module of experiments defines `EXPERIMENTS: tuple[Experiment, ...]`, and
`catalogue.py` has a line for each of its experiments. A run advances step by step. The
runs of an experiment (usually one for each seed) know nothing of each other. So they
may be computed in any order, on any machine, and interrupted between any two steps.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import numpy as np

from lecture_code.experiments.catalogue import CATALOGUE

Record = Mapping[str, Any]
"""A flat dictionary of numbers, or of arrays or lists of numbers."""


class Run(Protocol):
    """One independent part of an experiment.

    It is pickled between any two steps, its random generator with it, and goes on
    elsewhere as if nothing had happened.
    """

    @property
    def progress(self) -> float:
        """Share of the work that is done, in [0, 1]; at 1 the run is over."""

    def advance(self) -> Record:
        """Do one step (seconds, not minutes) and return its record.

        A later replay recognises the step by the numbers of the record.
        """

    def result(self) -> Record:
        """The result of the run; called once, at the end.

        It may hold large arrays: only `summarise` sees it.
        """


class ExperimentError(ValueError):
    """Something the caller can put right; the message says how."""


@dataclass(frozen=True)
class Experiment:
    """A full-scale run behind a slow figure.

    Args:
        name: the result is `book/results/<name>.json`.
        settings: a frozen dataclass or a mapping, JSON-able, with an entry `seeds`;
            whatever influences the result is here.
        smoke: settings of the same kind under which the whole path takes seconds.
        runs: settings -> {name: Run}, the runs with their seeds set.
        summarise: settings, {name: run.result()} -> (curves, arrays): the curves, of
            all seeds, go to the JSON file and the arrays to the npz beside it.

    Raises:
        ExperimentError: the name is not a plain word, or settings lack `seeds`.
    """

    name: str
    settings: Any
    smoke: Any
    runs: Callable[[Any], Mapping[str, Run]]
    summarise: Callable[
        [Any, Mapping[str, Record]], tuple[Mapping[str, Any], Mapping[str, np.ndarray]]
    ]

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9_]+", self.name):
            raise ExperimentError(
                f"an experiment's name is made of a–z, 0–9 and _; got {self.name!r}"
            )
        for which in ("settings", "smoke"):
            entries = as_mapping(getattr(self, which))
            if "seeds" not in entries:
                raise ExperimentError(
                    f"{which} of experiment {self.name!r} need an entry `seeds`; there "
                    f"are: {', '.join(sorted(entries))}"
                )


def as_mapping(settings: Any) -> dict[str, Any]:
    """Settings as a dictionary, whether they are a dataclass or a mapping."""
    return (
        dataclasses.asdict(settings)
        if dataclasses.is_dataclass(settings) and not isinstance(settings, type)
        else dict(settings)
    )


def find_experiment(experiment: Experiment | str) -> Experiment:
    """The experiment of this name (an experiment is given back as it is).

    Only the module of the experiment is imported: some pull in torch.

    Raises:
        ExperimentError: no experiment has this name; the message lists those that
            exist.
    """
    if isinstance(experiment, Experiment):
        return experiment
    if experiment not in CATALOGUE:
        known = ", ".join(known_experiments())
        raise ExperimentError(
            f"there is no experiment {experiment!r}; there are: {known}"
        )
    module = import_module(f"{__package__}.{CATALOGUE[experiment]}")
    experiments: tuple[Experiment, ...] = module.EXPERIMENTS
    return next(entry for entry in experiments if entry.name == experiment)


def known_experiments() -> list[str]:
    """The names of all experiments, sorted."""
    return sorted(CATALOGUE)
