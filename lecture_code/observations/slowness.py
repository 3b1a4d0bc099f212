"""Slow features: what matters changes slowly, though the pixels change fast.

Wiskott and Sejnowski, "Slow Feature Analysis: Unsupervised Learning of Invariances",
Neural Computation 2002. Of all features y = g(x) of a signal x(t), those that change
least are wanted. A feature that is constant is slowest, and says nothing. So features
must have variance 1, and must not repeat each other. Equations (1), (2) and (6) have
the numbers of the page:

    (1)  Δ_j = ⟨ẏ_j²⟩ is least,   with ⟨y_j⟩ = 0, ⟨y_j²⟩ = 1, ⟨y_i y_j⟩ = 0 for i < j

For linear features y = (x − ⟨x⟩) W this has a closed form, with A = ⟨ẋ ẋᵀ⟩ and
B = ⟨x xᵀ⟩ of the centred signal:

    (2)  A W = B W Λ,   Wᵀ B W = I;   the smallest Λ first, and Λ_j = Δ_j

Quadratic features are linear features of x and of all products x_i x_j.

A network has no closed form. It goes down a loss over pairs of pictures: z and z⁺ are
neighbours in time, and z⁻ is another moment. D is a distance.

    (6)  |z − z⁺| + max(0, m − |z − z⁻|)              contrastive (Mobahi, Collobert and
                                                      Weston 2009)
    (6b) max(0, D(z, z⁺) − D(z, z⁻) + M)              triplet (Wang and Gupta 2015),
                                                      D = 1 − cosine

The first term of (6) pulls. The second pushes, and replaces the conditions of (1):
without it all features become one constant.

Deviations: ẋ is the difference of neighbours. Directions of x that hold (almost) no
variance are left out of (2). The networks are ours.

Start with `SlowFeatures.fit`, then `slowness_loss`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import eigh
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity

from lecture_code.observations.feature_training import FeatureLoss
from lecture_code.observations.pusher_scenes import PokeTriples, picture_inputs
from lecture_code.observations.representation import Representation

Array = NDArray[np.float64]
LEAST_SHARE = 1e-9  # of the largest variance: directions with less are left out
ROOT_FLOOR = 1e-12  # under a square root, so that it has a slope at 0


def quadratic(x: Array) -> Array:
    """x (N, D) and all products of two of its columns, (N, D + D (D + 1) / 2)."""
    D = x.shape[1]
    products = [
        x[:, i] * x[:, j] for i, j in combinations_with_replacement(range(D), 2)
    ]
    return np.column_stack([x, *products])


EXPANSIONS = {1: lambda x: x, 2: quadratic}
"""Degree -> what is put in the place of x."""


def expanded(x: Array, degree: int) -> Array:
    """x (N, D) with products up to this degree.

    Raises:
        ValueError: the degree is neither 1 nor 2.
    """
    if degree not in EXPANSIONS:
        raise ValueError(f"degree must be one of {sorted(EXPANSIONS)}; got {degree}")
    return np.asarray(EXPANSIONS[degree](x))


@dataclass(frozen=True, eq=False)
class SlowFeatures:
    """The slowest features of a signal.

    Args:
        mean: ⟨x⟩, (D,), of the expanded signal.
        W: (D, K), one feature a column, the slowest first.
        deltas: Λ, (K,): mean squared change of each feature.
        degree: 1 linear, 2 quadratic.
    """

    mean: Array
    W: Array
    deltas: Array
    degree: int

    @classmethod
    def fit(
        cls, x: Array, next_x: Array, features: int, *, degree: int = 1
    ) -> SlowFeatures:
        """The slowest features, by eq. 2.

        Args:
            x: the signal at N moments, (N, D).
            next_x: the signal one moment later, (N, D).
            features: K.
            degree: 1 linear, 2 quadratic.

        Raises:
            ValueError: the signals do not fit together, or do not hold K features.
        """
        check_signal(x, next_x)
        now, later = expanded(x, degree), expanded(next_x, degree)
        mean = now.mean(axis=0)
        centred = now - mean
        B = centred.T @ centred / len(now)
        basis = filled_directions(B, features)
        change = (later - now) @ basis
        A = change.T @ change / len(now)
        deltas, W = eigh(A, basis.T @ B @ basis)  # eq. 2
        return cls(mean, basis @ W[:, :features], deltas[:features], degree)

    def __call__(self, x: Array) -> Array:
        """y, (N, K), of a signal (N, D)."""
        return np.asarray((expanded(x, self.degree) - self.mean) @ self.W)


def check_signal(x: Array, next_x: Array) -> None:
    """Refuse a signal from which nothing can be learnt.

    Raises:
        ValueError: it is not (N, D), has fewer than two moments or numbers that are not
            finite, or both moments differ in shape.
    """
    if x.ndim != 2 or len(x) < 2:
        raise ValueError(f"x must be (N, D) with N ≥ 2; got {x.shape}")
    if next_x.shape != x.shape:
        raise ValueError(f"next_x must be {x.shape} as x is; got {next_x.shape}")
    if not (np.isfinite(x).all() and np.isfinite(next_x).all()):
        raise ValueError("x and next_x must be finite")


def filled_directions(B: Array, features: int) -> Array:
    """Directions (D, D') in which a signal with the covariance B (D, D) varies; those
    with almost no variance are left out.

    Raises:
        ValueError: there are fewer of them than features.
    """
    variances, axes = np.linalg.eigh(B)
    kept = variances > LEAST_SHARE * variances[-1]
    check_count(features, int(kept.sum()))
    return np.asarray(axes[:, kept])


def check_count(features: int, directions: int) -> None:
    """Refuse more features than there are directions in which a signal varies.

    Raises:
        ValueError: there are not so many, or fewer than one is wanted.
    """
    if not 1 <= features <= directions:
        raise ValueError(
            f"features must be from 1 to {directions}, the number of directions in "
            f"which the signal varies; got {features}"
        )


def delta_values(y: Array, next_y: Array) -> Array:
    """Δ of eq. 1 for features (N, K) and their next values, (K,)."""
    return np.asarray(((next_y - y) ** 2).mean(axis=0))


def lengths(differences: Tensor) -> Tensor:
    """Lengths of vectors (N, F), (N,); the slope at 0 is 0."""
    return (differences.square().sum(dim=1) + ROOT_FLOOR).sqrt()


def pull(z: Tensor, z_next: Tensor) -> Tensor:
    """First term of eq. 6: mean distance of neighbours (N, F)."""
    return lengths(z - z_next).mean()


def push(z: Tensor, z_far: Tensor, margin: float) -> Tensor:
    """Second term of eq. 6: how far other moments (N, F) are short of the margin."""
    return torch.relu(margin - lengths(z - z_far)).mean()


def triplet_loss(z: Tensor, z_next: Tensor, z_far: Tensor, margin: float) -> Tensor:
    """Eq. 6b: a neighbour (N, F) must be nearer than another moment (N, F)."""
    near = 1 - cosine_similarity(z, z_next)
    far = 1 - cosine_similarity(z, z_far)
    return torch.relu(near - far + margin).mean()


FORMS = ("contrastive", "triplet")


@dataclass(frozen=True)
class SlownessSettings:
    """What a network learns from pairs of pictures.

    Args:
        form: "contrastive", eq. 6, or "triplet", eq. 6b.
        margin: m or M.
        push: weight of the second term of eq. 6; with 0 all features collapse.
        batch: pairs of a batch.

    Raises:
        ValueError: the form is unknown, a number is negative, or a batch has fewer than
            two pairs.
    """

    form: str = "contrastive"
    margin: float = 1.0
    push: float = 1.0
    batch: int = 32

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise ValueError(
                f"form must be one of {', '.join(FORMS)}; got {self.form!r}"
            )
        for name in ("margin", "push"):
            if not getattr(self, name) >= 0:
                raise ValueError(
                    f"{name} must not be negative; got {getattr(self, name)}"
                )
        if self.batch < 2:
            raise ValueError(f"batch must be 2 or more; got {self.batch}")


def slowness_terms(
    z: Tensor, z_next: Tensor, settings: SlownessSettings
) -> dict[str, Tensor]:
    """Losses of features (N, F) and of their neighbours; the other moment of a row is
    the row before it in the batch.
    """
    z_far = z_next.roll(1, dims=0)  # z⁻: the row before
    if settings.form == "triplet":
        return {"triplet": triplet_loss(z, z_next, z_far, settings.margin)}
    losses = {"pull": pull(z, z_next)}  # eq. 6, first term
    if settings.push:
        losses["push"] = settings.push * push(z, z_far, settings.margin)  # second
    return losses


def slowness_loss(triples: PokeTriples, settings: SlownessSettings) -> FeatureLoss:
    """Eq. 6 or 6b for `feature_training.trained`: before and after a poke are
    neighbours, and pokes are not looked at. There are no heads.
    """

    def loss(
        network: Representation, heads: nn.ModuleDict, rng: np.random.Generator
    ) -> dict[str, Tensor]:
        rows = rng.integers(len(triples), size=settings.batch)
        before = picture_inputs(triples.before[rows])
        after = picture_inputs(triples.after[rows])
        z, z_next = network.batch_features(before, after)
        return slowness_terms(z, z_next, settings)

    return loss
