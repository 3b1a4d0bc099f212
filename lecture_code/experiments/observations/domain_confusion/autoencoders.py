"""`domain_confusion_autoencoders`: is it the arm that an autoencoder's features follow?

Protocol, written after a pilot of one seed. The autoencoder of `domain_confusion` (500
"real" images, 2,400 batches) learns twice: from scenes as they are, and from the same
scenes without the arm. A linear head then learns from all 500 images with labels, many
more than the 12 of the main table, and is tested on 500 others. The same is measured
with the features of the network before training. With the arm, the head also learns
where the hand is. Five seeds.

If features follow what is large, then without the arm the head finds the hook, and
with the arm it does not. Without the arm is the positive control, too: the same code,
length and rate can learn where a hook is.

Read `AutoencoderRun`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV

from lecture_code.experiments.observations.domain_confusion.arms import (
    BATCHES,
    IMAGES,
    NETWORK,
)
from lecture_code.experiments.observations.domain_confusion.hooks import columns
from lecture_code.experiments.observations.domain_confusion.measures import (
    PENALTIES,
    features_of,
)
from lecture_code.experiments.observations.domain_confusion.steps import (
    batches_of_step,
    share_done,
)
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.observations.autoencoder import (
    encode_images,
    initial_encoding,
    small_grey,
)
from lecture_code.observations.hook_scenes import HookScene, errors, eye, success_rate
from lecture_code.observations.representation import (
    Representation,
    hook_network,
    network_inputs,
)

SCENES = 7  # generator of the scenes, with the seed
AWAY = -9.0  # where an arm is not seen [m]
WITH, WITHOUT = "with the arm", "without the arm"


@dataclass(frozen=True)
class AutoencoderSettings:
    """A comparison of scenes with and without the arm.

    Args:
        scenes: with the arm, without it, or both.
        seeds: of scenes, networks and batches.
        images: to learn from, and as many for tests.
        batches: of the whole training.
        batch: images of a batch.
        rate: of Adam.
        gap: between simulation and "real".
    """

    scenes: tuple[str, ...] = (WITH, WITHOUT)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    images: int = 500
    batches: int = 2400
    batch: int = 32
    rate: float = 3e-3
    gap: float = 1.0


class AutoencoderRun:
    """One kind of scenes and one seed.

    Args:
        arm: whether the arm is there.
        settings: of the comparison.
        seed: of everything random.
    """

    def __init__(self, arm: bool, settings: AutoencoderSettings, seed: int) -> None:
        self.arm = arm
        self.settings = settings
        rng = np.random.default_rng([IMAGES, SCENES, seed])
        scene = HookScene.drawn(2 * settings.images, rng)
        self.hooks = scene.hooks
        self.hands = scene.hands
        if not arm:
            away = np.full_like(scene.hooks, AWAY)
            scene = HookScene(scene.hooks, away, away, away)
        self.images = eye(settings.gap).look(scene.shapes(), rng)
        self.untrained = hook_network(np.random.default_rng([NETWORK, seed]))
        pixels = small_grey(network_inputs(self.images[:2])).shape[1]
        batches = np.random.default_rng([BATCHES, seed])
        self.state = initial_encoding(self.untrained, pixels, settings.rate, batches)
        self.steps = 0
        self.measured: dict[str, float] = {}

    @property
    def progress(self) -> float:
        """Share of the batches that are done; the tests come last."""
        return share_done(self.state.batches, self.settings.batches, self.measured)

    def advance(self) -> Record:
        """The next batches, or at the end the tests."""
        settings = self.settings
        left = settings.batches - self.state.batches
        if not left:
            self.measured = self.measure()
            return self.measured
        batches = batches_of_step(self.steps, left)
        self.steps += 1
        learnt = network_inputs(self.images[: settings.images])
        self.state = encode_images(
            self.state, learnt, settings.batch, batches, settings.batches
        )
        return self.state.report

    def measure(self) -> dict[str, float]:
        """Success of the heads."""
        found = {
            "hook": self.head(self.state.network, self.hooks),
            "hook, untrained": self.head(self.untrained, self.hooks),
        }
        if self.arm:
            found["hand"] = self.head(self.state.network, self.hands)
        return found

    def head(self, network: Representation, poses: NDArray[np.float64]) -> float:
        """Success of a linear head on the features, for places (2 images, 2) [m]."""
        n = self.settings.images
        f = features_of(network, self.images)
        head = RidgeCV(PENALTIES).fit(f[:n], poses[:n])
        return success_rate(errors(head.predict(f[n:]), poses[n:]))

    def result(self) -> Record:
        """What was measured."""
        return self.measured


def runs(settings: AutoencoderSettings) -> dict[str, AutoencoderRun]:
    """One run for each kind of scenes and seed."""
    return {
        f"{name}/{seed}": AutoencoderRun(name == WITH, settings, seed)
        for seed in settings.seeds
        for name in settings.scenes
    }


def summarise(
    settings: AutoencoderSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Success of the heads, by kind of scenes."""
    curves = {
        name: columns([results[f"{name}/{seed}"] for seed in settings.seeds])
        for name in settings.scenes
    }
    return curves, {}


SMALL = AutoencoderSettings(seeds=(0,), images=20, batches=8, batch=4)

EXPERIMENTS = (
    Experiment(
        "domain_confusion_autoencoders", AutoencoderSettings(), SMALL, runs, summarise
    ),
)
