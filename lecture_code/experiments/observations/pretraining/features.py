"""`pretraining`: what do features know of an object that nobody has named?

PROTOCOL
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from lecture_code.experiments.observations.pretraining.arms import (
    FeatureArm,
    FeaturePupil,
    FeatureSettings,
)
from lecture_code.experiments.observations.pretraining.probes import pose_probe
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.observations.curious_heads import CuriousSettings
from lecture_code.observations.inverse_models import (
    InverseSettings,
    held_out_losses,
)
from lecture_code.observations.slowness import SlownessSettings

FEW, SOME = 1000, 5000  # triples of the arms that have fewer
ALONE = InverseSettings(forward=0.0)
JOINT = InverseSettings(forward=10.0)
ARMS = {
    "supervised": FeatureArm("supervised"),
    "inverse": FeatureArm("inverse", inverse=ALONE),
    "inverse + forward": FeatureArm("inverse", inverse=JOINT),
    "curious heads": FeatureArm("curious"),
    "slowness": FeatureArm("slowness"),
    "autoencoder": FeatureArm("autoencoder"),
    "random features": FeatureArm("untrained"),
    "pixels": FeatureArm("pixels"),
    "slow features, linear": FeatureArm("slow features"),
    "slow features, quadratic": FeatureArm("slow features", degree=2),
    "inverse (1000)": FeatureArm("inverse", FEW, inverse=ALONE),
    "inverse + forward (1000)": FeatureArm("inverse", FEW, inverse=JOINT),
    "inverse (5000)": FeatureArm("inverse", SOME, inverse=ALONE),
    "inverse + forward (5000)": FeatureArm("inverse", SOME, inverse=JOINT),
    "first picture only": FeatureArm(
        "inverse", inverse=InverseSettings(forward=0.0, second=False)
    ),
    "triplet": FeatureArm(
        "slowness", slowness=SlownessSettings(form="triplet", margin=0.5)
    ),
    "slowness, no push": FeatureArm("slowness", slowness=SlownessSettings(push=0.0)),
    "slowness, spot stays": FeatureArm("slowness", spot_stays=True),
    "inverse, spot stays": FeatureArm("inverse", inverse=ALONE, spot_stays=True),
    "push head alone": FeatureArm(
        "curious", curious=CuriousSettings(tactile=0.0, view=0.0)
    ),
}
"""The issue's comparison, then controls, sizes of the data, and ablations."""


class FeatureRun:
    """One arm and one seed.

    Args:
        arm: what is trained.
        settings: of the comparison.
        seed: of everything random.
    """

    def __init__(self, arm: FeatureArm, settings: FeatureSettings, seed: int) -> None:
        self.pupil = FeaturePupil(arm, settings, seed)
        self.measured: dict[str, float] = {}

    @property
    def progress(self) -> float:
        """Share of the batches that are done; the tests come last."""
        return 1.0 if self.measured else min(self.pupil.done, 0.99)

    def advance(self) -> Record:
        """The next batches, or at the end the tests."""
        if self.pupil.done < 1:
            return self.pupil.advance()
        self.measured = measured(self.pupil)
        return self.measured

    def result(self) -> Record:
        """What was measured."""
        return self.measured


def measured(pupil: FeaturePupil) -> dict[str, float]:
    """Errors of the probes, how far features vary, and the losses of an inverse model
    on the tests (−1 for an arm without an inverse model).
    """
    labelled, tests = pupil.data.labelled, pupil.data.tests
    seen = pupil.features(tests.before)
    errors = pose_probe(
        (pupil.features(labelled.before), labelled.start),
        (seen, tests.start),
        pupil.settings.labels,
    )
    losses = dict.fromkeys(("place", "angle", "length"), -1.0)
    if pupil.arm.method == "inverse":
        second = pupil.arm.inverse.second
        losses = held_out_losses(pupil.network, pupil.heads, tests, second=second)
    told = {f"loss of the {name}": loss for name, loss in losses.items()}
    return {**errors, "feature std": float(seen.std(axis=0).mean()), **told}


def runs(settings: FeatureSettings) -> dict[str, FeatureRun]:
    """One run for each arm and seed."""
    return {
        f"{name}/{seed}": FeatureRun(arm, settings, seed)
        for seed in settings.seeds
        for name, arm in settings.arms.items()
    }


def columns(runs: list[Record]) -> dict[str, list[float]]:
    """Each measured number of several runs."""
    return {name: [round(run[name], 5) for run in runs] for name in runs[0]}


def summarise(
    settings: FeatureSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """All numbers of all seeds, by arm."""
    curves = {
        name: columns([results[f"{name}/{seed}"] for seed in settings.seeds])
        for name in settings.arms
    }
    return curves, {}


def small_arm(arm: FeatureArm) -> FeatureArm:
    """The arm with few triples."""
    return replace(arm, triples=60)


MAIN = FeatureSettings(ARMS)
SMALL = FeatureSettings(
    {
        name: small_arm(ARMS[name])
        for name in ("inverse + forward", "curious heads", "autoencoder", "pixels")
    },
    seeds=(0,),
    batches=8,
    batch=8,
    labelled=40,
    tests=20,
    labels=20,
    slow=4,
)

EXPERIMENTS = (Experiment("pretraining", MAIN, SMALL, runs, summarise),)
