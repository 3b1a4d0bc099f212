"""`pretraining_limits`: what slowness keeps, and what no features can tell.

Protocol, written before the full run. Slowness learns as in `pretraining`, with the
same five seeds, once with a spot of light that jumps and once with one that stays
during a poke. Linear probes learn from 100 new boards, and are tested on 2,000 others.
(a) A probe is asked for the place of the spot, and one for the place of the object. A
guess is the mean place of the labels. (b) On boards with an L and on boards with a bar
a probe is asked for the cosine and sine of the angle, and on those with a bar also for
those of twice the angle. A guess is 90 degrees off.

Expected, before the run. (a) With a spot that jumps the features hold the object and
hardly the spot. With a spot that stays they hold the spot, and not the object. (b) The
angle of a bar is a guess, and twice its angle is not (one network: 89 and 6 degrees;
the angle of an L 17 degrees).

Looked at afterwards: as expected. (a) Where the spot jumped, the object is 1.4 cm off,
and the spot is a guess. Where it stayed, the spot is 2.1 cm off, and the object is a
guess. (b) 91 degrees and 6 degrees for the bar, and 14 degrees for the L.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lecture_code.experiments.observations.pretraining.arms import (
    FeaturePupil,
    FeatureSettings,
)
from lecture_code.experiments.observations.pretraining.features import (
    ARMS,
    SMALL,
    FeatureRun,
    small_arm,
    summarise,
)
from lecture_code.experiments.observations.pretraining.probes import PENALTIES
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.observations.pusher_scenes import board_pictures, drawn_spots
from lecture_code.observations.pushing import BAR, KINDS, Objects

Array = NDArray[np.float64]
SPOT_BOARDS, ANGLE_BOARDS = 30, 31  # generators, with the seed
ASKED = {
    "L, the angle": (KINDS, 1),
    "bar, the angle": ((BAR,), 1),
    "bar, twice the angle": ((BAR,), 2),
}
"""What a probe is asked -> the objects, and how often the angle is taken."""
SPOT, OBJECT, GUESS = "place of the spot", "place of the object", "guess of the spot"


def told_by_probe(features: Array, wanted: Array, labels: int) -> Array:
    """What a linear probe tells of all rows but the first ones, from which it learns.

    Args:
        features: (N, F).
        wanted: what it is asked for, (N, 2).
        labels: number of rows that it learns from.
    """
    probe = make_pipeline(StandardScaler(), RidgeCV(PENALTIES))
    probe.fit(features[:labels], wanted[:labels])
    return np.asarray(probe.predict(features[labels:]))


def place_error(features: Array, places: Array, labels: int) -> float:
    """How far a linear probe of places (N, 2) is off on average [m]."""
    off = told_by_probe(features, places, labels) - places[labels:]
    return float(np.linalg.norm(off, axis=1).mean())


def angle_error(features: Array, angles: Array, fold: int, labels: int) -> float:
    """How far a linear probe of cosine and sine of so many times the angle is off, in
    degrees of this multiple; a guess is 90° off.

    Args:
        features: (N, F); the probe learns from the first rows.
        angles: (N,) [rad].
        fold: multiple of the angle.
        labels: number of rows that it learns from.
    """
    wanted = np.column_stack([np.cos(fold * angles), np.sin(fold * angles)])
    said = told_by_probe(features, wanted, labels)
    apart = np.arctan2(said[:, 1], said[:, 0]) - fold * angles[labels:]
    return float(np.rad2deg(np.abs(np.angle(np.exp(1j * apart)))).mean())


def limits(pupil: FeaturePupil) -> dict[str, float]:
    """Errors of the angles [degree] and of the places [m]."""
    labels = pupil.settings.labels
    n = labels + pupil.settings.tests
    errors = {}
    for name, (choice, fold) in ASKED.items():
        rng = np.random.default_rng([ANGLE_BOARDS, pupil.seed])
        objects = Objects.drawn(n, rng, choice)
        features = pupil.features(board_pictures(objects, rng))
        errors[name] = angle_error(features, objects.angles, fold, labels)
    rng = np.random.default_rng([SPOT_BOARDS, pupil.seed])
    objects = Objects.drawn(n, rng)
    spots = drawn_spots(n, rng)
    features = pupil.features(board_pictures(objects, rng, spots=spots))
    errors[SPOT] = place_error(features, spots, labels)
    errors[OBJECT] = place_error(features, objects.places, labels)
    errors[GUESS] = place_error(np.zeros((n, 1)), spots, labels)
    return errors


class LimitRun(FeatureRun):
    """One arm and one seed."""

    def advance(self) -> Record:
        """The next batches, or at the end the tests."""
        if self.pupil.done < 1:
            return self.pupil.advance()
        self.measured = limits(self.pupil)
        return self.measured


def limit_runs(settings: FeatureSettings) -> Mapping[str, LimitRun]:
    """One run for each arm and seed."""
    return {
        f"{name}/{seed}": LimitRun(arm, settings, seed)
        for seed in settings.seeds
        for name, arm in settings.arms.items()
    }


SLOW = {name: ARMS[name] for name in ("slowness", "slowness, spot stays")}
MAIN = FeatureSettings(SLOW)
SHORT = replace(
    SMALL, arms={name: small_arm(arm) for name, arm in SLOW.items()}, batches=3
)

EXPERIMENTS = (Experiment("pretraining_limits", MAIN, SHORT, limit_runs, summarise),)
