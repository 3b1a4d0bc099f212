"""Independent discrete choices: their noise, probabilities and outcomes.

The same estimators serve two kinds of choices. All tensors have draws and runs in
front, then the choice itself:

    Bernoulli      n bits,    logits θ (…, n)       p = σ(θ)        b is 0 or 1
    Categorical    n symbols, logits θ (…, n, K)    p = softmax(θ)  b is one-hot

For both kinds z = θ + noise, and b is a function of z. `f` on the page and in the
estimators is a function of b, (…, n) or (…, n, K) -> (…).

Read `Bernoulli`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import product
from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, one_hot

from lecture_code.gradients.relaxations import (
    checked_temperature,
    gumbel_of,
    logistic_of,
    one_hot_of,
)

Loss = Callable[[Tensor], Tensor]
"""f: choices, hard or relaxed -> one number for each."""
MOST_OUTCOMES = 2**20


class Choices(Protocol):
    """What an estimator asks of a kind of choices."""

    @property
    def dims(self) -> int:
        """How many dimensions of the logits belong to one outcome."""

    def noise(self, u: Tensor) -> Tensor:
        """Noise of u ~ U(0, 1)."""

    def hard(self, z: Tensor) -> Tensor:
        """b of noisy logits z."""

    def soft(self, z: Tensor, temperature: float | Tensor) -> Tensor:
        """The relaxed choice of noisy logits z."""

    def probabilities(self, logits: Tensor) -> Tensor:
        """p, the mean of b."""

    def log_prob(self, logits: Tensor, b: Tensor) -> Tensor:
        """log P(b), without the dimensions of one outcome."""

    def outcomes(self, logits: Tensor) -> Tensor:
        """All values of b, in the first dimension."""


class Bernoulli:
    """n independent bits."""

    dims = 1

    def noise(self, u: Tensor) -> Tensor:
        """Logistic noise."""
        return logistic_of(u)

    def hard(self, z: Tensor) -> Tensor:
        """b = 1 if z > 0, else 0."""
        return (z.detach() > 0).to(z.dtype)

    def soft(self, z: Tensor, temperature: float | Tensor) -> Tensor:
        """σ(z / τ)."""
        return torch.sigmoid(z / positive(temperature))

    def probabilities(self, logits: Tensor) -> Tensor:
        """P(b = 1) = σ(θ)."""
        return torch.sigmoid(logits)

    def log_prob(self, logits: Tensor, b: Tensor) -> Tensor:
        """Σ over bits of b log σ(θ) + (1 − b) log σ(−θ)."""
        return (b * logsigmoid(logits) + (1 - b) * logsigmoid(-logits)).sum(-1)

    def outcomes(self, logits: Tensor) -> Tensor:
        """All 2ⁿ strings of bits, (2ⁿ, …, n), the same for every run.

        Raises:
            ValueError: there are too many.
        """
        n = logits.shape[-1]
        b = every_row(2, n).to(logits.dtype)
        return b.reshape(len(b), *[1] * (logits.dim() - 1), n)


class Categorical:
    """n independent symbols, each one of K."""

    dims = 2

    def noise(self, u: Tensor) -> Tensor:
        """Gumbel noise."""
        return gumbel_of(u)

    def hard(self, z: Tensor) -> Tensor:
        """onehot(argmax z)."""
        return one_hot_of(z.detach())

    def soft(self, z: Tensor, temperature: float | Tensor) -> Tensor:
        """softmax(z / τ)."""
        return torch.softmax(z / positive(temperature), -1)

    def probabilities(self, logits: Tensor) -> Tensor:
        """softmax(θ)."""
        return torch.softmax(logits, -1)

    def log_prob(self, logits: Tensor, b: Tensor) -> Tensor:
        """Σ over symbols of log softmax(θ) at the chosen place."""
        return (b * torch.log_softmax(logits, -1)).sum((-2, -1))

    def outcomes(self, logits: Tensor) -> Tensor:
        """All Kⁿ strings of symbols, (Kⁿ, …, n, K), the same for every run.

        Raises:
            ValueError: there are too many.
        """
        n, K = logits.shape[-2:]
        b = one_hot(every_row(K, n), K).to(logits.dtype)
        return b.reshape(len(b), *[1] * (logits.dim() - 2), n, K)


BERNOULLI = Bernoulli()
CATEGORICAL = Categorical()


def positive(temperature: float | Tensor) -> float | Tensor:
    """τ, checked if it is a number; a learnt τ is positive by construction."""
    if isinstance(temperature, Tensor):
        return temperature
    return checked_temperature(temperature)


@lru_cache(maxsize=8)
def every_row(K: int, n: int) -> Tensor:
    """All rows of n numbers from 0 to K − 1, (Kⁿ, n).

    Raises:
        ValueError: there are more than `MOST_OUTCOMES`.
    """
    if K**n > MOST_OUTCOMES:
        raise ValueError(
            f"{n} choices of {K} have {K}^{n} outcomes; at most {MOST_OUTCOMES} can be "
            "enumerated"
        )
    return torch.tensor(list(product(range(K), repeat=n))).reshape(K**n, n)


def draws_of(choices: Choices, logits: Tensor, generator: torch.Generator) -> Tensor:
    """u ~ U(0, 1) in the shape and precision of the logits."""
    check_logits(choices, logits)
    return torch.rand(logits.shape, generator=generator, dtype=logits.dtype)


def check_logits(choices: Choices, logits: Tensor) -> None:
    """Whether logits fit the kind of choices.

    Raises:
        ValueError: they have too few dimensions or are not finite.
    """
    if logits.dim() < choices.dims:
        shape = "(…, n)" if choices.dims == 1 else "(…, n, K)"
        raise ValueError(
            f"logits of {type(choices).__name__} choices must have shape {shape}; got "
            f"{tuple(logits.shape)}"
        )
    if not torch.isfinite(logits).all():
        raise ValueError("logits must be finite")


def over_outcome(values: Tensor, choices: Choices) -> Tensor:
    """Numbers (…), one for each outcome, with the outcome's dimensions added."""
    return values.reshape(*values.shape, *[1] * choices.dims)
