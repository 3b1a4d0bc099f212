"""Inverse-dynamics transfer: keep the policy of the simulator, and learn which action
makes the robot follow it.

P. Christiano, Z. Shah, I. Mordatch, J. Schneider, T. Blackwell, J. Tobin, P. Abbeel,
W. Zaremba: Transfer from Simulation to Real World through Learning Deep Inverse
Dynamics Model. 2016, arXiv 1610.03518.

    (1)  π_target(τ) = φ(τ, ô),   ô = o(T_source(τ, π_source(τ)))
    (2)  φ = argmin_φ Σ_t ‖φ(τ_t, o_{t+1}) − a_t‖²     over steps of the robot
    (3)  π_target(τ) = π_source(τ) + φ(τ, ô)           the correction form

τ holds the last k observations and the last k − 1 actions of the robot.

The idea. A policy π_source works in the simulator, T_source. On the robot its actions
lead somewhere else, but the *observations* that it wants to see next are still good.
So ask the simulator what would be seen next (ô), and ask an inverse model φ of the
robot which action makes that happen. φ learns in hindsight: an action that was taken
is the right answer to what was seen afterwards. With k ≥ 2 it also sees how the robot
answered a moment ago, and can recognise a hidden constant, such as a motor that pulls
to one side.

`TargetPolicy.target_action` is (1) and (3). `transfer_round` is (2): run the present
π_target, append what the robot did, train φ again.

Exploration is as in the paper: a trajectory is broken off by a random action, which φ
must recover, and a robot that is simulated is then set back onto its trajectory
(`branch`). Noise on every action, of which the paper warns, can be chosen instead.

Deviations from the paper
* Observations before the latest, and the wanted one, enter φ as differences to the
  latest: they differ little from each other.
* Before the first step of an episode τ repeats the first observation, with zeros for
  actions, in training and in use alike.
* φ is trained from new weights in every round. The optimiser (Adam with a rate that
  falls to zero), its rate, the epochs and the number of rounds are not in the paper.
* A quarter of the steps have a branch; how many the paper takes is not printed.

Arrays: n rows or N worlds, S observed numbers, A motors. Start with `TargetPolicy`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lecture_code.learning.histories import History, histories
from lecture_code.learning.regression import Regression, RegressionSettings, fit
from lecture_code.learning.transitions import Exploring
from lecture_code.simulation import (
    Act,
    Policy,
    World,
    branch,
    motor_noise_of,
    one_step,
    rollout,
)

Array = NDArray[np.float64]

EXPLORATIONS = ("branches", "noise", "none")
PAPER_NETWORK = RegressionSettings(
    hidden=(256, 256),
    activation="relu",
    skip=False,
    epochs=20,
    rate=1e-3,
    weight_decay=0.0,
)
"""Two hidden layers of 256 ReLU, without the skip connection of the book's other
models.
"""


@dataclass(frozen=True)
class TransferSettings:
    """How φ is trained and used.

    Args:
        k: number of observations in τ; 1 is "without history".
        correction: φ gives a correction of the source action (3) instead of the action.
        trajectories: of the robot in one round, N.
        horizon: control steps of a trajectory at most.
        exploration: "branches" by random actions, "noise" on every action, or "none".
        share: of the steps that have a branch.
        noise: standard deviation of the noise on every action.
        network: how φ is fitted.
    """

    k: int = 2
    correction: bool = False
    trajectories: int = 100
    horizon: int = 100
    exploration: str = "branches"
    share: float = 0.25
    noise: float = 0.3
    network: RegressionSettings = field(default=PAPER_NETWORK)

    def __post_init__(self) -> None:
        if self.exploration not in EXPLORATIONS:
            raise ValueError(
                f"unknown exploration {self.exploration!r}; known: "
                f"{', '.join(EXPLORATIONS)}"
            )
        counts = (self.k, self.trajectories, self.horizon)
        if min(counts) < 1 or not (self.noise >= 0 and 0 <= self.share <= 1):
            raise ValueError(
                "k, trajectories and horizon must be at least 1, noise not negative "
                f"and share in [0, 1]; got {self}"
            )


def source_step(
    source: World, observations: Array, actions: Array, threads: int | None = None
) -> Array:
    """o(T_source(τ, a)): what the simulator shows one control step after the robot's
    latest observations (n, S), with actions (n, A).
    """
    state = source.task.state(observations)
    qpos, qvel = one_step(source, *state, actions, threads=threads)
    return np.asarray(source.task.observation({"qpos": qpos, "qvel": qvel}))


@dataclass(frozen=True, eq=False)
class TargetPolicy:
    """π_target, for a rollout of the robot.

    Args:
        expert: π_source, a function of the latest observations.
        source: the simulator, T_source.
        phi: φ, from inputs as in `History.inputs` to actions (n, A).
        settings: k, and the form of φ.
        threads: how many the simulator may use; all cores by default.
    """

    expert: Act
    source: World
    phi: Regression
    settings: TransferSettings
    threads: int | None = None

    def start(self, n: int) -> Act:
        """What acts in one rollout of n worlds, with an empty history."""
        tau: History | None = None
        commanded = np.zeros((n, self.source.action_size))

        def act(observations: Array, rng: np.random.Generator) -> Array:
            nonlocal tau, commanded
            if tau is None:
                motors = commanded.shape[1]
                tau = History.initial(observations, self.settings.k, motors)
            else:
                tau = tau.then(commanded, observations)
            source_action = self.expert(observations, rng)  # line 1
            commanded = self.target_action(tau, source_action)
            return commanded

        return act

    def target_action(self, tau: History, source_action: Array) -> Array:
        """The robot's actions (n, A), from source actions π_source(τ) (n, A)."""
        now = tau.latest
        wanted = source_step(self.source, now, source_action, self.threads)  # line 2
        action = self.phi(tau.inputs(wanted))  # line 3, eq. 1
        if self.settings.correction:
            action = source_action + action  # eq. 3
        return np.clip(action, *self.source.control_limits)


def collect(
    robot: World,
    policy: Policy,
    settings: TransferSettings,
    rng: np.random.Generator,
    threads: int | None = None,
) -> tuple[History, Array, Array]:
    """What the robot did in one round: τ, the action, and what was seen next.

    Returns n rows each: one for every control step of N trajectories, and with
    branches another for every random action. The actions are those that were asked
    for, within the limits of the motors; what noise the motors added, the robot does
    not tell.
    """
    rng_rollout, rng_random = rng.spawn(2)
    worlds = [robot] * settings.trajectories
    T = settings.horizon
    if settings.exploration == "noise":
        policy = Exploring(policy, settings.noise)
    noise = motor_noise_of(worlds, T, rng_rollout)
    recording = rollout(worlds, policy, T, rng_rollout, threads=threads)
    mask = recording.mask
    limits = robot.control_limits
    tau = histories(recording, settings.k, limits)
    actions = np.clip(recording.actions[mask], *limits)
    after = recording.observations[:, 1:][mask]
    if settings.exploration != "branches":
        return tau[mask], actions, after
    branched = mask & (rng_random.random(mask.shape) < settings.share)
    random_actions = rng_random.uniform(*limits, (branched.sum(), actions.shape[1]))
    after_random = branch(robot, recording, branched, random_actions, noise, threads)
    return (
        tau[mask].extended(tau[branched]),
        np.concatenate([actions, random_actions]),
        np.concatenate([after, after_random]),
    )


def examples(
    tau: History, actions: Array, after: Array, expert: Act, correction: bool
) -> tuple[Array, Array]:
    """Inputs and wanted outputs of φ, in hindsight, n rows each: eq. 2.

    Args:
        tau, actions, after: as `collect` returns them.
        expert: π_source.
        correction: the outputs are corrections of the expert's actions: eq. 3.
    """
    if correction:
        unused = np.random.default_rng(0)  # the expert is deterministic
        actions = actions - expert(tau.latest, unused)
    return tau.inputs(after), actions


@dataclass(frozen=True, eq=False)
class TransferState:
    """What is known of the robot after some rounds.

    Args:
        policy: the present π_target; the expert before the first round.
        inputs, targets: the examples so far, (n, …) and (n, A).
        samples: control steps of the robot so far, those of branches among them.
    """

    policy: Policy
    inputs: Array
    targets: Array
    samples: int

    @classmethod
    def initial(cls, expert: Act) -> TransferState:
        """Nothing is known: the robot runs the expert."""
        return cls(expert, np.zeros((0, 0)), np.zeros((0, 0)), 0)


def transfer_round(
    state: TransferState,
    robot: World,
    source: World,
    expert: Act,
    settings: TransferSettings,
    rng: np.random.Generator,
    threads: int | None = None,
) -> TransferState:
    """One round: run the present π_target, append what the robot did, train φ."""
    rng_record, rng_fit = rng.spawn(2)
    collected = collect(robot, state.policy, settings, rng_record, threads)
    inputs, targets = examples(*collected, expert, settings.correction)
    samples = state.samples + len(inputs)
    if state.samples:
        inputs = np.concatenate([state.inputs, inputs])
        targets = np.concatenate([state.targets, targets])
    phi = fit(inputs, targets, rng_fit, settings.network)
    policy = TargetPolicy(expert, source, phi, settings, threads)
    return TransferState(policy, inputs, targets, samples)


def transfer_rounds(
    robot: World,
    source: World,
    expert: Act,
    settings: TransferSettings,
    rng: np.random.Generator,
    threads: int | None = None,
) -> Iterator[TransferState]:
    """Round after round, without end: the state before the first, then after each."""
    state = TransferState.initial(expert)
    while True:
        yield state
        state = transfer_round(state, robot, source, expert, settings, rng, threads)
