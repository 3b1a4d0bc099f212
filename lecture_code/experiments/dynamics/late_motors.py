"""Is an identified simulator worse than none, on the robot with late motors? And what
do the experts that were trained in it earn in their own world?

In `identification`, five experts from identified simulators earned less on the late
robot (median −757) than five experts from the plain simulator (median 106). Five seeds
could not tell whether this was chance. The protocol was written before the run.

`late_motors_first`: each expert of `half_cheetah` is recorded on the late robot for ten
seconds, torso mass and damping are identified, and an expert is trained in the
identified simulator. Settings and starts are those of `identification`, whose policies
were not kept. Both experts are tried on the robot *and in their own world*, the world
of their training. The expert of the identified simulator is tried after every quarter
of its training: this shows whether the order still changes.

`late_motors`: the same with five new seeds, for which an expert is trained in the plain
simulator first, as those of `half_cheetah`.

What decides: for each seed, the return on the robot of the identified simulator's
expert minus the return of the plain simulator's expert whose recording was used. The
old seeds suggested the question, so the new seeds must confirm it. Unless the 95 %
interval of the mean of ten differences (Student) and the mean of the five new
differences are below zero, the page says that the order may be chance. A training three
times as long was planned and not run: the page says that it was not tried. The positive
control, experts trained on the robot itself, is that of `identification`.

We expected the returns of `identification` again. But seed 0, the first to be finished,
gave −1,900 and not −757 on the robot, although its identified simulator is the same in
all seven digits that are kept. A likely cause is a difference in the last digit: the
code was rearranged since, and small differences grow during a training. So these are
second trainings in the same worlds, and each seed counts with the mean of its two
trainings. This was decided when only seed 0 was known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.reality_gap import Identification, identify
from lecture_code.experiments.dynamics.experts import ExpertRun, experts
from lecture_code.experiments.dynamics.identification import (
    IdentificationSettings,
    record,
)
from lecture_code.experiments.dynamics.real_worlds import real_world
from lecture_code.experiments.policies import load_policy
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.simulation import Policy, World, make_world, rollout

Array = NDArray[np.float64]

LATE = "under-modelling"
PLACES = ("own", "robot")
"""Where an expert is tried: in the world of its training, and on the late robot."""


def _as_before() -> IdentificationSettings:
    """The settings of `identification`, with the late robot alone."""
    settings = IdentificationSettings()
    return replace(settings, real={LATE: settings.real[LATE]})


@dataclass(frozen=True)
class LateSettings:
    """Which experts are trained, for how long, and how often they are tried.

    Args:
        seeds: one recording, one identified simulator and one training each.
        committed: whether the simulator's experts are taken from `half_cheetah`; if
            not, they are trained first.
        base: robot, knobs, recording and training, as in `identification`.
        length: control steps of a training, in multiples of those of `base`.
        trials: how often an expert is tried in a training of length 1.
    """

    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    committed: bool = True
    base: IdentificationSettings = field(default_factory=_as_before)
    length: int = 1
    trials: int = 4


def mean_return(settings: LateSettings, world: World, policy: Policy) -> float:
    """Mean return of a policy in a world, from the starts of `identification`."""
    base = settings.base
    rng = np.random.default_rng(30_000)
    worlds = [world] * base.episodes
    batch = rollout(worlds, policy, base.expert.horizon, rng, threads=1)
    return float(batch.returns.mean())


def both_places(
    settings: LateSettings, world: World, policy: Policy
) -> dict[str, float]:
    """Mean return by place, for a policy that was trained in `world`."""
    robot = real_world(settings.base.real[LATE])
    return {
        "own": mean_return(settings, world, policy),
        "robot": mean_return(settings, robot, policy),
    }


class TriedExpert:
    """The training of one expert, tried in its own world and on the robot."""

    def __init__(self, settings: LateSettings, world: World, seed: int) -> None:
        self.settings = settings
        self.world = world
        expert = settings.base.expert
        longer = replace(expert, steps=settings.length * expert.steps)
        self.training = ExpertRun(longer, world, seed)
        self.trials: dict[str, list[float]] = {"steps": [], "own": [], "robot": []}

    @property
    def progress(self) -> float:
        """Share of the control steps that are spent."""
        return self.training.progress

    def advance(self) -> Record:
        """One generation, and a trial if one is due."""
        generation = self.training.advance()
        trials = self.settings.trials * self.settings.length
        if int(self.progress * trials) > len(self.trials["steps"]):
            tried = both_places(self.settings, self.world, self.training.policy)
            self.trials["steps"].append(self.training.f.steps)
            for place, mean in tried.items():
                self.trials[place].append(mean)
        return generation

    def result(self) -> Record:
        """Control steps and mean returns of all trials."""
        return self.trials


def identified_from(
    settings: LateSettings, policy: Policy, seed: int
) -> Identification:
    """The simulator that is identified from a policy's recording on the late robot."""
    recording = record(settings.base, LATE, policy, seed)
    return identify(make_world("half_cheetah"), recording, settings.base.knobs)


class LateRun:
    """One seed: the simulator's expert, its recording, and the expert that is trained
    in the simulator identified from it.
    """

    def __init__(self, settings: LateSettings, seed: int) -> None:
        self.settings, self.seed = settings, seed
        self.simulator = make_world("half_cheetah")
        self.first: ExpertRun | None = None
        if not settings.committed:
            self.first = ExpertRun(settings.base.expert, self.simulator, seed)
        self.identification: Identification | None = None
        self.second: TriedExpert | None = None

    @property
    def progress(self) -> float:
        """Share of the trainings that is done."""
        second = self.second.progress if self.second else 0.0
        return (self.first.progress + second) / 2 if self.first else second

    def advance(self) -> Record:
        """One generation of the training whose turn it is."""
        if self.first and self.first.progress < 1:
            return self.first.advance()
        if self.second is None:
            found = identified_from(self.settings, self._first_policy(), self.seed)
            self.identification = found
            self.second = TriedExpert(self.settings, found.world, self.seed)
        return self.second.advance()

    def result(self) -> Record:
        """What both experts earn, the trials of the second, and the identification."""
        assert self.second is not None and self.identification is not None
        first = both_places(self.settings, self.simulator, self._first_policy())
        found = self.identification
        return {
            "simulator": first,
            "identified": self.second.result(),
            "values": dict(found.values),
            "explained": {"before": found.before, "after": found.after},
        }

    def _first_policy(self) -> Policy:
        if self.first:
            return self.first.policy
        return load_policy("half_cheetah", seed=self.seed)


def late_runs(settings: LateSettings) -> dict[str, LateRun]:
    """One run for each seed."""
    return {str(seed): LateRun(settings, seed) for seed in settings.seeds}


def late_summary(
    settings: LateSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """By place: returns by world of training (seeds), and the identified simulator's
    experts on the way (seeds, trials). And the identifications by seed.
    """
    ordered: list[dict[str, Any]] = [dict(results[str(s)]) for s in settings.seeds]
    curves: dict[str, Any] = {}
    for place in PLACES:
        on_the_way = [run["identified"][place] for run in ordered]
        curves[place] = {
            "simulator": [run["simulator"][place] for run in ordered],
            "identified": [returns[-1] for returns in on_the_way],
            "on_the_way": on_the_way,
        }
    curves["steps"] = [run["identified"]["steps"] for run in ordered]
    for what in ("values", "explained"):
        names = ordered[0][what]
        curves[what] = {name: [run[what][name] for run in ordered] for name in names}
    return curves, {}


_QUICK = replace(_as_before(), expert=experts("half_cheetah", smoke=True), episodes=2)

EXPERIMENTS = (
    Experiment(
        "late_motors_first",
        LateSettings(),
        LateSettings(seeds=(0,), base=_QUICK),
        late_runs,
        late_summary,
    ),
    Experiment(
        "late_motors",
        LateSettings(seeds=(5, 6, 7, 8, 9), committed=False),
        LateSettings(seeds=(5,), committed=False, base=_QUICK),
        late_runs,
        late_summary,
    ),
)
