"""A symmetric object: no features can tell its angle, but they can tell its axis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lecture_code.experiments.observations.pretraining.features import (
    load_feature_network,
)
from lecture_code.experiments.observations.pretraining.probes import (
    PENALTIES,
    network_features,
)
from lecture_code.figures.observations.pretraining.guesses import LABELS, SCENES
from lecture_code.observations.pusher_scenes import board_pictures
from lecture_code.observations.pushing import BAR, KINDS, Objects
from lecture_code.show import Table

Array = NDArray[np.float64]
BAR_SEED = 920  # generator of the boards
ASKED = {
    "L, the angle": (KINDS, 1),
    "bar, the angle": ((BAR,), 1),
    "bar, twice the angle": ((BAR,), 2),
}
"""What a probe is asked -> the objects, and how often the angle is taken."""


def angle_error(features: Array, angles: Array, fold: int) -> float:
    """How far a linear probe of cosine and sine of so many times the angle is off, in
    degrees of this multiple; a guess is 90° off.

    Args:
        features: (N, F); the probe learns from the first `LABELS` rows.
        angles: (N,) [rad].
        fold: multiple of the angle.
    """
    wanted = np.column_stack([np.cos(fold * angles), np.sin(fold * angles)])
    probe = make_pipeline(StandardScaler(), RidgeCV(PENALTIES))
    probe.fit(features[:LABELS], wanted[:LABELS])
    told = probe.predict(features[LABELS:])
    apart = np.arctan2(told[:, 1], told[:, 0]) - fold * angles[LABELS:]
    return float(np.rad2deg(np.abs(np.angle(np.exp(1j * apart)))).mean())


def symmetric_table() -> Table:
    """Errors of the angle of an L and of a bar, and of twice the angle of a bar."""
    network = load_feature_network("slowness")
    rows = {}
    for name, (choice, fold) in ASKED.items():
        rng = np.random.default_rng(BAR_SEED)
        objects = Objects.drawn(LABELS + SCENES, rng, choice)
        features = network_features(network, board_pictures(objects, rng))
        off = angle_error(features, objects.angles, fold)
        rows[name] = {"off by": f"{off:.0f}"}
    return Table(
        rows,
        caption=f"Errors of linear probes of the slowness features with {LABELS} "
        f"labels, on {SCENES} other boards. One network. A guess is 90° off",
        units={"off by": "°"},
        corner="what is asked",
    )
