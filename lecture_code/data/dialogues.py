"""Dialogues: questions and answers of a small grammar whose law is known exactly.

A question has seven words, `where does your mother see the cat`. There are four kinds
of questions (where, when, why, how), four people and eight things: 128 questions, all
equally likely. To each question three answers fit, and each has a gap for one of four
words:

    the cat is in the ⟨garden⟩        my mother saw it near the ⟨garden⟩
    it is in the ⟨garden⟩

There is one more answer, `i do not know`. It is dull, and it fits every question.

    p(dull answer)   = d, 0.3 by default
    p(other answer)  = (1 − d) / 12, 0.058 by default

So most answers, 70 %, are not dull. Nevertheless the dull answer is the most probable
answer to every question. The reason is that people have many ways to say something, and
only one way to say nothing: the twelve other answers share their 70 %. Whoever always
gives the most probable answer is always dull. The same holds word by word: `i` is the
most probable first word, because `the`, `my` and `it` share the rest.

An answer is padded with `END` to eight tokens, so its length is no secret that only one
kind of answer keeps.

Read `DialogueGrammar.answers_to`, then `DialogueGrammar.sample`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Tokens = NDArray[np.int64]
Floats = NDArray[np.float64]

END = 0
"""Ends an answer, and fills it up behind its end."""
QUESTION_LENGTH = 7
ANSWER_LENGTH = 8
"""Tokens of an answer: at most seven words, and at least one `END`."""
PEOPLE = ("mother", "father", "brother", "sister")
THINGS = ("cat", "dog", "bird", "horse", "book", "ball", "lamp", "chair")
KINDS = ("where", "when", "why", "how")
VERBS = {"where": "see", "when": "want", "why": "like", "how": "paint"}
GAPS = {
    "where": ("garden", "kitchen", "school", "street"),
    "when": ("morning", "evening", "summer", "winter"),
    "why": ("small", "warm", "funny", "old"),
    "how": ("red", "blue", "green", "white"),
}
FORMS = {
    "where": (
        "the {thing} is in the {gap}",
        "my {person} saw it near the {gap}",
        "it is in the {gap}",
    ),
    "when": (
        "the {thing} is for the {gap}",
        "my {person} wants it in the {gap}",
        "it is for the {gap}",
    ),
    "why": ("the {thing} is so {gap}", "my {person} likes {gap} things", "it is {gap}"),
    "how": ("the {thing} is {gap}", "my {person} paints it {gap}", "it is {gap}"),
}
DULL = "i do not know"
ANSWERS = 13
"""Answers that fit a question: the dull one first, then 3 forms with 4 words each."""


def _vocabulary() -> tuple[str, ...]:
    """Every word of the grammar once, behind the sign for `END`."""
    texts = [DULL, "does your", *KINDS, *VERBS.values(), *PEOPLE, *THINGS]
    for kind in KINDS:
        texts.extend(form.format(thing="", person="", gap="") for form in FORMS[kind])
        texts.extend(GAPS[kind])
    words = dict.fromkeys(" ".join(texts).split())
    return ("·", *words)


VOCABULARY = _vocabulary()
"""What each token stands for."""
_CODES = {word: code for code, word in enumerate(VOCABULARY)}


@dataclass(frozen=True, eq=False)
class Dialogues:
    """Questions, each with one answer.

    Args:
        questions: (N, 7).
        answers: (N, 8), padded with `END`.
    """

    questions: Tokens
    answers: Tokens

    def __len__(self) -> int:
        return len(self.questions)

    def take(self, rows: NDArray[np.int64]) -> Dialogues:
        """The dialogues of these rows, in their order."""
        return Dialogues(self.questions[rows], self.answers[rows])


@dataclass(frozen=True)
class DialogueGrammar:
    """The law of the dialogues.

    Args:
        dull: d, the probability of the dull answer.

    Raises:
        ValueError: d is not a probability.
    """

    dull: float = 0.3

    def __post_init__(self) -> None:
        if not 0 <= self.dull <= 1:  # nan is refused, too
            raise ValueError(f"dull must be from 0 to 1; got {self.dull}")

    @property
    def probabilities(self) -> Floats:
        """p of the answers that fit a question, the dull one first, (13,)."""
        others = np.full(ANSWERS - 1, (1 - self.dull) / (ANSWERS - 1))
        return np.concatenate([[self.dull], others])

    @cached_property
    def questions(self) -> Tokens:
        """Every question, (128, 7)."""
        return np.array(
            [to_tokens(_question(*parts), QUESTION_LENGTH) for parts in _ASKED]
        )

    @cached_property
    def answers(self) -> Tokens:
        """The answers that fit each of `questions`, (128, 13, 8)."""
        return np.array(
            [
                [to_tokens(text, ANSWER_LENGTH) for text in _answers(*parts)]
                for parts in _ASKED
            ]
        )

    @cached_property
    def _numbers(self) -> dict[bytes, int]:
        """The number of each question among `questions`."""
        return {question.tobytes(): i for i, question in enumerate(self.questions)}

    def numbers_of(self, questions: Tokens) -> NDArray[np.int64]:
        """Which of `self.questions` these questions (N, 7) are, (N,).

        Raises:
            ValueError: one is not of the grammar; the first is named.
        """
        rows = np.ascontiguousarray(questions, dtype=np.int64)
        for row in rows:
            if row.tobytes() not in self._numbers:
                raise ValueError(f"{to_words(row)!r} is not a question of the grammar")
        return np.array([self._numbers[row.tobytes()] for row in rows], dtype=np.int64)

    def answers_to(self, questions: Tokens) -> Tokens:
        """The answers that fit questions (N, 7), the dull one first, (N, 13, 8)."""
        return np.asarray(self.answers[self.numbers_of(questions)])

    def sample(self, n: int, rng: np.random.Generator) -> Dialogues:
        """n dialogues, independent of each other.

        Raises:
            ValueError: n is negative.
        """
        if n < 0:
            raise ValueError(f"n must not be negative; got {n}")
        asked = rng.integers(len(self.questions), size=n)  # ~ U{0, …, 127}
        said = rng.choice(ANSWERS, size=n, p=self.probabilities)  # ~ p(y | x)
        return Dialogues(self.questions[asked], self.answers[asked, said])

    def probability(self, questions: Tokens, answers: Tokens) -> Floats:
        """p(answer | question) of pairs (N, 7) and (N, 8), (N,); 0 if it does not fit.

        Raises:
            ValueError: a question is not of the grammar, or the shapes do not fit.
        """
        if answers.shape != (len(questions), ANSWER_LENGTH):
            raise ValueError(
                f"answers must have shape ({len(questions)}, {ANSWER_LENGTH}), one for "
                f"each question; got {answers.shape}"
            )
        fits = (self.answers_to(questions) == answers[:, None]).all(axis=2)  # (N, 13)
        return np.asarray(fits @ self.probabilities)

    def admissible(self, questions: Tokens, answers: Tokens) -> NDArray[np.bool_]:
        """Which answers (N, 8) fit their questions (N, 7), (N,)."""
        fits = (self.answers_to(questions) == answers[:, None]).all(axis=2)  # (N, 13)
        return np.asarray(fits.any(axis=1))

    def total_variation(self, q: Floats) -> Floats:
        """Distance of an answerer from the grammar, from 0 (same law) to 1.

        Args:
            q: its probabilities of the 13 answers that fit each question, (N, 13).

        Returns:
            (N,), of each question. The rest of its probability, 1 − Σ q, went to
            answers that do not fit.
        """
        astray = 1 - q.sum(axis=1)
        return np.asarray((np.abs(q - self.probabilities).sum(axis=1) + astray) / 2)


_ASKED = [
    (kind, person, thing) for kind in KINDS for person in PEOPLE for thing in THINGS
]


def _question(kind: str, person: str, thing: str) -> str:
    return f"{kind} does your {person} {VERBS[kind]} the {thing}"


def _answers(kind: str, person: str, thing: str) -> list[str]:
    """The 13 answers that fit a question, as text."""
    return [
        DULL,
        *(
            form.format(person=person, thing=thing, gap=gap)
            for form in FORMS[kind]
            for gap in GAPS[kind]
        ),
    ]


def to_tokens(text: str, length: int) -> Tokens:
    """A text as tokens, padded with `END` to (length,).

    Raises:
        ValueError: a word is not in the vocabulary, or there are more than `length`.
    """
    words = text.split()
    for word in words:
        if word not in _CODES:
            raise ValueError(
                f"no word {word!r}; there are: {', '.join(VOCABULARY[1:])}"
            )
    if len(words) > length:
        raise ValueError(f"{text!r} has {len(words)} words; at most {length} fit")
    codes = [_CODES[word] for word in words]
    return np.array(codes + [END] * (length - len(words)), dtype=np.int64)


def to_words(tokens: Tokens) -> str:
    """Tokens (length,) as a text, up to the first `END`."""
    ends = np.flatnonzero(tokens == END)
    stop = int(ends[0]) if len(ends) else len(tokens)
    return " ".join(VOCABULARY[code] for code in tokens[:stop])


def is_dull(answers: Tokens) -> NDArray[np.bool_]:
    """Which of the answers (N, 8) are the dull one, (N,)."""
    return np.asarray((answers == to_tokens(DULL, ANSWER_LENGTH)).all(axis=1))
