"""What the slot arm has learned before the attempts: recorded steps, and the priors
that are fitted to them.

The recordings are 60 movements of 100 steps without a slot, under four conditions of
payload, damping and friction. A controller with the right gravity compensation moves
the arm to random goals, and coloured noise is added to its torques. Half of the goals
are near the task, half anywhere in the range of the joints. The payload of the
recordings ends at 1 kg, twice its nominal value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lecture_code.learning.dynamics_priors import (
    GaussianPrior,
    LinearisedPrior,
    MixturePrior,
    NetworkDynamics,
)
from lecture_code.learning.regression import RegressionSettings
from lecture_code.simulation import ar1
from lecture_code.simulation.mujoco_import import mujoco
from lecture_code.simulation.slot_arm import (
    DT,
    MOUTHS,
    SUBSTEPS,
    TORQUES,
    SlotArm,
    angles_of,
)

Array = NDArray[np.float64]

CONDITIONS = (
    {"payload": 0.25, "damping": 0.4, "friction": 0.2},
    {"payload": 0.5, "damping": 0.8, "friction": 0.8},
    {"payload": 0.75, "damping": 0.6, "friction": 0.4},
    {"payload": 1.0, "damping": 1.0, "friction": 0.6},
)
JOINTS = ((-1.0, 1.5), (-0.5, 2.2), (-1.0, 2.0))  # lowest and highest angle [rad]
STIFFNESS, BRAKE = (40.0, 15.0, 4.0), (8.0, 3.0, 0.6)  # of the controller
NOISE = (12.0, 7.0, 3.0)  # of its torques [Nm]
CORRELATION = 0.9
GOAL_STEPS = 50  # control steps until the next goal
N_INPUTS = 9  # six numbers of the state, three torques


def record_transitions(
    rng: np.random.Generator,
    movements: int = 60,
    horizon: int = 100,
    near: float = 0.5,
    conditions: Sequence[dict[str, float]] = CONDITIONS,
) -> Array:
    """Recorded steps (n, 15): state, executed torques, next state.

    Args:
        rng: of the goals and of the noise.
        movements: how many; the conditions take turns.
        horizon: control steps of each.
        near: share of the movements whose goals are near the task.
        conditions: the knobs of the arm.
    """
    models = [SlotArm().change(**knobs).model for knobs in conditions]
    steps = []
    for i, stream in enumerate(rng.spawn(movements)):
        goals = _goals(stream, near, -(-horizon // GOAL_STEPS))
        steps.append(_move(models[i % len(models)], goals, horizon, stream))
    return np.concatenate(steps)


def _goals(rng: np.random.Generator, near: float, n: int) -> Array:
    """The start and n goals, (n + 1, 3) [rad]."""
    low, high = np.array(JOINTS).T
    goals = rng.uniform(low, high, (n + 1, 3))
    if rng.uniform() < near:
        goals[0] = 0.2 * rng.standard_normal(3)
        lowest, highest = np.array(MOUTHS).T
        highest = highest + np.array([0.1, 0.0])  # and into the slot
        goals[1:] = angles_of(rng.uniform(lowest, highest, (n, 2)))
    return goals


def _move(
    model: mujoco.MjModel, goals: Array, horizon: int, rng: np.random.Generator
) -> Array:
    """One movement through the goals, (horizon, 15)."""
    data = mujoco.MjData(model)
    data.mocap_pos[0] = 0.0, 5.0, 0.0  # the slot is out of the way
    data.qpos[:] = goals[0]
    noise = np.array(NOISE) * ar1(rng, horizon, 3, 1.0, CORRELATION)
    limits = np.array(TORQUES)
    steps = []
    for t in range(horizon):
        mujoco.mj_forward(model, data)
        x = np.concatenate([data.qpos, data.qvel])
        goal = goals[1 + t // GOAL_STEPS]
        pull = np.array(STIFFNESS) * np.clip(goal - x[:3], -0.5, 0.5)
        u = pull - np.array(BRAKE) * x[3:] + data.qfrc_bias + noise[t]
        data.ctrl[:] = u = np.clip(u, -limits, limits)
        mujoco.mj_step(model, data, nstep=SUBSTEPS)
        steps.append(np.concatenate([x, u, data.qpos, data.qvel]))
    return np.array(steps)


@dataclass(frozen=True, eq=False)
class Priors:
    """The priors that one set of recordings gives.

    Args:
        steps: the recorded steps, (n, 15).
        least_squares, mixture, network: the priors.
        explained: R² of the network's accelerations on fresh recordings.
    """

    steps: Array
    least_squares: GaussianPrior
    mixture: MixturePrior
    network: LinearisedPrior
    explained: float


def practise(
    rng: np.random.Generator,
    movements: int = 60,
    near: float = 0.5,
    clusters: int = 50,
    training: RegressionSettings | None = None,
) -> Priors:
    """Record, and fit every prior to the same steps.

    Args:
        rng: of recordings and fits.
        movements, near: as in `record_transitions`.
        clusters: of the mixture.
        training: of the network; None for two layers of 100 and 60 epochs.
    """
    of_data, of_test, of_mixture, of_network = rng.spawn(4)
    training = training or RegressionSettings(hidden=(100, 100), epochs=60)
    steps = record_transitions(of_data, movements, near=near)
    test = record_transitions(of_test, len(CONDITIONS), near=near)
    network = NetworkDynamics.fit(steps, N_INPUTS, DT, of_network, training)
    acceleration = (test[:, -3:] - test[:, 3:6]) / DT
    return Priors(
        steps,
        GaussianPrior.fit(steps),
        MixturePrior.fit(steps, N_INPUTS, clusters, of_mixture),
        network.prior(steps),
        network.network.explained(test[:, :N_INPUTS], acceleration),
    )
