"""A policy from trajectories: optimise trajectories that stay close to the policy, then
fit the policy to them.

I. Mordatch, N. Mishra, C. Eppner, P. Abbeel: Combining Model-Based Policy Search with
Online Model Learning for Control of Physical Humanoids. ICRA 2016. This is the part
that runs offline, in simulation; `local_jacobian.py` is the part on the robot.

The idea. We look for a policy π_θ whose trajectories X_i, from many starts, are cheap:

    min over θ, X  Σ_i C(X_i)   such that   u = π_θ(x) on every trajectory

The constraint is hard to keep at once. So it becomes a price, and two easy problems
take turns:

    (T)  X_i ← argmin_X  C(X) + ρ/2 Σ_t ‖u_t − π_θ(x_t)‖²    stay close to the policy
    (R)  θ ← argmin_θ  Σ_{i,t} ‖π_θ(x_{i,t}) − u_{i,t}‖²      regression

Here the dynamics and the policy are linear and the cost is quadratic, so that both
problems have exact answers, and the best policy is known: its gain solves the Riccati
equation. For (T), complete the square in u:

    ½ uᵀ R u + ρ/2 ‖u − K x‖² = ½ vᵀ (R + ρ I) v + ½ xᵀ Kᵀ (R − R (R + ρ I)⁻¹ R) K x
    with v = u − M x and M = ρ (R + ρ I)⁻¹ K

so that LQR in v, with dynamics f_x + f_u M, gives the trajectories. With ρ = 0 they do
not know the policy, and with ρ → ∞ they are its roll-outs.

A policy of the paper asks for the next state instead of an action: `wanted_next` turns
one into the other. Optimal trajectories with contact are in `contact_invariant.py`.

Deviations from the paper, of which only the abstract was read; (T) and (R) are the
lecture's
* ρ grows by a factor at every turn. Whether the paper does this is not known.
* The states of the regression get noise, as the lecture's sensors have it; a policy
  that has seen only exact states trusts small differences too much.
* The problem is linear-quadratic. A humanoid is out of scope.

Start with `alternate` and `policy_step`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lecture_code.learning.lqr import LinearModel, QuadraticCost, lqr

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LinearTask:
    """A linear system that shall come to rest at zero from several starts.

    Args:
        f_x, f_u: dynamics x' = f_x x + f_u u, (S, S) and (S, A).
        Q, R: cost ½ xᵀ Q x + ½ uᵀ R u of a step, (S, S) and (A, A).
        starts: initial states, (n, S).
        horizon: T, steps of a trajectory.

    Raises:
        ValueError: there are fewer starts than states, so that the regression would not
            see every direction.
    """

    f_x: Array
    f_u: Array
    Q: Array
    R: Array
    starts: Array
    horizon: int

    def __post_init__(self) -> None:
        n, S = np.shape(self.starts)
        if n < S or np.linalg.matrix_rank(self.starts) < S:
            raise ValueError(
                f"the starts must span all {S} states; got {n} starts of rank "
                f"{np.linalg.matrix_rank(self.starts)}"
            )


@dataclass(frozen=True, eq=False)
class PolicyState:
    """Where the alternation stands.

    Args:
        K: gain of the policy π(x) = K x, (A, S).
        rho: weight ρ of the next turn.
        states: of the last trajectories, (n, T, S); None before the first turn.
        actions: of the last trajectories, (n, T, A); None before the first turn.
    """

    K: Array
    rho: float
    states: Array | None = None
    actions: Array | None = None


def alternate(
    start: PolicyState,
    task: LinearTask,
    rng: np.random.Generator,
    growth: float = 1.0,
    noise: float = 0.0,
) -> Iterator[PolicyState]:
    """The turns (T), (R), (T), (R), … without an end; yields the state after each (R).

    Args:
        start: the first policy and the first ρ.
        task: dynamics, cost and starts.
        rng: of the noise.
        growth: factor of ρ at every turn.
        noise: see `policy_step`.
    """
    state = start
    while True:
        state = policy_step(state, task, rng, noise)
        yield state
        state = replace(state, rho=state.rho * growth)


def policy_step(
    state: PolicyState,
    task: LinearTask,
    rng: np.random.Generator,
    noise: float = 0.0,
) -> PolicyState:
    """One turn: trajectories that stay close to the policy, then the regression.

    Args:
        state: from the turn before.
        task: dynamics, cost and starts.
        rng: of the noise.
        noise: standard deviation of the noise in the states of the regression.
    """
    states, actions = near_trajectories(state.K, state.rho, task)  # (T)
    noisy = states + noise * rng.standard_normal(states.shape)  # ~ N(x, noise² I)
    return replace(state, K=fit_gain(noisy, actions), states=states, actions=actions)


def near_trajectories(K: Array, rho: float, task: LinearTask) -> tuple[Array, Array]:
    """The best trajectories close to the policy: (T).

    Args:
        K: gain of the policy, (A, S).
        rho: price ρ of the distance between actions and policy.
        task: dynamics, cost and starts.

    Returns states (n, T, S) and actions (n, T, A).

    Raises:
        ValueError: ρ is negative or not finite.
    """
    if not 0 <= rho < np.inf:
        raise ValueError(f"rho must be finite and not negative; got {rho}")
    S, A = task.f_u.shape
    inverse = np.linalg.inv(task.R + rho * np.eye(A))
    M = rho * inverse @ K
    curvature = rho * task.R @ inverse  # = R − R (R + ρ I)⁻¹ R
    closed = LinearModel(
        task.f_x + task.f_u @ M, task.f_u, np.zeros(S), np.zeros((S, S))
    )
    Q = task.Q + K.T @ (0.5 * (curvature + curvature.T)) @ K
    cost = QuadraticCost(Q, task.R + rho * np.eye(A), np.zeros((1, S)))
    gains = lqr(closed, cost, task.horizon)
    x = task.starts
    states = []
    actions = []
    for t in range(task.horizon):
        v = gains.action(x, t)
        states.append(x)
        actions.append(v + x @ M.T)  # u = v + M x
        x = closed(x, v)
    return np.stack(states, axis=1), np.stack(actions, axis=1)


def fit_gain(states: Array, actions: Array) -> Array:
    """The gain K (A, S) that explains actions (n, T, A) by states (n, T, S): (R)."""
    x = states.reshape(-1, states.shape[-1])
    u = actions.reshape(-1, actions.shape[-1])
    return np.asarray(np.linalg.lstsq(x, u, rcond=None)[0].T)


def wanted_next(K: Array, x: Array, task: LinearTask) -> Array:
    """The next state (…, S) that the policy asks for in states x (…, S)."""
    return np.asarray(x @ (task.f_x + task.f_u @ K).T)
