"""What must hold of the dialogue grammar: its law, and why the dull answer wins."""

import numpy as np
import pytest

from lecture_code.data.dialogues import (
    ANSWER_LENGTH,
    ANSWERS,
    DULL,
    END,
    VOCABULARY,
    DialogueGrammar,
    is_dull,
    to_tokens,
    to_words,
)

GRAMMAR = DialogueGrammar()


def generator(seed=0):
    return np.random.default_rng(seed)


def test_the_vocabulary_is_small_and_every_word_is_used():
    """Conformance: at most 60 tokens, each of them in a question or an answer."""
    assert len(set(VOCABULARY)) == len(VOCABULARY) <= 60
    used = np.union1d(GRAMMAR.questions, GRAMMAR.answers)
    assert used.tolist() == list(range(len(VOCABULARY)))


def test_every_question_has_thirteen_different_answers_with_an_end():
    """Conformance: 128 different questions; their answers differ, and all end."""
    assert len(np.unique(GRAMMAR.questions, axis=0)) == 128
    for answers in GRAMMAR.answers:
        assert len(np.unique(answers, axis=0)) == ANSWERS
    assert (GRAMMAR.answers[:, :, -1] == END).all()
    lengths = (GRAMMAR.answers != END).sum(axis=2)
    assert lengths.min() == 3 and lengths.max() == ANSWER_LENGTH - 1


def test_probabilities_add_up_to_one_and_the_dull_answer_leads():
    """Equation: Σ p = 1; the dull answer is a minority, and yet 5 times as probable as
    any other, also by its first word.
    """
    p = GRAMMAR.probabilities
    assert p.sum() == pytest.approx(1)
    assert p[0] < 0.5 and p[0] > 5 * p[1:].max()
    for answers in GRAMMAR.answers:
        first = np.bincount(answers[:, 0], p, len(VOCABULARY))
        assert first.argmax() == answers[0, 0] and VOCABULARY[first.argmax()] == "i"


def test_frequencies_are_the_law():
    """Equation: the share of each of 13 answers is within 4 standard errors of p."""
    n = 20_000
    dialogues = GRAMMAR.sample(n, generator())
    fits = GRAMMAR.answers_to(dialogues.questions) == dialogues.answers[:, None]
    share = fits.all(axis=2).mean(axis=0)
    p = GRAMMAR.probabilities
    assert (np.abs(share - p) < 4 * np.sqrt(p * (1 - p) / n)).all()
    asked = np.bincount(GRAMMAR.numbers_of(dialogues.questions), minlength=128)
    assert np.abs(asked - n / 128).max() < 5 * np.sqrt(n / 128)


def test_only_answers_that_fit_are_admissible():
    """Equation: a human answer fits its own question; of answers to others, only those
    that the grammar lists, the dull one always.
    """
    dialogues = GRAMMAR.sample(500, generator())
    assert GRAMMAR.admissible(dialogues.questions, dialogues.answers).all()
    other = np.roll(dialogues.questions, 1, axis=0)
    fits = GRAMMAR.admissible(other, dialogues.answers)
    assert fits[is_dull(dialogues.answers)].all()
    assert 0 < fits[~is_dull(dialogues.answers)].mean() < 0.2
    expected = GRAMMAR.probability(other, dialogues.answers) > 0
    assert (fits == expected).all()


def test_a_word_behind_the_end_makes_an_answer_inadmissible():
    """Invariance: padding is END only."""
    answer = to_tokens(DULL, ANSWER_LENGTH)[None].copy()
    question = GRAMMAR.questions[:1]
    assert GRAMMAR.probability(question, answer) == pytest.approx(0.3)
    answer[0, -1] = 1
    assert GRAMMAR.probability(question, answer) == 0


def test_total_variation_by_hand():
    """Equation: 0 for the law itself, 1 − d for always dull, 1 for nonsense."""
    p = GRAMMAR.probabilities[None]
    dull = np.eye(ANSWERS)[:1]
    q = np.concatenate([p, dull, 0 * p, p / 2])
    assert GRAMMAR.total_variation(q) == pytest.approx([0, 0.7, 1, 0.5])


def test_the_same_seed_gives_the_same_dialogues():
    """Determinism: bitwise; another seed gives others."""
    one, same, other = (GRAMMAR.sample(50, generator(s)) for s in (0, 0, 1))
    assert (one.answers == same.answers).all()
    assert (one.questions == same.questions).all()
    assert (one.questions != other.questions).any()
    assert len(one.take(np.array([3, 4]))) == 2


def test_words_and_tokens_are_inverse():
    """Limit: a text survives; an unknown word, too many words, a foreign question and
    wrong shapes are named.
    """
    for question in GRAMMAR.questions[::17]:
        assert (to_tokens(to_words(question), 7) == question).all()
    with pytest.raises(ValueError, match="no word 'perhaps'; there are: i, do"):
        to_tokens("perhaps", 8)
    with pytest.raises(ValueError, match="has 4 words; at most 3"):
        to_tokens(DULL, 3)
    with pytest.raises(ValueError, match="'i do not know' is not a question"):
        GRAMMAR.answers_to(to_tokens(DULL, 7)[None])
    with pytest.raises(ValueError, match=r"shape \(1, 8\).*got \(1, 7\)"):
        GRAMMAR.probability(GRAMMAR.questions[:1], GRAMMAR.questions[:1])
    with pytest.raises(ValueError, match="dull must be from 0 to 1; got nan"):
        DialogueGrammar(float("nan"))
    with pytest.raises(ValueError, match="n must not be negative; got -1"):
        GRAMMAR.sample(-1, generator())
