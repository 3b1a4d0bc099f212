"""From a rollout to a robot on the page."""

from __future__ import annotations

from typing import Any

import numpy as np

from lecture_code.simulation import Reach, Trajectories, World, side_view

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
    root = (
        np.zeros(end + 1) if isinstance(world.task, Reach) else qpos[:, 0]
    )  # an arm stays where it is
    return RecordedRobot(
        name,
        side_view(world, qpos),
        root,
        trajectories.rewards[index, :end],
        fell,
        **style,
    )
