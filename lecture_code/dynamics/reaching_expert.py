"""The expert of the arm: one feedback gain, computed in the simulator without gravity.

The inverse-dynamics chapter keeps a policy that works in the simulator. For the arm it
is the linear-quadratic regulator of the simulator's motion around one bent posture:

    u = K (q − q*, q̇)

q* is the posture whose hand is on the target, with the elbow bent to one side. The same
K serves every target: the linear model differs little from posture to posture.

The cost is |q − q*|² + 0.05 |q̇|² + R |u|². A large R makes the feedback soft: the arm
reaches in the level plane, and sags when the plane is tilted, as with the expert of the
paper. A small R makes the feedback stiff.

`HoldingExpert` is what the same cost gives in the robot's own world, with gravity: it
shows what could be earned if the robot's dynamics were known.

The gain comes from `learning/lqr.py`. Start with `ReachingExpert.from_source`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lecture_code.learning.lqr import QuadraticCost, lqr, times
from lecture_code.learning.simulated_dynamics import SimulatedDynamics
from lecture_code.simulation import Act, ReachTarget, World

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ReachingSettings:
    """How stiff the expert is.

    Args:
        action_cost: R, weight of the squared actions; larger is softer.
        speed_cost: weight of the squared joint velocities [s²].
        posture: angles around which the simulator is linearised [rad].
        horizon: control steps that LQR looks ahead; enough that K no longer changes.
    """

    action_cost: float = 30.0
    speed_cost: float = 0.05
    posture: tuple[float, float] = (0.5, 1.2)
    horizon: int = 400

    def __post_init__(self) -> None:
        if not (self.action_cost > 0 and self.speed_cost >= 0 and self.horizon >= 1):
            raise ValueError(
                "action_cost must be positive, speed_cost not negative and horizon at "
                f"least 1; got {self}"
            )

    def cost(self) -> QuadraticCost:
        """The cost of leaving the posture."""
        Q = np.diag([1.0, 1.0, self.speed_cost, self.speed_cost])
        return QuadraticCost(Q, self.action_cost * np.eye(2), np.zeros((1, 4)))


@dataclass(frozen=True, eq=False)
class ReachingExpert:
    """A policy that pulls the arm towards the posture of its target.

    Args:
        task: tells posture and joints from observations.
        K: gain, actions by joint state, (2, 4).
        limits: smallest and largest action, (2,) each.
    """

    task: ReachTarget
    K: Array
    limits: tuple[Array, Array]

    @classmethod
    def from_source(
        cls, source: World, settings: ReachingSettings | None = None
    ) -> ReachingExpert:
        """The expert of a simulator.

        Raises:
            ValueError: the world's task is not `ReachTarget`.
        """
        settings = settings or ReachingSettings()
        task = source.task
        if not isinstance(task, ReachTarget):
            raise ValueError(
                "the expert needs a world whose task is ReachTarget, such as "
                f"'heavy_arm'; got {source.name!r} with {type(task).__name__}"
            )
        at_rest = np.array([*settings.posture, 0, 0])
        dynamics = SimulatedDynamics(source, 2)
        model = dynamics.linear_model(at_rest, np.zeros(2))
        gains = lqr(model, settings.cost(), settings.horizon)
        return cls(task, gains.K[0], source.control_limits)

    def __call__(self, observations: Array, rng: np.random.Generator) -> Array:
        """Actions (N, 2) for observations (N, 10); nothing is drawn."""
        now = self.task.joint_state(observations)
        apart = now - self.task.wanted_state(observations)
        return np.clip(times(self.K, apart), *self.limits)


@dataclass(frozen=True, eq=False)
class HoldingExpert:
    """The expert that is computed in the robot's own world, for each target anew.

        u = u* + K (q − q*, q̇)

    The action u* holds the posture q* against gravity, and K belongs to the motion
    around it. The cost counts u − u*. From a start far from the target this linear
    feedback may come to rest elsewhere.

    Args:
        world: the robot, whose task is `ReachTarget`.
        settings: the cost; `posture` is not used.
    """

    world: World
    settings: ReachingSettings = ReachingSettings()

    def start(self, n: int) -> Act:
        """What acts in one rollout of n worlds, each with its own target."""
        task = self.world.task
        if not isinstance(task, ReachTarget):
            raise ValueError(
                "the expert needs a world whose task is ReachTarget, such as "
                f"'heavy_arm'; got {self.world.name!r} with {type(task).__name__}"
            )
        solved: list[tuple[Array, Array]] = []  # u* and K of every world

        def act(observations: Array, rng: np.random.Generator) -> Array:
            wanted = task.wanted_state(observations)
            if not solved:
                solved.extend(self.gain(posture) for posture in wanted)
            apart = task.joint_state(observations) - wanted
            rows = zip(solved, apart, strict=True)
            actions = np.array([hold + K @ miss for (hold, K), miss in rows])
            return np.asarray(np.clip(actions, *self.world.control_limits))

        return act

    def gain(self, posture: Array) -> tuple[Array, Array]:
        """u* (2,) and K (2, 4) for a posture at rest, (4,)."""
        dynamics = SimulatedDynamics(self.world, 2)
        hold = np.zeros(2)
        for _ in range(3):  # Newton: after one step the joints still rest
            model = dynamics.linear_model(posture, hold)
            speeds = dynamics(posture[None], hold[None])[0, 2:]
            hold = hold - np.linalg.solve(model.f_u[2:], speeds)
        model = dynamics.linear_model(posture, hold)
        gains = lqr(model, self.settings.cost(), self.settings.horizon)
        return hold, gains.K[0]
