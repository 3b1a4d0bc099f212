"""Rollouts: a policy in many worlds at once.

`rollout` is the fast one: the policy is called once per control step on the batch, and
the physics of the N worlds is stepped on threads. `plain_rollout` is the same thing one
trajectory at a time, in the plainest words; the tests demand that both agree to the
last bit.

The numbers depend on the seed alone: not on the number of threads, and not on the batch
size either, as long as the policy treats each row by itself. (A matrix product of a
whole batch rounds differently from one of a single row; `LinearPolicy` avoids that.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import mujoco
import numpy as np
from numpy.typing import NDArray

from lecture_code.simulation.batch import open_batch
from lecture_code.simulation.noise import Noise
from lecture_code.simulation.trajectories import Array, Trajectories
from lecture_code.simulation.worlds import World

Policy = Callable[[Array, np.random.Generator], Array]  # (N, S) -> (N, A)


def rollout(
    worlds: World | Sequence[World],
    policy: Policy,
    horizon: int,
    rng: np.random.Generator,
    *,
    threads: int | None = None,
) -> Trajectories:
    """Run `policy` in every world for at most `horizon` control steps.

    Args:
        worlds: one world, or N worlds of the same robot.
        policy: `policy(observations (N, S), rng) -> actions (N, A)`.
        horizon: T, the most control steps.
        rng: its spawned children are the policy's stream, one stream for each world,
            and that of the worlds' transform.
        threads: how many to use; all cores by default. Changes no number.

    Raises:
        ValueError: no world, different robots or transforms, horizon < 1, or actions of
            the wrong shape or not finite.
        Diverged: a simulation blew up; tells world, step and parameters.
    """
    worlds = _checked_worlds(worlds, horizon)
    task, dt, limits = worlds[0].task, worlds[0].dt, _control_limits(worlds[0])
    policy_rng, *streams, transform_rng = rng.spawn(2 + len(worlds))
    noise = [
        Noise(world, horizon, stream)
        for world, stream in zip(worlds, streams, strict=True)
    ]
    motor, sensor = (
        np.stack(draws, axis=1)
        for draws in zip(*[(n.motor, n.sensor) for n in noise], strict=True)
    )  # (T, N, A), (T+1, N, S)
    drive = _Drive(worlds, limits)

    with open_batch(worlds, threads) as batch:
        now = batch.reset([n.reset for n in noise])
        record = _Recorder(now, task.observation(now) + sensor[0], horizon, worlds[0])
        for t in range(horizon):
            actions = policy(record.observations[t], policy_rng)
            record.act(t, actions)
            said = _transformed(
                worlds[0],
                record.observations[: t + 1],
                record.actions[: t + 1],
                transform_rng,
            )
            after = batch.step(
                drive.follow(said) + motor[t], record.alive, t
            )  # the actuator clips again
            failed = task.failure(after)
            record.observe(
                t,
                task.observation(after) + sensor[t + 1],
                task.reward(now, actions, after, failed, dt),
                failed,
                after,
            )
            now = after
            if not record.alive.any():
                break
    return record.trajectories(dt)


def plain_rollout(
    worlds: World | Sequence[World],
    policy: Policy,
    horizon: int,
    rng: np.random.Generator,
) -> Trajectories:
    """The same as `rollout`, one world after the other: slow, plain, and the oracle of
    its tests.

    The policy is called on batches of one, so the two agree exactly for policies that
    draw nothing from `rng` and treat each row by itself.
    """
    worlds = _checked_worlds(worlds, horizon)
    policy_rng, *streams, transform_rng = rng.spawn(2 + len(worlds))
    return _stack(
        [
            _plain_trajectory(
                world, policy, horizon, (policy_rng, stream, transform_rng)
            )
            for world, stream in zip(worlds, streams, strict=True)
        ]
    )


def _plain_trajectory(
    world: World, policy: Policy, horizon: int, rngs: tuple[np.random.Generator, ...]
) -> Trajectories:
    policy_rng, stream, transform_rng = rngs
    task, model, data = world.task, world.model, mujoco.MjData(world.model)
    noise, delay, (low, high) = (
        Noise(world, horizon, stream),
        int(world.values["action_delay"]),
        _control_limits(world),
    )
    play, motor = world.values["backlash"], np.zeros_like(low)

    def look() -> dict[str, Array]:
        return {name: getattr(data, name).copy()[None] for name in task.quantities}

    data.qpos[:], data.qvel[:] = task.reset(
        data.qpos.copy(), data.qvel.copy(), noise.reset
    )
    mujoco.mj_forward(model, data)
    now = look()
    record, commands = (
        _Recorder(now, task.observation(now) + noise.sensor[:1], horizon, world),
        [],
    )
    for t in range(horizon):
        action = policy(record.observations[t], policy_rng)
        record.act(t, action)
        said = _transformed(
            world, record.observations[: t + 1], record.actions[: t + 1], transform_rng
        )
        commands.append(np.clip(said[0], low, high))
        asked = commands[t - delay] if t >= delay else np.zeros_like(low)
        motor = np.clip(motor, asked - play, asked + play)
        data.ctrl[:] = motor + noise.motor[t]
        for _ in range(task.frame_skip):
            mujoco.mj_step(model, data)
        after = look()
        failed = task.failure(after)
        reward = task.reward(now, action, after, failed, world.dt)
        record.observe(
            t, task.observation(after) + noise.sensor[t + 1], reward, failed, after
        )
        now = after
        if not record.alive[0]:
            break
    return record.trajectories(world.dt)


def one_step(
    world: World, qpos: Array, qvel: Array, controls: Array
) -> tuple[Array, Array]:
    """Where one control step leads from each of N given states, without transform,
    delay, play or noise: (N, nq), (N, nv), (N, A) -> (N, nq), (N, nv).

    Controls beyond the actuators' range are clipped by the actuators, as in a rollout.

    Raises:
        ValueError: an array does not fit the robot, or is not finite.
    """
    model, N = world.model, len(qpos)
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
    next_qpos, next_qvel, data = (
        np.empty((N, model.nq)),
        np.empty((N, model.nv)),
        mujoco.MjData(model),
    )
    for i in range(N):
        mujoco.mj_resetData(model, data)
        data.qpos[:], data.qvel[:], data.ctrl[:] = qpos[i], qvel[i], controls[i]
        mujoco.mj_step(model, data, nstep=world.task.frame_skip)
        next_qpos[i], next_qvel[i] = data.qpos, data.qvel
    return next_qpos, next_qvel


class _Drive:
    """What lies between a command and the motors: delay, clipping and play, for N
    worlds at once.
    """

    def __init__(self, worlds: list[World], limits: tuple[Array, Array]) -> None:
        self.delays, self.rows, self.limits = (
            np.array([int(world.values["action_delay"]) for world in worlds]),
            np.arange(len(worlds)),
            limits,
        )
        self.play = np.array([world.values["backlash"] for world in worlds])[:, None]
        self.motor = np.zeros((len(worlds), worlds[0].action_size))
        self.queue = np.zeros(
            (int(self.delays.max()) + 1, *self.motor.shape)
        )  # the latest commands, the last of them first

    def follow(self, command: Array) -> Array:
        """Where the motors go (N, A) after this command (N, A)."""
        self.queue = np.concatenate([command[None], self.queue[:-1]])
        asked = np.clip(
            self.queue[self.delays, self.rows], *self.limits
        )  # what was said `delay` steps ago, or nothing yet
        self.motor = np.clip(self.motor, asked - self.play, asked + self.play)
        return self.motor


def _transformed(
    world: World, observations: Array, actions: Array, rng: np.random.Generator
) -> Array:
    """What is executed of the last of the actions (t + 1, N, A), (N, A)."""
    if world.transform is None:
        return np.asarray(actions[-1])
    executed = world.transform(observations, actions, rng)
    if np.shape(executed) != actions[-1].shape or not np.isfinite(executed).all():
        raise ValueError(
            f"the transform of {world.name} must give finite actions of shape "
            f"{actions[-1].shape}; got {executed}"
        )
    return np.asarray(executed)


class _Recorder:
    """Fills the arrays of a `Trajectories`, with time as the first axis so that a step
    is written in one piece, and keeps count of who is alive.
    """

    def __init__(
        self, now: dict[str, Array], observations: Array, horizon: int, world: World
    ) -> None:
        N, self.world = len(observations), world
        self.observations = np.empty((horizon + 1, *observations.shape))
        self.qpos, self.qvel = (
            np.empty((horizon + 1, N, world.model.nq)),
            np.empty((horizon + 1, N, world.model.nv)),
        )
        self.actions, self.rewards = (
            np.zeros((horizon, N, world.action_size)),
            np.zeros((horizon, N)),
        )
        self.mask, self.alive, self.terminated = (
            np.zeros((horizon, N), dtype=bool),
            np.ones(N, dtype=bool),
            np.zeros(N, dtype=bool),
        )
        self.observations[0], self.qpos[0], self.qvel[0] = (
            observations,
            now["qpos"],
            now["qvel"],
        )

    def act(self, t: int, actions: Array) -> None:
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
        observation: Array,
        reward: Array,
        failed: NDArray[np.bool_],
        after: dict[str, Array],
    ) -> None:
        alive, everybody = self.alive, self.alive.all()
        self.mask[t], self.rewards[t] = alive, np.where(alive, reward, 0.0)
        for array, value in (
            (self.observations, observation),
            (self.qpos, after["qpos"]),
            (self.qvel, after["qvel"]),
        ):
            array[t + 1] = (
                value if everybody else np.where(alive[:, None], value, array[t])
            )
        self.terminated |= alive & failed
        self.alive = alive & ~failed

    def trajectories(self, dt: float) -> Trajectories:
        end = int(self.mask.any(axis=1).sum())  # steps that somebody made
        for array in (self.observations, self.qpos, self.qvel):
            array[end + 1 :] = array[end]
        by_time = {
            name: getattr(self, name)
            for name in ("observations", "actions", "rewards", "mask", "qpos", "qvel")
        }
        return Trajectories(
            **{
                name: np.ascontiguousarray(array.swapaxes(0, 1))
                for name, array in by_time.items()
            },
            terminated=self.terminated,
            dt=dt,
        )


def _stack(parts: Sequence[Trajectories]) -> Trajectories:
    names = ("observations", "actions", "rewards", "mask", "terminated", "qpos", "qvel")
    return Trajectories(
        **{
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in names
        },
        dt=parts[0].dt,
    )


def _checked_worlds(worlds: World | Sequence[World], horizon: int) -> list[World]:
    worlds = [worlds] if isinstance(worlds, World) else list(worlds)
    if not worlds:
        raise ValueError("rollout needs at least one world; got none")
    if len({world.name for world in worlds}) > 1:
        raise ValueError(
            "all worlds of one rollout must have the same robot; got "
            f"{sorted({world.name for world in worlds})}"
        )
    if any(world.transform is not worlds[0].transform for world in worlds):
        raise ValueError("all worlds of one rollout must have the same transform")
    if horizon < 1:
        raise ValueError(f"horizon must be at least 1 control step; got {horizon}")
    return worlds


def _control_limits(world: World) -> tuple[Array, Array]:
    limits = np.array(world.model.actuator_ctrlrange)
    return limits[:, 0], limits[:, 1]
