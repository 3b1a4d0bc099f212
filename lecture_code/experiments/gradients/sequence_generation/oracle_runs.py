"""How generators learn from an oracle's sequences, and are examined: the runs of
`oracle.py`.

Read `OracleRun.advance`, then `oracle_measures.oracle_measures`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import process_time
from typing import Any

import torch
from torch import Tensor

from lecture_code.experiments.gradients.sequence_generation.oracle_measures import (
    ORACLE_MEASURES,
    oracle_measures,
    rolled_out_examples,
)
from lecture_code.experiments.protocol import Record
from lecture_code.gradients.sequence_gan import (
    SequenceGanSettings,
    SequenceGanState,
    initial_sequence_gan,
    sequence_gan_step,
)
from lecture_code.gradients.text_discriminator import TextDiscriminatorSettings
from lecture_code.learning.recurrent import (
    LanguageFit,
    LanguageFitSettings,
    LanguageModel,
    fit_epoch,
    initial_fit,
    mle_step,
)

CONTINUED = "MLE continued"
SHOWN = "roll-outs"
"""The arm with a temperature curve of its own and recorded examples."""
RECORDED = (*ORACLE_MEASURES, "reward", "right")
"""Entries of a curve: the measures, the mean of Q, and the share of test sequences and
of written sequences that D tells apart.
"""
NO_REWARD = SequenceGanSettings(reward="constant")
FIRST = 3
"""The first rounds of an arm are recorded one by one, the later ones together."""


@dataclass(frozen=True)
class OracleSettings:
    """Who writes the data, who learns from them, and how both are examined.

    Args:
        arms: name -> how G and D learn after maximum likelihood. `CONTINUED` is added:
            maximum likelihood goes on for as many steps of G.
        discriminator: of all arms.
        fit: how G is fitted before.
        vocabulary: V.
        length: T.
        oracle_hidden, hidden: E = H of the oracle and of G.
        sequences, held_out, test: of the oracle: to learn from, to stop by, and to
            examine G with.
        patience: epochs without a better NLL of `held_out` after which the fit stops.
        most_epochs: of the fit.
        rounds: of each arm.
        evaluations: how often an arm is examined after its start, evenly.
        drawn, drawn_at_end: sequences of an examination, along the way and at the end.
        temperatures: τ of the temperature curves.
        seeds: one oracle, one start and one training of each arm for each.
        rollouts_shown: N of the recorded examples.
    """

    arms: dict[str, SequenceGanSettings]
    discriminator: TextDiscriminatorSettings
    fit: LanguageFitSettings
    vocabulary: int = 100
    length: int = 12
    oracle_hidden: int = 32
    hidden: int = 16
    sequences: int = 10_000
    held_out: int = 500
    test: int = 2000
    patience: int = 3
    most_epochs: int = 60
    rounds: int = 60
    evaluations: int = 6
    drawn: int = 2000
    drawn_at_end: int = 5000
    temperatures: tuple[float, ...] = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    rollouts_shown: int = 16


def needs_discriminator(settings: OracleSettings, name: str) -> bool:
    """Whether D learns in this arm."""
    arm = settings.arms.get(name, NO_REWARD)
    return arm.reward in ("roll-outs", "sentence")


@dataclass(frozen=True, eq=False)
class OracleTask:
    """An oracle, and what it has written for the three purposes of `OracleSettings`."""

    oracle: LanguageModel
    data: Tensor
    held_out: Tensor
    test: Tensor


def oracle_task(settings: OracleSettings, seed: int) -> OracleTask:
    """The oracle of a seed, all weights ~ N(0, 1), and its sequences."""
    generator = torch.Generator().manual_seed(10_000 + seed)
    H = settings.oracle_hidden
    oracle = LanguageModel(settings.vocabulary, H, H, generator, 1.0)
    numbers = (settings.sequences, settings.held_out, settings.test)
    drawn = [oracle.sample(n, settings.length, generator) for n in numbers]
    return OracleTask(oracle, *drawn)


class OracleRun:
    """All arms of one seed: maximum likelihood, then each arm from its end.

    Args:
        settings: of the experiment.
        seed: of the oracle, of G and of all draws.
    """

    def __init__(self, settings: OracleSettings, seed: int) -> None:
        self.settings = settings
        self.seed = seed
        self.names = (*settings.arms, CONTINUED)
        self.rounds = settings.rounds
        self.task = oracle_task(settings, seed)
        self.generator = torch.Generator().manual_seed(seed)
        H = settings.hidden
        G = LanguageModel(settings.vocabulary, H, H, self.generator, 0.1)
        self.fitted = initial_fit(G, settings.fit)
        self.best: LanguageFit = self.fitted
        self.least = float("inf")
        self.start: dict[str, Any] = {}
        self.state: SequenceGanState | None = None
        self.done = 0  # rounds of the arm that is being trained
        self.curve: list[dict[str, float]] = []
        self.seconds = 0.0
        self.found: dict[str, dict[str, Any]] = {}

    @property
    def progress(self) -> float:
        """Share of the arms' rounds that are done."""
        done = len(self.found) * self.rounds + self.done
        return done / (len(self.names) * self.rounds)

    def advance(self) -> Record:
        """One epoch of the fit, or rounds of an arm up to its next examination."""
        if not self.start:
            return self.advance_fit()
        return self.advance_arm(self.names[len(self.found)])

    def advance_fit(self) -> Record:
        """One epoch of maximum likelihood; the best epoch is kept."""
        fit = self.settings.fit
        self.fitted = fit_epoch(self.fitted, self.task.data, fit, self.generator)
        with torch.no_grad():
            nll = self.fitted.model.nll(self.task.held_out).item()
        if nll < self.least:
            self.least = nll
            self.best = self.fitted
        epochs = self.fitted.epochs
        waited = epochs - self.best.epochs >= self.settings.patience
        if waited or epochs >= self.settings.most_epochs:
            self.start = {
                "epochs": self.best.epochs,
                "own": self.nll_of_truth(),
                "uniform": self.nll_of_uniform(),
                "temperatures": self.temperature_curve(self.best.model),
            }
        return {"nll": self.fitted.nll, "held_out": nll}

    def advance_arm(self, name: str) -> Record:
        """One of the arm's first rounds, or all rounds up to its next examination."""
        stride = self.rounds // self.settings.evaluations
        begin = process_time()
        if self.state is None:
            self.generator = torch.Generator().manual_seed(60_000 + self.seed)
            self.state = self.started(name)
            self.seconds = 0.0
            self.curve = []
            self.examine(name)
            begin = process_time()
        to_go = 1 if self.done < FIRST else stride - self.done % stride
        for _ in range(to_go):
            self.state = self.one_round(name, self.state)
        self.seconds += process_time() - begin
        self.done += to_go
        if self.done % stride == 0:
            self.examine(name)
        record = dict(self.curve[-1])
        if self.done >= self.rounds:
            self.finish(name)
        return record

    def started(self, name: str) -> SequenceGanState:
        """G after maximum likelihood, and D after its first training, if it is used."""
        arm = self.settings.arms.get(name, NO_REWARD)
        if not needs_discriminator(self.settings, name):
            arm = replace(arm, pretraining=0)
        state = initial_sequence_gan(
            self.best.model,
            self.task.data,
            arm,
            self.settings.discriminator,
            self.generator,
        )
        if name == CONTINUED:
            rate = self.settings.fit.rate
            adam = torch.optim.Adam(state.model.parameters(), rate)
            state = replace(state, optimiser=adam)
        return state

    def one_round(self, name: str, state: SequenceGanState) -> SequenceGanState:
        """A round of an arm; of `CONTINUED`, one step of maximum likelihood."""
        data = self.task.data
        if name != CONTINUED:
            arm = self.settings.arms[name]
            return sequence_gan_step(state, data, arm, self.generator)
        n = self.settings.fit.batch
        rows = torch.randint(len(data), (n,), generator=self.generator)
        mle_step(state.model, state.optimiser, data[rows], self.settings.fit.clip)
        return replace(state, rounds=state.rounds + 1)

    def measured(
        self, model: LanguageModel, n: int, temperature: float = 1.0
    ) -> dict[str, float]:
        """All of `ORACLE_MEASURES` of a model."""
        task = self.task
        seed = 50_000 + self.seed
        return oracle_measures(task.oracle, model, task.test, n, seed, temperature)

    def examine(self, name: str) -> None:
        """One entry of the arm's curve; without D, `right` is chance; before the
        first reward, and without one, `reward` is 0.
        """
        assert self.state is not None
        entry = self.measured(self.state.model, self.settings.drawn)
        entry["reward"] = self.state.reward if self.state.reward > 0 else 0.0
        entry["right"] = 0.5
        if needs_discriminator(self.settings, name):
            test = self.task.test
            generator = torch.Generator().manual_seed(70_000 + self.seed)
            written = self.state.model.sample(len(test), test.shape[1], generator)
            entry["right"] = self.state.discriminator.accuracy(test, written)
        self.curve.append(entry)

    def finish(self, name: str) -> None:
        """Keep what the arm has reached, and go on to the next arm."""
        assert self.state is not None
        model = self.state.model
        self.found[name] = {
            "curves": {key: [entry[key] for entry in self.curve] for key in RECORDED},
            "end": self.measured(model, self.settings.drawn_at_end),
            "seconds_per_round": self.seconds / self.rounds,
        }
        if name == SHOWN:
            found = self.found[name]
            found["temperatures"] = self.temperature_curve(model)
            found["examples"] = rolled_out_examples(
                model,
                self.state.discriminator,
                self.settings.length,
                self.settings.rollouts_shown,
                80_000 + self.seed,
            )
        self.state = None
        self.done = 0

    def temperature_curve(self, model: LanguageModel) -> dict[str, list[float]]:
        """All of `ORACLE_MEASURES` at each of the temperatures."""
        n = self.settings.drawn_at_end
        entries = [self.measured(model, n, tau) for tau in self.settings.temperatures]
        return {key: [entry[key] for entry in entries] for key in ORACLE_MEASURES}

    def nll_of_truth(self) -> float:
        """NLL_oracle of the oracle's own sequences."""
        with torch.no_grad():
            return self.task.oracle.nll(self.task.test).item()

    def nll_of_uniform(self) -> float:
        """NLL_oracle of tokens that are drawn uniformly."""
        generator = torch.Generator().manual_seed(90_000 + self.seed)
        shape = self.task.test.shape
        tokens = torch.randint(self.settings.vocabulary, shape, generator=generator)
        with torch.no_grad():
            return self.task.oracle.nll(tokens).item()

    def result(self) -> Record:
        """The start, and what each arm has reached."""
        return {"start": self.start, "arms": self.found}
