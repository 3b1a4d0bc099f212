"""SeqGAN: a generator of sequences learns from the discriminator's answer.

Yu, Zhang, Wang & Yu, "SeqGAN: Sequence Generative Adversarial Nets with Policy
Gradient" (2017), arXiv:1609.05473. The generator G_θ writes tokens. The discriminator
D_φ says how probable it is that a whole sequence is real. No gradient passes from D to
G, because a token is drawn. So D's answer becomes the reward of a policy gradient:

    (1)  J(θ)  = E[D(Y_1:T)], Y ∼ G_θ
    (4)  Q_t   = mean of D over N roll-outs from Y_1:t; D(Y) itself at t = T
    (5)  min_φ − E_data[log D_φ] − E_{G_θ}[log(1 − D_φ)]
    (6)  ∇J    = E[Σ_t ∇ log G_θ(y_t | Y_1:t−1) Q_t]
    (8)  θ     ← θ + α ∇J

Idea. A token is worth what sequences that begin with it earn on average. A roll-out
completes the sequence, so that D can judge it. Tokens that are worth more become more
likely. Algorithm 1 of the paper; `sequence_gan_step` is one turn of lines 6 to 19:

     1–5  G is fitted to the data (MLE), β ← θ, and D is trained on G's sequences
     7    for g-steps do
     8      write sequences Y_1:T ∼ G_θ
     9–11   Q_t for each token                                             (4)
    12      θ moves along the policy gradient                              (6), (8)
    14    for d-steps do
    15      write sequences with G_θ; as many real ones stand beside them
    16      train D_φ for k epochs                                         (5)
    18    β ← θ

The rewards that stand in the place of (4) are controls: "sentence" gives every token
D(Y), without roll-outs. "constant" gives every token 1. "noise" gives it a number
∼ U(0, 1). The last two know nothing of the data. Their expected gradient is 0.

The sign: Adam goes downhill, so the loss is −Σ_t log G_θ Q_t.

Read `sequence_gan_step`, then `generator_step`.

Deviations from the paper: the loss is a mean over the batch; the authors' code takes
the sum; Adam's step does not depend on the scale of the loss. `lag` is the authors'
code, not the paper: β ← lag β + (1 − lag) θ; the default 0 is line 18. `baseline`
subtracts the mean of the other sequences' Q_t; the paper has none. Sizes are small: see
the settings.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from lecture_code.gradients.sequence_values import SequenceReward, rollout_rewards
from lecture_code.gradients.text_discriminator import (
    TextDiscriminator,
    TextDiscriminatorSettings,
    discriminator_epoch,
    discriminator_optimiser,
)
from lecture_code.learning.recurrent import LanguageModel, clipped_step

REWARDS = ("roll-outs", "sentence", "constant", "noise")


@dataclass(frozen=True)
class SequenceGanSettings:
    """How generator and discriminator learn from each other.

    Args:
        rate: α, of the generator's Adam.
        batch: sequences of a generator's step.
        reward: of `REWARDS`; "roll-outs" is the paper's.
        rollouts: N, completions of each prefix.
        baseline: whether the others' mean of Q_t is subtracted from Q_t.
        lag: share of the old β in the new; 0 is the paper's.
        clip: largest norm of the generator's gradient.
        generator_steps: g-steps of a round.
        discriminator_steps: d-steps of a round.
        epochs: k, passes over the sequences of a d-step.
        sequences: of either kind in a d-step.
        pretraining: d-steps before the first round.
    """

    rate: float = 1e-2
    batch: int = 64
    reward: str = "roll-outs"
    rollouts: int = 16
    baseline: bool = False
    lag: float = 0.0
    clip: float = 5.0
    generator_steps: int = 1
    discriminator_steps: int = 5
    epochs: int = 3
    sequences: int = 512
    pretraining: int = 50

    def __post_init__(self) -> None:
        if self.reward not in REWARDS:
            raise ValueError(
                f"reward must be one of {', '.join(REWARDS)}; got {self.reward!r}"
            )
        for name in ("rate", "clip", "batch", "rollouts", "epochs", "sequences"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive; got {getattr(self, name)}")
        for name in ("generator_steps", "discriminator_steps", "pretraining"):
            if not getattr(self, name) >= 0:
                raise ValueError(
                    f"{name} must not be negative; got {getattr(self, name)}"
                )
        if not 0 <= self.lag < 1:
            raise ValueError(f"lag must be at least 0 and below 1; got {self.lag}")
        if self.baseline and self.batch < 2:
            raise ValueError("a baseline needs a batch of 2 sequences or more; got 1")


@dataclass(frozen=True, eq=False)
class SequenceGanState:
    """Between two rounds, with the record of the last round. No step changes it.

    Args:
        model: G_θ, which writes.
        optimiser: Adam of θ.
        rollout_policy: G_β, which completes prefixes.
        discriminator: D_φ.
        discriminator_optimiser: Adam of φ.
        rounds: turns so far.
        reward: mean Q over the tokens of the last batch.
        loss: mean loss of D in the last round's epochs [nats].
    """

    model: LanguageModel
    optimiser: torch.optim.Optimizer
    rollout_policy: LanguageModel
    discriminator: TextDiscriminator
    discriminator_optimiser: torch.optim.Optimizer
    rounds: int = 0
    reward: float = float("nan")
    loss: float = float("nan")


def initial_sequence_gan(
    model: LanguageModel,
    real: Tensor,
    settings: SequenceGanSettings,
    discriminator_settings: TextDiscriminatorSettings,
    generator: torch.Generator,
) -> SequenceGanState:
    """Before the first round, lines 3 to 5; the model, fitted before, is copied.

    Args:
        model: G_θ after maximum likelihood (line 2).
        real: sequences of the data, (M, T).
        settings: how both learn.
        discriminator_settings: what D looks like.
        generator: draws D's first weights, and the sequences that it learns from.
    """
    model = copy.deepcopy(model)
    D = TextDiscriminator(model.vocabulary, discriminator_settings, generator)
    state = SequenceGanState(
        model,
        torch.optim.Adam(model.parameters(), settings.rate),
        copy.deepcopy(model),  # line 3
        D,
        discriminator_optimiser(D),
    )
    loss = state.loss
    for _ in range(settings.pretraining):  # lines 4 and 5
        loss = train_discriminator(state, real, settings, generator)
    return replace(state, loss=loss)


def sequence_gan(
    state: SequenceGanState,
    real: Tensor,
    settings: SequenceGanSettings,
    generator: torch.Generator,
) -> Iterator[SequenceGanState]:
    """SeqGAN, round by round, for ever: lines 6 to 19."""
    while True:
        state = sequence_gan_step(state, real, settings, generator)
        yield state


def sequence_gan_step(
    state: SequenceGanState,
    real: Tensor,
    settings: SequenceGanSettings,
    generator: torch.Generator,
    judge: SequenceReward | None = None,
) -> SequenceGanState:
    """One round: lines 7 to 18.

    Args:
        state: so far.
        real: sequences of the data, (M, T).
        settings: how both learn.
        generator: draws sequences, roll-outs, batches and dropout.
        judge: a control that rewards G in the place of D.
    """
    state = copy.deepcopy(state)
    reward, loss = state.reward, state.loss
    for _ in range(settings.generator_steps):  # line 7
        reward = generator_step(state, real.shape[1], settings, generator, judge)
    if settings.reward in ("roll-outs", "sentence"):  # the controls need no D
        for _ in range(settings.discriminator_steps):  # line 14
            loss = train_discriminator(state, real, settings, generator)
    lagging_copy(state.rollout_policy, state.model, settings.lag)  # line 18
    return replace(state, rounds=state.rounds + 1, reward=reward, loss=loss)


def generator_step(
    state: SequenceGanState,
    length: int,
    settings: SequenceGanSettings,
    generator: torch.Generator,
    judge: SequenceReward | None = None,
) -> float:
    """Lines 8 to 12; it changes the state's model. Returns the mean of Q."""
    Y = state.model.sample(settings.batch, length, generator)  # line 8
    Q = token_values(state, Y, settings, generator, judge)  # lines 9 to 11
    A = Q
    if settings.baseline:
        A = Q - (Q.sum(0) - Q) / (len(Q) - 1)  # the mean of the others, for each t
    loss = -policy_gain(state.model, Y, A)  # the sign: Adam goes downhill
    clipped_step(loss, state.optimiser, settings.clip)  # line 12
    return Q.mean().item()


def policy_gain(model: LanguageModel, tokens: Tensor, values: Tensor) -> Tensor:
    """A number whose gradient is the estimate of (6).

    Args:
        model: G_θ, which wrote the tokens.
        tokens: Y, (n, T).
        values: Q_t, (n, T); no gradient passes through them.
    """
    return (model.log_probs(tokens) * values.detach()).sum(1).mean()  # eq. 6


def token_values(
    state: SequenceGanState,
    tokens: Tensor,
    settings: SequenceGanSettings,
    generator: torch.Generator,
    judge: SequenceReward | None = None,
) -> Tensor:
    """Q_t of each token (n, T): eq. 4, or the control in its place, (n, T)."""
    D = state.discriminator.probability if judge is None else judge
    match settings.reward:
        case "roll-outs":
            return rollout_rewards(
                state.rollout_policy, tokens, D, settings.rollouts, generator
            ).mean(0)  # eq. 4
        case "sentence":
            return D(tokens)[:, None].expand(tokens.shape)
        case "noise":
            return torch.rand(tokens.shape, generator=generator)
        case _:
            return torch.ones(tokens.shape)


def train_discriminator(
    state: SequenceGanState,
    real: Tensor,
    settings: SequenceGanSettings,
    generator: torch.Generator,
) -> float:
    """Lines 15 and 16; it changes the state's discriminator. Returns the mean loss."""
    n = min(settings.sequences, len(real))
    written = state.model.sample(n, real.shape[1], generator)  # line 15
    chosen = real[torch.randperm(len(real), generator=generator)[:n]]
    D, optimiser = state.discriminator, state.discriminator_optimiser
    losses = [
        discriminator_epoch(D, optimiser, chosen, written, generator)
        for _ in range(settings.epochs)  # line 16
    ]
    return sum(losses) / len(losses)


def lagging_copy(follower: LanguageModel, leader: LanguageModel, lag: float) -> None:
    """β ← lag β + (1 − lag) θ; it changes the follower."""
    with torch.no_grad():
        for beta, theta in zip(follower.parameters(), leader.parameters(), strict=True):
            beta.mul_(lag).add_((1 - lag) * theta)
