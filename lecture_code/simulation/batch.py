"""N simulations side by side, stepped on threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import joblib
import numpy as np
from numpy.typing import NDArray

from lecture_code.simulation.mujoco_import import mujoco
from lecture_code.simulation.worlds import World

Array = NDArray[np.float64]

MAX_STATE = 1e10  # MuJoCo's own bound (mjMAXVAL) for a number that makes sense


class Diverged(ArithmeticError):
    """A simulation left the range of numbers that make sense."""


class Batch:
    """The `MjData` of N worlds, and the fields of them that the task reads."""

    def __init__(
        self, worlds: Sequence[World], pool: ThreadPoolExecutor | None, threads: int
    ) -> None:
        self.worlds = worlds
        self.pool = pool
        self.threads = threads
        self.models = [world.model for world in worlds]
        self.data = [mujoco.MjData(model) for model in self.models]
        # views into MuJoCo's memory, fetched once
        self.controls = [data.ctrl for data in self.data]
        self.views = {
            name: [getattr(data, name) for data in self.data]
            for name in worlds[0].task.quantities
        }

    def reset(self, rngs: Sequence[np.random.Generator]) -> dict[str, Array]:
        """Start every world from its own stream; the quantities by name, (N, …)."""
        for world, data, rng in zip(self.worlds, self.data, rngs, strict=True):
            start = world.task.reset(data.qpos.copy(), data.qvel.copy(), rng)
            data.qpos[:], data.qvel[:] = start
            mujoco.mj_forward(world.model, data)
        return self._read()

    def step(
        self, controls: Array, alive: NDArray[np.bool_], t: int
    ) -> dict[str, Array]:
        """One control step, controls (N, A), of the worlds that are still alive; the
        quantities of all, as copies.

        Raises:
            Diverged: a quantity is no number any more, or beyond `MAX_STATE`.
        """
        advance = partial(self._advance, controls)
        share_out(advance, np.flatnonzero(alive).tolist(), self.pool, self.threads)
        now = self._read()
        for name, values in now.items():
            if not np.abs(values).max() < MAX_STATE:  # NaN fails this too
                self._complain(name, values, t)
        return now

    def _read(self) -> dict[str, Array]:
        return {name: np.array(views) for name, views in self.views.items()}

    def _advance(self, controls: Array, todo: Iterator[int]) -> None:
        step = mujoco.mj_step
        nstep = self.worlds[0].task.frame_skip
        for i in todo:
            self.controls[i][:] = controls[i]
            step(self.models[i], self.data[i], nstep)  # releases Python's global lock

    def _complain(self, name: str, values: Array, t: int) -> None:
        sane = np.abs(values.reshape(len(values), -1)) < MAX_STATE
        i = int(np.argmin(sane.all(axis=1)))
        world = self.worlds[i]
        settings = ", ".join(
            f"{knob} = {value:g}" for knob, value in world.values.items()
        )
        raise Diverged(
            f"the simulation of world {i} ({world.name}) diverged at control step {t}: "
            f"{name} = {values[i]}, with {settings}"
        )


def share_out(
    work: Callable[[Iterator[int]], None],
    todo: Sequence[int],
    pool: ThreadPoolExecutor | None,
    threads: int,
) -> None:
    """Have `threads` threads do what is to do, the caller's among them: whoever is free
    takes the next number.

    Args:
        work: does what it takes from an iterator that all threads share.
        todo: the numbers of what is to do.
        pool: the other threads; None if there are none.
        threads: how many threads work, at least 1.
    """
    shared = iter(todo)
    helpers = []
    if pool is not None:
        helpers = [pool.submit(work, shared) for _ in range(threads - 1)]
    work(shared)
    for helper in helpers:
        helper.result()


@contextmanager
def open_batch(worlds: Sequence[World], threads: int | None) -> Iterator[Batch]:
    """A `Batch` on at most `threads` threads, all cores by default, for as long as the
    block lasts.
    """
    threads = min(threads or joblib.cpu_count(), len(worlds))
    if threads == 1:
        yield Batch(worlds, None, 1)
        return
    with ThreadPoolExecutor(threads - 1) as pool:  # the caller's thread steps too
        yield Batch(worlds, pool, threads)
