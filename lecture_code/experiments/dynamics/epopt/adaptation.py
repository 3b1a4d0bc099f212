"""Does adapting the source to a target world lead to a better policy there?

A policy is trained by EPOpt on a source that is far from the target: a lighter torso,
and more friction. Then come five rounds. In each round the policy acts for one episode
in the target, and is trained further. Three branches go on from the same policy: on the
adapted source; on the source as it was (the negative control); in the target itself
(the positive control). All have the same number of control steps in simulation, to
within one iteration, and ε = 1: `epopt` has shown that ε = 0.1 learns less from as many
steps.

The target has motor noise, which no simulator of the ensemble has. In a second part the
pretrained policy acts in targets drawn from the whole support, and only the source is
adapted. It shows how near the posterior comes to a hidden target.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.source_adaptation import Adaptation, AdaptationSettings
from lecture_code.experiments.dynamics.epopt.branches import Branch, continuation
from lecture_code.experiments.dynamics.epopt.comparison import ARMS
from lecture_code.experiments.dynamics.epopt.training import (
    EnsembleSettings,
    Training,
    source_of,
)
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.learning.gaussian_policy import GaussianPolicy
from lecture_code.simulation import World, make_world

Array = NDArray[np.float64]

BRANCHES = ("adapted", "not adapted", "in the target")


@dataclass(frozen=True)
class AdaptationExperimentSettings:
    """How a policy is trained, adapted and tried.

    Args:
        training: the policy's training; its `steps` come before the first round. Its
            arms are not used.
        seeds: the seeds; each is one policy.
        source: knob -> (mean, std, low, high) at the start.
        target: how the target world differs from the nominal Hopper.
        epsilon: ε of EPOpt, after the warm-up and in the rounds on a source.
        max_kl: δ of TRPO in all training.
        adaptation: settings of `AdaptationSettings`.
        rounds, round_steps: how often a policy acts in the target, and control steps
            of the training that follows.
        episodes: trials in the target, after each round and before the first, from the
            same starts; no training learns from them.
        hidden_targets: how many targets are drawn for the posterior alone.
        noise: motor noise of the hidden targets.
    """

    training: EnsembleSettings = field(
        default_factory=lambda: EnsembleSettings({}, steps=1_200_000)
    )
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    source: Mapping[str, tuple[float, float, float, float]] = field(
        default_factory=lambda: {
            "torso_mass": (4.5, 0.75, 3.0, 9.0),
            "friction": (1.2, 0.2, 0.5, 1.5),
        }
    )
    target: Mapping[str, float] = field(
        default_factory=lambda: {
            "torso_mass": 8.5,
            "friction": 0.7,
            "motor_noise": 0.05,
        }
    )
    epsilon: float = 1.0
    max_kl: float = ARMS["EPOpt(1)"].max_kl
    adaptation: Mapping[str, Any] = field(default_factory=dict)
    rounds: int = 5
    round_steps: int = 80_000
    episodes: int = 20
    hidden_targets: int = 3
    noise: float = 0.05


@dataclass(frozen=True)
class Round:
    """A stage: a branch acts in the target, and its training gets more steps."""

    branch: str
    index: int


@dataclass(frozen=True)
class HiddenRound:
    """A stage: the pretrained policy acts in a hidden target; the source is adapted."""

    target: int
    index: int


class AdaptationRun:
    """One policy, its three continuations, and its search for hidden targets.

    The stages are: the pretraining; for each branch the rounds, each of them followed
    by its training; for each hidden target the adaptations.
    """

    def __init__(self, settings: AdaptationExperimentSettings, seed: int) -> None:
        self.settings = settings
        self.seed = seed
        self.pretraining = Training(
            settings.training, make_world("hopper"), seed, settings.max_kl
        )
        self.source = source_of(settings.source)
        self.branches: dict[str, Branch] = {}
        self.rng = np.random.default_rng([seed, 1])  # of episodes and of particles
        rounds, targets = range(settings.rounds), range(settings.hidden_targets)
        self.stages: list[Round | HiddenRound] = [
            *(Round(name, i) for name in BRANCHES for i in rounds),
            *(HiddenRound(target, i) for target in targets for i in rounds),
        ]
        self.total = len(self.stages)
        self.adaptations: dict[str, list[Any]] = {
            "sources": [list(settings.source.values())],
            "ess": [],
            "untempered": [],
            "beta": [],
        }
        self.particles: list[Array] = []
        self.hidden: dict[str, list[Any]] = {}
        self.seeker: tuple[Branch, World] | None = None

    @property
    def progress(self) -> float:
        """Share of the work; the pretraining counts as much as one branch's rounds."""
        s = self.settings
        pretrained = min(1.0, self.pretraining.steps / s.training.steps)
        waiting = sum(branch.left > 0 for branch in self.branches.values())
        done = pretrained * s.rounds + self.total - len(self.stages) - 0.5 * waiting
        return done / (s.rounds + self.total)

    def advance(self) -> Record:
        """One iteration of training, or one episode in a target and its adaptation."""
        if self.pretraining.steps < self.settings.training.steps:
            return self._pretrain()
        for branch in self.branches.values():
            if branch.left > 0:
                return self._retrain(branch)
        stage, *self.stages = self.stages
        return self._act(stage) if isinstance(stage, Round) else self._search(stage)

    def result(self) -> Record:
        """Returns by branch, adaptations of the source, and hidden targets.

        Returns in the target have the shape (rounds + 1, episodes); sources and
        particles are those of the adapted branch.
        """
        return {
            "returns": {
                name: np.stack(branch.returns) for name, branch in self.branches.items()
            },
            **self.adaptations,
            "particles": np.stack(self.particles),  # (rounds, knobs + 1, M)
            "hidden": self.hidden,
        }

    @property
    def target(self) -> World:
        """The target world, in which all three branches are tried."""
        return make_world("hopper", **self.settings.target)

    @property
    def adaptation_settings(self) -> AdaptationSettings:
        """How a source is adapted."""
        return AdaptationSettings(**self.settings.adaptation)

    def _pretrain(self) -> Record:
        training = self.settings.training
        warm = self.pretraining.steps < training.warm_up * training.steps
        epsilon = 1.0 if warm else self.settings.epsilon
        return self.pretraining.iterate(self.source, epsilon)

    def _retrain(self, branch: Branch) -> Record:
        record = branch.retrain()
        if branch.left <= 0:
            branch.try_in(self.target, self.settings.episodes)
        return record

    def _act(self, stage: Round) -> Record:
        """Begin a round of a branch."""
        episodes = self.settings.episodes
        if stage.index == 0:
            self.branches[stage.branch] = self._branch(stage.branch)
            self.branches[stage.branch].try_in(self.target, episodes)
        branch = self.branches[stage.branch]
        if stage.branch == "adapted":
            self._remember(
                branch.adapt(self.target, self.adaptation_settings, self.rng)
            )
        branch.left += self.settings.round_steps
        if branch.left <= 0:
            branch.try_in(self.target, episodes)
        return {"left": branch.left}

    def _branch(self, name: str) -> Branch:
        """A continuation of the pretraining; all begin with the same random numbers."""
        seed = 1000 + self.seed
        if name == "in the target":
            training = continuation(self.pretraining, self.target, seed)
            return Branch(training, {}, epsilon=1.0)
        training = continuation(self.pretraining, make_world("hopper"), seed)
        return Branch(training, self.source, self.settings.epsilon)

    def _remember(self, adapted: Adaptation[GaussianPolicy]) -> None:
        weighted = adapted.posterior
        assert weighted is not None
        self.adaptations["sources"].append(
            [[p.mean, p.std, p.low, p.high] for p in adapted.source.values()]
        )
        for name in ("ess", "untempered", "beta"):
            self.adaptations[name].append(getattr(weighted, name))
        self.particles.append(
            np.stack([*weighted.particles.values(), weighted.weights])  # weights last
        )

    def _search(self, stage: HiddenRound) -> Record:
        """One adaptation to a hidden target; records the means of the knobs."""
        if stage.index == 0:
            rng = np.random.default_rng([self.seed, stage.target])
            bounds = {knob: (p.low, p.high) for knob, p in self.source.items()}
            truth = {knob: float(rng.uniform(*ends)) for knob, ends in bounds.items()}
            target = make_world("hopper", **truth, motor_noise=self.settings.noise)
            seeker = Branch(self.pretraining, self.source, self.settings.epsilon)
            self.seeker = seeker, target
            self.hidden[str(stage.target)] = [list(truth.values())]
        assert self.seeker is not None
        seeker, target = self.seeker
        source = seeker.adapt(target, self.adaptation_settings, self.rng).source
        self.hidden[str(stage.target)].append(
            [[p.mean, p.std] for p in source.values()]
        )
        return {"mean": [p.mean for p in source.values()]}


def runs(settings: AdaptationExperimentSettings) -> dict[str, AdaptationRun]:
    """One run for each seed."""
    return {str(seed): AdaptationRun(settings, seed) for seed in settings.seeds}


def summarise(
    settings: AdaptationExperimentSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Sources and diagnostics by seed; arrays of particles and returns.

    `particles` (rounds, knobs + 1, M) are those of the first seed; `returns` has the
    shape (branches, seeds, rounds + 1, episodes).
    """
    ordered = [results[str(seed)] for seed in settings.seeds]
    names = ("sources", "ess", "untempered", "beta", "hidden")
    curves = {name: [run[name] for run in ordered] for name in names}
    returns = [[run["returns"][name] for run in ordered] for name in BRANCHES]
    return curves, {
        "particles": np.array(ordered[0]["particles"], dtype=np.float32),
        "returns": np.array(returns, dtype=np.float32),
    }


def _smoke(settings: AdaptationExperimentSettings) -> AdaptationExperimentSettings:
    training = replace(
        settings.training, steps=600, trajectories=12, horizon=25, hidden=(4,)
    )
    small = {"particles": 10, "steps": 5}
    return replace(
        settings,
        training=training,
        seeds=(0,),
        adaptation=small,
        rounds=2,
        round_steps=200,
        episodes=2,
        hidden_targets=1,
    )


EXPERIMENTS = (
    Experiment(
        "epopt_adaptation",
        AdaptationExperimentSettings(),
        _smoke(AdaptationExperimentSettings()),
        runs,
        summarise,
    ),
)
