"""Trials of the balancer: how the base moves, what is wanted, how a trial ends.

N trials run side by side. Each has its own balancer, its own start and its own motion
of the base. `BalanceTrials.step` takes the torques (N, 3) of one control step and
returns what the sensors say, (N, 8). The wanted posture is upright: the ankle turns
back what the base tilts, knee and hip are straight. A trial ends when a joint is more
than 0.6 rad away from the wanted posture: the balancer has fallen, and stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lecture_code.simulation.balancer import (
    CONTROL_DT,
    MOTOR_LIMITS,
    Balancer,
    advance,
)
from lecture_code.simulation.mujoco_import import mujoco

Array = NDArray[np.float64]

LARGEST_ERROR = 0.6  # distance of a joint from the wanted posture [rad]
POSTURE_STD = 0.05  # of the joints at the start [rad]
FREQUENCIES = (0.2, 0.6)  # lowest and highest, of the base's motion [Hz]
RAMP = 1.0  # time in which the motion of the base grows to its full size [s]


def draw_balance_trials(
    n: int, steps: int, tilts: tuple[float, float], rng: np.random.Generator
) -> tuple[Array, Array]:
    """Starts (N, 8) and tilt rates of the base (N, steps) [rad/s].

    The base swings like a sine with an amplitude that is uniform over `tilts` [rad], a
    frequency that is uniform over `FREQUENCIES`, and any phase. It starts level and at
    rest. The joints start ~ N(0, POSTURE_STD²).
    """
    starts = np.zeros((n, 8))
    starts[:, 2:5] = POSTURE_STD * rng.standard_normal((n, 3))
    amplitude = rng.uniform(*tilts, n)[:, None]
    omega = 2 * np.pi * rng.uniform(*FREQUENCIES, n)[:, None]
    phase = rng.uniform(0, 2 * np.pi, n)[:, None]
    time = CONTROL_DT * np.arange(steps + 1)
    share = np.clip(time / RAMP, 0, 1)
    growing = share**2 * (3 - 2 * share)
    tilt = growing * amplitude * np.sin(omega * time + phase)
    return starts, np.diff(tilt, axis=1) / CONTROL_DT


def upright(s: Array) -> Array:
    """The joints (…, 3) [rad] of an upright balancer on the base of states (…, 8)."""
    posture = np.zeros((*s.shape[:-1], 3))
    posture[..., 0] = -s[..., 0]
    return posture


def wanted_state(s: Array, omega: float) -> Array:
    """The next state (…, 8) of a balancer that returns to upright like a damped spring.

    Args:
        s: state now, (…, 8).
        omega: natural frequency ω of the critically damped return [rad/s].

    The wanted joints follow from the acceleration ω² (q* − q) + 2 ω (v* − v). The base
    goes on as it does.
    """
    posture = upright(s)
    rates = np.zeros((*s.shape[:-1], 3))
    rates[..., 0] = -s[..., 1]
    acceleration = omega**2 * (posture - s[..., 2:5]) + 2 * omega * (rates - s[..., 5:])
    v = s[..., 5:] + CONTROL_DT * acceleration
    tilt = s[..., :1] + CONTROL_DT * s[..., 1:2]
    q = s[..., 2:5] + CONTROL_DT * v
    return np.concatenate([tilt, s[..., 1:2], q, v], axis=-1)


class BalanceTrials:
    """N trials side by side.

    Args:
        balancers: one balancer for all, or one for each.
        starts: states at the start, (N, 8).
        tilt_rates: of the base after each control step, (N, steps) [rad/s].
        rng: of the observation noise; or one for each trial, so that its noise does not
            depend on its neighbours.

    Attributes:
        s: true states, (N, 8).
        fallen: control step of the fall, (N,); −1 for a balancer that stands.
        steps: control steps so far.

    Raises:
        ValueError: starts, tilt rates and balancers do not fit.
    """

    def __init__(
        self,
        balancers: Balancer | Sequence[Balancer],
        starts: Array,
        tilt_rates: Array,
        rng: np.random.Generator | Sequence[np.random.Generator],
    ) -> None:
        n = len(starts)
        if isinstance(balancers, Balancer):
            balancers = [balancers] * n
        self.balancers = [*balancers]
        counts = {len(tilt_rates), len(self.balancers)}
        if np.shape(starts) != (n, 8) or counts != {n}:
            raise ValueError(
                "starts must be (N, 8), with tilt rates (N, steps) and one balancer "
                f"for each; got {np.shape(starts)}, {np.shape(tilt_rates)} and "
                f"{len(self.balancers)} balancers"
            )
        self.s = np.array(starts, float)
        self.tilt_rates = tilt_rates
        self.fallen = np.full(n, -1)
        self.steps = 0
        streams = rng.spawn(n) if isinstance(rng, np.random.Generator) else rng
        self._streams = list(streams)
        self._data = [mujoco.MjData(balancer.model) for balancer in self.balancers]
        self._commands: list[Array] = []
        values = [balancer.values for balancer in self.balancers]
        self._delays = [int(knobs["action_delay"]) for knobs in values]
        noise = np.array([knobs["observation_noise"] for knobs in values])
        self._noise = noise[:, None] * np.repeat([1.0, 10.0, 1.0, 10.0], [1, 1, 3, 3])

    def observe(self) -> Array:
        """What the sensors say, (N, 8): s plus noise."""
        if not self._noise.any():
            return self.s.copy()
        draws = np.stack([stream.standard_normal(8) for stream in self._streams])
        return np.asarray(self.s + self._noise * draws)

    def push(self, rates: Array) -> None:
        """A push that changes the joints' velocities at once, (N, 3) [rad/s]."""
        self.s[self.fallen < 0, 5:] += rates[self.fallen < 0]

    def step(self, actions: Array) -> Array:
        """One control step with torques (N, 3) [Nm], clipped to the motors' limits;
        returns the next observation (N, 8).
        """
        limits = np.array(MOTOR_LIMITS)
        self._commands.append(np.clip(actions, -limits, limits))
        for i in np.flatnonzero(self.fallen < 0):
            sent = self.steps - self._delays[i]
            u = self._commands[sent][i] if sent >= 0 else np.zeros(3)
            rate = self.tilt_rates[i, self.steps]
            self.s[i] = advance(self.balancers[i], self._data[i], self.s[i], u, rate)
        self.steps += 1
        far = np.abs(self.error).max(axis=1) > LARGEST_ERROR
        self.fallen[(self.fallen < 0) & far] = self.steps
        return self.observe()

    @property
    def error(self) -> Array:
        """Distance of the joints from the wanted posture, (N, 3) [rad]."""
        return self.s[:, 2:5] - upright(self.s)
