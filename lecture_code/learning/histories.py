"""What a model with a short memory is given: the last k observations and the k − 1
actions between them.

`History` grows step by step while a policy acts. `histories` makes the same of a
recording. Before the first step of an episode both repeat the first observation, with
zeros for actions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lecture_code.simulation import Trajectories

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class History:
    """The latest observations and actions of n robots: τ in the paper.

    Args:
        observations: the last k, the latest last, (n, k, S).
        actions: the k − 1 actions between them, (n, k − 1, A).
    """

    observations: Array
    actions: Array

    @classmethod
    def initial(cls, observations: Array, k: int, action_size: int) -> History:
        """At the start of an episode, from the first observations (n, S)."""
        repeated = np.repeat(observations[:, None], k, axis=1)
        return cls(repeated, np.zeros((len(observations), k - 1, action_size)))

    def then(self, actions: Array, observations: Array) -> History:
        """After actions (n, A) that led to observations (n, S)."""
        seen = np.concatenate([self.observations, observations[:, None]], axis=1)
        said = np.concatenate([self.actions, actions[:, None]], axis=1)
        return History(seen[:, 1:], said[:, 1:])

    @property
    def latest(self) -> Array:
        """The latest observations, (n, S)."""
        return np.asarray(self.observations[:, -1])

    def __getitem__(self, steps: NDArray[np.bool_]) -> History:
        """The histories of some steps (N, T), as rows (n, …), where this history has
        arrays (N, T, …).
        """
        return History(self.observations[steps], self.actions[steps])

    def extended(self, more: History) -> History:
        """These rows, and behind them more rows."""
        return History(
            np.concatenate([self.observations, more.observations]),
            np.concatenate([self.actions, more.actions]),
        )

    def inputs(self, wanted: Array) -> Array:
        """What an inverse model is given, (n, k S + S + (k − 1) A), for observations
        wanted next (n, S): all observations but the latest as differences to it.
        """
        n = len(wanted)
        now = self.latest
        back = now[:, None] - self.observations[:, :-1]  # (n, k − 1, S)
        flat = (back.reshape(n, -1), self.actions.reshape(n, -1))
        return np.hstack([now, wanted - now, *flat])


def histories(recording: Trajectories, k: int, limits: tuple[Array, Array]) -> History:
    """τ of every step of a recording, as in use: arrays (N, T, …) instead of (n, …)."""
    observations = recording.observations
    actions = np.clip(recording.actions, *limits)
    N, T, A = actions.shape
    first = np.repeat(observations[:, :1], k - 1, axis=1)
    seen = np.concatenate([first, observations], axis=1)  # starts k − 1 steps early
    said = np.concatenate([np.zeros((N, k - 1, A)), actions], axis=1)
    return History(_windows(seen, k, T), _windows(said, k - 1, T))


def _windows(array: Array, size: int, T: int) -> Array:
    """The `size` entries from each of T steps on, (N, T, size, …)."""
    shifted = [array[:, start : start + T] for start in range(size)]
    if not shifted:
        return np.zeros((len(array), T, 0, array.shape[-1]))
    return np.stack(shifted, axis=2)
