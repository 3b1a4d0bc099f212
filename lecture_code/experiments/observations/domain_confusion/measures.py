"""What a network has learnt about hooks: its answers, and what its features hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, RidgeCV

from lecture_code.observations.hook_scenes import PoseImages, errors, success_rate
from lecture_code.observations.representation import Representation, network_inputs

Array = NDArray[np.float64]
DECIMETRES = 10.0  # in a metre: the unit of a network's answers
ATTEMPTS = 4  # generator of the attempts from which linear heads learn
ATTEMPT_DRAWS = 20  # choices of attempts that are averaged
PENALTIES = np.logspace(-3, 3, 13)  # of ridge regression


def places(network: Representation, images: PoseImages) -> Array:
    """Where the network says that the hooks are, (N, 2) [m]."""
    with torch.no_grad():
        answers = network(network_inputs(images.images)).numpy()
    return np.asarray(answers, dtype=float) / DECIMETRES


def features_of(network: Representation, images: NDArray[np.float32]) -> Array:
    """f of images (N, H, W, 3), (N, F)."""
    with torch.no_grad():
        features = network.features(network_inputs(images)).numpy()
    return np.asarray(features, dtype=float)


def feature_std(network: Representation, images: NDArray[np.float32]) -> float:
    """Mean standard deviation of the features before they are standardised."""
    with torch.no_grad():
        raw = network.raw(network_inputs(images))
    return float(raw.std(dim=0).mean())


def linear_heads(
    network: Representation, labelled: PoseImages, tests: PoseImages, n: int
) -> float:
    """Success of linear heads that learn from n labelled images each, on average.

    A head is ridge regression on the features; its penalty is chosen by leaving one of
    the n out.
    """
    f = features_of(network, labelled.images)
    tested = features_of(network, tests.images)
    rng = np.random.default_rng(ATTEMPTS)
    rates = []
    for _ in range(ATTEMPT_DRAWS):
        rows = rng.permutation(len(f))[:n]
        head = RidgeCV(PENALTIES).fit(f[rows], labelled.poses[rows])
        rates.append(success_rate(errors(head.predict(tested), tests.poses)))
    return float(np.mean(rates))


def domain_classifier(
    network: Representation,
    synthetic: NDArray[np.float32],
    real: NDArray[np.float32],
) -> tuple[LogisticRegression, Array]:
    """A new linear classifier of domains, and features that it has not seen.

    It learns from the first half of the images of each domain.

    Returns:
        the classifier, and features of the second halves, (2, n, F).
    """
    n = min(len(synthetic), len(real)) // 2
    parts = [features_of(network, images[: 2 * n]) for images in (synthetic, real)]
    return classifier_of(parts)


def classifier_of(parts: Sequence[Array]) -> tuple[LogisticRegression, Array]:
    """A new linear classifier of two domains, see `domain_classifier`.

    Args:
        parts: features of each domain, (2 n, F).
    """
    n = len(parts[0]) // 2
    names = np.repeat([0, 1], n)
    learnt = np.concatenate([part[:n] for part in parts])
    classifier = LogisticRegression(max_iter=1000).fit(learnt, names)
    return classifier, np.stack([part[n:] for part in parts])


def domain_error(
    network: Representation,
    synthetic: NDArray[np.float32],
    real: NDArray[np.float32],
) -> float:
    """Share of wrong answers of a new linear classifier of domains on features that it
    has not seen: ½ means that it cannot tell where features are from.
    """
    return error_of(*domain_classifier(network, synthetic, real))


def error_of(classifier: LogisticRegression, tested: Array) -> float:
    """Share of wrong answers on features (2, n, F) of both domains."""
    names = np.repeat([0, 1], tested.shape[1])
    return float((classifier.predict(np.concatenate(tested)) != names).mean())
