"""One robot, many simulators: the full-scale runs behind the chapter *EPOpt*.

`epopt` is the lecture's figure: Hoppers trained by TRPO at a torso of 3, 6 or 9 kg,
against EPOpt(1) and EPOpt(0.1) on N(6, 1.5²) truncated to [3, 9] kg, all tried over the
whole range. `epopt_unmodelled` asks what happens outside the ensemble: mass, friction,
damping and armature vary in training, or all but the mass. Its policies are tried over
masses, and over masses times frictions.

`epopt_thinned` asks why EPOpt(0.1) performs as it does: its arm also learns from a
tenth of the trajectories, but from a random tenth. This arm was added after the result
of EPOpt(0.1) was known. The budget of `epopt` was raised by half because the arms with
ε = 1 were still learning, before EPOpt(0.1) was run; `epopt_unmodelled` has half of it.

Within an experiment every arm has the same policy, the same TRPO and the same budget of
control steps. Trajectories that EPOpt does not select count as spent. `epopt_tuning`
tries three sizes of TRPO's step for each kind of arm, on other seeds, for a sixth of
the budget, half of it with ε = 1. No size is ahead of the others by more than the seeds
differ, so all arms use the middle size. The specialists are the positive controls at
their own mass. All tests use the mean action, from other starts than the training.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.dynamics.epopt.ensembles import (
    EnsembleRun,
    runs,
    summarise,
)
from lecture_code.experiments.dynamics.epopt.training import (
    Arm,
    EnsembleSettings,
    Improver,
    source_of,
)
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.learning.gaussian_policy import GaussianPolicy
from lecture_code.simulation import Trajectories

Array = NDArray[np.float64]

MASS = {"torso_mass": (6.0, 1.5, 3.0, 9.0)}
OTHERS = dict.fromkeys(("friction", "damping", "armature"), (1.0, 0.25, 0.5, 1.5))
"""Mean, std, low and high: the mass in kg is the lecture's, the others in multiples of
the robot's own are ours.
"""

TRIED = (0.01, 0.03, 0.1)
"""Trust regions δ that the tuning tries."""

KINDS = {
    "TRPO": Arm({"torso_mass": 6.0}),
    "EPOpt(1)": Arm(source=MASS),
    "EPOpt(0.1)": Arm(source=MASS, epsilon=0.1),
}
"""Kinds of arm; the specialists are one kind."""

TUNED = {
    f"{kind}, {max_kl}": replace(arm, max_kl=max_kl)
    for kind, arm in KINDS.items()
    for max_kl in TRIED
}


def objective(arm: Arm, sweep: Array, masses: tuple[float, ...]) -> float:
    """What an arm is trained for, estimated from its sweep (masses, episodes).

    The mean return at its own mass, or CVaR_ε over the ensemble's masses.
    """
    if not arm.source:
        return float(sweep[masses.index(arm.world["torso_mass"])].mean())
    density = np.exp(source_of(arm.source)["torso_mass"].log_density(np.array(masses)))
    episodes = sweep.shape[1]
    shares = np.repeat(density / density.sum() / episodes, episodes)  # of each episode
    order = np.argsort(sweep.ravel(), kind="stable")  # from the worst episode on
    filled = np.minimum(np.cumsum(shares[order]), arm.epsilon)  # of the tail
    return float(np.diff(filled, prepend=0) @ sweep.ravel()[order] / filled[-1])


ARMS = {
    **{f"TRPO at {mass} kg": Arm({"torso_mass": float(mass)}) for mass in (3, 6, 9)},
    **{kind: KINDS[kind] for kind in ("EPOpt(1)", "EPOpt(0.1)")},
}
UNMODELLED = {
    "EPOpt(1), all": replace(ARMS["EPOpt(1)"], source={**MASS, **OTHERS}),
    "EPOpt(0.1), all": replace(ARMS["EPOpt(0.1)"], source={**MASS, **OTHERS}),
    "EPOpt(0.1), all but mass": replace(
        ARMS["EPOpt(0.1)"], world={"torso_mass": 6.0}, source=OTHERS
    ),
}
TUNING = EnsembleSettings(
    TUNED,
    (100, 101, 102, 103, 104),
    400_000,
    0.5,
    evaluations=2,
    episodes=8,
    frictions=(1.0,),
    map_masses=(6.0,),
    map_episodes=1,
    policies_stored=0,
)


class Thinned(Improver):
    """TRPO on a random share of the trajectories.

    It learns from as few trajectories as EPOpt(0.1), but not from the worst.
    """

    def __init__(
        self, improve: Improver, share: float, rng: np.random.Generator
    ) -> None:
        self.trpo = improve.trpo
        self.last = None
        self.share = share
        self.rng = rng

    def __call__(
        self,
        policy: GaussianPolicy,
        trajectories: Trajectories,
        background: Trajectories | None = None,
    ) -> GaussianPolicy:
        """As `TRPO.__call__`."""
        n = len(trajectories)
        chosen = self.rng.choice(n, max(1, round(self.share * n)), replace=False)
        return super().__call__(policy, trajectories[np.sort(chosen)], background)


class ThinnedRun(EnsembleRun):
    """An `EnsembleRun` with ε = 1 that learns from a random tenth after its warm-up."""

    def advance(self) -> Record:
        """As `EnsembleRun.advance`."""
        training = self.training
        warm = self.progress < self.settings.warm_up
        if not warm and not isinstance(training.improve, Thinned):
            (rng,) = training.rng.spawn(1)
            training.improve = Thinned(training.improve, 0.1, rng)
        return super().advance()


def thinned_runs(settings: EnsembleSettings) -> dict[str, EnsembleRun]:
    """One training for each arm and seed."""
    return {
        f"{name}/{seed}": ThinnedRun(settings, arm, seed)
        for name, arm in settings.arms.items()
        for seed in settings.seeds
    }


def _smoke(settings: EnsembleSettings) -> EnsembleSettings:
    few = {name: settings.arms[name] for name in list(settings.arms)[-2:]}
    small = replace(
        settings,
        arms=few,
        seeds=(0,),
        steps=1500,
        trajectories=12,
        horizon=25,
        evaluations=2,
        evaluation_episodes=1,
        hidden=(4,),
    )
    return replace(
        small,
        masses=(3.0, 9.0),
        episodes=1,
        frictions=(0.5, 1.0),
        map_masses=(3.0, 9.0),
        map_episodes=1,
    )


COMPARISON = EnsembleSettings(ARMS)
OUTSIDE = EnsembleSettings(
    UNMODELLED, steps=1_200_000, evaluations=9, policies_stored=1
)
THINNED = EnsembleSettings({"a random tenth": ARMS["EPOpt(1)"]}, policies_stored=0)

EXPERIMENTS = tuple(
    Experiment(name, settings, _smoke(settings), make, summarise)
    for name, settings, make in (
        ("epopt_tuning", TUNING, runs),
        ("epopt", COMPARISON, runs),
        ("epopt_unmodelled", OUTSIDE, runs),
        ("epopt_thinned", THINNED, thinned_runs),
    )
)
