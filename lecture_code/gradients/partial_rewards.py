"""Rewards for the words of an answer: one for all of them, or one for each.

Li et al., "Adversarial Learning for Neural Dialogue Generation" (2017),
arXiv:1701.06547, section 3.2: REGS, "reward for every generation step". The judge of a
whole answer cannot say which word gave the machine away: with one reward for all words
even the good ones are punished. REGS gives word t a reward of its own, in two forms.

    whole       vanilla REINFORCE: every word gets the reward of the whole answer
    rollouts    REGS, first form: word t gets the mean reward of N answers that G
                writes behind y_1:t; the last word gets the reward of the answer
    prefixes    REGS, second form: D judges the prefix y_1:t itself. It learns from one
                random prefix of each answer, because all prefixes of one answer have
                the same beginning
    constant    1/2 for every word: a control that tells G nothing

The first form asks D only what it was trained for, and costs T N further answers. The
second form costs nothing, but D must judge beginnings that say little.

Read `rewards_of`, then `values_of_words`. The roll-outs are those of SeqGAN.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lecture_code.gradients.dialogue_models import Answerer, Judge, is_written
from lecture_code.gradients.sequence_values import rollout_rewards

REWARDS = ("whole", "rollouts", "prefixes", "constant")


def rewards_of(
    name: str,
    G: Answerer,
    D: Judge,
    X: Tensor,
    Y_hat: Tensor,
    rollouts: int,
    noise: torch.Generator,
) -> Tensor:
    """Q₊(x, Y_t), the reward of each word of G's answers Ŷ (n, T), (n, T).

    Args:
        name: of `REWARDS`.
        G: wrote the answers.
        D: judges them.
        X: questions, (n, L).
        Y_hat: answers, (n, T).
        rollouts: N, for "rollouts".
        noise: draws the roll-outs.

    Raises:
        ValueError: there is no such reward.
    """
    match name:
        case "whole":
            return D.rewards(X, Y_hat)[:, None].expand_as(Y_hat)
        case "rollouts":
            return values_of_words(G, D, X, Y_hat, rollouts, noise)
        case "prefixes":
            return D.prefix_rewards(X, Y_hat)
        case "constant":
            return torch.full(Y_hat.shape, 0.5)
    raise ValueError(f"reward must be one of {', '.join(REWARDS)}; got {name!r}")


def values_of_words(
    G: Answerer, D: Judge, X: Tensor, Y_hat: Tensor, N: int, noise: torch.Generator
) -> Tensor:
    """Mean reward of N answers that G writes behind y_1:t, for each t, (n, T).

    The words y_1 … y_t are kept, y_t too. Behind the last word there is nothing to
    write: its reward is that of the answer.
    """

    def reward(answers: Tensor) -> Tensor:
        return D.rewards(X.repeat(len(answers) // len(X), 1), answers)

    with torch.no_grad():
        state = G.read(X)
    Q: Tensor = rollout_rewards(G.writer, Y_hat, reward, N, noise, state).mean(0)
    return Q


def random_ends(answers: Tensor, noise: torch.Generator) -> Tensor:
    """The last place of a random prefix of each answer (n, T), (n, 1).

    All prefixes of an answer are equally likely, from its first word to its `END`.
    """
    lengths = is_written(answers).sum(1, keepdim=True)
    u = torch.rand(len(answers), 1, generator=noise)
    return (u * lengths).long().clamp(max=answers.shape[1] - 1)  # ~ U{0, …, length − 1}
