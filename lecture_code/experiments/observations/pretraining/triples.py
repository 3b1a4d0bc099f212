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


def small_pixels(pictures: Bytes, *, colour: bool = False) -> Array:
    """Small pictures, grey (N, P) or in colour (N, 3 P)."""
    seen = pictures.astype(float) / 255
    if not colour:
        seen = seen.mean(axis=3, keepdims=True)
    n, H, W, C = seen.shape
    blocks = seen.reshape(n, H // 2, 2, W // 2, 2, C)
    return np.asarray(blocks.mean((2, 4)).reshape(n, -1))
