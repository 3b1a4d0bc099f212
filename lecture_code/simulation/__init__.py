"""What happens: parameters, worlds, tasks, rollouts.

Knows MuJoCo, and nothing of learning.

Start with `make_world` in `worlds.py`, then `rollout` in `rollout.py`.
"""

from lecture_code.simulation.batch import Diverged
from lecture_code.simulation.distributions import (
    Source,
    TruncatedGaussian,
    check_source,
)
from lecture_code.simulation.noise import ar1
from lecture_code.simulation.parameters import Parameter
from lecture_code.simulation.policy import Act, Policy, Remembering, started
from lecture_code.simulation.robots import ROBOTS, Robot
from lecture_code.simulation.rollout import plain_rollout, rollout
from lecture_code.simulation.side_view import SideView, side_view
from lecture_code.simulation.stepping import one_step
from lecture_code.simulation.tasks import Locomotion, Reach, Task
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
    "Remembering",
    "Robot",
    "SideView",
    "Source",
    "Task",
    "Trajectories",
    "Transform",
    "TruncatedGaussian",
    "World",
    "ar1",
    "check_source",
    "make_world",
    "one_step",
    "plain_rollout",
    "rollout",
    "side_view",
    "started",
]
