"""Advantage actor-critic: a policy and a value function that learn from short segments
of many episodes, which run side by side.

Mnih, Badia, Mirza, Graves, Lillicrap, Harley, Silver & Kavukcuoglu, "Asynchronous
methods for deep reinforcement learning" (2016), arXiv:1602.01783, section 4, without
the asynchrony; advantages as in `advantages.py`.

    (1)  L_π = − mean_t log π(a_t | o_t) Â_t
    (2)  L_V = mean_t (V(o_t) − (Â_t + V_t))²         Â_t + V_t is a constant here
    (3)  L = L_π + c_V L_V − c_H mean_t H(π(· | o_t))
    (4)  g ← g min(1, g_max / |g|)                      g: gradient of L
    (5)  s ← ρ s + (1 − ρ) g²,  θ ← θ − rate g / (√s + ε)

`actor_critic_step` is one turn of the method:

     1  act for T steps in N episodes, and keep the graph of every decision
     2  where time runs out, V of the last state stands for the rest
     3  advantages by GAE, over the segment and no further
     4  L of (3), its gradient, one step of (5)

Idea. The critic V says what was to be expected, so the actor needs only a few steps to
see whether an action was better than that. The paper lets many workers act and update
whenever they are ready. That saved hours on the machines of its time; what stabilises
the learning is that many episodes at different moments are in one update. N episodes
side by side have this as well, and give the same numbers for the same seed.

A network may remember, see `episodes.py`. The memory of an episode is zero at its
start, and gradients end at the start of a segment.

Read `actor_critic_step`, then `actor_critic_loss`; lines 1 and 2 are
`episodes.run_segment`.

Deviations from the paper:
* Synchronous. GAE with λ < 1 instead of n-step returns; λ = 1 is the n-step return.
* An action has several parts, one for each joint, which are drawn independently:
  log π and H are sums over the parts.
* ε stands outside of the root, and the gradient's length is bounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from lecture_code.learning.advantages import segment_gae
from lecture_code.learning.episodes import (
    Environment,
    RunningEpisodes,
    Segment,
    Theta,
    as_array,
    learnt_parameters,
    run_segment,
)


@dataclass(frozen=True)
class ActorCriticSettings:
    """How the actor-critic learns.

    Args:
        steps: T, control steps of a segment.
        discount: γ.
        lam: λ of GAE.
        rate: the learning rate.
        anneal: number of control steps over which the rate falls to zero; None for a
            constant rate.
        entropy: weight c_H of the entropy.
        value: weight c_V of the critic's error.
        largest_gradient: bound of the gradient's length, g_max.
        decay: ρ of RMSProp.
        epsilon: ε of RMSProp.
    """

    steps: int = 10
    discount: float = 0.95
    lam: float = 0.95
    rate: float = 3e-3
    anneal: int | None = None
    entropy: float = 0.01
    value: float = 0.5
    largest_gradient: float = 0.5
    decay: float = 0.99
    epsilon: float = 1e-5


@dataclass(frozen=True, eq=False)
class ActorCriticState:
    """What one turn hands to the next.

    Args:
        theta: the parameters that learn.
        squares: running mean of their squared gradients, s.
        episodes: the N episodes.
        report: loss, entropy and length of the gradient in the last turn.
    """

    theta: Theta
    squares: Theta
    episodes: RunningEpisodes
    report: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def initial(
        cls,
        network: nn.Module,
        environment: Environment,
        n: int,
        rng: np.random.Generator,
    ) -> ActorCriticState:
        """Before the first step: the network's own parameters, n staggered episodes."""
        theta = learnt_parameters(network)
        squares = {name: torch.zeros_like(value) for name, value in theta.items()}
        return cls(
            theta, squares, RunningEpisodes.initial(network, environment, n, rng)
        )


def actor_critic_loss(
    segment: Segment, settings: ActorCriticSettings
) -> tuple[Tensor, Tensor]:
    """Lines 3 and 4: L of a segment, and the mean entropy."""
    advantages = segment_gae(
        segment.rewards,
        as_array(segment.values),
        segment.following,
        segment.ended,
        settings.discount,
        settings.lam,
    )
    A = torch.from_numpy(advantages).to(segment.values)
    target = A + segment.values.detach()
    L_actor = -(segment.log_probs * A).mean()  # eq. 1
    L_critic = (segment.values - target).square().mean()  # eq. 2
    H = segment.entropies.mean()
    return L_actor + settings.value * L_critic - settings.entropy * H, H  # eq. 3


def rmsprop(
    theta: Theta, squares: Theta, gradient: Theta, rate: float, s: ActorCriticSettings
) -> tuple[Theta, Theta]:
    """One step of (5): new parameters, and new running means."""
    new = {n: s.decay * squares[n] + (1 - s.decay) * g**2 for n, g in gradient.items()}
    return {
        name: theta[name] - rate * g / (new[name].sqrt() + s.epsilon)  # eq. 5
        for name, g in gradient.items()
    }, new


def actor_critic_step(
    state: ActorCriticState,
    network: nn.Module,
    environment: Environment,
    settings: ActorCriticSettings,
    rng: np.random.Generator,
) -> ActorCriticState:
    """One turn: a segment of all episodes, and one update of the parameters.

    Args:
        state: where the last turn left off.
        network: (observations (N, …), memory (N, M)) -> `Decision`. Its own parameters
            are not changed, and not used where `state.theta` has them.
        environment: the episodes.
        settings: of the method.
        rng: draws actions and whatever the environment draws.

    Raises:
        ValueError: loss or gradient is not finite.
    """
    theta = {name: value.requires_grad_() for name, value in copies(state.theta)}
    episodes, segment = run_segment(
        state.episodes, network, theta, environment, settings.steps, rng
    )
    L, H = actor_critic_loss(segment, settings)
    parts = torch.autograd.grad(L, list(theta.values()))
    length = float(torch.stack([part.norm() for part in parts]).norm())
    if not np.isfinite(length):
        raise ValueError(f"the gradient is not finite; the loss is {L.item()}")
    factor = min(1.0, settings.largest_gradient / max(length, 1e-12))  # eq. 4
    gradient = {name: factor * g for name, g in zip(theta, parts, strict=True)}
    rate = settings.rate
    if settings.anneal is not None:
        rate *= max(0.0, 1 - state.episodes.frames / settings.anneal)
    new, squares = rmsprop(state.theta, state.squares, gradient, rate, settings)
    report = {"loss": L.item(), "entropy": H.item(), "gradient": length}
    return ActorCriticState(new, squares, episodes, report)


def copies(theta: Theta) -> list[tuple[str, Tensor]]:
    """The parameters again, in tensors of their own."""
    return [(name, value.detach().clone()) for name, value in theta.items()]
