"""Everything random in a world, drawn from a stream of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
    """The draws of one trajectory, made ahead.

    Each purpose has its own child stream, so that a longer horizon only appends.

    Attributes:
        reset: the stream of the start.
        motor: motor noise, (T, A).
        sensor: observation noise, (T+1, *observation shape), of the observations' type;
            without noise a zero for each step, (T+1, 1, …).

    Raises:
        ValueError: the world has observation noise, but its observations are whole
            numbers.
    """

    def __init__(self, world: World, stream: np.random.Generator, horizon: int) -> None:
        self.reset, motor_rng, sensor_rng = stream.spawn(3)
        values, shape = world.values, world.observation_shape
        motor = values["motor_noise"], values["motor_noise_correlation"]
        self.motor = ar1(motor_rng, horizon, world.action_size, *motor)
        kind = world.observation_dtype
        std = values["observation_noise"]
        self.sensor = np.zeros((horizon + 1, *[1] * len(shape)), kind)
        if std > 0:
            if kind.kind != "f":
                raise ValueError(
                    f"observation_noise needs observations of float type; those of "
                    f"{world.name} are {kind}"
                )
            draws = sensor_rng.standard_normal((horizon + 1, *shape))  # ~ N(0, I)
            self.sensor = (std * draws).astype(kind)


def side_by_side(noise: Sequence[Noise]) -> tuple[Array, NDArray[Any]]:
    """Motor noise (T, N, A) and observation noise (T+1, N, …) of N trajectories."""
    motor = np.stack([n.motor for n in noise], axis=1)
    sensor = np.broadcast_arrays(*[n.sensor for n in noise])
    return motor, np.stack(sensor, axis=1)
