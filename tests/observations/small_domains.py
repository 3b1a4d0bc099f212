"""Two small domains for the tests of domain confusion: a few numbers for an input."""

import hashlib
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from lecture_code.observations.domain_confusion import AlignmentSettings
from lecture_code.observations.representation import Representation, draw_weights
from lecture_code.observations.two_domains import TwoDomains

RNG = np.random.default_rng
INPUTS, FEATURES = 5, 4
SETTINGS = AlignmentSettings(first=6, second=8, batch=8, rate=1e-2)
ALONE = replace(SETTINGS, confusion=0.0, pairs=0.0)


def small_network(seed=0, *, standardised=True):
    """Inputs (N, 5) -> 4 features -> one answer."""
    network = Representation(
        nn.Sequential(nn.Linear(INPUTS, 8), nn.ReLU()),
        nn.Linear(8, FEATURES),
        nn.Linear(FEATURES, 1),
        FEATURES,
        standardised=standardised,
    )
    draw_weights(network, RNG(seed))
    return network


def inputs(n, seed, shift=0.0):
    """Normal inputs (n, 5); the last number is shifted."""
    x = RNG(seed).standard_normal((n, INPUTS))
    x[:, -1] += shift
    return torch.tensor(x, dtype=torch.float32)


def squared(answers, labels):
    """L_φ of these tests."""
    return ((answers - labels) ** 2).mean()


def small_domains(n=60, m=20, shift=2.0, seed=0):
    """n labelled inputs and m others, in which the last number is shifted; the label is
    the sum of the first two."""
    source = inputs(n, seed)
    labels = source[:, :2].sum(dim=1, keepdim=True)
    return TwoDomains(source, labels, inputs(m, seed + 1, shift), squared)


def no_pairs(network, source, target):
    """A choice of pairs that must never be asked."""
    raise AssertionError("nobody needs pairs here")


def fixed_pairs(pairs):
    """A choice of pairs that is always this one."""
    return lambda network, source, target: np.array(pairs)


def marked(module):
    """A mark of all numbers of a module: another one if a single bit moves."""
    parts = [part.numpy().tobytes() for part in module.state_dict().values()]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def everything(state):
    """A mark of all that a state holds."""
    moments = [
        value.numpy().tobytes()
        for optimiser in state.optimisers
        for row in optimiser.state_dict()["state"].values()
        for value in row.values()
    ]
    pairs = None if state.pairs is None else state.pairs.tolist()
    return (
        marked(state.network),
        marked(state.classifier),
        hashlib.sha256(b"".join(moments)).hexdigest(),
        str(state.rng.bit_generator.state),
        state.batches,
        str(pairs),
    )
