"""How a scene looks: colours, texture, light, blur and noise.

An appearance is a value of its own, so "simulation" and "real" can be the same scene,
seen by two eyes. From scene to image:

     1  the background: its colour, and a pattern of waves on the plane
     2  the shapes, each in its colour of the palette      `rasteriser.py`
     3  light: every pixel times brightness, and a slope from left to right
     4  blur: a Gaussian window
     5  noise of every pixel, ~ N(0, noise²)
     6  pixels are clipped to [0, 1]

Noise takes longer to draw than shapes. So an eye draws a long row of noise once, the
bank, and each image uses a piece of the bank that starts at random. Pixels of one
image are independent; two images may share a piece.

Read `Eye.look`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lecture_code.vision.camera import Camera
from lecture_code.vision.rasteriser import Images, add_noise, rasterise
from lecture_code.vision.shapes import Shapes

Colour = tuple[float, float, float]
BANK = 1_000_000  # numbers in the bank of noise, at least
WAVES = 3.0  # of the pattern, in a metre


@dataclass(frozen=True)
class Appearance:
    """How a scene looks.

    Args:
        palette: name of a colour -> red, green and blue between 0 and 1. The colour
            "background" must be there.
        texture: how far the pattern on the background departs from its colour.
        brightness: factor of every pixel.
        slope: the right edge is brighter by this share, the left edge darker.
        blur: standard deviation of the window [pixel].
        noise: standard deviation of the noise of a pixel.

    Raises:
        ValueError: a colour is missing or not between 0 and 1, or a number is negative.
    """

    palette: Mapping[str, Colour] = field(default_factory=dict)
    texture: float = 0.0
    brightness: float = 1.0
    slope: float = 0.0
    blur: float = 0.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        self.colour("background")
        for name, colour in self.palette.items():
            if len(colour) != 3 or not all(0 <= part <= 1 for part in colour):
                raise ValueError(
                    f"colour {name!r} must be three numbers between 0 and 1; got "
                    f"{colour}"
                )
        for name in ("texture", "brightness", "blur", "noise"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(
                    f"{name} must not be negative; got {getattr(self, name)}"
                )
        if not -1 <= self.slope <= 1:
            raise ValueError(f"slope must lie between -1 and 1; got {self.slope}")

    def colour(self, name: str) -> Colour:
        """A colour of the palette.

        Raises:
            ValueError: the palette lacks it; the message lists its colours.
        """
        if name not in self.palette:
            known = ", ".join(sorted(self.palette)) or "no colour"
            raise ValueError(f"the palette has no colour {name!r}; it has: {known}")
        return self.palette[name]

    def background(self, camera: Camera) -> Images:
        """What is behind the shapes, (H, W, 3)."""
        x, y = camera.grid()
        turn = 2 * np.pi * WAVES
        pattern = self.texture * np.sin(turn * x) * np.sin(turn * y)
        plain = np.array(self.colour("background"))
        return np.asarray(plain + pattern[..., None], dtype=np.float32)


class Eye:
    """A camera, and the appearance in which it shows a scene.

    Args:
        camera: where it stands.
        appearance: how the scene looks.
        rng: draws the bank of noise.
    """

    def __init__(
        self, camera: Camera, appearance: Appearance, rng: np.random.Generator
    ) -> None:
        self.camera = camera
        self.appearance = appearance
        self._background = appearance.background(camera)
        across = np.linspace(-1, 1, camera.width, dtype=np.float32)[:, None]  # (W, 1)
        self._light = appearance.brightness * (1 + appearance.slope * across)
        size = BANK if appearance.noise else 0
        self._bank = rng.standard_normal(size, dtype=np.float32)

    def look(self, scene: Sequence[Shapes], rng: np.random.Generator) -> Images:
        """Images (N, H, W, 3) of N scenes, float32 between 0 and 1.

        Args:
            scene: the shapes, those at the back first.
            rng: chooses the piece of the bank of noise for each image.
        """
        look = self.appearance
        colours = [look.colour(shapes.colour) for shapes in scene]
        images = rasterise(
            scene, np.array(colours, np.float32), self.camera, self._background
        )
        if look.brightness != 1 or look.slope:
            images *= self._light
        if look.blur:
            images = gaussian_blur(images, look.blur)
        if look.noise:
            size = images[0].size
            pieces = rng.integers(len(self._bank) - size, size=len(images))
            add_noise(images.reshape(len(images), size), self._bank, pieces, look.noise)
        return np.clip(images, 0, 1, out=images)


def gaussian_blur(images: Images, std: float) -> Images:
    """Images (N, H, W, 3) seen through a Gaussian window; edges are continued.

    Args:
        images: sharp.
        std: standard deviation of the window [pixel].
    """
    reach = math.ceil(3 * std)
    offsets = np.arange(-reach, reach + 1)
    window = np.exp(-0.5 * (offsets / std) ** 2)
    window /= window.sum()
    seen = images
    for axis in (1, 2):  # rows, then columns
        length = seen.shape[axis]
        places = np.clip(np.arange(length) + offsets[:, None], 0, length - 1)
        seen = sum(
            np.float32(weight) * seen.take(place, axis=axis)
            for weight, place in zip(window, places, strict=True)
        )
    return np.asarray(seen, dtype=np.float32)


def as_bytes(images: Images) -> NDArray[np.uint8]:
    """Images with 256 levels a channel, of images between 0 and 1."""
    return np.asarray(np.rint(255 * np.clip(images, 0, 1)), dtype=np.uint8)
