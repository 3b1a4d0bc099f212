"""Controllers: distributions over strings of tokens, written token by token.

Zoph & Le, "Neural Architecture Search with Reinforcement Learning" (2017),
arXiv:1611.01578, section 3.1. A controller gives each string a probability:

    (1)  P(a_1:T; θ_c) = Π_t P(a_t | a_1, …, a_(t−1); θ_c)

Idea. A recurrent network reads the tokens that are written so far, and one softmax for
each token says what comes next (`LSTMController`). So a choice may depend on all
choices before it. `LogitController` has no memory: one vector of logits for each
token, so that the tokens are independent of each other. It is the smallest controller,
and the difference between the two is what memory is worth.

Both have the same methods: `sample` writes strings, `log_prob` says how likely given
strings are, and `predictions` gives the softmaxes along given strings. To ask about a
string that is already written is called *teacher forcing*: the controller gets the
string's tokens as inputs, not its own draws. When the space is small, `expected_reward`
is exact: it asks about every string.

Read `LSTMController.predictions`, then `LSTMController.sample`.

Deviations from the paper: stride and skip connections are ordinary tokens here; the
paper's anchor points are in `architecture_space.py`. Biases are drawn as the weights
are. The input of the first token is a learnt vector.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lecture_code.gradients.token_space import Strings, TokenSpace

HIDDEN, LAYERS = 35, 2
"""The paper's controller: units of a layer, and layers."""
SPREAD = 0.08
"""First weights are drawn from U[−0.08, 0.08]."""


class StringController(Protocol):
    """A distribution over the strings of a space, with parameters θ_c."""

    @property
    def space(self) -> TokenSpace:
        """The strings that the controller can write."""

    def parameters(self) -> Iterator[nn.Parameter]:
        """θ_c."""

    def predictions(self, strings: Strings) -> list[Tensor]:
        """log P(· | a_1 … a_(t−1)) along strings (N, T): T tensors (N, choices)."""

    def sample(self, n: int, rng: np.random.Generator) -> tuple[Strings, Tensor]:
        """n strings (n, T) and their log-probabilities (n,), without gradient."""

    def log_prob(self, strings: Strings) -> Tensor:
        """log P(string) of strings (N, T) by teacher forcing, (N,); differentiable."""

    def entropy(self, strings: Strings) -> Tensor:
        """Entropy [nats] of each token's softmax, mean over strings (N, T), (T,)."""


class LSTMController(nn.Module):
    """The paper's controller: two LSTM layers, and each choice is the next input.

    Args:
        space: the strings to write.
        rng: draws the first parameters.
        hidden: units of a layer, and length of an embedded choice.

    Raises:
        ValueError: a controller without units.
    """

    def __init__(
        self, space: TokenSpace, rng: np.random.Generator, hidden: int = HIDDEN
    ) -> None:
        super().__init__()
        if hidden < 1:
            raise ValueError(f"hidden must be 1 or more; got {hidden}")
        self._space = space
        self.first = nn.Parameter(torch.empty(hidden))
        self.embeddings = nn.ModuleList(
            nn.Embedding(size, hidden) for size in space.sizes[:-1]
        )
        self.lstm = nn.LSTM(hidden, hidden, LAYERS)
        self.heads = nn.ModuleList(nn.Linear(hidden, size) for size in space.sizes)
        with torch.no_grad():
            for parameter in self.parameters():
                draws = rng.uniform(-SPREAD, SPREAD, tuple(parameter.shape))
                parameter.copy_(torch.from_numpy(draws))  # ~ U[−0.08, 0.08]

    @property
    def space(self) -> TokenSpace:
        """The strings that the controller can write."""
        return self._space

    def predictions(self, strings: Strings) -> list[Tensor]:
        """log P(· | a_1 … a_(t−1)) along strings (N, T): T tensors (N, choices)."""
        a = checked_strings(self.space, strings)
        inputs = [self.first.expand(len(a), -1)]
        for t, embedding in enumerate(self.embeddings):
            inputs.append(embedding(a[:, t]))
        hidden, _ = self.lstm(torch.stack(inputs))  # (T, N, hidden)
        return [
            head(h).log_softmax(dim=1)
            for head, h in zip(self.heads, hidden, strict=True)
        ]

    @torch.no_grad()
    def sample(self, n: int, rng: np.random.Generator) -> tuple[Strings, Tensor]:
        """n strings (n, T), token by token, and their log-probabilities (n,)."""
        draws = uniforms(self.space, n, rng)
        x = self.first.expand(n, -1)
        memory = None
        tokens = []
        chosen = []
        for t, head in enumerate(self.heads):
            hidden, memory = self.lstm(x[None], memory)
            log_p = head(hidden[0]).log_softmax(dim=1)
            a = drawn_choices(log_p, draws[:, t])  # ~ P(· | a_1 … a_(t−1))
            tokens.append(a)
            chosen.append(log_p.gather(1, a[:, None])[:, 0])
            if t < len(self.embeddings):
                x = self.embeddings[t](a)  # the choice is the next input
        return torch.stack(tokens, dim=1).numpy(), torch.stack(chosen).sum(dim=0)

    def log_prob(self, strings: Strings) -> Tensor:
        """log P(string) of strings (N, T) by teacher forcing, (N,); differentiable."""
        return sum_of_chosen(self.predictions(strings), strings)

    def entropy(self, strings: Strings) -> Tensor:
        """Entropy [nats] of each token's softmax, mean over strings (N, T), (T,)."""
        return mean_entropies(self.predictions(strings))


class LogitController(nn.Module):
    """A controller without memory: one vector of logits for each token.

    All logits begin at zero, so that every string is equally likely.
    """

    def __init__(self, space: TokenSpace) -> None:
        super().__init__()
        self._space = space
        self.logits = nn.ParameterList(torch.zeros(size) for size in space.sizes)

    @property
    def space(self) -> TokenSpace:
        """The strings that the controller can write."""
        return self._space

    def predictions(self, strings: Strings) -> list[Tensor]:
        """log P(·) of each token for each of strings (N, T): T tensors (N, choices)."""
        n = len(checked_strings(self.space, strings))
        return [z.log_softmax(dim=0).expand(n, -1) for z in self.logits]

    @torch.no_grad()
    def sample(self, n: int, rng: np.random.Generator) -> tuple[Strings, Tensor]:
        """n strings (n, T), and their log-probabilities (n,), without gradient."""
        draws = uniforms(self.space, n, rng)
        a = [
            drawn_choices(z.log_softmax(dim=0).expand(n, -1), draws[:, t])
            for t, z in enumerate(self.logits)
        ]
        strings = torch.stack(a, dim=1).numpy()
        return strings, self.log_prob(strings)

    def log_prob(self, strings: Strings) -> Tensor:
        """log P(string) of strings (N, T), (N,); differentiable."""
        return sum_of_chosen(self.predictions(strings), strings)

    def entropy(self, strings: Strings) -> Tensor:
        """Entropy [nats] of each token, (T,); here it is the same for all strings."""
        return mean_entropies(self.predictions(strings))


# --- exact sums over a small space ---


def expected_reward(
    controller: StringController, rewards: NDArray[np.float64]
) -> Tensor:
    """J(θ_c) = Σ P(string) R(string), exact and differentiable.

    Args:
        controller: writes the strings.
        rewards: expected reward of every string of the space, in the order of
            `TokenSpace.place`, (count,).

    Raises:
        ValueError: not one finite reward for each string.
    """
    space = controller.space
    if rewards.shape != (space.count,) or not np.isfinite(rewards).all():
        raise ValueError(
            f"rewards need one finite number for each of {space.count} strings; got "
            f"shape {rewards.shape}"
        )
    log_p = controller.log_prob(space.every_string())
    return log_p.exp() @ torch.as_tensor(rewards, dtype=log_p.dtype)


@torch.no_grad()
def token_probabilities(controller: StringController) -> list[NDArray[np.float64]]:
    """P(a_t = choice) of each token, summed over all strings: T arrays (choices,)."""
    strings = controller.space.every_string()
    p: NDArray[np.float64] = controller.log_prob(strings).exp().double().numpy()
    return [
        np.bincount(strings[:, t], weights=p, minlength=size).astype(np.float64)
        for t, size in enumerate(controller.space.sizes)
    ]


# --- parts of both controllers ---


def checked_strings(space: TokenSpace, strings: Strings) -> Tensor:
    """Strings (N, T) as a tensor.

    Raises:
        ValueError: a token is out of range, named.
    """
    space.check(strings)
    return torch.from_numpy(np.asarray(strings, dtype=np.int64))


def uniforms(space: TokenSpace, n: int, rng: np.random.Generator) -> Tensor:
    """One draw ~ U(0, 1) for each token of n strings, (n, T).

    Raises:
        ValueError: n is below 1.
    """
    if n < 1:
        raise ValueError(f"n must be 1 or more strings; got {n}")
    return torch.from_numpy(rng.random((n, len(space.tokens))))


def drawn_choices(log_p: Tensor, u: Tensor) -> Tensor:
    """Choices (N,) with log-probabilities log_p (N, choices), for u (N,) ~ U(0, 1).

    The choice is the number of borders of the cumulated probabilities at or below u.
    """
    borders = log_p.exp().cumsum(dim=1)[:, :-1]
    return (borders <= u[:, None]).sum(dim=1)


def sum_of_chosen(predictions: Sequence[Tensor], strings: Strings) -> Tensor:
    """Σ_t log P(a_t | …) of strings (N, T), (N,): the logarithm of (1)."""
    a = torch.from_numpy(np.asarray(strings, dtype=np.int64))
    chosen = [
        log_p.gather(1, a[:, t, None])[:, 0] for t, log_p in enumerate(predictions)
    ]
    return torch.stack(chosen).sum(dim=0)  # eq. 1


def mean_entropies(predictions: Sequence[Tensor]) -> Tensor:
    """−Σ p log p of each token's softmaxes, mean over the strings, (T,)."""
    return torch.stack(
        [-(log_p.exp() * log_p).sum(dim=1).mean() for log_p in predictions]
    )
