"""Many small networks, and rows of which each belongs to one of them: the products of
all groups in one call.

Rows come sorted by group. A loop over groups is correct and slow, because a product of
eight rows takes less time than the call that starts it; the two backends here do the
same with one call a layer. Read `grouped_network`, then the two functions above it.

    grouped   torch's grouped product (CPU since torch 2.9): no row is copied or
              padded, so that it does not mind if one group has all the rows
    padded    every group is padded with zeros to the longest one, and one batched
              product does them all; needs nothing but `torch.bmm`
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

BACKENDS = ("auto", "grouped", "padded")
MOST_PADDING = 5.0
"""With several threads `auto` pads while that makes at most this many rows out of one.
"""


def _grouped(rows: Tensor, counts: Tensor, weights: Sequence[Tensor]) -> Tensor:
    """Torch's grouped product: the rows of group i end at offset i."""
    ends = counts.cumsum(0, dtype=torch.int32)
    for layer, W in enumerate(weights):
        rows = F.grouped_mm(rows.relu_() if layer else rows, W, offs=ends)
    return _Contiguous.apply(rows)  # type: ignore[no-any-return, no-untyped-call]


def _padded(rows: Tensor, counts: Tensor, weights: Sequence[Tensor]) -> Tensor:
    """A batched product over groups that all have as many rows as the longest."""
    n = len(counts)
    longest = int(counts.max())
    # how far the rows of each group move
    moved = torch.arange(n, device=rows.device) * longest - (counts.cumsum(0) - counts)
    target = torch.arange(len(rows), device=rows.device)
    target = target + moved.repeat_interleave(counts, output_size=len(rows))
    laid = rows.new_zeros(n * longest, rows.shape[1]).index_add(0, target, rows)
    laid = laid.view(n, longest, -1)
    for layer, W in enumerate(weights):
        laid = torch.bmm(laid.relu_() if layer else laid, W)
    return laid.flatten(0, 1).index_select(0, target)


class _Contiguous(torch.autograd.Function):
    """The identity, whose gradient is laid out in memory: the grouped product refuses
    gradients that are expanded, as that of a sum is.
    """

    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: object, *gradients: Tensor) -> Tensor:
        return gradients[0].contiguous()


def can_group(rows: Tensor, weights: Sequence[Tensor]) -> bool:
    """Whether torch's grouped product takes these operands: it must exist, it wants
    rows of 16 bytes or a multiple, and torch 2.13 cannot compile it.
    """
    kind = rows.dtype
    if torch.compiler.is_compiling():
        return False
    sizes = [
        size * rows.element_size()
        for size in (rows.shape[-1], *(W.shape[-1] for W in weights))
    ]
    return (
        hasattr(F, "grouped_mm")
        and kind in (torch.float32, torch.bfloat16)
        and all(size % 16 == 0 for size in sizes)
    )


def grouped_network(
    rows: Tensor, counts: Tensor, weights: Sequence[Tensor], backend: str = "auto"
) -> Tensor:
    """Send sorted rows through the network of their group: matrices with ReLU between
    them, no biases.

    Args:
        rows: (R, d), those of group 0 first.
        counts: rows of each group, (n,) integers that add up to R; zeros are allowed.
        weights: one (n, in, out) for each layer.
        backend: "grouped", "padded", or "auto" for the quicker of the two. Torch's
            grouped product wakes its threads once for each group, so that with several
            threads padding is the quicker one unless the groups are very unequal.

    Returns:
        (R, out of the last layer).

    Raises:
        ValueError: an unknown backend, counts that do not add up, or operands that the
            grouped product does not take.
    """
    if backend not in BACKENDS:
        raise ValueError(
            f"there is no backend {backend!r}; there are: {', '.join(BACKENDS)}"
        )
    if (
        counts.ndim != 1
        or any(len(W) != len(counts) for W in weights)
        or int(counts.sum()) != len(rows)
    ):
        shapes = [tuple(W.shape) for W in weights]
        raise ValueError(
            f"counts must hold one number a group, {len(rows)} rows in all; got "
            f"{counts.tolist()[:8]} for weights of shapes {shapes}"
        )
    grouping = can_group(rows, weights)
    if backend == "grouped" and not grouping:
        raise ValueError(
            "the grouped product needs float32 or bfloat16 and widths of a multiple "
            f"of 16 bytes; got {rows.dtype}: take backend='padded'"
        )
    if backend == "auto":
        threads = torch.get_num_threads() > 1
        padding_pays = threads and len(counts) * int(
            counts.max()
        ) <= MOST_PADDING * len(rows)
        backend = "grouped" if grouping and not padding_pays else "padded"
    return (_grouped if backend == "grouped" else _padded)(rows, counts, weights)
