"""Online dynamics adaptation: learn a local model of the robot while it acts.

J. Fu, S. Levine, P. Abbeel: One-Shot Learning of Manipulation Skills with Online
Dynamics Adaptation and Neural Network Priors. IROS 2016, arXiv 1509.06841.

The idea. A linear model of the next fraction of a second is enough to act. The last few
steps of the robot tell how the robot moves *here and now*, but they are too few for a
model, and too similar to each other. A prior from earlier experience, for instance a
neural network, fills in what they do not tell; then LQR plans with the mixture.

`step` is Algorithm 1, one pass through its loop:

     2  observe x_t                       7  μ, Σ by eq. 1: the mixture
     3  μ̂_t, Δ_t by eqs 3 and 4           8  f_x, f_u, f_c, F by eq. 2
     4  Σ̂_t = Δ_t − μ̂_t μ̂_tᵀ              9  LQR: K, k, Q_uu
     5  the prior Φ, μ0, m, n0           10  draw u_t ~ N(K x_t + k, Q_uu⁻¹)
     6  β and N by eq. 5                 11  act

Equations 1 to 4 are in `learning/gaussian_dynamics.py`, LQR in `learning/lqr.py`, the
priors in `learning/dynamics_priors.py`. `offset_step` is a control that is not in the
paper.

Deviations from the paper
* β is called `w_new`: it is the weight of the newest step.
* Equation 5 could not be read in the original. Two published programs disagree about
  it, so `rule` has both. "log-probability": if the last step was less probable than the
  step before it, forget faster and trust the moments less. "ratio": N_t is the
  setting N times max(0, 1 − ρ_t), where ρ_t is the size of the moments' one-step error
  over the size of the prior's. The default is None: w_new and N stay as they are.
* LQR plans in absolute coordinates: K x + k is the lecture's û + k + K (x − x̂).
* The noise of line 10 is scaled by `exploration`, as in the authors' code, and motors
  clip the action. What the motors executed is what the moments learn from.
* The moments start from recorded steps, or without any from the robot's first step.

Arrays have a leading axis of attempts, which know nothing of each other. (N is
the paper's pseudo-count of eq. 5.) Start with `step`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lecture_code.learning.dynamics_priors import Prior, transition
from lecture_code.learning.gaussian_dynamics import (
    Moments,
    NormalInverseWishart,
    condition,
    gaussian_posterior,
)
from lecture_code.learning.lqr import Gains, LinearModel, QuadraticCost, lqr

Array = NDArray[np.float64]

RULES = ("log-probability", "ratio", None)
FASTER = 1.02  # factor by which the log-probability rule changes w_new
W_BOUNDS = (0.01, 0.1)  # of w_new under the log-probability rule


@dataclass(frozen=True)
class OnlineSettings:
    """How an attempt adapts and plans.

    Args:
        state_cost: weights of the state's distance from the reference, S numbers.
        action_cost: weights of the actions, A numbers.
        limits: largest action of each motor, A numbers; () for no limits.
        w_new: weight β of the newest step in the moments.
        N: how many observations the moments are worth; 0 is the prior alone.
        m, n0: how many observations mean and covariance of the prior are worth.
        keep_mean: μ = μ̂ instead of the mixture, see `gaussian_posterior`.
        rule: how eq. 5 changes w_new and N.
        horizon: steps that LQR looks ahead, H.
        exploration: factor of the noise of line 10; 1 is Algorithm 1 to the letter.
        regularisation: added to the inputs' covariance in eq. 2.
    """

    state_cost: tuple[float, ...]
    action_cost: tuple[float, ...]
    limits: tuple[float, ...] = ()
    w_new: float = 0.2
    N: float = 1.0
    m: float = 0.03
    n0: float = 1.0
    keep_mean: bool = False
    rule: str | None = None
    horizon: int = 15
    exploration: float = 0.03
    regularisation: float = 1e-5

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise ValueError(f"unknown rule {self.rule!r}; known: {RULES}")
        if len(self.limits) not in (0, len(self.action_cost)):
            motors = len(self.action_cost)
            raise ValueError(f"{motors} actions, but {len(self.limits)} limits")
        weights = (self.N, self.m, self.n0, self.exploration, self.regularisation)
        if not (0 <= self.w_new <= 1 and min(weights) >= 0 and self.horizon >= 1):
            raise ValueError(
                "w_new must lie in [0, 1], horizon must be ≥ 1, and N, m, n0, "
                f"exploration and regularisation must not be negative; got {self}"
            )

    @cached_property
    def weights(self) -> tuple[Array, Array]:
        """Q (S, S) and R (A, A) of the cost."""
        return np.diag(self.state_cost), np.diag(self.action_cost)


@dataclass(frozen=True, eq=False)
class OnlineState:
    """What attempts remember from one control step to the next.

    Args:
        moments: of the steps so far; None where there has been none.
        x: the last observed states, (attempts, S); None at the start.
        u: the last executed actions, (attempts, A).
        w_new, N: weight β and trust N now, (attempts,).
        log_probability: of the last step under the earlier moments, (attempts,).
        error: running mean of the prior's error, (attempts, S); `offset_step` only.
        model: the local model with which u was planned; None at the start.
    """

    moments: Moments | None
    x: Array | None
    u: Array
    w_new: Array
    N: Array
    log_probability: Array
    error: Array
    model: LinearModel | None = None

    @classmethod
    def initial(
        cls, settings: OnlineSettings, attempts: int, moments: Moments | None = None
    ) -> OnlineState:
        """The state of attempts before their first control step.

        Args:
            settings: how to adapt and plan.
            attempts: number of attempts.
            moments: of recorded steps, (D,); None to start from nothing.
        """
        S, A = len(settings.state_cost), len(settings.action_cost)
        if moments is not None:
            moments = moments.repeated(attempts)
        return cls(
            moments=moments,
            x=None,
            u=np.zeros((attempts, A)),
            w_new=np.full(attempts, float(settings.w_new)),
            N=np.full(attempts, float(settings.N)),
            log_probability=np.full(attempts, -np.inf),
            error=np.zeros((attempts, S)),
        )


def step(
    state: OnlineState,
    x: Array,
    reference: Array,
    settings: OnlineSettings,
    prior: Prior,
    rng: np.random.Generator,
) -> tuple[OnlineState, Array]:
    """One control step of all attempts: Algorithm 1, lines 2 to 11.

    Args:
        state: from the step before; `OnlineState.initial` at the start.
        x: observed states, (attempts, S).
        reference: wanted states from now on, (attempts, H, S) or (H, S).
        settings: how to adapt and plan.
        prior: what is known before.
        rng: of the exploration.

    Returns the state for the next step, and the actions (attempts, A).

    Raises:
        ValueError: x does not fit the settings, or is not finite.
    """
    _check(x, state, settings)  # line 2: x was observed
    moments = state.moments
    if state.x is not None:
        p = transition(state.x, state.u, x)
        new = Moments.from_point(p)
        moments = moments.update(p, state.w_new) if moments else new  # lines 3 and 4
    weighted_prior = prior(x, state.u).weighted(settings.m, settings.n0)  # line 5
    state = trust(state, x, settings, prior)  # line 6, eq. 5
    model = local_model(weighted_prior, moments, state.N, settings)  # lines 7 and 8
    u = act(plan_actions(model, reference, settings), x, settings, rng)  # lines 9 to 11
    return replace(state, moments=moments, x=x, u=u, model=model), u


def offset_step(
    state: OnlineState,
    x: Array,
    reference: Array,
    settings: OnlineSettings,
    prior: Prior,
    rng: np.random.Generator,
) -> tuple[OnlineState, Array]:
    """The simple control, used as `step`: the prior's slopes plus its mean error.

    e_t = (1 − w) e_{t−1} + w (x_t − h(x_{t−1}, u_{t−1}))
    """
    _check(x, state, settings)
    error = state.error
    if state.x is not None:
        missed = x - prior_model(prior, state.x, state.u, settings)(state.x, state.u)
        error = error + state.w_new[:, None] * (missed - error)
    model = prior_model(prior, x, state.u, settings)
    model = replace(model, f_c=model.f_c + error)
    u = act(plan_actions(model, reference, settings), x, settings, rng)
    return replace(state, x=x, u=u, error=error, model=model), u


def local_model(
    weighted_prior: NormalInverseWishart,
    moments: Moments | None,
    N: Array,
    settings: OnlineSettings,
) -> LinearModel:
    """The linear dynamics of the mixture of prior and moments: lines 7 and 8.

    Before the first step there are no moments. Then the prior alone counts, and without
    a prior either nothing has any effect in the model, so that LQR does nothing.
    """
    if moments is None:
        mean = weighted_prior.mean
        covariance = weighted_prior.scatter / (weighted_prior.n0 or 1.0)
    else:
        keep = settings.keep_mean
        mean, covariance = gaussian_posterior(weighted_prior, moments, N, keep)  # eq. 1
    n_inputs = len(settings.state_cost) + len(settings.action_cost)
    return condition(mean, covariance, n_inputs, settings.regularisation)  # eq. 2


def prior_model(
    prior: Prior, x: Array, u: Array, settings: OnlineSettings
) -> LinearModel:
    """The linear dynamics of the prior alone, near states x and actions u."""
    return local_model(prior(x, u), None, np.zeros(len(x)), settings)


def plan_actions(
    model: LinearModel, reference: Array, settings: OnlineSettings
) -> Gains:
    """LQR over the horizon with the same model at every step: line 9."""
    cost = QuadraticCost(*settings.weights, reference[..., : settings.horizon, :])
    return lqr(model, cost, settings.horizon)


def act(
    gains: Gains, x: Array, settings: OnlineSettings, rng: np.random.Generator
) -> Array:
    """The actions that the motors execute in states x: lines 10 and 11."""
    u = gains.draw(x, settings.exploration, rng)
    if settings.limits:
        u = np.clip(u, -np.array(settings.limits), settings.limits)
    return np.asarray(u)


def trust(
    state: OnlineState, x: Array, settings: OnlineSettings, prior: Prior
) -> OnlineState:
    """The state with this step's w_new and N: line 6, eq. 5 in both published readings.

    Nothing changes before there are moments, and under the rule None.
    """
    if settings.rule is None or state.x is None or state.moments is None:
        return state
    if settings.rule == "ratio":
        n_inputs = x.shape[1] + state.u.shape[1]
        mean, covariance = state.moments.mean, state.moments.covariance
        observed = condition(mean, covariance, n_inputs, settings.regularisation)
        prior_prediction = prior_model(prior, state.x, state.u, settings)
        missed = np.linalg.norm(x - observed(state.x, state.u), axis=1)
        prior_missed = np.linalg.norm(x - prior_prediction(state.x, state.u), axis=1)
        rho = missed / np.maximum(prior_missed, 1e-12)
        return replace(state, N=settings.N * np.clip(1 - rho, 0, 1))
    p = transition(state.x, state.u, x)
    log_p = state.moments.log_density(p, settings.regularisation)
    factor = np.where(log_p > state.log_probability, 1 / FASTER, FASTER)
    factor = np.where(np.isfinite(state.log_probability), factor, 1.0)  # the first step
    w_new = np.clip(state.w_new * factor, *W_BOUNDS)
    return replace(state, w_new=w_new, N=0.01 / w_new, log_probability=log_p)


def _check(x: Array, state: OnlineState, settings: OnlineSettings) -> None:
    """Refuse states that do not fit, or that are not finite."""
    shape = (len(state.u), len(settings.state_cost))
    if np.shape(x) != shape:
        raise ValueError(f"x must be (attempts, S) = {shape}; got {np.shape(x)}")
    if not np.isfinite(x).all():
        i, j = np.argwhere(~np.isfinite(x))[0]
        raise ValueError(f"x must be finite; entry {j} of attempt {i} is {x[i, j]}")
