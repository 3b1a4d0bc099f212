"""The smallest controller of an architecture search: a table of logits, in NumPy.

Zoph & Le, "Neural Architecture Search with Reinforcement Learning" (2017),
arXiv:1611.01578, section 3.2, with a controller that has no memory: token t has one
vector of logits z_t, and a choice does not depend on the choices before it. Then the
gradient needs no automatic differentiation:

    (1)  P(a_t) = softmax(z_t)
    (2)  ∇_z_t log P(a_t) = onehot(a_t) − P_t
    (3)  g_t = (1/m) Σ_k (onehot(a_k,t) − P_t) (R_k − b)
    (4)  ∇_z_t H_t = −P_t (log P_t + H_t)              H_t is the entropy of P_t
    (5)  z_t ← z_t + rate (g_t + w ∇H_t)
    (6)  b = moving average of the rewards of earlier batches, 0 before the first

The page's `<architecture-search>` computes the same in JavaScript. All randomness is
uniforms that the caller gives, so that both can be compared number by number.

Read `logit_step`: one turn of the search.

Deviations from the paper: no recurrent network, plain gradient ascent in place of Adam,
and the entropy bonus. The moving average is divided by the sum of its weights, so that
it is a mean from the first batch on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lecture_code.gradients.token_space import Strings, TokenSpace

Floats = NDArray[np.float64]
UniformQuery = Callable[[Strings, Floats], Floats]
"""query(strings (m, T), uniforms (m,)) -> rewards (m,): what m trainings earn."""


@dataclass(frozen=True)
class LogitSettings:
    """How the logits learn.

    Args:
        children: m, the strings of one batch.
        rate: of gradient ascent.
        decay: β of the moving average; None: no baseline.
        entropy: w, the weight of the entropy bonus [reward per nat].

    Raises:
        ValueError: a number is out of range.
    """

    children: int = 10
    rate: float = 1.0
    decay: float | None = 0.9
    entropy: float = 0.0

    def __post_init__(self) -> None:
        if self.children < 1:
            raise ValueError(f"children must be 1 or more; got {self.children}")
        if not self.rate >= 0 or not self.entropy >= 0:  # nan is refused, too
            raise ValueError(
                "rate and entropy must not be negative; "
                f"got {self.rate} and {self.entropy}"
            )
        if self.decay is not None and not 0 <= self.decay < 1:
            raise ValueError(f"decay must be at least 0 and below 1; got {self.decay}")


@dataclass(frozen=True, eq=False)
class LogitState:
    """A search between two turns, with what its last batch was.

    Args:
        logits: z_t of each token.
        total, weight: of the moving average of past rewards.
        strings: of the last batch, (m, T).
        rewards: of the last batch, (m,).
    """

    logits: tuple[Floats, ...]
    total: float
    weight: float
    strings: Strings
    rewards: Floats

    @classmethod
    def initial(cls, space: TokenSpace) -> LogitState:
        """Every string is equally likely, and nothing has been tried."""
        zeros = tuple(np.zeros(size) for size in space.sizes)
        nothing = np.empty((0, len(zeros)), dtype=np.int64)
        return cls(zeros, 0.0, 0.0, nothing, np.empty(0))

    @property
    def probabilities(self) -> list[Floats]:
        """P_t of each token."""
        powers = [np.exp(z - z.max()) for z in self.logits]
        return [power / power.sum() for power in powers]  # eq. 1

    @property
    def baseline(self) -> float:
        """b for the next batch."""
        return self.total / self.weight if self.weight else 0.0  # eq. 6


def logit_step(
    state: LogitState, uniforms: Floats, query: UniformQuery, settings: LogitSettings
) -> LogitState:
    """One turn: write m strings, train them, and move the logits uphill.

    Args:
        state: before.
        uniforms: from [0, 1), (m, T + 1): one for each token, and one for the query.
        query: trains children; it gets the strings and their last uniforms.
        settings: how to learn.

    Raises:
        ValueError: the uniforms have the wrong shape.
    """
    P = state.probabilities
    m = settings.children
    if uniforms.shape != (m, len(P) + 1):
        raise ValueError(
            f"uniforms must have shape ({m}, {len(P) + 1}); got {uniforms.shape}"
        )
    strings = np.stack([chosen(p, u) for p, u in zip(P, uniforms.T, strict=False)], 1)
    rewards = query(strings, uniforms[:, -1])
    advantages = rewards - state.baseline
    logits = []
    for t, (z, p) in enumerate(zip(state.logits, P, strict=True)):
        one_hot = np.eye(len(p))[strings[:, t]]
        g = advantages @ (one_hot - p) / m  # eqs. 2 and 3
        logits.append(z + settings.rate * (g + settings.entropy * entropy_gradient(z)))
    decay = settings.decay
    if decay is None:
        return LogitState(tuple(logits), 0.0, 0.0, strings, rewards)
    total = decay * state.total + (1 - decay) * float(rewards.mean())
    weight = decay * state.weight + (1 - decay)
    return LogitState(tuple(logits), total, weight, strings, rewards)  # eq. 5


def chosen(p: Floats, uniforms: Floats) -> NDArray[np.int64]:
    """The first choice at which the sum of the probabilities is above u, (m,)."""
    edges = np.cumsum(p)[:-1]  # the last choice takes what rounding leaves
    return np.searchsorted(edges, uniforms, side="right").astype(np.int64)


def entropy_gradient(z: Floats) -> Floats:
    """∇H of softmax(z), of the shape of z."""
    shifted = z - z.max()
    log_p = shifted - np.log(np.exp(shifted).sum())
    p = np.exp(log_p)
    return np.asarray(-p * (log_p - p @ log_p))  # eq. 4, with H = −Σ P log P
