"""What must hold of what the chapter *(CAD)²RL* draws: pictures show the poses, the
images and the scores with which robots fly, and roll-outs are those of the labels.
"""

import numpy as np
import pytest
from scipy import ndimage

from lecture_code.experiments.observations.cad2rl.weights import load_collision_net
from lecture_code.figures.observations import cad2rl as draw
from lecture_code.figures.observations.cad2rl import corners, fans, films, from_above
from lecture_code.observations.cad2rl import greedy
from lecture_code.observations.collision_net import CollisionNet
from lecture_code.observations.corridor_flight import (
    AIMS,
    N_AIMS,
    RADIUS,
    STEP,
    fly,
    free_ahead,
)
from lecture_code.observations.flight_rules import LEFT, STRAIGHT, at_random, straight
from lecture_code.show import new_figure
from lecture_code.vision import GridMap, collides, held_out_maps
from lecture_code.vision.corridor_looks import VIEW
from lecture_code.vision.grid_map import DISTANCE, cast_rays

pytestmark = pytest.mark.usefixtures("one_torch_thread")
RNG = np.random.default_rng


def hall():
    """A free square of 8 m."""
    walls = np.ones((18, 18), dtype=bool)
    walls[1:-1, 1:-1] = False
    return GridMap(walls)


@pytest.fixture(scope="module")
def untrained():
    """Networks with random weights."""
    names = ("CAD2RL", "one texture", "left-right-straight")
    return {
        name: CollisionNet(RNG(seed)).requires_grad_(False)
        for seed, name in enumerate(names)
    }


@pytest.fixture(scope="module")
def two_films(untrained):
    """Films of two networks."""
    chosen = {name: untrained[name] for name in ("one texture", "CAD2RL")}
    return draw.Films(chosen, seed=0)


# --- from above


def test_walls_lie_where_the_map_has_them():
    """Equation: the picture of a map has its rows upwards, and its extent in metres."""
    grid = held_out_maps()[1]
    _, axes = new_figure()
    from_above.draw_map(axes, grid.walls, grid.cell)
    (picture,) = axes.images
    np.testing.assert_array_equal(picture.get_array()[..., 3] > 0, grid.walls)
    assert picture.origin == "lower"
    assert tuple(picture.get_extent()) == (0, 16, 0, 16)


def test_a_robot_looks_along_its_heading():
    """Equation: the tip of the drawing lies in the direction of the heading."""
    _, axes = new_figure()
    from_above.draw_robot(axes, np.array([1.0, 2.0, np.pi / 2]), "black")
    tip = axes.lines[0].get_marker().vertices[1]
    np.testing.assert_allclose(tip, [0, 1], atol=1e-12)
    assert axes.lines[0].get_xydata().tolist() == [[1, 2]]


def test_aims_stand_below_their_columns():
    """Equation: a column's ray of the picture and the aim below it have one angle; the
    middle aim is in the middle, and left is left.
    """
    at = from_above.columns_of_aims(VIEW)
    np.testing.assert_allclose(-np.arctan(at * np.tan(VIEW / 2)), AIMS)
    assert at[STRAIGHT] == 0 and at[LEFT] < 0
    assert (np.abs(from_above.columns_of_aims(1.1 * VIEW)) <= np.abs(at)).all()


def test_a_crash_is_crossed():
    """Conformance: a way that ends in a crash has a cross at its end, another has the
    robot there.
    """
    poses = np.array([[1.0, 1, 0], [2, 1, 0]])
    markers = []
    for crashed in (True, False):
        _, axes = new_figure()
        from_above.draw_path(axes, poses, "black", crashed)
        markers.append(axes.lines[-1].get_marker())
        assert axes.lines[-1].get_xydata().tolist() == [[2, 1]]
    assert markers[0] == "x" and markers[1] != "x"


# --- films


def test_a_film_is_the_flight_of_the_policy(untrained, two_films):
    """Oracle: poses and metres are those of the greedy policy, flown again with the
    same random numbers; the aim with the largest score is the turn of the robot.
    """
    network = untrained["CAD2RL"]
    rng = RNG(0)
    maps = films.MapStack.from_maps(held_out_maps())
    start = films.random_flights(maps, "real", films.STARTS, rng, ahead=films.AHEAD)
    states = list(fly(greedy(network), start, films.MOST, RNG(0)))
    film = two_films.films["CAD²RL"]
    last = states[-1][np.array([two_films.which])]
    np.testing.assert_array_equal(film.poses[-1], last.poses[0])
    assert film.metres[-1] == last.metres[0] and film.crashed == last.crashed[0]
    turns = np.diff(film.poses[:, 2])
    np.testing.assert_allclose(turns, AIMS[film.scores[:-1].argmax(axis=1)])
    assert len(film.images) == len(film.scores) == len(film.poses) == film.end + 1


def test_all_films_begin_in_one_place(two_films):
    """Invariance: start and look are those of one robot, whatever the network."""
    first, second = two_films.films.values()
    np.testing.assert_array_equal(first.poses[0], second.poses[0])
    np.testing.assert_array_equal(first.images[0], second.images[0])


def test_a_film_shows_what_the_robot_sees(two_films, kept):
    """Equation: image, bars and way are those of the step, and the words tell metres
    and crash. After a crash, image and bars are those of the last decision.
    """
    film = two_films.films["CAD²RL"]
    picture = two_films.draw("CAD2RL", 1)
    above, seen, bars = picture.figure.axes
    np.testing.assert_allclose(
        seen.images[0].get_array() / 255, film.images[1], atol=0.5 / 255 + 1e-6
    )
    heights = [bar.get_height() for bar in bars.patches]
    np.testing.assert_allclose(heights, film.scores[1])
    np.testing.assert_array_equal(above.lines[0].get_xydata(), film.poses[:2, :2])
    assert f"CAD²RL: {film.metres[1]:.1f} m" in picture.alt
    end = two_films.draw("CAD²RL", films.MOST)
    assert film.crashed and f"crashed after {film.metres[-1]:.1f} m" in end.alt
    before = [bar.get_height() for bar in end.figure.axes[2].patches]
    np.testing.assert_allclose(before, film.scores[-2])
    np.testing.assert_allclose(
        end.figure.axes[1].images[0].get_array() / 255,
        film.images[-2],
        atol=0.5 / 255 + 1e-6,
    )
    assert "saw before the crash" in end.alt and "saw" not in picture.alt
    for name, median in two_films.medians.items():
        assert f"{name} {median:.1f} m" in end.caption


def test_films_are_readable_on_a_phone(two_films):
    """Conformance: letters are at least 11 px high on a phone, and ten frames of two
    networks are light enough for a flipbook.
    """
    picture = two_films.draw("CAD²RL", 1)
    assert picture.text_on_phone >= 11
    assert len(picture.html().encode()) < 20_000


def test_the_slider_has_at_most_ten_steps(two_films):
    """Conformance: steps rise from 0 to the end of the longest film."""
    steps = two_films.steps
    assert steps[0] == 0 and len(steps) <= films.FRAMES
    assert steps[-1] == max(film.end for film in two_films.films.values())
    assert (np.diff(steps) > 0).all()


def test_the_typical_start_is_the_median_of_both():
    """By hand: of five starts the one in the middle of both ranks is typical."""
    metres = np.array([[1.0, 2, 3, 4, 5], [50, 10, 30, 20, 40]])
    assert films.typical(metres) == 2
    assert films.typical(metres[:, [2, 0, 1, 3, 4]]) == 0
    both = np.array([[3.0, 2, 1, 4, 5], [5, 4, 1, 2, 3]])  # start 0: one median only
    assert films.typical(both) == 1


def test_an_unknown_film_is_named(two_films):
    """Bad input: the error lists the films."""
    with pytest.raises(KeyError, match="no film of 'pretraining'; there are one tex"):
        two_films.draw("pretraining", 0)


@pytest.fixture(scope="module")
def first_picture():
    """The films of the chapter, with its networks."""
    return draw.Films({arm: load_collision_net(arm) for arm in draw.FILMED}, seed=0)


def test_the_last_steps_are_those_of_the_film(two_films, drawn):
    """Equation: the columns show the two last decisions and the crash."""
    film = two_films.films["CAD²RL"]
    picture = two_films.last_steps()
    above, below = np.reshape(drawn[0].axes, (2, 3))
    for back, (ways, seen) in enumerate(zip(above[::-1], below[::-1], strict=True)):
        t = film.end - back
        np.testing.assert_allclose(
            seen.images[0].get_array() / 255, film.images[t], atol=0.5 / 255 + 1e-6
        )
        np.testing.assert_array_equal(
            ways.lines[0].get_xydata(), film.poses[: t + 1, :2]
        )
    assert film.crashed and above[-1].get_title(loc="left") == "crash"
    assert picture.text_on_phone >= 11


def test_the_robot_turns_into_a_wall_that_has_left_the_image(first_picture):
    """Equation: the wall of the crash lies on the left; two decisions before the crash
    a part of it is in the picture, at the last decision nothing of it is.
    """
    film = first_picture.films["CAD²RL"]
    x, y, _ = film.poses[-1]
    blocks, _ = ndimage.label(first_picture.walls, np.ones((3, 3)))
    rows, columns = np.nonzero(blocks)
    cell = first_picture.cell
    distances = np.hypot((columns + 0.5) * cell - x, (rows + 0.5) * cell - y)
    nearest = distances.argmin()
    block = blocks == blocks[rows[nearest], columns[nearest]]
    corner_rows = np.add.outer(np.nonzero(block)[0], [0, 0, 1, 1]).ravel() * cell
    corner_columns = np.add.outer(np.nonzero(block)[1], [0, 1, 0, 1]).ravel() * cell

    def bearings(pose):
        angles = np.arctan2(corner_rows - pose[1], corner_columns - pose[0]) - pose[2]
        return (angles + np.pi) % (2 * np.pi) - np.pi

    half = first_picture.view / 2
    assert film.crashed and film.scores[-2].argmax() < STRAIGHT
    assert (np.abs(bearings(film.poses[-3])) < half).any()
    assert (np.abs(bearings(film.poses[-2])) > half).all()


def test_walls_fill_the_last_image_of_one_texture(first_picture):
    """Equation: at its last decision, every ray in the view of the robot meets a wall
    within one step.
    """
    film = first_picture.films["one texture"]
    x, y, heading = film.poses[-2]
    angles = heading + np.linspace(-0.5, 0.5, 64) * first_picture.view
    hits = cast_rays(
        first_picture.walls[None],
        first_picture.cell,
        np.zeros(1, dtype=np.int64),
        np.array([x]),
        np.array([y]),
        angles[None],
    )
    assert film.crashed and (hits[..., DISTANCE] < STEP + RADIUS).all()


# --- looks


def test_the_gallery_has_nine_pictures_of_one_pose(drawn):
    """Conformance: six training looks, the single one and two "real" ones, all of them
    different.
    """
    draw.gallery()
    titles = [axes.get_title(loc="left") for axes in drawn[0].axes]
    assert titles == 6 * ["training"] + ["single"] + 2 * ["“real”"]
    pictures = [axes.images[0].get_array() for axes in drawn[0].axes]
    assert all(picture.shape == (32, 64, 3) for picture in pictures)
    assert len({picture.tobytes() for picture in pictures}) == 9


# --- fans


@pytest.mark.parametrize("horizon", [1, 4, 8])
def test_ways_are_as_long_as_their_labels(horizon):
    """Equation: a way survives as many steps as its label says; it begins at the robot
    and turns by its aim first.
    """
    fan = draw.Fan()
    labels = fan.labels(horizon)
    for aim, way in enumerate(fan.ways(horizon)):
        survived = round(labels[aim] * horizon)
        assert len(way) == 1 + min(survived + 1, horizon)
        np.testing.assert_array_equal(way[0], fans.POSE)
        np.testing.assert_allclose(way[1, 2] - way[0, 2], AIMS[aim])
        lengths = np.hypot(*np.diff(way[:, :2], axis=0).T)
        np.testing.assert_allclose(lengths[:survived], STEP)
        last = collides(fan.grid, *way[-1, :2], RADIUS)
        assert last == (survived < horizon)


def test_the_fan_draws_both_labels(drawn):
    """Equation: the bars are the label of a roll-out and that of free space; every way
    has a line in the colour of its label.
    """
    fan = draw.Fan()
    picture = fan.draw(5)
    ways, labels, free = drawn[0].axes
    np.testing.assert_allclose(
        [bar.get_height() for bar in labels.patches], fan.labels(5)
    )
    np.testing.assert_allclose([bar.get_height() for bar in free.patches], fan.free())
    lines = [each for each in ways.lines if each.get_marker() == "."]
    assert len(lines) == N_AIMS
    colours = [tuple(np.ravel(each.get_color())) for each in lines]
    wanted = [fans.survival_colour(label) for label in np.sort(fan.labels(5))]
    np.testing.assert_allclose(colours, wanted)
    whole = int((fan.labels(5) == 1).sum())
    assert f"{whole} aims survive all steps" in picture.alt
    assert f"{int(fan.free().sum())} aims are free for 1 m" in picture.alt


def test_the_fan_shows_what_free_space_misses():
    """Negative control: an aim is free for 1 m, and most of its roll-out crashes;
    another is not free, and its roll-out survives. In a hall all aims survive.
    """
    fan = draw.Fan()
    labels = fan.labels(5)
    free = fan.free()
    assert (free & (labels < 0.5)).any() and (~free & (labels == 1)).any()
    wide = draw.Fan(np.array([1.5, 4.5, 0.0]), hall(), straight)
    assert (wide.labels(5) == 1).all()


def test_the_colours_of_a_fan_tell_survival():
    """Limit: 0 is vermillion, 1 is blue, and a half is grey."""
    ends = [fans.survival_colour(label) for label in (0.0, 0.5, 1.0)]
    wanted = [fans.to_rgb(name) for name in (fans.VERMILLION, fans.GREY, fans.BLUE)]
    np.testing.assert_allclose(ends, wanted)
    assert from_above.in_degrees(0) == "48° left"
    assert from_above.in_degrees(14) == "48° right"
    assert from_above.in_degrees(7) == "0°"


# --- corners and goals


def test_the_corner_counts_answers_and_flights(untrained, drawn):
    """Equation: answers are all looks; bars are mean scores; a direction whose first
    step ends in a wall has a cross.
    """
    picture = draw.corner(untrained)
    left, right = drawn[0].axes
    answers = [text.get_text().split() for text in left.texts if text.get_text()]
    assert [words[0] for words in answers] == ["left", "straight", "right"]
    assert sum(int(words[1]) for words in answers) == 100
    assert all(words[2] == "%" for words in answers)
    bars = [each.get_xydata() for each in right.lines if len(each.get_xdata()) == 2]
    robots = from_above.placed(
        held_out_maps()[corners.CORNER_MAP],
        corners.CORNER_POSE,
        "real",
        corners.SEED,
        corners.LOOKS,
    )
    scores = corners.scores(untrained["CAD2RL"], robots, RNG(corners.SEED))
    lengths = [np.hypot(*np.diff(bar, axis=0)[0]) for bar in bars]
    np.testing.assert_allclose(lengths, corners.BAR * scores.mean(axis=0), rtol=1e-4)
    free = free_ahead(robots[:1], STEP)[0]
    crosses = [each for each in left.lines if each.get_marker() == "x"]
    assert len(crosses) == sum(not free[aim] for aim in (0, 7, 14)) > 0
    around = corners.get_around(greedy(untrained["CAD2RL"]), robots)
    assert right.get_title(loc="left") == f"CAD²RL\n{around} of 100 get around"
    assert f"{around} flights get around" in picture.alt
    assert "hit a wall at once: 48° right." in picture.alt
    told = draw.corner_numbers(untrained)
    assert told["around"] == around
    theirs = f"left-right-straight\n{told['around_classifier']} of 100 get around"
    assert left.get_title(loc="left") == theirs


def test_flights_to_a_goal_are_those_of_one_robot_each(untrained, monkeypatch):
    """Invariance: with a policy that crashes sooner or later, every way begins at the
    same pose and has no gap; it ends in a wall if the robot has crashed, and at the
    goal if it has arrived.
    """
    monkeypatch.setattr(corners, "greedy", lambda *_: at_random)
    goal = corners.JUNCTION_POSE[:2] + np.array([0.0, 2.4])
    ways, arrived, crashed = corners.to_goal(untrained["CAD2RL"], 0.1, goal)
    assert len(ways) == corners.FLIGHTS and not (arrived & crashed).any()
    assert arrived.any() and crashed.any()
    assert len({len(way) for way in ways}) > 2
    grid = corners.junction()
    for way, at_goal, crash in zip(ways, arrived, crashed, strict=True):
        np.testing.assert_array_equal(way[0], corners.JUNCTION_POSE)
        assert (np.hypot(*np.diff(way[:, :2], axis=0).T) <= STEP + 1e-9).all()
        assert collides(grid, *way[-1, :2], RADIUS) == crash
        near = np.hypot(*(way[-1, :2] - goal)) < corners.REACHED
        assert near == at_goal or crash


def test_a_large_weight_flies_to_the_goal(untrained):
    """Limit: in a hall, with a weight beyond every Q, all robots arrive."""

    def free(*_):
        return hall()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corners, "junction", free)
        patch.setattr(corners, "JUNCTION_POSE", np.array([4.5, 2.0, np.pi / 2]))
        _, arrived, _ = corners.to_goal(
            untrained["CAD2RL"], 100.0, np.array([4.5, 6.0])
        )
    assert arrived.all()


def test_goals_are_told_in_words(untrained, drawn):
    """Equation: the title and the alternative text have the numbers of arrivals, and
    every flight has a line.
    """
    picture = draw.goals(untrained, beta=0.2)
    axes = drawn[0].axes[0]
    counts = {
        side: corners.to_goal(untrained["CAD2RL"], 0.2, goal)
        for side, goal in corners.GOALS.items()
    }
    for side, (_, arrived, crashed) in counts.items():
        neither = (~arrived & ~crashed).sum()
        ends = f"{arrived.sum()} arrive, {crashed.sum()} crash, {neither} neither"
        assert f"of 24 flights to the goal on the {side}, {ends}" in picture.alt
        assert f"{side} goal: {ends}" in axes.get_title(loc="left")
        colour = corners.GOAL_COLOURS[side]
        ours = [each for each in axes.lines if each.get_color() == colour]
        assert len(ours) == corners.FLIGHTS + 1
