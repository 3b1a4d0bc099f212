"""A small network in layers, with and without normalisation, for the tests of
fine-tuning: a few numbers for an input.
"""

import hashlib
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from lecture_code.observations.layered_network import LabelledInputs, LayeredNetwork
from lecture_code.observations.representation import draw_weights

RNG = np.random.default_rng
INPUTS, UNITS, CLASSES = 4, 6, 3


def small_layers(seed=0, *, normalised=False):
    """Inputs (N, 4) -> logits (N, 3) by three layers."""
    sizes = (INPUTS, UNITS, UNITS)
    layers = [
        nn.Sequential(
            nn.Linear(n, m),
            *([nn.BatchNorm1d(m)] if normalised else []),
            nn.Tanh(),
        )
        for n, m in pairwise(sizes)
    ]
    network = LayeredNetwork([*layers, nn.Linear(UNITS, CLASSES)])
    draw_weights(network, RNG(seed))
    return network


def clouds(n, seed, shift=0.0, spread=1.0):
    """n points of three classes, which overlap, in four dimensions."""
    rng = RNG(seed)
    labels = rng.integers(CLASSES, size=n)
    x = spread * rng.standard_normal((n, INPUTS))
    x[np.arange(n), labels] += 2.0
    x[:, -1] += shift
    return LabelledInputs(
        torch.tensor(x, dtype=torch.float32), torch.from_numpy(labels)
    )


def hashes(network):
    """For each layer a hash of its parameters and its buffers."""
    return [
        hashlib.sha256(
            b"".join(part.numpy().tobytes() for part in layer.state_dict().values())
        ).hexdigest()
        for layer in network.layers
    ]
