"""What must hold of the fresh evaluator and of the exact measures of an answerer."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lecture_code.data.dialogues import (
    ANSWER_LENGTH,
    ANSWERS,
    END,
    VOCABULARY,
    DialogueGrammar,
)
from lecture_code.gradients import dialogue_evaluation
from lecture_code.gradients.dialogue_evaluation import (
    EvaluatorSettings,
    exact_measures,
    exact_measures_of_answers,
    fixed_answers,
    fresh_evaluation,
    grammar_answers,
    measures_of,
    other_success,
    random_words,
    reliability_cases,
)
from lecture_code.gradients.dialogue_models import Answerer

pytestmark = pytest.mark.usefixtures("one_torch_thread")

GRAMMAR = DialogueGrammar()
QUICK = EvaluatorSettings(
    training=1500,
    held_out=1500,
    epochs=4,
    batch=100,
    rate=1e-2,
    embedding=8,
    hidden=16,
)


def human(X, rng):
    return grammar_answers(GRAMMAR, X, rng)


def success(machine, seed=0, **changes):
    rng = np.random.default_rng(seed)
    return fresh_evaluation(GRAMMAR, machine, replace(QUICK, **changes), rng)


def test_humans_against_humans_are_at_chance():
    """Limit: where both are human the evaluator can only guess, within 4 standard
    errors of 3,000 answers.
    """
    assert abs(success(human) - 0.5) < 4 * 0.5 / np.sqrt(3000)


def test_both_are_asked_other_questions():
    """Conformance: humans and machine do not get the same questions."""
    asked = []

    def noted(X, rng):
        asked.append(X)
        return grammar_answers(GRAMMAR, X, rng)

    rng = np.random.default_rng(0)
    fresh_evaluation(GRAMMAR, noted, replace(QUICK, epochs=1), rng, noted)
    assert len(asked) == 2
    assert (asked[0] != asked[1]).any()


def test_an_evaluator_is_asked_about_answers_that_it_has_not_read():
    """Limit: an evaluator that knows its few answers by heart can only guess about
    others, within 4 standard errors.
    """
    for held_out in (64, QUICK.held_out):
        found = success(human, training=64, held_out=held_out, epochs=100)
        assert abs(found - 0.5) < 4 * 0.5 / np.sqrt(2 * held_out)


def test_random_words_are_found_out(monkeypatch):
    """Negative control: an evaluator that learns finds random words at once; one that
    learns nothing guesses.
    """
    assert success(lambda X, rng: random_words(X, rng)) < 0.08
    monkeypatch.setattr(dialogue_evaluation, "clipped_step", lambda *_: None)
    assert success(lambda X, rng: random_words(X, rng)) == 0.5


def test_always_dull_has_half_its_probability():
    """Oracle, eq. 2: p(dull)/2 = 0.15 for the machine that is always dull, by the exact
    measure and, within 4 standard errors, by an evaluator.
    """
    dull = GRAMMAR.answers[:, 0]
    exact = exact_measures_of_answers(GRAMMAR, dull)
    assert exact.best_success == pytest.approx(0.15)
    assert (exact.dull, exact.admissible) == (1, 1)
    measured = success(lambda X, rng: dull[GRAMMAR.numbers_of(X)])
    assert abs(measured - 0.15) < 4 * np.sqrt(0.3 * 0.7 / 1500) / 2


def test_no_other_fixed_answer_beats_the_dull_one():
    """Equation 2: any other answer that is always given has p(y|x)/2, which is less."""
    other = exact_measures_of_answers(
        GRAMMAR, fixed_answers(GRAMMAR, GRAMMAR.questions, 3)
    )
    assert other.best_success == pytest.approx(0.7 / 12 / 2)
    assert other.dull == 0 and other.admissible == 1
    nonsense = np.ones((128, ANSWER_LENGTH), dtype=np.int64)
    assert exact_measures_of_answers(GRAMMAR, nonsense).best_success == 0


def test_lengths_alone_say_nothing():
    """Invariance: two machines whose answers differ behind the first END only have the
    same success, bitwise; so no evaluator can learn from the padding.
    """

    def dirty(X, rng):
        answers = human(X, rng)
        behind = (answers == END).cumsum(1) > 1
        return np.where(behind, 7, answers)

    assert success(human, epochs=1) == success(dirty, epochs=1)


def test_answers_to_others_have_the_known_success():
    """Oracle: the success of human answers to other questions, by summing over all
    answers in another way.
    """
    said = {}
    for answers in GRAMMAR.answers:
        for answer, p in zip(answers, GRAMMAR.probabilities, strict=True):
            key = answer.tobytes()
            said[key] = said.get(key, 0) + p / 128
    overlap = 0.0
    for answers in GRAMMAR.answers:
        for answer, p in zip(answers, GRAMMAR.probabilities, strict=True):
            overlap += min(p, said[answer.tobytes()]) / 128
    assert other_success(GRAMMAR) == pytest.approx(overlap / 2)


def test_exact_measures_are_the_shares_of_many_samples():
    """Oracle: admissible and dull shares of 6,400 samples, within 4 standard errors."""
    G = Answerer(
        len(VOCABULARY), ANSWER_LENGTH, 8, 12, torch.Generator().manual_seed(0)
    )
    with torch.no_grad():
        G.writer.b_out[:] = -3.0
        common = np.unique(GRAMMAR.answers[:, 0])
        G.writer.b_out[torch.from_numpy(common)] = 4.0
    exact = exact_measures(GRAMMAR, G)
    X = np.repeat(GRAMMAR.questions, 50, axis=0)
    Y = G.sample(torch.from_numpy(X), torch.Generator().manual_seed(1)).numpy()
    share = GRAMMAR.admissible(X, Y).mean()
    error = np.sqrt(exact.admissible * (1 - exact.admissible) / len(X))
    assert abs(share - exact.admissible) < 4 * error + 1e-4
    assert 0 < exact.dull <= exact.admissible < 1


def test_measures_by_hand():
    """Equation: half the law, the rest astray: TV 1/2, admissible 1/2, dull 0.15."""
    q = np.tile(GRAMMAR.probabilities / 2, (128, 1))
    half = measures_of(GRAMMAR, q)
    assert half.total_variation == pytest.approx(0.5)
    assert half.admissible == pytest.approx(0.5) and half.dull == pytest.approx(0.15)
    assert q.shape == (128, ANSWERS) and half.best_success == pytest.approx(0.25)


def test_the_cases_know_their_answers():
    """Conformance: each case has its right answer, and the evaluator is near it."""
    cases = reliability_cases(GRAMMAR, human)
    assert [case.right for case in cases.values()] == [
        0.5,
        0.5,
        other_success(GRAMMAR),
        0.0,
    ]
    both = cases["machine against machine"]
    measured = fresh_evaluation(
        GRAMMAR, both.machine, QUICK, np.random.default_rng(2), both.human
    )
    assert abs(measured - 0.5) < 0.04


def test_an_evaluation_is_determined_by_its_seed():
    """Determinism: bitwise; another seed gives another evaluator."""
    few = {"training": 200, "held_out": 200, "epochs": 1}
    one, same, other = (success(human, seed, **few) for seed in (1, 1, 2))
    assert one == same != other


def test_a_bad_evaluator_is_named():
    """Conformance: numbers that are not positive."""
    for name in ("training", "held_out", "epochs", "batch", "rate", "hidden"):
        with pytest.raises(ValueError, match=f"{name} must be positive; got 0"):
            replace(QUICK, **{name: 0})
    with pytest.raises(ValueError, match="clip must be positive; got nan"):
        replace(QUICK, clip=float("nan"))
