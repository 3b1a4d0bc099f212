"""How well an answerer passes for human: fresh evaluators, and exact numbers.

Li et al., "Adversarial Learning for Neural Dialogue Generation" (2017),
arXiv:1701.06547, section 5. An evaluator is a judge that took no part in the training
of the answerer. It learns from human and machine answers, and is asked about others:

    (1)  adversarial success = 1 − accuracy of a fresh evaluator on held-out answers

1/2 means that the evaluator can only guess; 0 means that it always knows. The judge of
the training is no evaluator: the answerer has learnt to please it.

An evaluator can be too weak, and then any machine passes for human. So it is first
asked in cases with known answers (`reliability_cases`): humans against humans, a
machine against itself, answers to other questions, and random words. The paper calls
the mean distance from the right answer the *evaluator reliability error*.

Our grammar says more. Of an answerer that writes y with probability q(y|x), the best
evaluator that could exist has, for questions that humans and machine are asked alike,

    (2)  accuracy = (1 + TV)/2,  so  adversarial success = (1 − TV)/2
    (3)  TV = E_x[½ Σ_y |p(y|x) − q(y|x)|]

and q of all 13 answers that fit can be computed. An answerer that always gives the same
answer y to x has TV = 1 − p(y|x). So the best evaluator lets it pass most often if y is
the most probable answer, which is the dull one. Among answerers without chance no other
can beat the dull one before the best evaluator.

Read `fresh_evaluation`, then `exact_measures`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lecture_code.data.dialogues import (
    ANSWER_LENGTH,
    ANSWERS,
    VOCABULARY,
    DialogueGrammar,
)
from lecture_code.gradients.dialogue_models import (
    Answerer,
    Judge,
    judge_accuracy,
    judge_loss,
)
from lecture_code.learning.recurrent import clipped_step

Floats = NDArray[np.float64]
Speaker = Callable[[NDArray[np.int64], np.random.Generator], NDArray[np.int64]]
"""speaker(questions (N, L), rng) -> answers (N, T): a human or a machine."""


@dataclass(frozen=True)
class EvaluatorSettings:
    """How a fresh evaluator learns and is asked.

    Args:
        training: answers of each kind that it learns from.
        held_out: answers of each kind that it is asked about.
        epochs: how often it reads its answers.
        batch: answers of each kind in an update.
        rate: Adam's learning rate.
        embedding, hidden: E and H of the evaluator.
        clip: largest norm of a gradient.

    Raises:
        ValueError: a number is not positive.
    """

    training: int = 4000
    held_out: int = 2000
    epochs: int = 8
    batch: int = 64
    rate: float = 3e-3
    embedding: int = 32
    hidden: int = 48
    clip: float = 5.0

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            if not getattr(self, name) > 0:  # nan is refused, too
                raise ValueError(f"{name} must be positive; got {getattr(self, name)}")


def fresh_evaluation(
    grammar: DialogueGrammar,
    machine: Speaker,
    settings: EvaluatorSettings,
    rng: np.random.Generator,
    human: Speaker | None = None,
) -> float:
    """The adversarial success of a machine before a fresh evaluator: eq. 1.

    Humans and machine are asked other questions each; no answer that the evaluator is
    asked about was in its training.

    Args:
        grammar: asks the questions.
        machine: who tries to pass for human.
        settings: of the evaluator.
        rng: draws questions, answers, the evaluator's first weights and its batches.
        human: who answers as a human; the grammar's own law if there is none.
    """
    n = settings.training + settings.held_out
    human = human or (lambda X, rng: grammar_answers(grammar, X, rng))
    asked = [grammar.sample(n, rng).questions for _ in range(2)]
    said = [human(asked[0], rng), machine(asked[1], rng)]
    pairs = [(torch.from_numpy(X), torch.from_numpy(Y)) for X, Y in zip(asked, said)]
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    judge = Judge(len(VOCABULARY), settings.embedding, settings.hidden, generator)
    optimiser = torch.optim.Adam(judge.parameters(), settings.rate)
    for _ in range(settings.epochs):
        orders = torch.stack(
            [torch.randperm(settings.training, generator=generator) for _ in range(2)]
        )
        for rows in torch.split(orders, settings.batch, dim=1):
            logits = _last_logits(judge, pairs, rows)
            clipped_step(judge_loss(*logits), optimiser, settings.clip)
    held_out = torch.arange(settings.training, n).expand(2, -1)
    with torch.no_grad():
        return 1 - judge_accuracy(*_last_logits(judge, pairs, held_out))


def _last_logits(
    judge: Judge, pairs: list[tuple[Tensor, Tensor]], rows: Tensor
) -> tuple[Tensor, Tensor]:
    """Logits of whole answers, of the human and of the machine rows (2, n)."""
    human, machine = (
        judge(X[chosen], Y[chosen])[:, -1] for (X, Y), chosen in zip(pairs, rows)
    )
    return human, machine


def grammar_answers(
    grammar: DialogueGrammar, questions: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Human answers (N, T) to questions (N, L)."""
    said = rng.choice(ANSWERS, size=len(questions), p=grammar.probabilities)
    return np.asarray(grammar.answers_to(questions)[np.arange(len(questions)), said])


def answers_to_others(
    grammar: DialogueGrammar, questions: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Human answers (N, T), but each to a random other question."""
    return grammar.sample(len(questions), rng).answers


def fixed_answers(
    grammar: DialogueGrammar, questions: NDArray[np.int64], seed: int
) -> NDArray[np.int64]:
    """Always the same answer to the same question: one that fits and is not dull."""
    choices = np.random.default_rng(seed).integers(
        1, ANSWERS, size=len(grammar.questions)
    )
    numbers = grammar.numbers_of(questions)
    return np.asarray(grammar.answers[numbers, choices[numbers]])


def random_words(
    questions: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Answers (N, T) of random words."""
    return rng.integers(len(VOCABULARY), size=(len(questions), ANSWER_LENGTH))


@dataclass(frozen=True)
class ReliabilityCase:
    """A case in which the right adversarial success is known.

    Args:
        human, machine: who speaks; None for the grammar's own law.
        right: the adversarial success before the best evaluator.
    """

    human: Speaker | None
    machine: Speaker
    right: float


def reliability_cases(
    grammar: DialogueGrammar, machine: Speaker
) -> dict[str, ReliabilityCase]:
    """Cases that an evaluator should know, by name.

    Args:
        grammar: the humans.
        machine: the answerer that is to be evaluated next.
    """

    def humans(X: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        return grammar_answers(grammar, X, rng)

    def others(X: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        return answers_to_others(grammar, X, rng)

    return {
        "human against human": ReliabilityCase(None, humans, 0.5),
        "machine against machine": ReliabilityCase(machine, machine, 0.5),
        "human against other": ReliabilityCase(None, others, other_success(grammar)),
        "human against random": ReliabilityCase(None, random_words, 0.0),
    }


def other_success(grammar: DialogueGrammar) -> float:
    """Eq. 2 for `answers_to_others`, which often say the dull answer, and may fit."""
    count = len(grammar.questions)
    said = grammar.answers.reshape(count * ANSWERS, -1)
    rows, place = np.unique(said, axis=0, return_inverse=True)
    p = np.tile(grammar.probabilities, count) / count
    of_all = np.bincount(place.reshape(-1), p, len(rows))  # q(y), the same for every x
    q = np.asarray(of_all[place.reshape(count, ANSWERS)], dtype=np.float64)
    return float((1 - grammar.total_variation(q).mean()) / 2)


@dataclass(frozen=True)
class ExactMeasures:
    """What the grammar says of an answerer, the mean over all questions.

    Args:
        admissible: probability that an answer fits.
        dull: probability of the dull answer.
        total_variation: TV, eq. 3.
    """

    admissible: float
    dull: float
    total_variation: float

    @property
    def best_success(self) -> float:
        """Adversarial success before the best evaluator: eq. 2."""
        return (1 - self.total_variation) / 2


def exact_measures(grammar: DialogueGrammar, model: Answerer) -> ExactMeasures:
    """Of a model that answers by sampling, computed from its probabilities."""
    X = torch.from_numpy(grammar.questions).repeat_interleave(ANSWERS, dim=0)
    Y = torch.from_numpy(grammar.answers).flatten(0, 1)
    with torch.no_grad():
        log_q = model.log_probs(X, Y).double().sum(1)
    return measures_of(grammar, log_q.exp().view(-1, ANSWERS).numpy())


def exact_measures_of_answers(
    grammar: DialogueGrammar, answers: NDArray[np.int64]
) -> ExactMeasures:
    """Of a machine that always gives these answers (128, T) to the 128 questions."""
    said = (grammar.answers == answers[:, None]).all(axis=2)  # q(y|x) is 0 or 1
    return measures_of(grammar, said.astype(np.float64))


def measures_of(grammar: DialogueGrammar, q: Floats) -> ExactMeasures:
    """Of an answerer with these probabilities of the answers that fit, (128, 13)."""
    return ExactMeasures(
        float(q.sum(axis=1).mean()),
        float(q[:, 0].mean()),
        float(grammar.total_variation(q).mean()),
    )
