"""Attempts of the slot arm with one method, many side by side.

`METHODS` names what is compared; each is a prior, settings and a control step of
`dynamics.online_adaptation`. The oracle knows the robot: its model is made from finite
differences of the arm that acts, at every step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.online_adaptation import (
    OnlineSettings,
    OnlineState,
    offset_step,
    step,
)
from lecture_code.experiments.dynamics.online_adaptation.practice import Priors
from lecture_code.learning.dynamics_priors import LinearisedPrior, Prior, no_prior
from lecture_code.simulation.mujoco_import import mujoco
from lecture_code.simulation.slot_arm import STEPS, SUBSTEPS, TORQUES, SlotArm
from lecture_code.simulation.slot_attempts import Attempts, references

Array = NDArray[np.float64]

SETTINGS = OnlineSettings(
    state_cost=(200.0,) * 3 + (2.0,) * 3,
    action_cost=(2e-3,) * 3,
    limits=TORQUES,
)


@dataclass(frozen=True)
class Method:
    """One way to control the arm.

    Args:
        prior: "none", "least_squares", "mixture", "network" or "oracle".
        settings: what differs from `SETTINGS`.
        offset: the simple control `offset_step` instead of Algorithm 1.
        fresh: the moments start from nothing, not from the recorded steps.
    """

    prior: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    offset: bool = False
    fresh: bool = False


METHODS = {
    "oracle": Method("oracle", {"N": 0.0}),
    "no prior": Method("none", fresh=True),
    "least squares alone": Method("least_squares", {"N": 0.0}),
    "least squares": Method("least_squares"),
    "mixture": Method("mixture"),
    "network alone": Method("network", {"N": 0.0}),
    "network + offset": Method("network", offset=True),
    "network, m = 1": Method("network", {"m": 1.0}),
    "network, m = 0.1": Method("network", {"m": 0.1}),
    "network, N = 10": Method("network", {"m": 1.0, "N": 10.0}),
    "network": Method("network"),
}
"""Name -> method; a prior's name alone means Algorithm 1 with m = 0.03 and N = 1."""


@dataclass(frozen=True, eq=False)
class ArmDynamics:
    """The arms themselves as a function that predicts the next state: the oracle's.

    Args:
        arms: the arm that acts in each of N attempts.
        angle, speed, torque: steps of the central differences [rad, rad/s, Nm]. Speed
            and torque are wide, so that dry friction does not hide an effect.
    """

    arms: Sequence[SlotArm]
    angle: float = 1e-3
    speed: float = 0.3
    torque: float = 4.0

    def __call__(self, x: Array, u: Array) -> Array:
        """Next states (N, 6) of states (N, 6) and torques (N, 3), without the slot."""
        after = np.empty_like(x)
        for i, arm in enumerate(self.arms):
            self._one(arm.model, self._data[arm], x[i], u[i], after[i])
        return after

    @cached_property
    def _data(self) -> dict[SlotArm, mujoco.MjData]:
        """Room for the state of each arm: to make it takes longer than a step."""
        return {arm: mujoco.MjData(arm.model) for arm in set(self.arms)}

    @staticmethod
    def _one(
        model: mujoco.MjModel, data: mujoco.MjData, x: Array, u: Array, after: Array
    ) -> None:
        """Write the next state of one arm into `after` (6,)."""
        mujoco.mj_resetData(model, data)
        data.mocap_pos[0] = 0.0, 5.0, 0.0  # the slot is out of the way
        data.qpos[:] = x[:3]
        data.qvel[:] = x[3:]
        data.ctrl[:] = u
        mujoco.mj_step(model, data, nstep=SUBSTEPS)
        after[:3], after[3:] = data.qpos, data.qvel

    def jacobian(self, x: Array, u: Array) -> Array:
        """Slopes of the next state by state and torques, (N, 6, 9)."""
        steps = np.repeat([self.angle, self.speed, self.torque], 3)
        slopes = np.empty((len(x), 6, 9))
        for j, size in enumerate(steps):
            move = size * np.eye(9)[j]
            up = self(x + move[:6], u + move[6:])
            down = self(x - move[:6], u - move[6:])
            slopes[..., j] = (up - down) / (2 * size)
        return slopes


@dataclass(frozen=True, eq=False)
class Condition:
    """How the robot of an attempt differs from the practice.

    Args:
        arm: knobs of the arm.
        later: knobs that change in the middle of the attempt.
        when: the control step of this change.
        walls: whether the slot has its walls.
        start: shift of the angles at the start [rad].
    """

    arm: Mapping[str, float] = field(default_factory=dict)
    later: Mapping[str, float] = field(default_factory=dict)
    when: int = STEPS // 2
    walls: bool = True
    start: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def robot(self) -> SlotArm:
        """The arm at the start."""
        return SlotArm(walls=self.walls).change(**self.arm)


@dataclass(frozen=True, eq=False)
class AttemptOutcome:
    """How N attempts ended.

    Args:
        success: (N,).
        miss: distance of the tip from its goal at the end, (N,) [m].
        stopped: control step of the safety stop, or −1, (N,).
        tracking: root mean square error of the angles over the attempt, (N,) [rad].
        states: true states, (N, T + 1, 6).
        actions: executed torques, (N, T, 3).
        slopes: the local model's slopes (f_x, f_u) at every step, (T, N, 6, 9).
    """

    success: NDArray[np.bool_]
    miss: Array
    stopped: NDArray[np.int64]
    tracking: Array
    states: Array
    actions: Array
    slopes: Array


def attempt(
    method: Method,
    conditions: Condition | Sequence[Condition],
    priors: Priors | None,
    tasks: tuple[Array, Array],
    rng: np.random.Generator,
    base: OnlineSettings = SETTINGS,
) -> AttemptOutcome:
    """N attempts with one method.

    Args:
        method: what acts.
        conditions: on which robot: one condition for all attempts, or one for each.
        priors: from practice; None only for a method that needs none of them.
        tasks: starts (N, 6) and mouths (N, 2), see `draw_attempts`.
        rng: of exploration and sensors; equal for methods that are compared.
        base: the settings from which the method differs.
    """
    starts, mouths = tasks
    if isinstance(conditions, Condition):
        conditions = [conditions] * len(starts)
    starts = starts.copy()
    starts[:, :3] += np.array([condition.start for condition in conditions])
    settings = replace(base, **method.settings)
    wanted = references(starts, mouths, settings.horizon)
    explore, sense = rng.spawn(2)
    robots = {c: c.robot for c in set(conditions)}  # compiled once
    arms = [robots[condition] for condition in conditions]
    robot = Attempts(arms, starts, mouths, sense)
    steps = _act(robot, wanted, method, conditions, priors, settings, explore)
    path, actions, slopes = (np.stack(part) for part in zip(*steps, strict=True))
    path = np.concatenate([starts[:, None], path.swapaxes(0, 1)], axis=1)
    apart = path[..., :3] - wanted[:, : STEPS + 1, :3]
    return AttemptOutcome(
        robot.success,
        robot.miss,
        robot.stopped,
        np.sqrt(np.square(apart).mean(axis=(1, 2))),
        path,
        actions.swapaxes(0, 1),
        slopes,
    )


def _act(
    robot: Attempts,
    wanted: Array,
    method: Method,
    conditions: Sequence[Condition],
    priors: Priors | None,
    settings: OnlineSettings,
    rng: np.random.Generator,
) -> Iterator[tuple[Array, Array, Array]]:
    """True states (N, 6), torques (N, 3) and slopes (N, 6, 9) of every step."""
    prior = prior_of(method, priors, robot.arms)
    moments = None if method.fresh or priors is None else priors.least_squares.moments
    state = OnlineState.initial(settings, len(robot.x), moments)
    control = offset_step if method.offset else step
    x = robot.observe()
    for t in range(STEPS):
        if any(c.later and c.when == t for c in conditions):
            pairs = zip(robot.arms, conditions, strict=True)
            robot.switch([_later(arm, condition, t) for arm, condition in pairs])
            prior = prior_of(method, priors, robot.arms)
        ahead = wanted[:, t : t + settings.horizon]
        state, u = control(state, x, ahead, settings, prior, rng)
        x = robot.step(u)
        assert state.model is not None
        slopes = np.concatenate([state.model.f_x, state.model.f_u], axis=-1)
        yield robot.x.copy(), u, slopes


def _later(arm: SlotArm, condition: Condition, t: int) -> SlotArm:
    """The arm of an attempt from control step t on."""
    changes = condition.later and condition.when == t
    return arm.change(**dict(condition.later)) if changes else arm


def prior_of(method: Method, priors: Priors | None, arms: Sequence[SlotArm]) -> Prior:
    """The prior of a method.

    Raises:
        ValueError: there is no prior of this name, or it needs practice.
    """
    if method.prior == "none":
        return no_prior
    if method.prior == "oracle":
        return LinearisedPrior(ArmDynamics(arms), np.eye(9), 1e-6 * np.eye(6))
    learned = ("least_squares", "mixture", "network")
    if method.prior not in learned:
        raise ValueError(
            f"unknown prior {method.prior!r}; known: none, oracle, {', '.join(learned)}"
        )
    if priors is None:
        raise ValueError(f"the prior {method.prior!r} needs practice")
    prior: Prior = getattr(priors, method.prior)
    return prior
