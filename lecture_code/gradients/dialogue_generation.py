"""Adversarial dialogue: a judge says how human an answer is, and REINFORCE learns it.

Li et al., "Adversarial Learning for Neural Dialogue Generation" (2017),
arXiv:1701.06547; the lecture's slides *Language generation using REINFORCE*. An answer
is a row of words, each of them a choice, so no gradient passes from the judge D to the
answerer G. The judge's probability of "human", Q₊, is used as a reward instead:

    (1)  J(θ)  = E_{y ~ p(y|x)}[Q₊({x, y})]
    (2)  ∇J(θ) ≈ Σ_t (Q₊(x, Y_t) − b(x, Y_t)) ∇ log p(y_t | x, Y_1:t−1)

Idea. D learns to tell human answers from G's. G makes answers more probable that D took
for human. G's answers alone would never show it a better answer that it does not write;
so each turn ends with a step of maximum likelihood on a human answer (teacher forcing).
`dialogue_step` is one turn of the lecture's loop:

     1  for D-steps:
     2      sample (X, Y) from real data
     3      sample Ŷ ~ G(· | X)
     4      update D with (X, Y) as positive and (X, Ŷ) as negative examples
     5  for G-steps:
     6      sample (X, Y) from real data
     7      sample Ŷ ~ G(· | X)
     8      compute the reward r for (X, Ŷ) with D
     9      update G on (X, Ŷ) with r                                       (2)
    10      teacher forcing: update G on (X, Y)

Line 8 is where the methods differ: `partial_rewards.py` has the vanilla reward and both
forms of REGS, "reward for every generation step".

Read `dialogue_step`, then `answerer_update`.

Deviations from the paper. The public code's critic is linear in what G's reader
remembers and gives one number for all t; ours is linear in the same and gives one
number for each t, because rewards of short prefixes have another mean than those of
long ones. Teacher forcing weighs every human answer with 1. The judge is one LSTM, not
a hierarchical one. Adam in the place of plain descent; lines 9 and 10 share it, and
`weight` says how much line 9 counts.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from lecture_code.data.dialogues import Dialogues
from lecture_code.gradients.dialogue_models import (
    Answerer,
    Judge,
    is_written,
    judge_accuracy,
    judge_loss,
)
from lecture_code.gradients.partial_rewards import REWARDS, random_ends, rewards_of
from lecture_code.learning.recurrent import clipped_step, mle_step


@dataclass(frozen=True)
class DialogueSettings:
    """How the answerer and its judge learn.

    Args:
        reward: of `REWARDS`.
        teacher_forcing: whether line 10 takes place.
        reinforce: whether lines 6 to 9 take place; without, G only imitates.
        judge_steps: D-steps of a turn.
        answerer_steps: G-steps of a turn.
        batch: dialogues of each update.
        rollouts: N, for the reward "rollouts".
        weight: of line 9 against line 10, whose human answers have the reward 1.
        rate: Adam's learning rate of G.
        judge_rate: of D.
        critic_rate: of the baseline b.
        clip: largest norm of a gradient; a larger gradient is shortened.

    Raises:
        ValueError: a number is out of range, the reward is unknown, or G learns
            nothing.
    """

    reward: str = "prefixes"
    teacher_forcing: bool = True
    reinforce: bool = True
    judge_steps: int = 5
    answerer_steps: int = 1
    batch: int = 64
    rollouts: int = 5
    weight: float = 1.0
    rate: float = 1e-3
    judge_rate: float = 1e-3
    critic_rate: float = 1e-2
    clip: float = 5.0

    def __post_init__(self) -> None:
        if self.reward not in REWARDS:
            raise ValueError(
                f"reward must be one of {', '.join(REWARDS)}; got {self.reward!r}"
            )
        for name in ("judge_steps", "answerer_steps", "batch", "rollouts"):
            if getattr(self, name) < (name not in ("judge_steps", "answerer_steps")):
                raise ValueError(f"{name} is too small: {getattr(self, name)}")
        for name in ("weight", "rate", "judge_rate", "critic_rate", "clip"):
            if not getattr(self, name) > 0:  # nan is refused, too
                raise ValueError(f"{name} must be positive; got {getattr(self, name)}")
        if not (self.teacher_forcing or self.reinforce):
            raise ValueError(
                "teacher_forcing or reinforce must be on: nothing is learnt"
            )


@dataclass(frozen=True, eq=False)
class DialogueState:
    """Between two turns, with the record of the last turn. No turn changes it.

    Args:
        answerer: G.
        judge: D.
        critic: b, from what G's reader remembers to one number for each word.
        optimisers: Adam of G, of D and of the critic.
        turns: so far.
        accuracy: D's, in the last D-step, before its update.
        reward: mean over the words of the last G-step.
        advantage: root mean square of reward minus b over the same words.
        nll: of the human answers of the last G-step [nats per token].
    """

    answerer: Answerer
    judge: Judge
    critic: nn.Linear
    optimisers: tuple[torch.optim.Adam, torch.optim.Adam, torch.optim.Adam]
    turns: int = 0
    accuracy: float = float("nan")
    reward: float = float("nan")
    advantage: float = float("nan")
    nll: float = float("nan")


def initial_dialogue(
    answerer: Answerer, judge: Judge, settings: DialogueSettings
) -> DialogueState:
    """Before the first turn; G and D are copied. The critic begins with 1/2."""
    answerer = copy.deepcopy(answerer)
    judge = copy.deepcopy(judge)
    with torch.random.fork_rng():  # torch's own first weights are not used
        critic = nn.Linear(answerer.writer.hidden, answerer.length)
    nn.init.zeros_(critic.weight)
    nn.init.constant_(critic.bias, 0.5)
    optimisers = (
        torch.optim.Adam(answerer.parameters(), settings.rate),
        torch.optim.Adam(judge.parameters(), settings.judge_rate),
        torch.optim.Adam(critic.parameters(), settings.critic_rate),
    )
    return DialogueState(answerer, judge, critic, optimisers)


def adversarial_dialogue(
    state: DialogueState,
    real: Dialogues,
    settings: DialogueSettings,
    rng: np.random.Generator,
) -> Iterator[DialogueState]:
    """The loop, turn by turn, for ever: the caller says when to stop."""
    while True:
        state = dialogue_step(state, real, settings, rng)
        yield state


def dialogue_step(
    state: DialogueState,
    real: Dialogues,
    settings: DialogueSettings,
    rng: np.random.Generator,
) -> DialogueState:
    """One turn: lines 1 to 10.

    Args:
        state: so far.
        real: dialogues of humans.
        settings: how G and D learn.
        rng: draws the batches, and seeds the generator that draws the answers.
    """
    networks = (state.answerer, state.judge, state.critic, state.optimisers)
    G, D, critic, optimisers = copy.deepcopy(networks)
    state = replace(state, answerer=G, judge=D, critic=critic, optimisers=optimisers)
    noise = torch.Generator().manual_seed(int(rng.integers(2**62)))
    for _ in range(settings.judge_steps):  # line 1
        X, Y = real_batch(real, settings.batch, rng)  # line 2
        Y_hat = G.sample(X, noise)  # Ŷ ~ G(· | X), line 3
        accuracy = judge_update(state, X, Y, Y_hat, settings, noise)  # line 4
        state = replace(state, accuracy=accuracy)
    for _ in range(settings.answerer_steps):  # line 5
        X, Y = real_batch(real, settings.batch, rng)  # line 6
        if settings.reinforce:
            Y_hat = G.sample(X, noise)  # Ŷ ~ G(· | X), line 7
            r = rewards_of(
                settings.reward, G, D, X, Y_hat, settings.rollouts, noise
            )  # line 8
            state = answerer_update(state, X, Y_hat, r, settings)  # line 9
        if settings.teacher_forcing:
            nll = mle_step(G.writer, optimisers[0], Y, settings.clip, G.read(X))
            state = replace(state, nll=nll)  # line 10
    return replace(state, turns=state.turns + 1)


def real_batch(
    real: Dialogues, n: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """n random dialogues as tensors: questions (n, L) and answers (n, T)."""
    rows = rng.integers(len(real), size=n)
    return torch.from_numpy(real.questions[rows]), torch.from_numpy(real.answers[rows])


def judge_update(
    state: DialogueState,
    X: Tensor,
    Y: Tensor,
    Y_hat: Tensor,
    settings: DialogueSettings,
    noise: torch.Generator,
) -> float:
    """Line 4: D learns from human answers Y and G's answers Ŷ to X. It changes D.

    For the reward "prefixes" it learns from one random prefix of each answer, else from
    whole answers. Returns its accuracy before the update.
    """
    human = state.judge(X, Y)  # (n, T)
    machine = state.judge(X, Y_hat)
    if settings.reward == "prefixes":
        human = human.gather(1, random_ends(Y, noise))
        machine = machine.gather(1, random_ends(Y_hat, noise))
    else:
        human = human[:, -1:]
        machine = machine[:, -1:]
    clipped_step(judge_loss(human, machine), state.optimisers[1], settings.clip)
    return judge_accuracy(human, machine)


def answerer_update(
    state: DialogueState,
    X: Tensor,
    Y_hat: Tensor,
    r: Tensor,
    settings: DialogueSettings,
) -> DialogueState:
    """Line 9: G learns from its answers Ŷ (n, T) and their rewards (n, T).

    It changes G, and after that the critic, whose b did not know r.
    """
    with torch.no_grad():
        h, _ = state.answerer.read(X)
    b = state.critic(h)  # b(x), (n, T)
    mask = is_written(Y_hat)
    A = (r - b.detach()) * mask
    gain = settings.weight * answerer_gain(state.answerer, X, Y_hat, A)
    clipped_step(-gain, state.optimisers[0], settings.clip)  # eq. 2; Adam minimises
    error = (((r - b) * mask) ** 2).sum() / mask.sum()
    clipped_step(error, state.optimisers[2], settings.clip)
    return replace(
        state,
        reward=(r * mask).sum().item() / mask.sum().item(),
        advantage=error.item() ** 0.5,
    )


def answerer_gain(G: Answerer, X: Tensor, Y_hat: Tensor, A: Tensor) -> Tensor:
    """A number whose gradient is (2) with Q₊ − b = A (n, T), divided by n T, as the
    NLL of line 10 is.
    """
    return (G.log_probs(X, Y_hat) * A).mean()
