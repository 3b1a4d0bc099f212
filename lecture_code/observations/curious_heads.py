"""The curious robot: one trunk, and a head for each thing that a robot can try.

Pinto, Gandhi, Han, Park and Gupta, "The Curious Robot: Learning Visual Representations
via Physical Interactions", ECCV 2016, arXiv:1604.01360. All heads answer from the
features x = ψ(I) of one network ψ, and each trains ψ. These are the heads of the
lecture's slide; equations have the numbers of the page:

    push       pictures before and after -> place, direction and length of the push
               (7)  squared error of the five numbers of `poke_numbers`
    tactile    picture before, and where the finger goes -> what the finger feels
               (8)  squared error of the line through its profile: intercept and slope
    view       pictures of an object from two viewpoints -> alike; of two objects -> not
               (9)  1 − cos(v, v⁺)  and  max(0, cos(v, v⁻) − M),   v = head(x)

    (10)  loss = push + tactile + view, with a weight for each

Deviations: there is no grasping. The finger is the pusher, and the force comes from
`pushing.py` (eq. 2 there). v⁺ is the same object after the poke, seen by a camera that
is turned and shifted. v⁻ is an object of another kind. The trunk is ours, all heads
leave at its end, and all learn from the first batch on.

Read `curious_loss`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity

from lecture_code.observations.feature_training import FeatureLoss
from lecture_code.observations.pusher_scenes import (
    POKE_NUMBERS,
    VIEWPOINT,
    PokeTriples,
    board_eye,
    board_pictures,
    picture_inputs,
    poke_numbers,
)
from lecture_code.observations.representation import Representation

Array = NDArray[np.float64]
Bytes = NDArray[np.uint8]
HIDDEN = 128  # units of each head
EMBEDDING = 16  # numbers of v
HEADS = ("push", "tactile", "view")


@dataclass(frozen=True)
class CuriousSettings:
    """What is learnt from pokes.

    Args:
        push, tactile, view: weights of the heads; 0 leaves a head out.
        margin: M of eq. 9.
        batch: triples of a batch.

    Raises:
        ValueError: a weight is negative, all are 0, or a batch has fewer than two
            triples.
    """

    push: float = 1.0
    tactile: float = 1.0
    view: float = 1.0
    margin: float = 0.0
    batch: int = 32

    def __post_init__(self) -> None:
        for name in HEADS:
            if not getattr(self, name) >= 0:
                raise ValueError(
                    f"{name} must not be negative; got {getattr(self, name)}"
                )
        if not self.heads:
            raise ValueError(f"one of {', '.join(HEADS)} must have a weight above 0")
        if self.batch < 2:
            raise ValueError(f"batch must be 2 or more; got {self.batch}")

    @property
    def heads(self) -> tuple[str, ...]:
        """Names of the heads that learn."""
        return tuple(name for name in HEADS if getattr(self, name))


def two_layers(inputs: int, outputs: int) -> nn.Sequential:
    """A head with one hidden layer."""
    return nn.Sequential(
        nn.Linear(inputs, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, outputs)
    )


def curious_networks(features: int, settings: CuriousSettings) -> dict[str, nn.Module]:
    """The heads that learn, by name, for F features of a picture."""
    networks = {
        "push": two_layers(2 * features, POKE_NUMBERS),
        "tactile": two_layers(features + POKE_NUMBERS, 2),
        "view": two_layers(features, EMBEDDING),
    }
    return {name: networks[name] for name in settings.heads}


def tactile_lines(felt: Array) -> Array:
    """Intercept and slope of the line through each profile (N, T), (N, 2).

    Time goes from −½ to ½ over the profile, so the intercept is its mean.
    """
    T = felt.shape[1]
    time = (np.arange(T) + 0.5) / T - 0.5
    slope = felt @ time / (time @ time)
    return np.column_stack([felt.mean(axis=1), slope])


def standardised_lines(felt: Array) -> Tensor:
    """The lines of `tactile_lines` with mean 0 and standard deviation 1, (N, 2).

    Raises:
        ValueError: no profile differs from another one.
    """
    lines = tactile_lines(felt)
    std = lines.std(axis=0)
    if not (std > 0).all():
        raise ValueError("all tactile profiles are alike: there is nothing to learn")
    return torch.as_tensor((lines - lines.mean(axis=0)) / std, dtype=torch.float32)


def other_views(triples: PokeTriples, rng: np.random.Generator) -> Bytes:
    """Pictures after the poke by a camera that is turned and shifted, half of them to
    the left, half of them to the right, (N, 32, 32, 3).
    """
    turn, (right, up) = VIEWPOINT
    seen = np.empty_like(triples.after)
    for side, sign in enumerate((1, -1)):
        rows = np.arange(side, len(triples), 2)
        if len(rows):
            eye = board_eye(sign * turn, (sign * right, sign * up))
            seen[rows] = board_pictures(triples.end.rows(rows), rng, eye=eye)
    return seen


def check_other_views(triples: PokeTriples, views: Bytes) -> None:
    """Refuse views that are not as many as the triples.

    Raises:
        ValueError: there are more, or fewer.
    """
    if len(views) != len(triples):
        raise ValueError(f"there are {len(triples)} triples and {len(views)} views")


def view_loss(
    v: Tensor, v_other: Tensor, kinds: NDArray[np.int64], margin: float
) -> Tensor:
    """Eq. 9 for embeddings (N, E) of two views of the objects; the other object of a
    row is that of the row before it, if its kind is another one.
    """
    alike = (1 - cosine_similarity(v, v_other)).mean()
    different = torch.as_tensor(kinds != np.roll(kinds, 1))
    apart = torch.relu(cosine_similarity(v, v_other.roll(1, dims=0)) - margin)
    return alike + (apart * different).sum() / max(int(different.sum()), 1)


def curious_loss(
    triples: PokeTriples, views: Bytes, settings: CuriousSettings
) -> FeatureLoss:
    """Eq. 10, for `feature_training.trained` with the heads of `curious_networks`.

    Args:
        triples: what is learnt from.
        views: the boards after the poke from another viewpoint, see `other_views`.
        settings: weights of the heads.

    Raises:
        ValueError: there are not as many views as triples.
    """
    check_other_views(triples, views)
    numbers = poke_numbers(triples.pokes)
    lines = standardised_lines(triples.felt)

    def loss(
        network: Representation, heads: nn.ModuleDict, rng: np.random.Generator
    ) -> dict[str, Tensor]:
        rows = rng.integers(len(triples), size=settings.batch)
        pictures = [triples.before[rows], triples.after[rows], views[rows]]
        used = pictures if settings.view else pictures[:2]
        x, x_next, *others = network.batch_features(*map(picture_inputs, used))
        losses = {}
        if settings.push:
            told = heads["push"](torch.cat([x, x_next], dim=1))
            error = (told - numbers[rows]).square().mean()  # eq. 7
            losses["push"] = settings.push * error
        if settings.tactile:
            felt = heads["tactile"](torch.cat([x, numbers[rows]], dim=1))
            error = (felt - lines[rows]).square().mean()  # eq. 8
            losses["tactile"] = settings.tactile * error
        if settings.view:
            v, v_other = heads["view"](x), heads["view"](others[0])
            kinds = triples.start.kinds[rows]
            error = view_loss(v, v_other, kinds, settings.margin)  # eq. 9
            losses["view"] = settings.view * error
        return losses

    return loss
