"""What decides: exploration, form, network and history on the arm, one at a time.

Each variant changes one thing of `inverse_dynamics_heavy_arm` (φ gives the action, a
quarter of the steps has a branch with a random action, 2 × 256 ReLU, k = 2). It takes
three rounds, and about as many control steps as that experiment after three rounds:

    noise        noise on every action instead of branches
    none         no exploration
    correction   φ corrects the expert's action
    skip         the network has a linear skip connection
    k 4          a history of four observations
    long         three times as many rounds, one seed: is what fails only unfinished?
    hopper long  three times as many rounds of Hopper, one seed

The targets are full gravity, and motor noise of σ = 0.3 with c = 1; for `long` noise
with c = 0 and with c = 1; for `hopper long` σ = 0.5 with c = 1. Starts and noise are
those of `inverse_dynamics_heavy_arm` and `inverse_dynamics_hopper`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.dynamics.inverse_dynamics.shifts import (
    SETTINGS,
    RobotSettings,
    Shift,
    smoke_settings,
)
from lecture_code.experiments.dynamics.inverse_dynamics.transfer import (
    InverseDynamicsRun,
    summarise,
)
from lecture_code.experiments.protocol import Experiment, Record

Array = NDArray[np.float64]

ARM = replace(
    SETTINGS["heavy_arm"],
    conditions=(Shift(1.0), Shift(0.0, 0.3, 1.0)),
    ks=(2,),
    rounds=3,
)
TRANSFER = ARM.transfer


def variant(**changes: Any) -> RobotSettings:
    """The arm's settings with some of its `TransferSettings` changed."""
    return replace(ARM, transfer=replace(TRANSFER, **changes))


VARIANTS = {
    "noise": variant(exploration="noise", trajectories=75),
    "none": variant(exploration="none", trajectories=75),
    "correction": variant(correction=True),
    "skip": variant(network=replace(TRANSFER.network, skip=True)),
    "k 4": replace(ARM, ks=(4,)),
    "long": replace(
        ARM,
        conditions=(Shift(0.0, 0.3, 0.0), Shift(0.0, 0.3, 1.0)),
        rounds=9,
        seeds=(0,),
    ),
    "hopper long": replace(
        SETTINGS["hopper"],
        conditions=(Shift(1.0, 0.5, 1.0),),
        ks=(2,),
        rounds=9,
        seeds=(0,),
    ),
}


@dataclass(frozen=True)
class VariantSettings:
    """What is measured.

    Args:
        variants: the settings of each, by name.
        seeds: of all variants together.
    """

    variants: Mapping[str, RobotSettings] = field(default_factory=lambda: VARIANTS)
    seeds: tuple[int, ...] = ARM.seeds


def variant_runs(settings: VariantSettings) -> dict[str, InverseDynamicsRun]:
    """One run for each variant and seed."""
    return {
        f"{name} {seed}": InverseDynamicsRun(variant, seed)
        for name, variant in settings.variants.items()
        for seed in variant.seeds
    }


def summarise_variants(
    settings: VariantSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """For each variant what `transfer.summarise` gives."""
    curves = {}
    for name, variant in settings.variants.items():
        mine = {str(seed): results[f"{name} {seed}"] for seed in variant.seeds}
        curves[name] = summarise(variant, mine)[0]
    return curves, {}


EXPERIMENTS = (
    Experiment(
        "inverse_dynamics_variants",
        VariantSettings(),
        VariantSettings({"noise": smoke_settings(VARIANTS["noise"])}, (0,)),
        variant_runs,
        summarise_variants,
    ),
)
