"""What must hold of shapes, camera and rasteriser."""

import numpy as np
import pytest

from lecture_code.vision import Camera, Shapes, rasterise
from lecture_code.vision.plain import plain_rasterise

WHITE = np.ones((1, 3), np.float32)


def black(camera):
    return np.zeros((camera.height, camera.width, 3), np.float32)


def alone(shapes, camera):
    """White shapes on black: every pixel is the share that is covered, (N, H, W)."""
    return rasterise((shapes,), WHITE, camera, black(camera))[..., 0]


def crowd(rng, n=40):
    """Scenes with all kinds of shapes, partly outside of the image."""
    points = rng.uniform(-1.4, 1.4, (4, n, 2))
    return (
        Shapes.boxes(
            "box", points[0], rng.uniform(0.1, 0.9, (n, 2)), rng.uniform(-4, 4, n)
        ),
        Shapes.capsules("arm", points[1], points[2], rng.uniform(0.04, 0.3, n)),
        Shapes.capsules("short", points[3], points[3], 0.1),
        Shapes.discs("disc", points[3], rng.uniform(0.05, 0.5, n)),
    )


@pytest.mark.parametrize(
    ("shapes", "area"),
    [
        (Shapes.discs("a", [[0.03, -0.21]], 0.4), np.pi * 0.16),
        (
            Shapes.capsules("a", [[-0.5, 0.1]], [[0.3, 0.4]], 0.2),
            0.4 * 0.73**0.5 + np.pi / 25,
        ),
        (Shapes.boxes("a", [[0.1, 0.05]], (0.8, 0.5), 0.7), 0.4),
        (Shapes.boxes("a", [[0.1, 0.05]], (0.8, 0.5), 0.0), 0.4),
    ],
    ids=["disc", "capsule", "turned box", "box"],
)
def test_the_covered_area_is_the_shape_s_area(shapes, area):
    """Equation: pixels add up to the area by the formula, within half a percent."""
    camera = Camera(48, 48, 2.4)
    measured = alone(shapes, camera).sum() / camera.scale**2
    assert measured == pytest.approx(area, rel=5e-3)


@pytest.mark.parametrize("shift", [0.0, 0.25, 0.5, 0.75])
def test_an_edge_between_two_pixels_covers_its_share(shift):
    """Equation: a box moved by a quarter of a pixel covers a quarter of the next
    column.
    """
    camera = Camera(8, 8, 8.0)  # pixels of one metre
    box = Shapes.boxes("a", [[shift, 0.0]], (4.0, 4.0), 0.0)
    row = alone(box, camera)[0, 4]
    np.testing.assert_allclose(
        row, [0, 0, 1 - shift, 1, 1, 1, shift, 0], rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("rotation", [0.0, 0.6])
def test_the_compiled_pixels_are_the_plain_ones(rotation):
    """Oracle: the plain rasteriser gives the same pixels, overlaps and shapes beyond
    the edge included.
    """
    rng = np.random.default_rng(0)
    scene = crowd(rng)
    colours = rng.random((4, 3)).astype(np.float32)
    camera = Camera(20, 28, 2.4, (0.2, -0.1), rotation)
    background = rng.random((20, 28, 3)).astype(np.float32)
    images = rasterise(scene, colours, camera, background)
    assert images.dtype == np.float32
    assert np.abs(images - background).max(axis=(1, 2, 3)).min() > 0.1
    np.testing.assert_allclose(
        images, plain_rasterise(scene, colours, camera, background), rtol=0, atol=1e-6
    )


def test_a_image_does_not_depend_on_its_neighbours():
    """Invariance: scenes drawn one by one are those of the batch, bit for bit."""
    rng = np.random.default_rng(1)
    scene = crowd(rng, 5)
    colours = rng.random((4, 3)).astype(np.float32)
    camera = Camera(24, 24)
    together = rasterise(scene, colours, camera, black(camera))
    for n in range(5):
        one = [Shapes(shapes.colour, shapes.poses[n : n + 1]) for shapes in scene]
        assert np.array_equal(
            rasterise(one, colours, camera, black(camera)), together[n : n + 1]
        )


def test_a_camera_that_turns_with_the_scene_sees_the_same():
    """Invariance: turned and moved by the same motion, scene and camera give the same
    image.
    """
    turn = 0.7
    move = np.array([0.3, -0.2])
    c, s = np.cos(turn), np.sin(turn)
    R = np.array([[c, -s], [s, c]])
    starts, ends = np.array([[-0.4, 0.1]]), np.array([[0.5, 0.6]])
    before = alone(Shapes.capsules("a", starts, ends, 0.15), Camera(24, 24))
    moved = Shapes.capsules("a", starts @ R.T + move, ends @ R.T + move, 0.15)
    camera = Camera(24, 24, centre=(0.3, -0.2), rotation=turn)
    np.testing.assert_allclose(alone(moved, camera), before, rtol=0, atol=1e-5)


def test_up_is_up_and_right_is_right():
    """A disc with large y is in the upper rows, one with large x in the right
    columns.
    """
    image = alone(Shapes.discs("a", [[0.9, 0.6]], 0.2), Camera(12, 12, 2.4))[0]
    rows, columns = np.argwhere(image > 0.5).T
    assert rows.max() < 6 and columns.min() >= 6


def test_a_camera_that_turns_left_sees_the_scene_turn_right():
    """The sign of the rotation: what was on the right is at the bottom after a quarter
    turn of the camera, counter-clockwise.
    """
    camera = Camera(12, 12, 2.4, rotation=np.pi / 2)
    rows, _ = np.argwhere(
        alone(Shapes.discs("a", [[0.8, 0.0]], 0.2), camera)[0] > 0.5
    ).T
    assert rows.min() > 7


def test_the_grid_is_where_the_pixels_are():
    """Oracle: a small disc at the place of a pixel is brightest at this pixel."""
    camera = Camera(10, 14, 2.0, (0.1, 0.3), 0.4)
    x, y = camera.grid()
    place = [[x[2, 9], y[2, 9]]]
    image = alone(Shapes.discs("a", place, 0.1), camera)[0]
    assert np.unravel_index(image.argmax(), image.shape) == (2, 9)


def test_the_last_shape_is_in_front():
    """Of two discs at the same place, the later in the scene is seen."""
    disc = Shapes.discs("a", [[0.0, 0.0]], 0.5)
    colours = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
    camera = Camera(8, 8)
    image = rasterise((disc, disc), colours, camera, black(camera))[0]
    np.testing.assert_array_equal(image[4, 4], [0, 1, 0])


def test_arguments_stay_as_they_are():
    """Background and poses are not changed by drawing."""
    camera = Camera(8, 8)
    background = black(camera)
    poses = np.array([[0.0, 0.0, 0.0, 0.2, 0.1, 0.1]])
    shapes = Shapes("a", poses)
    alone(shapes, camera)
    rasterise((shapes,), WHITE, camera, background)
    assert not background.any()
    poses[:] = 7.0
    assert shapes.poses[0, 0] == 0.0


@pytest.mark.parametrize(
    ("make", "culprit"),
    [
        (lambda: Shapes("arm", np.zeros((2, 5))), r"'arm' must be \(N, 6\)"),
        (lambda: Shapes("arm", np.full((1, 6), np.nan)), "'arm' must be finite"),
        (lambda: Shapes.discs("arm", [[0.0, 0.0]], -0.1), "'arm' must not be negative"),
        (lambda: Shapes.discs("arm", [0.0, 0.0], 0.1), "centres of 'arm'"),
        (lambda: Shapes.capsules("arm", [[0.0]], [[0.0, 1.0]], 0.1), "starts of 'arm'"),
        (
            lambda: Shapes.capsules("arm", np.zeros((2, 2)), np.zeros((3, 2)), 0.1),
            "as many ends as starts; got 3 and 2",
        ),
        (lambda: Camera(height=0), "height must be positive"),
        (lambda: Camera(view=-1.0), "view must be positive"),
        (lambda: rasterise((), WHITE, Camera(), black(Camera())), "at least one shape"),
        (
            lambda: rasterise(
                (
                    Shapes.discs("a", [[0, 0]], 1),
                    Shapes.discs("b", np.zeros((2, 2)), 1),
                ),
                np.ones((2, 3), np.float32),
                Camera(),
                black(Camera()),
            ),
            "2 of 'b', and 1 of 'a'",
        ),
        (
            lambda: rasterise(
                (Shapes.discs("a", [[0, 0]], 1),), np.ones(3), Camera(), black(Camera())
            ),
            r"colours must be \(1, 3\)",
        ),
        (
            lambda: rasterise(
                (Shapes.discs("a", [[0, 0]], 1),), WHITE, Camera(8, 8), black(Camera())
            ),
            r"background must be \(8, 8, 3\)",
        ),
    ],
)
def test_bad_parts_are_named(make, culprit):
    """Errors name the part that does not fit, and what it needs."""
    with pytest.raises(ValueError, match=culprit):
        make()
