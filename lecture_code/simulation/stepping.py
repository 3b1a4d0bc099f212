"""One control step from given states: what models of the dynamics are judged by."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from weakref import WeakKeyDictionary

import joblib
import numpy as np
from numpy.typing import NDArray

from lecture_code.simulation.batch import share_out
from lecture_code.simulation.mujoco_import import mujoco
from lecture_code.simulation.worlds import World

Array = NDArray[np.float64]

FEW = 8  # states that are not worth a thread of their own


def one_step(
    world: World,
    qpos: Array,
    qvel: Array,
    controls: Array,
    *,
    threads: int | None = None,
) -> tuple[Array, Array]:
    """Where one control step leads from each of N given states, without transform,
    delay, play or noise: (N, nq), (N, nv), (N, A) -> (N, nq), (N, nv).

    Controls beyond the actuators' range are clipped by the actuators, as in a rollout.

    Args:
        world: the robot and its knobs.
        qpos, qvel: the states, (N, nq) and (N, nv).
        controls: one for each, (N, A).
        threads: how many to use; all cores by default. Changes no number.

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
    next_qpos = np.empty((N, model.nq))
    next_qvel = np.empty((N, model.nv))

    def advance(todo: Iterator[int]) -> None:
        with _lent(world) as data:
            for i in todo:
                mujoco.mj_resetData(model, data)
                data.qpos[:], data.qvel[:] = qpos[i], qvel[i]
                data.ctrl[:] = controls[i]
                mujoco.mj_step(model, data, nstep=world.task.frame_skip)
                next_qpos[i], next_qvel[i] = data.qpos, data.qvel

    threads = max(1, min(threads or _cores(), N // FEW))
    share_out(advance, range(N), _pool(threads, os.getpid()), threads)
    return next_qpos, next_qvel


_RESTING: WeakKeyDictionary[World, list[mujoco.MjData]] = WeakKeyDictionary()


@contextmanager
def _lent(world: World) -> Iterator[mujoco.MjData]:
    """Room for one simulation of a world, kept for the next step: to make it costs as
    much as to step some ten robots.
    """
    resting = _RESTING.setdefault(world, [])
    try:
        data = resting.pop()
    except IndexError:
        data = mujoco.MjData(world.model)
    try:
        yield data
    finally:
        resting.append(data)


@cache
def _pool(threads: int, process: int) -> ThreadPoolExecutor | None:
    """The threads of a process beside the caller's, kept from one step to the next."""
    return ThreadPoolExecutor(threads - 1) if threads > 1 else None


@cache
def _cores() -> int:
    return int(joblib.cpu_count())
