"""From a rollout to a robot on the page."""

from __future__ import annotations

from typing import Any

import numpy as np

from lecture_code.simulation import (
    Reach,
    ReachTarget,
    Trajectories,
    World,
    side_view,
)

from .recorded_robot import RecordedRobot


def film(
    name: str, world: World, trajectories: Trajectories, index: int = 0, **style: Any
) -> RecordedRobot:
    """One trajectory as a `RecordedRobot` for a `Replay`, from its start to its end.

    Args:
        name: for the key of colours.
        world: whose trajectory it is; gives the robot's shape.
        trajectories: from `rollout`.
        index: which of the batch.
        style: `ghost` and `colour`, as in `RecordedRobot`.
    """
    end = int(trajectories.lengths[index])
    qpos = trajectories.qpos[index, : end + 1]
    fell = bool(trajectories.terminated[index])
    fixed = isinstance(world.task, Reach | ReachTarget)  # an arm stays where it is
    root = np.zeros(end + 1) if fixed else qpos[:, 0]
    return RecordedRobot(
        name,
        side_view(world, qpos),
        root,
        trajectories.rewards[index, :end],
        fell,
        **style,
    )
