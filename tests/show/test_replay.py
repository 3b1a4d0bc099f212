"""What must hold of recorded robots."""

import json
import re
from base64 import b64decode
from dataclasses import replace

import numpy as np
import pytest
from show_samples import View, make_robot, make_view

from lecture_code.show import RecordedRobot, Replay
from lecture_code.show.recorded_robot import ANGLE_STEP, LENGTH_STEP, kept_frames


def recording(replay):
    return json.loads(
        re.search(r'<script type="application/json">(.*)</script>', replay.html())[1]
    )


def decode(robot):
    """A plain reading of the format, as robot-replay.js reads it."""
    x = np.frombuffer(b64decode(robot["x"]), "<f4")
    pose = np.frombuffer(b64decode(robot["pose"]), "<i2").reshape(len(x), -1, 3)
    return x, pose, np.frombuffer(b64decode(robot["gained"]), "<f4")


@pytest.mark.parametrize(("dt", "stride"), [(1 / 30, 1), (0.008, 4), (0.05, 1)])
def test_a_recording_survives_the_round_trip(dt, stride):
    """Root positions are exact in float32; capsules come back within half a step of
    length and of angle, over many turns.
    """
    robot = make_robot(frames=151, speed=4.0)
    data = recording(Replay([robot], "a chain of capsules", dt=dt))
    x, pose, gained = decode(data["robots"][0])
    kept = kept_frames(151, stride)
    assert kept[-1] == 150 and len(kept) == len(x)
    assert np.array_equal(x, robot.root_x.astype(np.float32)[kept])
    assert (
        np.abs(x[:, None] + pose[..., 0] * LENGTH_STEP - robot.view.x[kept]).max()
        <= LENGTH_STEP / 2 + 1e-6
    )
    assert (
        np.abs(pose[..., 1] * LENGTH_STEP - robot.view.z[kept]).max()
        <= LENGTH_STEP / 2 + 1e-9
    )
    turn = pose[..., 2] * ANGLE_STEP - robot.view.angle[kept]
    assert np.abs((turn + np.pi) % (2 * np.pi) - np.pi).max() <= ANGLE_STEP / 2 + 1e-9
    assert np.abs(robot.view.angle).max() > 2 * np.pi  # the turns were there
    assert gained[0] == 0 and gained[-1] == np.float32(robot.total)
    assert data["step"] == pytest.approx(stride * dt) and data["robots"][0][
        "duration"
    ] == pytest.approx(150 * dt)


def shortening(frames=151):
    """A robot whose capsules shrink from their full length to balls."""
    robot = make_robot(frames=frames)
    full = robot.view.half_length
    half = full * np.linspace(1, 0, frames)[:, None]
    return replace(robot, view=replace(robot.view, half_length=half))


def test_lengths_that_change_are_kept_by_frame():
    """Conformance: of a robot that turns out of the plane, each kept frame has its
    lengths; of a robot in the plane they are told once, and the poster of the former is
    smaller.
    """
    robot = shortening()
    data = recording(Replay([robot], "a chain", dt=0.008))["robots"][0]
    kept = kept_frames(151, 4)
    np.testing.assert_allclose(data["half"], robot.view.half_length[kept], atol=1e-4)
    plain = recording(Replay([make_robot()], "a chain", dt=0.008))["robots"][0]
    np.testing.assert_allclose(plain["half"], robot.view.half_length[0], atol=1e-4)
    lines = re.findall(
        r'd="M\S+ \S+l(\S+) (\S+)"', Replay([robot], "a", dt=0.008).html()
    )
    lengths = [np.hypot(float(dx), float(dz)) for dx, dz in lines]
    assert lengths[0] > 2 * lengths[-4]  # the first moment and the last


def test_lengths_of_another_number_of_frames_are_refused():
    """Errors name what has the wrong shape."""
    robot = shortening()
    with pytest.raises(
        ValueError, match=r"view.half_length must have shape \(151, 4\)"
    ):
        replace(robot, view=replace(robot.view, half_length=np.ones((150, 4))))


def test_a_hopper_of_150_frames_is_small():
    """The recording of a robot of four capsules is at most 8 kB, and poster and words
    add at most 2.5 kB.
    """
    html = Replay([make_robot()], "Hopper in its own world", dt=1 / 30).html()
    recorded = html[html.index("<script") :]
    assert len(recorded.encode()) <= 8_000 and len(html.encode()) <= 10_500


def test_the_words_are_made_from_the_data():
    """Title, distance, time, return and fall of every robot are in the alt text and
    visible without JavaScript.
    """
    robots = [
        make_robot("heavy", fell=True),
        make_robot("light", speed=1.0, ghost=True),
    ]
    replay = Replay(robots, "Two chains", dt=0.02)
    distance = robots[0].root_x[-1]
    assert (
        f"heavy: moved {distance:.1f} m in 2.98 s, with return {robots[0].total:.0f}, "
        "fell." in replay.alt
    )
    assert "light" in replay.alt and replay.alt.count("fell") == 1
    assert f'aria-label="{replay.alt}"' in replay.html()
    assert (
        f"moved {distance:.1f} m in 2.98 s, return {robots[0].total:.0f}, fell</span>"
        in replay.html()
    )
    assert '<svg class="rg-poster"' in replay.html()


@pytest.mark.parametrize(
    "end, words", [(-0.01, "0.0 m"), (0.0126, "0.0 m"), (-0.26, "−0.3 m")]
)
def test_a_distance_has_one_decimal_and_no_minus_zero(end, words):
    """A robot that hardly moves has moved 0.0 m, in whichever direction."""
    robot = make_robot()
    robot = replace(robot, root_x=np.linspace(0, end, robot.frames))
    assert f": moved {words} in " in Replay([robot], "One", dt=0.02).alt


def test_the_same_recording_gives_the_same_bytes():
    """Determinism."""
    assert (
        Replay([make_robot()], "a chain", dt=0.03).html()
        == Replay([make_robot()], "a chain", dt=0.03).html()
    )


def test_ground_and_heights():
    """A robot that stays above z = 0 stands on the ground; one that hangs below it has
    none, and all of it is in view.
    """
    robot = make_robot()
    assert recording(Replay([robot], "a chain", dt=0.03))["ground"] is True
    hanging = View(
        robot.view.radius,
        robot.view.half_length,
        robot.view.x,
        robot.view.z - 2,
        robot.view.angle,
    )
    data = recording(
        Replay(
            [RecordedRobot("arm", hanging, robot.root_x)],
            "an arm",
            dt=0.03,
            target=(0.2, -2.5),
        )
    )
    assert (
        data["ground"] is False and data["low"] < -2.5 and data["target"] == [0.2, -2.5]
    )
    assert data["robots"][0]["gained"] is None


@pytest.mark.parametrize(
    ("change", "culprit"),
    [
        ({"root_x": np.zeros(9)}, "root_x"),
        ({"rewards": np.zeros(10)}, "rewards"),
        ({"root_x": np.full(10, np.nan)}, "root_x is not finite"),
        ({"view": make_view(1, [0.0]), "root_x": [0.0], "rewards": None}, "two frames"),
    ],
)
def test_arrays_that_disagree_are_named(change, culprit):
    """Errors name the robot and the array."""
    arguments = {
        "view": make_view(10, np.zeros(10)),
        "root_x": np.zeros(10),
        "rewards": np.zeros(9),
        **change,
    }
    with pytest.raises(ValueError, match=f"bad.*{culprit}"):
        RecordedRobot("bad", **arguments)


def test_a_capsule_out_of_range_is_refused():
    """What 16 bits cannot hold is refused and not wrapped."""
    view = make_view(10, np.full(10, 20.0))
    with pytest.raises(ValueError, match=r"far.*16"):
        Replay([RecordedRobot("far", view, np.zeros(10))], "too far away", dt=0.03)


def test_robots_need_names_of_their_own():
    """Two robots of one name, or none, are refused."""
    for robots in ([], [make_robot("a"), make_robot("a")]):
        with pytest.raises(ValueError, match="name of its own"):
            Replay(robots, "a chain", dt=0.03)


def test_text_cannot_break_out_of_the_page():
    """Names are escaped in the page and in the JSON."""
    replay = Replay([make_robot("</script><b>&")], "a < b", dt=0.03)
    assert (
        "</script><b>" not in replay.html()
        and recording(replay)["robots"][0]["name"] == "</script><b>&"
    )


def picture_of(*robots, **how):
    html = Replay(robots, "chains", dt=1 / 30, **how).html()
    return html[html.index('<svg class="rg-poster"') : html.index("</svg>")]


def test_the_poster_shows_both_robots_in_all_six_moments():
    """Six times from start to end: two robots that stay together share a view, and two
    that part have a row each, every robot in each moment with its own place.
    """
    times = ["0.0", "1.0", "2.0", "3.0", "4.0", "5.0"]
    main = make_robot(colour="#abcdef")
    near = replace(make_robot(colour="#123456"), name="near")
    still = RecordedRobot(
        "still", make_view(150, np.zeros(150)), np.zeros(150), colour="#123456"
    )
    for second, rows in ((near, 1), (still, 2)):
        picture = picture_of(main, second)
        assert re.findall(r">([\d.]+) s</text>", picture) == times
        assert picture.count('stroke="#abcdef"') == 6
        assert picture.count('stroke="#123456"') == 6
        assert picture.count("H640") == rows
        places = re.findall(r">([\d.]+) m</text>", picture)
        assert len(places) == 6 * rows
        assert places[6:] == ["0.0"] * 6 * (rows - 1)


def test_few_panels_are_drawn_large():
    """Equation: two panels show the start and the end of a wide robot, longer than six
    panels do; one panel is refused by its number.
    """
    lying = np.zeros((151, 1))
    view = View(np.array([0.05]), np.array([1.0]), lying, lying + 0.1, lying)
    lengths = {}
    for panels in (2, 6):
        picture = picture_of(RecordedRobot("bar", view, np.zeros(151)), panels=panels)
        times = re.findall(r">([\d.]+) s</text>", picture)
        assert (len(times), times[0], times[-1]) == (panels, "0.0", "5.0")
        lengths[panels] = {int(x) for x in re.findall(r"l(\d+) -?0\"", picture)}
        assert len(lengths[panels]) == 1
    assert min(lengths[2]) > 1.4 * max(lengths[6])
    with pytest.raises(ValueError, match="two panels at least; got 1"):
        picture_of(make_robot(), panels=1)


def test_a_view_keeps_every_moment_of_the_poster_in_its_place():
    """Equation and negative control: with a view the turning bar begins at x = 0 of
    every column, whose middle is x = 0; without, every moment is centred on the bar.
    """
    turn = np.linspace(0, np.pi / 2, 151)[:, None]
    half = np.array([0.5])
    bar = View(np.array([0.02]), half, 0.5 * np.cos(turn), 1 + 0.5 * np.sin(turn), turn)
    robot = RecordedRobot("bar", bar, np.zeros(151))
    starts = {}
    for view in ((-1.2, 1.2), None):
        picture = picture_of(robot, panels=3, view=view)
        starts[view] = [int(x) for x in re.findall(r"M(\d+) \d+l", picture)]
    assert starts[-1.2, 1.2] == [107] * 3  # half of 640 / 3
    assert len(set(starts[None])) == 3


def test_a_short_recording_stands_at_its_end_in_a_row_of_its_own():
    """Limit: a second robot whose recording ends first is drawn as it was at its end,
    at the place of its end.
    """
    short = RecordedRobot(
        "short", make_view(30, np.zeros(30)), np.zeros(30), colour="#123456"
    )
    picture = picture_of(make_robot(), short)
    assert picture.count('stroke="#123456"') == 6
    assert re.findall(r">([\d.]+) m</text>", picture)[6:] == ["0.0"] * 6


def test_three_robots_that_part_have_a_row_each():
    """Three robots that stay together share a view; if another leaves the view of the
    first, all three have a row and are seen in all moments; wide robots stand in two
    rows.
    """
    near, third = (
        replace(make_robot(colour=colour), name=name)
        for name, colour in (("near", "#123456"), ("third", "#654321"))
    )
    still = RecordedRobot(
        "still", make_view(150, np.zeros(150)), np.zeros(150), colour="#654321"
    )
    for last, rows in ((third, 1), (still, 3)):
        picture = picture_of(make_robot(), near, last)
        assert picture.count("H640") == rows
        for colour in ("#123456", "#654321"):
            assert picture.count(f'stroke="{colour}"') == 6
    wide = make_view(150, np.zeros(150), capsules=1, spin=0.0)
    wide.half_length[:] = 1.0
    assert (
        Replay([RecordedRobot("plank", wide, np.zeros(150))], "a wide plank", dt=1 / 30)
        .html()
        .count("H640")
        == 2
    )


def drawn_height(replay):
    """Height of the robot in the first moment of the poster [px]."""
    first = re.search(r"<g transform.*?</g>", replay.still())[0]
    tops = re.findall(r'd="M\S+ (\S+)l\S+ (\S+)"', first)
    ends = [float(z) + step for z, dz in tops for step in (0.0, float(dz))]
    return max(ends) - min(ends)


def test_a_metre_has_the_same_length_in_films_side_by_side():
    """Equation: films that stand beside each other share the heights in view and the
    scale of their posters; without this the taller robot looks as tall as the other.
    """
    small = make_robot(frames=31)
    view = small.view
    scaled = {"x": 2 * view.x, "z": 2 * view.z, "half_length": 2 * view.half_length}
    large = replace(small, view=replace(view, **scaled), root_x=2 * small.root_x)
    alone = [Replay([robot], "alone", dt=0.05) for robot in (small, large)]
    pair = [
        Replay([robot], "side by side", dt=0.05, beside=(small, large))
        for robot in (small, large)
    ]
    heights = [recording(film)["high"] for film in pair]
    assert heights[0] == heights[1] == recording(alone[1])["high"]
    assert drawn_height(pair[1]) == pytest.approx(2 * drawn_height(pair[0]), rel=0.05)
    assert drawn_height(alone[1]) < 1.5 * drawn_height(alone[0])


def test_a_wide_robot_beside_makes_a_poster_smaller():
    """Equation: where the width of a robot limits the scale, the poster of another film
    beside it takes the same scale, although it has room for a larger one.
    """
    slim = make_robot(frames=31)
    view = slim.view
    root = slim.root_x[:, None]
    wide = replace(slim, view=replace(view, x=root + 8 * (view.x - root)))
    alone = Replay([slim], "alone", dt=0.05)
    beside = Replay([slim], "side by side", dt=0.05, beside=(slim, wide))
    assert recording(alone)["high"] == recording(beside)["high"]
    assert drawn_height(beside) < 0.8 * drawn_height(alone)


def test_a_place_is_never_minus_zero():
    """A robot that stands a hair behind its start is at 0.0 m, in the poster too."""
    robot = make_robot(frames=31)
    still = Replay([replace(robot, root_x=np.linspace(0, -0.02, 31))], "a", dt=0.05)
    assert ">0.0 m<" in still.still() and "−0.0" not in still.still()
