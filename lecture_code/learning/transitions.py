"""Recordings as examples for regression: what a state and an action led to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.simulation import Act, Policy, Trajectories, started

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Exploring:
    """A policy with Gaussian noise of standard deviation `std` on what it says."""

    policy: Policy
    std: float

    def start(self, n: int) -> Act:
        """What acts in one rollout of n worlds."""
        act = started(self.policy, n)

        def explore(observations: NDArray[Any], rng: np.random.Generator) -> Array:
            actions = act(observations, rng)
            draws = rng.standard_normal(actions.shape)
            return np.asarray(actions + self.std * draws)  # ~ N(a, std² I)

        return explore


@dataclass(frozen=True, eq=False)
class Transitions:
    """What a recording says about dynamics, step by step.

    Args:
        states: s_t, (n, S).
        actions: a_t, within the limits of the motors, (n, A).
        before: the `memory` actions before it, the latest first, (n, memory · A); zeros
            before the first.
        changes: s_{t+1} − s_t, (n, S).
    """

    states: Array
    actions: Array
    before: Array
    changes: Array

    @classmethod
    def from_recording(
        cls, recording: Trajectories, limits: tuple[Array, Array], memory: int = 0
    ) -> Transitions:
        """The transitions of a recording.

        Args:
            recording: of which the observations are the states.
            limits: lowest and highest control of every motor, (A,) each.
            memory: how many earlier actions to keep.

        Raises:
            ValueError: it holds no step.
        """
        mask = recording.mask  # (N, T)
        if not mask.any():
            raise ValueError(
                "the recording holds no step: nothing can be learned from it"
            )
        actions = np.clip(recording.actions, *limits).swapaxes(0, 1)  # (T, N, A)
        histories = [
            earlier_actions(actions[: t + 1], memory) for t in range(len(actions))
        ]
        history = np.stack(histories, axis=1)  # (N, T, memory · A)
        states = recording.observations[:, :-1][mask]
        changes = recording.observations[:, 1:][mask] - states
        return cls(states, actions.swapaxes(0, 1)[mask], history[mask], changes)


def earlier_actions(actions: Array, memory: int) -> Array:
    """Of all actions so far (t + 1, N, A) the `memory` ones before the last, the latest
    first, (N, memory · A); zeros before the first.
    """
    N, A = actions.shape[1:]
    parts = [
        actions[-2 - k] if len(actions) > k + 1 else np.zeros((N, A))
        for k in range(memory)
    ]
    return np.concatenate([np.zeros((N, 0)), *parts], axis=1)
