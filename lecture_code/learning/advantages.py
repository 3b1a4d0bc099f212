"""How much better was an action than what was to be expected?

Returns to go, a linear baseline, and generalised advantage estimation.

Schulman, Moritz, Levine, Jordan & Abbeel, "High-dimensional continuous control using
generalized advantage estimation" (2016), arXiv:1506.02438, and the linear-feature
baseline of Duan, Chen, Houthooft, Schulman & Abbeel (2016), arXiv:1604.06778.

    (1)  G_t = Σ_l γ^l r_{t+l}                  return to go, to the trajectory's end
    (2)  V(s, t) = w · (s, s², t, t², t³, 1)    fitted to G by ridge regression
    (3)  δ_t = r_t + γ V_{t+1} − V_t            what one step says
    (4)  Â_t = Σ_l (γλ)^l δ_{t+l}

Idea. λ = 1 gives G − V: right on average and noisy. λ = 0 gives δ: one step's noise
only, and as wrong as V is. In between it trades one for the other.

What follows a trajectory's end counts nothing, whether the task failed or time ran out:
the return of T steps *is* the objective here, and V knows the time. With `bootstrap` a
trajectory whose time ran out is taken to go on, and V of its last state stands for the
rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lecture_code.simulation import Trajectories

Array = NDArray[np.float64]


def returns_to_go(
    rewards: Array, discount: float, ended: NDArray[np.bool_] | None = None
) -> Array:
    """G (N, T) of rewards (N, T), which are zero behind a trajectory's end.

    Args:
        rewards: (N, T).
        discount: γ.
        ended: steps after which a new trajectory begins in the same row, (N, T); None
            for a single trajectory in each row.
    """
    G = np.empty_like(rewards)
    following = np.zeros(len(rewards))
    for t in reversed(range(rewards.shape[1])):
        if ended is not None:
            following = np.where(ended[:, t], 0.0, following)
        following = G[:, t] = rewards[:, t] + discount * following  # eq. 1
    return G


@dataclass(frozen=True, eq=False)
class LinearBaseline:
    """What a state is worth: the linear value function V of (2).

    Args:
        weights: weight of each feature in (2), (2S + 4,).
    """

    weights: Array

    @classmethod
    def fit(
        cls, trajectories: Trajectories, discount: float, ridge: float = 1e-5
    ) -> LinearBaseline:
        """The weights that explain G by (2), over all control steps that took place.

        Args:
            trajectories: N of them.
            discount: γ.
            ridge: how much weights cost, for each step and in units of the features'
                squares.

        Raises:
            ValueError: the trajectories hold no step, or an observation or a return to
                go that is not finite.
        """
        mask = trajectories.mask
        if not mask.any():
            raise ValueError(
                "a baseline needs trajectories with at least one step; got none"
            )
        check_finite("observations", trajectories.observations[:, :-1], mask)
        G = returns_to_go(trajectories.rewards, discount)
        check_finite("returns to go", G, mask)
        X, y = features(trajectories.observations[:, :-1])[mask], G[mask]
        # features of like size, so that the ridge treats them alike
        size = np.sqrt(np.square(X).mean(axis=0)) + 1e-8
        X = X / size
        gram = X.T @ X / len(X) + ridge * np.eye(X.shape[1])
        w = np.linalg.solve(gram, X.T @ y / len(X))
        return cls(w / size)

    def __call__(self, observations: Array) -> Array:
        """V (N, T) for observations (N, T, S), the t-th of which was seen at step t."""
        return np.asarray(features(observations) @ self.weights)


def features(observations: Array) -> Array:
    """(s, s², t, t², t³, 1), (N, T, 2S + 4), of observations (N, T, S); s is clipped at
    ±10, and t counts hundreds of steps.
    """
    N, T, _ = observations.shape
    s = np.clip(observations, -10, 10)
    t = np.broadcast_to(np.arange(T)[:, None] / 100, (N, T, 1))
    return np.concatenate([s, s**2, t, t**2, t**3, np.ones((N, T, 1))], axis=2)


def gae(
    trajectories: Trajectories,
    values: Array,
    discount: float,
    lam: float,
    *,
    bootstrap: bool = False,
) -> Array:
    """Â (N, T); zero behind a trajectory's end.

    Args:
        trajectories: N of them.
        values: V (N, T+1) at every state, the last included.
        discount: weight of a reward one step later, γ in [0, 1].
        lam: weight of a one-step error one step later, on top of γ; λ in [0, 1].
        bootstrap: count V of the last state for what follows a trajectory whose time
            ran out (True), or count nothing (False).

    Raises:
        ValueError: values are not (N, T+1), γ or λ is not in [0, 1], or a reward, a
            value or an advantage is not finite.
    """
    N, T = trajectories.rewards.shape
    if values.shape != (N, T + 1):
        raise ValueError(
            f"values must have shape ({N}, {T + 1}), one for each state; got "
            f"{values.shape}"
        )
    for name, value in (("discount", discount), ("lam", lam)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must lie in [0, 1]; got {value}")
    mask, ends = trajectories.mask, trajectories.lengths
    check_finite("rewards", trajectories.rewards, mask)
    check_finite("values", values[:, :-1], mask)
    following = values[:, 1:].copy()
    stops = np.ones(N, dtype=bool) if not bootstrap else trajectories.terminated
    following[stops, ends[stops] - 1] = 0.0
    delta = trajectories.rewards + discount * following - values[:, :-1]  # eq. 3
    check_finite("δ = r + γ V' − V", delta, mask)
    return returns_to_go(np.where(mask, delta, 0.0), discount * lam)  # eq. 4


def segment_gae(
    rewards: Array,
    values: Array,
    following: Array,
    ended: NDArray[np.bool_],
    discount: float,
    lam: float,
) -> Array:
    """Â (N, T) of segments of T steps, in which one trajectory may follow another.

    Args:
        rewards: (N, T).
        values: V of the state before each step, (N, T).
        following: V of the state after each step, (N, T), before a new trajectory
            begins: 0 where the task failed, and V of the last state where time ran out.
        ended: steps with which a trajectory ended, (N, T).
        discount, lam: γ and λ, as in `gae`.

    Raises:
        ValueError: the shapes differ; names the part.
    """
    for name, part in (("values", values), ("following", following), ("ended", ended)):
        if part.shape != rewards.shape:
            raise ValueError(
                f"{name} must have the shape of the rewards, {rewards.shape}; got "
                f"{part.shape}"
            )
    delta = rewards + discount * following - values  # eq. 3
    check_finite("δ = r + γ V' − V", delta, np.ones(delta.shape, dtype=bool))
    return returns_to_go(delta, discount * lam, ended)  # eq. 4


def check_finite(name: str, values: Array, mask: NDArray[np.bool_]) -> None:
    """Refuse values (N, T) or (N, T, …) if one that the mask (N, T) selects is not
    finite: it would look as if there were nothing to learn.

    Raises:
        ValueError: names the values, and the first trajectory and step.
    """
    finite = np.isfinite(values.reshape(*mask.shape, -1)).all(axis=2) | ~mask
    if not finite.all():
        k, t = np.argwhere(~finite)[0]
        raise ValueError(
            f"{name} must be finite; got {values[k, t]} in trajectory {k} at step {t}"
        )
