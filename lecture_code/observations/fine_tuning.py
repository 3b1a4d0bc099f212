"""Fine-tuning: a network that has learnt a source goes on learning with a few labels of
the target. The lecture asks: how many layers, and for how long?

All ways to fine-tune are one loop with three choices: which layers learn, with which
rate each, and what holds them back. Layers are numbered from 1, next to the inputs, to
L, the head. At batch t layer l learns with the rate

    (1)  η_l(t) = η ρ^(L−l) if l > L − k(t), else 0      0: the layer is frozen
    (2)  θ_l ← Adam's step of rate η_l(t) down L_target + λ × penalty

    scratch             fresh weights, k = L: no transfer
    linear probe        k = 1: the head alone
    last k              the upper k layers                       lecture's question 1
    all                 k = L
    discriminative      ρ < 1: lower layers learn more slowly    Howard and Ruder 2018
    gradual             k(t) = 1, 2, …, L: from the head down    Howard and Ruder 2018
    probe, then all     k = 1 for a while, then L                Kumar et al. 2022
    penalty             L2-SP, EWC, rehearsal: `penalties.py`

Howard and Ruder, "Universal Language Model Fine-tuning", ACL 2018, arXiv:1801.06146.
Kumar, Raghunathan, Jones, Ma and Liang, "Fine-Tuning can Distort Pretrained Features
and Underperform Out-of-Distribution", ICLR 2022, arXiv:2202.10054.

Where a network was cut is the question of Yosinski, Clune, Bengio and Lipson, "How
transferable are features in deep neural networks?", NIPS 2014, arXiv:1411.1792. A and B
are halves of the classes; the first n layers come from a network that has learnt A (or
B), all others are fresh, and B is learnt:

    AnB, BnB      the n layers are frozen: k = L − n             `split_network`
    AnB⁺, BnB⁺    the n layers learn, too: k = L

Deviations: the rate does not fall during training, so that a training that stops at t
is the beginning of a longer training. Adam stands in the place of the gradient descent
that most of the papers use. Kumar et al. train the probe until it has converged, and go
on from that head; here it has a fixed number of batches.

Comments such as "# line 3" name the lines of the algorithm on the chapter's page. Start
with `rates_at`, then `fine_tune`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lecture_code.observations.layered_network import (
    LabelledInputs,
    LayeredNetwork,
    transplanted,
)
from lecture_code.observations.representation import draw_weights

Penalty = Callable[[LayeredNetwork, np.random.Generator], Tensor]
"""Network and generator -> what is added to the loss, times λ; see `penalties.py`."""


@dataclass(frozen=True)
class FineTuningSettings:
    """Which parameters learn, with which rate each, and how much they are held back.

    Args:
        layers: k, how many layers learn, from the head down.
        rate: η, of the head.
        decay: ρ, the rate of a layer as a share of the rate of the layer above.
        unfreeze: batches after which one more layer begins to learn, until k do; 0: all
            k learn from the first batch.
        probe: batches at the beginning in which the head learns alone.
        probe_rate: of the head in these batches.
        strength: λ, of the penalty.
        batch: examples of the target in a batch.

    Raises:
        ValueError: a number is negative, ρ is not above 0, or a batch is empty.
    """

    layers: int = 5
    rate: float = 1e-3
    decay: float = 1.0
    unfreeze: int = 0
    probe: int = 0
    probe_rate: float = 1e-2
    strength: float = 0.0
    batch: int = 32

    def __post_init__(self) -> None:
        for name in ("layers", "rate", "unfreeze", "probe", "probe_rate", "strength"):
            if not getattr(self, name) >= 0:  # nan is refused, too
                raise ValueError(
                    f"{name} must not be negative; got {getattr(self, name)}"
                )
        if not self.decay > 0:
            raise ValueError(f"decay must be positive; got {self.decay}")
        if self.batch < 1:
            raise ValueError(f"batch must be 1 or more; got {self.batch}")


MENU: dict[str, FineTuningSettings] = {
    "linear probe": FineTuningSettings(layers=1, rate=1e-2),
    "last 2": FineTuningSettings(layers=2),
    "last 3": FineTuningSettings(layers=3),
    "last 4": FineTuningSettings(layers=4),
    "all": FineTuningSettings(),
    "discriminative": FineTuningSettings(decay=1 / 2.6),
    "gradual": FineTuningSettings(unfreeze=40),
    "probe, then all": FineTuningSettings(probe=100),
}
"""Name of a way to fine-tune five layers -> its settings. Scratch is "all" with a
network that has learnt nothing.
"""


def rates_at(settings: FineTuningSettings, batch: int, layer_count: int) -> list[float]:
    """Eq. 1: the rate of each layer at this batch, (L,); 0 for a frozen layer.

    Args:
        settings: of the fine-tuning.
        batch: t, counted from 0.
        layer_count: L.

    Raises:
        ValueError: there are not k layers.
    """
    if settings.layers > layer_count:
        raise ValueError(
            f"{settings.layers} layers shall learn, but the network has {layer_count}"
        )
    k = settings.layers
    rate = settings.rate
    if batch < settings.probe:
        k = min(k, 1)
        rate = settings.probe_rate
    elif settings.unfreeze:
        k = min(k, 1 + (batch - settings.probe) // settings.unfreeze)
    depths = range(layer_count - 1, -1, -1)  # L − l: 0 for the head
    return [rate * settings.decay**depth if depth < k else 0.0 for depth in depths]


def no_penalty(network: LayeredNetwork, rng: np.random.Generator) -> Tensor:
    """Nothing holds the network back: 0."""
    return torch.zeros(())


@dataclass(frozen=True, eq=False)
class FineTuning:
    """Between two batches. Nothing that it holds is changed by `fine_tune`.

    Args:
        network: as it is now.
        optimiser: Adam, with one group of parameters for each layer.
        batches: t, so far.
        rng: draws the batches, and what a penalty draws.
        loss: of the target, mean over the last call's batches, before each step.
    """

    network: LayeredNetwork
    optimiser: torch.optim.Optimizer
    batches: int
    rng: np.random.Generator
    loss: float


def initial_fine_tuning(
    network: LayeredNetwork, rng: np.random.Generator
) -> FineTuning:
    """Before the first batch; the network is copied.

    Args:
        network: has learnt the source, or nothing ("scratch").
        rng: draws the batches.
    """
    network = copy.deepcopy(network)  # line 1
    groups = [{"params": list(layer.parameters())} for layer in network.layers]
    optimiser = torch.optim.Adam(groups, lr=0.0, fused=True)
    return FineTuning(network, optimiser, 0, rng, 0.0)


def fine_tune(
    state: FineTuning,
    target: LabelledInputs,
    settings: FineTuningSettings,
    batches: int,
    penalty: Penalty = no_penalty,
) -> FineTuning:
    """So many batches more.

    Args:
        state: so far.
        target: what is learnt.
        settings: of the fine-tuning.
        batches: how many.
        penalty: what holds the network back, times λ; not asked where λ = 0.

    Raises:
        ValueError: the network has fewer layers than shall learn.
    """
    state = copy.deepcopy(state)
    losses = 0.0
    for batch in range(state.batches, state.batches + batches):  # lines 2 and 8
        losses += fine_tuning_step(state, target, settings, batch, penalty)
    loss = losses / max(batches, 1)
    return replace(state, batches=state.batches + batches, loss=loss)


def fine_tuning_step(
    state: FineTuning,
    target: LabelledInputs,
    settings: FineTuningSettings,
    batch: int,
    penalty: Penalty,
) -> float:
    """One batch, eq. 2, in place.

    Returns:
        the loss of the target before the step.
    """
    rates = rates_at(settings, batch, len(state.network))  # line 3, eq. 1
    state.network.let_learn([rate > 0 for rate in rates])  # line 4
    inputs, labels = target.drawn(settings.batch, state.rng)  # line 5
    loss = objective = cross_entropy(state.network(inputs), labels)
    if settings.strength:
        pull = penalty(state.network, state.rng)  # line 6
        objective = loss + settings.strength * pull
    if any(rates):
        adam_step(state.optimiser, objective, rates)  # line 7
    return loss.item()


def adam_step(
    optimiser: torch.optim.Optimizer, objective: Tensor, rates: Sequence[float]
) -> None:
    """Eq. 2: one step of each layer that learns, in place.

    Args:
        optimiser: Adam, with one group of parameters for each layer.
        objective: loss of the target, with the penalty.
        rates: η_l, (L,).
    """
    for group, rate in zip(optimiser.param_groups, rates, strict=True):
        group["lr"] = rate
    optimiser.zero_grad()  # a frozen layer then has no gradient, and Adam leaves it out
    objective.backward()  # type: ignore[no-untyped-call]
    optimiser.step()


def split_network(
    donor: LayeredNetwork, n: int, rng: np.random.Generator
) -> LayeredNetwork:
    """What AnB and AnB⁺ start from: n layers of the donor, and fresh layers above.

    Args:
        donor: has learnt the classes A; for BnB, the classes B.
        n: number of layers that are copied.
        rng: draws the weights of the fresh layers.

    Raises:
        ValueError: there are not so many layers.
    """
    return transplanted(donor, renewed(donor, rng), n)


def renewed(network: LayeredNetwork, rng: np.random.Generator) -> LayeredNetwork:
    """The same layers with fresh weights: "scratch".

    Args:
        network: of any kind; it is copied.
        rng: draws the weights.
    """
    network = copy.deepcopy(network)
    for part in network.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            part.reset_parameters()  # its buffers, too
    draw_weights(network, rng)
    return network
