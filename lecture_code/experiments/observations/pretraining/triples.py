"""The triples of a seed, which all arms share.

Read `poke_data`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from lecture_code.observations.curious_heads import other_views
from lecture_code.observations.pusher_scenes import (
    PokeTriples,
    picture_inputs,
    poke_triples,
)

Array = NDArray[np.float64]
Bytes = NDArray[np.uint8]
TRIPLES, LABELLED, TESTS, VIEWS = range(4)  # generators, with the seed


@dataclass(frozen=True, eq=False)
class PokeData:
    """The triples of a seed: to learn from, with labels, and for tests."""

    triples: PokeTriples
    labelled: PokeTriples
    tests: PokeTriples


@dataclass(frozen=True)
class DataSizes:
    """Numbers of triples to learn from, with labels, and for tests; and whether the
    spot of light stays during a poke."""

    triples: int
    labelled: int
    tests: int
    spot_stays: bool = False


@lru_cache(maxsize=2)
def poke_data(sizes: DataSizes, seed: int) -> PokeData:
    """The triples of this seed."""
    parts = [
        poke_triples(
            n, np.random.default_rng([which, seed]), spot_stays=sizes.spot_stays
        )
        for which, n in (
            (TRIPLES, sizes.triples),
            (LABELLED, sizes.labelled),
            (TESTS, sizes.tests),
        )
    ]
    return PokeData(*parts)


@lru_cache(maxsize=2)
def view_pictures(sizes: DataSizes, seed: int) -> Bytes:
    """The triples of this seed after the poke, from another viewpoint."""
    triples = poke_data(sizes, seed).triples
    return other_views(triples, np.random.default_rng([VIEWS, seed]))


@lru_cache(maxsize=1)
def first_inputs(sizes: DataSizes, seed: int) -> Tensor:
    """The pictures of this seed before the poke, as a network wants them."""
    return picture_inputs(poke_data(sizes, seed).triples.before)


def small_pixels(pictures: Bytes) -> Array:
    """Small grey pictures, (N, P)."""
    grey = pictures.astype(float).mean(axis=3) / 255
    n, H, W = grey.shape
    return np.asarray(grey.reshape(n, H // 2, 2, W // 2, 2).mean((2, 4)).reshape(n, -1))
