"""An inverse model that is told the poses, for comparison: it learns from no picture.

Whoever pushes badly may have features that do not hold the pose, or may plan badly. The
first cause is removed here: features are the true pose before the poke and after it.

Read `told_loss`, then `ToldPupil`.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from lecture_code.experiments.observations.pretraining.arms import (
    ANSWERS,
    BATCHES,
    STEP,
    FeatureSettings,
)
from lecture_code.experiments.observations.pretraining.probes import pose_labels
from lecture_code.experiments.observations.pretraining.triples import (
    DataSizes,
    poke_data,
)
from lecture_code.observations.feature_training import (
    FeatureLoss,
    initial_training,
    trained,
)
from lecture_code.observations.inverse_models import (
    likeliest_pokes,
    poke_heads,
    poke_losses,
    poke_model,
)
from lecture_code.observations.pusher_scenes import PokeTriples
from lecture_code.observations.pushing import KINDS, Objects, Pokes
from lecture_code.observations.representation import Representation, point_network

POSE_SCALE = 5.0  # brings places and angles to numbers of about one
POSE_FEATURES = ANSWERS + len(KINDS)


def pose_features(objects: Objects) -> Tensor:
    """The pose and the kind of objects as features, (N, POSE_FEATURES)."""
    kinds = np.eye(len(KINDS))[objects.kinds]
    known = np.column_stack([POSE_SCALE * pose_labels(objects), kinds])
    return torch.as_tensor(known, dtype=torch.float32)


def told_loss(triples: PokeTriples, batch: int) -> FeatureLoss:
    """The inverse loss, from true poses in the place of pictures."""
    x, x_next = pose_features(triples.start), pose_features(triples.end)

    def loss(
        network: Representation, heads: nn.ModuleDict, rng: np.random.Generator
    ) -> dict[str, Tensor]:
        rows = rng.integers(len(triples), size=batch)
        inverse = poke_model(heads)
        bins = inverse.bins.indices(triples.pokes.rows(rows))
        return poke_losses(inverse(x[rows], x_next[rows], bins), bins)

    return loss


class ToldPupil:
    """An inverse model in training that is told the poses.

    Args:
        settings: of the comparison; what its arms learn from.
        seed: of everything random.
        batches: of the training.
        batch: pokes of a batch.
    """

    def __init__(
        self, settings: FeatureSettings, seed: int, batches: int, batch: int
    ) -> None:
        self.settings = settings
        self.batch = batch
        self.seed = seed
        self.batches = batches
        rng = np.random.default_rng([BATCHES, seed])
        heads = poke_heads(POSE_FEATURES, forward=False)
        network = point_network(ANSWERS, rng)  # is not used
        self.state = initial_training(network, heads, settings.rate, rng)

    @property
    def done(self) -> float:
        """Share of the batches that are done."""
        return self.state.batches / self.batches

    def advance(self) -> dict[str, float]:
        """The next batches; their mean losses."""
        most = max(arm.triples for arm in self.settings.arms.values())
        sizes = DataSizes(most, self.settings.labelled, self.settings.tests)
        loss = told_loss(poke_data(sizes, self.seed).triples, self.batch)
        self.state = trained(self.state, loss, 4 * STEP, self.batches)
        return self.state.report

    def pokes(self, now: Objects, goals: Objects) -> Pokes:
        """The likeliest pokes from these poses to those."""
        inverse = poke_model(self.state.heads)
        return likeliest_pokes(inverse, pose_features(now), pose_features(goals))
