"""The reality gap: what a policy loses when the world is not the simulator, and what
system identification can win back.

Lecture *Sim2Real*, "Cons of Simulation": under-modelling and wrong parameters.
Identification by prediction error is textbook material (Ljung, *System Identification*,
1999, chapter 7); there is no paper to follow.

    (1)  e_t(φ) = (v_{t+1} − P_φ(s_t, a_t)) / σ
    (2)  φ* = argmin_φ Σ_t |e_t(φ)|²
    (3)  R² = 1 − Σ_t |e_t(φ)|² / Σ_t |d_t / σ|²,   d_t = v_{t+1} − v_t

(1) is the error of a simulator with knobs φ in one step; P_φ gives velocities only
(positions follow from them within a step); σ is the standard deviation of each
velocity's change in the recording. (2) is identification: the knobs that explain the
recording best. (3) is the share of the changes of velocity that they explain.

Algorithm 1 is the gap along one knob, `sweep`:

    1  for each value of the knob
    2    make the world whose knob stands at the value
    3    roll out the policy there, from the same starts and with the same noise

Algorithm 2 is `identify`; its recording of the robot, line 1, is an argument:

    1  run a policy on the robot and record (s_t, a_t, s_{t+1})
    2  repeat
    3    compile the simulator with φ
    4    set it to every recorded s_t, make one step with a_t, and take e_t(φ) of (1)
    5    move φ so that the sum of (2) gets smaller (nonlinear least squares)
    6  until the sum does not get smaller any more
    7  return φ* and R² of (3)

Idea. A wrong parameter is a mistake *inside* the family of simulators: some φ in the
family is right, and a single recording is enough to find it. What the family does not
contain (a delay, say) is a mistake *outside* of it: the best φ is then a compromise
that bends mass and damping to imitate something they are not, and (3) stays below one.
That number is the diagnosis.

Read `sweep` for the gap, then `residuals` and `identify` for (1) and (2); `drift` shows
how one-step errors grow.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from lecture_code.simulation import Policy, Trajectories, World, one_step, rollout

Array = NDArray[np.float64]


def sweep(
    world: World,
    knob: str,
    values: Sequence[float],
    policy: Policy,
    *,
    episodes: int,
    horizon: int,
    rng: np.random.Generator,
    threads: int | None = None,
) -> Array:
    """Returns of one policy while one knob of its world is turned, (len(values),
    episodes).

    Every value meets the same starts and the same noise, from copies of `rng` (common
    random numbers), so that differences come from the knob alone; `rng` itself stays as
    it is.

    Raises:
        ValueError: an unknown knob, or a value outside its bounds.
    """
    returns = []
    for value in values:  # Algorithm 1, line 1
        worlds = [world.change(**{knob: value})] * episodes  # line 2
        same = deepcopy(rng)  # line 3
        batch = rollout(worlds, policy, horizon, same, threads=threads)
        returns.append(batch.returns)
    return np.stack(returns)


def residuals(world: World, recording: Trajectories) -> Array:
    """e_t of (1), (steps, nv): the errors of `world` when it predicts every recorded
    step from the recorded state and command.
    """
    steps = recording.mask  # (N, T)
    qpos, qvel = recording.qpos[:, :-1][steps], recording.qvel[:, :-1][steps]
    commands = recording.actions[steps]
    _, predicted = one_step(world, qpos, qvel, commands)  # P_φ(s_t, a_t)
    errors = recording.qvel[:, 1:][steps] - predicted
    return np.asarray(errors / _scale(recording))  # eq. 1


def explained(world: World, recording: Trajectories) -> float:
    """R² of (3): the share of the velocities' changes that `world` predicts. 1 is
    perfect, 0 is no better than "nothing changes", and it may be negative.
    """
    errors = residuals(world, recording)
    changes = _changes(recording)
    scaled = changes / _scale(recording)
    return float(1 - np.square(errors).sum() / np.square(scaled).sum())  # eq. 3


def drift(world: World, recording: Trajectories, steps: int, starts: int = 50) -> Array:
    """How far a simulator drifts from the recording when it is left to itself with the
    recorded commands.

    Args:
        steps: K, the control steps for which the simulator is left to itself.
        starts: number of recorded states from which it starts, evenly spaced over the
            first trajectory.

    Returns:
        RMS difference of velocity, in units of σ of (1), after 1 … K steps: (K,).

    Raises:
        ValueError: the recording is shorter than `steps`.
    """
    length = int(recording.lengths[0])
    if not 1 <= steps <= length:
        raise ValueError(
            f"steps must lie between 1 and the {length} steps of the recording; got "
            f"{steps}"
        )
    t_0 = np.unique(np.linspace(0, length - steps, starts).astype(int))  # (starts,)
    qpos, qvel = recording.qpos[0, t_0], recording.qvel[0, t_0]
    scale = _scale(recording)
    distances = []
    for k in range(steps):
        qpos, qvel = one_step(world, qpos, qvel, recording.actions[0, t_0 + k])
        errors = (recording.qvel[0, t_0 + k + 1] - qvel) / scale
        distances.append(np.sqrt(np.square(errors).mean()))
    return np.array(distances)


@dataclass(frozen=True)
class Identification:
    """A simulator whose knobs explain a recording best.

    Args:
        world: the simulator with the identified knobs.
        values: the identified knobs by name.
        before, after: R² of the recording before and after.
    """

    world: World
    values: dict[str, float]
    before: float
    after: float


def identify(
    world: World, recording: Trajectories, knobs: Sequence[str]
) -> Identification:
    """Set `knobs` of the simulator `world` so that it explains a recording best.

    Lines 2 to 7 of Algorithm 2.

    Args:
        world: the simulator, and the start of the search.
        recording: trajectories of the real world.
        knobs: the φ of (2), for instance ("torso_mass", "damping").

    Raises:
        ValueError: no knob, one that is not in the simulator's model (unknown, or
            applied by the rollout like a delay), or an empty recording.
    """
    _check_knobs(world, knobs)
    if not recording.mask.any():
        raise ValueError("the recording holds no step")
    start, low, high, unit = np.array([_start(world, knob) for knob in knobs]).T

    def simulator(phi: Array) -> World:  # in units in which every knob starts at one
        values = np.clip(start + (phi - 1) * unit, low, high).tolist()
        return world.change(**dict(zip(knobs, values, strict=True)))  # line 3

    def misfit(phi: Array) -> Array:
        return residuals(simulator(phi), recording).ravel()  # line 4

    ones = np.ones(len(knobs))
    bounds = 1 + (np.array([low, high]) - start) / unit
    search = least_squares(misfit, ones, bounds=bounds, diff_step=[1e-3])  # lines 2–6
    best = simulator(search.x)  # line 7: eq. 2
    return Identification(
        world=best,
        values={knob: best.values[knob] for knob in knobs},
        before=explained(world, recording),
        after=explained(best, recording),
    )


def _check_knobs(world: World, knobs: Sequence[str]) -> None:
    """Raise unless there are knobs, and all of them are in the simulator's model."""
    inside = [name for name, knob in world.parameters.items() if knob.write is not None]
    outside = [knob for knob in knobs if knob not in inside]
    if outside or not knobs:
        culprit = repr(outside[0]) if outside else "nothing"
        raise ValueError(
            f"cannot identify {culprit}: knobs must be parameters of the simulator's "
            f"model, which are {', '.join(inside)}"
        )


def follows_commands(world: World, recording: Trajectories) -> float:
    """Share of a simulator's errors that the robot's last two commands explain.

    Each residual e_t of (1) is regressed on a_t and a_{t-1}. Sensor noise does not
    depend on the commands, so the share is near zero. The error of an effect that the
    simulator lacks, such as a delay, does depend on them, so the share is large.

    Args:
        world: the simulator, for instance after `identify`.
        recording: trajectories of the real world.

    Returns:
        R² of the regression, corrected for the number of its coefficients (adjusted
        R²), so that it is about 0 where commands and errors have nothing in common.

    Raises:
        ValueError: the recording is too short for the regression.
    """
    mask = recording.mask
    commands = recording.actions
    pairs = np.concatenate([commands[:, 1:], commands[:, :-1]], axis=2)
    usable = mask[:, 1:] & mask[:, :-1]
    errors = np.zeros((*mask.shape, recording.qvel.shape[2]))
    errors[mask] = residuals(world, recording)
    x, y = pairs[usable], errors[:, 1:][usable]
    steps = len(x)
    coefficients = x.shape[1] + 1
    if steps <= coefficients:
        raise ValueError(
            f"the recording has {steps} pairs of steps, and the regression needs more "
            f"than its {coefficients} coefficients"
        )
    x = np.column_stack([x, np.ones(steps)])
    residual = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    unexplained = np.square(residual).sum() / np.square(y - y.mean(axis=0)).sum()
    return float(1 - unexplained * (steps - 1) / (steps - coefficients))


def blurred(recording: Trajectories, noise: float) -> Trajectories:
    """A recording with normal noise of this standard deviation on every state."""
    rng = np.random.default_rng(1)
    qpos = recording.qpos + noise * rng.standard_normal(recording.qpos.shape)
    qvel = recording.qvel + noise * rng.standard_normal(recording.qvel.shape)
    return replace(recording, qpos=qpos, qvel=qvel)


def as_observed(recording: Trajectories) -> Trajectories:
    """A recording as its noisy sensor showed it to the policy.

    A rollout keeps the robot's true states beside the observations. Here the states are
    those of the observations, so a policy that saw noise has reacted to this noise.

    Args:
        recording: of a robot that observes its state without the first coordinate.

    Raises:
        ValueError: the robot observes something else.
    """
    observed = recording.observations
    nq, nv = recording.qpos.shape[2], recording.qvel.shape[2]
    if observed.shape[2] != nq - 1 + nv:
        raise ValueError(
            f"the robot must observe its {nq - 1 + nv} coordinates and velocities; it "
            f"observes {observed.shape[2]} numbers"
        )
    qpos = np.concatenate([recording.qpos[..., :1], observed[..., : nq - 1]], axis=2)
    return replace(recording, qpos=qpos, qvel=observed[..., nq - 1 :])


def _start(world: World, knob: str) -> tuple[float, float, float, float]:
    """Where the search of one knob starts, its bounds, and a unit for it."""
    parameter, value = world.parameters[knob], world.values[knob]
    return value, parameter.low, parameter.high, abs(value) or abs(parameter.nominal)


def _changes(recording: Trajectories) -> Array:
    """d_t of (3) for every recorded step, (steps, nv)."""
    return np.asarray((recording.qvel[:, 1:] - recording.qvel[:, :-1])[recording.mask])


def _scale(recording: Trajectories) -> Array:
    """σ of (1), for each velocity, (nv,)."""
    return np.asarray(_changes(recording).std(axis=0) + 1e-9)
