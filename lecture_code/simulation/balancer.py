"""A balancer: a robot with three links that stands upright on a base that tilts.

The base turns about a hinge under the balancer's ankle. The base is so heavy that the
balancer cannot move it: a tilt rate is given for every control step. On the base stand
a shank (0.40 m), a thigh (0.40 m) and a trunk (0.50 m); ankle, knee and hip have
motors. At angle 0 each link goes on straight from the link below it, and the base is
level; angles grow towards +x. The balancer stands upright if its ankle turns back
exactly what the base tilts.

The state is s = (tilt, tilt rate, q, v): what an inertial sensor on the base and the
encoders of the three joints tell, S = 8 numbers [rad, rad/s]. An action is the torques
that are asked of the three motors [Nm], every 0.02 s. The knobs are those of
`BALANCER_KNOBS`; they are written to an `MjSpec`, which is compiled anew.

Start with `Balancer`; its trials are in `balance_trials.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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

JOINTS = ("ankle", "knee", "hip")
MOTOR_LIMITS = (60.0, 50.0, 40.0)  # largest torque of each motor [Nm]
CONTROL_DT, PHYSICS_STEPS = 0.02, 5  # one control step [s], and its physics steps
BASE_INERTIA = 1e6  # of the base [kg m²]; the balancer's torques do not move it
POSITIONS, VELOCITIES = [0, 2, 3, 4], [1, 5, 6, 7]  # of base and joints, in the state
DIFFERENCES = np.repeat([0.01, 0.1, 0.01, 0.1, 1.0], [1, 1, 3, 3, 3])  # of z

BALANCER_XML = """
<mujoco model="balancer">
  <compiler angle="radian" inertiafromgeom="true"/>
  <option timestep="0.004" integrator="implicitfast"/>
  <default>
    <joint type="hinge" axis="0 1 0" damping="1" armature="0.05"/>
    <geom type="capsule" contype="0" conaffinity="0"/>
  </default>
  <worldbody>
    <body name="base">
      <joint name="tilt" armature="1e6" damping="0"/>
      <geom name="base" fromto="-0.25 0 -0.03 0.25 0 -0.03" size="0.03" mass="5"/>
      <body name="shank">
        <joint name="ankle"/>
        <geom name="shank" fromto="0 0 0 0 0 0.40" size="0.03" mass="2"/>
        <body name="thigh" pos="0 0 0.40">
          <joint name="knee"/>
          <geom name="thigh" fromto="0 0 0 0 0 0.40" size="0.035" mass="3"/>
          <body name="trunk" pos="0 0 0.40">
            <joint name="hip"/>
            <geom name="trunk" fromto="0 0 0 0 0 0.50" size="0.05" mass="5"/>
          </body>
        </body>
      </body>
    </body>
  </worldbody>
  <actuator>
    <motor name="ankle" joint="ankle" ctrllimited="true" ctrlrange="-60 60"/>
    <motor name="knee" joint="knee" ctrllimited="true" ctrlrange="-50 50"/>
    <motor name="hip" joint="hip" ctrllimited="true" ctrlrange="-40 40"/>
  </actuator>
</mujoco>
"""


def _write_mass(spec: mujoco.MjSpec, value: float) -> None:
    for name in ("shank", "thigh", "trunk"):
        geom = spec.geom(name)
        geom.mass = geom.mass * value  # the inertia follows, see inertiafromgeom


def _write_damping(spec: mujoco.MjSpec, value: float) -> None:
    for name in JOINTS:
        spec.joint(name).damping = np.array([value, 0.0, 0.0])


def _write_gain(spec: mujoco.MjSpec, value: float) -> None:
    for name in JOINTS:
        actuator = spec.actuator(name)
        actuator.gear = actuator.gear * value


def _write_gravity(spec: mujoco.MjSpec, value: float) -> None:
    spec.option.gravity = np.array([0.0, 0.0, value])


def _knob(
    name: str,
    unit: str,
    bounds: tuple[float, float, float],
    meaning: str,
    write: Callable[[mujoco.MjSpec, float], None] | None = None,
) -> Parameter:
    """A knob with its lowest, nominal and highest value."""
    return Parameter(name, unit, *bounds, meaning, write, whole=name == "action_delay")


BALANCER_KNOBS = {
    knob.name: knob
    for knob in (
        _knob("mass", "×", (0.2, 1, 5), "mass of every link", _write_mass),
        _knob(
            "damping",
            "Nm s/rad",
            (0, 1, 50),
            "viscous damping of every joint",
            _write_damping,
        ),
        _knob(
            "gain",
            "×",
            (0, 1, 5),
            "torque of every motor for the same control",
            _write_gain,
        ),
        _knob(
            "gravity",
            "m/s²",
            (-30, -9.81, 0),
            "vertical acceleration of free fall",
            _write_gravity,
        ),
        _knob(
            "action_delay",
            "control steps",
            (0, 0, 10),
            "how late a command reaches the motors",
        ),
        _knob(
            "observation_noise",
            "of the observation",
            (0, 0, 1),
            "standard deviation of the noise in the angles [rad]; ten times as much in "
            "the velocities [rad/s]",
        ),
    )
}


@dataclass(frozen=True, eq=False)
class Balancer:
    """The balancer with a value for each knob; immutable.

    Args:
        changes: the knobs that differ from nominal.
    """

    changes: Mapping[str, float] = field(default_factory=dict)

    def change(self, **values: float) -> Balancer:
        """The same balancer with some knobs set: `balancer.change(mass=1.5)`.

        Raises:
            ValueError: an unknown knob, or a value outside its bounds.
        """
        checked = check_values(BALANCER_KNOBS, values, "the balancer")
        return Balancer({**self.changes, **checked})

    @property
    def values(self) -> dict[str, float]:
        """The value of every knob."""
        nominal = {name: knob.nominal for name, knob in BALANCER_KNOBS.items()}
        return nominal | dict(self.changes)

    @cached_property
    def model(self) -> mujoco.MjModel:
        """The compiled model, made once for each balancer."""
        spec = mujoco.MjSpec.from_string(BALANCER_XML)
        write_values(spec, BALANCER_KNOBS, self.values)
        return spec.compile()

    def __reduce__(self) -> tuple[type[Balancer], tuple[dict[str, float]]]:
        return Balancer, (dict(self.changes),)


def advance(
    balancer: Balancer,
    data: mujoco.MjData,
    s: Array,
    u: Array,
    tilt_rate: float | None = None,
) -> Array:
    """The state (8,) one control step after state s (8,), without delay or noise.

    Args:
        balancer: the robot with its knobs.
        data: MuJoCo's memory for this balancer; it is overwritten.
        s: state at the start, (8,).
        u: torques of the three motors, (3,) [Nm].
        tilt_rate: of the base at the end of the step [rad/s]; None for the same as now.
    """
    data.qpos[:] = s[POSITIONS]
    data.qvel[:] = s[VELOCITIES]
    data.ctrl[:] = u
    rate_change = 0.0 if tilt_rate is None else tilt_rate - s[1]
    data.qfrc_applied[0] = BASE_INERTIA * rate_change / CONTROL_DT
    mujoco.mj_step(balancer.model, data, nstep=PHYSICS_STEPS)
    after = np.empty(8)
    after[POSITIONS], after[VELOCITIES] = data.qpos, data.qvel
    return after


def finite_difference_jacobian(balancer: Balancer, s: Array, u: Array) -> Array:
    """The Jacobian [J_s J_u offset] (8, 12) of one control step near s (8,) and u (3,).

    Central differences of 0.01 rad, 0.1 rad/s and 1 Nm; the base keeps its tilt rate.
    The last column makes the prediction at s and u itself exact.
    """
    data = mujoco.MjData(balancer.model)
    z = np.concatenate([s, u])

    def after(z: Array) -> Array:
        return advance(balancer, data, z[:8], z[8:])

    columns = [
        (after(z + unit) - after(z - unit)) / (2 * unit.max())
        for unit in np.diag(DIFFERENCES)
    ]
    J = np.stack(columns, axis=1)
    return np.column_stack([J, after(z) - J @ z])


def balancer_view(balancer: Balancer, states: Array) -> SideView:
    """Base and links from the side, for states (T, 8)."""
    return capsules(balancer.model, states[:, POSITIONS])
