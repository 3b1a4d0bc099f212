"""How a network learns and is tried, in all runs of *Progressive nets*."""

from __future__ import annotations

from functools import cache

import numpy as np
from torch import nn

from lecture_code.experiments.protocol import Record
from lecture_code.learning.actor_critic import (
    ActorCriticSettings,
    ActorCriticState,
    actor_critic_step,
)
from lecture_code.learning.episodes import Theta
from lecture_code.learning.whole_episodes import episode_returns
from lecture_code.observations.pixel_reacher import DOMAINS, PixelReacher

FIRST = 3
"""Turns that are recorded one by one; later ones are recorded in strides."""
TESTS = 1000  # with the seed: the generator of the episodes of a test


@cache
def environment(domain: str) -> PixelReacher:
    """The episodes of a domain; all runs share its bank of noise."""
    return PixelReacher(domain, np.random.default_rng(0))


def returns_in(
    domain: str, network: nn.Module, theta: Theta, episodes: int, seed: int
) -> float:
    """Mean return of a test; every network of a seed gets the same poses, targets and
    random numbers.
    """
    rng = np.random.default_rng([TESTS, seed])
    returns = episode_returns(network, theta, environment(domain), episodes, rng)
    return float(returns.mean())


class Learning:
    """A network that learns in a domain, by strides of several turns.

    Args:
        network: what learns.
        domain: where.
        settings: of the actor-critic.
        episodes: that run side by side.
        seed: of episodes and actions, with the number of the domain.
    """

    def __init__(
        self,
        network: nn.Module,
        domain: str,
        settings: ActorCriticSettings,
        episodes: int,
        seed: int,
    ) -> None:
        self.network = network
        self.domain = domain
        self.settings = settings
        self.rng = np.random.default_rng([seed, list(DOMAINS).index(domain)])
        self.state = ActorCriticState.initial(
            network, environment(domain), episodes, self.rng
        )
        self.turns = 0
        self.returns: list[float | None] = []  # of the episodes of each stride

    def stride(self, turns: int) -> Record:
        """One turn at first, later `turns` of them; loss and entropy of the last."""
        finished: list[float] = []
        for _ in range(1 if self.turns < FIRST else turns):
            self.state = actor_critic_step(
                self.state,
                self.network,
                environment(self.domain),
                self.settings,
                self.rng,
            )
            self.turns += 1
            finished += self.state.episodes.finished
        if self.turns > FIRST:
            mean = round(float(np.mean(finished)), 2) if finished else None
            self.returns.append(mean)
        return {key: self.state.report[key] for key in ("loss", "entropy")}

    @property
    def frames(self) -> int:
        """Control steps so far."""
        return self.state.episodes.frames
