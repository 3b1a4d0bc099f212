"""Progressive nets: a new column learns beside frozen columns. It uses their features,
and they forget nothing.

Rusu, Večerík, Rothörl, Heess, Pascanu & Hadsell, "Sim-to-real robot learning from
pixels with progressive nets" (2017), arXiv:1610.04286, and Rusu et al., "Progressive
neural networks" (2016), arXiv:1606.04671, for the adapters.

    (1)  h_i^(k) = f(W_i^(k) h_{i−1}^(k) + Σ_{j<k} U_i^(k:j) h_{i−1}^(j))
    (2)  U_i^(k:j) h  becomes  U_i^(k:j) f(V_i^(k:j) α_i^(k:j) h)          an adapter

f(x) = max(x, 0). Equation (1) is the lecture's. The columns j < k are frozen: only
W^(k), U^(k:·), V^(k:·) and α^(k:·) learn. The image h_0 is the same for all columns,
so no lateral goes into the first layer.

Idea. Fine-tuning overwrites what a network knows. A progressive net keeps the old
network as it is, and gives the new task a column of its own, often a smaller one. The
new column may use every feature of the old columns, and may ignore them.

Where the output starts decides whether anything is learnt when rewards are rare:

    own          own weights and laterals start at random
    copy         U of the output := W of the old output, own output weights := 0, own
                 bias := the old bias. The new column begins with exactly the old policy
    frozen copy  as `copy`, but U of the output never learns, and the own output weights
                 start small and random

With `copy`, every weight below the own head has a gradient of exactly zero at first,
because the own head multiplies it with zero. Only the head learns until it has moved.

Read `ProgressiveNet.run`, then `Lateral.forward`.

The paper of 2017 prints numbers of parameters, but not how the adapters of a
convolution and the laterals of an LSTM are built. Here V is a 1 × 1 convolution. The
LSTM gets the old dense layer and the old memory of the step before, and the output gets
the old last layer, both without an adapter. Laterals have no bias. With these choices
the numbers of parameters are the published ones, 39 K and 37 K (38 860 and 36 924): a
test counts them.

Deviations from the papers:
* One adapter for each old column, as the sum in (1) says; the paper of 2016 joins all
  old columns before one adapter.
* α is one number for each adapter, and optional; it is not in the counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from lecture_code.learning.columns import (
    HEAD_GAIN,
    Activations,
    Column,
    ColumnSizes,
    as_input,
    decision_of,
    orthogonal,
    product,
)
from lecture_code.learning.episodes import Decision

HEADS = ("own", "copy", "frozen copy")
OWN_HEAD_GAIN = 0.1  # of the own output weights beside a frozen copy


@dataclass(frozen=True)
class LateralSettings:
    """How a new column uses the old ones.

    Args:
        adapter: channels m between V and U of a convolution or of the dense layer; 0
            for U alone, as in (1).
        alpha: α at the start; None for adapters without α.
        head: where the output starts: "own", "copy" or "frozen copy".

    Raises:
        ValueError: the head is unknown, or the adapter is negative.
    """

    adapter: int = 8
    alpha: float | None = None
    head: str = "copy"

    def __post_init__(self) -> None:
        if self.head not in HEADS:
            raise ValueError(f"head must be one of {', '.join(HEADS)}; got {self.head}")
        if self.adapter < 0:
            raise ValueError(f"adapter must not be negative; got {self.adapter}")


class Lateral(nn.Module):
    """What one old column contributes to one layer of a new column: (2), or U alone.

    Args:
        old, new: the columns.
        layer: which layer of the new column.
        settings: adapter and α.
        rng: draws the weights.
    """

    def __init__(
        self,
        old: Column,
        new: Column,
        layer: int,
        settings: LateralSettings,
        rng: np.random.Generator,
    ) -> None:
        super().__init__()
        self.layer = layer
        self.kind = new.sizes.kinds[layer]
        self.stride = new.stride(layer)
        outputs, *own_shape = new.W[layer].shape
        old_inputs = old.W[layer].shape[1]
        inputs = [old_inputs, *own_shape[1:]]
        if settings.adapter and self.kind in ("conv", "dense"):
            channels = old.sizes.filters[layer - 1]
            gain = math.sqrt(2)
            self.V = orthogonal((settings.adapter, channels, 1, 1), gain, rng)
            if settings.alpha is not None:
                self.alpha = nn.Parameter(torch.tensor(float(settings.alpha)))
            inputs[0] = old_inputs // channels * settings.adapter
        gain = HEAD_GAIN if self.kind == "head" else 1.0
        self.U = orthogonal((outputs, *inputs), gain, rng)

    def forward(self, old: Activations) -> Tensor:
        """U f(V α h), or U h, for the old column's activations."""
        h = old.entering(self.layer, self.kind)
        if hasattr(self, "alpha"):
            h = self.alpha * h
        if hasattr(self, "V"):
            h = conv2d(h, self.V).relu()
        return product(self.kind, self.U, h, self.stride)  # eq. 2


class ProgressiveNet(nn.Module):
    """Columns from the oldest to the newest; the newest decides and may learn.

    Args:
        columns: of their layers only widths may differ.
        laterals: for each column k, for each old column j < k, the laterals from j into
            the layers of k, the first layer left out.
    """

    columns: Any  # torch gives lists of modules no types of their own
    laterals: Any

    def __init__(
        self, columns: Sequence[Column], laterals: Sequence[Sequence[nn.Module]]
    ) -> None:
        super().__init__()
        self.columns = nn.ModuleList(columns)
        self.laterals = nn.ModuleList(nn.ModuleList(sides) for sides in laterals)

    @classmethod
    def from_column(cls, column: Column) -> ProgressiveNet:
        """A net of one column."""
        return cls([column], [[]])

    @property
    def sizes(self) -> ColumnSizes:
        """Sizes of the newest column."""
        sizes: ColumnSizes = self.columns[-1].sizes
        return sizes

    @property
    def memory_size(self) -> int:
        """M, how many numbers all columns keep of an episode."""
        return sum(column.memory_size for column in self.columns)

    def grown(
        self, sizes: ColumnSizes, settings: LateralSettings, rng: np.random.Generator
    ) -> ProgressiveNet:
        """This net with a new column, which is the only part that learns.

        Args:
            sizes: of the new column.
            settings: how it uses the old columns.
            rng: draws its weights.

        Raises:
            ValueError: an old column is not frozen, or the new column has other layers.
        """
        check_frozen(self)  # line 1
        check_layers(self.sizes, sizes)
        new = Column(sizes, rng)  # line 2
        layers = range(1, len(sizes.kinds))
        sides = [
            nn.ModuleList(Lateral(old, new, i, settings, rng) for i in layers)
            for old in self.columns
        ]
        if settings.head != "own":  # line 3
            copies = [side[-1] for side in self.laterals[-1]]
            outputs = [side[-1] for side in sides]
            with torch.no_grad():
                copy_head(self.columns[-1], copies, new, outputs)
            if settings.head == "frozen copy":
                freeze_copy(new, outputs, rng)
        return ProgressiveNet([*self.columns, new], [*self.laterals, sides])

    def run(self, images: Tensor, memory: Tensor) -> list[Activations]:
        """One step of every column, from the oldest to the newest.

        Args:
            images: (N, H, W, 3).
            memory: of all columns side by side, (N, M).
        """
        x = as_input(images, self.sizes.image)
        widths = [column.memory_size for column in self.columns]
        memories = torch.split(memory, widths, dim=1)
        steps: list[Activations] = []
        for column, before, sides in zip(
            self.columns, memories, self.laterals, strict=True
        ):
            sums: list[Tensor | None] = [None]  # no lateral into the first layer
            for i in range(1, len(column.sizes.kinds)):
                terms = [
                    side[i - 1](old) for side, old in zip(sides, steps, strict=True)
                ]
                sums.append(sum(terms[1:], terms[0]) if terms else None)  # Σ_{j<k}
            steps.append(column.activations(x, before, sums))  # eq. 1
        return steps

    def forward(self, images: Tensor, memory: Tensor) -> Decision:
        """What the newest column decides for images (N, H, W, 3)."""
        steps = self.run(images, memory)
        after = torch.cat([step.memory for step in steps], 1)
        return decision_of(steps[-1].outputs, after, self.sizes)


def copy_head(
    old: Column, old_outputs: Sequence[Any], new: Column, outputs: Sequence[Any]
) -> None:
    """Let a new column begin with policy and value of the latest old one.

    Args:
        old: the latest old column.
        old_outputs: laterals into its output, from each column before it.
        new: the new column; its head is changed.
        outputs: laterals into the new output, from each old column; they are changed.
    """
    for source, lateral in zip(old_outputs, outputs[:-1], strict=True):
        lateral.U.copy_(source.U)
    outputs[-1].U.copy_(old.W[-1])
    new.b[-1].copy_(old.b[-1])
    new.W[-1].zero_()


def freeze_copy(new: Column, outputs: Sequence[Any], rng: np.random.Generator) -> None:
    """Freeze a copied head, and let the own output weights start small and random.

    Args:
        new: the new column; its own output weights are changed.
        outputs: laterals into the new output, from each old column; they are frozen.
        rng: draws the weights.
    """
    for lateral in outputs:
        lateral.U.requires_grad_(False)
    new.W[-1].data = orthogonal(new.W[-1].shape, OWN_HEAD_GAIN, rng).data


def check_frozen(network: nn.Module) -> None:
    """Refuse old columns that would learn.

    Raises:
        ValueError: names the parameters that are not frozen.
    """
    free = [name for name, part in network.named_parameters() if part.requires_grad]
    if free:
        raise ValueError(
            f"old columns must be frozen before a new one grows, for instance with "
            f"`learning.episodes.frozen`; these learn: {', '.join(free)}"
        )


def check_layers(old: ColumnSizes, new: ColumnSizes) -> None:
    """Refuse columns whose layers cannot be connected.

    Raises:
        ValueError: names what differs.
    """
    if old.kinds != new.kinds:
        raise ValueError(
            f"columns must have the same layers; the old one has {old.kinds}, the new "
            f"one {new.kinds}"
        )
    for name in ("image", "windows", "parts", "choices"):
        before, now = getattr(old, name), getattr(new, name)
        if before != now:
            raise ValueError(
                f"columns must have the same {name}; the old one has {before}, the new "
                f"one {now}"
            )
