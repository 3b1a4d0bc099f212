"""Baselines: what is subtracted from a reward before it moves a controller.

Zoph & Le, "Neural Architecture Search with Reinforcement Learning" (2017),
arXiv:1611.01578, section 3.2, subtract a moving average of the rewards of earlier
architectures. Williams (1992) shows why this is allowed.

Idea. For any number b that does not depend on string k,
E[∇ log P(a_k) b] = b ∇ Σ P = 0. So b changes the variance of the policy gradient, not
its mean. A baseline that holds R_k itself makes the mean too small. For m strings of
one batch, the mean of (1/m) Σ_k ∇ log P(a_k) (R_k − b_k) is ∇J times

    (1)  none, constant, past, others    1
    (2)  batch                           1 − 1/m          b holds R_k / m
    (3)  present                         1 − (1 − β)/m    b holds (1 − β) R_k / m

"past" is the paper's. "present" is the same moving average, but it learns the batch
before it is used, not after. "batch" is the mean of the batch. "others" is the mean of
the other m − 1 strings (leave one out).

Read `baselines_of`.

Deviations: β is not in the paper's text. The average of k numbers is divided by the sum
of its weights, 1 − β^k, as Adam divides its averages: (3) is exact when this sum is 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BASELINES = ("none", "constant", "past", "present", "batch", "others")


@dataclass(frozen=True)
class MovingAverage:
    """An exponential moving average that knows how much it has seen.

    Args:
        total: weighted sum of what it has seen.
        weight: sum of the weights; 0 at first, near 1 after many numbers.
    """

    total: float = 0.0
    weight: float = 0.0

    @property
    def value(self) -> float:
        """Weighted mean of what it has seen; 0 before the first."""
        return self.total / self.weight if self.weight else 0.0

    def after(self, x: float, decay: float) -> MovingAverage:
        """The average after one more number x.

        Args:
            x: the number.
            decay: β; 0 forgets everything but x.
        """
        return MovingAverage(
            decay * self.total + (1 - decay) * x, decay * self.weight + (1 - decay)
        )


def baselines_of(
    name: str,
    rewards: Floats,
    average: MovingAverage,
    decay: float,
    constant: float = 0.0,
) -> Floats:
    """b for each of the rewards (m,) of a batch, (m,).

    Args:
        name: of `BASELINES`.
        rewards: R_1 … R_m.
        average: of the rewards of earlier batches.
        decay: β of the average.
        constant: b, for the name "constant".

    Raises:
        ValueError: there is no such baseline; or "others" has a single reward.
    """
    m = len(rewards)
    match name:
        case "none":
            b = 0.0
        case "constant":
            b = constant
        case "past":
            b = average.value
        case "present":  # depends on R_k, eq. 3
            b = average.after(float(rewards.mean()), decay).value
        case "batch":  # depends on R_k, eq. 2
            b = float(rewards.mean())
        case "others":
            return leave_one_out(rewards)
        case _:
            raise ValueError(
                f"baseline must be one of {', '.join(BASELINES)}; got {name!r}"
            )
    return np.full(m, b)


def require_learning(
    children: int, baseline: str, decay: float, entropy: float
) -> None:
    """Check the settings that all controllers share.

    Args:
        children: m, the strings of one batch.
        baseline: of `BASELINES`.
        decay: β of the moving average.
        entropy: w, the weight of the entropy bonus.

    Raises:
        ValueError: a number is out of range, or the baseline is unknown or needs more
            children.
    """
    if children < 1:
        raise ValueError(f"children must be 1 or more; got {children}")
    if not 0 <= decay < 1:
        raise ValueError(f"decay must be at least 0 and below 1; got {decay}")
    if not entropy >= 0:  # nan is refused, too
        raise ValueError(f"entropy must not be negative; got {entropy}")
    if baseline not in BASELINES:
        raise ValueError(
            f"baseline must be one of {', '.join(BASELINES)}; got {baseline!r}"
        )
    if baseline == "others" and children < 2:
        raise ValueError('baseline "others" needs 2 children or more; got 1')


def leave_one_out(rewards: Floats) -> Floats:
    """For each of the rewards (…, m) of a batch the mean of the other m − 1.

    Raises:
        ValueError: there is a single reward.
    """
    m = rewards.shape[-1]
    if m < 2:
        raise ValueError(f"baseline 'others' needs 2 rewards or more; got {m}")
    return np.asarray((rewards.sum(axis=-1, keepdims=True) - rewards) / (m - 1))


def checked_rewards(strings: NDArray[np.int64], rewards: Floats) -> Floats:
    """Rewards (m,), one for each of the strings (m, T).

    Raises:
        ValueError: another shape, or a reward that is not finite; the first is named.
    """
    rewards = np.asarray(rewards, dtype=np.float64)
    if rewards.shape != (len(strings),):
        raise ValueError(
            f"rewards must have shape ({len(strings)},), one for each string; got "
            f"{rewards.shape}"
        )
    if not np.isfinite(rewards).all():
        worst = int(np.argmin(np.isfinite(rewards)))
        raise ValueError(f"reward {worst} is {rewards[worst]}; it must be finite")
    return rewards
