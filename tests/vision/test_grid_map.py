"""What must hold of maps, rays and collisions."""

import numpy as np
import pytest

from lecture_code.vision import GridMap, MapStack, collides, ray_distances
from lecture_code.vision.grid_map import cast
from lecture_code.vision.plain_raycaster import plain_cast


def room(rows=10, columns=10, cell=0.5):
    """A map whose only walls are its border."""
    walls = np.ones((rows, columns), bool)
    walls[1:-1, 1:-1] = False
    return GridMap(walls, cell)


def pillars(rng, rows=9, columns=12, cell=0.5):
    """A room in which a quarter of the cells are pillars."""
    walls = room(rows, columns).walls | (rng.random((rows, columns)) < 0.25)
    return GridMap(walls, cell)


def free_points(grid, n, rng):
    """Points in free cells, away from the corners of cells, (n, 2) [m]."""
    cells = np.argwhere(~grid.walls)
    chosen = cells[rng.integers(len(cells), size=n)][:, ::-1]
    return grid.cell * (chosen + rng.uniform(0.05, 0.95, (n, 2)))


def test_distances_in_an_empty_square_are_those_of_geometry():
    """Equation: in a square the nearer of the two walls ahead is met, to 1e-9; rays
    along the axes are included.
    """
    rng = np.random.default_rng(0)
    angles = np.concatenate(
        [rng.uniform(-4, 4, 400), np.arange(-2, 3) * np.pi / 2, [0.0, np.pi / 4]]
    )
    x, y = rng.uniform(0.5, 4.5, (2, len(angles)))
    dx, dy = np.cos(angles), np.sin(angles)
    with np.errstate(divide="ignore"):  # a ray along an axis never meets one wall
        along_x = np.abs(np.where(dx > 0, 4.5 - x, 0.5 - x) / dx)
        along_y = np.abs(np.where(dy > 0, 4.5 - y, 0.5 - y) / dy)
    np.testing.assert_allclose(
        ray_distances(room(), x, y, angles),
        np.minimum(along_x, along_y),
        rtol=0,
        atol=1e-9,
    )


def test_a_compiled_ray_is_the_plain_one():
    """Oracle: among all squares of wall, the nearest is met, at the same place of the
    same face.
    """
    rng = np.random.default_rng(1)
    grid = pillars(rng)
    met = set()
    for x, y in free_points(grid, 150, rng):
        angle = rng.uniform(-7, 7)
        distance, along, row, column, side = cast(grid.walls, grid.cell, x, y, angle)
        plain = plain_cast(grid, x, y, angle)
        np.testing.assert_allclose([distance, along], plain[:2], rtol=0, atol=1e-9)
        assert (row, column) == plain[2:4]
        slant = np.cos(angle) if side == 0 else np.sin(angle)
        assert abs(slant) == pytest.approx(plain[4])
        met.add((side, slant > 0))
    assert len(met) == 4  # all kinds of faces


@pytest.mark.parametrize("quarter", range(4))
def test_a_face_is_read_from_left_to_right(quarter):
    """Equation: whichever wall is ahead, a ray to the left by an angle meets its face
    at ½ − ½ tan(angle).
    """
    cage = room(3, 3, 1.0)
    for offset in (0.3, -0.2, 0.0):
        along = cast(cage.walls, 1.0, 1.5, 1.5, quarter * np.pi / 2 + offset)[1]
        assert along == pytest.approx(0.5 - 0.5 * np.tan(offset))


def test_distances_grow_with_the_cell():
    """Invariance: a map and points of twice the size have twice the distances."""
    rng = np.random.default_rng(2)
    small = pillars(rng)
    x, y = free_points(small, 50, rng).T
    angles = rng.uniform(-4, 4, 50)
    double = GridMap(small.walls, 2 * small.cell)
    np.testing.assert_allclose(
        ray_distances(double, 2 * x, 2 * y, angles),
        2 * ray_distances(small, x, y, angles),
        rtol=1e-12,
    )


def test_points_and_angles_are_broadcast():
    """One point and many angles give one distance for each angle, one by one the
    same.
    """
    angles = np.linspace(-3, 3, 12).reshape(3, 4)
    together = ray_distances(room(), 1.3, 2.1, angles)
    assert together.shape == (3, 4)
    assert together[2, 1] == ray_distances(room(), 1.3, 2.1, angles[2, 1])
    assert collides(room(), [[1.0], [2.0]], [1.0, 2.0, 3.0], 0.2).shape == (2, 3)


@pytest.mark.parametrize("radius", [0.1, 0.2, 0.5])
def test_a_disc_collides_where_a_wall_is_nearer_than_its_radius(radius):
    """Oracle: the nearest point of all squares of wall decides, corners included."""
    rng = np.random.default_rng(3)
    grid = pillars(rng)
    x, y = free_points(grid, 500, rng).T
    row, column = np.argwhere(grid.walls).T * grid.cell
    dx = x[:, None] - np.clip(x[:, None], column, column + grid.cell)
    dy = y[:, None] - np.clip(y[:, None], row, row + grid.cell)
    near = np.hypot(dx, dy).min(1) < radius
    assert 0 < near.sum() < 500
    assert np.array_equal(collides(grid, x, y, radius), near)


def test_a_centre_in_a_wall_collides_and_a_touch_does_not():
    """A disc whose centre is in a wall collides; a disc that just touches does not."""
    grid = room(6, 6, 1.0)
    assert collides(grid, 0.5, 3.0, 0.1)
    assert not collides(grid, 1.25, 3.0, 0.25)
    assert collides(grid, 1.25, 3.0, 0.2501)


def test_a_map_does_not_change_with_its_source():
    """A map and a stack keep copies that cannot be written to."""
    walls = room().walls.copy()
    grid = GridMap(walls)
    stack = MapStack.from_maps([grid, room()])
    walls[:] = True
    assert not grid.walls[5, 5] and not stack.walls[0, 5, 5]
    with pytest.raises(ValueError, match="read-only"):
        grid.walls[5, 5] = True
    with pytest.raises(ValueError, match="read-only"):
        stack.walls[0, 5, 5] = True


def test_a_stack_has_its_maps_in_order():
    """Map i of a stack is map i of the list."""
    rng = np.random.default_rng(4)
    maps = [pillars(rng) for _ in range(3)]
    stack = MapStack.from_maps(maps)
    assert len(stack) == 3 and stack.cell == 0.5
    for grid, walls in zip(maps, stack.walls, strict=True):
        assert np.array_equal(grid.walls, walls)
    assert maps[0].size == (6.0, 4.5)


def opened(row, column):
    """The walls of a room with a hole in its border."""
    walls = room(4, 5).walls.copy()
    walls[row, column] = False
    return walls


@pytest.mark.parametrize(
    ("make", "culprit"),
    [
        (lambda: GridMap(opened(3, 2), name="hall"), "'hall' must be wall; row 3, col"),
        (lambda: GridMap(opened(1, 0)), "row 1, column 0 is free"),
        (lambda: GridMap(opened(2, 4)), "row 2, column 4 is free"),
        (lambda: GridMap(opened(0, 1)), "row 0, column 1 is free"),
        (lambda: GridMap(np.ones((2, 9), bool)), r"at least 3 rows.*\(2, 9\)"),
        (lambda: GridMap(np.ones((4, 4), bool), name="rock"), "'rock' has no free"),
        (lambda: GridMap(room().walls, 0.0), "must be positive; got 0.0"),
        (lambda: GridMap(room().walls, np.nan), "must be positive; got nan"),
        (lambda: MapStack.from_maps([]), "at least one map"),
        (lambda: MapStack.from_maps([room(), room(9)]), r"map 1, 'map', has \(9, 10\)"),
        (lambda: MapStack.from_maps([room(), room(cell=1)]), "cells of 1 m"),
        (lambda: ray_distances(room(), 0.2, 2, 0), "in a wall: row 4, column 0 of"),
        (lambda: ray_distances(room(), [1, -1], 2, 0), r"point 1, \(-1.0, 2.0\), is o"),
        (lambda: ray_distances(room(), 1, 5.0, 0), "outside of its map, which is 5.0"),
        (lambda: ray_distances(room(), np.nan, 1, 0), r"point 0, \(nan, 1.0\), is out"),
        (lambda: ray_distances(room(), 1, 1, np.inf), "angles must be finite"),
        (lambda: collides(room(), 9, 1, 0.2), r"point 0, \(9.0, 1.0\), is outside"),
        (lambda: collides(room(), 1, 1, 0.6), "at most a cell of 'map', 0.5 m; got 0"),
        (lambda: collides(room(), 1, 1, 0.0), "radius must be positive.*got 0.0"),
    ],
)
def test_bad_maps_and_points_are_named(make, culprit):
    """Errors name the map, the cell or the point that does not fit."""
    with pytest.raises(ValueError, match=culprit):
        make()
