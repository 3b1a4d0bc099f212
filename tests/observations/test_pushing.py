"""What must hold of an object that is poked."""

from dataclasses import replace

import numpy as np
import pytest

from lecture_code.observations.pushing import (
    BAR,
    FAR,
    KINDS,
    LENGTHS,
    PUSHER,
    REACH,
    WIDTH,
    Kind,
    Objects,
    Pokes,
    bars,
    drawn_pokes,
    nearest_points,
    pose_distances,
    pushed,
    turned,
    yielded,
)

RNG = np.random.default_rng


def bar_at_rest(n=1):
    """Bars in the middle of their boards, along x."""
    zeros = np.zeros(n)
    return Objects(np.zeros(n, int), np.zeros((n, 2)), zeros, (BAR,))


def upwards(x, length):
    """A poke from below that touches a bar at x and goes on for a length."""
    place = [x, -WIDTH / 2 - PUSHER]
    return Pokes(np.array([place]), np.array([np.pi / 2]), np.array([length]))


def inside(points, objects):
    """Which points (M, 2) lie in the first object, by the definition of its bars."""
    centres, sizes, _ = objects.bars()
    local = turned(points - objects.places[0], np.full(len(points), -objects.angles[0]))
    return np.any(
        [
            (np.abs(local - c) <= s / 2).all(axis=1)
            for c, s in zip(centres[0], sizes[0], strict=True)
        ],
        axis=0,
    )


@pytest.mark.parametrize("kind", [*KINDS, BAR])
def test_the_middle_and_the_radius_are_those_of_the_area(kind):
    """Oracle: the mean of a fine grid of points of the object is 0, and ρ is their root
    mean square distance from it.
    """
    objects = Objects(np.zeros(1, int), np.zeros((1, 2)), np.zeros(1), (kind,))
    axis = np.linspace(-0.4, 0.4, 401)
    points = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    points = points[inside(points, objects)]
    assert np.abs(points.mean(axis=0)).max() < 2e-3
    rho = np.sqrt((points**2).sum(axis=1).mean())
    assert bars((kind,))[2][0] == pytest.approx(rho, rel=0.015)


def test_the_nearest_point_is_the_nearest_of_many():
    """Oracle: no point of a fine cloud in the object is nearer than the one told."""
    objects = Objects.drawn(1, RNG(1))
    cloud = RNG(2).uniform(-0.6, 0.6, size=(100_000, 2))
    cloud = cloud[inside(cloud, objects)]
    for point in RNG(3).uniform(-0.5, 0.5, size=(20, 2)):
        near, away = nearest_points(objects, point[None])
        told = objects.places[0] + near[0]
        assert np.linalg.norm(told - point) == pytest.approx(away[0])
        by_hand = np.linalg.norm(cloud - point, axis=1).min()
        assert away[0] - 1e-9 <= by_hand < away[0] + 0.01


def test_a_push_through_the_middle_does_not_turn():
    """Hand solution: a bar that is pushed through its middle moves as far as the
    pusher, and does not turn; the finger feels the whole force.
    """
    moved, felt = pushed(bar_at_rest(), upwards(0.0, 0.1))
    np.testing.assert_allclose(moved.places, [[0.0, 0.1]], atol=1e-12)
    np.testing.assert_allclose(moved.angles, 0, atol=1e-12)
    np.testing.assert_allclose(felt, 1)


def test_a_push_at_the_side_turns_as_the_ellipsoid_says():
    """Equations 1 to 3: in one small step the touched point moves as the pusher does,
    the force that goes with the motion has the torque that goes with the turn, and both
    lie on the ellipse.
    """
    depth, x = 1e-3, 0.1
    bar = bar_at_rest()
    c = bar.bars()[2][0]
    pusher = np.array([[x, -WIDTH / 2 - PUSHER + depth]])
    along = np.array([[0.6, 0.8]])
    moved, force = yielded(bar, pusher, along, np.array([True]))
    v, turn = moved.places[0], moved.angles[0]
    r = np.array([x, -WIDTH / 2])
    touched = v + turn * np.array([-r[1], r[0]])
    np.testing.assert_allclose(touched, depth / 0.8 * along[0])
    f = force[0] * v / np.linalg.norm(v)
    torque = r[0] * f[1] - r[1] * f[0]
    assert turn / np.linalg.norm(v) == pytest.approx(torque / c**2 / force[0])
    assert force[0] ** 2 + (torque / c) ** 2 == pytest.approx(1)


def test_left_and_right_are_alike():
    """Invariance: a push mirrored in the middle turns a bar the other way."""
    right, felt = pushed(bar_at_rest(), upwards(0.08, 0.1))
    left, mirrored = pushed(bar_at_rest(), upwards(-0.08, 0.1))
    assert right.angles[0] > 0.1
    np.testing.assert_allclose(right.angles, -left.angles)
    np.testing.assert_allclose(right.places, left.places * [-1, 1], atol=1e-12)
    np.testing.assert_allclose(felt, mirrored)


def test_a_turned_board_changes_nothing():
    """Invariance: object and poke, turned and moved together, end turned and moved."""
    objects = Objects.drawn(40, RNG(4))
    pokes = drawn_pokes(objects, RNG(5))
    turn = np.full(40, 0.7)
    shift = np.array([0.3, -0.2])
    other = Objects(
        objects.kinds, turned(objects.places, turn) + shift, objects.angles + turn
    )
    poked = Pokes(
        turned(pokes.places, turn) + shift, pokes.angles + turn, pokes.lengths
    )
    (first, felt), (second, felt_too) = pushed(objects, pokes), pushed(other, poked)
    np.testing.assert_allclose(turned(first.places, turn) + shift, second.places)
    np.testing.assert_allclose(first.angles + turn, second.angles)
    np.testing.assert_allclose(felt, felt_too)


def test_no_pusher_stays_in_an_object():
    """Mechanism: at the end of a poke the object lies at most a millimetre inside the
    pusher (five in the corner of an L), and almost every poke moves its object.
    """
    objects = Objects.drawn(500, RNG(6))
    pokes = drawn_pokes(objects, RNG(7))
    moved, _ = pushed(objects, pokes)
    ends = pokes.places + pokes.lengths[:, None] * pokes.directions
    _, away = nearest_points(moved, ends)
    assert (away > PUSHER - 5e-3).all()
    assert (away > PUSHER - 1e-3).mean() > 0.95
    assert (pose_distances(moved, objects) > 1e-3).mean() > 0.99


def test_places_of_pokes_touch():
    """Definition: at its place the pusher touches the object for the first time."""
    objects = Objects.drawn(300, RNG(8))
    pokes = drawn_pokes(objects, RNG(9))
    _, away = nearest_points(objects, pokes.places)
    assert (np.abs(away - PUSHER) < 1e-3).mean() > 0.97
    for share in np.linspace(0.05, 1, 12):
        before = pokes.places - share * FAR * pokes.directions
        assert (nearest_points(objects, before)[1] >= PUSHER - 1e-9).all()
    low, high = LENGTHS
    assert (pokes.lengths >= low).all() and (pokes.lengths <= high).all()


def test_the_place_is_any_point_of_the_line():
    """Invariance: a poke through a place farther along the same line does the same,
    since the length begins at the first touch.
    """
    objects = Objects.drawn(50, RNG(8))
    pokes = drawn_pokes(objects, RNG(9))
    along = 0.1 * pokes.directions
    for shift in (along, -along):
        other = Pokes(pokes.places + shift, pokes.angles, pokes.lengths)
        first, second = pushed(objects, pokes)[0], pushed(objects, other)[0]
        far = pose_distances(first, second)
        assert np.median(far) < 1e-6 and far.max() < 0.01


def test_a_poke_that_misses_moves_nothing():
    """Negative control: beside the object nothing moves and nothing is felt."""
    beside = Pokes(np.array([[0.4, 0.4]]), np.zeros(1), np.array([0.1]))
    moved, felt = pushed(bar_at_rest(), beside)
    assert np.array_equal(moved.places, np.zeros((1, 2)))
    assert not felt.any()


def test_half_a_turn_of_a_bar_is_no_turn():
    """Symmetry: a bar after half a turn moves in the same way, an L does not, so the
    angle of a bar is known only up to half a turn.
    """
    for choice, alike in ((BAR,), True), (KINDS, False):
        objects = Objects.drawn(50, RNG(10), choice)
        pokes = drawn_pokes(objects, RNG(11))
        other = replace(objects, angles=objects.angles + np.pi)
        first, second = pushed(objects, pokes)[0], pushed(other, pokes)[0]
        ways = np.abs(first.places - second.places).max()
        assert (ways < 1e-9) == alike


def test_the_distance_is_that_of_the_points():
    """Oracle: `pose_distances` is the root mean square way of many points of the
    object, with the middle of its area and its ρ.
    """
    start = Objects(np.zeros(1, int), np.zeros((1, 2)), np.zeros(1))
    goal = Objects(np.zeros(1, int), np.array([[0.1, -0.05]]), np.array([1.1]))
    points = RNG(12).uniform(-0.4, 0.4, size=(200_000, 2))
    points = points[inside(points, start)]
    moved = turned(points, np.full(len(points), 1.1)) + goal.places
    by_hand = np.sqrt(((moved - points) ** 2).sum(axis=1).mean())
    assert pose_distances(start, goal)[0] == pytest.approx(by_hand, rel=0.01)
    assert pose_distances(goal, goal)[0] == 0


def test_objects_are_uniform_and_repeat():
    """Distribution and determinism: places fill their square, angles the turn, and the
    same generator gives the same bits.
    """
    objects = Objects.drawn(4000, RNG(13))
    assert np.abs(objects.places).max() <= REACH
    shares, _ = np.histogram(objects.angles, bins=8, range=(-np.pi, np.pi))
    assert np.abs(shares - 500).max() < 5 * np.sqrt(500)
    assert np.abs(np.bincount(objects.kinds) - 1000).max() < 5 * np.sqrt(1000)
    again = Objects.drawn(4000, RNG(13))
    first, second = (drawn_pokes(each, RNG(14)) for each in (objects, again))
    assert first.places.tobytes() == second.places.tobytes()
    moved, other = pushed(objects, first)[0], pushed(again, second)[0]
    assert moved.angles.tobytes() == other.angles.tobytes()


def test_bad_input_is_named():
    """Bad input: the error says which number is wrong."""
    with pytest.raises(ValueError, match="number of objects must be positive; got 0"):
        Objects.drawn(0, RNG(0))
    with pytest.raises(ValueError, match=r"kinds must be from 0 to 0; got \[1\]"):
        Objects(np.array([1]), np.zeros((1, 2)), np.zeros(1), (Kind(0.3, 0.1),))
    with pytest.raises(ValueError, match=r"2 objects need places \(2, 2\)"):
        Objects(np.zeros(2, int), np.zeros((1, 2)), np.zeros(2))
    with pytest.raises(ValueError, match="lengths of pokes must not be negative"):
        Pokes(np.zeros((1, 2)), np.zeros(1), np.array([-0.1]))
    with pytest.raises(ValueError, match=r"1 pokes need places \(1, 2\)"):
        Pokes(np.zeros((2, 2)), np.zeros(1), np.zeros(1))
    with pytest.raises(ValueError, match="there are 2 objects and 1 pokes"):
        pushed(bar_at_rest(2), upwards(0, 0.1))
