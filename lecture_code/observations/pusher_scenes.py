"""What the camera sees of a board before and after a poke, and 20,000 such triples.

The camera looks down on the board. The pusher is out of the picture when the picture is
taken. A spot of light lies on the board, under the object. The spot is somewhere else
in every picture, and no poke moves it: features of the object should ignore it.

    triple    picture before, poke, picture after

Start with `poke_triples`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lecture_code.observations.pushing import (
    KINDS,
    LENGTHS,
    Kind,
    Objects,
    Pokes,
    drawn_pokes,
    pushed,
    turned,
)
from lecture_code.observations.representation import network_inputs
from lecture_code.vision import Appearance, Camera, Eye, Shapes
from lecture_code.vision.appearance import as_bytes

Array = NDArray[np.float64]
Bytes = NDArray[np.uint8]

VIEW = 1.0  # side of the part of the board that is seen [m]
CAMERA = Camera(32, 32, view=VIEW)
VIEWPOINT = (0.5, (0.04, -0.03))  # turn [rad] and shift [m] of another camera
BOARD = Appearance(
    {
        "background": (0.55, 0.55, 0.52),
        "spot": (0.72, 0.7, 0.6),
        "object": (0.75, 0.3, 0.2),
    },
    noise=0.03,
)
POKE_NUMBERS = 5  # of a poke: x, y, cosine, sine, length
SPOT = 0.16  # radius of the spot of light [m]


@dataclass(frozen=True, eq=False)
class PokeTriples:
    """Boards before a poke, the poke, and boards after it.

    Args:
        before, after: pictures, (N, 32, 32, 3).
        pokes: what happened between them.
        start, end: where the objects were and are.
        felt: what a finger felt on the way, (N, PUSH_STEPS).
    """

    before: Bytes
    after: Bytes
    pokes: Pokes
    start: Objects
    end: Objects
    felt: Array

    def __len__(self) -> int:
        return len(self.pokes)

    def first(self, n: int) -> PokeTriples:
        """The first n triples.

        Raises:
            ValueError: there are not so many.
        """
        if not 0 < n <= len(self):
            raise ValueError(f"n must be from 1 to {len(self)}; got {n}")
        rows = np.arange(n)
        return PokeTriples(
            self.before[:n],
            self.after[:n],
            self.pokes.rows(rows),
            self.start.rows(rows),
            self.end.rows(rows),
            self.felt[:n],
        )


@cache
def board_eye(turn: float = 0.0, shift: tuple[float, float] = (0.0, 0.0)) -> Eye:
    """The camera above the board, perhaps turned [rad] and shifted [m]."""
    camera = replace(CAMERA, rotation=turn, centre=shift)
    return Eye(camera, BOARD, np.random.default_rng(0))


def board_shapes(objects: Objects, spots: Array) -> tuple[Shapes, ...]:
    """The spot of light at (N, 2) [m], and in front of it the object."""
    centres, sizes, _ = objects.bars()
    parts = [
        Shapes.boxes(
            "object",
            objects.places + turned(centres[:, bar], objects.angles),
            sizes[:, bar],
            objects.angles,
        )
        for bar in (0, 1)
    ]
    return (Shapes.discs("spot", spots, SPOT), *parts)


def drawn_spots(n: int, rng: np.random.Generator) -> Array:
    """Middles of n spots of light, anywhere in the picture, (n, 2) [m]."""
    return rng.uniform(-VIEW / 2, VIEW / 2, size=(n, 2))


def board_pictures(
    objects: Objects,
    rng: np.random.Generator,
    *,
    eye: Eye | None = None,
    spots: Array | None = None,
) -> Bytes:
    """One picture of each board, (N, 32, 32, 3).

    Args:
        objects: on the boards.
        rng: draws noise, and spots that are not given.
        eye: the camera above the board if it is not given.
        spots: middles of the spots of light, (N, 2) [m].
    """
    if spots is None:
        spots = drawn_spots(len(objects), rng)
    seen = (eye or board_eye()).look(board_shapes(objects, spots), rng)
    return as_bytes(seen)


def poke_triples(
    n: int,
    rng: np.random.Generator,
    choice: tuple[Kind, ...] = KINDS,
    *,
    spot_stays: bool = False,
) -> PokeTriples:
    """n boards with random objects, each poked once at random.

    Args:
        n: number of triples.
        rng: draws objects, pokes, spots and noise.
        choice: kinds of objects.
        spot_stays: whether a spot of light stays where it is during the poke, for
            comparison. It is still somewhere else in every triple.

    Raises:
        ValueError: n is not positive.
    """
    start = Objects.drawn(n, rng, choice)
    pokes = drawn_pokes(start, rng)
    end, felt = pushed(start, pokes)
    spots = drawn_spots(n, rng)
    moved = spots if spot_stays else drawn_spots(n, rng)
    before = board_pictures(start, rng, spots=spots)
    after = board_pictures(end, rng, spots=moved)
    return PokeTriples(before, after, pokes, start, end, felt)


def picture_inputs(pictures: Bytes) -> Tensor:
    """Pictures (N, H, W, 3) of bytes as a network wants them, (N, 3, H, W)."""
    return network_inputs(pictures.astype(np.float32) / np.float32(255))


def poke_numbers(pokes: Pokes) -> Tensor:
    """Pokes as a network wants them, (N, POKE_NUMBERS)."""
    numbers = np.column_stack(
        [pokes.places / (VIEW / 2), pokes.directions, pokes.lengths / LENGTHS[1]]
    )
    return torch.as_tensor(numbers, dtype=torch.float32)
