"""The controllers of the balancer: what turns a wanted next state into torques.

Start with `balance`; the protocol of the comparison is in `balancer.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.local_jacobian import (
    JacobianSettings,
    JacobianState,
    jacobian_step,
)
from lecture_code.learning.lqr import times
from lecture_code.simulation.balance_trials import (
    BalanceTrials,
    upright,
    wanted_state,
)
from lecture_code.simulation.balancer import (
    CONTROL_DT,
    MOTOR_LIMITS,
    Balancer,
    finite_difference_jacobian,
)

Array = NDArray[np.float64]

KINDS = ("PD", "fixed", "offset only", "adaptive", "oracle")
SCALE = (0.2, 0.5, 0.2, 0.2, 0.2, 0.5, 0.5, 0.5, 10.0, 10.0, 10.0, 1.0)  # of z
WEIGHTS = (0.0,) * 5 + (1.0,) * 3  # only the joints' velocities are wanted


@dataclass(frozen=True)
class Controller:
    """What acts in a trial.

    Args:
        kind: one of `KINDS`; see the protocol.
        omega: ω of the policy [rad/s].
        alpha: α of the adaptive kinds.
        executed: whether z holds the action that passed the delay, not the last action.

    Raises:
        ValueError: an unknown kind.
    """

    kind: str
    omega: float
    alpha: float = 1.0
    executed: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(
                f"unknown controller {self.kind!r}; known: {', '.join(KINDS)}"
            )

    @property
    def settings(self) -> JacobianSettings:
        """How its Jacobian learns; infinite scales and α do not learn."""
        learns = self.kind in ("offset only", "adaptive")
        frozen = (np.inf,) * 11 + (1.0,)
        return JacobianSettings(
            self.alpha if learns else np.inf,
            frozen if self.kind == "offset only" else SCALE,
            WEIGHTS,
            tuple(-limit for limit in MOTOR_LIMITS),
            MOTOR_LIMITS,
        )


@dataclass(frozen=True, eq=False)
class BalanceOutcome:
    """What N trials came to.

    Args:
        states: true states, (N, T + 1, 8).
        actions: torques, (N, T, 3) [Nm].
        jacobians: of every step, (N, T, 8, 12), as float32; J₀ for PD.
        fallen: control step of the fall, (N,); −1 without a fall.
        tracking: root mean square distance of the joints from upright, (N,) [rad].
        missed: root mean square distance of the next joint velocities from the wanted
            velocities, until the fall, (N,) [rad/s].
        jerk: root mean square change of the torques, until the fall, (N,) [Nm].
    """

    states: Array
    actions: Array
    jacobians: NDArray[np.float32]
    fallen: NDArray[np.int_]
    tracking: Array
    missed: Array
    jerk: Array


def balance(
    controller: Controller,
    balancers: Balancer | Sequence[Balancer],
    starts: Array,
    tilt_rates: Array,
    rng: np.random.Generator | Sequence[np.random.Generator],
    pushes: dict[int, Array] | None = None,
) -> BalanceOutcome:
    """N trials with one controller.

    Args:
        controller: what acts.
        balancers: the real balancers, one for all or one for each trial.
        starts, tilt_rates: the trials, see `draw_balance_trials`.
        rng: of the observation noise; one for all, or one for each trial.
        pushes: control step -> change of the joints' velocities (N, 3) [rad/s].
    """
    robot = BalanceTrials(balancers, starts, tilt_rates, rng)
    N, T = tilt_rates.shape
    nominal = nominal_jacobian()
    state = JacobianState(np.tile(nominal, (N, 1, 1)))
    s = robot.observe()
    commands = np.zeros((T + 1, N, 3))  # the last row stays zero
    worlds = robot.balancers
    delays = np.array([int(world.values["action_delay"]) for world in worlds])
    path = [robot.s.copy()]
    models = []
    wishes = []
    for t in range(T):
        if pushes and t in pushes:
            robot.push(pushes[t])
            s = robot.observe()
        wanted = wanted_state(s, controller.omega)
        late = commands[np.maximum(t - 1 - delays, -1), np.arange(N)]
        if controller.kind == "oracle":
            state = replace(state, J=_true_jacobians(robot, state.J, commands[t - 1]))
        state, commands[t] = _decide(controller, state, nominal, s, wanted, late)
        models.append(state.J.astype(np.float32))
        s = robot.step(commands[t])
        path.append(robot.s.copy())
        wishes.append(wanted)
    states = np.stack(path, axis=1)
    wished = np.stack(wishes, axis=1)
    return _outcome(
        states, wished, commands[:T], np.stack(models, axis=1), robot.fallen
    )


def _outcome(
    states: Array,
    wished: Array,
    commands: Array,
    jacobians: NDArray[np.float32],
    fallen: NDArray[np.int_],
) -> BalanceOutcome:
    """What trials came to: states (N, T + 1, 8), wished next states (N, T, 8), torques
    (T, N, 3), Jacobians (N, T, 8, 12), and the steps of the falls.
    """
    T = len(commands)
    until = np.where(fallen < 0, T, fallen)
    apart = states[..., 2:5] - upright(states)
    missed = np.square(states[:, 1:] - wished)[..., 5:].mean(axis=-1)
    changes = np.square(np.diff(commands, axis=0)).mean(axis=-1)
    return BalanceOutcome(
        states=states,
        actions=commands.swapaxes(0, 1),
        jacobians=jacobians,
        fallen=fallen,
        tracking=np.sqrt(np.square(apart).mean(axis=(1, 2))),
        missed=_until(missed.T, until),
        jerk=_until(changes, until - 1),
    )


def _decide(
    controller: Controller,
    state: JacobianState,
    nominal: Array,
    s: Array,
    wanted: Array,
    late: Array,
) -> tuple[JacobianState, Array]:
    """The controller's state and torques (N, 3) after it observed s; `late` holds the
    torques that reached the motors in the last step.
    """
    if controller.kind == "PD":
        return state, proportional(nominal, s, wanted)
    executed = late if controller.executed else None
    return jacobian_step(state, s, wanted, controller.settings, executed)


def nominal_jacobian() -> Array:
    """J₀ (8, 12): of the nominal balancer, upright and at rest on a level base."""
    return finite_difference_jacobian(Balancer(), np.zeros(8), np.zeros(3))


def proportional(nominal: Array, s: Array, wanted: Array) -> Array:
    """Torques (N, 3) of the PD controller: nominal inertia times wanted acceleration.

    The nominal Jacobian (8, 12) tells what a torque does to a velocity in one step.
    """
    inertia = np.linalg.inv(nominal[5:, 8:11] / CONTROL_DT)
    acceleration = (wanted - s)[:, 5:] / CONTROL_DT
    limits = np.array(MOTOR_LIMITS)
    return np.clip(times(inertia, acceleration), -limits, limits)


def _true_jacobians(robot: BalanceTrials, last: Array, u: Array) -> Array:
    """The Jacobians (N, 8, 12) of the real balancers at their states and actions; those
    of a balancer that has fallen stay as they are.
    """
    return np.stack(
        [
            finite_difference_jacobian(balancer, s, each) if fallen < 0 else J
            for balancer, s, each, fallen, J in zip(
                robot.balancers, robot.s, u, robot.fallen, last, strict=True
            )
        ]
    )


def _until(squares: Array, ends: NDArray[np.int_]) -> Array:
    """Root of the mean of squares (T, N) before each trial's end, (N,)."""
    counts = np.arange(len(squares))[:, None] < np.maximum(ends, 1)
    return np.asarray(np.sqrt((squares * counts).sum(axis=0) / counts.sum(axis=0)))
