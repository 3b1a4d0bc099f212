"""What must hold of what a robot sees between walls."""

import math
from dataclasses import replace

import numpy as np
import pytest

from lecture_code.vision import GridMap, MapStack, draw_looks, see
from lecture_code.vision.corridor_looks import FOCAL
from lecture_code.vision.lenses import lens_of
from lecture_code.vision.plain_raycaster import plain_views
from lecture_code.vision.raycaster import cast_views, column_offsets

FAMILIES = ["training", "single", "real"]
WHITE = np.ones((200, 16, 16, 3), np.float32)


def pillars(rows=7, columns=9):
    """A stack of two rooms with pillars, not square, in cells of half a metre."""
    rng = np.random.default_rng(3)
    walls = np.ones((2, rows, columns), bool)
    walls[:, 1:-1, 1:-1] = rng.random((2, rows - 2, columns - 2)) < 0.2
    return MapStack.from_maps([GridMap(part) for part in walls])


def hall(length=20):
    """A stack of one large room, 10 m by 10 m of floor."""
    walls = np.ones((length + 2, length + 2), bool)
    walls[1:-1, 1:-1] = False
    return MapStack.from_maps([GridMap(walls)])


def scatter(stack, n, seed=0):
    """Maps (n,) and poses (n, 3) of robots in free cells."""
    rng = np.random.default_rng(seed)
    maps = rng.integers(len(stack), size=n)
    poses = np.empty((n, 3))
    for i, number in enumerate(maps):
        cells = np.argwhere(~stack.walls[number])
        row, column = cells[rng.integers(len(cells))]
        x, y = np.array([column, row]) + rng.uniform(0.2, 0.8, 2)
        poses[i] = x * stack.cell, y * stack.cell, rng.uniform(-4, 4)
    return maps, poses


def textures_of(looks):
    """All textures of the family of looks."""
    lens = lens_of(looks.family)
    return lens.textures(lens.count)


def plain_look(n=1, **numbers):
    """Looks with black floor and ceiling, full light and no fading."""
    looks = draw_looks("single", n, np.random.default_rng(0))
    numbers = {"fade": 0.0, **numbers}
    arrays = {name: np.full(n, value, float) for name, value in numbers.items()}
    return replace(looks, colours=np.zeros((n, 4, 3)), **arrays)


def ahead(distance, heading=0.0, **numbers):
    """What a robot sees in front of a white wall, (H, W); floor and ceiling are
    black.
    """
    stack = hall()
    middle = 11 * stack.cell
    pose = np.array([[21 * stack.cell - distance, middle, heading]])
    look = plain_look(**numbers)
    return cast_views(stack, np.zeros(1, int), pose, WHITE, look)[0, ..., 0]


@pytest.mark.parametrize("family", FAMILIES)
def test_compiled_pixels_are_the_plain_ones(family):
    """Oracle: one ray, one square of wall and one pixel at a time give the same
    picture in every family.
    """
    stack = pillars()
    maps, poses = scatter(stack, 6)
    looks = draw_looks(family, 6, np.random.default_rng(1))
    args = stack, maps, poses, textures_of(looks), looks
    seen = cast_views(*args)
    assert seen.std((1, 2, 3)).min() > 0.03
    np.testing.assert_allclose(seen, plain_views(*args), rtol=0, atol=1e-6)


def quarter_turn(stack, poses):
    """Map and robots, turned to the left by 90°."""
    turned = [GridMap(walls.T[:, ::-1], stack.cell) for walls in stack.walls]
    x, y, heading = poses.T
    height = stack.walls.shape[1] * stack.cell
    moved = np.column_stack([height - y, x, heading + np.pi / 2])
    return MapStack.from_maps(turned), moved


@pytest.mark.parametrize("family", FAMILIES)
def test_a_quarter_turn_of_map_and_robot_changes_nothing(family):
    """Invariance: map and robot, turned together by 90°, leave the picture; turned
    alone, the robot sees another picture.
    """
    stack = pillars()
    maps, poses = scatter(stack, 30)
    looks = draw_looks(family, 30, np.random.default_rng(1))
    rng = np.random.default_rng(0)
    before = see(stack, maps, poses, looks, rng, noise=0)
    turned, moved = quarter_turn(stack, poses)
    after = see(turned, maps, moved, looks, rng, noise=0)
    np.testing.assert_allclose(after, before, rtol=0, atol=1e-5)
    spun = poses + np.array([0, 0, np.pi / 2])
    alone = see(stack, maps, spun, looks, rng, noise=0)
    assert np.abs(alone - before).max((1, 2, 3)).min() > 0.05


def test_a_mirror_shows_the_mirrored_picture():
    """Invariance: map, robot and textures, mirrored together, give the mirrored
    picture.
    """
    stack = pillars()
    maps, poses = scatter(stack, 30)
    looks = draw_looks("training", 30, np.random.default_rng(1))
    textures = textures_of(looks)
    mirrored = MapStack.from_maps([GridMap(w[:, ::-1], 0.5) for w in stack.walls])
    x, y, heading = poses.T
    width = stack.walls.shape[2] * stack.cell
    moved = np.column_stack([width - x, y, np.pi - heading])
    before = cast_views(stack, maps, poses, textures, looks)
    after = cast_views(
        mirrored, maps, moved, np.ascontiguousarray(textures[:, :, ::-1]), looks
    )
    np.testing.assert_allclose(after, before[:, :, ::-1], rtol=0, atol=1e-5)
    assert np.abs(before - before[:, :, ::-1]).max() > 0.1


def test_a_world_of_twice_the_size_looks_the_same():
    """Invariance: cell, positions and heights are doubled, fading per metre is halved:
    the picture stays.
    """
    stack = pillars()
    maps, poses = scatter(stack, 20)
    looks = draw_looks("training", 20, np.random.default_rng(1))
    textures = textures_of(looks)
    double = MapStack.from_maps([GridMap(walls, 1.0) for walls in stack.walls])
    larger = replace(
        looks,
        camera_height=2 * looks.camera_height,
        wall_height=2 * looks.wall_height,
        fade=looks.fade / 2,
    )
    np.testing.assert_allclose(
        cast_views(double, maps, poses * [2, 2, 1], textures, larger),
        cast_views(stack, maps, poses, textures, looks),
        rtol=0,
        atol=1e-6,
    )


def test_a_flat_wall_has_one_height_and_its_rays_have_not():
    """Against the fish-eye: a flat wall ahead fills the same rows of all columns,
    although its outer rays are much longer.
    """
    rows = (ahead(2.0) > 0).sum(0)
    assert (rows == rows[0]).all()
    assert rows[0] == pytest.approx(1.2 * FOCAL / 2.0, abs=1)  # eq. 3
    lengths = 2.0 / np.cos(column_offsets(math.radians(110)))
    assert lengths.max() > 1.6 * lengths.min()


@pytest.mark.parametrize("distance", [0.9, 1.3, 3.0])
def test_a_wall_stands_on_the_floor_and_below_the_ceiling(distance):
    """Equation 3: the rows of a wall are those between its foot and its upper edge."""
    column = ahead(distance, camera_height=0.4, wall_height=1.0, horizon=1.5)[:, 20] > 0
    middle = np.arange(32) + 0.5
    below = (middle - 16 - 1.5) * distance / FOCAL  # below the camera [m]
    assert np.array_equal(column, (below > -0.6) & (below < 0.4))


def test_left_is_left():
    """Equation 1: the left column looks to the left by half the view, and the columns
    are as far apart as the pixels of a flat screen.
    """
    offsets = column_offsets(np.array([math.radians(90), math.radians(110)]))
    assert offsets.shape == (2, 64)
    np.testing.assert_allclose(np.tan(offsets[0]), -(np.arange(64) - 31.5) / 32)
    assert np.tan(offsets[1, 0]) == pytest.approx(63 / 64 * np.tan(np.radians(55)))
    image = ahead(2.0, heading=0.4)  # turned to the left: the wall is on the right
    heights = (image > 0).sum(0)
    assert heights[-1] > heights[0] + 2


def test_floor_and_ceiling_fade_as_their_depth_says():
    """Equations 3 and 4: white floor and ceiling are as bright as the light that is
    left at the depth of their row.
    """
    look = replace(
        plain_look(fade=0.3, light=0.8, camera_height=0.5, wall_height=1.2),
        colours=np.ones((1, 4, 3)),
    )
    image = cast_views(
        hall(), np.zeros(1, int), np.array([[2.0, 5.5, 0.0]]), WHITE * 0, look
    )[0, :, 32, 0]
    for row, height in ((31, 0.5), (24, 0.5), (0, 0.7), (8, 0.7)):
        depth = height * FOCAL / abs(row + 0.5 - 16)
        assert image[row] == pytest.approx(0.8 * math.exp(-0.3 * depth), abs=1e-6)
    assert image[16] == 0  # the far wall


def test_colours_change_from_near_to_far():
    """Floor and ceiling have their near colours at the edges of the image, and more of
    the far colours towards the horizon.
    """
    colours = np.array([[[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]]], float)
    look = replace(plain_look(), colours=colours)
    image = cast_views(
        hall(), np.zeros(1, int), np.array([[2.0, 5.5, 0.0]]), WHITE * 0, look
    )[0, :, 32]
    near = math.exp(-0.5 * FOCAL / 15.5 / 2.0)  # two metres are four cells
    np.testing.assert_allclose(image[31], [near, 1 - near, 0], atol=1e-6)
    near = math.exp(-0.7 * FOCAL / 15.5 / 2.0)
    np.testing.assert_allclose(image[0], [1 - near, 1 - near, 1], atol=1e-6)
    assert image[20, 1] > image[31, 1] and image[12, 0] > image[0, 0]


def test_a_wall_is_darker_far_away_and_at_a_slant():
    """Equation 4: brightness falls with depth, and with the angle between ray and
    normal.
    """
    image = ahead(2.0, light=0.9, fade=0.2)
    slants = np.cos(column_offsets(math.radians(110)))
    np.testing.assert_allclose(
        image[16], 0.9 * math.exp(-0.2 * 2.0) * (0.8 + 0.2 * slants), atol=1e-6
    )


@pytest.mark.parametrize("quarter", range(4))
def test_a_texture_hangs_upright(quarter):
    """Whichever wall is ahead, the left of its texture is on the left and the first
    row is on top.
    """
    cage = MapStack.from_maps([GridMap(np.pad([[False]], 1, constant_values=True))])
    textures = np.zeros_like(WHITE)
    textures[:, :8, :, 0] = 1  # red on top
    textures[:, :, :8, 1] = 1  # green on the left
    pose = np.array([[0.75, 0.75, quarter * np.pi / 2]])
    look = plain_look(view=math.radians(80), camera_height=0.6)
    image = cast_views(cage, np.zeros(1, int), pose, textures, look)[0] > 0.1
    np.testing.assert_array_equal(image[8, 20], [True, True, False])
    np.testing.assert_array_equal(image[8, 43], [True, False, False])
    np.testing.assert_array_equal(image[24, 20], [False, True, False])
    np.testing.assert_array_equal(image[24, 43], [False, False, False])


def test_each_of_the_three_textures_is_used():
    """The cells of a wall show all three textures, in equal parts."""
    textures = np.zeros_like(WHITE)
    textures[:3] = np.eye(3)[:, None, None]  # red, green and blue
    look = replace(plain_look(), walls=np.array([[0, 1, 2]]))
    pose = np.array([[8.0, 5.5, 0.0]])
    row = cast_views(hall(), np.zeros(1, int), pose, textures, look)[0, 16] > 0
    assert (row.sum(1) == 1).all()
    assert (row.sum(0) > 15).all()


def test_a_robot_sees_its_own_map_with_its_own_look():
    """Invariance: robots that are drawn one by one see what they see together, bit for
    bit; `looks[rows]` picks their looks.
    """
    stack = pillars()
    maps, poses = scatter(stack, 8)
    looks = draw_looks("real", 8, np.random.default_rng(1))
    rng = np.random.default_rng(0)
    together = see(stack, maps, poses, looks, rng, noise=0)
    for rows in ([3], [5, 1, 1], slice(1, 8, 3), np.arange(8) % 2 == 0):
        some = see(stack, maps[rows], poses[rows], looks[rows], rng, noise=0)
        assert np.array_equal(some, together[rows])


@pytest.mark.parametrize(("family", "std"), [("training", 0.03), ("real", 0.04)])
def test_noise_has_its_standard_deviation_and_its_seed(family, std):
    """Determinism: noise is as strong as its family says, new for every image, and the
    same for the same seed; without noise the seed does not matter.
    """
    stack = pillars()
    maps, poses = scatter(stack, 20)
    looks = draw_looks(family, 20, np.random.default_rng(1))

    def image(seed, **options):
        return see(stack, maps, poses, looks, np.random.default_rng(seed), **options)

    clean, noisy = image(0, noise=0), image(0)
    inside = (clean > 0.2) & (clean < 0.8)
    difference = noisy - clean
    assert difference[inside].std() == pytest.approx(std, rel=0.03)
    assert np.array_equal(noisy, image(0)) and np.array_equal(clean, image(1, noise=0))
    assert not np.array_equal(noisy, image(1))
    assert not np.array_equal(difference[0], difference[1])
    louder = (image(0, noise=0.1) - clean)[inside].std()
    assert louder == pytest.approx(0.1, rel=0.1)


def test_images_are_small_pictures():
    """Images are float32 between 0 and 1, 32 × 64 × 3, and no robots see no images."""
    stack = pillars()
    maps, poses = scatter(stack, 20)
    rng = np.random.default_rng(0)
    for family in FAMILIES:
        images = see(stack, maps, poses, draw_looks(family, 20, rng), rng, noise=0.3)
        assert images.shape == (20, 32, 64, 3) and images.dtype == np.float32
        assert images.min() == 0 and images.max() == 1
        nobody = see(stack, maps[:0], poses[:0], draw_looks(family, 0, rng), rng)
        assert nobody.shape == (0, 32, 64, 3)


def test_arguments_stay_as_they_are():
    """Maps, poses and looks are not changed by drawing."""
    stack = pillars()
    maps, poses = scatter(stack, 3)
    looks = draw_looks("real", 3, np.random.default_rng(0))
    before = poses.copy(), maps.copy(), looks.colours.copy()
    see(stack, maps, poses, looks, np.random.default_rng(0))
    for now, then in zip((poses, maps, looks.colours), before, strict=True):
        assert np.array_equal(now, then)


@pytest.mark.parametrize(
    ("maps", "poses", "n", "culprit"),
    [
        (
            [0],
            [[0.2, 1, 0]],
            1,
            r"point 0, \(0.2, 1.0\), is in a wall: row 2, column 0",
        ),
        ([0, 0], [[2, 2, 0], [99, 1, 0]], 2, "point 1, .*outside of its map.* 11.0 m"),
        ([0], [[2, 2, np.nan]], 1, "headings must be finite"),
        ([0], [[np.nan, 2, 0]], 1, "point 0, .*outside of its map"),
        ([1], [[2, 2, 0]], 1, "no map 1; the stack has 1"),
        ([-1], [[2, 2, 0]], 1, "no map -1; the stack has 1"),
        ([0, 0], [[2, 2, 0]], 1, r"maps must be \(1,\).*got \(2,\)"),
        ([0], [[2, 2]], 1, r"poses must be \(N, 3\).*got \(1, 2\)"),
        ([0], [[2, 2, 0]], 2, "1 robots, and 2 looks"),
    ],
)
def test_robots_that_cannot_be_there_are_named(maps, poses, n, culprit):
    """Errors name the robot in a wall, or the part that does not fit."""
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=culprit):
        see(hall(), np.array(maps), np.array(poses), draw_looks("real", n, rng), rng)
