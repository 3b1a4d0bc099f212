"""A vertical arm with three links that puts its peg into a slot.

The shoulder is fixed. Links of 0.40, 0.35 and 0.25 m hang from it in the x–z plane, and
the last link carries a payload. At angle 0 the arm hangs down; angles grow towards +x.
A slot of two horizontal walls, 8 cm apart, opens towards the arm. The last link is
the peg: a capsule with a radius of 2 cm.

The task of one attempt (T = 100 steps of 0.05 s): move from a hanging pose to the pose
before the slot (30 steps), move the tip 14 cm straight ahead, the last 8 cm between the
walls (35 steps), and hold it there. An attempt succeeds if the tip ends within 2 cm of
its goal, and no joint ever turned faster than 10 rad/s: above this speed a safety stop
ends the attempt.

The state is x = (q, v) [rad, rad/s], and an action is the torques that are asked of the
three motors [Nm]. The knobs are those of `KNOBS`; they are written to an `MjSpec`,
which is compiled anew.

Start with `SlotArm`, then `Attempts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lecture_code.simulation.mujoco_import import mujoco
from lecture_code.simulation.parameters import (
    Parameter,
    check_values,
    write_values,
)
from lecture_code.simulation.side_view import SideView, capsules

Array = NDArray[np.float64]

LINKS = (0.40, 0.35, 0.25)  # [m]
TORQUES = (80.0, 50.0, 20.0)  # largest torque of each motor [Nm]
DT, SUBSTEPS = 0.05, 10  # one control step [s], and its physics steps
STEPS, APPROACH, INSERTION = 100, 30, 35  # control steps
DEPTH, GAP, PEG = 0.14, 0.08, 0.02  # of the slot [m], and radius of the peg [m]
TOLERANCE, SPEED_LIMIT = 0.02, 10.0  # [m], [rad/s]
MOUTHS = ((0.45, 0.60), (-0.40, -0.20))  # where the tip may stand before the slot [m]

XML = """
<mujoco model="slot_arm">
  <compiler angle="radian" inertiafromgeom="true"/>
  <option timestep="0.005" integrator="implicitfast"/>
  <default>
    <joint type="hinge" axis="0 -1 0" armature="0.05"/>
    <geom type="capsule" contype="0" conaffinity="0"/>
  </default>
  <worldbody>
    <body name="upper_arm">
      <joint name="shoulder"/>
      <geom name="upper_arm" fromto="0 0 0 0 0 -0.40" size="0.035" mass="2"/>
      <body name="forearm" pos="0 0 -0.40">
        <joint name="elbow"/>
        <geom name="forearm" fromto="0 0 0 0 0 -0.35" size="0.03" mass="1.5"/>
        <body name="peg" pos="0 0 -0.35">
          <joint name="wrist"/>
          <geom name="peg" fromto="0 0 0 0 0 -0.23" size="0.02" mass="0.6"
                contype="1" conaffinity="0"/>
          <body name="payload" pos="0 0 -0.20">
            <inertial pos="0 0 0" mass="0.5" diaginertia="2e-4 2e-4 2e-4"/>
          </body>
        </body>
      </body>
    </body>
    <body name="slot" mocap="true">
      <geom name="upper_wall" type="box" size="0.09 0.1 0.02" pos="0.15 0 0.06"
            contype="0" conaffinity="1"/>
      <geom name="lower_wall" type="box" size="0.09 0.1 0.02" pos="0.15 0 -0.06"
            contype="0" conaffinity="1"/>
    </body>
  </worldbody>
  <actuator>
    <motor joint="shoulder" ctrllimited="true" ctrlrange="-80 80"/>
    <motor joint="elbow" ctrllimited="true" ctrlrange="-50 50"/>
    <motor joint="wrist" ctrllimited="true" ctrlrange="-20 20"/>
  </actuator>
</mujoco>
"""


def _write_payload(spec: mujoco.MjSpec, value: float) -> None:
    body = spec.body("payload")
    body.inertia = body.inertia * (value / body.mass)
    body.mass = value


def _write_damping(spec: mujoco.MjSpec, value: float) -> None:
    for joint in spec.joints:
        joint.damping = np.array([value, 0.0, 0.0])  # nothing quadratic or cubic


def _write_friction(spec: mujoco.MjSpec, value: float) -> None:
    for joint in spec.joints:
        joint.frictionloss = value


def _write_gain(spec: mujoco.MjSpec, value: float) -> None:
    for actuator in spec.actuators:
        actuator.gear = actuator.gear * value


def _write_gravity(spec: mujoco.MjSpec, value: float) -> None:
    spec.option.gravity = np.array([0.0, 0.0, value])


KNOBS = {
    knob.name: knob
    for knob in (
        Parameter(
            "payload",
            "kg",
            low=0.05,
            nominal=0.5,
            high=10,
            meaning="mass on the last link",
            write=_write_payload,
        ),
        Parameter(
            "damping",
            "Nm s/rad",
            low=0,
            nominal=0.6,
            high=20,
            meaning="viscous damping of every joint",
            write=_write_damping,
        ),
        Parameter(
            "friction",
            "Nm",
            low=0,
            nominal=0.4,
            high=5,
            meaning="dry friction of every joint",
            write=_write_friction,
        ),
        Parameter(
            "gain",
            "×",
            low=0,
            nominal=1.0,
            high=10,
            meaning="torque of every motor for the same control",
            write=_write_gain,
        ),
        Parameter(
            "gravity",
            "m/s²",
            low=-30,
            nominal=-9.81,
            high=0,
            meaning="vertical acceleration of free fall",
            write=_write_gravity,
        ),
        Parameter(
            "action_delay",
            "control steps",
            low=0,
            nominal=0,
            high=10,
            meaning="how late a command reaches the motors",
            whole=True,
        ),
        Parameter(
            "observation_noise",
            "of the observation",
            low=0,
            nominal=0,
            high=10,
            meaning="standard deviation of the noise in the angles [rad]; ten times as "
            "much in the velocities [rad/s]",
        ),
    )
}


@dataclass(frozen=True, eq=False)
class SlotArm:
    """The arm with a value for each knob; immutable.

    Args:
        changes: the knobs that differ from nominal.
        walls: whether the slot has its walls.
    """

    changes: Mapping[str, float] = field(default_factory=dict)
    walls: bool = True

    def change(self, **values: float) -> SlotArm:
        """The same arm with some knobs set: `arm.change(payload=3)`.

        Raises:
            ValueError: an unknown knob, or a value outside its bounds.
        """
        checked = check_values(KNOBS, values, "the slot arm")
        return SlotArm({**self.changes, **checked}, self.walls)

    @property
    def values(self) -> dict[str, float]:
        """The value of every knob."""
        nominal = {name: knob.nominal for name, knob in KNOBS.items()}
        return nominal | dict(self.changes)

    @cached_property
    def model(self) -> mujoco.MjModel:
        """The compiled model, made once for each arm."""
        spec = mujoco.MjSpec.from_string(XML)
        write_values(spec, KNOBS, self.values)
        if not self.walls:
            spec.geom("upper_wall").conaffinity = 0
            spec.geom("lower_wall").conaffinity = 0
        return spec.compile()

    def __reduce__(self) -> tuple[type[SlotArm], tuple[dict[str, float], bool]]:
        return SlotArm, (dict(self.changes), self.walls)


def tip(q: Array) -> Array:
    """Position (x, z) [m] of the tip from the shoulder, (…, 2), for angles q (…, 3)."""
    angles = np.cumsum(q, axis=-1)  # absolute [rad]
    links = np.array(LINKS)
    return np.stack([np.sin(angles) @ links, -np.cos(angles) @ links], axis=-1)


def angles_of(wanted: Array) -> Array:
    """The angles (…, 3) with the tip at `wanted` (…, 2) [m] and the last link
    horizontal, pointing along +x; the elbow hangs below.

    Raises:
        ValueError: the arm cannot reach a point.
    """
    a, b, c = LINKS
    x = wanted[..., 0] - c  # of the wrist
    z = wanted[..., 1]
    square = x**2 + z**2
    cosine = (square - a**2 - b**2) / (2 * a * b)
    if not (np.abs(cosine) <= 1).all():
        raise ValueError("the arm cannot reach a point with its last link horizontal")
    elbow = np.arccos(cosine)
    inner = np.arctan2(b * np.sin(elbow), a + b * np.cos(elbow))
    shoulder = np.arctan2(x, -z) - inner
    return np.stack([shoulder, elbow, np.pi / 2 - shoulder - elbow], axis=-1)


def arm_view(arm: SlotArm, q: Array) -> SideView:
    """The links from the side, for angles q (T, 3)."""
    return capsules(arm.model, q)
