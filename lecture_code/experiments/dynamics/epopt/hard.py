"""Is a policy that is robust over the mass also robust when more than the mass varies?

In `epopt` the specialist of 6 kg also hops on lighter and heavier robots. An ensemble
over the mass alone is easy for it, so that hard model mining has little to mine. Here
the committed policies of `epopt` act in two ensembles, and nothing is trained: in the
ensemble over the mass alone, and in a hard ensemble, where friction, damping and
armature vary besides, as in `epopt_unmodelled`.

Protocol, written before the run: all five trainings of the middle specialist and of
EPOpt(1), one episode in each of sixty worlds of each ensemble, with the mean action.
The worlds and the starts are the same for all policies. Measured are the 10th
percentile over the worlds, the mean, and the share of worlds in which the robot stays
up. The claim under test: in each of the five trainings the 10th percentile of the
specialist falls by more than a quarter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.dynamics.epopt.comparison import MASS, OTHERS
from lecture_code.experiments.dynamics.epopt.training import source_of
from lecture_code.experiments.dynamics.experts import early_return
from lecture_code.experiments.policies import load_gaussian_policy
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.simulation import make_world, rollout

Array = NDArray[np.float64]

WORLDS, STARTS = 40_000, 50_000
"""Seeds of the worlds and of the episodes in them."""


@dataclass(frozen=True)
class HardSettings:
    """Which policies act where.

    Args:
        arms: arms of `epopt`.
        seeds: of the trainings of these arms.
        ensembles: name -> knob -> (mean, std, low, high).
        worlds: worlds that are drawn from each ensemble.
        horizon: control steps of an episode.
    """

    arms: tuple[str, ...] = ("TRPO at 6 kg", "EPOpt(1)")
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    ensembles: Mapping[str, Mapping[str, tuple[float, float, float, float]]] = field(
        default_factory=lambda: {"mass alone": MASS, "four knobs": {**MASS, **OTHERS}}
    )
    worlds: int = 60
    horizon: int = 500


class HardRun:
    """The policies of one seed, in one ensemble after the other."""

    def __init__(self, settings: HardSettings, seed: int) -> None:
        self.settings = settings
        self.seed = seed
        self.stages = [
            (arm, name) for arm in settings.arms for name in settings.ensembles
        ]
        self.trials: list[Array] = []

    @property
    def progress(self) -> float:
        """Share of the stages that are over."""
        return len(self.trials) / len(self.stages)

    def advance(self) -> Record:
        """A policy in all worlds of an ensemble."""
        settings = self.settings
        arm, ensemble = self.stages[len(self.trials)]
        source = source_of(settings.ensembles[ensemble])
        middle = make_world("hopper", torso_mass=6.0)
        rng = np.random.default_rng(WORLDS)
        worlds = middle.sample(rng, settings.worlds, **source)
        batch = rollout(
            worlds,
            load_gaussian_policy("epopt", arm, self.seed),
            settings.horizon,
            np.random.default_rng(STARTS),
            threads=1,
        )
        self.trials.append(np.stack([batch.returns, ~batch.terminated]))
        return {"early_return": early_return(batch)}

    def result(self) -> Record:
        """Return and whether the robot stayed up, (arms, ensembles, 2, worlds)."""
        arms, ensembles = len(self.settings.arms), len(self.settings.ensembles)
        trials = np.stack(self.trials)
        return {"trials": trials.reshape(arms, ensembles, 2, -1)}


def runs(settings: HardSettings) -> dict[str, HardRun]:
    """One run for each seed."""
    return {str(seed): HardRun(settings, seed) for seed in settings.seeds}


def summarise(
    settings: HardSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """By arm and ensemble the 10th percentile of the returns over the worlds, one for
    each seed; `trials` of all seeds, (seeds, arms, ensembles, 2, worlds).
    """
    trials = np.array([results[str(seed)]["trials"] for seed in settings.seeds])
    low = np.percentile(trials[:, :, :, 0], 10, axis=-1)
    curves = {
        arm: {name: low[:, i, k].tolist() for k, name in enumerate(settings.ensembles)}
        for i, arm in enumerate(settings.arms)
    }
    return curves, {"trials": trials.astype(np.float32)}


SETTINGS = HardSettings()
SMOKE = replace(SETTINGS, seeds=(0,), worlds=3, horizon=25)
EXPERIMENTS = (Experiment("epopt_hard", SETTINGS, SMOKE, runs, summarise),)
