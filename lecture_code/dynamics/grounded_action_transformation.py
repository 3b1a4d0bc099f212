"""Grounded action transformation: bring the simulator closer to the robot, by changing
the actions.

Hanna & Stone, "Grounded Action Transformation for Robot Learning in Simulation" (AAAI
2017), Algorithm 1. The stochastic variant is by Desai, Karnan, Hanna, Warnell & Stone
(2020), arXiv:2008.01281.

    (1)  φ* = argmin_φ Σ_t d(P(s_{t+1} | s_t, a_t), P_φ(s_{t+1} | s_t, a_t))
    (2)  g(s, a) = α f_sim⁻¹(s, f(s, a)) + (1 − α) a

Idea. To ground a simulator is (1): φ may be masses and dampings, or a transformation g
of the actions. Ask a model f of the *robot* where action a would lead, ask an inverse
model f_sim⁻¹ of the *simulator* which action leads there, and let the simulator execute
that action. A policy that learns in the simulator then meets the robot's transitions,
and nobody had to open the simulator. Both models know only what the present policy
visits; so one learns a little, asks the robot again, and grounds again.

Algorithm 1 is one turn of `grounded_simulation_learning` with `by_actions`. Line 3
records the robot; `by_actions` is lines 4 to 7; line 8 improves the policy; line 9
keeps the best candidate. Read `ground_actions`, then `ActionTransformation.transform`,
which is (2).

Deviations from the paper:
* A return is maximised where the paper minimises a cost.
* A state is the task's observation, and both models are fitted to its *change*, as
  later code of the authors' group has it. Networks have two hidden layers of tanh and a
  linear skip connection.
* f may also see the `memory` actions before the last, so that a robot whose motors are
  late can be imitated. The simulator has no such memory, and so f_sim⁻¹ has none.
* The robot and the simulator are explored: noise is added to what the policy says while
  data are collected. Without it an action is a function of the state or of the clock,
  and no regression can tell what the action did from what the state did.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.grounded_simulation_learning import Controller, Ground
from lecture_code.learning.regression import Regression, RegressionSettings, fit
from lecture_code.learning.transitions import Exploring, Transitions, earlier_actions
from lecture_code.simulation import Policy, Trajectories, World, one_step, rollout

Array = NDArray[np.float64]


def train_forward_model(
    robot: Transitions,
    rng: np.random.Generator,
    settings: RegressionSettings | None = None,
) -> Regression:
    """f: (s, a, actions before) -> change of the state, from data of the *robot*."""
    inputs = np.hstack([robot.states, robot.actions, robot.before])
    return fit(inputs, robot.changes, rng, settings)


def train_inverse_model(
    simulator: Transitions,
    rng: np.random.Generator,
    settings: RegressionSettings | None = None,
) -> Regression:
    """f_sim⁻¹: (s, change of the state) -> action, from data of the *simulator*."""
    inputs = np.hstack([simulator.states, simulator.changes])
    return fit(inputs, simulator.actions, rng, settings)


@dataclass(frozen=True, eq=False)
class ActionTransformation:
    """g of (2), as a world's transform.

    Args:
        forward: forward model of the robot, f.
        inverse: inverse model of the simulator, f_sim⁻¹.
        alpha: share of the correction in the executed action, α in [0, 1]; 0 leaves
            every action as it is.
        limits: lowest and highest control of the motors, (A,) each.
        memory: how many earlier actions f sees.
        sample: draw the answer of f from its distribution (stochastic GAT) instead of
            taking the mean.

    Raises:
        ValueError: α outside [0, 1], or models of different spaces.
    """

    forward: Regression
    inverse: Regression
    alpha: float
    limits: tuple[Array, Array]
    memory: int = 0
    sample: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.alpha <= 1:
            raise ValueError(
                "alpha must lie in [0, 1]: 0 is the plain simulator, 1 the whole "
                f"correction; got {self.alpha}"
            )
        S = self.forward.targets.size
        A = self.limits[0].size
        expected_sizes = (S + A * (1 + self.memory), 2 * S, A)
        f, f_sim_inverse = self.forward, self.inverse
        sizes = tuple(
            side.size
            for side in (f.inputs, f_sim_inverse.inputs, f_sim_inverse.targets)
        )
        if sizes != expected_sizes:
            f_in, inverse_in, inverse_out = expected_sizes
            raise ValueError(
                f"f and f_sim⁻¹ do not fit: for {S} states, {A} actions and a memory "
                f"of {self.memory}, f needs {f_in} inputs, the inverse model "
                f"{inverse_in} inputs and {inverse_out} outputs; got {sizes[0]}, "
                f"{sizes[1]} and {sizes[2]}"
            )

    def __call__(
        self, observations: Array, actions: Array, rng: np.random.Generator
    ) -> Array:
        """What the simulator executes at the last step, (N, A).

        Args:
            observations: of all steps so far, (t + 1, N, S).
            actions: of all steps so far, (t + 1, N, A).
            rng: draws the answers of f, if they are drawn.
        """
        before = earlier_actions(actions, self.memory)
        return self.transform(observations[-1], actions[-1], before, rng)

    def transform(
        self, s: Array, a: Array, before: Array, rng: np.random.Generator
    ) -> Array:
        """The actions g(s, a) that the simulator executes instead of a, (N, A): eq. 2.

        Args:
            s: states, (N, S).
            a: actions, (N, A); f hears them as the motors do, within the limits.
            before: the actions before `a`, the latest first, (N, memory · A).
            rng: draws the answers of f, if they are drawn.
        """
        low, high = (np.tile(limit, 1 + self.memory) for limit in self.limits)
        x = np.hstack([s, np.clip(np.hstack([a, before]), low, high)])
        change = self.forward.sample(x, rng) if self.sample else self.forward(x)
        imitation = self.inverse(np.hstack([s, change]))  # f_sim⁻¹(s, f(s, a))
        return np.asarray(self.alpha * imitation + (1 - self.alpha) * a)  # eq. 2


@dataclass(frozen=True)
class GroundingSettings:
    """How a simulator is grounded by actions.

    Args:
        alpha: share of the correction in the executed action, α in [0, 1].
        trajectories: number of trajectories of the robot, N; the simulator makes as
            many.
        horizon: control steps of each trajectory.
        exploration: standard deviation of the noise on what the policy says while data
            are collected.
        memory, sample: as in `ActionTransformation`.
        forward, inverse: how the two models are fitted.
    """

    alpha: float = 0.95
    trajectories: int = 25
    horizon: int = 200
    exploration: float = 0.3
    memory: int = 0
    sample: bool = False
    forward: RegressionSettings = field(default_factory=RegressionSettings)
    inverse: RegressionSettings = field(default_factory=RegressionSettings)


def exploring_rollout(
    world: World,
    policy: Policy,
    settings: GroundingSettings,
    rng: np.random.Generator,
    threads: int | None = None,
) -> Trajectories:
    """N trajectories of an exploring policy: RolloutN in the paper."""
    worlds = [world] * settings.trajectories
    explorer = Exploring(policy, settings.exploration)
    return rollout(worlds, explorer, settings.horizon, rng, threads=threads)


def ground_actions(
    simulator: World,
    robot: Trajectories,
    sim: Trajectories,
    rng: np.random.Generator,
    settings: GroundingSettings,
) -> ActionTransformation:
    """g from recordings of robot and simulator: Algorithm 1, lines 5 to 7."""
    limits, memory = simulator.control_limits, settings.memory
    rng_f, rng_inverse = rng.spawn(2)
    D_robot = Transitions.from_recording(robot, limits, memory)
    D_sim = Transitions.from_recording(sim, limits)
    f = train_forward_model(D_robot, rng_f, settings.forward)  # line 5
    f_sim_inverse = train_inverse_model(D_sim, rng_inverse, settings.inverse)  # line 6
    return ActionTransformation(
        f, f_sim_inverse, settings.alpha, limits, memory, settings.sample
    )  # line 7


def by_actions(
    controller: Controller, settings: GroundingSettings, threads: int | None = None
) -> Ground:
    """Grounding with φ an action transformation, for `grounded_simulation_learning`:
    Algorithm 1, lines 4 to 7.

    D_sim comes from the simulator as it is, never from a grounded simulator.
    """

    def ground(
        simulator: World,
        recording: Trajectories,
        theta: Array,
        rng: np.random.Generator,
    ) -> World:
        rng_sim, rng_models = rng.spawn(2)
        plain = simulator.transformed(None)
        policy = controller(theta)
        sim = exploring_rollout(plain, policy, settings, rng_sim, threads)  # line 4
        g = ground_actions(plain, recording, sim, rng_models, settings)  # lines 5 to 7
        return plain.transformed(g)

    return ground


def one_step_error(
    world: World, recording: Trajectories, rng: np.random.Generator
) -> float:
    """What a simulator, with its transform if it has one, gets wrong in one step of a
    recording of the robot.

    It is set into each recorded state and given the recorded action; the error is the
    root mean square over all steps and velocities, each velocity in units of the
    standard deviation of its change in a step. So "nothing changes" has an error of
    about one.
    """
    mask = recording.mask  # (N, T)
    positions = recording.qpos[:, :-1][mask]
    velocities = recording.qvel[:, :-1][mask]
    next_velocities = recording.qvel[:, 1:][mask]
    actions = executed(world, recording, rng)[mask]
    _, predicted = one_step(world, positions, velocities, actions)
    unit = (next_velocities - velocities).std(axis=0) + 1e-9
    return float(np.sqrt(np.square((next_velocities - predicted) / unit).mean()))


def executed(world: World, recording: Trajectories, rng: np.random.Generator) -> Array:
    """What the world's transform makes of the recorded actions, (N, T, A)."""
    g = world.transform
    if g is None:
        return recording.actions
    actions = recording.actions.swapaxes(0, 1)  # (T, N, A)
    states = recording.observations.swapaxes(0, 1)  # (T + 1, N, S)
    steps = range(len(actions))
    return np.stack([g(states[: t + 1], actions[: t + 1], rng) for t in steps], axis=1)
