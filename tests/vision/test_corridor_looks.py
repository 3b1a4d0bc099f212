"""What must hold of looks, their families and their lenses."""

from dataclasses import fields, replace

import numpy as np
import pytest

from lecture_code.vision import draw_looks
from lecture_code.vision.corridor_looks import VIEW
from lecture_code.vision.lenses import (
    BLUR,
    FAMILIES,
    GAMMA,
    VIGNETTE,
    Lens,
    lens_of,
    through_lenses,
)
from lecture_code.vision.textures import real_textures, training_textures


def drawn(family, n=400, seed=0, **options):
    return draw_looks(family, n, np.random.default_rng(seed), **options)


def arrays(looks):
    """What is drawn, by name; without lenses where the family has one lens."""
    drawn = {field.name: getattr(looks, field.name) for field in fields(looks)[1:]}
    return {name: values for name, values in drawn.items() if values is not None}


def sharp(n=2):
    """Random images (n, 32, 64, 3)."""
    return np.random.default_rng(0).random((n, 32, 64, 3), dtype=np.float32)


@pytest.mark.parametrize("family", FAMILIES)
def test_looks_have_their_seed(family):
    """Determinism: the same seed draws the same looks; another seed draws others,
    except of the single look.
    """
    first = arrays(drawn(family))
    again = arrays(drawn(family))
    other = arrays(drawn(family, seed=1))
    assert all(np.array_equal(first[name], values) for name, values in again.items())
    same = all(np.array_equal(first[name], values) for name, values in other.items())
    assert same == (family == "single")


@pytest.mark.parametrize("rows", [[3], [7, 2, 2], slice(2, 9), np.arange(400) > 390])
def test_rows_pick_looks(rows):
    """Every array of `looks[rows]` has the rows that were asked for, in their order."""
    looks = drawn("training")
    some = looks[rows]
    assert some.family == "training" and len(some) == len(np.arange(400)[rows])
    for name, values in arrays(looks).items():
        assert np.array_equal(getattr(some, name), values[rows])


def test_the_single_look_is_one():
    """The control has one texture, one light, one camera and one pair of colours."""
    for values in arrays(drawn("single")).values():
        assert (values == values[:1]).all()
    assert len(np.unique(drawn("single").walls)) == 1


def test_training_looks_differ_in_everything_but_the_lens():
    """Randomised: textures, colours, light, heights and pitch differ from robot to
    robot; view and focal do not.
    """
    for name, values in arrays(drawn("training")).items():
        assert (values == values[0]).all() == (name in ("view", "focal"))


def test_real_looks_have_a_wider_view_and_other_textures():
    """The "real" camera sees 10 % more, and its walls come from the other family."""
    np.testing.assert_allclose(drawn("real").view, 1.1 * VIEW)
    np.testing.assert_allclose(drawn("training").view, VIEW)
    assert lens_of("real").textures is real_textures
    assert lens_of("training").textures is lens_of("single").textures
    assert lens_of("training").textures is training_textures


@pytest.mark.parametrize("family", ["training", "real"])
def test_all_textures_of_a_family_are_used(family):
    """Every texture appears; a wall has the texture of the first wall in about half of
    the looks.
    """
    looks = drawn(family, 4000)
    count = lens_of(family).count
    assert set(looks.walls.ravel().tolist()) == set(range(count))
    for other in (1, 2):
        same = (looks.walls[:, other] == looks.walls[:, 0]).mean()
        assert same == pytest.approx(0.5 + 0.5 / count, abs=0.03)


def test_fewer_textures_can_be_asked_for():
    """With `textures=5` only the first five appear, and nothing else of a look
    changes.
    """
    few, all_of_them = drawn("training", textures=5), drawn("training")
    assert set(few.walls.ravel().tolist()) == set(range(5))
    assert (drawn("training", textures=1).walls == 0).all()
    for name, values in arrays(few).items():
        assert (name == "walls") != np.array_equal(values, getattr(all_of_them, name))


def test_a_clear_lens_changes_nothing():
    """Limit: without gamma, vignette and blur an image passes bit for bit."""
    assert np.array_equal(Lens(real_textures, 1).through(sharp()), sharp())
    assert np.array_equal(lens_of("training").through(sharp()), sharp())


def test_gamma_is_a_power():
    """Equation: a pixel becomes pixel^γ."""
    seen = Lens(real_textures, 1, gamma=1.4).through(sharp())
    np.testing.assert_allclose(seen, sharp() ** 1.4, atol=1e-6)


def test_the_vignette_darkens_the_corners():
    """Equation: the middle keeps its light, the corners lose the vignette's share, the
    middles of the edges half of it.
    """
    ones = np.ones((1, 33, 65, 3), np.float32)
    seen = Lens(real_textures, 1, vignette=0.35).through(ones)[0, ..., 0]
    assert seen[16, 32] == 1
    np.testing.assert_allclose(seen[[0, -1]][:, [0, -1]], 0.65, atol=0.02)
    np.testing.assert_allclose([seen[0, 32], seen[16, 0]], 1 - 0.175, atol=0.02)
    assert np.array_equal(seen, seen[::-1, ::-1])


def test_blur_spreads_a_point_over_its_neighbours():
    """Equation: a point keeps a quarter of its light, and edges are continued."""
    point = np.zeros((2, 5, 7, 3), np.float32)
    point[1, 2, 3, 0] = 16
    seen = Lens(real_textures, 1, blur=True).through(point)
    window = [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    np.testing.assert_array_equal(seen[1, 1:4, 2:5, 0], window)
    assert seen.sum() == 16
    even = Lens(real_textures, 1, blur=True).through(np.ones_like(point))
    assert np.array_equal(even, np.ones_like(point))


def test_a_lens_keeps_its_images():
    """The images that go in are not changed."""
    images = sharp()
    lens_of("real").through(images)
    assert np.array_equal(images, sharp())


@pytest.mark.parametrize(
    ("make", "culprit"),
    [
        (lambda: drawn("dream"), "'dream'; there is: training, single, real"),
        (lambda: replace(drawn("real"), family="dream"), "looks 'dream'; there is: t"),
        (lambda: drawn("training", textures=201), "has 1 to 200 textures; got 201"),
        (lambda: drawn("real", textures=0), "'real' has 1 to 40 textures; got 0"),
        (lambda: replace(drawn("real", 2), light=np.ones(3)), r"light of 2.*\(2,\)"),
        (lambda: replace(drawn("real", 2), colours=np.ones((2, 3))), r"\(2, 4, 3\)"),
        (lambda: replace(drawn("real", 2), fade=np.full(2, np.nan)), "fade must be fi"),
        (
            lambda: replace(drawn("real", 2), walls=np.full((2, 3), 40)),
            "has textures 0 to 39; walls have 40 to 40",
        ),
        (
            lambda: replace(drawn("real", 2), walls=np.full((2, 3), -1)),
            "walls have -1 to -1",
        ),
        (
            lambda: replace(drawn("real", 2), camera_height=np.array([0.5, 1.3])),
            "between floor and ceiling; look 1 has it at 1.3 m of 1.2 m",
        ),
        (
            lambda: replace(drawn("real", 2), camera_height=np.array([0.0, 0.5])),
            "look 0 has it at 0.0 m",
        ),
        (lambda: replace(drawn("real", 1), view=np.full(1, 3.2)), "view must lie"),
        (
            lambda: replace(drawn("real", 1), focal=np.zeros(1)),
            "focal must be positive",
        ),
    ],
)
def test_bad_looks_are_named(make, culprit):
    """Errors name the family, the array or the look that does not fit."""
    with pytest.raises(ValueError, match=culprit):
        make()


# --- random lenses


def test_a_random_lens_can_be_the_real_one():
    """Limit: with the numbers of the "real" lens, lenses of one's own give the picture
    of the family's lens.
    """
    real = lens_of("real")
    same = np.tile([real.gamma, real.vignette, float(real.blur)], (2, 1))
    own = through_lenses(sharp(), same)
    np.testing.assert_allclose(own, real.through(sharp()), atol=1e-6)


def test_each_image_has_its_own_lens():
    """Equation: a clear lens leaves its image as it is, and the other image changes."""
    lenses = np.array([[1.0, 0.0, 0.0], [1.4, 0.3, 0.5]])
    seen = through_lenses(sharp(), lenses)
    np.testing.assert_allclose(seen[0], sharp()[0], atol=1e-6)
    assert np.abs(seen[1] - sharp()[1]).max() > 0.1


def test_random_lenses_surround_the_real_one():
    """Conformance: lenses come from their ranges, differ from robot to robot, and the
    "real" lens lies in the ranges; no other family draws lenses.
    """
    lenses = draw_looks("random lens", 500, np.random.default_rng(0)).lenses
    low, high = np.array([GAMMA, VIGNETTE, BLUR]).T
    assert ((lenses >= low) & (lenses <= high)).all()
    assert (lenses.std(axis=0) > 0.2 * (high - low)).all()
    real = lens_of("real")
    numbers = np.array([real.gamma, real.vignette, float(real.blur)])
    assert ((numbers >= low) & (numbers <= high)).all()
    assert draw_looks("training", 2, np.random.default_rng(0)).lenses is None


def test_a_random_lens_changes_nothing_else():
    """Invariance: all but the lens is drawn as in training."""
    ours = arrays(draw_looks("random lens", 5, np.random.default_rng(3)))
    theirs = arrays(draw_looks("training", 5, np.random.default_rng(3)))
    for name, values in theirs.items():
        np.testing.assert_array_equal(ours[name], values)
