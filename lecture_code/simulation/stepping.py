"""One control step from given states: what models of the dynamics are judged by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lecture_code.simulation.mujoco_import import mujoco
from lecture_code.simulation.worlds import World

Array = NDArray[np.float64]


def one_step(
    world: World, qpos: Array, qvel: Array, controls: Array
) -> tuple[Array, Array]:
    """Where one control step leads from each of N given states, without transform,
    delay, play or noise: (N, nq), (N, nv), (N, A) -> (N, nq), (N, nv).

    Controls beyond the actuators' range are clipped by the actuators, as in a rollout.

    Raises:
        ValueError: an array does not fit the robot, or is not finite.
    """
    model = world.model
    N = len(qpos)
    for name, array, size in (
        ("qpos", qpos, model.nq),
        ("qvel", qvel, model.nv),
        ("controls", controls, model.nu),
    ):
        if np.shape(array) != (N, size) or not np.isfinite(array).all():
            raise ValueError(
                f"{name} must be finite, of shape ({N}, {size}) for {world.name}; got "
                f"shape {np.shape(array)}"
            )
    data = mujoco.MjData(model)
    next_qpos = np.empty((N, model.nq))
    next_qvel = np.empty((N, model.nv))
    for i in range(N):
        mujoco.mj_resetData(model, data)
        data.qpos[:], data.qvel[:], data.ctrl[:] = qpos[i], qvel[i], controls[i]
        mujoco.mj_step(model, data, nstep=world.task.frame_skip)
        next_qpos[i], next_qvel[i] = data.qpos, data.qvel
    return next_qpos, next_qvel
