"""What must hold of the answerer, its judge, the rewards and the loop of dialogue."""

import copy
import pickle
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from lecture_code.data.dialogues import END, VOCABULARY, DialogueGrammar
from lecture_code.gradients import dialogue_generation
from lecture_code.gradients.dialogue_generation import (
    DialogueSettings,
    adversarial_dialogue,
    answerer_gain,
    answerer_update,
    dialogue_step,
    initial_dialogue,
    judge_update,
    real_batch,
)
from lecture_code.gradients.dialogue_models import (
    Answerer,
    Judge,
    beam_search,
    finished,
    greedy_answers,
    is_written,
    judge_accuracy,
    judge_loss,
)
from lecture_code.gradients.partial_rewards import random_ends, rewards_of
from lecture_code.gradients.sequence_values import all_sequences
from lecture_code.learning.recurrent import mle_step

pytestmark = pytest.mark.usefixtures("one_torch_thread")

GRAMMAR = DialogueGrammar()
V, T = 4, 3


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def tiny(seed=0, spread=1.0):
    """A question, an answerer and a judge, in double precision, away from uniform."""
    G = Answerer(V, T, 3, 4, seeded(seed)).double()
    D = Judge(V, 3, 4, seeded(seed + 1)).double()
    with torch.no_grad():
        for p in [*G.parameters(), *D.parameters()]:
            p += spread * torch.randn(p.shape, generator=seeded(seed + 2))
    return torch.tensor([[1, 2]]), G, D


def answers_of_tiny():
    """All answers that can be told apart: with END behind the first END, (M, T)."""
    return torch.unique(finished(all_sequences(V, T)), dim=0)


def full(seed=0, **changes):
    settings = DialogueSettings(**{"batch": 16, **changes})
    G = Answerer(len(VOCABULARY), 8, 8, 12, seeded(seed))
    D = Judge(len(VOCABULARY), 8, 12, seeded(seed + 1))
    return initial_dialogue(G, D, settings), settings


def real(n=400, seed=0):
    return GRAMMAR.sample(n, np.random.default_rng(seed))


def weights(network):
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def gradient(number, network):
    return torch.cat(
        [g.flatten() for g in torch.autograd.grad(number, list(network.parameters()))]
    )


# --- answerer and judge ---


def test_answers_have_probabilities_that_add_up_to_one():
    """Equation: Σ p(y|x) = 1 over all answers that can be told apart."""
    X, G, _ = tiny()
    Y = answers_of_tiny()
    p = G.log_probs(X.expand(len(Y), -1), Y).sum(1).exp()
    assert p.sum().item() == pytest.approx(1, abs=1e-10)
    assert p.max() > 2 / len(Y)


def test_samples_come_as_often_as_their_probability_says():
    """Equation: shares of sampled answers are within 4 standard errors of p(y|x)."""
    X, G, _ = tiny()
    Y = answers_of_tiny()
    n = 20_000
    p = G.log_probs(X.expand(len(Y), -1), Y).sum(1).exp().detach()
    written = G.sample(X.expand(n, -1), seeded(5))
    share = (written[:, None] == Y).all(2).double().mean(0)
    assert ((share - p).abs() < 4 * (p * (1 - p) / n).sqrt() + 1e-12).all()


def test_the_answer_depends_on_the_question():
    """Limit: another question changes p: the writer begins where the reader ended."""
    _, G, _ = tiny()
    Y = answers_of_tiny()
    ask = [torch.tensor([q]).expand(len(Y), -1) for q in ([1, 2], [2, 1])]
    assert (G.log_probs(ask[0], Y) - G.log_probs(ask[1], Y)).abs().max() > 0.1


@pytest.mark.parametrize("seed", range(5))
def test_beam_search_finds_the_most_probable_answer(seed):
    """Oracle: a wide beam finds what enumeration finds, with its log-probability."""
    X, G, _ = tiny(seed)
    Y = answers_of_tiny()
    log_p = G.log_probs(X.expand(len(Y), -1), Y).sum(1)
    found, score = beam_search(G, X, width=len(Y))
    assert torch.equal(found[0], Y[log_p.argmax()])
    assert score.item() == pytest.approx(log_p.max().item())


def test_some_beam_is_better_than_greedy():
    """Negative control: greedy answers are not always the most probable answers."""
    gaps = []
    for seed in range(10):
        X, G, _ = tiny(seed)
        gaps.append((beam_search(G, X, 16)[1] - beam_search(G, X, 1)[1]).item())
    assert min(gaps) >= -1e-12 and max(gaps) > 0.01


def test_greedy_takes_the_most_probable_word_at_each_place():
    """Oracle: word by word, from the probabilities of one more word."""
    X, G, _ = tiny(1)
    answer = greedy_answers(G, X)[0].tolist()
    for t in range(T):
        tries = torch.tensor([answer[:t] + [w] + [END] * (T - t - 1) for w in range(V)])
        best = G.log_probs(X.expand(V, -1), tries)[:, t].argmax().item()
        if END in answer[:t]:
            best = END
        assert answer[t] == best


def test_padding_is_the_same_for_all():
    """Invariance: neither judge nor answerer sees what is behind the first END."""
    X, G, D = tiny()
    dirty = torch.tensor([[2, END, 3], [2, END, 1], [2, END, END]])
    X = X.expand(3, -1)
    judged = D(X, dirty)
    assert torch.equal(judged[0], judged[2]) and torch.equal(judged[1], judged[2])
    assert is_written(dirty).tolist() == [[True, True, False]] * 3
    assert (G.log_probs(X, dirty)[:, 2] == 0).all()
    state, _ = full()
    questions = torch.from_numpy(GRAMMAR.questions)
    written = state.answerer.sample(questions, seeded())
    assert torch.equal(finished(written), written)


def test_a_judge_of_a_prefix_does_not_know_the_rest():
    """Invariance: a prefix has the reward that the judge gives to it alone."""
    X, _, D = tiny()
    Y = answers_of_tiny()
    X = X.expand(len(Y), -1)
    all_at_once = D.prefix_rewards(X, Y)
    for t in range(1, T + 1):
        alone = D.prefix_rewards(X, Y[:, :t])[:, -1]
        assert torch.allclose(all_at_once[:, t - 1], alone, atol=1e-12)
    assert all_at_once.std() > 0.01


def test_accuracy_counts_both_kinds_alike():
    """Equation: by hand, a tie is half right."""
    human, machine = torch.tensor([[1.0], [2.0], [-1.0], [0.0]]), torch.tensor([[-1.0]])
    assert judge_accuracy(human, machine) == pytest.approx((2.5 / 4 + 1) / 2)


# --- rewards ---


@pytest.mark.parametrize("name", ["whole", "rollouts", "prefixes"])
def test_the_last_word_has_the_reward_of_the_answer(name):
    """Limit: with all rewards, the last word gets D of the whole answer."""
    X, G, D = tiny()
    Y = answers_of_tiny()
    X = X.expand(len(Y), -1)
    r = rewards_of(name, G, D, X, Y, 2, seeded())
    assert torch.allclose(r[:, -1].double(), D.rewards(X, Y), atol=1e-6)
    if name == "whole":
        assert (r == r[:, -1:]).all()


def test_rollouts_are_the_exact_value_within_their_error():
    """Oracle: Q by roll-outs is within 4 standard errors of Q by enumeration, with
    y_t kept.
    """
    X, G, D = tiny()
    Y = torch.tensor([[2, 3, 1], [1, 1, 2], [3, END, END]])
    every = answers_of_tiny()
    X_all = X.expand(len(every), -1)
    p = G.log_probs(X_all, every).sum(1).exp().detach()
    R = D.rewards(X_all, every)
    N = 4000
    Q = rewards_of("rollouts", G, D, X.expand(3, -1), Y, N, seeded(3))
    for i in range(3):
        for t in range(1, T):
            same = (every[:, :t] == Y[i, :t]).all(1)
            q = p * same / (p * same).sum()
            exact = (q * R).sum()
            deviation = ((q * (R - exact) ** 2).sum() / N).sqrt()
            assert (Q[i, t - 1] - exact).abs() <= 4 * deviation + 1e-6


def test_rollouts_are_judged_with_their_own_question():
    """Conformance: with two questions, each answer's roll-outs go to D with its own."""

    class Echo:
        def rewards(self, questions, answers):
            return questions[:, 0].double()

    x, G, _ = tiny()
    X = torch.cat([x, x + 1])
    found = rewards_of("rollouts", G, Echo(), X, answers_of_tiny()[:2], 3, seeded())
    torch.testing.assert_close(found, X[:, :1].double().expand(found.shape))


def test_random_prefixes_end_at_every_place_alike():
    """Equation: places up to the END are equally likely, others never come."""
    answers = torch.tensor([[1, 2, END, END]]).expand(3000, -1)
    share = torch.bincount(random_ends(answers, seeded())[:, 0], minlength=4) / 3000
    assert share[3] == 0 and (share[:3] - 1 / 3).abs().max() < 0.04


# --- the update ---


def test_the_mean_update_is_the_exact_gradient():
    """Equation 2: Σ p(y) of the gradient of one answer is ∇J/T, with any b(x)."""
    X, G, D = tiny()
    Y = answers_of_tiny()
    X = X.expand(len(Y), -1)
    log_p = G.log_probs(X, Y).sum(1)
    R = D.rewards(X, Y)
    exact = gradient((log_p.exp() * R).sum(), G) / T
    p = G.log_probs(X, Y).sum(1).exp().detach()
    for b in (0.0, 0.7):
        A = ((R - b)[:, None] * is_written(Y)) * p[:, None] * len(Y)
        assert torch.allclose(gradient(answerer_gain(G, X, Y, A), G), exact, atol=1e-10)
    assert exact.abs().max() > 1e-4


def test_exact_values_of_words_give_the_same_gradient():
    """Equation: with Q(x, y_1:t) in the place of Q(x, y) the mean gradient is the same;
    a constant reward gives 0.
    """
    X, G, D = tiny()
    Y = answers_of_tiny()
    X = X.expand(len(Y), -1)
    p = G.log_probs(X, Y).sum(1).exp().detach()
    R = D.rewards(X, Y)
    Q = torch.empty(len(Y), T).double()
    for t in range(1, T + 1):
        same = (Y[:, None, :t] == Y[None, :, :t]).all(2).double()
        Q[:, t - 1] = (same @ (p * R)) / (same @ p)
    weigh = is_written(Y) * p[:, None] * len(Y)
    by_answer = gradient(answerer_gain(G, X, Y, R[:, None] * weigh), G)
    by_word = gradient(answerer_gain(G, X, Y, Q * weigh), G)
    constant = gradient(answerer_gain(G, X, Y, 0.5 * weigh), G)
    assert torch.allclose(by_answer, by_word, atol=1e-10)
    assert constant.abs().max() < 1e-10 < by_answer.abs().max()


def test_an_answer_with_a_high_reward_becomes_more_probable():
    """Learning: and one with a low reward less probable."""
    state, _ = full()
    X, Y = real_batch(real(), 8, np.random.default_rng(0))
    before = state.answerer.log_probs(X, Y).sum(1).detach()
    for level, sign in ((1.0, 1), (0.0, -1)):
        fresh = copy.deepcopy(state)
        answerer_update(fresh, X, Y, torch.full(Y.shape, level), DialogueSettings())
        after = fresh.answerer.log_probs(X, Y).sum(1)
        assert (sign * (after - before)).mean() > 0


def test_teacher_forcing_alone_is_maximum_likelihood():
    """Limit: without REINFORCE a turn is one step of maximum likelihood, bitwise."""
    state, settings = full(reinforce=False, judge_steps=0)
    after = dialogue_step(state, real(), settings, np.random.default_rng(3))
    G = copy.deepcopy(state.answerer)
    optimiser = torch.optim.Adam(G.parameters(), settings.rate)
    rng = np.random.default_rng(3)
    rng.integers(2**62)  # the seed of the generator
    X, Y = real_batch(real(), settings.batch, rng)
    mle_step(G.writer, optimiser, Y, settings.clip, G.read(X))
    assert torch.equal(weights(G), weights(after.answerer))


def test_the_critic_learns_the_mean_reward():
    """Learning: b comes near a constant reward, after which the advantage vanishes."""
    state, _ = full()
    X, Y = real_batch(real(), 32, np.random.default_rng(0))
    for _ in range(150):
        state = answerer_update(
            state, X, Y, torch.full(Y.shape, 0.9), DialogueSettings()
        )
    assert state.advantage < 0.05


def test_rewards_behind_the_end_teach_nothing():
    """Invariance: a reward behind the first END changes neither G nor its critic."""
    X, Y = real_batch(real(), 32, np.random.default_rng(0))
    r = torch.rand(Y.shape, generator=seeded(1))
    behind = r + ~is_written(Y)
    assert (behind != r).any()
    first, second = (
        answerer_update(full()[0], X, Y, rewards, DialogueSettings())
        for rewards in (r, behind)
    )
    assert torch.equal(weights(first.answerer), weights(second.answerer))
    assert torch.equal(weights(first.critic), weights(second.critic))


def moment_of(state, which):
    """Adam's first moment, flat: 0.1 of the first gradient of G (0), D (1) or the
    critic (2).
    """
    entries = state.optimisers[which].state.values()
    return torch.cat([entry["exp_avg"].flatten() for entry in entries])


def test_a_turn_tells_the_mean_over_written_words():
    """Equation: reward and advantage are means over the words up to the END."""
    state, settings = full()
    X, Y = real_batch(real(), 32, np.random.default_rng(0))
    r = torch.rand(Y.shape, generator=seeded(1))
    with torch.no_grad():
        b = state.critic(state.answerer.read(X)[0])
    written = is_written(Y).bool()
    after = answerer_update(state, X, Y, r, settings)
    assert after.reward == pytest.approx(r[written].mean().item(), rel=1e-5)
    error = (r - b)[written].square().mean().item()
    assert after.advantage == pytest.approx(error**0.5, rel=1e-5)


@pytest.mark.parametrize("reinforce", [True, False])
def test_all_gradients_of_a_turn_are_clipped(reinforce):
    """Limit: the first gradients of G, D and the critic have the norm `clip`; without
    REINFORCE that of G comes from teacher forcing.
    """
    clip = 1e-6
    state, settings = full(
        clip=clip, reinforce=reinforce, teacher_forcing=not reinforce
    )
    after = dialogue_step(
        state,
        real(),
        replace(settings, judge_steps=1, answerer_steps=1),
        np.random.default_rng(0),
    )
    for which in (0, 1, 2) if reinforce else (0, 1):
        norm = moment_of(after, which).norm() / 0.1
        assert norm.item() == pytest.approx(clip, rel=0.1), which


def test_weight_says_how_much_line_9_counts():
    """Equation: with twice the weight, G's gradient in line 9 is twice as long."""
    X, Y = real_batch(real(), 32, np.random.default_rng(0))
    r = torch.rand(Y.shape, generator=seeded(1))
    once, twice = (
        moment_of(
            answerer_update(
                full()[0], X, Y, r, DialogueSettings(weight=weight, clip=1e9)
            ),
            0,
        )
        for weight in (1.0, 2.0)
    )
    torch.testing.assert_close(twice, 2 * once)


def test_a_turn_takes_its_lines_in_order(monkeypatch):
    """Conformance: D-steps first; in each G-step a reward comes before teacher forcing,
    and both learn from the same questions.
    """
    calls = []
    updates = {
        name: getattr(dialogue_generation, name)
        for name in ("judge_update", "answerer_update", "mle_step")
    }
    for name in updates:

        def noted(*given, name=name):
            calls.append(name)
            return updates[name](*given)

        monkeypatch.setattr(dialogue_generation, name, noted)
    state, settings = full(judge_steps=2, answerer_steps=2)
    dialogue_step(state, real(), settings, np.random.default_rng(0))
    assert calls == ["judge_update"] * 2 + ["answerer_update", "mle_step"] * 2


def test_each_answer_is_cut_within_itself(monkeypatch):
    """Conformance: with one-word human answers, D judges the first word of these, and
    random prefixes of G's longer answers.
    """
    seen = []

    def noted(human, machine):
        seen.append((human, machine))
        return judge_loss(human, machine)

    monkeypatch.setattr(dialogue_generation, "judge_loss", noted)
    state, settings = full(reward="prefixes")
    X, Y = real_batch(real(), 32, np.random.default_rng(0))
    with torch.no_grad():
        for p in state.judge.parameters():
            p += 0.5 * torch.randn(p.shape, generator=seeded(2))
    short, long = torch.full_like(Y, END), torch.full_like(Y, END + 1)
    firsts = [state.judge(X, answers)[:, :1] for answers in (short, long)]
    judge_update(state, X, short, long, settings, seeded(1))
    human, machine = seen[0]
    assert torch.equal(human, firsts[0])
    assert 0 < (machine == firsts[1]).float().mean() < 0.5


@pytest.mark.parametrize("reward", ["whole", "rollouts", "prefixes"])
def test_a_turn_is_determined_by_its_seed(reward):
    """Determinism: bitwise, also through pickle; the old state stays as it was."""
    state, settings = full(reward=reward, judge_steps=1, rollouts=2)
    before = weights(state.answerer).clone()
    one = dialogue_step(state, real(), settings, np.random.default_rng(1))
    again = pickle.loads(pickle.dumps(state))
    same = dialogue_step(again, real(), settings, np.random.default_rng(1))
    other = dialogue_step(state, real(), settings, np.random.default_rng(2))
    assert torch.equal(weights(one.answerer), weights(same.answerer))
    assert torch.equal(weights(one.judge), weights(same.judge))
    assert not torch.equal(weights(one.answerer), weights(other.answerer))
    assert torch.equal(weights(state.answerer), before) and one.turns == 1


def test_the_loop_is_the_step():
    """Limit: two turns of the loop are two steps, bitwise."""
    state, settings = full(judge_steps=1)
    rng = np.random.default_rng(1)
    stepped = state
    for _ in range(2):
        stepped = dialogue_step(stepped, real(), settings, rng)
    loop = adversarial_dialogue(state, real(), settings, np.random.default_rng(1))
    looped = list(islice(loop, 2))[-1]
    assert torch.equal(weights(stepped.answerer), weights(looped.answerer))


def test_bad_input_is_named():
    """Conformance: settings, rewards and widths name what is wrong."""
    good = DialogueSettings()
    for change, message in (
        ({"reward": "applause"}, "reward must be one of whole, rollouts.*'applause'"),
        ({"batch": 0}, "batch is too small: 0"),
        ({"judge_steps": -1}, "judge_steps is too small: -1"),
        ({"rate": float("nan")}, "rate must be positive; got nan"),
        ({"reinforce": False, "teacher_forcing": False}, "nothing is learnt"),
    ):
        with pytest.raises(ValueError, match=message):
            replace(good, **change)
    X, G, D = tiny()
    with pytest.raises(ValueError, match="width must be 1 or more; got 0"):
        beam_search(G, X, 0)
    with pytest.raises(ValueError, match=r"reward must be one of.*'x'"):
        rewards_of("x", G, D, X, torch.zeros(1, T).long(), 1, seeded())


@pytest.mark.parametrize("reward", ["whole", "rollouts"])
def test_without_prefixes_d_learns_from_whole_answers(monkeypatch, reward):
    """Conformance: D's verdict on both kinds of answers comes after the last word."""
    seen = []

    def noted(human, machine):
        seen.append((human, machine))
        return judge_loss(human, machine)

    monkeypatch.setattr(dialogue_generation, "judge_loss", noted)
    state, settings = full(reward=reward)
    X, Y = real_batch(real(), 32, np.random.default_rng(0))
    Y_hat = Y.flip(0)
    with torch.no_grad():
        for p in state.judge.parameters():
            p += 0.5 * torch.randn(p.shape, generator=seeded(2))
    whole = [state.judge(X, answers)[:, -1:] for answers in (Y, Y_hat)]
    judge_update(state, X, Y, Y_hat, settings, seeded(1))
    for found, expected in zip(seen[0], whole, strict=True):
        assert torch.equal(found, expected)
