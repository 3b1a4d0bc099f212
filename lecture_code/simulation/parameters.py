"""Physical parameters: the knobs of a world.

A `Parameter` is one knob with its unit, its physical bounds and its nominal value.
Knobs of the *model* (mass, gravity, …) carry a `write` that changes an `MjSpec` made
from the nominal robot; the model is then compiled anew. Nothing else in the book
changes physics: editing `body_mass` in a compiled model would leave the inertia behind,
and repeated scaling would compound. Knobs of the *interface* between policy and model
(delay, noise) have no `write`; the rollout applies them, in this order at each control
step:

    command a (what the policy says, recorded and charged by the reward)
    → transformed, where the world has a `transform`
    → the command of `action_delay` steps ago, zero before the first has arrived
    → clipped to the actuator's range, because a motor cannot be asked for more
    → through the play of the drive, with b the knob `backlash`:
          u_t = clip(u_{t−1}, a_t − b, a_t + b),  u_{−1} = 0
    → plus motor noise, whose std is σ whatever the correlation c:
          n_t = c n_{t−1} + √(1 − c²) σ e_t,  n_0 = σ e_0,  e_t ~ N(0, I)
    → clipped again by the actuator: the executed control

`observation_noise` adds N(0, σ² I) to what the policy sees, and to nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from lecture_code.simulation.mujoco_import import mujoco

Write = Callable[[mujoco.MjSpec, float], None]


@dataclass(frozen=True)
class Parameter:
    """One knob of a world.

    Args:
        name: its name in `World.change`.
        unit: of its values; "×" means a multiple of the robot's own values.
        low, nominal, high: the smallest value that makes physical sense, the
            simulator's own, and the largest.
        meaning: one sentence for labels and tables.
        write: writes a value to a spec of the nominal robot; None for a knob that the
            rollout applies.
        whole: only whole numbers are allowed.
    """

    name: str
    unit: str
    low: float
    nominal: float
    high: float
    meaning: str
    write: Write | None = None
    whole: bool = False

    def check(self, value: float) -> float:
        """The value as a float.

        Raises:
            ValueError: it is not a finite number within the bounds, or not a whole one
                where only whole numbers are allowed.
        """
        number = float(value)
        if not self.low <= number <= self.high:  # also refuses NaN
            raise ValueError(
                f"{self.name} must lie in [{self.low:g}, {self.high:g}] {self.unit}; "
                f"got {value}"
            )
        if self.whole and number != round(number):
            raise ValueError(
                f"{self.name} must be a whole number of {self.unit}; got {value}"
            )
        return number


INTERFACE = (
    Parameter(
        "action_delay",
        "control steps",
        low=0,
        nominal=0,
        high=50,
        meaning="how late a command reaches the motors",
        whole=True,
    ),
    Parameter(
        "backlash",
        "of the control range",
        low=0.0,
        nominal=0.0,
        high=1.0,
        meaning="play b of the drive: how far a command may move before the motor "
        "follows",
    ),
    Parameter(
        "motor_noise",
        "of the control range",
        low=0.0,
        nominal=0.0,
        high=2.0,
        meaning="standard deviation σ of the noise that is added to the control",
    ),
    Parameter(
        "motor_noise_correlation",
        "",
        low=0.0,
        nominal=0.0,
        high=1.0,
        meaning="correlation c of the motor noise from one control step to the next",
    ),
    Parameter(
        "observation_noise",
        "of the observation",
        low=0.0,
        nominal=0.0,
        high=10.0,
        meaning="standard deviation of the noise in what the policy sees",
    ),
)
"""The knobs between policy and model, which the rollout applies; of every robot alike.
"""


def check_known(
    knobs: Mapping[str, Parameter], names: Iterable[str], robot: str
) -> None:
    """Refuse a name that is no knob.

    Args:
        knobs: all knobs by name.
        names: which must be among them.
        robot: what the knobs belong to, for the message.

    Raises:
        ValueError: names the unknown knob and lists the known knobs.
    """
    for name in names:
        if name not in knobs:
            raise ValueError(
                f"unknown parameter {name!r} of {robot}; known: {', '.join(knobs)}"
            )


def check_values(
    knobs: Mapping[str, Parameter], values: Mapping[str, float], robot: str
) -> dict[str, float]:
    """The values of some knobs, as floats.

    Args:
        knobs: all knobs by name.
        values: a value for each knob that is to be set.
        robot: what the knobs belong to, for the message.

    Raises:
        ValueError: an unknown knob, or a value outside its bounds.
    """
    check_known(knobs, values, robot)
    return {name: knobs[name].check(value) for name, value in values.items()}


def write_values(
    spec: mujoco.MjSpec, knobs: Mapping[str, Parameter], values: Mapping[str, float]
) -> None:
    """Write the values of the model's knobs into a spec of the nominal robot. A
    simulation that diverges will be seen: MuJoCo does not reset it.
    """
    spec.option.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_AUTORESET)
    for name, value in values.items():
        write = knobs[name].write
        if write is not None:
            write(spec, value)


def standard_parameters(spec: mujoco.MjSpec, trunk: str) -> dict[str, Parameter]:
    """The knobs of a robot by name, in the order in which they apply.

    Args:
        spec: the nominal robot.
        trunk: its heaviest moving body, whose mass is the knob `torso_mass`.
    """
    model = spec.compile()
    gravity = float(model.opt.gravity[2])
    trunk_mass = float(model.body(trunk).mass[0])
    knobs = (
        Parameter(
            "gravity",
            "m/s²",
            low=-30.0,
            nominal=gravity,
            high=0.0,
            meaning="vertical acceleration of free fall"
            if gravity
            else "share of gravity in the plane of motion",
            write=_write_gravity,
        ),
        Parameter(
            "torso_mass",
            "kg",
            low=0.1 * trunk_mass,
            nominal=trunk_mass,
            high=10 * trunk_mass,
            meaning=f"mass of the {trunk.replace('_', ' ')}",
            write=_scale_mass_of(trunk, trunk_mass),
        ),
        *_multiples(),
        *INTERFACE,
    )
    return {knob.name: knob for knob in knobs}


def _multiples() -> tuple[Parameter, ...]:
    """The knobs that multiply the robot's own values."""
    return (
        _multiple(
            "mass", 0.1, "every mass and inertia, after torso_mass", _scale_every_mass
        ),
        _multiple(
            "damping", 0, "viscous damping of every joint", _scale_joints("damping")
        ),
        _multiple(
            "friction",
            0.01,
            "sliding friction of every surface, floor and feet alike",
            _scale_friction,
        ),
        _multiple(
            "armature", 0, "rotor inertia of every joint", _scale_joints("armature")
        ),
        _multiple("gain", 0, "torque of every motor for the same control", _scale_gain),
    )


def _multiple(name: str, low: float, meaning: str, write: Write) -> Parameter:
    return Parameter(
        name, "×", low=low, nominal=1.0, high=10, meaning=meaning, write=write
    )


def scale_masses(bodies: list[mujoco.MjsBody], factor: float) -> None:
    """Multiply mass *and* inertia of the bodies by the same factor."""
    for body in bodies:
        body.mass *= factor
        body.inertia = body.inertia * factor


def _scale_mass_of(trunk: str, nominal: float) -> Write:
    def write(spec: mujoco.MjSpec, value: float) -> None:
        scale_masses([spec.body(trunk)], value / nominal)

    return write


def _scale_every_mass(spec: mujoco.MjSpec, value: float) -> None:
    scale_masses(spec.bodies, value)


def _write_gravity(spec: mujoco.MjSpec, value: float) -> None:
    spec.option.gravity = np.array([0.0, 0.0, value])


def _scale_joints(attribute: str) -> Write:
    def write(spec: mujoco.MjSpec, value: float) -> None:
        for joint in spec.joints:
            setattr(joint, attribute, getattr(joint, attribute) * value)

    return write


def _scale_friction(spec: mujoco.MjSpec, value: float) -> None:
    # a contact takes the larger of its two surfaces' values, so both must change
    for geom in spec.geoms:
        geom.friction = geom.friction * np.array([value, 1.0, 1.0])


def _scale_gain(spec: mujoco.MjSpec, value: float) -> None:
    for actuator in spec.actuators:
        actuator.gear = actuator.gear * value
