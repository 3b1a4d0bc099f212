"""What a rollout leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Trajectories:
    """A batch of N trajectories, padded to T steps.

    Step t leads from observation t by action t to observation t + 1. Behind a
    trajectory's end `mask` is False, actions and rewards are zero, and observations,
    qpos and qvel repeat the last.

    Args:
        observations: (N, T+1, S), or (N, T+1, H, W, 3) where a camera sees: what the
            policy saw, observation noise included, in the type that the task declares.
        actions: (N, T, A), what the policy said, before delay, noise and clipping.
        rewards: (N, T).
        mask: (N, T), True where a step was made.
        terminated: (N,), True where the task failed; False where time ran out.
        qpos, qvel: (N, T+1, nq) and (N, T+1, nv), the true state [m, rad] and [m/s,
            rad/s].
        dt: duration of one step [s].
    """

    observations: NDArray[Any]
    actions: Array
    rewards: Array
    mask: NDArray[np.bool_]
    terminated: NDArray[np.bool_]
    qpos: Array
    qvel: Array
    dt: float

    @property
    def returns(self) -> Array:
        """Sum of rewards, undiscounted, (N,)."""
        return np.asarray(self.rewards.sum(axis=1))

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of control steps of each trajectory, (N,)."""
        return np.asarray(self.mask.sum(axis=1))

    def __len__(self) -> int:
        return len(self.rewards)

    def __getitem__(self, which: Any) -> Trajectories:
        """A smaller batch: by slice, by list of indices, or by boolean mask (N,); an
        integer gives a batch of one.
        """
        if isinstance(which, (int, np.integer)):
            which = [which]
        chosen = {
            f.name: getattr(self, f.name)[which] for f in fields(self) if f.name != "dt"
        }
        return Trajectories(**chosen, dt=self.dt)
