"""Digits in two domains: printed ones, drawn with fonts, and scanned handwriting.

Both are on every machine. The fonts come with matplotlib, the scans with scikit-learn
(1 797 digits of 44 people, 8 × 8 pixels, by E. Alpaydin and C. Kaynak). Both give
images of the same form: white ink on black, (N, size, size, 3) float32 from 0 to 1, all
three channels the same, so that a network for coloured images reads them.

    printed_digits    as many as are wanted: a random font, then a small random change
                      of size, angle and place
    scanned_digits    the scans, in a part for training and a part for tests

A printed digit is an outline; it is sampled at 3 × 3 points in each pixel. A scan is
enlarged from 8 × 8 by linear interpolation, so its strokes are softer.

Matplotlib's folder also holds fonts that are of no use here. They are left out by name,
each with its reason, see `LEFT_OUT`. One of them, LastResort, draws the same box for
every character: it would be a font whose labels mean nothing.

Read `printed_digits`, then `scanned_digits`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from matplotlib import get_data_path
from matplotlib.ft2font import FT2Font, LoadFlags
from numpy.typing import NDArray
from sklearn.datasets import load_digits

Array = NDArray[np.float64]

CLASSES = 10
SIZE = 16  # [pixel]
SCAN_SIZE = 8
SCAN_INK = 16  # value of a pixel that is full of ink
GLYPH_SIZE = 64  # of the square in which a font's digit is kept
SUBSAMPLES = 3  # in each direction of a pixel
FONTS = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSans-BoldOblique",
    "DejaVuSans-Oblique",
    "DejaVuSansMono",
    "DejaVuSansMono-Bold",
    "DejaVuSansMono-BoldOblique",
    "DejaVuSansMono-Oblique",
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "DejaVuSerif-BoldItalic",
    "DejaVuSerif-Italic",
    "STIXGeneral",
    "STIXGeneralBol",
    "STIXGeneralBolIta",
    "STIXGeneralItalic",
    "cmb10",
    "cmr10",
    "cmss10",
    "cmti10",
    "cmtt10",
)
"""Fonts that digits are drawn with."""
NO_DIGITS = "it has no digits"
SYMBOLS = "it has symbols where digits should be"
LEFT_OUT = {
    "LastResortHE-Regular": "it draws the same box for every character",
    "cmex10": SYMBOLS,
    "cmsy10": SYMBOLS,
    "cmmi10": "its digits have old forms of unequal height",
    "DejaVuSansDisplay": NO_DIGITS,
    "DejaVuSerifDisplay": NO_DIGITS,
    "STIXNonUni": NO_DIGITS,
    "STIXNonUniBol": NO_DIGITS,
    "STIXNonUniBolIta": NO_DIGITS,
    "STIXNonUniIta": NO_DIGITS,
    "STIXSizOneSymReg": NO_DIGITS,
    "STIXSizOneSymBol": NO_DIGITS,
    "STIXSizTwoSymReg": NO_DIGITS,
    "STIXSizTwoSymBol": NO_DIGITS,
    "STIXSizThreeSymReg": NO_DIGITS,
    "STIXSizThreeSymBol": NO_DIGITS,
    "STIXSizFourSymReg": NO_DIGITS,
    "STIXSizFourSymBol": NO_DIGITS,
    "STIXSizFiveSymReg": NO_DIGITS,
}
"""Fonts of matplotlib that are not used -> why not."""


@dataclass(frozen=True, eq=False)
class Digits:
    """Images with their labels.

    Args:
        images: (N, size, size, 3) float32, from 0 to 1.
        labels: the digits, (N,).
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: NDArray[np.int64]) -> Digits:
        """The digits of these rows, in their order."""
        return Digits(self.images[rows], self.labels[rows])

    def split(self, n: int, rng: np.random.Generator) -> tuple[Digits, Digits]:
        """n random digits, as many of each class as of any other (or one more), and
        all other digits.

        Raises:
            ValueError: n is not positive, or there are not so many.
        """
        rows = balanced_rows(self.labels, n, rng)
        others = np.setdiff1d(np.arange(len(self)), rows)
        return self.take(rows), self.take(others)


@dataclass(frozen=True)
class Variation:
    """How printed digits differ from each other, besides by their fonts.

    Args:
        size: smallest and largest share of the image that a digit fills.
        angle: largest rotation to either side [degree].
        shift: largest displacement in each direction, as a share of the image.
    """

    size: tuple[float, float] = (0.7, 1.0)
    angle: float = 10.0
    shift: float = 0.06


def printed_digits(
    n: int,
    rng: np.random.Generator,
    *,
    size: int = SIZE,
    fonts: Sequence[str] = FONTS,
    variation: Variation | None = None,
) -> Digits:
    """n digits in print, the classes as equally often as n allows.

    Args:
        n: number of digits.
        rng: draws their order, fonts, sizes, angles and places.
        size: height and width of an image [pixel].
        fonts: of `FONTS`.
        variation: how digits differ; None for the usual variation.

    Raises:
        ValueError: n or size is too small, there is no font, or a font is not among
            `FONTS`.
    """
    check_image_size(size)
    if n < 1:
        raise ValueError(f"the number of digits must be positive; got {n}")
    if not fonts:
        raise ValueError("digits need at least one font; got none")
    glyphs = np.stack([glyph(font, d) for font in fonts for d in range(CLASSES)])
    v = Variation() if variation is None else variation
    labels = rng.permutation(np.arange(n) % CLASSES)
    which = rng.integers(len(fonts), size=n) * CLASSES + labels
    scales = rng.uniform(*v.size, size=n)
    angles = np.deg2rad(rng.uniform(-v.angle, v.angle, size=n))
    shifts = rng.uniform(-v.shift, v.shift, size=(n, 2))
    images = np.empty((n, size, size, 3), dtype=np.float32)
    for i in range(n):
        ink = drawn_glyph(glyphs[which[i]], size, scales[i], angles[i], shifts[i])
        images[i] = ink[..., None]
    return Digits(images, labels)


def drawn_glyph(
    outline: Array, size: int, scale: float, angle: float, shift: Array
) -> Array:
    """A glyph in an image: scaled, rotated and shifted about the middle, (size, size).

    Args:
        outline: as `glyph` gives it.
        size: of the image [pixel].
        scale: share of the image that the glyph's square fills.
        angle: [rad].
        shift: right and down, as a share of the image, (2,).
    """
    points = (np.arange(size * SUBSAMPLES) + 0.5) / (size * SUBSAMPLES) - 0.5
    x = points[None, :] - shift[0]
    y = points[:, None] - shift[1]
    c, s = np.cos(angle) / scale, np.sin(angle) / scale
    column = np.floor((c * x + s * y + 0.5) * GLYPH_SIZE).astype(int)
    row = np.floor((c * y - s * x + 0.5) * GLYPH_SIZE).astype(int)
    inside = (np.minimum(row, column) >= 0) & (np.maximum(row, column) < GLYPH_SIZE)
    ink = np.where(inside, outline[row * inside, column * inside], 0.0)
    pixels = ink.reshape(size, SUBSAMPLES, size, SUBSAMPLES)
    return np.asarray(pixels.mean(axis=(1, 3)))


@cache
def glyph(font: str, digit: int) -> Array:
    """A digit of a font: how much ink is where, from 0 to 1, in the middle of a square
    that it fills from top to bottom, (GLYPH_SIZE, GLYPH_SIZE).

    Raises:
        ValueError: the font is left out (the message tells why), or not known.
    """
    if font not in FONTS:
        reason = LEFT_OUT.get(font, "it does not come with matplotlib")
        raise ValueError(
            f"no digits are drawn with {font!r}: {reason}; there are: "
            f"{', '.join(FONTS)}"
        )
    letter = FT2Font(str(Path(get_data_path(), "fonts", "ttf", f"{font}.ttf")))
    letter.set_size(GLYPH_SIZE, 72)
    letter.set_text(str(digit), flags=LoadFlags.NO_HINTING)
    letter.draw_glyphs_to_bitmap(antialiased=True)
    ink = np.asarray(letter.get_image()) / 255
    ink = ink[ink.any(axis=1)][:, ink.any(axis=0)]
    longer = max(ink.shape)
    square = np.zeros((longer, longer))
    top, left = ((longer - length) // 2 for length in ink.shape)
    square[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return enlarged(square, GLYPH_SIZE)


def scanned_digits(
    rng: np.random.Generator, *, tests: int = 800, size: int = SIZE
) -> tuple[Digits, Digits]:
    """The scans in two parts without a common scan: for training, and for tests.

    Args:
        rng: draws the parts; the same rng gives the same parts.
        tests: number of scans for tests, of each class the same number or one more.
        size: height and width of an image [pixel].

    Raises:
        ValueError: there are not so many scans, or the images are too small.
    """
    check_image_size(size)
    scans = load_digits()
    ink = enlarged(scans.images / SCAN_INK, size).astype(np.float32)
    images = np.repeat(ink[..., None], 3, axis=-1)
    everything = Digits(images, scans.target.astype(np.int64))
    test, training = everything.split(tests, rng)
    return training, test


def enlarged(images: Array, size: int) -> Array:
    """Square images (…, s, s) as (…, size, size), by linear interpolation between the
    middles of pixels.
    """
    before = images.shape[-1]
    middles = (np.arange(size) + 0.5) * before / size - 0.5
    places = np.clip(middles, 0, before - 1)
    E = np.maximum(1 - np.abs(places[:, None] - np.arange(before)), 0)  # (size, s)
    return np.asarray(E @ images @ E.T)


def balanced_rows(
    labels: NDArray[np.int64], n: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """n random rows in which every class is equally frequent, or once more, (n,).

    Args:
        labels: of all rows, (N,).
        n: number of rows.
        rng: draws them, and which classes come once more.

    Raises:
        ValueError: n is not positive, or a class has too few rows; names the class.
    """
    if not 1 <= n <= len(labels):
        raise ValueError(f"n must be from 1 to {len(labels)}; got {n}")
    classes = rng.permutation(np.unique(labels))
    shares = np.full(len(classes), n // len(classes))
    shares[: n % len(classes)] += 1
    rows = []
    for digit, share in zip(classes, shares, strict=True):
        own = np.flatnonzero(labels == digit)
        if len(own) < share:
            raise ValueError(
                f"{n} balanced rows need {share} of class {digit}; there are {len(own)}"
            )
        rows.append(rng.permutation(own)[:share])
    return rng.permutation(np.concatenate(rows))


def check_image_size(size: int) -> None:
    """Refuse images that are smaller than a scan.

    Raises:
        ValueError: tells the smallest size.
    """
    if size < SCAN_SIZE:
        raise ValueError(f"images must have {SCAN_SIZE} pixels or more; got {size}")
