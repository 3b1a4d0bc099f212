"""What must hold of appearances: one scene, many looks."""

import numpy as np
import pytest

from lecture_code.vision import Appearance, Camera, Eye, Shapes
from lecture_code.vision.appearance import as_bytes, gaussian_blur

PALETTE = {"background": (0.5, 0.5, 0.5), "ball": (1.0, 0.2, 0.0)}
CAMERA = Camera(16, 16, 2.4)
SCENE = (Shapes.discs("ball", [[0.1, 0.2], [-0.4, 0.3]], 0.4),)


def look(seed=0, camera=CAMERA, palette=PALETTE, **knobs):
    eye = Eye(camera, Appearance(palette, **knobs), np.random.default_rng(0))
    return eye.look(SCENE, np.random.default_rng(seed))


def test_the_palette_colours_the_scene():
    """Another palette changes the colours, and not the shares of the pixels."""
    red = look()
    blue = look(palette=PALETTE | {"ball": (0.0, 0.2, 1.0)})
    np.testing.assert_allclose(red[0, 6, 8], [1.0, 0.2, 0.0], atol=1e-6)
    np.testing.assert_allclose(blue[0, 6, 8], [0.0, 0.2, 1.0], atol=1e-6)
    np.testing.assert_allclose(red[..., 1], blue[..., 1], atol=1e-6)


@pytest.mark.parametrize("knob", ["texture", "blur", "noise"])
def test_a_knob_at_zero_changes_nothing(knob):
    """Limit: without texture, blur or noise the plain image is seen, bit for bit."""
    assert np.array_equal(look(**{knob: 0.0}), look())
    assert not np.array_equal(look(**{knob: 0.3}), look())


def test_brightness_multiplies_every_pixel():
    """Equation: half the brightness halves every pixel."""
    np.testing.assert_allclose(look(brightness=0.5), 0.5 * look(), atol=1e-6)


def test_the_slope_is_from_edge_to_edge():
    """Equation: the left edge is darker and the right edge brighter by the slope."""
    ratio = look(slope=0.2)[0, 0, :, 0] / look()[0, 0, :, 0]
    np.testing.assert_allclose(ratio[[0, -1]], [0.8, 1.2], atol=1e-6)
    assert (np.diff(ratio) > 0).all()


def test_the_pattern_lies_on_the_plane():
    """Invariance: a camera that is moved by one wave sees the same pattern."""
    moved = Camera(16, 16, 2.4, (1 / 3, 0.0))
    still = Appearance(PALETTE, texture=0.2)
    np.testing.assert_allclose(
        still.background(CAMERA), still.background(moved), atol=1e-5
    )
    assert still.background(CAMERA).std() > 0.05


def test_blur_keeps_the_light_and_lowers_the_contrast():
    """A window spreads a point of light as a Gaussian of its width, and loses none."""
    point = np.zeros((1, 15, 15, 3), np.float32)
    point[0, 7, 7] = 1.0
    seen = gaussian_blur(point, 1.5)[0, ..., 0].astype(float)
    assert seen.sum() == pytest.approx(1.0, abs=1e-5)
    rows = np.arange(15) - 7
    assert (seen.sum(1) * rows**2).sum() == pytest.approx(1.5**2, rel=0.03)
    np.testing.assert_allclose(seen, seen.T, atol=1e-7)


def test_noise_has_its_standard_deviation_and_its_seed():
    """Determinism: noise is as strong as it says, new for every image, and the same
    for the same seed.
    """
    noisy = look(noise=0.05)
    difference = noisy - look()
    inside = (noisy > 0) & (noisy < 1)
    assert difference[inside].std() == pytest.approx(0.05, rel=0.1)
    assert np.array_equal(noisy, look(noise=0.05))
    assert not np.array_equal(noisy, look(1, noise=0.05))
    assert not np.array_equal(difference[0, 0], difference[1, 0])


def test_pixels_stay_in_range():
    """However bright and noisy, pixels are float32 between 0 and 1, or bytes."""
    images = look(brightness=3.0, noise=1.0)
    assert images.dtype == np.float32
    assert images.min() == 0.0 and images.max() == 1.0
    assert as_bytes(images).dtype == np.uint8
    assert as_bytes(np.array([0.0, 0.5, 1.0], np.float32)).tolist() == [0, 128, 255]


@pytest.mark.parametrize(
    ("make", "culprit"),
    [
        (lambda: Appearance({"ball": (1, 0, 0)}), "no colour 'background'.*: ball"),
        (lambda: Appearance(), "it has: no colour"),
        (lambda: look(palette={"background": (1, 1, 1)}), "'ball'.*: background"),
        (lambda: Appearance(PALETTE | {"sky": (0, 0, 2)}), "'sky' must be three"),
        (lambda: Appearance(PALETTE | {"sky": (0, 0)}), "'sky' must be three"),
        (lambda: Appearance(PALETTE, noise=-1), "noise must not be negative; got -1"),
        (lambda: Appearance(PALETTE, blur=np.nan), "blur must not be negative"),
        (lambda: Appearance(PALETTE, slope=2), "slope must lie"),
    ],
)
def test_bad_appearances_are_named(make, culprit):
    """Errors name the culprit, its value and the colours that exist."""
    with pytest.raises(ValueError, match=culprit):
        make()
