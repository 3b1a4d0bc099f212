"""Iterative LQR: plan with a dynamics that is not linear, by linear models around the
present plan.

W. Li, E. Todorov: Iterative Linear Quadratic Regulator Design for Nonlinear Biological
Movement Systems. ICINCO 2004.

    backward   f_x, f_u of T(x, u) at every (x̄_t, ū_t) of the plan; LQR gives K_t, k_t
    forward    u_t = ū_t + α (K_t x̄_t + k_t − ū_t) + K_t (x_t − x̄_t)
               x_{t+1} = T(x_t, u_t) + d

`improve_plan` does one backward and one forward pass. The forward pass uses the true
dynamics. It is tried with step sizes α that shrink, and each row keeps the cheapest of
the old plan and the new ones. So a plan never becomes worse.

The slopes are forward differences. d is a constant disturbance, which a controller may
have measured; it changes no slope. Actions beyond the limits are clipped in the forward
pass, the backward pass knows nothing of limits.

N plans side by side, T steps, S states, A actions. Start with `improve_plan`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lecture_code.learning.lqr import Gains, LinearModel, QuadraticCost, lqr, times

Array = NDArray[np.float64]
Step = Callable[[Array, Array], Array]
"""States (n, S) and actions (n, A) -> next states (n, S)."""


@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be planned.

    Args:
        dynamics: T(x, u), from states (n, S) and actions (n, A) to states (n, S).
        cost: quadratic around a reference, (T, S), (N, T, S) or with one step for all.
        limits: smallest and largest action, (A,) each; None without limits.
        disturbance: d, is added to what the dynamics predict, (N, S) or one number.
        step_sizes: the α that are tried, in this order, until every plan is better.
        difference: by how much states and actions are moved for the slopes.
    """

    dynamics: Step
    cost: QuadraticCost
    limits: tuple[Array, Array] | None = None
    disturbance: Array | float = 0.0
    step_sizes: tuple[float, ...] = (1.0, 0.5, 0.25, 0.1)
    difference: float = 1e-5

    def __post_init__(self) -> None:
        sizes = self.step_sizes
        if not sizes or not all(0 < size <= 1 for size in sizes):
            raise ValueError(f"step_sizes must lie in (0, 1]; got {sizes}")
        if not self.difference > 0:
            raise ValueError(f"difference must be positive; got {self.difference}")

    def after(self, x: Array, u: Array) -> Array:
        """Next states (N, S), with the disturbance."""
        return np.asarray(self.dynamics(x, u) + self.disturbance)

    def allowed(self, u: Array) -> Array:
        """Actions within the limits."""
        return u if self.limits is None else np.clip(u, *self.limits)


@dataclass(frozen=True, eq=False)
class Plan:
    """Actions, where they lead, and what they cost.

    Args:
        states: x̄_0 … x̄_T, (N, T + 1, S).
        actions: ū_0 … ū_{T−1}, (N, T, A).
        cost: (N,).
    """

    states: Array
    actions: Array
    cost: Array

    @classmethod
    def from_actions(cls, problem: Problem, x: Array, actions: Array) -> Plan:
        """The plan that starts in states x (N, S) with these actions (N, T, A)."""
        T = actions.shape[1]
        if actions.ndim != 3 or len(actions) != len(x) or T < 1:
            raise ValueError(
                "actions must be (N, T, A) for as many states (N, S); got "
                f"{actions.shape} and {x.shape}"
            )
        return _forward(problem, x, lambda x, t: actions[:, t], T)


def improve_plan(plan: Plan, problem: Problem) -> Plan:
    """One backward and one forward pass; every row is at most as costly as before."""
    gains = lqr(linear_models(plan, problem), problem.cost)
    best = plan
    for size in problem.step_sizes:
        best = _cheaper(best, _follow(plan, gains, size, problem))
        if (best.cost < plan.cost).all():
            break
    return best


def linear_models(plan: Plan, problem: Problem) -> list[LinearModel]:
    """The dynamics around each of the T steps of a plan."""
    N, T, A = plan.actions.shape
    S = plan.states.shape[-1]
    x = plan.states[:, :-1].reshape(N * T, S)
    u = plan.actions.reshape(N * T, A)
    after = plan.states[:, 1:]
    undisturbed = (after - _each_step(problem.disturbance)).reshape(N * T, S)
    f_xu = forward_differences(problem.dynamics, x, u, problem.difference, undisturbed)
    f_c = after.reshape(N * T, S) - times(f_xu, np.concatenate([x, u], axis=1))
    f_xu, f_c = f_xu.reshape(N, T, S, S + A), f_c.reshape(N, T, S)
    no_noise = np.zeros((N, S, S))
    return [
        LinearModel(f_xu[:, t, :, :S], f_xu[:, t, :, S:], f_c[:, t], no_noise)
        for t in range(T)
    ]


def forward_differences(
    dynamics: Step,
    x: Array,
    u: Array,
    difference: float = 1e-5,
    after: Array | None = None,
) -> Array:
    """Slopes of the next state by state and action, (n, S, S + A).

    Args:
        dynamics: T(x, u).
        x, u: where, (n, S) and (n, A).
        difference: by how much each number is moved.
        after: T(x, u) if it is known, (n, S).
    """
    n, S = x.shape
    A = u.shape[1]
    after = dynamics(x, u) if after is None else after
    xu = np.concatenate([x, u], axis=1)
    moved = xu[:, None] + difference * np.eye(S + A)  # (n, S + A, S + A)
    moved = moved.reshape(n * (S + A), S + A)
    there = dynamics(moved[:, :S], moved[:, S:]).reshape(n, S + A, S)
    return np.asarray(((there - after[:, None]) / difference).swapaxes(1, 2))


def _each_step(disturbance: Array | float) -> Array:
    """A disturbance (N, S) as (N, 1, S), for all steps of a plan."""
    d = np.asarray(disturbance, dtype=float)
    return d[:, None] if d.ndim == 2 else d


def _follow(plan: Plan, gains: Gains, size: float, problem: Problem) -> Plan:
    """The forward pass with step size α."""

    def control(x: Array, t: int) -> Array:
        x_bar, u_bar = plan.states[:, t], plan.actions[:, t]
        K = gains.K[:, t]
        change = gains.action(x_bar, t) - u_bar
        return u_bar + size * change + times(K, x - x_bar)

    return _forward(problem, plan.states[:, 0], control, plan.actions.shape[1])


def _forward(
    problem: Problem, x: Array, control: Callable[[Array, int], Array], T: int
) -> Plan:
    """T steps from states x (N, S) with a control of state and time."""
    states = [x]
    actions = []
    for t in range(T):
        actions.append(problem.allowed(control(states[-1], t)))
        states.append(problem.after(states[-1], actions[-1]))
    x_bar = np.stack(states, axis=1)
    u_bar = np.stack(actions, axis=1)
    seen = x_bar[:, :-1] if problem.cost.last is None else x_bar
    return Plan(x_bar, u_bar, problem.cost(seen, u_bar))


def _cheaper(old: Plan, new: Plan) -> Plan:
    """Of each row the plan that costs less; the old one if both cost the same."""
    take = new.cost < old.cost
    rows = take[:, None, None]
    return Plan(
        np.where(rows, new.states, old.states),
        np.where(rows, new.actions, old.actions),
        np.where(take, new.cost, old.cost),
    )
