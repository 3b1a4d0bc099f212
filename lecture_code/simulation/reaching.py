"""Tasks of the arms: bring the hand to a point.

Both arms have two links in the x–z plane, which hang down from the shoulder, at the
origin, where both angles are 0. The shoulder's angle grows towards +x; the elbow's is
relative to the upper arm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray

from lecture_code.simulation.tasks import Array, Quantities


def hand(angles: Array, links: tuple[float, float]) -> Array:
    """Position of the hand (x, z) [m] from the shoulder, (N, 2).

    Args:
        angles: of shoulder and elbow, (N, 2) [rad].
        links: lengths of upper arm and forearm [m].
    """
    absolute = np.cumsum(angles, axis=1)  # from hanging down [rad]
    lengths = np.array(links)
    return np.stack([np.sin(absolute) @ lengths, -np.cos(absolute) @ lengths], axis=1)


def angles_seen(observations: Array) -> Array:
    """Angles (N, 2) [rad] between −π and π, of observations (N, S) that begin with
    their two cosines and two sines.
    """
    return np.arctan2(observations[:, 2:4], observations[:, :2])


def bent_arm(points: Array, links: tuple[float, float]) -> Array:
    """Angles (N, 2) [rad] that bring the hand to points (N, 2) [m], by inverse
    kinematics.

    An arm reaches a point in two ways. This is the one whose elbow's angle lies between
    0 and π. Where a point is too far or too near, the arm points at it.

    Args:
        points: positions (x, z) from the shoulder [m].
        links: lengths of upper arm and forearm [m].
    """
    upper, fore = links
    x, z = points[:, 0], points[:, 1]
    cosine = (x**2 + z**2 - upper**2 - fore**2) / (2 * upper * fore)  # of the elbow
    elbow = np.arccos(np.clip(cosine, -1, 1))
    inside = np.arctan2(fore * np.sin(elbow), upper + fore * np.cos(elbow))
    return np.stack([np.arctan2(x, -z) - inside, elbow], axis=1)


def nearest_turn(angles: Array, near: Array) -> Array:
    """The same directions as `angles`, as the angles within π of `near` [rad]."""
    return np.asarray(near + (angles - near + np.pi) % (2 * np.pi) - np.pi)


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
        """Position of the hand (x, z) [m] from the shoulder, (N, 2), of qpos (N, 2)."""
        return hand(qpos, self.links)

    def observation(self, now: Quantities) -> Array:
        """cos q, sin q, velocities [rad/s], and the hand's position relative to the
        target [m]: (N, 8).
        """
        qpos = now["qpos"]
        miss = self.hand(qpos) - np.array(self.target)
        return np.concatenate([np.cos(qpos), np.sin(qpos), now["qvel"], miss], axis=1)

    def state(self, observations: Array) -> tuple[Array, Array]:
        """Angles between −π and π [rad], and velocities [rad/s]."""
        return angles_seen(observations), np.array(observations[:, 4:6])

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


@dataclass(frozen=True)
class ReachTarget:
    """Bring the hand of a two-link arm to a target that is drawn anew in each episode.

    The target belongs to the state, as two positions of a body that nothing moves:
    qpos = (shoulder, elbow, target x, target z), qvel likewise.

    Args:
        frame_skip: physics steps in one control step.
        links: lengths of upper arm and forearm [m].
        radii: smallest and largest distance of a target from the shoulder [m].
        start: the start's angles are uniform within ± this around hanging down [rad].
    """

    frame_skip: int
    links: tuple[float, float] = (0.5, 0.5)
    radii: tuple[float, float] = (0.3, 0.95)
    start: float = 0.5
    quantities: tuple[str, ...] = ("qpos", "qvel")
    observation_dtype: DTypeLike = np.float64

    def observation_shape(self, nq: int, nv: int) -> tuple[int, ...]:
        """(10,)."""
        return (10,)

    def hand(self, qpos: Array) -> Array:
        """Position of the hand (x, z) [m] from the shoulder, (N, 2), of qpos (N, 4)."""
        return hand(qpos[:, :2], self.links)

    def observation(self, now: Quantities) -> Array:
        """cos q, sin q, joint velocities [rad/s], the target, and the hand's position
        relative to it [m]: (N, 10).
        """
        qpos, speeds = now["qpos"], now["qvel"][:, :2]
        q, target = qpos[:, :2], qpos[:, 2:]
        miss = self.hand(qpos) - target
        return np.concatenate([np.cos(q), np.sin(q), speeds, target, miss], axis=1)

    def state(self, observations: Array) -> tuple[Array, Array]:
        """Angles between −π and π [rad], the target [m], and their velocities."""
        qpos = np.concatenate([angles_seen(observations), observations[:, 6:8]], axis=1)
        qvel = np.zeros_like(qpos)  # the target rests
        qvel[:, :2] = observations[:, 4:6]
        return qpos, qvel

    def joint_state(self, observations: Array, near: Array | None = None) -> Array:
        """Angles [rad] and velocities [rad/s] of the joints, (N, 4).

        Args:
            observations: (N, 10).
            near: angles are chosen within π of these, (N, 2); None for angles between
                −π and π. With the angles of the step before, they grow without a jump.
        """
        angles = angles_seen(observations)
        if near is not None:
            angles = nearest_turn(angles, near)
        return np.concatenate([angles, observations[:, 4:6]], axis=1)

    def posture(self, observations: Array, near: Array | None = None) -> Array:
        """Angles (N, 2) [rad] with the hand on the target and the elbow bent forward.

        Args:
            observations: (N, 10).
            near: angles are chosen within π of these, (N, 2); None for the present
                angles of the arm.
        """
        near = angles_seen(observations) if near is None else near
        return nearest_turn(bent_arm(observations[:, 6:8], self.links), near)

    def wanted_state(self, observations: Array, near: Array | None = None) -> Array:
        """The posture at rest, as a joint state (N, 4); arguments as for `posture`."""
        angles = self.posture(observations, near)
        return np.concatenate([angles, np.zeros_like(angles)], axis=1)

    def reward(
        self,
        before: Quantities,
        action: Array,
        after: Quantities,
        failed: NDArray[np.bool_],
        dt: float,
    ) -> Array:
        """Minus the distance of the hand to the target [m]; torques cost nothing."""
        miss = self.hand(after["qpos"]) - after["qpos"][:, 2:]
        return np.asarray(-np.linalg.norm(miss, axis=1))

    def failure(self, after: Quantities) -> NDArray[np.bool_]:
        """Never."""
        return np.zeros(len(after["qpos"]), dtype=bool)

    def reset(
        self, qpos: Array, qvel: Array, rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """At rest, around hanging down; the target uniform over the ring of `radii`.

        So hangs an arm that is switched on under gravity. A level plane has no
        preferred direction, so that this start is as good as any there.
        """
        angles = qpos[:2] + rng.uniform(-self.start, self.start, 2)
        near, far = self.radii
        r = np.sqrt(rng.uniform(near**2, far**2))  # uniform over the area
        direction = rng.uniform(-np.pi, np.pi)
        target = r * np.array([np.sin(direction), -np.cos(direction)])
        return np.concatenate([angles, target]), np.zeros_like(qvel)
