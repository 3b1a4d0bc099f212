"""Contact-invariant optimisation: a leap whose contacts nobody planned.

I. Mordatch, E. Todorov, Z. Popović: Discovery of Complex Behaviors through
Contact-Invariant Optimization. ACM Transactions on Graphics 31 (4), 2012. The lecture
names it as the trajectory optimiser behind the policies of `trajectory_policy.py`.

The idea. Whether a foot touches the ground is a discrete choice, and an optimiser that
follows gradients cannot make it. So every phase of the motion gets a weight c between 0
and 1. A force at the foot is cheap only where c is large, and where c is large the foot
must stay on the ground. The optimiser changes c like any other number.

The problem. A box of mass m, which does not turn, has one leg without mass. Its foot
can stand, and it can be lifted. The box rests at x = 0 and shall rest at `goal`, which
is further away than the leg can reach. With body p, foot e and step dt, the ground must
supply the force F = m (p̈ − g). The sum of four prices becomes small:

    L_CI       c (e_z² + |ė|²)                    a foot in contact stands on the ground
    L_physics  |f − F|² + w |f|² / c²             the contact supplies the force, with
             = |F|² w / (w + c²)                  the best f = F c² / (w + c²)
               + pull² + slide² + turn²           it pushes, within the friction cone,
                                                  along the leg
    L_task     |p_T − goal|² + |ṗ_T|²             arrive, and rest
    L_hint     the leg's shortest and longest length, a foot above ground, smooth steps

Stages, each starting where the stage before ended: first the task alone, then a little
of all, at last contact and physics before anything else. L-BFGS with gradients from
automatic differentiation.

Deviations from the paper
* One planar box with one foot instead of humanoids. Positions are free at every step
  instead of splines; c is constant in each of `phases` parts of the time.
* The weights are ours.

Start with `discover`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import Bounds, minimize

Array = NDArray[np.float64]
Tensor = torch.Tensor

GRAVITY = 9.81  # [m/s²]
STAGES = ((0.0, 0.0), (0.1, 0.01), (1.0, 0.3), (10.0, 10.0), (100.0, 100.0))


@dataclass(frozen=True)
class LeapSettings:
    """The box, its task, and the weights of the prices.

    Args:
        goal: where the box shall rest, (x, z) [m].
        height: of the box at the start [m]; its foot starts below it.
        leg: shortest and longest length of the leg [m].
        friction: coefficient μ.
        steps, dt: number and duration [s] of the steps.
        phases: parts of the time with a contact weight each.
        w: price of a force at full contact, relative to the same force missing.
        stages: weights (L_CI, L_physics) of each stage; L_task and L_hint have 1.
        iterations: of L-BFGS in each stage, at most; 800 are too few, then the forces
            that a plan wants still miss the box by some centimetres.

    Raises:
        ValueError: the steps are no multiple of the phases.
    """

    goal: tuple[float, float] = (1.0, 0.5)
    height: float = 0.5
    leg: tuple[float, float] = (0.25, 0.65)
    friction: float = 0.8
    steps: int = 40
    dt: float = 0.03
    phases: int = 10
    w: float = 0.001
    stages: tuple[tuple[float, float], ...] = STAGES
    iterations: int = 2400

    def __post_init__(self) -> None:
        if self.steps % self.phases or self.steps < 4:
            raise ValueError(
                f"steps must be a multiple of phases, and at least 4; got {self.steps} "
                f"steps and {self.phases} phases"
            )


@dataclass(frozen=True, eq=False)
class LeapPlan:
    """A motion of the box.

    Args:
        body: positions (x, z) of the box, (T + 1, 2) [m].
        foot: positions of the foot, (T + 1, 2) [m].
        contact: weight c of every step, (T + 1,).
        force: what the ground must supply at the inner steps, as a multiple of the
            weight of the box, (T − 1, 2).
        prices: L_CI, L_physics, L_task and L_hint.
    """

    body: Array
    foot: Array
    contact: Array
    force: Array
    prices: tuple[float, float, float, float]


def discover(settings: LeapSettings, rng: np.random.Generator) -> LeapPlan:
    """The motion after all stages; c starts near one half, ~ U(0.45, 0.55)."""
    s = settings
    share = np.linspace(0, 1, s.steps + 1)[:, None]
    body = np.array([0.0, s.height]) * (1 - share) + np.array(s.goal) * share
    foot = body * np.array([1.0, 0.0])
    contact = rng.uniform(0.45, 0.55, s.phases)
    z = np.concatenate([body[2:].ravel(), foot[1:].ravel(), contact])
    low = np.full(len(z), -np.inf)
    low[-s.phases :] = 0.0
    bounds = Bounds(low, np.where(low == 0.0, 1.0, np.inf))
    for weights in s.stages:
        z = minimize(
            _value_and_gradient,
            z,
            (weights, s),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": s.iterations, "maxfun": 2 * s.iterations},
        ).x
    with torch.no_grad():
        parts = unpack_leap(torch.from_numpy(z), s)
        L_CI, L_physics, L_task, L_hint = leap_prices(*parts, s)
        force = required_force(parts[0], s)
    body, foot, contact = (part.numpy() for part in parts)
    prices = L_CI.item(), L_physics.item(), L_task.item(), L_hint.item()
    return LeapPlan(body, foot, contact, force.numpy(), prices)


def unpack_leap(z: Tensor, settings: LeapSettings) -> tuple[Tensor, Tensor, Tensor]:
    """Body (T + 1, 2), foot (T + 1, 2) and contact (T + 1,) from the free numbers.

    The first two positions of the body are fixed, because it starts at rest, and so is
    the first position of the foot.
    """
    s = settings
    T = settings.steps
    start = torch.tensor([[0.0, s.height]], dtype=z.dtype)
    n_body = 2 * (T - 1)
    n_foot = 2 * T
    body = torch.cat([start, start, z[:n_body].reshape(-1, 2)])
    foot = z[n_body : n_body + n_foot].reshape(-1, 2)
    foot = torch.cat([torch.zeros_like(start), foot])
    contact = z[n_body + n_foot :].repeat_interleave(T // s.phases)
    return body, foot, torch.cat([contact[:1], contact])


def required_force(body: Tensor, settings: LeapSettings) -> Tensor:
    """F / (m g) at the inner steps, (T − 1, 2): what the ground must supply."""
    acceleration = (body[2:] - 2 * body[1:-1] + body[:-2]) / settings.dt**2
    weight = torch.tensor([0.0, GRAVITY], dtype=body.dtype)
    return (acceleration + weight) / GRAVITY


def leap_prices(
    body: Tensor, foot: Tensor, contact: Tensor, settings: LeapSettings
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """L_CI, L_physics, L_task and L_hint, means over the steps.

    Args:
        body, foot: positions, (T + 1, 2) [m].
        contact: weight c of every step, (T + 1,).
        settings: the box and its task.
    """
    s = settings
    moving = torch.diff(foot, dim=0) / s.dt
    both = torch.minimum(contact[1:], contact[:-1])  # a foot may land and lift off
    L_CI = (contact * foot[:, 1] ** 2).mean() + (both * (moving**2).sum(1)).mean()

    F = required_force(body, s)
    c = contact[1:-1]
    leg = (body - foot)[1:-1]
    missing = (F**2).sum(1) * s.w / (s.w + c**2)
    pull = torch.relu(-F[:, 1])
    slide = torch.relu(F[:, 0].abs() - s.friction * torch.relu(F[:, 1]))
    turn = (F[:, 0] * leg[:, 1] - F[:, 1] * leg[:, 0]) / s.height
    L_physics = (missing + pull**2 + slide**2 + turn**2).mean()

    goal = torch.tensor(s.goal, dtype=body.dtype)
    last_velocity = (body[-1] - body[-2]) / s.dt
    L_task = ((body[-1] - goal) ** 2).sum() + (last_velocity**2).sum()

    length = torch.linalg.vector_norm(body - foot, dim=1)
    bounds = torch.relu(length - s.leg[1]) ** 2 + torch.relu(s.leg[0] - length) ** 2
    below = torch.relu(-foot[:, 1]) ** 2
    foot_jerk = (torch.diff(foot, n=2, dim=0) ** 2).sum()
    jerky = foot_jerk + (torch.diff(F, dim=0) ** 2).sum()
    L_hint = 10 * (bounds + below).mean() + 1e-4 * jerky
    return L_CI, L_physics, L_task, L_hint


def _value_and_gradient(
    z: Array, weights: tuple[float, float], settings: LeapSettings
) -> tuple[float, Array]:
    """The weighted sum of the prices, and its gradient in the free numbers."""
    free = torch.from_numpy(z).requires_grad_()
    L_CI, L_physics, L_task, L_hint = leap_prices(
        *unpack_leap(free, settings), settings
    )
    total = weights[0] * L_CI + weights[1] * L_physics + L_task + L_hint
    (gradient,) = torch.autograd.grad(total, free)
    return total.item(), gradient.numpy()
