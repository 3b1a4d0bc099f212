"""`pretraining_collapse`: what keeps features from becoming all the same?

Protocol, written before the full run. The forward loss alone is least if all features
are the same. Two things could prevent this: the inverse loss, since equal features do
not tell a poke, and the target, since no gradient flows into x' there. So four arms
have either, both or none; λ = 10. The fifth arm is the untrained network. The training
is as short as the live one of the page: 1,000 triples, 200 batches of 32, rate 0.003.
All arms of a seed have the same triples, first weights and batches; there are five
seeds.

Measured is what `pretraining` measures, with probes of 100 labels and 500 tests. It is
a collapse if the features vary less ("feature std") than those of the untrained
network, whose std is about 0.018.

Expected, before the run. A reader of the chapter trained two seeds. Without the inverse
loss the std was .005 and .003 with the target, .002 and .002 without. With it the std
was .12 and .14 with the target, .09 and .10 without. So the inverse loss prevents the
collapse, with a target or without, and the target alone does not prevent it.

Looked at afterwards. As expected, in all five seeds: without the inverse loss the std
is .005 with the target and .002 without, and that of the untrained network is .018.
With it the std is .13 with the target and .09 without, and the pose is 5.9 and 7.1 cm
off. So the inverse loss prevents the collapse, and the target weakens the pull.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor, nn

from lecture_code.experiments.observations.pretraining.arms import (
    FeatureArm,
    FeaturePupil,
    FeatureSettings,
)
from lecture_code.experiments.observations.pretraining.features import (
    FEW,
    JOINT,
    FeatureRun,
    summarise,
)
from lecture_code.experiments.protocol import Experiment
from lecture_code.observations.feature_training import FeatureLoss
from lecture_code.observations.inverse_models import (
    forward_loss,
    poke_losses,
    poke_model,
)
from lecture_code.observations.pusher_scenes import (
    PokeTriples,
    picture_inputs,
    poke_numbers,
)
from lecture_code.observations.representation import Representation


@dataclass(frozen=True)
class CollapseArm(FeatureArm):
    """An inverse model with a forward model, from which something may be taken away.

    Args:
        inverts: whether the inverse loss is in the sum.
        target: whether the features after the poke are a target without a gradient.
    """

    inverts: bool = True
    target: bool = True


def collapse_loss(triples: PokeTriples, arm: CollapseArm) -> FeatureLoss:
    """Eq. 5 with or without the inverse loss, and with or without a target."""
    numbers = poke_numbers(triples.pokes)
    settings = arm.inverse

    def loss(
        network: Representation, heads: nn.ModuleDict, rng: np.random.Generator
    ) -> dict[str, Tensor]:
        rows = rng.integers(len(triples), size=settings.batch)
        before = picture_inputs(triples.before[rows])
        after = picture_inputs(triples.after[rows])
        x, x_next = network.batch_features(before, after)
        losses = {}
        if arm.inverts:
            inverse = poke_model(heads)
            bins = inverse.bins.indices(triples.pokes.rows(rows))
            losses = poke_losses(inverse(x, x_next, bins), bins)
        expected = heads["forward_model"](x, numbers[rows])
        error = forward_loss(expected, x_next)
        if not arm.target:
            error = (expected - x_next).abs().mean()
        losses["forward"] = settings.forward * error
        return losses

    return loss


class CollapsePupil(FeaturePupil):
    """One arm and one seed in training."""

    arm: CollapseArm

    def loss(self) -> FeatureLoss:
        """What this arm goes down."""
        return collapse_loss(self.triples, self.arm)


def collapse_runs(settings: FeatureSettings) -> Mapping[str, FeatureRun]:
    """One run for each arm and seed."""
    made = {}
    for seed in settings.seeds:
        for name, arm in settings.arms.items():
            run = FeatureRun(arm, settings, seed)
            run.pupil = CollapsePupil(arm, settings, seed)
            made[f"{name}/{seed}"] = run
    return made


def collapse_arm(*, inverts: bool = True, target: bool = True) -> CollapseArm:
    """The inverse model with the forward model, or what is left of it."""
    return CollapseArm("inverse", FEW, inverse=JOINT, inverts=inverts, target=target)


MAIN = FeatureSettings(
    {
        "both losses, target": collapse_arm(),
        "both losses, no target": collapse_arm(target=False),
        "forward loss, target": collapse_arm(inverts=False),
        "forward loss, no target": collapse_arm(inverts=False, target=False),
        "untrained": CollapseArm("untrained", FEW),
    },
    batches=200,
    labelled=300,
    tests=500,
)
SMALL = replace(
    MAIN,
    arms={name: replace(arm, triples=60) for name, arm in MAIN.arms.items()},
    seeds=(0,),
    batches=3,
    labelled=40,
    tests=20,
    labels=20,
    slow=4,
)

EXPERIMENTS = (
    Experiment("pretraining_collapse", MAIN, SMALL, collapse_runs, summarise),
)
