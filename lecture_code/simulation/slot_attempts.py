"""Attempts of the slot arm: where they start, what they should follow, how they end.

N attempts with the same arm run side by side. Each has its own start and its own place
of the slot. `Attempts.step` takes the torques (N, 3) of one control step and returns
what the sensors say, (N, 6). A safety stop holds an attempt where it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lecture_code.simulation.engine import mujoco
from lecture_code.simulation.slot_arm import (
    APPROACH,
    DEPTH,
    DT,
    INSERTION,
    MOUTHS,
    SPEED_LIMIT,
    STEPS,
    SUBSTEPS,
    TOLERANCE,
    TORQUES,
    SlotArm,
    angles_of,
    tip,
)

Array = NDArray[np.float64]

START_STD = 0.2  # of the angles at the start, around hanging down [rad]


def draw_attempts(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Starts (N, 6), hanging down at rest, ~ N(0, START_STD²) in each angle, and places
    (N, 2) [m] of the tip before the slot, uniform over `MOUTHS`.
    """
    starts = np.zeros((n, 6))
    starts[:, :3] = START_STD * rng.standard_normal((n, 3))
    low, high = np.array(MOUTHS).T
    return starts, rng.uniform(low, high, (n, 2))


def references(starts: Array, mouths: Array, further: int = 0) -> Array:
    """Wanted states (N, T + 1 + further, 6) of every control step, for starts (N, 6)
    and mouths of the slot (N, 2); the last state is repeated.
    """
    steps = np.arange(STEPS + 1 + further)
    before = smooth(steps / APPROACH)[:, None]  # (T, 1)
    inside = smooth((steps - APPROACH) / INSERTION)
    along = mouths[:, None, :] + DEPTH * inside[:, None] * np.array([1.0, 0.0])
    approach = starts[:, None, :3] * (1 - before)
    angles = approach + angles_of(along) * before  # until the slot `along` stands still
    velocities = np.gradient(angles, DT, axis=1)
    velocities[:, APPROACH + INSERTION :] = 0.0
    return np.concatenate([angles, velocities], axis=-1)


def smooth(share: Array) -> Array:
    """From 0 to 1 with zero velocity and acceleration at both ends; constant beyond."""
    s = np.clip(share, 0.0, 1.0)
    return np.asarray(s**3 * (10 - 15 * s + 6 * s**2))


class Attempts:
    """N attempts of one arm.

    Args:
        arm: the arm; `switch` replaces it while the attempts run.
        starts: states at the start, (N, 6).
        mouths: where the tip stands before the slot, (N, 2) [m].
        rng: of the observation noise.

    Attributes:
        x: true states, (N, 6).
        fastest: the largest speed of a joint so far, (N,) [rad/s].
        stopped: control step of the safety stop, (N,); −1 without a stop.
        steps: control steps so far.

    Raises:
        ValueError: starts and mouths do not fit.
    """

    def __init__(
        self, arm: SlotArm, starts: Array, mouths: Array, rng: np.random.Generator
    ) -> None:
        n = len(starts)
        if np.shape(starts) != (n, 6) or np.shape(mouths) != (n, 2):
            raise ValueError(
                f"starts must be (N, 6) and mouths (N, 2); got {np.shape(starts)} and "
                f"{np.shape(mouths)}"
            )
        self.mouths, self.x = np.array(mouths, float), np.array(starts, float)
        self.fastest, self.stopped = np.zeros(n), np.full(n, -1)
        self.steps, self._rng = 0, rng
        self._waiting: list[Array] = []  # commands that have not arrived yet
        self.switch(arm)

    def switch(self, arm: SlotArm) -> None:
        """Go on with another arm, from the same states."""
        self.arm = arm
        self._data = [mujoco.MjData(arm.model) for _ in self.x]
        for data, x, mouth in zip(self._data, self.x, self.mouths, strict=True):
            data.qpos[:], data.qvel[:] = x[:3], x[3:]
            data.mocap_pos[0] = mouth[0], 0.0, mouth[1]

    def observe(self) -> Array:
        """What the sensors say, (N, 6): x plus noise."""
        std = self.arm.values["observation_noise"]
        if std == 0:
            return self.x.copy()
        scale = std * np.array([1.0] * 3 + [10.0] * 3)
        return np.asarray(self.x + scale * self._rng.standard_normal(self.x.shape))

    def step(self, actions: Array) -> Array:
        """One control step with torques (N, 3) [Nm], clipped to the motors' limits;
        returns the next observation (N, 6).
        """
        delay = int(self.arm.values["action_delay"])
        self._waiting.append(np.clip(actions, -np.array(TORQUES), TORQUES))
        late = len(self._waiting) > delay
        controls = self._waiting.pop(0) if late else np.zeros_like(actions)
        model = self.arm.model
        for i in np.flatnonzero(self.stopped < 0):
            data = self._data[i]
            data.ctrl[:] = controls[i]
            mujoco.mj_step(model, data, nstep=SUBSTEPS)
            self.x[i, :3], self.x[i, 3:] = data.qpos, data.qvel
        speed = np.abs(self.x[:, 3:]).max(axis=1)
        self.fastest = np.maximum(self.fastest, speed)
        self.steps += 1
        new = (self.stopped < 0) & (speed > SPEED_LIMIT)
        self.stopped[new] = self.steps
        return self.observe()

    @property
    def miss(self) -> Array:
        """Distance of the tip from its goal at the end of the slot, (N,) [m]."""
        goals = self.mouths + np.array([DEPTH, 0.0])
        return np.asarray(np.linalg.norm(tip(self.x[:, :3]) - goals, axis=1))

    @property
    def success(self) -> NDArray[np.bool_]:
        """Whether the tip is at its goal and no safety stop came, (N,)."""
        return (self.miss < TOLERANCE) & (self.stopped < 0)
