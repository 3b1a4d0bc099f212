"""What must hold of the runs of adversarial dialogue."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from lecture_code.data.dialogues import (
    ANSWER_LENGTH,
    END,
    VOCABULARY,
    DialogueGrammar,
)
from lecture_code.experiments import run_experiment
from lecture_code.experiments.gradients.sequence_generation.dialogue import (
    ARMS,
    CREDIT,
    DIALOGUE,
    SMOKE,
    TRIED,
)
from lecture_code.experiments.gradients.sequence_generation.dialogue_measures import (
    DECODINGS,
    KnowingJudge,
    decoded,
)
from lecture_code.experiments.gradients.sequence_generation.dialogue_runs import (
    DialogueRun,
    dialogue_difference,
)
from lecture_code.gradients.dialogue_evaluation import exact_measures
from lecture_code.gradients.dialogue_generation import (
    DialogueSettings,
    dialogue_step,
    initial_dialogue,
)
from lecture_code.gradients.dialogue_models import Answerer, Judge, greedy_answers

pytestmark = pytest.mark.usefixtures("one_torch_thread")

GRAMMAR = DialogueGrammar()


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def answerer():
    return Answerer(len(VOCABULARY), ANSWER_LENGTH, 8, 12, seeded())


def finished(run):
    while run.progress < 1:
        run.advance()
    return run.result()


def test_the_whole_path(tmp_path):
    """Conformance: the smoke settings give a result with everything by arm and seed."""
    result, _ = run_experiment(
        "sequence_dialogue", smoke=True, out=tmp_path, workers=1, bar=False
    )
    assert list(result.curves) == ["start", *SMOKE.arms, "reliability"]
    arm = result.curves["REGS, prefixes"]
    assert np.shape(arm["curves"]["total_variation"]) == (2, 3)
    assert np.shape(arm["longer"]["curves"]["dull"]) == (1, 7)
    assert list(arm["decoded"]) == list(DECODINGS) and len(arm["texts"]["beam"]) == 2
    assert np.shape(result.curves["reliability"]["human against other"]) == (2, 2)
    same = ("REGS, prefixes", "greedy")
    assert dialogue_difference(result.curves, same, same).value == 0


def test_a_run_goes_on_where_it_was_stopped():
    """Determinism: a run that is pickled between all steps has the same result."""
    straight = finished(DialogueRun(SMOKE, 0))
    run = DialogueRun(SMOKE, 0)
    while run.progress < 1:
        run.advance()
        run = pickle.loads(pickle.dumps(run))
    assert run.result() == straight
    assert finished(DialogueRun(SMOKE, 1)) != straight


def test_all_arms_begin_at_the_same_start():
    """Conformance: the first point of each curve is the start, also of the longer."""
    arms = finished(DialogueRun(SMOKE, 0))["arms"]
    first = arms["start"]["curve"][0]
    assert all(arm["curve"][0] == first for arm in arms.values())
    assert len(arms["REGS, prefixes/longer"]["curve"]) == 7


def test_an_answer_to_a_question_stands_in_its_row():
    """Oracle: greedy answers to mixed questions are those to each of them alone."""
    G = answerer()
    rows = torch.tensor([90, 3, 3, 127])
    X = torch.from_numpy(GRAMMAR.questions)[rows]
    found = decoded(G, X, "greedy", seeded())
    for i in range(4):
        assert torch.equal(found[i : i + 1], greedy_answers(G, X[i : i + 1]))


def test_the_knowing_judge_by_hand():
    """Equation: Q₊ = p/(p + q) of each prefix of a dull and of an unfit answer."""
    G = answerer()
    X = torch.from_numpy(GRAMMAR.questions[:2])
    Y = torch.from_numpy(np.stack([GRAMMAR.answers[0, 0], GRAMMAR.answers[1, 0]]))
    Y[1, 1] = 5
    q = G.log_probs(X, Y).detach().cumsum(1).exp()
    found = KnowingJudge(G).prefix_rewards(X, Y)
    assert torch.allclose(found[0], 0.3 / (0.3 + q[0]), atol=1e-6)
    assert found[1, 0] > 0.5 and (found[1, 1:] == 0).all()


def test_the_knowing_judge_ignores_what_is_behind_the_end():
    """Invariance: words behind the end of an answer change no reward. Roll-outs have
    such words.
    """
    G = answerer()
    X = torch.from_numpy(GRAMMAR.questions[:1])
    Y = torch.from_numpy(GRAMMAR.answers[0, :1])
    assert (Y[0, 5:] == END).all()
    unfinished = Y.clone()
    unfinished[0, 6:] = 3
    judge = KnowingJudge(G)
    found = judge.prefix_rewards(X, unfinished)
    assert torch.equal(found, judge.prefix_rewards(X, Y)) and found[0, -1] > 0.5


def test_the_arms_of_the_credit_differ_in_their_reward_only():
    """Conformance: with the reward of "knowing judge" each arm is "knowing judge", and
    both experiments have the same seeds and starts.
    """
    knowing = ARMS["knowing judge"]
    rewards = set()
    for arm in CREDIT.arms.values():
        rewards.add(arm.how.reward)
        how = replace(arm.how, reward=knowing.how.reward)
        assert replace(arm, how=how) == knowing
    assert rewards == {"whole", "rollouts"}
    same = replace(CREDIT, arms=DIALOGUE.arms, longer=DIALOGUE.longer)
    assert same == DIALOGUE


def test_the_knowing_judge_teaches_and_forgets_nothing():
    """Learning: without teacher forcing it lowers the total variation, and its q is of
    the G that learns; a constant reward does not.
    """
    G = answerer()
    with torch.no_grad():
        G.writer.b_out[:] = -3.0
        for place, token in enumerate(GRAMMAR.answers[0, 0]):
            G.writer.b_out[token] = 3.0 - 0.1 * place
    before = exact_measures(GRAMMAR, G).total_variation
    after = {}
    for reward in ("prefixes", "constant"):
        how = DialogueSettings(
            reward=reward, teacher_forcing=False, judge_steps=0, rate=1e-2
        )
        state = initial_dialogue(G, Judge(len(VOCABULARY), 4, 4, seeded()), how)
        state = replace(state, judge=KnowingJudge(state.answerer))
        rng = np.random.default_rng(0)
        for _ in range(60):
            state = dialogue_step(state, GRAMMAR.sample(64, rng), how, rng)
            assert state.judge.answerer is state.answerer
        after[reward] = exact_measures(GRAMMAR, state.answerer).total_variation
    assert after["prefixes"] < before - 0.05
    assert after["constant"] > after["prefixes"] + 0.05


def test_the_rates_of_the_run_are_those_that_were_best():
    """Conformance: the rates in ARMS are the best that were tried, within rounding."""
    for name, tried in TRIED.items():
        arm = ARMS[name.replace("no teacher forcing", "slow")].how
        weight = arm.weight if arm.reinforce else 0.0
        assert tried[arm.rate, weight] <= min(tried.values())
    assert len(DIALOGUE.seeds) == 5 and 1000 not in DIALOGUE.seeds
