"""Trust region policy optimisation: the longest step uphill that leaves the policy
almost what it was.

Schulman, Levine, Moritz, Jordan & Abbeel, "Trust Region Policy Optimization" (2015),
arXiv:1502.05477, section 6 and appendix C; the equations' numbers are ours.

    (1)  L(θ) = mean_t [ π_θ(a_t | s_t) / π_old(a_t | s_t) · Â_t ]     the surrogate
    (2)  D(θ) = mean_t KL(π_old(· | s_t) ‖ π_θ(· | s_t)) ≤ δ           the trust region
    (3)  g = ∇L(θ_old)                                              the policy gradient
    (4)  F = ∇²D(θ_old) = mean_t J_tᵀ diag(1/σ²) J_t, and 2 for each log σ
    (5)  (F + c) x = g                                 by conjugate gradient; c damps
    (6)  β = √(2δ / xᵀ(F + c) x)                       βx reaches the edge of (2)
    (7)  θ = θ_old + αʲ βx,  j = 0, 1, …               the line search

With J_t = ∂m_θ(s_t)/∂θ, F v costs two passes, and F is never built. The edge in (6) is
that of the quadratic approximation. (7) takes the first j with L > 0 and D ≤ δ; without
such a j there is no step.

Idea. A gradient says where to go but not how far, and a policy that went too far
collects bad data next time. Measured by what the policy *does* (2) rather than by how
far θ moved, one δ fits all parametrisations.

Read `TRPO.step`: it is (1) to (7) in order. A `TRPO` is the seam `improve(policy,
trajectories) -> policy`; it remembers nothing from one call to the next.

Deviations from the paper:
* Advantages are estimated by GAE with a linear baseline (`advantages.py`), which came
  later, and brought to mean 0 and std 1 over the steps they are used on.
* F is averaged over at most `fisher_steps` evenly spaced steps (the paper too takes a
  part of its data); D of the line search over all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lecture_code.learning.advantages import LinearBaseline, gae
from lecture_code.learning.gaussian_policy import GaussianPolicy, kl_divergence
from lecture_code.simulation import Trajectories

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Improvement:
    """The policy after one update, and what the update did.

    Args:
        policy: the new one, or the old one where the line search found nothing.
        surrogate_gain: surrogate objective at the new policy, L of (1); 0 at the old
            policy.
        kl: mean KL divergence from the old policy, D of (2) [nat].
        residual: what the conjugate gradient left unsolved, |g − (F + c) x| / |g|.
        backtracks: how often the line search shortened the step, j of (7); None if no
            step was taken.
    """

    policy: GaussianPolicy
    surrogate_gain: float
    kl: float
    residual: float
    backtracks: int | None


@dataclass(frozen=True)
class TRPO:
    """Trust region policy optimisation, with its settings.

    Args:
        max_kl: largest mean KL divergence of an update, δ [nat].
        discount: weight of a reward one step later, γ.
        lam: weight of later one-step errors in an advantage, λ (see `advantages.py`).
        cg_steps: most steps of the conjugate gradient.
        damping: number added to the diagonal of F, c.
        backtrack_ratio: factor on the step when the line search shortens it, α of (7).
        max_backtracks: most times that the line search may shorten the step.
        fisher_steps: largest number of control steps over which F is averaged.

    Raises:
        ValueError: names the setting that is out of range.
    """

    max_kl: float = 0.01
    discount: float = 0.995
    lam: float = 0.97
    cg_steps: int = 10
    damping: float = 1e-2
    backtrack_ratio: float = 0.8
    max_backtracks: int = 15
    fisher_steps: int = 5000

    def __post_init__(self) -> None:
        for name in ("max_kl", "damping", "cg_steps", "fisher_steps"):
            if not 0 < getattr(self, name) < np.inf:
                raise ValueError(f"{name} must be positive; got {getattr(self, name)}")
        for name in ("discount", "lam"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(
                    f"{name} must lie in [0, 1]; got {getattr(self, name)}"
                )
        if not 0 < self.backtrack_ratio < 1:
            raise ValueError(
                f"backtrack_ratio must lie between 0 and 1; got {self.backtrack_ratio}"
            )
        if self.max_backtracks < 0:
            raise ValueError(
                f"max_backtracks must not be negative; got {self.max_backtracks}"
            )

    def __call__(
        self,
        policy: GaussianPolicy,
        trajectories: Trajectories,
        background: Trajectories | None = None,
    ) -> GaussianPolicy:
        """The improved policy; arguments as in `step`."""
        return self.step(policy, trajectories, background).policy

    def step(
        self,
        policy: GaussianPolicy,
        trajectories: Trajectories,
        background: Trajectories | None = None,
    ) -> Improvement:
        """One update of the policy.

        Args:
            policy: the one that made the trajectories.
            trajectories: N of them; their steps are what (1) and (2) are averaged over.
            background: what the baseline is fitted to; the trajectories themselves if
                None.

        Raises:
            ValueError: there is no trajectory, or no step in them.
        """
        if not trajectories.mask.any():
            raise ValueError(
                "an improvement needs trajectories with at least one step; got "
                f"{len(trajectories)} without any"
            )
        background = trajectories if background is None else background
        V = LinearBaseline.fit(background, self.discount)(trajectories.observations)
        advantages = gae(trajectories, V, self.discount, self.lam)
        return self.climb(policy, *samples(trajectories, advantages))

    def climb(
        self,
        policy: GaussianPolicy,
        observations: Tensor,
        actions: Tensor,
        advantages: Tensor,
    ) -> Improvement:
        """(1) to (7) on n steps.

        Args:
            policy: π_old.
            observations, actions: (n, S) and (n, A).
            advantages: (n,), with mean 0.

        Raises:
            ValueError: an advantage is not finite.
        """
        finite = torch.isfinite(advantages)
        if not finite.all():
            i = int(finite.int().argmin())
            raise ValueError(
                f"advantages must be finite; number {i} of {len(advantages)} is "
                f"{float(advantages[i])}"
            )
        theta = torch.from_numpy(policy.theta)
        objective = surrogate(policy, observations, actions, advantages)  # eq. 1
        (g,) = torch.autograd.grad(objective(theta.requires_grad_()), theta)  # eq. 3
        theta = theta.detach()
        distance = mean_kl(policy, observations)  # eq. 2
        stride = -(-len(observations) // self.fisher_steps)  # rounded up
        F = fisher_product(policy, observations[::stride], self.damping)  # eq. 4
        x, residual = conjugate_gradient(F, g, self.cg_steps)  # eq. 5
        curvature = float(x @ F(x))
        if not curvature > 0:  # no gradient: all advantages are alike
            return Improvement(policy, 0.0, 0.0, 0.0, None)
        full = float(np.sqrt(2 * self.max_kl / curvature)) * x  # eq. 6
        for j in range(self.max_backtracks + 1):  # the line search
            new = theta + self.backtrack_ratio**j * full  # eq. 7
            with torch.no_grad():
                L, kl = float(objective(new)), float(distance(new))
            if L > 0 and kl <= self.max_kl:
                return Improvement(policy.at(new.numpy()), L, kl, residual, j)
        return Improvement(policy, 0.0, 0.0, residual, None)


def samples(
    trajectories: Trajectories, advantages: Array
) -> tuple[Tensor, Tensor, Tensor]:
    """Observations (n, S), actions (n, A) and advantages (n,) of the control steps that
    took place; the advantages with mean 0 and std 1.
    """
    mask = trajectories.mask
    raw = advantages[mask]
    standard = (raw - raw.mean()) / (raw.std() + 1e-8)
    return (
        torch.from_numpy(trajectories.observations[:, :-1][mask]),
        torch.from_numpy(trajectories.actions[mask]),
        torch.from_numpy(standard),
    )


def surrogate(
    policy: GaussianPolicy, observations: Tensor, actions: Tensor, advantages: Tensor
) -> Callable[[Tensor], Tensor]:
    """L of (1) as a function of theta; `policy` is π_old."""
    with torch.no_grad():
        old_log_prob = policy.log_prob(
            torch.from_numpy(policy.theta), observations, actions
        )

    def L(theta: Tensor) -> Tensor:
        ratio = (policy.log_prob(theta, observations, actions) - old_log_prob).exp()
        return (ratio * advantages).mean()  # eq. 1

    return L


def mean_kl(policy: GaussianPolicy, observations: Tensor) -> Callable[[Tensor], Tensor]:
    """D of (2) as a function of theta; `policy` is π_old."""
    with torch.no_grad():
        old = policy.moments(torch.from_numpy(policy.theta), observations)

    def D(theta: Tensor) -> Tensor:
        new = policy.moments(theta, observations)
        return kl_divergence(old, new).mean()  # eq. 2

    return D


def fisher_product(
    policy: GaussianPolicy, observations: Tensor, damping: float = 0.0
) -> Callable[[Tensor], Tensor]:
    """v -> (F + c) v with the F of (4), both (d,)."""
    A = policy.sizes[-1]  # number of actions
    variance = torch.from_numpy(policy.action_std**2)  # (A,)
    theta = torch.from_numpy(policy.theta).requires_grad_()
    m, _ = policy.moments(theta, observations)  # (n, A)
    u = torch.zeros_like(m, requires_grad=True)
    # Jᵀu is linear in u, so that its derivative by u is J, whatever u is
    (JTu,) = torch.autograd.grad(m, theta, u, create_graph=True)

    def product(v: Tensor) -> Tensor:
        (Jv,) = torch.autograd.grad(JTu, u, v, retain_graph=True)  # (n, A)
        weighted = Jv / variance / len(observations)
        (Fv,) = torch.autograd.grad(m, theta, weighted, retain_graph=True)  # eq. 4
        Fv = Fv + damping * v
        Fv[-A:] += 2 * v[-A:]  # log σ
        return Fv

    return product


def conjugate_gradient(
    product: Callable[[Tensor], Tensor], g: Tensor, steps: int, tolerance: float = 1e-10
) -> tuple[Tensor, float]:
    """Solve F x = g (d,) for a symmetric positive F that is known by its products only.

    Args:
        product: v -> F v.
        steps: at most; each costs a product.
        tolerance: stop at this |g − F x| / |g|.

    Returns:
        x (d,), and |g − F x| / |g|.
    """
    x = torch.zeros_like(g)
    r, p = g.clone(), g.clone()  # r = g − F x
    first = rr = float(r @ r)
    for _ in range(steps):
        if rr <= tolerance**2 * first:
            break
        Fp = product(p)
        step = rr / float(p @ Fp)
        x, r = x + step * p, r - step * Fp
        last_rr = rr
        rr = float(r @ r)
        p = r + rr / last_rr * p
    return x, (rr / first) ** 0.5 if first > 0 else 0.0
