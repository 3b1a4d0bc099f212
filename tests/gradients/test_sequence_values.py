"""What must hold of what a token is worth."""

import pytest
import torch

from lecture_code.gradients.sequence_values import (
    all_sequences,
    exact_values,
    expected_sequence_reward,
    rollout_rewards,
)
from lecture_code.learning.recurrent import LanguageModel

pytestmark = pytest.mark.usefixtures("one_torch_thread")

V, T = 4, 3


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def model_of(seed=0):
    return LanguageModel(V, 5, 6, generator(seed), 1.0).double()


def table(tokens):
    """A reward of its own for each of the 64 sequences, from 0 to 1."""
    rewards = torch.rand(V**T, generator=generator(9), dtype=torch.float64)
    places = (tokens * torch.tensor([16, 4, 1])).sum(1)
    return rewards[places]


class Listening:
    """A reward that remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def __call__(self, tokens):
        self.asked.append(tokens.clone())
        return table(tokens)


def test_all_sequences_are_64_and_each_is_there_once():
    """Equation: V^T rows, all different, in the order of counting."""
    rows = all_sequences(V, T)
    assert rows.shape == (64, 3)
    assert (rows * torch.tensor([16, 4, 1])).sum(1).tolist() == list(range(64))


def test_sequences_of_one_token_have_two_axes():
    """Limit: T = 1 gives a column."""
    assert all_sequences(V, 1).shape == (V, 1)


def test_roll_outs_keep_the_token_that_is_judged():
    """Equation: the roll-outs of place t begin with Y_1:t, y_t included, and the
    tokens after it differ among roll-outs.
    """
    Y = model_of().sample(5, T, generator(1))
    reward = Listening()
    rollout_rewards(model_of(2), Y, reward, 40, generator(3))
    assert len(reward.asked) == T
    for t, rows in enumerate(reward.asked[:-1], start=1):
        rows = rows.view(40, 5, T)
        assert (rows[:, :, :t] == Y[:, :t]).all()
        assert (rows[:, :, t] != rows[:1, :, t]).any(0).all()


def test_the_last_token_is_worth_the_reward_itself():
    """Equation: Q_T is R(Y), the same in every roll-out; the last token needs none."""
    Y = model_of().sample(6, T, generator(1))
    rewards = rollout_rewards(model_of(2), Y, table, 4, generator(3))
    assert rewards.shape == (4, 6, T)
    assert (rewards[:, :, -1] == table(Y)).all()


def test_roll_outs_estimate_the_exact_values():
    """Oracle: the mean over 2,000 roll-outs is within 4 standard errors of the sum over
    all completions, for each token.
    """
    policy = model_of(2)
    Y = model_of().sample(6, T, generator(1))
    rewards = rollout_rewards(policy, Y, table, 2000, generator(3))
    exact = exact_values(policy, Y, table)
    errors = rewards.std(0) / 2000**0.5
    apart = (rewards.mean(0) - exact).abs()
    assert (apart[:, :-1] <= 4 * errors[:, :-1]).all()
    assert errors[:, :-1].min() > 0
    torch.testing.assert_close(exact[:, -1], table(Y))


def test_values_agree_with_what_follows():
    """Equation: Q of a token is the mean of Q over the next token, and the mean of Q
    over the first token is J.
    """
    policy = model_of(2)
    rows = all_sequences(V, T)
    Q = exact_values(policy, rows, table).view(V, V, V, T)
    p = policy.log_probs(rows).exp().detach().view(V, V, V, T)
    torch.testing.assert_close(
        (p[..., 2] * Q[..., 2]).sum(2), Q[:, :, 0, 1], rtol=0, atol=1e-12
    )
    torch.testing.assert_close(
        (p[:, :, 0, 1] * Q[:, :, 0, 1]).sum(1), Q[:, 0, 0, 0], rtol=0, atol=1e-12
    )
    J = expected_sequence_reward(policy, T, table)
    assert (p[:, 0, 0, 0] * Q[:, 0, 0, 0]).sum().item() == pytest.approx(J.item())


def test_the_expected_reward_of_a_constant_is_the_constant():
    """Limit: J of a constant reward is the constant, and its gradient is 0."""
    policy = model_of(2)
    J = expected_sequence_reward(
        policy, T, lambda tokens: torch.full((len(tokens),), 0.7, dtype=torch.float64)
    )
    gradients = torch.autograd.grad(J, list(policy.parameters()))
    assert J.item() == pytest.approx(0.7, abs=1e-12)
    assert max(g.abs().max().item() for g in gradients) < 1e-12


@pytest.mark.parametrize("which", [0, 1])
def test_roll_outs_go_on_from_the_given_memory(which):
    """Equation: each sequence keeps its own memory, h and c; here the first sequence's
    memory makes the policy write 3 for ever, and the second's makes it write 1.
    """
    policy = model_of(2)
    with torch.no_grad():
        for weights in policy.parameters():
            weights.zero_()
        policy.layer.all_weights[0][2][:12] = 50.0  # input and forget gates are open
        policy.layer.all_weights[0][2][18:] = 50.0  # and so are output gates
        policy.layer.all_weights[0][1][12, 0] = 10.0  # h adds to c what it is
        policy.W_out[0] = torch.tensor([0.0, -500.0, 0.0, 500.0])
    state = torch.zeros(2, 2, 6, dtype=torch.float64)  # h or c, sequence, unit
    state[which, 0, 0], state[which, 1, 0] = 1.0, -1.0
    reward = Listening()
    Y = torch.zeros(2, T, dtype=torch.int64)
    rollout_rewards(policy, Y, reward, 3, generator(1), tuple(state))
    assert (reward.asked[0].view(3, 2, T) == torch.tensor([[0, 3, 3], [0, 1, 1]])).all()


def test_roll_outs_are_the_same_for_the_same_seed():
    """Determinism: bitwise."""
    Y = model_of().sample(5, T, generator(1))
    one, two = (rollout_rewards(model_of(2), Y, table, 3, generator(4)) for _ in "ab")
    assert torch.equal(one, two)


def test_bad_input_is_named():
    """Conformance: no roll-outs, and too many sequences."""
    Y = model_of().sample(5, T, generator(1))
    with pytest.raises(ValueError, match="rollouts must be 1 or more; got 0"):
        rollout_rewards(model_of(2), Y, table, 0, generator(3))
    with pytest.raises(ValueError, match=r"50\^20 sequences are too many"):
        all_sequences(50, 20)
