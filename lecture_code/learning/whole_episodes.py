"""Whole episodes from which nothing is learnt: to watch a policy, and to try it.

All episodes begin together, and each is over when it fails or its time runs out. Read
`watch_episodes`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from lecture_code.learning.episodes import (
    Array,
    Decision,
    Environment,
    Theta,
    decide,
    draw_actions,
    memory_size,
)


class WatchedStep(NamedTuple):
    """One control step of n whole episodes."""

    state: Any  # before the step
    observations: NDArray[Any]  # of this state, (n, …)
    decision: Decision
    rewards: Array  # after the step, (n,); zero in an episode that is over


def watch_episodes(
    network: nn.Module,
    theta: Theta,
    environment: Environment,
    n: int,
    rng: np.random.Generator,
    *,
    greedy: bool = False,
) -> Iterator[WatchedStep]:
    """The control steps of n whole episodes, from which nothing is learnt.

    Args:
        network, theta: the policy; without `theta` the network's own parameters.
        environment: the episodes.
        n: their number.
        rng: draws actions and whatever the environment draws.
        greedy: take the most probable action instead of a random one.
    """
    state = environment.start(n, rng, staggered=False)
    memory = torch.zeros(n, memory_size(network))
    running = np.ones(n, dtype=bool)
    while running.any():
        observations = environment.observe(state, rng)
        with torch.no_grad():
            decision = decide(network, theta, observations, memory)
        actions = draw_actions(decision.logits, rng)
        if greedy:
            actions = decision.logits.argmax(-1).numpy()
        after, rewards = environment.step(state, actions, rng)
        yield WatchedStep(
            state, observations, decision, np.where(running, rewards, 0.0)
        )
        state = after
        memory = decision.memory
        running &= ~np.logical_or(*environment.over(state))


def episode_returns(
    network: nn.Module,
    theta: Theta,
    environment: Environment,
    n: int,
    rng: np.random.Generator,
    *,
    greedy: bool = False,
) -> Array:
    """Returns (n,) of n whole episodes; the arguments are those of `watch_episodes`."""
    steps = watch_episodes(network, theta, environment, n, rng, greedy=greedy)
    return np.asarray(np.sum([step.rewards for step in steps], axis=0))
