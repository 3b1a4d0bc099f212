"""`sequence_grammar`: what a GAN learns of a grammar, by the way that its gradient
takes through the choices.

Protocol, written before the runs. The task: 5,000 strings of `data.arithmetic`, another
draw for each seed. G and D have H = 32, and every arm has the same steps, batch and
networks; seeds 0 to 4. The arms:

    annealed             Gumbel-softmax, τ from 5 to 1 over the first half of the steps;
                         real strings softened with 0.9 on the true symbol (the paper)
    τ = 5, 1, 0.1        the same with a fixed τ
    … softened 0.99      the same with 0.99 on the true symbol
    hard reals           annealed, real strings as one-hot vectors: the ablation
    straight-through     one-hot symbols forward, τ = 1 backward; hard real strings
    REINFORCE            one-hot symbols, reward of the whole string; hard real strings
    roll-outs            the same with Q_t from one roll-out of each prefix
    maximum likelihood   the same G by teacher forcing: no D

Why 0.99: the largest entry of a softened real symbol is the true symbol with
probability 0.9 only, so of twelve symbols some are wrong in most strings. This is a
ceiling for a G that imitates its data exactly, and the result has it ("ceiling").

Measures: see `grammar_measures.py`, on 4,000 strings at the end and 500 along the way.
Expected, as our own target: parse rate from below 5 % to 50 % or more with annealed τ,
and annealed at least as good as each fixed τ (paired by seed, Student's interval, see
`paired_difference`).

Rates of Adam: tuned for each arm on another seed, see `grammar_rates.py`. The tuning
showed that the parse rate alone misleads. Several trainings ended with a G that writes
one string only, mostly "x": it always parses, and its total variation is 5/6 = 0.83.
So rates are chosen by the total variation, and each comparison is made with both. The
tuning also showed that one training can collapse and its neighbour not, so one seed is
a weak guide to the best rates.

Five arms are also trained three times as long, on the first seed: annealed with both
kinds of softening, τ = 1, hard reals and straight-through.

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

from lecture_code.data.arithmetic import SYMBOLS, expected_distinct
from lecture_code.experiments.gradients.sequence_generation.grammar_measures import (
    MEASURES,
    ceiling,
    grammar_data,
    measures,
    sample_texts,
)
from lecture_code.experiments.gradients.sequence_generation.grammar_rates import (
    best_rates,
)
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.experiments.summaries import Interval, mean_of_seeds
from lecture_code.gradients.gumbel_softmax_gan import (
    GanSettings,
    GanState,
    gan_step_in_place,
    initial_gan,
)

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


class GrammarRun:
    """One training of one arm."""

    def __init__(
        self, settings: GrammarSettings, arm: GanSettings, seed: int, texts: int
    ) -> None:
        self.settings = settings
        self.arm = arm
        self.seed = seed
        self.texts = texts
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
        if self.state is None:
            self.generator = torch.Generator().manual_seed(self.seed)
            self.state = initial_gan(
                len(SYMBOLS), self.settings.hidden, self.arm, self.generator
            )
            self.examine()
        to_go = 1 if self.steps < FIRST else stride - self.steps % stride
        data = grammar_data(self.settings.strings, self.seed)
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


# --- the experiments ---

STEPS = 2400
SOFT = GanSettings(steps=STEPS)
HARD = replace(SOFT, reals="hard", hottest=1.0)


def fixed(settings: GanSettings, temperature: float) -> GanSettings:
    """The same with a fixed τ."""
    return replace(settings, hottest=temperature, coldest=temperature)


UNTUNED = {
    "annealed": SOFT,
    "τ = 5": fixed(SOFT, 5.0),
    "τ = 1": fixed(SOFT, 1.0),
    "τ = 0.1": fixed(SOFT, 0.1),
    "annealed, softened 0.99": replace(SOFT, confidence=0.99),
    "τ = 1, softened 0.99": replace(fixed(SOFT, 1.0), confidence=0.99),
    "τ = 0.1, softened 0.99": replace(fixed(SOFT, 0.1), confidence=0.99),
    "hard reals": replace(SOFT, reals="hard"),
    "straight-through": replace(HARD, estimator="straight_through"),
    "REINFORCE": replace(HARD, estimator="reinforce"),
    "REINFORCE, roll-outs": replace(HARD, estimator="reinforce", roll_outs=1),
    "maximum likelihood": replace(HARD, estimator="likelihood"),
}
"""The arms without their rates."""
GRAMMAR = GrammarSettings(
    {
        name: replace(
            arm, writer_rate=best_rates(name)[0], reader_rate=best_rates(name)[1]
        )
        for name, arm in UNTUNED.items()
    },
    longer=(
        "annealed",
        "τ = 1",
        "annealed, softened 0.99",
        "hard reals",
        "straight-through",
    ),
)
SMOKE = replace(
    GRAMMAR,
    arms={
        name: replace(GRAMMAR.arms[name], steps=8, batch=8)
        for name in ("annealed", "REINFORCE, roll-outs", "maximum likelihood")
    },
    seeds=(0, 1),
    strings=50,
    hidden=8,
    evaluations=4,
    drawn=20,
    drawn_at_end=40,
    texts=2,
    longer=("annealed",),
)

EXPERIMENTS = (Experiment("sequence_grammar", GRAMMAR, SMOKE, runs, summarise),)
