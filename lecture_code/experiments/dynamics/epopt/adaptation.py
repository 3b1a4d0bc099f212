"""Adapt, retrain, act: does a source that is adapted to a target world lead to a better
policy there?

A policy is trained by EPOpt on a source that is far from the target: a lighter torso,
and more friction. Then, in each of five rounds, it acts for one episode in the target,
and is trained on. Three go on from the same policy: one on the adapted source; one on
the source as it was (the negative control); one in the target itself (the positive
control). All have the same control steps in simulation, to within one iteration, and ε
= 1: `epopt` has shown that ε = 0.1 learns less from as many steps.

The target has motor noise, which no simulator of the ensemble has. Besides, the
unadapted policy acts in targets drawn from the whole support, and only the source is
adapted: does the posterior find them?
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.source_adaptation import AdaptationSettings, Posterior, adapt
from lecture_code.experiments.dynamics.epopt.comparison import ARMS
from lecture_code.experiments.dynamics.epopt.ensembles import (
    EnsembleSettings,
    Training,
    source_of,
    trial,
)
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.simulation import (
    Source,
    Trajectories,
    TruncatedGaussian,
    World,
    make_world,
    rollout,
)

Array = NDArray[np.float64]

BRANCHES = ("adapted", "not adapted", "in the target")


@dataclass(frozen=True)
class AdaptationExperimentSettings:
    """How it is trained, adapted and tried.

    Args:
        training: the policy's training; its `steps` come before the first round. Its
            arms are not used.
        seeds: one policy each.
        source: knob -> (mean, std, low, high) at the start.
        target: how the target world differs from the nominal Hopper.
        epsilon, max_kl: of the training, ε after its warm-up and in the rounds on a
            source.
        adaptation: settings of `AdaptationSettings`.
        rounds, round_steps: how often it acts in the target, and control steps of the
            training that follows.
        episodes: in the target, after each round and before the first, from the same
            starts; they tell nobody anything.
        hidden_targets: how many targets are drawn for the posterior alone.
        noise: motor noise of these.
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


@dataclass
class Branch:
    """Where one of the three stands."""

    training: Training
    source: Source
    left: int = 0
    """Control steps that are not yet spent; negative where the last iteration went
    over, which the next round pays for.
    """


class AdaptationRun:
    """One policy, its three continuations, and what the posterior says of hidden
    targets.

    The stages: pretrain; for each branch and round `act` (adapt, if the branch does)
    and retrain; then one adaptation after the other for the hidden targets.
    """

    def __init__(self, settings: AdaptationExperimentSettings, seed: int) -> None:
        self.settings, self.seed = settings, seed
        self.start = Branch(
            Training(settings.training, make_world("hopper"), seed, settings.max_kl),
            source_of(settings.source),
        )
        self.branches: dict[str, Branch] = {}
        self.acting = np.random.default_rng(
            [seed, 1]
        )  # of what happens in a target, and of the particles
        self.todo = [
            ("round", name, i) for name in BRANCHES for i in range(settings.rounds)
        ]
        self.todo += [
            ("find", str(k), i)
            for k in range(settings.hidden_targets)
            for i in range(settings.rounds)
        ]
        self.total = len(self.todo)
        self.found: dict[str, list[Any]] = {
            "sources": [list(settings.source.values())],
            "ess": [],
            "untempered": [],
            "beta": [],
        }
        self.particles: list[Array] = []
        self.returns: dict[str, list[Array]] = {name: [] for name in BRANCHES}
        self.hidden: dict[str, list[Any]] = {}
        self.looking: tuple[Source, World] | None = None

    @property
    def progress(self) -> float:
        """Share of what is to be done, the training before the first round counting as
        much as one branch's rounds.
        """
        pretrained = min(1.0, self.start.training.steps / self.settings.training.steps)
        waiting = sum(branch.left > 0 for branch in self.branches.values())
        return (
            pretrained * self.settings.rounds
            + self.total
            - len(self.todo)
            - 0.5 * waiting
        ) / (self.settings.rounds + self.total)

    def advance(self) -> Record:
        """One iteration of training, or one episode in a target and what is made of it."""
        if self.start.training.steps < self.settings.training.steps:
            warm = (
                self.start.training.steps
                < self.settings.training.warm_up * self.settings.training.steps
            )
            return self.start.training.iterate(
                self.start.source, 1.0 if warm else self.settings.epsilon
            )
        for name, branch in self.branches.items():
            if branch.left > 0:
                return self._retrain(name, branch)
        (what, name, i), *self.todo = self.todo
        return self._act(name, i) if what == "round" else self._find(int(name), i)

    def result(self) -> Record:
        """Returns in the target by branch, (rounds + 1, episodes); the sources and
        particles of the adapted one; sources of the hidden targets.
        """
        return {
            "returns": {name: np.stack(found) for name, found in self.returns.items()},
            **self.found,
            "particles": np.stack(
                self.particles
            ),  # (rounds, knobs + 1, M), weights last
            "hidden": self.hidden,
        }

    @property
    def target(self) -> World:
        """The world that the three are to live in."""
        return make_world("hopper", **self.settings.target)

    def _retrain(self, name: str, branch: Branch) -> Record:
        before = branch.training.steps
        record = branch.training.iterate(
            branch.source, 1.0 if name == "in the target" else self.settings.epsilon
        )
        branch.left -= branch.training.steps - before
        if branch.left <= 0:
            self._try(name)
        return record

    def _act(self, name: str, i: int) -> Record:
        """Begin round i of a branch: an episode in the target, and a source for the
        training that follows.
        """
        if i == 0:
            self.branches[name] = self._branch(name)
            self._try(name)
        branch = self.branches[name]
        if name == "adapted":
            branch.source, posterior = self._adapt(branch, self.target)
            self._remember(branch.source, posterior)
        branch.left += self.settings.round_steps
        if branch.left <= 0:
            self._try(name)
        return {"left": branch.left}

    def _branch(self, name: str) -> Branch:
        """A continuation of the pretraining; the training of every branch begins with
        the same random numbers.
        """
        world = self.target if name == "in the target" else make_world("hopper")
        training = Training(
            self.settings.training, world, 1000 + self.seed, self.settings.max_kl
        )
        training.policy, training.steps = (
            self.start.training.policy,
            self.start.training.steps,
        )
        return Branch(training, {} if name == "in the target" else self.start.source)

    def _adapt(
        self, branch: Branch, target: World
    ) -> tuple[dict[str, TruncatedGaussian], Posterior]:
        settings = AdaptationSettings(**self.settings.adaptation)
        return adapt(
            make_world("hopper"),
            branch.source,
            self._episode(branch, target),
            settings,
            self.acting,
        )

    def _episode(self, branch: Branch, target: World) -> Trajectories:
        policy = branch.training.policy
        assert policy is not None
        return rollout(
            target, policy, self.settings.training.horizon, self.acting, threads=1
        )

    def _remember(self, source: Source, posterior: Posterior) -> None:
        self.found["sources"].append(
            [[one.mean, one.std, one.low, one.high] for one in source.values()]
        )
        for name, value in (
            ("ess", posterior.ess),
            ("untempered", posterior.untempered),
            ("beta", posterior.beta),
        ):
            self.found[name].append(value)
        self.particles.append(
            np.stack([*posterior.particles.values(), posterior.weights])
        )

    def _try(self, name: str) -> None:
        policy = self.branches[name].training.policy
        assert policy is not None
        settings = self.settings
        self.returns[name].append(
            trial(
                policy,
                [self.target],
                settings.episodes,
                settings.training.horizon,
                seed=40_000,
            )[0]
        )

    def _find(self, k: int, i: int) -> Record:
        """Adaptation i to hidden target k: means and stds of the knobs."""
        settings, bounds = self.settings, self.start.source
        if i == 0:
            rng = np.random.default_rng([self.seed, k])
            truth = {
                knob: float(rng.uniform(one.low, one.high))
                for knob, one in bounds.items()
            }
            self.looking = (
                bounds,
                make_world("hopper", **truth, motor_noise=settings.noise),
            )
            self.hidden[str(k)] = [list(truth.values())]
        assert self.looking is not None
        source, target = self.looking
        source, _ = self._adapt(Branch(self.start.training, source), target)
        self.looking = source, target
        self.hidden[str(k)].append([[one.mean, one.std] for one in source.values()])
        return {"mean": [one.mean for one in source.values()]}


def runs(settings: AdaptationExperimentSettings) -> dict[str, AdaptationRun]:
    """One run for each seed."""
    return {str(seed): AdaptationRun(settings, seed) for seed in settings.seeds}


def summarise(
    settings: AdaptationExperimentSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """What was found, by seed; arrays: the first seed's particles (rounds, knobs + 1,
    M), and returns (branches, seeds, rounds + 1, episodes).
    """
    ordered = [results[str(seed)] for seed in settings.seeds]
    curves = {
        name: [run[name] for run in ordered]
        for name in ("sources", "ess", "untempered", "beta", "hidden")
    }
    return curves, {
        "particles": np.array(ordered[0]["particles"], dtype=np.float32),
        "returns": np.array(
            [[run["returns"][name] for run in ordered] for name in BRANCHES],
            dtype=np.float32,
        ),
    }


def _smoke(settings: AdaptationExperimentSettings) -> AdaptationExperimentSettings:
    training = replace(settings.training, steps=600, n=12, horizon=25, hidden=(4,))
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
