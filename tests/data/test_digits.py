"""What must hold of digits in print and in scans."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib import get_data_path
from sklearn.datasets import load_digits

from lecture_code.data.digits import (
    FONTS,
    LEFT_OUT,
    Digits,
    Variation,
    balanced_rows,
    drawn_glyph,
    enlarged,
    glyph,
    printed_digits,
    scanned_digits,
)

STILL = Variation(size=(1.0, 1.0), angle=0.0, shift=0.0)


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def scans():
    """The scans for training, and for tests."""
    return scanned_digits(rng())


# --- both domains


def test_both_domains_have_the_same_form(scans):
    """Conformance: images are float32 from 0 to 1, from black to full ink, with three
    equal channels; labels are whole numbers.
    """
    for digits in (printed_digits(60, rng()), *scans):
        assert digits.images.shape == (len(digits), 16, 16, 3)
        assert digits.images.dtype == np.float32
        assert digits.labels.dtype == np.int64
        assert digits.images.min() == 0
        assert digits.images.max() == 1
        assert np.array_equal(digits.images[..., 0], digits.images[..., 2])
        assert 0.05 < digits.images.mean() < 0.5  # ink on black, not black on paper


def test_another_size_is_possible():
    """Conformance: both domains in 24 × 24 pixels."""
    training, test = scanned_digits(rng(), tests=10, size=24)
    for digits in (printed_digits(3, rng(), size=24), training, test):
        assert digits.images.shape[1:] == (24, 24, 3)


def test_the_same_generator_gives_the_same_digits(scans):
    """Determinism: images and labels, bit by bit; another seed gives others."""
    first, again, other = (printed_digits(50, rng(seed)) for seed in (1, 1, 2))
    assert first.images.tobytes() == again.images.tobytes()
    assert np.array_equal(first.labels, again.labels)
    assert first.images.tobytes() != other.images.tobytes()
    for part, same, different in zip(
        scans, scanned_digits(rng()), scanned_digits(rng(1)), strict=True
    ):
        assert part.images.tobytes() == same.images.tobytes()
        assert part.images.tobytes() != different.images.tobytes()


def test_classes_are_balanced(scans):
    """Equation: of 43 printed digits every class has four or five, and of 800 scans for
    tests exactly 80.
    """
    counts = np.bincount(printed_digits(43, rng()).labels, minlength=10)
    assert sorted(counts) == [4] * 7 + [5] * 3
    assert np.bincount(scans[1].labels).tolist() == [80] * 10


# --- print


def test_every_font_has_ten_different_digits():
    """Conformance: no digit of a font is empty, fills its square with ink, or looks
    like another digit of any font.
    """
    glyphs = {(font, d): glyph(font, d) for font in FONTS for d in range(10)}
    for ink in glyphs.values():
        assert 0.05 < ink.mean() < 0.6
        assert ink.max() > 0.9
        assert ink[:2].any() and ink[-2:].any()  # from top to bottom
    pictures = {name: ink.round(2).tobytes() for name, ink in glyphs.items()}
    assert len(set(pictures.values())) == 10 * len(FONTS)
    for font in FONTS:
        for a, b in combinations(range(10), 2):
            assert np.abs(glyphs[font, a] - glyphs[font, b]).mean() > 0.02


def test_every_font_of_matplotlib_is_used_or_has_a_reason():
    """Conformance: the folder holds what is used and what is left out, nothing else."""
    folder = Path(get_data_path(), "fonts", "ttf")
    assert {path.stem for path in folder.glob("*.ttf")} == {*FONTS, *LEFT_OUT}
    assert not set(FONTS) & set(LEFT_OUT)


def test_a_digit_carries_its_own_label():
    """Equation: without variation, a printed digit is the glyph of its label."""
    digits = printed_digits(40, rng(), fonts=["cmr10"], variation=STILL)
    for image, label in zip(digits.images, digits.labels, strict=True):
        expected = drawn_glyph(glyph("cmr10", label), 16, 1.0, 0.0, np.zeros(2))
        assert np.array_equal(image[..., 1], expected.astype(np.float32))


def test_a_place_is_where_it_should_be():
    """Equation: a shift of a quarter moves the ink four pixels right and down, half the
    scale leaves a quarter of the ink, and a quarter turn turns as on a clock.
    """
    corner = np.zeros((64, 64))
    corner[:16, 32:] = 1.0
    still = drawn_glyph(corner, 16, 1.0, 0.0, np.zeros(2))
    assert np.array_equal(still[:4, 8:], np.ones((4, 8))) and still.sum() == 32
    shifted = drawn_glyph(corner, 16, 1.0, 0.0, np.full(2, 0.25))
    assert np.array_equal(shifted[4:, 4:], still[:-4, :-4])
    smaller = drawn_glyph(corner, 16, 0.5, 0.0, np.zeros(2))
    assert smaller[4:6, 8:12].sum() == smaller.sum() == 8
    turned = drawn_glyph(corner, 16, 1.0, np.pi / 2, np.zeros(2))
    assert np.allclose(turned, np.rot90(still, -1), atol=1e-9)


def test_print_varies_within_its_bounds():
    """Invariance: in one font no two digits of a class are alike, all their ink is in
    the middle, and the largest shift leaves no digit at the edge of its bounds.
    """
    digits = printed_digits(100, rng(), fonts=["DejaVuSans"])
    assert len({image.tobytes() for image in digits.images}) == 100
    ink = digits.images[..., 0]
    middle = ink.sum((1, 2))
    place_x = (ink.sum(1) * np.arange(16)).sum(1) / middle - 7.5
    assert np.abs(place_x).max() < 0.06 * 16 + 1.5
    assert place_x.std() > 0.3


@pytest.mark.parametrize(
    ("arguments", "culprit"),
    [
        ({"n": 0}, "positive; got 0"),
        ({"n": 5, "size": 7}, "8 pixels or more; got 7"),
        ({"n": 5, "fonts": ["Arial"]}, "'Arial': it does not come with.*DejaVuSans,"),
        ({"n": 5, "fonts": ["LastResortHE-Regular"]}, "the same box for every"),
        ({"n": 5, "fonts": ["STIXNonUni"]}, "no digits; there are"),
        ({"n": 5, "fonts": []}, "at least one font"),
    ],
)
def test_bad_print_is_named(arguments, culprit):
    """Errors name the culprit, and a font that is left out with its reason."""
    with pytest.raises(ValueError, match=culprit):
        printed_digits(rng=rng(), **arguments)


# --- scans


def test_the_parts_of_the_scans_are_disjoint_and_complete(scans):
    """Conformance: 997 and 800 scans, and together they are the scans of scikit-learn,
    each as often as there.
    """
    training, test = scans
    assert (len(training), len(test)) == (997, 800)
    scaled = enlarged(load_digits().images / 16, 16).astype(np.float32)
    pairs = zip(scaled, load_digits().target, strict=True)
    whole = sorted((image.tobytes(), int(label)) for image, label in pairs)
    parts = [
        (image[..., 0].tobytes(), int(label))
        for part in scans
        for image, label in zip(part.images, part.labels, strict=True)
    ]
    assert sorted(parts) == whole
    assert len(set(parts)) > 1700


def test_enlarging_interpolates():
    """Equation: a constant stays constant, a ramp stays a ramp between the middles of
    the outermost pixels, and the same size changes nothing.
    """
    assert np.allclose(enlarged(np.full((2, 8, 8), 0.3), 20), 0.3)
    ramp = np.arange(8.0) * np.ones((8, 1))
    expected = np.clip((np.arange(16) + 0.5) / 2 - 0.5, 0, 7)
    assert np.allclose(enlarged(ramp, 16), expected * np.ones((16, 1)))
    assert np.array_equal(enlarged(ramp, 8), ramp)


@pytest.mark.parametrize(
    ("arguments", "culprit"),
    [
        ({"tests": 0}, "from 1 to 1797; got 0"),
        ({"tests": 1798}, "from 1 to 1797; got 1798"),
        ({"tests": 1790}, r"need 179 of class \d; there are 17\d"),
        ({"size": 4}, "8 pixels or more; got 4"),
    ],
)
def test_a_bad_split_is_named(arguments, culprit):
    """Errors name the class that has too few scans, or the bounds."""
    with pytest.raises(ValueError, match=culprit):
        scanned_digits(rng(), **arguments)


# --- rows


def test_a_split_is_balanced_random_and_disjoint():
    """Conformance: of 8 rows of three classes each class has two or three, no row is
    taken twice, the others are the rest, and another seed takes other rows.
    """
    labels = np.repeat([0, 1, 2], [10, 20, 30])
    images = np.arange(60, dtype=np.float32)[:, None, None, None]
    digits = Digits(images, labels)
    taken, others = digits.split(8, rng())
    assert sorted(np.bincount(taken.labels)) == [2, 3, 3]
    rows = [*taken.images.ravel(), *others.images.ravel()]
    assert sorted(rows) == list(range(60))
    assert np.array_equal(labels[taken.images.ravel().astype(int)], taken.labels)
    assert not np.array_equal(taken.images, digits.split(8, rng(1))[0].images)


def test_a_split_is_in_random_order():
    """Invariance: the first rows of a split are not all of one class."""
    labels = np.repeat(np.arange(10), 40)
    rows = balanced_rows(labels, 200, rng())
    assert len(set(labels[rows[:20]])) > 5
