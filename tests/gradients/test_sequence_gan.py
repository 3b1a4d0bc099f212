"""What must hold of SeqGAN."""

from dataclasses import replace
from itertools import islice

import pytest
import torch

from lecture_code.gradients import sequence_gan as sequence_gan_module
from lecture_code.gradients.sequence_gan import (
    REWARDS,
    SequenceGanSettings,
    generator_step,
    initial_sequence_gan,
    lagging_copy,
    policy_gain,
    sequence_gan,
    sequence_gan_step,
    token_values,
    train_discriminator,
)
from lecture_code.gradients.sequence_values import (
    all_sequences,
    exact_values,
    expected_sequence_reward,
)
from lecture_code.gradients.text_discriminator import TextDiscriminatorSettings
from lecture_code.learning.recurrent import LanguageModel

pytestmark = pytest.mark.usefixtures("one_torch_thread")

V, T = 4, 3
TINY = SequenceGanSettings(
    rate=0.03,
    batch=16,
    rollouts=3,
    discriminator_steps=1,
    epochs=1,
    sequences=32,
    pretraining=2,
)
READER = TextDiscriminatorSettings(embedding=4, widths=(1, 2), filters=4, rate=1e-2)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def model_of(seed=0, deviation=1.0):
    return LanguageModel(V, 5, 6, generator(seed), deviation)


def exact_model(seed=0):
    return model_of(seed).double()


REAL = model_of(7).sample(200, T, generator(8))


def started(settings=TINY, seed=1):
    return initial_sequence_gan(model_of(), REAL, settings, READER, generator(seed))


def table(tokens):
    """A reward of its own for each of the 64 sequences, from 0 to 1."""
    rewards = torch.rand(V**T, generator=generator(9), dtype=torch.float64)
    return rewards[(tokens * torch.tensor([16, 4, 1])).sum(1)]


def gradient_of(number, model):
    found = torch.autograd.grad(number, list(model.parameters()))
    return torch.cat([part.flatten() for part in found])


def per_sequence(model, tokens, values):
    """The gradient estimate of each sequence alone, (n, d)."""
    return torch.stack(
        [
            gradient_of(policy_gain(model, tokens[i : i + 1], values[i : i + 1]), model)
            for i in range(len(tokens))
        ]
    )


def expectation(model, values):
    """Mean and total variance of the estimate over all 64 sequences."""
    rows = all_sequences(V, T)
    p = model.log_probs(rows).sum(1).exp().detach()
    gradients = per_sequence(model, rows, values)
    mean = p @ gradients
    return mean, (p @ (gradients - mean).square()).sum().item()


# --- the gradient ---


def test_exact_values_give_the_exact_gradient():
    """Equation: over all 64 sequences, the mean of eq. 6 with exact Q is ∇J."""
    model = exact_model()
    exact = gradient_of(expected_sequence_reward(model, T, table), model)
    mean, _ = expectation(model, exact_values(model, all_sequences(V, T), table))
    assert exact.norm() > 0.01
    torch.testing.assert_close(mean, exact, rtol=0, atol=1e-12)


def test_the_whole_reward_has_the_same_mean_and_more_variance():
    """Equation: R(Y) for every token has the mean ∇J too; exact Q has less variance."""
    model = exact_model()
    rows = all_sequences(V, T)
    exact = gradient_of(expected_sequence_reward(model, T, table), model)
    mean, variance = expectation(model, table(rows)[:, None].expand(rows.shape))
    _, lower = expectation(model, exact_values(model, rows, table))
    torch.testing.assert_close(mean, exact, rtol=0, atol=1e-12)
    assert lower < variance


def test_a_constant_reward_has_no_gradient_in_expectation():
    """Equation: the same value for each token has the mean 0; single estimates do not
    vanish.
    """
    model = exact_model()
    values = torch.ones(V**T, T, dtype=torch.float64)
    mean, variance = expectation(model, values)
    assert mean.abs().max() < 1e-12
    assert variance > 0.1


def test_values_get_no_gradient():
    """Equation: Q is a number for the generator, however it was computed."""
    model = exact_model()
    rows = all_sequences(V, T)[:5]
    values = model.log_probs(rows).exp()
    gain = policy_gain(model, rows, values)
    plain = policy_gain(model, rows, values.detach().clone())
    assert torch.equal(gradient_of(gain, model), gradient_of(plain, model))


def test_the_estimate_is_a_mean_over_sequences_and_a_sum_over_tokens():
    """Equation: Σ_t log p Q_t, averaged over the rows."""
    model = exact_model()
    rows = all_sequences(V, T)[:5]
    Q = torch.rand(5, T, generator=generator(2), dtype=torch.float64)
    log_p = model.log_probs(rows)
    expected = sum(log_p[i, t] * Q[i, t] for i in range(5) for t in range(T)) / 5
    torch.testing.assert_close(policy_gain(model, rows, Q), expected)


def test_a_step_moves_uphill():
    """Equation: after small steps the mean of D over all sequences is higher, not
    lower; D stands still.
    """
    settings = replace(TINY, batch=256, rate=3e-3, rollouts=4)
    state = started(replace(settings, pretraining=30))
    D = state.discriminator.probability
    before = expected_sequence_reward(state.model, T, D).item()
    for seed in range(15):
        generator_step(state, T, settings, generator(seed))
    assert expected_sequence_reward(state.model, T, D).item() > before + 0.005


def test_the_baseline_leaves_a_sequence_its_own_value():
    """Limit: if all sequences have the same Q, the baseline takes everything away and
    the generator stays where it is; without a baseline it moves.
    """
    for baseline in (True, False):
        settings = replace(TINY, reward="constant", baseline=baseline)
        state = started(settings)
        before = state.model.W_out.clone()
        generator_step(state, T, settings, generator(2))
        assert torch.equal(before, state.model.W_out) == baseline


# --- values ---


def test_the_last_token_is_worth_what_d_says():
    """Equation: Q_T is D(Y), with and without roll-outs."""
    state = started()
    Y = state.model.sample(20, T, generator(3))
    D = state.discriminator.probability(Y)
    Q = token_values(state, Y, TINY, generator(4))
    torch.testing.assert_close(Q[:, -1], D)
    assert (Q[:, 0] != D).any()
    whole = token_values(state, Y, replace(TINY, reward="sentence"), generator(4))
    assert torch.equal(whole, D[:, None].expand(20, T))


def test_roll_outs_are_written_by_the_lagging_policy():
    """Oracle: Q approaches the exact values under β, not under θ."""
    state = started(replace(TINY, pretraining=150))
    lagging_copy(state.rollout_policy, model_of(5), 0.0)
    Y = state.model.sample(10, T, generator(3))
    settings = replace(TINY, rollouts=3000)
    Q = token_values(state, Y, settings, generator(4))
    D = state.discriminator.probability
    beta = exact_values(state.rollout_policy, Y, D)
    theta = exact_values(state.model, Y, D)
    assert (Q - beta).abs().max() < 0.02
    assert (theta - beta).abs().max() > 0.04


def test_another_judge_replaces_d():
    """Limit: with a judge that gives every sequence 1, a round is one of constant
    reward; with D as its judge, it is the usual round, bitwise.
    """
    settings = replace(TINY, discriminator_steps=0)
    state = started(settings)

    def after(settings, judge=None):
        later = sequence_gan_step(state, REAL, settings, generator(5), judge)
        return torch.cat([w.flatten() for w in later.model.parameters()])

    usual = after(settings)
    assert torch.equal(usual, after(settings, state.discriminator.probability))
    ones = after(settings, lambda tokens: torch.ones(len(tokens)))
    assert torch.allclose(ones, after(replace(settings, reward="constant")), atol=1e-6)
    assert not torch.allclose(ones, usual, atol=1e-3)


def test_controls_know_nothing_of_d():
    """Equation: constant reward is 1; noise lies in 0 to 1 and differs by token."""
    state = started()
    Y = state.model.sample(2000, T, generator(3))
    ones = token_values(state, Y, replace(TINY, reward="constant"), generator(4))
    assert torch.equal(ones, torch.ones(2000, T))
    noise = token_values(state, Y, replace(TINY, reward="noise"), generator(4))
    assert noise.shape == (2000, T)
    assert noise.min() >= 0
    assert noise.max() <= 1
    assert abs(noise.mean().item() - 0.5) < 4 * (1 / 12 / 6000) ** 0.5


# --- rounds ---


def test_the_policy_of_roll_outs_follows():
    """Equation: β ← lag β + (1 − lag) θ; without lag β is θ after each round."""
    beta, theta = model_of(1), model_of(2)
    expected = 0.8 * beta.W_out.detach() + 0.2 * theta.W_out.detach()
    lagging_copy(beta, theta, 0.8)
    torch.testing.assert_close(beta.W_out.detach(), expected)
    state = sequence_gan_step(started(), REAL, TINY, generator(5))
    assert torch.equal(state.rollout_policy.W_out, state.model.W_out)
    lagging = replace(TINY, lag=0.9)
    state = sequence_gan_step(started(lagging), REAL, lagging, generator(5))
    assert not torch.equal(state.rollout_policy.W_out, state.model.W_out)


def test_no_round_changes_its_state():
    """Invariance: the state before a round is the same after it, so a round can be
    repeated.
    """
    state = started()
    one = sequence_gan_step(state, REAL, TINY, generator(5))
    two = sequence_gan_step(state, REAL, TINY, generator(5))
    assert torch.equal(one.model.W_out, two.model.W_out)
    assert torch.equal(one.discriminator.w_out, two.discriminator.w_out)
    assert state.rounds == 0
    assert one.rounds == 1


def test_a_start_copies_the_model():
    """Invariance: the fitted model stays as it is, for the next arm to start from."""
    model = model_of()
    before = model.W_out.clone()
    state = initial_sequence_gan(model, REAL, TINY, READER, generator(1))
    sequence_gan_step(state, REAL, TINY, generator(2))
    assert torch.equal(model.W_out, before)
    assert torch.equal(state.rollout_policy.W_out, before)


@pytest.mark.parametrize("reward", REWARDS)
def test_d_learns_only_where_it_rewards(reward):
    """Conformance: in the controls D stays as it is, in the others it learns."""
    settings = replace(TINY, reward=reward)
    state = started(settings)
    later = sequence_gan_step(state, REAL, settings, generator(5))
    same = torch.equal(later.discriminator.w_out, state.discriminator.w_out)
    assert same == (reward in ("constant", "noise"))
    assert not torch.equal(later.model.W_out, state.model.W_out)


def test_rounds_are_the_same_for_the_same_seed():
    """Determinism: bitwise over three rounds."""
    runs = [
        list(islice(sequence_gan(started(), REAL, TINY, generator(5)), 3)) for _ in "ab"
    ]
    for one, two in zip(*runs, strict=True):
        assert one.reward == two.reward
        assert one.loss == two.loss
    assert [state.rounds for state in runs[0]] == [1, 2, 3]


# --- learning ---


def ones_share(reward, rounds=25):
    """Share of 1 that G writes if real sequences hold nothing else."""
    settings = replace(TINY, reward=reward, baseline=True, batch=32)
    real = torch.ones(100, T, dtype=torch.int64)
    start = initial_sequence_gan(model_of(0, 0.1), real, settings, READER, generator(1))
    state = next(
        islice(sequence_gan(start, real, settings, generator(2)), rounds, None)
    )
    return (state.model.sample(500, T, generator(3)) == 1).float().mean().item()


def test_it_learns_what_real_sequences_hold():
    """Learning with a negative control: real sequences are 1 1 1; with D's reward G
    writes 1 most of the time, with noise it does not.
    """
    assert ones_share("roll-outs") > 0.8
    assert ones_share("sentence") > 0.8
    assert ones_share("noise") < 0.5


def test_a_round_takes_its_lines_in_order(monkeypatch):
    """Conformance: all g-steps come first, then all d-steps, then β ← θ."""
    calls = []
    for name in ("generator_step", "train_discriminator", "lagging_copy"):
        monkeypatch.setattr(
            sequence_gan_module, name, lambda *_, name=name: calls.append(name) or 0.0
        )
    settings = replace(TINY, generator_steps=2, discriminator_steps=3)
    sequence_gan_step(
        started(replace(TINY, pretraining=0)), REAL, settings, generator()
    )
    assert calls == [
        *["generator_step"] * 2,
        *["train_discriminator"] * 3,
        "lagging_copy",
    ]


def test_a_round_tells_its_reward_and_loss(monkeypatch):
    """Conformance: the reward is the mean of Q over sequences and tokens, the loss that
    of the last d-step.
    """
    Q = torch.rand(16, T, generator=generator(5))
    losses = iter([0.9, 0.4])
    monkeypatch.setattr(sequence_gan_module, "token_values", lambda *_: Q)
    monkeypatch.setattr(
        sequence_gan_module, "train_discriminator", lambda *_: next(losses)
    )
    settings = replace(TINY, discriminator_steps=2)
    state = started(replace(TINY, pretraining=0))
    after = sequence_gan_step(state, REAL, settings, generator())
    assert after.reward == pytest.approx(Q.mean().item())
    assert after.loss == 0.4


def test_the_gradient_of_g_is_clipped():
    """Limit: Adam's first moment after line 12 is 0.1 of the gradient that it got,
    whose norm is at most `clip`.
    """
    clip = 1e-3
    state = started(replace(TINY, pretraining=0))
    generator_step(state, T, replace(TINY, clip=clip), generator())
    moments = [entry["exp_avg"] for entry in state.optimiser.state.values()]
    norm = torch.cat([moment.flatten() for moment in moments]).norm() / 0.1
    assert norm.item() == pytest.approx(clip, rel=0.01)


def test_d_learns_from_what_g_writes_now(monkeypatch):
    """Conformance: line 15 writes with G_θ, not with the policy of the roll-outs."""
    seen = []

    def noted(network, optimiser, real, written, rng):
        seen.append(written)
        return 0.0

    monkeypatch.setattr(sequence_gan_module, "discriminator_epoch", noted)
    state = started(replace(TINY, pretraining=0))
    with torch.no_grad():
        state.model.b_out[1] += 100
        state.rollout_policy.b_out[0] += 100
    train_discriminator(state, REAL, TINY, generator())
    assert (seen[0] == 1).all()


def test_d_sees_other_real_sequences_in_each_round(monkeypatch):
    """Invariance: D's real sequences are drawn from all of them anew in each round."""
    seen = []

    def noted(network, optimiser, real, written, rng):
        seen.append({tuple(row) for row in real.tolist()})
        return 0.0

    monkeypatch.setattr(sequence_gan_module, "discriminator_epoch", noted)
    state = started(replace(TINY, pretraining=0))
    numbered = torch.arange(200)[:, None].expand(200, T)
    for seed in range(30):
        train_discriminator(state, numbered, TINY, generator(seed))
    assert {len(rows) for rows in seen} == {TINY.sequences}
    assert seen[0] != seen[1]
    assert len(set().union(*seen)) > 190


def test_d_is_trained_on_real_against_written():
    """Learning: D's probability of real sequences rises above that of written ones."""
    real = torch.ones(100, T, dtype=torch.int64)
    state = initial_sequence_gan(
        model_of(), real, replace(TINY, pretraining=0), READER, generator(1)
    )
    losses = [train_discriminator(state, real, TINY, generator(i)) for i in range(60)]
    D = state.discriminator.probability
    assert D(real).mean() > D(state.model.sample(200, T, generator(2))).mean() + 0.3
    assert losses[-1] < losses[0]


# --- bad input ---


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"reward": "praise"}, "reward must be one of roll-outs, .*; got 'praise'"),
        ({"rate": 0.0}, "rate must be positive; got 0.0"),
        ({"clip": 0.0}, "clip must be positive"),
        ({"batch": 0}, "batch must be positive"),
        ({"rollouts": 0}, "rollouts must be positive"),
        ({"epochs": 0}, "epochs must be positive"),
        ({"sequences": 0}, "sequences must be positive"),
        ({"generator_steps": -1}, "generator_steps must not be negative"),
        ({"discriminator_steps": -1}, "discriminator_steps must not be negative"),
        ({"pretraining": -1}, "pretraining must not be negative"),
        ({"lag": 1.0}, "lag must be at least 0 and below 1"),
        ({"baseline": True, "batch": 1}, "a baseline needs a batch of 2"),
    ],
)
def test_bad_settings_are_named(wrong, message):
    """Conformance: the message names the setting and its value."""
    with pytest.raises(ValueError, match=message):
        SequenceGanSettings(**wrong)


def test_the_baseline_is_the_mean_of_the_others_at_the_same_place(monkeypatch):
    """Equation: A_it = Q_it minus the mean of Q_jt over the other sequences j."""
    seen = []

    def noted(model, tokens, values):
        seen.append(values)
        return policy_gain(model, tokens, values)

    Q = torch.tensor([[0.0, 4.0, 1.0], [2.0, 6.0, 1.0], [4.0, 2.0, 4.0]])
    monkeypatch.setattr(sequence_gan_module, "token_values", lambda *_: Q)
    monkeypatch.setattr(sequence_gan_module, "policy_gain", noted)
    settings = replace(TINY, batch=3, baseline=True)
    generator_step(started(settings), T, settings, generator())
    expected = torch.tensor([[-3.0, 0.0, -1.5], [0.0, 3.0, -1.5], [3.0, -3.0, 3.0]])
    torch.testing.assert_close(seen[0], expected)


def test_d_reads_its_sequences_k_times(monkeypatch):
    """Conformance: line 16 is k passes."""
    calls = []
    monkeypatch.setattr(
        sequence_gan_module, "discriminator_epoch", lambda *_: calls.append(1) or 0.0
    )
    settings = replace(TINY, pretraining=0, epochs=3)
    train_discriminator(started(settings), REAL, settings, generator())
    assert len(calls) == 3
