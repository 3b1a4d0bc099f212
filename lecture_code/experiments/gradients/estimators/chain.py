"""A chain of bits that want to be near their targets and like their neighbours.

    (1)  f(b) = (1/n) Σ_i (b_i − t_i)² + (κ/n) Σ_i (b_i − b_{i+1})²

Bits are 0 or 1, so b² = b. The following loss has the same value for every string of
bits, but between 0 and 1 it is a straight line in each bit:

    (2)  (1/n) Σ_i [(1 − 2 t_i) b_i + t_i²] + (κ/n) Σ_i (b_i + b_{i+1} − 2 b_i b_{i+1})

The slope of a straight line is the same everywhere. So if a relaxed choice misleads
because it asks for the slope at other places than the bits, (2) must not mislead.

Read `chain_loss`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from lecture_code.gradients.discrete_choices import BERNOULLI, Loss
from lecture_code.gradients.estimators import expected_loss


@dataclass(frozen=True)
class ChainSettings:
    """A chain.

    Args:
        bits: n.
        coupling: κ, how much neighbours want to be equal.
        near, far: each target is between `near` and `far` away from ½, on a random
            side.
        straight: the loss between the bits is eq. 2, not eq. 1.
        spread: standard deviation of the logits θ before the first step.
    """

    bits: int = 12
    coupling: float = 0.1
    near: float = 0.0
    far: float = 0.2
    straight: bool = False
    spread: float = 1.0


def chain_start(settings: ChainSettings, seed: int) -> tuple[Tensor, Tensor]:
    """Targets t and first logits θ of one chain, both (n,)."""
    generator = torch.Generator().manual_seed(seed)
    shape = (2, settings.bits)
    share, side = torch.rand(shape, generator=generator, dtype=torch.float64)
    away = settings.near + (settings.far - settings.near) * share
    targets = 0.5 + torch.where(side < 0.5, -away, away)
    normal = torch.randn(settings.bits, generator=generator, dtype=torch.float64)
    return targets, settings.spread * normal  # ~ N(0, spread²)


def chain_loss(targets: Tensor, settings: ChainSettings) -> Loss:
    """f of chains with these targets (…, n): b (N, …, n) -> (N, …)."""
    loss = straight_loss if settings.straight else curved_loss
    return partial(loss, targets, settings.coupling)


def curved_loss(targets: Tensor, kappa: float, b: Tensor) -> Tensor:
    """Eq. 1."""
    own = (b - targets).square().sum(-1)
    unequal = (b[..., 1:] - b[..., :-1]).square().sum(-1)
    return (own + kappa * unequal) / b.shape[-1]


def straight_loss(targets: Tensor, kappa: float, b: Tensor) -> Tensor:
    """Eq. 2."""
    left, right = b[..., :-1], b[..., 1:]
    own = ((1 - 2 * targets) * b + targets.square()).sum(-1)
    unequal = (left + right - 2 * left * right).sum(-1)
    return (own + kappa * unequal) / b.shape[-1]


@dataclass(frozen=True, eq=False)
class KnownChains:
    """Chains whose best strings are known by enumeration.

    Args:
        loss: f of all chains.
        targets: (chains, n).
        logits: θ before the first step, (chains, n).
        best: the best string of each chain, (chains, n).
        lowest: its loss, (chains,).
        fair: expected loss if every bit is a fair coin, (chains,).
    """

    loss: Loss
    targets: Tensor
    logits: Tensor
    best: Tensor
    lowest: Tensor
    fair: Tensor

    def gap(self, logits: Tensor) -> Tensor:
        """Expected loss above the lowest, as a share of that of fair coins, (chains,).

        It is 1 for fair coins and 0 for the best string.
        """
        now = expected_loss(self.loss, BERNOULLI, logits)
        return (now - self.lowest) / (self.fair - self.lowest)


def known_chains(settings: ChainSettings, seeds: tuple[int, ...]) -> KnownChains:
    """One chain for each seed."""
    pairs = [chain_start(settings, seed) for seed in seeds]
    targets, logits = (torch.stack(each) for each in zip(*pairs, strict=True))
    f = chain_loss(targets, settings)
    strings = BERNOULLI.outcomes(targets)  # (2ⁿ, 1, n)
    lowest, place = f(strings).min(0)
    fair = expected_loss(f, BERNOULLI, torch.zeros_like(targets))
    return KnownChains(f, targets, logits, strings[place, 0], lowest, fair)
