"""A walk engine: a gait from a clock and about fifteen numbers, as walking robots are
often driven.

The lecture's NAO walks by an open-source walk engine with 15 parameters (step height,
pendulum model height, …). Ours is a central pattern generator: every motor swings as a
sine of one common frequency,

    a_j(t) = o_j + A_j sin(2π f t + φ_j)
    f = f₀ 2^{θ_0},  A_j = θ,  φ_j = π θ,  o_j = θ

It is *open loop*: the policy looks at the clock and at nothing else. Whether the robot
stumbles or runs, the next command is the same, and so it cannot correct for a world
that is not as expected.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.simulation import Act

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
        """Number of parameters of a walk, d."""
        return 2 * self.motors + self.motors // 2

    def at(self, theta: Array) -> Walk:
        """The walk of θ (d,), or one walk a row (N, d).

        Raises:
            ValueError: θ is not of size d, or not finite.
        """
        theta = np.asarray(theta, dtype=float)
        A = self.motors
        fits = theta.ndim in (1, 2) and theta.shape[-1] == self.size
        if not fits or not np.isfinite(theta).all():
            raise ValueError(
                f"a walk of {A} motors has {self.size} finite parameters, (d,) or (N, "
                f"d); got shape {theta.shape}"
            )
        octaves, amplitude, phase, offset = np.split(theta, [1, 1 + A, 2 * A], axis=-1)
        turn = 2 * np.pi * self.frequency * 2.0**octaves * self.dt
        phase = np.concatenate([np.zeros_like(octaves), np.pi * phase], axis=-1)
        offset = np.concatenate([offset, offset], axis=-1)
        return Walk(turn, amplitude, phase, offset)


@dataclass(frozen=True, eq=False)
class Walk:
    """A gait: a policy that remembers how many steps it has walked, and nothing else.

    Args:
        turn: of the clock in a control step [rad], (1,) or (N, 1).
        amplitude, phase, offset: of the motors, (A,) or (N, A).
    """

    turn: Array
    amplitude: Array
    phase: Array
    offset: Array

    def start(self, n: int) -> Act:
        """The walk of n robots from its first step; nothing is drawn."""
        clock = count()

        def act(observations: NDArray[Any], rng: np.random.Generator) -> Array:
            return self.action(next(clock), n)

        return act

    def action(self, t: int, n: int = 1) -> Array:
        """The actions (n, A) of control step t."""
        action = self.offset + self.amplitude * np.sin(self.turn * t + self.phase)
        return np.array(np.broadcast_to(action, (n, action.shape[-1])))
