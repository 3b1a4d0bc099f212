"""What must hold of the two families of textures."""

import numpy as np
import pytest

from lecture_code.vision.textures import (
    real_textures,
    smooth_texture,
    training_textures,
)

FAMILIES = [training_textures, real_textures]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_texture_depends_only_on_its_number(family):
    """Invariance: more textures are the same ones and some new ones, bit for bit, and
    all differ.
    """
    few, many = family(6), family(40)
    assert np.array_equal(few, many[:6])
    assert len({texture.tobytes() for texture in many}) == 40


@pytest.mark.parametrize("family", FAMILIES)
def test_textures_are_small_pictures(family):
    """Textures are 16 × 16 pixels of red, green and blue between 0 and 1, and cannot
    be written to.
    """
    textures = family(40)
    assert textures.shape == (40, 16, 16, 3) and textures.dtype == np.float32
    assert textures.min() >= 0 and textures.max() <= 1
    with pytest.raises(ValueError, match="read-only"):
        textures[0] = 0


def test_families_share_nothing():
    """No "real" texture is near a texture for training, also when it is moved, turned
    or mirrored: levels and waves are compared without their places.
    """

    def sorted_levels(textures):
        return np.sort(textures.reshape(len(textures), 256, 3), axis=1)

    training = sorted_levels(training_textures(200))
    for real in sorted_levels(real_textures(40)):
        assert np.abs(training - real).max(axis=(1, 2)).min() > 0.03


def test_the_training_family_has_all_its_kinds():
    """Among the textures are plain ones, stripes in both directions, and others, in
    many colours.
    """
    textures = training_textures(200).astype(float)
    spread = textures.std((1, 2)).mean(-1)
    across = textures.mean(1).std(1).mean(-1)  # of the means of columns
    down = textures.mean(2).std(1).mean(-1)  # of the means of rows
    assert ((across > 0.07) & (down < 0.03)).sum() > 10  # upright stripes
    assert ((down > 0.07) & (across < 0.03)).sum() > 10  # lying stripes
    assert (spread < 0.05).sum() > 10  # plain
    assert ((spread > 0.07) & (down < 0.03) & (across < 0.03)).sum() > 10  # checks
    assert ((down > 0.03) & (across > 0.03)).sum() > 10  # smooth noise
    colours = textures.mean((1, 2))
    assert (colours.std(0) > 0.15).all()


def test_real_textures_are_waves_around_a_colour():
    """Equation: where nothing was clipped, only the mean and waves up to three in a
    texture have strength.
    """
    textures = real_textures(40).astype(float)
    inside = textures[(textures.min((1, 2, 3)) > 0) & (textures.max((1, 2, 3)) < 1)]
    assert len(inside) > 10
    strength = np.abs(np.fft.fft2(inside, axes=(1, 2)))
    short = np.abs(np.fft.fftfreq(16) * 16) > 3
    assert strength[:, short].max() < 1e-3
    assert strength[:, :, short].max() < 1e-3
    assert strength[:, 1:4].max() > 1


def test_smooth_noise_is_smooth_and_repeats():
    """Smooth noise has mean 0, standard deviation 1, and neighbours that resemble each
    other, across the edge too.
    """
    smooth = smooth_texture(2.0, np.random.default_rng(0))
    assert smooth.mean() == pytest.approx(0, abs=1e-12)
    assert smooth.std() == pytest.approx(1, abs=1e-6)
    steps = np.abs(np.roll(smooth, 1, axis=1) - smooth)
    assert steps[:, 0].mean() < 1.5 * steps[:, 1:].mean() < 0.8
    rough = smooth_texture(6.0, np.random.default_rng(0))
    assert np.abs(np.roll(rough, 1, axis=1) - rough).mean() > 1.5 * steps.mean()


@pytest.mark.parametrize("family", FAMILIES)
def test_no_texture_is_an_error(family):
    """The error says how many textures were asked for."""
    with pytest.raises(ValueError, match="at least one texture; got n = 0"):
        family(0)
