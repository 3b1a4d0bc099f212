"""A robot seen from the side: capsules in the x–z plane, for drawing without any
renderer. A ball is a capsule without length. A robot that turns freely in space is seen
as its shadow on the plane: a capsule that points towards the reader looks short.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lecture_code.simulation.mujoco_import import mujoco
from lecture_code.simulation.worlds import World

Array = NDArray[np.float64]

DRAWN = (int(mujoco.mjtGeom.mjGEOM_CAPSULE), int(mujoco.mjtGeom.mjGEOM_SPHERE))
IN_PLANE = 1e-6  # sine of the angle to the plane, below which an axis lies in it


@dataclass(frozen=True)
class SideView:
    """A robot from the side: T pictures of G capsules.

    Args:
        radius: (G,) [m].
        half_length: half the length of the axis, without the caps, (G,) [m]; (T, G)
            where it changes, because the capsules do not stay in the plane.
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
    """Draw the robot's capsules and balls for positions qpos (T, nq).

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
    """The capsules and balls of a model for positions qpos (T, nq)."""
    geoms = np.flatnonzero(np.isin(model.geom_type, DRAWN))
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
    half_length = size[:, 1]  # of a ball 0
    if np.abs(axes[:, half_length > 0, 1]).max(initial=0.0) > IN_PLANE:
        half_length = half_length * np.hypot(axes[:, :, 0], axes[:, :, 2])
    return SideView(size[:, 0], half_length, centres[:, :, 0], centres[:, :, 2], angle)
