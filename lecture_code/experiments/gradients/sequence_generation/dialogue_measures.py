"""What is measured of an answerer in `dialogue.py`, and the judge that knows it all.

    total_variation   of q(y|x) to the exact p(y|x), mean over the 128 questions
    admissible        probability of an answer that fits its question
    dull              probability of "i do not know"

The three are exact: the grammar lists all answers that fit. By decoding (sampling,
greedy, beam) the shares of admissible and of dull answers and the adversarial success.

Read `examined`, then `KnowingJudge`.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lecture_code.data.dialogues import DialogueGrammar
from lecture_code.gradients.dialogue_evaluation import (
    EvaluatorSettings,
    Speaker,
    exact_measures,
    exact_measures_of_answers,
    fresh_evaluation,
    reliability_cases,
)
from lecture_code.gradients.dialogue_models import (
    Answerer,
    Judge,
    beam_search,
    finished,
)

GRAMMAR = DialogueGrammar()
MEASURES = ("total_variation", "admissible", "dull")
DECODINGS = ("sampling", "greedy", "beam")
WIDTH = 8  # of the beam


def points(G: Answerer) -> dict[str, float]:
    """`MEASURES` of an answerer that samples."""
    exact = exact_measures(GRAMMAR, G)
    return {name: getattr(exact, name) for name in MEASURES}


def decoded(G: Answerer, X: Tensor, decoding: str, noise: torch.Generator) -> Tensor:
    """Answers to X (n, L) by one of `DECODINGS`, (n, T)."""
    if decoding == "sampling":
        return G.sample(X, noise)
    every = torch.from_numpy(GRAMMAR.questions)  # an answer to each is enough
    answers = beam_search(G, every, 1 if decoding == "greedy" else WIDTH)[0]
    return answers[torch.from_numpy(GRAMMAR.numbers_of(X.numpy()))]


def speaker(G: Answerer, decoding: str) -> Speaker:
    """G as a machine that an evaluator can ask."""

    def answers(X: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        noise = torch.Generator().manual_seed(int(rng.integers(2**62)))
        return np.asarray(decoded(G, torch.from_numpy(X), decoding, noise))

    return answers


def examined(
    G: Answerer, decoding: str, settings: EvaluatorSettings, seed: int
) -> dict[str, float]:
    """Adversarial success of G's answers before a fresh evaluator, and before the best
    one; probability of admissible and of dull answers.
    """
    machine = speaker(G, decoding)
    exact = exact_measures(GRAMMAR, G)
    if decoding != "sampling":
        answers = machine(GRAMMAR.questions, np.random.default_rng(seed))
        exact = exact_measures_of_answers(GRAMMAR, answers)
    rng = np.random.default_rng([seed, 4])
    return {
        "success": fresh_evaluation(GRAMMAR, machine, settings, rng),
        "best": exact.best_success,
        "admissible": exact.admissible,
        "dull": exact.dull,
    }


def reliability(
    G: Answerer, settings: EvaluatorSettings, seed: int
) -> dict[str, list[float]]:
    """Case -> the success that an evaluator gives, and the right one."""
    cases = reliability_cases(GRAMMAR, speaker(G, "sampling"))
    return {
        name: [
            fresh_evaluation(
                GRAMMAR,
                case.machine,
                settings,
                np.random.default_rng([seed, 5]),
                case.human,
            ),
            case.right,
        ]
        for name, case in cases.items()
    }


class KnowingJudge(Judge):
    """Positive control: the best judge of prefixes, which knows p and q.

        Q₊(x, y_1:t) = p(y_1:t|x) / (p(y_1:t|x) + q(y_1:t|x))

    Args:
        answerer: whose q it is. It must be the G that learns, not a copy.
    """

    def __init__(self, answerer: Answerer) -> None:
        super().__init__(1, 1, 1, torch.Generator().manual_seed(0))
        self.answerer = answerer

    def prefix_rewards(self, questions: Tensor, answers: Tensor) -> Tensor:
        """Q₊(x, y_1:t) of every prefix of answers (n, T), (n, T)."""
        answers = finished(answers)
        with torch.no_grad():
            log_q = self.answerer.log_probs(questions, answers).cumsum(1)
        fits = torch.from_numpy(GRAMMAR.answers_to(questions.numpy()))  # (n, 13, T)
        same = (fits == answers[:, None]).cumprod(2).double()
        law = torch.from_numpy(GRAMMAR.probabilities)
        p = torch.einsum("nat,a->nt", same, law)
        return (p / (p + log_q.double().exp())).to(log_q.dtype)
