"""Tasks: what a robot sees, what it is paid for, when it has failed, where it starts.

Written on batches of simulation quantities `(N, …)`, so that one task runs in every
world. The legged tasks are Gymnasium's v5 environments (Towers et al. 2024, arXiv
2407.17032) number for number; a test holds them together along whole trajectories. The
tasks of the arms are in `reaching.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[np.float64]
Quantities = Mapping[str, Array]  # name of an MjData field → (N, …)


class Task(Protocol):
    """Observation, reward, failure and reset, on batches."""

    @property
    def frame_skip(self) -> int:
        """Physics steps in one control step."""

    @property
    def quantities(self) -> tuple[str, ...]:
        """The MjData fields that the methods below read; `qpos` and `qvel` at least."""

    @property
    def observation_dtype(self) -> DTypeLike:
        """Type of the observations: float64 for state vectors, uint8 for frames."""

    def observation_shape(self, nq: int, nv: int) -> tuple[int, ...]:
        """Shape of one observation, for a robot of nq positions and nv velocities:
        (S,) of a state vector, (H, W, 3) of a frame.
        """

    def observation(self, now: Quantities) -> NDArray[Any]:
        """What the policy sees, (N, *observation_shape) of `observation_dtype`."""

    def state(self, observations: Array) -> tuple[Array, Array]:
        """The state that is seen like this: (N, S) -> (N, nq), (N, nv).

        What is not seen, and does not influence the dynamics, is 0.
        """

    def failure(self, after: Quantities) -> NDArray[np.bool_]:
        """Whether the episode ends here, (N,)."""

    def reward(
        self,
        before: Quantities,
        action: Array,
        after: Quantities,
        failed: NDArray[np.bool_],
        dt: float,
    ) -> Array:
        """The reward of one control step of dt [s], which has failed or not, (N,)."""

    def reset(
        self, qpos: Array, qvel: Array, rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """A start drawn around the model's own (nq,), (nv,)."""


@dataclass(frozen=True)
class Locomotion:
    """Run along +x, in the x–z plane: forward speed, a bonus for staying upright, minus
    the square of the control. The numbers of each robot stand in `robots.ROBOTS`.

    Args:
        frame_skip: physics steps in one control step.
        control_cost: weight of |a|².
        survival: reward of a step that ends upright.
        height: allowed heights of the torso [m], exclusive; None where nothing ends the
            episode: `pitch` and `bound` then have no effect.
        pitch: allowed pitch of the torso [rad], exclusive.
        bound: every other state must stay within ± bound.
        speed_limit: joint velocities are clipped to ± this in the observation.
        position_noise: the start's positions are uniform within ± this.
        velocity_noise: likewise its velocities; with `normal_velocity` the standard
            deviation of a Gaussian.
    """

    frame_skip: int
    control_cost: float
    survival: float = 0.0
    height: tuple[float, float] | None = None
    pitch: tuple[float, float] = (-np.inf, np.inf)
    bound: float = np.inf
    speed_limit: float = np.inf
    position_noise: float = 5e-3
    velocity_noise: float = 5e-3
    normal_velocity: bool = False
    quantities: tuple[str, ...] = ("qpos", "qvel")
    observation_dtype: DTypeLike = np.float64

    def observation_shape(self, nq: int, nv: int) -> tuple[int, ...]:
        """(S,) = (nq − 1 + nv,)."""
        return (nq - 1 + nv,)

    def observation(self, now: Quantities) -> Array:
        """Every position but x [m, rad], and every velocity [m/s, rad/s]: (N, S)."""
        speeds = np.clip(now["qvel"], -self.speed_limit, self.speed_limit)
        return np.concatenate([now["qpos"][:, 1:], speeds], axis=1)

    def state(self, observations: Array) -> tuple[Array, Array]:
        """The robot at x = 0; a speed that was clipped stays clipped. There are as many
        positions as velocities: a planar robot has no quaternion.
        """
        nq = (observations.shape[1] + 1) // 2
        x = np.zeros((len(observations), 1))
        qpos = np.concatenate([x, observations[:, : nq - 1]], axis=1)
        return qpos, np.array(observations[:, nq - 1 :])

    def reward(
        self,
        before: Quantities,
        action: Array,
        after: Quantities,
        failed: NDArray[np.bool_],
        dt: float,
    ) -> Array:
        """Forward speed [m/s] + survival − control_cost |a|²."""
        speed = (after["qpos"][:, 0] - before["qpos"][:, 0]) / dt
        cost = self.control_cost * np.square(action).sum(axis=1)
        return np.asarray(speed + self.survival * ~failed - cost)

    def failure(self, after: Quantities) -> NDArray[np.bool_]:
        """Whether each robot has fallen, or a state is out of bounds, (N,)."""
        qpos, qvel = after["qpos"], after["qvel"]
        if self.height is None:
            return np.zeros(len(qpos), dtype=bool)
        z, pitch = qpos[:, 1], qpos[:, 2]
        upright = (self.height[0] < z) & (z < self.height[1])
        upright &= (self.pitch[0] < pitch) & (pitch < self.pitch[1])
        if np.isfinite(self.bound):
            upright &= (np.abs(qpos[:, 2:]) < self.bound).all(axis=1)
            upright &= (np.abs(qvel) < self.bound).all(axis=1)
        return ~upright

    def reset(
        self, qpos: Array, qvel: Array, rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """The model's own start, shaken a little."""
        wide, fast = self.position_noise, self.velocity_noise
        positions = qpos + rng.uniform(-wide, wide, qpos.size)
        if self.normal_velocity:
            return positions, qvel + fast * rng.standard_normal(qvel.size)
        return positions, qvel + rng.uniform(-fast, fast, qvel.size)


@dataclass(frozen=True)
class SpatialLocomotion:
    """Walk along +x, in space: forward speed of the centre of mass, a bonus for staying
    upright, minus the square of the control.

    The trunk moves and turns freely: position (x, y, z) and quaternion, 7 of nq, with 6
    of nv. This is Gymnasium's `Humanoid-v5` without inertias, velocities of bodies and
    forces in the observation, and without a cost of contact.

    Args:
        frame_skip: physics steps in one control step.
        speed_weight: weight of the forward speed.
        control_cost: weight of |a|².
        survival: reward of a step that ends upright.
        height: allowed heights of the trunk [m], exclusive.
        noise: the start's positions and velocities are uniform within ± this.
    """

    frame_skip: int
    speed_weight: float
    control_cost: float
    survival: float
    height: tuple[float, float]
    noise: float
    quantities: tuple[str, ...] = ("qpos", "qvel", "subtree_com")
    observation_dtype: DTypeLike = np.float64

    def observation_shape(self, nq: int, nv: int) -> tuple[int, ...]:
        """(S,) = (nq − 2 + nv,)."""
        return (nq - 2 + nv,)

    def observation(self, now: Quantities) -> Array:
        """Every position but x and y [m, rad, quaternion], and every velocity [m/s,
        rad/s]: (N, S).
        """
        return np.concatenate([now["qpos"][:, 2:], now["qvel"]], axis=1)

    def state(self, observations: Array) -> tuple[Array, Array]:
        """The robot at x = y = 0. There is one position more than velocities: the
        quaternion has four numbers, and the trunk turns about three axes.
        """
        nq = (observations.shape[1] + 3) // 2
        place = np.zeros((len(observations), 2))
        qpos = np.concatenate([place, observations[:, : nq - 2]], axis=1)
        return qpos, np.array(observations[:, nq - 2 :])

    def reward(
        self,
        before: Quantities,
        action: Array,
        after: Quantities,
        failed: NDArray[np.bool_],
        dt: float,
    ) -> Array:
        """speed_weight × forward speed [m/s] + survival − control_cost |a|².

        `subtree_com` of the world, its body 0, is the robot's centre of mass, (N, 3)
        [m]. MuJoCo computes it before it moves the robot on, so that it lags a little
        behind `qpos`, here as in Gymnasium.
        """
        travelled = after["subtree_com"][:, 0, 0] - before["subtree_com"][:, 0, 0]
        forward = self.speed_weight * travelled / dt
        cost = self.control_cost * np.square(action).sum(axis=1)
        return np.asarray(forward + self.survival * ~failed - cost)

    def failure(self, after: Quantities) -> NDArray[np.bool_]:
        """Whether the trunk is lower or higher than allowed, (N,)."""
        z = after["qpos"][:, 2]
        return np.asarray(~((self.height[0] < z) & (z < self.height[1])))

    def reset(
        self, qpos: Array, qvel: Array, rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """The model's own start, shaken a little, the quaternion too."""
        positions = qpos + rng.uniform(-self.noise, self.noise, qpos.size)
        return positions, qvel + rng.uniform(-self.noise, self.noise, qvel.size)
