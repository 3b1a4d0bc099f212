"""REINFORCE in closed form: a controller without memory, in plain NumPy.

Zoph & Le, "Neural Architecture Search with Reinforcement Learning" (2017),
arXiv:1611.01578, section 3.2, with the smallest controller: one vector of logits z_t
for each token, and no LSTM. It is what the page computes while the reader moves a
slider, so every formula is written out, and nothing needs automatic derivatives.

    (1)  p_t     = softmax(z_t)
    (2)  ∂ log P(a) / ∂z_t = onehot(a_t) − p_t
    (3)  H_t     = −Σ_i p_ti log p_ti
    (4)  ∂H_t / ∂z_ti = −p_ti (log p_ti + H_t)
    (5)  g_t     = (1/m) Σ_k (R_k − b)(onehot(a_kt) − p_t) + w ∂H_t/∂z_t
    (6)  z_t     ← z_t + rate g_t

Idea. The chosen choice gets a larger logit if its string earned more than the baseline
b, and all other choices of this token get smaller ones. `logit_step` is one turn:

     1  draw m T numbers u ~ U(0, 1); token t of string k is the number of borders
        p_t1, p_t1 + p_t2, … (all but the last) that are at or below u_kt
     2  train the m children; their rewards are R_1 … R_m
     3  b is the moving average of the rewards of earlier batches; 0 before the first
     4  p_t, H_t and g_t for each token                             (1) to (5)
     5  the logits move                                             (6)
     6  total ← β total + (1 − β) mean(R), weight ← β weight + (1 − β); the average is
        total / weight

Given the same u, the same seeds of the trainings and double precision, a program in
another language writes the same strings and logits.

Read `logit_update`.

Deviations from the paper: no LSTM; plain gradient ascent in the place of Adam; an
entropy bonus. `architecture_search.py` is the paper's method.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lecture_code.gradients.reward_baselines import (
    MovingAverage,
    baselines_of,
    checked_rewards,
    require_learning,
)
from lecture_code.gradients.token_space import Strings, TokenSpace

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LogitSettings:
    """How the logits learn.

    Args:
        children: m, the strings of one batch.
        rate: step size of (6).
        baseline: of `BASELINES`; "past" is the paper's.
        decay: β of the moving average.
        constant: b, if the baseline is "constant".
        entropy: w, the weight of the entropy bonus [reward per nat].

    Raises:
        ValueError: a number is out of range, or the baseline is unknown.
    """

    children: int = 10
    rate: float = 5.0
    baseline: str = "past"
    decay: float = 0.95
    constant: float = 0.0
    entropy: float = 0.0

    def __post_init__(self) -> None:
        if not self.rate >= 0:  # nan is refused, too
            raise ValueError(f"rate must not be negative; got {self.rate}")
        require_learning(self.children, self.baseline, self.decay, self.entropy)


@dataclass(frozen=True, eq=False)
class LogitState:
    """Between two batches, with the record of the last batch.

    Args:
        logits: z_t of each token, T arrays (choices,).
        average: of the rewards so far.
        queries: children trained so far.
        strings: of the last batch, (m, T).
        rewards: of the last batch, (m,).
        baselines: what was subtracted from them, (m,).
        entropy: H_t of each token [nats] when the batch was written, (T,).
    """

    logits: tuple[Floats, ...]
    average: MovingAverage
    queries: int
    strings: Strings
    rewards: Floats
    baselines: Floats
    entropy: Floats


def initial_logits(space: TokenSpace) -> LogitState:
    """Before the first batch: all logits are zero, every string is equally likely."""
    return LogitState(
        tuple(np.zeros(size) for size in space.sizes),
        MovingAverage(),
        queries=0,
        strings=np.empty((0, len(space.tokens)), dtype=np.int64),
        rewards=np.empty(0),
        baselines=np.empty(0),
        entropy=np.log(np.array(space.sizes, dtype=np.float64)),
    )


def logit_step(
    state: LogitState,
    query: Callable[[Strings, np.random.Generator], Floats],
    settings: LogitSettings,
    rng: np.random.Generator,
) -> LogitState:
    """One batch: lines 1 to 6.

    Args:
        state: so far.
        query: query(strings (m, T), rng) -> rewards (m,): trains children.
        settings: how the logits learn.
        rng: draws u, (m, T), and is then handed to `query`.
    """
    u = rng.random((settings.children, len(state.logits)))
    strings = logit_strings(state.logits, u)  # line 1
    rewards = query(strings, rng)  # line 2
    return logit_update(state, strings, rewards, settings)


def logit_strings(logits: tuple[Floats, ...], u: Floats) -> Strings:
    """The strings (n, T) that logits write with draws u (n, T) ~ U(0, 1): line 1."""
    tokens = []
    for z, draws in zip(logits, u.T, strict=True):
        borders = softmax_of(z).cumsum()[:-1]
        tokens.append((borders <= draws[:, None]).sum(axis=1))
    return np.array(tokens, dtype=np.int64).T


def logit_update(
    state: LogitState, strings: Strings, rewards: Floats, settings: LogitSettings
) -> LogitState:
    """What the logits learn from strings that they have just written: lines 3 to 6.

    Args:
        state: so far.
        strings: (m, T).
        rewards: (m,).
        settings: how the logits learn.

    Raises:
        ValueError: not one finite reward for each string.
    """
    rewards = checked_rewards(strings, rewards)
    b = baselines_of(
        settings.baseline, rewards, state.average, settings.decay, settings.constant
    )  # line 3
    logits = []
    entropies = []
    for z, a in zip(state.logits, strings.T, strict=True):
        p = softmax_of(z)  # eq. 1
        H = entropy_of(p)  # eq. 3
        onehot = np.eye(len(p))[a]  # (m, choices)
        g = (rewards - b) @ (onehot - p) / len(rewards)  # eq. 2 in eq. 5
        g = g + settings.entropy * -p * (log_of(p) + H)  # eq. 4 in eq. 5
        logits.append(z + settings.rate * g)  # eq. 6
        entropies.append(H)
    return LogitState(
        tuple(logits),
        state.average.after(float(rewards.mean()), settings.decay),  # line 6
        state.queries + len(rewards),
        strings,
        rewards,
        b,
        np.array(entropies),
    )


def softmax_of(z: Floats) -> Floats:
    """p of logits z (choices,)."""
    p = np.exp(z - z.max())
    return np.asarray(p / p.sum())  # eq. 1


def log_of(p: Floats) -> Floats:
    """log p; 0 where p is 0, because it is only used times p."""
    return np.log(np.where(p > 0, p, 1.0))


def entropy_of(p: Floats) -> float:
    """H [nats] of probabilities p (choices,)."""
    return float(-(p * log_of(p)).sum())  # eq. 3
