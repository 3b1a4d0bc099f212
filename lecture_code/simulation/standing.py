"""A humanoid that stands still: its posture, and the controls that hold it.

It stands with parallel legs and bent knees; hips and waist bend so that the centre of
mass is over the feet. The ground is soft: it is let down until the ground carries just
its weight. Then inverse dynamics gives the controls under which nothing moves. The feet
are balls, so that the slightest push makes it fall: to stay, it must balance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from lecture_code.simulation.mujoco_import import mujoco
from lecture_code.simulation.worlds import World

Array = NDArray[np.float64]

WAIST = (-0.5, 0.5)  # how far the waist may bend back and forth for balance [rad]
SINKING = (-0.02, 0.002)  # height of the feet above the ground, where it carries [m]


@dataclass(frozen=True, eq=False)
class Stand:
    """A posture at rest, and what holds it.

    Args:
        qpos: positions, (nq,) [m, quaternion, rad].
        controls: of the motors, (A,).
    """

    qpos: Array
    controls: Array


def stand(world: World, knee: float) -> Stand:
    """The humanoid of a world, standing with its knees bent by `knee` [rad].

    Raises:
        ValueError: the robot is no humanoid, or cannot be balanced like this.
    """
    if world.name != "humanoid":
        raise ValueError(f"only the humanoid stands like this; got {world.name}")
    model = world.model
    data = mujoco.MjData(model)

    def ahead(waist: float) -> float:
        """How far the centre of mass is ahead of the feet [m]."""
        data.qpos[:] = _posture(model, knee, waist)
        mujoco.mj_forward(model, data)
        return float(data.subtree_com[0, 0] - _feet(data)[0])

    if ahead(WAIST[0]) * ahead(WAIST[1]) > 0:
        raise ValueError(f"no bend of the waist balances knees bent by {knee:g} rad")
    ahead(brentq(ahead, *WAIST, xtol=1e-12))
    qpos = np.array(data.qpos)
    low = qpos[2] - _feet(data)[1]  # height at which the feet touch the ground

    def lift(above: float) -> float:
        """What must push the trunk up, beside the ground, if nothing is to move [N]."""
        data.qpos[2] = low + above
        data.qacc[:] = 0
        mujoco.mj_inverse(model, data)
        return float(data.qfrc_inverse[2])

    lift(brentq(lift, *SINKING, xtol=1e-12))
    controls = _holding(model, data)
    low_limit, high_limit = world.control_limits
    if (controls < low_limit).any() or (controls > high_limit).any():
        raise ValueError(f"the motors cannot hold knees bent by {knee:g} rad")
    return Stand(np.array(data.qpos), controls)


def _holding(model: mujoco.MjModel, data: mujoco.MjData) -> Array:
    """The controls (A,) that give the joints what `mj_inverse` asks of them."""
    moments = np.zeros((model.nu, model.nv))  # force of each motor at full control
    sparse = data.moment_rownnz, data.moment_rowadr, data.moment_colind.ravel()
    mujoco.mju_sparse2dense(moments, data.actuator_moment.ravel(), *sparse)
    controls, *_ = np.linalg.lstsq(moments[:, 6:].T, data.qfrc_inverse[6:])
    return np.asarray(controls, dtype=float)


def _posture(model: mujoco.MjModel, knee: float, waist: float) -> Array:
    """Positions with bent knees and a bent waist; the hips make the thighs lean."""
    qpos = np.array(model.qpos0)
    bends = {"hip_y": -knee / 2, "knee": -knee}
    for side in ("left", "right"):
        for joint, bend in bends.items():
            qpos[model.joint(f"{side}_{joint}").qposadr] = bend
    qpos[model.joint("abdomen_y").qposadr] = waist
    return qpos


def _feet(data: mujoco.MjData) -> tuple[float, float]:
    """Where the feet are, x, and how high their soles are, z [m]."""
    foot = data.geom("left_foot")
    radius = float(data.model.geom("left_foot").size[0])
    return float(foot.xpos[0]), float(foot.xpos[2]) - radius
