"""Does an inverse model of the robot bring the policy of the simulator over?

Protocol. Four robots: the heavy arm, HalfCheetah, Hopper and Humanoid. The target is
the source with another gravity, or with motor noise of standard deviation σ and
correlation c from step to step; c = 1 is a constant that is drawn anew for each
episode. On the arm gravity is the share of g that acts in the plane of its motion; the
others feel gravity times a factor.

Under every condition, and for k = 1 (without history) and k = 2, φ is trained in
`rounds` rounds with the settings of `shifts.SETTINGS`, from the trajectories of its own
seed. The form is the paper's rule: a correction of the source action where σ < 0.3 and
for the gravity of HalfCheetah and Hopper, else the action itself. After each round
π_target is tested on `episodes` starts; the expert is tested on the same starts, with
the same noise, and in the source as well. Where there is motor noise, so is the expert
that knows it: it takes the noise of each step from its action, within the limits of the
motors. No φ can do that better. A seed has its own expert (the arm has one for all
seeds), data, initial weights and starts.

Piloted with starts and data that are not reported: on the arm, gravity 100 % and σ =
0.4 and 0.6 with c = 1; on HalfCheetah σ = 0.4 with c = 1. There 10, 15 and 20 epochs
gave the same picture. After 30,000 control steps the arm has 0.96 of the expert's
return under full gravity, and HalfCheetah gains little after 40,000. Pilots on Hopper
with c = 1 gained much at σ = 0.3 (one expert, with more branches) and nothing at σ =
0.5. The targets of Hopper and Humanoid were chosen after two experts had been tested
on a grid of them, without φ: there the expert falls, and falls later if it knows the
noise. The humanoids stand and do not walk (`standing.py`): they say when it falls, and
nothing of walking.

Returns are normalised on the page: 1 is the expert in the source. 0 is the passive arm
in the source for the arm, whose rewards are negative; for the others it is the return
0. The result keeps the plain returns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.inverse_dynamics import TransferState, transfer_round
from lecture_code.dynamics.reaching_expert import ReachingExpert
from lecture_code.experiments.dynamics.inverse_dynamics.shifts import (
    SETTINGS,
    RobotSettings,
    smoke_settings,
    with_form,
)
from lecture_code.experiments.policies import load_policy
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.simulation import (
    Act,
    Policy,
    World,
    make_world,
    motor_noise_of,
    rollout,
)

Array = NDArray[np.float64]

STARTS = 1000  # with the seed: the generator of the starts of a test


def load_expert(robot: str, seed: int) -> Act:
    """π_source of a robot: of this seed where there are several."""
    if robot == "heavy_arm":
        return ReachingExpert.from_source(make_world(robot))
    return load_policy(robot, seed=seed)


def passive(observations: Array, rng: np.random.Generator) -> Array:
    """The arm's policy that does nothing, (N, 2)."""
    return np.zeros((len(observations), 2))


@dataclass(frozen=True, eq=False)
class NoiseKnown:
    """The expert that takes the known motor noise from its action.

    Args:
        expert: π_source.
        noise: of every step, (N, T, A).
        limits: of the motors, (A,) each.
    """

    expert: Act
    noise: Array
    limits: tuple[Array, Array]

    def start(self, n: int) -> Act:
        """What acts in one rollout of n worlds."""
        steps = iter(self.noise.swapaxes(0, 1))

        def act(observations: Array, rng: np.random.Generator) -> Array:
            wanted = np.clip(self.expert(observations, rng), *self.limits)
            return np.asarray(np.clip(wanted - next(steps), *self.limits))

        return act


class InverseDynamicsRun:
    """All conditions of a robot with one seed."""

    def __init__(self, settings: RobotSettings, seed: int) -> None:
        self.settings = settings
        self.seed = seed
        self.todo = [
            (condition, k) for condition in settings.conditions for k in settings.ks
        ]
        self.total = len(self.todo) * settings.rounds + 1
        self.tests: dict[str, dict[str, list[Any]]] = {}
        self.state: TransferState | None = None
        self.round = 0
        self.rng = np.random.default_rng(0)

    @property
    def progress(self) -> float:
        """Share of the rounds that are done."""
        left = len(self.todo) * self.settings.rounds - self.round
        return 1 - (left + (not self.tests)) / self.total

    def advance(self) -> Record:
        """Test the expert everywhere, or train and test one round of one cell."""
        if not self.tests:
            return self.test_experts()
        s = self.settings
        condition, k = self.todo[0]
        source = make_world(s.robot)
        expert = load_expert(s.robot, self.seed)
        if self.state is None:
            cell = [self.seed, s.conditions.index(condition), k]
            self.rng = np.random.default_rng(cell)
            self.state = TransferState.initial(expert)
        settings = with_form(s.transfer, s.robot, condition, k)
        robot = condition.world(s.robot)
        self.state = transfer_round(
            self.state, robot, source, expert, settings, self.rng, threads=1
        )
        name = f"{condition.name} k {k}"
        outcome = self.test(name, self.state.policy, robot)
        self.tests[name].setdefault("samples", []).append(self.state.samples)
        self.round += 1
        if self.round == s.rounds:
            self.todo = self.todo[1:]
            self.state = None
            self.round = 0
        return {"samples": self.tests[name]["samples"][-1], "early": outcome}

    def test_experts(self) -> Record:
        """The expert in the source and under each condition."""
        s = self.settings
        expert = load_expert(s.robot, self.seed)
        source = make_world(s.robot)
        outcome = self.test("source", expert, source)
        if s.robot == "heavy_arm":
            self.test("passive", passive, source)
        for condition in s.conditions:
            robot = condition.world(s.robot)
            self.test(f"{condition.name} expert", expert, robot)
            if condition.motor_noise:
                starts = np.random.default_rng([self.seed, STARTS])
                noise = motor_noise_of([robot] * s.episodes, s.horizon, starts)
                known = NoiseKnown(expert, noise, robot.control_limits)
                self.test(f"{condition.name} known", known, robot)
        return {"early": outcome}

    def test(self, name: str, policy: Policy, world: World) -> float:
        """Write down returns and lengths of a policy; its mean reward of 5 steps."""
        s = self.settings
        rng = np.random.default_rng([self.seed, STARTS])  # the same for all
        batch = rollout([world] * s.episodes, policy, s.horizon, rng, threads=1)
        low, high = world.control_limits
        full = (batch.actions <= low) | (batch.actions >= high)
        entry = self.tests.setdefault(name, {"returns": [], "lengths": [], "full": []})
        entry["returns"].append(batch.returns.tolist())
        entry["lengths"].append(batch.lengths.tolist())
        entry["full"].append(float(full[batch.mask].mean()))
        return float(batch.rewards[:, :5].mean())

    def result(self) -> Record:
        """The tests by name."""
        return {"tests": self.tests}


def runs(settings: RobotSettings) -> dict[str, InverseDynamicsRun]:
    """One run for each seed."""
    return {str(seed): InverseDynamicsRun(settings, seed) for seed in settings.seeds}


def summarise(
    settings: RobotSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """By test: mean returns and mean lengths (seeds, rounds), the returns of the last
    round (seeds, episodes), control steps of the robot (seeds, rounds), and the share
    of commands at the limit of a motor (seeds, rounds). The expert has one round.
    """
    tests = [dict(results[str(seed)]["tests"]) for seed in settings.seeds]
    curves: dict[str, Any] = {}
    for name in tests[0]:
        mine = [test[name] for test in tests]
        curves[name] = {
            "returns": [
                np.mean(run["returns"], axis=1).round(4).tolist() for run in mine
            ],
            "lengths": [
                np.mean(run["lengths"], axis=1).round(2).tolist() for run in mine
            ],
            "episodes": [np.round(run["returns"][-1], 3).tolist() for run in mine],
            "full": [np.round(run["full"], 4).tolist() for run in mine],
        }
        if "samples" in mine[0]:
            curves[name]["samples"] = [run["samples"] for run in mine]
    return curves, {}


EXPERIMENTS = tuple(
    Experiment(
        f"inverse_dynamics_{robot}",
        settings,
        smoke_settings(settings),
        runs,
        summarise,
    )
    for robot, settings in SETTINGS.items()
)
