"""Attempts of the slot arm: where they start, what they should follow, how they end.

N attempts run side by side. Each has its own arm, its own start and its own place of
the slot. `Attempts.step` takes the torques (N, 3) of one control step and returns
what the sensors say, (N, 6). A safety stop holds an attempt where it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lecture_code.simulation.mujoco_import import mujoco
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
    """N attempts of the slot arm, side by side.

    Args:
        arms: one arm for all, or one for each; `switch` replaces them on the way.
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
        self,
        arms: SlotArm | Sequence[SlotArm],
        starts: Array,
        mouths: Array,
        rng: np.random.Generator,
    ) -> None:
        n = len(starts)
        if np.shape(starts) != (n, 6) or np.shape(mouths) != (n, 2):
            raise ValueError(
                f"starts must be (N, 6) and mouths (N, 2); got {np.shape(starts)} and "
                f"{np.shape(mouths)}"
            )
        self.mouths, self.x = np.array(mouths, float), np.array(starts, float)
        self.fastest = np.zeros(n)
        self.stopped = np.full(n, -1)
        self.steps = 0
        self._rng = rng
        self._commands: list[Array] = []  # of every control step, (N, 3)
        self.switch(arms)

    def switch(self, arms: SlotArm | Sequence[SlotArm]) -> None:
        """Go on with other arms, from the same states.

        Raises:
            ValueError: there is not one arm for each attempt.
        """
        n = len(self.x)
        self.arms = [arms] * n if isinstance(arms, SlotArm) else list(arms)
        if len(self.arms) != n:
            raise ValueError(f"{n} attempts need as many arms; got {len(self.arms)}")
        self._data = [mujoco.MjData(arm.model) for arm in self.arms]
        for data, x, mouth in zip(self._data, self.x, self.mouths, strict=True):
            data.qpos[:], data.qvel[:] = x[:3], x[3:]
            data.mocap_pos[0] = mouth[0], 0.0, mouth[1]
        self._delays = [int(arm.values["action_delay"]) for arm in self.arms]
        noise = np.array([arm.values["observation_noise"] for arm in self.arms])
        self._noise = noise[:, None] * np.repeat([1.0, 10.0], 3)  # (N, 6)

    def observe(self) -> Array:
        """What the sensors say, (N, 6): x plus noise."""
        if not self._noise.any():
            return self.x.copy()
        draws = self._rng.standard_normal(self.x.shape)
        return np.asarray(self.x + self._noise * draws)

    def step(self, actions: Array) -> Array:
        """One control step with torques (N, 3) [Nm], clipped to the motors' limits;
        returns the next observation (N, 6).
        """
        self._commands.append(np.clip(actions, -np.array(TORQUES), TORQUES))
        for i in np.flatnonzero(self.stopped < 0):
            data = self._data[i]
            sent = self.steps - self._delays[i]
            data.ctrl[:] = self._commands[sent][i] if sent >= 0 else 0.0
            mujoco.mj_step(self.arms[i].model, data, nstep=SUBSTEPS)
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
