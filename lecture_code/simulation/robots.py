"""The robots: where a nominal model comes from, and the task it is used for.

Hopper, HalfCheetah, Walker2d and Humanoid are read from the installed Gymnasium package
and never copied; the arms are ours, because Gymnasium's Reacher turns about the
direction of gravity, so that gravity changes nothing there.

The heavy arm weighs 34 kg. Its plane of motion lies level, so that its nominal gravity
is 0; in a plane that is tilted by α, the knob `gravity` is −9.81 sin α. Stretched out
under full gravity it weighs 167 Nm on the shoulder and 42 Nm on the elbow; the motors
have 300 Nm and 75 Nm, 1.8 times as much.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import gymnasium

from lecture_code.simulation.mujoco_import import mujoco
from lecture_code.simulation.reaching import Reach, ReachTarget
from lecture_code.simulation.tasks import Locomotion, SpatialLocomotion, Task

ARM_XML = """
<mujoco model="two_link_arm">
  <compiler angle="radian"/>
  <option timestep="0.005" integrator="RK4"/>
  <default>
    <joint type="hinge" axis="0 -1 0" damping="0.1" armature="0.01"/>
    <geom type="capsule" size="0.03" contype="0" conaffinity="0" mass="1"/>
    <motor ctrllimited="true" ctrlrange="-1 1" gear="15"/>
  </default>
  <worldbody>
    <body name="upper_arm">
      <joint name="shoulder"/>
      <geom name="upper_arm" fromto="0 0 0 0 0 -0.5"/>
      <body name="forearm" pos="0 0 -0.5">
        <joint name="elbow"/>
        <geom name="forearm" fromto="0 0 0 0 0 -0.5"/>
      </body>
    </body>
  </worldbody>
  <actuator>
    <motor name="shoulder" joint="shoulder"/>
    <motor name="elbow" joint="elbow"/>
  </actuator>
</mujoco>
"""

HEAVY_ARM_XML = """
<mujoco model="heavy_arm">
  <compiler angle="radian"/>
  <option timestep="0.005" integrator="RK4" gravity="0 0 0"/>
  <default>
    <joint type="hinge" axis="0 -1 0" damping="5" armature="0.1"/>
    <geom type="capsule" size="0.06" contype="0" conaffinity="0" mass="17"/>
    <motor ctrllimited="true" ctrlrange="-1 1"/>
  </default>
  <worldbody>
    <body name="upper_arm">
      <joint name="shoulder"/>
      <geom name="upper_arm" fromto="0 0 0 0 0 -0.5"/>
      <body name="forearm" pos="0 0 -0.5">
        <joint name="elbow"/>
        <geom name="forearm" fromto="0 0 0 0 0 -0.5"/>
      </body>
    </body>
    <body name="target" gravcomp="1">
      <joint name="target_x" type="slide" axis="1 0 0"/>
      <joint name="target_z" type="slide" axis="0 0 1"/>
      <geom name="target" type="sphere" size="0.03" mass="0.001"/>
    </body>
  </worldbody>
  <actuator>
    <motor name="shoulder" joint="shoulder" gear="300"/>
    <motor name="elbow" joint="elbow" gear="75"/>
  </actuator>
</mujoco>
"""


@dataclass(frozen=True)
class Robot:
    """A nominal model and its task.

    Args:
        name: as in `make_world`.
        load: makes a fresh `MjSpec` of the nominal robot.
        trunk: the body whose mass is the knob `torso_mass`.
        task: what it is used for.
    """

    name: str
    load: Callable[[], mujoco.MjSpec]
    trunk: str
    task: Task


def _gymnasium_spec(file: str) -> Callable[[], mujoco.MjSpec]:
    def load() -> mujoco.MjSpec:
        # by its text: MuJoCo does not open every path that Python can
        path = Path(gymnasium.__file__).parent / "envs" / "mujoco" / "assets" / file
        spec = mujoco.MjSpec.from_string(path.read_text(encoding="utf-8"))
        for geom in spec.geoms:
            geom.material = ""
        # nothing is rendered, and textures make every compilation slow
        for unseen in (*spec.materials, *spec.textures):
            spec.delete(unseen)
        return _explicit_masses(spec)

    return load


def _explicit_masses(spec: mujoco.MjSpec) -> mujoco.MjSpec:
    """Write down every body's mass and inertia, which the model file leaves to its
    geoms and to the deprecated attribute `settotalmass`.
    """
    total = float(spec.compiler.settotalmass)
    spec.compiler.settotalmass = -1
    model = spec.compile()
    scale = total / sum(model.body_mass) if total > 0 else 1.0
    spec.compiler.inertiafromgeom = mujoco.mjtInertiaFromGeom.mjINERTIAFROMGEOM_FALSE
    for body in spec.bodies[1:]:  # all but the world
        i = model.body(body.name).id
        body.explicitinertial = True
        body.mass = scale * model.body_mass[i]
        body.inertia = scale * model.body_inertia[i]
        body.ipos, body.iquat = model.body_ipos[i], model.body_iquat[i]
    return spec


def _own_spec(xml: str) -> Callable[[], mujoco.MjSpec]:
    def load() -> mujoco.MjSpec:
        return _explicit_masses(mujoco.MjSpec.from_string(xml))

    return load


ROBOTS = {
    robot.name: robot
    for robot in (
        Robot(
            "hopper",
            _gymnasium_spec("hopper.xml"),
            "torso",
            Locomotion(
                frame_skip=4,
                control_cost=1e-3,
                survival=1.0,
                height=(0.7, float("inf")),
                pitch=(-0.2, 0.2),
                bound=100.0,
                speed_limit=10.0,
            ),
        ),
        Robot(
            "half_cheetah",
            _gymnasium_spec("half_cheetah.xml"),
            "torso",
            Locomotion(
                frame_skip=5,
                control_cost=0.1,
                position_noise=0.1,
                velocity_noise=0.1,
                normal_velocity=True,
            ),
        ),
        Robot(
            "walker2d",
            _gymnasium_spec("walker2d_v5.xml"),
            "torso",
            Locomotion(
                frame_skip=4,
                control_cost=1e-3,
                survival=1.0,
                height=(0.8, 2.0),
                pitch=(-1.0, 1.0),
                speed_limit=10.0,
            ),
        ),
        Robot("two_link_arm", _own_spec(ARM_XML), "upper_arm", Reach(frame_skip=10)),
        Robot(
            "heavy_arm",
            _own_spec(HEAVY_ARM_XML),
            "upper_arm",
            ReachTarget(frame_skip=10),
        ),
        Robot(
            "humanoid",
            _gymnasium_spec("humanoid.xml"),
            "torso",
            SpatialLocomotion(
                frame_skip=5,
                speed_weight=1.25,
                control_cost=0.1,
                survival=5.0,
                height=(1.0, 2.0),
                noise=0.01,
            ),
        ),
    )
}
