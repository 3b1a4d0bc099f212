"""What stale gradients do to a controller: REINFORCE in the order of updates.

Zoph & Le, "Neural Architecture Search with Reinforcement Learning" (2017),
arXiv:1611.01578, section 3.2. Replicas of a controller compute gradients at parameters
that the other replicas have changed in the meantime. `controller_replicas.simulate`
says which version of the parameters each gradient had read. Here the smallest
controller follows these updates: one token with n choices whose rewards are known, so
that its expected reward is exact after every update.

    1  a_1 … a_m ~ softmax(θ_read)                        the version that was read
    2  ∇ = (1/m) Σ_k (onehot(a_k) − softmax(θ_read)) (R_k − b)
    3  θ ← θ + rate · (mean of the gradients of an update)     the present version
    4  b ← 0.95 b + 0.05 · (mean reward of these children)     after its use

Deviations: one token and no recurrent network; the decay of the baseline is ours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
DECAY = 0.95
"""Of the baseline."""


def asynchronous_ascent(
    read: NDArray[np.int64],
    rewards: Array,
    rate: float,
    rng: np.random.Generator,
    *,
    children: int,
    gradients: int = 1,
) -> Array:
    """Expected reward before all updates and after each update, (U + 1,).

    Args:
        read: of each gradient, in the order in which they are applied, the version of
            the logits that it was computed at, (U · gradients,).
        rewards: of each choice of the token, (n,).
        rate: step size of an update.
        rng: draws the children.
        children: m, of a gradient.
        gradients: that are averaged for an update.

    Raises:
        ValueError: a gradient has read a version that does not exist yet.
    """
    theta = [np.zeros(len(rewards))]  # every version
    total = np.zeros(len(rewards))
    b = float(rewards.mean())
    for i, version in enumerate(read):
        if not 0 <= version < len(theta):
            raise ValueError(
                f"gradient {i} has read version {version}; there are {len(theta)}"
            )
        p = _chances(theta[version])
        a = rng.choice(len(rewards), size=children, p=p)  # line 1
        scores = np.eye(len(rewards))[a] - p
        total += ((rewards[a] - b)[:, None] * scores).mean(axis=0)  # line 2
        if (i + 1) % gradients == 0:
            theta.append(theta[-1] + rate * total / gradients)  # line 3
            total = np.zeros(len(rewards))
        b = DECAY * b + (1 - DECAY) * float(rewards[a].mean())  # line 4
    return np.array([_chances(version) @ rewards for version in theta])


def _chances(logits: Array) -> Array:
    weights = np.exp(logits - logits.max())
    return np.asarray(weights / weights.sum())
