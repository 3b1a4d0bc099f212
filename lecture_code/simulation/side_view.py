"""A robot seen from the side: capsules in the x–z plane, for drawing without any
renderer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lecture_code.simulation.mujoco_import import mujoco
from lecture_code.simulation.worlds import World

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SideView:
    """A robot from the side: T pictures of G capsules.

    Args:
        radius, half_length: (G,) [m]; half the length of the axis, without the caps.
        x, z: centres, (T, G) [m].
        angle: of each capsule's axis from +x towards +z, (T, G) [rad], continuous in
            time.
    """

    radius: Array
    half_length: Array
    x: Array
    z: Array
    angle: Array


def side_view(world: World, qpos: Array) -> SideView:
    """Draw the robot's capsules for positions qpos (T, nq).

    Raises:
        ValueError: qpos does not fit the robot.
    """
    model = world.model
    if np.ndim(qpos) != 2 or np.shape(qpos)[1] != model.nq:
        raise ValueError(
            f"qpos must have shape (T, {model.nq}) for {world.name}; got "
            f"{np.shape(qpos)}"
        )
    return capsules(model, qpos)


def capsules(model: mujoco.MjModel, qpos: Array) -> SideView:
    """The capsules of a model for positions qpos (T, nq)."""
    geoms = np.flatnonzero(np.array(model.geom_type) == mujoco.mjtGeom.mjGEOM_CAPSULE)
    data = mujoco.MjData(model)
    centres = np.empty((len(qpos), len(geoms), 3))
    axes = np.empty((len(qpos), len(geoms), 3))
    for t, position in enumerate(qpos):
        data.qpos[:] = position
        mujoco.mj_kinematics(model, data)
        frames = data.geom_xmat[geoms].reshape(-1, 3, 3)
        centres[t] = data.geom_xpos[geoms]
        axes[t] = frames[:, :, 2]  # a capsule lies along its own z axis
    angle = np.unwrap(np.arctan2(axes[:, :, 2], axes[:, :, 0]), axis=0)
    size = np.array(model.geom_size[geoms])
    return SideView(size[:, 0], size[:, 1], centres[:, :, 0], centres[:, :, 2], angle)
