"""A two-joint arm that reaches for targets, without forces: joints turn by the angles
that they are told.

The arm lies in a plane, with its shoulder at the origin; angles as in `reaching.py`.
An action (N, 2) has a part for each joint: 0 turns the joint back, 1 leaves it, 2 turns
it forward. The reward of a control step is 1 while the hand is within `radius` of the
target after the step, else 0; an episode takes `horizon` control steps and does not
fail. The start pose is uniform between the joint limits, and the target is uniform over
the upper half of a ring around the shoulder.

What may differ between simulator and robot: `links`, `gain` and `delay`. With a `speed`
targets move along their ring, as on a conveyor, and turn around at its ends.

`PlanarReacher` holds no state: `ReacherState` is a value, and every method gives a new
one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lecture_code.simulation.reaching import hand

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]

LIMITS = np.array([[np.pi / 2, -2.6], [3 * np.pi / 2, 2.6]])
"""Lowest and highest angle of shoulder and elbow [rad]."""
HALF_RING = np.pi / 2, 3 * np.pi / 2  # directions of targets, from hanging down [rad]
STAY = 1  # the part of an action that leaves a joint where it is


@dataclass(frozen=True, eq=False)
class ReacherState:
    """N episodes in the middle of their time.

    Args:
        angles: of shoulder and elbow, (N, 2) [rad].
        targets: their places (x, z), (N, 2) [m].
        clock: control steps since the start, (N,).
        speeds: of the targets along their ring, (N,) [rad in a control step].
        pending: actions that the delay still holds back, the oldest first, (N, delay,
            2).
    """

    angles: Array
    targets: Array
    clock: NDArray[np.int64]
    speeds: Array
    pending: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.angles)


@dataclass(frozen=True)
class PlanarReacher:
    """The arm and its task.

    Args:
        links: lengths of upper arm and forearm [m].
        gain: angle that a joint turns, in multiples of what it is told.
        delay: control steps between an action and its effect.
        turn: angle of a joint in one control step [rad].
        radius: distance of hand and target that counts as a success [m].
        ring: smallest and largest distance of a target from the shoulder [m].
        horizon: control steps of an episode.
        speed: of the targets along their ring, to a random side [rad in a control
            step].

    Raises:
        ValueError: a number is not positive, or delay or speed is negative.
    """

    links: tuple[float, float] = (0.55, 0.55)
    gain: float = 1.0
    delay: int = 0
    turn: float = 0.15
    radius: float = 0.15
    ring: tuple[float, float] = (0.4, 1.0)
    horizon: int = 50
    speed: float = 0.0

    def __post_init__(self) -> None:
        for name in ("links", "gain", "turn", "radius", "ring", "horizon"):
            if not np.all(np.array(getattr(self, name)) > 0):
                raise ValueError(f"{name} must be positive; got {getattr(self, name)}")
        for name in ("delay", "speed"):
            if getattr(self, name) < 0:
                raise ValueError(
                    f"{name} must not be negative; got {getattr(self, name)}"
                )

    def start(
        self, n: int, rng: np.random.Generator, *, staggered: bool = False
    ) -> ReacherState:
        """n new episodes.

        Args:
            n: their number.
            rng: draws poses, targets and moments.
            staggered: begin at moments that are uniform over the horizon, so that not
                all episodes end at once.
        """
        clock = np.zeros(n, dtype=np.int64)
        angles = rng.uniform(LIMITS[0], LIMITS[1], (n, 2))
        direction = rng.uniform(*HALF_RING, n)
        distance = rng.uniform(self.ring[0], self.ring[1], n)
        if staggered:
            clock = rng.integers(self.horizon, size=n)
        speeds: Array = np.zeros(n)
        if self.speed:
            speeds = rng.choice(np.array([-self.speed, self.speed]), n)
        pending = np.full((n, self.delay, 2), STAY)
        targets = on_ring(direction, distance)
        return ReacherState(angles, targets, clock, speeds, pending)

    def step(
        self, state: ReacherState, actions: NDArray[np.int64]
    ) -> tuple[ReacherState, Array]:
        """State and rewards (N,) after actions (N, 2).

        Raises:
            ValueError: the actions have another shape, or are not 0, 1 or 2.
        """
        if actions.shape != (len(state), 2) or not np.isin(actions, (0, 1, 2)).all():
            raise ValueError(
                f"actions must be ({len(state)}, 2), each 0, 1 or 2; got "
                f"{actions.shape} with values {np.unique(actions)}"
            )
        waiting = np.concatenate([state.pending, actions[:, None]], axis=1)
        turned = self.gain * self.turn * (waiting[:, 0] - STAY)
        angles = np.clip(state.angles + turned, LIMITS[0], LIMITS[1])
        targets, speeds = state.targets, state.speeds
        if self.speed:
            targets, speeds = carried(state)
        clock = state.clock + 1
        after = ReacherState(angles, targets, clock, speeds, waiting[:, 1:])
        return after, (self.distances(after) < self.radius).astype(float)

    def distances(self, state: ReacherState) -> Array:
        """Distance of hand and target, (N,) [m]."""
        apart = hand(state.angles, self.links) - state.targets
        return np.asarray(np.linalg.norm(apart, axis=1))

    def over(self, state: ReacherState) -> tuple[Bools, Bools]:
        """Which episodes failed (none), and whose time ran out, (N,) each."""
        return np.zeros(len(state), dtype=bool), state.clock >= self.horizon

    def renew(
        self, state: ReacherState, which: Bools, rng: np.random.Generator
    ) -> ReacherState:
        """The state with new episodes in place of these, (N,)."""
        fresh = self.start(int(which.sum()), rng)
        parts = {
            name: getattr(state, name).copy()
            for name in ("angles", "targets", "clock", "speeds", "pending")
        }
        for name, part in parts.items():
            part[which] = getattr(fresh, name)
        return ReacherState(**parts)


def on_ring(directions: Array, distances: Array) -> Array:
    """Places (x, z), (N, 2) [m], of directions from hanging down (N,) [rad] and
    distances from the shoulder (N,) [m].
    """
    unit = np.column_stack([np.sin(directions), -np.cos(directions)])
    return np.asarray(distances[:, None] * unit)


def carried(state: ReacherState) -> tuple[Array, Array]:
    """Targets (N, 2) and speeds (N,) one control step later; at an end of the half ring
    a target turns around.
    """
    x, z = state.targets.T
    direction = np.arctan2(x, -z) % (2 * np.pi) + state.speeds
    inside = np.clip(direction, *HALF_RING)
    speeds = np.where(inside == direction, state.speeds, -state.speeds)
    return on_ring(2 * inside - direction, np.hypot(x, z)), speeds
