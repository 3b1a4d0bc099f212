"""`domain_confusion_causes`: which part of the "real" look makes a network miss?

Protocol, written before the runs, after a reader's probe of one network. The networks
of `domain_confusion_networks` look at the same 1,000 "real" test scenes again, several
times: as they are; each time with one part of the gap left out (`PARTS`: colours,
pattern, light, blur, noise, camera); with a single part and nothing else; and without
any. Nothing is trained. A last measurement corrects the answers by two numbers, the
mean error on the 500 "real" images of the seed: it needs labels and is no method, but
it tells whether the answers are merely shifted. Five seeds.

Read `CauseRun`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.observations.domain_confusion.arms import (
    IMAGES,
    HookSettings,
    hook_data,
)
from lecture_code.experiments.observations.domain_confusion.hooks import (
    SMALL,
    columns,
)
from lecture_code.experiments.observations.domain_confusion.measures import places
from lecture_code.experiments.observations.domain_confusion.networks import (
    KEPT,
    load_hook_network,
)
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.observations.hook_scenes import (
    PARTS,
    HookScene,
    PoseImages,
    errors,
    eye,
    success_rate,
)

AS_IT_IS = "as it is"
SHIFTED_BACK = "mean error subtracted"
LOOKS: dict[str, tuple[str, ...]] = {
    AS_IT_IS: PARTS,
    **{f"without {part}": tuple(p for p in PARTS if p != part) for part in PARTS},
    **{f"only {part}": (part,) for part in PARTS},
    "without all": (),
}
"""Name of a look -> the parts of the gap that are there."""
SCENES = 6  # generator of the scenes, with the seed


@dataclass(frozen=True)
class CauseSettings:
    """What looks at what.

    Args:
        base: the comparison whose networks look.
        arms: whose networks.
        seeds: of the networks.
        tests: scenes.
    """

    base: HookSettings = field(default_factory=lambda: KEPT.base)
    arms: tuple[str, ...] = ("synthetic only", "weak pairs")
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    tests: int = 1000


class CauseRun:
    """One network.

    Args:
        arm: whose network.
        settings: of the measurement.
        seed: of the network.
    """

    def __init__(self, arm: str, settings: CauseSettings, seed: int) -> None:
        self.arm = arm
        self.settings = settings
        self.seed = seed
        self.measured: dict[str, float] = {}

    @property
    def progress(self) -> float:
        """0 before the look, 1 after it."""
        return float(bool(self.measured))

    def advance(self) -> Record:
        """All looks."""
        network = load_hook_network(self.arm, self.seed)
        rng = np.random.default_rng([IMAGES, SCENES, self.seed])
        scene = HookScene.drawn(self.settings.tests, rng)
        for name, parts in LOOKS.items():
            noise = np.random.default_rng([IMAGES, SCENES, self.seed, 1])
            images = eye(self.settings.base.gap, parts).look(scene.shapes(), noise)
            answers = places(network, PoseImages(images, scene.hooks))
            if name == AS_IT_IS:
                as_it_is = answers
            self.measured[name] = success_rate(errors(answers, scene.hooks))
        shift = self.mean_error(network)
        back = errors(as_it_is - shift, scene.hooks)
        self.measured[SHIFTED_BACK] = success_rate(back)
        self.measured["shift x"], self.measured["shift y"] = shift.tolist()
        return self.measured

    def mean_error(self, network: Any) -> NDArray[np.float64]:
        """Mean of answer minus place over the seed's "real" images, (2,) [m]."""
        base = self.settings.base
        sizes = (base.synthetic, base.checks, base.tests, base.gap)
        real = hook_data(*sizes, self.seed).real
        return np.asarray((places(network, real) - real.poses).mean(axis=0))

    def result(self) -> Record:
        """What was measured."""
        return self.measured


def runs(settings: CauseSettings) -> dict[str, CauseRun]:
    """One run for each network."""
    return {
        f"{arm}/{seed}": CauseRun(arm, settings, seed)
        for seed in settings.seeds
        for arm in settings.arms
    }


def summarise(
    settings: CauseSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Success in each look, by arm."""
    curves = {
        arm: columns([results[f"{arm}/{seed}"] for seed in settings.seeds])
        for arm in settings.arms
    }
    return curves, {}


SMALL_CAUSES = CauseSettings(SMALL, ("synthetic only",), (0,), 20)

EXPERIMENTS = (
    Experiment(
        "domain_confusion_causes", CauseSettings(), SMALL_CAUSES, runs, summarise
    ),
)
