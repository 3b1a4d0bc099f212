"""What happens in a rollout, written down step by step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.simulation.tasks import Quantities
from lecture_code.simulation.trajectories import Array, Trajectories
from lecture_code.simulation.worlds import World

BY_TIME = ("observations", "actions", "rewards", "mask", "qpos", "qvel")


class Recorder:
    """Fills the arrays of a `Trajectories`, and keeps count of who is alive.

    Time is the first axis, so that a step is written in one piece. Observations are
    kept in the shape and the type that the task declares.

    Args:
        world: the first of the N worlds.
        n: number of worlds, N.
        horizon: largest number of control steps, T.
    """

    def __init__(self, world: World, n: int, horizon: int) -> None:
        self.world = world
        self.model = world.model
        self.shape = world.observation_shape
        self.dtype = world.observation_dtype
        self.observations = np.empty((horizon + 1, n, *self.shape), self.dtype)
        self.qpos = np.empty((horizon + 1, n, self.model.nq))
        self.qvel = np.empty((horizon + 1, n, self.model.nv))
        self.actions = np.zeros((horizon, n, world.action_size))
        self.rewards = np.zeros((horizon, n))
        self.mask = np.zeros((horizon, n), dtype=bool)
        self.alive = np.ones(n, dtype=bool)
        self.terminated = np.zeros(n, dtype=bool)

    def start(self, observations: NDArray[Any], now: Quantities) -> None:
        """Write down what is seen and where everybody is before the first step."""
        self.observations[0] = self._checked(observations)
        self.qpos[0], self.qvel[0] = now["qpos"], now["qvel"]

    def act(self, t: int, actions: Array) -> None:
        """Write down the actions (N, A) of step t.

        Raises:
            ValueError: they have another shape, or are not finite.
        """
        expected = self.actions[t].shape
        if np.shape(actions) != expected:
            raise ValueError(
                f"the policy gave actions of shape {np.shape(actions)} for "
                f"{self.world.name}; expected {expected}"
            )
        if not np.isfinite(actions).all():
            i = int(np.argmin(np.isfinite(actions).all(axis=1)))
            raise ValueError(
                f"the policy gave an action that is not finite in world {i} at control "
                f"step {t}: {actions[i]}"
            )
        self.actions[t] = np.where(self.alive[:, None], actions, 0.0)

    def observe(
        self,
        t: int,
        observations: NDArray[Any],
        rewards: Array,
        failed: NDArray[np.bool_],
        after: Quantities,
    ) -> None:
        """Write down what step t led to; a robot that failed before stays as it was."""
        alive = self.alive
        self.mask[t] = alive
        self.rewards[t] = np.where(alive, rewards, 0.0)
        for array, values in (
            (self.observations, self._checked(observations)),
            (self.qpos, after["qpos"]),
            (self.qvel, after["qvel"]),
        ):
            array[t + 1] = values
            if not alive.all():
                array[t + 1, ~alive] = array[t, ~alive]
        self.terminated |= alive & failed
        self.alive = alive & ~failed

    def trajectories(self) -> Trajectories:
        """All of it, with the worlds as the first axis."""
        end = int(self.mask.any(axis=1).sum())  # steps that somebody made
        for array in (self.observations, self.qpos, self.qvel):
            array[end + 1 :] = array[end]
        by_world = {
            name: np.ascontiguousarray(getattr(self, name).swapaxes(0, 1))
            for name in BY_TIME
        }
        return Trajectories(**by_world, terminated=self.terminated, dt=self.world.dt)

    def _checked(self, observations: NDArray[Any]) -> NDArray[Any]:
        expected = self.observations.shape[1:]
        if observations.shape != expected or observations.dtype != self.dtype:
            raise ValueError(
                f"the task of {self.world.name} declares observations of shape "
                f"{self.shape} and type {self.dtype}, {expected} for the batch; its "
                f"`observation` gave {observations.shape} of {observations.dtype}"
            )
        return observations


def stack(parts: Sequence[Trajectories]) -> Trajectories:
    """Batches of one shape, one after the other, as one batch."""
    arrays = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in (*BY_TIME, "terminated")
    }
    return Trajectories(**arrays, dt=parts[0].dt)
