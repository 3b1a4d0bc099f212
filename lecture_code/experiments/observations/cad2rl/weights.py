"""The networks of *(CAD)²RL* in 8 bits, read from the committed result."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.observations.progressive_nets.weights import (
    from_rounded,
    rounded,
)
from lecture_code.experiments.results import load_arrays
from lecture_code.observations.collision_net import CollisionNet


def rounded_network(network: CollisionNet) -> dict[str, NDArray[Any]]:
    """The parameters in 8 bits, with one scale for each output."""
    return rounded(dict(network.named_parameters()))


def load_collision_net(arm: str, name: str = "cad2rl") -> CollisionNet:
    """The committed network of an arm.

    Raises:
        ExperimentError: there is no such result.
        ValueError: it has no such arm; the message lists the arms.
    """
    arrays = load_arrays(name)
    known = sorted({key.split(" layers.")[0] for key in arrays})
    if arm not in known:
        raise ValueError(f"{name} has no network {arm!r}; there are {', '.join(known)}")
    start = f"{arm} "
    parts = {k.removeprefix(start): v for k, v in arrays.items() if k.startswith(start)}
    network = CollisionNet(np.random.default_rng(0))
    network.load_state_dict(copy.deepcopy(from_rounded(parts)))
    return network.requires_grad_(False)
