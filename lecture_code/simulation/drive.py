"""What lies between a command and the motors: transform, delay, clipping and play."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.simulation.worlds import World

Array = NDArray[np.float64]


class Drive:
    """Delay, clipping and play of N worlds at once; `parameters.py` states the rule."""

    def __init__(self, worlds: Sequence[World]) -> None:
        values = [world.values for world in worlds]
        self.limits = worlds[0].control_limits
        self.rows = np.arange(len(worlds))
        self.delays = np.array([int(value["action_delay"]) for value in values])
        self.backlash = np.array([value["backlash"] for value in values])[:, None]
        self.motor = np.zeros((len(worlds), worlds[0].action_size))
        longest = int(self.delays.max())
        # the latest commands, the last of them first
        self.queue = np.zeros((longest + 1, *self.motor.shape))

    def follow(self, command: Array) -> Array:
        """Where the motors go, (N, A), after this command (N, A)."""
        self.queue = np.concatenate([command[None], self.queue[:-1]])
        arrived = self.queue[self.delays, self.rows]
        asked = np.clip(arrived, *self.limits)
        self.motor = np.clip(self.motor, asked - self.backlash, asked + self.backlash)
        return self.motor


def transformed(
    world: World,
    observations: NDArray[Any],
    actions: Array,
    rng: np.random.Generator,
) -> Array:
    """What is executed of the last of the actions (t + 1, N, A), (N, A).

    Raises:
        ValueError: the world's transform gives another shape, or numbers that are not
            finite.
    """
    if world.transform is None:
        return np.asarray(actions[-1])
    executed = world.transform(observations, actions, rng)
    if np.shape(executed) != actions[-1].shape or not np.isfinite(executed).all():
        raise ValueError(
            f"the transform of {world.name} must give finite actions of shape "
            f"{actions[-1].shape}; got {executed}"
        )
    return np.asarray(executed)
