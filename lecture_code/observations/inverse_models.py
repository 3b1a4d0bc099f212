"""Learning to poke by poking: features from which a poke can be predicted.

Agrawal, Nair, Abbeel, Malik and Levine, "Learning to Poke by Poking: Experiential
Learning of Intuitive Physics", NIPS 2016, arXiv:1606.07419. A robot pokes at random,
and keeps the picture I before, the poke u, and the picture I' after. One network ψ
turns both pictures into features, x = ψ(I) and x' = ψ(I'). From both the inverse model
predicts the poke; from x and the poke the forward model predicts the second:
u ≈ h(x, x') and x' ≈ f(x, u). Equations have the numbers of the page.

    (3)  L_inv = −log p(place | x, x') − log p(angle | place, x, x')
                 − log p(length | place, angle, x, x')
    (4)  L_fwd = mean |f(x, u) − x'|
    (5)  L = L_inv + λ L_fwd

Place, angle and length are bins. The second picture is a *target* in (4), so no
gradient flows into x' there. (4) alone is least if all features are the same. (3)
prevents this: from equal features no poke can be predicted.

To reach a goal picture, the robot gives the pictures of now and of the goal to the
inverse model, executes the likeliest poke, and looks again: see `likeliest_pokes`, and
for the loop `pusher_goals.push_once`.

Deviations: our layers, bins and λ; the paper's, and the weights with which its network
starts, are not known to us for sure. What was chosen before (place, then angle) enters
the next head as numbers.

Read `PokeHeads`, `poke_losses`, `poke_loss`. Line 6 is `feature_training.trained`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lecture_code.observations.feature_training import FeatureLoss
from lecture_code.observations.pusher_scenes import (
    POKE_NUMBERS,
    VIEW,
    PokeTriples,
    picture_inputs,
    poke_numbers,
)
from lecture_code.observations.pushing import LENGTHS, Pokes
from lecture_code.observations.representation import Representation

Ints = NDArray[np.int64]
HIDDEN = 128  # units of each head
FORWARD_WEIGHT = 10.0  # λ: feature points move little, so L_fwd is a small number


@dataclass(frozen=True)
class PokeBins:
    """Bins of the place, the angle and the length of a poke.

    Args:
        side: cells along each side of the picture; the place is in one of side² cells.
        angles: of the full turn; the last bin is a neighbour of the first.
        lengths: between the shortest and the longest poke.

    Raises:
        ValueError: there are fewer than two bins.
    """

    side: int = 20
    angles: int = 24
    lengths: int = 6

    def __post_init__(self) -> None:
        for name in ("side", "angles", "lengths"):
            if getattr(self, name) < 2:
                raise ValueError(f"{name} must be 2 or more; got {getattr(self, name)}")

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Number of bins of place, angle and length."""
        return self.side**2, self.angles, self.lengths

    def indices(self, pokes: Pokes) -> Ints:
        """The bins of pokes, (N, 3); what is outside goes into the nearest bin."""
        column, row = np.floor((pokes.places / VIEW + 0.5) * self.side).T
        cells = np.clip(row, 0, self.side - 1) * self.side
        cells += np.clip(column, 0, self.side - 1)
        turn = np.floor(pokes.angles / (2 * np.pi) * self.angles) % self.angles
        low, high = LENGTHS
        way = np.floor((pokes.lengths - low) / (high - low) * self.lengths)
        way = np.clip(way, 0, self.lengths - 1)
        return np.column_stack([cells, turn, way]).astype(np.int64)

    def pokes(self, indices: Ints) -> Pokes:
        """The pokes in the middle of bins (N, 3)."""
        cells, turn, way = indices.T
        columns = np.column_stack([cells % self.side, cells // self.side])
        places = ((columns + 0.5) / self.side - 0.5) * VIEW
        angles = (turn + 0.5) / self.angles * 2 * np.pi
        low, high = LENGTHS
        lengths = low + (way + 0.5) / self.lengths * (high - low)
        return Pokes(places, angles, lengths)


class PokeHeads(nn.Module):
    """Features of two pictures -> logits of place, angle and length, eq. 3.

    Args:
        features: F, of one picture.
        bins: of the pokes.
    """

    # The head of the place is given 0 numbers of the poke, the head of the angle 2
    # (x and y), and the head of the length 4 (x, y, cosine and sine).
    KNOWN = (0, 2, 4)

    def __init__(self, features: int, bins: PokeBins) -> None:
        super().__init__()
        self.bins = bins
        self.parts = nn.ModuleList(
            nn.Sequential(
                nn.Linear(2 * features + chosen, HIDDEN),
                nn.ReLU(),
                nn.Linear(HIDDEN, size),
            )
            for chosen, size in zip(self.KNOWN, bins.sizes, strict=True)
        )

    def forward(self, x: Tensor, x_next: Tensor, chosen: Ints) -> list[Tensor]:
        """Logits of place, angle given the place, and length given both.

        Args:
            x, x_next: features of the pictures before and after, (N, F).
            chosen: bins of the poke, (N, 3).
        """
        both = torch.cat([x, x_next], dim=1)
        numbers = poke_numbers(self.bins.pokes(chosen))
        known = [numbers[:, :count] for count in self.KNOWN]
        return [
            part(torch.cat([both, given], dim=1))
            for part, given in zip(self.parts, known, strict=True)
        ]


class ForwardModel(nn.Module):
    """Features before, and a poke -> features after, f of eq. 4.

    Args:
        features: F.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.change = nn.Sequential(
            nn.Linear(features + POKE_NUMBERS, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, features),
        )

    def forward(self, x: Tensor, numbers: Tensor) -> Tensor:
        """Expected features for features x and pokes (N, POKE_NUMBERS), (N, F)."""
        change: Tensor = self.change(torch.cat([x, numbers], dim=1))
        return x + change


def poke_heads(
    features: int, bins: PokeBins | None = None, *, forward: bool = True
) -> dict[str, nn.Module]:
    """The inverse model, and if wanted the forward model."""
    heads: dict[str, nn.Module] = {
        "inverse_model": PokeHeads(features, bins or PokeBins())
    }
    if forward:
        heads["forward_model"] = ForwardModel(features)
    return heads


def poke_model(heads: nn.ModuleDict) -> PokeHeads:
    """The inverse model among the heads.

    Raises:
        ValueError: there is none.
    """
    model = dict(heads.items()).get("inverse_model")
    if not isinstance(model, PokeHeads):
        raise ValueError(f"there is no inverse model among the heads {list(heads)}")
    return model


def poke_losses(logits: Sequence[Tensor], bins: Ints) -> dict[str, Tensor]:
    """The three terms of eq. 3, mean over the pokes [nat].

    Args:
        logits: of place, angle and length, (N, bins) each.
        bins: the true ones, (N, 3).
    """
    names = ("place", "angle", "length")
    wanted = torch.as_tensor(bins).T
    return {
        name: cross_entropy(part, true)  # − log P, eq. 3
        for name, part, true in zip(names, logits, wanted, strict=True)
    }


def forward_loss(expected: Tensor, x_next: Tensor) -> Tensor:
    """L_fwd, eq. 4; features after the poke are a target, without a gradient."""
    return (expected - x_next.detach()).abs().mean()  # eq. 4


@dataclass(frozen=True)
class InverseSettings:
    """What is learnt from pokes.

    Args:
        forward: λ of eq. 5; 0 is the inverse model alone.
        batch: triples of a batch.
        second: whether the inverse model sees the second picture; if not, it sees the
            first one twice, and cannot know what happened.

    Raises:
        ValueError: λ is negative, or a batch has fewer than two triples.
    """

    forward: float = FORWARD_WEIGHT
    batch: int = 32
    second: bool = True

    def __post_init__(self) -> None:
        if not self.forward >= 0:
            raise ValueError(f"forward must not be negative; got {self.forward}")
        if self.batch < 2:
            raise ValueError(f"batch must be 2 or more; got {self.batch}")


def poke_loss(triples: PokeTriples, settings: InverseSettings) -> FeatureLoss:
    """Eq. 5, for `feature_training.trained` with the heads of `poke_heads`."""
    numbers = poke_numbers(triples.pokes)

    def loss(
        network: Representation, heads: nn.ModuleDict, rng: np.random.Generator
    ) -> dict[str, Tensor]:
        rows = rng.integers(len(triples), size=settings.batch)  # line 2
        inverse = poke_model(heads)
        bins = inverse.bins.indices(triples.pokes.rows(rows))
        before = picture_inputs(triples.before[rows])
        after = picture_inputs(triples.after[rows])
        x, x_next = network.batch_features(before, after)  # line 3
        seen = x_next if settings.second else x  # the control sees x twice
        losses = poke_losses(inverse(x, seen, bins), bins)  # line 4, eq. 3
        if settings.forward:
            expected = heads["forward_model"](x, numbers[rows])  # line 5
            losses["forward"] = settings.forward * forward_loss(expected, x_next)
        return losses  # eq. 5 is their sum

    return loss


def best_pokes(
    network: Representation, heads: nn.ModuleDict, before: Tensor, goals: Tensor
) -> Pokes:
    """The likeliest place, then angle, then length, for each pair of pictures.

    Args:
        network, heads: ψ, and the heads of `poke_heads`.
        before, goals: pictures (N, 3, H, W) of now and of the goal.
    """
    with torch.no_grad():
        x = network.features(before)  # line 3
        x_goal = network.features(goals)  # line 1, here again before each poke
    return likeliest_pokes(poke_model(heads), x, x_goal)


def likeliest_pokes(inverse: PokeHeads, x: Tensor, x_goal: Tensor) -> Pokes:
    """The likeliest pokes for features (N, F) of now and of the goal."""
    chosen = np.zeros((len(x), 3), dtype=np.int64)
    with torch.no_grad():
        for part in range(3):  # place, then angle, then length
            logits = inverse(x, x_goal, chosen)[part]  # of what is chosen so far
            chosen[:, part] = logits.argmax(dim=1).numpy()  # line 4
    return inverse.bins.pokes(chosen)


def held_out_losses(
    network: Representation, heads: nn.ModuleDict, triples: PokeTriples, *, second: bool
) -> dict[str, float]:
    """The terms of eq. 3 on triples that nothing was learnt from [nat].

    Args:
        network, heads: ψ, and the heads of `poke_heads`.
        triples: held out.
        second: as in `InverseSettings`.
    """
    inverse = poke_model(heads)
    bins = inverse.bins.indices(triples.pokes)
    with torch.no_grad():
        x = network.features(picture_inputs(triples.before))
        x_next = network.features(picture_inputs(triples.after)) if second else x
        losses = poke_losses(inverse(x, x_next, bins), bins)
    return {name: loss.item() for name, loss in losses.items()}
