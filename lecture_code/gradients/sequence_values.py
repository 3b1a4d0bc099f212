"""What a token is worth: the mean reward of the sequences that may follow.

Yu et al., "SeqGAN: Sequence Generative Adversarial Nets with Policy Gradient" (2017),
arXiv:1609.05473, section 3.1. A reward R is known for whole sequences Y_1:T only. The
value of a token is the mean reward over all ways to complete the sequence:

    (2)  Q(Y_1:T−1, y_T) = R(Y_1:T)
    (3)  Y¹_1:T, …, Y^N_1:T  completions of Y_1:t by the roll-out policy G_β
    (4)  Q(Y_1:t−1, y_t) ≈ (1/N) Σ_n R(Y^n_1:T)  for t < T,  and (2) for t = T

A roll-out keeps Y_1:t, with the token y_t that is judged, and writes the T − t others.
The last token needs none.

Where V and T are tiny, everything can be enumerated: `exact_values` is the limit of (4)
for many roll-outs, and `expected_sequence_reward` is J, which can be differentiated
exactly. The tests compare with them.

Read `rollout_rewards`.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from lecture_code.learning.recurrent import LanguageModel, LstmState

SequenceReward = Callable[[Tensor], Tensor]
"""reward(tokens (n, T)) -> rewards (n,)."""
MOST_SEQUENCES = 100_000  # that can be enumerated


def rollout_rewards(
    policy: LanguageModel,
    tokens: Tensor,
    reward: SequenceReward,
    rollouts: int,
    generator: torch.Generator,
    state: LstmState | None = None,
) -> Tensor:
    """Rewards of N roll-outs from each token of sequences, (N, n, T).

    The mean over the N is Q, eq. 4, (n, T).

    Args:
        policy: G_β, which completes the sequences.
        tokens: sequences Y, (n, T).
        reward: of whole sequences.
        rollouts: N.
        generator: draws the completions.
        state: the policy's memory before the start token, one row for each sequence.

    Raises:
        ValueError: the number of roll-outs is not positive.
    """
    if rollouts < 1:
        raise ValueError(f"rollouts must be 1 or more; got {rollouts}")
    n, T = tokens.shape
    copies = tokens.repeat(rollouts, 1)  # (N n, T)
    if state is not None:
        state = (state[0].repeat(rollouts, 1), state[1].repeat(rollouts, 1))
    written = [
        policy.sample(len(copies), T, generator, prefix=copies[:, :t], state=state)
        for t in range(1, T)
    ]  # eq. 3
    rewards = [reward(completed).view(rollouts, n) for completed in written]
    rewards.append(reward(tokens).expand(rollouts, n))  # eq. 2
    return torch.stack(rewards, dim=2)


def all_sequences(vocabulary: int, length: int) -> Tensor:
    """All V^T sequences, (V^T, T), in the order of counting.

    Raises:
        ValueError: there are more than `MOST_SEQUENCES`.
    """
    if vocabulary**length > MOST_SEQUENCES:
        raise ValueError(
            f"{vocabulary}^{length} sequences are too many to enumerate; at most "
            f"{MOST_SEQUENCES}"
        )
    tokens = torch.arange(vocabulary)
    return torch.cartesian_prod(*[tokens] * length).view(-1, length)


def expected_sequence_reward(
    policy: LanguageModel, length: int, reward: SequenceReward
) -> Tensor:
    """J = Σ_Y p(Y) R(Y) over all sequences Y, exactly; it can be differentiated."""
    sequences = all_sequences(policy.vocabulary, length)
    p = policy.log_probs(sequences).sum(1).exp()
    return (p * reward(sequences)).sum()


def exact_values(
    policy: LanguageModel, tokens: Tensor, reward: SequenceReward
) -> Tensor:
    """Q of each token of sequences (n, T), over all completions, (n, T)."""
    T = tokens.shape[1]
    sequences = all_sequences(policy.vocabulary, T)
    with torch.no_grad():
        log_p = policy.log_probs(sequences)
    R = reward(sequences)
    values = []
    for t in range(1, T + 1):
        same = (sequences[None, :, :t] == tokens[:, None, :t]).all(2)  # (n, V^T)
        completion = log_p[:, t:].sum(1).exp()  # p(Y_t+1:T | Y_1:t)
        values.append(same.to(R.dtype) @ (completion * R))
    return torch.stack(values, dim=1)
