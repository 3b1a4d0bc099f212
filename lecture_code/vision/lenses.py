"""What stands between the walls and the image: the lens of each family of looks.

    (1)  pixel ← pixel^gamma
    (2)  pixel ← pixel · (1 − vignette · far)     far: 0 in the middle, 1 in corners
    (3)  pixel ← (1 − blur) pixel + blur · mean of it and its eight neighbours

A family has one lens. The family "random lens" draws one for each robot, from ranges
that contain the "real" lens. Read `through_lenses`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lecture_code.compiling import compiler
from lecture_code.vision.rasteriser import Images
from lecture_code.vision.textures import Textures, real_textures, training_textures

Array = NDArray[np.float64]
GAMMA, VIGNETTE, BLUR = (0.7, 1.6), (0.0, 0.5), (0.0, 1.0)  # of random lenses
compiled = compiler()


@dataclass(frozen=True)
class Lens:
    """What stands between the walls and the image, the same for a whole family.

    Args:
        textures: function from n to the first n textures of the family.
        count: how many textures the family has.
        gamma: each pixel becomes pixel^gamma.
        vignette: how much darker the corners are.
        blur: whether each pixel is mixed with its eight neighbours.
        noise: standard deviation of the noise of a pixel.
    """

    textures: Callable[[int], Textures]
    count: int
    gamma: float = 1.0
    vignette: float = 0.0
    blur: bool = False
    noise: float = 0.03

    def through(self, images: Images) -> Images:
        """Images (N, H, W, 3) between 0 and 1, seen through the lens without noise."""
        if self.gamma != 1:
            images = images ** np.float32(self.gamma)  # eq. 1
        if self.vignette:
            far = corners(*images.shape[1:3])
            shade = np.asarray(1 - self.vignette * far, dtype=np.float32)
            images = images * shade  # eq. 2
        if self.blur:
            images = blur_neighbours(images)  # eq. 3
        return images


def corners(height: int, width: int) -> Array:
    """How far each pixel is from the middle: 0 there, 1 in the corners, (H, W, 1)."""
    row = (2 * np.arange(height) + 1) / height - 1
    column = (2 * np.arange(width) + 1) / width - 1
    return np.asarray(((row[:, None] ** 2 + column**2) / 2)[..., None])


def draw_lenses(n: int, rng: np.random.Generator) -> Array:
    """Gamma, vignette and blur of n random lenses, (n, 3)."""
    low, high = np.array([GAMMA, VIGNETTE, BLUR]).T
    return rng.uniform(low, high, (n, 3))


def through_lenses(images: Images, lenses: Array) -> Images:
    """Each image seen through a lens of its own, without noise.

    Args:
        images: (N, H, W, 3), between 0 and 1.
        lenses: gamma, vignette and blur of each, (N, 3).
    """
    gamma, vignette, blur = lenses.astype(np.float32).T[..., None, None, None]
    far = corners(*images.shape[1:3]).astype(np.float32)
    images = images**gamma * (1 - vignette * far)  # eqs 1–2
    return np.asarray(images + blur * (blur_neighbours(images) - images))  # eq. 3


@compiled
def blur_neighbours(images):
    """Images (N, H, W, 3), float32, with weights ¼, ½, ¼ along rows and columns; the
    edges are continued.
    """
    N, H, W, _ = images.shape
    blurred = np.empty_like(images)
    mixed = np.empty((W, 3), np.float32)  # one row, mixed with the rows beside it
    quarter = np.float32(0.25)
    for n in range(N):
        for j in range(H):
            above = images[n, max(j - 1, 0)]
            here = images[n, j]
            below = images[n, min(j + 1, H - 1)]
            for i in range(W):
                for k in range(3):
                    mixed[i, k] = quarter * (above[i, k] + 2 * here[i, k] + below[i, k])
            for i in range(W):
                left = mixed[max(i - 1, 0)]
                right = mixed[min(i + 1, W - 1)]
                for k in range(3):
                    blurred[n, j, i, k] = quarter * (
                        left[k] + 2 * mixed[i, k] + right[k]
                    )
    return blurred


_REAL = Lens(real_textures, 40, gamma=1.4, vignette=0.35, blur=True, noise=0.04)
FAMILIES = {
    "training": Lens(training_textures, 200),
    "single": Lens(training_textures, 200),
    "real": _REAL,
    "real textures": Lens(real_textures, 40),
    "real lens": replace(_REAL, textures=training_textures, count=200),
    "real view": Lens(training_textures, 200),
    "random lens": Lens(training_textures, 200, noise=0.04),
}


def lens_of(family: str) -> Lens:
    """Textures and lens of a family of looks.

    Raises:
        ValueError: there is no such family; the message lists them.
    """
    if family not in FAMILIES:
        raise ValueError(
            f"there is no family of looks {family!r}; there is: {', '.join(FAMILIES)}"
        )
    return FAMILIES[family]
