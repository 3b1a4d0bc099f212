"""What is compared in the runs of *Domain confusion*, and how it is trained.

An arm is a way to use images of the simulation (with labels), unlabelled images of the
"real" world, and in the oracle's case labelled ones.

Read `HookArm`, then `Pupil`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lecture_code.experiments.observations.domain_confusion.measures import (
    DECIMETRES,
    domain_error,
    feature_std,
    linear_heads,
    places,
)
from lecture_code.experiments.observations.domain_confusion.steps import (
    batches_of_step,
)
from lecture_code.observations.autoencoder import (
    Encoding,
    encode_images,
    initial_encoding,
    small_grey,
)
from lecture_code.observations.domain_confusion import (
    Alignment,
    AlignmentSettings,
    PairChoice,
    initial_alignment,
    mined_pairs,
    next_batches,
)
from lecture_code.observations.hook_scenes import (
    PoseImages,
    errors,
    hook_images,
    success_rate,
)
from lecture_code.observations.representation import (
    hook_network,
    network_inputs,
)
from lecture_code.observations.two_domains import TwoDomains

Array = NDArray[np.float64]
IMAGES, NETWORK, BATCHES, PAIRS = range(4)  # generators, with the seed


@dataclass(frozen=True)
class HookArm:
    """What is trained.

    Args:
        real: number of images of the "real" world.
        confusion: whether λ is that of the settings, or 0.
        pairs: "mined", "random", "perfect" (nearest true poses), or "" for none.
        labelled: the oracle: it learns from the "real" images with their labels alone.
        autoencoder: it learns to reproduce the "real" images, and nothing else.
        standardised: whether features are standardised.
    """

    real: int = 100
    confusion: bool = True
    pairs: str = "mined"
    labelled: bool = False
    autoencoder: bool = False
    standardised: bool = False


ARMS = {
    "synthetic only": HookArm(0, confusion=False, pairs=""),
    "autoencoder (100)": HookArm(100, autoencoder=True),
    "autoencoder (500)": HookArm(500, autoencoder=True),
    "random pairs": HookArm(pairs="random"),
    "weak pairs": HookArm(),
    "oracle": HookArm(500, labelled=True),
    "confusion alone": HookArm(pairs=""),
    "weak pairs alone": HookArm(confusion=False),
    "perfect pairs": HookArm(pairs="perfect"),
    "weak pairs (500)": HookArm(500),
    "standardised": HookArm(standardised=True),
}
"""The rows of the lecture's table, then our own."""


@dataclass(frozen=True)
class HookSettings:
    """A comparison of arms.

    Args:
        arms: what is trained, by name.
        seeds: of images, networks and batches.
        method: λ, ν, and how long is trained.
        synthetic, tests, checks: images of the simulation to learn from, of the "real"
            world for tests, and of the simulation for checks.
        gap: between simulation and "real"; 1 is the chapter's.
        attempts: labelled attempts in the "real" world from which a linear head learns.
    """

    arms: Mapping[str, HookArm] = field(default_factory=lambda: dict(ARMS))
    seeds: tuple[int, ...] = tuple(range(10))
    method: AlignmentSettings = field(default_factory=AlignmentSettings)
    synthetic: int = 4000
    tests: int = 1000
    checks: int = 1000
    gap: float = 1.0
    attempts: int = 12


@dataclass(frozen=True, eq=False)
class HookData:
    """The images of a seed: synthetic ones to learn from and for checks; "real" ones to
    learn from (500; an arm with fewer takes the first) and for tests."""

    synthetic: PoseImages
    checks: PoseImages
    real: PoseImages
    tests: PoseImages


@lru_cache(maxsize=2)
def hook_data(
    synthetic: int, checks: int, tests: int, gap: float, seed: int
) -> HookData:
    """The images of this seed."""
    rng = np.random.default_rng([IMAGES, seed])
    return HookData(
        hook_images(synthetic, 0.0, rng),
        hook_images(checks, 0.0, rng),
        hook_images(500, gap, rng),
        hook_images(tests, gap, rng),
    )


def squared_error(answers: Tensor, labels: Tensor) -> Tensor:
    """L_φ: mean squared distance of places (N, 2) [dm²]."""
    return ((answers - labels) ** 2).sum(dim=1).mean()


def as_labels(poses: Array) -> Tensor:
    """Places [m] as labels [dm]."""
    return torch.as_tensor(DECIMETRES * poses, dtype=torch.float32)


def nearest_poses(synthetic: Array, real: Array) -> NDArray[np.int64]:
    """Perfect pairs: for each real place (M, 2) the nearest synthetic one, (M, 2)."""
    distances = np.linalg.norm(real[:, None] - synthetic, axis=2)
    return np.column_stack([distances.argmin(axis=1), np.arange(len(real))])


class Pupil:
    """One arm and one seed in training.

    Args:
        arm: what is trained.
        settings: of the comparison.
        seed: of images, network and batches.
    """

    def __init__(self, arm: HookArm, settings: HookSettings, seed: int) -> None:
        self.arm = arm
        self.seed = seed
        self.sizes = (settings.synthetic, settings.checks, settings.tests, settings.gap)
        lam = settings.method.confusion if arm.confusion else 0.0
        nu = settings.method.pairs if arm.pairs else 0.0
        if arm.labelled:
            lam = nu = 0.0
        self.method = replace(settings.method, confusion=lam, pairs=nu)
        self.attempts = settings.attempts
        network = hook_network(
            np.random.default_rng([NETWORK, seed]), standardised=arm.standardised
        )
        rng = np.random.default_rng([BATCHES, seed])
        self.state: Alignment | Encoding
        if arm.autoencoder:
            pixels = small_grey(network_inputs(self.real.images[:2])).shape[1]
            self.state = initial_encoding(network, pixels, self.method.rate, rng)
        else:
            self.state = initial_alignment(network, self.method, rng)
        self.steps = 0

    @property
    def data(self) -> HookData:
        """The images of the seed."""
        return hook_data(*self.sizes, self.seed)

    @property
    def real(self) -> PoseImages:
        """The "real" images of this arm."""
        return PoseImages(
            self.data.real.images[: self.arm.real],
            self.data.real.poses[: self.arm.real],
        )

    @property
    def length(self) -> int:
        """Batches of the whole training."""
        return self.method.first + self.method.second

    def domains(self) -> TwoDomains:
        """What the arm learns from; without "real" images the target is unused."""
        source = self.real if self.arm.labelled else self.data.synthetic
        target = self.real if self.arm.real else self.data.synthetic
        return TwoDomains(
            network_inputs(source.images),
            as_labels(source.poses),
            network_inputs(target.images),
            squared_error,
        )

    def pair_choice(self) -> PairChoice:
        """How lines 4 to 7 choose pairs in this arm."""
        poses = self.data.synthetic.poses
        real = self.real.poses
        rows = np.random.default_rng([PAIRS, self.seed]).integers(len(poses), size=500)
        chosen = np.column_stack([rows, np.arange(500)])[: len(real)]
        return {
            "random": lambda network, source, target: chosen,
            "perfect": lambda network, source, target: nearest_poses(poses, real),
        }.get(self.arm.pairs, mined_pairs)

    def advance(self) -> dict[str, float]:
        """The next batches; their mean losses."""
        batches = batches_of_step(self.steps, self.length - self.state.batches)
        self.steps += 1
        if isinstance(self.state, Encoding):
            images = network_inputs(self.real.images)
            self.state = encode_images(
                self.state, images, self.method.batch, batches, self.length
            )
        else:
            self.state = next_batches(
                self.state, self.domains(), self.method, batches, self.pair_choice()
            )
        return self.state.report

    def measured(self) -> dict[str, float]:
        """What the network has learnt; see the protocol in `hooks.py`."""
        network = self.state.network
        data = self.data
        synthetic = data.checks
        tests = data.tests
        checked = errors(places(network, synthetic), synthetic.poses)
        missed = errors(places(network, tests), tests.poses)
        head = linear_heads(network, data.real, tests, self.attempts)
        return {
            "success": success_rate(missed),
            "error": float(np.median(missed)),
            "synthetic error": float(np.median(checked)),
            "success after attempts": head,
            "domain error": domain_error(network, synthetic.images, tests.images),
            "feature std": feature_std(network, tests.images),
            "pair distance": self.pair_distance(),
        }

    def pair_distance(self) -> float:
        """Median distance of the hooks of a pair [m]; 0 without pairs."""
        pairs = getattr(self.state, "pairs", None)
        if pairs is None:
            return 0.0
        i, j = pairs.T
        poses = self.data.synthetic.poses
        return float(np.median(errors(poses[i], self.real.poses[j])))
