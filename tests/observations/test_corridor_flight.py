"""What must hold of a robot that flies through corridors."""

import math
from dataclasses import replace

import numpy as np
import pytest
from small_corridors import (
    RNG,
    corner,
    hall,
    mirrored,
    pillars,
    robots,
    scattered,
    stack_of,
)

from lecture_code.observations.corridor_flight import (
    AIMS,
    CHECK,
    CLEARANCE,
    N_AIMS,
    RADIUS,
    STEP,
    Flights,
    fly,
    fly_step,
    free_ahead,
    random_flights,
    roll_out,
    visited,
)
from lecture_code.vision import (
    GridMap,
    MapStack,
    collides,
    draw_looks,
    held_out_maps,
    ray_distances,
    see,
    training_maps,
)
from lecture_code.vision.grid_map import move, touching

AHEAD = N_AIMS // 2


def straight_on(flights, rng):
    return np.full(len(flights), AHEAD)


def at_random(flights, rng):
    return rng.integers(N_AIMS, size=len(flights))


def moved(flights, angles, distance):
    stack = flights.stack
    places = flights.maps, flights.poses, angles
    return move(stack.walls, stack.cell, *places, distance, CHECK, RADIUS)


def test_aims_lie_evenly_in_the_image():
    """Equation 1: the tangents of the aims are evenly apart, left is positive, the
    middle is straight on, and the outer edges of the outermost aims are at 50°.
    """
    slopes = np.tan(AIMS)
    np.testing.assert_allclose(np.diff(slopes), -2 / 15 * math.tan(math.radians(50)))
    assert AIMS[AHEAD] == 0 and len(AIMS) == N_AIMS == 15
    np.testing.assert_allclose(AIMS, -AIMS[::-1])
    assert slopes[0] + math.tan(math.radians(50)) / 15 == pytest.approx(1.191754)


@pytest.mark.parametrize("distance", [STEP, 1.03])
def test_move_is_a_plain_flight_in_millimetres(distance):
    """Oracle: a plain flight in fine steps with `collides` crashes at the same place,
    the first that is checked.
    """
    flights = scattered(60)
    angles = RNG(1).uniform(-1, 1, len(flights))
    after, flown, crashed = moved(flights, angles, distance)
    parts = math.ceil(distance / CHECK - 1e-9)
    grids = [GridMap(walls) for walls in flights.stack.walls]
    grazes = 0
    for n, (x, y, heading) in enumerate(flights.poses):
        way = np.arange(1, 100 * parts + 1) * distance / (100 * parts)
        turned = heading + angles[n]
        px, py = x + way * math.cos(turned), y + way * math.sin(turned)
        hit = np.zeros(len(way), bool)  # behind the first wall nothing is asked
        for part in np.arange(len(way)).reshape(parts, 100):
            hit[part] = collides(grids[flights.maps[n]], px[part], py[part], RADIUS)
            if hit[part[-1]]:
                break
        checked = np.flatnonzero(hit[99::100])
        assert crashed[n] == (len(checked) > 0)
        last = 100 * checked[0] + 99 if len(checked) else len(way) - 1
        assert flown[n] == pytest.approx(way[last])
        np.testing.assert_allclose(after[n], [px[last], py[last], turned])
        grazes += hit.any() and not crashed[n]
    assert 10 < crashed.sum() < 50 and grazes <= 2


def test_the_step_before_a_crash_counts_up_to_the_wall():
    """By hand: a robot 1.05 m from a wall flies 0.8 m, then 0.1 m, and has crashed; its
    radius counts.
    """
    flights = robots(hall(), [7.5 - 1.05, 4, 0])
    flights = fly_step(flights, np.array([AHEAD]))
    assert not flights.crashed[0] and flights.metres[0] == pytest.approx(0.8)
    flights = fly_step(flights, np.array([AHEAD]))
    assert flights.crashed[0] and flights.metres[0] == pytest.approx(0.9)
    np.testing.assert_allclose(flights.poses[0], [7.5 - 0.15, 4, 0])


def test_who_has_crashed_stays_where_it_is():
    """After a crash neither pose nor metres change, whatever the aim, and nobody rises
    again; the others fly on.
    """
    flights = scattered(40)
    rng = RNG(0)
    for _ in range(5):
        after = fly_step(flights, at_random(flights, rng))
        gone = flights.crashed
        assert after.crashed[gone].all()
        assert np.array_equal(after.poses[gone], flights.poses[gone])
        assert np.array_equal(after.metres[gone], flights.metres[gone])
        assert (after.metres[~gone] > flights.metres[~gone]).all()
        flights = after
    assert 10 < flights.crashed.sum() < 40


def test_metres_are_the_length_of_the_way():
    """Equation 2: a step turns by the aim, and moves along the new heading by the
    metres that it counts.
    """
    flights = scattered(40)
    aims = at_random(flights, RNG(0))
    after = fly_step(flights, aims)
    x, y, turn = (after.poses - flights.poses).T
    np.testing.assert_allclose(turn, AIMS[aims])
    np.testing.assert_allclose(np.hypot(x, y), after.metres, atol=1e-12)
    heading = flights.poses[:, 2] + AIMS[aims]
    np.testing.assert_allclose(x, after.metres * np.cos(heading), atol=1e-12)
    np.testing.assert_allclose(y, after.metres * np.sin(heading), atol=1e-12)
    assert (after.metres[~after.crashed] == STEP).all()


def test_a_mirrored_robot_flies_the_mirrored_way():
    """Invariance: map and heading mirrored, and the mirrored aims, give the mirrored
    flights.
    """
    flights = scattered(30)
    other = mirrored(flights)
    rng = RNG(0)
    for _ in range(6):
        aims = at_random(flights, rng)
        flights = fly_step(flights, aims)
        other = fly_step(other, N_AIMS - 1 - aims)
    assert np.array_equal(flights.crashed, other.crashed)
    assert 0 < flights.crashed.sum() < 30
    np.testing.assert_allclose(mirrored(flights).poses, other.poses, atol=1e-9)
    np.testing.assert_allclose(flights.metres, other.metres)


def test_arguments_stay_as_they_are():
    """A step returns new robots and changes neither the old ones nor the aims."""
    flights = scattered(10)
    before = flights.poses.copy(), flights.metres.copy(), flights.crashed.copy()
    aims = np.full(10, AHEAD)
    fly_step(flights, aims)
    for now, then in zip(
        (flights.poses, flights.metres, flights.crashed), before, strict=True
    ):
        assert np.array_equal(now, then)
    assert (aims == AHEAD).all()


def test_free_ahead_is_one_flight_for_each_aim():
    """Oracle: an aim is free if a robot that flies there does not crash; where it is
    free, the ray in its direction is longer than the way and the radius.
    """
    flights = scattered(30)
    free = free_ahead(flights, 1.5)
    assert free.shape == (30, N_AIMS) and 0.1 < free.mean() < 0.9
    for a in range(N_AIMS):
        _, _, crashed = moved(flights, np.full(30, AIMS[a]), 1.5)
        assert np.array_equal(free[:, a], ~crashed)
    for number, walls in enumerate(flights.stack.walls):
        inside = flights.maps == number
        x, y, heading = flights.poses[inside].T[..., None]
        ways = ray_distances(GridMap(walls), x, y, heading + AIMS)
        assert (ways[free[inside]] > 1.5 + RADIUS).all()
    assert (free_ahead(flights, 1.5) <= free_ahead(flights, 0.7)).all()


def test_a_flight_ends_when_all_have_crashed():
    """Robots are shown before each step and after the last; the policy is asked only
    for those that fly; a flight ends with the last crash, or after so many steps.
    """
    start = robots(hall(), [4, 4, 0], [6.5, 4, 0], [1, 4, 0])
    asked = []

    def policy(flights, rng):
        assert not flights.crashed.any()
        asked.append(len(flights))
        return straight_on(flights, rng)

    states = list(fly(policy, start, 100, RNG(0)))
    # free ways: 3.3 m, 0.8 m and 6.3 m
    assert asked == [3, 3, 2, 2, 2, 1, 1, 1]
    assert len(states) == 9 and states[0] is start and states[-1].crashed.all()
    np.testing.assert_allclose(states[-1].metres, [3.4, 0.9, 6.4])
    assert len(list(fly(policy, start, 2, RNG(0)))) == 3
    assert list(fly(policy, start, 0, RNG(0))) == [start]


def test_the_policy_draws_from_the_generator():
    """Determinism: the same seed flies the same way, bit for bit; another does not."""
    ends = []
    for seed in (0, 0, 1):
        *_, last = fly(at_random, scattered(10), 5, RNG(seed))
        ends.append(last.poses)
    assert np.array_equal(ends[0], ends[1]) and not np.array_equal(ends[0], ends[2])


def test_branches_fly_one_aim_and_then_the_policy():
    """Oracle: each branch is one robot alone, flown by its first aim and then by the
    policy until it has crashed; the robots themselves stay.
    """
    flights = scattered(6)
    asked = []

    def to_the_side(robots_, rng):
        asked.append(len(robots_))
        return np.full(len(robots_), 4)

    before = flights.poses.copy()
    steps = list(roll_out(flights, to_the_side, 4, RNG(0)))
    assert np.array_equal(flights.poses, before) and len(steps) == 4
    for n in range(6):
        for aim in range(N_AIMS):
            alone = flights[n : n + 1]
            for t, after in enumerate(steps):
                alone = fly_step(alone, np.array([4 if t else aim]))
                branch = after[np.array([N_AIMS * n + aim])]
                np.testing.assert_array_equal(branch.poses, alone.poses)
                assert branch.crashed[0] == alone.crashed[0]
    flying = [int((~after.crashed).sum()) for after in steps[:-1]]
    assert asked == flying and 0 < flying[-1] < flying[0] < 6 * N_AIMS


def test_visited_states_know_when_they_crash():
    """Oracle: from each state the robot crashes in the step after so many steps, or
    survives all that were flown; states that have crashed are left out.
    """
    start = scattered(25)
    states, left = visited(straight_on, start, 6, RNG(0))
    assert not states.crashed.any() and len(left) == len(states) > 25
    assert np.array_equal(states.poses[:25], start.poses)
    flights = states
    for t in range(6):
        flights = fly_step(flights, straight_on(flights, RNG(0)))
        assert np.array_equal(flights.crashed[left < 6], left[left < 6] <= t)
    *_, last = fly(straight_on, start, 6, RNG(0))
    assert (left == 0).sum() == last.crashed.sum() > 5
    assert (left == 6).sum() == 6 * (~last.crashed).sum() > 0


def test_visited_states_keep_map_and_look():
    """A state has the map and the look of the robot that was there."""
    start = scattered(12, family="training")
    states, _ = visited(straight_on, start, 3, RNG(0))
    rows = [
        int(np.flatnonzero(start.looks.light == light)[0])
        for light in states.looks.light
    ]
    assert np.array_equal(states.maps, start.maps[rows]) and len(set(rows)) == 12
    assert np.allclose(states.poses[:, 2], start.poses[rows, 2])


@pytest.mark.parametrize("ahead", [0.0, 1.5])
def test_random_robots_start_in_free_places(ahead):
    """Random robots are in all maps, look everywhere, keep off walls, and have the free
    way ahead that was asked for.
    """
    stack = MapStack.from_maps(training_maps()[:3])
    flights = random_flights(stack, "single", 300, RNG(0), ahead=ahead)
    x, y, heading = flights.poses.T.copy()
    assert len(flights) == 300 and set(flights.maps.tolist()) == {0, 1, 2}
    assert not touching(stack.walls, stack.cell, flights.maps, x, y, CLEARANCE).any()
    assert np.abs(heading).max() <= np.pi and np.abs(np.sin(heading).mean()) < 0.2
    _, _, crashed = moved(flights, np.zeros(300), 1.5)
    assert crashed.any() == (ahead == 0)
    assert not flights.crashed.any() and not flights.metres.any()


def test_random_robots_have_the_looks_of_their_family():
    """Looks come from the family that was asked for, and from so many of its textures;
    the places do not depend on the family.
    """
    stack = pillars()
    places = []
    for family in ("training", "single", "real"):
        flights = random_flights(stack, family, 40, RNG(0))
        assert flights.looks.family == family
        places.append(flights.poses)
    assert np.array_equal(places[0], places[1]) and np.array_equal(places[0], places[2])
    few = random_flights(stack, "training", 40, RNG(0), textures=3)
    assert set(few.looks.walls.ravel().tolist()) == {0, 1, 2}


def test_held_out_maps_stay_held_out():
    """Robots in the training maps are in no wall of these, and would be in walls of
    the held-out maps.
    """
    stack = MapStack.from_maps(training_maps())
    flights = random_flights(stack, "single", 240, RNG(0))
    x, y, _ = flights.poses.T.copy()
    assert not touching(stack.walls, stack.cell, flights.maps, x, y, RADIUS).any()
    other = MapStack.from_maps(held_out_maps())
    numbers = flights.maps % len(other)
    assert touching(other.walls, other.cell, numbers, x, y, RADIUS).mean() > 0.3


def test_rows_pick_robots():
    """Some of the robots keep all that belongs to them; a number may come twice."""
    flights = fly_step(scattered(8, family="training"), np.arange(8))
    some = flights[np.array([5, 2, 2])]
    assert len(some) == 3 and 0 < flights.crashed.sum() < 8
    for name in ("maps", "poses", "crashed", "metres"):
        values = getattr(flights, name)
        assert np.array_equal(getattr(some, name), values[[5, 2, 2]])
    assert np.array_equal(some.looks.light, flights.looks.light[[5, 2, 2]])
    assert np.array_equal(flights[2:4].poses, flights.poses[2:4])
    assert len(flights[flights.crashed]) == flights.crashed.sum()


def test_a_robot_sees_what_see_draws():
    """A robot's image is that of its map, pose and look, with the family's noise or
    without.
    """
    flights = scattered(6, family="real")
    parts = flights.stack, flights.maps, flights.poses, flights.looks
    for noise in (None, 0.0):
        images = flights.images(RNG(1), noise)
        assert np.array_equal(images, see(*parts, RNG(1), noise))
    assert images.shape == (6, 32, 64, 3) and images.dtype == np.float32
    assert np.array_equal(images, flights.images(RNG(2), 0.0))


def looks(n):
    return draw_looks("single", n, RNG(0))


@pytest.mark.parametrize(
    ("make", "culprit"),
    [
        (
            lambda: robots(hall(), [4, 4, 0], [0.6, 4, 0]),
            r"robot 1 starts in a wall, at \(0\.6, 4\.0\)",
        ),
        (lambda: robots(hall(), [4, 99, 0]), "point 0, .*outside of its map"),
        (lambda: robots(hall(), [np.nan, 4, 0]), "point 0, .*outside of its map"),
        (lambda: robots(hall(), [4, 4, 0], maps=[1]), "no map 1; the stack has 1"),
        (
            lambda: Flights.initial(
                hall(), np.zeros(1, int), np.full((2, 3), 4.0), looks(2)
            ),
            "poses must be those of 1 robots, as maps are",
        ),
        (
            lambda: Flights.initial(
                hall(), np.zeros(2, int), np.full((2, 3), 4.0), looks(3)
            ),
            "looks must be those of 2 robots",
        ),
        (
            lambda: replace(robots(hall(), [4, 4, 0]), crashed=np.zeros(2, bool)),
            "crashed must be those of 1 robots",
        ),
        (
            lambda: replace(robots(hall(), [4, 4, 0]), metres=np.zeros(2)),
            "metres must be those of 1 robots",
        ),
        (
            lambda: scattered(3, family="dreams"),
            "no family of looks 'dreams'; there is: training, single, real",
        ),
        (
            lambda: scattered(2, stack=stack_of([[1] * 3, [1, 0, 1], [1] * 3])),
            "no place is 0.3 m away from all walls .* in 1 maps",
        ),
        (
            lambda: scattered(2, stack=corner(), ahead=20.0),
            "no place .* free for 20.0 m ahead",
        ),
        (
            lambda: fly_step(robots(hall(), [4, 4, 0]), np.array([7, 7])),
            r"1 robots need one aim each; got \(2,\)",
        ),
        (
            lambda: fly_step(robots(hall(), [4, 4, 0]), np.array([-1])),
            "aims go from 0 to 14; got -1",
        ),
        (
            lambda: fly_step(robots(hall(), [4, 4, 0]), np.array([15])),
            "aims go from 0 to 14; got 15",
        ),
        (
            lambda: visited(straight_on, robots(hall(), [4, 4, 0]), 0, RNG(0)),
            "at least one step; got 0",
        ),
    ],
)
def test_bad_input_is_named(make, culprit):
    """Errors name the robot that cannot be there, the part that does not fit, and what
    there is instead.
    """
    with pytest.raises(ValueError, match=culprit):
        make()
