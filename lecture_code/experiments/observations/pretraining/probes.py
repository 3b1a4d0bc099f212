"""What features know of an object: linear probes of its place and its angle.

Read `pose_probe`.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lecture_code.observations.pusher_scenes import picture_inputs
from lecture_code.observations.pushing import Objects, pose_distances
from lecture_code.observations.representation import Representation

Array = NDArray[np.float64]
PENALTIES = np.logspace(-3, 3, 13)  # of ridge regression
PROBE_DRAWS = 10  # choices of labelled pictures that are averaged
CHUNK = 500  # pictures that a network sees at once
RADIUS = 0.1  # about ρ [m]: it brings cosine and sine to the size of places


def network_features(network: Representation, pictures: NDArray[np.uint8]) -> Array:
    """Features of pictures (N, H, W, 3), (N, F)."""
    with torch.no_grad():
        parts = [
            network.features(picture_inputs(pictures[start : start + CHUNK])).numpy()
            for start in range(0, len(pictures), CHUNK)
        ]
    return np.concatenate(parts).astype(float)


def pose_labels(objects: Objects) -> Array:
    """x, y, cosine and sine of objects, all in metres, (N, 4)."""
    circle = np.column_stack([np.cos(objects.angles), np.sin(objects.angles)])
    return np.column_stack([objects.places, RADIUS * circle])


def read_poses(answers: Array, objects: Objects) -> Objects:
    """The objects where answers (N, 4) say that they are."""
    angles = np.arctan2(answers[:, 3], answers[:, 2])
    return Objects(objects.kinds, answers[:, :2], angles, objects.choice)


def pose_errors(told: Objects, true: Objects) -> dict[str, float]:
    """Mean errors: of the points of an object ("pose"), of its place, of its angle.

    Returns:
        "pose" [m], "place" [m] and "angle" [degree]; a guess of the angle is 90° off.
    """
    apart = np.abs(np.angle(np.exp(1j * (told.angles - true.angles))))
    place = np.linalg.norm(told.places - true.places, axis=1)
    return {
        "pose": float(pose_distances(told, true).mean()),
        "place": float(place.mean()),
        "angle": float(np.rad2deg(apart).mean()),
    }


def pose_probe(
    learnt: tuple[Array, Objects], tested: tuple[Array, Objects], labels: int
) -> dict[str, float]:
    """Errors of linear probes that learn from so many labels each, on average.

    A probe is ridge regression on standardised features; its penalty is chosen by
    leaving one of the labelled pictures out.

    Args:
        learnt, tested: features (N, F) and objects, to learn from and for tests.
        labels: of one probe.

    Raises:
        ValueError: there are not so many labelled pictures.
    """
    features, objects = learnt
    if not 2 <= labels <= len(features):
        raise ValueError(f"labels must be from 2 to {len(features)}; got {labels}")
    errors = []
    for draw in range(PROBE_DRAWS):
        rows = np.random.default_rng(draw).permutation(len(features))[:labels]
        probe = make_pipeline(StandardScaler(), RidgeCV(PENALTIES))
        probe.fit(features[rows], pose_labels(objects)[rows])
        told = read_poses(probe.predict(tested[0]), tested[1])
        errors.append(pose_errors(told, tested[1]))
    return {
        name: float(np.mean([error[name] for error in errors])) for name in errors[0]
    }
