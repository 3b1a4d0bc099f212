"""The linear-quadratic regulator (LQR): the best feedback for a linear model and a
quadratic cost.

    model   x_{t+1} = f_x x_t + f_u u_t + f_c + noise,  noise ~ N(0, F)
    cost    Σ_{t=0}^{T−1} ½ (x_t − r_t)ᵀ Q (x_t − r_t) + ½ u_tᵀ R u_t

The state shall follow a reference r_t that moves. The best action is u_t = K_t x_t +
k_t, in absolute coordinates: no nominal trajectory has to be subtracted. The state
after the last action may cost ½ (x_T − r_T)ᵀ Q_T (x_T − r_T). The recursion goes
backwards from V after the horizon, which is this last cost, or 0:

    Q_xx = Q + f_xᵀ V_xx f_x      Q_x = −Q r_t + f_xᵀ (V_x + V_xx f_c)
    Q_uu = R + f_uᵀ V_xx f_u      Q_u =          f_uᵀ (V_x + V_xx f_c)
    Q_ux =     f_uᵀ V_xx f_x
    K = −Q_uu⁻¹ Q_ux              k = −Q_uu⁻¹ Q_u
    V_xx = Q_xx + Q_uxᵀ K         V_x = Q_x + Q_uxᵀ k

R is positive definite, Q and Q_T are positive semi-definite, so that Q_uu can always
be inverted. The model may be another one at every step. Noise does not change the best
action, so F is not used here.

Every array may have leading axes (…), for many attempts at once. T steps, S states, A
actions. Start with `lqr`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LinearModel:
    """Linear dynamics with Gaussian noise: x' ~ N(f_x x + f_u u + f_c, F).

    Args:
        f_x: slopes by the state, (…, S, S).
        f_u: slopes by the action, (…, S, A).
        f_c: offset, (…, S).
        F: covariance of the noise, (…, S, S).

    Raises:
        ValueError: the shapes do not fit.
    """

    f_x: Array
    f_u: Array
    f_c: Array
    F: Array

    def __post_init__(self) -> None:
        S = np.shape(self.f_c)[-1:]
        square = np.shape(self.f_x)[-2:] == np.shape(self.F)[-2:] == (*S, *S)
        if not square or np.shape(self.f_u)[-2:-1] != S:
            raise ValueError(
                "f_x and F must be (…, S, S), f_u (…, S, A) and f_c (…, S); got "
                f"{np.shape(self.f_x)}, {np.shape(self.F)}, {np.shape(self.f_u)} and "
                f"{np.shape(self.f_c)}"
            )

    def __call__(self, x: Array, u: Array) -> Array:
        """Mean of the next state, (…, S), for states (…, S) and actions (…, A)."""
        return np.asarray(times(self.f_x, x) + times(self.f_u, u) + self.f_c)


@dataclass(frozen=True, eq=False)
class QuadraticCost:
    """Cost of leaving the reference, and of the actions.

    Args:
        Q: weights of the state's distance from the reference, (S, S), positive
            semi-definite.
        R: weights of the action, (A, A), positive definite.
        reference: wanted states r_t from now on, (…, T, S); with `last` one more, or a
            single one for all steps.
        last: weights Q_T of the state after the last action, (S, S), positive
            semi-definite; None where that state costs nothing.

    Raises:
        ValueError: the shapes do not fit, or Q, R or Q_T is not as definite as it must
            be.
    """

    Q: Array
    R: Array
    reference: Array
    last: Array | None = None

    def __post_init__(self) -> None:
        S, A = len(self.Q), len(self.R)
        if (
            np.shape(self.Q) != (S, S)
            or np.shape(self.R) != (A, A)
            or np.ndim(self.reference) < 2
            or np.shape(self.reference)[-1] != S
        ):
            raise ValueError(
                "Q must be (S, S), R (A, A) and reference (…, T, S); got "
                f"{np.shape(self.Q)}, {np.shape(self.R)} and "
                f"{np.shape(self.reference)}"
            )
        lowest_Q = np.linalg.eigvalsh(self.Q).min()
        lowest_R = np.linalg.eigvalsh(self.R).min()
        if lowest_Q < -1e-9 * np.abs(self.Q).max() or lowest_R <= 0:
            raise ValueError(
                "Q must be positive semi-definite and R positive definite; their "
                f"smallest eigenvalues are {lowest_Q:g} and {lowest_R:g}"
            )
        if self.last is not None:
            self._check_last(self.last)

    def _check_last(self, last: Array) -> None:
        if np.shape(last) != np.shape(self.Q):
            raise ValueError(
                f"last must be {np.shape(self.Q)} like Q; got {np.shape(last)}"
            )
        lowest = np.linalg.eigvalsh(last).min()
        if lowest < -1e-9 * np.abs(last).max():
            raise ValueError(
                "last must be positive semi-definite; its smallest eigenvalue is "
                f"{lowest:g}"
            )

    def __call__(self, x: Array, u: Array) -> Array:
        """Cost (…,) of states (…, T, S), with `last` (…, T + 1, S), and actions
        (…, T, A).
        """
        T = np.shape(u)[-2]
        miss = x - self.reference
        before = miss if self.last is None else miss[..., :T, :]
        by_state = np.einsum("...s,st,...t->...", before, self.Q, before)
        by_action = np.einsum("...a,ab,...b->...", u, self.R, u)
        cost = 0.5 * (by_state + by_action).sum(axis=-1)
        if self.last is not None:
            end = miss[..., T, :]
            cost = cost + 0.5 * np.einsum("...s,st,...t->...", end, self.last, end)
        return np.asarray(cost)

    def wanted(self, t: int) -> Array:
        """The wanted state r_t, (…, S); after the end of the reference its last."""
        return np.asarray(self.reference[..., min(t, self.reference.shape[-2] - 1), :])


@dataclass(frozen=True, eq=False)
class Gains:
    """The best feedback u_t = K_t x_t + k_t of every step.

    Args:
        K: (…, T, A, S).
        k: (…, T, A).
        Q_uu: curvature of the cost-to-go in the action, (…, T, A, A).
    """

    K: Array
    k: Array
    Q_uu: Array

    def action(self, x: Array, t: int = 0) -> Array:
        """The best action of step t, (…, A), in state x (…, S)."""
        return np.asarray(times(self.K[..., t, :, :], x) + self.k[..., t, :])

    def draw(self, x: Array, scale: float, rng: np.random.Generator) -> Array:
        """A first action with noise, (…, A), ~ N(K x + k, scale² Q_uu⁻¹)."""
        u = self.action(x)
        L = np.linalg.cholesky(np.asarray(self.Q_uu[..., 0, :, :]))  # Q_uu = L Lᵀ
        draws = rng.standard_normal(u.shape)
        return u + scale * times(np.linalg.inv(transposed(L)), draws)


def lqr(
    model: LinearModel | Sequence[LinearModel],
    cost: QuadraticCost,
    horizon: int | None = None,
) -> Gains:
    """The best feedback over a finite horizon.

    Args:
        model: the dynamics, the same at every step; or T models, one for each step.
        cost: what is to be small; its reference tells the wanted states.
        horizon: T; None for the number of models, or for the length of the reference
            with one model. A reference that is shorter stays at its last state.

    Raises:
        ValueError: horizon < 1, sizes that do not fit, another number of models than
            steps, or a model with numbers that are not finite.
    """
    models = _one_a_step(model, cost, horizon)
    Q, R = cost.Q, cost.R
    V_xx, V_x = _after_the_horizon(models, cost)
    K, k, curvature = [], [], []
    for t, now in reversed(list(enumerate(models))):
        f_x, f_u, f_c = now.f_x, now.f_u, now.f_c
        f_xT, f_uT = transposed(f_x), transposed(f_u)
        r = cost.wanted(t)
        V_xx_f_x = V_xx @ f_x
        slope = V_x + times(V_xx, f_c)
        Q_xx = Q + f_xT @ V_xx_f_x
        Q_ux = f_uT @ V_xx_f_x
        Q_uu = R + f_uT @ V_xx @ f_u
        Q_x = times(f_xT, slope) - times(Q, r)
        Q_u = times(f_uT, slope)
        both = -np.linalg.solve(Q_uu, joined(Q_ux, Q_u))  # (…, A, S + 1)
        K_t, k_t = both[..., :-1], both[..., -1]
        Q_xu = transposed(Q_ux)
        V_xx = np.asarray(Q_xx + Q_xu @ K_t, dtype=float)
        V_xx = 0.5 * (V_xx + transposed(V_xx))
        V_x = Q_x + times(Q_xu, k_t)
        K.append(K_t)
        k.append(k_t)
        curvature.append(Q_uu)
    return Gains(
        np.stack(K[::-1], axis=-3),
        np.stack(k[::-1], axis=-2),
        np.stack(curvature[::-1], axis=-3),
    )


def times(matrix: NDArray[Any], vector: NDArray[Any]) -> Array:
    """Matrices (…, n, m) times vectors (…, m)."""
    return np.asarray((matrix @ vector[..., None])[..., 0])


def transposed(matrix: NDArray[Any]) -> Array:
    """Matrices (…, n, m) as (…, m, n)."""
    return np.asarray(matrix.swapaxes(-1, -2))


def joined(matrix: Array, vector: Array) -> Array:
    """A vector (…, n) as a further column of a matrix (…, n, m)."""
    lead = np.broadcast_shapes(matrix.shape[:-2], vector.shape[:-1])
    matrix = np.broadcast_to(matrix, lead + matrix.shape[-2:])
    column = np.broadcast_to(vector[..., None], (*lead, vector.shape[-1], 1))
    return np.concatenate([matrix, column], axis=-1)


def _one_a_step(
    model: LinearModel | Sequence[LinearModel],
    cost: QuadraticCost,
    horizon: int | None,
) -> list[LinearModel]:
    """The model of each step, after a check of what cannot be planned with."""
    one = isinstance(model, LinearModel)
    given = [model] if isinstance(model, LinearModel) else list(model)
    length = cost.reference.shape[-2] if one else len(given)
    T = length if horizon is None else horizon
    if T < 1:
        raise ValueError(f"horizon must be at least 1; got {T}")
    if not one and len(given) != T:
        raise ValueError(f"{T} steps need as many models; got {len(given)}")
    for each in given:
        _check(each, cost)
    return given * T if one else given


def _after_the_horizon(
    models: list[LinearModel], cost: QuadraticCost
) -> tuple[Array, Array]:
    """V_xx (…, S, S) and V_x (…, S) of the state after the last action."""
    f_c = models[0].f_c
    S = f_c.shape[-1]
    lead = np.broadcast_shapes(f_c.shape[:-1], cost.reference.shape[:-2])
    if cost.last is None:
        return np.zeros((*lead, S, S)), np.zeros((*lead, S))
    r = np.broadcast_to(cost.wanted(len(models)), (*lead, S))
    return np.broadcast_to(cost.last, (*lead, S, S)), -times(cost.last, r)


def _check(model: LinearModel, cost: QuadraticCost) -> None:
    """Refuse a model that does not fit the cost, or is not finite."""
    S, A = model.f_u.shape[-2:]
    if cost.Q.shape != (S, S) or cost.R.shape != (A, A):
        raise ValueError(
            f"the model has {S} states and {A} actions, but Q is {cost.Q.shape} and R "
            f"{cost.R.shape}"
        )
    for name in ("f_x", "f_u", "f_c"):
        if not np.isfinite(getattr(model, name)).all():
            raise ValueError(f"{name} of the model must be finite")
