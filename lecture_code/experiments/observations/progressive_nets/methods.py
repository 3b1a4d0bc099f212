"""What becomes of a first column on a robot: the methods of the comparison.

    scratch                 the network of the first column, with new weights
    fine-tuning             the first column; everything learns
    head only               the first column; only its head learns
    progressive             a new, narrow column with random laterals and a random head
    copied head             the same, whose head starts as a copy of the first column's
    frozen copy             the same, whose copied head never learns, and whose own head
                            starts small and random
    untrained column        as "copied head", beside a first column that never learnt:
                            is it the features, or only the parameters?

Two further methods say which layers fine-tuning must change:

    only convolutions       the first column; only its convolutions learn
    all but convolutions    the first column; its dense layer and its head learn

With "soft " before its name, a method starts from a first column whose logits are
divided by `TEMPERATURE`: the same preferences, with more exploration.

Fine-tuning, head only and copied head begin with exactly the policy of the trained
first column. Progressive and frozen copy use its features, and begin with another
policy.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from lecture_code.learning.columns import Column, ColumnSizes
from lecture_code.learning.episodes import Theta, frozen, with_parameters
from lecture_code.observations.progressive_nets import LateralSettings, ProgressiveNet
from lecture_code.observations.usage import without_laterals, without_own_output

NARROW = ColumnSizes(filters=(8, 8), dense=32)
ADAPTER = 8
METHODS = (
    "scratch",
    "fine-tuning",
    "head only",
    "progressive",
    "copied head",
    "frozen copy",
    "untrained column",
)
LEARN = {
    "head only": slice(-1, None),
    "only convolutions": slice(2),
    "all but convolutions": slice(2, None),
}
"""Method -> layers of the first column that learn; the others are frozen."""
SOFT = "soft "
TEMPERATURE = 10.0
HEAD_OF = {
    "progressive": "own",
    "copied head": "copy",
    "frozen copy": "frozen copy",
    "untrained column": "copy",
}


def network_of(
    method: str,
    trained: Callable[[], Column],
    sizes: ColumnSizes,
    seed: int,
    new: ColumnSizes = NARROW,
) -> nn.Module:
    """The network that learns on the robot.

    Args:
        method: of `METHODS` or `LEARN`, perhaps with `SOFT` before its name.
        trained: gives the trained first column; not called if it is not needed.
        sizes: of the first column.
        seed: of new weights.
        new: a new column has its filters and its dense layer, and is otherwise like the
            first column.

    Raises:
        ValueError: the method is unknown; the message lists all.
    """
    soft = method.startswith(SOFT)
    method = method.removeprefix(SOFT)
    known = {**dict.fromkeys(METHODS), **LEARN}
    if method not in known:
        raise ValueError(
            f"there is no method {method!r}; there are: {', '.join(known)}"
        )
    rng = np.random.default_rng([seed, 1])
    if soft:
        start = softened(trained())
        return network_of(method, lambda: start, sizes, seed, new)
    if method == "scratch":
        return Column(sizes, rng)
    if method == "fine-tuning":
        return trained()
    if method in LEARN:
        layers = range(len(sizes.kinds))[LEARN[method]]
        names = [f"{part}.{layer}" for layer in layers for part in "Wb"]
        return frozen(trained(), but=names)
    first = Column(sizes, rng) if method == "untrained column" else trained()
    net = frozen(ProgressiveNet.from_column(first))
    assert isinstance(net, ProgressiveNet)
    narrow = replace(sizes, filters=new.filters, dense=new.dense)
    return net.grown(narrow, LateralSettings(ADAPTER, head=HEAD_OF[method]), rng)


def softened(column: Column) -> Column:
    """A copy of a column whose logits are divided by `TEMPERATURE`; its value stays."""
    copy = deepcopy(column)
    logits = slice(column.sizes.parts * column.sizes.choices)
    with torch.no_grad():
        copy.W[-1][logits] /= TEMPERATURE
        copy.b[-1][logits] /= TEMPERATURE
    return copy


def source_policy(network: nn.Module, theta: Theta) -> nn.Module:
    """What acts in the simulation afterwards: the frozen first column of a progressive
    net, or the network itself, as it has become.
    """
    after = with_parameters(network, theta)
    return after.columns[0] if isinstance(after, ProgressiveNet) else after


def lesions_of(network: nn.Module, theta: Theta) -> dict[str, nn.Module]:
    """What the robot's column owes to its parts: the net after training with a part set
    to zero; nothing for a network of one column.
    """
    net = with_parameters(network, theta)
    if not isinstance(net, ProgressiveNet):
        return {}
    output = len(net.sizes.kinds) - 1
    return {
        "own output": without_own_output(net),
        "hidden laterals": without_laterals(net, range(1, output)),
        "output lateral": without_laterals(net, [output]),
    }
