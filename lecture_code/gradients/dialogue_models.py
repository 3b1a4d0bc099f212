"""A network that answers questions, and a network that judges answers.

    answerer    reader: question → state of an LSTM      writer: state → answer
    judge       LSTM over question and answer → after each word of the answer: human?

The answerer is a sequence-to-sequence model. Its writer is the language model of
`learning/recurrent.py`, and what the reader remembers is where the writer begins. So
p(y_t | x, y_1:t−1) is all that the writer says.

The answerer has three ways to answer:

    sampling    y_t ~ p(y_t | x, y_1:t−1)
    greedy      y_t = argmax p(y_t | x, y_1:t−1)
    beam        the most probable of the answers that a beam search meets

The judge reads from left to right. So what it says after word t depends on the question
and on the first t words only: it is a judge of prefixes, too, and one pass judges all
prefixes of an answer.

An answer ends with its first `END`. What is behind counts for nothing: it is set to
`END`, in human and in written answers alike.

Read `Answerer.sample`, then `beam_search`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from lecture_code.data.dialogues import END
from lecture_code.learning.recurrent import LanguageModel, LstmState


class TokenReader(nn.Module):
    """An LSTM that reads tokens.

    Args:
        vocabulary: V, the number of tokens.
        embedding: E, numbers that stand for a token.
        hidden: H, the width of the LSTM.
        generator: draws the first weights.
    """

    def __init__(
        self, vocabulary: int, embedding: int, hidden: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        first = torch.randn(vocabulary, embedding, generator=generator)
        self.embedding = nn.Parameter(first)  # ~ N(0, 1)
        with torch.random.fork_rng():  # torch's own first weights are not used
            self.layer = nn.LSTM(embedding, hidden, batch_first=True)
        for weights in self.layer.parameters():
            nn.init.uniform_(weights, -(hidden**-0.5), hidden**-0.5, generator)

    def forward(self, tokens: Tensor) -> tuple[Tensor, LstmState]:
        """What it remembers after each of the tokens (n, T), (n, T, H), and at last."""
        outputs, (h, c) = self.layer(self.embedding[tokens])
        return outputs, (h[0], c[0])


class Answerer(nn.Module):
    """G: writes an answer to a question.

    Args:
        vocabulary: V, the number of tokens.
        length: T, tokens of an answer.
        embedding: E, numbers that stand for a token.
        hidden: H, the width of both LSTMs.
        generator: draws the first weights.
    """

    def __init__(
        self,
        vocabulary: int,
        length: int,
        embedding: int,
        hidden: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.length = length
        self.reader = TokenReader(vocabulary, embedding, hidden, generator)
        self.writer = LanguageModel(
            vocabulary, embedding, hidden, generator, deviation=hidden**-0.5
        )

    def read(self, questions: Tensor) -> LstmState:
        """Where the writer begins after questions (n, L): h and c, (n, H)."""
        state: LstmState = self.reader(questions)[1]
        return state

    def log_probs(self, questions: Tensor, answers: Tensor) -> Tensor:
        """log p(y_t | x, y_1:t−1) of answers (n, T), (n, T); 0 behind the end."""
        log_p = self.writer.log_probs(answers, self.read(questions))
        return log_p * is_written(answers)

    def sample(
        self,
        questions: Tensor,
        generator: torch.Generator,
        prefix: Tensor | None = None,
    ) -> Tensor:
        """An answer (n, T) to each of the questions (n, L).

        Args:
            questions: x.
            generator: draws the words.
            prefix: the first words of each answer, (n, k). They are kept.
        """
        with torch.no_grad():
            state = self.read(questions)
            answers = self.writer.sample(
                len(questions), self.length, generator, prefix=prefix, state=state
            )
        return finished(answers)


class Judge(nn.Module):
    """D, and also each fresh evaluator: the probability that a human answered.

    Args:
        vocabulary: V, the number of tokens.
        embedding: E, numbers that stand for a token.
        hidden: H, the width of the LSTM.
        generator: draws the first weights.
    """

    def __init__(
        self, vocabulary: int, embedding: int, hidden: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.reader = TokenReader(vocabulary, embedding, hidden, generator)
        self.W_out = nn.Parameter(torch.zeros(hidden))  # it begins with 1/2 for all
        self.b_out = nn.Parameter(torch.zeros(()))

    def forward(self, questions: Tensor, answers: Tensor) -> Tensor:
        """The logit of "human" after each word of answers (n, k), (n, k)."""
        tokens = torch.cat([questions, finished(answers)], dim=1)
        outputs, _ = self.reader(tokens)
        of_answers = outputs[:, questions.shape[1] :]
        logits: Tensor = of_answers @ self.W_out + self.b_out
        return logits

    def prefix_rewards(self, questions: Tensor, answers: Tensor) -> Tensor:
        """Q₊(x, y_1:t) of every prefix of answers (n, T), (n, T), in one pass."""
        with torch.no_grad():
            p: Tensor = self(questions, answers).sigmoid()
        return p

    def rewards(self, questions: Tensor, answers: Tensor) -> Tensor:
        """Q₊(x, y): the probability of "human" for whole answers (n, T), (n,)."""
        return self.prefix_rewards(questions, answers)[:, -1]


def judge_loss(human: Tensor, machine: Tensor) -> Tensor:
    """Cross-entropy of logits: the mean over both kinds, each of which counts half."""
    return -(logsigmoid(human).mean() + logsigmoid(-machine).mean()) / 2


def judge_accuracy(human: Tensor, machine: Tensor) -> float:
    """Accuracy of logits of both kinds, each of which counts half; a tie is half."""
    right = (human.sign().mean() - machine.sign().mean()) / 4
    return 0.5 + right.item()


def is_written(answers: Tensor) -> Tensor:
    """Which tokens of answers (n, T) are not behind the first `END`, (n, T)."""
    ended_before = (answers == END).cumsum(1) - (answers == END).long()
    return ended_before == 0


def finished(answers: Tensor) -> Tensor:
    """Answers (n, T) with `END` everywhere behind their first `END`."""
    return torch.where(is_written(answers), answers, END)


def greedy_answers(model: Answerer, questions: Tensor) -> Tensor:
    """The answers (n, T) with the most probable word at each place."""
    return beam_search(model, questions, width=1)[0]


def beam_search(
    model: Answerer, questions: Tensor, width: int
) -> tuple[Tensor, Tensor]:
    """The most probable answers that a beam search meets.

    At each place the `width` most probable beginnings of an answer are kept. An ended
    beginning stays as it is, and its probability too.

    Args:
        model: says how probable the next words are.
        questions: x, (n, L).
        width: beginnings that are kept.

    Returns:
        answers (n, T), and log p(y | x) of each, (n,).

    Raises:
        ValueError: width is below 1.
    """
    if width < 1:
        raise ValueError(f"width must be 1 or more; got {width}")
    V = model.writer.vocabulary
    n = len(questions)
    only_end = torch.full((V,), -torch.inf)
    only_end[END] = 0.0
    with torch.no_grad():
        h, c = model.read(questions)
        beams = torch.full((n, 1, 1), model.writer.start)  # (n, B, 1 + t)
        log_p = torch.zeros(n, 1)  # (n, B)
        for _ in range(model.length):
            last = beams[:, :, -1]
            logits, (h, c) = model.writer(last.reshape(-1, 1), (h, c))
            further = logits[:, 0].log_softmax(1).view(n, -1, V)
            further = torch.where((last == END)[:, :, None], only_end, further)
            scores = (log_p[:, :, None] + further).flatten(1)  # (n, B V)
            log_p, best = scores.topk(min(width, scores.shape[1]), dim=1)
            parent = best // V  # (n, new B)
            rows = (torch.arange(n)[:, None] * beams.shape[1] + parent).flatten()
            h, c = h[rows], c[rows]
            kept = beams.gather(1, parent[:, :, None].expand(-1, -1, beams.shape[2]))
            beams = torch.cat([kept, (best % V)[:, :, None]], dim=2)
    return beams[:, 0, 1:], log_p[:, 0]
