"""The heavy arm under a policy, from starts and towards targets that a test chooses."""

import numpy as np

from lecture_code.learning.simulated_dynamics import SimulatedDynamics
from lecture_code.simulation import make_world, rollout, started

SOURCE = make_world("heavy_arm")
TILTED = SOURCE.change(gravity=-9.81 * 0.6)
TASK = SOURCE.task


def observed(x, targets):
    """Observations (N, 10) of joint states (N, 4) and targets (N, 2)."""
    rest = np.zeros_like(targets)
    qpos = np.concatenate([x[:, :2], targets], axis=1)
    qvel = np.concatenate([x[:, 2:], rest], axis=1)
    return TASK.observation({"qpos": qpos, "qvel": qvel})


def drive(policy, x, targets, steps, robot=SOURCE):
    """Joint states (T + 1, N, 4), actions (T, N, 2) and distances (T + 1, N) [m]."""
    dynamics = SimulatedDynamics(robot, 2)
    act = started(policy, len(x))
    rng = np.random.default_rng(0)
    states = [x]
    actions = []
    distances = [distance(x, targets)]
    for _ in range(steps):
        actions.append(act(observed(states[-1], targets), rng))
        states.append(dynamics(states[-1], actions[-1]))
        distances.append(distance(states[-1], targets))
    return np.array(states), np.array(actions), np.array(distances)


def mean_return(policy, n=4, horizon=60):
    """Of n episodes in the source, the same starts and targets for every policy."""
    run = rollout([SOURCE] * n, policy, horizon, np.random.default_rng(3))
    return float(run.returns.mean())


def distance(x, targets):
    return np.linalg.norm(TASK.hand(x) - targets, axis=1)


def around(radius, directions):
    """Targets (N, 2) [m] at a distance, in directions from hanging down [rad]."""
    angle = np.asarray(directions, dtype=float)
    return radius * np.stack([np.sin(angle), -np.cos(angle)], axis=1)


def turned(policy, by, steps=25):
    """States and actions of an arm whose plane is turned by an angle [rad], where the
    states are turned back.
    """
    x = np.tile([0.4 + by, 0.5, 0, 0], (2, 1))
    states, actions, _ = drive(policy, x, around(0.7, [1.5 + by, 0.2 + by]), steps)
    return states - np.array([by, 0, 0, 0]), actions
