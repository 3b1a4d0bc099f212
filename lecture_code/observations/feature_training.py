"""The loop in which features are learnt before any label: batches go down the sum of
some losses.

A method gives a `FeatureLoss`: it draws a batch and returns its losses by name, each
with its weight. The methods of the chapter *Pretraining* differ in nothing else.

Read `trained`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from lecture_code.observations.representation import Representation, draw_weights

FeatureLoss = Callable[
    [Representation, nn.ModuleDict, np.random.Generator], dict[str, Tensor]
]
"""Network, heads and generator of the batches -> losses that are added up, by name."""


@dataclass(frozen=True, eq=False)
class FeatureTraining:
    """Between two batches. Nothing that it holds is changed by `trained`.

    Args:
        network: whose features are learnt.
        heads: networks on the features, by name, which are learnt with it.
        optimiser: of both.
        batches: so far.
        rng: draws the batches.
        report: mean losses of the last batches.
    """

    network: Representation
    heads: nn.ModuleDict
    optimiser: torch.optim.Optimizer
    batches: int
    rng: np.random.Generator
    report: dict[str, float]


def initial_training(
    network: Representation,
    heads: Mapping[str, nn.Module],
    rate: float,
    rng: np.random.Generator,
) -> FeatureTraining:
    """Before the first batch; the network and the heads are copied.

    Args:
        network: untrained.
        heads: networks on its features; their weights are drawn here.
        rate: of Adam.
        rng: draws the weights of the heads, and later the batches.
    """
    network = copy.deepcopy(network)
    copied = nn.ModuleDict(copy.deepcopy(dict(heads)))
    draw_weights(copied, rng)
    learnt = [*network.parameters(), *copied.parameters()]
    optimiser = torch.optim.Adam(learnt, rate)
    return FeatureTraining(network, copied, optimiser, 0, rng, {})


def trained(
    state: FeatureTraining, loss: FeatureLoss, batches: int, length: int
) -> FeatureTraining:
    """The state after further batches.

    Args:
        state: so far.
        loss: what the batches go down.
        batches: so many; fewer at the end.
        length: batches of the whole training; the rate falls to zero in its second
            half.

    Raises:
        ValueError: the training is over.
    """
    if state.batches >= length:
        raise ValueError(f"the training of {length} batches is over")
    state = copy.deepcopy(state)
    batches = min(batches, length - state.batches)
    report = run_batches(
        lambda: loss(state.network, state.heads, state.rng),
        state.optimiser,
        range(state.batches, state.batches + batches),
        length,
    )
    return replace(state, batches=state.batches + batches, report=report)


def run_batches(
    loss: Callable[[], dict[str, Tensor]],
    optimiser: torch.optim.Optimizer,
    batches: range,
    length: int,
) -> dict[str, float]:
    """Mean losses of these batches; what the optimiser learns is changed in place.

    Args:
        loss: draws a batch; its losses are added up.
        optimiser: goes down the sum.
        batches: their numbers within the training.
        length: of the training; the rate falls to zero in its second half.
    """
    rate = optimiser.defaults["lr"]
    totals: dict[str, float] = {}
    for batch in batches:
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1.0, 2 * (1 - batch / length))
        losses = loss()
        optimiser.zero_grad()
        total = sum(losses.values(), start=torch.zeros(()))
        total.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        for name, value in losses.items():
            totals[name] = totals.get(name, 0.0) + value.item() / len(batches)
    return totals
