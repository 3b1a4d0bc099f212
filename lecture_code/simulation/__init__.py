"""What happens: parameters, worlds, tasks, rollouts.

Knows MuJoCo, and nothing of learning. Start with `make_world` in `worlds.py`, then
`rollout` in `rollout.py`.

    worlds           a robot with a value for each knob
    robots           the nominal robots, with the numbers of each task's reward
    tasks            what a task is, and those of the legged robots
    reaching         the tasks of the arms
    parameters       the knobs: unit, bounds, nominal value, how each changes a model
    distributions    sources of worlds: distributions over knobs
    policy           what a rollout expects of a policy
    rollout          a policy in N worlds for T control steps, batched and plain
    trajectories     what a rollout returns
    recorder         fills trajectories while a rollout runs
    batch            N simulations side by side on threads
    branching        going back to a state of a rollout
    drive            from command to motor: transform, delay, clipping, backlash
    noise            motor noise, observation noise, random starts
    stepping         one control step from given states
    mujoco_import    imports MuJoCo, with or without a display
    standing         a humanoid's posture at rest, and what holds it
    side_view        a robot as capsules in the x–z plane
    portable         a robot for the reader's browser
    planar_reacher   a two-joint arm that reaches for targets, without forces
    linear_plant     x' = A x + B u, for checks by hand
    slot_arm         a three-link arm that puts its peg into a slot
    slot_attempts    its attempts: start, reference, success
    balancer         a robot with three links on a base that tilts
    balance_trials   its trials: motion of the base, wanted posture, fall
"""

from lecture_code.simulation.batch import Diverged
from lecture_code.simulation.branching import branch, motor_noise_of
from lecture_code.simulation.distributions import (
    Source,
    TruncatedGaussian,
    check_source,
)
from lecture_code.simulation.noise import ar1
from lecture_code.simulation.parameters import Parameter
from lecture_code.simulation.policy import Act, Policy, Remembering, started
from lecture_code.simulation.reaching import Reach, ReachTarget
from lecture_code.simulation.robots import ROBOTS, Robot
from lecture_code.simulation.rollout import plain_rollout, rollout
from lecture_code.simulation.side_view import SideView, side_view
from lecture_code.simulation.stepping import one_step
from lecture_code.simulation.tasks import Locomotion, SpatialLocomotion, Task
from lecture_code.simulation.trajectories import Trajectories
from lecture_code.simulation.worlds import Transform, World, make_world

__all__ = [
    "ROBOTS",
    "Act",
    "Diverged",
    "Locomotion",
    "Parameter",
    "Policy",
    "Reach",
    "ReachTarget",
    "Remembering",
    "Robot",
    "SideView",
    "Source",
    "SpatialLocomotion",
    "Task",
    "Trajectories",
    "Transform",
    "TruncatedGaussian",
    "World",
    "ar1",
    "branch",
    "check_source",
    "make_world",
    "motor_noise_of",
    "one_step",
    "plain_rollout",
    "rollout",
    "side_view",
    "started",
]
