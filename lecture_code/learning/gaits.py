"""A walk engine: a gait from a clock and about fifteen numbers, as walking robots are
often driven.

The lecture's NAO walks by an open-source walk engine with 15 parameters (step height,
pendulum model height, …). Ours is a central pattern generator: every motor swings as a
sine of one common frequency,

    a_j(t) = o_j + A_j sin(2π f t + φ_j),        f = f₀ 2^{θ_0},  A_j = θ,  φ_j = π θ,  o_j = θ

It is *open loop*: the policy looks at the clock and at nothing else. Whether the robot
stumbles or runs, the next command is the same, and so it cannot correct for a world
that is not as expected.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class WalkEngine:
    """Sines for the motors of a robot with two legs in the plane, each with as many
    joints.

    Parameters θ (d,), in this order: frequency (1), amplitudes (A), phases of all
    motors but the first (A − 1), offsets (A / 2, the same for both legs); for six
    motors that makes 15. A step of 1 in θ is an octave of frequency, the whole range of
    a control, or half a period of phase.

    Args:
        motors: A, those of the one leg first.
        frequency: f₀ [Hz].
        dt: duration of a control step [s].
    """

    motors: int
    frequency: float
    dt: float

    @property
    def size(self) -> int:
        """d"""
        return 2 * self.motors + self.motors // 2

    def at(self, theta: Array) -> Walk:
        """The walk of θ (d,), or one walk a row (N, d), from its beginning: a policy
        for one rollout.

        Raises:
            ValueError: θ is not of size d, or not finite.
        """
        theta, A = np.asarray(theta, dtype=float), self.motors
        if (
            theta.ndim not in (1, 2)
            or theta.shape[-1] != self.size
            or not np.isfinite(theta).all()
        ):
            raise ValueError(
                f"a walk of {A} motors has {self.size} finite parameters, (d,) or (N, "
                f"d); got shape {theta.shape}"
            )
        octaves, amplitude, phase, offset = np.split(theta, [1, 1 + A, 2 * A], axis=-1)
        phase = np.concatenate([np.zeros_like(octaves), np.pi * phase], axis=-1)
        return Walk(
            2 * np.pi * self.frequency * 2.0**octaves * self.dt,
            amplitude,
            phase,
            np.concatenate([offset, offset], axis=-1),
        )


class Walk:
    """A gait that is being walked.

    It counts how often it was asked, so it is good for one rollout; `WalkEngine.at`
    makes another.

    Args:
        turn: of the clock in a control step [rad], (1,) or (N, 1).
        amplitude, phase, offset: of the motors, (A,) or (N, A).
    """

    def __init__(
        self, turn: Array, amplitude: Array, phase: Array, offset: Array
    ) -> None:
        self.turn, self.amplitude, self.phase, self.offset, self.steps = (
            turn,
            amplitude,
            phase,
            offset,
            0,
        )

    def __call__(
        self, observations: Array, rng: np.random.Generator | None = None
    ) -> Array:
        """Actions (N, A); of the observations (N, S) only their number counts."""
        action = self.offset + self.amplitude * np.sin(
            self.turn * self.steps + self.phase
        )
        self.steps += 1
        return np.array(np.broadcast_to(action, (len(observations), action.shape[-1])))
