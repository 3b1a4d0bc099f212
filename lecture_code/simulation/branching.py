"""Going back to a state of a rollout, to try another action there.

Only a simulation can be set back. The motor noise of a rollout is drawn again from the
rollout's generator, so that a branch meets the noise that the rollout met.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.simulation.noise import Noise
from lecture_code.simulation.stepping import one_step
from lecture_code.simulation.trajectories import Trajectories
from lecture_code.simulation.worlds import World

Array = NDArray[np.float64]


def motor_noise_of(
    worlds: Sequence[World], horizon: int, rng: np.random.Generator
) -> Array:
    """The motor noise that `rollout` draws from the same worlds, horizon and rng, (N,
    T, A); for a simulation that goes back to a state of the rollout. `rng` itself
    stays as it is.
    """
    streams = deepcopy(rng).spawn(2 + len(worlds))[1:-1]
    pairs = zip(worlds, streams, strict=True)
    return np.stack([Noise(world, stream, horizon).motor for world, stream in pairs])


def branch(
    robot: World,
    recording: Trajectories,
    steps: NDArray[np.bool_],
    actions: Array,
    motor_noise: Array,
    threads: int | None = None,
) -> NDArray[Any]:
    """What is seen after one other action from each of n states of a recording, (n, S).

    Args:
        robot: which made the recording.
        recording: N trajectories.
        steps: where the n other actions are tried, (N, T).
        actions: the other actions, (n, A).
        motor_noise: as from `motor_noise_of`, (N, T, A).
        threads: how many the simulator may use; all cores by default.

    Raises:
        ValueError: the robot remembers commands, so that its state is not all.
    """
    for knob in ("action_delay", "backlash"):
        if robot.values[knob]:
            raise ValueError(
                f"a robot with {knob} remembers commands: a recorded state is not all, "
                "so nobody can go back to it"
            )
    qpos, qvel = one_step(
        robot,
        recording.qpos[:, :-1][steps],
        recording.qvel[:, :-1][steps],
        actions + motor_noise[steps],
        threads=threads,
    )
    return np.asarray(robot.task.observation({"qpos": qpos, "qvel": qvel}))
