"""Grounded action transformation: bring the simulator closer to the robot, by changing
the actions.

Hanna & Stone, "Grounded Action Transformation for Robot Learning in Simulation" (AAAI
2017), Algorithm 1; the loop around it, grounded simulation learning, is by Farchy,
Barrett, MacAlpine & Stone (AAMAS 2013). The stochastic variant is by Desai, Karnan,
Hanna, Warnell & Stone (2020), arXiv:2008.01281.

    (1)  φ* = argmin_φ Σ_t d(P(s_{t+1} | s_t, a_t), P_φ(s_{t+1} | s_t, a_t))      grounding: φ may be masses and dampings, or
    (2)  g(s, a) = α f_sim⁻¹(s, f(s, a)) + (1 − α) a                             a transformation of the actions

Idea. Ask a model f of the *robot* where action a would lead, ask an inverse model
f_sim⁻¹ of the *simulator* which action leads there, and let the simulator execute that
one. Whoever learns in the simulator then meets the robot's transitions, and nobody had
to open the simulator. Both models know what the present policy visits, and nothing
else; so one learns a little, asks the robot again, and grounds anew.

Read `grounded_action_transformation` beside Algorithm 1, then
`ActionTransformation.__call__`, which is (2), then `grounded_simulation_learning`.

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
* Candidates are the means of `optimize` after each of its generations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from lecture_code.learning.regression import Regression, RegressionSettings, fit
from lecture_code.learning.transitions import Exploring, Transitions, earlier
from lecture_code.search import Search, maximise
from lecture_code.simulation import Policy, Trajectories, World, one_step, rollout

Array = NDArray[np.float64]

Controller = Callable[[Array], Policy]
"""θ (d,), or one a row (N, d) -> a policy, good for one rollout: `LinearPolicy.at`,
`WalkEngine.at`.
"""
Optimise = Callable[[World, Array, np.random.Generator], Sequence[Array]]
"""`optimize` of the paper: (simulator, θ (d,), rng) -> candidates Π, (d,) each."""
Evaluate = Callable[[Array, np.random.Generator], float]
"""J: the return of θ (d,) on the robot."""
Ground = Callable[[World, Trajectories, Array, np.random.Generator], World]
"""(simulator, recording of the robot, θ₀ that was recorded, rng) -> grounded simulator.
"""


def train_forward_model(
    robot: Transitions,
    rng: np.random.Generator,
    settings: RegressionSettings | None = None,
) -> Regression:
    """f: (s, a, actions before) -> change of the state, from data of the *robot*."""
    return fit(
        np.hstack([robot.states, robot.actions, robot.before]),
        robot.changes,
        rng,
        settings,
    )


def train_inverse_model(
    simulator: Transitions,
    rng: np.random.Generator,
    settings: RegressionSettings | None = None,
) -> Regression:
    """f_sim⁻¹: (s, change of the state) -> action, from data of the *simulator*."""
    return fit(
        np.hstack([simulator.states, simulator.changes]),
        simulator.actions,
        rng,
        settings,
    )


@dataclass(frozen=True, eq=False)
class ActionTransformation:
    """g of (2), as a world's transform.

    Args:
        forward: f.
        inverse: f_sim⁻¹.
        alpha: α in [0, 1]; 0 leaves every action as it is.
        limits: of the motors, (A,) each.
        memory: how many earlier actions f sees.
        sample: draw f's answer from its distribution (stochastic GAT) instead of taking
            the mean.

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
        S, A = self.forward.targets[0].size, self.limits[0].size
        wanted = (S + A * (1 + self.memory), 2 * S, A)
        got = (
            self.forward.inputs[0].size,
            self.inverse.inputs[0].size,
            self.inverse.targets[0].size,
        )
        if wanted != got:
            raise ValueError(
                f"f and f_sim⁻¹ do not fit: for {S} states, {A} actions and a memory "
                f"of {self.memory}, f needs {wanted[0]} inputs, the inverse "
                f"model {wanted[1]} inputs and {wanted[2]} outputs; got {got[0]}, "
                f"{got[1]} and {got[2]}"
            )

    def __call__(
        self, observations: Array, actions: Array, rng: np.random.Generator
    ) -> Array:
        """What the simulator executes at the last step: (t + 1, N, S), (t + 1, N, A) ->
        (N, A).
        """
        return self.transform(
            observations[-1], actions[-1], earlier(actions, self.memory), rng
        )

    def transform(
        self, s: Array, a: Array, before: Array, rng: np.random.Generator
    ) -> Array:
        """g(s, a) for states (N, S), actions (N, A) and the actions before them (N,
        memory · A).
        """
        low, high = (np.tile(limit, 1 + self.memory) for limit in self.limits)
        x = np.hstack([s, np.clip(np.hstack([a, before]), low, high)])
        change = (
            self.forward.sample(x, rng) if self.sample else self.forward(x)
        )  # f(s, a)
        imitation = self.inverse(np.hstack([s, change]))  # f_sim⁻¹(s, f(s, a))
        return np.asarray(self.alpha * imitation + (1 - self.alpha) * a)  # g(s, a)


@dataclass(frozen=True)
class GroundingSettings:
    """How a simulator is grounded by actions.

    Args:
        alpha: α.
        trajectories: N, of the robot, and as many of the simulator.
        horizon: control steps of each.
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
    """RolloutN: N trajectories of an exploring policy."""
    return rollout(
        [world] * settings.trajectories,
        Exploring(policy, settings.exploration),
        settings.horizon,
        rng,
        threads=threads,
    )


def ground_actions(
    simulator: World,
    robot: Trajectories,
    sim: Trajectories,
    rng: np.random.Generator,
    settings: GroundingSettings,
) -> ActionTransformation:
    """g from both recordings: Algorithm 1, lines 5 to 7."""
    limits = control_limits(simulator)
    rng_f, rng_inverse = rng.spawn(2)
    f = train_forward_model(
        Transitions.from_recording(robot, limits, settings.memory),
        rng_f,
        settings.forward,
    )  # line 5
    f_sim_inverse = train_inverse_model(
        Transitions.from_recording(sim, limits), rng_inverse, settings.inverse
    )  # line 6
    return ActionTransformation(
        f, f_sim_inverse, settings.alpha, limits, settings.memory, settings.sample
    )  # line 7


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
    made = recording.mask
    before, after = recording.qvel[:, :-1][made], recording.qvel[:, 1:][made]
    _, predicted = one_step(
        world,
        recording.qpos[:, :-1][made],
        before,
        executed(world, recording, rng)[made],
    )
    return float(
        np.sqrt(
            np.square(
                (after - predicted) / ((after - before).std(axis=0) + 1e-9)
            ).mean()
        )
    )


def saturation(
    world: World, recording: Trajectories, rng: np.random.Generator
) -> float:
    """The share of the transformed actions that the motors cannot follow, on the states
    and actions of a recording.
    """
    (low, high), asked = (
        control_limits(world),
        executed(world, recording, rng)[recording.mask],
    )
    return float(((asked < low) | (asked > high)).mean())


def executed(world: World, recording: Trajectories, rng: np.random.Generator) -> Array:
    """What the world's transform makes of the recorded actions, (N, T, A)."""
    g = world.transform
    if g is None:
        return recording.actions
    actions, states = (
        recording.actions.swapaxes(0, 1),
        recording.observations.swapaxes(0, 1),
    )
    return np.stack(
        [g(states[: t + 1], actions[: t + 1], rng) for t in range(len(actions))], axis=1
    )


def control_limits(world: World) -> tuple[Array, Array]:
    """Lowest and highest control of every motor, (A,) each."""
    low, high = np.array(world.model.actuator_ctrlrange).T
    return low, high


def by_actions(
    controller: Controller, settings: GroundingSettings, threads: int | None = None
) -> Ground:
    """Grounding with φ an action transformation, for `grounded_simulation_learning`.

    D_sim comes from the simulator as it is, never from a grounded one.
    """

    def ground(
        simulator: World,
        recording: Trajectories,
        theta: Array,
        rng: np.random.Generator,
    ) -> World:
        rng_sim, rng_models = rng.spawn(2)
        plain = simulator.transformed(None)
        sim = exploring_rollout(plain, controller(theta), settings, rng_sim, threads)
        return plain.transformed(
            ground_actions(plain, recording, sim, rng_models, settings)
        )

    return ground


def grounded_action_transformation(
    robot: World,
    simulator: World,
    controller: Controller,
    theta: Array,
    optimise: Optimise,
    J: Evaluate,
    rng: np.random.Generator,
    settings: GroundingSettings,
) -> Array:
    """Algorithm 1: θ (d,) -> the candidate that is best on the robot, (d,)."""
    rng_robot, rng_sim, rng_models, rng_optimise, rng_J = rng.spawn(5)
    theta_0 = theta  # line 2
    D_robot = exploring_rollout(
        robot, controller(theta_0), settings, rng_robot
    )  # line 3
    D_sim = exploring_rollout(
        simulator, controller(theta_0), settings, rng_sim
    )  # line 4
    g = ground_actions(simulator, D_robot, D_sim, rng_models, settings)  # lines 5 to 7
    candidates = optimise(simulator.transformed(g), theta_0, rng_optimise)  # line 8
    returns = [J(candidate, rng_J) for candidate in candidates]
    return candidates[int(np.argmax(returns))]  # line 9, with returns for costs


@dataclass(frozen=True, eq=False)
class GroundingStep:
    """One turn of grounded simulation learning.

    Args:
        world: the grounded simulator.
        candidates: Π_c, (d,) each.
        returns: of the candidates on the robot.
        theta: the best of them, (d,).
    """

    world: World
    candidates: Sequence[Array]
    returns: Sequence[float]
    theta: Array


def grounded_simulation_learning(
    simulator: World,
    theta: Array,
    record: Callable[[Array, np.random.Generator], Trajectories],
    ground: Ground,
    optimise: Optimise,
    J: Evaluate,
    rng: np.random.Generator,
) -> Iterator[GroundingStep]:
    """The lecture's five steps, for ever: take as many turns as you like.

    Args:
        simulator: as it came.
        theta: θ₀, (d,).
        record: the robot: θ -> a recording of it.
        ground: how φ* is found: `by_actions(…)`, or by identifying parameters.
        optimise: policy improvement in a simulator.
        J: the robot again: θ -> return.
        rng: everything random comes from here.
    """
    while True:
        rng_robot, rng_ground, rng_optimise, rng_J = rng.spawn(4)
        recording = record(theta, rng_robot)  # step 1
        grounded = ground(simulator, recording, theta, rng_ground)  # step 2: φ*
        candidates = optimise(grounded, theta, rng_optimise)  # step 3
        returns = [J(candidate, rng_J) for candidate in candidates]
        theta = candidates[int(np.argmax(returns))]  # step 4
        yield GroundingStep(grounded, candidates, returns, theta)  # step 5


def searching(
    make: Callable[[Array], Search],
    controller: Controller,
    horizon: int,
    generations: int,
    threads: int | None = None,
) -> Optimise:
    """`optimise` by a search of `lecture_code.search`; candidates are its means after
    each generation.

    Args:
        make: θ (d,) -> a search that starts there, for instance `lambda theta:
            CMAES(theta, 0.1, 24)`.
        controller: θ -> policy.
        horizon: control steps of an episode.
        generations: how many.
        threads: as in `rollout`.
    """

    def optimise(world: World, theta: Array, rng: np.random.Generator) -> list[Array]:
        def f(thetas: Array, rng: np.random.Generator) -> Array:
            return rollout(
                [world] * len(thetas), controller(thetas), horizon, rng, threads=threads
            ).returns

        return [
            generation.mean
            for generation in islice(maximise(make(theta), f, rng), generations)
        ]

    return optimise
