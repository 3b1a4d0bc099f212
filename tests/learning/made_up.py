"""Trajectories without a simulation, for tests of what is learnt from them."""

import numpy as np

from lecture_code.simulation import Trajectories


def trajectories(rng, lengths=(5, 3, 1, 4), T=5, S=3, A=2):
    """Random ones of the given lengths; the second and third ended by failure."""
    N = len(lengths)
    lengths = np.array(lengths)
    mask = np.arange(T) < lengths[:, None]
    actions, rewards = rng.standard_normal((N, T, A)), rng.standard_normal((N, T))
    return Trajectories(
        observations=rng.standard_normal((N, T + 1, S)),
        actions=actions * mask[..., None],
        rewards=rewards * mask,
        mask=mask,
        terminated=np.array([i in (1, 2) for i in range(N)]),
        qpos=np.zeros((N, T + 1, 1)),
        qvel=np.zeros((N, T + 1, 1)),
        dt=0.1,
    )


def aiming(policy, rng, n=200, shuffled=False):
    """n one-step trajectories: see s ~ U(−1, 1)², hit a = (s_0 + s_1, s_0 − s_1); the
    reward is minus the square of the miss.

    With `shuffled` everybody gets somebody else's reward.
    """
    s = rng.uniform(-1, 1, (n, 2))
    a = policy(s, rng)
    miss = a - np.column_stack([s[:, 0] + s[:, 1], s[:, 0] - s[:, 1]])
    rewards = -np.square(miss).sum(axis=1)
    return Trajectories(
        observations=np.repeat(s[:, None], 2, axis=1),
        actions=a[:, None],
        rewards=(rng.permutation(rewards) if shuffled else rewards)[:, None],
        mask=np.ones((n, 1), dtype=bool),
        terminated=np.zeros(n, dtype=bool),
        qpos=np.zeros((n, 2, 1)),
        qvel=np.zeros((n, 2, 1)),
        dt=0.1,
    )
