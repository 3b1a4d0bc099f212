"""What domain confusion learns from: a source with labels, a target without.

Read `TwoDomains`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True, eq=False)
class TwoDomains:
    """What is learnt from.

    Args:
        source: inputs (N, …) with labels.
        labels: of the source, (N, …).
        target: inputs (M, …) without labels.
        task_loss: answers (n, …) and labels (n, …) -> L_φ.

    Raises:
        ValueError: a domain is empty, inputs have different sizes, or there are not as
            many labels as source inputs.
    """

    source: Tensor
    labels: Tensor
    target: Tensor
    task_loss: Callable[[Tensor, Tensor], Tensor]

    def __post_init__(self) -> None:
        for name in ("source", "target"):
            if not len(getattr(self, name)):
                raise ValueError(f"the {name} is empty: both domains need examples")
        if self.source.shape[1:] != self.target.shape[1:]:
            raise ValueError(
                "inputs of source and target must have one size; got "
                f"{tuple(self.source.shape[1:])} and {tuple(self.target.shape[1:])}"
            )
        if len(self.labels) != len(self.source):
            raise ValueError(
                f"there are {len(self.source)} source inputs and {len(self.labels)} "
                "labels"
            )


def check_pairs(pairs: NDArray[np.int64]) -> None:
    """Refuse pairs that are none.

    Raises:
        ValueError: there is no pair, or they are not (K, 2).
    """
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not len(pairs):
        raise ValueError(
            "pairs must be rows of source and target, (K, 2) with K ≥ 1; got "
            f"{pairs.shape}; ν = 0 is training without pairs"
        )
