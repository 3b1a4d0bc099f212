"""A spatial autoencoder: features without any label, the baseline of the lecture.

Finn, Tan, Duan, Darrell, Levine and Abbeel, "Deep Spatial Autoencoders for Visuomotor
Learning", ICRA 2016, arXiv:1509.06113. The feature points of a network must suffice to
paint the image again, small and grey:

    (1)  loss = mean |decoder(f(x)) − z|²        z: the small grey image, standardised

What is large or moves much is worth painting. Nothing says which thing matters.

Deviations: the decoder has a hidden layer, and there is no term for slowness.

Read `encode_images`.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from lecture_code.observations.feature_training import run_batches
from lecture_code.observations.representation import Representation, draw_weights

SHRINKING = 2  # a side of the image becomes so many times smaller
HIDDEN = 128  # units of the decoder
LEAST_STD = 0.02  # of a pixel: what varies less is not blown up


@dataclass(frozen=True, eq=False)
class Encoding:
    """Between two batches. Nothing that it holds is changed by `encode_images`.

    Args:
        network: whose features are learnt.
        decoder: features (N, F) -> small grey images (N, P).
        optimiser: of both.
        batches: so far.
        rng: draws the batches.
        report: mean loss of the last batches.
    """

    network: Representation
    decoder: nn.Module
    optimiser: torch.optim.Optimizer
    batches: int
    rng: np.random.Generator
    report: dict[str, float]


def small_grey(images: Tensor) -> Tensor:
    """z of eq. 1 for images (N, 3, H, W), each pixel standardised over them, (N, P)."""
    grey = avg_pool2d(images.mean(dim=1, keepdim=True), SHRINKING).flatten(1)
    return (grey - grey.mean(0)) / (grey.std(0) + LEAST_STD)


def initial_encoding(
    network: Representation, pixels: int, rate: float, rng: np.random.Generator
) -> Encoding:
    """Before the first batch; the network is copied.

    Args:
        network: untrained.
        pixels: P, of a small grey image.
        rate: of Adam.
        rng: draws the decoder's weights, and later the batches.
    """
    network = copy.deepcopy(network)
    decoder = nn.Sequential(
        nn.Linear(network.n_features, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, pixels)
    )
    draw_weights(decoder, rng)
    learnt = [*network.parameters(), *decoder.parameters()]
    return Encoding(network, decoder, torch.optim.Adam(learnt, rate), 0, rng, {})


def encode_images(
    state: Encoding, images: Tensor, batch: int, batches: int, length: int
) -> Encoding:
    """The state after further batches.

    Args:
        state: so far.
        images: (N, 3, H, W), without labels.
        batch: images of a batch.
        batches: so many.
        length: of the whole training; the rate falls to zero in its second half.

    Raises:
        ValueError: there is no image, or a batch has fewer than two.
    """
    if not len(images):
        raise ValueError("there are no images to learn from")
    if batch < 2:
        raise ValueError(f"batch must be 2 or more; got {batch}")
    state = copy.deepcopy(state)
    wanted = small_grey(images)

    def loss() -> dict[str, Tensor]:
        rows = state.rng.integers(len(images), size=batch)
        (f,) = state.network.batch_features(images[rows])
        return {"task": ((state.decoder(f) - wanted[rows]) ** 2).mean()}  # eq. 1

    done = state.batches + batches
    report = run_batches(loss, state.optimiser, range(state.batches, done), length)
    return replace(state, batches=done, report=report)
