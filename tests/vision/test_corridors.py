"""What must hold of the maps to train in and of the maps that are held out."""

import numpy as np
import pytest

from lecture_code.vision import corridor_map, held_out_maps, training_maps
from lecture_code.vision.corridors import KINDS, flood, without_pockets

TRAINING, HELD_OUT = training_maps(), held_out_maps()
MANY = [
    corridor_map(kind, np.random.default_rng([9, i]))
    for kind in KINDS
    for i in range(8)
]


def reachable(walls):
    """Free cells that a plain search reaches from the first free cell."""
    start = tuple(np.argwhere(~walls)[0].tolist())
    seen = {start}
    left = [start]
    while left:
        row, column = left.pop()
        beside = {(row + 1, column), (row - 1, column), (row, column + 1)}
        for cell in (beside | {(row, column - 1)}) - seen:
            if not walls[cell]:
                seen.add(cell)
                left.append(cell)
    return seen


def turned_and_mirrored(walls):
    """The free part of a map in all eight ways to lay it on a table, as bytes."""
    rows, columns = np.nonzero(~walls)
    part = walls[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    views = [np.rot90(side, k) for side in (part, part.T) for k in range(4)]
    return {(view.shape, view.tobytes()) for view in views}


def test_every_free_cell_can_be_reached():
    """In every map a plain search from one free cell visits all of them."""
    for grid in [*TRAINING, *HELD_OUT, *MANY]:
        assert len(reachable(grid.walls)) == (~grid.walls).sum() > 100


def test_pockets_are_walled_up():
    """Only the largest free region stays free; corners that touch do not join
    regions.
    """
    walls = np.ones((6, 8), bool)
    walls[1, 1] = False  # comes first, and touches the large region in a corner
    walls[2:4, 2:5] = False
    walls[4, 6] = False
    closed = without_pockets(walls)
    assert not closed[2:4, 2:5].any() and closed.sum() == 48 - 6
    assert walls.sum() == 48 - 8  # the argument stays


@pytest.mark.parametrize("kind", ["straight", "L", "T", "zig-zag"])
def test_a_corridor_leads_back_to_its_start(kind):
    """A robot can fly on for ever: there is exactly one island of wall to fly around,
    and no place is narrower than two cells.
    """
    for grid in MANY:
        if grid.name == kind:
            outer = flood(~grid.walls, 0, 0)
            island = grid.walls & ~outer
            assert island.any()
            assert np.array_equal(flood(~island, *np.argwhere(island)[0]), island)
            free = ~grid.walls
            squares = free[1:, 1:] & free[:-1, 1:] & free[1:, :-1] & free[:-1, :-1]
            wide = np.zeros_like(free)
            for row, column in np.argwhere(squares):
                wide[row : row + 2, column : column + 2] = True
            assert np.array_equal(wide, free)


def test_pillars_stand_in_one_room():
    """A room has many islands of wall, and more than one row of free cells in a
    straight line of sight.
    """
    for grid in MANY:
        if grid.name == "pillars":
            islands = grid.walls & ~flood(~grid.walls, 0, 0)
            count = 0
            while islands.any():
                islands &= ~flood(~islands, *np.argwhere(islands)[0])
                count += 1
            assert 5 <= count <= 39


def test_held_out_maps_differ_from_all_training_maps():
    """No free part of a map is another map's, turned, mirrored or moved, in training
    or held out.
    """
    seen = set()
    for grid in [*TRAINING, *HELD_OUT]:
        views = turned_and_mirrored(grid.walls)
        assert not views & seen
        seen |= views


def test_a_turned_map_is_recognised():
    """Negative control: the comparison above knows a mirrored, turned and moved map."""
    walls = TRAINING[1].walls
    moved = np.pad(np.rot90(walls[:, ::-1]), 3, constant_values=True)
    assert turned_and_mirrored(walls) == turned_and_mirrored(moved)


def test_sets_have_all_kinds_and_stay_the_same():
    """Determinism: 24 and 12 maps of 16 m by 16 m, all kinds in each, and the same at
    every call.
    """
    assert (len(TRAINING), len(HELD_OUT)) == (24, 12)
    for maps, again in ((TRAINING, training_maps()), (HELD_OUT, held_out_maps())):
        assert {grid.name for grid in maps} == set(KINDS)
        assert all(grid.size == (16.0, 16.0) for grid in maps)
        for grid, other in zip(maps, again, strict=True):
            assert np.array_equal(grid.walls, other.walls)


def test_an_unknown_kind_is_named():
    """The error lists the kinds that exist."""
    with pytest.raises(ValueError, match="no kind 'maze'; there is: straight, L, T, z"):
        corridor_map("maze", np.random.default_rng(0))
