"""Where the Gumbel-softmax gradient has the wrong sign: one bit, without sampling.

A bit b ~ Bernoulli(p), p = σ(θ), and a loss f. The lecture's pathwise gradient puts the
relaxed bit y = σ(z / τ), z = θ + logistic noise, in the place of b. The density of z at
x is ℓ(x − θ) with ℓ(x) = σ(x) σ(−x). Write E[∂f(y)/∂θ] as an integral over z. Then take
s = σ(z / τ) as the variable: y (1 − y) / τ dz = ds.

    (1)  propagated    ∫₀¹ f′(s) ℓ(τ logit s − θ) ds
    (2)  exact         (f(1) − f(0)) p (1 − p) = ∫₀¹ f′(s) ℓ(θ) ds

Idea. Both are means of the slope f′ between 0 and 1. The exact gradient gives every s
the same weight. The relaxation gives more weight to the values s that the relaxed bit
takes often. As τ → 0 both weights are the same. For f(b) = (b − t)²

    (3)  propagated    2 (t* − t) ∫ ℓ(τ logit s − θ) ds,  t* = mean of s by the weight
         exact         2 (1/2 − t) p (1 − p)

so the sign is wrong exactly where t lies between 1/2 and t*. A learner stops where
t* = t. With p from 0 to 1, t* rises from (1 − τ)/2 to (1 + τ)/2 if τ < 1:

    (4)  a wrong sign is possible for some p if and only if |t − 1/2| < τ/2

For the straight-through Gumbel-softmax the slope is taken at b, so f′(s) becomes f′(0)
for s < 1/2 and f′(1) for s > 1/2.

Read `propagated_gradient`, then `turning_point`.

Deviations: the papers do not have this formula. It is ours; the tests compare it with
sampling.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lecture_code.gradients.relaxations import checked_temperature

Floats = NDArray[np.float64]
NODES, REACH = 200, 40.0
"""Points of each half of the integral over logit s, and where it ends."""


def nodes_of_slope() -> tuple[Floats, Floats]:
    """Points x = logit s, (2 NODES,), and weights for integrals over s in (0, 1)."""
    roots, weights = np.polynomial.legendre.leggauss(NODES)
    half = REACH * (roots + 1) / 2
    x = np.concatenate([-half[::-1], half])
    both = REACH / 2 * np.concatenate([weights[::-1], weights])
    return x, both * density_of_noise(x)  # ds = σ(x) σ(−x) dx


def density_of_noise(x: Floats) -> Floats:
    """ℓ(x) = σ(x) σ(−x), the density of logistic noise."""
    return np.asarray(0.25 / np.cosh(x / 2) ** 2)


def weights_of_slope(logits: Floats, temperature: float) -> tuple[Floats, Floats]:
    """Values s, (2 NODES,), and their weights ℓ(τ logit s − θ) ds, (…, 2 NODES).

    Args:
        logits: θ, (…).
        temperature: τ.
    """
    x, ds = nodes_of_slope()
    tau = checked_temperature(temperature)
    theta = np.asarray(logits, dtype=np.float64)[..., None]
    return 1 / (1 + np.exp(-x)), density_of_noise(tau * x - theta) * ds


def propagated_gradient(
    slope: Callable[[Floats], Floats],
    logits: Floats,
    temperature: float,
    *,
    hard: bool = False,
) -> Floats:
    """The mean of the Gumbel-softmax gradient of one bit, (…), exact to 10 digits.

    Args:
        slope: f′, for values from 0 to 1.
        logits: θ, (…).
        temperature: τ; up to 2 the quadrature is exact to 10 digits.
        hard: straight-through: the slope is taken at b.
    """
    s, weights = weights_of_slope(logits, temperature)
    at = np.where(s > 0.5, 1.0, 0.0) if hard else s
    return np.asarray((weights * slope(at)).sum(-1))  # eq. 1


def turning_point(logits: Floats, temperature: float, *, hard: bool = False) -> Floats:
    """t*, (…): for f(b) = (b − t)² the gradient is positive if t < t*.

    Args:
        logits: θ, (…).
        temperature: τ.
        hard: straight-through.
    """
    s, weights = weights_of_slope(logits, temperature)
    at = np.where(s > 0.5, 1.0, 0.0) if hard else s
    return np.asarray((weights * at).sum(-1) / weights.sum(-1))  # eq. 3


def wrong_sign(t: Floats, logits: Floats, temperature: float) -> NDArray[np.bool_]:
    """Whether the Gumbel-softmax gradient of (b − t)² points the wrong way, (…)."""
    turn = turning_point(logits, temperature)
    return np.asarray((np.asarray(t) - 0.5) * (np.asarray(t) - turn) < 0)
