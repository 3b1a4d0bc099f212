"""What is known about a robot's dynamics before the first step: four priors.

A prior is asked at the present state and at the last action, and answers with a
normal-inverse-Wishart distribution over a transition p = (x, u, x'). It is worth one
observation (m = n0 = 1); `NormalInverseWishart.weighted` makes it worth more or less.

    no_prior             nothing
    GaussianPrior        one Gaussian for all recorded transitions: least squares
    MixturePrior         a Gaussian mixture; the clusters near (x, u) count
    LinearisedPrior      a function h(x, u), linearised at (x, u): a neural network, or
                         a simulator

A function with slopes f_xu and residual covariance C becomes a Gaussian whose inputs
vary with covariance P around (x, u):

    μ0 = (x, u, h(x, u)),  Φ = [[P, P f_xuᵀ], [f_xu P, f_xu P f_xuᵀ + C]]

Conditioning on the inputs (eq. 2 of `gaussian_dynamics`) then gives back f_xu, and C as
the noise. Deviation: the published code leaves the lower right block empty, so that its
Φ is no covariance.

`NetworkDynamics` is the network h of Fu et al.: it predicts joint accelerations, which
are integrated to the next state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.mixture import GaussianMixture

from lecture_code.learning.gaussian_dynamics import Moments, NormalInverseWishart, outer
from lecture_code.learning.lqr import transposed
from lecture_code.learning.regression import Regression, RegressionSettings, fit

Array = NDArray[np.float64]


class Prior(Protocol):
    """What is known about the transition from a state with an action."""

    def __call__(self, x: Array, u: Array) -> NormalInverseWishart:
        """The prior over (x, u, x') near states x (N, S) and actions u (N, A)."""


class Dynamics(Protocol):
    """A function that predicts the next state."""

    def __call__(self, x: Array, u: Array) -> Array:
        """Next states (N, S) of states (N, S) and actions (N, A)."""

    def jacobian(self, x: Array, u: Array) -> Array:
        """Slopes of the next state by state and action, (N, S, S + A)."""


def no_prior(x: Array, u: Array) -> NormalInverseWishart:
    """The prior that knows nothing."""
    D = 2 * x.shape[-1] + u.shape[-1]
    return NormalInverseWishart.none((*x.shape[:-1], D))


def transition(x: Array, u: Array, after: Array) -> Array:
    """Transitions p = (x, u, x'), (…, D)."""
    return np.concatenate([x, u, after], axis=-1)


@dataclass(frozen=True, eq=False)
class GaussianPrior:
    """One Gaussian for all transitions: conditioned, the linear model of least squares.

    Args:
        moments: of the recorded transitions, (D,).
    """

    moments: Moments

    @classmethod
    def fit(cls, transitions: Array) -> GaussianPrior:
        """From recorded transitions (n, D)."""
        return cls(Moments.from_data(transitions))

    def __call__(self, x: Array, u: Array) -> NormalInverseWishart:
        """The same for every x (N, S) and u (N, A)."""
        lead = x.shape[:-1]
        D = self.moments.mean.size
        mean = np.broadcast_to(self.moments.mean, (*lead, D))
        scatter = np.broadcast_to(self.moments.covariance, (*lead, D, D))
        return NormalInverseWishart(mean, scatter)


@dataclass(frozen=True, eq=False)
class MixturePrior:
    """A Gaussian mixture over transitions; the clusters near (x, u) are merged into one
    Gaussian.

    Args:
        shares: of the clusters, (K,).
        means: (K, D).
        covariances: (K, D, D).
        n_inputs: S + A.
    """

    shares: Array
    means: Array
    covariances: Array
    n_inputs: int

    @classmethod
    def fit(
        cls, transitions: Array, n_inputs: int, clusters: int, rng: np.random.Generator
    ) -> MixturePrior:
        """From recorded transitions (n, D), by at most 100 iterations of
        expectation–maximisation (EM).

        Raises:
            ValueError: there are fewer transitions than clusters.
        """
        if len(transitions) < clusters:
            raise ValueError(
                f"{clusters} clusters need as many transitions; got {len(transitions)}"
            )
        scale = np.maximum(transitions.std(axis=0), 1e-6)
        mixture = GaussianMixture(
            clusters,
            reg_covar=1e-6,
            tol=1e-2,
            random_state=int(rng.integers(2**31)),
        ).fit(transitions / scale)
        covariances = np.asarray(mixture.covariances_) * np.outer(scale, scale)
        means = np.asarray(mixture.means_) * scale
        return cls(np.asarray(mixture.weights_), means, covariances, n_inputs)

    def responsibilities(self, xu: Array) -> Array:
        """The probability (N, K) that inputs xu (N, S + A) belong to each cluster."""
        n = self.n_inputs
        factors = np.linalg.cholesky(self.covariances[:, :n, :n])  # (K, n, n)
        apart = xu[:, None, :] - self.means[:, :n]  # (N, K, n)
        white = np.linalg.solve(factors, apart[..., None])[..., 0]
        spread = np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
        logs = np.log(self.shares) - spread - 0.5 * np.square(white).sum(axis=-1)
        logs -= logs.max(axis=1, keepdims=True)
        return np.asarray(np.exp(logs) / np.exp(logs).sum(axis=1, keepdims=True))

    def __call__(self, x: Array, u: Array) -> NormalInverseWishart:
        """Mean and covariance of the mixture near x (N, S) and u (N, A)."""
        shares = self.responsibilities(np.concatenate([x, u], axis=-1))
        mean = shares @ self.means
        second_moments = self.covariances + outer(self.means)  # (K, D, D)
        scatter = np.tensordot(shares, second_moments, axes=1) - outer(mean)
        return NormalInverseWishart(mean, scatter)


@dataclass(frozen=True, eq=False)
class LinearisedPrior:
    """A function that predicts the next state, linearised where the robot is.

    Args:
        dynamics: the function h and its slopes.
        inputs: P, how far (x, u) may vary, (S + A, S + A).
        residual: C, the covariance of what the function does not predict, (S, S).
    """

    dynamics: Dynamics
    inputs: Array
    residual: Array

    def __call__(self, x: Array, u: Array) -> NormalInverseWishart:
        """The linearised function at x (N, S) and u (N, A)."""
        f_xu = self.dynamics.jacobian(x, u)
        across = f_xu @ self.inputs  # (N, S, S + A)
        top = np.broadcast_to(self.inputs, (*f_xu.shape[:-2], *self.inputs.shape))
        bottom = across @ transposed(f_xu) + self.residual
        scatter = np.block([[top, transposed(across)], [across, bottom]])
        return NormalInverseWishart(transition(x, u, self.dynamics(x, u)), scatter)


@dataclass(frozen=True, eq=False)
class NetworkDynamics:
    """A network that predicts joint accelerations, for states x = (q, v).

        q' = q + dt v + ½ dt² a(x, u),  v' = v + dt a(x, u)

    Args:
        network: a(x, u), S / 2 outputs.
        dt: duration of a control step [s].
    """

    network: Regression
    dt: float

    @classmethod
    def fit(
        cls,
        transitions: Array,
        n_inputs: int,
        dt: float,
        rng: np.random.Generator,
        settings: RegressionSettings | None = None,
    ) -> NetworkDynamics:
        """From recorded transitions (n, D)."""
        joints = (transitions.shape[1] - n_inputs) // 2
        v, v_after = transitions[:, joints : 2 * joints], transitions[:, -joints:]
        acceleration = (v_after - v) / dt
        return cls(fit(transitions[:, :n_inputs], acceleration, rng, settings), dt)

    def __call__(self, x: Array, u: Array) -> Array:
        """Next states (N, S) of states (N, S) and actions (N, A)."""
        a = self.network(np.concatenate([x, u], axis=-1))
        q, v = np.split(x, 2, axis=-1)
        next_state = [q + self.dt * v + 0.5 * self.dt**2 * a, v + self.dt * a]
        return np.concatenate(next_state, axis=-1)

    def jacobian(self, x: Array, u: Array) -> Array:
        """Slopes of the next state by state and action, (N, S, S + A)."""
        slopes = self.network.jacobian(np.concatenate([x, u], axis=-1))
        joints, inputs = slopes.shape[1:]
        still = np.eye(2 * joints, inputs)  # x' = x without a velocity
        still[:joints, joints : 2 * joints] = self.dt * np.eye(joints)
        moved = [0.5 * self.dt**2 * slopes, self.dt * slopes]
        return np.asarray(still + np.concatenate(moved, axis=1))

    def prior(self, transitions: Array) -> LinearisedPrior:
        """The network as a prior: inputs that vary by 1 in every direction, and the
        covariance of its errors on recorded transitions (n, D).
        """
        S = 2 * self.network.targets.size
        n = transitions.shape[1] - S
        errors = transitions[:, n:] - self(transitions[:, :S], transitions[:, S:n])
        return LinearisedPrior(self, np.eye(n), errors.T @ errors / len(errors))
