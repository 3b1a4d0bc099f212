"""A simulator as a model of the dynamics: from a state and an action to the next state.

The state is x = (q, q̇) of the joints that move, and nothing else. So a task may keep a
target among the positions of its model, and planners need not know of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lecture_code.learning.ilqr import forward_differences
from lecture_code.learning.lqr import LinearModel
from lecture_code.simulation import World, one_step

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SimulatedDynamics:
    """One control step of a world, T(x, u).

    Args:
        world: without delay, play and noise: these belong to the robot.
        joints: number of joints that move, the first ones of the model; the others rest
            at 0.

    Raises:
        ValueError: the model has no such number of joints.
    """

    world: World
    joints: int

    def __post_init__(self) -> None:
        model = self.world.model
        most = min(model.nq, model.nv)
        if not 1 <= self.joints <= most:
            raise ValueError(
                f"joints must lie between 1 and {most} for {self.world.name}; got "
                f"{self.joints}"
            )

    def __call__(self, x: Array, u: Array) -> Array:
        """Next states (n, 2 joints) of states (n, 2 joints) and actions (n, A)."""
        if np.ndim(x) != 2 or np.shape(x)[1] != 2 * self.joints:
            raise ValueError(
                f"x must be (n, {2 * self.joints}): the angles and velocities of "
                f"{self.joints} joints; got {np.shape(x)}"
            )
        J = self.joints
        model = self.world.model
        qpos = np.zeros((len(x), model.nq))
        qvel = np.zeros((len(x), model.nv))
        qpos[:, :J] = x[:, :J]
        qvel[:, :J] = x[:, J:]
        q, v = one_step(self.world, qpos, qvel, u)
        return np.concatenate([q[:, :J], v[:, :J]], axis=1)

    def jacobian(self, x: Array, u: Array) -> Array:
        """Slopes of the next state by state and action, (n, S, S + A)."""
        return forward_differences(self, x, u)

    def linear_model(self, x: Array, u: Array) -> LinearModel:
        """The dynamics around one state x (S,) and action u (A,)."""
        S = x.size
        f_xu = self.jacobian(x[None], u[None])[0]
        f_c = self(x[None], u[None])[0] - f_xu @ np.concatenate([x, u])
        return LinearModel(f_xu[:, :S], f_xu[:, S:], f_c, np.zeros((S, S)))
