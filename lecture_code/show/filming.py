"""From a rollout to a robot on the page."""

from __future__ import annotations

from typing import Any

from lecture_code.simulation import Trajectories, World, side_view

from .replay import Robot


def film(name: str, world: World, trajectories: Trajectories, index: int = 0, **style: Any) -> Robot:
    """One trajectory as a `Robot` for a `Replay`, from its start to its end.

    Args:
        name: for the key of colours.
        world: whose trajectory it is; gives the robot's shape.
        trajectories: from `rollout`.
        index: which of the batch.
        style: `ghost` and `colour`, as in `Robot`.
    """
    end = int(trajectories.lengths[index])
    qpos = trajectories.qpos[index, : end + 1]
    fell = bool(trajectories.terminated[index])
    return Robot(name, side_view(world, qpos), qpos[:, 0], trajectories.rewards[index, :end], fell, **style)
