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

from collections.abc import Sequence

import numpy as np

from lecture_code.simulation.batch import open_batch
from lecture_code.simulation.drive import Drive, transformed
from lecture_code.simulation.mujoco_import import mujoco
from lecture_code.simulation.noise import Noise, side_by_side
from lecture_code.simulation.policy import Policy, started
from lecture_code.simulation.recorder import Recorder, stack
from lecture_code.simulation.tasks import Task
from lecture_code.simulation.trajectories import Array, Trajectories
from lecture_code.simulation.worlds import World


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
        policy: `policy(observations (N, …), rng) -> actions (N, A)`; one that remembers
            is started anew, see `policy.py`.
        horizon: T, the most control steps.
        rng: its spawned children are the policy's stream, one stream for each world,
            and that of the worlds' transform.
        threads: how many to use; all cores by default. Changes no number.

    Raises:
        ValueError: no world, different robots or transforms, horizon < 1, actions of
            the wrong shape or not finite, or observations that are not what the task
            declares.
        Diverged: a simulation blew up; tells world, step and parameters.
    """
    worlds = _checked_worlds(worlds, horizon)
    first = worlds[0]
    task = worlds[0].task
    dt = worlds[0].dt
    policy_rng, *streams, transform_rng = rng.spawn(2 + len(worlds))
    noise = [Noise(*pair, horizon) for pair in zip(worlds, streams, strict=True)]
    motor, sensor = side_by_side(noise)  # (T, N, A), (T+1, N, …)
    recorder = Recorder(first, len(worlds), horizon)
    drive = Drive(worlds)
    seen, said = recorder.observations, recorder.actions

    with open_batch(worlds, threads) as batch:
        now = batch.reset([n.reset for n in noise])
        act = started(policy, len(worlds))
        recorder.start(task.observation(now) + sensor[0], now)
        for t in range(horizon):
            actions = act(seen[t], policy_rng)
            recorder.act(t, actions)
            command = transformed(first, seen[: t + 1], said[: t + 1], transform_rng)
            controls = drive.follow(command) + motor[t]  # the actuator clips again
            after = batch.step(controls, recorder.alive, t)
            failed = task.failure(after)
            rewards = task.reward(now, actions, after, failed, dt)
            recorder.observe(
                t, task.observation(after) + sensor[t + 1], rewards, failed, after
            )
            now = after
            if not recorder.alive.any():
                break
    return recorder.trajectories()


def plain_rollout(
    worlds: World | Sequence[World],
    policy: Policy,
    horizon: int,
    rng: np.random.Generator,
) -> Trajectories:
    """The same as `rollout`, one world after the other: slow, plain, and the oracle of
    its tests.

    The policy is started and called on batches of one, so the two agree exactly for
    policies that draw nothing from `rng` and treat each row by itself.
    """
    worlds = _checked_worlds(worlds, horizon)
    policy_rng, *streams, transform_rng = rng.spawn(2 + len(worlds))
    return stack(
        [
            _plain_trajectory(
                world, policy, horizon, (policy_rng, stream, transform_rng)
            )
            for world, stream in zip(worlds, streams, strict=True)
        ]
    )


def _quantities(data: mujoco.MjData, task: Task) -> dict[str, Array]:
    """What the task declares of one world's state, as batches of one."""
    return {name: getattr(data, name).copy()[None] for name in task.quantities}


def _plain_trajectory(
    world: World, policy: Policy, horizon: int, rngs: Sequence[np.random.Generator]
) -> Trajectories:
    policy_rng, stream, transform_rng = rngs
    task = world.task
    data = mujoco.MjData(world.model)
    noise = Noise(world, stream, horizon)
    motor = np.zeros(world.action_size)
    delay = int(world.values["action_delay"])
    backlash = world.values["backlash"]
    start = task.reset(data.qpos.copy(), data.qvel.copy(), noise.reset)
    data.qpos[:], data.qvel[:] = start
    mujoco.mj_forward(world.model, data)
    now = _quantities(data, task)
    act = started(policy, 1)
    recorder = Recorder(world, 1, horizon)
    recorder.start(task.observation(now) + noise.sensor[:1], now)
    seen, said = recorder.observations, recorder.actions
    commands = []
    for t in range(horizon):
        action = act(seen[t], policy_rng)
        recorder.act(t, action)
        command = transformed(world, seen[: t + 1], said[: t + 1], transform_rng)
        commands.append(np.clip(command[0], *world.control_limits))
        asked = commands[t - delay] if t >= delay else np.zeros_like(motor)
        motor = np.clip(motor, asked - backlash, asked + backlash)
        data.ctrl[:] = motor + noise.motor[t]
        for _ in range(task.frame_skip):
            mujoco.mj_step(world.model, data)
        after = _quantities(data, task)
        failed = task.failure(after)
        reward = task.reward(now, action, after, failed, world.dt)
        observation = task.observation(after) + noise.sensor[t + 1]
        recorder.observe(t, observation, reward, failed, after)
        now = after
        if not recorder.alive[0]:
            break
    return recorder.trajectories()


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
