"""What is compared in the runs of *Pretraining*, and how it is trained.

An arm learns features from triples (picture, poke, picture), or makes them in closed
form, or has none.

Read `FeatureArm`, then `FeaturePupil`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lecture_code.experiments.observations.pretraining.probes import (
    network_features,
    pose_labels,
)
from lecture_code.experiments.observations.pretraining.triples import (
    DataSizes,
    PokeData,
    first_inputs,
    poke_data,
    small_pixels,
    view_pictures,
)
from lecture_code.observations.autoencoder import (
    SHRINKING,
    Encoding,
    encode_images,
    initial_encoding,
)
from lecture_code.observations.curious_heads import (
    CuriousSettings,
    curious_loss,
    curious_networks,
)
from lecture_code.observations.feature_training import (
    FeatureLoss,
    FeatureTraining,
    initial_training,
    trained,
)
from lecture_code.observations.inverse_models import (
    InverseSettings,
    poke_heads,
    poke_loss,
)
from lecture_code.observations.pusher_scenes import (
    CAMERA,
    PokeTriples,
    picture_inputs,
)
from lecture_code.observations.representation import Representation, point_network
from lecture_code.observations.slowness import (
    SlowFeatures,
    SlownessSettings,
    slowness_loss,
)

Array = NDArray[np.float64]
Bytes = NDArray[np.uint8]
TRIPLES, LABELLED, TESTS, NETWORK, BATCHES, VIEWS = range(
    6
)  # generators, with the seed
ANSWERS = 4  # of a supervised network: x, y, cosine and sine
UNIT = 10.0  # answers are in decimetres
PIXELS = (CAMERA.height // SHRINKING) * (CAMERA.width // SHRINKING)  # that it paints
AXES = 24  # principal directions of the pixels that are squared
FIRST_BATCHES = 2  # in each of the first steps: another machine computes the same
SHORT_STEPS = 3
STEP = 50  # batches of a later step
METHODS = (
    "supervised",
    "inverse",
    "curious",
    "slowness",
    "autoencoder",
    "untrained",
    "pixels",
    "slow features",
)


@dataclass(frozen=True)
class FeatureArm:
    """Where features are from.

    Args:
        method: one of `METHODS`; the last three learn in closed form, or not at all.
        triples: to learn from.
        inverse, slowness, curious: settings of the methods.
        degree: of the slow features in closed form.
        colour: whether small pixels have colours; if not, they are grey.
        rate: of Adam, if it is another one than that of the comparison.
        labels: of one probe, if they are others than those of the comparison.
        spot_stays: whether the spot of light stays during a poke.
        longer: how many times as long the arm is trained.

    Raises:
        ValueError: the method is unknown.
    """

    method: str
    triples: int = 20_000
    inverse: InverseSettings = field(default_factory=InverseSettings)
    slowness: SlownessSettings = field(default_factory=SlownessSettings)
    curious: CuriousSettings = field(default_factory=CuriousSettings)
    degree: int = 1
    colour: bool = False
    rate: float | None = None
    labels: int | None = None
    spot_stays: bool = False
    longer: int = 1

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(
                f"method must be one of {', '.join(METHODS)}; got {self.method!r}"
            )

    @property
    def has_loss(self) -> bool:
        """Whether a network is trained."""
        return self.method in METHODS[:5]


@dataclass(frozen=True)
class FeatureSettings:
    """A comparison of features.

    Args:
        arms: by name.
        seeds: of triples, networks and batches.
        batches: of each training.
        batch: pictures of a batch, for methods that see single pictures.
        rate: of Adam; it falls to zero in the second half.
        labelled, tests: pictures with labels, from which probes draw theirs, and
            pictures for tests.
        labels: of one probe.
        slow: number of slow features in closed form.
    """

    arms: Mapping[str, FeatureArm]
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    batches: int = 800
    batch: int = 64
    rate: float = 3e-3
    labelled: int = 1000
    tests: int = 2000
    labels: int = 100
    slow: int = 32


def supervised_loss(triples: PokeTriples, batch: int) -> FeatureLoss:
    """Mean squared error of the pose; the network's own head answers."""
    labels = torch.as_tensor(UNIT * pose_labels(triples.start), dtype=torch.float32)

    def loss(
        network: Representation, heads: nn.ModuleDict, rng: np.random.Generator
    ) -> dict[str, Tensor]:
        rows = rng.integers(len(triples), size=batch)
        (f,) = network.batch_features(picture_inputs(triples.before[rows]))
        return {"task": (network.head(f) - labels[rows]).square().mean()}

    return loss


class FeaturePupil:
    """One arm and one seed in training.

    Args:
        arm: what is trained.
        settings: of the comparison.
        seed: of everything random.
    """

    def __init__(self, arm: FeatureArm, settings: FeatureSettings, seed: int) -> None:
        self.arm = arm
        self.settings = settings
        self.seed = seed
        network = point_network(ANSWERS, np.random.default_rng([NETWORK, seed]))
        rng = np.random.default_rng([BATCHES, seed])
        rate = settings.rate if arm.rate is None else arm.rate
        F = network.n_features
        heads: dict[str, nn.Module] = {}
        if arm.method == "inverse":
            heads = poke_heads(F, forward=arm.inverse.forward > 0)
        if arm.method == "curious":
            heads = curious_networks(F, arm.curious)
        self.state: FeatureTraining | Encoding
        if arm.method == "autoencoder":
            self.state = initial_encoding(network, PIXELS, rate, rng)
        else:
            self.state = initial_training(network, heads, rate, rng)
        self.steps = 0

    @property
    def sizes(self) -> DataSizes:
        """How many triples there are; an arm with fewer takes the first ones."""
        most = max(arm.triples for arm in self.settings.arms.values())
        return DataSizes(
            most, self.settings.labelled, self.settings.tests, self.arm.spot_stays
        )

    @property
    def data(self) -> PokeData:
        """All triples of the seed."""
        return poke_data(self.sizes, self.seed)

    @property
    def triples(self) -> PokeTriples:
        """The triples that this arm learns from."""
        return self.data.triples.first(self.arm.triples)

    @property
    def done(self) -> float:
        """Share of the batches that are done."""
        if not self.arm.has_loss:
            return 1.0
        return self.state.batches / self.length

    @property
    def length(self) -> int:
        """Batches of the whole training."""
        return self.arm.longer * self.settings.batches

    @property
    def network(self) -> Representation:
        """The network so far."""
        return self.state.network

    @property
    def heads(self) -> nn.ModuleDict:
        """The heads so far.

        Raises:
            ValueError: the autoencoder has no heads.
        """
        if isinstance(self.state, Encoding):
            raise ValueError("the autoencoder has no heads")
        return self.state.heads

    def loss(self) -> FeatureLoss:
        """What this arm goes down."""
        arm = self.arm
        if arm.method == "supervised":
            return supervised_loss(self.triples, self.settings.batch)
        if arm.method == "inverse":
            return poke_loss(self.triples, arm.inverse)
        if arm.method == "slowness":
            return slowness_loss(self.triples, arm.slowness)
        views = view_pictures(self.sizes, self.seed)[: arm.triples]
        return curious_loss(self.triples, views, arm.curious)

    def advance(self) -> dict[str, float]:
        """The next batches; their mean losses."""
        batches = FIRST_BATCHES if self.steps < SHORT_STEPS else STEP
        self.steps += 1
        length = self.length
        batches = min(batches, length - self.state.batches)
        if isinstance(self.state, Encoding):
            images = first_inputs(self.sizes, self.seed)[: self.arm.triples]
            self.state = encode_images(
                self.state, images, self.settings.batch, batches, length
            )
        else:
            self.state = trained(self.state, self.loss(), batches, length)
        return self.state.report

    def features(self, pictures: Bytes) -> Array:
        """Features of pictures (N, 32, 32, 3), (N, F)."""
        if self.arm.method == "pixels":
            return small_pixels(pictures, colour=self.arm.colour)
        if self.arm.method == "slow features":
            return self.slow_features(pictures)
        return network_features(self.state.network, pictures)

    def slow_features(self, pictures: Bytes) -> Array:
        """Slow features in closed form, of small pictures. Before products are made,
        the pixels are turned to their principal directions.
        """
        before, after, wanted = (
            small_pixels(part, colour=self.arm.colour)
            for part in (self.triples.before, self.triples.after, pictures)
        )
        if self.arm.degree > 1:
            mean = before.mean(axis=0)
            axes = np.linalg.eigh(np.cov(before.T))[1][:, -AXES:]
            before, after, wanted = ((x - mean) @ axes for x in (before, after, wanted))
        slow = SlowFeatures.fit(
            before, after, self.settings.slow, degree=self.arm.degree
        )
        return slow(wanted)
