"""Textures of walls: pictures of 16 × 16 pixels that repeat in every cell.

Two families that share nothing:

    training   plain, stripes, checks or smooth noise in random colours, with grain
    real       a colour with four waves over it

Texture i of a family depends only on the family and on i. So more textures are the
same textures and some new ones.

Read `training_texture`, then `real_texture`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from lecture_code.vision.grid_map import Array

Textures = NDArray[np.float32]
SIZE = 16  # rows and columns of a texture
TRAINING_FAMILY, REAL_FAMILY = 1, 2  # seeds


def training_texture(rng: np.random.Generator) -> Array:
    """A texture for training, (16, 16, 3) between 0 and 1.

    Args:
        rng: draws two colours, the pattern between them, its contrast, and grain.
    """
    colours = rng.uniform(0.05, 0.95, (3, 3))[:2]
    pattern = _pattern(int(rng.integers(5)), rng)
    contrast = rng.uniform(0.2, 1)
    mixed = colours[0] + contrast * pattern[..., None] * (colours[1] - colours[0])
    grain = rng.uniform(0, 0.15) * rng.standard_normal((SIZE, SIZE, 1))
    return np.asarray(np.clip(mixed + grain, 0, 1))


def _pattern(kind: int, rng: np.random.Generator) -> Array:
    """How much of the second colour is in each pixel, (16, 16) between 0 and 1: none,
    upright stripes, lying stripes, checks, or smooth noise.
    """
    if kind == 0:
        return np.zeros((SIZE, SIZE))
    if kind == 4:
        return np.asarray(1 / (1 + np.exp(-2 * smooth_texture(rng.uniform(1, 6), rng))))
    row, column = np.indices((SIZE, SIZE)) // int(rng.integers(1, 9))
    stripes = {1: column, 2: row, 3: row + column}[kind]
    return np.asarray(stripes % 2, dtype=float)


def smooth_texture(finest: float, rng: np.random.Generator) -> Array:
    """Smooth noise that repeats, (16, 16), with mean 0 and standard deviation 1.

    Args:
        finest: waves in a texture that are damped by the factor e; shorter waves are
            damped more.
        rng: draws the noise.
    """
    waves = np.fft.fftfreq(SIZE) * SIZE
    damping = np.exp(-((np.hypot(waves[:, None], waves) / finest) ** 2))
    noise = rng.standard_normal((SIZE, SIZE))
    smoothed = np.real(np.fft.ifft2(np.fft.fft2(noise) * damping))
    return np.asarray((smoothed - smoothed.mean()) / (smoothed.std() + 1e-9))


def real_texture(rng: np.random.Generator) -> Array:
    """A texture of the "real" walls, (16, 16, 3) between 0 and 1.

    Args:
        rng: draws the colour, and direction, phase and strength of four waves.
    """
    y, x = np.indices((SIZE, SIZE)) * 2 * np.pi / SIZE
    texture = np.broadcast_to(rng.uniform(0.3, 0.8, 3), (SIZE, SIZE, 3))
    for _ in range(4):
        a, b = rng.integers(0, 4, 2)
        strength = rng.uniform(0.03, 0.15)
        wave = np.sin(a * x + b * y + rng.uniform(0, 2 * np.pi))
        texture = texture + strength * wave[..., None] * rng.uniform(0.3, 1, 3)
    return np.clip(texture, 0, 1)


def training_textures(n: int) -> Textures:
    """The first n textures for training, (n, 16, 16, 3).

    Raises:
        ValueError: n is not positive.
    """
    return _first(n, training_texture, TRAINING_FAMILY)


def real_textures(n: int) -> Textures:
    """The first n textures of the "real" walls, (n, 16, 16, 3).

    Raises:
        ValueError: n is not positive.
    """
    return _first(n, real_texture, REAL_FAMILY)


@cache
def _first(
    n: int, draw: Callable[[np.random.Generator], Array], family: int
) -> Textures:
    """The first n textures of a family; they cannot be written to."""
    if n < 1:
        raise ValueError(f"a family needs at least one texture; got n = {n}")
    textures = [draw(np.random.default_rng([family, i])) for i in range(n)]
    stacked = np.array(textures, dtype=np.float32)
    stacked.setflags(write=False)
    return stacked
