"""Everything random in a world, drawn from a stream of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lecture_code.simulation.worlds import World

Array = NDArray[np.float64]


def ar1(
    rng: np.random.Generator, steps: int, size: int, std: float, correlation: float
) -> Array:
    """AR(1) noise (steps, size): n_t = c n_{t−1} + √(1 − c²) σ e_t from n_0 = σ e_0,
    with e_t ~ N(0, I): its std is σ at every t, for every c.
    """
    noise = np.zeros((steps, size))
    if std == 0:
        return noise
    fresh = std * rng.standard_normal((steps, size))  # σ e_t
    noise[0] = fresh[0]
    for t in range(1, steps):
        noise[t] = correlation * noise[t - 1] + np.sqrt(1 - correlation**2) * fresh[t]
    return noise


class Noise:
    """The draws of one trajectory, made ahead; each purpose has its own child stream,
    so a longer horizon only appends.

    Attributes:
        reset: the stream of the start.
        motor: motor noise, (T, A).
        sensor: observation noise, (T+1, S).
    """

    def __init__(self, world: World, horizon: int, stream: np.random.Generator) -> None:
        self.reset, motor_rng, sensor_rng = stream.spawn(3)
        values = world.values
        self.motor = ar1(
            motor_rng,
            horizon,
            world.action_size,
            values["motor_noise"],
            values["motor_noise_correlation"],
        )
        self.sensor = np.zeros((horizon + 1, world.observation_size))
        if values["observation_noise"] > 0:
            self.sensor += values["observation_noise"] * sensor_rng.standard_normal(
                self.sensor.shape
            )
