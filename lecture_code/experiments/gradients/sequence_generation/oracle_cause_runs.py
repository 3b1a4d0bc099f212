"""SeqGAN with a suspected cause of its failure removed: the runs of `oracle_causes.py`.

Read `OracleCauseRun.one_round`, then `exact_judge`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from lecture_code.experiments.gradients.sequence_generation.oracle_measures import (
    ORACLE_MEASURES,
)
from lecture_code.experiments.gradients.sequence_generation.oracle_runs import (
    OracleRun,
    OracleSettings,
)
from lecture_code.experiments.protocol import Record
from lecture_code.gradients.sequence_gan import (
    SequenceGanSettings,
    SequenceGanState,
    initial_sequence_gan,
    sequence_gan_step,
    train_discriminator,
)
from lecture_code.gradients.sequence_values import SequenceReward
from lecture_code.gradients.text_discriminator import TextDiscriminator
from lecture_code.learning.recurrent import LanguageModel

CAUSE_RECORDED = (*ORACLE_MEASURES, "reward", "right", "right_seen", "agreement")
"""Entries of a curve: the measures, the mean of Q, D's accuracy with test sequences and
with sequences of the data, and the rank correlation of D with the exact judge, on what
G has written. An exact judge has learnt from no data: its two accuracies are one.
"""


@dataclass(frozen=True)
class OracleArm:
    """How G is rewarded in one arm.

    Args:
        gan: how G and D learn.
        softness: s of `exact_judge`, which then stands in the place of D; 0: D learns.
        fresh: whether the oracle writes new sequences for D in every round.
    """

    gan: SequenceGanSettings
    softness: float = 0.0
    fresh: bool = False

    def __post_init__(self) -> None:
        if not self.softness >= 0:
            raise ValueError(f"softness must not be negative; got {self.softness}")

    @property
    def learns(self) -> bool:
        """Whether D learns in this arm."""
        rewarded_by_D = self.gan.reward in ("roll-outs", "sentence")
        return rewarded_by_D and not self.softness


@dataclass(frozen=True)
class OracleCauseSettings:
    """Arms that all begin at the starts of another experiment.

    Args:
        base: oracle, data, starts, and how arms are examined; its arms are not used.
        arms: name -> how G is rewarded.
        seeds: as in `base`.
    """

    base: OracleSettings
    arms: dict[str, OracleArm]
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


def log_ratio(oracle: LanguageModel, model: LanguageModel, tokens: Tensor) -> Tensor:
    """log p_oracle(Y) − log p_G(Y) of whole sequences (n, T), (n,)."""
    with torch.no_grad():
        return (oracle.log_probs(tokens) - model.log_probs(tokens)).sum(1)


def exact_judge(
    oracle: LanguageModel, model: LanguageModel, softness: float = 1.0
) -> SequenceReward:
    """σ(log-ratio / s). With s = 1 this is the best D that exists for this G:
    p_oracle / (p_oracle + p_G). A larger s keeps its order of the sequences, and is
    nearer to 1/2.
    """
    return lambda tokens: torch.sigmoid(log_ratio(oracle, model, tokens) / softness)


def rank_correlation(x: Tensor, y: Tensor) -> float:
    """Spearman's correlation of two lists of numbers without ties, (n,)."""
    ranks = [values.argsort().argsort().double() for values in (x, y)]
    return float(torch.corrcoef(torch.stack(ranks))[0, 1])


class OracleCauseRun:
    """All arms of one seed, from the start of `sequence_oracle` with this seed.

    Args:
        settings: of the experiment.
        seed: of the oracle, of G and of all draws.
    """

    def __init__(self, settings: OracleCauseSettings, seed: int) -> None:
        self.settings = settings
        self.seed = seed
        self.names = tuple(settings.arms)
        self.base = OracleRun(settings.base, seed)
        self.generator = torch.Generator()
        self.state: SequenceGanState | None = None
        self.curve: list[dict[str, float]] = []
        self.found: dict[str, dict[str, Any]] = {}

    @property
    def progress(self) -> float:
        """Share of the arms' rounds that are done."""
        rounds = self.settings.base.rounds
        done = len(self.found) * rounds
        if self.state is not None:
            done += self.state.rounds
        return done / (len(self.names) * rounds)

    def advance(self) -> Record:
        """One epoch of the fit, or rounds of an arm up to its next examination."""
        if not self.base.start:
            return self.base.advance_fit()
        name = self.names[len(self.found)]
        arm = self.settings.arms[name]
        if self.state is None:
            self.generator.manual_seed(60_000 + self.seed)
            self.state = self.started(arm)
            self.curve = [self.examined(arm, self.state)]
            return dict(self.curve[-1])
        base = self.settings.base
        for _ in range(base.rounds // base.evaluations):
            self.state = self.one_round(arm, self.state)
        self.curve.append(self.examined(arm, self.state))
        if self.state.rounds >= base.rounds:
            self.found[name] = {
                "curves": {
                    key: [entry[key] for entry in self.curve] for key in CAUSE_RECORDED
                },
                "end": self.base.measured(self.state.model, base.drawn_at_end),
            }
            self.state = None
        return dict(self.curve[-1])

    def started(self, arm: OracleArm) -> SequenceGanState:
        """G after maximum likelihood, and D after its first training, if it learns."""
        data = self.base.task.data
        state = initial_sequence_gan(
            self.base.best.model,
            data,
            replace(arm.gan, pretraining=0),
            self.settings.base.discriminator,
            self.generator,
        )
        if arm.learns:
            for _ in range(arm.gan.pretraining):
                train_discriminator(state, self.real(arm), arm.gan, self.generator)
        return state

    def real(self, arm: OracleArm) -> Tensor:
        """What D takes for real in a round: the data, or as much as it needs, new."""
        task = self.base.task
        if not arm.fresh:
            return task.data
        n = arm.gan.sequences * arm.gan.discriminator_steps
        return task.oracle.sample(n, task.data.shape[1], self.generator)

    def one_round(self, arm: OracleArm, state: SequenceGanState) -> SequenceGanState:
        """A round of SeqGAN, or of its generator's step alone with the exact judge."""
        if not arm.softness:
            real = self.real(arm)
            return sequence_gan_step(state, real, arm.gan, self.generator)
        task = self.base.task
        judge = exact_judge(task.oracle, state.model, arm.softness)
        gan = replace(arm.gan, discriminator_steps=0)
        return sequence_gan_step(state, task.data, gan, self.generator, judge)

    def examined(self, arm: OracleArm, state: SequenceGanState) -> dict[str, float]:
        """An entry of the arm's curve; before the first reward, `reward` is 0; without
        D and without an exact judge, `right` is chance and `agreement` 0.
        """
        base, task = self.settings.base, self.base.task
        n, T = task.test.shape
        entry = self.base.measured(state.model, base.drawn)
        entry["reward"] = state.reward if state.reward > 0 else 0.0
        generator = torch.Generator().manual_seed(70_000 + self.seed)
        written = state.model.sample(n, T, generator)
        if not arm.learns and not arm.softness:
            return entry | {"right": 0.5, "right_seen": 0.5, "agreement": 0.0}
        if arm.softness:
            right = (log_ratio(task.oracle, state.model, task.test) > 0).float().mean()
            found = (log_ratio(task.oracle, state.model, written) < 0).float().mean()
            entry["right"] = entry["right_seen"] = float(right + found) / 2
            entry["agreement"] = 1.0
            return entry
        D: TextDiscriminator = state.discriminator
        entry["right"] = D.accuracy(task.test, written)
        entry["right_seen"] = D.accuracy(task.data[:n], written)
        ratio = log_ratio(task.oracle, state.model, written)
        with torch.no_grad():
            entry["agreement"] = rank_correlation(D(written), ratio)
        return entry

    def result(self) -> Record:
        """The start, and what each arm has reached."""
        return {"start": self.base.start, "arms": self.found}
