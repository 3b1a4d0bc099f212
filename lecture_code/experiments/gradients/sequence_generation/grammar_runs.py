"""How a GAN learns the grammar, and is examined: the runs of `grammar.py` and
`families.py`.

Read `GrammarRun.advance`, then `grammar_measures.measures`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import process_time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lecture_code.data.arithmetic import SYMBOLS, expected_distinct
from lecture_code.experiments.gradients.sequence_generation.grammar_measures import (
    MEASURES,
    ceiling,
    grammar_data,
    measures,
    sample_texts,
)
from lecture_code.experiments.protocol import Record
from lecture_code.experiments.summaries import Interval, mean_of_seeds
from lecture_code.gradients.gumbel_softmax_gan import (
    GanSettings,
    GanState,
    gan_step_in_place,
    initial_gan,
)

WARM_RATE = 1e-2
FIRST = 3
"""The first steps are recorded one by one, the later steps up to an evaluation."""


@dataclass(frozen=True)
class GrammarSettings:
    """Which GANs learn the grammar, and how they are examined.

    Args:
        arms: name -> how G and D learn; all have the same number of steps.
        seeds: one training of each arm for each.
        strings: real strings to learn from.
        hidden: H of both networks.
        evaluations: how often a training is examined, evenly, after its beginning.
        drawn, drawn_at_end: strings of an examination, along the way and at the end.
        texts: strings of the first seed that are kept, at every second examination.
        longer: arms whose first seed is also trained with three times as many steps.
    """

    arms: dict[str, GanSettings]
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    strings: int = 5000
    hidden: int = 32
    evaluations: int = 20
    drawn: int = 500
    drawn_at_end: int = 4000
    texts: int = 20
    longer: tuple[str, ...] = ()


def started_gan(
    arm: GanSettings,
    hidden: int,
    data: Tensor,
    generator: torch.Generator,
    warm: int = 0,
) -> GanState:
    """G and D before the first step; G may have learnt by maximum likelihood.

    Args:
        arm: how G and D will learn.
        hidden: H of both networks.
        data: codes of real strings, (N, T).
        generator: draws the first weights, and what the warm start needs.
        warm: steps of maximum likelihood, at the rate `WARM_RATE`.
    """
    state = initial_gan(len(SYMBOLS), hidden, arm, generator)
    if warm:
        likelihood = replace(arm, estimator="likelihood", roll_outs=0)
        learning = torch.optim.Adam(state.writer.parameters(), WARM_RATE, fused=True)
        warming = replace(state, writer_optimiser=learning)
        for _ in range(warm):
            warming = gan_step_in_place(warming, data, likelihood, generator)
    return state


class GrammarRun:
    """One training of one arm; `warm` as in `started_gan`."""

    def __init__(
        self,
        settings: GrammarSettings,
        arm: GanSettings,
        seed: int,
        texts: int,
        warm: int = 0,
    ) -> None:
        self.settings = settings
        self.arm = arm
        self.seed = seed
        self.texts = texts
        self.warm = warm
        self.state: GanState | None = None
        self.steps = 0
        self.seconds = 0.0
        self.curve: list[dict[str, float]] = []
        self.written: dict[int, list[str]] = {}

    @property
    def progress(self) -> float:
        """Share of the steps that are done."""
        return self.steps / self.arm.steps

    def advance(self) -> Record:
        """One of the first steps, or all steps up to the next examination."""
        stride = self.arm.steps // self.settings.evaluations
        data = grammar_data(self.settings.strings, self.seed)
        if self.state is None:
            self.generator = torch.Generator().manual_seed(self.seed)
            self.state = started_gan(
                self.arm, self.settings.hidden, data, self.generator, self.warm
            )
            self.examine()
        to_go = 1 if self.steps < FIRST else stride - self.steps % stride
        begin = process_time()
        for _ in range(to_go):
            self.state = gan_step_in_place(self.state, data, self.arm, self.generator)
        self.seconds += process_time() - begin
        self.steps += to_go
        if self.steps % stride == 0:
            self.examine()
        record = {"writer_loss": self.state.writer_loss}
        if self.arm.estimator != "likelihood":
            record["reader_loss"] = self.state.reader_loss
        return record

    def examine(self) -> None:
        """Measure the GAN, and keep some strings at every second time."""
        assert self.state is not None
        n = self.settings.drawn
        self.curve.append(measures(self.state, self.arm, n, self.seed))
        if self.texts and len(self.curve) % 2 == 1:
            texts = sample_texts(self.state, self.arm, self.texts, self.seed)
            self.written[self.steps] = texts

    def result(self) -> Record:
        """Measures along the way and at the end, strings, and seconds for a step."""
        assert self.state is not None
        n = self.settings.drawn_at_end
        end = measures(self.state, self.arm, n, self.seed + 500)
        curves = {name: [entry[name] for entry in self.curve] for name in MEASURES}
        return {
            "curves": curves,
            "end": end,
            "seconds_per_step": self.seconds / self.steps,
            "texts": self.written,
        }


def runs(settings: GrammarSettings) -> dict[str, GrammarRun]:
    """One training for each arm and seed, and the longer trainings."""
    first = settings.seeds[0]
    usual = {
        f"{name}/{seed}": GrammarRun(
            settings, arm, seed, settings.texts if seed == first else 0
        )
        for name, arm in settings.arms.items()
        for seed in settings.seeds
    }
    longer = {name: settings.arms[name] for name in settings.longer}
    return usual | {
        f"{name}/longer": GrammarRun(
            settings, replace(arm, steps=3 * arm.steps), first, 0
        )
        for name, arm in longer.items()
    }


def summarise(
    settings: GrammarSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """By arm: curves by seed, measures at the end by seed, seconds, and strings of the
    first seed; and what the data themselves allow.
    """
    curves: dict[str, Any] = {}
    for name in settings.arms:
        outcomes = [results[f"{name}/{seed}"] for seed in settings.seeds]
        curves[name] = {
            "curves": {
                entry: np.array([run["curves"][entry] for run in outcomes]).round(4)
                for entry in MEASURES
            },
            "end": {
                entry: [run["end"][entry] for run in outcomes] for entry in MEASURES
            },
            "seconds_per_step": [run["seconds_per_step"] for run in outcomes],
            "texts": {str(step): t for step, t in outcomes[0]["texts"].items()},
        }
    for name in settings.longer:
        run = results[f"{name}/longer"]
        curves[name]["longer"] = {
            "curves": {m: np.round(run["curves"][m], 4) for m in MEASURES},
            "end": run["end"],
        }
    n = settings.drawn_at_end
    confidences = sorted({arm.confidence for arm in settings.arms.values()})
    curves["ceiling"] = {
        str(confidence): ceiling(confidence, 5 * n, 1) for confidence in confidences
    }
    curves["expected_distinct"] = expected_distinct(n)
    return curves, {}


def paired_difference(
    curves: Mapping[str, Any], first: str, second: str, name: str
) -> Interval:
    """One of `MEASURES` at the end, first arm minus second arm, paired by seed.

    Args:
        curves: of the result.
        first, second: names of arms.
        name: of the measure.
    """
    a, b = (np.array(curves[arm]["end"][name]) for arm in (first, second))
    return mean_of_seeds(a - b)


def at_equal_time(
    curves: Mapping[str, Any], arms: tuple[str, ...], steps: int, name: str
) -> dict[str, NDArray[np.float64]]:
    """What each arm has reached when the fastest of these arms
    has finished, by seed.

    Args:
        curves: of the result.
        arms: which are compared.
        steps: of each training.
        name: of `MEASURES`.

    Returns:
        arm -> (seeds,), linear between two examinations.
    """
    mean = {arm: float(np.mean(curves[arm]["seconds_per_step"])) for arm in arms}
    fastest = min(mean.values())
    found = {}
    for arm in arms:
        rows = np.asarray(curves[arm]["curves"][name], dtype=float)
        places = np.linspace(0, steps, rows.shape[1])
        at = steps * fastest / mean[arm]
        found[arm] = np.array([np.interp(at, places, row) for row in rows])
    return found
