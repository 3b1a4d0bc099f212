"""The local Jacobian: learn how the next state answers to state and action, and choose
the action with it.

I. Mordatch, N. Mishra, C. Eppner, P. Abbeel: Combining Model-Based Policy Search with
Online Model Learning for Control of Physical Humanoids. ICRA 2016.

The idea. A policy that was made in simulation asks for the next *state*, not for
torques. Which torques bring this state about depends on the robot, so this relation is
learnt on the robot: one matrix J, corrected a little at every control step. The same
matrix then tells which torques bring the robot closest to the wanted state.

With z = [s; u] of the step before, and numbered as in the chapter:

    (6)  J_t = argmin_J  ½ ‖J z_{t−1} − s_t‖² + α/2 ‖J − J_{t−1}‖²
             = J_{t−1} + (s_t − J_{t−1} z_{t−1}) z_{t−1}ᵀ / (α + ‖z_{t−1}‖²)
    (7)  u_t = argmin_u  ½ ‖J_s s_t + J_u u − s̄_{t+1}‖²
             = J_u⁺ (s̄_{t+1} − J_s s_t)

Equation 6 follows in three lines. Its gradient vanishes where (J z − s) zᵀ +
α (J − J_{t−1}) = 0, so J = J_{t−1} + e zᵀ / α with e = s − J z. Multiply by z: the new
error is e = (s − J_{t−1} z) α / (α + ‖z‖²). Put this into the line before. Signal
processing knows this formula as the normalised least mean squares filter.

Deviations from the paper, of which only the abstract was read; the equations are the
lecture's
* z has a last entry 1 if J has a column for it. Without this offset J cannot express
  gravity, which acts even where state and action are zero.
* z mixes radians, radians per second and Newton metres. `scale` divides each entry of
  z by its typical size, or else the largest entry takes the whole correction.
* `ridge` prefers small actions, (J_uᵀ W J_u + ridge I)⁻¹ instead of the pseudo-inverse,
  and W weighs the entries of the state: what only is sensed has the weight 0.
* The limits of the motors: clipping is the exact answer only if J_uᵀ W J_u is diagonal.
  Some projected gradient steps lead from there to the best action within the limits.

Every array may have leading axes (…), for many robots at once. Start with `update`,
`control` and `jacobian_step`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lecture_code.learning.lqr import times

Array = NDArray[np.float64]


@dataclass(frozen=True)
class JacobianSettings:
    """How the Jacobian learns, and how an action is chosen.

    Args:
        alpha: α, how much J resists a correction; 0 explains the last step exactly, and
            infinity never changes J.
        scale: typical size of each entry of z, as many numbers as J has columns.
        weights: of the entries of the wanted state, S numbers.
        low, high: limits of the action, A numbers each.
        ridge: weight of the action's own square.

    Raises:
        ValueError: a number that has no meaning, or sizes that do not fit.
    """

    alpha: float
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    ridge: float = 0.0

    def __post_init__(self) -> None:
        S, A, D = len(self.weights), len(self.low), len(self.scale)
        if len(self.high) != A or D not in (S + A, S + A + 1):
            raise ValueError(
                f"{S} weights and {A} lower limits need {A} upper limits and a scale "
                f"of {S + A} or {S + A + 1} numbers; got {len(self.high)} and {D}"
            )
        if not min(self.alpha, self.ridge) >= 0:
            raise ValueError(
                "alpha and ridge must not be negative; got "
                f"{self.alpha} and {self.ridge}"
            )
        if min(self.scale) <= 0 or min(self.weights) < 0:
            raise ValueError(
                "scale must be positive and weights not negative; got "
                f"{self.scale} and {self.weights}"
            )

    @property
    def has_offset(self) -> bool:
        """Whether J has a column for what neither state nor action explain."""
        return len(self.scale) > len(self.weights) + len(self.low)


@dataclass(frozen=True, eq=False)
class JacobianState:
    """What the controller remembers from one control step to the next.

    Args:
        J: the Jacobian, (…, S, S + A), or (…, S, S + A + 1) with an offset.
        s: the last sensed state, (…, S); None at the start.
        u: the last executed action, (…, A); None at the start.
    """

    J: Array
    s: Array | None = None
    u: Array | None = None


def jacobian_step(
    state: JacobianState,
    s: Array,
    wanted: Array,
    settings: JacobianSettings,
    executed: Array | None = None,
) -> tuple[JacobianState, Array]:
    """One control step: correct J by the last step, then choose the action.

    Args:
        state: from the step before; `JacobianState(J)` at the start.
        s: sensed state now, (…, S).
        wanted: state that the policy wants next, (…, S).
        settings: α, scales, weights and limits.
        executed: what the motors did since the last step, (…, A), if it is known and is
            not the last action: after a delay, for instance.

    Returns the state for the next step, and the action (…, A).

    Raises:
        ValueError: s or wanted are not finite.
    """
    J = state.J
    if state.s is not None and state.u is not None:
        last_action = state.u if executed is None else executed
        z = joint(state.s, last_action, settings.has_offset)
        J = update(J, z, s, settings.alpha, settings.scale)  # eq. 6
    limits = np.array(settings.low), np.array(settings.high)
    u = control(J, s, wanted, *limits, settings.ridge, settings.weights)  # eq. 7
    return replace(state, J=J, s=s, u=u), u


def update(J: Array, z: Array, s: Array, alpha: float, scale: ArrayLike = 1.0) -> Array:
    """The Jacobian after one more observed step: eq. 6, (…, S, D).

    Args:
        J: the Jacobian so far, (…, S, D).
        z: state and action of the step before, and perhaps a 1, (…, D).
        s: the state that followed, (…, S).
        alpha: α ≥ 0, in units of z / scale.
        scale: typical size of each entry of z, (D,).

    Where z is zero and α too, nothing can be learnt: J stays as it is.

    Raises:
        ValueError: α < 0, or numbers that are not finite.
    """
    if not alpha >= 0:
        raise ValueError(f"alpha must not be negative; got {alpha}")
    _check_finite(z=z, s=s)
    z_scaled = np.asarray(z / np.asarray(scale))  # the typical entry is ±1
    error = s - times(J, z)
    resistance = np.asarray(alpha + np.square(z_scaled).sum(axis=-1))  # α + ‖z‖²
    resistance = np.where(resistance > 0, resistance, np.inf)
    correction = error / resistance[..., None]
    row = z_scaled / np.asarray(scale)  # back to the units of J
    return np.asarray(J + correction[..., :, None] * row[..., None, :])


def control(
    J: Array,
    s: Array,
    wanted: Array,
    low: Array,
    high: Array,
    ridge: float = 0.0,
    weights: ArrayLike = 1.0,
    sweeps: int = 20,
) -> Array:
    """The action within its limits that leads closest to the wanted state: eq. 7.

    Args:
        J: the Jacobian, (…, S, S + A), or (…, S, S + A + 1) with an offset.
        s: state now, (…, S).
        wanted: state that should follow, (…, S).
        low, high: limits of the action, (A,).
        ridge: weight of the action's own square, ≥ 0.
        weights: of the entries of the wanted state, (S,).
        sweeps: projected gradient steps of every action; 0 only clips.

    Raises:
        ValueError: sizes that do not fit, or numbers that are not finite.
    """
    S = np.shape(s)[-1]
    A = len(low)
    if np.shape(J)[-1] not in (S + A, S + A + 1) or np.shape(J)[-2] != S:
        raise ValueError(
            f"J must be (…, {S}, {S + A}), or with an offset (…, {S}, {S + A + 1}), "
            f"for {S} states and {A} actions; got {np.shape(J)}"
        )
    _check_finite(s=s, wanted=wanted, J=J)
    J_s = J[..., :S]
    J_u = J[..., S : S + A]
    offset = J[..., S + A :].sum(axis=-1)
    missing = wanted - times(J_s, s) - offset
    J_uT_W = J_u.swapaxes(-1, -2) * np.asarray(weights)  # (…, A, S)
    curvature = J_uT_W @ J_u + ridge * np.eye(A)
    slope = times(J_uT_W, missing)
    free = times(np.linalg.pinv(curvature, hermitian=True), slope)  # J_u⁺ (…)
    return _within(free, np.asarray(curvature), slope, low, high, sweeps)


def joint(s: Array, u: Array, offset: bool = False) -> Array:
    """z = [s; u], or [s; u; 1] with an offset, (…, D)."""
    parts = [s, u]
    if offset:
        parts.append(np.ones((*np.shape(s)[:-1], 1)))
    return np.concatenate(parts, axis=-1)


def _within(
    free: Array, H: Array, slope: Array, low: Array, high: Array, sweeps: int
) -> Array:
    """The minimum of ½ uᵀ H u − slopeᵀ u within low ≤ u ≤ high, (…, A).

    Projected gradient from the clipped answer, one action after the other, each with
    its exact step. An answer `free` that needs no clipping stays as it is.
    """
    inside = ((low <= free) & (free <= high)).all(axis=-1)
    u = np.clip(free, low, high)
    if inside.all():
        return np.asarray(u)
    H, slope, free = H[~inside], slope[~inside], u[~inside]
    bend = np.diagonal(H, axis1=-2, axis2=-1)
    rate = np.divide(1.0, bend, out=np.zeros_like(bend), where=bend > 0)
    for _ in range(sweeps):
        for i in range(len(low)):
            uphill = (H[:, i] * free).sum(axis=-1) - slope[:, i]
            free[:, i] = np.clip(free[:, i] - rate[:, i] * uphill, low[i], high[i])
    u[~inside] = free
    return np.asarray(u)


def _check_finite(**arrays: Array) -> None:
    """Refuse numbers that are not finite."""
    for name, values in arrays.items():
        if not np.isfinite(values).all():
            raise ValueError(f"{name} must be finite; got {values}")
