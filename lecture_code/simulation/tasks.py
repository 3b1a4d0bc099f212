"""Tasks: what a robot sees, what it is paid for, when it has failed, where it starts.

Written on batches of simulation quantities `(N, …)`, so that one task runs in every
world. The three legged tasks are Gymnasium's v5 environments (Towers et al. 2024, arXiv
2407.17032) number for number; a test holds them together along whole trajectories.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[np.float64]
Quantities = Mapping[str, Array]  # name of an MjData field → (N, size)


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
    """Run along +x: forward speed, a bonus for staying upright, minus the square of the
    control. The numbers of each robot stand in `robots.ROBOTS`.

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
class Reach:
    """Bring the hand of the two-link arm to a point and hold it there, against gravity.

    Args:
        frame_skip: physics steps in one control step.
        links: lengths of upper arm and forearm [m].
        target: where the hand should be, (x, z) from the shoulder [m].
        control_cost: weight of |a|².
        noise: the start's angles [rad] and velocities [rad/s] are uniform within ± this
            around hanging down.
    """

    frame_skip: int
    links: tuple[float, float] = (0.5, 0.5)
    target: tuple[float, float] = (0.5, 0.5)
    control_cost: float = 0.01
    noise: float = 0.1
    quantities: tuple[str, ...] = ("qpos", "qvel")
    observation_dtype: DTypeLike = np.float64

    def observation_shape(self, nq: int, nv: int) -> tuple[int, ...]:
        """(8,)."""
        return (8,)

    def hand(self, qpos: Array) -> Array:
        """Position of the hand (x, z) [m] from the shoulder, (N, 2); at angle 0 a link
        hangs down, angles grow towards +x.
        """
        angles = np.cumsum(qpos, axis=1)  # absolute [rad]
        links = np.array(self.links)
        return np.stack([np.sin(angles) @ links, -np.cos(angles) @ links], axis=1)

    def observation(self, now: Quantities) -> Array:
        """cos q, sin q, velocities [rad/s], and the hand's position relative to the
        target [m]: (N, 8).
        """
        qpos = now["qpos"]
        miss = self.hand(qpos) - np.array(self.target)
        return np.concatenate([np.cos(qpos), np.sin(qpos), now["qvel"], miss], axis=1)

    def reward(
        self,
        before: Quantities,
        action: Array,
        after: Quantities,
        failed: NDArray[np.bool_],
        dt: float,
    ) -> Array:
        """Minus the distance to the target [m], minus control_cost |a|²."""
        miss = self.hand(after["qpos"]) - np.array(self.target)
        distance = np.linalg.norm(miss, axis=1)
        return np.asarray(-distance - self.control_cost * np.square(action).sum(axis=1))

    def failure(self, after: Quantities) -> NDArray[np.bool_]:
        """Never."""
        return np.zeros(len(after["qpos"]), dtype=bool)

    def reset(
        self, qpos: Array, qvel: Array, rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Hanging down, shaken a little."""
        angles = qpos + rng.uniform(-self.noise, self.noise, 2)
        return angles, qvel + rng.uniform(-self.noise, self.noise, 2)
